"""How far a run is: a bar on a terminal and in a notebook, plain lines when piped."""

import sys
from types import TracebackType
from typing import Self, TextIO

LINES = 10  # plain lines of a whole run


class Progress:
    """Shows how much is finished; called with (done, total).

    Parameters
    ----------
    stream : TextIO or None
        Where it is shown; None is standard error, so that standard output stays a result.
    unit : str
        What is counted.
    """

    def __init__(self, stream: TextIO | None = None, unit: str = "timesteps") -> None:
        from tqdm import tqdm

        self._stream = sys.stderr if stream is None else stream
        self._told = 0
        self._unit = unit
        self._bar = (
            tqdm(total=0, file=self._stream, unit=f" {unit}", leave=False)
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

    def __call__(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are finished."""
        if self._bar is not None:
            self._bar.total = total
            self._bar.update(done - self._bar.n)
            return
        tenth = LINES * done // total
        if tenth > self._told:
            self._told = tenth
            share = 100 * tenth // LINES
            self._stream.write(f"run: {share} % ({done:,} of {total:,} {self._unit})\n")
            self._stream.flush()
