"""Whether the time labels of a series are what they say, told by the others of its market."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from basis_lab.data.checks.peers import Market, Peer, common_places
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
    for i, peer in enumerate(known):
        seconds = shifts[i].seconds - (most if most is not None else 0)
        if most is None and i == 0:
            seconds = -shifts[odd].seconds
        if seconds:
            told, other = (shifts[i], known[0]) if i else (shifts[odd], known[odd])
            doubt = "" if most is not None else "; one of the two is wrong, nothing tells which"
            what = (
                f"labels run {_length(seconds)} against {other.dataset}: correlation "
                f"{told.best:.2f} there, {_unmoved(told)} as labelled"
                f"{_meaning(peer, seconds)}{doubt}"
            )
            yield peer, Defect(what=what, field="", value=seconds / _SECONDS)


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


def _moves(peer: Peer) -> Moves:
    """Return what two venues of a market share: the changes of a rate, or of a price."""
    seconds, values = (x[:SCANNED_ROWS] for x in _levels(peer))
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
