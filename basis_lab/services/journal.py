"""The journal of a sweep: one line a finished point, written by one process, read to resume."""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from basis_lab.errors import SweepError, UnwrittenError
from basis_lab.results.formats import format_count
from basis_lab.services.folders import make_folder
from basis_lab.services.points import Row

JOURNAL = "points.jsonl"
FORMAT = 2
WHOLE = b'{"whole":true}\n'  # the last line of a sweep that ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """What an unfinished sweep left, kept when another began in its place.

    Parameters
    ----------
    path : Path
        The journal as it was.
    points : int
        Finished in it.
    """

    path: Path
    points: int

    def __str__(self) -> str:
        """Say what is kept, where, and how to go on with it."""
        points = format_count(self.points, "finished point")
        return (
            f"an earlier sweep here did not end: its {points} {'is' if self.points == 1 else 'are'}"
            f" kept in {self.path}; --resume would have taken up what it did (to go on with it, "
            f"move that file back to {JOURNAL} and call with --resume)"
        )


class Journal:
    """The points of a sweep that are finished, safe from a kill between two lines.

    Parameters
    ----------
    path : Path
        The file; held while the journal is open, so that no two sweeps write one.
    ground : mapping of str to str
        Digests of what every point stands on, by what it is ("data", "code").
    resume : bool
        True to take over what is there; else it begins empty, and what an unfinished sweep left
        is kept beside it (``aside``).

    Raises
    ------
    SweepError
        If another sweep holds the file, or what shall be taken over stands on other ground.
    UsageError, UnwrittenError
        If its folder cannot be made, or it cannot be opened there.
    """

    def __init__(self, path: Path, ground: Mapping[str, str], *, resume: bool) -> None:
        self.path = path
        self._ground = dict(ground)
        make_folder(path.parent)
        self._file = _opened(path)
        self._hold()
        self.kept: dict[str, Row] = {}
        self.aside: Aside | None = None
        try:
            if resume:
                self.kept = self._read()
            else:
                self.aside = self._set_aside()
        except (SweepError, OSError):
            self._file.close()
            raise
        if not self.kept:
            self._begin()

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

    def close_whole(self) -> None:
        """Note that every point of the plan is finished: what is here may be begun anew."""
        self._file.seek(0)
        if self._file.readlines()[-1] != WHOLE:
            self._file.write(WHOLE)
            self._file.flush()

    def _set_aside(self) -> "Aside | None":
        """Copy what an unfinished sweep left; nothing where there is no point, or it ended."""
        self._file.seek(0)
        lines = [x for x in self._file.readlines() if x.endswith(b"\n")]
        points = sum(x != WHOLE for x in lines[1:])
        if not points or lines[-1] == WHOLE:
            return None
        stem, ending = self.path.stem, self.path.suffix
        names = (self.path.with_name(f"{stem}-unfinished-{i}{ending}") for i in count(1))
        path = next(x for x in names if not x.exists())
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(b"".join(lines))
        partial.replace(path)
        return Aside(path=path, points=points)

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
        points = {str(line["key"]): dict(line["row"]) for line in lines[1:] if "key" in line}
        if points:
            self._require_ground(lines[0], len(points))
        return points

    def _require_ground(self, head: Mapping[str, object], points: int) -> None:
        """Refuse to mix points that were run on other data, code or configuration."""
        before = head["ground"]
        if head["format"] != FORMAT or not isinstance(before, Mapping):
            changed = "package"
        else:
            names = [x for x in self._ground if before.get(x) != self._ground[x]]
            changed = " and ".join(names)
        if changed:
            verb = "have" if changed == "data" or " and " in changed else "has"
            raise SweepError(
                f"the {changed} {verb} changed since this sweep began",
                where=str(self.path),
                value=format_count(points, "finished point"),
                remedy="put back what was changed, give this sweep another name or --out, or call "
                "it without --resume, which begins anew",
            )


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("a+b")
    except OSError as error:
        raise UnwrittenError(
            "the journal of a sweep cannot be written",
            where=str(path),
            value=error.strerror,
            remedy="give a directory that can be written to with --out",
        ) from error
