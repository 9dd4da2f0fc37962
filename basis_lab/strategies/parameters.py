"""The keys of the ``strategy`` block, by family of modes."""

from typing import Annotated, Literal

from basis_lab.domain.parameters import Bounds, Choices, Doc, Primary, Unit, parameters

Share = Annotated[float, Unit("fraction of equity"), Bounds(0.0, 1.0)]


@parameters()
class LendingParameters:
    """Supply the share class's own asset to a lending pool."""

    treasury: Annotated[str, Doc("venue where deposits arrive and withdrawals leave")]
    lending_venue: Annotated[str, Doc("the lending pool")]
    reserve_ratio: Annotated[Share, Doc("kept out of all targets for fast withdrawals")]
    plan_timeout: Annotated[
        float, Unit("hours"), Bounds(1.0, 720.0), Doc("how long a stage may wait for its arrivals")
    ]
    lending_enabled: Annotated[bool, Doc("the mode lends")] = True
    staking_enabled: Annotated[bool, Doc("the mode stakes")] = False
    basis_trade_enabled: Annotated[bool, Doc("the mode hedges with perps")] = False
    borrowing_enabled: Annotated[bool, Doc("the mode borrows")] = False


@parameters()
class FundingFilter:
    """Stay out while funding does not pay: leave below one mean, come back above another."""

    days: Annotated[float, Unit("days"), Bounds(1.0, 90.0), Doc("length of the trailing mean")]
    exit_below: Annotated[
        float,
        Unit("rate_8h fraction"),
        Bounds(-0.01, 0.01),
        Doc("leave, or stay out, while the mean is below this"),
    ]
    enter_above: Annotated[
        float,
        Unit("rate_8h fraction"),
        Bounds(-0.01, 0.01),
        Doc("come back once the mean is above this; not below exit_below"),
    ]


@parameters()
class BasisParameters:
    """Hold spot, short the same amount in perps, earn funding and basis."""

    spot_allocation: Annotated[
        float,
        Unit("fraction of equity"),
        Bounds(0.0, 0.99),
        Doc("share of equity in spot; the rest is margin"),
        Primary("Spot share", 0.30, 0.95, 0.01),
    ]
    hedge_allocation: Annotated[
        dict[str, float], Unit("fraction"), Doc("share of the hedge by perp venue; sums to 1")
    ]
    spot_venue: Annotated[str, Doc("where the spot is bought and held")]
    treasury: Annotated[str, Doc("venue where deposits arrive and withdrawals leave")]
    reserve_ratio: Annotated[Share, Doc("kept out of all targets for fast withdrawals")]
    position_deviation_threshold: Annotated[
        Share,
        Doc("band of the spot share around spot_allocation, absolute"),
        Primary("Rebalance band", 0.02, 0.30, 0.01),
    ]
    hedge_weight_band: Annotated[
        float,
        Unit("fraction of the hedge"),
        Bounds(0.0, 1.0),
        Doc("band of a venue's share of the hedge around its weight"),
    ]
    max_delta_drift: Annotated[Share, Doc("largest net delta less its target")]
    plan_timeout: Annotated[
        float, Unit("hours"), Bounds(1.0, 720.0), Doc("how long a stage may wait for its arrivals")
    ]
    funding_filter: Annotated[
        FundingFilter | None, Doc("stay out while trailing funding is low; null: always in")
    ] = None
    lending_enabled: Annotated[bool, Doc("the mode lends")] = False
    staking_enabled: Annotated[bool, Doc("the mode stakes")] = False
    basis_trade_enabled: Annotated[bool, Doc("the mode hedges with perps")] = True
    borrowing_enabled: Annotated[bool, Doc("the mode borrows")] = False


