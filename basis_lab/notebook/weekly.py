"""Attribution by week: bars for where each week's money came from, and a mark for its net."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from basis_lab.domain.market import FloatArray
from basis_lab.notebook.drawing import Canvas, unit_format
from basis_lab.notebook.scene import End, Pen, Strip, Trace, stacked_extent
from basis_lab.notebook.series import RunSeries
from basis_lab.notebook.words import day_text
from basis_lab.results.formats import format_amount
from basis_lab.results.labels import category_label

WEEK_MS = 7 * 86_400_000.0
MONDAY_MS = 4 * 86_400_000.0  # 1970 began on a Thursday


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weeks:
    """What each category brought in each week.

    Parameters
    ----------
    mondays : ndarray of shape (w,)
        Milliseconds since 1970, Monday 00:00 UTC of each week with a timestep.
    middles, spans : ndarray of shape (w,)
        Middle and length of what the run has of each week, milliseconds; its first and its last
        week may be short.
    sums : dict of str to ndarray of shape (w,)
        Share-class currency by category, those that are drawn; they sum to the run's.
    """

    mondays: FloatArray
    middles: FloatArray
    spans: FloatArray
    sums: Mapping[str, FloatArray]


def week_sums(series: RunSeries) -> Weeks:
    """Return what each category brought in each week.

    Parameters
    ----------
    series : RunSeries
        The run.

    Returns
    -------
    Weeks
        Those with a timestep.
    """
    of_row = np.floor((series.times_ms - MONDAY_MS) / WEEK_MS)
    weeks, first = np.unique(of_row, return_index=True)
    sums = {
        name: np.add.reduceat(np.diff(cumulated, prepend=0.0), first)
        for name, cumulated in series.attribution.items()
    }
    ends = np.append(first[1:], series.rows) - 1
    begin, end = series.times_ms[first], series.times_ms[ends]
    return Weeks(
        mondays=weeks * WEEK_MS + MONDAY_MS,
        middles=0.5 * (begin + end),
        spans=end - begin + 1_000.0 * series.step_s,
        sums=sums,
    )


def weekly_strip(canvas: Canvas) -> Strip:
    """Return the panel of attribution by week.

    Parameters
    ----------
    canvas : Canvas
        The run, the theme.

    Returns
    -------
    Strip
        Gains up, costs down, the net of each week as a mark.
    """
    series, ink = canvas.series, canvas.palette
    weeks = week_sums(series)
    x, sums = weeks.middles, weeks.sums
    spans = tuple(weeks.spans.tolist())
    hover = f"%{{y:+{unit_format(series.currency)}}}"
    traces, ends = [], []
    up, down = np.zeros(len(x)), np.zeros(len(x))
    at = max(int(np.searchsorted(weeks.mondays, canvas.edges_ms[1], side="right")) - 1, 0)
    for name, values in sorted(sums.items(), key=lambda item: -abs(float(item[1].sum()))):
        colour, label = ink.category(name), category_label(name, series.summary)
        traces.append(
            Trace(
                pen=Pen.BAR,
                name=label,
                x=x,
                y=values,
                colour=colour,
                hover=hover,
                spans=spans,
            )
        )
        ends.append(End(text=label, value=_middle(values[at], up[at], down[at]), colour=colour))
        up, down = up + np.maximum(values, 0.0), down + np.minimum(values, 0.0)
    net = np.asarray(sum(sums.values(), np.zeros(len(x))))
    traces.append(_diamonds(x, net, ink.net, hover))
    ends.append(End(text="net of a week", value=float(net[at]), colour=ink.net, bold=True))
    left, right = canvas.edges_ms
    seen = (x + 0.5 * weeks.spans > left) & (x - 0.5 * weeks.spans < right)
    low, high = stacked_extent(up[seen], down[seen])
    return Strip(
        title=_title(series, weeks.mondays, net),
        note=f"P&L by week, {series.currency}",
        height_px=178,
        traces=tuple(traces),
        ends=tuple(ends),
        low=low,
        high=high,
        tick_format=unit_format(series.currency, axis=True),
    )


def _diamonds(x: FloatArray, net: FloatArray, colour: str, hover: str) -> Trace:
    return Trace(
        pen=Pen.MARK,
        name="net",
        x=x,
        y=net,
        colour=colour,
        symbol="diamond",
        size=6,
        width=0.0,
        hover=hover,
    )


def _middle(value: float, up: float, down: float) -> float:
    """Return the middle of a category's bar on those of a week that are drawn already."""
    return float(up if value >= 0.0 else down) + 0.5 * float(value)


def _title(series: RunSeries, mondays: FloatArray, net: FloatArray) -> str:
    gained, worst = int(np.sum(net > 0.0)), int(np.argmin(net))
    told = format_amount(float(net[worst]), series.currency, signed=True)
    day = np.datetime64(int(mondays[worst]), "ms").astype("datetime64[D]").item()
    least = f"the least, {told} {series.currency}, in that of {day_text(day)}"
    return f"{gained} of {len(net)} weeks earned something; {least}"
