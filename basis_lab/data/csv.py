"""Raw CSV files as text cells, with the line that each row stands on."""

import csv
import gzip
import zlib
from dataclasses import dataclass
from io import StringIO
from itertools import islice

import numpy as np

from basis_lab.data.places import Place
from basis_lab.data.series import IntArray
from basis_lab.domain.market import FloatArray
from basis_lab.errors import BadDataError

PARQUET = b"PAR1"
MEND = "mend or replace the file; nothing is repaired silently"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """The cells of one file.

    Parameters
    ----------
    file : str
        Its name, for messages.
    header : tuple of str
        Column names.
    rows : tuple of tuple of str
        Cells as written.
    lines : ndarray of int, shape (n,)
        The line of each row in the file, the first line being 1.
    """

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: IntArray

    def column(self, name: str) -> tuple[str, ...]:
        """Return the cells of one column.

        Parameters
        ----------
        name : str
            A name of the header.

        Returns
        -------
        tuple of str
            As written.
        """
        place = self.header.index(name)
        return tuple(row[place] for row in self.rows)

    def numbers(self, name: str) -> FloatArray:
        """Return one column as numbers.

        Parameters
        ----------
        name : str
            A name of the header.

        Returns
        -------
        ndarray of shape (n,)
            As written.

        Raises
        ------
        BadDataError
            If a cell is empty or no number.
        """
        cells = self.column(name)
        try:
            return np.array(cells, dtype=np.float64)
        except ValueError as error:
            place = next(i for i, cell in enumerate(cells) if not _is_number(cell))
            raise bad_row(self, place, f"{name} is no number", cells[place]) from error

    def taken(self, places: IntArray) -> "RawTable":
        """Return some of the rows, in the order given.

        Parameters
        ----------
        places : ndarray of int
            Places of the rows to take.

        Returns
        -------
        RawTable
            The same file with those rows.
        """
        rows = tuple(self.rows[i] for i in places)
        return RawTable(file=self.file, header=self.header, rows=rows, lines=self.lines[places])


def read_table(path: Place, name: str) -> RawTable:
    """Read a CSV file, gzipped or not.

    Parameters
    ----------
    path : Place
        The file.
    name : str
        What messages call it.

    Returns
    -------
    RawTable
        Its cells; lines that begin with ``#`` are left out.

    Raises
    ------
    BadDataError
        If it cannot be opened, is no text, has no rows, or a row has another number of cells than
        the header.
    """
    try:
        rows, lines = _cells(path)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise BadDataError(
            "a file cannot be opened",
            where=name,
            value=error.strerror,
            remedy="check that it is a file, and that you may read it",
        ) from error
    except (UnicodeDecodeError, OSError, EOFError, zlib.error, csv.Error) as error:
        raise BadDataError(
            "a file cannot be read as CSV",
            where=name,
            value=str(error),
            remedy="give comma separated UTF-8 text, plain or gzipped",
        ) from error
    if len(rows) < 2:  # noqa: PLR2004 - a header and a row
        raise BadDataError("a file has no rows", where=name, remedy="remove or replace it")
    table = RawTable(
        file=name,
        header=rows[0],
        rows=tuple(islice(rows, 1, None)),
        lines=np.array(lines[1:], dtype=np.int64),
    )
    _check_header(table)
    _check_widths(table)
    return table


def bad_row(
    table: RawTable, place: int, what: str, value: object, remedy: str = MEND
) -> BadDataError:
    """Word the refusal of a file for one of its rows.

    Parameters
    ----------
    table : RawTable
        The file.
    place : int
        The row's place in the table.
    what : str
        What is wrong.
    value : object
        What stands there.
    remedy : str
        What to do.

    Returns
    -------
    BadDataError
        Naming file and row.
    """
    return BadDataError(
        what,
        where=f"{table.file}, row {table.lines[place]}",
        value=value,
        remedy=remedy,
    )


def _cells(path: Place) -> tuple[list[tuple[str, ...]], list[int]]:
    """Return the rows, and the line of each; a last line that was cut off shows as its own end."""
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    content = _text(path)
    reader = csv.reader(StringIO(content, newline=""), strict=True)
    for row in reader:
        if row and not row[0].startswith("#"):
            rows.append(tuple(row))
            lines.append(reader.line_num)
    if content and content[-1] not in "\r\n":
        raise EOFError(
            f"row {reader.line_num} has no end of line: the file may have been cut off "
            "(end it with a new line where it is complete)"
        )
    return rows, lines


def _text(path: Place) -> str:
    content = path.read_bytes()
    if content.startswith(PARQUET):
        raise csv.Error("it is Parquet, whatever its name says")
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")


def _check_header(table: RawTable) -> None:
    twice = [x for x in dict.fromkeys(table.header) if table.header.count(x) > 1]
    if twice:
        raise BadDataError(
            "a column stands twice in the header",
            where=f"{table.file}, row 1",
            value=", ".join(twice),
            remedy="keep one of them",
        )


def _check_widths(table: RawTable) -> None:
    width = len(table.header)
    for place, row in enumerate(table.rows):
        if len(row) != width:
            raise bad_row(table, place, f"a row has {len(row)} cells, the header {width}", row[0])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
