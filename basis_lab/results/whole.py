"""Whether the files of a run are what a run writes: one place, for everything that reads them."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Any

import yaml

from basis_lab.domain.reports import CATEGORIES
from basis_lab.errors import ResultError

TEXTS = ("run_id", "status", "mode", "share_class", "currency", "start", "end")
COUNTS = ("timesteps", "trades", "rebalances", "rewards", "liquidations", "events")
AMOUNTS = ("initial_capital", "final_equity", "net_pnl", "attribution_residual")
FIGURES = (  # numbers, or null where they do not apply
    *("final_exit_equity", "final_equity_usd", "total_return", "annualized_return", "apr"),
    *("target_apy", "apy_vs_target", "hurdle_apr", "volatility", "sharpe", "sortino"),
    *("max_drawdown", "calmar", "nav_per_share", "min_health_factor", "max_ltv"),
    *("max_abs_net_delta", "break_even_days"),
)
MAPS = ("attribution", "balance", "costs")
PLACES = ("min_margin_ratio", "min_liquidation_distance")  # maps, or null
OTHERS = ("synthetic_data", "warnings")
SUMMARY = frozenset(chain(TEXTS, COUNTS, AMOUNTS, FIGURES, MAPS, PLACES, OTHERS))
MANIFEST = (
    *("run_id", "package_version", "python_version", "platform", "libraries"),
    *("data_fingerprint", "series", "timing"),
)
SERIES = ("key", "file", "file_sha256", "notes")
LIMITS = ("margin_ratio", "health_factor")
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "hourly_pnl.csv": ("equity", "exit_equity", "nav_per_share", "flows", *CATEGORIES),
        "balance_sheet.csv": ("line", "venue", "quantity", "unit_price", "value", "side"),
        "risk.csv": ("level",),
    }
)


def damaged(where: str, what: str) -> ResultError:
    """Return the error of a file that is no longer as a run wrote it.

    Parameters
    ----------
    where : str
        The file.
    what : str
        What is wrong with it.

    Returns
    -------
    ResultError
        To be raised.
    """
    return ResultError(
        "a file of this run is not whole",
        where=where,
        value=what,
        remedy="run it again; the folder was changed after it was written",
    )


def read_summary(content: bytes, where: str) -> dict[str, Any]:
    """Return the figures of a summary.

    Parameters
    ----------
    content : bytes
        Of summary.json.
    where : str
        The file.

    Returns
    -------
    dict
        Every figure.

    Raises
    ------
    ResultError
        If it cannot be read, or lacks a figure, or one is of another kind.
    """
    summary = _map_of(content, where)
    _require(summary, SUMMARY, where)
    odd = [name for name in summary if name in SUMMARY and not _fits(name, summary[name])]
    if odd:
        raise damaged(where, f"{odd[0]} is {summary[odd[0]]!r}")
    _require(summary["attribution"], CATEGORIES, f"{where}: attribution")
    return summary


def read_manifest(content: bytes, where: str) -> dict[str, Any]:
    """Return what made a run.

    Parameters
    ----------
    content : bytes
        Of manifest.json.
    where : str
        The file.

    Returns
    -------
    dict
        As it was written.

    Raises
    ------
    ResultError
        If it cannot be read or lacks a part.
    """
    manifest = _map_of(content, where)
    _require(manifest, MANIFEST, where)
    for name, kind in (("series", list), ("libraries", dict), ("timing", dict)):
        if not isinstance(manifest[name], kind):
            raise damaged(where, f"{name} is {manifest[name]!r}")
    for series in manifest["series"]:
        _require(series if isinstance(series, dict) else {}, SERIES, f"{where}: series")
    return manifest


def read_config(content: bytes, where: str) -> dict[str, Any]:
    """Return the configuration that a run was made with.

    Parameters
    ----------
    content : bytes
        Of config.yaml.
    where : str
        The file.

    Returns
    -------
    dict
        Resolved.

    Raises
    ------
    ResultError
        If it cannot be read or has no limits of risk.
    """
    try:
        config = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise damaged(where, " ".join(str(error).split())) from error
    told = config if isinstance(config, dict) else {}
    _require(told, ("risk",), where)
    _require(told["risk"] if isinstance(told["risk"], dict) else {}, LIMITS, f"{where}: risk")
    return told


def require_columns(name: str, columns: Iterable[str], where: str) -> None:
    """Refuse a table that lacks a column of those that every run writes.

    Parameters
    ----------
    name : str
        Of the file.
    columns : iterable of str
        What it has.
    where : str
        The file, as the error names it.

    Raises
    ------
    ResultError
        With those that are missing.
    """
    if name in COLUMNS:
        _require(dict.fromkeys(columns), COLUMNS[name], where)


def _map_of(content: bytes, where: str) -> dict[str, Any]:
    try:
        told = json.loads(content)
    except ValueError as error:
        raise damaged(where, str(error)) from error
    if not isinstance(told, dict):
        raise damaged(where, "not a map")
    return told


def _require(found: Mapping[str, object], names: Iterable[str], where: str) -> None:
    missing = sorted(name for name in names if name not in found)
    if missing:
        raise damaged(where, f"missing: {', '.join(missing)}")


def _fits(name: str, value: object) -> bool:
    """Tell if a figure of a summary is of its kind."""
    if name in {"start", "end"}:
        return isinstance(value, str) and _is_moment(value)
    if name in TEXTS:
        return isinstance(value, str)
    if name in FIGURES:
        return value is None or _is_number(value)
    if name in MAPS or name in PLACES:
        numbers = isinstance(value, dict) and all(map(_is_number, value.values()))
        return numbers or (name in PLACES and value is None)
    if name in OTHERS:
        return isinstance(value, bool if name == "synthetic_data" else list)
    return _is_number(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
