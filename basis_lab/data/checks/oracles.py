"""Prices that protocols publish, against what markets and issuers show of the same asset."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from basis_lab.data.checks.peers import DOUBT, Peer, common_places, market_of
from basis_lab.data.checks.rows import Defect
from basis_lab.data.series import DatasetId, DatasetKind, IntArray, time_text
from basis_lab.domain.market import FloatArray, TimeArray
from basis_lab.domain.wording import agree

USD, ETH, WRAPPED_ETH = "USD", "ETH", "WETH"
# What is redeemed for a dollar.
DOLLARS = frozenset({"USDT", "USDC", "DAI", "USDS", "GHO", "PYUSD", "FDUSD", "TUSD", "LUSD"})
Limits = tuple[float, float, float]
"""How far beyond its reference a price is noted, told and refused, as fractions."""
# Chainlink's feed of ETH ran 0.17 % beyond the bars of its hour at most in eleven months, USDT fell
# to 0.95 once, USDC to 0.87, and staked ETH traded at 0.935 of its rate.
OF_A_MARKET: Limits = (0.01, 0.03, 0.10)
OF_A_DOLLAR: Limits = (0.01, 0.03, 0.25)
OF_A_RATE: Limits = (0.01, 0.03, 0.25)
# A staking token is worth more than an ETH, but not twice as much.
OF_STAKED_ETH: Limits = (1.0, 1.0, 1.0)
FLAG, ALERT, WRONG = range(3)
# The hour of a price: zones, how many prices tell it, and how much nearer they lie at the true one.
# In eleven months prices at their own hour lay half as far from the market as at the next.
_HOUR_S, _ZONES_H = 3600, range(-12, 15)
_ENOUGH_FOR_AN_HOUR, _CLEARLY = 30, 1.5
_OLDEST = np.timedelta64(2 * 86_400, "s")
_BAR_FIELDS = ("open", "high", "low", "close")
_PRICE_FIELDS = {
    DatasetKind.AAVE: "price_usd",
    DatasetKind.ORACLE: "price",
    DatasetKind.LST: "rate",
    DatasetKind.LST_MARKET: "rate",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Quote:
    """What a series shows of an asset, in dollars or ETH; NaN where it shows nothing."""

    peer: Peer
    asset: str
    unit: str
    price: FloatArray

    @property
    def times(self) -> TimeArray:
        return self.peer.rows.times


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Reference:
    """Between what a price should lie by row (NaN where nothing is known), and how strictly."""

    name: str
    low: FloatArray
    high: FloatArray
    limits: Limits


def find_quotes_beyond(peers: Sequence[Peer], degree: int) -> Iterator[tuple[Peer, Defect]]:
    """Find published prices that lie beyond what their asset is worth elsewhere.

    Parameters
    ----------
    peers : sequence of Peer
        Of any markets.
    degree : int
        ``FLAG``, ``ALERT`` or ``WRONG``: which of the limits they reach, but not the next.

    Yields
    ------
    (Peer, Defect)
        One a series and reference.

    Notes
    -----
    ETH and its wrapped form are held against the bars of the hour, staked ETH against twice and
    half of them, dollars against a dollar, quotes of staking tokens against the protocol's rate.
    """
    known = [x for x in peers if len(x.rows.times)]
    for quote in _quotes(known):
        for reference in _references(quote, known):
            apart = np.fmax(quote.price / reference.high, reference.low / quote.price) - 1.0
            apart = np.nan_to_num(apart, nan=0.0)
            reached = np.searchsorted(reference.limits, apart, side="right") - 1
            places = np.flatnonzero(reached == degree)
            if len(places):
                yield quote.peer, _defect(quote, reference, places, apart)


def find_shifted_quotes(peers: Sequence[Peer]) -> Iterator[tuple[Peer, Defect]]:
    """Find published prices that are those of the market so many hours before or after.

    Parameters
    ----------
    peers : sequence of Peer
        Of any markets.

    Yields
    ------
    (Peer, Defect)
        Of ETH and of staked ETH, whose rate moves too little to hide the hour; a reserve of
        dollars does not tell its hour.
    """
    known = [x for x in peers if len(x.rows.times)]
    for quote in _quotes(known):
        bars = [x for x in _bars_of(quote, known) if x.rows.interval_s <= _HOUR_S]
        found = {_shift_h(quote, x) for x in bars}
        if len(found) == 1 and len(quote.times) >= _ENOUGH_FOR_AN_HOUR:
            (hours,) = found
            if hours:
                yield quote.peer, _shifted(quote, bars, hours)


def _shifted(quote: _Quote, bars: Sequence[Peer], hours: int) -> Defect:
    what = (
        f"labels run {hours:+d} h against {bars[0].dataset}: prices of {quote.asset} are those of "
        f"the market {abs(hours)} h {'before' if hours > 0 else 'after'} (as if UTC{hours:+d})"
    )
    remedy = (
        f"give times in UTC, or import with --repair shift-labels={-hours:g}h@{quote.peer.dataset}"
    )
    doubt = DOUBT if len(bars) == 1 else ""
    return Defect(what=what + doubt, field="", value=hours, remedy=remedy)


def _shift_h(quote: _Quote, bars: Peer) -> int:
    """Return by how many hours prices follow those of a market; 0 where nothing is clear."""
    spreads = {hours: _spread(quote, bars, hours) for hours in _ZONES_H}
    best = min(spreads, key=lambda x: (spreads[x], abs(x)))
    return best if spreads[best] * _CLEARLY <= spreads[0] < np.inf else 0


def _spread(quote: _Quote, bars: Peer, hours: int) -> float:
    """Return how far prices typically move beside those of so many hours before."""
    moments = quote.times - np.timedelta64(hours, "h")
    place = np.searchsorted(bars.rows.times, moments, side="right") - 1
    inside = (place >= 0) & (moments - bars.rows.times[place] < np.timedelta64(_HOUR_S, "s"))
    inside &= np.isfinite(quote.price)
    if int(inside.sum()) < _ENOUGH_FOR_AN_HOUR:
        return np.inf
    beside = np.log(quote.price[inside] / bars.rows.fields["open"][place[inside]])
    return float(np.median(np.abs(np.diff(beside))))


def _defect(quote: _Quote, reference: _Reference, places: IntArray, apart: FloatArray) -> Defect:
    worst = int(places[np.argmax(apart[places])])
    price, low, high = (float(x[worst]) for x in (quote.price, reference.low, reference.high))
    words = agree(len(places), "price of", "prices of")
    what = (
        f"{len(places)} {words} {quote.asset} in {quote.unit} {agree(len(places), 'lies', 'lie')} "
        f"beyond {reference.name}, by {price / (high if price > high else low) - 1.0:+.2%} at most "
        f"({time_text(quote.times[worst])})"
    )
    return Defect(what=what, field="", places=places, value=price)


def _quotes(peers: Sequence[Peer]) -> Iterator[_Quote]:
    """Return what serves; a smoothed quote of a staking token does, other derived ones do not."""
    for peer in peers:
        kind = peer.dataset.kind
        serves = not peer.derived or kind is DatasetKind.LST_MARKET
        pair = _pair(peer.dataset)
        if serves and pair is not None and _PRICE_FIELDS[kind] in peer.rows.fields:
            price = _true(peer.rows.fields[_PRICE_FIELDS[kind]])
            yield _Quote(peer=peer, asset=pair[0], unit=pair[1], price=price)
            if kind is DatasetKind.ORACLE and pair[1] == USD and _is_staked(pair[0]):
                yield from _in_eth(peer, pair[0], peers)


def _pair(dataset: DatasetId) -> tuple[str, str] | None:
    """Return asset and unit of what a dataset shows; None where it shows no such price."""
    match dataset.kind:
        case DatasetKind.AAVE:
            return dataset.symbol, USD
        case DatasetKind.LST | DatasetKind.LST_MARKET:
            return dataset.symbol, ETH
        case DatasetKind.ORACLE:
            units = (x for x in (USD, ETH) if dataset.symbol.endswith(x))
            unit = next(units, None)
            return None if unit is None else (dataset.symbol.removesuffix(unit), unit)
        case _:
            return None


def _in_eth(peer: Peer, asset: str, peers: Sequence[Peer]) -> Iterator[_Quote]:
    """Return a feed over the feed of ETH of the same source, where both were read at once."""
    eth = DatasetId(DatasetKind.ORACLE, peer.dataset.venue, WRAPPED_ETH + USD)
    for other in (x for x in peers if x.dataset == eth and not x.derived):
        ours, theirs = common_places(peer.rows.times, other.rows.times)
        price = np.full(len(peer.rows.times), np.nan)
        eth_price = _true(other.rows.fields["price"])
        price[ours] = _true(peer.rows.fields["price"])[ours] / eth_price[theirs]
        yield _Quote(peer=peer, asset=asset, unit=ETH, price=price)


def _true(prices: FloatArray) -> FloatArray:
    """Return prices, NaN where one cannot be true: that is told elsewhere."""
    return np.where(np.isfinite(prices) & (prices > 0.0), prices, np.nan)


def _is_staked(asset: str) -> bool:
    return asset.endswith(ETH) and asset not in {ETH, WRAPPED_ETH}


def _references(quote: _Quote, peers: Sequence[Peer]) -> Iterator[_Reference]:
    if quote.unit == ETH and quote.peer.dataset.kind is not DatasetKind.LST:
        yield from (
            _of_rate(quote, x)
            for x in peers
            if x.dataset.kind is DatasetKind.LST
            and x.dataset.symbol == quote.asset
            and not x.derived
        )
    if quote.unit == ETH:
        yield _of_one(quote, ETH, OF_STAKED_ETH)
    elif quote.asset in DOLLARS:
        yield _of_one(quote, "dollar", OF_A_DOLLAR)
    else:
        yield from _of_market(quote, peers)


def _of_one(quote: _Quote, unit: str, limits: Limits) -> _Reference:
    one = np.ones(len(quote.price))
    return _Reference(name=f"one {unit}", low=one, high=one, limits=limits)


def _of_rate(quote: _Quote, rate: Peer) -> _Reference:
    """Return the rate that was published last before each quote, where that is not long ago."""
    place = np.searchsorted(rate.rows.times, quote.times, side="right") - 1
    known = place >= 0
    known &= quote.times - rate.rows.times[place] <= _OLDEST
    carried = np.where(known, _true(rate.rows.fields["rate"])[place], np.nan)
    return _Reference(name=str(rate.dataset), low=carried, high=carried, limits=OF_A_RATE)


def _of_market(quote: _Quote, peers: Sequence[Peer]) -> Iterator[_Reference]:
    """Return what all bars of a market span, from the bar before to that of each price."""
    bars = _bars_of(quote, peers)
    if not bars:
        return
    staked = _is_staked(quote.asset)
    low, high = np.full((2, len(quote.price)), np.nan)
    for one in bars:
        lows, highs = _span(one, quote.times)
        low, high = np.fmin(low, lows), np.fmax(high, highs)
    limits = OF_STAKED_ETH if staked else OF_A_MARKET
    first = str(bars[0].dataset)
    more = f" and {len(bars) - 1} more" if len(bars) > 1 else ""
    twice = "twice or half of " if staked else ""
    name = f"{twice}all bars around it ({first}{more})"
    yield _Reference(name=name, low=low, high=high, limits=limits)


def _bars_of(quote: _Quote, peers: Sequence[Peer]) -> list[Peer]:
    """Return the bars of the market of an asset in dollars; of staked ETH those of ETH."""
    symbol = (WRAPPED_ETH if _is_staked(quote.asset) else quote.asset) + USD
    market = market_of(DatasetId(DatasetKind.ORACLE, quote.peer.dataset.venue, symbol))
    if market is None or quote.unit != USD:
        return []
    return [x for x in peers if x.trusted and market_of(x.dataset) == market]


def _span(bars: Peer, times: TimeArray) -> tuple[FloatArray, FloatArray]:
    step = np.timedelta64(bars.rows.interval_s, "s")
    low, high = np.full((2, len(times)), np.nan)
    for moment in (times, times - step):
        place = np.searchsorted(bars.rows.times, moment, side="right") - 1
        inside = (place >= 0) & (moment - bars.rows.times[place] < step)
        for name in (x for x in _BAR_FIELDS if x in bars.rows.fields):
            shown = np.where(inside, _true(bars.rows.fields[name][place]), np.nan)
            low, high = np.fmin(low, shown), np.fmax(high, shown)
    return low, high
