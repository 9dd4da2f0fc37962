"""Aave's interest, rates and risk against printed figures and worked examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_lab.calc import aave

HOUR_S = 3600.0
WHOLE_YEAR_S = 31_536_000.0
few = settings(max_examples=50, derandomize=True)


def test_an_hour_of_debt_at_five_percent_compounds_to_the_printed_factor():
    factor = aave.compounded_interest(np.array([0.05]), np.array([HOUR_S]))

    # DOMAIN 1.2: the Taylor form of v3.4 and later, to the last printed digit.
    assert f"{factor[0]:.15f}" == "1.000005707778846"


def test_up_to_v3_3_an_hour_of_debt_compounds_by_the_binomial():
    rate, elapsed = np.array([0.05, 0.05, 0.0]), np.array([HOUR_S, 0.0, HOUR_S])

    factor = aave.compounded_interest_binomial(rate, elapsed)

    # DOMAIN 1.2, the last printed digits.
    assert f"{factor[0]:.15f}".endswith("842")
    assert factor[1:].tolist() == [1.0, 1.0]


def test_the_oracle_follows_the_rate_up_to_its_cap_and_down_without_one():
    # weETH's deployed cap (DOMAIN 1.8): 1.034656878645040505 growing 8.75 % a year.
    rate = np.array([1.05, 1.20, 0.90])

    seen = aave.capped_rate(
        rate, np.array([1.034656878645040505]), np.array([0.0875]), np.array([WHOLE_YEAR_S])
    )

    assert seen == pytest.approx([1.05, 1.034656878645040505 * 1.0875, 0.90])


def test_a_year_without_an_update_accrues_less_than_the_exponential():
    factor = aave.compounded_interest(np.array([0.5]), np.array([WHOLE_YEAR_S]))

    assert factor[0] == pytest.approx(1.64583, abs=5e-6)
    assert factor[0] < np.exp(0.5)


def test_supply_grows_linearly_between_updates():
    factor = aave.linear_interest(np.array([0.05]), np.array([WHOLE_YEAR_S / 2.0]))

    assert factor[0] == 1.025


def test_no_time_means_no_interest():
    nothing = np.zeros(1)

    assert aave.linear_interest(np.array([0.3]), nothing)[0] == 1.0
    assert aave.compounded_interest(np.array([0.3]), nothing)[0] == 1.0


def test_interest_broadcasts_rates_against_times():
    rates, elapsed = np.array([[0.02], [0.04]]), np.array([0.0, HOUR_S, 2.0 * HOUR_S])

    factors = aave.compounded_interest(rates, elapsed)

    assert factors.shape == (2, 3)
    assert factors[1, 2] == aave.compounded_interest(rates[1], elapsed[2:])[0]


@given(rate=st.floats(0.0, 2.0), hours=st.integers(1, 8760))
@few
def test_debt_never_grows_slower_than_supply_at_one_rate(rate, hours):
    elapsed = np.array([hours * HOUR_S])

    supplied = aave.linear_interest(np.array([rate]), elapsed)
    borrowed = aave.compounded_interest(np.array([rate]), elapsed)

    assert borrowed[0] >= supplied[0] >= 1.0


@given(scaled=st.floats(1e-6, 1e9), index=st.floats(1.0, 3.0))
@few
def test_scaling_there_and_back_is_rounding_apart(scaled, index):
    underlying = aave.underlying_from_scaled(np.array([scaled]), np.array([index]))

    assert aave.scaled_from_underlying(underlying, np.array([index]))[0] == pytest.approx(
        scaled, rel=1e-15
    )


@pytest.mark.parametrize(
    ("usage", "optimal", "slope1", "slope2", "printed"),
    [
        (0.957, 0.92, 0.055, 0.75, 0.402),  # USDT on 2024-12-06, DOMAIN 1.3; observed 40.27 %
        (0.925, 0.90, 0.027, 0.80, 0.227),  # WETH on 2024-07-05; observed 22.64 %
    ],
)
def test_the_kinked_curve_reproduces_rates_seen_on_chain(usage, optimal, slope1, slope2, printed):
    rate = aave.borrow_rate(
        np.array([usage]), optimal=optimal, base_apr=0.0, slope1_apr=slope1, slope2_apr=slope2
    )

    assert rate[0] == pytest.approx(printed, abs=5e-4)


def test_the_curve_starts_at_its_base_meets_at_the_kink_and_ends_at_the_sum():
    usage = np.array([0.0, 0.4, 0.8, 0.8 + 1e-12, 1.0])

    rate = aave.borrow_rate(usage, optimal=0.8, base_apr=0.01, slope1_apr=0.04, slope2_apr=0.6)

    assert rate == pytest.approx([0.01, 0.03, 0.05, 0.05, 0.65], abs=1e-10)


def test_suppliers_share_what_borrowers_pay_less_the_reserve_factor():
    rate = aave.supply_rate(np.array([0.10]), np.array([0.80]), 0.25)

    assert rate[0] == pytest.approx(0.06)


def test_own_supply_lowers_the_supply_rate_by_the_square_of_utilisation():
    # DOMAIN 1.3: 100 million into the pool of September 2025, 3.1 % relative.
    debt, available = np.full(2, 5.49e9), np.array([0.85e9, 0.95e9])

    usage = aave.utilisation(debt, available)
    borrow = aave.borrow_rate(usage, optimal=0.92, base_apr=0.0, slope1_apr=0.065, slope2_apr=0.35)
    before, after = aave.supply_rate(borrow, usage, 0.10)

    assert after / before == pytest.approx((6.34 / 6.44) ** 2)
    assert after / before - 1.0 == pytest.approx(-0.031, abs=5e-4)


def test_an_empty_reserve_has_no_utilisation():
    assert np.isnan(aave.utilisation(np.zeros(1), np.zeros(1))[0])


def test_the_worked_loan_is_just_liquidatable():
    # DOMAIN 1.6: 1000 of collateral, 952 of debt, threshold 0.95.
    factor = aave.health_factor(np.array([1000.0 * 0.95]), np.array([952.0]))
    share = aave.loan_to_value(np.array([952.0]), np.array([1000.0]))

    assert factor[0] == pytest.approx(0.99790, abs=5e-6)
    assert share[0] == 0.952


def test_half_of_the_worked_loan_repaid_leaves_it_healthy():
    seized = 476.0 * 1.01

    factor = aave.health_factor(np.array([(1000.0 - seized) * 0.95]), np.array([476.0]))

    assert factor[0] == pytest.approx(1.0363, abs=5e-5)


def test_without_debt_health_is_infinite_and_without_collateral_there_is_no_ltv():
    assert aave.health_factor(np.array([5.0, 0.0]), np.zeros(2)).tolist() == [np.inf, np.inf]
    assert np.isnan(aave.loan_to_value(np.zeros(1), np.zeros(1))[0])
