"""Liquidation arithmetic against DOMAIN 1.6 and numbers worked by hand; all prices are 1."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_lab.calc.liquidation import (
    RULES_3_0,
    RULES_3_3,
    Collateral,
    Debt,
    Liquidation,
    LiquidationRules,
    liquidation,
)

USD = np.ones(1)
few = settings(max_examples=200, derandomize=True)


def liquidate(
    held: float,
    owed: float,
    rules: LiquidationRules,
    *,
    other_weighted: float = 0.0,
    other_debt: float = 0.0,
) -> Liquidation:
    collateral = Collateral(
        units=np.array([held]),
        price=USD,
        liquidation_threshold=np.array([0.95]),
        bonus=np.array([0.01]),
        protocol_fee_share=np.array([0.10]),
        other_weighted_value=np.array([other_weighted]),
    )
    debt = Debt(units=np.array([owed]), price=USD, other_value=np.array([other_debt]))
    return liquidation(collateral, debt, usd_per_currency=USD, rules=rules)


@pytest.mark.parametrize("rules", [RULES_3_0, RULES_3_3])
def test_the_worked_loan_loses_half_its_debt_and_the_bonus(rules):
    # DOMAIN 1.6 in thousands: HF 0.9979, so half of the debt.
    result = liquidate(1_000_000.0, 952_000.0, rules)

    assert result.repaid_units == pytest.approx([476_000.0])
    assert result.seized_units == pytest.approx([480_760.0])
    assert result.protocol_fee_units == pytest.approx([476.0])
    assert result.health_factor_after == pytest.approx([1.0363], abs=5e-5)
    assert result.bad_debt_units.tolist() == [0.0]


@pytest.mark.parametrize("rules", [RULES_3_0, RULES_3_3])
def test_a_healthy_loan_is_left_alone(rules):
    result = liquidate(10_000.0, 9_500.0, rules)

    assert result.health_factor_after.tolist() == [1.0]
    assert result.repaid_units.tolist() == result.seized_units.tolist() == [0.0]


def test_without_debt_or_without_collateral_nothing_happens():
    unlevered, bare = liquidate(10_000.0, 0.0, RULES_3_3), liquidate(0.0, 500.0, RULES_3_3)

    assert unlevered.health_factor_after.tolist() == [np.inf]
    assert bare.health_factor_after.tolist() == [0.0]
    assert unlevered.repaid_units.tolist() == bare.bad_debt_units.tolist() == [0.0]


@pytest.mark.parametrize("rules", [RULES_3_0, RULES_3_3])
def test_at_a_health_factor_of_ninety_five_the_whole_debt_goes(rules):
    result = liquidate(102_000.0, 102_000.0, rules)

    # 102,000 x 1.01 exceeds the collateral, which then limits what is repaid.
    assert result.repaid_units == pytest.approx([102_000.0 / 1.01])
    assert result.seized_units.tolist() == [102_000.0]


def test_small_loans_go_whole_since_v3_3_and_by_half_before():
    new, old = liquidate(1990.0, 1900.0, RULES_3_3), liquidate(1990.0, 1900.0, RULES_3_0)

    assert new.repaid_units.tolist() == [1900.0]
    assert new.health_factor_after.tolist() == [np.inf]
    assert old.repaid_units.tolist() == [950.0]


def test_thresholds_are_in_usd_whatever_the_prices_are_in():
    collateral = Collateral(
        units=np.array([1.0]),
        price=USD,
        liquidation_threshold=np.array([0.95]),
        bonus=np.array([0.01]),
        protocol_fee_share=np.array([0.10]),
        other_weighted_value=np.zeros(1),
    )
    debt = Debt(units=np.array([0.955]), price=USD, other_value=np.zeros(1))
    eth_usd = np.array([1500.0, 3000.0])

    result = liquidation(collateral, debt, usd_per_currency=eth_usd, rules=RULES_3_3)

    assert result.repaid_units.tolist() == [0.955, 0.4775]


def test_no_dust_of_collateral_is_left():
    # Half of the debt would leave 2005 - 1001 x 1.01 = 993.99.
    result = liquidate(2005.0, 2002.0, RULES_3_3)

    assert result.repaid_units == pytest.approx([1005.0 / 1.01])
    assert result.seized_units == pytest.approx([1005.0])


def test_no_dust_of_debt_is_left():
    # Half of all debts is 2000 and would leave 500 of this one.
    result = liquidate(100_000.0, 2500.0, RULES_3_3, other_debt=97_499.0 - 2500.0)
    half_of_all = liquidate(4100.0, 2500.0, RULES_3_3, other_debt=1500.0)

    assert result.repaid_units.tolist() == [2500.0]
    assert half_of_all.repaid_units == pytest.approx([1500.0])


def test_one_of_several_debts_may_go_whole_within_half_of_all_since_v3_3():
    new = liquidate(8300.0, 3000.0, RULES_3_3, other_debt=5000.0)
    old = liquidate(8300.0, 3000.0, RULES_3_0, other_debt=5000.0)

    assert new.repaid_units.tolist() == [3000.0]
    assert old.repaid_units.tolist() == [1500.0]


def test_debt_beyond_the_collateral_is_written_off_since_v3_3():
    new, old = liquidate(9090.0, 10_000.0, RULES_3_3), liquidate(9090.0, 10_000.0, RULES_3_0)

    assert new.repaid_units == pytest.approx([9000.0])
    assert new.bad_debt_units == pytest.approx([1000.0])
    assert new.health_factor_after.tolist() == [np.inf]
    assert old.bad_debt_units.tolist() == [0.0]
    assert old.health_factor_after.tolist() == [0.0]


def test_debt_with_other_collateral_behind_it_is_not_written_off():
    result = liquidate(9090.0, 10_000.0, RULES_3_3, other_weighted=200.0)

    assert result.bad_debt_units.tolist() == [0.0]
    assert result.health_factor_after == pytest.approx([0.2])


def test_a_window_equals_its_rows():
    held, owed = np.array([[5000.0], [2005.0], [1800.0]]), np.array([4800.0, 2002.0])

    whole = liquidation(
        Collateral(
            units=held,
            price=USD,
            liquidation_threshold=np.array([0.95]),
            bonus=np.array([0.01]),
            protocol_fee_share=np.array([0.10]),
            other_weighted_value=np.zeros(1),
        ),
        Debt(units=owed, price=USD, other_value=np.zeros(1)),
        usd_per_currency=USD,
        rules=RULES_3_3,
    )

    for row in range(3):
        for column in range(2):
            single = liquidate(held[row, 0], owed[column], RULES_3_3)
            assert whole.repaid_units[row, column] == single.repaid_units[0]
            assert whole.health_factor_after[row, column] == single.health_factor_after[0]


@given(
    held=st.floats(10.0, 1e8),
    share=st.floats(0.9, 1.2),
    rules=st.sampled_from([RULES_3_0, RULES_3_3]),
)
@few
def test_a_liquidator_never_takes_more_than_there_is_nor_leaves_dust(held, share, rules):
    owed = held * share

    result = liquidate(held, owed, rules)

    repaid, seized = result.repaid_units[0], result.seized_units[0]
    assert 0.0 <= repaid <= owed
    assert 0.0 <= seized <= held
    assert seized == pytest.approx(repaid * 1.01)
    partial = 0.0 < repaid < owed and seized < held
    if partial and rules is RULES_3_3:
        assert min(owed - repaid, held - seized) >= 1000.0 * (1.0 - 1e-12)


@given(share=st.floats(0.951, 0.9999))
@few
def test_a_partial_liquidation_heals_only_above_threshold_times_bonus(share):
    # DOMAIN 1.6: better iff HF > LT (1 + b), 0.9595 here; below it every one makes it worse.
    result = liquidate(1e6, 0.95e6 / share, RULES_3_3)

    healed = result.health_factor_after[0] > share
    assert healed == (share > 0.95 * 1.01)
