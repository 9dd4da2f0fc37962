"""Levels 2 and 3: business rules, and what a family of modes requires and forbids."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from basis_lab.config.models import (
    OWN_ASSET,
    RISK_TYPES,
    DataParameters,
    ModeHeader,
    RewardParameters,
    ShareClassParameters,
)
from basis_lab.config.schema import Path
from basis_lab.config.validation import Fault, nearest
from basis_lab.execution.venues.parameters import (
    ChainParameters,
    ExchangeParameters,
    LendingPoolParameters,
    VenueParameters,
)
from basis_lab.monitors.limits import CeilingLimits, FloorLimits, RiskParameters
from basis_lab.strategies.parameters import BasisParameters, LendingParameters, StrategyParameters

NEVER_HEDGES = "an ETH share class never hedges: its investors keep the price risk of ETH"
HEDGED_ASSETS = ("BTC", "ETH")
WEIGHT_TOLERANCE = 1e-9
RESERVE_RANGE = (0.05, 0.20)
FAMILY_RISKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"lending": (), "basis": ("margin_ratio", "delta_drift")}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The blocks of a configuration that could be made; the others are None or absent."""

    header: ModeHeader | None
    share_class: ShareClassParameters | None
    strategy: StrategyParameters | None
    risk: RiskParameters | None
    data: DataParameters | None
    rewards: RewardParameters | None
    venues: Mapping[str, VenueParameters] = field(default_factory=dict)


def broken_rules(parts: Parts) -> Iterator[Fault]:
    """Yield every rule that a configuration breaks, as far as its blocks could be made.

    Parameters
    ----------
    parts : Parts
        The blocks.

    Yields
    ------
    Fault
        Paths are those of the whole configuration.
    """
    if parts.header is not None:
        yield from _header(parts.header, parts.share_class)
        yield from _families(parts.header, parts)
    if parts.strategy is not None:
        yield from _reserve(parts.strategy.reserve_ratio)
        yield from _flags(parts.strategy)
        yield from _strategy_venues(parts.strategy, parts)
    if parts.risk is not None:
        yield from _limits(parts.risk)
    if parts.data is not None:
        yield from _proxies(parts.data)


def _header(header: ModeHeader, share_class: ShareClassParameters | None) -> Iterator[Fault]:
    """Yield what is wrong with the names that a mode lists."""
    for key, names in (("share_classes", header.share_classes), ("venues", header.venues)):
        if not names:
            yield Fault(
                path=(key,), value=list(names), what="the list is empty", remedy="name at least one"
            )
        if len(set(names)) < len(names):
            yield Fault(
                path=(key,),
                value=list(names),
                what="a name stands twice",
                remedy="name each one once",
            )
    if share_class is not None:
        yield from _asset(header, share_class)


def _asset(header: ModeHeader, share_class: ShareClassParameters) -> Iterator[Fault]:
    """Yield what is wrong between a mode's asset and the share class."""
    own = (OWN_ASSET, share_class.base_asset)
    if header.family == "lending" and header.asset not in own:
        yield Fault(
            path=("asset",),
            value=header.asset,
            what="a lending mode supplies the share class's own asset",
            remedy=f"write {OWN_ASSET}",
        )
    if header.family == "basis" and header.asset not in HEDGED_ASSETS:
        yield Fault(
            path=("asset",),
            value=header.asset,
            what="a basis mode hedges an asset with perpetuals",
            remedy=f"one of {', '.join(HEDGED_ASSETS)}",
        )
    if header.family == "basis" and not share_class.may_hedge:
        yield Fault(
            path=("share_classes",),
            value=list(header.share_classes),
            what=NEVER_HEDGES,
            remedy="list USDT alone",
        )


def _families(header: ModeHeader, parts: Parts) -> Iterator[Fault]:
    """Yield blocks and risks that the family requires or forbids."""
    allowed = FAMILY_RISKS.get(header.family)
    if allowed is not None and parts.risk is not None:
        for name, limits in _limit_blocks(parts.risk):
            if limits is None and name in allowed:
                yield Fault(
                    path=("risk", name),
                    value=None,
                    what=f"a {header.family} mode needs these limits",
                    remedy=f"add `{name}` with `warning` and `critical`",
                )
            if limits is not None and name not in allowed:
                yield Fault(
                    path=("risk", name),
                    value={"warning": limits.warning, "critical": limits.critical},
                    what=f"a {header.family} mode has nothing that these limits measure",
                    remedy=f"remove `{name}`",
                )
        yield from _risk_types(header.family, allowed, parts.risk)
    if parts.rewards is not None and parts.rewards.mode != "base_only":
        yield Fault(
            path=("rewards", "mode"),
            value=parts.rewards.mode,
            what=f"a {header.family} mode stakes nothing, so no rewards are paid",
            remedy="write base_only",
        )


def _risk_types(family: str, allowed: tuple[str, ...], risk: RiskParameters) -> Iterator[Fault]:
    """Yield risks that are watched and unknown, or that the family cannot have."""
    for i, name in enumerate(risk.enabled_risk_types):
        if name not in RISK_TYPES:
            yield Fault(
                path=("risk", "enabled_risk_types", i),
                value=name,
                what="there is no such risk",
                remedy=nearest(name, allowed),
            )
        elif name not in allowed:
            yield Fault(
                path=("risk", "enabled_risk_types", i),
                value=name,
                what=f"a {family} mode does not have this risk",
                remedy=f"remove it; this family may watch {', '.join(allowed) or 'none'}",
            )


