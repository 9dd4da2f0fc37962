"""From when to when a directory can serve: each dataset by itself, and what a run needs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from basis_lab.data.checks.order import holes_after
from basis_lab.data.checks.rows import Rows
from basis_lab.data.covering import coverage_of
from basis_lab.data.requirements import Absent, Served, Sources, serve
from basis_lab.data.series import DatasetId, DatasetInfo, Span, Store
from basis_lab.domain.requirements import Alignment, Requirement

EARLIEST = np.datetime64("1970-01-01T00:00:00", "s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """When something can be used.

    Parameters
    ----------
    name : str
        What: a dataset, or a mode and its share class.
    spans : tuple of (datetime64, datetime64)
        First and last timestep of each stretch without a hole, in the order of time.
    missing : tuple of str
        What is missing for it, a line each; then there are no spans.
    """

    name: str
    spans: tuple[Span, ...]
    missing: tuple[str, ...] = ()


def cover_dataset(store: Store, info: DatasetInfo) -> Coverage:
    """Return the stretches of one dataset.

    Parameters
    ----------
    store : Store
        The directory.
    info : DatasetInfo
        The dataset.

    Returns
    -------
    Coverage
        Read for its holes only where the catalogue counts some.
    """
    return Coverage(name=info.id, spans=tuple(_stretches(store, info)))


def cover_run(name: str, requirements: Iterable[Requirement], sources: Sources) -> Coverage:
    """Return the stretches over which a run finds what it needs.

    Parameters
    ----------
    name : str
        The mode and its share class.
    requirements : iterable of Requirement
        What the run needs; an optional series limits nothing.
    sources : Sources
        What it may draw on.

    Returns
    -------
    Coverage
        The stretches that every series has in common, or what is missing.
    """
    found = [serve(x, sources) for x in requirements if not x.optional]
    absent = [x for x in found if isinstance(x, Absent)]
    if absent:
        return Coverage(name=name, spans=(), missing=tuple(dict.fromkeys(map(_line, absent))))
    spans: Sequence[Span] | None = None
    for one in (x for x in found if isinstance(x, Served)):
        if one.requirement.alignment is Alignment.PAYOUT:  # counts for no date by itself
            continue
        mine = _served_spans(sources.store, one, sources.step_s)
        spans = mine if spans is None else _common(spans, mine)
    if not spans:
        return Coverage(name=name, spans=(), missing=("its series have no date in common",))
    return Coverage(name=name, spans=tuple(spans))


def _line(absent: Absent) -> str:
    if absent.refused:
        return f"{absent.dataset}: its files were refused"
    return f"{absent.dataset}: {absent.why}" if absent.why else absent.dataset


def _stretches(store: Store, info: DatasetInfo) -> list[Span]:
    """Return the first and the last row of each stretch between holes."""
    dataset = DatasetId.parse(info.id)
    if dataset is None or info.holes == 0:  # what has none need not be read
        return [(info.first, info.last)]
    series = store.read(info.id)
    rows = Rows(
        kind=dataset.kind,
        times=series.times,
        fields=series.fields,
        interval_s=info.interval_s,
    )
    before, _ = holes_after(rows)
    firsts, lasts = [0, *(before + 1)], [*before, len(series.times) - 1]
    return [
        (series.times[first], series.times[last]) for first, last in zip(firsts, lasts, strict=True)
    ]


def _served_spans(store: Store, served: Served, step_s: int) -> list[Span]:
    """Return from when to when one series serves, stretch by stretch."""
    found = []
    for first, last in _stretches(store, served.info):
        part = replace(served, info=replace(served.info, first=first, last=last))
        span = coverage_of(part, step_s)
        if span[0] <= span[1]:
            found.append(span)
    if found and served.requirement.starts_later:
        found[0] = (EARLIEST, found[0][1])
    return found


def _common(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """Return where two ascending lists of stretches overlap."""
    found: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        first, last = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if first < last:
            found.append((first, last))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return found
