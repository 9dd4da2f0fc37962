"""Makes the report of a saved run in a process of its own, while the notebook goes on."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from basis_lab.notebook import loops

POLL_S = 0.5
LAST_LINES = 4
REPORT = "report.html"


class Reporter:
    """One report at a time, by the package's own command.

    Parameters
    ----------
    told : callable
        Called with (page, "") when it is there, or (None, why not).
    """

    def __init__(self, told: Callable[[Path | None, str], None]) -> None:
        self._told = told
        self._process: subprocess.Popen[str] | None = None
        self._folder = Path()

    @property
    def running(self) -> bool:
        """Whether a report is being made."""
        return self._process is not None

    def start(self, folder: Path) -> None:
        """Make the report of a run's folder; it is told when it has ended.

        Parameters
        ----------
        folder : Path
            Of a saved run.
        """
        self._folder = folder
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter on our own folder
            [sys.executable, "-m", "basis_lab.cli", "report", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._look()

    def _look(self) -> None:
        loop = loops.running_loop()
        if loop is not None and self._process is not None and self._process.poll() is None:
            loop.call_later(POLL_S, self._look)
        else:
            self._end()

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        said, _ = process.communicate()
        self._process = None
        page = self._folder / REPORT
        if process.returncode == 0 and page.is_file():
            self._told(page, "")
        else:
            self._told(None, "\n".join(said.strip().splitlines()[-LAST_LINES:]))
