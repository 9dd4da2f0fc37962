"""Rows that are twice there, out of order, or missing; settlements that change their interval."""

from collections.abc import Iterator

import numpy as np

from basis_lab.data.checks.rows import Defect, Rows
from basis_lab.data.series import BAR_KINDS, DatasetKind, IntArray, time_text
from basis_lab.domain.intervals import HOUR_S, SECONDS, length_text
from basis_lab.domain.market import BoolArray
from basis_lab.domain.wording import agree

# Bars and settlements are due to the second; snapshots come when a block does.
_REGULAR = frozenset({*BAR_KINDS, DatasetKind.FUNDING})
LATE = 1.5
# Settlements change their interval where so many in a row keep another one.
CHANGED_ROWS = 3
_INTERVALS_S = (3600, 7200, 14400, 28800)
# A settlement may be booked some seconds after it was due.
LATE_SETTLEMENT_S = 60
SECONDS_OF_A_GRID = frozenset({*SECONDS.values(), *_INTERVALS_S})


def find_conflicting_rows(rows: Rows) -> Iterator[Defect]:
    """Find rows of one time that differ.

    Parameters
    ----------
    rows : Rows
        One series, in the order of its file.

    Yields
    ------
    Defect
        One or none; its places are the later rows of each pair.
    """
    order = np.argsort(rows.times, kind="stable")
    same = rows.times[order][1:] == rows.times[order][:-1]
    differs = np.zeros(len(same), dtype=bool)
    for values in rows.fields.values():
        differs |= values[order][1:] != values[order][:-1]
    conflicts = np.flatnonzero(same & differs)
    if len(conflicts):
        first, second = order[conflicts[0]], order[conflicts[0] + 1]
        name = next(x for x, values in rows.fields.items() if values[first] != values[second])
        pair = rows.fields[name][[first, second]]
        words = agree(len(conflicts), "row contradicts", "rows contradict")
        yield Defect(
            what=f"{len(conflicts)} {words} another row of the same time in {name}; the "
            f"first, {time_text(rows.times[second])}, contradicts",
            field=name,
            places=order[conflicts + 1],
            value=f"{pair[0]:.12g} and {pair[1]:.12g}",
            other=int(first),
        )


def find_disorder(rows: Rows) -> Iterator[Defect]:
    """Find rows that lie before the row above them, or that repeat its time and its values.

    Parameters
    ----------
    rows : Rows
        One series, in the order of its file.

    Yields
    ------
    Defect
        One or none.
    """
    steps = np.diff(rows.times).astype(np.int64)
    agree = np.ones(len(steps), dtype=bool)
    for values in rows.fields.values():
        agree &= values[1:] == values[:-1]
    # Rows of one time that differ contradict each other; that is said elsewhere.
    back = np.flatnonzero((steps < 0) | ((steps == 0) & agree)) + 1
    if len(back):
        text = time_text(rows.times[back[0]])
        yield Defect(what="rows are not in order of time", field="", places=back, value=text)


def holes_after(rows: Rows) -> tuple[IntArray, IntArray]:
    """Return where rows are missing.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Returns
    -------
    places : ndarray of int
        The last row before each hole.
    counts : ndarray of int
        How many rows are missing after it.
    """
    if rows.kind is DatasetKind.REWARDS:
        return np.arange(0), np.arange(0)
    gaps_s = rows.gaps_s
    least = rows.interval_s + 1 if rows.kind in _REGULAR else LATE * rows.interval_s
    wide = (gaps_s >= least) & ~_other_interval(rows, gaps_s)
    places = np.flatnonzero(wide)
    counts = np.maximum(np.rint(gaps_s[places] / rows.interval_s).astype(np.int64) - 1, 1)
    return places, counts


def find_gaps(rows: Rows) -> Iterator[Defect]:
    """Find rows that are missing between others.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One or none; its places are the last rows before each hole.
    """
    places, counts = holes_after(rows)
    if len(places):
        longest = int(np.argmax(counts))
        start = rows.times[places[longest]] + np.timedelta64(rows.interval_s, "s")
        missing = int(counts.sum())
        yield Defect(
            what=f"{missing} {agree(missing, 'row is', 'rows are')} missing in {len(places)} "
            f"{agree(len(places), 'hole')}, the longest {counts[longest]} from {time_text(start)}",
            field="",
            places=places,
            value=missing,
        )


