"""The right part at work: head, figure, right column and tables of the run that is drawn."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import ipywidgets
import numpy as np

from basis_lab.notebook.drawing import Canvas
from basis_lab.notebook.overview import equity_alone, overview
from basis_lab.notebook.panel import Panel
from basis_lab.notebook.panels.bar import Toggles, bar_html
from basis_lab.notebook.panels.book import book_html, lines_html
from basis_lab.notebook.panels.event_list import (
    PAGE,
    EventFilter,
    event_lines,
    events_html,
)
from basis_lab.notebook.panels.headline import (
    all_figures_html,
    caption_of,
    case_html,
    six_html,
    verdict_html,
)
from basis_lab.notebook.panels.invoice import days_html, invoice_html
from basis_lab.notebook.panels.run_table import runs_html
from basis_lab.notebook.panels.saved_table import saved_html
from basis_lab.notebook.panels.sigmas import sigmas_html
from basis_lab.notebook.pins import Pin
from basis_lab.notebook.rates_view import rates_view
from basis_lab.notebook.risk_view import risk_view
from basis_lab.notebook.runs_view import runs_view
from basis_lab.notebook.scene import Scene
from basis_lab.notebook.series import RunSeries
from basis_lab.notebook.stage import Stage
from basis_lab.notebook.words import moment_text
from basis_lab.results.saved import SavedRuns
from basis_lab.results.themes import Palette, palette_of

HEAD = (
    '<div data-slot="alert"></div><div data-slot="shade">'
    '<div aria-live="polite" data-slot="verdict"></div></div>'
    '<div class="bl-case" data-slot="case"></div><div data-slot="six"></div>'
    '<div class="bl-bar" data-slot="bar"></div>'
)
RIGHT = (
    '<section data-slot="book"></section><section data-slot="invoice"></section>'
    '<section class="bl-sigmas" data-slot="sigmas"></section>'
)
FOOT = '<div data-slot="tables"></div><div data-slot="figures"></div>'


@dataclass(frozen=True, kw_only=True, eq=False)
class Sight:
    """What is looked at.

    Parameters
    ----------
    view : str
        A key of ``panels.bar.VIEWS``.
    moment : int
        The chosen timestep.
    zoom : (int, int) or None
        Rows in sight.
    weekly : bool
        Attribution as bars of a week instead of cumulated.
    category : str
        The unfolded row of the invoice, or "".
    events : EventFilter
        What is shown of the events.
    """

    view: str = "overview"
    moment: int = 0
    zoom: tuple[int, int] | None = None
    weekly: bool = False
    category: str = ""
    events: EventFilter = field(default_factory=EventFilter)


class Board:
    """Shows one run and what it is compared with.

    Parameters
    ----------
    on_act : callable
        Called with (act, key, value) when the user did something.
    """

    def __init__(self, on_act: Callable[[str, str, str], None]) -> None:
        self.palette: Palette = palette_of(dark=False)
        self.series: RunSeries | None = None
        self.case = self.scenario = ""
        self._jumped = False
        self.pins: list[Pin] = []
        self.saved: SavedRuns | None = None
        self.sight = Sight()
        self.stage = Stage(self._zoomed, self._picked)
        self.head = Panel("head", HEAD, on_act=on_act)
        self.right = Panel("right", RIGHT, on_act=on_act)
        self.foot = Panel("foot", FOOT, on_act=on_act)
        self.body = ipywidgets.Box([self.stage, self.right])
        self.body.add_class("bl-body")
        self.widget = ipywidgets.Box([self.head, self.body, self.foot])
        self.widget.add_class("bl-main")

    @property
    def pinned(self) -> Pin | None:
        """The run that is drawn over the others."""
        return self.pins[-1] if self.pins else None

    def show(self, series: RunSeries, *, case: str = "", scenario: str = "") -> None:
        """Show another run in the same places: headline first, then what is in sight.

        Parameters
        ----------
        series : RunSeries
            The run.
        case : str
            What tells it from the mode's files.
        scenario : str
            What it ran under, or "".
        """
        before = self.series
        self.series, self.case, self.scenario = series, case, scenario
        same = before is not None and before.rows == series.rows
        if not same:
            self.sight = replace(
                self.sight, moment=series.rows - 1, zoom=None, events=EventFilter()
            )
        was_whole = before is None or not len(before.liquidation_rows)
        is_whole = not len(series.liquidation_rows)
        if was_whole and not is_whole:
            self._go_to_liquidation(series)
        elif self._jumped and is_whole:
            # Nobody chose the moment of a liquidation that is not there any more.
            self.sight = replace(self.sight, moment=series.rows - 1, events=EventFilter())
        self._jumped = not is_whole and (self._jumped or was_whole)
        if self.sight.category and not series.record.attribution[self.sight.category].any():
            self.sight = replace(self.sight, category="")
        self.redraw()

    def _go_to_liquidation(self, series: RunSeries) -> None:
        """Put the moment at the first liquidation, and the table of events on its page."""
        row = int(series.liquidation_rows[0])
        events = EventFilter()
        page = next(i for i, x in enumerate(event_lines(series, events)) if x.row == row) // PAGE
        self.sight = replace(self.sight, moment=row, events=replace(events, page=page))

    def redraw(self) -> None:
        """Draw everything that is in sight."""
        series = self.series
        if series is None:
            return
        if self._free_of_zoom():
            self.sight = replace(self.sight, zoom=None)
        with self.head.hold_sync():
            self.head.patch(
                {
                    "verdict": verdict_html(series),
                    "case": case_html(series, self.scenario),
                    "six": six_html(series, self.pinned),
                    "bar": bar_html(
                        self.sight.view, series.rows, self._toggles(), len(self.pins) + 1
                    ),
                }
            )
            self._say_moment()
        with self.stage.hold_sync():
            self.stage.caption = caption_of(series, self.sight.view, self.scenario)
            self.stage.show(self._scene(series), self.palette, self._moment_ms())
        self._tell_right(series)
        self._tell_foot(series)

    def look(self, sight: Sight) -> None:
        """Look at something else of the same run.

        Parameters
        ----------
        sight : Sight
            What.
        """
        before, self.sight = self.sight, sight
        series = self.series
        if series is None:
            return
        if (sight.view, sight.zoom, sight.weekly) != (before.view, before.zoom, before.weekly):
            self.redraw()
            return
        if sight.moment != before.moment:
            self.stage.move(self._moment_ms())
            self._say_moment()
        self._tell_right(series)
        self._tell_foot(series)

    def paint(self, *, dark: bool) -> None:
        """Change the theme.

        Parameters
        ----------
        dark : bool
            True for the dark one.
        """
        self.palette = palette_of(dark=dark)
        self.redraw()

    def alert(self, html: str) -> None:
        """Show an error over the dimmed result, or take it away.

        Parameters
        ----------
        html : str
            The alert, or "".
        """
        self.head.patch({"alert": html})
        if html:
            self.body.add_class("bl-dimmed")
        else:
            self.body.remove_class("bl-dimmed")
        for name, panel in (("head", self.head), ("foot", self.foot)):
            panel.kind = f"{name} dimmed" if html else name

    def step(self, forward: bool) -> None:  # noqa: FBT001 - one of two directions
        """Move the moment to the next or the previous decision.

        Parameters
        ----------
        forward : bool
            True for the next one.
        """
        if self.series is None:
            return
        rows, now = self.series.decision_rows, self.sight.moment
        found = rows[rows > now][:1] if forward else rows[rows < now][-1:]
        if len(found) > 0:
            self.look(replace(self.sight, moment=int(found[0])))

    def _scene(self, series: RunSeries) -> Scene:
        canvas = Canvas(
            series=series, palette=self.palette, pinned=self.pinned, zoom=self.sight.zoom
        )
        match self.sight.view:
            case "risk":
                return risk_view(canvas)
            case "rates":
                return rates_view(canvas)
            case "events":
                return equity_alone(canvas)
            case "runs":
                return runs_view(canvas, tuple(self.pins))
            case _:
                return overview(canvas, weekly=self.sight.weekly)

    def _toggles(self) -> Toggles:
        overview_shown = self.sight.view == "overview"
        return Toggles(
            zoomed=self.sight.zoom is not None,
            weekly=self.sight.weekly if overview_shown else None,
        )

    def _say_moment(self) -> None:
        if self.series is not None:
            self.head.patch({"moment": f"{moment_text(self.series, self.sight.moment)} UTC"})
            told = moment_text(self.series, self.sight.moment)
            moment = {"moment": str(self.sight.moment), "text:moment": f"{told} UTC"}
            self.head.values = {**self.head.values, **moment}

    def _moment_ms(self) -> float:
        series = self.series
        return 0.0 if series is None else float(series.times_ms[self.sight.moment])

    def _tell_right(self, series: RunSeries) -> None:
        sight = self.sight
        shown = {
            "overview": ("book", "invoice", "sigmas"),
            "risk": ("book", "sigmas"),
            "rates": ("invoice",),
            "events": ("book",),
            "runs": ("invoice",),
        }[sight.view]
        texts = {"book": "", "invoice": "", "sigmas": ""}
        if "book" in shown:
            texts["book"] = book_html(series, sight.moment)
        if "invoice" in shown:
            days = days_html(series, sight.category) if sight.category else ""
            made = invoice_html(series, self.pinned, sight.category)
            texts["invoice"] = f"<h4>Gross to net: the same money</h4>{made}{days}"
        if "sigmas" in shown:
            texts["sigmas"] = sigmas_html(series)
        self.right.patch(texts)

    def _tell_foot(self, series: RunSeries) -> None:
        sight = self.sight
        match sight.view:
            case "overview" | "events":
                made = events_html(series, sight.events, sight.moment)
            case "runs":
                named = [("drawn", series.summary, self.case)]
                named += [(pin.name, pin.summary, pin.case) for pin in self.pins]
                made = runs_html(named) + self._saved_table()
            case _:
                made = f'<div class="tables">{lines_html(series, sight.moment)}</div>'
        self.foot.patch({"tables": made, "figures": all_figures_html(series)})

    def _saved_table(self) -> str:
        if self.saved is None:
            return ""
        return saved_html(self.saved, {x.folder: x.name for x in self.pins if x.folder})

    def _free_of_zoom(self) -> bool:
        """Tell if a zoom is the browser's alone: among runs over other dates it has no rows."""
        ends = {(float(x.times_ms[0]), float(x.times_ms[-1])) for x in self.pins}
        if self.series is not None:
            ends.add((float(self.series.times_ms[0]), float(self.series.times_ms[-1])))
        return self.sight.view == "runs" and len(ends) > 1

    def _zoomed(self, span: tuple[float, float] | None) -> None:
        series = self.series
        if series is None or self._free_of_zoom():
            return
        zoom = None
        if span is not None:
            low, high = np.searchsorted(series.times_ms, span)
            zoom = (max(int(low) - 1, 0), min(int(high) + 1, series.rows - 1))
        if zoom != self.sight.zoom:
            self.look(replace(self.sight, zoom=zoom))

    def _picked(self, time_ms: float) -> None:
        series = self.series
        if series is not None:
            row = int(np.searchsorted(series.times_ms, time_ms))
            self.look(replace(self.sight, moment=min(row, series.rows - 1)))
