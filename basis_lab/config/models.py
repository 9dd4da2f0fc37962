"""What a configuration is made of: the blocks of the components, assembled for one run."""

from collections.abc import Mapping
from dataclasses import field, fields, is_dataclass
from typing import Annotated, Literal, assert_never

from basis_lab.calc.costs import CostParameters
from basis_lab.domain.flows import FlowParameters
from basis_lab.domain.intervals import HOUR_S, INTERVALS, SECONDS
from basis_lab.domain.parameters import Bounds, Choices, Doc, Primary, Unit, parameters
from basis_lab.domain.stress import (
    ClosureParameters,
    OrderParameters,
    ShockParameters,
    Stress,
)
from basis_lab.execution.venues.parameters import VenueParameters
from basis_lab.monitors.limits import RiskParameters
from basis_lab.strategies.parameters import (
    BasisParameters,
    LendingParameters,
    LeveragedParameters,
    NeutralLeveragedParameters,
    NeutralParameters,
    StakingParameters,
    StrategyParameters,
)

Family = Literal[
    "lending", "basis", "staking", "leveraged_staking", "neutral_staking", "neutral_leveraged"
]
FAMILIES: tuple[Family, ...] = (
    "lending",
    "basis",
    "staking",
    "leveraged_staking",
    "neutral_staking",
    "neutral_leveraged",
)
SHARE_CLASSES = ("USDT", "ETH")
RISK_LEVELS = ("low", "medium", "high")
RISK_TYPES = ("margin_ratio", "health_factor", "ltv", "price_divergence")
OWN_ASSET = "share_class"
AUTO = "auto"


@parameters()
class ShareClassParameters:
    """In what investors pay and are measured."""

    name: Annotated[str, Choices(SHARE_CLASSES), Doc("the share class")]
    title: Annotated[str, Doc("name for people")]
    currency: Annotated[str, Choices(("USDT", "ETH")), Doc("currency of capital, equity, P&L")]
    base_asset: Annotated[
        str, Choices(("USDT", "ETH")), Doc("asset whose price moves that currency")
    ]
    lending_asset: Annotated[
        str, Choices(("USDT", "WETH")), Doc("token that stands for it at a lending pool")
    ]
    may_hedge: Annotated[bool, Doc("perps may hedge it (an ETH class keeps its price risk)")]
    default_capital: Annotated[
        float, Unit("share-class currency"), Bounds(1e-6, 1e12), Doc("capital where none is given")
    ]


@parameters()
class DataParameters:
    """How time is cut, and what may stand in for data that is not there."""

    bar_interval: Annotated[
        str, Choices(INTERVALS), Doc("spacing of the timesteps; finer bars serve coarser runs")
    ]
    output_every: Annotated[
        str,
        Choices((AUTO, *INTERVALS)),
        Doc("spacing of the written tables; auto: each bar, hourly where bars are under 1 h"),
    ]
    proxies: Annotated[
        dict[str, str], Doc("venue -> venue whose series replace all of its own for the whole run")
    ]
    allow_derived: Annotated[
        tuple[str, ...], Doc("derived series (interpolated, smoothed) that may serve as prices")
    ]


@parameters()
class RewardParameters:
    """Which staking rewards are counted, and when they are paid and sold."""

    mode: Annotated[
        str,
        Choices(("base_only", "base_eigen", "base_eigen_seasonal")),
        Doc("rewards counted"),
        Primary("Rewards"),
    ]
    payout_lag: Annotated[
        float, Unit("days"), Bounds(0.0, 365.0), Doc("from the end of an earning period to payment")
    ]
    dust_delta: Annotated[
        float, Unit("fraction of equity"), Bounds(0.0, 1.0), Doc("rewards are sold beyond this")
    ]


