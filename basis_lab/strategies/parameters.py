"""The keys of the ``strategy`` block, by family of modes."""

from typing import Annotated

from basis_lab.domain.parameters import Bounds, Doc, Primary, Unit, parameters

Share = Annotated[float, Unit("fraction of equity"), Bounds(0.0, 1.0)]


@parameters()
class LendingParameters:
    """Supply the share class's own asset to a lending pool."""

    treasury: Annotated[str, Doc("venue where deposits arrive and withdrawals leave")]
    lending_venue: Annotated[str, Doc("the lending pool")]
    reserve_ratio: Annotated[
        Share,
        Doc("kept out of all targets for fast withdrawals"),
        Primary("Reserve", 0.0, 0.20, 0.05),
    ]
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
    reserve_ratio: Annotated[
        Share,
        Doc("kept out of all targets for fast withdrawals"),
        Primary("Reserve", 0.0, 0.20, 0.05),
    ]
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


StrategyParameters = LendingParameters | BasisParameters
