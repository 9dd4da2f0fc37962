"""One row a stress: what it cost, how near it came, and how long until it was made good."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from basis_lab.domain.market import FloatArray, TimeArray
from basis_lab.results.text import align_table

if TYPE_CHECKING:
    import pandas as pd

BASE = "base"
FAILED = "failed"
ROUNDING = 1e-12  # of NAV: less than this below its level is back at it
NO_FIGURES = frozenset({"status", "run_id", "currency", "start", "end", "synthetic_data", "note"})
HEADINGS = (
    "stress",
    "net P&L",
    "against base",
    "worst HF",
    "worst margin",
    "liquidations",
    "drawdown",
    "worst exit",
    "exit against base",
    "days to recover",
    "status",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StressRow:
    """What one stress did to a run; None where a figure does not apply.

    Parameters
    ----------
    scenario : str
        Its name, or ``base`` for the run without it.
    net_pnl : float or None
        Share-class currency.
    net_pnl_to_base : float or None
        Less that of the base run.
    min_health_factor, min_margin_ratio : float or None
        The worst at the marks of the timesteps; of margin, at any venue.
    liquidations : int or None
        Positions that venues closed.
    max_drawdown : float or None
        Fraction of NAV per share, <= 0.
    worst_exit : float or None
        What leaving would have cost at the worst timestep, as a fraction of equity, <= 0. A stress
        of the markets that a book is sold in shows here alone: its marks do not move with them.
    worst_exit_to_base : float or None
        Exit equity less that of the base run at the timestep where it is least, share-class
        currency.
    days_to_recover : float or None
        From the stress until its loss was made good to stay so (see ``days_to_recover``); 0 where
        nothing was lost; None where it was not made good by the end or nothing was stressed.
    status : str
        completed, stopped or failed.
    run_id : str
        The run's name; empty where it failed.
    currency : str
        Of the amounts.
    start, end : str
        First and last timestep, ISO.
    synthetic_data : bool or None
        Whether the run was on made data.
    note : str
        Why it failed, or that the stress changed nothing that the run uses, or no figure of it,
        and why.
    """

    scenario: str
    net_pnl: float | None = None
    net_pnl_to_base: float | None = None
    min_health_factor: float | None = None
    min_margin_ratio: float | None = None
    liquidations: int | None = None
    max_drawdown: float | None = None
    worst_exit: float | None = None
    worst_exit_to_base: float | None = None
    days_to_recover: float | None = None
    status: str = FAILED
    run_id: str = ""
    currency: str = ""
    start: str = ""
    end: str = ""
    synthetic_data: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """What a run was worth at each timestep.

    Parameters
    ----------
    nav, equity, exit_equity : ndarray of shape (T,)
        Per share; and share-class currency, as it stands and if everything were left.
    """

    nav: FloatArray
    equity: FloatArray
    exit_equity: FloatArray

    @property
    def worst_exit(self) -> float | None:
        """What leaving costs at the worst timestep, a fraction of equity; None without equity."""
        known = self.equity > 0.0
        if not known.any():
            return None
        return float((self.exit_equity[known] / self.equity[known]).min() - 1.0)


def stress_row(
    scenario: str,
    run: tuple[Mapping[str, Any], Paths],
    base: tuple[Mapping[str, Any], Paths],
    days: float | None,
    reach: str,
) -> StressRow:
    """Return the row of a run that came to its end.

    Parameters
    ----------
    scenario : str
        Its name.
    run, base : tuple of mapping and Paths
        Summary and paths of the run, and of the one without the stress.
    days : float or None
        As ``days_to_recover`` found them.
    reach : str
        Why a stress that reaches the run may change no figure of it.

    Returns
    -------
    StressRow
        Where it changed none, with that as its note.
    """
    summary, paths = run
    margins = summary["min_margin_ratio"]
    row = StressRow(
        scenario=scenario,
        net_pnl=summary["net_pnl"],
        net_pnl_to_base=summary["net_pnl"] - base[0]["net_pnl"],
        min_health_factor=summary["min_health_factor"],
        min_margin_ratio=None if margins is None else min(margins.values()),
        liquidations=summary["liquidations"],
        max_drawdown=summary["max_drawdown"],
        worst_exit=paths.worst_exit,
        worst_exit_to_base=float((paths.exit_equity - base[1].exit_equity).min()),
        days_to_recover=days,
        status=summary["status"],
        run_id=summary["run_id"],
        currency=summary["currency"],
        start=summary["start"],
        end=summary["end"],
        synthetic_data=summary["synthetic_data"],
        note="; ".join(x for x in summary["warnings"] if "changes nothing in this run" in x),
    )
    if scenario == BASE or row.note or not _untouched(row, base):
        return row
    return replace(row, note=f"{reach}: every figure here is that of the base run")


def _untouched(row: StressRow, base: tuple[Mapping[str, Any], Paths]) -> bool:
    calm = stress_row(BASE, base, base, None, "")
    named = {"scenario", "run_id", "note", "days_to_recover"}
    mine, theirs = asdict(row), asdict(calm)
    return all(mine[key] == theirs[key] for key in mine if key not in named)


def days_to_recover(times: TimeArray, nav: FloatArray, calm: FloatArray, row: int) -> float | None:
    """Return the days from a stress until its loss was made good, and stayed so to the end.

    Parameters
    ----------
    times : ndarray of datetime64[s], shape (T,)
        Timesteps.
    nav, calm : ndarray of shape (T,)
        NAV per share after each, of the run and of the one without the stress.
    row : int
        The timestep at which the stress takes hold.

    Returns
    -------
    float or None
        0.0 where nothing was lost, None where something still is at the last timestep.

    Notes
    -----
    Lost is what NAV per share lacks of its level just before the stress, or of that of the run
    without the stress where that one is lower: a fall that both runs share is none of the stress.
    A loss that comes back counts to the last time that it was made good.

    Examples
    --------
    >>> hours = np.datetime64("2024-06-01T00", "s") + np.arange(5) * np.timedelta64(12, "h")
    >>> calm = np.array([1.0, 1.1, 1.1, 1.1, 1.1])
    >>> days_to_recover(hours, np.array([1.0, 1.1, 0.9, 1.1, 1.1]), calm, 2)
    0.5
    >>> days_to_recover(hours, np.array([1.0, 1.1, 1.1, 0.9, 1.1]), calm, 2)
    1.0
    """
    floor = np.minimum(nav[max(row - 1, 0)], calm[row:]) * (1.0 - ROUNDING)
    lost = np.flatnonzero(nav[row:] < floor)
    if not len(lost):
        return 0.0
    back = row + int(lost[-1]) + 1
    if back == len(nav):
        return None
    return float((times[back] - times[row]) / np.timedelta64(1, "D"))


def stress_table(rows: Sequence[StressRow]) -> "pd.DataFrame":
    """Return the rows as a table.

    Parameters
    ----------
    rows : sequence of StressRow
        The base run first.

    Returns
    -------
    pandas.DataFrame
        One row a stress, by its name; figures that do not apply are NaN.
    """
    import pandas as pd

    table = pd.DataFrame([asdict(row) for row in rows]).set_index("scenario")
    figures = [x for x in table.columns if x not in NO_FIGURES]
    return table.astype(dict.fromkeys(figures, float))


def word_stresses(rows: Sequence[StressRow]) -> str:
    """Return the rows for people.

    Parameters
    ----------
    rows : sequence of StressRow
        The base run first.

    Returns
    -------
    str
        A table, then what there is to say of single rows.
    """
    lines = [HEADINGS, *(_words(row) for row in rows)]
    said = [f"{row.scenario}: {row.note}" for row in rows if row.note]
    base = rows[0]
    data = "synthetic data" if base.synthetic_data else "real data"
    span = f"{base.start} to {base.end}, {data}, amounts in {base.currency}"
    head = (
        "worst margin: the least margin ratio at any venue; worst exit: what leaving costs at the "
        "worst hour, of equity; exit against base: exit equity less the base run's at the hour "
        "where that is least, an amount; days to recover: from the stress until NAV per share is "
        "back at its level before it, or at the base run's where that is lower, and stays there"
    )
    return "\n".join([align_table(lines, right=tuple(range(1, 10))), "", span, head, *said])


def _words(row: StressRow) -> tuple[str, ...]:
    return (
        row.scenario,
        _figure(row.net_pnl, "{:,.2f}"),
        _figure(row.net_pnl_to_base, "{:+,.2f}"),
        _figure(row.min_health_factor, "{:.4f}"),
        _figure(row.min_margin_ratio, "{:.2%}"),
        _figure(row.liquidations, "{:.0f}"),
        _figure(row.max_drawdown, "{:.2%}"),
        _figure(row.worst_exit, "{:.2%}"),
        _figure(row.worst_exit_to_base, "{:+,.2f}"),
        _figure(row.days_to_recover, "{:.1f}") or ("" if _unstressed(row) else "never"),
        row.status,
    )


def _unstressed(row: StressRow) -> bool:
    return row.scenario == BASE or bool(row.note)


def _figure(value: float | None, form: str) -> str:
    return "" if value is None or math.isnan(value) else form.format(value)
