"""Columns from arrays: Arrow tables built from buffers, and their CSV text.

Arrow's own converters import pandas, which would double the time of a cold run; buffers do not.
"""

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from basis_lab.domain.instruments import IntArray
from basis_lab.domain.market import FloatArray, TimeArray

STAMP_BYTES = 20  # 2024-05-12T00:00:00Z


def stamp_times(times: TimeArray) -> np.ndarray:
    """Return timesteps as ISO text in UTC.

    Parameters
    ----------
    times : ndarray of datetime64[s], shape (T,)
        Timesteps.

    Returns
    -------
    ndarray of bytes (S20), shape (T,)
        ``2024-05-12T00:00:00Z``.
    """
    seconds = times.astype("datetime64[s]")
    return np.char.add(np.datetime_as_string(seconds).astype("S19"), b"Z")


def text_of(stamps: np.ndarray) -> pa.Array:
    """Return stamps as an Arrow text column.

    Parameters
    ----------
    stamps : ndarray of bytes (S20), shape (T,)
        As made by ``stamp_times``.

    Returns
    -------
    pyarrow.Array
        Of type string.
    """
    size = len(stamps)
    offsets = np.arange(size + 1, dtype=np.int32) * STAMP_BYTES
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(stamps.tobytes())]
    return pa.Array.from_buffers(pa.string(), size, buffers)


def words_of(words: tuple[str, ...], picks: IntArray) -> pa.Array:
    """Return a text column that repeats a few words.

    Parameters
    ----------
    words : tuple of str
        The words.
    picks : ndarray of int, shape (m,)
        The word of each cell.

    Returns
    -------
    pyarrow.Array
        Of type string, m cells.
    """
    encoded = [word.encode() for word in words]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int32)
    np.cumsum([len(word) for word in encoded], out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(b"".join(encoded))]
    dictionary = pa.Array.from_buffers(pa.string(), len(encoded), buffers)
    cells = picks.astype(np.int32)
    indices = pa.Array.from_buffers(pa.int32(), len(cells), [None, pa.py_buffer(cells.tobytes())])
    return pa.DictionaryArray.from_arrays(indices, dictionary).dictionary_decode()


def numbers_of(values: FloatArray) -> pa.Array:
    """Return a number column; what is not finite becomes null.

    Parameters
    ----------
    values : ndarray of shape (T,)
        Any numbers.

    Returns
    -------
    pyarrow.Array
        Of type double; a negative zero is written as 0.
    """
    cells = np.ascontiguousarray(values, dtype=np.float64) + 0.0
    valid = np.packbits(np.isfinite(cells), bitorder="little")
    buffers = [pa.py_buffer(valid.tobytes()), pa.py_buffer(cells.tobytes())]
    return pa.Array.from_buffers(pa.float64(), len(cells), buffers)


def csv_bytes(table: pa.Table) -> bytes:
    """Return a table as CSV: a header, no index, no quotes, floats as the shortest exact text.

    Parameters
    ----------
    table : pyarrow.Table
        Cells without commas, quotes and line ends.

    Returns
    -------
    bytes
        UTF-8, lines ended by a single line feed.
    """
    sink = pa.BufferOutputStream()
    options = pc.WriteOptions(quoting_style="none", quoting_header="none")
    pc.write_csv(table, sink, write_options=options)
    return bytes(memoryview(sink.getvalue()))
