"""Slippage by size, lots and gas against numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_lab.calc import costs
from tests.builders import terms, venue_file

few = settings(max_examples=50, derandomize=True)
SIZES = np.array([10_000.0, 100_000.0, 1_000_000.0])
BPS = np.array([3.0, 4.0, 8.0])


def slippage_bps(*notional):
    return costs.slippage_fraction(np.array(notional), SIZES, BPS) * 1e4


def test_below_the_table_slippage_is_flat():
    assert slippage_bps(0.0, 1.0, 10_000.0) == pytest.approx([3.0, 3.0, 3.0])


def test_between_two_sizes_slippage_is_linear_in_the_logarithm():
    # The geometric mean of two sizes lies half way between them.
    assert slippage_bps(np.sqrt(1e4 * 1e5), np.sqrt(1e5 * 1e6)) == pytest.approx([3.5, 6.0])


def test_above_the_table_slippage_grows_with_the_square_root():
    assert slippage_bps(4e6, 9e6) == pytest.approx([16.0, 24.0])


@pytest.mark.parametrize(("knot", "bps"), [(1e4, 3.0), (1e5, 4.0), (1e6, 8.0)])
def test_slippage_is_continuous_at_its_knots(knot, bps):
    around = slippage_bps(knot * (1.0 - 1e-9), knot, knot * (1.0 + 1e-9))

    assert around == pytest.approx([bps] * 3, rel=1e-7)


def test_a_table_of_one_size_is_flat_and_then_a_square_root():
    found = costs.slippage_fraction(
        np.array([1.0, 100.0, 400.0]), np.array([100.0]), np.array([5.0])
    )

    assert found == pytest.approx([5e-4, 5e-4, 10e-4])


@given(small=st.floats(0.0, 1e8), factor=st.floats(1.0, 1e3))
@few
def test_a_larger_fill_never_loses_less(small, factor):
    cost, larger = slippage_bps(small, small * factor)

    assert larger >= cost >= BPS[0] * (1.0 - 1e-15)


@given(notional=st.lists(st.floats(0.0, 1e8), min_size=6, max_size=6))
@few
def test_slippage_of_a_matrix_is_that_of_each_cell(notional):
    matrix = np.array(notional).reshape(2, 3)

    whole = costs.slippage_fraction(matrix, SIZES, BPS)

    assert whole.shape == (2, 3)
    assert whole[1, 2] == costs.slippage_fraction(matrix[1, 2:], SIZES, BPS)[0]


def test_a_market_knows_the_slippage_of_its_venue_file():
    place = venue_file("binance").perp
    market = costs.MarketTerms(
        fee=place.taker_fee,
        sizes=np.array(place.slippage.sizes),
        bps=np.array(place.slippage.bps),
        lot=0.001,
        min_notional=100.0,
    )

    assert market.slippage(np.array([5_000.0]))[0] == pytest.approx(3e-4)


@pytest.mark.parametrize(
    ("quantity", "rounded"),
    [
        (0.79, 0.7),
        (0.7, 0.7),
        (0.3, 0.3),  # 0.3 / 0.1 is 2.9999999999999996 in floating point
        (0.09, 0.0),
    ],
)
def test_a_quantity_is_rounded_down_to_whole_lots(quantity, rounded):
    assert terms(lot=0.1).round_down(quantity) == pytest.approx(rounded, abs=1e-15)


def test_a_market_without_lots_takes_any_size():
    assert terms().round_down(0.123456789) == 0.123456789


@given(quantity=st.floats(0.0, 1e4))
@few
def test_rounding_loses_less_than_a_lot(quantity):
    rounded = terms(lot=0.25).round_down(quantity)

    assert rounded % 0.25 == 0.0
    assert -1e-8 <= quantity - rounded < 0.25


def test_gas_is_units_times_price():
    # A first supply of 164,191 gas at 10 gwei.
    assert costs.gas_cost_native(164_191.0, np.array([10.0, 20.0])) == pytest.approx(
        [0.00164191, 0.00328382]
    )


def test_the_least_order_is_of_whole_lots_and_worth_the_least_value():
    a_lot_is_enough = terms(lot=0.1, min_notional=5.0)
    two_are_worth_20 = terms(lot=0.1, min_notional=25.0)

    assert a_lot_is_enough.least_order(100.0) == pytest.approx(0.1)
    assert two_are_worth_20.least_order(100.0) == pytest.approx(0.3)
    assert terms(min_notional=25.0).least_order(100.0) == pytest.approx(0.25)
