"""Canonical Parquet files: a time column and number columns, written and read by buffers.

Arrays cross to pyarrow as buffers because its list and numpy conversions import pandas.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from basis_lab.domain.market import TimeArray
from basis_lab.errors import BadDataError, UsageError

TIME = "time"

# Years of minutes are not worth the time that the densest compression takes.
DENSE, QUICK, LONG = 19, 3, 200_000

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
    """
    import pyarrow.parquet as pq

    integers = [name for name, values in columns.items() if values.dtype.kind == "i"]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            "the directory cannot be written",
            where=str(path.parent),
            value=error.strerror,
            remedy="choose a directory that is not a file and that may be written",
        ) from error
    pq.write_table(
        buffered(times, columns, "UTC"),
        path,
        compression="zstd",
        compression_level=DENSE if len(times) < LONG else QUICK,
        use_dictionary=False,
        column_encoding=dict.fromkeys([TIME, *integers], "DELTA_BINARY_PACKED"),
        write_statistics=False,
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
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            table = file.read(use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise _unreadable(path, str(error)) from error
    if TIME not in table.column_names or table.schema.field(TIME).type != pa.timestamp("ms", "UTC"):
        raise _unreadable(path, f"it has no column {TIME!r} of UTC milliseconds")
    columns = {name: _values(path, name, table.column(name)) for name in table.column_names}
    stamps = columns.pop(TIME)
    return (stamps // 1000).astype("datetime64[s]"), columns


def _array(kind: Any, values: Column) -> Any:
    import pyarrow as pa

    return pa.Array.from_buffers(
        kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))]
    )


def _arrow_type(values: Column) -> Any:
    import pyarrow as pa

    return {"int32": pa.int32(), "int64": pa.int64(), "float64": pa.float64()}[values.dtype.name]


def _values(path: Path, name: str, column: Any) -> Column:
    parts = [_chunk_values(path, name, chunk) for chunk in column.chunks]
    if not parts:
        raise _unreadable(path, f"column {name!r} has no rows")
    joined: Column = np.concatenate(parts)
    return joined


def _chunk_values(path: Path, name: str, chunk: Any) -> Column:
    kinds: dict[str, type[np.number[Any]]] = {
        "int32": np.int32,
        "int64": np.int64,
        "double": np.float64,
        "timestamp[ms, tz=UTC]": np.int64,
    }
    kind = kinds.get(str(chunk.type))
    if kind is None:
        raise _unreadable(path, f"column {name!r} is of type {chunk.type}")
    if chunk.null_count:
        raise _unreadable(path, f"column {name!r} has {chunk.null_count} empty cells")
    values: Any = np.frombuffer(chunk.buffers()[1], dtype=kind)
    part: Column = values[chunk.offset : chunk.offset + len(chunk)]
    return part


def _unreadable(path: Path, why: str) -> BadDataError:
    return BadDataError(
        "not a canonical Parquet file",
        where=str(path),
        value=why,
        remedy="write the directory again with `basis-lab data import`",
    )
