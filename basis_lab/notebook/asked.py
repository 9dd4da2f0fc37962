"""The run that was asked for: its progress and its errors are about its own case."""

from dataclasses import dataclass
from functools import cached_property

from basis_lab.domain.intervals import SECONDS
from basis_lab.errors import BasisLabError
from basis_lab.notebook.case import Case
from basis_lab.notebook.panels.side import progress_html
from basis_lab.notebook.remedies import Trouble
from basis_lab.notebook.words import word_progress
from basis_lab.services.backtest import BacktestStatus


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A case as it was when its run was asked for; what is chosen may be another by now.

    Parameters
    ----------
    case : Case
        What runs, or ran.
    covered : (str, str)
        First and last date of the data of its mode; empty texts where unknown.
    """

    case: Case
    covered: tuple[str, str]

    @cached_property
    def step_s(self) -> int:
        """Length of a timestep, seconds."""
        return SECONDS[self.case.config().data.bar_interval]

    def progress(self, status: BacktestStatus, seconds: float) -> str:
        """Return how far the run is.

        Parameters
        ----------
        status : BacktestStatus
            Of the run.
        seconds : float
            Since it began.

        Returns
        -------
        str
            HTML.
        """
        done, total = status.timesteps_done, status.timesteps
        start = self.case.start if self.case.start is not None else ""
        return progress_html(done, total, word_progress(done, total, seconds, start, self.step_s))

    def trouble(self, error: BasisLabError) -> Trouble:
        """Return what the run was refused or failed with.

        Parameters
        ----------
        error : BasisLabError
            What happened.

        Returns
        -------
        Trouble
            With its case.
        """
        return Trouble(error=error, case=self.case, covered=self.covered)
