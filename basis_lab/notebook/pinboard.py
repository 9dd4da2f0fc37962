"""What is kept beside the drawn run: pinned, opened from a folder, and dropped again."""

from collections.abc import Callable

from basis_lab.notebook.board import Board
from basis_lab.notebook.panels.markup import text
from basis_lab.notebook.pins import MOST_PINS, Pin, next_name
from basis_lab.notebook.series import RunSeries


class Pinboard:
    """Adds pins to a board and takes them off; the oldest of five goes.

    Parameters
    ----------
    board : Board
        With the pins, and the saved runs that are listed.
    say : callable
        Called with what was done, as HTML.
    """

    def __init__(self, board: Board, say: Callable[[str], None]) -> None:
        self._board = board
        self._say = say

    def keep(self, series: RunSeries, differs: str) -> None:
        """Pin a run, unless it is pinned already.

        Parameters
        ----------
        series : RunSeries
            The run.
        differs : str
            What tells its case from the mode's files.
        """
        known = {x.summary["run_id"]: x.name for x in self._board.pins}
        run_id = series.summary["run_id"]
        if run_id in known:
            self._say(f"this run is pinned already, as {known[run_id]}")
            return
        self._add(Pin.of_series(next_name(self._board.pins), series, differs), differs)

    def open_saved(self, folder: str) -> None:
        """Pin a saved run; its tables are read, nothing is run again.

        Parameters
        ----------
        folder : str
            Name of a folder of the list of saved runs.
        """
        saved = self._board.saved
        if saved is None or folder not in {x.path.name for x in saved.runs}:
            return
        pin = Pin.of_folder(next_name(self._board.pins), saved.directory / folder)
        self._add(pin, f"saved run {folder}")

    def drop(self, place: int) -> None:
        """Take a pin off.

        Parameters
        ----------
        place : int
            Among the pins, the oldest first.
        """
        del self._board.pins[place]
        self._board.redraw()

    def _add(self, pin: Pin, told: str) -> None:
        gone = [x.name for x in self._board.pins[: 1 - MOST_PINS]]
        self._board.pins = [*self._board.pins, pin][-MOST_PINS:]
        self._board.redraw()
        dropped = f"; {' '.join(gone)} made way, {MOST_PINS} are kept" if gone else ""
        self._say(text(f"{pin.name}: {told}{dropped}"))
