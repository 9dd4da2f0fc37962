"""Named repairs, made at import when they are asked for and recorded with the data."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from basis_lab.data.checks.meanings import NOT_REPAIRED, REPAIRED
from basis_lab.data.checks.order import find_conflicting_rows, holes_after
from basis_lab.data.checks.rows import Rows
from basis_lab.data.checks.values import find_bar_contradictions, find_false_values
from basis_lab.data.findings import Finding
from basis_lab.data.series import BAR_KINDS, DatasetId, DatasetKind, IntArray, time_text
from basis_lab.domain.market import TimeArray
from basis_lab.domain.wording import agree
from basis_lab.errors import UsageError

SECONDS_PER_HOUR = 3600
LONGEST_GAP_HOURS = 24.0  # one missing day of a daily series; beyond, a value is no longer known


class RepairKind(StrEnum):
    """The repairs that there are."""

    KEEP_FIRST = "keep-first-duplicate"  # of rows that contradict each other, the first stays
    KEEP_LAST = "keep-last-duplicate"  # of rows that contradict each other, the last stays
    SORT_ROWS = "sort-rows"  # rows are put in the order of time
    DROP_BAD_ROWS = "drop-bad-rows"  # rows that cannot be true are left out, as holes
    SHIFT_LABELS = "shift-labels"  # every time is moved by so many hours
    FILL_GAP = "fill-gap"  # holes up to a length are filled with the last value


# In this order, whatever order they were asked for in: a later one needs the earlier ones.
_ORDER = tuple(RepairKind)
_FORMS = {
    RepairKind.SHIFT_LABELS: re.compile(r"(?P<hours>[+-]?\d+(\.\d+)?)h"),
    RepairKind.FILL_GAP: re.compile(r"forward:(?P<hours>\d+(\.\d+)?)h"),
}
_FILLED = frozenset(
    {*BAR_KINDS, DatasetKind.GAS, DatasetKind.ORACLE, DatasetKind.LST, DatasetKind.LST_MARKET}
)
USAGE = (
    "keep-first-duplicate, keep-last-duplicate, sort-rows, drop-bad-rows, shift-labels=-3h or "
    "fill-gap=forward:2h, with @kind/venue/SYMBOL behind it for one dataset alone"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One repair that was asked for.

    Parameters
    ----------
    kind : RepairKind
        What is done.
    hours : float
        By how much labels move, or the longest hole that is filled; 0 for the others.
    dataset : str
        ``kind/venue/SYMBOL``; empty for every dataset.
    """

    kind: RepairKind
    hours: float = 0.0
    dataset: str = ""

    @property
    def key(self) -> tuple[RepairKind, float]:
        """What it does, whichever dataset it is for."""
        return self.kind, self.hours

    @property
    def asked(self) -> str:
        """What it was asked for as."""
        return f"{self}@{self.dataset}" if self.dataset else str(self)

    def __str__(self) -> str:
        """Print it as it is asked for, without its dataset."""
        match self.kind:
            case RepairKind.SHIFT_LABELS:
                return f"{self.kind}={self.hours:+g}h"
            case RepairKind.FILL_GAP:
                return f"{self.kind}=forward:{self.hours:g}h"
            case _:
                return str(self.kind)


def parse_repair(text: str) -> Repair:
    """Read a repair as it is asked for.

    Parameters
    ----------
    text : str
        ``NAME[=HOW][@kind/venue/SYMBOL]``.

    Returns
    -------
    Repair
        What it says.

    Raises
    ------
    UsageError
        If there is no such repair, labels of every dataset would be moved, or holes of more than
        24 hours filled.
    """
    asked, _, dataset = text.partition("@")
    name, equals, how = asked.partition("=")
    if name not in set(RepairKind) or (dataset and DatasetId.parse(dataset) is None):
        raise _no_repair(text, f"write one of {USAGE}")
    kind = RepairKind(name)
    if kind not in _FORMS:
        if equals:
            raise _no_repair(text, f"write {kind} alone")
        return Repair(kind=kind, dataset=dataset)
    found = _FORMS[kind].fullmatch(how)
    if found is None:
        raise _no_repair(text, f"write one of {USAGE}")
    if kind is RepairKind.SHIFT_LABELS and not dataset:
        raise _no_repair(text, f"name the dataset: {text}@funding/binance/BTCUSDT")
    named = DatasetId.parse(dataset)
    if kind is RepairKind.FILL_GAP and named is not None and named.kind not in _FILLED:
        raise _no_repair(text, f"holes are filled of {', '.join(sorted(_FILLED))} alone")
    hours = float(found["hours"])
    if kind is RepairKind.FILL_GAP and hours > LONGEST_GAP_HOURS:
        raise UsageError(
            "a hole of that length is not filled with the last value",
            where="--repair",
            value=text,
            remedy=f"give at most {kind}=forward:{LONGEST_GAP_HOURS:g}h, and choose dates without "
            "longer holes or a complete file",
        )
    return Repair(kind=kind, hours=hours, dataset=dataset)


def _no_repair(text: str, remedy: str) -> UsageError:
    return UsageError("there is no such repair", where="--repair", value=text, remedy=remedy)


def repairs_for(dataset: DatasetId, asked: Iterable[Repair]) -> tuple[Repair, ...]:
    """Return the repairs of one dataset in the order in which they are made.

    Parameters
    ----------
    dataset : DatasetId
        The dataset.
    asked : iterable of Repair
        All that were asked for.

    Returns
    -------
    tuple of Repair
        Those for it, and those for every dataset.
    """
    mine = [x for x in asked if x.dataset in {"", str(dataset)}]
    return tuple(sorted(mine, key=lambda x: _ORDER.index(x.kind)))


