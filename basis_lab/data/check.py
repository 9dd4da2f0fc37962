"""What in a data directory would stop a run, or be said in its manifest."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from basis_lab.data.align import missing_times
from basis_lab.data.catalogue import CanonicalStore
from basis_lab.data.defects import Defect, row_defects, unit_defects
from basis_lab.data.places import Place
from basis_lab.data.raw import RawStore
from basis_lab.data.raw_file import Finding, RawFile, Severity
from basis_lab.data.series import BAR_KINDS, DatasetId, DatasetKind, Store, TimeSeries, time_text
from basis_lab.data.static import is_static, judge_static
from basis_lab.domain.market import Alignment, MarketFrame, Requirement
from basis_lab.errors import BadDataError, DataError

STOPS = "a run that needs these rows is refused"
REFUSED = "a run that needs this series is refused"
GOES_ON = "a run goes on; its manifest says so"
OTHER_SERVES = "none: another file serves"
UNUSED = "none: runs do not use it"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinding:
    """One thing that a check found.

    Parameters
    ----------
    severity : Severity
        ERROR stops a run.
    file : str
        The file, inside the directory.
    rows : str
        Which rows, where there are some.
    what : str
        In words.
    effect : str
        What it does to a backtest.
    remedy : str
        What to do.
    """

    severity: Severity
    file: str
    rows: str
    what: str
    effect: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check looked at and what it found.

    Parameters
    ----------
    good : tuple of str
        What passed, a line each.
    findings : tuple of CheckFinding
        What did not, or has to be known; errors first.
    summary : str
        How much was checked.
    """

    good: tuple[str, ...]
    findings: tuple[CheckFinding, ...]
    summary: str

    def stop_on_errors(self, place: Place) -> None:
        """Raise where a run would stop.

        Parameters
        ----------
        place : Place
            The directory, for the message.

        Raises
        ------
        BadDataError
            If there is a finding of severity ERROR.
        """
        stops = sum(x.severity is Severity.ERROR for x in self.findings)
        if stops:
            raise BadDataError(
                f"{stops} of the findings stop a run",
                where=str(place),
                remedy="see what to do beside each finding",
            )


def check_store(store: Store) -> Checked:
    """Check every dataset of a directory.

    Parameters
    ----------
    store : Store
        The directory.

    Returns
    -------
    Checked
        Errors first, then by file.
    """
    found: list[CheckFinding] = []
    good: list[str] = []
    for name in store.ids():
        found += _check_files(store, name) if isinstance(store, RawStore) else ()
        wrong = list(_check_dataset(store, name))
        found += wrong
        info = store.info(name)
        if info is not None and not wrong:
            good.append(f"{name}, {info.rows:,} rows")
    if isinstance(store, CanonicalStore):
        found += [
            _error(name, "", why, REFUSED, "mend the files and import them again")
            for name, why in store.refused.items()
        ]
    if isinstance(store, RawStore):
        found += _check_tables(store)
    order = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    ordered = sorted(dict.fromkeys(found), key=lambda x: (order.index(x.severity), x.file))
    summary = f"{len(store.ids())} datasets checked"
    return Checked(good=tuple(good), findings=tuple(ordered), summary=summary)


def check_run(load: Callable[[], MarketFrame], mode: str) -> Checked:
    """Check what a run would use.

    Parameters
    ----------
    load : callable
        Loads the run's data as the run itself would.
    mode : str
        The run's mode.

    Returns
    -------
    Checked
        Every series with what the manifest would say of it, or the error that stops the run.
    """
    try:
        frame = load()
    except DataError as error:
        return Checked(good=(), findings=(_finding_of(error),), summary=f"{mode} cannot run")
    good = ["; ".join([f"{x.key} from {x.file}", *x.notes]) for x in frame.sources]
    span = f"{frame.times[0]}Z to {frame.times[-1]}Z, {frame.rows:,} timesteps"
    summary = f"{mode} has what it needs, {span}"
    return Checked(good=tuple(good), findings=(), summary=summary)


def _finding_of(error: DataError) -> CheckFinding:
    file, _, rows = error.where.partition(", row ")
    what = error.what if error.value is None else f"{error.what}: {error.value}"
    return _error(file, f"row {rows}" if rows else "", what, REFUSED, error.remedy)


