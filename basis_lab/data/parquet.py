"""Canonical Parquet files: a time column and number columns, written and read by buffers.

Arrays cross to pyarrow as buffers because its list and numpy conversions import pandas.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from basis_lab.data.writing import make_directory, whole_file
from basis_lab.domain.market import TimeArray
from basis_lab.errors import BadDataError

TIME = "time"

# Years of minutes are not worth the time that the densest compression takes.
DENSE, QUICK, LONG = 19, 3, 200_000
GROUP_ROWS = 1 << 17  # three months of minutes: a range is read by groups

Column = npt.NDArray[np.number[Any]]


def write_columns(path: Path, times: TimeArray, columns: Mapping[str, Column]) -> None:
    """Write one dataset.

    Parameters
    ----------
    path : Path
        The file; its folder is made where needed.
    times : ndarray of datetime64, shape (n,)
        Ascending, UTC.
    columns : mapping of str to ndarray of shape (n,)
        int32, int64 or float64; integers are stored as differences.

    Raises
    ------
    UsageError
        If its folder cannot be made.
    UnwrittenError
        If no space is left; nothing half is.
    """
    import pyarrow.parquet as pq

    integers = [name for name, values in columns.items() if values.dtype.kind == "i"]
    make_directory(path.parent)
    with whole_file(path) as aside:
        pq.write_table(
            buffered(times, columns, "UTC"),
            aside,
            compression="zstd",
            compression_level=DENSE if len(times) < LONG else QUICK,
            use_dictionary=False,
            column_encoding=dict.fromkeys([TIME, *integers], "DELTA_BINARY_PACKED"),
            write_statistics=False,
            row_group_size=GROUP_ROWS,
        )


def buffered(times: TimeArray, columns: Mapping[str, Column], zone: str | None) -> Any:
    """Return arrays as a table of Arrow, without a copy.

    Parameters
    ----------
    times : ndarray of datetime64, shape (n,)
        UTC.
    columns : mapping of str to ndarray of shape (n,)
        int32, int64 or float64.
    zone : str or None
        What the type of the times says of their zone.

    Returns
    -------
    pyarrow.Table
        ``time`` in milliseconds, then the columns.
    """
    import pyarrow as pa

    stamps = times.astype("datetime64[ms]").astype(np.int64)
    arrays = [_array(pa.timestamp("ms", zone), stamps)]
    arrays += [_array(_arrow_type(values), values) for values in columns.values()]
    return pa.Table.from_arrays(arrays, names=[TIME, *columns])


def read_columns(path: Path) -> tuple[TimeArray, dict[str, Column]]:
    """Read one dataset.

    Parameters
    ----------
    path : Path
        A file as ``write_columns`` writes it.

    Returns
    -------
    times : ndarray of datetime64[s], shape (n,)
        UTC.
    columns : dict of str to ndarray of shape (n,)
        As stored.

    Raises
    ------
    BadDataError
        If the file is no such Parquet file.
    """
    content, where = path.read_bytes(), str(path)
    times = parse_times(content, where)
    return times, parse_columns(content, where, (0, len(times)))


def parse_times(content: bytes, where: str) -> TimeArray:
    """Read the times of a dataset from the content of its file.

    Parameters
    ----------
    content : bytes
        Of a file as ``write_columns`` writes it.
    where : str
        The file, for messages.

    Returns
    -------
    ndarray of datetime64[s], shape (n,)
        UTC, of all rows.

    Raises
    ------
    BadDataError
        If the file is no such Parquet file.
    """
    import pyarrow as pa

    with _opened(content, where) as file:
        schema = file.schema_arrow
        if TIME not in schema.names or schema.field(TIME).type != pa.timestamp("ms", "UTC"):
            raise _unreadable(where, f"it has no column {TIME!r} of UTC milliseconds")
        stamps = _values(where, TIME, file.read([TIME], use_threads=False).column(TIME))
    return (stamps // 1000).astype("datetime64[s]")


def parse_columns(content: bytes, where: str, rows: tuple[int, int]) -> dict[str, Column]:
    """Read some rows of a dataset from the content of its file.

    Parameters
    ----------
    content : bytes
        Of a file as ``write_columns`` writes it.
    where : str
        The file, for messages.
    rows : tuple of int
        The first row, and the first row left out.

    Returns
    -------
    dict of str to ndarray of shape (m,)
        As stored, without the times.

    Raises
    ------
    BadDataError
        If the file is no such Parquet file.
    """
    columns: dict[str, Column] = {}
    with _opened(content, where) as file:
        sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        ends = np.add.accumulate(sizes)
        first = int(np.searchsorted(ends, rows[0], side="right"))
        last = int(np.searchsorted(ends, rows[1], side="left"))
        groups = list(range(first, min(last + 1, len(sizes))))
        low = rows[0] - int(ends[first] - sizes[first])
        for name in file.schema_arrow.names:
            if name != TIME:
                read = file.read_row_groups(groups, [name], use_threads=False)
                values = _values(where, name, read.column(name))
                columns[name] = values[low : low + rows[1] - rows[0]]
    return columns


@contextmanager
def _opened(content: bytes, where: str) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            yield file
    except (pa.ArrowInvalid, OSError) as error:
        raise _unreadable(where, str(error)) from error
    finally:
        pa.default_memory_pool().release_unused()  # else it keeps what the columns were read into


def _array(kind: Any, values: Column) -> Any:
    import pyarrow as pa

    return pa.Array.from_buffers(
        kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))]
    )


def _arrow_type(values: Column) -> Any:
    import pyarrow as pa

    return {"int32": pa.int32(), "int64": pa.int64(), "float64": pa.float64()}[values.dtype.name]


def _values(where: str, name: str, column: Any) -> Column:
    parts = [_chunk_values(where, name, chunk) for chunk in column.chunks]
    if not parts:
        raise _unreadable(where, f"column {name!r} has no rows")
    joined: Column = np.concatenate(parts)  # a copy: what Arrow read is given back
    return joined


def _chunk_values(where: str, name: str, chunk: Any) -> Column:
    kinds: dict[str, type[np.number[Any]]] = {
        "int32": np.int32,
        "int64": np.int64,
        "double": np.float64,
        "timestamp[ms, tz=UTC]": np.int64,
    }
    kind = kinds.get(str(chunk.type))
    if kind is None:
        raise _unreadable(where, f"column {name!r} is of type {chunk.type}")
    if chunk.null_count:
        raise _unreadable(where, f"column {name!r} has {chunk.null_count} empty cells")
    values: Any = np.frombuffer(chunk.buffers()[1], dtype=kind)
    part: Column = values[chunk.offset : chunk.offset + len(chunk)]
    return part


def _unreadable(where: str, why: str) -> BadDataError:
    return BadDataError(
        "not a canonical Parquet file",
        where=where,
        value=why,
        remedy="write the directory again with `basis-lab data import`",
    )
