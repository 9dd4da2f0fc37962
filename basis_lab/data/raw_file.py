"""One raw file, read and checked: its rows, or why it was refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from basis_lab.data.columns import find_column, layout_of, read_fields
from basis_lab.data.csv import RawTable, read_table
from basis_lab.data.quality import (
    INTERPOLATED_SHARE,
    check_ascending,
    check_values,
    distinct_rows,
    in_order,
    interpolated_share,
)
from basis_lab.data.recognise import Recognised
from basis_lab.data.series import DatasetId, DatasetKind, IntArray
from basis_lab.data.stamps import read_stamps
from basis_lab.domain.market import FloatArray, TimeArray
from basis_lab.errors import BadDataError


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
    path : Path
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
        True where the rows are interpolated.
    findings : tuple of Finding
        What was found, none of it an ERROR.
    """

    path: Path
    name: str
    dataset: DatasetId
    times: TimeArray
    fields: Mapping[str, FloatArray]
    lines: IntArray
    archive: bool
    derived: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFile:
    """A raw file that cannot serve."""

    path: Path
    name: str
    dataset: DatasetId
    findings: tuple[Finding, ...]


def read_raw_file(path: Path, name: str, recognised: Recognised) -> RawFile | RefusedFile:
    """Read and check one file.

    Parameters
    ----------
    path : Path
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


def _read(path: Path, name: str, dataset: DatasetId, *, archive: bool) -> RawFile:
    table, repeats = distinct_rows(read_table(path, name))
    time_column = find_column(table, layout_of(dataset.kind).times)
    times, zones = read_stamps(table, time_column)
    fields = read_fields(table, dataset.kind)
    check_values(table, dataset.kind, fields)
    sorting: tuple[str, ...] = ()
    if archive:
        places, sorting = in_order(table, times, fields)
        table, times = table.taken(places), times[places]
        fields = {x: values[places] for x, values in fields.items()}
    else:
        check_ascending(table, times, fields)
    derived = _derived(dataset.kind, fields)
    warnings = [Finding(Severity.WARNING, x) for x in (*repeats, *zones, *sorting, *derived)]
    return RawFile(
        path=path,
        name=name,
        dataset=dataset,
        times=times,
        fields=fields,
        lines=table.lines,
        archive=archive,
        derived=bool(derived),
        findings=(*warnings, *_column_notes(table, dataset.kind)),
    )


def _derived(kind: DatasetKind, fields: Mapping[str, FloatArray]) -> tuple[str, ...]:
    if kind in {DatasetKind.FUNDING, DatasetKind.GAS}:
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


def _column_notes(table: RawTable, kind: DatasetKind) -> tuple[Finding, ...]:
    """Say which column was read where the file offers a choice."""
    if kind not in {DatasetKind.FUNDING, DatasetKind.GAS}:
        return ()
    layout = layout_of(kind)
    time = find_column(table, layout.times)
    columns = [find_column(table, names) for names in layout.fields.values()]
    return (Finding(Severity.NOTE, f"{', '.join(columns)} by {time} was read"),)
