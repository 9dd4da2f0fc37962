"""Leverage of a loop: collateral and debt of one asset, in closed form.

Symbols, all in units of that asset at the protocol's rate: ``E`` equity, ``C`` collateral, ``D``
debt, ``L`` loan to value, ``f`` flash premium (fraction of what is borrowed), ``c`` what a sale of
collateral loses against the protocol's rate (discount, slippage; fraction).

Source: DOMAIN 2.1 to 2.4; each follows from the balance after the last step of one transaction.
"""

from dataclasses import dataclass

import numpy as np

from basis_lab.domain.arrays import ratio
from basis_lab.domain.market import FloatArray

HEADROOM = 0.015  # health factor that an automatic target keeps above its warning


@dataclass(frozen=True, slots=True)
class Entry:
    """A loop after its entry: collateral, debt, and the flash loan that it took."""

    collateral: FloatArray
    debt: FloatArray
    flash: FloatArray


@dataclass(frozen=True, slots=True)
class Sale:
    """Collateral that is sold and debt that is repaid with it; NaN where it cannot be done."""

    sold: FloatArray
    repaid: FloatArray


def automatic_target(
    max_ltv: FloatArray, threshold: FloatArray, spread_move: float, warning: float
) -> FloatArray:
    """Return the loan to value of target ``auto``.

    Parameters
    ----------
    max_ltv, threshold : ndarray
        Largest loan to value when borrowing, and liquidation threshold (fractions).
    spread_move : float
        Fall of the staking token's rate that a loop at its largest LTV should stand (fraction).
    warning : float
        Health factor at which risk warns.

    Returns
    -------
    ndarray
        ``min(max_ltv (1 - spread_move), threshold / (warning + 0.015))``.
    """
    result: FloatArray = np.minimum(max_ltv * (1.0 - spread_move), threshold / (warning + HEADROOM))
    return result


def enter(equity: FloatArray, target: FloatArray, premium: float) -> Entry:
    """Return the loop that equity makes in one transaction.

    Parameters
    ----------
    equity : ndarray
        Units of the asset, > 0.
    target : ndarray
        Loan to value, below 1.
    premium : float
        Flash premium.

    Returns
    -------
    Entry
        With ``X = L E / (1 + f - L)``, ``C = E + X`` and ``D = X (1 + f) = L C``.
    """
    flash = target * equity / (1.0 + premium - target)
    return Entry(collateral=equity + flash, debt=flash * (1.0 + premium), flash=flash)


def releverage(
    collateral: FloatArray, debt: FloatArray, target: FloatArray, premium: float
) -> FloatArray:
    """Return what is to be borrowed, staked and supplied to rise to a loan to value.

    Parameters
    ----------
    collateral, debt : ndarray
        Units of the asset.
    target : ndarray
        Loan to value, below 1.
    premium : float
        Flash premium.

    Returns
    -------
    ndarray
        ``(L C - D) / (1 + f - L)`` units of flash loan; negative where the loop is above it.
    """
    return (target * collateral - debt) / (1.0 + premium - target)


def deleverage(
    collateral: FloatArray, debt: FloatArray, target: FloatArray, premium: float, cost: FloatArray
) -> Sale:
    """Return the sale of collateral that brings a loop down to a loan to value.

    Parameters
    ----------
    collateral, debt : ndarray
        Units of the asset.
    target : ndarray
        Loan to value.
    premium : float
        Flash premium.
    cost : ndarray
        What the sale loses against the rate.

    Returns
    -------
    Sale
        ``repaid = (D - L C) / (1 - L (1 + f) / (1 - c))`` and ``sold = repaid (1 + f) / (1 - c)``;
        NaN where the denominator is not positive or more than the debt would be repaid.
    """
    gearing = (1.0 + premium) / (1.0 - cost)
    divisor = 1.0 - target * gearing
    repaid = ratio(debt - target * collateral, np.where(divisor > 0.0, divisor, 0.0))
    repaid = np.where(repaid <= debt, repaid, np.nan)
    return Sale(sold=repaid * gearing, repaid=repaid)


def unwind_residual(
    collateral: FloatArray, debt: FloatArray, premium: float, cost: FloatArray
) -> FloatArray:
    """Return what is left of a loop that is closed by selling all of it.

    Parameters
    ----------
    collateral, debt : ndarray
        Units of the asset.
    premium : float
        Flash premium.
    cost : ndarray
        What the sale loses against the rate.

    Returns
    -------
    ndarray
        ``C (1 - c) - D (1 + f)``; negative where the loop is insolvent at the market.
    """
    return collateral * (1.0 - cost) - debt * (1.0 + premium)


def free_by_sale(cash: FloatArray, ltv: FloatArray, premium: float, cost: FloatArray) -> Sale:
    """Return the sale that takes cash out of a loop and keeps its loan to value.

    Parameters
    ----------
    cash : ndarray
        What is to be left over, units of the asset.
    ltv : ndarray
        Loan to value before and after.
    premium : float
        Flash premium.
    cost : ndarray
        What the sale loses against the rate.

    Returns
    -------
    Sale
        ``sold = cash / (1 - c - L (1 + f))`` and ``repaid = L sold``; NaN where the divisor is
        not positive.
    """
    divisor = 1.0 - cost - ltv * (1.0 + premium)
    sold = ratio(cash, np.where(divisor > 0.0, divisor, 0.0))
    return Sale(sold=sold, repaid=ltv * sold)


def free_by_queue(claim: FloatArray, ltv: FloatArray, premium: float, cost: FloatArray) -> Sale:
    """Return the sale that frees collateral for a withdrawal queue and keeps the loan to value.

    A queue cannot repay a flash loan, so the debt that stood against the queued part is repaid
    by a sale.

    Parameters
    ----------
    claim : ndarray
        What goes into the queue, units of the asset.
    ltv : ndarray
        Loan to value before and after.
    premium : float
        Flash premium.
    cost : ndarray
        What the sale loses against the rate.

    Returns
    -------
    Sale
        With ``k = L (1 + f) / (1 - c)``: ``sold = k claim / (1 - k)`` beside the claim and
        ``repaid = L (sold + claim)``; NaN where k reaches 1.
    """
    gearing = ltv * (1.0 + premium) / (1.0 - cost)
    sold = ratio(gearing * claim, np.where(gearing < 1.0, 1.0 - gearing, 0.0))
    return Sale(sold=sold, repaid=ltv * (sold + claim))
