"""Reading the times of raw files: epoch seconds, epoch milliseconds, ISO 8601 with its zone."""

from datetime import UTC, datetime

import numpy as np

from basis_lab.data.csv import RawTable, bad_row
from basis_lab.data.series import IntArray
from basis_lab.domain.market import TimeArray

# Epoch numbers are taken for seconds or milliseconds by their size: both spans are 1973 to 2286.
_SECONDS = (1e8, 1e10)
_MILLISECONDS = (1e11, 1e13)

NO_ZONE = "the times name no zone; they were read as UTC"


def read_stamps(table: RawTable, name: str) -> tuple[TimeArray, tuple[str, ...]]:
    """Return the times of a table.

    Parameters
    ----------
    table : RawTable
        The file.
    name : str
        Its time column.

    Returns
    -------
    times : ndarray of datetime64[s], shape (n,)
        UTC, in the order of the file.
    warnings : tuple of str
        What had to be taken for granted.

    Raises
    ------
    BadDataError
        If a cell is no time, or the column mixes units or zones.
    """
    cells = table.column(name)
    if cells[0].replace(".", "", 1).isdigit():
        return _epoch(table, name), ()
    return _iso(table, cells)


def _epoch(table: RawTable, name: str) -> TimeArray:
    numbers = table.numbers(name)
    scale = 1 if _SECONDS[0] <= numbers[0] < _SECONDS[1] else 1000
    low, high = _SECONDS if scale == 1 else _MILLISECONDS
    odd = np.flatnonzero(~((numbers >= low) & (numbers < high)))
    if len(odd):
        raise bad_row(
            table,
            int(odd[0]),
            f"{name} is neither epoch seconds nor milliseconds like the rest",
            table.column(name)[int(odd[0])],
        )
    whole: IntArray = (numbers // scale).astype(np.int64)
    return whole.astype("datetime64[s]")


def _iso(table: RawTable, cells: tuple[str, ...]) -> tuple[TimeArray, tuple[str, ...]]:
    moments = [_moment(table, place, cell) for place, cell in enumerate(cells)]
    zones = [moment.utcoffset() for moment in moments]
    odd = next((i for i, zone in enumerate(zones) if zone != zones[0]), None)
    if odd is not None:
        raise bad_row(
            table, odd, f"mixed zones: this row differs from the first ({cells[0]})", cells[odd]
        )
    if zones[0] is None:
        return np.array(moments, dtype="datetime64[s]"), (NO_ZONE,)
    plain = [moment.astimezone(UTC).replace(tzinfo=None) for moment in moments]
    return np.array(plain, dtype="datetime64[s]"), ()


def _moment(table: RawTable, place: int, cell: str) -> datetime:
    try:
        return datetime.fromisoformat(cell)
    except ValueError as error:
        raise bad_row(table, place, "not a time", cell) from error
