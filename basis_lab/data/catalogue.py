"""The catalogue of a data directory, and how a directory is opened."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from basis_lab.data.checks.meanings import MEANINGS
from basis_lab.data.content import checked_bytes
from basis_lab.data.findings import Finding
from basis_lab.data.parquet import Column, parse_columns, parse_times
from basis_lab.data.places import Place, place_of
from basis_lab.data.series import (
    DatasetInfo,
    Span,
    Store,
    TimeSeries,
    check_order,
    no_such_dataset,
    rows_of,
    time_text,
)
from basis_lab.data.sharing import row_numbers, shared_times
from basis_lab.domain.market import FloatArray
from basis_lab.domain.wording import agree
from basis_lab.errors import BadDataError, ChangedDataError, MissingDataError

CATALOGUE = "catalogue.json"
FORMAT = "basis_lab data 1"


def open_store(path: Place | str) -> Store:
    """Open a data directory.

    Parameters
    ----------
    path : Path, RemotePath or str
        A canonical directory (it has a ``catalogue.json``), a raw one whose files are
        recognised by name, either on a disk or in an object store, or a DuckDB file.

    Returns
    -------
    Store
        The directory; nothing but the catalogue is read yet.

    Raises
    ------
    MissingDataError
        If there is no such directory.
    BadDataError
        If its catalogue cannot be read.
    """
    root = place_of(path)
    if isinstance(root, Path) and root.suffix == ".duckdb":
        from basis_lab.data.duckdb import DatabaseStore

        return DatabaseStore.open(root)
    if isinstance(root, Path) and not root.is_dir():
        raise MissingDataError(
            "this is a file, not a data directory" if root.exists() else "no such data directory",
            where=str(root),
            remedy="give another directory (--data-dir, data_dir=), or none for the sample",
        )
    if (root / CATALOGUE).is_file():
        return CanonicalStore.open(root)
    from basis_lab.data.raw import RawStore

    return RawStore.open(root)


def default_store() -> Store:
    """Open the embedded synthetic sample.

    Returns
    -------
    Store
        ``data/sample`` of the repository.
    """
    return open_store(sample_directory())


def sample_directory() -> Path:
    """Return where the embedded sample lies.

    Returns
    -------
    Path
        ``data/sample`` beside the package.
    """
    return Path(__file__).resolve().parents[2] / "data" / "sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguedStore:
    """What every store with a catalogue knows without reading a row.

    Parameters
    ----------
    _infos : mapping of str to DatasetInfo
        What the catalogue says of each dataset, by id.
    refused : mapping of str to str
        The datasets that the import refused, and why.
    """

    _infos: Mapping[str, DatasetInfo] = field(compare=False, repr=False)
    refused: Mapping[str, str] = field(compare=False, repr=False)

    def ids(self) -> tuple[str, ...]:
        """Return the ids of what is there.

        Returns
        -------
        tuple of str
            ``kind/venue/SYMBOL``, sorted.
        """
        return tuple(sorted(self._infos))

    def datasets(self) -> tuple[DatasetInfo, ...]:
        """Return every dataset, by id.

        Returns
        -------
        tuple of DatasetInfo
            Sorted by id.
        """
        return tuple(self._infos[name] for name in sorted(self._infos))

    def info(self, dataset_id: str) -> DatasetInfo | None:
        """Return what is known of a dataset; None where there is none.

        Parameters
        ----------
        dataset_id : str
            ``kind/venue/SYMBOL``.

        Returns
        -------
        DatasetInfo or None
            Its line of the catalogue.
        """
        return self._infos.get(dataset_id)

    def absence(self, dataset_id: str) -> str:
        """Say why a dataset is not there.

        Parameters
        ----------
        dataset_id : str
            ``kind/venue/SYMBOL``.

        Returns
        -------
        str
            The refusals of its import; empty where nothing is known.
        """
        return self.refused[dataset_id] if dataset_id in self.refused else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalStore(CataloguedStore):
    """A directory with a catalogue and one Parquet file a dataset.

    Parameters
    ----------
    root : Place
        The directory, or the prefix of an object store.
    content : str
        SHA-256 of the catalogue, which names the SHA-256 of every file.
    _infos : mapping of str to DatasetInfo
        See ``CataloguedStore``.
    refused : mapping of str to str
        The same.
    """

    root: Place
    content: str

    @classmethod
    def open(cls, root: Place) -> "CanonicalStore":
        """Read the catalogue.

        Parameters
        ----------
        root : Place
            The directory.

        Returns
        -------
        CanonicalStore
            The directory, opened.

        Raises
        ------
        BadDataError
            If the catalogue cannot be read.
        """
        content = (root / CATALOGUE).read_bytes()
        infos, absent = parse_catalogue(content, str(root / CATALOGUE))
        digest = sha256(content).hexdigest()
        place = root.resolve() if isinstance(root, Path) else root
        return cls(root=place, content=digest, _infos={x.id: x for x in infos}, refused=absent)

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
            Read-only; read once in a process.

        Raises
        ------
        MissingDataError
            If the directory has no such dataset or its file is gone.
        BadDataError
            If the file is not the one that the catalogue names.
        """
        info = self.info(dataset_id)
        if info is None:
            raise no_such_dataset(dataset_id, str(self.root))
        return _read_series(self.root, info, span)