def check_together(asked: Sequence[Repair]) -> None:
    """Refuse repairs of one dataset that contradict each other.

    Parameters
    ----------
    asked : sequence of Repair
        All that were asked for.

    Raises
    ------
    UsageError
        Naming the first two: two ways to choose among rows, two shifts, two lengths of holes.
    """
    for place, one in enumerate(asked):
        for other in asked[:place]:
            apart = one.dataset and other.dataset and one.dataset != other.dataset
            if not apart and _what(one) == _what(other) and one.key != other.key:
                raise UsageError(
                    "two repairs of one dataset contradict each other",
                    where="--repair",
                    value=f"{other.asked} and {one.asked}",
                    remedy="ask for one of them, or for each with its own @kind/venue/SYMBOL",
                )


def _what(one: Repair) -> RepairKind:
    """Return what a repair is about: both ways to choose among rows are about the same."""
    return RepairKind.KEEP_FIRST if one.kind is RepairKind.KEEP_LAST else one.kind


def repair(
    rows: Rows, lines: IntArray, repairs: Sequence[Repair]
) -> tuple[Rows, IntArray, tuple[Finding, ...]]:
    """Make repairs.

    Parameters
    ----------
    rows : Rows
        One series, in the order of its file.
    lines : ndarray of int, shape (n,)
        The line of each row.
    repairs : sequence of Repair
        In the order in which they are made.

    Returns
    -------
    rows : Rows
        Repaired.
    lines : ndarray of int
        The line of each row; a filled one has that of the row it repeats.
    findings : tuple of Finding
        One a repair that changed something, with how many rows and the first; and one of holes
        that are never filled.
    """
    found: list[Finding] = []
    for one in repairs:
        if one.kind is RepairKind.FILL_GAP and rows.kind not in _FILLED:
            found += _not_filled(rows, one)
            continue
        rows, lines, changed = _repaired(rows, lines, one)
        if len(changed):
            rows_words = agree(len(changed), "row")
            text = f"repair {one}: {len(changed)} {rows_words}, the first {time_text(changed[0])}"
            found.append(Finding(REPAIRED, text))
    return rows, lines, tuple(found)


def _not_filled(rows: Rows, one: Repair) -> tuple[Finding, ...]:
    """Tell of holes that were asked to be filled in passing, of a kind that never is."""
    places, counts = holes_after(rows)
    if not len(places):
        return ()
    missing = int(counts.sum())
    text = (
        f"repair {one} was not made: holes of {rows.kind} are never filled "
        f"({missing} {agree(missing, 'row')} missing)"
    )
    return (Finding(NOT_REPAIRED, text),)


def _repaired(rows: Rows, lines: IntArray, one: Repair) -> tuple[Rows, IntArray, TimeArray]:
    """Return the rows after one repair, their lines, and the times that it changed."""
    match one.kind:
        case RepairKind.KEEP_FIRST | RepairKind.KEEP_LAST:
            if next(find_conflicting_rows(rows), None) is None:
                return rows, lines, rows.times[:0]
            kept = _one_a_time(rows.times, last=one.kind is RepairKind.KEEP_LAST)
            return _kept(rows, lines, kept)
        case RepairKind.SORT_ROWS:
            order = np.argsort(rows.times, kind="stable")
            moved = rows.times[order != np.arange(len(order))]
            return _taken(rows, order), lines[order], moved
        case RepairKind.DROP_BAD_ROWS:
            bad = [*find_false_values(rows), *find_bar_contradictions(rows)]
            places = np.unique(np.concatenate([np.arange(0), *(x.places for x in bad)]))
            return _kept(rows, lines, np.setdiff1d(np.arange(len(lines)), places))
        case RepairKind.SHIFT_LABELS:
            moved_s = np.timedelta64(round(one.hours * SECONDS_PER_HOUR), "s")
            return replace(rows, times=rows.times + moved_s), lines, rows.times
        case RepairKind.FILL_GAP:
            return _filled(rows, lines, one.hours * SECONDS_PER_HOUR)


def _one_a_time(times: TimeArray, *, last: bool) -> IntArray:
    if not last:
        return np.sort(np.unique(times, return_index=True)[1])
    return np.sort(len(times) - 1 - np.unique(times[::-1], return_index=True)[1])


def _kept(rows: Rows, lines: IntArray, kept: IntArray) -> tuple[Rows, IntArray, TimeArray]:
    gone = np.setdiff1d(np.arange(len(lines)), kept)
    return _taken(rows, kept), lines[kept], rows.times[gone]


def _taken(rows: Rows, places: IntArray) -> Rows:
    fields = {name: values[places] for name, values in rows.fields.items()}
    return replace(rows, times=rows.times[places], fields=fields)


def _filled(rows: Rows, lines: IntArray, longest_s: float) -> tuple[Rows, IntArray, TimeArray]:
    """Repeat the last row in short holes; a bar in which nothing is known stays at its close."""
    places, counts = holes_after(rows)
    short = counts * rows.interval_s <= longest_s
    if not short.any():
        return rows, lines, rows.times[:0]
    before = np.repeat(places[short], counts[short])
    steps = np.concatenate([np.arange(1, x + 1) for x in counts[short]])
    times = rows.times[before] + steps * np.timedelta64(rows.interval_s, "s")
    source = "close" if rows.kind in BAR_KINDS and "close" in rows.fields else None
    order = np.argsort(np.concatenate([rows.times, times]), kind="stable")
    fields = {
        name: np.concatenate([values, (rows.fields[source] if source else values)[before]])[order]
        for name, values in rows.fields.items()
    }
    every = np.concatenate([rows.times, times])[order]
    return (
        replace(rows, times=every, fields=fields),
        np.concatenate([lines, lines[before]])[order],
        times,
    )
