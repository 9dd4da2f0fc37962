"""Values, deltas by group, and what an exit now would leave, worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_lab.domain import series
from basis_lab.domain.instruments import Listing, Universe
from basis_lab.monitors.exposure import ExposureMonitor, GasExit, MarketExit
from tests.builders import (
    CHAIN_VENUES,
    basis_universe,
    frame,
    key,
    lending_frame,
    perp_frame,
    perp_series,
    quantities,
    terms,
)

few = settings(max_examples=40, derandomize=True)
# A staked token at rate 1.5 supplied at index 1.25, an ETH debt at index 2, spot and a short.
MIXED = Universe(
    (
        Listing(
            instrument=key("aave_v3:atoken:weETH"), asset="ETH", index="li", rate="r", price="p"
        ),
        Listing(instrument=key("aave_v3:debt:WETH"), asset="ETH", index="bi", price="p", sign=-1.0),
        Listing(instrument=key("binance:token:ETH"), asset="ETH", price="p"),
        Listing(instrument=key("binance:perp:ETHUSDT"), asset="ETH", price="p", mark="m"),
        Listing(instrument=key("binance:contracts:ETHUSDT"), asset="USDT"),
        Listing(instrument=key("wallet:token:USDT"), asset="USDT"),
    ),
    "USDT",
)
LEVELS = {"li": [1.25] * 2, "r": [1.5] * 2, "bi": [2.0] * 2}
MARKET = frame(MIXED, {"li": [1.25], "r": [1.5], "bi": [2.0], "p": [100.0], "m": [101.0]})
BOOK = """
    aave_v3:atoken:weETH        8
    aave_v3:debt:WETH           2
    binance:token:ETH           1
    binance:perp:ETHUSDT       -3
    binance:contracts:ETHUSDT 297
    wallet:token:USDT          50
