"""What an import would do to the datasets that an earlier one left where it writes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from basis_lab.data.catalogue import CATALOGUE, CanonicalStore
from basis_lab.data.raw_file import RawFile
from basis_lab.data.series import DatasetInfo, time_text
from basis_lab.domain.wording import agree
from basis_lab.errors import BadDataError, DataError, UsageError


class Fate(StrEnum):
    """What becomes of a dataset that was there."""

    UNCHANGED = "unchanged"
    REPLACED = "replaced"
    REMOVED = "removed"
    UNREADABLE = "replaced, for it could not be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A dataset that was there before an import.

    Parameters
    ----------
    info : DatasetInfo
        What its catalogue said of it.
    fate : Fate
        What becomes of it.
    """

    info: DatasetInfo
    fate: Fate

    def __str__(self) -> str:
        """Print what becomes of it, and what it was."""
        rows = f"{self.info.rows:,} {agree(self.info.rows, 'row')}"
        span = f"{time_text(self.info.first)} to {time_text(self.info.last)}"
        return f"{self.info.id} {self.fate.value} (it had {rows}, {span})"


def earlier_datasets(target: Path, chosen: Mapping[str, RawFile]) -> tuple[Earlier, ...]:
    """Compare what is to be written with what is there.

    Parameters
    ----------
    target : Path
        Where an import writes.
    chosen : mapping of str to RawFile
        What it writes, by dataset.

    Returns
    -------
    tuple of Earlier
        By dataset; empty where no import of ours wrote there.
    """
    if not (target / CATALOGUE).is_file():
        return ()
    try:
        store = CanonicalStore.open(target)
    except BadDataError:  # not a catalogue of ours
        return ()
    return tuple(_compared(store, chosen))


def check_replacing(earlier: Iterable[Earlier], target: Path) -> None:
    """Refuse to replace or remove what nobody said may go.

    Parameters
    ----------
    earlier : iterable of Earlier
        What is there.
    target : Path
        Where it is.

    Raises
    ------
    UsageError
        Naming every dataset that would be lost, with its rows and dates.
    """
    lost = [str(x) for x in earlier if x.fate in {Fate.REPLACED, Fate.REMOVED}]
    if lost:
        raise UsageError(
            f"the import would change {len(lost)} {agree(len(lost), 'dataset')} of an earlier one",
            where=str(target),
            value="; ".join(lost),
            remedy="give --replace, or another directory with --out",
        )


def _compared(store: CanonicalStore, chosen: Mapping[str, RawFile]) -> Iterator[Earlier]:
    for info in store.datasets():
        if info.id not in chosen:
            yield Earlier(info=info, fate=Fate.REMOVED)
            continue
        try:
            same = _same(store, info.id, chosen[info.id])
        except (DataError, FileNotFoundError):
            yield Earlier(info=info, fate=Fate.UNREADABLE)
            continue
        yield Earlier(info=info, fate=Fate.UNCHANGED if same else Fate.REPLACED)


def _same(store: CanonicalStore, dataset: str, file: RawFile) -> bool:
    there = store.read(dataset)
    return (
        there.fields.keys() == file.fields.keys()
        and np.array_equal(there.times, file.times)
        and all(np.array_equal(there.fields[x], file.fields[x]) for x in file.fields)
    )
