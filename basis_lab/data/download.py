"""Download of history into a canonical directory, page by page, to be gone on with at any time."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from basis_lab.data.catalogue import (
    CATALOGUE,
    CanonicalStore,
    file_sha256,
    parse_catalogue,
    render_catalogue,
)
from basis_lab.data.checks.order import holes_after
from basis_lab.data.checks.rows import Rows as CheckedRows
from basis_lab.data.download_source import SETTLES_S, Page, Rows, Source, empty_columns
from basis_lab.data.download_state import FOLDER, Known, StateFiles, joined, rows_of, write_aside
from basis_lab.data.parquet import write_columns
from basis_lab.data.series import DatasetInfo, IntArray, nominal_interval_s
from basis_lab.data.spans import Span, merged, second_text, windows, without
from basis_lab.domain.intervals import HOUR_S
from basis_lab.errors import DataError, MissingDataError, SourceError, UsageError

NAMED_HOLES = 5
FETCHED = "fetched "  # the first note of what a download wrote
DIGEST_DIGITS = 8  # of a file name

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What became of one dataset.

    Parameters
    ----------
    dataset : str
        Its id.
    info : DatasetInfo or None
        Its line of the catalogue; None where it failed.
    new_rows : int
        Rows that were not there before.
    problem : DataError or None
        Why it is not complete.
    """

    dataset: str
    info: DatasetInfo | None = None
    new_rows: int = 0
    problem: DataError | None = None