"""


def exposed(market, text, exits=()):
    monitor = ExposureMonitor(market.universe, CHAIN_VENUES, exits)
    units = np.tile(quantities(market.universe, text), (market.rows, 1))
    return monitor, monitor.calculate_exposure(market.window(0, market.rows), units)


def broken_down(market, text, exits=()):
    monitor, report = exposed(market, text, exits)
    return report, monitor.break_down(market.window(0, market.rows), report)


def test_values_are_units_times_unit_prices_and_equity_is_their_sum():
    _, report = exposed(MARKET, BOOK)

    assert report.values[0].tolist() == [1500.0, -400.0, 100.0, -303.0, 297.0, 50.0]
    assert report.equity.tolist() == [1244.0]


def test_delta_counts_units_of_the_asset_by_venue():
    # 8 x 1.25 x 1.5 = 15 supplied and 4 owed on chain, 1 - 3 at the exchange.
    report, parts = broken_down(MARKET, BOOK)

    assert report.venue_delta["aave_v3", "ETH"].tolist() == [11.0]
    assert report.venue_delta["binance", "ETH"].tolist() == [-2.0]
    assert parts.chain_delta["ETH"].tolist() == [11.0]
    assert parts.cex_delta["ETH"].tolist() == [-2.0]
    assert report.net_delta["ETH"].tolist() == [9.0]


def test_values_by_venue_add_up_to_equity():
    _, parts = broken_down(MARKET, BOOK)

    assert {venue: x.tolist() for venue, x in parts.venue_value.items()} == {
        "aave_v3": [1100.0],
        "binance": [94.0],
        "wallet": [50.0],
    }


def test_the_notional_of_a_perp_has_the_sign_of_its_position():
    _, parts = broken_down(MARKET, BOOK)

    assert parts.notional["binance:perp:ETHUSDT"].tolist() == [-303.0]


@given(units=st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=6))
@few
def test_deltas_and_values_by_group_add_up_whatever_is_held(units):
    text = "\n".join(f"{x} {q!r}" for x, q in zip(MIXED.instruments, units, strict=True))

    report, parts = broken_down(MARKET, text)

    scale = 1e3 * max(1.0, *(abs(x) for x in units))
    chain, exchange = parts.chain_delta["ETH"], parts.cex_delta["ETH"]
    assert (chain + exchange)[0] == pytest.approx(report.net_delta["ETH"][0], abs=1e-12 * scale)
    assert sum(parts.venue_value.values())[0] == pytest.approx(report.equity[0], abs=1e-12 * scale)


def test_transit_counts_at_its_destination():
    columns = {**perp_series([100.0]), **perp_series([100.0], venue="bybit")}
    columns[series.spot("binance", "BTC")] = [100.0]
    market = frame(basis_universe("binance", "bybit"), columns)

    report, parts = broken_down(market, "binance:token:USDT 60\nbybit:in_transit:USDT 40")

    assert parts.venue_value["bybit"].tolist() == [40.0]
    assert report.equity.tolist() == [100.0]


def test_a_price_that_begins_later_is_worth_nothing_while_nothing_is_held():
    market = frame(MIXED, {**LEVELS, "p": [np.nan, 100.0], "m": [np.nan, 101.0]})
    units = np.zeros((2, len(MIXED)))
    units[:, MIXED.column(key("wallet:token:USDT"))] = 50.0
    units[1, MIXED.column(key("aave_v3:atoken:weETH"))] = 8.0
    monitor = ExposureMonitor(MIXED, CHAIN_VENUES, ())
    window = market.window(0, 2)

    report = monitor.calculate_exposure(window, units)

    assert report.equity.tolist() == [50.0, 1550.0]
    assert report.net_delta["ETH"].tolist() == [0.0, 15.0]
    assert monitor.break_down(window, report).exit_equity.tolist() == [50.0, 1550.0]


def test_what_is_held_without_a_price_has_no_value():
    market = frame(MIXED, {**LEVELS, "p": [np.nan, 100.0], "m": [np.nan, 101.0]})
    units = np.tile(quantities(MIXED, "binance:token:ETH 1"), (2, 1))

    report = ExposureMonitor(MIXED, CHAIN_VENUES, ()).calculate_exposure(market.window(0, 2), units)

    assert np.isnan(report.equity).tolist() == [True, False]


def test_an_empty_book_is_worth_nothing():
    _, report = exposed(MARKET, "")

    assert report.equity.tolist() == [0.0]
    assert report.net_delta["ETH"].tolist() == [0.0]


# --- exit equity ------------------------------------------------------------------------------


def test_leaving_a_hedge_pays_slippage_and_fees_and_the_distance_of_quotes_from_marks():
    # 2 BTC at 100 and a short of 2 at a mark of 102; the perp's last trade is at 104.
    market = perp_frame([102.0], spot=[100.0], last=[104.0])
    spot = MarketExit(
        column=market.universe.column(key("binance:token:BTC")),
        quote=series.spot("binance", "BTC"),
        terms=terms(fee=0.01, bps=50.0),
    )
    perp = MarketExit(
        column=market.universe.column(key("binance:perp:BTCUSDT")),
        quote=series.perp_last("binance", "BTC"),
        terms=terms(fee=0.02, bps=100.0),
    )
    text = """
        binance:token:BTC           2
        binance:perp:BTCUSDT       -2
        binance:contracts:BTCUSDT 210
        binance:margin:USDT        50
    """

    report, parts = broken_down(market, text, (spot, perp))

    # Spot: 200 x 1.5 %. Perp: 208 x 3 %, and 2 x 2 dearer to buy back than its mark.
    assert report.equity[0] == 256.0
    assert parts.exit_equity[0] == pytest.approx(256.0 - 3.0 - 6.24 - 4.0)


def test_a_line_that_is_not_held_costs_nothing_to_leave():
    market = perp_frame([102.0], spot=[100.0])
    route = MarketExit(
        column=market.universe.column(key("binance:token:BTC")),
        quote=series.spot("binance", "BTC"),
        terms=terms(fee=0.01),
    )

    _, parts = broken_down(market, "binance:margin:USDT 50", (route,))

    assert parts.exit_equity.tolist() == [50.0]


@pytest.mark.parametrize(
    ("coin_price", "cost"), [(series.spot("binance", "ETH"), 2.0), (None, 0.001)]
)
def test_leaving_the_pool_pays_gas_in_share_currency(coin_price, cost):
    # 100,000 gas at 10 gwei are 0.001 ETH, at 2000 worth 2 USDT.
    market = lending_frame([1.25])
    route = GasExit(
        column=market.universe.column(key("aave_v3:atoken:USDT")),
        gas_units=100_000.0,
        gas_price=series.GAS_PRICE,
        coin_price=coin_price,
    )

    _, parts = broken_down(market, "aave_v3:atoken:USDT 80", (route,))

    assert parts.exit_equity[0] == pytest.approx(100.0 - cost)


def test_gas_is_not_paid_at_rows_that_hold_nothing():
    market = lending_frame([1.0, 1.0])
    column = market.universe.column(key("aave_v3:atoken:USDT"))
    route = GasExit(
        column=column,
        gas_units=100_000.0,
        gas_price=series.GAS_PRICE,
        coin_price=series.spot("binance", "ETH"),
    )
    monitor = ExposureMonitor(market.universe, CHAIN_VENUES, (route,))
    units = np.zeros((2, len(market.universe)))
    units[1, column] = 100.0
    window = market.window(0, 2)

    report = monitor.calculate_exposure(window, units)

    left = monitor.break_down(window, report).exit_equity
    assert left == pytest.approx([0.0, 98.0])
