"""Levels 2 and 3: business rules, and what a family of modes requires and forbids."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from basis_lab.config.models import OWN_ASSET, RISK_TYPES, ModeHeader, ShareClassParameters
from basis_lab.config.parts import Parts
from basis_lab.config.salvage import attempted
from basis_lab.config.strategy_rules import strategy_faults
from basis_lab.config.stress_rules import stress_faults
from basis_lab.config.validation import Fault, nearest
from basis_lab.data.series import DatasetId, DatasetKind
from basis_lab.domain.intervals import SECONDS
from basis_lab.monitors.limits import CeilingLimits, FloorLimits, RiskParameters
from basis_lab.strategies.parameters import StakingParameters

NEVER_HEDGES = "an ETH share class never hedges: its investors keep the price risk of ETH"
HEDGED_ASSETS = ("BTC", "ETH")
STAKED_ASSET = "ETH"
REWARDED = "weeth"
OWN_COIN = ("lending", "staking", "leveraged_staking")
HEDGED = ("basis", "neutral_staking", "neutral_leveraged")
STAKED = ("staking", "leveraged_staking", "neutral_staking", "neutral_leveraged")
FAMILY_RISKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "lending": (),
        "basis": ("margin_ratio", "price_divergence"),
        "staking": (),
        "leveraged_staking": ("health_factor", "ltv"),
        "neutral_staking": ("margin_ratio", "price_divergence"),
        "neutral_leveraged": ("margin_ratio", "price_divergence", "health_factor", "ltv"),
    }
)


def broken_rules(parts: Parts) -> Iterator[Fault]:
    """Yield every rule that a configuration breaks, as far as its keys could be read.

    Parameters
    ----------
    parts : Parts
        The blocks.

    Yields
    ------
    Fault
        Paths are those of the whole configuration.
    """
    for rule in RULES:
        yield from attempted(rule(parts))


def _names(parts: Parts) -> Iterator[Fault]:
    """Yield lists of names that are empty or name something twice."""
    if parts.header is None:
        return
    header = parts.header
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


def _asset(parts: Parts) -> Iterator[Fault]:
    """Yield what is wrong between a mode's asset and the share class."""
    header, share_class = parts.header, parts.share_class
    if header is None or share_class is None:
        return
    own = (OWN_ASSET, share_class.base_asset)
    if header.family in OWN_COIN and header.asset not in own:
        yield Fault(
            path=("asset",),
            value=header.asset,
            what=f"a {header.family} mode works with the share class's own asset",
            remedy=f"write {OWN_ASSET}",
        )
    if header.family in HEDGED and header.asset not in HEDGED_ASSETS:
        yield Fault(
            path=("asset",),
            value=header.asset,
            what=f"a {header.family} mode hedges an asset with perpetuals",
            remedy=f"one of {', '.join(HEDGED_ASSETS)}",
        )
    if header.family in STAKED and _resolved(header, share_class) != STAKED_ASSET:
        yield Fault(
            path=("asset",),
            value=header.asset,
            what=f"only {STAKED_ASSET} can be staked",
            remedy=f"list share classes in {STAKED_ASSET}, or hedge {STAKED_ASSET} in USDT",
        )


def _resolved(header: ModeHeader, share_class: ShareClassParameters) -> str:
    return share_class.base_asset if header.asset == OWN_ASSET else header.asset


def _hedging(parts: Parts) -> Iterator[Fault]:
    """Yield a mode that hedges listed for a share class that may not."""
    header, share_class = parts.header, parts.share_class
    if header is None or share_class is None:
        return
    if header.family in HEDGED and not share_class.may_hedge:
        yield Fault(
            path=("share_classes",),
            value=list(header.share_classes),
            what=NEVER_HEDGES,
            remedy="list USDT alone",
        )


def _family_limits(parts: Parts) -> Iterator[Fault]:
    """Yield limits that the family requires or forbids."""
    if parts.header is not None and parts.risk is not None:
        for name in RISK_TYPES:
            yield from attempted(_fitting(parts.header, parts.risk, name))


def _fitting(header: ModeHeader, risk: RiskParameters, name: str) -> Iterator[Fault]:
    """Yield limits of one risk that are missing, or that measure nothing."""
    allowed = FAMILY_RISKS.get(header.family)
    limits = _limits(risk, name)
    if allowed is None:
        return
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


def _risk_types(parts: Parts) -> Iterator[Fault]:
    """Yield risks that are watched and unknown, or that the family cannot have."""
    if parts.header is None or parts.risk is None:
        return
    family = parts.header.family
    allowed = FAMILY_RISKS.get(family, RISK_TYPES)
    for i, name in enumerate(parts.risk.enabled_risk_types):
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


