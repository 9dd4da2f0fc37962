"""The third view: why the yield changed. Rates by venue, lending and staking, basis."""

import numpy as np

from basis_lab.notebook.drawing import Canvas
from basis_lab.notebook.rates import FundingLine, basis_lines, funding_lines, yield_lines
from basis_lab.notebook.scene import End, Pen, Scene, Strip, Trace, extent
from basis_lab.results.formats import format_amount, format_share
from basis_lab.results.style import fade

LEAST_YIELD = 5e-4  # a year; a line on the floor of the axis says nothing and flattens the others


def rates_view(canvas: Canvas) -> Scene:
    """Return the view of rates; what a run does not live on is left out.

    Parameters
    ----------
    canvas : Canvas
        The run, the theme, what is in sight.

    Returns
    -------
    Scene
        Without strips where there is no rate at all.
    """
    made = (_funding(canvas), _yields(canvas), _basis(canvas))
    strips = tuple(strip for strip in made if strip is not None)
    return canvas.scene(strips, "funding, lending and staking rates, basis")


def _funding(canvas: Canvas) -> Strip | None:
    lines = funding_lines(canvas.series)
    if not lines:
        return None
    traces, ends = [], []
    for venue, line in lines.items():
        traces += _venue(canvas, venue, line)
        colour, dash = canvas.palette.venue(venue)
        at = canvas.leaving(line.times_ms, line.mean_apr)
        ends.append(End(text=venue, value=at, colour=colour, dash=dash))
    paid = [_middle(canvas.seen(x.times_ms, x.apr)) for x in lines.values()]
    means = [canvas.seen(x.times_ms, x.mean_apr) for x in lines.values()]
    low, high = extent(*paid, *means, np.zeros(1))
    amount = float(canvas.series.summary["attribution"]["funding"])
    told = format_amount(amount, canvas.series.currency, signed=True)
    return Strip(
        title=f"Funding brought {told} {canvas.series.currency}",
        note="as APR: points as paid, lines 7-day means; above 0 shorts receive",
        height_px=220,
        traces=tuple(traces),
        ends=tuple(ends),
        low=low,
        high=high,
        tick_format=".0%",
    )


def _venue(canvas: Canvas, venue: str, line: FundingLine) -> list[Trace]:
    """Return the rates of a venue as faint points and their mean as a line."""
    colour, dash = canvas.palette.venue(venue)
    x = line.times_ms
    return [
        Trace(
            pen=Pen.MARK,
            name=f"{venue}, as paid",
            x=x,
            y=line.apr,
            colour=fade(colour, 0.28),
            size=3,
            width=0.0,
            hover="",
        ),
        Trace(
            pen=Pen.LINE,
            name=f"{venue}, 7 d",
            x=x,
            y=line.mean_apr,
            colour=colour,
            width=2,
            dash=dash,
            hover="%{y:.2%}",
        ),
    ]


def _middle(values: np.ndarray) -> np.ndarray:
    """Return the 1st and the 99th percentile of what is known: outliers do not set the axis."""
    known = values[np.isfinite(values)]
    return np.asarray(np.percentile(known, [1.0, 99.0])) if len(known) else known


def _yields(canvas: Canvas) -> Strip | None:
    lines = yield_lines(canvas.series)
    if not lines:
        return None
    bins = canvas.lines
    x = canvas.x(bins)
    traces, ends = [], []
    for name, (category, values) in lines.items():
        if not np.isfinite(values).any() or np.nanmax(np.abs(values)) < LEAST_YIELD:
            continue
        y = bins.last(values)
        colour = canvas.palette.category(category)
        dash = "dash" if category == "borrow_cost" else "solid"
        traces.append(
            Trace(
                pen=Pen.LINE,
                name=name,
                x=x,
                y=y,
                colour=colour,
                width=2,
                dash=dash,
                hover="%{y:.2%}",
            )
        )
        ends.append(End(text=name, value=canvas.leaving(x, y), colour=colour, dash=dash))
    if not traces:
        return None
    low, high = extent(*(_middle(canvas.seen(x, t.y)) for t in traces))
    shades = _spread(canvas, lines)
    shaded = "; shaded: staking above borrowing, and below" if shades else ""
    return Strip(
        title=_word_yields(lines),
        note=f"APR, growth of the last 7 days{shaded}",
        height_px=180,
        traces=(*shades, *traces),
        ends=tuple(ends),
        low=low,
        high=high,
        tick_format=".1%",
    )


def _spread(canvas: Canvas, lines: dict[str, tuple[str, np.ndarray]]) -> list[Trace]:
    """Return what a loop lives on, shaded: from the borrow rate to the staking rate."""
    borrow = [x for name, (_, x) in lines.items() if name.startswith("borrow")]
    staking = [x for name, (_, x) in lines.items() if name.startswith("staking")]
    if not borrow or not staking:
        return []
    bins = canvas.lines
    cost, gain = bins.last(borrow[0]), bins.last(staking[0])
    known = np.isfinite(cost) & np.isfinite(gain)
    x, cost, gain = canvas.x(bins)[known], cost[known], gain[known]
    made = []
    for y, fill, role in (
        (cost, "none", "borrow_cost"),
        (np.maximum(cost, gain), "tonexty", "staking_yield"),
        (cost, "none", "borrow_cost"),
        (np.minimum(cost, gain), "tonexty", "borrow_cost"),
    ):
        colour = canvas.palette.category(role)
        made.append(
            Trace(
                pen=Pen.LINE, name="spread", x=x, y=y, colour=colour, width=0.0, fill=fill, hover=""
            )
        )
    return made


def _word_yields(lines: dict[str, tuple[str, np.ndarray]]) -> str:
    means = {name: float(np.nanmean(x)) for name, (_, x) in lines.items() if np.isfinite(x).any()}
    staking = [x for name, x in means.items() if name.startswith("staking")]
    borrow = [x for name, x in means.items() if name.startswith("borrow")]
    if staking and borrow:
        spread = format_share(staking[0] - borrow[0], signed=True)
        return f"Staking less borrowing: {spread} a year on average"
    name = max(means, key=lambda x: means[x])
    return f"{name[0].upper()}{name[1:]}: {format_share(means[name])} a year on average"


def _basis(canvas: Canvas) -> Strip | None:
    lines = basis_lines(canvas.series)
    if not lines:
        return None
    bins = canvas.areas
    x = canvas.x(bins)
    traces, ends = [], []
    for venue, values in lines.items():
        colour, dash = canvas.palette.venue(venue)
        y = bins.last(values)
        traces.append(
            Trace(
                pen=Pen.LINE,
                name=venue,
                x=x,
                y=y,
                colour=colour,
                dash=dash,
                width=1.0,
                hover="%{y:.1f}",
            )
        )
        ends.append(End(text=venue, value=canvas.leaving(x, y), colour=colour, dash=dash))
    low, high = extent(*(canvas.seen(x, t.y) for t in traces), np.zeros(1))
    widest = max(float(np.nanmax(np.abs(x))) for x in lines.values())
    return Strip(
        title=f"Marks stayed within {widest:.0f} bps of spot",
        note="mark / spot \N{MINUS SIGN} 1, basis points",
        height_px=150,
        traces=tuple(traces),
        ends=tuple(ends),
        low=low,
        high=high,
        tick_format=",.0f",
    )
