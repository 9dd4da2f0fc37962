"""The sweep service: the points of a plan, each run by the engine in a worker, one table out."""

import functools
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Protocol

from basis_lab.data.places import Place
from basis_lab.errors import SchedulerLostError, UsageError
from basis_lab.results.formats import format_count
from basis_lab.results.sweep_result import OPEN, SweepResult
from basis_lab.services.cases import Case, digest
from basis_lab.services.chosen import set_reports_aside
from basis_lab.services.cluster import require_scheduler, run_on_cluster
from basis_lab.services.journal import JOURNAL, Journal
from basis_lab.services.plans import Plan
from basis_lab.services.points import DONE, PASSING, Ground, Row, failure, run_point
from basis_lab.services.pool import count_workers, run_in_processes

FOLDER = "sweeps"
UNDONE: Row = {"status": OPEN, "code": None, "error": None}
SHOWN_EVERY_S = 0.5  # to who watches; less often where showing takes long
MOST_SHOWING = 0.05  # of the time


class Tally(Protocol):
    """Who is told how far a sweep is."""

    def __call__(self, done: int, failed: int, resumed: int, total: int) -> None:
        """Take the points finished, those of them that failed or were resumed, and all."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRequest:
    """What is asked of a sweep.

    Parameters
    ----------
    plan : Plan
        The points.
    data_dir : Place or None
        None takes the sample.
    out : Path or None
        Where the folders of sweeps stand; None keeps the table in memory alone.
    workers : int or None
        Processes here; None takes the cores that there are.
    scheduler : str or None
        Address of a Dask scheduler that takes the place of processes here.
    resume : bool
        Take over what an earlier, interrupted sweep finished. Points that the machine failed
        (a worker that died, memory, files, data changed under it) are run again; points that
        were refused stay as they are.
    tally : callable or None
        Told how far it is.
    retry_failed : bool
        On a resume, run every failed point again.
    database : Path or None
        A DuckDB file that is read in place of the directory.
    watch : callable or None
        Shown the sweep as far as it is, now and then, and when it has ended; points that are not
        run yet have the status "open".
    note : callable or None
        Told, before a point runs, what became of a sweep that this one takes the place of, and
        which lines of a journal could not be read.
    """

    plan: Plan
    data_dir: Place | None = None
    out: Path | None = None
    workers: int | None = None
    scheduler: str | None = None
    resume: bool = False
    tally: Tally | None = None
    watch: Callable[[SweepResult], object] | None = None
    retry_failed: bool = False
    database: Path | None = None
    note: Callable[[str], object] | None = None


def run_sweep(request: SweepRequest, stop: threading.Event | None = None) -> SweepResult:
    """Run every point of a plan and return their table.

    Parameters
    ----------
    request : SweepRequest
        What is asked.
    stop : threading.Event or None
        Set to begin no further point; what is finished is kept.

    Returns
    -------
    SweepResult
        A row for every finished point, in the order of the plan, whoever computed it.

    Raises
    ------
    UsageError
        If both processes and a scheduler are asked for, or a resume without a place.
    SweepError
        If another sweep writes to the same place, what shall be resumed was run on other data,
        code or configuration, or no scheduler answers.
    SchedulerLostError
        If the scheduler went away: what was done is written as always, and in its details.
    ChangedDataError, GoneDataError
        If there is something to resume, and a file is not the one that its catalogue names.
    """
    _check(request)
    if request.scheduler is not None:
        require_scheduler(request.scheduler)
    stopped = threading.Event() if stop is None else stop
    ground = Ground.here(request.data_dir, request.database, request.plan.cases)
    folder = None if request.out is None else request.out / FOLDER / request.plan.name
    with _journal(folder, ground, request) as journal:
        for remark in () if journal is None else journal.remarks:
            if request.note is not None:
                request.note(remark)
        found = {} if journal is None else journal.kept
        if found:
            ground.check_files()
        kept = {key: row for key, row in found.items() if _stands(row, request)}
        run = _Run(request, ground, journal, kept, stopped)
        result = run.result(run.rows())
    told = result if folder is None else _saved(result, folder, request)
    if request.watch is not None:
        request.watch(told)
    if run.lost is not None:
        raise _lost(run.lost, told) from run.lost
    return told


def _lost(error: SchedulerLostError, result: SweepResult) -> SchedulerLostError:
    """Return the error of a sweep whose scheduler was lost, with what is kept of it."""
    told = result.summary
    nowhere = "run it again; what was done is in this error's details"
    on = nowhere if result.path is None else "go on with --resume (resume=True)"
    return SchedulerLostError(
        f"{error.what}; {told['points'] - told['open']:,} of "
        f"{format_count(told['points'], 'point')} are kept",
        where=error.where,
        value=error.value,
        remedy=f"start a scheduler, and {on}",
        details={"result": result},
    )


class _Run:
    """One sweep under way: what was kept, what comes, who is told."""

    def __init__(
        self,
        request: SweepRequest,
        ground: Ground,
        journal: Journal | None,
        kept: Mapping[str, Row],
        stop: threading.Event,
    ) -> None:
        self._request = request
        self._ground = ground
        self._journal = journal
        self._kept = kept
        self._stop = stop
        self._wanted = {case.key: case for case in request.plan.cases}  # equal cases run once
        self._times = Counter(case.key for case in request.plan.cases)
        self._done = self._failed = self._resumed = 0  # points, as the plan numbers them
        self.lost: SchedulerLostError | None = None
        self._began_s = perf_counter()
        self._show_from_s = 0.0

    def result(self, rows: Mapping[str, Row], *, whole: bool = False) -> SweepResult:
        """Return the sweep as far as it is; ``whole`` with the points that are not run yet."""
        plan = self._request.plan
        numbered = [
            {
                "point": number,
                "at": dict(case.at),
                "asked": case.plain(),
                "command": case.command(),
                **(rows[case.key] if case.key in rows else UNDONE),
            }
            for number, case in enumerate(plan.cases)
            if whole or case.key in rows
        ]
        result = SweepResult.of_rows(
            numbered,
            name=plan.name,
            axes=plan.axes,
            points=len(plan.cases),
            kept=frozenset(i for i, x in enumerate(plan.cases) if x.key in self._kept),
            seconds=perf_counter() - self._began_s,
        )
        more = {
            "method": plan.method,
            "data_dir": self._ground.data_dir,
            "stands_on": digest([[x.key for x in plan.cases], self._ground.digests]),
        }
        return replace(result, summary={**result.summary, **more})

    def rows(self) -> dict[str, Row]:
        rows = {key: row for key, row in self._kept.items() if key in self._wanted}
        for key, row in rows.items():
            self._count(key, row)
        self._resumed = self._done
        self._tell(rows)
        open_ = [(key, case) for key, case in self._wanted.items() if key not in rows]
        cases = [case for _, case in open_]
        try:
            for place, answer in self._answers(cases):
                key = open_[place][0]
                row = failure(answer) if isinstance(answer, BaseException) else answer
                if self._journal is not None:
                    self._journal.write(key, row)
                rows[key] = row
                self._count(key, row)
                self._tell(rows)
        except SchedulerLostError as error:  # raised when what is there has been written
            self.lost = error
        if self._journal is not None and len(rows) == len(self._wanted):
            self._journal.close_whole()
        return rows

    def _answers(self, cases: list[Case]) -> Iterator[tuple[int, Row | BaseException]]:
        if not cases:
            return iter(())
        work: Callable[[Case], Row] = functools.partial(run_point, ground=self._ground)
        if self._request.scheduler is not None:
            return run_on_cluster(work, cases, address=self._request.scheduler, stop=self._stop)
        workers = count_workers(self._request.workers)
        return run_in_processes(work, cases, workers=workers, stop=self._stop)

    def _tell(self, rows: Mapping[str, Row]) -> None:
        if self._request.tally is not None:
            points = len(self._request.plan.cases)
            self._request.tally(self._done, self._failed, self._resumed, points)
        self._show(rows)

    def _count(self, key: str, row: Row) -> None:
        self._done += self._times[key]
        self._failed += self._times[key] if row["status"] != DONE else 0

    def _show(self, rows: Mapping[str, Row]) -> None:
        """Show the sweep to who watches, unless that was done a moment ago."""
        now_s = perf_counter()
        if self._request.watch is None or now_s < self._show_from_s:
            return
        self._request.watch(self.result(rows, whole=True))
        taken_s = perf_counter() - now_s
        self._show_from_s = now_s + max(SHOWN_EVERY_S, taken_s / MOST_SHOWING)


def _saved(result: SweepResult, folder: Path, request: SweepRequest) -> SweepResult:
    moved = set_reports_aside(folder, str(result.summary["stands_on"]))
    if moved and request.note is not None:
        request.note(moved)
    return result.save(folder)


def _check(request: SweepRequest) -> None:
    if request.scheduler is not None and request.workers is not None:
        raise UsageError(
            "a sweep runs on processes here or on a cluster",
            where="workers, scheduler (--workers, --scheduler)",
            value=f"{request.workers}, {request.scheduler}",
            remedy="give one of them",
        )
    if request.workers is not None and request.workers < 1:
        raise UsageError(
            "a sweep needs a process", where="workers", value=request.workers, remedy="1 or more"
        )
    if request.resume and request.out is None:
        raise UsageError(
            "there is no place to resume from",
            where="resume",
            remedy="give a directory (--out, out=)",
        )
    if request.retry_failed and not request.resume:
        raise UsageError(
            "only a sweep that is resumed has failed points to try again",
            where="retry_failed (--retry-failed)",
            remedy="resume it as well (--resume, resume=True)",
        )


def _journal(
    folder: Path | None, ground: Ground, request: SweepRequest
) -> AbstractContextManager[Journal | None]:
    if folder is None:
        return nullcontext()
    wanted = frozenset(case.key for case in request.plan.cases)
    return Journal(folder / JOURNAL, ground.digests, resume=request.resume, wanted=wanted)


def _stands(row: Row, request: SweepRequest) -> bool:
    """Tell if a point need not be done again."""
    return row["status"] == DONE or not (request.retry_failed or row["code"] in PASSING)