def _error(file: str, rows: str, what: str, effect: str, remedy: str) -> CheckFinding:
    return CheckFinding(
        severity=Severity.ERROR, file=file, rows=rows, what=what, effect=effect, remedy=remedy
    )


def _check_files(store: RawStore, name: str) -> Iterator[CheckFinding]:
    """Return what was found while the files of a raw dataset were read."""
    found = store.resolve(name)
    if found is None or name in store.combined:
        return
    for refused in found.refused:
        alone = found.chosen is None
        for finding in refused.findings:
            if finding.severity is Severity.ERROR:
                yield CheckFinding(
                    severity=Severity.ERROR if alone else Severity.WARNING,
                    file=refused.name,
                    rows=_row_in(finding.text),
                    what=finding.text.partition("; where:")[0],
                    effect=REFUSED if alone else OTHER_SERVES,
                    remedy="mend or replace the file",
                )
    good = found.others if found.chosen is None else (found.chosen, *found.others)
    for file in good:
        yield from (_warning(file, x, file is found.chosen) for x in file.findings if _warns(x))


def _row_in(text: str) -> str:
    """Return the row that an error's text names."""
    found = re.search(r", row (\d+)", text)
    return f"row {found[1]}" if found is not None else ""


def _warns(finding: Finding) -> bool:
    return finding.severity is Severity.WARNING


def _warning(file: RawFile, finding: Finding, serves: bool) -> CheckFinding:  # noqa: FBT001 - one of two
    derived = file.derived and not (file.smoothed and file.dataset.kind is DatasetKind.LST_MARKET)
    effect = GOES_ON if serves else OTHER_SERVES
    return CheckFinding(
        severity=Severity.WARNING,
        file=file.name,
        rows="",
        what=finding.text,
        effect="it serves only where data.allow_derived names it" if derived else effect,
        remedy="give a raw file" if derived else "nothing, where this is meant",
    )


def _check_tables(store: RawStore) -> Iterator[CheckFinding]:
    for name, _, _ in store.content:
        if not is_static(Path(name).name):
            continue
        for finding in judge_static(store.root / name, {}):
            if finding.severity is Severity.ERROR:
                yield CheckFinding(
                    severity=Severity.WARNING,
                    file=name,
                    rows="",
                    what=finding.text,
                    effect=UNUSED,
                    remedy="remove the file, or mend it",
                )


def _check_dataset(store: Store, name: str) -> Iterator[CheckFinding]:
    dataset = DatasetId.parse(name)
    if dataset is None or (isinstance(store, RawStore) and store.info(name) is None):
        return
    try:
        series = store.read(name)
    except DataError as error:
        yield _finding_of(error)
        return
    for defect in unit_defects(dataset.kind, series.fields):
        yield _error(series.info.file, "all", defect.what, REFUSED, "write it as a fraction")
    for defect in row_defects(dataset.kind, series.fields):
        rows = _rows_text(defect, series)
        yield _error(series.info.file, rows, defect.what, STOPS, "mend the file, import it again")
    if dataset.kind is not DatasetKind.REWARDS:
        yield from _check_gaps(dataset.kind, series)


def _rows_text(defect: Defect, series: TimeSeries) -> str:
    place = int(defect.places[0])
    more = f" and {len(defect.places) - 1} more" if len(defect.places) > 1 else ""
    return f"row {series.lines[place]} ({time_text(series.times[place])}){more}"


def _check_gaps(kind: DatasetKind, series: TimeSeries) -> Iterator[CheckFinding]:
    regular = kind in {*BAR_KINDS, DatasetKind.FUNDING}
    need = Requirement(
        key=series.info.id,
        alignment=Alignment.STAMP if regular else Alignment.STEP,
        purpose="check",
    )
    missing = missing_times(series, need, series.times[[0, -1]])
    if len(missing):
        place = int(np.searchsorted(series.times, missing[0])) - 1
        yield _error(
            series.info.file,
            f"after row {series.lines[place]} ({time_text(missing[0])})",
            f"{len(missing)} rows are missing",
            STOPS,
            "choose dates without the holes, or a complete file",
        )