def find_funding_intervals(rows: Rows) -> Iterator[Defect]:
    """Find settlements that follow each other in another interval than most.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One or none.
    """
    if rows.kind is not DatasetKind.FUNDING:
        return
    gaps_s = rows.gaps_s
    changed = np.flatnonzero((gaps_s < rows.interval_s) | _other_interval(rows, gaps_s)) + 1
    if len(changed):
        words = agree(len(changed), "settlement follows", "settlements follow")
        yield Defect(
            what=f"{len(changed)} {words} after {_hours(gaps_s[changed - 1])} instead "
            f"of {rows.interval_s / 3600:g} h",
            field="rate",
            places=changed,
            value=float(gaps_s[changed[0] - 1]),
        )


def find_off_grid(rows: Rows) -> Iterator[Defect]:
    """Find labels beside the grid of their interval: bars open on it, settlements on the hour.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One or none.
    """
    if rows.kind not in _REGULAR or rows.interval_s not in SECONDS_OF_A_GRID:
        return
    grid_s = rows.interval_s if rows.kind in BAR_KINDS else min(rows.interval_s, HOUR_S)
    beside_s = rows.seconds % grid_s
    places = np.flatnonzero(beside_s >= (1 if rows.kind in BAR_KINDS else LATE_SETTLEMENT_S))
    if len(places):
        first = int(places[0])
        words = agree(len(places), "label lies", "labels lie")
        what = (
            f"{len(places)} {words} beside the full {length_text(grid_s)} of UTC, the first by "
            f"{length_text(int(beside_s[first]))}"
        )
        first_time = time_text(rows.times[first])
        yield Defect(
            what=what,
            field="",
            places=places,
            value=first_time,
            remedy=_unmoved_remedy(beside_s),
        )


def _unmoved_remedy(beside_s: IntArray) -> str:
    """Return what to do about labels beside their grid; all of them may be moved by as much."""
    remedy = "give times in UTC, bars by their open"
    if (beside_s != beside_s[0]).any():
        return f"{remedy}; mend or replace the file"
    hours = int(beside_s[0]) / HOUR_S
    return (
        f"{remedy}, or import with --repair shift-labels={-hours:g}h@DATASET, or by whole hours "
        "more or less where the zone is another: label-shift names it where other series tell"
    )


def find_settlement_hours(rows: Rows) -> Iterator[Defect]:
    """Find funding that is not settled on whole intervals of UTC, as venues do.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One or none.
    """
    if rows.kind is not DatasetKind.FUNDING:
        return
    beside_s, counts = np.unique(rows.seconds % rows.interval_s, return_counts=True)
    usual_s = int(beside_s[np.argmax(counts)])
    if usual_s and not usual_s % HOUR_S:
        what = f"settlements lie {usual_s // HOUR_S} h after the full {rows.interval_s // HOUR_S} h"
        hours, back = usual_s // HOUR_S, (rows.interval_s - usual_s) // HOUR_S
        remedy = (
            "compare with the venue; where the labels are of another zone, import with --repair "
            f"shift-labels=-{hours}h@DATASET (of a zone ahead of UTC) or "
            f"shift-labels={back}h@DATASET (of one behind)"
        )
        yield Defect(what=f"{what} of UTC", field="", value=usual_s, remedy=remedy)


def _other_interval(rows: Rows, gaps_s: IntArray) -> BoolArray:
    """Tell which gaps of settlements are another interval that is kept for a while."""
    kept = np.zeros(len(gaps_s), dtype=bool)
    if rows.kind is not DatasetKind.FUNDING:
        return kept
    edges = np.flatnonzero(np.diff(gaps_s)) + 1
    for first, end in zip([0, *edges], [*edges, len(gaps_s)], strict=True):
        usual = gaps_s[first] == rows.interval_s if first < end else True
        if not usual and end - first >= CHANGED_ROWS and int(gaps_s[first]) in _INTERVALS_S:
            kept[first:end] = True
    return kept


def _hours(gaps_s: IntArray) -> str:
    return ", ".join(f"{x / 3600:g} h" for x in np.unique(gaps_s)[:3])
