"""Revaluation split factor by factor: it adds up, and gives the printed examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_lab.calc import aave, attribution, perps

few = settings(max_examples=50, derandomize=True)
factor = st.floats(0.01, 1e5)
moves = st.tuples(factor, factor)


def array(*values):
    return np.array(values)


def pair(before, after):
    return array(before), array(after)


@given(quantity=st.floats(-1e6, 1e6), factors=st.lists(moves, min_size=1, max_size=3))
@few
def test_contributions_of_the_factors_sum_to_the_whole(quantity, factors):
    parts = attribution.split_product(array(quantity), [pair(*x) for x in factors])

    before = np.prod([x for x, _ in factors])
    after = np.prod([x for _, x in factors])
    scale = abs(quantity) * max(before, after, *(float(x) for f in factors for x in f), 1.0) ** 2
    assert sum(parts)[0] == pytest.approx(quantity * (after - before), abs=1e-14 * scale + 1e-300)


def test_the_first_factor_moves_first():
    # 2 x 10 -> 3 x 11: the first moves at the old second, the second at the new first.
    parts = attribution.split_product(array(1.0), [pair(2.0, 3.0), pair(10.0, 11.0)])

    assert [float(x[0]) for x in parts] == [10.0, 3.0]


def test_a_position_without_factors_earns_nothing():
    assert attribution.split_product(array(5.0), []) == ()


@given(quantity=st.floats(-1e4, 1e4), spot=moves, mark=moves)
@few
def test_delta_and_basis_of_a_perp_sum_to_its_revaluation(quantity, spot, mark):
    delta, basis = attribution.split_perp(array(quantity), pair(*spot), pair(*mark))

    scale = abs(quantity) * max(*spot, *mark)
    assert delta[0] + basis[0] == pytest.approx(
        quantity * (mark[1] - mark[0]), abs=1e-14 * scale + 1e-300
    )


@given(quantity=st.floats(-1e4, 1e4), fill=factor, spot=moves, mark=moves)
@few
def test_a_forced_fill_corrects_by_quantity_times_fill_less_the_mark_after(
    quantity, fill, spot, mark
):
    delta, basis = attribution.split_forced_fill(quantity, fill, spot, mark)

    scale = abs(quantity) * max(fill, *spot, *mark)
    assert delta + basis == pytest.approx(quantity * (fill - mark[1]), abs=1e-14 * scale + 1e-300)


def test_a_forced_fill_leaves_no_basis_for_the_bar_in_which_it_happened():
    # Short 2 at spot 100, mark 101; liquidated at 121; at the next open spot 110, mark 112.
    delta, basis = attribution.split_perp(array(-2.0), pair(100.0, 110.0), pair(101.0, 112.0))

    more = attribution.split_forced_fill(-2.0, 121.0, (100.0, 110.0), (101.0, 112.0))

    assert (delta[0] + more[0], basis[0] + more[1]) == (-40.0, 0.0)


def test_supplied_usdt_for_an_hour_in_a_usd_book():
    # DOMAIN 6.4 A: 1,000,000 USDT at 4.5 %, USDT/USD 1.0002 -> 0.9998.
    index = aave.linear_interest(array(0.045), array(3600.0))[0]

    supply, fx = attribution.split_product(array(1e6), [pair(1.0, index), pair(1.0002, 0.9998)])

    assert 1e6 * index == pytest.approx(1_000_005.1370, abs=5e-5)
    assert supply[0] == pytest.approx(5.138, abs=5e-4)
    assert fx[0] == pytest.approx(-400.002, abs=5e-4)
    assert supply[0] + fx[0] == pytest.approx(-394.864, abs=5e-4)


def test_borrowed_weth_for_a_day():
    # DOMAIN 6.4 B: 900 WETH at 2.25 %, ETH 4000 -> 3900.
    index = aave.compounded_interest(array(0.0225), array(86_400.0))[0]

    cost, delta = attribution.split_product(array(-900.0), [pair(1.0, index), pair(4000.0, 3900.0)])

    assert cost[0] == pytest.approx(-221.925, abs=5e-4)
    assert delta[0] == pytest.approx(90_005.548, abs=5e-4)
    assert -900.0 * index * 3900.0 + 900.0 * 4000.0 == pytest.approx(89_783.623, abs=5e-4)


def test_a_staking_token_with_a_market_discount():
    # DOMAIN 6.4 C: 100 weETH, rate, market over fair, ETH.
    staking, peg, delta = attribution.split_product(
        array(100.0), [pair(1.0778, 1.07788), pair(0.9990, 0.9975), pair(4000.0, 3900.0)]
    )

    assert staking[0] == pytest.approx(31.968, abs=5e-4)
    assert peg[0] == pytest.approx(-646.728, abs=5e-4)
    assert delta[0] == pytest.approx(-10_751.853, abs=5e-4)


def test_spot_and_a_short_perp_leave_the_carry_alone():
    # DOMAIN 6.4 E and F: +10 ETH, -10 ETH in a perp, one stamp at one basis point.
    spot = pair(4000.0, 3900.0)

    (held,) = attribution.split_product(array(10.0), [spot])
    delta, basis = attribution.split_perp(array(-10.0), spot, pair(4003.2, 3902.1))
    funding = perps.funding_payment(array(-10.0), array(3950.0), array(1e-4))

    assert held[0] == -1000.0
    assert delta[0] == 1000.0
    assert basis[0] == pytest.approx(11.0)
    assert funding[0] == pytest.approx(3.95)
    assert (held + delta + basis + funding)[0] == pytest.approx(14.95)


def test_the_largest_residual_ignores_its_sign():
    assert attribution.max_residual(array(1e-12, -3e-12, 2e-12)) == 3e-12
    assert attribution.max_residual(np.empty(0)) == 0.0
