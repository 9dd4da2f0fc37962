"""What staking, loops and hedged loops earned in real history, computed again from raw files.

Frictionless and held from midnight to midnight: nothing but rates, indices, marks and funding
moves the books, so each has a closed form.
"""

import numpy as np
import pytest

from basis_lab.services.backtest import BacktestService
from basis_lab.services.requests import BacktestRequest
from basis_lab.strategies.staking_holdings import TOKENS
from tests.identities.test_known_figures import at, read

START, END = "2024-06-01", "2025-03-01"
LONG, SHORT = "2024-05-01_2025-03-31", "2024-05-12_2025-03-31"

AUTO = min(0.93 * (1.0 - 0.0225), 0.95 / 1.045)
WEIGHTS = {"binance": 0.4, "bybit": 0.3, "okx": 0.3}
PROXY = {"binance": "binance", "bybit": "bybit", "okx": "binance"}
CAPITAL = 100_000.0


def rates(real_data, coin, day, column):
    """A column of the pool's daily snapshot at midnight."""
    span = LONG if coin == "WETH" else SHORT
    file = real_data / "aave" / f"aave_v3_ethereum_{coin}_rates_daily_{span}.csv"
    return at(file, day, "date", column)


def growth(real_data, coin, column):
    first, last = (rates(real_data, coin, day, column) for day in (START, END))
    return last / first


def staked(real_data, coin):
    """The growth of the token's rate: its oracle price over that of ETH."""
    return growth(real_data, coin, "price") / growth(real_data, "WETH", "price")


def looped(real_data, coin, ltv):
    """The growth of a loop's equity in ETH: collateral less debt, over what was put in."""
    collateral = staked(real_data, coin) * growth(real_data, coin, "liquidityIndex")
    debt = growth(real_data, "WETH", "variableBorrowIndex")
    return (collateral - ltv * debt) / (1.0 - ltv)


def run(real_data, mode, share_class, capital, **overrides):
    request = BacktestRequest(
        mode=mode,
        share_class=share_class,
        start=START,
        end=END,
        capital=capital,
        overrides=overrides,
        scenarios=("frictionless", "hold"),
        data_dir=real_data,
        plots=False,
    )
    return BacktestService().run(request).summary


@pytest.mark.parametrize(("lst", "known"), [("weeth", 2.080827), ("wsteth", 2.312364)])
def test_staking_earns_what_the_rate_of_its_token_grew(real_data, lst, known):
    earned = staked(real_data, TOKENS[lst]) - 1.0

    summary = run(real_data, "eth_staking_only", "ETH", 100.0, **{"strategy.lst_type": lst})

    assert 100.0 * earned == pytest.approx(known, abs=5e-7)
    assert summary["net_pnl"] == pytest.approx(100.0 * earned, rel=1e-9)
    assert summary["attribution"]["staking_yield"] == pytest.approx(100.0 * earned, rel=1e-9)


@pytest.mark.parametrize(
    ("lst", "target", "known"),
    [
        ("weeth", 0.90, 3.299316),
        ("wsteth", 0.90, 5.229943),
        ("weeth", "auto", 3.425072),
        ("wsteth", "auto", 5.548389),
    ],
)
def test_a_loop_earns_the_growth_of_its_collateral_less_that_of_its_debt(
    real_data, lst, target, known
):
    ltv = AUTO if target == "auto" else target
    earned = looped(real_data, TOKENS[lst], ltv) - 1.0
    debt = 100.0 * ltv / (1.0 - ltv)

    summary = run(
        real_data,
        "eth_leveraged",
        "ETH",
        100.0,
        **{"strategy.lst_type": lst, "strategy.target_ltv": target},
    )

    interest = debt * (growth(real_data, "WETH", "variableBorrowIndex") - 1.0)
    assert 100.0 * earned == pytest.approx(known, abs=5e-7)
    assert summary["net_pnl"] == pytest.approx(100.0 * earned, rel=1e-9)
    assert summary["attribution"]["borrow_cost"] == pytest.approx(-interest, rel=1e-9)


@pytest.mark.parametrize("lst", ["weeth", "wsteth"])
@pytest.mark.parametrize("mode", ["usdt_market_neutral", "usdt_market_neutral_no_leverage"])
def test_a_hedged_book_earns_its_growth_its_basis_and_its_funding(real_data, mode, lst):
    spot = real_data / "spot" / f"binance_ETHUSDT_spot_1h_{LONG}.csv.gz"
    before, after = at(spot, START), at(spot, END)
    units = 0.5 * CAPITAL / before
    coin = TOKENS[lst]
    grown = (
        looped(real_data, coin, AUTO) if mode == "usdt_market_neutral" else staked(real_data, coin)
    )
    shorts = {venue: short(real_data, PROXY[venue]) for venue in WEIGHTS}
    basis = sum(-w * units * shorts[v]["change"] for v, w in WEIGHTS.items())
    funding = sum(w * units * shorts[v]["funding"] for v, w in WEIGHTS.items())

    summary = run(
        real_data,
        mode,
        "USDT",
        CAPITAL,
        **{"strategy.lst_type": lst, "data.proxies": {"okx": "binance"}},
    )

    earned = units * (grown * after - before) + basis + funding
    assert summary["net_pnl"] == pytest.approx(earned, rel=1e-6)
    assert summary["attribution"]["funding"] == pytest.approx(funding, rel=1e-6)


def short(real_data, venue):
    """What one unit short pays on price and earns on funding: marks at last where none is kept."""
    last = real_data / "perp" / f"{venue}_ETHUSDT_perp_1h_{LONG}.csv.gz"
    mark = last.with_name(f"{venue}_ETHUSDT_perp_mark_1h_{LONG}.csv.gz")
    mark = mark if mark.is_file() else last
    time = "date" if venue == "binance" else "timestamp"
    hours, marks = read(mark, time, "open")
    stamps, paid = read(
        real_data / "funding" / f"{venue}_ETHUSDT_funding_rates_{LONG}.csv",
        "funding_timestamp",
        "funding_rate",
    )
    held = (stamps > np.datetime64(START)) & (stamps <= np.datetime64(END))
    at_stamps = marks[np.searchsorted(hours, stamps[held])]
    return {
        "change": at(mark, END, time) - at(last, START, time),
        "funding": float(sum(at_stamps * paid[held])),
    }
