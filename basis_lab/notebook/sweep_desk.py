"""A sweep to be looked at, and below it the workbench on any of its points."""

from typing import Any

import ipywidgets

from basis_lab.config.loader import load_config
from basis_lab.errors import BasisLabError, UsageError
from basis_lab.notebook.bench import Workbench
from basis_lab.notebook.case import Case
from basis_lab.notebook.sweep_panel import SweepPanel
from basis_lab.results.sweep_result import SweepResult
from basis_lab.services.cases import Case as Point

DONE_BELOW = {
    "open": "is in the workbench below",
    "pin": "is pinned in the workbench below",
    "report": "is in the workbench below, which says when its report is there",
}


class SweepDesk:
    """Shows a sweep; opens its points in one workbench, and pins them there.

    Parameters
    ----------
    safety : str
        The measure of safety.
    limit : float or None
        Its limit, a fraction.
    """

    def __init__(self, *, safety: str, limit: float | None) -> None:
        self.panel = SweepPanel(safety=safety, limit=limit, on_point=self.take)
        self.bench: Workbench | None = None
        self.widget = ipywidgets.VBox([self.panel])

    def show(self, result: SweepResult) -> None:
        """Show a sweep, or the same one further on.

        Parameters
        ----------
        result : SweepResult
            Fresh, opened, or under way.
        """
        self.panel.show(result)

    def take(self, act: str, point: int) -> None:
        """Do something with a point.

        Parameters
        ----------
        act : str
            "open", "pin" or "report"; a pin beside a run that is drawn leaves that in its place.
        point : int
            Its number.
        """
        try:
            case = self._case(point)
        except BasisLabError as error:
            self.panel.say(f"point {point} cannot be opened: {error}")
            return
        then = "" if act == "open" else act
        if self.bench is None:
            self.bench = Workbench(case, wait=False, then=then)
            self.widget.children = [self.panel, self.bench.widget]
        elif act == "pin":
            self.bench.compare(case)
        else:
            self.bench.load(case, then=then)
        self.panel.say(f"point {point} {DONE_BELOW[act]}")

    def _case(self, point: int) -> Case:
        """Return a point as the workbench takes it."""
        result = self.panel.result
        asked = Point.of_command(str(result.table["command"][point]))
        if len(asked.scenarios) > 1:
            raise UsageError(
                "the workbench runs under one scenario, this point under more",
                value=", ".join(asked.scenarios),
                remedy="run its command",
            )
        data_dir = result.summary["data_dir"] if "data_dir" in result.summary else None
        share_class = load_config(asked.mode, share_class=asked.share_class).share_class.name
        case = Case(
            mode=asked.mode,
            share_class=share_class,
            start=asked.start,
            end=asked.end,
            capital=asked.capital,
            scenario=asked.scenarios[0] if asked.scenarios else "",
            data_dir="" if data_dir is None else data_dir,
            overrides=asked.overrides,
        )
        case.config()  # what is refused here has nothing to be shown
        return case

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.widget._repr_mimebundle_(**kwargs)
