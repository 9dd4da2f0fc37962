"""One step of P&L for each kind of line, worked out by hand; it adds up to the change of equity."""

import numpy as np
import pytest

from basis_lab.domain.instructions import Cause
from basis_lab.domain.instruments import Listing, Universe
from basis_lab.domain.reports import CATEGORIES
from basis_lab.domain.statements import ScheduledFlows
from basis_lab.errors import AttributionError
from basis_lab.ledger.book import Forced, Transaction
from basis_lab.monitors.exposure import ExposureMonitor
from basis_lab.monitors.pnl import PnLMonitor
from tests.builders import CHAIN_VENUES, frame, key, perp_frame, postings, quantities

USDT = Listing(instrument=key("wallet:token:USDT"), asset="USDT")


def listed(text, asset="ETH", **factors):
    return Listing(instrument=key(text), asset=asset, **factors)


def step(market, before, after=None, transactions=(), flows=()):
    """Attribute the step from row 0 to row 1, holding ``before`` and ending with ``after``."""
    universe = market.universe
    start = quantities(universe, before)
    end = start if after is None else quantities(universe, after)
    monitor = PnLMonitor(universe, float(market.unit_prices[0] @ start))
    exposure = ExposureMonitor(universe, CHAIN_VENUES, ())
    report = monitor.update_state(
        market.at(1),
        start[None, :],
        exposure.calculate_exposure(market.at(1), end[None, :]).equity,
        flows,
        transactions,
    )
    assert set(report.attribution) == set(CATEGORIES)
    assert report.residual[0] == pytest.approx(0.0, abs=1e-9)
    return report


def categories(report):
    """Every category that is not exactly zero."""
    return {name: float(x[0]) for name, x in report.attribution.items() if x[0] != 0.0}


def one_line(listing, **columns):
    return frame(Universe((listing, USDT), "USDT"), columns)


# --- revaluation ------------------------------------------------------------------------------


def test_a_supply_earns_its_index():
    # 80 scaled units, index 1.25 -> 1.5.
    market = one_line(listed("aave_v3:atoken:USDT", "USDT", index="i"), i=[1.25, 1.5])

    report = step(market, "aave_v3:atoken:USDT 80")

    assert categories(report) == {"supply_yield": 20.0}
    assert report.equity.tolist() == [120.0]
    assert report.nav_per_share.tolist() == [1.2]


def test_a_supply_of_a_coin_earns_its_index_at_the_old_price_and_moves_at_the_new_index():
    market = one_line(
        listed("aave_v3:atoken:WETH", index="i", price="p"), i=[1.0, 1.5], p=[100.0, 110.0]
    )

    report = step(market, "aave_v3:atoken:WETH 2")

    assert categories(report) == {"supply_yield": 100.0, "delta": 30.0}


def test_a_debt_costs_its_index_and_moves_against_the_price():
    market = one_line(
        listed("aave_v3:debt:WETH", index="i", price="p", sign=-1.0),
        i=[1.0, 1.5],
        p=[100.0, 110.0],
    )

    report = step(market, "aave_v3:debt:WETH 2")

    assert categories(report) == {"borrow_cost": -100.0, "delta": -30.0}


def test_a_supplied_staking_token_earns_index_then_rate_then_price():
    # 8 x (0.25 x 1.5 x 100), 8 x 1.25 x (0.5 x 100), 8 x 1.25 x 2 x 10.
    market = one_line(
        listed("aave_v3:atoken:weETH", index="i", rate="r", price="p"),
        i=[1.0, 1.25],
        r=[1.5, 2.0],
        p=[100.0, 110.0],
    )

    report = step(market, "aave_v3:atoken:weETH 8")

    assert categories(report) == {"supply_yield": 300.0, "staking_yield": 500.0, "delta": 200.0}


def test_spot_earns_delta():
    market = one_line(listed("binance:token:ETH", price="p"), p=[4000.0, 3900.0])

    assert categories(step(market, "binance:token:ETH 10")) == {"delta": -1000.0}


def test_usdt_whose_price_moves_earns_fx():
    market = one_line(listed("binance:token:USDT", "USDT", price="p"), p=[1.0, 0.5])

    assert categories(step(market, "binance:token:USDT 10")) == {"fx": -5.0}


