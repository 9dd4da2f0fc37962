"""A raw directory as a store: files recognised by name, read when asked for, one chosen each."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from basis_lab.data.catalogue import file_sha256
from basis_lab.data.labels import FundingRates, label_shift_h
from basis_lab.data.raw_file import Finding, RawFile, RefusedFile, Severity, read_raw_file
from basis_lab.data.recognise import Recognised, recognise
from basis_lab.data.series import (
    DatasetId,
    DatasetInfo,
    DatasetKind,
    TimeSeries,
    nominal_interval_s,
)
from basis_lab.errors import BadDataError, MissingDataError

SUFFIXES = (".csv", ".csv.gz", ".json", ".json.gz")
# Two files for one series contradict each other beyond this relative difference.
AGREEMENT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The files of one dataset and which of them serves.

    Parameters
    ----------
    dataset : DatasetId
        The dataset.
    chosen : RawFile or None
        What serves; None where every file was refused.
    info : DatasetInfo or None
        Its line of a catalogue.
    others : tuple of RawFile
        Good files that were not chosen.
    refused : tuple of RefusedFile
        The rest.
    """

    dataset: DatasetId
    chosen: RawFile | None
    info: DatasetInfo | None
    others: tuple[RawFile, ...]
    refused: tuple[RefusedFile, ...]


