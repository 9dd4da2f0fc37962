"""What the views share: the run in sight with its bins, formats, and the distance panel."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from basis_lab.domain.market import FloatArray
from basis_lab.notebook.bins import Bins
from basis_lab.notebook.pins import Pin
from basis_lab.notebook.scene import End, Pen, Scene, Strip, Trace
from basis_lab.notebook.series import RunSeries
from basis_lab.notebook.sides import SideRisk
from basis_lab.notebook.words import side_name, title_distance
from basis_lab.results.formats import format_share
from basis_lab.results.themes import Palette

LINE_POINTS = 1_460
AREA_POINTS = 740
RISK_POINTS = 1_460
LOG_TICKS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Canvas:
    """A run as it is to be drawn.

    Parameters
    ----------
    series : RunSeries
        The run.
    palette : Palette
        The theme.
    pinned : Pin or None
        The run to compare with.
    zoom : (int, int) or None
        Rows in sight; None is the whole run.
    """

    series: RunSeries
    palette: Palette
    pinned: Pin | None = None
    zoom: tuple[int, int] | None = None

    @cached_property
    def _times(self) -> dict[int, FloatArray]:
        return {}

    @cached_property
    def lines(self) -> Bins:
        """Bins of lines."""
        return Bins.of(self.series.rows, LINE_POINTS, self.zoom)

    @cached_property
    def areas(self) -> Bins:
        """Bins of stacked areas."""
        return Bins.of(self.series.rows, AREA_POINTS, self.zoom)

    @cached_property
    def risks(self) -> Bins:
        """Bins of risk measures, the least of each."""
        return Bins.of(self.series.rows, RISK_POINTS, self.zoom)

    def x(self, bins: Bins) -> FloatArray:
        """Return the times of the points of some bins.

        Parameters
        ----------
        bins : Bins
            Which.

        Returns
        -------
        ndarray of shape (b,)
            Milliseconds since 1970.
        """
        if id(bins) not in self._times:
            self._times[id(bins)] = np.asarray(self.series.times_ms[bins.ends])
        return self._times[id(bins)]

    @cached_property
    def edges_ms(self) -> tuple[float, float]:
        """The left and the right edge of what is in sight; infinite where nothing is cut off.

        A zoom has a row more than is in sight on either side.
        """
        first, last = (0, self.series.rows - 1) if self.zoom is None else self.zoom
        times = self.series.times_ms
        low = float(times[first]) if first > 0 else -np.inf
        return low, float(times[last - 1]) if last < self.series.rows - 1 else np.inf

    def seen(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return what of a line is in sight, up to its point at or beyond the right edge.

        Parameters
        ----------
        x, y : ndarray of shape (b,)
            Milliseconds since 1970, and the value.

        Returns
        -------
        ndarray of shape (b',)
            At least one value: the last before what is in sight where none is in it.
        """
        low, high = self.edges_ms
        end = min(int(np.searchsorted(x, high)), len(x) - 1)
        return y[min(int(np.searchsorted(x, low)), end) : end + 1]

    def shows(self, time_ms: float) -> bool:
        """Return whether a moment is in sight.

        Parameters
        ----------
        time_ms : float
            Milliseconds since 1970.

        Returns
        -------
        bool
            True within both edges.
        """
        return self.edges_ms[0] <= time_ms <= self.edges_ms[1]

    def leaving(self, x: FloatArray, y: FloatArray) -> float:
        """Return the value at which a line leaves the picture.

        Parameters
        ----------
        x, y : ndarray of shape (b,)
            As above; NaN is left out.

        Returns
        -------
        float
            The last known value in sight, else the last before, else the last at all.
        """
        until = y[: min(int(np.searchsorted(x, self.edges_ms[1])), len(x) - 1) + 1]
        known = until[np.isfinite(until)]
        return float((known if len(known) else y[np.isfinite(y)])[-1])

    def scene(self, strips: tuple[Strip, ...], description: str) -> Scene:
        """Return strips as a scene of this run.

        Parameters
        ----------
        strips : tuple of Strip
            From the top.
        description : str
            For those who do not see it.

        Returns
        -------
        Scene
            Over the run's dates.
        """
        times = self.series.times_ms
        return Scene(
            strips=strips,
            first_ms=float(times[0]),
            last_ms=float(times[-1]),
            description=description,
            liquidations_ms=tuple(times[self.series.liquidation_rows].tolist()),
        )