def test_a_short_perp_earns_delta_and_basis():
    # DOMAIN 6.4 F: -10, spot 4000 -> 3900, mark 4003.2 -> 3902.1.
    market = perp_frame([4003.2, 3902.1], spot=[4000.0, 3900.0])

    found = categories(step(market, "binance:perp:BTCUSDT -10\nbinance:margin:USDT 99"))

    assert found == pytest.approx({"delta": 1000.0, "basis": 11.0})


def test_cash_earns_nothing():
    market = one_line(listed("binance:token:USDT", "USDT"), unused=[1.0, 1.0])

    assert categories(step(market, "binance:token:USDT 10\nwallet:token:USDT 5")) == {}


# --- causes -----------------------------------------------------------------------------------

PERPS = perp_frame([101.0, 102.0], spot=[100.0, 100.0])


def traded(text, opens_at=""):
    return (Transaction(row=1, postings=postings(text), opens_at=opens_at),)


def test_a_trade_away_from_the_mark_is_attributed_to_what_it_opens_at():
    # Sold 2 at a quote of 103 where the mark is 102, with slippage of 1 and a fee of 0.5.
    done = traded(
        """
        binance:perp:BTCUSDT         -2  trade
        binance:contracts:BTCUSDT   206  trade
        binance:contracts:BTCUSDT    -1  slippage
        binance:margin:USDT        -0.5  fee
        """,
        "basis",
    )
    after = """
        binance:perp:BTCUSDT         -2
        binance:contracts:BTCUSDT   205
        binance:margin:USDT        99.5
    """

    found = categories(step(PERPS, "binance:margin:USDT 100", after, done))

    assert found == {"basis": 2.0, "slippage": -1.0, "fee": -0.5}


def test_capital_is_a_flow_and_no_earning():
    done = traded("binance:token:USDT 30 capital")

    report = step(PERPS, "binance:token:USDT 100", "binance:token:USDT 130", done)

    assert report.flows.tolist() == [30.0]
    assert categories(report) == {}


def test_a_transfer_is_nothing_but_its_fee():
    done = traded("""
        binance:token:USDT       -40  transfer
        binance:in_transit:USDT   40  transfer
        binance:token:USDT        -3  transfer_fee
    """)
    after = "binance:token:USDT 57\nbinance:in_transit:USDT 40"

    found = categories(step(PERPS, "binance:token:USDT 100", after, done))

    assert found == {"transfer_fee": -3.0}


@pytest.mark.parametrize(
    ("cause", "category"),
    [
        ("fee", "fee"),
        ("gas", "gas"),
        ("slippage", "slippage"),
        ("flash_premium", "flash_premium"),
        ("reward", "reward"),
        ("liquidation", "liquidation_penalty"),
        ("transfer_fee", "transfer_fee"),
        ("funding", "funding"),
    ],
)
def test_each_cause_has_its_category_at_the_price_of_its_units(cause, category):
    # Half a coin at 100.
    done = traded(f"binance:token:BTC -0.5 {cause}")

    found = categories(step(PERPS, "binance:token:BTC 2", "binance:token:BTC 1.5", done))

    assert found == {category: -50.0}


def test_funding_is_attributed_at_the_row_of_its_stamp():
    market = perp_frame([100.0, 100.0, 100.0])
    margin = market.universe.column(key("binance:margin:USDT"))
    flow = ScheduledFlows(
        venue="binance",
        instrument=key("binance:margin:USDT"),
        about=key("binance:perp:BTCUSDT"),
        cause=Cause.FUNDING,
        rows=np.array([2]),
        quantity=np.array([3.0]),
        price=np.array([100.0]),
        rate=np.array([0.01]),
    )
    window = market.window(1, 3)
    units = np.zeros((2, len(market.universe)))
    units[:, margin] = [50.0, 53.0]
    monitor = PnLMonitor(market.universe, 50.0)
    exposure = ExposureMonitor(market.universe, CHAIN_VENUES, ())

    before = np.zeros_like(units)
    before[:, margin] = 50.0

    seen = exposure.calculate_exposure(window, units)
    report = monitor.update_state(window, before, seen.equity, (flow,), ())

    assert report.attribution["funding"].tolist() == [0.0, 3.0]
    assert report.residual.tolist() == [0.0, 0.0]
    assert report.equity.tolist() == [50.0, 53.0]


