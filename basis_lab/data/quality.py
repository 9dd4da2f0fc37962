"""What can be wrong with the rows of a raw file."""

from collections.abc import Mapping

import numpy as np

from basis_lab.data.csv import RawTable, bad_row
from basis_lab.data.defects import row_defects, unit_defects
from basis_lab.data.series import DatasetKind, IntArray, time_text
from basis_lab.domain.market import FloatArray, TimeArray
from basis_lab.errors import BadDataError

# A series is interpolated when at least this share of its second differences is zero.
INTERPOLATED_SHARE = 0.90
_FLAT = 1e-12
_TESTED_ROWS = 48
# A series is smoothed when at least this share of its moves lands on its own median of a day:
# prices show a tenth, their rolling medians six tenths and more.
SMOOTHED_SHARE = 0.40
_DAY_ROWS = 25
_SMOOTHED_ROWS = 168


def distinct_rows(table: RawTable) -> tuple[RawTable, tuple[str, ...]]:
    """Drop rows that repeat an earlier one in every cell.

    Parameters
    ----------
    table : RawTable
        The file.

    Returns
    -------
    table : RawTable
        Without the repeats.
    warnings : tuple of str
        How many were dropped, and the first.
    """
    first: dict[tuple[str, ...], int] = {}
    for place, row in enumerate(table.rows):
        first.setdefault(row, place)
    if len(first) == len(table.rows):
        return table, ()
    kept = np.array(sorted(first.values()), dtype=np.int64)
    repeats = np.setdiff1d(np.arange(len(table.rows)), kept)
    text = (
        f"{len(repeats)} rows repeat an earlier one in every column and were dropped "
        f"(first: row {table.lines[repeats[0]]})"
    )
    return table.taken(kept), (text,)


def check_ascending(table: RawTable, times: TimeArray, fields: Mapping[str, FloatArray]) -> None:
    """Refuse a file that is not in order of time, or that has two rows for one time.

    Parameters
    ----------
    table : RawTable
        The file.
    times : ndarray of datetime64[s], shape (n,)
        Its times.
    fields : mapping of str to ndarray of shape (n,)
        Its columns, quoted where two rows contradict each other.

    Raises
    ------
    BadDataError
        Naming the first row.
    """
    _check_conflicts(table, times, fields)
    steps = np.diff(times).astype(np.int64)
    if (steps <= 0).any():
        place = int(np.argmax(steps <= 0)) + 1
        raise bad_row(table, place, "rows are not in order of time", time_text(times[place]))


def in_order(
    table: RawTable, times: TimeArray, fields: Mapping[str, FloatArray]
) -> tuple[IntArray, tuple[str, ...]]:
    """Return the order of time of an archive, one row for rows that agree in what is read.

    Parameters
    ----------
    table : RawTable
        The file.
    times : ndarray of datetime64[s], shape (n,)
        Its times, in any order.
    fields : mapping of str to ndarray of shape (n,)
        The columns that are read.

    Returns
    -------
    places : ndarray of int
        Rows to take, in the order of time.
    warnings : tuple of str
        What was sorted and left out.

    Raises
    ------
    BadDataError
        If two rows of one time contradict each other.
    """
    _check_conflicts(table, times, fields)
    _, places = np.unique(times, return_index=True)
    warnings: list[str] = []
    if (np.diff(times).astype(np.int64) < 0).any():
        warnings.append("rows were put in the order of time (an archive of daily files)")
    if len(places) < len(times):
        warnings.append(
            f"{len(times) - len(places)} rows repeat a time and agree in what is read; "
            "one of each was kept"
        )
    return places.astype(np.int64), tuple(warnings)


def _check_conflicts(table: RawTable, times: TimeArray, fields: Mapping[str, FloatArray]) -> None:
    order = np.argsort(times, kind="stable")
    same = times[order][1:] == times[order][:-1]
    differs = np.zeros(len(same), dtype=bool)
    for values in fields.values():
        differs |= values[order][1:] != values[order][:-1]
    conflicts = np.flatnonzero(same & differs)
    if len(conflicts):
        first, second = order[conflicts[0]], order[conflicts[0] + 1]
        name = next(x for x, values in fields.items() if values[first] != values[second])
        raise bad_row(
            table,
            int(second),
            f"{len(conflicts)} rows contradict another row of the same time; the first, "
            f"{time_text(times[second])}, contradicts row {table.lines[first]} in {name}",
            f"{fields[name][first]:.12g} and {fields[name][second]:.12g}",
        )


def check_values(table: RawTable, kind: DatasetKind, fields: Mapping[str, FloatArray]) -> None:
    """Refuse a file with a value that cannot be true.

    Parameters
    ----------
    table : RawTable
        The file, in the order of time.
    kind : DatasetKind
        What it holds.
    fields : mapping of str to ndarray of shape (n,)
        Its columns.

    Raises
    ------
    BadDataError
        For the first of its defects, naming the row.
    """
    for defect in unit_defects(kind, fields):
        raise BadDataError(
            defect.what,
            where=table.file,
            value=defect.value,
            remedy="write it as a fraction (0.0001 is one basis point)",
        )
    for defect in row_defects(kind, fields):
        raise bad_row(table, int(defect.places[0]), defect.what, defect.value)


def interpolated_share(values: FloatArray, bend: float) -> float:
    """Return the share of second differences that are zero where the series moves.

    Parameters
    ----------
    values : ndarray of shape (n,)
        A price or an index.
    bend : float
        What still counts as zero, as a fraction of the step.

    Returns
    -------
    float
        In [0, 1]; 0 for a series that is too short or moves too rarely to tell. Flat stretches
        do not count: a value that is published rarely and repeated is no interpolation.
    """
    steps = np.diff(values)
    moving = steps[:-1] != 0.0
    if moving.sum() < _TESTED_ROWS:
        return 0.0
    bends = np.abs(np.diff(steps))
    zero = np.maximum(_FLAT * np.abs(values[1:-1]), bend * np.abs(steps[:-1]))
    return float(np.mean((bends <= zero)[moving]))


def smoothed_share(values: FloatArray) -> float:
    """Return the share of moves that land on the median of the day around them.

    Parameters
    ----------
    values : ndarray of shape (n,)
        An hourly price.

    Returns
    -------
    float
        In [0, 1]; 0 for a series that is too short or moves too rarely to tell.

    Notes
    -----
    A rolling median is nearly its own rolling median again (its root signal); a price is not.
    """
    if len(values) < _DAY_ROWS:
        return 0.0
    half = _DAY_ROWS // 2
    medians = np.median(np.lib.stride_tricks.sliding_window_view(values, _DAY_ROWS), axis=1)
    centre = values[half : half + len(medians)]
    moved = centre != values[half - 1 : half - 1 + len(medians)]
    if moved.sum() < _SMOOTHED_ROWS:
        return 0.0
    return float(np.mean((medians == centre)[moved]))
