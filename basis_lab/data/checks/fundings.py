"""Funding of one coin on several venues: its unit and its sign."""

from collections.abc import Iterator, Sequence

import numpy as np

from basis_lab.data.checks.peers import DOUBT, Market, Peer, common_places
from basis_lab.data.checks.rows import Defect
from basis_lab.data.series import DatasetKind, IntArray, time_text
from basis_lab.domain.market import BoolArray, FloatArray

# Settlements in a stretch, and the factor that venues never were apart over one, in the mean and
# in the median of |rate| at once. In eleven months of three venues: 5 and 2.4.
SHORT, LONG = (21, 10.0), (90, 5.0)
# Of two whose typical rates are alike, the one that is far above the other in between is wrong.
ALIKE = 3.5
ENOUGH_FOR_A_SIGN = 90
# Venues of one coin correlate by 0.6 and more; what pays the other way by as much below zero.
# Over the least stretch the products of their rates gave -0.06 and more of what they could.
OPPOSITE = -0.3
LEAST_AN_HOUR = 1e-7  # a fraction; smaller rates are no measure of others
SECONDS_PER_HOUR = 3600


def find_funding_levels(market: Market) -> Iterator[tuple[Peer, Defect]]:
    """Find stretches in which funding is many times, or a small part of, that of the others.

    Parameters
    ----------
    market : Market
        Series of one market.

    Yields
    ------
    (Peer, Defect)
        At most one a series: percent for fractions, or a rate per hour for one per 8 h.
    """
    for peer, others in compared_funding(market):
        found = _of_many(peer, others) if len(others) > 1 else _of_two(peer, others[0])
        if found is not None:
            yield peer, found


def find_opposite_funding(market: Market) -> Iterator[tuple[Peer, Defect]]:
    """Find funding that runs against that of every other venue: its sign is another.

    Parameters
    ----------
    market : Market
        Series of one market.

    Yields
    ------
    (Peer, Defect)
        At most one a series; of two both.
    """
    for peer, others in compared_funding(market):
        known = [x for x in (_alike(peer, other) for other in others) if x is not None]
        if known and max(known) <= OPPOSITE:
            doubt = "" if len(known) > 1 else DOUBT
            what = f"rates run against those of {names_of(others)} (correlation {max(known):.2f})"
            yield peer, Defect(what=what + doubt, field="rate", value=max(known))
        else:
            yield from ((peer, x) for x in _opposite_in_part(peer, others))


def _opposite_in_part(peer: Peer, others: Sequence[Peer]) -> Iterator[Defect]:
    """Return the stretch in which a series pays the other way than every other, if any."""
    rows, shown = _beside(peer, others)
    if len(rows) < ENOUGH_FOR_A_SIGN:
        return
    windows = np.lib.stride_tricks.sliding_window_view
    ours = windows(hourly_rates(peer)[rows], ENOUGH_FOR_A_SIGN)
    most, known = np.full(len(ours), np.nan), np.zeros(len(ours))
    for line in shown:
        theirs = windows(line, ENOUGH_FOR_A_SIGN)
        size = np.sqrt((ours * ours).sum(axis=1) * (theirs * theirs).sum(axis=1))
        alike = (ours * theirs).sum(axis=1) / np.maximum(size, ENOUGH_FOR_A_SIGN * LEAST_AN_HOUR**2)
        most = np.fmax(most, alike)
        known += np.isfinite(alike)
    starts = np.flatnonzero(np.nan_to_num(most, nan=1.0) <= OPPOSITE)
    if not len(starts):
        return
    worst = int(starts[np.argmin(most[starts])])
    doubt = "" if known[worst] > 1 else DOUBT
    what = (
        f"rates run against those of {names_of(others)} (likeness {most[worst]:.2f}) over "
        f"{ENOUGH_FOR_A_SIGN} settlements from {time_text(peer.rows.times[rows[worst]])}{doubt}"
    )
    places = rows[worst : worst + ENOUGH_FOR_A_SIGN]
    yield Defect(what=what, field="rate", places=places, value=float(most[worst]))


def compared_funding(market: Market) -> Iterator[tuple[Peer, tuple[Peer, ...]]]:
    """Return each series of funding with those that may stand for the market beside it.

    Parameters
    ----------
    market : Market
        Series of one market.

    Yields
    ------
    (Peer, tuple of Peer)
        None for a series that nothing stands beside.
    """
    for peer in market.peers:
        if peer.dataset.kind is DatasetKind.FUNDING and "rate" in peer.rows.fields:
            others = tuple(x for x in market.peers if x is not peer and not x.derived)
            if others:
                yield peer, others