@lru_cache(maxsize=64)
def _read_series(root: Place, info: DatasetInfo, span: Span | None) -> TimeSeries:
    path = root / info.file
    content = checked_bytes(path, info)
    times = shared_times(parse_times(content, str(path)))
    lines = row_numbers(len(times))
    check_order(times, lines, str(path), "write the directory again with `basis-lab data import`")
    rows = rows_of(times, span)
    columns = parse_columns(content, str(path), rows)
    if tuple(columns) != info.fields or len(times) != info.rows:
        raise ChangedDataError(
            "a file and its catalogue disagree",
            where=str(path),
            value=f"{len(times)} {agree(len(times), 'row')} of {', '.join(columns)}",
            remedy="write the directory again with `basis-lab data import`",
        )
    fields: dict[str, FloatArray] = {
        name: _in_units(columns[name], ticks)
        for name, ticks in zip(info.fields, info.ticks_per_unit, strict=True)
    }
    taken = slice(*rows)
    return TimeSeries(info=info, times=times[taken], fields=fields, lines=lines[taken])


def _in_units(stored: Column, ticks: int) -> FloatArray:
    """Return a column in its unit; floats are not copied."""
    values: FloatArray = stored.astype(np.float64, copy=False)
    return values / ticks if ticks else values


def file_sha256(path: Place) -> str:
    """Return the SHA-256 of a file.

    Parameters
    ----------
    path : Place
        The file.

    Returns
    -------
    str
        Hexadecimal.
    """
    return sha256(path.read_bytes()).hexdigest()


def render_catalogue(infos: Iterable[DatasetInfo], absent: Mapping[str, str]) -> str:
    """Print a catalogue.

    Parameters
    ----------
    infos : iterable of DatasetInfo
        The datasets.
    absent : mapping of str to str
        Datasets that were refused, and why.

    Returns
    -------
    str
        JSON, the same for the same content.
    """
    content = {
        "format": FORMAT,
        "datasets": [_plain(info) for info in sorted(infos, key=lambda x: x.id)],
        "absent": dict(sorted(absent.items())),
    }
    return json.dumps(content, indent=1) + "\n"


def parse_catalogue(
    text: str | bytes, where: str
) -> tuple[tuple[DatasetInfo, ...], dict[str, str]]:
    """Read a catalogue back.

    Parameters
    ----------
    text : str or bytes
        As ``render_catalogue`` prints it.
    where : str
        Its path, for messages.

    Returns
    -------
    infos : tuple of DatasetInfo
        The datasets.
    absent : dict of str to str
        Datasets that were refused, and why.

    Raises
    ------
    BadDataError
        If it is no catalogue of ours.
    """
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise _no_catalogue(where, f"format {content['format']!r}")
        return tuple(_info(x) for x in content["datasets"]), dict(content["absent"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_catalogue(where, repr(error)) from error


def _plain(info: DatasetInfo) -> dict[str, object]:
    return {
        "id": info.id,
        "file": info.file,
        "fields": dict(zip(info.fields, info.ticks_per_unit, strict=True)),
        "interval_s": info.interval_s,
        "first": time_text(info.first),
        "last": time_text(info.last),
        "rows": info.rows,
        "sha256": info.sha256,
        "source": info.source,
        "synthetic": info.synthetic,
        "derived": info.derived,
        "smoothed": info.smoothed,
        "notes": list(info.notes),
        "holes": info.holes,
        "fetched": info.fetched,
        "licence": info.licence,
        "findings": [
            {"check": x.meaning.name, "text": x.text, "rows": x.rows} for x in info.findings
        ],
    }


def _info(entry: Mapping[str, Any]) -> DatasetInfo:
    return DatasetInfo(
        id=entry["id"],
        file=entry["file"],
        fields=tuple(entry["fields"]),
        ticks_per_unit=tuple(int(x) for x in entry["fields"].values()),
        interval_s=int(entry["interval_s"]),
        first=np.datetime64(entry["first"].removesuffix("Z"), "s"),
        last=np.datetime64(entry["last"].removesuffix("Z"), "s"),
        rows=int(entry["rows"]),
        sha256=entry["sha256"],
        source=entry["source"],
        synthetic=entry["synthetic"],
        derived=entry["derived"],
        smoothed=entry["smoothed"],
        notes=tuple(entry["notes"]),
        holes=int(entry["holes"]),
        fetched=entry["fetched"],
        licence=entry["licence"],
        findings=tuple(
            Finding(MEANINGS[x["check"]], x["text"], x["rows"]) for x in entry["findings"]
        ),
    )


def _no_catalogue(where: str, why: str) -> BadDataError:
    return BadDataError(
        "not a catalogue of this version",
        where=where,
        value=why,
        remedy="write the directory again with `basis-lab data import` or `basis-lab data sample`",
    )
