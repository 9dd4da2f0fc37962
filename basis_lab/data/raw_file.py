"""One raw file, read and checked: its rows, or why it was refused."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from basis_lab.data.checks import meanings
from basis_lab.data.checks.cells import cells_of, numbers_of
from basis_lab.data.checks.rows import Rows
from basis_lab.data.checks.table import check_cells, check_order, check_series
from basis_lab.data.checks.volumes import COUNTED_KINDS, VOLUME
from basis_lab.data.columns import find_column, layout_of, read_fields
from basis_lab.data.csv import RawTable, bad_row, read_table
from basis_lab.data.findings import Finding, Severity, Stop
from basis_lab.data.named_dates import find_rows_short_of_name
from basis_lab.data.places import Place
from basis_lab.data.quality import words_of
from basis_lab.data.recognise import Recognised
from basis_lab.data.repairs import Repair, repair
from basis_lab.data.rewards import COLUMNS, TOTAL, printed_warnings, read_rewards
from basis_lab.data.series import (
    BAR_KINDS,
    DatasetId,
    DatasetKind,
    IntArray,
    nominal_interval_s,
    time_text,
)
from basis_lab.data.stamps import read_stamps
from basis_lab.data.tidy import begun, distinct_rows, in_order
from basis_lab.domain.intervals import SECONDS, interval_text
from basis_lab.domain.market import FloatArray, TimeArray
from basis_lab.domain.wording import agree
from basis_lab.errors import BadDataError

FEW_BARS = 3  # fewer do not tell how far apart bars are


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """A raw file that can serve.

    Parameters
    ----------
    path : Place
        The file.
    name : str
        Its path inside the directory.
    dataset : DatasetId
        What it is for.
    times : ndarray of datetime64[s], shape (n,)
        UTC, strictly ascending.
    fields : mapping of str to ndarray of shape (n,)
        Its columns in our units.
    lines : ndarray of int, shape (n,)
        The line of each row.
    archive : bool
        True where the labels need checking against another venue.
    derived : bool
        True where the rows are interpolated or smoothed.
    findings : tuple of Finding
        What was found; an ERROR among them stops only a run that needs its rows.
    smoothed : bool
        True where they are derived by a rolling median.
    partner : Place or None
        A second file that they were made from.
    volume : ndarray of shape (n,) or None
        What its bars traded, in a unit that nothing states; NaN where a cell is empty, None where
        the file has no such numbers. No run uses it.
    """

    path: Place
    name: str
    dataset: DatasetId
    times: TimeArray
    fields: Mapping[str, FloatArray]
    lines: IntArray
    archive: bool
    derived: bool
    findings: tuple[Finding, ...]
    smoothed: bool = False
    partner: Place | None = None
    volume: FloatArray | None = None

    @property
    def rows(self) -> Rows:
        """What the checks look at."""
        return Rows(
            kind=self.dataset.kind,
            times=self.times,
            fields=self.fields,
            interval_s=_spacing_s(self.dataset.kind, self.times),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFile:
    """A raw file that cannot serve.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Its path inside the directory.
    dataset : DatasetId
        What it is for.
    findings : tuple of Finding
        What was found, with the errors that refuse it.
    rows : Rows or None
        One row a time, for further checks alone; None where it could not be read.
    """

    path: Place
    name: str
    dataset: DatasetId
    findings: tuple[Finding, ...]
    rows: Rows | None = None


def read_raw_file(
    path: Place, name: str, recognised: Recognised, repairs: Sequence[Repair] = ()
) -> RawFile | RefusedFile:
    """Read and check one file.

    Parameters
    ----------
    path : Place
        The file.
    name : str
        Its path inside the directory, for messages.
    recognised : Recognised
        What its name says.
    repairs : sequence of Repair
        What is to be repaired, in order.

    Returns
    -------
    RawFile or RefusedFile
        Its rows, or the errors that refuse it.
    """
    dataset = recognised.dataset
    told: list[Finding] = []
    try:
        table, repeats = distinct_rows(read_table(path, name))
        told += [*repeats, *cell_findings(table, dataset.kind)]
        table, late = _begun(table, dataset.kind)
        told += late
        times, fields, zones = _columns(table, dataset)
    except BadDataError as error:
        told.append(Finding(meanings.UNREADABLE, str(error)))
        return RefusedFile(path=path, name=name, dataset=dataset, findings=tuple(told))
    told += [*zones, *_column_notes(table, dataset.kind)]
    rows = Rows(
        kind=dataset.kind,
        times=times,
        fields=fields,
        interval_s=_spacing_s(dataset.kind, np.unique(times)),
    )
    rows, lines, repaired = repair(rows, table.lines, repairs)
    told += repaired
    found = [x for x in check_order(rows) if not (recognised.archive and x[0] is meanings.ORDER)]
    told += words_of(found, name, rows.times, lines, str(dataset))
    rows, lines, sorting = _sorted(rows, lines)
    told += sorting if not found else ()
    told += _interval_findings(name, dataset, rows.times)
    if dataset.kind is not DatasetKind.REWARDS:  # they may be named by periods or by payments
        told += find_rows_short_of_name(name, rows.times, begun_late=bool(late))
    file = RawFile(
        path=path,
        name=name,
        dataset=dataset,
        times=rows.times,
        fields=rows.fields,
        lines=lines,
        archive=recognised.archive,
        derived=False,
        findings=tuple(told),
        volume=_volume(table, dataset.kind, lines),
    )
    return judged(file)


def judged(file: RawFile) -> RawFile | RefusedFile:
    """Return a file with what the checks of its series found, refused where they refuse it.

    Parameters
    ----------
    file : RawFile
        The file, in the order of time.

    Returns
    -------
    RawFile or RefusedFile
        With its findings, the errors last.
    """
    found = list(check_series(file.rows))
    printed: Iterable[str] = ()
    if TOTAL in file.fields and all(x[0].severity is not Severity.ERROR for x in found):
        printed = printed_warnings(file.fields, file.lines)
    findings = [
        *file.findings,
        *words_of(found, file.name, file.times, file.lines, str(file.dataset)),
        *(Finding(meanings.PRINTED_UNITS, x) for x in printed),
    ]
    findings.sort(key=_place_of)
    if any(refuses(x) for x in findings):
        return RefusedFile(
            path=file.path,
            name=file.name,
            dataset=file.dataset,
            findings=tuple(findings),
            rows=file.rows,
        )
    names = {x.meaning.name for x in findings}
    smoothed = meanings.SMOOTHED.name in names
    return replace(
        file,
        derived=file.derived or smoothed or meanings.INTERPOLATED.name in names,
        smoothed=smoothed and meanings.INTERPOLATED.name not in names,
        findings=tuple(findings),
    )


def refuses(finding: Finding) -> bool:
    """Tell if a finding refuses its file.

    Parameters
    ----------
    finding : Finding
        What was found.

    Returns
    -------
    bool
        True for an ERROR about the whole file.
    """
    return finding.severity is Severity.ERROR and finding.meaning.stops is Stop.FILE


def _place_of(finding: Finding) -> int:
    """Return where a finding stands among others: warnings, holes, notes, what refuses."""
    if refuses(finding):
        return 3
    order = (Severity.WARNING, Severity.ERROR, Severity.NOTE)
    return order.index(finding.severity)


def _sorted(rows: Rows, lines: IntArray) -> tuple[Rows, IntArray, tuple[Finding, ...]]:
    """Return rows in the order of time, one a time; the others are told or refused elsewhere."""
    places, told = in_order(rows.times)
    fields = {name: values[places] for name, values in rows.fields.items()}
    ordered = Rows(
        kind=rows.kind, times=rows.times[places], fields=fields, interval_s=rows.interval_s
    )
    return ordered, lines[places], told


def _columns(
    table: RawTable, dataset: DatasetId
) -> tuple[TimeArray, dict[str, FloatArray], tuple[Finding, ...]]:
    if dataset.kind is DatasetKind.REWARDS:
        return *read_rewards(table), ()
    times, zones = read_stamps(table, find_column(table, layout_of(dataset.kind).times))
    if dataset.kind is DatasetKind.LST_MARKET:
        _check_market(table, dataset)
    told = tuple(Finding(meanings.ASSUMED, x) for x in zones)
    return times, read_fields(table, dataset.kind), told


def _begun(table: RawTable, kind: DatasetKind) -> tuple[RawTable, tuple[Finding, ...]]:
    if kind is DatasetKind.REWARDS:
        return table, ()
    layout = layout_of(kind)
    columns = [find_column(table, names) for names in layout.fields.values()]
    return begun(table, find_column(table, layout.times), columns)


def _volume(table: RawTable, kind: DatasetKind, lines: IntArray) -> FloatArray | None:
    if kind not in COUNTED_KINDS or VOLUME not in table.header:
        return None
    every = numbers_of(table.column(VOLUME))
    return None if every is None else every[np.searchsorted(table.lines, lines)]


def _spacing_s(kind: DatasetKind, times: TimeArray) -> int:
    return nominal_interval_s(times, bars=kind in BAR_KINDS)


def _interval_findings(name: str, dataset: DatasetId, times: TimeArray) -> tuple[Finding, ...]:
    """Tell of bars whose spacing is another than their name says."""
    if dataset.kind not in BAR_KINDS or len(times) < FEW_BARS:
        return ()
    found = nominal_interval_s(times, bars=True)
    if found == SECONDS[dataset.interval]:
        return ()
    error = BadDataError(
        f"the name says bars of {dataset.interval}, the rows are {interval_text(found)} apart",
        where=name,
        value=f"{len(times)} {agree(len(times), 'row')} from {time_text(times[0])}",
        remedy=meanings.OTHER_INTERVAL.remedy,
    )
    return (Finding(meanings.OTHER_INTERVAL, str(error)),)


def _check_market(table: RawTable, dataset: DatasetId) -> None:
    """Refuse quotes that say they are of another market than the one they are read for."""
    if "dex" not in table.header:
        return
    cells = table.column("dex")
    place = next((i for i, cell in enumerate(cells) if cell != dataset.venue), None)
    if place is not None:
        raise bad_row(table, place, f"a quote that is not of {dataset.venue}", cells[place])


def _column_notes(table: RawTable, kind: DatasetKind) -> tuple[Finding, ...]:
    """Say which column was read where the file offers a choice."""
    if kind not in {DatasetKind.FUNDING, DatasetKind.GAS}:
        return ()
    layout = layout_of(kind)
    time = find_column(table, layout.times)
    columns = [find_column(table, names) for names in layout.fields.values()]
    return (Finding(meanings.COLUMN_READ, f"{', '.join(columns)} by {time} was read"),)


def cell_findings(table: RawTable, kind: DatasetKind | None) -> tuple[Finding, ...]:
    """Return what the cells of a file tell, beyond the columns that are read.

    Parameters
    ----------
    table : RawTable
        The file.
    kind : DatasetKind or None
        What it holds; None where nothing of it is read.

    Returns
    -------
    tuple of Finding
        Notes.
    """
    read = [] if kind is None else _read_of(table, kind)
    cells = cells_of(table, read, read[0] if read else None)
    return tuple(words_of(check_cells(cells), table.file, None, table.lines))


def _read_of(table: RawTable, kind: DatasetKind) -> list[str]:
    """Return the columns that serve, where the file has them; the times first."""
    if kind is DatasetKind.REWARDS:
        return [x for x in COLUMNS if x in table.header]
    layout = layout_of(kind)
    chosen = (layout.times, *layout.fields.values())
    found = [[x for x in names if x in table.header][:1] for names in chosen]
    return [x for names in found for x in names]
