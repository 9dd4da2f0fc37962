"""The journal of a sweep: one line a finished point, written by one process, read to resume."""

import fcntl
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from basis_lab.data.writing import unwritten, whole_file, writing
from basis_lab.domain.wording import agree
from basis_lab.errors import SweepError, UnwrittenError
from basis_lab.results.formats import format_count
from basis_lab.services.folders import make_folder
from basis_lab.services.points import DONE, Row

JOURNAL = "points.jsonl"
FORMAT = 2
SHOWN = 10  # numbers of damaged lines that are told
WHOLE = b'{"whole":true}\n'  # the last line of a sweep that ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """What an earlier sweep left, kept when another began in its place.

    Parameters
    ----------
    path : Path
        The journal as it was.
    points : int
        Finished in it.
    ended : bool
        True where it had ended, and this one would not compute its points again.
    """

    path: Path
    points: int
    ended: bool

    def __str__(self) -> str:
        """Say what is kept, where, and how to go on with it."""
        points = format_count(self.points, "finished point")
        kept = f"its {points} {'is' if self.points == 1 else 'are'} kept in {self.path}"
        if self.ended:
            return (
                "an earlier sweep here had other points, data, code or configuration: "
                f"{kept} (its table is replaced; moved back to {JOURNAL}, with the plan it was of, "
                "--resume writes it again)"
            )
        return (
            f"an earlier sweep here did not end: {kept}; --resume (resume=True) would have taken "
            f"it up (to go on with it, move that file back to {JOURNAL} and call with that)"
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
        True to take over what is there; else it begins empty, and what an earlier sweep left is
        kept beside it, unless it ended and the same comes again. ``remarks`` says what became of
        what was there.
    wanted : frozenset of str
        Keys of the cases that will be run.

    Raises
    ------
    SweepError
        If another sweep holds the file, or what shall be taken over stands on other ground.
    UsageError, UnwrittenError
        If its folder cannot be made, or it cannot be opened there.
    """

    def __init__(
        self,
        path: Path,
        ground: Mapping[str, str],
        *,
        resume: bool,
        wanted: frozenset[str] = frozenset(),
    ) -> None:
        self.path = path
        self._ground = dict(ground)
        self._wanted = wanted
        make_folder(path.parent)
        self._file = _opened(path)
        self._hold()
        self.kept: dict[str, Row] = {}
        self.remarks: list[str] = []
        try:
            if resume:
                self.kept = self._read()
            else:
                self._set_aside()
            if not self.kept:
                self._begin()
        except (SweepError, UnwrittenError, OSError):
            self.__exit__(*sys.exc_info())
            raise

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
        try:
            self._file.close()  # writes again what the system did not take before
        except OSError as failure:
            if error is None:
                raise unwritten(self.path, failure) from failure

    def write(self, key: str, row: Mapping[str, object]) -> None:
        """Add a finished point; it is with the system when this returns.

        Parameters
        ----------
        key : str
            Of the case.
        row : mapping
            Its figures, plain values.

        Raises
        ------
        UnwrittenError
            If the system does not take it; a resume goes on from the line before.
        """
        line = json.dumps({"key": key, "row": row}, separators=(",", ":"), allow_nan=False)
        self._add(f"{line}\n".encode())

    def _add(self, content: bytes) -> None:
        with writing(self.path, "call it with --resume (resume=True)"):
            self._file.write(content)
            self._file.flush()

    def close_whole(self) -> None:
        """Note that every point of the plan is finished: what is here may be begun anew."""
        self._file.seek(0)
        if self._file.readlines()[-1] != WHOLE:
            self._add(WHOLE)

    def _set_aside(self) -> None:
        """Copy what will not come again of what an earlier sweep left, and say so."""
        self._file.seek(0)
        lines = [x for x in self._file.readlines() if x.endswith(b"\n")]
        points = sum(x != WHOLE for x in lines[1:])
        if not points:
            return
        ended = lines[-1] == WHOLE
        if ended and self._comes_again(lines):
            self.remarks.append(
                f"a finished sweep of {format_count(points, 'point')} in {self.path.parent} is "
                "replaced; --resume (resume=True) takes its points over, another name or directory "
                "keeps both"
            )
            return
        path = self._copy("earlier" if ended else "unfinished", b"".join(lines))
        self.remarks.append(str(Aside(path=path, points=points, ended=ended)))

    def _comes_again(self, lines: list[bytes]) -> bool:
        """Tell if the points of a journal are all wanted, and stand on the same ground."""
        head = _mapping(lines[0])
        same = head is not None and head.get("ground") == self._ground
        found = (_point(x) for x in lines[1:] if x != WHOLE)
        return same and all(x is not None and x[0] in self._wanted for x in found)

    def _copy(self, why: str, content: bytes) -> Path:
        """Keep a content beside the journal, under a name that is free."""
        stem, ending = self.path.stem, self.path.suffix
        names = (self.path.with_name(f"{stem}-{why}-{i}{ending}") for i in count(1))
        path = next(x for x in names if not x.exists())
        with whole_file(path) as partial:
            partial.write_bytes(content)
        return path

    def _hold(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise SweepError(
                "another sweep is writing here",
                where=str(self.path),
                remedy="wait for it, or give this one another name or directory (--out, out=)",
            ) from error

    def _begin(self) -> None:
        self._file.truncate(0)
        head = json.dumps({"format": FORMAT, "ground": self._ground})
        self._add(f"{head}\n".encode())

    def _read(self) -> dict[str, Row]:
        """Return the points of the file; cut off what a kill left of its last line.

        Other lines that cannot be read are left out: the file as it was is kept beside it.
        """
        self._file.seek(0)
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.ftruncate(self._file.fileno(), len(whole))
        lines = whole.splitlines(keepends=True)
        read = [_point(line) for line in lines[1:]]
        points = dict(x for x in read if x is not None)
        others = sum(key not in self._wanted for key in points) if self._wanted else 0
        if others:
            self.remarks.append(
                f"{format_count(others, 'finished point')} of {self.path} "
                f"{agree(others, 'is', 'are')} no point of this plan: kept there, and in no table"
            )
        damaged = [
            i
            for i, (x, y) in enumerate(zip(lines[1:], read, strict=True), start=2)
            if y is None and x != WHOLE
        ]
        if points or damaged:
            self._require_ground(lines[0], len(points))
        if damaged:
            self._drop(whole, lines, damaged)
        return points

    def _drop(self, content: bytes, lines: list[bytes], damaged: list[int]) -> None:
        """Write the file without its damaged lines, numbered from 1, and say so."""
        path = self._copy("damaged", content)
        rest = [x for i, x in enumerate(lines, start=1) if i not in set(damaged) and x != WHOLE]
        self._file.truncate(0)
        self._add(b"".join(rest))
        one = len(damaged) == 1
        numbers = ", ".join(str(i) for i in damaged[:SHOWN]) + (", ..." if damaged[SHOWN:] else "")
        self.remarks.append(
            f"{format_count(len(damaged), 'line')} of {self.path} cannot be read and "
            f"{'is' if one else 'are'} left out ({'line' if one else 'lines'} {numbers}); "
            f"a point that {'it' if one else 'they'} held is run again, and the file as it was is "
            f"kept in {path}"
        )

    def _require_ground(self, line: bytes, points: int) -> None:
        """Refuse to mix points that were run on other data, code or configuration."""
        head = _mapping(line)
        if head is None or not {"format", "ground"} <= head.keys():
            raise SweepError(
                "the first line of a journal cannot be read, which says what its points stand on",
                where=f"{self.path}, line 1",
                value=format_count(points, "finished point"),
                remedy="put that line back, or call the sweep without --resume (resume=True), "
                "which keeps this file aside and begins anew",
            )
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
                remedy="put back what was changed, give this sweep another name or directory "
                "(--out, out=), or call it without --resume (resume=True), which begins anew",
            )


def _mapping(line: bytes) -> dict[str, object] | None:
    """Return the map that a line holds; None where it holds none."""
    try:
        content = json.loads(line)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _point(line: bytes) -> tuple[str, Row] | None:
    """Return the key and the row of a finished point; None where a line is something else."""
    content = _mapping(line)
    if content is None or not {"key", "row"} <= content.keys():
        return None
    row = content["row"]
    if not isinstance(row, dict) or "status" not in row:
        return None
    return (str(content["key"]), row) if row["status"] == DONE or "code" in row else None


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("a+b")
    except OSError as error:
        raise UnwrittenError(
            "the journal of a sweep cannot be written",
            where=str(path),
            value=error.strerror,
            remedy="give a directory that can be written to (--out, out=)",
        ) from error
