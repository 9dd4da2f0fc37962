"""What a sweep says in words: its best point, with and without limits, and how robust it is."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from basis_lab.calc.performance import DAYS_PER_YEAR
from basis_lab.results.formats import NONE, format_points, format_share
from basis_lab.results.sweep_result import DONE, OPEN, SweepResult
from basis_lab.results.verdict import LENDING, SHORT_DAYS, days_between

SYNTHETIC = "synthetic data"
LARGE = 10_000.0  # from here on four digits are not enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """A measure that a point may not be worse than.

    Parameters
    ----------
    name : str
        "nearest liquidation", "drawdown" or "exit discount".
    limit : float
        Least size that is accepted (liquidation), or largest (the others); a fraction.
    """

    name: str
    limit: float

    @property
    def more_is_safer(self) -> bool:
        """True for a distance, False for a loss."""
        return self.name == "nearest liquidation"

    def within(self, values: pd.Series) -> pd.Series:
        """Tell which points keep the limit.

        Parameters
        ----------
        values : pandas.Series
            Of ``measure``; NaN where the measure does not apply, which keeps any limit.

        Returns
        -------
        pandas.Series
            Of bool.
        """
        kept = values >= self.limit if self.more_is_safer else values <= self.limit
        return kept | values.isna()


def measure(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a measure of safety of every point.

    Parameters
    ----------
    table : pandas.DataFrame
        Of a sweep.
    name : str
        As in ``Safety``.

    Returns
    -------
    pandas.Series
        Sizes, 0 or above; NaN where the measure does not apply.
    """
    if name == "drawdown":
        return -table["max_drawdown"]
    if name == "exit discount":
        return 1.0 - table["final_exit_equity"] / table["final_equity"]
    sides = [x for x in table if str(x).startswith("min_liquidation_distance.")]
    if not sides:
        return pd.Series(np.nan, index=table.index)
    return table[sides].abs().min(axis=1)


def excess(table: pd.DataFrame) -> pd.Series:
    """Return net APR less the hurdle; net APR where no point has a hurdle.

    Parameters
    ----------
    table : pandas.DataFrame
        Of a sweep.

    Returns
    -------
    pandas.Series
        Fraction a year.
    """
    if "apr" not in table:
        return pd.Series(np.nan, index=table.index)
    hurdle = table["hurdle_apr"]
    return table["apr"] if hurdle.isna().all() else table["apr"] - hurdle


def too_short(table: pd.DataFrame) -> "pd.Series[bool]":
    """Tell which points are runs too short for a rate.

    Parameters
    ----------
    table : pandas.DataFrame
        Of a sweep.

    Returns
    -------
    pandas.Series
        Of bool; False for a point without dates, which was not run.
    """
    if "start" not in table or "end" not in table:
        return pd.Series(False, index=table.index)  # noqa: FBT003 - the value of each row
    first, last = (pd.to_datetime(table[x], utc=True, format="ISO8601") for x in ("start", "end"))
    return (last - first) < pd.Timedelta(days=SHORT_DAYS)


def merit(table: pd.DataFrame) -> pd.Series:
    """Return what points are ranked by: their excess, of those long enough for a rate.

    Parameters
    ----------
    table : pandas.DataFrame
        Of a sweep.

    Returns
    -------
    pandas.Series
        Fraction a year, of points that are done alone; of the short ones only where all are.
    """
    gains = excess(table)[table["status"] == DONE].dropna()
    short = too_short(table)[gains.index]
    return gains if short.all() else gains[~short]


def best_point(table: pd.DataFrame, safety: Safety | None) -> int | None:
    """Return the best point that keeps a limit.

    Parameters
    ----------
    table : pandas.DataFrame
        Of a sweep.
    safety : Safety or None
        None takes the best of all.

    Returns
    -------
    int or None
        Its number; None where none keeps the limit.
    """
    gains = merit(table)
    if safety is not None and len(gains) > 0:
        kept = safety.within(measure(table, safety.name))
        gains = gains[kept.reindex(gains.index)]
    return None if len(gains) == 0 else int(str(gains.idxmax()))


def word_best(result: SweepResult, safety: Safety | None = None) -> str:
    """Return the first line of a sweep.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    safety : Safety or None
        The limit to keep.

    Returns
    -------
    str
        A sentence without a full stop.
    """
    table, axes = result.table, list(result.summary["axes"])
    found = best_point(table, safety)
    under_way = table["status"].eq(OPEN).any()
    if found is None:
        done = table["status"].eq(DONE).any()
        nothing = "No point is done yet" if under_way else "No point was done"
        return "No point keeps your limit" if safety is not None and done else nothing
    row = row_of(table, found)
    opening = "Best so far" if under_way else "Best"
    opening += "" if safety is None else " within your limits"
    gain, place = float(excess(table)[found]), word_place(row, axes)
    if not too_short(table)[found]:
        return f"{opening}: {place}: {_word_gain(row, gain)}"
    days = days_between(str(row["start"]), str(row["end"]))
    told = _word_gain(row, gain, years=days / DAYS_PER_YEAR)
    return f"{opening}: {place}: {told} in {days:.1f} days, too short for a rate"


