"""What a test market consists of: assets, their curves and limits, and one e-mode category."""

from dataclasses import dataclass

BPS = 10_000
PRICE_UNIT = 10**8
RAY = 10**27
WAD = 10**18


def bps(fraction: float) -> int:
    """A fraction in whole basis points; what the contracts cannot hold is refused."""
    whole = round(fraction * BPS)
    assert abs(fraction * BPS - whole) < 1e-6, f"{fraction} is not a whole number of basis points"
    return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A kinked rate curve (fractions per year, and the kink's utilisation)."""

    optimal: float
    base_apr: float
    slope1_apr: float
    slope2_apr: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One reserve: how it is priced, charged and lent against."""

    symbol: str
    decimals: int
    curve: Curve
    reserve_factor: float
    ltv: float
    liquidation_threshold: float
    bonus: float
    protocol_fee_share: float
    in_emode: bool

    @property
    def unit(self) -> int:
        return 10**self.decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class EMode:
    """The one category of the market."""

    number: int
    label: str
    ltv: float
    liquidation_threshold: float
    bonus: float


# DOMAIN 1.4, Ethereum Core in September 2025, slope2 of the earlier years.
WETH = Asset(
    symbol="WETH",
    decimals=18,
    curve=Curve(optimal=0.92, base_apr=0.0, slope1_apr=0.026, slope2_apr=0.80),
    reserve_factor=0.15,
    ltv=0.805,
    liquidation_threshold=0.83,
    bonus=0.05,
    protocol_fee_share=0.10,
    in_emode=True,
)
WEETH = Asset(
    symbol="weETH",
    decimals=18,
    curve=Curve(optimal=0.30, base_apr=0.01, slope1_apr=0.07, slope2_apr=3.0),
    reserve_factor=0.45,
    ltv=0.775,
    liquidation_threshold=0.80,
    bonus=0.07,
    protocol_fee_share=0.10,
    in_emode=True,
)
USDT = Asset(
    symbol="USDT",
    decimals=6,
    curve=Curve(optimal=0.92, base_apr=0.0, slope1_apr=0.065, slope2_apr=0.35),
    reserve_factor=0.10,
    ltv=0.75,
    liquidation_threshold=0.78,
    bonus=0.045,
    protocol_fee_share=0.10,
    in_emode=False,
)
ASSETS = (WETH, WEETH, USDT)
EMODE = EMode(number=1, label="ETH correlated", ltv=0.93, liquidation_threshold=0.95, bonus=0.01)

FLASH_PREMIUM_BPS = 5
FIRST_PRICES_USD = {"WETH": 3000.0, "USDT": 1.0}
FIRST_RATE = 1.05
CAP_GROWTH_APR = 0.0875