@dataclass(frozen=True, slots=True)
class RawStore:
    """A directory of raw files; equal where the same files are unchanged.

    Parameters
    ----------
    root : Path
        The directory.
    content : tuple of (str, int, int)
        Name, size and time of change (ns) of each file that could be data.
    """

    root: Path
    content: tuple[tuple[str, int, int], ...]
    _files: dict[str, tuple[tuple[str, Recognised], ...]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        files: dict[str, tuple[tuple[str, Recognised], ...]] = {}
        for name, _, _ in self.content:
            found = recognise(Path(name).name)
            if found is not None:
                key = str(found.dataset)
                before = files[key] if key in files else ()
                files[key] = (*before, (name, found))
        object.__setattr__(self, "_files", files)

    @classmethod
    def open(cls, root: Path) -> "RawStore":
        """List a directory and everything below it.

        Parameters
        ----------
        root : Path
            The directory.

        Returns
        -------
        RawStore
            Nothing is read yet.

        Raises
        ------
        MissingDataError
            If no file is recognised.
        """
        paths = sorted(x for x in root.rglob("*") if x.name.endswith(SUFFIXES) and x.is_file())
        stats = [(x.relative_to(root).as_posix(), x.stat()) for x in paths]
        content = tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
        store = cls(root.resolve(), content)
        if not store.ids():
            raise MissingDataError(
                "no file of this directory is recognised as market data",
                where=str(root),
                value=f"{len(content)} CSV or JSON files",
                remedy="name the files as the documentation says, for instance "
                "binance_BTCUSDT_spot_1h.csv, or give another directory",
            )
        return store

    def ids(self) -> tuple[str, ...]:
        """Return the ids that some file is for, without reading it."""
        return tuple(sorted(self._files))

    def datasets(self) -> tuple[DatasetInfo, ...]:
        """Return every dataset that some good file serves, by id; reads all files."""
        infos = [self.info(x) for x in self.ids()]
        return tuple(x for x in infos if x is not None)

    def info(self, dataset_id: str) -> DatasetInfo | None:
        """Return what is known of a dataset; None where no good file serves it.

        Parameters
        ----------
        dataset_id : str
            ``kind/venue/SYMBOL``.

        Returns
        -------
        DatasetInfo or None
            Of the chosen file, which is read for it.
        """
        found = self.resolve(dataset_id)
        return None if found is None else found.info

    def absence(self, dataset_id: str) -> str:
        """Say why a dataset is not there.

        Parameters
        ----------
        dataset_id : str
            ``kind/venue/SYMBOL``.

        Returns
        -------
        str
            The refusals; empty where no file is for it.
        """
        found = self.resolve(dataset_id)
        if found is None or found.chosen is not None:
            return ""
        return refusals(found)

    def read(self, dataset_id: str) -> TimeSeries:
        """Return the rows of a dataset.

        Parameters
        ----------
        dataset_id : str
            ``kind/venue/SYMBOL``.

        Returns
        -------
        TimeSeries
            Of the chosen file.

        Raises
        ------
        MissingDataError
            If no good file serves it.
        """
        found = self.resolve(dataset_id)
        if found is None or found.chosen is None or found.info is None:
            raise MissingDataError(
                "the data directory has no such dataset",
                missing=[dataset_id],
                where=str(self.root),
                value=self.absence(dataset_id) or dataset_id,
                remedy="`basis-lab data import` lists what each file is good for",
            )
        chosen = found.chosen
        return TimeSeries(
            info=found.info, times=chosen.times, fields=chosen.fields, lines=chosen.lines
        )

    def resolve(self, dataset_id: str) -> Resolution | None:
        """Read the files of one dataset and choose.

        Parameters
        ----------
        dataset_id : str
            ``kind/venue/SYMBOL``.

        Returns
        -------
        Resolution or None
            None where no file is for it.
        """
        return _resolve(self, dataset_id) if dataset_id in self._files else None

    def files_of(self, dataset_id: str) -> tuple[tuple[str, Recognised], ...]:
        """Return the files of one dataset.

        Parameters
        ----------
        dataset_id : str
            One of ``ids()``.

        Returns
        -------
        tuple of (str, Recognised)
            Name inside the directory and what it says.
        """
        return self._files[dataset_id]


@lru_cache(maxsize=128)
def _resolve(store: RawStore, dataset_id: str) -> Resolution:
    files = [
        read_raw_file(store.root / name, name, recognised)
        for name, recognised in store.files_of(dataset_id)
    ]
    checked = [_relabelled(store, x) if isinstance(x, RawFile) else x for x in files]
    good = [x for x in checked if isinstance(x, RawFile)]
    refused = tuple(x for x in checked if isinstance(x, RefusedFile))
    # Raw before derived, then the most complete, then by name.
    good.sort(key=lambda x: (x.derived, -len(x.times), x.name))
    chosen, others = (good[0], tuple(good[1:])) if good else (None, ())
    if chosen is not None:
        others = tuple(_compared(x, chosen) for x in others)
    dataset = files[0].dataset
    return Resolution(
        dataset=dataset,
        chosen=chosen,
        info=None if chosen is None else _describe(chosen),
        others=others,
        refused=refused,
    )


def _relabelled(store: RawStore, file: RawFile) -> RawFile | RefusedFile:
    """Check the labels of an archive against another venue, and move them where they are off."""
    if not file.archive:
        return file
    try:
        other = _reference(store, file)
        hours, evidence = label_shift_h(_rates(file), other)
    except BadDataError as error:
        return RefusedFile(
            path=file.path,
            name=file.name,
            dataset=file.dataset,
            findings=(*file.findings, Finding(Severity.ERROR, str(error))),
        )
    if hours == 0:
        return replace(file, findings=(*file.findings, Finding(Severity.NOTE, evidence)))
    text = f"labels behave as UTC{hours:+d}: {hours} h were subtracted ({evidence})"
    return replace(
        file,
        times=file.times - np.timedelta64(hours, "h"),
        findings=(*file.findings, Finding(Severity.WARNING, text)),
    )


def _reference(store: RawStore, file: RawFile) -> FundingRates:
    ids = [DatasetId.parse(x) for x in store.ids()]
    peers = sorted(
        str(x)
        for x in ids
        if x is not None
        and x.kind is DatasetKind.FUNDING
        and x.symbol == file.dataset.symbol
        and x.venue != file.dataset.venue
        and not any(recognised.archive for _, recognised in store.files_of(str(x)))
    )
    for peer in peers:
        found = store.resolve(peer)
        if found is not None and found.chosen is not None:
            return _rates(found.chosen)
    raise BadDataError(
        "the zone of the labels cannot be told without another venue's funding",
        where=file.name,
        value=str(file.dataset),
        remedy="put another venue's funding of the same coin beside it",
    )


def _rates(file: RawFile) -> FundingRates:
    return FundingRates(name=str(file.dataset), times=file.times, rates=file.fields["rate"])


def _compared(other: RawFile, chosen: RawFile) -> RawFile:
    """Note how a file that was not chosen compares with the chosen one."""
    _, ours, theirs = np.intersect1d(other.times, chosen.times, return_indices=True)
    name = next(iter(chosen.fields))
    left, right = other.fields[name][ours], chosen.fields[name][theirs]
    scale = np.maximum(np.abs(right), np.finfo(float).tiny)
    off = np.abs(left - right) / scale
    count = int((off > AGREEMENT).sum())
    if count:
        text = (
            f"contradicts {chosen.name} in {count} of {len(ours)} common rows of {name} "
            f"(largest relative difference {off.max():.2e})"
        )
        finding = Finding(Severity.WARNING, text)
    else:
        finding = Finding(
            Severity.NOTE, f"agrees with {chosen.name} in all {len(ours)} common rows of {name}"
        )
    return replace(other, findings=(*other.findings, finding))


def _describe(file: RawFile) -> DatasetInfo:
    """Return the line of a catalogue for a raw file, with its warnings as notes."""
    return DatasetInfo(
        id=str(file.dataset),
        file=file.name,
        fields=tuple(file.fields),
        ticks_per_unit=(0,) * len(file.fields),
        interval_s=nominal_interval_s(file.times),
        first=file.times[0],
        last=file.times[-1],
        rows=len(file.times),
        sha256=file_sha256(file.path),
        source=file.name,
        synthetic=False,
        derived=file.derived,
        notes=tuple(x.text for x in file.findings if x.severity is Severity.WARNING),
    )


def refusals(found: Resolution) -> str:
    """Return why every file of a dataset was refused.

    Parameters
    ----------
    found : Resolution
        Its files.

    Returns
    -------
    str
        One clause a file.
    """
    return "; ".join(f"{x.name} refused: {_errors(x.findings)}" for x in found.refused)


def _errors(findings: Iterable[Finding]) -> str:
    return ", ".join(x.text for x in findings if x.severity is Severity.ERROR)
