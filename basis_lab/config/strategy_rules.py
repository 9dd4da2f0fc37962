"""Rules of the ``strategy`` block: switches, weights, and venues that can serve it."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from types import MappingProxyType

from basis_lab.config.chain_rules import chain_faults
from basis_lab.config.hedge_rules import hedge_faults
from basis_lab.config.parts import Parts
from basis_lab.config.salvage import attempted
from basis_lab.config.validation import Fault
from basis_lab.config.venue_names import absent, place_faults
from basis_lab.execution.venues.parameters import ChainParameters, LendingPoolParameters
from basis_lab.strategies.parameters import (
    BasisParameters,
    FundingFilter,
    HedgedParameters,
    LendingParameters,
    NeutralParameters,
    StakingParameters,
    StrategyParameters,
)

SWITCHES = frozenset(
    {"lending_enabled", "staking_enabled", "basis_trade_enabled", "borrowing_enabled"}
)
OF_STAKING: Mapping[tuple[str, bool], str] = MappingProxyType(
    {
        ("basis_trade_enabled", True): "a USDT share class that stakes must hedge, else investors "
        "carry the price of ETH",
        ("basis_trade_enabled", False): "an ETH share class never hedges: its investors keep the "
        "price risk of ETH",
        ("lending_enabled", True): "its loop supplies collateral to the pool",
    }
)
OF_OTHERS: Mapping[tuple[str, bool], str] = MappingProxyType(
    {
        ("basis_trade_enabled", True): "a basis mode lives from its hedge: without perpetuals "
        "investors would carry price risk",
        ("basis_trade_enabled", False): "a lending mode holds nothing that a perpetual could hedge",
        ("lending_enabled", True): "supplying to the pool is all that it does",
    }
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
    match strategy:
        case LendingParameters():
            yield from attempted(_pool(parts, strategy))
            yield from attempted(_wallet(parts, strategy))
        case BasisParameters():
            yield from attempted(_spot(strategy))
            yield from attempted(_weights(strategy))
            yield from attempted(_filter(strategy))
            yield from attempted(_treasury(strategy))
            yield from hedge_faults(parts, strategy)
        case NeutralParameters():
            yield from attempted(_stake(strategy))
            yield from attempted(_weights(strategy))
            yield from hedge_faults(parts, strategy)
            yield from chain_faults(parts, strategy)
        case StakingParameters():
            yield from attempted(_wallet(parts, strategy))
            yield from chain_faults(parts, strategy)


def _reserve(strategy: StrategyParameters) -> Iterator[Fault]:
    low, high = RESERVE_RANGE
    ratio = strategy.reserve_ratio
    if ratio != 0.0 and not low <= ratio <= high:
        yield Fault(
            path=("strategy", "reserve_ratio"),
            value=ratio,
            what="a reserve is either absent or large enough to serve",
            remedy=f"give 0, or {low} to {high} (fraction of equity)",
            narrows=True,
        )


def _flags(strategy: StrategyParameters) -> Iterator[Fault]:
    """Yield switches that contradict what the family does."""
    for name, (given, needed) in _switches(strategy).items():
        if given is not needed:
            yield Fault(
                path=("strategy", name),
                value=given,
                what=f"this contradicts the mode: {_reason(strategy, name, needed=needed)}",
                remedy=f"write {str(needed).lower()}, or choose another mode",
            )


def _switches(strategy: StrategyParameters) -> Mapping[str, tuple[bool, bool]]:
    """Return each switch as it is given, and as the family needs it."""
    model = type(strategy)
    return {
        x.name: (getattr(strategy, x.name), x.default is True)
        for x in fields(model)
        if x.name in SWITCHES
    }


def _reason(strategy: StrategyParameters, name: str, *, needed: bool) -> str:
    """Say why a family needs a switch on or off."""
    reasons = OF_STAKING if isinstance(strategy, StakingParameters) else OF_OTHERS
    if (name, needed) in reasons:
        return reasons[name, needed]
    if needed:
        return f"{name} is what it does"
    return f"it does nothing that {name} could switch on"


def _spot(strategy: BasisParameters) -> Iterator[Fault]:
    yield from _nothing("spot_allocation", strategy.spot_allocation)


def _stake(strategy: NeutralParameters) -> Iterator[Fault]:
    yield from _nothing("stake_allocation", strategy.stake_allocation)


def _nothing(key: str, share: float) -> Iterator[Fault]:
    """Yield a share of nothing: the mode would hold margin and hedge nothing."""
    if share == 0.0:
        yield Fault(
            path=("strategy", key),
            value=share,
            what="nothing would be bought, so that there is nothing to hedge or to earn from",
            remedy="give a share above 0, or choose pure_lending",
        )


def _weights(strategy: HedgedParameters) -> Iterator[Fault]:
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
    yield from place_faults(parts, "lending_venue", name, LendingPoolParameters)
    venue = parts.venues.get(name)
    if isinstance(venue, LendingPoolParameters) and parts.share_class is not None:
        token = parts.share_class.lending_asset
        if token not in venue.assets:
            yield absent(
                ("venues", name, "assets", token), f"the mode lends {token}, which is not listed"
            )


def _wallet(parts: Parts, strategy: LendingParameters | StakingParameters) -> Iterator[Fault]:
    yield from place_faults(parts, "treasury", strategy.treasury, ChainParameters)
