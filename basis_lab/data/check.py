"""What in a data directory would stop a run, or be said in its manifest."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from basis_lab.data.checks.meanings import AGREES, COLUMN_READ, LST_RATE, MADE_OF, UNREADABLE
from basis_lab.data.checks.peers import Peer
from basis_lab.data.checks.rows import Rows
from basis_lab.data.checks.table import CHECKED_BY_SERIES, check_markets, check_order, check_series
from basis_lab.data.findings import Finding, Severity
from basis_lab.data.markets import findings_by_file
from basis_lab.data.places import Place
from basis_lab.data.quality import words_of
from basis_lab.data.raw import RawStore
from basis_lab.data.raw_file import RawFile
from basis_lab.data.series import DatasetId, Store, TimeSeries
from basis_lab.data.static import Rules
from basis_lab.data.unread import unread_files
from basis_lab.domain.market import MarketFrame
from basis_lab.domain.wording import agree
from basis_lab.errors import BadDataError, DataError

OTHER_SERVES = "none: another file serves"
UNUSED = "none: runs do not use it"
# Which file was read and how is the import's to say; nothing is wrong about it.
TOLD_BY_IMPORT = frozenset(x.name for x in (AGREES, COLUMN_READ, MADE_OF))
DERIVED = "it serves only where data.allow_derived names it"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinding:
    """One thing that a check found.

    Parameters
    ----------
    severity : Severity
        ERROR stops a run.
    check : str
        Name of the check.
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
    check: str
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
                f"{stops} of the findings {agree(stops, 'stops', 'stop')} a run",
                where=str(place),
                remedy="see what to do beside each finding",
            )


