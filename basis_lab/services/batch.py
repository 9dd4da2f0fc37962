"""The batch service: each case an executed report of its own, one index page over all of them."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from basis_lab.config.loader import load_config
from basis_lab.data.places import Place
from basis_lab.data.writing import whole_file, writing
from basis_lab.errors import BasisLabError, ReportError, UnwrittenError
from basis_lab.services.cases import Case, digest
from basis_lab.services.chosen import report_case
from basis_lab.services.folders import make_folder
from basis_lab.services.keys import config_digest, content_digest, file_digest
from basis_lab.services.plans import Plan
from basis_lab.services.points import Ground, failure
from basis_lab.services.pool import count_workers, run_in_processes
from basis_lab.services.reports import PAGE, TEMPLATE, require_papermill
from basis_lab.services.sweep import Tally

FOLDER = "batches"
CASES = "cases"
DONE = "done.json"
ERROR = "error.json"
INDEX = "index.html"
NO_RECORD = f"its record ({DONE}) cannot be read"
GONE = f"its record ({DONE}) is gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRequest:
    """What is asked of a batch.

    Parameters
    ----------
    plan : Plan
        The cases.
    out : Path
        Where the folders of batches stand.
    data_dir : Place or None
        None takes the sample.
    workers : int or None
        Processes; None takes the cores that there are.
    tally : callable or None
        Told how far it is.
    database : Path or None
        A DuckDB file that is read in place of the directory.
    note : callable or None
        Told, before anything runs, of each case that ended before why it is run again.
    """

    plan: Plan
    out: Path
    data_dir: Place | None = None
    workers: int | None = None
    tally: Tally | None = None
    database: Path | None = None
    note: Callable[[str], object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCase:
    """One case of a batch that has ended.

    Parameters
    ----------
    name : str
        Of the case and its folder.
    folder : Path
        With its page and notebook, or the notebook that failed.
    kept : bool
        True where an earlier batch had done it already.
    error : str
        Why it failed: code, sentence, where, value and remedy; empty where it did not.
    """

    name: str
    folder: Path
    kept: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """A batch that has ended, or was stopped.

    Parameters
    ----------
    index : Path
        The page over all cases.
    cases : tuple of BatchCase
        Those that have ended, in the order of the plan.
    open_ : int
        Cases that were not begun.
    strangers : tuple of Path
        Folders of cases that the plan does not have any more; they stay, and no page shows them.
    """

    index: Path
    cases: tuple[BatchCase, ...]
    open_: int = 0
    strangers: tuple[Path, ...] = ()

    @property
    def failed(self) -> tuple[BatchCase, ...]:
        """The cases that failed."""
        return tuple(x for x in self.cases if x.error)


def run_batch(request: BatchRequest, stop: threading.Event | None = None) -> BatchResult:
    """Run every case that is not done yet and write the index.

    Parameters
    ----------
    request : BatchRequest
        What is asked.
    stop : threading.Event or None
        Set to begin no further case.

    Returns
    -------
    BatchResult
        Also where cases failed.

    Raises
    ------
    UsageError
        If the notebooks' libraries are not installed.
    MissingDataError
        If there is no such data directory.
    ChangedDataError, GoneDataError
        If a case was done before, and a file is not the one that its catalogue names.
    UnwrittenError
        If its folder cannot be made; UsageError where a file stands there.
    """
    from basis_lab.results.batch_page import write_index

    require_papermill()
    stopped = threading.Event() if stop is None else stop
    root = make_folder(request.out / FOLDER / request.plan.name)
    tasks = tuple(_tasks(request, root))
    undone = {x.case.name: x.undone() for x in tasks}
    done = {
        x.case.name: BatchCase(name=x.case.name, folder=x.folder, kept=True, error="")
        for x in tasks
        if undone[x.case.name] is None
    }
    if done:
        tasks[0].ground.check_files()
    for name, reason in undone.items():
        if reason and request.note is not None:
            request.note(f"again: {name}: {reason}")
    kept = len(done)
    left = [x for x in tasks if x.case.name not in done]
    _tell(request, done, kept)
    workers = count_workers(request.workers)
    try:
        for place, answer in run_in_processes(_run, left, workers=workers, stop=stopped, ahead=1):
            task = left[place]
            error = task.note(answer) if isinstance(answer, BaseException) else answer
            done[task.case.name] = BatchCase(
                name=task.case.name, folder=task.folder, kept=False, error=error
            )
            _tell(request, done, kept)
    finally:  # also where it is ended in the middle
        ended = tuple(done[x.case.name] for x in tasks if x.case.name in done)
        index = write_index(
            root / INDEX,
            title=request.plan.name,
            cases=[(x.name, x.folder, x.error) for x in ended],
            open_=len(tasks) - len(ended),
        )
    return BatchResult(
        index=index,
        cases=ended,
        open_=len(tasks) - len(ended),
        strangers=_strangers(root / CASES, {x.folder for x in tasks}),
    )


def _strangers(cases: Path, known: set[Path]) -> tuple[Path, ...]:
    """Return the folders of cases that are none of the plan's."""
    found = sorted(cases.iterdir()) if cases.is_dir() else []
    return tuple(x for x in found if x.is_dir() and x not in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A case, where it goes, and what it stands on: done under another key it is run again."""

    case: Case
    folder: Path
    ground: Ground
    key: str
    stands_on: Mapping[str, str]  # its parts by name, SHA-256

    def undone(self) -> str | None:
        """Return why the case is run: None where it stands whole, empty where it never ended."""
        told = self.folder / DONE
        if not told.is_file():
            return self._unended()
        try:
            record = json.loads(told.read_bytes())
        except ValueError:  # cut off, or written over: as good as none
            return NO_RECORD
        if not isinstance(record, dict):
            return NO_RECORD
        if record.get("key") != self.key:
            return self._changed(record.get("stands_on"))
        files = record.get("files")
        return self._spoiled(files) if isinstance(files, dict) and PAGE in files else NO_RECORD

    def _unended(self) -> str:
        """Say why a case without a record is run: empty where nothing tells of it having ended."""
        if (self.folder / ERROR).is_file():
            return "it failed before"
        return GONE if (self.folder / PAGE).is_file() else ""

    def _changed(self, before: object) -> str:
        """Say what is another than when the case was done."""
        was = before if isinstance(before, dict) else {}
        changed = [name for name, x in self.stands_on.items() if name in was and was[name] != x]
        return f"{', '.join(changed)} changed" if changed else "what it stands on changed"

    def _spoiled(self, files: Mapping[str, object]) -> str | None:
        """Say which file is not there or does not say what it was written with."""
        for name, content in files.items():
            if not (self.folder / name).is_file():
                return f"{name} is gone"
            if content_digest(self.folder / name) != content:
                return f"{name} was changed"
        return None

    def close(self, seconds: float) -> None:
        """Write down that the case is done, and the SHA-256 of what each file says."""
        written = sorted(x for x in self.folder.rglob("*") if x.is_file())
        files = {x.relative_to(self.folder).as_posix(): content_digest(x) for x in written}
        content = {
            "key": self.key,
            "stands_on": dict(self.stands_on),
            "case": self.case.plain(),
            "seconds": seconds,
            "files": files,
        }
        with whole_file(self.folder / DONE) as aside:
            aside.write_text(json.dumps(content, indent=2) + "\n")

    def note(self, error: BaseException) -> str:
        """Write down why the case failed; return the sentence."""
        row = failure(error)
        content = {"key": self.key, "case": self.case.plain(), **row}
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with whole_file(self.folder / ERROR) as aside:
            aside.write_text(json.dumps(content, indent=2) + "\n")
        if isinstance(error, ReportError) and "told" in error.details:
            return str(error.details["told"])  # what its notebook said; where that is, is known
        return f"{row['code']}: {row['error']}"


def _tasks(request: BatchRequest, root: Path) -> Iterator[_Task]:
    ground = Ground.here(request.data_dir, request.database, request.plan.cases)
    shared = {"data": ground.data, "code": ground.code, "report template": file_digest(TEMPLATE)}
    for case in request.plan.cases:
        config = _config(case)
        yield _Task(
            case=case,
            folder=root / CASES / case.name,
            ground=ground,
            key=digest([case.plain(), config, *shared.values()]),
            stands_on={"case": digest(case.plain()), "configuration": config, **shared},
        )


def _config(case: Case) -> str:
    """Return what the case is configured with, as far as it can be resolved."""
    try:
        config = load_config(
            case.mode,
            share_class=case.share_class,
            overrides=case.overrides,
            scenarios=case.scenarios,
            capital=case.capital,
        )
    except BasisLabError:  # its own run will say so; any file may be what mends it
        return config_digest((case.mode, *case.scenarios))
    return digest(config.plain())


def _run(task: _Task) -> str:
    """Run a case in a folder made anew; return why it failed, or an empty text."""
    shutil.rmtree(task.folder, ignore_errors=True)
    began = perf_counter()
    try:
        task.ground.check()
        report_case(task.case, task.folder, ground=task.ground, assets=task.folder.parents[1])
        task.ground.check()
        task.close(perf_counter() - began)
    except UnwrittenError:  # half a case is none, and what it took is room to say so
        shutil.rmtree(task.folder, ignore_errors=True)
        raise
    except BasisLabError as error:
        return task.note(error)
    return ""


def _tell(request: BatchRequest, done: dict[str, BatchCase], kept: int) -> None:
    if request.tally is not None:
        failed = sum(bool(x.error) for x in done.values())
        request.tally(len(done), failed, kept, len(request.plan.cases))
