"""Whether the time labels of a series are what they say, told by the others of its market."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from basis_lab.data.checks.peers import DOUBT, Market, Peer, common_places
from basis_lab.data.checks.rows import Defect
from basis_lab.data.series import BAR_KINDS, DatasetKind, IntArray, time_text
from basis_lab.domain.market import FloatArray
from basis_lab.errors import BadDataError

SHIFTS_H = (-8, 0, 8, 16)
SCANNED_S = 86_400
SCANNED_ROWS = 20_000  # of bars; labels are shifted throughout
# A shift is believed when it beats every other by this much correlation, on this many rows.
CLEAR_MARGIN = 0.05
CLEAR_CORRELATION = 0.5
ENOUGH_ROWS = 100
# Changes of funding rates are alike by a third to a half at the right shift, by nothing at the
# others: in standard errors of a correlation.
CLEAR_ERRORS, MARGIN_ERRORS = 5.0, 2.0
_SECONDS = 3600
_ZONE_S = 900  # zones lie quarters of an hour apart; labels of full hours tell whole ones alone
_MINUTE = 60
_WEST_S, _EAST_S = -12 * _SECONDS, 14 * _SECONDS

# A part of a series is looked at in stretches, each half over the one before; a shift of nearly
# all of them is one of the whole.
_PART_ROWS, _PART_S, WHOLE = 240, 864_000, 0.9

Moves = tuple[IntArray, FloatArray]
"""Times in seconds, and what happened up to each."""


def find_label_shifts(market: Market) -> Iterator[tuple[Peer, Defect]]:
    """Find series whose labels run ahead of, or behind, most of their market.

    Parameters
    ----------
    market : Market
        Series of one market.

    Yields
    ------
    (Peer, Defect)
        The series, and by how much.
    """
    known = [x for x in market.peers if _can_tell(x)]
    known = [x for x in known if x.rows.interval_s == known[0].rows.interval_s]
    if len(known) < 2:  # noqa: PLR2004 - one cannot be compared
        return
    moves = [_moves(x) for x in known]
    shifts = [_Shift(0, 1.0, 1.0), *(_shift(x, moves[0], known[0]) for x in moves[1:])]
    most = _agreed(known, shifts)
    odd = next((i for i, x in enumerate(shifts) if x.seconds != 0), 0)
    for i, (peer, seconds) in enumerate(zip(known, _blamed(known, shifts), strict=True)):
        if seconds:
            told, other = (shifts[i], known[0]) if i else (shifts[odd], known[odd])
            doubt = "" if most is not None else DOUBT
            what = (
                f"labels run {_length(seconds)} against {other.dataset}: correlation "
                f"{told.best:.2f} there, {_unmoved(told)} as labelled"
                f"{_meaning(peer, seconds)}{doubt}"
            )
            yield (
                peer,
                Defect(
                    what=what, field="", value=seconds / _SECONDS, remedy=_remedy(peer, seconds)
                ),
            )


def find_label_shifts_in_part(market: Market) -> Iterator[tuple[Peer, Defect]]:
    """Find bars that run ahead of, or behind, their market in a part of their rows.

    Parameters
    ----------
    market : Market
        Series of one market, whose labels are right on the whole.

    Yields
    ------
    (Peer, Defect)
        By series and stretch of one shift, its edges within some days.
    """
    known = [x for x in market.peers if _can_tell(x) and x.dataset.kind in BAR_KINDS]
    known = [x for x in known if x.rows.interval_s == known[0].rows.interval_s]
    if len(known) < 2:  # noqa: PLR2004 - one cannot be compared
        return
    moves = [_moves(x, every=True) for x in known]
    told: dict[int, list[tuple[int, int]]] = {i: [] for i in range(len(known))}
    looked_at = _stretches(moves, known[0].rows.interval_s)
    for start, end in looked_at:
        parts = [_between(x, start, end) for x in moves]
        near = [_correlation(x, parts[0], 0) for x in parts[1:]]
        if all(x >= CLEAR_CORRELATION or x < -1.0 for x in near):
            continue
        for i, seconds in _shifted_here(known, moves, parts):
            told[i].append((start, seconds))
    doubt = DOUBT if len(known) == 2 else ""  # noqa: PLR2004 - of two nothing tells
    for peer, stretches in zip(known, told.values(), strict=True):
        if len(stretches) < WHOLE * len(looked_at):
            yield from ((peer, x) for x in _parts(peer, stretches, doubt))


def _shifted_here(
    known: Sequence[Peer], moves: Sequence[Moves], parts: Sequence[Moves]
) -> Iterator[tuple[int, int]]:
    """Return which series are shifted in a stretch, measured by one that moves as most do."""
    every = range(len(known))
    alike = [
        sum(_correlation(parts[i], parts[j], 0) >= CLEAR_CORRELATION for j in every if j != i)
        for i in every
    ]
    order = sorted(every, key=lambda i: -alike[i])
    best = order[0]
    shifts = [_Shift(0, 1.0, 1.0), *(_shift(parts[i], moves[best], known[i]) for i in order[1:])]
    seconds = _blamed([known[i] for i in order], shifts)
    yield from ((i, x) for i, x in zip(order, seconds, strict=True) if x)


def _blamed(known: Sequence[Peer], shifts: Sequence["_Shift"]) -> list[int]:
    """Return by series the seconds that it runs ahead of most; of two that differ, both do."""
    most = _agreed(known, shifts)
    odd = next((x.seconds for x in shifts if x.seconds), 0)
    if most is None:
        return [-odd, *(x.seconds for x in shifts[1:])]
    return [x.seconds - most for x in shifts]


def _part_s(interval_s: int) -> int:
    """Return how long a stretch is that is looked at."""
    return max(_PART_ROWS * interval_s, _PART_S)


def _stretches(moves: Sequence[Moves], interval_s: int) -> list[tuple[int, int]]:
    """Return the stretches of time that are looked at, in seconds."""
    first = min(int(x[0][0]) for x in moves if len(x[0]))
    last = max(int(x[0][-1]) for x in moves if len(x[0]))
    length = _part_s(interval_s)
    return [(start, start + length) for start in range(first, last, length // 2)]


def _between(moves: Moves, start: int, end: int) -> Moves:
    low, high = np.searchsorted(moves[0], (start, end))
    return moves[0][low:high], moves[1][low:high]


def _parts(peer: Peer, stretches: Sequence[tuple[int, int]], doubt: str) -> Iterator[Defect]:
    """Return what is shifted alike without a break as one."""
    half = _part_s(peer.rows.interval_s) // 2
    joined: list[tuple[int, int, int]] = []
    for start, seconds in stretches:
        if joined and joined[-1][2] == seconds and start - joined[-1][1] <= half:
            joined[-1] = (joined[-1][0], start, seconds)
        else:
            joined.append((start, start, seconds))
    for first, last, seconds in joined:
        low, high = np.searchsorted(peer.rows.seconds, (first, last + 2 * half))
        places = np.arange(low, high)
        days = half // 86_400
        what = (
            f"values run {_length(seconds)} against the market from about "
            f"{time_text(peer.rows.times[low])} to {time_text(peer.rows.times[high - 1])} (to "
            f"within {days} days){_meaning(peer, seconds)}; the other rows are not{doubt}"
        )
        remedy = "replace the file, or mend these rows alone: a repair would move the others too"
        yield Defect(what=what, field="", places=places, value=seconds / _SECONDS, remedy=remedy)


def _remedy(peer: Peer, seconds: int) -> str:
    if not _is_zone(peer, seconds):
        return (
            "give times in UTC and the column of settled rates; the shift is that of no zone, a "
            "column of another period may be its cause"
        )
    repair = f"shift-labels={-seconds / _SECONDS:g}h@{peer.dataset}"
    return f"give times in UTC, bars by their open, or import with --repair {repair}"


def _is_zone(peer: Peer, seconds: int) -> bool:
    """Tell if a zone, or the close of a bar, can be the cause of a shift."""
    closes = peer.dataset.kind in BAR_KINDS and abs(seconds) == peer.rows.interval_s
    return closes or _WEST_S <= seconds <= _EAST_S


def _agreed(known: Sequence[Peer], shifts: Sequence["_Shift"]) -> int | None:
    """Return the shift against the first that most series have; None where nothing decides."""
    counted = Counter(x.seconds for x in shifts).most_common()
    best = [seconds for seconds, count in counted if count == counted[0][1]]
    if len(best) == 1:
        return best[0]
    # Venues settle on whole intervals of UTC.
    whole = {x.seconds for x, peer in zip(shifts, known, strict=True) if _settles_whole(peer)}
    decided = [seconds for seconds in best if seconds in whole]
    return decided[0] if len(decided) == 1 else None


def _settles_whole(peer: Peer) -> bool:
    seconds = _levels(peer)[0]
    whole = np.mean(seconds % peer.rows.interval_s == 0)
    return peer.dataset.kind is DatasetKind.FUNDING and bool(whole > 0.5)  # noqa: PLR2004 - most


@dataclass(frozen=True, slots=True)
class _Shift:
    seconds: int
    best: float
    unmoved: float


def _unmoved(shift: _Shift) -> str:
    return "no common times" if shift.unmoved < -1.0 else f"{shift.unmoved:.2f}"


def _length(seconds: int) -> str:
    """Return a shift as zones are written: +8 h, -5:30 h."""
    hours, rest = divmod(abs(seconds), _SECONDS)
    minutes = f":{rest // _MINUTE:02d}" if rest else ""
    return f"{'-' if seconds < 0 else '+'}{hours}{minutes} h"


def _meaning(peer: Peer, seconds: int) -> str:
    if peer.dataset.kind in BAR_KINDS and abs(seconds) == peer.rows.interval_s:
        return " (open labels and close labels)"
    if not _is_zone(peer, seconds):
        intervals = seconds / peer.rows.interval_s
        whole = peer.dataset.kind is DatasetKind.FUNDING and intervals.is_integer()
        more = f": rates are those of {abs(int(intervals))} settlements" if whole else ""
        before = " before" if whole and seconds > 0 else " after" if whole else ""
        return f" (no zone is so far from UTC{more}{before})"
    return f" (as if UTC{_length(seconds).removesuffix(' h')})"


def _can_tell(peer: Peer) -> bool:
    """Tell if a series moves as its market does; labels off their grid were refused, and do."""
    kind, rows = peer.dataset.kind, peer.rows
    off_grid = bool((rows.seconds % rows.interval_s).any())
    return len(rows.times) > ENOUGH_ROWS and (
        kind is DatasetKind.FUNDING or (kind in BAR_KINDS and (off_grid or not peer.derived))
    )


def _levels(peer: Peer) -> Moves:
    return peer.rows.seconds, peer.rows.first_field


def _moves(peer: Peer, *, every: bool = False) -> Moves:
    """Return what two venues of a market share: the changes of a rate, or of a price."""
    seconds, values = (x if every else x[:SCANNED_ROWS] for x in _levels(peer))
    whole = np.diff(seconds) == peer.rows.interval_s
    if peer.dataset.kind is DatasetKind.FUNDING:
        return seconds[1:][whole], np.diff(values)[whole]
    return seconds[1:][whole], np.log(values[1:] / values[:-1])[whole]


def _shift(ours: Moves, theirs: Moves, peer: Peer) -> _Shift:
    """Return by how much one series runs ahead of another of the kind and interval of a peer."""
    funding = peer.dataset.kind is DatasetKind.FUNDING
    unmoved = _correlation(ours, theirs, 0)
    # Moves of a price are like none of another hour, so that no other shift can be clearer.
    if unmoved >= (1.0 - CLEAR_MARGIN if funding else CLEAR_CORRELATION):
        return _Shift(0, unmoved, unmoved)
    beside = any((seconds % _SECONDS).any() for seconds, _ in (ours, theirs))
    step = _ZONE_S if beside else _SECONDS
    # The shifts that zones give, and that of close labels.
    scanned = (*range(-SCANNED_S, SCANNED_S + 1, step), -peer.rows.interval_s, peer.rows.interval_s)
    found = {x: _correlation(ours, theirs, x) for x in scanned}
    best = max(found, key=lambda seconds: (found[seconds], -abs(seconds)))
    error = 1.0 / np.sqrt(min(len(ours[0]), len(theirs[0])))
    least = CLEAR_ERRORS * error if funding else CLEAR_CORRELATION
    margin = MARGIN_ERRORS * error if funding else CLEAR_MARGIN
    clear = found[best] >= least and found[best] - unmoved >= margin
    return _Shift(best if clear else 0, found[best], unmoved)


def _correlation(ours: Moves, theirs: Moves, seconds: int) -> float:
    """Return how alike two series are when the labels of one are moved back; -2 if unknown."""
    left, right = common_places(ours[0] - seconds, theirs[0])
    if len(left) < ENOUGH_ROWS:
        return -2.0
    a, b = ours[1][left], theirs[1][right]
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0.0 else -1.0


def archive_shift_h(archive: Peer, other: Peer) -> tuple[int, str]:
    """Return by how many hours a funding archive's labels run ahead of UTC.

    Parameters
    ----------
    archive : Peer
        Labels in doubt.
    other : Peer
        Another venue of the same coin, labelled in UTC.

    Returns
    -------
    hours : int
        To subtract from the labels.
    evidence : str
        The correlations that tell.

    Raises
    ------
    BadDataError
        If no shift stands out.
    """
    ours, theirs = _levels(archive), _levels(other)
    found = {hours: _correlation(ours, theirs, _SECONDS * hours) for hours in SHIFTS_H}
    best, second = sorted(found, key=lambda x: found[x], reverse=True)[:2]
    evidence = (
        f"correlation with {other.dataset} {found[best]:.2f} at {best} h, "
        f"{found[second]:.2f} at {second} h"
    )
    if found[best] < CLEAR_CORRELATION or found[best] - found[second] < CLEAR_MARGIN:
        raise BadDataError(
            "the zone of the labels cannot be told",
            where=f"{archive.dataset}, from {time_text(archive.rows.times[0])}",
            value=evidence,
            remedy="give a file with settlement times in UTC",
        )
    return best, evidence
