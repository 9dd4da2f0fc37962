"""Rules of the ``strategy`` block: switches, weights, and venues that can serve it."""

from collections.abc import Iterator
from dataclasses import replace

from basis_lab.config.parts import Parts
from basis_lab.config.salvage import attempted
from basis_lab.config.schema import Path
from basis_lab.config.validation import Fault, nearest
from basis_lab.execution.venues.parameters import (
    ChainParameters,
    ExchangeParameters,
    LendingPoolParameters,
    VenueParameters,
)
from basis_lab.strategies.parameters import (
    BasisParameters,
    FundingFilter,
    LendingParameters,
    StrategyParameters,
)

WEIGHT_TOLERANCE = 1e-9
RESERVE_RANGE = (0.05, 0.20)


def strategy_faults(parts: Parts) -> Iterator[Fault]:
    """Yield every rule that a strategy block breaks.

    Parameters
    ----------
    parts : Parts
        The blocks.

    Yields
    ------
    Fault
        Paths are those of the whole configuration.
    """
    strategy = parts.strategy
    if strategy is None:
        return
    yield from attempted(_reserve(strategy))
    yield from attempted(_flags(strategy))
    if isinstance(strategy, BasisParameters):
        yield from attempted(_weights(strategy))
        yield from attempted(_filter(strategy))
        yield from attempted(_treasury(strategy))
        yield from _basis_venues(parts, strategy)
    else:
        yield from attempted(_pool(parts, strategy))
        yield from attempted(_wallet(parts, strategy))


def _reserve(strategy: StrategyParameters) -> Iterator[Fault]:
    low, high = RESERVE_RANGE
    ratio = strategy.reserve_ratio
    if ratio != 0.0 and not low <= ratio <= high:
        yield Fault(
            path=("strategy", "reserve_ratio"),
            value=ratio,
            what="a reserve is either absent or large enough to serve",
            remedy=f"give 0, or {low} to {high} (fraction of equity)",
        )


def _flags(strategy: StrategyParameters) -> Iterator[Fault]:
    """Yield switches that contradict what the family does."""
    hedged = isinstance(strategy, BasisParameters)
    reason = (
        "a basis mode lives from its hedge: without perpetuals investors would carry price risk"
        if hedged
        else "a lending mode holds nothing that a perpetual could hedge"
    )
    flags = (
        ("lending_enabled", strategy.lending_enabled, not hedged, "it lends nothing"),
        ("staking_enabled", strategy.staking_enabled, False, "this family stakes nothing"),
        ("basis_trade_enabled", strategy.basis_trade_enabled, hedged, reason),
        ("borrowing_enabled", strategy.borrowing_enabled, False, "this family borrows nothing"),
    )
    for name, given, needed, why in flags:
        if given is not needed:
            words = "supplying to the pool is all that it does" if needed and not hedged else why
            yield Fault(
                path=("strategy", name),
                value=given,
                what=f"this contradicts the mode: {words}",
                remedy=f"write {str(needed).lower()}, or choose another mode",
            )


def _weights(strategy: BasisParameters) -> Iterator[Fault]:
    """Yield hedge weights that are not positive or do not add up to one."""
    weights = strategy.hedge_allocation
    for name, weight in weights.items():
        if weight <= 0.0:
            yield Fault(
                path=("strategy", "hedge_allocation", name),
                value=weight,
                what="the weight of a hedge venue must be positive",
                remedy="leave the venue out, or give it a share of the hedge",
            )
    total = sum(weights.values())
    if abs(total - 1.0) > WEIGHT_TOLERANCE:
        yield Fault(
            path=("strategy", "hedge_allocation"),
            value=dict(weights),
            what=f"the weights add up to {total:.12g}, not to 1",
            remedy="give weights that sum to 1; a map that is given replaces the one before it",
        )


def _filter(strategy: BasisParameters) -> Iterator[Fault]:
    """Yield a funding filter that would leave and come back at once."""
    chosen: FundingFilter | None = strategy.funding_filter
    if chosen is not None and chosen.enter_above < chosen.exit_below:
        yield Fault(
            path=("strategy", "funding_filter", "enter_above"),
            value=chosen.enter_above,
            what=f"this is below exit_below ({chosen.exit_below!r}): between the two the strategy "
            "would leave and come back in turn",
            remedy="give a mean for coming back that is not below the one for leaving",
        )


def _treasury(strategy: BasisParameters) -> Iterator[Fault]:
    if strategy.treasury != strategy.spot_venue:
        yield Fault(
            path=("strategy", "treasury"),
            value=strategy.treasury,
            what=f"deposits of a basis mode arrive at its spot venue, which is "
            f"{strategy.spot_venue}",
            remedy=f"write {strategy.spot_venue}, or move spot_venue as well",
        )


