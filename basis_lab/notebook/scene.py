"""What a view of the one figure consists of: strips of traces over one time axis."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from basis_lab.domain.market import FloatArray

PLAIN_HOVER = "%{y:,.2f}"


class Pen(StrEnum):
    """How a trace is drawn; each has slots of its own in the figure."""

    AREA = "area"
    BAR = "bar"
    LINE = "line"
    MARK = "mark"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trace:
    """One line, area or set of marks.

    Parameters
    ----------
    pen : Pen
        How it is drawn.
    name : str
        In the hover.
    x, y : ndarray of shape (b,)
        Milliseconds since 1970, and the value.
    colour : str
        ``#RRGGBB`` or ``rgba()``.
    width : float
        Of a line, pixels.
    dash : str
        Of a line.
    fill : str
        Of a line: "tozeroy", "tonexty" (up to the trace before it) or "none".
    up : bool
        The stack of an area: gains up, losses down.
    symbol, size : str, float
        Of marks, pixels.
    spans : tuple of float
        Milliseconds that each bar stands for.
    hover : str
        Plotly's template; empty to say nothing.
    texts : tuple of str
        One hover text a mark.
    steady : bool
        True where only the data change it, not the run.
    """

    pen: Pen
    name: str
    x: FloatArray
    y: FloatArray
    colour: str
    width: float = 1.5
    dash: str = "solid"
    fill: str = "none"
    up: bool = True
    symbol: str = "circle"
    size: float = 8.0
    spans: tuple[float, ...] = ()
    hover: str = PLAIN_HOVER
    texts: tuple[str, ...] = ()
    steady: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A name at the right end of a line or area, instead of a legend.

    Parameters
    ----------
    text : str
        What is written.
    value : float
        Where it belongs on the axis.
    colour : str
        Of the swatch before it.
    bold : bool
        For the line that matters.
    dash : str
        Of a line, shown by the swatch so that hue is not all that tells lines apart; empty for an
        area.
    """

    text: str
    value: float
    colour: str
    bold: bool = False
    dash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A level that acts, and the band beyond it.

    Parameters
    ----------
    level : float
        On the axis.
    text : str
        With its value; empty to draw the line alone.
    colour : str
        Amber or red.
    band : (float, str) or None
        Where the band ends, and its colour.
    """

    level: float
    text: str
    colour: str
    band: tuple[float, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strip:
    """One panel of the figure.

    Parameters
    ----------
    title, note : str
        What was found; unit and definition in muted type.
    height_px : int
        Of the plot, without title and time axis.
    traces : tuple of Trace
        Drawn in this order within each pen.
    ends : tuple of End
        Labels at the right.
    limits : tuple of Limit
        Lines across.
    low, high : float
        The range of the axis; of the logarithm where ``log`` is true.
    log : bool
        A logarithmic axis.
    tick_format : str
        Of the numbers at the axis.
    ticks : tuple of (float, str)
        Places and texts at the axis; empty lets plotly choose.
    joined : bool
        True without a time axis of its own: the next strip's serves both.
    """

    title: str
    note: str
    height_px: int
    traces: tuple[Trace, ...]
    ends: tuple[End, ...] = ()
    limits: tuple[Limit, ...] = ()
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    tick_format: str = ",.0f"
    ticks: tuple[tuple[float, str], ...] = ()
    joined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """All that one view draws.

    Parameters
    ----------
    strips : tuple of Strip
        From the top.
    first_ms, last_ms : float
        The run, on the time axis.
    description : str
        For those who do not see it.
    liquidations_ms : tuple of float
        When the run was liquidated, a line in every strip.
    """

    strips: tuple[Strip, ...]
    first_ms: float
    last_ms: float
    description: str = ""
    liquidations_ms: tuple[float, ...] = ()


def extent(*values: FloatArray, pad: float = 0.06) -> tuple[float, float]:
    """Return a range that holds all values with some room.

    Parameters
    ----------
    *values : ndarray
        What is drawn; NaN is left out.
    pad : float
        Room above and below, as a fraction of the span.

    Returns
    -------
    tuple of float
        Lowest and highest of the axis.
    """
    known = np.concatenate([x[np.isfinite(x)].astype(np.float64) for x in values] or [np.zeros(1)])
    if len(known) == 0:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    span = high - low if high > low else max(abs(high), 1e-9) * 0.1
    return low - pad * span, high + pad * span


def stacked_extent(up: FloatArray, down: FloatArray) -> tuple[float, float]:
    """Return the range of two stacks about zero.

    Parameters
    ----------
    up, down : ndarray of shape (b,)
        Tops of the gains and bottoms of the losses.

    Returns
    -------
    tuple of float
        Lowest and highest of the axis.
    """
    return extent(up, down, np.zeros(1), pad=0.04)


def spread_px(heights: Mapping[int, float], gap: float, top: float) -> dict[int, float]:
    """Return label heights that do not collide: pushed up from the bottom, then down from the top.

    Parameters
    ----------
    heights : mapping of int to float
        Where each label would stand, pixels above the floor.
    gap : float
        Least distance of two.
    top : float
        The highest place.

    Returns
    -------
    dict of int to float
        Where each stands.
    """
    order = sorted(heights, key=lambda i: heights[i])
    places: dict[int, float] = {}
    floor = 0.0
    for i in order:
        places[i] = max(heights[i], floor)
        floor = places[i] + gap
    ceiling = max(top, gap * (len(order) - 1))
    for i in reversed(order):
        places[i] = min(places[i], ceiling)
        ceiling = places[i] - gap
    return places
