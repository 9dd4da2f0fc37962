"""How far a sweep or a batch is: a bar on a terminal and in a notebook, plain lines when piped."""

import sys
from time import perf_counter
from types import TracebackType
from typing import Self, TextIO

from basis_lab.results.formats import format_count

LINES = 20  # plain lines of a whole sweep


class PointTally:
    """Shows points done, failed, the rate and the time left.

    Parameters
    ----------
    unit : str
        What is counted: "point" or "case".
    stream : TextIO or None
        Where it is shown; None is standard error.
    """

    def __init__(self, unit: str, stream: TextIO | None = None) -> None:
        from tqdm import tqdm

        self._unit = unit
        self._stream = sys.stderr if stream is None else stream
        self._began = perf_counter()
        self._told = -1
        self._bar = (
            tqdm(total=0, file=self._stream, unit=f" {unit}s", leave=False)
            if self._stream.isatty()
            else None
        )

    def __enter__(self) -> Self:
        """Start showing."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop showing."""
        if self._bar is not None:
            self._bar.close()

    def __call__(self, done: int, failed: int, resumed: int, total: int) -> None:
        """Show that ``done`` of ``total`` are finished, ``failed`` and ``resumed`` of them."""
        if self._bar is not None:
            self._bar.total, self._bar.initial = total, resumed
            self._bar.set_postfix(failed=failed, resumed=resumed, refresh=False)
            self._bar.update(done - self._bar.n)
            return
        part = LINES * done // total if total else LINES
        if part > self._told:
            self._told = part
            seconds = perf_counter() - self._began
            told = word_tally(done, failed, resumed, total, seconds=seconds, unit=self._unit)
            self._stream.write(f"{told}\n")
            self._stream.flush()


def word_tally(
    done: int, failed: int, resumed: int, total: int, *, seconds: float, unit: str
) -> str:
    """Return how far a sweep or a batch is.

    Parameters
    ----------
    done, failed, resumed, total : int
        What is finished; of it, what failed and what an earlier one had finished; and all.
    seconds : float
        So far.
    unit : str
        What is counted.

    Returns
    -------
    str
        "12 of 30 points, 1 failed, 3.4 a second, 5 s left".
    """
    parts = [f"{done:,} of {format_count(total, unit)}", f"{failed:,} failed"]
    if resumed:
        parts.append(f"{resumed:,} resumed")
    fresh = done - resumed
    if fresh > 0 and seconds > 0.0:
        rate = fresh / seconds
        parts.append(f"{rate:,.1f} a second" if rate >= 1.0 else f"{1.0 / rate:,.1f} s each")
        parts.append(f"{(total - done) / rate:,.0f} s left")
    return ", ".join(parts)
