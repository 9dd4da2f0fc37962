"""The one figure: made once with a pool of traces, then only changed in place."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import plotly.graph_objects as go

from basis_lab.errors import UsageError
from basis_lab.notebook.layout import frozen_layout, hairlines, lay_out
from basis_lab.notebook.scene import Pen, Scene, Trace
from basis_lab.results.style import fade
from basis_lab.results.themes import Palette

SLOTS: Mapping[Pen, int] = {Pen.AREA: 32, Pen.LINE: 32, Pen.MARK: 14}
ORDER = (Pen.AREA, Pen.LINE, Pen.MARK)  # later ones are drawn above
AREA_OPACITY = 0.82
NOTHING = np.zeros(0, dtype=np.float32)


class Stage:
    """A FigureWidget that shows scenes, one after the other.

    Parameters
    ----------
    palette : Palette
        The theme at the start.
    """

    def __init__(self, palette: Palette) -> None:
        traces = [_empty(pen) for pen in ORDER for _ in range(SLOTS[pen])]
        self.widget = go.FigureWidget(data=traces, layout=frozen_layout(palette))
        self.widget._config = {"displayModeBar": False, "doubleClick": "reset"}  # noqa: SLF001 - plotly's only way to set it
        self._traces: list[dict[str, Any]] = [{} for _ in traces]
        self._layout: dict[str, Any] = {}
        self._strips = 0
        self._quiet = False
        self._span: tuple[float, float] | None = None

    def show(self, scene: Scene, palette: Palette, moment_ms: float) -> None:
        """Draw a scene; only what differs from what is shown is sent to the browser.

        Parameters
        ----------
        scene : Scene
            What to draw.
        palette : Palette
            The theme.
        moment_ms : float
            Where the hairline stands.
        """
        wanted = assign(scene, palette)
        layout = lay_out(scene, palette, moment_ms)
        span = (scene.first_ms, scene.last_ms)
        self._quiet = True
        with self.widget.batch_update():
            for i, props in enumerate(wanted):
                self._change_trace(i, props)
            for key, value in layout.items():
                self._change_layout(key, value)
            if span != self._span:
                self.widget.layout.xaxis.range = list(span)
        self._quiet = False
        self._strips, self._span = len(scene.strips), span

    def resize(self, width_px: int) -> None:
        """Fit the figure into its container.

        Parameters
        ----------
        width_px : int
            The room there is.
        """
        self.widget.layout.width = width_px

    def move(self, palette: Palette, moment_ms: float) -> None:
        """Move the hairline and nothing else.

        Parameters
        ----------
        palette : Palette
            The theme.
        moment_ms : float
            Where to.
        """
        lines = hairlines(self._strips, palette, moment_ms)
        with self.widget.batch_update():
            for i, line in enumerate(lines):
                self.widget.layout.shapes[i].x0 = line["x0"]
                self.widget.layout.shapes[i].x1 = line["x1"]
        if "shapes" in self._layout:
            self._layout["shapes"] = lines + self._layout["shapes"][self._strips :]

    def on_zoom(self, told: Callable[[tuple[float, float] | None], None]) -> None:
        """Tell when the user looks at another stretch.

        Parameters
        ----------
        told : callable
            Called with first and last millisecond, or None for the whole run.
        """

        def changed(_: Any, span: Any, auto: Any) -> None:
            if self._quiet or self._span is None:
                return
            if auto or span is None:
                self.unzoom()
                told(None)
                return
            low, high = (_milliseconds(x) for x in span)
            whole = low <= self._span[0] and high >= self._span[1]
            told(None if whole else (low, high))

        self.widget.layout.on_change(changed, ("xaxis", "range"), ("xaxis", "autorange"))

    def on_pick(self, told: Callable[[float], None]) -> None:
        """Tell when the user clicks on a line.

        Parameters
        ----------
        told : callable
            Called with the millisecond of the point.
        """

        def clicked(trace: Any, points: Any, _: Any) -> None:
            if points.point_inds:
                told(float(trace.x[points.point_inds[0]]))

        for trace in self.widget.data[SLOTS[Pen.AREA] :]:
            trace.on_click(clicked)

    def unzoom(self) -> None:
        """Show the whole run again."""
        if self._span is not None:
            self._quiet = True
            self.widget.layout.xaxis.range = list(self._span)
            self._quiet = False

    def _change_trace(self, slot: int, props: dict[str, Any]) -> None:
        before = self._traces[slot]
        changed = {
            key: value
            for key, value in props.items()
            if key not in before or not _same(before[key], value)
        }
        if changed:
            self.widget.data[slot].update(changed)
            self._traces[slot] = {**before, **changed}

    def _change_layout(self, key: str, value: Any) -> None:
        if key in self._layout and self._layout[key] == value:
            return
        if isinstance(value, dict):
            before = self._layout[key] if key in self._layout else {}
            fresh = {x: y for x, y in value.items() if x not in before or before[x] != y}
            self.widget.layout[key].update(fresh)
        else:
            self.widget.layout[key] = value
        self._layout[key] = value


def assign(scene: Scene, palette: Palette) -> list[dict[str, Any]]:
    """Return what every slot of the figure shows.

    Parameters
    ----------
    scene : Scene
        What is drawn.
    palette : Palette
        The theme.

    Returns
    -------
    list of dict
        One a slot; slots that are not needed are empty and hidden.

    Raises
    ------
    UsageError
        If a scene has more traces than the figure was made with.
    """
    queues: dict[Pen, list[dict[str, Any]]] = {pen: [] for pen in ORDER}
    for i, strip in enumerate(scene.strips):
        number = "" if i == 0 else str(i + 1)
        for trace in strip.traces:
            axes = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
            queues[trace.pen].append({**_properties(trace, palette, number), **axes})
    slots = []
    for pen in ORDER:
        spare = SLOTS[pen] - len(queues[pen])
        if spare < 0:
            raise UsageError(
                "a view of the workbench has more traces than its figure",
                where=f"{pen.value} slots",
                value=len(queues[pen]),
                remedy=f"draw {SLOTS[pen]} or fewer",
            )
        slots += queues[pen] + [{"visible": False, "x": NOTHING, "y": NOTHING}] * spare
    return slots


def _properties(trace: Trace, palette: Palette, number: str) -> dict[str, Any]:
    said = trace.hover != ""
    props: dict[str, Any] = {
        "visible": True,
        "x": trace.x,
        "y": trace.y,
        "name": trace.name,
        "hovertemplate": trace.hover if said else None,
        "hoverinfo": "all" if said else "skip",
    }
    match trace.pen:
        case Pen.AREA:
            props["stackgroup"] = f"{'up' if trace.up else 'down'}{number}"
            props["fillcolor"] = fade(trace.colour, AREA_OPACITY)
            props["line"] = {"width": 0.5, "color": palette.ground}
        case Pen.LINE:
            pen = {"color": trace.colour, "width": trace.width, "dash": trace.dash}
            props["line"] = pen
            props["fill"] = trace.fill
            if trace.fill != "none":
                props["fillcolor"] = fade(trace.colour, 0.15)
        case Pen.MARK:
            look = {"symbol": trace.symbol, "size": trace.size, "color": trace.colour}
            outline = {"color": trace.colour, "width": trace.width}
            props["marker"] = {**look, "line": outline}
            props["text"] = list(trace.texts) if trace.texts else None
    return props


def _empty(pen: Pen) -> go.Scatter:
    mode = "markers" if pen is Pen.MARK else "lines"
    return go.Scatter(mode=mode, x=NOTHING, y=NOTHING, visible=False)


def _same(before: Any, now: Any) -> bool:
    if isinstance(now, np.ndarray):
        return isinstance(before, np.ndarray) and (
            before is now
            or (before.shape == now.shape and np.array_equal(before, now, equal_nan=True))
        )
    return bool(before == now)


def _milliseconds(moment: Any) -> float:
    """Return an end of an axis, which the browser tells as text."""
    if isinstance(moment, str):
        return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1000.0
    return float(moment)
