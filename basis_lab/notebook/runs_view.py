"""The last view: pinned runs and the drawn one over each other."""

import numpy as np

from basis_lab.notebook.bins import Bins
from basis_lab.notebook.drawing import LINE_POINTS, Canvas
from basis_lab.notebook.pins import Pin
from basis_lab.notebook.scene import End, Pen, Scene, Strip, Trace, extent
from basis_lab.results.formats import format_share

DASHES = ("dash", "dot", "dashdot", "longdash")


def runs_view(canvas: Canvas, others: tuple[Pin, ...]) -> Scene:
    """Return the view of runs over each other, as return on a share.

    Parameters
    ----------
    canvas : Canvas
        The drawn run, the theme.
    others : tuple of Pin
        Up to four.

    Returns
    -------
    Scene
        One strip; the time axis holds all runs.
    """
    ink = canvas.palette
    drawn = [(Pin.of_series("drawn", canvas.series, ""), ink.net, "solid", 2.0)]
    drawn += [(pin, ink.pinned, DASHES[i], 1.5) for i, pin in enumerate(others)]
    traces, ends, finals = [], [], []
    for pin, colour, dash, width in drawn:
        bins = Bins.of(len(pin.times_ms), LINE_POINTS)
        y = bins.last(pin.nav_per_share - 1.0)
        x = pin.times_ms[bins.ends]
        traces.append(
            Trace(
                pen=Pen.LINE,
                name=pin.name,
                x=x,
                y=y,
                hover="%{y:+.2%}",
                colour=colour,
                dash=dash,
                width=width,
            )
        )
        finals.append((pin.name, float(y[np.isfinite(y)][-1])))
        at = canvas.leaving(x, y)
        ends.append(
            End(text=pin.name, value=at, colour=colour, bold=pin.name == "drawn", dash=dash)
        )
    low, high = extent(*(canvas.seen(t.x, t.y) for t in traces), np.zeros(1))
    strip = Strip(
        title=_title(finals),
        note="return on a share",
        height_px=280,
        traces=tuple(traces),
        ends=tuple(ends),
        low=low,
        high=high,
        tick_format=".1%",
    )
    return Scene(
        strips=(strip,),
        first_ms=min(float(pin.times_ms[0]) for pin, *_ in drawn),
        last_ms=max(float(pin.times_ms[-1]) for pin, *_ in drawn),
        description="pinned runs and the drawn one",
    )


def _title(finals: list[tuple[str, float]]) -> str:
    """Return which run returned most, and which others that is told the same of."""
    most = max(final for _, final in finals)
    told = format_share(most, signed=True)
    best = [name for name, final in finals if format_share(final, signed=True) == told]
    if len(finals) == 1:
        return f"Returned {told}"
    if len(best) == len(finals):
        return f"The runs returned the same: {told}"
    named = " and ".join([", ".join(best[:-1]), best[-1]] if len(best) > 1 else best)
    return f"{named[0].upper()}{named[1:]} returned most: {told}"
