"""Makes the report of a saved run in a process of its own, while the notebook goes on."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

POLL_S = 0.5
LAST_LINES = 4
REPORT = "report.html"
SOON_S = 0.05  # what was said before is in the browser then


def soon(do: Callable[[], object]) -> None:
    """Do what takes a while once what was said before it is in sight.

    Parameters
    ----------
    do : callable
        Done at once where there is no event loop to wait for.
    """
    try:
        asyncio.get_running_loop().call_later(SOON_S, do)
    except RuntimeError:
        do()


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
        try:
            asyncio.get_running_loop().call_later(POLL_S, self._look)
        except RuntimeError:
            self._end()

    def _look(self) -> None:
        if self._process is not None and self._process.poll() is None:
            asyncio.get_running_loop().call_later(POLL_S, self._look)
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
