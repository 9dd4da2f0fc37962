"""What a venue file says: fees, rules, margin tiers, gas, transfers."""

from typing import Annotated

from basis_lab.calc.costs import SlippageTable
from basis_lab.domain.parameters import Bounds, Choices, Doc, Unit, parameters

Fraction = Annotated[float, Unit("fraction"), Bounds(0.0, 1.0)]
FeeRate = Annotated[float, Unit("fraction of notional"), Bounds(0.0, 0.05)]


@parameters()
class MarketRules:
    """Sizes that an exchange accepts for one market."""

    lot: Annotated[float, Unit("base units"), Bounds(1e-12, None), Doc("quantity step")]
    min_notional: Annotated[
        float, Unit("quote currency"), Bounds(0.0, None), Doc("smallest order value")
    ]


@parameters()
class MarginTier:
    """One step of a maintenance margin table; applies up to ``max_notional``."""

    max_notional: Annotated[
        float, Unit("quote currency"), Bounds(0.0, None), Doc("notional up to which it applies")
    ]
    maintenance_rate: Annotated[Fraction, Doc("maintenance margin rate of this tier")]
    max_leverage: Annotated[float, Bounds(1.0, 200.0), Doc("largest leverage at entry")]


@parameters()
class SpotParameters:
    """Spot trading at an exchange."""

    taker_fee: Annotated[FeeRate, Doc("taker fee, taken in the coin received")]
    slippage: Annotated[SlippageTable, Doc("loss against the last trade by order value")]
    markets: Annotated[dict[str, MarketRules], Doc("rules by symbol, for instance BTCUSDT")]


@parameters()
class PerpParameters:
    """Linear USDT-margined perpetuals at an exchange."""

    taker_fee: Annotated[FeeRate, Doc("taker fee on notional, paid from margin")]
    liquidation_fee: Annotated[FeeRate, Doc("clearance fee on the liquidated notional")]
    slippage: Annotated[SlippageTable, Doc("loss against the last trade by order value")]
    markets: Annotated[dict[str, MarketRules], Doc("rules by symbol, for instance BTCUSDT")]
    tiers: Annotated[dict[str, tuple[MarginTier, ...]], Doc("maintenance margin tiers by symbol")]
    tier_deduction: Annotated[
        bool,
        Doc("true: margin is continuous over tiers (maintenance amount); false: last rate on all"),
    ]


@parameters()
class TransferRules:
    """Sending a coin away from a venue."""

    delay_s: Annotated[float, Unit("seconds"), Bounds(0.0, 2_592_000.0), Doc("time to arrive")]
    fees: Annotated[dict[str, float], Unit("coin units"), Doc("withdrawal fee by coin")]
    minimums: Annotated[dict[str, float], Unit("coin units"), Doc("smallest transfer by coin")]


@parameters()
class ExchangeParameters:
    """A centralised exchange."""

    kind: Annotated[str, Choices(("exchange",)), Doc("what the venue is")]
    title: Annotated[str, Doc("name for people")]
    spot: Annotated[SpotParameters | None, Doc("spot trading; null where it is not used")]
    perp: Annotated[PerpParameters | None, Doc("perpetuals; null where they are not used")]
    transfer: Annotated[TransferRules, Doc("withdrawals from here")]


@parameters()
class LendingAsset:
    """What a lending pool allows against one asset as collateral."""

    ltv: Annotated[
        float, Unit("fraction"), Bounds(0.0, 0.99), Doc("largest debt against it when borrowing")
    ]
    liquidation_threshold: Annotated[
        float, Unit("fraction"), Bounds(0.0, 0.99), Doc("share of its value in the health factor")
    ]
    liquidation_bonus: Annotated[
        float, Unit("fraction"), Bounds(0.0, 0.5), Doc("what a liquidator takes beyond the debt")
    ]


@parameters()
class LendingPoolParameters:
    """A lending pool (Aave v3)."""

    kind: Annotated[str, Choices(("lending_pool",)), Doc("what the venue is")]
    title: Annotated[str, Doc("name for people")]
    gas_units: Annotated[
        dict[str, float], Unit("gas"), Doc("gas by operation: supply, withdraw, borrow, repay")
    ]
    assets: Annotated[dict[str, LendingAsset], Doc("collateral rules by token, for instance WETH")]
    liquidity_warning_share: Annotated[
        Fraction, Doc("own size above this share of available liquidity is a warning")
    ]


@parameters()
class ChainParameters:
    """The Ethereum wallet and what moving things on chain costs."""

    kind: Annotated[str, Choices(("chain",)), Doc("what the venue is")]
    title: Annotated[str, Doc("name for people")]
    gas_units: Annotated[dict[str, float], Unit("gas"), Doc("gas by operation: transfer, wrap")]
    transfer: Annotated[TransferRules, Doc("transfers from the wallet to an exchange")]


VenueParameters = ExchangeParameters | LendingPoolParameters | ChainParameters
VENUE_KINDS: dict[str, type[VenueParameters]] = {
    "exchange": ExchangeParameters,
    "lending_pool": LendingPoolParameters,
    "chain": ChainParameters,
}
