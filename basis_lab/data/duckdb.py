"""A DuckDB file as a store: one table a dataset, sorted by time and queried by range.

DuckDB keeps the least and the greatest time of every 122,880 rows and leaves out what a query
cannot need; it verifies a checksum of every block that it reads. Values are kept as the floats
that a directory gives, so that a run from either is the same to the last bit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from basis_lab.data.catalogue import CATALOGUE, CataloguedStore, parse_catalogue, render_catalogue
from basis_lab.data.parquet import buffered
from basis_lab.data.places import Place
from basis_lab.data.series import (
    HISTORY_ROWS,
    DatasetInfo,
    Span,
    Store,
    TimeSeries,
    check_order,
    no_such_dataset,
)
from basis_lab.data.writing import full_as_told, unwritten
from basis_lab.domain.market import FloatArray
from basis_lab.domain.wording import agree
from basis_lab.errors import BadDataError, ChangedDataError, MissingDataError, UsageError

SUFFIX = ".duckdb"
AGAIN = "write it again with `basis-lab data to-db`"


def database_of(place: Place) -> Path:
    """Return the database that belongs to a place.

    Parameters
    ----------
    place : Place
        A database file, or a data directory.

    Returns
    -------
    Path
        The file itself, or ``NAME.duckdb`` beside the directory NAME.

    Raises
    ------
    UsageError
        For an object store, which has no place beside it.
    """
    if not isinstance(place, Path):
        raise UsageError(
            "a database is a file on a disk",
            where="database",
            value=str(place),
            remedy="name one: `basis-lab data to-db --db FILE`, BASIS_DATABASE__URL, or a data "
            "directory (--data-dir, data_dir=)",
        )
    if place.suffix == SUFFIX:
        return place
    full = place.resolve()
    return full.with_name(f"{full.name}{SUFFIX}")


def open_database(place: Place) -> "DatabaseStore":
    """Open a database, or the one of a data directory.

    Parameters
    ----------
    place : Place
        The file, or the directory.

    Returns
    -------
    DatabaseStore
        Nothing but the catalogue is read yet.

    Raises
    ------
    MissingDataError
        If there is no such file.
    BadDataError
        If it is none of ours, or the directory has changed since it was written.
    """
    store = DatabaseStore.open(database_of(place))
    beside = place / CATALOGUE
    if beside.is_file() and _differs(store, beside.read_bytes()):
        raise BadDataError(
            "a database was written from another content of its directory",
            where=str(store.root),
            value=f"differs from {beside}",
            remedy=AGAIN,
        )
    return store


def _differs(store: "DatabaseStore", catalogue: bytes) -> bool:
    infos, absent = parse_catalogue(catalogue, CATALOGUE)
    return {x.id: x for x in infos} != {x.id: x for x in store.datasets()} or (
        absent != store.refused
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseStore(CataloguedStore):
    """One DuckDB file; equal where the file is unchanged.

    Parameters
    ----------
    root : Path
        The file.
    content : str
        SHA-256 of the catalogue that it was written with.
    stamp : tuple of int
        Size and time of change (ns) of the file.
    _infos : mapping of str to DatasetInfo
        See ``CataloguedStore``.
    refused : mapping of str to str
        The same.
    """

    root: Path
    content: str
    stamp: tuple[int, int]

    @classmethod
    def open(cls, path: Path) -> "DatabaseStore":
        """Read the catalogue of a file.

        Parameters
        ----------
        path : Path
            The file.

        Returns
        -------
        DatabaseStore
            The file, opened.

        Raises
        ------
        MissingDataError
            If there is no such file.
        BadDataError
            If it is no database of ours.
        """
        if not path.is_file():
            raise MissingDataError(
                "no such database",
                where=str(path),
                remedy="write it with `basis-lab data to-db`, or name one with BASIS_DATABASE__URL",
            )
        with _connection(path) as connection:
            text = _rows(connection, "SELECT text FROM catalogue", path)[0][0]
        infos, absent = parse_catalogue(text, str(path))
        stat = path.stat()
        return cls(
            root=path.resolve(),
            content=sha256(text.encode()).hexdigest(),
            stamp=(stat.st_size, stat.st_mtime_ns),
            _infos={x.id: x for x in infos},
            refused=absent,
        )

    def read(self, dataset_id: str, span: Span | None = None) -> TimeSeries:
        """Return the rows of a dataset, all or those of a span and the two before it.

        Parameters
        ----------
        dataset_id : str
            ``kind/venue/SYMBOL``.
        span : tuple of datetime64 or None
            First and last moment, both included; None reads all.

        Returns
        -------
        TimeSeries
            Read-only; kept for the next who asks for the same.

        Raises
        ------
        MissingDataError
            If there is no such dataset.
        BadDataError
            If its table is not the one that the catalogue names.
        """
        info = self.info(dataset_id)
        if info is None:
            raise no_such_dataset(dataset_id, str(self.root))
        return _read_series(self, info, span)


@lru_cache(maxsize=64)
def _read_series(store: DatabaseStore, info: DatasetInfo, span: Span | None) -> TimeSeries:
    columns = ", ".join(_quoted(x) for x in info.fields)
    where, limits = "", []
    with _connection(store.root) as connection:
        if span is not None:
            limits = [_history(connection, info, span, store.root), str(span[1])]
            where = " WHERE time BETWEEN CAST(? AS TIMESTAMP) AND CAST(? AS TIMESTAMP)"
        query = f"SELECT epoch_us(time) AS time, rowid AS line, {columns} FROM {_table(info.id)}"  # noqa: S608 - names of our own catalogue, quoted
        found = _columns(connection, query + where, limits, store.root)
    times = (found["time"] // 1_000_000).astype("datetime64[s]")
    if span is None and len(times) != info.rows:
        raise ChangedDataError(
            "a table and the catalogue disagree",
            where=f"{store.root}, {info.id}",
            value=f"{len(times)} {agree(len(times), 'row')}, catalogue {info.rows}",
            remedy=AGAIN,
        )
    lines = found["line"].astype(np.int64) + 1
    check_order(times, lines, f"{store.root}, {info.id}", AGAIN)
    fields: dict[str, FloatArray] = {x: found[x].astype(np.float64) for x in info.fields}
    return TimeSeries(info=info, times=times, fields=fields, lines=lines)


def _history(connection: Any, info: DatasetInfo, span: Span, path: Path) -> str:
    """Return from when on rows are read, so that the ones before the span are among them."""
    query = (
        f"SELECT time FROM {_table(info.id)} WHERE time < CAST(? AS TIMESTAMP) "  # noqa: S608 - names of our own catalogue, quoted
        f"ORDER BY time DESC LIMIT {HISTORY_ROWS}"
    )
    earlier = _rows(connection, query, path, [str(span[0])])
    return str(earlier[-1][0]) if earlier else str(span[0])


def write_database(store: Store, path: Path) -> tuple[DatasetInfo, ...]:
    """Write a data directory as a DuckDB file; it appears whole or not at all.

    Parameters
    ----------
    store : Store
        The directory.
    path : Path
        The file; an older database of ours is replaced, nothing else is.

    Returns
    -------
    tuple of DatasetInfo
        What was written, by id.

    Raises
    ------
    UsageError
        If the file cannot be written, or is there and is no database of ours.
    UnwrittenError
        If no space is left; nothing half is.
    """
    import duckdb

    check_replaceable(path)
    infos = store.datasets()
    text = render_catalogue(infos, store.refused)
    aside = path.with_name(f".{path.name}.partial")
    log = aside.with_name(f"{aside.name}.wal")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in (aside, log):
            left.unlink(missing_ok=True)
        with duckdb.connect(str(aside)) as connection:
            connection.execute("CREATE TABLE catalogue (text VARCHAR)")
            connection.execute("INSERT INTO catalogue VALUES (?)", [text])
            for info in infos:
                _write_table(connection, store.read(info.id))
        aside.replace(path)
    except (OSError, duckdb.IOException, duckdb.TransactionException) as error:
        full = full_as_told(str(error))
        if full is not None:
            raise unwritten(path, full) from error
        raise UsageError(
            "the database cannot be written",
            where=str(path),
            value=str(error),
            remedy="choose a file in a directory that may be written, and that nobody has open",
        ) from error
    finally:
        for left in (aside, log):
            left.unlink(missing_ok=True)
    return infos


def check_replaceable(path: Path) -> None:
    """Raise where a file is there that is not for a database to be written over.

    Parameters
    ----------
    path : Path
        Where one is to be written.

    Raises
    ------
    UsageError
        If something else is there.
    """
    if not path.exists():
        return
    try:
        with _connection(path) as connection:
            _rows(connection, "SELECT text FROM catalogue", path)
    except BadDataError as error:
        raise UsageError(
            "the database cannot be written: what is here is no database of ours, and it stays",
            where=str(path),
            value=error.value,
            remedy="name another file with `basis-lab data to-db --db FILE`, or move this one away",
        ) from error


def _write_table(connection: Any, series: TimeSeries) -> None:
    columns = ", ".join(_quoted(x) for x in series.fields)
    connection.register("incoming", buffered(series.times, series.fields, None))
    connection.execute(
        f"CREATE TABLE {_table(series.info.id)} AS "  # noqa: S608 - names of our own catalogue, quoted
        f"SELECT CAST(time AS TIMESTAMP) AS time, {columns} FROM incoming"
    )
    connection.unregister("incoming")


@contextmanager
def _connection(path: Path) -> Iterator[Any]:
    """Open a file for reading; connections are never shared, and others may read it as well."""
    import duckdb

    try:
        connection = duckdb.connect(str(path), read_only=True)
    except (duckdb.IOException, duckdb.SerializationException) as error:
        raise _unreadable(path, str(error)) from error
    with connection:
        yield connection


def _rows(connection: Any, query: str, path: Path, values: list[str] | None = None) -> list[Any]:
    import duckdb

    try:
        found: list[Any] = connection.execute(query, values).fetchall()
    except duckdb.Error as error:
        raise _unreadable(path, str(error)) from error
    return found


def _columns(connection: Any, query: str, values: list[str], path: Path) -> dict[str, Any]:
    import duckdb

    try:
        found: dict[str, Any] = connection.execute(query, values).fetchnumpy()
    except duckdb.Error as error:
        raise _unreadable(path, str(error)) from error
    return found


def _table(dataset_id: str) -> str:
    return _quoted(dataset_id)


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _unreadable(path: Path, why: str) -> BadDataError:
    return BadDataError(
        "not a database that `basis-lab data to-db` wrote, or a damaged one",
        where=str(path),
        value=why.partition("\n")[0],
        remedy="move this file away, then write it anew with `basis-lab data to-db`",
    )
