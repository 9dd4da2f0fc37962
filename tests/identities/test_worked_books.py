"""A book of every mode that can be worked out on paper: no costs, held, three hours.

An ETH is worth 2500 USDT, then 3000. A staking token is worth 1 ETH, then 1.01; the borrow index
goes from 1 to 1.005, the supply indices stay. Marks are the spot price, and no funding is paid.
"""

import numpy as np
import pytest

from basis_lab.domain import series
from basis_lab.domain.market import MarketFrame
from tests.builders import held
from tests.identities.staked import load_staked
from tests.identities.worlds import Market, World, load_basis, load_lending, make_frame

STILL = Market(seed=0, rows=3, span=0.0, noise=0.0, jumps=0, basis=0.0, funding=0.0, growth=0.0)
AT_BINANCE = {"binance": 1.0}
ROUNDING = 1e-6


def run(config, capital):
    """Run over the three hours; return the record and the book at their end."""
    made = make_frame(config, STILL)
    path = np.array([2500.0, 2500.0, 3000.0])
    columns = dict(made.series)
    for key in columns:
        kind = key.partition("/")[0]
        if kind in {"spot", "perp", "mark"}:
            columns[key] = path.copy()
        elif kind == "lst" and key.endswith(".rate"):
            columns[key] = np.array([1.0, 1.0, 1.01])
        elif key == series.borrow_index("WETH"):
            columns[key] = np.array([1.0, 1.0, 1.005])
        elif key.endswith("liquidity_index"):
            columns[key] = np.array([1.0, 1.0, 1.1])
            if "ETH" in key and "WETH" not in key:
                columns[key] = np.ones(3)
    frame = MarketFrame(times=made.times.copy(), series=columns, universe=made.universe)
    world = World(config=config, frame=frame, capital=capital)
    engine = world.engine()
    record = engine.run_backtest(frame.times[0], frame.times[-1])
    book = held(engine.components.position_monitor)
    return record, {line: units for line, units in book.items() if abs(units) > ROUNDING}


def earned(record):
    return {name: float(x.sum()) for name, x in record.attribution.items() if abs(x.sum()) > 1e-9}


def test_lending():
    record, book = run(load_lending("USDT", costs=False), 1000.0)

    assert book == pytest.approx({"aave_v3:atoken:USDT": 1000.0})
    assert earned(record) == pytest.approx({"supply_yield": 100.0})


def test_a_basis_book():
    # 0.6 x 100,000 / 2500 = 24 ETH, as many short, 40,000 of margin: a rally changes nothing.
    config = load_basis("ETH", hold=True, spot_allocation=0.6)

    record, book = run(config, 100_000.0)

    assert book == pytest.approx(
        {
            "binance:token:ETH": 24.0,
            "binance:perp:ETHUSDT": -24.0,
            "binance:contracts:ETHUSDT": 60_000.0,
            "binance:margin:USDT": 40_000.0,
        }
    )
    assert record.equity.tolist() == pytest.approx([100_000.0] * 3)


def test_staking():
    # 100 ETH are 100 tokens; they are worth 101 ETH in the end.
    record, book = run(load_staked("eth_staking_only", hold=True), 100.0)

    assert book == pytest.approx({"wallet:token:weETH": 100.0})
    assert record.equity.tolist() == pytest.approx([100.0, 100.0, 101.0])
    assert earned(record) == pytest.approx({"staking_yield": 1.0})


def test_a_loop():
    # 100 / (1 - 0.9) = 1000 supplied, 900 owed; then 1010 - 904.5 = 105.5.
    record, book = run(load_staked("eth_leveraged", hold=True, target_ltv=0.9), 100.0)

    assert book == pytest.approx({"aave_v3:atoken:weETH": 1000.0, "aave_v3:debt:WETH": 900.0})
    assert record.equity.tolist() == pytest.approx([100.0, 100.0, 105.5])
    assert earned(record) == pytest.approx({"staking_yield": 10.0, "borrow_cost": -4.5})
    # 0.95 / 0.9 at first; 1010 x 0.95 / 904.5 in the end.
    assert record.risk["health_factor"][[0, 2]].tolist() == pytest.approx([1.0555556, 1.0608071])


def test_a_loop_by_a_lender_that_takes_a_premium():
    # X = 0.9 x 100 / (1 + 0.0005 - 0.9) = 895.5224; 0.05 % of it is gone: 99.5522 is left.
    config = load_staked(
        "eth_leveraged", costs=True, hold=True, target_ltv=0.9, flash_lender="aave_v3"
    )

    record, book = run(config, 100.0)

    gas = record.attribution["gas"].sum()
    assert record.attribution["flash_premium"].sum() == pytest.approx(-0.4477612, rel=1e-3)
    assert record.equity[0] == pytest.approx(
        100.0 + gas + record.attribution["flash_premium"].sum(), abs=1e-9
    )
    assert book["aave_v3:debt:WETH"] / book["aave_v3:atoken:weETH"] == pytest.approx(0.9)


def test_hedged_staking():
    # Half of 100,000 is 20 ETH; short 20. 20.2 x 3000 = 60,600, less 10,000 of the short.
    config = load_staked(
        "usdt_market_neutral_no_leverage",
        hold=True,
        stake_allocation=0.5,
        hedge_allocation=AT_BINANCE,
    )

    record, book = run(config, 100_000.0)

    assert book == pytest.approx(
        {
            "wallet:token:weETH": 20.0,
            "binance:perp:ETHUSDT": -20.0,
            "binance:contracts:ETHUSDT": 50_000.0,
            "binance:margin:USDT": 50_000.0,
        }
    )
    assert record.equity.tolist() == pytest.approx([100_000.0, 100_000.0, 100_600.0])
    # 20 x 0.01 x 2500; the rest is 0.2 ETH that were not hedged when the price rose.
    assert earned(record) == pytest.approx({"staking_yield": 500.0, "delta": 100.0})


def test_a_hedged_loop():
    # 20 ETH at L 0.8: 100 supplied, 80 owed, short 20.
    # 101 - 80.4 = 20.6 ETH of 3000 = 61,800, less 10,000 of the short.
    config = load_staked(
        "usdt_market_neutral",
        hold=True,
        stake_allocation=0.5,
        hedge_allocation=AT_BINANCE,
        target_ltv=0.8,
    )

    record, book = run(config, 100_000.0)

    assert book == pytest.approx(
        {
            "aave_v3:atoken:weETH": 100.0,
            "aave_v3:debt:WETH": 80.0,
            "binance:perp:ETHUSDT": -20.0,
            "binance:contracts:ETHUSDT": 50_000.0,
            "binance:margin:USDT": 50_000.0,
        }
    )
    assert record.equity.tolist() == pytest.approx([100_000.0, 100_000.0, 101_800.0])
    assert earned(record) == pytest.approx(
        {"staking_yield": 2_500.0, "borrow_cost": -1_000.0, "delta": 300.0}
    )
