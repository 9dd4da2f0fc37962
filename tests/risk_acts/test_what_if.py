"""What a move of the mark would do to an account, told before it happens."""

import numpy as np
import pytest

from basis_lab.calc.perps import TierTable
from basis_lab.monitors.risk import RiskMonitor
from tests.builders import (
    RISK,
    basis_universe,
    flat_tiers,
    frame,
    perp_accounts,
    perp_frame,
    perp_series,
    pool_account,
    view,
)

# Equity 300 of which a third is margin: 2 coins of spot and 2 short at 100, 100 of margin.
THIRD = """
    binance:token:BTC           2
    binance:perp:BTCUSDT       -2
    binance:contracts:BTCUSDT 200
    binance:margin:USDT       100
"""


def simulate(text, *moves, market=None, tiers=None):
    """Ask for moves of the mark, with a maintenance of half a percent if nothing else is given."""
    market = perp_frame([100.0]) if market is None else market
    rules = flat_tiers(rate=0.005) if tiers is None else tiers
    seen = view(market, text)
    accounts = perp_accounts(market.universe, rules)
    monitor = RiskMonitor(RISK, accounts, pool_account(market.universe), {"BTC": None})
    return monitor.simulate_liquidation(seen.window, seen.exposure, np.array(moves))


def test_a_third_of_margin_carries_a_rally_of_48_percent_and_not_one_of_50():
    # (100 - 200 m) = 0.005 x 200 (1 + m) at m = 99 / 201 = 49.25 %; at 48 % 4 of 296 are left.
    found = simulate(THIRD, 0.48, 0.4925, 0.4926, 0.50)["binance"]

    assert found.mark == pytest.approx([148.0, 149.25, 149.26, 150.0])
    assert found.liquidated.tolist() == [False, False, True, True]
    assert found.margin_ratio[0] == pytest.approx(4.0 / 296.0)
    assert found.margin_ratio[0] == pytest.approx(0.0135, abs=5e-5)
    assert found.maintenance_usage[0] == pytest.approx(0.005 * 296.0 / 4.0)


def test_a_liquidation_leaves_the_maintenance_margin_before_its_fee():
    # At 100 x 300 / 201 the notional is 298.51 and its half percent is what is left.
    found = simulate(THIRD, 0.5, 3.0)["binance"]

    left = 0.005 * 2.0 * 100.0 * 300.0 / 201.0
    assert found.equity_left == pytest.approx([left, left])


def test_a_fall_only_adds_to_a_short():
    found = simulate(THIRD, -0.5, -0.99)["binance"]

    assert found.liquidated.tolist() == [False, False]
    assert found.equity_left == pytest.approx([200.0, 298.0])
    assert found.margin_ratio == pytest.approx([200.0 / 100.0, 298.0 / 2.0])


def test_each_venue_is_told_for_itself():
    columns = {**perp_series([100.0]), **perp_series([100.0], venue="bybit")}
    columns["spot/binance/BTCUSDT.open"] = [100.0]
    market = frame(basis_universe("binance", "bybit"), columns)
    text = """
        binance:perp:BTCUSDT       -1
        binance:contracts:BTCUSDT 100
        binance:margin:USDT        50
        bybit:perp:BTCUSDT         -1
        bybit:contracts:BTCUSDT   100
        bybit:margin:USDT          20
    """

    found = simulate(text, 0.3, market=market)

    assert {venue: x.liquidated.tolist() for venue, x in found.items()} == {
        "binance": [False],
        "bybit": [True],
    }


def test_the_tier_that_is_reached_by_the_move_counts():
    # Up to 250 of notional 1 % is kept, beyond it 10 %: at 140, 280 need 28 less the 22.5 deducted.
    steps = TierTable(
        upper=np.array([250.0, 1e12]),
        rate=np.array([0.01, 0.10]),
        amount=np.array([0.0, 22.5]),
        max_leverage=np.array([10.0, 5.0]),
    )

    found = simulate(THIRD, 0.2, 0.4, tiers=steps)["binance"]

    assert found.maintenance_usage == pytest.approx([2.4 / 60.0, 5.5 / 20.0])


def test_an_account_without_a_position_has_nothing_to_lose():
    found = simulate("binance:margin:USDT 100", 0.5, -0.5)["binance"]

    assert found.liquidated.tolist() == [False, False]
    assert np.isnan(found.margin_ratio).all()
    assert found.equity_left == pytest.approx([100.0, 100.0])
