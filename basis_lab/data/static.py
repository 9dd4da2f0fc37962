"""Static tables: margins, risk parameters, execution costs. Listed and judged, never used.

Runs take these figures from the venue files of the configuration, where each has its source.
"""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping

from basis_lab.data.checks.meanings import TABLE_DIFFERS, TABLE_NOTE, TABLE_REFUSED
from basis_lab.data.findings import Finding
from basis_lab.data.places import Place
from basis_lab.domain.wording import agree

Rules = Mapping[str, Mapping[str, float]]
"""Asset to its ltv, liquidation_threshold and the like, as runs use them."""

_MARGINS = re.compile(r"[a-z0-9]+_margin_requirements\.json(\.gz)?$")
_RISK = re.compile(r"aave_v3_risk_parameters.*\.json(\.gz)?$")
_COSTS = re.compile(r"execution_cost.*\.json(\.gz)?$")
_SAME = 1e-9
IMPLIED = "implied_reserve_factor"
_FACTOR_APART = 0.01


def is_static(name: str) -> bool:
    """Tell if a file is a static table, by its name.

    Parameters
    ----------
    name : str
        The bare file name.

    Returns
    -------
    bool
        True for margin requirements, risk parameters and execution costs.
    """
    return any(pattern.match(name) for pattern in (_MARGINS, _RISK, _COSTS))


def judge_static(path: Place, rules: Rules) -> tuple[Finding, ...]:
    """Return what is to be said of a static table.

    Parameters
    ----------
    path : Place
        The file.
    rules : mapping of str to mapping
        Collateral rules that runs use, by asset; empty where none are known.

    Returns
    -------
    tuple of Finding
        An ERROR where it is refused.
    """
    try:
        content = _read(path)
    except (UnicodeDecodeError, OSError, EOFError, zlib.error, ValueError) as error:
        return (Finding(TABLE_REFUSED, f"the file cannot be read as JSON: {error}"),)
    if not isinstance(content, dict):
        text = f"a table of names is expected, found {type(content).__name__}"
        return (Finding(TABLE_REFUSED, text),)
    judges: tuple[tuple[re.Pattern[str], Callable[[], tuple[Finding, ...]]], ...] = (
        (_MARGINS, lambda: _judge_margins(content)),
        (_RISK, lambda: _judge_risk(content, rules)),
        (_COSTS, lambda: _judge_costs(content)),
    )
    return next(judge() for pattern, judge in judges if pattern.match(path.name))


def _read(path: Place) -> object:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return json.loads(data.decode("utf-8"))


def _judge_margins(content: Mapping[str, object]) -> tuple[Finding, ...]:
    names = ("initial_margin_requirement", "maintenance_margin_requirement")
    initial, maintenance = (content.get(name) for name in names)
    if not isinstance(initial, int | float) or not isinstance(maintenance, int | float):
        return (Finding(TABLE_REFUSED, f"{' and '.join(names)} are needed as numbers"),)
    if maintenance > initial:
        text = (
            f"maintenance margin {maintenance:g} is above initial margin {initial:g}: a position "
            "would be liquidated as it opens; runs use the tiers in configs/venues"
        )
        return (Finding(TABLE_REFUSED, text),)
    text = "without leverage tiers; runs use the tiers in configs/venues"
    return (Finding(TABLE_NOTE, text),)


def _judge_risk(content: Mapping[str, object], rules: Rules) -> tuple[Finding, ...]:
    note = Finding(
        TABLE_NOTE,
        "hand-written and without dates; runs use the rows of configs/venues/aave_v3.yaml, each "
        "with its source",
    )
    apart = sorted(set(_against(content, rules)))
    return (note, *(Finding(TABLE_DIFFERS, x) for x in apart))


def _against(content: Mapping[str, object], rules: Rules) -> Iterator[str]:
    """Return where standard collateral rules of the file differ from those that runs use."""
    fields = {
        "ltv_limits": "ltv",
        "liquidation_thresholds": "liquidation_threshold",
        "liquidation_bonus": "liquidation_bonus",
    }
    standard = content.get("standard")
    tables = standard if isinstance(standard, dict) else {}
    for table, field in fields.items():
        rows = tables.get(table)
        for pair, value in (rows if isinstance(rows, dict) else {}).items():
            asset = str(pair).partition("_")[0]
            known = rules[asset][field] if asset in rules and field in rules[asset] else None
            if known is not None and abs(known - float(value)) > _SAME:
                yield f"{field} of {asset} is {value:g} here, {known:g} in configs/venues"
    factors = content.get("reserve_factors")
    for asset, value in (factors if isinstance(factors, dict) else {}).items():
        known = rules[asset][IMPLIED] if asset in rules and IMPLIED in rules[asset] else None
        if known is not None and abs(known - float(value)) > _FACTOR_APART:
            yield f"reserve factor of {asset} is {value:g} here, its last rates imply {known:.3g}"


def _judge_costs(content: Mapping[str, object]) -> tuple[Finding, ...]:
    text = "model constants, not measured; runs use the cost tables of configs/venues"
    series = list(_by_date(content))
    constant = sum(len(set(x)) == 1 for x in series)
    if series:
        columns = agree(len(series), "column")
        hold = agree(constant, "holds", "hold")
        text += f" ({constant} of {len(series)} {columns} {hold} one number on every date)"
    return (Finding(TABLE_NOTE, text),)


def _by_date(content: object) -> Iterator[tuple[float, ...]]:
    """Return the values of every mapping of dates below."""
    if not isinstance(content, dict) or not content:
        return
    if all(re.match(r"\d{4}-\d{2}-\d{2}$", str(key)) for key in content):
        yield tuple(float(x) for x in content.values())
        return
    for value in content.values():
        yield from _by_date(value)
