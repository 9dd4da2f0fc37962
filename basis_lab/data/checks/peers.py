"""Series of one market against each other: level and outliers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from basis_lab.data.checks.rows import NOWHERE, Defect, Rows
from basis_lab.data.series import DatasetId, DatasetKind, IntArray, time_text
from basis_lab.domain.market import FloatArray, TimeArray
from basis_lab.domain.wording import agree

LEVEL_APART = 1.2  # no perp stays a fifth away from its spot for half of a run
FLAG, ALERT, WRONG = 0.005, 0.01, 0.10
ENOUGH_TO_OUTVOTE = 3
DOUBT = "; one of the two is wrong, nothing tells which"
_EARLY = np.timedelta64(8, "D")
ENOUGH_FOR_A_LEVEL = 10_000  # rows, evenly spread

_TRUSTED = (DatasetKind.SPOT, DatasetKind.PERP, DatasetKind.MARK)
_WRAPPED = {
    "WETHUSDT": "ETHUSDT",
    "WETHUSD": "ETHUSDT",
    "WBTCUSDT": "BTCUSDT",
    "WBTCUSD": "BTCUSDT",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One series among others of its market.

    Parameters
    ----------
    dataset : DatasetId
        What it is.
    file : str
        Where it comes from, for messages.
    rows : Rows
        Its rows, in the order of time.
    derived : bool
        True where it may not stand for the market.
    """

    dataset: DatasetId
    file: str
    rows: Rows
    derived: bool

    @property
    def trusted(self) -> bool:
        """True where others may be measured by it."""
        return self.dataset.kind in _TRUSTED and not self.derived


def market_of(dataset: DatasetId) -> str | None:
    """Return the market whose price a dataset shows.

    Parameters
    ----------
    dataset : DatasetId
        The dataset.

    Returns
    -------
    str or None
        For instance ``ETHUSDT`` (funding: ``funding ETHUSDT``); None where others cannot show it.
    """
    if dataset.kind is DatasetKind.FUNDING:
        return f"funding {dataset.symbol}"
    if dataset.kind in _TRUSTED:
        return dataset.symbol
    if dataset.kind in {DatasetKind.DEX, DatasetKind.ORACLE}:
        return _WRAPPED.get(dataset.symbol)
    return None


@dataclass(frozen=True)
class Market:
    """Series that show one price, or the funding of one coin.

    Parameters
    ----------
    peers : tuple of Peer
        Two and more; those that others are measured by first.
    """

    peers: tuple[Peer, ...]

    @cached_property
    def distances(self) -> tuple[FloatArray | None, ...]:
        """By series and row, how far it is from the median of what it is measured by.

        0 where it is near or they show nothing; None for a series that is not measured.
        """
        first = self.peers[0]
        if not first.trusted:
            return (None,) * len(self.peers)
        near = [_far_times(x, first) for x in self.peers[1:]]
        far = np.unique(np.concatenate([first.rows.times[:0], *near]))
        return tuple(self._distance(i, far) for i in range(len(self.peers)))

    def measures(self, place: int) -> tuple[Peer, ...]:
        """Return what a series is measured by.

        Parameters
        ----------
        place : int
            Its place.

        Returns
        -------
        tuple of Peer
            All that are trusted, for their median stays where it is when one of three is off;
            of two the first, which itself is measured by nobody.
        """
        trusted = tuple(x for x in self.peers if x.trusted)
        if len(trusted) >= ENOUGH_TO_OUTVOTE:
            return trusted
        return trusted[:1] if place > 0 else ()

    def _distance(self, place: int, far: TimeArray) -> FloatArray | None:
        peer, measures = self.peers[place], self.measures(place)
        if not measures:
            return None
        apart = np.zeros(len(peer.rows.times))
        rows, _ = common_places(peer.rows.times, far)
        if len(rows):
            apart[rows] = _distances(peer, measures, rows)
        return apart


def markets_of(peers: Sequence[Peer]) -> tuple[Market, ...]:
    """Return series by market.

    Parameters
    ----------
    peers : sequence of Peer
        Of any markets.

    Returns
    -------
    tuple of Market
        Those of two series and more.
    """
    found: dict[str, list[Peer]] = {}
    for peer in peers:
        market = market_of(peer.dataset)
        if market is not None:
            found.setdefault(market, []).append(peer)
    kinds = list(DatasetKind)
    ordered = (
        tuple(sorted(x, key=lambda p: (p.derived, kinds.index(p.dataset.kind), str(p.dataset))))
        for x in found.values()
    )
    return tuple(Market(x) for x in ordered if len(x) > 1)


def find_levels(market: Market) -> Iterator[tuple[Peer, Defect]]:
    """Find prices that stand at another level than most of their market.

    Parameters
    ----------
    market : Market
        Series of one market.

    Yields
    ------
    (Peer, Defect)
        The series, and how far it is off; of two that disagree both.
    """
    first = market.peers[0]
    if not first.trusted:
        return
    found = [(x, _level_over(x, first)) for x in market.peers]
    known = [(x, level) for x, level in found if level is not None]
    levels = np.array([level for _, level in known])
    voters = np.array([x.trusted for x, _ in known])
    apart = np.abs(np.log(levels[:, None] / levels)) >= np.log(LEVEL_APART)
    near = (~apart & voters).sum(axis=1) * voters
    usual = int(np.argmax(near))
    decided = 2 * int(near[usual]) > int(voters.sum())
    for place, (peer, level) in enumerate(known):
        against = usual
        if not decided and peer.trusted:  # as many stand there as here
            against = int(np.argmax(apart[place] & voters))
        if apart[place, against]:
            other = known[against][0]
            ratio = float(level / levels[against])
            against_it = f"{other.dataset} ({other.file})"
            what = f"its prices are typically {ratio:.6g} times those of {against_it}"
            doubt = "" if decided else DOUBT
            yield peer, Defect(what=what + doubt, field="", value=ratio)


