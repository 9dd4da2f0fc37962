"""The workbench: one case on the left, the answer on the right."""

from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import ipywidgets

from basis_lab.errors import BasisLabError, ConfigError
from basis_lab.notebook import loops
from basis_lab.notebook.asked import Asked
from basis_lab.notebook.board import Board
from basis_lab.notebook.case import Case
from basis_lab.notebook.editor import Editor
from basis_lab.notebook.folders import place_html, results_dir
from basis_lab.notebook.looking import Looking
from basis_lab.notebook.panels import side
from basis_lab.notebook.panels.alerts import alert_html
from basis_lab.notebook.panels.event_list import often_met
from basis_lab.notebook.panels.markup import text
from basis_lab.notebook.pinboard import Pinboard
from basis_lab.notebook.remedies import Trouble
from basis_lab.notebook.reporter import Reporter
from basis_lab.notebook.runner import Outcome, Runner
from basis_lab.notebook.series import RunSeries
from basis_lab.notebook.shown import differences, stood_for
from basis_lab.notebook.words import count_steps
from basis_lab.results.result import RunResult
from basis_lab.results.saved import list_runs
from basis_lab.results.store import ResultsStore
from basis_lab.services.backtest import BacktestStatus

LIVE_BELOW_S = 1.0
LIMITED = ("margin_ratio", "health_factor", "ltv")


