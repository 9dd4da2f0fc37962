"""One raw file, read and checked: its rows, or why it was refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from basis_lab.data.columns import find_column, layout_of, read_fields
from basis_lab.data.csv import RawTable, bad_row, read_table
from basis_lab.data.places import Place
from basis_lab.data.quality import (
    INTERPOLATED_SHARE,
    SMOOTHED_SHARE,
    check_ascending,
    check_values,
    distinct_rows,
    in_order,
    interpolated_share,
    smoothed_share,
)
from basis_lab.data.recognise import Recognised
from basis_lab.data.rewards import TOTAL, printed_warnings, read_rewards
from basis_lab.data.series import (
    BAR_KINDS,
    DatasetId,
    DatasetKind,
    IntArray,
    nominal_interval_s,
    time_text,
)
from basis_lab.data.stamps import read_stamps
from basis_lab.domain.intervals import SECONDS, interval_text
from basis_lab.domain.market import FloatArray, TimeArray
from basis_lab.errors import BadDataError

FEW_BARS = 3  # fewer do not tell how far apart bars are


class Severity(StrEnum):
    """How much a finding matters."""

    NOTE = "NOTE"
    WARNING = "WARNING"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a file."""

    severity: Severity
    text: str

    def __str__(self) -> str:
        """Print it on one line."""
        return f"{self.severity}: {self.text}"


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
        What was found, none of it an ERROR.
    smoothed : bool
        True where they are derived by a rolling median.
    partner : Place or None
        A second file that they were made from.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFile:
    """A raw file that cannot serve."""

    path: Place
    name: str
    dataset: DatasetId
    findings: tuple[Finding, ...]


def read_raw_file(path: Place, name: str, recognised: Recognised) -> RawFile | RefusedFile:
    """Read and check one file.

    Parameters
    ----------
    path : Place
        The file.
    name : str
        Its path inside the directory, for messages.
    recognised : Recognised
        What its name says.

    Returns
    -------
    RawFile or RefusedFile
        Its rows, or the ERROR that refuses it.
    """
    dataset = recognised.dataset
    try:
        return _read(path, name, dataset, archive=recognised.archive)
    except BadDataError as error:
        finding = Finding(Severity.ERROR, str(error))
        return RefusedFile(path=path, name=name, dataset=dataset, findings=(finding,))


def _read(path: Place, name: str, dataset: DatasetId, *, archive: bool) -> RawFile:
    table, repeats = distinct_rows(read_table(path, name))
    times, fields, zones = _columns(table, dataset)
    sorting: tuple[str, ...] = ()
    if archive:
        places, sorting = in_order(table, times, fields)
        table, times = table.taken(places), times[places]
        fields = {x: values[places] for x, values in fields.items()}
    else:
        check_ascending(table, times, fields)
    check_values(table, dataset.kind, fields)
    _check_interval(table, dataset, times)
    smoothed = _smoothed(dataset.kind, fields)
    derived = _interpolated(dataset.kind, fields) or smoothed
    printed = printed_warnings(fields, table.lines) if TOTAL in fields else ()
    texts = (*repeats, *zones, *sorting, *derived, *printed)
    return RawFile(
        path=path,
        name=name,
        dataset=dataset,
        times=times,
        fields=fields,
        lines=table.lines,
        archive=archive,
        derived=bool(derived),
        smoothed=derived is smoothed and bool(smoothed),
        findings=(
            *(Finding(Severity.WARNING, x) for x in texts),
            *_column_notes(table, dataset.kind),
        ),
    )


def _columns(
    table: RawTable, dataset: DatasetId
) -> tuple[TimeArray, dict[str, FloatArray], tuple[str, ...]]:
    if dataset.kind is DatasetKind.REWARDS:
        return *read_rewards(table), ()
    times, zones = read_stamps(table, find_column(table, layout_of(dataset.kind).times))
    if dataset.kind is DatasetKind.LST_MARKET:
        _check_market(table, dataset)
    return times, read_fields(table, dataset.kind), zones


def _check_interval(table: RawTable, dataset: DatasetId, times: TimeArray) -> None:
    """Refuse bars whose spacing is another than their name says."""
    if dataset.kind not in BAR_KINDS or len(times) < FEW_BARS:
        return
    found = nominal_interval_s(times, bars=True)
    if found != SECONDS[dataset.interval]:
        raise BadDataError(
            f"the name says bars of {dataset.interval}, the rows are {interval_text(found)} apart",
            where=table.file,
            value=f"{len(times)} rows from {time_text(times[0])}",
            remedy="name the file by its true interval",
        )


def _check_market(table: RawTable, dataset: DatasetId) -> None:
    """Refuse quotes that say they are of another market than the one they are read for."""
    if "dex" not in table.header:
        return
    cells = table.column("dex")
    place = next((i for i, cell in enumerate(cells) if cell != dataset.venue), None)
    if place is not None:
        raise bad_row(table, place, f"a quote that is not of {dataset.venue}", cells[place])


def _interpolated(kind: DatasetKind, fields: Mapping[str, FloatArray]) -> tuple[str, ...]:
    if kind in {DatasetKind.FUNDING, DatasetKind.GAS, DatasetKind.REWARDS}:
        return ()
    name = next(iter(fields))
    # The ratio of two straight lines bends a little.
    share = interpolated_share(fields[name], 0.01 if kind is DatasetKind.ORACLE else 0.0)
    if share < INTERPOLATED_SHARE:
        return ()
    text = (
        f"derived: {share:.0%} of the second differences of {name} are zero (straight lines "
        "between rarer values, which look ahead)"
    )
    return (text,)


def _smoothed(kind: DatasetKind, fields: Mapping[str, FloatArray]) -> tuple[str, ...]:
    if kind not in {*BAR_KINDS, DatasetKind.LST_MARKET}:
        return ()
    name = next(iter(fields))
    share = smoothed_share(fields[name])
    if share < SMOOTHED_SHARE:
        return ()
    text = (
        f"derived: smoothed, {share:.0%} of the moves of {name} land on its own median of 24 h "
        "(short moves do not show)"
    )
    return (text,)


def _column_notes(table: RawTable, kind: DatasetKind) -> tuple[Finding, ...]:
    """Say which column was read where the file offers a choice."""
    if kind not in {DatasetKind.FUNDING, DatasetKind.GAS}:
        return ()
    layout = layout_of(kind)
    time = find_column(table, layout.times)
    columns = [find_column(table, names) for names in layout.fields.values()]
    return (Finding(Severity.NOTE, f"{', '.join(columns)} by {time} was read"),)
