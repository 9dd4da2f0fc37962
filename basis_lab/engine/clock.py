"""How many timesteps the next window tries."""

from typing import Literal

from basis_lab.errors import EngineError

SHORTEST_WINDOW = 512  # so many rows cost little more than one
IMMEDIATE_FIRES = 3
LONGEST_WINDOW = 1 << 16  # longer ones gain no time, and what they work on takes memory

Stride = int | Literal["auto"]


class Clock:
    """Chooses window lengths; results do not depend on them, only the time they take.

    ``auto`` starts at 512 rows, doubles when quiet, follows twice the distance after a fire (not
    under 512), and falls to single rows after three immediate fires.

    Parameters
    ----------
    stride : int or "auto"
        A fixed number of rows, or chosen as it goes.
    """

    def __init__(self, stride: Stride = "auto") -> None:
        if stride != "auto" and (isinstance(stride, bool) or stride < 1):
            raise EngineError(
                "a stride is a number of rows from 1, or auto",
                where="stride",
                value=stride,
                remedy="use auto, or 1 to go row by row",
            )
        self._fixed = None if stride == "auto" else stride
        self._length = SHORTEST_WINDOW
        self._immediate = 0

    def length(self) -> int:
        """Return how many rows the next window tries.

        Returns
        -------
        int
            From 1; the end of the run may cut it.
        """
        return self._length if self._fixed is None else self._fixed

    def quiet(self) -> None:
        """Take note of a window in which nothing acted."""
        self._length = min(self._length * 2, LONGEST_WINDOW)
        self._immediate = 0

    def fired(self, rows: int) -> None:
        """Take note of a window that ended after ``rows`` because something acted.

        Parameters
        ----------
        rows : int
            Committed rows, from 1.
        """
        self._immediate = self._immediate + 1 if rows == 1 else 0
        follow = max(2 * rows, SHORTEST_WINDOW)
        self._length = 1 if self._immediate >= IMMEDIATE_FIRES else follow