def word_without_limit(result: SweepResult, safety: Safety) -> str:
    """Return what the best would be without the limit, and what that costs in safety.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    safety : Safety
        The limit.

    Returns
    -------
    str
        A sentence without a full stop.
    """
    table, axes = result.table, list(result.summary["axes"])
    free = best_point(table, None)
    if free is None:
        return ""
    if free == best_point(table, safety):
        return "the limit costs nothing: the best of all points keeps it"
    gain = float(excess(table)[free])
    if too_short(table)[free]:
        gain *= days_between(*(str(table[x][free]) for x in ("start", "end"))) / DAYS_PER_YEAR
    size = format_share(float(measure(table, safety.name)[free]), digits=1)
    place = f"{word_place(row_of(table, free), axes)} at {format_points(gain)} pp"
    return f"without the limit the best would be {place}, and {safety.name} {size}"


def numeric_axes(table: pd.DataFrame, axes: list[str]) -> list[str]:
    """Return the axes that hold numbers and more than one of them.

    Parameters
    ----------
    table : pandas.DataFrame
        Of a sweep.
    axes : list of str
        Its axes.

    Returns
    -------
    list of str
        In their order.
    """
    numbers = [x for x in axes if pd.api.types.is_numeric_dtype(table[x])]
    return [x for x in numbers if varies(table[x])]


def row_of(table: pd.DataFrame, point: int) -> "pd.Series[Any]":
    """Return one point.

    Parameters
    ----------
    table : pandas.DataFrame
        Of a sweep.
    point : int
        Its number.

    Returns
    -------
    pandas.Series
        By column.
    """
    return pd.Series({str(name): table[name][point] for name in table}, dtype=object)


def varies(values: pd.Series) -> bool:
    """Tell if a column holds more than one value.

    Parameters
    ----------
    values : pandas.Series
        Of a table.

    Returns
    -------
    bool
        False also for an empty column.
    """
    return len(values.dropna().unique()) > 1


def standing(table: pd.DataFrame, place: "pd.Series[Any] | dict[str, Any]") -> "pd.Series[bool]":
    """Tell which points stand at a place.

    Parameters
    ----------
    table : pandas.DataFrame
        Of a sweep.
    place : pandas.Series or dict
        The value of each axis that counts; an empty one is that of the points without a value.

    Returns
    -------
    pandas.Series
        Of bool.
    """
    there = pd.Series(True, index=table.index)  # noqa: FBT003 - the value of each row
    for axis, value in place.items():
        column = table[str(axis)]
        there &= column.isna() if pd.isna(value) else column == value
    return there


def word_place(row: "pd.Series[Any]", axes: list[str]) -> str:
    """Return where a point lies.

    Parameters
    ----------
    row : pandas.Series
        Of the table.
    axes : list of str
        Its axes.

    Returns
    -------
    str
        "spot allocation 0.74, band 0.08".
    """
    return ", ".join(f"{label(x)} {word_value(row[x])}" for x in axes if not pd.isna(row[x]))


def label(axis: str) -> str:
    """Return an axis in words.

    Parameters
    ----------
    axis : str
        Its dotted key.

    Returns
    -------
    str
        What stands behind the block, without dots and underscores.

    Examples
    --------
    >>> label("strategy.spot_allocation"), label("risk.margin_ratio.warning"), label("mode")
    ('spot allocation', 'margin ratio warning', 'mode')
    """
    return axis[axis.find(".") + 1 :].replace(".", " ").replace("_", " ")


def word_value(value: object) -> str:
    """Return a value of an axis.

    Parameters
    ----------
    value : object
        As the table holds it.

    Returns
    -------
    str
        Four digits of a number, all of a large one; a dash where there is none.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NONE
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:.4g}"


def _word_gain(row: "pd.Series[Any]", gain: float, *, years: float | None = None) -> str:
    """Return a gain as a rate, or what it came to in ``years`` where these are given."""
    span, a_year = (1.0, " a year") if years is None else (years, "")
    if pd.isna(row["hurdle_apr"]):
        return f"net {format_share(float(row['apr']) * span)}{a_year}"
    side = "above" if gain > 0.0 else "below"
    points = format_points(abs(gain * span)).lstrip("+")
    return f"{points} points{a_year} {side} {LENDING[str(row['share_class'])]}"


def word_data(table: pd.DataFrame) -> str:
    """Return where the data of a sweep are from.

    Parameters
    ----------
    table : pandas.DataFrame
        Of a sweep.

    Returns
    -------
    str
        "synthetic data" where those of any point are, "real data", or nothing where none says so.
    """
    if "synthetic_data" not in table or table["synthetic_data"].isna().all():
        return ""
    return SYNTHETIC if table["synthetic_data"].eq(other=True).any() else "real data"