def _pool(parts: Parts, strategy: LendingParameters) -> Iterator[Fault]:
    """Yield a pool that cannot take what the mode lends."""
    name = strategy.lending_venue
    yield from _place(parts, "lending_venue", name, LendingPoolParameters)
    venue = parts.venues.get(name)
    if isinstance(venue, LendingPoolParameters) and parts.share_class is not None:
        token = parts.share_class.lending_asset
        if token not in venue.assets:
            yield _absent(
                ("venues", name, "assets", token), f"the mode lends {token}, which is not listed"
            )


def _wallet(parts: Parts, strategy: LendingParameters) -> Iterator[Fault]:
    yield from _place(parts, "treasury", strategy.treasury, ChainParameters)


def _basis_venues(parts: Parts, strategy: BasisParameters) -> Iterator[Fault]:
    """Yield venues that a basis mode names and that cannot serve it."""
    yield from attempted(_home(parts, strategy))
    yield from attempted(_spot(parts, strategy))
    yield from attempted(_hedges(parts, strategy))
    yield from attempted(_payments(parts, strategy))


def _home(parts: Parts, strategy: BasisParameters) -> Iterator[Fault]:
    yield from _place(parts, "treasury", strategy.treasury, ExchangeParameters)
    yield from _place(parts, "spot_venue", strategy.spot_venue, ExchangeParameters)


def _hedges(parts: Parts, strategy: BasisParameters) -> Iterator[Fault]:
    for name, weight in strategy.hedge_allocation.items():
        path: Path = ("strategy", "hedge_allocation", name)
        for fault in _listed(parts, path, name, ExchangeParameters):
            yield replace(fault, value=weight)
        yield from attempted(_perp(parts, name))


def _symbol(parts: Parts) -> str | None:
    """Return the market that is traded, where asset and currency are known."""
    if parts.header is None or parts.share_class is None:
        return None
    return f"{parts.header.asset}{parts.share_class.currency}"


def _place(parts: Parts, key: str, name: str, kind: type[VenueParameters]) -> Iterator[Fault]:
    yield from _listed(parts, ("strategy", key), name, kind)


def _listed(parts: Parts, path: Path, name: str, kind: type[VenueParameters]) -> Iterator[Fault]:
    """Yield a venue that the mode does not list, or that is of the wrong kind."""
    if parts.header is None:
        return
    listed = parts.header.venues
    if name not in listed:
        yield Fault(
            path=path,
            value=name,
            what=f"{name} is not among the venues of this mode",
            remedy=nearest(name, listed),
        )
        return
    venue = parts.venues.get(name)
    if venue is not None and not isinstance(venue, kind):
        fitting = tuple(x for x in listed if isinstance(parts.venues.get(x), kind))
        yield Fault(
            path=path,
            value=name,
            what=f"{name} is of kind {venue.kind}, which cannot serve here",
            remedy=nearest(name, fitting),
        )


def _spot(parts: Parts, strategy: BasisParameters) -> Iterator[Fault]:
    """Yield what an exchange lacks to trade the asset's spot."""
    name, symbol = strategy.spot_venue, _symbol(parts)
    venue = parts.venues.get(name)
    if not isinstance(venue, ExchangeParameters):
        return
    if venue.spot is None:
        yield _absent(("venues", name, "spot"), f"{name} is the spot venue and has no spot trading")
    elif symbol is not None and symbol not in venue.spot.markets:
        yield _absent(("venues", name, "spot", "markets", symbol), f"{symbol} has no market rules")


def _perp(parts: Parts, name: str) -> Iterator[Fault]:
    """Yield what an exchange lacks to carry the asset's hedge."""
    venue, symbol = parts.venues.get(name), _symbol(parts)
    if not isinstance(venue, ExchangeParameters):
        return
    if venue.perp is None:
        yield _absent(("venues", name, "perp"), f"{name} carries a hedge and has no perpetuals")
    elif symbol is not None:
        for key, table in (("markets", venue.perp.markets), ("tiers", venue.perp.tiers)):
            if symbol not in table:
                words = "market rules" if key == "markets" else "margin tiers"
                yield _absent(("venues", name, "perp", key, symbol), f"{symbol} has no {words}")


def _payments(parts: Parts, strategy: BasisParameters) -> Iterator[Fault]:
    """Yield exchanges that cannot send margin because fee or minimum are not stated."""
    if parts.share_class is not None:
        coin = parts.share_class.currency
        for name in sorted({strategy.treasury, *strategy.hedge_allocation}):
            yield from attempted(_payable(name, parts.venues.get(name), coin))


def _payable(name: str, venue: VenueParameters | None, coin: str) -> Iterator[Fault]:
    if isinstance(venue, ExchangeParameters):
        tables = (("fees", venue.transfer.fees), ("minimums", venue.transfer.minimums))
        for key, table in tables:
            if coin not in table:
                yield _absent(
                    ("venues", name, "transfer", key, coin),
                    f"margin moves in {coin}, and its withdrawal {key} are not stated",
                )


def _absent(path: Path, what: str) -> Fault:
    return Fault(path=path, value=None, what=what, remedy="add it to the venue's file")