def download(
    sources: Sequence[Source], root: Path, dates: tuple[int, int], tell: Tell
) -> tuple[Fetched, ...]:
    """Fetch what a directory lacks of some datasets.

    Parameters
    ----------
    sources : sequence of Source
        One a dataset.
    root : Path
        The canonical directory; made where needed.
    dates : (int, int)
        First and last moment in epoch seconds, both included.
    tell : callable
        Called with (dataset, done, total) in seconds of history after each page.

    Returns
    -------
    tuple of Fetched
        In the order of the sources. A dataset that fails does not stop the others; a provider
        that fails for good is not asked for its other datasets.

    Raises
    ------
    UsageError
        If the directory cannot be used.
    """
    done: list[Fetched] = []
    down: dict[str, SourceError] = {}
    with _alone(root):
        for source in sources:
            name = str(source.dataset)
            if source.provider in down:
                done.append(Fetched(dataset=name, problem=down[source.provider]))
                continue
            try:
                done.append(_Download(source, root, tell).run(dates))
            except SourceError as error:
                down[source.provider] = error
                done.append(Fetched(dataset=name, problem=error))
            except DataError as error:
                done.append(Fetched(dataset=name, problem=error))
    return tuple(done)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Keep a second download out of the directory; the lock ends with the process."""
    try:
        (root / FOLDER).mkdir(parents=True, exist_ok=True)
        lock = (root / FOLDER / "lock").open("wb")
    except OSError as error:
        raise UsageError(
            "the directory cannot be written",
            where=str(root),
            value=error.strerror,
            remedy="choose a directory that may be written with --out",
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                "another download is writing this directory",
                where=str(root),
                remedy="wait until it has ended, or name another directory with --out",
            ) from error
        yield


class _Download:
    """One dataset on its way into the directory."""

    def __init__(self, source: Source, root: Path, tell: Tell) -> None:
        self._source = source
        self._root = root
        self._tell = tell
        self._files = StateFiles(root, source)
        self._known = Known()

    def run(self, dates: tuple[int, int]) -> Fetched:
        stored = self._stored()
        self._known = self._files.load()
        now = self._source.open()
        wanted = self._wanted(dates, now)
        self._ask_windows(wanted)
        before = self._old_rows(stored)
        self._ask_gaps(before, now)
        rows = self._rows(before)
        if not self._known.pages and stored is not None:
            return Fetched(dataset=stored.id, info=stored)
        if not len(rows[0]):
            self._files.settle(self._known)
            raise MissingDataError(
                f"{self._source.describe()} has nothing of {self._source.dataset}",
                missing=[str(self._source.dataset)],
                where=str(wanted),
                remedy="ask for other dates, or leave the dataset out",
            )
        info = self._write(rows, now)
        self._files.settle(self._known)
        return Fetched(dataset=info.id, info=info, new_rows=len(rows[0]) - len(before[0]))

    def _stored(self) -> DatasetInfo | None:
        name = str(self._source.dataset)
        found = {x.id: x for x in _catalogue(self._root)[0]}
        ours = self._files.exists and all(
            x.notes and x.notes[0].startswith(FETCHED) for x in found.values() if x.id == name
        )
        if name in found and not ours:
            raise UsageError(
                "the directory has this dataset from elsewhere",
                where=f"{self._root}: {name}",
                value=found[name].source,
                remedy="name another directory with --out; fetched and other rows are never mixed",
            )
        return found.get(name)

    def _wanted(self, dates: tuple[int, int], now: int) -> Span:
        step = self._step()
        start, end = (x - x % step for x in dates)
        wanted = Span(start, min(end + step, self._source.complete_before(now)))
        if wanted.end <= wanted.start:
            raise MissingDataError(
                f"nothing of {self._source.dataset} is complete yet",
                missing=[str(self._source.dataset)],
                where=f"from {second_text(start)}",
                value=f"the source's time is {second_text(now)}",
                remedy="give an earlier --start",
            )
        return wanted

    def _step(self) -> int:
        return self._source.step_s if self._source.step_s else HOUR_S

    def _ask_windows(self, wanted: Span) -> None:
        """Ask for what was never asked for, oldest first."""
        total = wanted.end - wanted.start
        name = str(self._source.dataset)
        missing = without(wanted, self._known.covered)
        done = total - sum(x.end - x.start for x in missing)
        self._tell(name, done, total)
        for part in missing:
            for window in windows(part, self._source.window_s):
                self._keep(self._source.page(window))
                done += window.end - window.start
                self._tell(name, done, total)

    def _ask_gaps(self, before: Rows, now: int) -> None:
        """Ask once more for what ought to be there; what stays away is a hole, and remembered.

        A gap that is too young to be a hole is left uncovered: the next download asks again.
        """
        while True:
            times = self._rows(before)[0]
            found = self._source.gaps(self._known.covered, times)
            gaps = [y for x in found for y in without(x, self._known.holes)]
            young = [x for x in gaps if x.end > now - SETTLES_S]
            old = [x for x in gaps if x.end <= now - SETTLES_S]
            if not old:
                self._uncover(young)
                return
            for gap in old:
                for window in windows(gap, self._source.window_s):
                    page = self._source.page(window)
                    holes = () if len(page.times) else (window,)
                    self._keep(
                        Page(window=window, times=page.times, columns=page.columns, holes=holes)
                    )

    def _uncover(self, young: Sequence[Span]) -> None:
        known = self._known
        covered = merged(y for x in known.covered for y in without(x, young))
        self._known = Known(covered=covered, holes=known.holes, pages=known.pages)

    def _keep(self, page: Page) -> None:
        self._files.append(page)
        self._known = self._known.with_page(page)

    def _old_rows(self, stored: DatasetInfo | None) -> Rows:
        fields = self._source.fields
        if stored is None:
            return np.empty(0, dtype=np.int64), empty_columns(fields)
        series = CanonicalStore.open(self._root).read(stored.id)
        return series.times.astype(np.int64), {name: series.fields[name] for name in fields}

    def _rows(self, before: Rows) -> Rows:
        parts = rows_of(self._known.pages, self._source.fields)
        return joined(self._source.dataset, [before, *parts])

    def _write(self, rows: Rows, now: int) -> DatasetInfo:
        """Write the rows under a name of their own, then the catalogue that names it."""
        times = rows[0].astype("datetime64[s]")
        columns, notes = self._source.finish(rows)
        aside = self._root / f"{self._source.dataset}.parquet.new"
        write_columns(aside, times, columns)
        digest = file_sha256(aside)
        name = f"{self._source.dataset}-{digest[:DIGEST_DIGITS]}.parquet"
        _rename_durably(aside, self._root / name)
        step = self._source.step_s
        info = DatasetInfo(
            id=str(self._source.dataset),
            file=name,
            fields=tuple(columns),
            ticks_per_unit=(0,) * len(columns),
            interval_s=step if step else nominal_interval_s(times),
            first=times[0],
            last=times[-1],
            rows=len(times),
            sha256=digest,
            source=self._source.describe(),
            synthetic=False,
            derived=False,
            notes=(f"{FETCHED}{second_text(now)}", *notes, *self._hole_notes(rows[0])),
            fetched=second_text(now),
        )
        checked = CheckedRows(
            kind=self._source.dataset.kind, times=times, fields=columns, interval_s=info.interval_s
        )
        info = replace(info, holes=int(holes_after(checked)[1].sum()))
        infos, absent = _catalogue(self._root)
        others = [x for x in infos if x.id != info.id]
        absent.pop(info.id, None)
        write_aside(self._root / CATALOGUE, render_catalogue([*others, info], absent).encode())
        self._remove_older(name)
        return info

    def _remove_older(self, name: str) -> None:
        """Remove what earlier downloads wrote, one that was killed before it could included."""
        path = self._root / str(self._source.dataset)
        for older in path.parent.glob(f"{path.name}-{'[0-9a-f]' * DIGEST_DIGITS}.parquet"):
            if older != self._root / name:
                older.unlink()

    def _hole_notes(self, times: IntArray) -> tuple[str, ...]:
        first, last = int(times[0]), int(times[-1])
        inside = [x for x in self._known.holes if first < x.start and x.end <= last]
        before = [x for x in self._known.holes if x.end <= first]
        notes = [f"the source has nothing from {x}" for x in before[-1:]]
        notes += [f"the source has a hole from {x}" for x in inside[:NAMED_HOLES]]
        if len(inside) > NAMED_HOLES:
            notes.append(f"the source has {len(inside)} holes in all")
        return tuple(notes)


def _catalogue(root: Path) -> tuple[tuple[DatasetInfo, ...], dict[str, str]]:
    path = root / CATALOGUE
    if not path.is_file():
        return (), {}
    return parse_catalogue(path.read_bytes(), str(path))


def _rename_durably(aside: Path, path: Path) -> None:
    with aside.open("rb") as file:
        os.fsync(file.fileno())
    aside.replace(path)
