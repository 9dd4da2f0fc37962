"""The one figure: a scene becomes traces, a layout and named arrays, and is changed in place."""

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from plotly.offline import get_plotlyjs

from basis_lab.domain.arrays import anywhere
from basis_lab.domain.market import FloatArray
from basis_lab.notebook.layout import lay_out
from basis_lab.notebook.scene import Pen, Scene, Trace
from basis_lab.results.style import fade
from basis_lab.results.themes import Palette

AREA_OPACITY = 0.82
BAR_SHARE = 0.82  # of the time that a bar stands for
ORDER = (Pen.AREA, Pen.BAR, Pen.LINE, Pen.MARK)  # later ones are drawn above
SCRIPT = Path(__file__).parent / "stage.js"
# A module has no `exports`: plotly.js is given some, and stays a local name.
OPENING = "const module = { exports: {} }; const exports = module.exports;"
CLOSING = "const Plotly = module.exports;"

Zoom = Callable[[tuple[float, float] | None], None]
Pick = Callable[[float], None]


class Stage(anywidget.AnyWidget):
    """A figure that shows scenes, one after the other; it carries plotly.js once.

    Parameters
    ----------
    on_zoom : callable
        Called with first and last millisecond in sight, or None for the whole run.
    on_pick : callable
        Called with the millisecond that was clicked on.
    """

    _esm = f"{OPENING}\n{get_plotlyjs()}\n{CLOSING}\n{SCRIPT.read_text()}"
    traces: traitlets.List[Any] = traitlets.List().tag(sync=True)
    drawn_layout = traitlets.Dict().tag(sync=True)
    steady = traitlets.Dict().tag(sync=True)
    moving = traitlets.Dict().tag(sync=True)
    strips = traitlets.Int(0).tag(sync=True)
    span: traitlets.List[Any] = traitlets.List().tag(sync=True)
    ink = traitlets.Unicode("").tag(sync=True)
    told = traitlets.Unicode("").tag(sync=True)
    caption = traitlets.Dict().tag(sync=True)
    moment_ms = traitlets.Float(0.0).tag(sync=True)
    drawing = traitlets.Int(0).tag(sync=True)

    def __init__(self, on_zoom: Zoom, on_pick: Pick) -> None:
        super().__init__()
        self._on_zoom = on_zoom
        self._on_pick = on_pick
        self._views = 0
        self.on_msg(lambda _, content, __: self.told_by_browser(content))

    def show(self, scene: Scene, palette: Palette, moment_ms: float) -> None:
        """Draw a scene; arrays and texts that did not change are not sent again.

        Parameters
        ----------
        scene : Scene
            What to draw.
        palette : Palette
            The theme.
        moment_ms : float
            Where the hairline stands.
        """
        arrays = _Arrays()
        traces = make_traces(scene, palette, arrays)
        span = [scene.first_ms, scene.last_ms]
        if span != self.span:
            self._views += 1
        layout = lay_out(scene, palette)
        layout["uirevision"] = f"{self._views}"
        with self.hold_sync():
            self.traces, self.drawn_layout, self.span = traces, layout, span
            self.steady, self.moving = arrays.steady, arrays.moving
            self.strips, self.ink, self.told = len(scene.strips), palette.ink, word_scene(scene)
            self.moment_ms = moment_ms
            self.drawing += 1

    def move(self, moment_ms: float) -> None:
        """Move the hairline and nothing else.

        Parameters
        ----------
        moment_ms : float
            Where to.
        """
        self.moment_ms = moment_ms

    def unzoom(self) -> None:
        """Forget what the user looked at, so that the next drawing shows the whole run."""
        self._views += 1

    def told_by_browser(self, content: Mapping[str, Any]) -> None:
        """Take a message of the browser.

        Parameters
        ----------
        content : mapping
            With zoom or pick.
        """
        if "zoom" in content:
            span = content["zoom"]
            self._on_zoom(None if span is None else (float(span[0]), float(span[1])))
        if "pick" in content:
            self._on_pick(float(content["pick"]))