def check_store(store: Store, rules: Rules | None = None) -> Checked:
    """Check every dataset of a directory, alone and against others of its market.

    Parameters
    ----------
    store : Store
        The directory.
    rules : mapping or None
        Collateral rules that runs use, by asset; tables that contradict them are reported.

    Returns
    -------
    Checked
        Errors first, then by file.
    """
    found: list[CheckFinding] = []
    series: list[TimeSeries] = []
    for name in store.ids():
        told, read = _check_dataset(store, name)
        found += told
        series += read
    found += _check_raw_markets(store) if isinstance(store, RawStore) else _check_markets(series)
    if not isinstance(store, RawStore):
        found += [_of(Finding(UNREADABLE, why), name) for name, why in store.refused.items()]
    else:
        found += _check_unread(store, {} if rules is None else rules)
    wrong = {x.file for x in found if x.severity is Severity.ERROR}
    good = [
        f"{x.info.id}, {x.info.rows:,} {agree(x.info.rows, 'row')}"
        for x in series
        if x.info.file not in wrong
    ]
    order = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    found = [x for x in found if x.check not in TOLD_BY_IMPORT]
    ordered = sorted(dict.fromkeys(found), key=lambda x: (order.index(x.severity), x.file))
    count = len(store.ids())
    summary = f"{count} {agree(count, 'dataset')} checked"
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
        Every series with what the manifest would say of it and the warnings that the run would
        carry, or the error that stops it.
    """
    try:
        frame = load()
    except DataError as error:
        return Checked(good=(), findings=(_of_error(error),), summary=f"{mode} cannot run")
    good = ["; ".join([f"{x.key} from {x.file}", *x.notes]) for x in frame.sources]
    told = dict.fromkeys((x.file, text) for x in frame.sources for text in x.warnings)
    span = (
        f"{frame.times[0]}Z to {frame.times[-1]}Z, {frame.rows:,} {agree(frame.rows, 'timestep')}"
    )
    summary = f"{mode} has what it needs, {span}"
    findings = tuple(_of_run(file, text) for file, text in told)
    return Checked(good=tuple(good), findings=findings, summary=summary)


def peer_of(series: TimeSeries) -> Peer | None:
    """Return a stored series as one among others of its market.

    Parameters
    ----------
    series : TimeSeries
        The series.

    Returns
    -------
    Peer or None
        None where its id is none of ours.
    """
    dataset = DatasetId.parse(series.info.id)
    if dataset is None:
        return None
    return Peer(
        dataset=dataset,
        file=series.info.file,
        rows=_rows_of(dataset, series),
        derived=series.info.derived,
    )


def _rows_of(dataset: DatasetId, series: TimeSeries) -> Rows:
    return Rows(
        kind=dataset.kind,
        times=series.times,
        fields=series.fields,
        interval_s=series.info.interval_s,
    )


def _of_run(file: str, text: str) -> CheckFinding:
    return CheckFinding(
        severity=Severity.WARNING,
        check="run",
        file=file,
        rows="",
        what=text,
        effect="the run goes on; its warnings and its manifest say so",
        remedy="see `basis-lab data check` without a mode",
    )


def _of_error(error: DataError) -> CheckFinding:
    file, _, rows = error.where.partition(", row ")
    what = error.what if error.value is None else f"{error.what}: {error.value}"
    return CheckFinding(
        severity=Severity.ERROR,
        check="run",
        file=file,
        rows=f"row {rows}" if rows else "",
        what=what,
        effect="a run that needs this series is refused",
        remedy=error.remedy,
    )


def _of(finding: Finding, file: str, *, effect: str | None = None) -> CheckFinding:
    """Return a finding as it is printed; one that another file makes harmless is a warning."""
    harmless = effect is not None and finding.severity is Severity.ERROR
    return CheckFinding(
        severity=Severity.WARNING if harmless else finding.severity,
        check=finding.meaning.name,
        file=file,
        rows=finding.rows,
        what=finding.text.partition("; where:")[0],
        effect=finding.meaning.effect if effect is None else effect,
        remedy=finding.meaning.remedy,
    )


def _check_dataset(store: Store, name: str) -> tuple[list[CheckFinding], list[TimeSeries]]:
    """Return what is to be said of one dataset, and its rows where it can serve."""
    found = list(_check_files(store, name)) if isinstance(store, RawStore) else []
    dataset = DatasetId.parse(name)
    if dataset is None or store.info(name) is None:
        return found, []
    try:
        series = store.read(name)
    except DataError as error:
        return [*found, _of_error(error)], []
    if not isinstance(store, RawStore):
        carried = [x for x in series.info.findings if x.meaning.name not in CHECKED_BY_SERIES]
        rows = _rows_of(dataset, series)
        anew = [*check_order(rows), *check_series(rows)]
        words = words_of(anew, series.info.file, series.times, series.lines, name)
        found += [_of(x, series.info.file) for x in [*carried, *words]]
    return found, [series]


def _check_files(store: RawStore, name: str) -> Iterator[CheckFinding]:
    """Return what was found while the files of a raw dataset were read."""
    found = store.resolve(name)
    if found is None:
        return
    alone = found.chosen is None
    for refused in found.refused:
        effect = None if alone else OTHER_SERVES
        # A part that cannot be read is told of its own file.
        told = [x for x in refused.findings if name not in store.combined or x.meaning is LST_RATE]
        yield from (_of(x, refused.name, effect=effect) for x in told)
    good: tuple[RawFile, ...] = found.others
    if found.chosen is not None:
        good = (found.chosen, *good)
    for file in good:
        effect = None if file is found.chosen else OTHER_SERVES
        yield from (_of(x, file.name, effect=effect) for x in file.findings)


def _check_unread(store: RawStore, rules: Rules) -> Iterator[CheckFinding]:
    for name, findings in unread_files(store, rules):
        yield from (_of(x, name, effect=UNUSED) for x in findings)


def _check_raw_markets(store: RawStore) -> Iterator[CheckFinding]:
    resolved = [store.resolve(x) for x in store.ids()]
    known = [x for x in resolved if x is not None]
    derived = {x.chosen.name for x in known if x.chosen is not None and x.chosen.derived}
    passed_over = {f.name for x in known if x.chosen is not None for f in x.refused}
    for file, findings in findings_by_file(known).items():
        effect = DERIVED if file in derived else OTHER_SERVES if file in passed_over else None
        yield from (_of(x, file, effect=effect) for x in findings)


def _check_markets(series: list[TimeSeries]) -> Iterator[CheckFinding]:
    peers = [x for x in map(peer_of, series) if x is not None]
    stored = {x.info.id: x for x in series}
    for meaning, peer, defect in check_markets(peers):
        one = stored[str(peer.dataset)]
        effect = DERIVED if peer.derived else None
        for words in words_of([(meaning, defect)], peer.file, one.times, one.lines, one.info.id):
            yield _of(words, peer.file, effect=effect)
