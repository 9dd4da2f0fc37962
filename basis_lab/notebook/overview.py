"""The first view: equity against lending, drawdown, attribution in time, nearest liquidation."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from basis_lab.domain.events import EventType
from basis_lab.domain.market import FloatArray
from basis_lab.notebook.bins import Bins
from basis_lab.notebook.drawing import (
    LINE_POINTS,
    Canvas,
    distance_strip,
    unit_format,
)
from basis_lab.notebook.scene import End, Pen, Scene, Strip, Trace, extent, stacked_extent
from basis_lab.notebook.weekly import weekly_strip
from basis_lab.notebook.words import (
    date_text,
    title_attribution,
    title_equity,
    words,
)
from basis_lab.results.formats import format_amount, format_share
from basis_lab.results.labels import category_label
from basis_lab.results.style import fade

EXIT_NOTE = -0.005  # a worse discount for leaving is said in the figure
RUG: Mapping[EventType, tuple[str, str]] = MappingProxyType(
    {
        EventType.DECISION: ("line-ns", "muted"),
        EventType.RISK_WARNING: ("triangle-up", "warning"),
        EventType.RISK_CRITICAL: ("x-thin", "critical"),
        EventType.LIQUIDATION: ("x", "critical"),
    }
)
MOST_MARKS = 400
LEAST_DRAWDOWN = -0.0005  # of the axis; without any the strip is an empty one


def overview(canvas: Canvas, *, weekly: bool = False) -> Scene:
    """Return the view that answers the question.

    Parameters
    ----------
    canvas : Canvas
        The run, the theme, the pinned run, what is in sight.
    weekly : bool
        True to draw attribution as bars of a week instead of cumulated.

    Returns
    -------
    Scene
        To be shown.
    """
    attribution = weekly_strip(canvas) if weekly else _attribution(canvas)
    strips = [_equity(canvas), _drawdown(canvas), attribution]
    if canvas.series.sides:
        strips.append(distance_strip(canvas, nearest_only=True))
    return canvas.scene(tuple(strips), "equity, drawdown, attribution and distance to liquidation")


def equity_alone(canvas: Canvas) -> Scene:
    """Return the equity panel alone, to go with the table of events.

    Parameters
    ----------
    canvas : Canvas
        As above.

    Returns
    -------
    Scene
        Equity and drawdown.
    """
    return canvas.scene((_equity(canvas), _drawdown(canvas)), "equity and drawdown")


def _equity(canvas: Canvas) -> Strip:
    series = canvas.series
    traces = [*_money(canvas), *_pinned(canvas)]
    ends = tuple(
        End(
            text=x.name,
            value=canvas.leaving(x.x, x.y),
            colour=x.colour,
            bold=x.name == "equity",
            dash=x.dash,
        )
        for x in traces
    )
    low, high = extent(*(canvas.seen(trace.x, trace.y) for trace in traces), pad=0.05)
    low -= 0.10 * (high - low)  # the foot belongs to the events
    return Strip(
        title=title_equity(series),
        note=f"equity, {series.currency}{_exit_note(canvas)}",
        height_px=170,
        traces=(*traces, *_rug(canvas, low + 0.035 * (high - low))),
        ends=ends,
        low=low,
        high=high,
        tick_format=unit_format(series.currency, axis=True),
        joined=True,
    )


def _money(canvas: Canvas) -> list[Trace]:
    """Return lending, exit equity and equity, the last above the others."""
    series, ink, bins = canvas.series, canvas.palette, canvas.lines
    lending, record = series.lending, series.record
    drawn: list[tuple[str, FloatArray, str, float, str]] = []
    if lending is not None:
        drawn.append(("lending", lending, ink.lending, 1.5, "dot"))
    drawn.append(("exit equity", record.exit_equity, ink.exit, 1.1, "solid"))
    drawn.append(("equity", record.equity, ink.net, 2.0, "solid"))
    return [
        Trace(
            pen=Pen.LINE,
            name=name,
            x=canvas.x(bins),
            y=bins.last(values),
            colour=colour,
            width=width,
            dash=dash,
            hover=f"%{{y:{unit_format(series.currency)}}}",
            steady=values is lending,
        )
        for name, values, colour, width, dash in drawn
    ]


def _pinned(canvas: Canvas) -> list[Trace]:
    pinned = canvas.pinned
    if pinned is None or pinned.summary["currency"] != canvas.series.currency:
        return []
    bins = Bins.of(len(pinned.times_ms), LINE_POINTS)
    x, drawn = pinned.times_ms[bins.ends], canvas.series.times_ms
    inside = (x >= drawn[0]) & (x <= drawn[-1])
    if np.count_nonzero(inside) < 2:  # noqa: PLR2004 - a line: it ran over other dates
        return []
    return [
        Trace(
            pen=Pen.LINE,
            name=pinned.name,
            x=x[inside],
            y=bins.last(pinned.equity)[inside],
            colour=canvas.palette.pinned,
            width=1.4,
            dash="dash",
        )
    ]


def _exit_note(canvas: Canvas) -> str:
    discount = canvas.series.exit_discount
    if not np.isfinite(discount).any():
        return ""
    row = int(np.nanargmin(discount))
    if discount[row] >= EXIT_NOTE:
        return ""
    told = format_share(float(discount[row]), digits=1)
    return f"; leaving on {date_text(canvas.series, row)}: {told}"


def _rug(canvas: Canvas, height: float) -> list[Trace]:
    made = []
    for kind, (symbol, role) in RUG.items():
        events = canvas.series.events_of(kind)
        rows = sorted({event.row for event in events})[:MOST_MARKS]
        if not rows:
            continue
        first = {event.row: event for event in reversed(events)}
        colour = getattr(canvas.palette, role)
        told = [f"{words(kind.value.lower())}: {words(first[row].trigger)}" for row in rows]
        made.append(
            Trace(
                pen=Pen.MARK,
                name=words(kind.value.lower()),
                x=canvas.series.times_ms[np.array(rows)],
                y=np.full(len(rows), height, dtype=np.float32),
                colour=colour,
                symbol=symbol,
                size=9 if symbol != "line-ns" else 7,
                width=1.5,
                hover="%{text}",
                texts=tuple(told),
            )
        )
    return made


def _drawdown(canvas: Canvas) -> Strip:
    bins = canvas.lines
    fall = np.minimum(bins.least(canvas.series.drawdown), 0.0)
    x = canvas.x(bins)
    low = min(float(np.nanmin(canvas.seen(x, fall))), LEAST_DRAWDOWN)
    worst = format_share(canvas.series.summary["max_drawdown"])
    return Strip(
        title="",
        note="",
        height_px=48,
        traces=(
            Trace(
                pen=Pen.LINE,
                name="drawdown",
                x=x,
                y=fall,
                colour=canvas.palette.gross,
                width=1.0,
                fill="tozeroy",
                hover="%{y:.2%}",
            ),
        ),
        ends=(End(text=f"drawdown {worst}", value=0.5 * low, colour=canvas.palette.gross),),
        low=1.08 * low,
        high=-0.02 * low,
        tick_format=".1%",
    )


def _attribution(canvas: Canvas) -> Strip:
    series, ink = canvas.series, canvas.palette
    bins = canvas.areas
    x = canvas.x(bins)
    hover = f"%{{y:+{unit_format(series.currency)}}}"
    traces, ends = [], []
    stacks = {True: np.zeros(len(bins.ends)), False: np.zeros(len(bins.ends))}
    for name, cumulated in sorted(series.attribution.items(), key=lambda x: -abs(x[1][-1])):
        values = bins.last(cumulated)
        for up, part in ((True, np.maximum(values, 0)), (False, np.minimum(values, 0))):
            if not part.any():
                continue
            colour, label = ink.category(name), category_label(name, series.summary)
            traces.append(
                Trace(pen=Pen.AREA, name=label, x=x, y=part, colour=colour, up=up, hover=hover)
            )
            if canvas.leaving(x, part) != 0.0:
                middle = canvas.leaving(x, stacks[up] + part / 2.0)
                ends.append(End(text=label, value=middle, colour=colour))
            stacks[up] = stacks[up] + part
    net = canvas.lines.last(series.net)
    nx = canvas.x(canvas.lines)
    halo = fade(ink.ground, 0.9) if ink.name == "light" else fade(ink.ground, 0.75)
    traces += [
        Trace(pen=Pen.LINE, name="halo", x=nx, y=net, colour=halo, width=5.0, hover=""),
        Trace(pen=Pen.LINE, name="net", x=nx, y=net, colour=ink.net, width=2.0, hover=hover),
    ]
    told = format_amount(float(series.net[-1]), series.currency, signed=True)
    at = canvas.leaving(nx, net)
    ends.append(End(text=f"net {told}", value=at, colour=ink.net, bold=True, dash="solid"))
    line = canvas.seen(nx, net)
    parts = (np.append(canvas.seen(x, stacks[up]), line) for up in (True, False))
    low, high = stacked_extent(*parts)
    return Strip(
        title=title_attribution(series),
        note=f"cumulative P&L, {series.currency}",
        height_px=178,
        traces=tuple(traces),
        ends=tuple(ends),
        low=low,
        high=high,
        tick_format=unit_format(series.currency, axis=True),
    )
