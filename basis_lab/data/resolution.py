"""The files of one dataset: which of them serves, and what is said of the rest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np

from basis_lab.data.catalogue import file_sha256
from basis_lab.data.raw_file import Finding, RawFile, RefusedFile, Severity
from basis_lab.data.series import BAR_KINDS, DatasetId, DatasetInfo, IntArray, nominal_interval_s

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


def choose(dataset: DatasetId, files: Sequence[RawFile | RefusedFile]) -> Resolution:
    """Choose the file that serves a dataset.

    Parameters
    ----------
    dataset : DatasetId
        The dataset.
    files : sequence of RawFile or RefusedFile
        All that are for it.

    Returns
    -------
    Resolution
        Raw before derived, then the most complete, then the first by name.
    """
    good = [x for x in files if isinstance(x, RawFile)]
    good.sort(key=lambda x: (x.derived, -len(x.times), x.name))
    chosen, others = (good[0], tuple(good[1:])) if good else (None, ())
    return Resolution(
        dataset=dataset,
        chosen=chosen,
        info=None if chosen is None else _describe(chosen),
        others=others if chosen is None else tuple(_compared(x, chosen) for x in others),
        refused=tuple(x for x in files if isinstance(x, RefusedFile)),
    )


def _compared(other: RawFile, chosen: RawFile) -> RawFile:
    """Note how a file that was not chosen compares with the chosen one, column by column."""
    _, ours, theirs = np.intersect1d(other.times, chosen.times, return_indices=True)
    names = [x for x in chosen.fields if x in other.fields]
    apart = [x for x in (_contradiction(n, other, chosen, (ours, theirs)) for n in names) if x]
    if apart:
        text = f"contradicts {chosen.name} in {len(ours)} common rows: {'; '.join(apart)}"
        finding = Finding(Severity.WARNING, text)
    else:
        finding = Finding(
            Severity.NOTE,
            f"agrees with {chosen.name} in all {len(ours)} common rows of {', '.join(names)}",
        )
    return replace(other, findings=(*other.findings, finding))


def _contradiction(
    name: str, other: RawFile, chosen: RawFile, common: tuple[IntArray, IntArray]
) -> str:
    left, right = other.fields[name][common[0]], chosen.fields[name][common[1]]
    scale = np.maximum(np.abs(right), np.finfo(float).tiny)
    off = np.abs(left - right) / scale
    count = int((off > AGREEMENT).sum())
    return f"{name} in {count} (largest relative difference {off.max():.2e})" if count else ""


def _describe(file: RawFile) -> DatasetInfo:
    """Return the line of a catalogue for a raw file, with its warnings as notes."""
    return DatasetInfo(
        id=str(file.dataset),
        file=file.name,
        fields=tuple(file.fields),
        ticks_per_unit=(0,) * len(file.fields),
        interval_s=nominal_interval_s(file.times, bars=file.dataset.kind in BAR_KINDS),
        first=file.times[0],
        last=file.times[-1],
        rows=len(file.times),
        sha256=_content_sha256(file),
        source=file.name,
        synthetic=False,
        derived=file.derived,
        smoothed=file.smoothed,
        notes=tuple(x.text for x in file.findings if x.severity is Severity.WARNING),
    )


def _content_sha256(file: RawFile) -> str:
    if file.partner is None:
        return file_sha256(file.path)
    return sha256((file_sha256(file.path) + file_sha256(file.partner)).encode()).hexdigest()


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
