"""Risk measures and their levels, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from basis_lab.domain import series
from basis_lab.domain.instruments import Listing, Universe
from basis_lab.domain.reports import Level
from basis_lab.monitors.limits import CeilingLimits, FloorLimits, RiskParameters
from tests.builders import (
    RISK,
    basis_universe,
    frame,
    key,
    lending_frame,
    lending_universe,
    perp_frame,
    perp_series,
    risk_monitor,
    view,
)

# Short 2 sold at 100; the builders' accounts have one tier of 1 %.
SHORT = """
    binance:perp:BTCUSDT       -2
    binance:contracts:BTCUSDT 200
    binance:margin:USDT        60
    binance:token:BTC           2
"""


def assessed(market, text, risk=RISK):
    return view(market, text, risk=risk).risk


def test_margin_ratio_usage_and_distance_of_a_short():
    # At 110: 40 of margin equity over 220. Liquidated where 260 - 2 P = 0.02 P.
    found = assessed(perp_frame([110.0]), SHORT)

    price = 260.0 / 2.02
    assert found.margin_ratio["binance"][0] == pytest.approx(40.0 / 220.0)
    assert found.liquidation().maintenance_usage["binance"][0] == pytest.approx(2.2 / 40.0)
    assert found.liquidation().liquidation_distance["binance"][0] == pytest.approx(
        price / 110.0 - 1.0
    )


def test_without_a_position_there_is_nothing_to_measure():
    found = assessed(perp_frame([110.0, 111.0]), "binance:margin:USDT 60")

    near = found.liquidation()
    for measure in (found.margin_ratio, near.maintenance_usage, near.liquidation_distance):
        assert np.isnan(measure["binance"]).all()
    assert np.isnan(found.ltv).all()
    assert np.isnan(found.health_factor).all()
    assert np.isnan(found.liquidation().liquidation_distance["aave"]).all()
    assert found.level.tolist() == [Level.OK, Level.OK]


def test_rows_without_a_position_are_not_numbers_beside_rows_with_one():
    market = perp_frame([110.0, 110.0])
    seen = view(market, SHORT)
    units = seen.exposure.quantities.copy()
    units[0] = 0.0

    found = risk_monitor(market.universe).assess_risk(
        seen.window, replace(seen.exposure, quantities=units)
    )

    assert np.isnan(found.margin_ratio["binance"]).tolist() == [True, False]
    assert np.isnan(found.liquidation().maintenance_usage["binance"]).tolist() == [True, False]
    assert np.isnan(found.liquidation().liquidation_distance["binance"]).tolist() == [True, False]


def test_levels_turn_where_the_ratio_falls_below_its_limits():
    # (260 - 2 P) / 2 P is 0.20 at P = 108.33 and 0.10 at P = 118.18.
    found = assessed(perp_frame([108.3, 108.4, 118.1, 118.3]), SHORT)

    expected = [Level.OK, Level.WARNING, Level.WARNING, Level.CRITICAL]
    assert found.level.tolist() == expected
    (level,) = found.levels.values()
    assert level.tolist() == expected


def test_a_ratio_exactly_at_its_limit_is_not_below_it():
    # Margin 140 and a position opened at its mark of 350 x 2 have a ratio of exactly 0.2.
    text = "binance:perp:BTCUSDT -2\nbinance:contracts:BTCUSDT 700\nbinance:margin:USDT 140"

    assert assessed(perp_frame([350.0]), text).level.tolist() == [Level.OK]


def test_the_worst_account_gives_the_level():
    columns = {**perp_series([100.0]), **perp_series([100.0], venue="bybit")}
    columns[series.spot("binance", "BTC")] = [100.0]
    market = frame(basis_universe("binance", "bybit"), columns)
    text = """
        binance:perp:BTCUSDT       -1
        binance:contracts:BTCUSDT 100
        binance:margin:USDT        50
        bybit:perp:BTCUSDT         -1
        bybit:contracts:BTCUSDT   100
        bybit:margin:USDT           5
    """

    found = assessed(market, text)

    assert found.level.tolist() == [Level.CRITICAL]
    assert [x.tolist() for x in found.levels.values()] == [[Level.OK], [Level.CRITICAL]]


def test_a_risk_that_is_not_enabled_has_no_level():
    risk = replace(RISK, enabled_risk_types=())

    found = assessed(perp_frame([119.0]), SHORT, risk)

    assert found.levels == {}
    assert found.level.tolist() == [Level.OK]
    assert found.margin_ratio["binance"][0] < 0.10


def test_a_risk_without_limits_is_always_ok():
    risk = RiskParameters(enabled_risk_types=("margin_ratio",))

    assert assessed(perp_frame([119.0]), SHORT, risk).level.tolist() == [Level.OK]


def test_marks_that_leave_the_spot_price_are_flagged_and_are_no_risk_of_the_book():
    risk = RiskParameters(
        enabled_risk_types=("margin_ratio", "price_divergence"),
        margin_ratio=FloorLimits(warning=0.20, critical=0.10),
        price_divergence=CeilingLimits(warning=0.005, critical=0.010),
    )
    market = perp_frame([100.4, 100.6, 98.9], spot=[100.0, 100.0, 100.0])

    found = assessed(market, SHORT, risk)

    assert found.levels["price_divergence", "binance"].tolist() == [
        Level.OK,
        Level.WARNING,
        Level.CRITICAL,
    ]
    assert found.level.tolist() == [Level.OK] * 3


def test_divergence_without_limits_is_ok():
    risk = RiskParameters(enabled_risk_types=("price_divergence",))
    market = perp_frame([150.0], spot=[100.0])

    found = assessed(market, SHORT, risk)

    assert found.levels["price_divergence", "binance"].tolist() == [Level.OK]


def test_delta_drift_of_a_usdt_class_is_its_net_delta():
    # 2 - 1.5 units at 100 over an equity of 200 + 60.
    text = """
        binance:token:BTC            2
        binance:perp:BTCUSDT      -1.5
        binance:contracts:BTCUSDT  150
        binance:margin:USDT         60
    """

    assert assessed(perp_frame([100.0]), text).delta_drift[0] == pytest.approx(50.0 / 260.0)


def test_delta_drift_of_an_eth_class_is_net_delta_less_the_whole_of_equity():
    # Everything in ETH is what the class is measured in.
    found = assessed(lending_frame([1.25], currency="ETH"), "aave_v3:atoken:WETH 80")

    assert found.delta_drift.tolist() == [0.0]


def test_an_empty_book_has_no_drift():
    assert np.isnan(assessed(perp_frame([100.0]), "").delta_drift[0])


def test_moves_of_the_mark_are_tried_one_by_one():
    # Liquidated where 260 - 2 P = 0.02 P: at 128.71, which is +28.7 % of 100.
    seen = view(perp_frame([100.0]), SHORT)
    monitor = risk_monitor(seen.window.universe)

    found = monitor.simulate_liquidation(
        seen.window, seen.exposure, np.array([0.0, 0.28, 0.29, -0.5])
    )["binance"]

    price = 260.0 / 2.02
    assert found.mark == pytest.approx([100.0, 128.0, 129.0, 50.0])
    assert found.liquidated.tolist() == [False, False, True, False]
    assert found.margin_ratio[:2] == pytest.approx([60.0 / 200.0, 4.0 / 256.0])
    assert found.maintenance_usage[:2] == pytest.approx([2.0 / 60.0, 2.56 / 4.0])
    assert found.equity_left == pytest.approx([60.0, 4.0, 260.0 - 2.0 * price, 160.0])


def test_a_long_is_liquidated_by_a_fall():
    # Long 2 bought at 100 with 60: 60 - 200 + 2 P = 0.02 P at 70.71.
    text = "binance:perp:BTCUSDT 2\nbinance:contracts:BTCUSDT -200\nbinance:margin:USDT 60"
    seen = view(perp_frame([100.0]), text)
    monitor = risk_monitor(seen.window.universe)

    found = monitor.simulate_liquidation(seen.window, seen.exposure, np.array([-0.29, -0.30]))

    assert found["binance"].liquidated.tolist() == [False, True]


def test_a_watched_margin_without_an_account_is_not_healthy():
    without = lending_universe()

    assert risk_monitor(without).health() != ""
    assert risk_monitor(without, replace(RISK, enabled_risk_types=())).health() == ""
    assert risk_monitor(basis_universe()).health() == ""


# --- the loan ---------------------------------------------------------------------------------

LOAN = Universe(
    (
        Listing(instrument=key("aave_v3:atoken:WETH"), asset="ETH", index="i", price="p"),
        Listing(instrument=key("aave_v3:debt:USDT"), asset="USDT", index="b", sign=-1.0),
    ),
    "USDT",
)
LOAN_RISK = RiskParameters(
    enabled_risk_types=("health_factor", "ltv"),
    health_factor=FloorLimits(warning=1.25, critical=1.10),
    ltv=CeilingLimits(warning=0.65, critical=0.75),
)


def test_health_factor_and_ltv_of_a_loan():
    # 2 x 1.25 x 100 of collateral against 100 x 1.5 of debt; the builders liquidate at 80 %.
    market = frame(LOAN, {"i": [1.25], "b": [1.5], "p": [100.0]})

    found = assessed(market, "aave_v3:atoken:WETH 2\naave_v3:debt:USDT 100", LOAN_RISK)

    assert found.ltv[0] == pytest.approx(0.6)
    assert found.health_factor[0] == pytest.approx(0.8 / 0.6)
    # A fall of a quarter leaves 187.5 x 80 % = 150.
    assert found.liquidation().liquidation_distance["aave"][0] == pytest.approx(-0.25)


def test_levels_of_a_loan_turn_at_either_limit():
    # LTV 0.60, 0.66, 0.76 and health factor 1.33, 1.21, 1.05.
    market = frame(LOAN, {"i": [1.0] * 3, "b": [1.0] * 3, "p": [100.0, 100.0 / 1.1, 60.0 / 0.76]})
    text = "aave_v3:atoken:WETH 1\naave_v3:debt:USDT 60"

    found = assessed(market, text, LOAN_RISK)

    expected = [Level.OK, Level.WARNING, Level.CRITICAL]
    assert found.level.tolist() == expected
    assert found.levels["ltv", "aave"].tolist() == expected
    assert found.levels["health_factor", "aave"].tolist() == expected


def test_a_supply_without_debt_has_no_loan_to_measure():
    market = frame(LOAN, {"i": [1.0], "b": [1.0], "p": [100.0]})

    found = assessed(market, "aave_v3:atoken:WETH 2", LOAN_RISK)

    assert np.isnan(found.ltv[0])
    assert np.isnan(found.health_factor[0])
    assert np.isnan(found.liquidation().liquidation_distance["aave"][0])
    assert found.level.tolist() == [Level.OK]


def test_a_debt_without_collateral_is_as_unhealthy_as_can_be():
    market = frame(LOAN, {"i": [1.0], "b": [1.0], "p": [100.0]})

    found = assessed(market, "aave_v3:debt:USDT 60", LOAN_RISK)

    assert found.health_factor[0] == 0.0
    assert found.level.tolist() == [Level.CRITICAL]
