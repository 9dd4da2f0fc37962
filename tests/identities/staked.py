"""Invented staking: rates that grow and fall, quotes below them, borrow spikes, rewards, modes."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from basis_lab.config.loader import load_config
from basis_lab.config.models import RunConfig
from basis_lab.domain.market import Payout
from basis_lab.domain.requirements import Alignment

HOUR = np.timedelta64(3600, "s")
WARM_UP = 24  # rows before which nothing is known of the past
LEVELS = {"weETH": 1.04, "wstETH": 1.17, "EIGEN": 0.0012, "ETHFI": 0.0006}
LOOPS = ("eth_leveraged", "usdt_market_neutral")
HEDGED = ("usdt_market_neutral", "usdt_market_neutral_no_leverage")
STAKED = ("eth_staking_only", "usdt_market_neutral_no_leverage", *LOOPS)


@dataclass(frozen=True, kw_only=True)
class Staking:
    """How invented staking behaves; the draw is the market's.

    Parameters
    ----------
    growth : float
        Mean growth of a staking token's rate in an hour.
    fall : float
        By how much it falls once (slashing), as a fraction.
    discount : float
        How far the market quotes below the rate, as a fraction.
    spike : float
        Growth of the borrow index in each hour of its dear hours.
    payouts : int
        How many payments each reward programme makes.
    units : float
        Units of a payment for each ETH staked.
    """

    growth: float = 4e-6
    fall: float = 0.0
    discount: float = 2e-3
    spike: float = 0.0
    payouts: int = 0
    units: float = 0.5


USUAL = Staking()


def staked_column(generator, staking: Staking, rows: int, need) -> np.ndarray | None:
    """Return a series that a mode needs because it stakes; None for any other."""
    kind = need.key.partition("/")[0]
    match need.alignment, kind:
        case Alignment.PAYOUT, _:
            made = np.full(rows, np.nan)
        case Alignment.TRAILING_GROWTH, _:
            made = _later(8760.0 * staking.growth + generator.normal(0.0, 1e-3, rows))
        case Alignment.TRAILING_VOLATILITY, _:
            usual = 1e-4 if kind == "lst" else 0.02
            made = _later(0.5 * usual + generator.exponential(usual, rows))
        case _, "lst" | "lst_market":
            made = _rate(need.key, staking, rows)
        case _, "dex":
            name = next(x for x in LEVELS if x in need.key)
            walk = np.cumsum(generator.normal(0.0, 0.01, rows))
            made = LEVELS[name] * np.exp(0.3 * np.tanh(walk))
        case _:
            return None
    return made


def quoted(generator, staking: Staking, columns: dict[str, np.ndarray]) -> None:
    """Let the market quote every staking token at or below its rate."""
    for key in [x for x in columns if x.startswith("lst_market/")]:
        below = np.abs(generator.normal(0.0, 1.0, len(columns[key]))) * staking.discount
        columns[key] = columns[key] * (1.0 - np.minimum(below, 0.5))


def spiked(generator, staking: Staking, growth: np.ndarray) -> np.ndarray:
    """Return hourly growths of a borrow index with some dear hours in a row."""
    if staking.spike:
        first = int(generator.integers(0, len(growth)))
        growth[first : first + 24] = staking.spike
    return growth


def _later(values: np.ndarray) -> np.ndarray:
    values[:WARM_UP] = np.nan
    return values


def _rate(key: str, staking: Staking, rows: int) -> np.ndarray:
    """The rate and the market's first guess of it are one: the quote is lowered afterwards."""
    name = next(x for x in LEVELS if x in key)
    generator = np.random.default_rng(rows)
    growth = generator.uniform(0.0, 2.0, rows) * staking.growth
    if staking.fall:
        growth[rows // 2] = -staking.fall
    return LEVELS[name] * np.cumprod(1.0 + growth)


def invented_payouts(generator, staking: Staking, times: np.ndarray, needs) -> tuple[Payout, ...]:
    """Return payments whose earning periods lie before them, some from before the run."""
    rows = len(times)
    made = [
        Payout(
            key=need.key,
            row=row,
            period_start=times[row] - (before + length) * HOUR,
            period_end=times[row] - before * HOUR,
            units_per_staked=float(generator.uniform(0.0, 2.0)) * staking.units,
        )
        for need in needs
        if need.alignment is Alignment.PAYOUT
        for row in generator.integers(1, rows, staking.payouts).tolist()
        for before, length in [(int(generator.integers(1, 30)), int(generator.integers(1, 60)))]
    ]
    return tuple(sorted(made, key=lambda x: (x.row, x.key, x.period_start)))


# --- draws ------------------------------------------------------------------------------------


@st.composite
def stakings(draw, **given) -> Staking:
    """Any staking; ``given`` fixes what is not to be drawn."""
    drawn = {
        "growth": draw(st.sampled_from([0.0, 4e-6, 2e-5])),
        "fall": draw(st.sampled_from([0.0, 0.0, 0.005, 0.02])),
        "discount": draw(st.sampled_from([0.0, 5e-4, 5e-3])),
        "spike": draw(st.sampled_from([0.0, 3e-5, 1e-3])),
        "payouts": draw(st.integers(0, 3)),
        "units": draw(st.sampled_from([0.05, 1.0, 5.0])),
    }
    return Staking(**{**drawn, **given})


@st.composite
def staked_configs(draw, shares, **given) -> RunConfig:
    """Any mode that stakes, ready for its entry; ``shares`` draws shares of the hedge."""
    drawn = {
        "mode": draw(st.sampled_from(STAKED)),
        "costs": draw(st.booleans()),
        "hold": draw(st.booleans()),
        "lst_type": draw(st.sampled_from(["weeth", "wsteth"])),
        "exit_route": draw(st.sampled_from(["auto", "queue", "swap"])),
        "reserve_ratio": draw(st.sampled_from([0.0, 0.1])),
        "target_ltv": draw(st.sampled_from(["auto", 0.0, 0.5, 0.8, 0.9])),
        "flash_lender": draw(st.sampled_from(["morpho", "aave_v3"])),
        "stake_allocation": draw(st.sampled_from([0.3, 0.5, 0.65])),
        "hedge_allocation": draw(shares),
        "rewards": draw(st.sampled_from(["base_only", "base_eigen", "base_eigen_seasonal"])),
        "position_deviation_threshold": draw(st.sampled_from([0.05, 0.1])),
    }
    return load_staked(**{**drawn, **given})


def load_staked(
    mode: str, *, costs: bool = False, hold: bool = False, rewards: str = "base_only", **strategy
) -> RunConfig:
    """Return a mode that stakes; keys of the block that it does not have are left out."""
    names = {"lst_type", "exit_route", "reserve_ratio"}
    if mode in LOOPS:
        names |= {"target_ltv", "flash_lender", "ltv_band", "max_deleverage_cost"}
    if mode in HEDGED:
        names |= {"stake_allocation", "hedge_allocation", "position_deviation_threshold"}
        names |= {"hedge_weight_band", "max_delta_drift", "treasury"}
    overrides: dict[str, object] = {
        f"strategy.{key}": value for key, value in strategy.items() if key in names
    }
    if strategy.get("lst_type") != "wsteth":
        overrides["rewards.mode"] = rewards
    chosen = (("frictionless", not costs), ("hold", hold))
    return load_config(
        mode, overrides=overrides, scenarios=tuple(name for name, wanted in chosen if wanted)
    )
