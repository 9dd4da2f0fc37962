"""The journal of a sweep: one line a finished point, written by one process, read to resume."""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from basis_lab.errors import SweepError
from basis_lab.services.points import Row

FORMAT = 1


class Journal:
    """The points of a sweep that are finished, safe from a kill between two lines.

    Parameters
    ----------
    path : Path
        The file; held while the journal is open, so that no two sweeps write one.
    ground : str
        Digest of what every point stands on; what stands on another is not taken over.
    resume : bool
        True to take over what is there; else it begins empty.

    Raises
    ------
    SweepError
        If another sweep holds the file.
    """

    def __init__(self, path: Path, ground: str, *, resume: bool) -> None:
        self.path = path
        self._ground = ground
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b")
        self._hold()
        self.stale = 0
        found = self._read()
        self.kept: dict[str, Row] = found if resume else {}
        if not self.kept:
            self._begin()
        self.passed_over = 0 if resume else len(found)

    def __enter__(self) -> Self:
        """Open for a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the file."""
        self._file.close()

    def write(self, key: str, row: Mapping[str, object]) -> None:
        """Add a finished point; it is with the system when this returns.

        Parameters
        ----------
        key : str
            Of the case.
        row : mapping
            Its figures, plain values.
        """
        line = json.dumps({"key": key, "row": row}, separators=(",", ":"), allow_nan=False)
        self._file.write(f"{line}\n".encode())
        self._file.flush()

    def _hold(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise SweepError(
                "another sweep is writing here",
                where=str(self.path),
                remedy="wait for it, or give this one another name or --out",
            ) from error

    def _begin(self) -> None:
        self._file.truncate(0)
        head = json.dumps({"format": FORMAT, "ground": self._ground})
        self._file.write(f"{head}\n".encode())
        self._file.flush()

    def _read(self) -> dict[str, Row]:
        """Return the whole lines of the file, and cut off what a kill left of the last."""
        self._file.seek(0)
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.ftruncate(self._file.fileno(), len(whole))
        lines = [json.loads(line) for line in whole.splitlines()]
        if not lines:
            return {}
        if lines[0] != {"format": FORMAT, "ground": self._ground}:
            self.stale = len(lines) - 1
            return {}
        return {str(line["key"]): dict(line["row"]) for line in lines[1:]}