@parameters()
class ModeIdentity:
    """What a mode is, apart from its numbers."""

    mode: Annotated[str, Doc("name of the mode")]
    title: Annotated[str, Doc("name for people")]
    family: Annotated[str, Choices(FAMILIES), Doc("which strategy runs it")]
    asset: Annotated[
        str,
        Choices((OWN_ASSET, "USDT", "BTC", "ETH")),
        Doc("asset that is lent or hedged; share_class: the share class's own"),
    ]
    share_classes: Annotated[
        tuple[str, ...], Choices(SHARE_CLASSES), Doc("share classes it can run in")
    ]
    risk_level: Annotated[str, Choices(RISK_LEVELS), Doc("for choosing among modes")]
    target_apy: Annotated[
        float | None, Unit("fraction"), Bounds(-1.0, 100.0), Doc("goal, reported against")
    ]
    max_drawdown: Annotated[
        float | None,
        Unit("fraction"),
        Bounds(0.0, 1.0),
        Doc("largest fall that is promised, a positive size, reported against"),
    ]
    data_requirements: Annotated[tuple[str, ...], Doc("data it needs, in words")]
    hold: Annotated[bool, Doc("after the entry no trigger acts")]
    flows: Annotated[
        tuple[FlowParameters, ...],
        Doc("deposits and withdrawals on dates; those outside a run's dates are ignored"),
    ]
    shocks: Annotated[
        tuple[ShockParameters, ...], Doc("changes of the data, in order; scenarios add theirs")
    ] = ()
    closures: Annotated[
        tuple[ClosureParameters, ...], Doc("venues that close or default; scenarios add theirs")
    ] = ()
    actions: Annotated[
        tuple[OrderParameters, ...], Doc("orders to the strategy; scenarios add theirs")
    ] = ()


@parameters()
class ModeHeader(ModeIdentity):
    """The keys of a mode file that are not blocks."""

    venues: Annotated[tuple[str, ...], Doc("venues it uses, by the names of their files")]


@parameters()
class RunConfig(ModeIdentity):
    """Everything that one run is configured with: validated, resolved and frozen.

    Maps are in the order of their keys, so that two configurations that say the same are written
    the same.

    Parameters
    ----------
    mode, title, family, share_classes, risk_level, data_requirements : str or tuple of str
        As in the mode file.
    target_apy, max_drawdown : float or None
        Fractions, reported against; ``max_drawdown`` is a positive size.
    hold : bool
        After the entry no trigger acts.
    flows : tuple of FlowParameters
        Deposits and withdrawals on dates, in the order given.
    shocks, closures, actions : tuple of parameter blocks
        What scenarios do to the data and order of the strategy.
    asset : str
        Resolved: the share class's own for lending and staking, "BTC" or "ETH" for basis.
    share_class : ShareClassParameters
        The share class of the run.
    strategy : StrategyParameters
        By family.
    risk, costs, data, rewards : parameter blocks
        Of the components.
    venues : dict of str to VenueParameters
        By name, those that the mode lists.
    origins : dict of str to str
        Key path -> where its value came from; no part of the resolved configuration.
    """

    share_class: ShareClassParameters
    strategy: StrategyParameters
    risk: RiskParameters
    costs: CostParameters
    data: DataParameters
    rewards: RewardParameters
    venues: dict[str, VenueParameters]
    origins: dict[str, str] = field(compare=False, repr=False)

    @property
    def bar_s(self) -> int:
        """Seconds from one timestep to the next."""
        return SECONDS[self.data.bar_interval]

    @property
    def output_s(self) -> int:
        """Seconds from one row of the written tables to the next."""
        if self.data.output_every == AUTO:
            return max(self.bar_s, HOUR_S)
        return SECONDS[self.data.output_every]

    @property
    def stress(self) -> Stress:
        """What is done to the data before the run."""
        return Stress(shocks=self.shocks, closures=self.closures)

    def plain(self) -> dict[str, object]:
        """Return plain values for config.yaml: dicts, lists, numbers, texts, in a fixed order.

        Returns
        -------
        dict
            Fully resolved; keys of blocks in the order of their models, keys of maps sorted.
        """
        return {x.name: _plain(getattr(self, x.name)) for x in fields(self) if x.name != "origins"}


def strategy_model(family: Family) -> type[StrategyParameters]:
    """Return the model of a family's ``strategy`` block.

    Parameters
    ----------
    family : str
        One of ``FAMILIES``.

    Returns
    -------
    type
        The parameter dataclass.
    """
    match family:
        case "lending":
            return LendingParameters
        case "basis":
            return BasisParameters
        case "staking":
            return StakingParameters
        case "leveraged_staking":
            return LeveragedParameters
        case "neutral_staking":
            return NeutralParameters
        case "neutral_leveraged":
            return NeutralLeveragedParameters
        case _:
            assert_never(family)


def _plain(value: object) -> object:
    """Return a value of a configuration as plain data."""
    if isinstance(value, str | float | int | None):
        return value
    if is_dataclass(value):
        return {x.name: _plain(getattr(value, x.name)) for x in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in sorted(value)}
    if isinstance(value, tuple):
        return [_plain(x) for x in value]
    return value