def _orders(parts: Parts) -> Iterator[Fault]:
    """Yield limits whose warning does not come before critical."""
    if parts.risk is not None:
        for name in RISK_TYPES:
            yield from attempted(_order(parts.risk, name))


def _order(risk: RiskParameters, name: str) -> Iterator[Fault]:
    limits = _limits(risk, name)
    if isinstance(limits, FloorLimits) and limits.warning <= limits.critical:
        side, way = "above", "falls"
    elif isinstance(limits, CeilingLimits) and limits.warning >= limits.critical:
        side, way = "below", "rises"
    else:
        return
    yield Fault(
        path=("risk", name, "warning"),
        value=limits.warning,
        what=f"the warning is not {side} the critical limit {limits.critical!r}",
        remedy=f"give a warning that comes before critical as the measure {way}",
    )


def _limits(risk: RiskParameters, name: str) -> FloorLimits | CeilingLimits | None:
    """Return the limits of one of the risk types."""
    match name:
        case "margin_ratio":
            return risk.margin_ratio
        case "health_factor":
            return risk.health_factor
        case "ltv":
            return risk.ltv
        case _:
            return risk.price_divergence


def _rewards(parts: Parts) -> Iterator[Fault]:
    if parts.header is None or parts.rewards is None:
        return
    mode = parts.rewards.mode
    if mode == "base_only":
        return
    strategy = parts.strategy
    if not isinstance(strategy, StakingParameters):
        yield Fault(
            path=("rewards", "mode"),
            value=mode,
            what=f"a {parts.header.family} mode stakes nothing, so no rewards are paid",
            remedy="write base_only",
        )
    elif strategy.lst_type != REWARDED:
        yield Fault(
            path=("rewards", "mode"),
            value=mode,
            what=f"{strategy.lst_type} has no rewards beside its rate",
            remedy=f"write base_only, or set strategy.lst_type to {REWARDED}",
        )


def _proxies(parts: Parts) -> Iterator[Fault]:
    if parts.data is None:
        return
    for venue, proxy in parts.data.proxies.items():
        if venue == proxy:
            yield Fault(
                path=("data", "proxies", venue),
                value=proxy,
                what="a venue cannot stand in for itself",
                remedy="name the venue whose series are to be used, or remove the entry",
            )


def _derived(parts: Parts) -> Iterator[Fault]:
    """Yield what cannot be the name of a dataset; which exist, the data directory knows."""
    if parts.data is None:
        return
    for i, name in enumerate(parts.data.allow_derived):
        if DatasetId.parse(name) is None:
            yield Fault(
                path=("data", "allow_derived", i),
                value=name,
                what="this is no dataset",
                remedy="write kind/venue/SYMBOL as `basis-lab data list` prints it, for instance "
                f"oracle/aave/WETHUSD; kinds are {', '.join(DatasetKind)}",
            )


def _intervals(parts: Parts) -> Iterator[Fault]:
    """Yield tables that would fall between the bars."""
    if parts.data is None:
        return
    bar, every = parts.data.bar_interval, parts.data.output_every
    if every in SECONDS and bar in SECONDS and SECONDS[every] < SECONDS[bar]:
        yield Fault(
            path=("data", "output_every"),
            value=every,
            what=f"tables cannot have more rows than there are bars of {bar}",
            remedy=f"write auto, {bar} or longer",
        )


def _flows(parts: Parts) -> Iterator[Fault]:
    """Yield flows at no date, and flows of nothing."""
    if parts.header is None:
        return
    for i, flow in enumerate(parts.header.flows):
        try:
            flow.moment()
        except ValueError:
            yield Fault(
                path=("flows", i, "at"),
                value=flow.at,
                what="this is not a date or a time",
                remedy="write 2024-06-15, or 2024-06-15T08:00 (UTC unless it names a zone)",
            )
        if flow.amount == 0.0:
            yield Fault(
                path=("flows", i, "amount"),
                value=flow.amount,
                what="nothing comes or goes",
                remedy="give a deposit above 0 or a withdrawal below 0, or remove the flow",
            )


RULES: tuple[Callable[[Parts], Iterator[Fault]], ...] = (
    _names,
    _asset,
    _hedging,
    _family_limits,
    _rewards,
    strategy_faults,
    _orders,
    _risk_types,
    _proxies,
    _derived,
    _intervals,
    _flows,
    stress_faults,
)
