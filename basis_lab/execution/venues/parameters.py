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


IsoDate = Annotated[str, Doc("ISO date, UTC")]


@parameters()
class LendingRow:
    """What a lending pool allows against collateral from a date on."""

    since: Annotated[IsoDate, Doc("ISO date from which the row is in force")]
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
class EfficiencyMode:
    """Better terms where collateral and debt are one asset (e-mode)."""

    title: Annotated[str, Doc("name for people")]
    collateral: Annotated[tuple[str, ...], Doc("tokens that count by these rows")]
    borrowable: Annotated[tuple[str, ...], Doc("tokens that may be owed")]
    rows: Annotated[tuple[LendingRow, ...], Doc("terms by date")]


@parameters()
class VersionRow:
    """Which rules a pool liquidates by from a date on."""

    since: Annotated[IsoDate, Doc("ISO date from which the row is in force")]
    version: Annotated[
        str,
        Choices(("3.0", "3.3")),
        Doc("3.0: half of a debt, or all below HF 0.95; 3.3: by position, with the dust rule"),
    ]


@parameters()
class LendingPoolParameters:
    """A lending pool (Aave v3)."""

    kind: Annotated[str, Choices(("lending_pool",)), Doc("what the venue is")]
    title: Annotated[str, Doc("name for people")]
    gas_units: Annotated[
        dict[str, float],
        Unit("gas"),
        Doc("gas by operation: supply, withdraw, borrow, repay, flash"),
    ]
    assets: Annotated[dict[str, tuple[LendingRow, ...]], Doc("collateral rules by token and date")]
    emode: Annotated[EfficiencyMode | None, Doc("better terms; null where there are none")]
    versions: Annotated[tuple[VersionRow, ...], Doc("liquidation rules by date")]
    known_until: Annotated[IsoDate, Doc("ISO date up to which these tables were checked")]
    flash_premium: Annotated[Fraction, Doc("premium of a flash loan from the pool")]
    liquidity_warning_share: Annotated[
        Fraction, Doc("own size above this share of available liquidity is a warning")
    ]


@parameters()
class RewardProgramme:
    """Tokens that a staking protocol pays beside its rate."""

    token: Annotated[str, Doc("token that is paid")]
    since: Annotated[IsoDate, Doc("first day that earns")]
    until: Annotated[IsoDate, Doc("last day that earns; later the rate contains it, or nothing")]
    gaps_allowed: Annotated[
        bool, Doc("true: paid now and then; false: a missing period is an error")
    ]
    counted_in: Annotated[
        tuple[str, ...],
        Choices(("base_eigen", "base_eigen_seasonal")),
        Doc("reward modes that count it"),
    ]


@parameters()
class StakingPoolParameters:
    """A staking protocol that gives a token for ETH."""

    kind: Annotated[str, Choices(("staking_pool",)), Doc("what the venue is")]
    title: Annotated[str, Doc("name for people")]
    token: Annotated[str, Choices(("weETH", "wstETH")), Doc("token that it gives")]
    gas_units: Annotated[
        dict[str, float],
        Unit("gas"),
        Doc("gas by operation: stake; unstake (request and claim together)"),
    ]
    queue_delay_s: Annotated[
        float, Unit("seconds"), Bounds(0.0, 8_640_000.0), Doc("from a request to its payment")
    ]
    programmes: Annotated[dict[str, RewardProgramme], Doc("rewards beside the rate, by programme")]


@parameters()
class DexParameters:
    """A decentralised exchange."""

    kind: Annotated[str, Choices(("dex",)), Doc("what the venue is")]
    title: Annotated[str, Doc("name for people")]
    gas_units: Annotated[
        dict[str, float], Unit("gas"), Doc("gas by operation: swap; unwrap_reward before a sale")
    ]
    slippage: Annotated[
        dict[str, SlippageTable],
        Doc(
            "loss against the quote by token sold and size; sizes in USDT for USDT, "
            "in WETH for all others, pool fee included"
        ),
    ]


@parameters()
class FlashLenderParameters:
    """A lender of one transaction's length."""

    kind: Annotated[str, Choices(("flash_lender",)), Doc("what the venue is")]
    title: Annotated[str, Doc("name for people")]
    premium: Annotated[Fraction, Doc("premium on what is borrowed")]
    gas_units: Annotated[dict[str, float], Unit("gas"), Doc("gas by operation: flash")]


@parameters()
class ChainParameters:
    """The Ethereum wallet and what moving things on chain costs."""

    kind: Annotated[str, Choices(("chain",)), Doc("what the venue is")]
    title: Annotated[str, Doc("name for people")]
    gas_units: Annotated[dict[str, float], Unit("gas"), Doc("gas by operation: transfer, wrap")]
    transfer: Annotated[TransferRules, Doc("transfers from the wallet to an exchange")]


VenueParameters = (
    ExchangeParameters
    | LendingPoolParameters
    | ChainParameters
    | StakingPoolParameters
    | DexParameters
    | FlashLenderParameters
)
VENUE_KINDS: dict[str, type[VenueParameters]] = {
    "exchange": ExchangeParameters,
    "lending_pool": LendingPoolParameters,
    "chain": ChainParameters,
    "staking_pool": StakingPoolParameters,
    "dex": DexParameters,
    "flash_lender": FlashLenderParameters,
}
