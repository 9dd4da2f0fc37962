"""Rows that say nothing new or nothing yet: they are left out, and it is said."""

from collections.abc import Sequence

import numpy as np

from basis_lab.data.checks.meanings import ASSUMED, EQUAL_ROWS, STARTS_LATE
from basis_lab.data.csv import RawTable
from basis_lab.data.findings import Finding
from basis_lab.data.series import IntArray
from basis_lab.domain.market import TimeArray
from basis_lab.domain.wording import agree


def distinct_rows(table: RawTable) -> tuple[RawTable, tuple[Finding, ...]]:
    """Drop rows that repeat an earlier one in every cell.

    Parameters
    ----------
    table : RawTable
        The file.

    Returns
    -------
    table : RawTable
        Without the repeats.
    findings : tuple of Finding
        How many were dropped, and the first.
    """
    first: dict[tuple[str, ...], int] = {}
    for place, row in enumerate(table.rows):
        first.setdefault(row, place)
    if len(first) == len(table.rows):
        return table, ()
    kept = np.array(sorted(first.values()), dtype=np.int64)
    repeats = np.setdiff1d(np.arange(len(table.rows)), kept)
    words = agree(len(repeats), "row repeats", "rows repeat")
    were = agree(len(repeats), "was", "were")
    text = (
        f"{len(repeats)} {words} an earlier one in every column and {were} dropped "
        f"(first: row {table.lines[repeats[0]]})"
    )
    return table.taken(kept), (Finding(EQUAL_ROWS, text, f"row {table.lines[repeats[0]]}"),)


def begun(
    table: RawTable, time: str, columns: Sequence[str]
) -> tuple[RawTable, tuple[Finding, ...]]:
    """Leave out the first rows of a file in which a column has no value yet.

    Parameters
    ----------
    table : RawTable
        The file.
    time : str
        Its time column.
    columns : sequence of str
        The columns that are read.

    Returns
    -------
    table : RawTable
        From its first whole row on; unchanged where no row is whole, or a later row is older
        than one that would go: an empty cell there is refused like any other.
    findings : tuple of Finding
        How many were left out, and for which columns.
    """
    late = {name: _empty_until(table.column(name)) for name in columns}
    count = max(late.values())
    stamps = table.column(time)  # texts of one format sort as their times do
    if not 0 < count < len(stamps) or max(stamps[:count]) >= min(stamps[count:]):
        return table, ()
    names = ", ".join(name for name, empty in late.items() if empty)
    text = (
        f"{count} {agree(count, 'row has', 'rows have')} no {names} yet and "
        f"{agree(count, 'was', 'were')} left out: the series begins at row "
        f"{table.lines[count]} ({stamps[count]})"
    )
    rows = f"row {table.lines[0]} and {count - 1} more" if count > 1 else f"row {table.lines[0]}"
    return table.taken(np.arange(count, len(stamps))), (Finding(STARTS_LATE, text, rows),)


def _empty_until(cells: Sequence[str]) -> int:
    """Return the place of the first cell that holds something."""
    return next((i for i, cell in enumerate(cells) if cell.strip()), len(cells))


def in_order(times: TimeArray) -> tuple[IntArray, tuple[Finding, ...]]:
    """Return the order of time of an archive whose rows of one time agree, one row a time.

    Parameters
    ----------
    times : ndarray of datetime64[s], shape (n,)
        Its times, in any order.

    Returns
    -------
    places : ndarray of int
        Rows to take, in the order of time.
    findings : tuple of Finding
        What was sorted and left out.
    """
    _, places = np.unique(times, return_index=True)
    found: list[Finding] = []
    if (np.diff(times).astype(np.int64) < 0).any():
        text = "rows were put in the order of time (an archive of daily files)"
        found.append(Finding(ASSUMED, text))
    if len(places) < len(times):
        count = len(times) - len(places)
        text = (
            f"{count} {agree(count, 'row repeats', 'rows repeat')} a time and "
            f"{agree(count, 'agrees', 'agree')} in what is read; one of each was kept"
        )
        found.append(Finding(EQUAL_ROWS, text))
    return places.astype(np.int64), tuple(found)