def _limit_blocks(
    risk: RiskParameters,
) -> Iterator[tuple[str, FloorLimits | CeilingLimits | None]]:
    yield "margin_ratio", risk.margin_ratio
    yield "health_factor", risk.health_factor
    yield "ltv", risk.ltv


def _limits(risk: RiskParameters) -> Iterator[Fault]:
    """Yield limits in the wrong order."""
    floors = (("margin_ratio", risk.margin_ratio), ("health_factor", risk.health_factor))
    for name, floor in floors:
        if floor is not None and floor.warning <= floor.critical:
            yield Fault(
                path=("risk", name, "warning"),
                value=floor.warning,
                what=f"the warning is not above the critical limit {floor.critical!r}",
                remedy="give a warning that comes before critical as the measure falls",
            )
    if risk.ltv is not None and risk.ltv.warning >= risk.ltv.critical:
        yield Fault(
            path=("risk", "ltv", "warning"),
            value=risk.ltv.warning,
            what=f"the warning is not below the critical limit {risk.ltv.critical!r}",
            remedy="give a warning that comes before critical as the measure rises",
        )


def _reserve(ratio: float) -> Iterator[Fault]:
    low, high = RESERVE_RANGE
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


def _strategy_venues(strategy: StrategyParameters, parts: Parts) -> Iterator[Fault]:
    """Yield venues that a strategy names and that cannot serve it."""
    if parts.header is None:
        return
    if isinstance(strategy, LendingParameters):
        yield from _place(parts, "lending_venue", strategy.lending_venue, LendingPoolParameters)
        yield from _place(parts, "treasury", strategy.treasury, ChainParameters)
        return
    symbol = f"{parts.header.asset}{parts.share_class.currency}" if parts.share_class else None
    yield from _place(parts, "treasury", strategy.treasury, ExchangeParameters)
    yield from _place(parts, "spot_venue", strategy.spot_venue, ExchangeParameters)
    yield from _spot(parts, strategy.spot_venue, symbol)
    yield from _weights(strategy.hedge_allocation)
    for name in strategy.hedge_allocation:
        path: Path = ("strategy", "hedge_allocation", name)
        for fault in _listed(parts, path, name, ExchangeParameters):
            yield replace(fault, value=strategy.hedge_allocation[name])
        yield from _perp(parts, name, symbol)
    if parts.share_class is not None:
        users = {strategy.treasury, *strategy.hedge_allocation}
        yield from _payable(parts, users, parts.share_class.currency)


def _weights(weights: Mapping[str, float]) -> Iterator[Fault]:
    """Yield hedge weights that are not positive or do not add up to one."""
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


def _place(parts: Parts, key: str, name: str, kind: type[VenueParameters]) -> Iterator[Fault]:
    yield from _listed(parts, ("strategy", key), name, kind)


def _listed(parts: Parts, path: Path, name: str, kind: type[VenueParameters]) -> Iterator[Fault]:
    """Yield a venue that the mode does not list, or that is of the wrong kind."""
    listed = parts.header.venues if parts.header is not None else ()
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


def _spot(parts: Parts, name: str, symbol: str | None) -> Iterator[Fault]:
    """Yield what an exchange lacks to trade the asset's spot."""
    venue = parts.venues.get(name)
    if not isinstance(venue, ExchangeParameters):
        return
    if venue.spot is None:
        yield _absent(("venues", name, "spot"), f"{name} is the spot venue and has no spot trading")
    elif symbol is not None and symbol not in venue.spot.markets:
        yield _absent(("venues", name, "spot", "markets", symbol), f"{symbol} has no market rules")


def _perp(parts: Parts, name: str, symbol: str | None) -> Iterator[Fault]:
    """Yield what an exchange lacks to carry the asset's hedge."""
    venue = parts.venues.get(name)
    if not isinstance(venue, ExchangeParameters):
        return
    if venue.perp is None:
        yield _absent(("venues", name, "perp"), f"{name} carries a hedge and has no perpetuals")
    elif symbol is not None:
        for key, table in (("markets", venue.perp.markets), ("tiers", venue.perp.tiers)):
            if symbol not in table:
                words = "market rules" if key == "markets" else "margin tiers"
                yield _absent(("venues", name, "perp", key, symbol), f"{symbol} has no {words}")


def _payable(parts: Parts, names: set[str], coin: str) -> Iterator[Fault]:
    """Yield exchanges that cannot send margin because fee or minimum are not stated."""
    for name in sorted(names):
        venue = parts.venues.get(name)
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


def _proxies(data: DataParameters) -> Iterator[Fault]:
    for venue, proxy in data.proxies.items():
        if venue == proxy:
            yield Fault(
                path=("data", "proxies", venue),
                value=proxy,
                what="a venue cannot stand in for itself",
                remedy="name the venue whose series are to be used, or remove the entry",
            )