LstType = Annotated[str, Choices(("weeth", "wsteth")), Doc("the staking token: ether.fi or Lido")]
ExitRoute = Annotated[
    str,
    Choices(("queue", "swap", "auto")),
    Doc("how withdrawals leave: the protocol's queue, a sale, or the cheaper of the two (auto)"),
]
Dex = Annotated[str, Doc("where staking tokens and rewards are sold")]
Hours = Annotated[
    float, Unit("hours"), Bounds(1.0, 720.0), Doc("how long a stage may wait for its arrivals")
]
TargetLtv = Annotated[
    float | Literal["auto"],
    Unit("fraction"),
    Bounds(0.0, 0.98),
    Doc("loan to value of the loop; auto: as high as spread move and health factor allow"),
    Primary("Target LTV", 0.50, 0.93, 0.005),
]
SpreadMove = Annotated[
    float,
    Unit("fraction"),
    Bounds(0.0, 0.5),
    Doc("fall of the staking token's rate that an automatic target stands"),
]
LtvBand = Annotated[
    float,
    Unit("fraction"),
    Bounds(0.0, 0.2),
    Doc("band of the loan to value around its target"),
    Primary("LTV band", 0.001, 0.03, 0.001),
]
MaxDeleverageCost = Annotated[
    float,
    Unit("fraction of equity"),
    Bounds(0.0, 1.0),
    Doc("a reduction of the loop that would lose more is not made"),
]
StakeAllocation = Annotated[
    float,
    Unit("fraction of equity"),
    Bounds(0.0, 0.99),
    Doc("share of equity on chain; the rest is margin"),
    Primary("Stake share", 0.30, 0.95, 0.01),
]
LendingVenue = Annotated[str, Doc("the lending pool")]
FlashLender = Annotated[str, Doc("who lends inside a transaction: a flash lender, or the pool")]


@parameters()
class StakingParameters:
    """Stake the share class's own ETH."""

    treasury: Annotated[str, Doc("venue where deposits arrive and withdrawals leave")]
    lst_type: LstType
    exit_route: ExitRoute
    dex: Dex
    reserve_ratio: Annotated[Share, Doc("kept out of all targets for fast withdrawals")]
    plan_timeout: Hours
    lending_enabled: Annotated[bool, Doc("the mode lends")] = False
    staking_enabled: Annotated[bool, Doc("the mode stakes")] = True
    basis_trade_enabled: Annotated[bool, Doc("the mode hedges with perps")] = False
    borrowing_enabled: Annotated[bool, Doc("the mode borrows")] = False


@parameters()
class LeveragedParameters(StakingParameters):
    """Stake the share class's own ETH in a loop."""

    lending_venue: LendingVenue
    flash_lender: FlashLender
    target_ltv: TargetLtv
    max_stake_spread_move: SpreadMove
    ltv_band: LtvBand
    max_deleverage_cost: MaxDeleverageCost
    lending_enabled: Annotated[bool, Doc("the mode lends")] = True
    borrowing_enabled: Annotated[bool, Doc("the mode borrows")] = True


@parameters()
class NeutralParameters(StakingParameters):
    """Stake ETH and short as much in perps."""

    stake_allocation: StakeAllocation
    hedge_allocation: Annotated[
        dict[str, float], Unit("fraction"), Doc("share of the hedge by perp venue; sums to 1")
    ]
    spot_venue: Annotated[str, Doc("where ETH is bought and sold")]
    position_deviation_threshold: Annotated[
        Share,
        Doc("band of the share of equity on chain around stake_allocation, absolute"),
        Primary("Rebalance band", 0.02, 0.30, 0.01),
    ]
    hedge_weight_band: Annotated[
        float,
        Unit("fraction of the hedge"),
        Bounds(0.0, 1.0),
        Doc("band of a venue's share of the hedge around its weight"),
    ]
    max_delta_drift: Annotated[Share, Doc("largest net delta less its target")]
    basis_trade_enabled: Annotated[bool, Doc("the mode hedges with perps")] = True


@parameters()
class NeutralLeveragedParameters(NeutralParameters):
    """Stake ETH in a loop and short what is exposed of it in perps."""

    lending_venue: LendingVenue
    flash_lender: FlashLender
    target_ltv: TargetLtv
    max_stake_spread_move: SpreadMove
    ltv_band: LtvBand
    max_deleverage_cost: MaxDeleverageCost
    lending_enabled: Annotated[bool, Doc("the mode lends")] = True
    borrowing_enabled: Annotated[bool, Doc("the mode borrows")] = True


HedgedParameters = BasisParameters | NeutralParameters
LoopParameters = LeveragedParameters | NeutralLeveragedParameters
StrategyParameters = LendingParameters | BasisParameters | StakingParameters