class Workbench:
    """Explores one case at a time; the last finished result stays until there is a newer one.

    Parameters
    ----------
    case : Case
        What runs first.
    wait : bool
        True to have its result when the workbench is there; the cells below it may read it.
    then : str
        An act that is done once the case is drawn, as in ``load``.
    """

    def __init__(self, case: Case, *, wait: bool = True, then: str = "") -> None:
        self.board = Board(self.act)
        self._looking = Looking(self.board)
        self._pinboard = Pinboard(self.board, self._say)
        self.result: RunResult | None = None
        self.drawn: Case | None = None
        self.live = False
        self._live_chosen = False
        self._runner = Runner(self._ended, self._progress)
        self._beside = Runner(self._ended_beside, lambda *_: None)
        self._reporter = Reporter(self._reported)
        self.editor = Editor(case, self._case_changed, self.act)
        self._asked = self._compared = self._ask(self.editor.case)
        self._then = (self.editor.case, then) if then else None
        self._acts = self._known_acts()
        self.editor.panel.observe(self._themed, "dark")
        self.widget = ipywidgets.Box([self.editor.panel, self.board.widget])
        self.widget.add_class("bl-root")
        self.failure: BasisLabError | None = None
        self._waits: Callable[[], None] | None = None
        self._failed: Case | None = None  # the case that the alert is about
        self.run(wait=wait)

    def act(self, name: str, key: str = "", value: str = "") -> None:
        """Do one thing that the user can do.

        Parameters
        ----------
        name : str
            The act: case, set, reset, run, live, cancel, pin, save, report, view, moment, ...
        key, value : str
            What it is about, and the new value.
        """
        self._do_what_waits()
        if name in self._acts:
            self._acts[name](key, value)

    def run(self, *, wait: bool = False) -> None:
        """Run the case; what is drawn stays until this has finished.

        Parameters
        ----------
        wait : bool
            True to return when it has ended.
        """
        if self.editor.refused:
            return
        asked = self._ask(self.editor.case)
        if self.editor.trouble is not None:
            self._fail(asked.trouble(self.editor.trouble))
            return
        self._asked = asked
        self._runner.start(asked.case.request(), wait=wait)
        self._tell_acts()

    def _ask(self, case: Case) -> Asked:
        return Asked(case=case, covered=self.editor.offer.coverage)

    def load(self, case: Case, *, then: str = "") -> None:
        """Run another case in place of the one that is there.

        Parameters
        ----------
        case : Case
            What shall run.
        then : str
            An act that is done once it is drawn: pin, save, report; or none.
        """
        self.editor.load(case)
        self._then = (self.editor.case, then) if then else None
        self.run()

    def compare(self, case: Case) -> None:
        """Run another case beside the one that is drawn, and pin it.

        Parameters
        ----------
        case : Case
            What shall be compared with.
        """
        self._compared = self._ask(case)
        try:
            self._beside.start(case.request())
        except BasisLabError as error:
            self._fail(self._compared.trouble(error))

    def _ended_beside(self, outcome: Outcome) -> None:
        if outcome.error is not None:
            self._fail(self._compared.trouble(outcome.error))
        elif outcome.result is not None and outcome.result.record is not None:
            series = RunSeries(outcome.result.record, outcome.result.summary)
            self._pinboard.keep(series, self._told(self._compared.case))

    def pin(self) -> None:
        """Keep the drawn run to compare with; the oldest of five goes."""
        series, drawn = self.board.series, self.drawn
        if series is not None and drawn is not None:
            self._pinboard.keep(series, self._told(drawn))

    def save(self) -> Path | None:
        """Write the drawn run's folder.

        Returns
        -------
        Path or None
            The folder; None without a run.
        """
        record = None if self.result is None else self.result.record
        if record is None or self.drawn is None:
            return None
        extra = {
            "command": self.drawn.command(),
            "scenarios": list(self.drawn.request().scenarios),
            "stride": "auto",
            "data_dir": self.drawn.data_dir,
            "data_mode": self.drawn.request().data_mode,
        }
        store = ResultsStore(results_dir())
        path = store.persist_results(record, plots=True, manifest_extra=extra)
        self._say(f"saved to {place_html(path)}")
        if self.board.sight.view == "runs":
            self._list_saved()
        return path

    def _known_acts(self) -> dict[str, Callable[[str, str], Any]]:
        return {
            **self._looking.acts(),
            "case": self._choose,
            "set": self.editor.set,
            "other": lambda _, value: self.editor.other(value),
            "reset": lambda key, _: self.editor.restore(key),
            "remedy": self._remedy,
            "run": lambda *_: self.run(),
            "live": lambda *_: self._choose_live(),
            "cancel": lambda *_: self._cancel(),
            "pin": lambda *_: self.pin(),
            "unpin": lambda key, _: self._pinboard.drop(int(key)),
            "open": lambda key, _: self._guarded(lambda: self._pinboard.open_saved(key)),
            "saved": lambda *_: self._list_saved(),
            "save": lambda *_: self._begin("the run is being saved", self.save),
            "report": lambda *_: self._begin("the report is being made", self._report),
            "dismiss": lambda *_: self.board.alert(""),
            "copied": lambda *_: self._say("copied"),
            "view": lambda key, _: self._show_view(key),
        }

    def _choose(self, key: str, value: str) -> None:
        if key != "data_dir":
            self.editor.choose(key, value)
            return
        # To look a directory of raw files over may take seconds.
        self._end_alert()
        self._say(f"looking at the data in {text(value if value else 'the default directory')}")
        self._waits = lambda: self._look_at_data(value)
        loops.soon(self._do_what_waits)

    def _look_at_data(self, directory: str) -> None:
        self._say("")
        self.editor.choose("data_dir", directory)

    def _cancel(self) -> None:
        if self._runner.running:
            self._say("cancelling: the run ends after the timesteps under way")
            self._runner.cancel()

    def _do_what_waits(self) -> None:
        """Do what was said and not done yet, before anything that came after it."""
        waits, self._waits = self._waits, None
        if waits is not None:
            waits()

    def _remedy(self, key: str, value: str) -> None:
        """Apply what an error offers, and run again."""
        self.editor.remedy(key, value)
        if not self.live:
            self.run()

    def _show_view(self, name: str) -> None:
        if name == "runs" and self.board.sight.view != name:
            self.board.saved = list_runs(results_dir())
        self._looking.look(view=name)

    def _list_saved(self) -> None:
        self.board.saved = list_runs(results_dir())
        self.board.redraw()

    def _choose_live(self) -> None:
        self._live_chosen = True
        self._set_live(on=not self.live)
        if self.live and self._stale and not self._runner.running:
            self.run()
        self._tell_acts()

    @property
    def _stale(self) -> bool:
        """Whether what is drawn is another case than the one that is chosen."""
        return self.drawn is not None and self.editor.case != self.drawn

    def _set_live(self, *, on: bool) -> None:
        self.live = self.editor.live = on

    def _case_changed(self) -> None:
        if self._failed is not None and (self.editor.unread or self._failed != self.editor.case):
            self._end_alert()  # its remedies would be for another case
        if self.live and not self.editor.refused:
            self.run()
        self._tell_acts()

    def _end_alert(self) -> None:
        self._failed = None
        self.board.alert("")
        self._say("")

    def _ended(self, outcome: Outcome) -> None:
        with self.editor.panel.hold_sync():
            self._tell_end(outcome)

    def _tell_end(self, outcome: Outcome) -> None:
        self.editor.panel.patch({"progress": ""})
        if isinstance(outcome.error, ConfigError):
            self._refuse(outcome.error)
        elif outcome.error is not None:
            self._fail(self._asked.trouble(outcome.error))
        elif outcome.result is None:
            self._say("cancelled before its first timestep; the last result stays")
        elif self.drawn is not None and outcome.result.summary["status"] == "stopped":
            reached = outcome.result.summary["end"][:10]
            self._say(f"cancelled when it had reached {reached}; the last result stays")
        else:
            self._draw(outcome.result, outcome.seconds)
        self._tell_acts()

    def _draw(self, result: RunResult, seconds: float) -> None:
        record = result.record
        if record is None:
            return
        began = perf_counter()
        self.failure = self._failed = None
        self.board.alert("")
        series = RunSeries(record, result.summary)
        asked = self._asked.case
        self.result, self.drawn = result, asked
        self.board.show(series, case=self._told(asked), scenario=asked.scenario)
        drawn_s = perf_counter() - began
        if not self._live_chosen and not self._stale:
            self._set_live(on=record.timing["run_s"] < LIVE_BELOW_S)
        off = "" if self.live or self._live_chosen else side.live_off(seconds)
        hints = {f"risk.{x}.warning": often_met(series, x) for x in LIMITED}
        words = stood_for(asked, record.identity.config, series.summary["end"][:10])
        self.editor.learn(asked, words, hints)
        stopped = "" if series.summary["status"] == "completed" else " (stopped)"
        ran = f"{count_steps(series.rows, series.step_s)} in {seconds:.2f} s{stopped}"
        self._say(f"{ran} \N{MIDDLE DOT} drawn in {1000.0 * drawn_s:.0f} ms{off}")
        then, self._then = self._then, None
        if then is not None and then[0] == asked:
            self.act(then[1])

    def _told(self, case: Case) -> str:
        return differences(case, self.editor.offer.capital)

    def _fail(self, trouble: Trouble) -> None:
        self.failure, self._failed = trouble.error, trouble.case
        below = "" if self.drawn is None else f"your last finished run, {self._told(self.drawn)}"
        other = "" if trouble.case == self.editor.case else self._told(trouble.case)
        self.board.alert(alert_html(trouble, below, other))
        self._say(f'<span class="bad">stopped: {text(trouble.error.code)}</span>')

    def _refuse(self, error: ConfigError) -> None:
        """Say at its control what is refused; the last result stays as it is."""
        if self._asked.case != self.editor.case:
            self._fail(self._asked.trouble(error))  # the fields are those of another case
            return
        self.failure = error
        self.editor.refuse(error)
        self.editor.render()
        if self.editor.trouble is not None:
            self._fail(self._asked.trouble(error))
        else:
            self._say(f'<span class="bad">refused: {text(error.code)}</span>')

    def _progress(self, status: BacktestStatus, seconds: float) -> None:
        self.editor.panel.patch({"progress": self._asked.progress(status, seconds)})
        self._tell_acts()

    def _report(self) -> None:
        if self._reporter.running:
            self._say("a report is being made already")
            return
        folder = self.save()
        if folder is not None:
            self._say("the report is being made; the workbench goes on")
            self._reporter.start(folder)

    def _reported(self, page: Path | None, why: str) -> None:
        if page is None:
            self._say(f'<span class="bad">no report: {text(why)}</span>')
        else:
            self._say(f"report: {place_html(page)}")

    def _begin(self, told: str, do: Callable[[], Any]) -> None:
        """Say at once what will take a while, then do it."""
        if self.result is not None:
            self._say(told)
            loops.soon(lambda: self._guarded(do))

    def _guarded(self, do: Callable[[], Any]) -> None:
        try:
            do()
        except BasisLabError as error:
            self._fail(self._ask(self.editor.case).trouble(error))

    def _themed(self, change: Mapping[str, Any]) -> None:
        self.board.paint(dark=bool(change["new"]))

    def _tell_acts(self) -> None:
        case = self.editor.case
        self.editor.panel.patch(
            {
                "copies": side.copies_html(case),
                "acts": side.acts_html(
                    running=self._runner.running,
                    live=self.live,
                    stale=self._stale,
                    blocked=bool(self.editor.refused),
                ),
            }
        )

    def _say(self, html: str) -> None:
        self.editor.panel.patch({"status": html})

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.widget._repr_mimebundle_(**kwargs)
