"""Rules of hedges: exchanges that can carry them, trade the asset, and send margin."""

from collections.abc import Iterator
from dataclasses import replace

from basis_lab.config.parts import Parts
from basis_lab.config.salvage import attempted
from basis_lab.config.schema import Path
from basis_lab.config.validation import Fault
from basis_lab.config.venue_names import absent, listed_faults, place_faults
from basis_lab.execution.venues.parameters import (
    ChainParameters,
    ExchangeParameters,
    VenueParameters,
)
from basis_lab.strategies.parameters import HedgedParameters, NeutralParameters


def hedge_faults(parts: Parts, strategy: HedgedParameters) -> Iterator[Fault]:
    """Yield venues that a hedged mode names and that cannot serve it.

    Parameters
    ----------
    parts : Parts
        The blocks.
    strategy : HedgedParameters
        The strategy block.

    Yields
    ------
    Fault
        Paths are those of the whole configuration.
    """
    yield from attempted(_home(parts, strategy))
    yield from attempted(_spot(parts, strategy))
    yield from attempted(_hedges(parts, strategy))
    yield from attempted(_payments(parts, strategy))


def _home(parts: Parts, strategy: HedgedParameters) -> Iterator[Fault]:
    staked = isinstance(strategy, NeutralParameters)
    kinds = (ExchangeParameters, ChainParameters) if staked else (ExchangeParameters,)
    yield from place_faults(parts, "treasury", strategy.treasury, *kinds)
    yield from place_faults(parts, "spot_venue", strategy.spot_venue, ExchangeParameters)
    venue = parts.venues.get(strategy.treasury)
    if (
        staked
        and isinstance(venue, ExchangeParameters)
        and strategy.treasury != strategy.spot_venue
    ):
        yield Fault(
            path=("strategy", "treasury"),
            value=strategy.treasury,
            what="deposits arrive in the wallet or where ETH is bought, which is "
            f"{strategy.spot_venue}",
            remedy=f"write the wallet's name, or {strategy.spot_venue}",
        )


def _hedges(parts: Parts, strategy: HedgedParameters) -> Iterator[Fault]:
    for name, weight in strategy.hedge_allocation.items():
        path: Path = ("strategy", "hedge_allocation", name)
        for fault in listed_faults(parts, path, name, ExchangeParameters):
            yield replace(fault, value=weight)
        yield from attempted(_perp(parts, name))


def _spot(parts: Parts, strategy: HedgedParameters) -> Iterator[Fault]:
    """Yield what an exchange lacks to trade the asset's spot."""
    name, symbol = strategy.spot_venue, _symbol(parts)
    venue = parts.venues.get(name)
    if not isinstance(venue, ExchangeParameters):
        return
    if venue.spot is None:
        yield absent(("venues", name, "spot"), f"{name} is the spot venue and has no spot trading")
    elif symbol is not None and symbol not in venue.spot.markets:
        yield absent(("venues", name, "spot", "markets", symbol), f"{symbol} has no market rules")


def _perp(parts: Parts, name: str) -> Iterator[Fault]:
    """Yield what an exchange lacks to carry the asset's hedge."""
    venue, symbol = parts.venues.get(name), _symbol(parts)
    if not isinstance(venue, ExchangeParameters):
        return
    if venue.perp is None:
        yield absent(("venues", name, "perp"), f"{name} carries a hedge and has no perpetuals")
    elif symbol is not None:
        for key, table in (("markets", venue.perp.markets), ("tiers", venue.perp.tiers)):
            if symbol not in table:
                words = "market rules" if key == "markets" else "margin tiers"
                yield absent(("venues", name, "perp", key, symbol), f"{symbol} has no {words}")


def _payments(parts: Parts, strategy: HedgedParameters) -> Iterator[Fault]:
    """Yield venues that cannot send what a mode moves: fee or minimum are not stated."""
    if parts.share_class is None or parts.header is None:
        return
    coin = parts.share_class.currency
    for name in sorted({strategy.treasury, strategy.spot_venue, *strategy.hedge_allocation}):
        yield from attempted(_payable(name, parts.venues.get(name), coin))
    if isinstance(strategy, NeutralParameters):
        home = strategy.spot_venue
        yield from attempted(_payable(home, parts.venues.get(home), parts.header.asset))


def _payable(name: str, venue: VenueParameters | None, coin: str) -> Iterator[Fault]:
    if isinstance(venue, ExchangeParameters | ChainParameters):
        tables = (("fees", venue.transfer.fees), ("minimums", venue.transfer.minimums))
        for key, table in tables:
            if coin not in table:
                yield absent(
                    ("venues", name, "transfer", key, coin),
                    f"{coin} is sent from there, and its withdrawal {key} are not stated",
                )


def _symbol(parts: Parts) -> str | None:
    """Return the market that is traded, where asset and currency are known."""
    if parts.header is None or parts.share_class is None:
        return None
    return f"{parts.header.asset}{parts.share_class.currency}"
