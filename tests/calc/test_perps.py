"""Perpetuals: margin tiers, liquidation prices and funding against exchanges' own examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_lab.calc import perps
from tests.builders import flat_tiers, venue_tiers

few = settings(max_examples=60, derandomize=True)
BINANCE = venue_tiers("binance", "ETHUSDT")  # with maintenance amounts
OKX = venue_tiers("okx", "ETHUSDT")  # the rate of the tier reached applies to the whole
sides = st.sampled_from([-1.0, 1.0])
sizes = st.floats(0.001, 25_000.0)
entries = st.floats(1_000.0, 5_000.0)
leverages = st.floats(1.2, 60.0)


def array(*values):
    return np.array(values)


def surplus(table, quantity, contracts, cash, price):
    """Equity less maintenance margin at a mark."""
    mark = array(price)
    equity = cash + perps.unrealised_pnl(array(quantity), mark, array(contracts))
    return float((equity - perps.maintenance_margin(np.abs(quantity) * mark, table))[0])


def liquidated_at(table, quantity, contracts, cash):
    price = perps.liquidation_price(array(quantity), array(contracts), array(cash), table)
    return float(price[0])


def test_the_worked_short_is_liquidated_where_its_equity_meets_its_margin():
    # DOMAIN 3.3: short 100 ETH at 4000, wallet 60,000, Binance's ETH tiers.
    price = liquidated_at(BINANCE, -100.0, 400_000.0, 60_000.0)

    margin = perps.maintenance_margin(array(100.0 * price), BINANCE)[0]
    equity = 60_000.0 + perps.unrealised_pnl(array(-100.0), array(price), array(400_000.0))[0]
    assert price == pytest.approx(4_577.61, abs=5e-3)
    assert equity == pytest.approx(2_238.81, abs=5e-3)
    assert margin == pytest.approx(2_238.81, abs=5e-3)
    assert perps.liquidation_distance(array(price), array(4000.0))[0] == pytest.approx(
        0.1444, abs=5e-5
    )


def test_maintenance_amounts_follow_the_exchanges_example():
    # Binance FAQ: 250,000 x (1 % - 0.5 %) + 50 = 1,300.
    amounts = perps.maintenance_amounts(
        array(50_000.0, 250_000.0, 1_000_000.0), array(0.004, 0.005, 0.010)
    )

    assert amounts == pytest.approx([0.0, 50.0, 1_300.0])


def test_maintenance_amounts_of_the_shipped_table_are_the_printed_ones():
    # DOMAIN 3.3, cum ETH.
    printed = [0, 50, 950, 11_450, 131_450, 381_450, 2_006_450, 9_506_450, 17_506_450]
    printed += [27_506_450, 80_506_450, 280_506_450]

    assert pytest.approx(printed) == BINANCE.amount


def test_maintenance_margin_is_continuous_where_tiers_meet():
    edges = BINANCE.upper[:-1]

    below = perps.maintenance_margin(edges, BINANCE)
    above = perps.maintenance_margin(np.nextafter(edges, np.inf), BINANCE)

    assert above == pytest.approx(below, rel=1e-12)


def test_without_deduction_margin_jumps_to_the_rate_of_the_tier_reached():
    margin = perps.maintenance_margin(array(600_000.0, 600_001.0), OKX)

    assert margin == pytest.approx([2_400.0, 3_900.0065])


def test_a_notional_beyond_the_table_pays_the_last_rate():
    assert perps.maintenance_margin(array(100e6), OKX)[0] == pytest.approx(2.5e6)


@given(side=sides, size=sizes, entry=entries, leverage=leverages)
@few
def test_equity_is_maintenance_margin_at_the_liquidation_price(side, size, entry, leverage):
    quantity, contracts, cash = side * size, -side * size * entry, size * entry / leverage

    price = liquidated_at(BINANCE, quantity, contracts, cash)

    assert surplus(BINANCE, quantity, contracts, cash, price) == pytest.approx(
        0.0, abs=1e-11 * size * entry
    )


@given(side=sides, size=sizes, entry=entries, leverage=leverages)
@few
def test_where_margin_jumps_a_position_is_safe_before_its_price_and_not_beyond(
    side, size, entry, leverage
):
    quantity, contracts, cash = side * size, -side * size * entry, size * entry / leverage

    price = liquidated_at(OKX, quantity, contracts, cash)

    before, beyond = price * (1.0 + side * 1e-9), price * (1.0 - side * 1e-9)
    assert surplus(OKX, quantity, contracts, cash, before) >= 0.0
    assert surplus(OKX, quantity, contracts, cash, beyond) < 0.0


def test_a_short_is_liquidated_at_the_jump_when_it_is_only_safe_below():
    # At 600,000 the rate goes from 0.40 % to 0.65 %: 3,000 cover the first and not the second.
    price = liquidated_at(OKX, -100.0, 603_000.0, 0.0)

    assert price == 6_000.0


def test_a_long_with_more_cash_than_it_cost_cannot_be_liquidated():
    assert liquidated_at(BINANCE, 2.0, -8_000.0, 9_000.0) == 0.0
    assert liquidated_at(OKX, 2.0, -8_000.0, 9_000.0) == 0.0


def test_a_long_beyond_the_table_is_liquidated_where_its_equity_meets_its_margin():
    # 100,000 at 2,000 with a tenth of it as cash: 180 m / (1 - 0.025) beyond the last tier.
    price = liquidated_at(OKX, 100_000.0, -200e6, 20e6)

    assert price == pytest.approx(180e6 / (100_000.0 * 0.975))


def test_a_short_beyond_the_table_is_liquidated_where_its_equity_meets_its_margin():
    price = liquidated_at(OKX, -100_000.0, 200e6, 20e6)

    assert price == pytest.approx(220e6 / (100_000.0 * 1.025))


def test_without_a_position_there_is_no_liquidation_price_and_no_distance():
    price = perps.liquidation_price(np.zeros(2), np.zeros(2), array(100.0, 0.0), BINANCE)

    assert np.isnan(price).all()
    assert np.isnan(perps.liquidation_distance(price, array(1.0, 2.0))).all()


@given(
    rows=st.lists(
        st.tuples(st.integers(-500_000, 500_000).map(lambda x: x / 1000.0), entries, leverages),
        min_size=2,
        max_size=6,
    )
)
@few
def test_prices_of_a_window_are_those_of_each_row_alone(rows):
    quantity = np.array([x for x, _, _ in rows])
    contracts = np.array([-x * entry for x, entry, _ in rows])
    cash = np.array([abs(x) * entry / leverage for x, entry, leverage in rows])

    together = perps.liquidation_price(quantity, contracts, cash, OKX)

    alone = [liquidated_at(OKX, *row) for row in zip(quantity, contracts, cash, strict=True)]
    assert together == pytest.approx(alone, rel=0.0, abs=0.0, nan_ok=True)


@pytest.mark.parametrize(
    ("quantity", "rate", "paid"),
    [(-2.0, 0.001, 6.0), (2.0, 0.001, -6.0), (-2.0, -0.001, -6.0), (0.0, 0.001, 0.0)],
)
def test_positive_funding_is_paid_by_longs_to_shorts(quantity, rate, paid):
    payment = perps.funding_payment(array(quantity), array(3_000.0), array(rate))

    assert payment[0] == pytest.approx(paid)


def test_margin_ratio_is_equity_over_notional():
    ratio = perps.margin_ratio(array(100.0), array(-20.0), array(400.0))

    assert ratio[0] == 0.2


def test_without_a_position_there_is_no_margin_ratio_and_no_usage():
    assert np.isnan(perps.margin_ratio(array(100.0), array(0.0), array(0.0))[0])
    assert np.isnan(perps.maintenance_usage(array(0.0), array(100.0))[0])


def test_maintenance_usage_is_one_where_a_venue_liquidates():
    usage = perps.maintenance_usage(array(5.0, 10.0), array(10.0, 10.0))

    assert usage.tolist() == [0.5, 1.0]


def test_initial_margin_is_notional_over_the_leverage_of_its_tier():
    # Binance ETH: 125x up to 50,000 and 100x up to 600,000.
    margin = perps.initial_margin(array(50_000.0, 60_000.0), BINANCE)

    assert margin.tolist() == [400.0, 600.0]


def test_a_table_of_one_tier_starts_at_zero():
    assert [tier[0] for tier in flat_tiers().tiers] == [0.0]
