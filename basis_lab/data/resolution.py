"""The files of one dataset: which of them serves, and what is said of the rest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np

from basis_lab.data.catalogue import file_sha256
from basis_lab.data.checks.meanings import AGREES, CONTRADICTS_COPY
from basis_lab.data.checks.order import holes_after
from basis_lab.data.checks.table import CHECKED_BEFORE_RUNS
from basis_lab.data.findings import Finding, Severity
from basis_lab.data.raw_file import RawFile, RefusedFile, refuses
from basis_lab.data.series import BAR_KINDS, DatasetId, DatasetInfo, IntArray, nominal_interval_s
from basis_lab.domain.wording import agree

# Two files for one series contradict each other beyond this relative difference.
AGREEMENT = 1e-9
# Of what refuses a file, where a run or an import says why.
SHOWN_ERRORS = 2


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


def with_findings(found: Resolution, told: Mapping[str, Sequence[Finding]]) -> Resolution:
    """Return a resolution with what was found of its files among those of other datasets.

    Parameters
    ----------
    found : Resolution
        The files.
    told : mapping of str to sequence of Finding
        By name of the file.

    Returns
    -------
    Resolution
        The file that serves is refused where a finding refuses it; no other takes its place.
    """
    refused = tuple(
        replace(x, findings=(*x.findings, *told[x.name])) if x.name in told else x
        for x in found.refused
    )
    chosen = found.chosen
    if chosen is None or chosen.name not in told:
        return replace(found, refused=refused)
    chosen = replace(chosen, findings=(*chosen.findings, *told[chosen.name]))
    if not any(refuses(x) for x in chosen.findings):
        return replace(found, chosen=chosen, info=_describe(chosen), refused=refused)
    alone = RefusedFile(
        path=chosen.path,
        name=chosen.name,
        dataset=chosen.dataset,
        findings=chosen.findings,
        rows=chosen.rows,
    )
    return replace(found, chosen=None, info=None, refused=(*refused, alone))


def _compared(other: RawFile, chosen: RawFile) -> RawFile:
    """Note how a file that was not chosen compares with the chosen one, column by column."""
    _, ours, theirs = np.intersect1d(other.times, chosen.times, return_indices=True)
    names = [x for x in chosen.fields if x in other.fields]
    apart = [x for x in (_contradiction(n, other, chosen, (ours, theirs)) for n in names) if x]
    if apart:
        rows = f"{len(ours)} common {agree(len(ours), 'row')}"
        text = f"contradicts {chosen.name} in {rows}: {'; '.join(apart)}"
        finding = Finding(CONTRADICTS_COPY, text)
    else:
        finding = Finding(
            AGREES,
            f"agrees with {chosen.name} in all {len(ours)} common "
            f"{agree(len(ours), 'row')} of {', '.join(names)}",
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
        notes=tuple(x.text for x in file.findings if carried(x)),
        holes=int(holes_after(file.rows)[1].sum()),
        findings=file.findings,
    )


def carried(finding: Finding) -> bool:
    """Tell if a run over any dates of a file carries a finding.

    Parameters
    ----------
    finding : Finding
        What was found.

    Returns
    -------
    bool
        True for a WARNING about the whole file; those about rows are looked for before a run.
    """
    return finding.severity is Severity.WARNING and finding.meaning.name not in CHECKED_BEFORE_RUNS


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
    """Return the first reasons of a refusal, and how many more there are."""
    told = [x.text for x in findings if refuses(x)]
    more = len(told) - SHOWN_ERRORS
    rest = f" and {more} more (`basis-lab data check` lists them)" if more > 0 else ""
    return ", ".join(told[:SHOWN_ERRORS]) + rest
