"""Aave v3: interest, scaled balances, LTV and health factor.

Source: aave-v3-origin v3.7, MathUtils, ReserveLogic, GenericLogic,
DefaultReserveInterestRateStrategyV2.
"""

import numpy as np

from basis_lab.domain.arrays import ratio
from basis_lab.domain.market import FloatArray

SECONDS_PER_YEAR = 31_536_000.0


def linear_interest(rate_apr: FloatArray, elapsed_s: FloatArray) -> FloatArray:
    """Return the factor by which a liquidity index grows.

    Parameters
    ----------
    rate_apr : ndarray
        Supply rate per year (fraction).
    elapsed_s : ndarray
        Seconds since the last update, broadcast against ``rate_apr``.

    Returns
    -------
    ndarray
        ``1 + rate x elapsed / year``.

    Notes
    -----
    Source: MathUtils.calculateLinearInterest.
    """
    return 1.0 + rate_apr * elapsed_s / SECONDS_PER_YEAR


def compounded_interest(rate_apr: FloatArray, elapsed_s: FloatArray) -> FloatArray:
    """Return the factor by which a variable borrow index grows.

    Parameters
    ----------
    rate_apr : ndarray
        Borrow rate per year (fraction).
    elapsed_s : ndarray
        Seconds since the last update.

    Returns
    -------
    ndarray
        ``1 + x + x (x / 2 + x (x / 6))`` with ``x = rate x elapsed / year``.

    Notes
    -----
    Source: MathUtils.calculateCompoundedInterest since v3.4 (Taylor series of exp).
    """
    x = rate_apr * elapsed_s / SECONDS_PER_YEAR
    return 1.0 + x + x * (x / 2.0 + x * (x / 6.0))


def compounded_interest_binomial(rate_apr: FloatArray, elapsed_s: FloatArray) -> FloatArray:
    """Return the factor by which a variable borrow index grew up to v3.3.

    Parameters
    ----------
    rate_apr : ndarray
        Borrow rate per year (fraction).
    elapsed_s : ndarray
        Whole seconds since the last update.

    Returns
    -------
    ndarray
        ``1 + n r + n (n - 1) r^2 / 2 + n (n - 1) (n - 2) r^3 / 6`` with ``n`` seconds and ``r``
        the rate per second.

    Notes
    -----
    Source: MathUtils.calculateCompoundedInterest of v3.0 to v3.3 (binomial expansion).
    """
    per_second = rate_apr / SECONDS_PER_YEAR
    second = elapsed_s * (elapsed_s - 1.0) * per_second**2 / 2.0
    third = elapsed_s * (elapsed_s - 1.0) * (elapsed_s - 2.0) * per_second**3 / 6.0
    return 1.0 + elapsed_s * per_second + second + third


def capped_rate(
    rate: FloatArray,
    snapshot_rate: FloatArray,
    growth_apr: FloatArray,
    seconds_since_snapshot: FloatArray,
) -> FloatArray:
    """Return the exchange rate that the oracle of a staked token uses.

    Parameters
    ----------
    rate : ndarray
        The token's own rate, units of its underlying.
    snapshot_rate : ndarray
        The rate from which the cap grows.
    growth_apr : ndarray
        Growth of the cap per year, as a fraction of ``snapshot_rate``.
    seconds_since_snapshot : ndarray
        Age of the snapshot, >= 0.

    Returns
    -------
    ndarray
        The rate, or the cap where the rate is above it; a rate that falls is not held up.

    Notes
    -----
    ``min(rate, snapshot_rate x (1 + growth x elapsed / year))``, linear in time.
    Source: aave-capo, PriceCapAdapterBase.latestAnswer.
    """
    cap = snapshot_rate * (1.0 + growth_apr * seconds_since_snapshot / SECONDS_PER_YEAR)
    result: FloatArray = np.minimum(rate, cap)
    return result


def scaled_from_underlying(underlying: FloatArray, index: FloatArray) -> FloatArray:
    """Return the scaled balance that stands for underlying units at an index (>= 1).

    Parameters
    ----------
    underlying : ndarray
        Token units.
    index : ndarray
        Liquidity or borrow index, broadcast against ``underlying``.

    Returns
    -------
    ndarray
        Scaled units, with the sign of ``underlying``.

    Notes
    -----
    ``underlying / index``, without the contract's rounding to whole units.
    Source: aave-v3-origin, TokenMath.
    """
    return underlying / index


