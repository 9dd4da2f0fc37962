"""Aave v3: what a liquidation repays, seizes and leaves behind.

Source: LiquidationLogic.executeLiquidationCall of aave-v3-origin v3.6 (`RULES_3_3`) and of
aave-v3-core v3.0.2 (`RULES_3_0`).
"""

from dataclasses import dataclass

import numpy as np

from basis_lab.calc import aave
from basis_lab.domain.market import BoolArray, FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationRules:
    """How much of a debt may be repaid at once, and what may be left.

    Parameters
    ----------
    close_factor_hf_threshold : float
        Up to this health factor the whole debt of a reserve may be repaid.
    default_close_factor : float
        The share that may be repaid above it, in (0, 1).
    full_close_below_usd : float or None
        Where the collateral or the debt of the reserve is worth less, the whole debt may be
        repaid all the same; None for never.
    least_left_usd : float or None
        What a partial liquidation must leave, of collateral and of debt; None for anything.
    position_wide : bool
        Whether the default share is of all debts of the account or of the reserve's debt alone.
    burns_bad_debt : bool
        Whether debt that no collateral stands behind any more is written off.
    """

    close_factor_hf_threshold: float
    default_close_factor: float
    full_close_below_usd: float | None
    least_left_usd: float | None
    position_wide: bool
    burns_bad_debt: bool


RULES_3_3 = LiquidationRules(
    close_factor_hf_threshold=0.95,
    default_close_factor=0.5,
    full_close_below_usd=2000.0,
    least_left_usd=1000.0,
    position_wide=True,
    burns_bad_debt=True,
)
RULES_3_0 = LiquidationRules(
    close_factor_hf_threshold=0.95,
    default_close_factor=0.5,
    full_close_below_usd=None,
    least_left_usd=None,
    position_wide=False,
    burns_bad_debt=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collateral:
    """The collateral reserve that a liquidator picks, and the account's other collateral.

    Parameters
    ----------
    units : ndarray
        Underlying units held, >= 0.
    price : ndarray
        In any currency, > 0.
    liquidation_threshold, bonus, protocol_fee_share : ndarray
        Fractions; the fee is a share of the bonus.
    other_weighted_value : ndarray
        Value x liquidation threshold of the account's other collateral, >= 0.
    """

    units: FloatArray
    price: FloatArray
    liquidation_threshold: FloatArray
    bonus: FloatArray
    protocol_fee_share: FloatArray
    other_weighted_value: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """The debt reserve that a liquidator picks, and the account's other debts.

    Parameters
    ----------
    units : ndarray
        Underlying units owed, >= 0.
    price : ndarray
        In the currency of the collateral's price, > 0.
    other_value : ndarray
        Value of the account's other debts, >= 0.
    """

    units: FloatArray
    price: FloatArray
    other_value: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidation:
    """What one liquidation does; zeros where the account cannot be liquidated.

    Parameters
    ----------
    repaid_units : ndarray
        Of the debt reserve, by the liquidator.
    seized_units : ndarray
        Of the collateral reserve, from the borrower, with the protocol's fee.
    protocol_fee_units : ndarray
        The part of ``seized_units`` that goes to the treasury.
    bad_debt_units : ndarray
        Of the debt reserve, written off; the account's other debts are written off with it.
    health_factor_after : ndarray
        Of the account; inf without debt.
    """

    repaid_units: FloatArray
    seized_units: FloatArray
    protocol_fee_units: FloatArray
    bad_debt_units: FloatArray
    health_factor_after: FloatArray


def liquidation(
    collateral: Collateral, debt: Debt, *, usd_per_currency: FloatArray, rules: LiquidationRules
) -> Liquidation:
    """Return what a liquidator does who repays the most that the rules allow.

    Parameters
    ----------
    collateral : Collateral
        What is seized; arrays broadcast against those of ``debt``.
    debt : Debt
        What is repaid.
    usd_per_currency : ndarray
        USD for one unit of the prices' currency; the rules' thresholds are in USD.
    rules : LiquidationRules
        Of the version in force.

    Returns
    -------
    Liquidation
        Arrays of the broadcast shape.

    Notes
    -----
    ``seized = repaid x (1 + bonus)`` in value, capped at the collateral, which then sets what is
    repaid. Where a partial repayment would leave less than ``least_left_usd`` of debt or of
    collateral the contract reverts (MustNotLeaveDust), unless either is taken whole; so the most
    that goes through is ``min(close factor, debt - least, (collateral - least) / (1 + bonus))``.
    That is always possible: debt and collateral are both worth 2,000 USD or more there.
    """
    held = collateral.units * collateral.price
    owed = debt.units * debt.price
    weighted = held * collateral.liquidation_threshold + collateral.other_weighted_value
    health = aave.health_factor(weighted, owed + debt.other_value)
    most = _most_repayable(held, owed, debt.other_value, (health, usd_per_currency, rules))
    grown = 1.0 + collateral.bonus
    all_taken = most * grown >= held
    repaid = np.where(all_taken, held / grown, most)
    if rules.least_left_usd is not None:
        least = rules.least_left_usd / usd_per_currency
        without_dust = np.minimum(np.minimum(repaid, owed - least), (held - least) / grown)
        repaid = np.where(all_taken | (most >= owed), repaid, without_dust)
    happens = (health < 1.0) & (held > 0.0)
    all_repaid = happens & (repaid >= owed)
    all_taken = happens & all_taken
    repaid_units = np.where(happens, repaid / debt.price, 0.0)
    seized_units = np.where(happens, repaid * grown / collateral.price, 0.0)
    return _outcome(
        collateral,
        debt,
        repaid_units=np.where(all_repaid, debt.units, repaid_units),
        seized_units=np.where(all_taken, collateral.units, seized_units),
        written_off=all_taken & (collateral.other_weighted_value == 0.0) & rules.burns_bad_debt,
    )


def _most_repayable(
    held: FloatArray,
    owed: FloatArray,
    other_debt: FloatArray,
    state: tuple[FloatArray, FloatArray, LiquidationRules],
) -> FloatArray:
    """Return the value of debt that the close factor lets a liquidator repay."""
    health, usd_per_currency, rules = state
    base = owed + other_debt if rules.position_wide else owed
    whole = health <= rules.close_factor_hf_threshold
    if rules.full_close_below_usd is not None:
        smaller = np.minimum(held, owed) * usd_per_currency
        whole = whole | (smaller < rules.full_close_below_usd)
    most: FloatArray = np.where(whole, owed, np.minimum(owed, rules.default_close_factor * base))
    return most


def _outcome(
    collateral: Collateral,
    debt: Debt,
    *,
    repaid_units: FloatArray,
    seized_units: FloatArray,
    written_off: BoolArray,
) -> Liquidation:
    """Fee, bad debt and health of what was decided."""
    bonus_units = seized_units - seized_units / (1.0 + collateral.bonus)
    left_units = debt.units - repaid_units
    bad_debt_units = np.where(written_off, left_units, 0.0)
    weighted = (collateral.units - seized_units) * collateral.price
    owed = np.where(written_off, 0.0, left_units * debt.price + debt.other_value)
    return Liquidation(
        repaid_units=repaid_units,
        seized_units=seized_units,
        protocol_fee_units=collateral.protocol_fee_share * bonus_units,
        bad_debt_units=bad_debt_units,
        health_factor_after=aave.health_factor(
            weighted * collateral.liquidation_threshold + collateral.other_weighted_value, owed
        ),
    )