def test_a_forced_fill_ends_delta_and_basis_at_its_price():
    # Short 2 from spot 100, mark 101; closed at 121, where spot is 120 at an unchanged basis.
    done = (
        Transaction(
            row=1,
            postings=postings("""
                binance:perp:BTCUSDT          2  trade
                binance:contracts:BTCUSDT  -200  trade
                binance:margin:USDT         -42  trade
                binance:margin:USDT          -5  liquidation
            """),
            forced=Forced(perp=key("binance:perp:BTCUSDT"), quantity=-2.0, price=121.0),
        ),
    )
    market = perp_frame([101.0, 112.0], spot=[100.0, 110.0])
    before = "binance:perp:BTCUSDT -2\nbinance:contracts:BTCUSDT 200\nbinance:margin:USDT 60"

    found = categories(step(market, before, "binance:margin:USDT 13", done))

    assert found == {"delta": -40.0, "liquidation_penalty": -5.0}


def test_what_is_booked_at_several_rows_of_a_window_is_told_at_each():
    market = perp_frame([100.0] * 4, spot=[100.0] * 4)
    cash = market.universe.column(key("binance:margin:USDT"))
    units = np.zeros((3, len(market.universe)))
    units[:, cash] = [99.0, 99.0, 96.0]
    before = np.zeros_like(units)
    before[:, cash] = [100.0, 99.0, 99.0]
    window = market.window(1, 4)
    paid = [
        Transaction(row=row, postings=postings(f"binance:margin:USDT {x} fee"))
        for row, x in ((1, -1), (3, -2), (3, -1))
    ]

    report = PnLMonitor(market.universe, 100.0).update_state(
        window, before, units[:, cash], (), paid
    )

    assert report.attribution["fee"].tolist() == [-1.0, 0.0, -3.0]
    assert report.residual.tolist() == [0.0, 0.0, 0.0]


def test_a_price_that_begins_later_moves_nothing_while_nothing_is_held():
    market = one_line(listed("binance:token:ETH", "ETH", price="p"), p=[np.nan, np.nan, 8.0, 9.0])
    before = np.array([[0.0, 5.0], [0.0, 5.0], [1.0, 5.0]])
    bought = Transaction(row=2, postings=postings("binance:token:ETH 1 capital"))

    report = PnLMonitor(market.universe, 5.0).update_state(
        market.window(1, 4), before, np.array([5.0, 13.0, 14.0]), (), (bought,)
    )

    assert report.attribution["delta"].tolist() == [0.0, 0.0, 1.0]
    assert report.flows.tolist() == [0.0, 8.0, 0.0]


# --- identity ---------------------------------------------------------------------------------


def test_a_change_that_nothing_explains_stops_the_run():
    market = perp_frame([100.0, 100.0])
    before = quantities(market.universe, "binance:margin:USDT 100")
    monitor = PnLMonitor(market.universe, 100.0)
    exposure = ExposureMonitor(market.universe, CHAIN_VENUES, ())
    more = exposure.calculate_exposure(market.at(1), before[None, :] * 1.01)

    with pytest.raises(AttributionError) as found:
        monitor.update_state(market.at(1), before[None, :], more.equity, (), ())

    assert "1.000e+00" in str(found.value.value)


def test_equity_per_share_counts_the_shares_outstanding():
    market = perp_frame([100.0, 100.0])
    monitor = PnLMonitor(market.universe, 100.0)
    exposure = ExposureMonitor(market.universe, CHAIN_VENUES, ())
    before = quantities(market.universe, "binance:margin:USDT 100")[None, :]
    seen = exposure.calculate_exposure(market.at(1), before)

    monitor.set_shares(50.0, 1.0)
    report = monitor.update_state(market.at(1), before, seen.equity, (), ())

    assert monitor.shares == 50.0
    assert report.nav_per_share.tolist() == [2.0]


def test_without_shares_the_last_equity_per_share_stands():
    market = perp_frame([100.0, 100.0])
    monitor = PnLMonitor(market.universe, 100.0)
    exposure = ExposureMonitor(market.universe, CHAIN_VENUES, ())
    nothing = np.zeros((1, len(market.universe)))
    done = traded("binance:margin:USDT -100 capital")

    monitor.set_shares(0.0, 1.0)
    before = quantities(market.universe, "binance:margin:USDT 100")[None, :]
    seen = exposure.calculate_exposure(market.at(1), nothing)
    report = monitor.update_state(market.at(1), before, seen.equity, (), done)

    assert report.nav_per_share[0] == 1.0
    assert report.flows.tolist() == [-100.0]
