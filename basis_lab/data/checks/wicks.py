"""Highs and lows that no other series of their market comes near."""

from collections.abc import Iterator, Sequence

import numpy as np

from basis_lab.data.checks.peers import Market, Peer, common_places
from basis_lab.data.checks.rows import Defect
from basis_lab.data.series import IntArray, time_text
from basis_lab.domain.market import FloatArray
from basis_lab.domain.wording import agree

# Fractions of the furthest price of the others. In eleven months of five venues no true wick ran
# further than 1.1 % beyond them, nor one of a thin pool further than 1.5 %.
FAR, FALSE = 0.03, 0.10


def find_wicks(market: Market, least: float, below: float) -> Iterator[tuple[Peer, Defect]]:
    """Find highs and lows beyond those of all others, in their bar and in the bars beside it.

    Parameters
    ----------
    market : Market
        Series of one market.
    least, below : float
        How far beyond, as fractions of the furthest of the others: from, and up to.

    Yields
    ------
    (Peer, Defect)
        One a column.
    """
    for peer in market.peers:
        for name in ("high", "low"):
            rows = _long_wicks(peer, name, least)
            others = [x for x in market.peers if x is not peer and _measures(x, peer, name)]
            if not len(rows) or not others:
                continue
            beyond = _beyond(peer, others, name, rows)
            chosen = (beyond >= least) & (beyond < below)
            if chosen.any():
                yield peer, _defect(peer, name, rows[chosen], beyond[chosen])


def _defect(peer: Peer, name: str, places: IntArray, beyond: FloatArray) -> Defect:
    worst = int(np.argmax(beyond))
    side, furthest = ("above", "highest") if name == "high" else ("below", "lowest")
    words = agree(len(places), f"{name} lies", f"{name}s lie")
    what = (
        f"{len(places)} {words} {side} the {furthest} of all other series of that bar and of the "
        f"bars beside it, by {beyond[worst]:.2%} at most "
        f"({time_text(peer.rows.times[places[worst]])})"
    )
    value = float(peer.rows.fields[name][places[worst]])
    return Defect(what=what, field=name, places=places, value=value)


def _measures(other: Peer, peer: Peer, name: str) -> bool:
    """Return whether bars show the extremes of the same stretch of time."""
    same = other.rows.interval_s == peer.rows.interval_s
    return other.trusted and same and name in other.rows.fields


def _long_wicks(peer: Peer, name: str, least: float) -> IntArray:
    """Return the rows whose extreme lies well beyond both ends of their own bar."""
    fields = peer.rows.fields
    ends = [fields[x] for x in ("open", "close") if x in fields]
    if name not in fields or not ends:
        return np.arange(0)
    if name == "high":
        return np.flatnonzero(fields[name] >= np.maximum.reduce(ends) * (1.0 + least / 2.0))
    return np.flatnonzero(fields[name] * (1.0 + least / 2.0) <= np.minimum.reduce(ends))


def _beyond(peer: Peer, others: Sequence[Peer], name: str, rows: IntArray) -> FloatArray:
    """Return how far rows reach beyond all others; below 0 where not, or where none is known."""
    high = name == "high"
    times, step = peer.rows.times[rows], np.timedelta64(peer.rows.interval_s, "s")
    furthest = np.full(len(rows), np.nan)
    for other in others:
        for shift in (-1, 0, 1):
            mine, places = common_places(times + shift * step, other.rows.times)
            shown = other.rows.fields[name][places]
            pick = np.fmax if high else np.fmin
            furthest[mine] = pick(furthest[mine], shown)
    extreme = peer.rows.fields[name][rows]
    ratio = extreme / furthest if high else furthest / extreme
    beyond: FloatArray = np.nan_to_num(ratio - 1.0, nan=-1.0, posinf=np.inf)
    return beyond