def _alike(peer: Peer, other: Peer) -> float | None:
    ours, theirs = common_places(peer.rows.times, other.rows.times)
    a, b = hourly_rates(peer)[ours], hourly_rates(other)[theirs]
    if len(a) < ENOUGH_FOR_A_SIGN or not a.std() > 0.0 or not b.std() > 0.0:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def _of_many(peer: Peer, others: Sequence[Peer]) -> Defect | None:
    """Return the stretch that is far from every other venue, or above the one that is whole."""
    rows, shown = _beside(peer, others)
    for length, factor in (SHORT, LONG):
        above, below, known = _ratios(hourly_rates(peer)[rows], shown, length)
        far = (known > 1) & ((above >= factor) | (below <= 1.0 / factor))
        if length == SHORT[0]:  # of two that tell, the one far above is wrong
            far |= (known == 1) & (above >= factor)
        if far.any():
            return _defect(peer, others, rows, (above, below, far), length)
    return None


def _of_two(peer: Peer, other: Peer) -> Defect | None:
    """Return the stretch that is far above another venue, or that the whole of both is apart."""
    rows, shown = _beside(peer, (other,))
    ours = hourly_rates(peer)[rows]
    if len(rows) < SHORT[0]:
        return None
    (_, whole), (_, market) = _typical(ours, len(ours)), _typical(shown[0], len(ours))
    if 1.0 / ALIKE < whole[0] / market[0] < ALIKE:
        above, below, _ = _ratios(ours, shown, SHORT[0])
        far = above >= SHORT[1]
        return _defect(peer, (other,), rows, (above, below, far), SHORT[0]) if far.any() else None
    above, below, _ = _ratios(ours, shown, LONG[0])
    far = (above >= LONG[1]) | (below <= 1.0 / LONG[1])
    return _defect(peer, (other,), rows, (above, below, far), LONG[0], DOUBT) if far.any() else None


def _ratios(ours: FloatArray, shown: FloatArray, length: int) -> tuple[FloatArray, ...]:
    """Return by stretch the factor above and below all others, and how many others are known."""
    if len(ours) < length:
        return (np.zeros(0),) * 3
    above, below = np.full((2, len(ours) - length + 1), np.nan)
    known = np.zeros(len(above))
    mean, median = _typical(ours, length)
    for line in shown:
        their_mean, their_median = _typical(line, length)
        means, medians = mean / their_mean, median / their_median
        above = np.fmin(above, np.minimum(means, medians))
        below = np.fmax(below, np.maximum(means, medians))
        known += np.isfinite(means)
    return np.nan_to_num(above, nan=1.0), np.nan_to_num(below, nan=1.0), known


def _typical(values: FloatArray, length: int) -> tuple[FloatArray, FloatArray]:
    """Return mean and median of |rate| an hour of every stretch; NaN where one is not whole."""
    windows = np.lib.stride_tricks.sliding_window_view(np.abs(values), length)
    mean = np.maximum(windows.mean(axis=1), LEAST_AN_HOUR)
    return mean, np.maximum(np.median(windows, axis=1), LEAST_AN_HOUR)


def _defect(
    peer: Peer,
    others: Sequence[Peer],
    rows: IntArray,
    found: tuple[FloatArray, FloatArray, BoolArray],
    length: int,
    doubt: str = "",
) -> Defect:
    above, below, far = found
    starts = np.flatnonzero(far)
    worst = int(starts[np.argmax(np.maximum(above, 1.0 / below)[starts])])
    value = float(above[worst] if above[worst] >= 1.0 else below[worst])
    what = (
        f"|rate| is {value:.3g} times that of {names_of(others)} over {length} settlements from "
        f"{time_text(peer.rows.times[rows[worst]])}: percent, or a rate of another interval{doubt}"
    )
    places = rows[int(starts[0]) : int(starts[-1]) + length]
    return Defect(what=what, field="rate", places=places, value=value)


def hourly_rates(peer: Peer) -> FloatArray:
    """Return the rates of a series of funding per hour.

    Parameters
    ----------
    peer : Peer
        The series.

    Returns
    -------
    ndarray of shape (n,)
        Fractions an hour.
    """
    rates: FloatArray = peer.rows.fields["rate"] * (SECONDS_PER_HOUR / peer.rows.interval_s)
    return rates


def _beside(peer: Peer, others: Sequence[Peer]) -> tuple[IntArray, FloatArray]:
    """Return the rows that any other shows as well, and by other the rates an hour, or NaN."""
    shown = np.full((len(others), len(peer.rows.times)), np.nan)
    for line, other in zip(shown, others, strict=True):
        ours, theirs = common_places(peer.rows.times, other.rows.times)
        line[ours] = hourly_rates(other)[theirs]
    rows = np.flatnonzero(np.isfinite(shown).any(axis=0))
    return rows, shown[:, rows]


def names_of(others: Sequence[Peer]) -> str:
    """Return what a series is compared with, in words.

    Parameters
    ----------
    others : sequence of Peer
        One and more.

    Returns
    -------
    str
        The first, and how many more.
    """
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    return f"{others[0].dataset}{more}"
