"""A raw directory as a store: files recognised by name, read when asked for, one chosen each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from basis_lab.data.checks.labels import archive_shift_h
from basis_lab.data.checks.meanings import COLUMN_READ, RELABELLED, UNREADABLE
from basis_lab.data.checks.peers import Peer
from basis_lab.data.checks.table import CHECKED_BY_SERIES
from basis_lab.data.combined import lst_rate, with_totals
from basis_lab.data.findings import Finding
from basis_lab.data.likelier import with_likelier
from basis_lab.data.places import Place, list_files
from basis_lab.data.raw_file import RawFile, RefusedFile, judged, read_raw_file
from basis_lab.data.recognise import Recognised, recognise
from basis_lab.data.repairs import Repair, repairs_for
from basis_lab.data.resolution import Resolution, choose, refusals
from basis_lab.data.rewards import TOTAL
from basis_lab.data.series import DatasetId, DatasetInfo, DatasetKind, Span, TimeSeries, cut
from basis_lab.errors import BadDataError, MissingDataError

SUFFIXES = (".csv", ".csv.gz", ".json", ".json.gz")
CHAIN = "ethereum"
LST_TOKENS = ("weETH", "wstETH")
WEEKLY = "rewards/etherfi/EIGEN"


@dataclass(frozen=True, slots=True)
class RawStore:
    """A directory of raw files; equal where the same files are unchanged.

    Parameters
    ----------
    root : Place
        The directory, or the prefix of an object store.
    content : tuple of (str, int, str)
        Name, size and mark of the version of each file that could be data.
    repairs : tuple of Repair
        What is to be repaired when the files are read.
    """

    root: Place
    content: tuple[tuple[str, int, str], ...]
    repairs: tuple[Repair, ...] = ()
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
    def open(cls, root: Place, repairs: Sequence[Repair] = ()) -> "RawStore":
        """List a directory and everything below it.

        Parameters
        ----------
        root : Place
            The directory.
        repairs : sequence of Repair
            What is to be repaired when the files are read.

        Returns
        -------
        RawStore
            Nothing is read yet.

        Raises
        ------
        MissingDataError
            If no file is recognised.
        """
        content = list_files(root, SUFFIXES)
        store = cls(root.resolve() if isinstance(root, Path) else root, content, tuple(repairs))
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
        return tuple(sorted([*self._files, *self.combined]))

    @property
    def combined(self) -> Mapping[str, DatasetId]:
        """The datasets that are made of the files of two others, by id."""
        rates = [DatasetId(DatasetKind.LST, "aave", x) for x in LST_TOKENS]
        return {
            str(x): x
            for x in rates
            if {f"aave/{CHAIN}/{x.symbol}", f"aave/{CHAIN}/WETH"} <= self._files.keys()
        }

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

    @property
    def refused(self) -> Mapping[str, str]:
        """The datasets whose files were all refused, and why; reads all files."""
        reasons = {name: self.absence(name) for name in self.ids()}
        return {name: why for name, why in reasons.items() if why}

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
        series = TimeSeries(
            info=found.info, times=chosen.times, fields=chosen.fields, lines=chosen.lines
        )
        return cut(series, span)

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
        known = dataset_id in self._files or dataset_id in self.combined
        return _resolve(self, dataset_id) if known else None

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
    if dataset_id in store.combined:
        return _resolve_rate(store, store.combined[dataset_id])
    files = [
        read_raw_file(
            store.root / name, name, recognised, repairs_for(recognised.dataset, store.repairs)
        )
        for name, recognised in store.files_of(dataset_id)
    ]
    checked = [_completed(store, x) if isinstance(x, RawFile) else x for x in files]
    return choose(files[0].dataset, checked)


def _resolve_rate(store: RawStore, dataset: DatasetId) -> Resolution:
    """Make an LST's rate of the snapshots of two reserves."""
    parts = [_resolve(store, f"aave/{CHAIN}/{x}") for x in (dataset.symbol, "WETH")]
    lst, weth = (x.chosen for x in parts)
    name = f"{dataset}: {' over '.join(str(x.dataset) for x in parts)}"
    if lst is None or weth is None:
        text = "; ".join(refusals(x) for x in parts if x.chosen is None)
        return choose(dataset, [_refused(store.root, name, dataset, text)])
    try:
        rate = judged(lst_rate(dataset, lst, weth))
        others = _other_tokens(store, dataset) if isinstance(rate, RefusedFile) else []
        return choose(dataset, [with_likelier(rate, lst, weth, others)])
    except BadDataError as error:
        return choose(dataset, [_refused(lst.path, name, dataset, str(error))])


def _other_tokens(store: RawStore, dataset: DatasetId) -> list[RawFile]:
    """Return the snapshots of the other staking tokens that can be read."""
    names = [x.symbol for x in store.combined.values() if x != dataset]
    found = [_resolve(store, f"aave/{CHAIN}/{x}").chosen for x in names]
    return [x for x in found if x is not None]


def _refused(path: Place, name: str, dataset: DatasetId, text: str) -> RefusedFile:
    finding = Finding(UNREADABLE, text)
    return RefusedFile(path=path, name=name, dataset=dataset, findings=(finding,))


def _completed(store: RawStore, file: RawFile) -> RawFile | RefusedFile:
    """Bring in what a file needs another one for: the zone of its labels, the stake of rewards."""
    try:
        if file.archive:
            return _relabelled(store, file)
        if file.dataset.kind is DatasetKind.REWARDS and TOTAL not in file.fields:
            return with_totals(file, _weekly(store, file))
    except BadDataError as error:
        return RefusedFile(
            path=file.path,
            name=file.name,
            dataset=file.dataset,
            findings=(*file.findings, Finding(UNREADABLE, str(error))),
        )
    return file


def _weekly(store: RawStore, file: RawFile) -> RawFile:
    found = store.resolve(WEEKLY)
    if found is None or found.chosen is None or TOTAL not in found.chosen.fields:
        raise BadDataError(
            "rewards without the stake that they were for",
            where=file.name,
            value="no weekly distributions beside it",
            remedy=f"give a column {TOTAL}, or the weekly distributions of the same dates",
        )
    return found.chosen


def _relabelled(store: RawStore, file: RawFile) -> RawFile | RefusedFile:
    """Check the labels of an archive against another venue, and move them where they are off."""
    hours, evidence = archive_shift_h(peer_of(file), _reference(store, file))
    if hours == 0:
        return replace(file, findings=(*file.findings, Finding(COLUMN_READ, evidence)))
    text = f"labels behave as UTC{hours:+d}: {hours} h were subtracted ({evidence})"
    # What was found before names rows by labels that were not true.
    kept = (x for x in file.findings if x.meaning.name not in CHECKED_BY_SERIES)
    return judged(
        replace(
            file,
            times=file.times - np.timedelta64(hours, "h"),
            findings=(Finding(RELABELLED, text), *kept),
        )
    )


def _reference(store: RawStore, file: RawFile) -> Peer:
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
            return peer_of(found.chosen)
    raise BadDataError(
        "the zone of the labels cannot be told without another venue's funding",
        where=file.name,
        value=str(file.dataset),
        remedy="put another venue's funding of the same coin beside it",
    )


def peer_of(file: RawFile) -> Peer:
    """Return a file as one series among others of its market.

    Parameters
    ----------
    file : RawFile
        The file.

    Returns
    -------
    Peer
        With its rows.
    """
    return Peer(dataset=file.dataset, file=file.name, rows=file.rows, derived=file.derived)