def _level_over(peer: Peer, first: Peer) -> float | None:
    """Return how many times as high a series typically stands; None without a common row."""
    ours, theirs = common_places(peer.rows.times, first.rows.times)
    if not len(ours):
        return None
    every = max(len(ours) // ENOUGH_FOR_A_LEVEL, 1)
    left = peer.rows.first_field[ours[::every]]
    return float(np.median(left / first.rows.first_field[theirs[::every]]))


def find_early_ends(market: Market) -> Iterator[tuple[Peer, Defect]]:
    """Find series that end long before the others of their market.

    Parameters
    ----------
    market : Market
        Series of one market.

    Yields
    ------
    (Peer, Defect)
        Those that no other venue's ends with; a feed or a pool ends when it does.
    """
    ends = [
        (x, x.rows.times[-1])
        for x in market.peers
        if len(x.rows.times) and (x.trusted or x.dataset.kind is DatasetKind.FUNDING)
    ]
    for peer, end in ends:
        others = [(other, at) for other, at in ends if other is not peer]
        if others and min(at for _, at in others) - end > _EARLY:
            last, at = max(others, key=lambda x: x[1])
            days = (at - end) // np.timedelta64(1, "D")
            what = f"ends at {time_text(end)}, {days} days before {last.dataset}, and no other does"
            yield peer, Defect(what=what, field="", value=time_text(end))


def find_outliers(market: Market, least: float, below: float) -> Iterator[tuple[Peer, Defect]]:
    """Find rows that lie away from what the others of their market show.

    Parameters
    ----------
    market : Market
        Series of one market.
    least, below : float
        Relative distances to report: from, and up to.

    Yields
    ------
    (Peer, Defect)
        One a series.
    """
    for place, peer in enumerate(market.peers):
        apart, measures = market.distances[place], market.measures(place)
        if apart is None:
            continue
        places = np.flatnonzero((apart >= least) & (apart < below))
        if len(places):
            worst = int(places[np.argmax(apart[places])])
            names = str(measures[0].dataset)
            if len(measures) > 1:
                names = f"the median of {len(measures)} venues ({names} and more)"
            words = agree(len(places), "row lies", "rows lie")
            what = (
                f"{len(places)} {words} {least:.1%} and more away from {names}, at most "
                f"{apart[worst]:.2%} ({time_text(peer.rows.times[worst])})"
            )
            yield peer, Defect(what=what, field="", places=places, value=float(apart[worst]))


def common_places(
    ours: "IntArray | TimeArray", theirs: "IntArray | TimeArray"
) -> tuple[IntArray, IntArray]:
    """Return the places of common times in two ascending arrays.

    Parameters
    ----------
    ours, theirs : ndarray of shape (n,) and (m,)
        Times, strictly ascending.

    Returns
    -------
    ours, theirs : ndarray of int
        Places in each.
    """
    if not len(ours) or not len(theirs):
        return NOWHERE, NOWHERE
    if len(ours) == len(theirs) and (ours == theirs).all():
        every = np.arange(len(ours))
        return every, every
    place = np.minimum(np.searchsorted(theirs, ours), len(theirs) - 1)
    same = np.flatnonzero(theirs[place] == ours)
    return same, place[same]


def _far_times(peer: Peer, first: Peer) -> TimeArray:
    """Return when a series is not near the first of its market, or that one shows nothing."""
    ours, theirs = common_places(peer.rows.times, first.rows.times)
    far = np.ones(len(peer.rows.times), dtype=bool)
    far[ours] = False
    for name, other in _shown(peer, first):
        off = np.abs(peer.rows.fields[name][ours] / first.rows.fields[other][theirs] - 1.0)
        far[ours] |= off >= FLAG / 2.0  # of two that are nearer, neither is flagged by the other
    return peer.rows.times[far]


def _shown(peer: Peer, other: Peer) -> Iterator[tuple[str, str]]:
    """Return the columns of a series that can be held against another, and against which."""
    for name in ("open", "close", "price"):
        against = "open" if name == "price" else name
        if name in peer.rows.fields and against in other.rows.fields:
            yield name, against


def _distances(peer: Peer, others: Sequence[Peer], rows: IntArray) -> FloatArray:
    """Return by row how far a series is from a median; 0 where nothing is shown."""
    apart = np.zeros(len(rows))
    times = peer.rows.times[rows]
    for name in ("open", "close", "price"):
        shown = np.full((len(others), len(rows)), np.nan)
        for line, other in zip(shown, others, strict=True):
            for _, against in (x for x in _shown(peer, other) if x[0] == name):
                mine, places = common_places(times, other.rows.times)
                line[mine] = other.rows.fields[against][places]
        if name in peer.rows.fields:
            off = np.abs(peer.rows.fields[name][rows] / _median_of_known(shown) - 1.0)
            apart = np.fmax(apart, off)
    return apart


def _median_of_known(shown: FloatArray) -> FloatArray:
    """Return the median down the columns, NaN aside; NaN where nothing is known."""
    ranked = np.sort(shown, axis=0)
    count = np.isfinite(shown).sum(axis=0)
    columns = np.arange(shown.shape[1])
    low: FloatArray = ranked[np.maximum(count - 1, 0) // 2, columns]
    high: FloatArray = ranked[np.minimum(count // 2, len(shown) - 1), columns]
    middle: FloatArray = (low + high) / 2.0
    return middle