def underlying_from_scaled(scaled: FloatArray, index: FloatArray) -> FloatArray:
    """Return the underlying units that a scaled balance stands for at an index (>= 1).

    Parameters
    ----------
    scaled : ndarray
        Scaled units.
    index : ndarray
        Liquidity or borrow index, broadcast against ``scaled``.

    Returns
    -------
    ndarray
        Token units, with the sign of ``scaled``.

    Notes
    -----
    ``scaled x index``, without the contract's rounding to whole units.
    Source: aave-v3-origin, TokenMath.
    """
    return scaled * index


def utilisation(debt: FloatArray, available: FloatArray) -> FloatArray:
    """Return debt / (available + debt), NaN for an empty reserve.

    Parameters
    ----------
    debt : ndarray
        Borrowed from the reserve, token units, >= 0.
    available : ndarray
        Left in the reserve, token units, >= 0.

    Returns
    -------
    ndarray
        Fraction in [0, 1].

    Notes
    -----
    Source: DefaultReserveInterestRateStrategyV2.calculateInterestRates.
    """
    return ratio(debt, available + debt)


def borrow_rate(
    usage: FloatArray, *, optimal: float, base_apr: float, slope1_apr: float, slope2_apr: float
) -> FloatArray:
    """Return the variable borrow rate of a kinked curve.

    Parameters
    ----------
    usage : ndarray
        Utilisation in [0, 1].
    optimal : float
        The kink, in (0, 1).
    base_apr, slope1_apr, slope2_apr : float
        Rate at zero, added up to the kink, added from the kink to full use.

    Returns
    -------
    ndarray
        APR as a fraction.

    Notes
    -----
    Source: DefaultReserveInterestRateStrategyV2.calculateInterestRates.
    """
    below = base_apr + slope1_apr * usage / optimal
    above = base_apr + slope1_apr + slope2_apr * (usage - optimal) / (1.0 - optimal)
    result: FloatArray = np.where(usage <= optimal, below, above)
    return result


def supply_rate(borrow_apr: FloatArray, usage: FloatArray, reserve_factor: float) -> FloatArray:
    """Return what suppliers earn: borrow rate x utilisation x (1 - reserve factor).

    Parameters
    ----------
    borrow_apr : ndarray
        Variable borrow rate per year (fraction).
    usage : ndarray
        Utilisation in [0, 1].
    reserve_factor : float
        What the treasury keeps of the interest, in [0, 1].

    Returns
    -------
    ndarray
        APR as a fraction.

    Notes
    -----
    Source: DefaultReserveInterestRateStrategyV2.calculateInterestRates; its utilisation also counts
    a reserve's deficit as borrowed.
    """
    return borrow_apr * usage * (1.0 - reserve_factor)


def loan_to_value(debt_value: FloatArray, collateral_value: FloatArray) -> FloatArray:
    """Return debt / collateral (both >= 0, one currency), NaN without collateral.

    Parameters
    ----------
    debt_value : ndarray
        Sum of debt value.
    collateral_value : ndarray
        Sum of collateral value.

    Returns
    -------
    ndarray
        Fraction, >= 0.

    Notes
    -----
    Source: GenericLogic.calculateUserAccountData.
    """
    return ratio(debt_value, collateral_value)


def health_factor(weighted_collateral: FloatArray, debt_value: FloatArray) -> FloatArray:
    """Return the health factor.

    Parameters
    ----------
    weighted_collateral : ndarray
        Sum of collateral value x liquidation threshold, >= 0.
    debt_value : ndarray
        Sum of debt value, >= 0, in the same currency.

    Returns
    -------
    ndarray
        Collateral over debt; inf without debt.

    Notes
    -----
    Source: GenericLogic.calculateUserAccountData; liquidatable below 1.
    """
    shape = np.broadcast(weighted_collateral, debt_value).shape
    result = np.full(shape, np.inf)
    np.divide(weighted_collateral, debt_value, out=result, where=debt_value != 0.0)
    return result
