"""The algebra of a loop: every figure follows from the balance after the last step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.calc import leverage

ONE = np.ones(1)
SHARES = st.floats(0.0, 0.93)
COSTS = st.floats(0.0, 0.02)
PREMIUMS = st.sampled_from([0.0, 0.0005])


def array(*values):
    return np.array(values, dtype=float)


def test_the_automatic_target_is_the_lower_of_two_limits():
    # 0.93 x 0.9775 = 0.909075; 0.95 / 1.045 = 0.909091; with a warning of 1.10: 0.95 / 1.115.
    found = leverage.automatic_target(array(0.93, 0.93), array(0.95, 0.95), 0.0225, 1.03)
    careful = leverage.automatic_target(array(0.93), array(0.95), 0.0225, 1.10)

    assert found.tolist() == pytest.approx([0.909075, 0.909075])
    assert careful[0] == pytest.approx(0.95 / 1.115)


def test_an_entry_with_a_premium_of_five_basis_points():
    # X = 0.9 / 0.1005 = 8.955 E, C = 9.955 E, 0.99552 E left.
    made = leverage.enter(ONE, array(0.9), 0.0005)

    assert made.flash[0] == pytest.approx(8.955, abs=5e-4)
    assert made.collateral[0] == pytest.approx(9.955, abs=5e-4)
    assert (made.collateral - made.debt)[0] == pytest.approx(0.99552, abs=5e-6)


def test_without_a_premium_an_entry_multiplies_by_one_over_one_less_l():
    made = leverage.enter(array(100.0), array(0.9), 0.0)

    assert (made.collateral[0], made.debt[0]) == (pytest.approx(1000.0), pytest.approx(900.0))


@pytest.mark.parametrize(
    ("cost", "repaid", "lost"), [(0.0, 300.0, 0.0), (0.001, 302.7, 0.30), (0.005, 314.2, 1.58)]
)
def test_a_reduction_from_93_to_90_percent(cost, repaid, lost):
    sale = leverage.deleverage(array(1000.0), array(930.0), array(0.9), 0.0, array(cost))

    assert sale.repaid[0] == pytest.approx(repaid, abs=0.06)
    assert (sale.sold - sale.repaid)[0] == pytest.approx(lost, abs=0.006)


def test_a_sale_that_loses_more_than_the_equity_share_cannot_reduce():
    # 1 - 0.9 / 0.9 is not positive; and 0.11 would repay more than is owed.
    sale = leverage.deleverage(
        array(1000.0, 1000.0), array(930.0, 930.0), array(0.9, 0.9), 0.0, array(0.1, 0.0995)
    )

    assert np.isnan(sale.sold).all()


@pytest.mark.parametrize(("discount", "left"), [(0.02, 0.80), (0.05, 0.50), (0.08, 0.20)])
def test_what_a_depeg_leaves_of_a_loop_at_90_percent(discount, left):
    found = leverage.unwind_residual(array(10.0), array(9.0), 0.0, array(discount))

    assert found[0] == pytest.approx(left)


def test_at_93_percent_a_depeg_of_8_is_insolvent():
    made = leverage.enter(ONE, array(0.93), 0.0)

    assert leverage.unwind_residual(made.collateral, made.debt, 0.0, array(0.08))[0] < 0.0


@given(ltv=SHARES, target=SHARES, premium=PREMIUMS)
def test_rising_or_entering_ends_at_the_target(ltv, target, premium):
    collateral, debt = array(1000.0), array(1000.0 * ltv)

    flash = leverage.releverage(collateral, debt, array(target), premium)
    made = leverage.enter(array(50.0), array(target), premium)

    after = (debt + flash * (1.0 + premium)) / (collateral + flash)
    assert after[0] == pytest.approx(target, abs=1e-9)
    assert (made.debt / made.collateral)[0] == pytest.approx(target, abs=1e-9)


@given(ltv=SHARES, share=st.floats(0.0, 1.0), premium=PREMIUMS, cost=COSTS)
def test_a_reduction_that_is_possible_ends_at_the_target_and_repays_its_loan(
    ltv, share, premium, cost
):
    target = ltv * share

    sale = leverage.deleverage(
        array(1000.0), array(1000.0 * ltv), array(target), premium, array(cost)
    )

    if not np.isnan(sale.sold[0]):
        left = 1000.0 - sale.sold[0]
        assert 1000.0 * ltv - sale.repaid[0] == pytest.approx(target * left, abs=1e-6)
        assert sale.sold[0] * (1.0 - cost) == pytest.approx(sale.repaid[0] * (1.0 + premium))


@given(ltv=SHARES, premium=PREMIUMS, cost=COSTS)
def test_cash_that_is_taken_out_leaves_the_loan_to_value(ltv, premium, cost):
    sale = leverage.free_by_sale(array(5.0), array(ltv), premium, array(cost))

    sold, repaid = sale.sold[0], sale.repaid[0]
    assert sold * (1.0 - cost) - repaid * (1.0 + premium) == pytest.approx(5.0)
    assert 1000.0 * ltv - repaid == pytest.approx(ltv * (1000.0 - sold), abs=1e-9)


@given(ltv=SHARES, premium=PREMIUMS, cost=COSTS)
def test_a_claim_that_is_queued_leaves_the_loan_to_value(ltv, premium, cost):
    sale = leverage.free_by_queue(array(5.0), array(ltv), premium, array(cost))

    sold, repaid = sale.sold[0], sale.repaid[0]
    assert sold * (1.0 - cost) == pytest.approx(repaid * (1.0 + premium))
    assert 1000.0 * ltv - repaid == pytest.approx(ltv * (1000.0 - sold - 5.0), abs=1e-9)


def test_nothing_can_be_taken_out_where_the_market_pays_less_than_the_debt():
    dear = array(0.1)

    assert np.isnan(leverage.free_by_sale(array(5.0), array(0.93), 0.0, dear).sold[0])
    assert np.isnan(leverage.free_by_queue(array(5.0), array(0.93), 0.0, dear).sold[0])