class _Arrays:
    """Arrays by name; times stand apart, since they seldom change."""

    def __init__(self) -> None:
        self.steady: dict[str, dict[str, object]] = {}
        self.moving: dict[str, dict[str, object]] = {}
        self._names: dict[tuple[int, str], str] = {}
        self._kept: list[FloatArray] = []

    def add(self, trace: Trace) -> dict[str, object]:
        """Take a trace's arrays and return their names; what only the data change is steady.

        Times at equal distances are told by their first and their distance: plotly.js is spared to
        turn each of them into a date.
        """
        marks = trace.pen is Pen.MARK
        y = self._name(trace.y, "y", np.float32, steady=trace.steady)
        apart = np.diff(trace.x)
        if len(apart) and not anywhere(apart - apart[0]):
            return {"x0": float(trace.x[0]), "dx": float(apart[0]), "y": y}
        return {"x": self._name(trace.x, "x", np.float64, steady=not marks), "y": y}

    def _name(self, values: FloatArray, letter: str, dtype: type, *, steady: bool) -> str:
        known = (id(values), letter)
        if known in self._names:
            return self._names[known]
        name = f"{letter}{len(self._names)}{'s' if steady else ''}"
        group = self.steady if steady else self.moving
        code = np.dtype(dtype).str[1:]
        group[name] = {"dtype": code, "bytes": np.asarray(values, dtype=dtype).tobytes()}
        self._names[known] = name
        self._kept.append(values)  # an id is one's own only as long as the array lives
        return name


def word_scene(scene: Scene) -> str:
    """Return a scene for those who do not see it: what it holds, and what each strip found.

    Parameters
    ----------
    scene : Scene
        What is drawn.

    Returns
    -------
    str
        Sentences; the tables below the figure have the numbers.
    """
    found = [f"{x.title}, {x.note}" if x.note else x.title for x in scene.strips if x.title]
    return ". ".join([f"Charts over time: {scene.description}", *found])


def make_traces(scene: Scene, palette: Palette, arrays: "_Arrays") -> list[dict[str, Any]]:
    """Return the traces of a scene as plotly.js takes them, but for their arrays' names.

    Parameters
    ----------
    scene : Scene
        What is drawn.
    palette : Palette
        The theme.
    arrays : _Arrays
        Takes the arrays.

    Returns
    -------
    list of dict
        Areas first, then lines, then marks.
    """
    made = []
    for pen in ORDER:
        for i, strip in enumerate(scene.strips):
            number = "" if i == 0 else str(i + 1)
            made += [
                {
                    **_properties(trace, palette, number),
                    **arrays.add(trace),
                    "xaxis": f"x{number}",
                    "yaxis": f"y{number}",
                }
                for trace in strip.traces
                if trace.pen is pen
            ]
    return made


def _properties(trace: Trace, palette: Palette, number: str) -> dict[str, Any]:
    props: dict[str, Any] = {"type": "scatter", "name": escape(trace.name, quote=False)}
    props["mode"] = "lines"
    if trace.hover:
        props["hovertemplate"] = trace.hover
    else:
        props["hoverinfo"] = "skip"
    match trace.pen:
        case Pen.AREA:
            props["stackgroup"] = f"{'up' if trace.up else 'down'}{number}"
            props["fillcolor"] = fade(trace.colour, AREA_OPACITY)
            props["line"] = {"width": 0.5, "color": palette.ground}
        case Pen.BAR:
            del props["mode"]
            edge = {"width": 0.5, "color": palette.ground}
            props |= {"type": "bar", "width": [BAR_SHARE * x for x in trace.spans]}
            props["marker"] = {"color": trace.colour, "line": edge}
        case Pen.LINE:
            props["line"] = {"color": trace.colour, "width": trace.width, "dash": trace.dash}
            if trace.fill != "none":
                props |= {"fill": trace.fill, "fillcolor": fade(trace.colour, 0.15)}
        case Pen.MARK:
            outline = {"color": trace.colour, "width": trace.width}
            look = {"symbol": trace.symbol, "size": trace.size, "color": trace.colour}
            props |= {"mode": "markers", "marker": {**look, "line": outline}}
            if trace.texts:
                props["text"] = [escape(x, quote=False) for x in trace.texts]
    return props