def unit_format(currency: str, *, axis: bool = False) -> str:
    """Return plotly's format of amounts.

    Parameters
    ----------
    currency : str
        "USDT" is written whole, a coin with decimals.
    axis : bool
        True for the ticks of an axis.

    Returns
    -------
    str
        For ``tickformat`` and hover templates.
    """
    if currency == "USDT":
        return ",.0f" if axis else ",.2f"
    return ",.2f" if axis else ",.4f"


def distance_strip(canvas: Canvas, *, nearest_only: bool, height_px: int = 120) -> Strip:
    """Return the panel of distances to liquidation, on a logarithmic axis.

    Parameters
    ----------
    canvas : Canvas
        The run.
    nearest_only : bool
        True to draw the pool and the nearest venue alone.
    height_px : int
        Of the plot.

    Returns
    -------
    Strip
        Each side's least distance in each bin after its actions, and a ring at its worst, which
        is that of the summary: before an action as well.
    """
    series, bins = canvas.series, canvas.risks
    chosen = list(series.sides)
    if nearest_only:
        venues = [x for x in chosen if x.side != "aave"]
        chosen = [x for x in chosen if x.side == "aave"] + venues[:1]
    x = canvas.x(bins)
    traces, ends, drawn = [], [], []
    for side in chosen:
        colour, dash = canvas.palette.venue(side.side)
        values = np.abs(series.distances[side.side])
        y = bins.least(values)
        drawn.append(canvas.seen(x, y))
        move = "a fall" if side.worst < 0.0 else "a rise"
        name = f"{side_name(side.side)}, {move}"
        traces.append(
            Trace(pen=Pen.LINE, name=name, x=x, y=y, colour=colour, dash=dash, hover="%{y:.1%}")
        )
        ring = _ring(series, side, colour)
        drawn += [mark.y for mark in ring if canvas.shows(float(mark.x[0]))]
        traces += ring
        ends.append(End(text=name, value=canvas.leaving(x, y), colour=colour, dash=dash))
    low, high = _log_range(drawn)
    inside = [t for t in LOG_TICKS if low <= np.log10(t) <= high]
    return Strip(
        title=title_distance(series),
        note="price move to liquidation, either way",
        height_px=height_px,
        traces=tuple(traces),
        ends=tuple(ends),
        low=low,
        high=high,
        log=True,
        ticks=tuple((t, format_share(t, digits=0 if t >= 0.01 else 1)) for t in inside),  # noqa: PLR2004 - one percent
    )


def _ring(series: RunSeries, side: SideRisk, colour: str) -> list[Trace]:
    """Return the mark of a side's worst distance, where its time is known."""
    if side.worst_row is None:
        return []
    return [
        Trace(
            pen=Pen.MARK,
            name="worst",
            x=series.times_ms[[side.worst_row]],
            y=np.abs(np.array([side.worst], dtype=np.float32)),
            colour=colour,
            symbol="circle-open",
            width=2.0,
            hover="",
        )
    ]


def _log_range(drawn: list[FloatArray]) -> tuple[float, float]:
    """Return a logarithmic range with two ticks in it at least."""
    known = np.concatenate([y[np.isfinite(y) & (y > 0.0)] for y in drawn])
    if len(known) == 0:
        return -2.0, 0.0
    low, high = np.log10(float(known.min())), np.log10(float(known.max()))
    lower = [t for t in np.log10(LOG_TICKS) if t <= low] or [low - 0.1]
    upper = [t for t in np.log10(LOG_TICKS) if t >= high] or [high + 0.1]
    return float(lower[-1]) - 0.05, float(upper[0]) + 0.05
