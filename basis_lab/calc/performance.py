"""Performance of a run: returns, risk-adjusted ratios, drawdown, annualisation.

Time runs along the first axis, so that (T,) is one run and (T, n) are n runs beside each other.
What does not apply (too few observations, no variation, no drawdown) is NaN.
"""

import numpy as np

from basis_lab.domain.market import FloatArray, TimeArray

DAYS_PER_YEAR = 365.0
ISSUE_PRICE = 1.0  # a share is issued for one unit of share-class currency, before the entry
RETURN_NOISE = 1e-9  # of a day's return: see calculate_sharpe


def _ratio(numerator: FloatArray, denominator: FloatArray, *, least: float) -> FloatArray:
    """Divide where the denominator exceeds ``least``, NaN elsewhere."""
    above = np.asarray(denominator, dtype=np.float64)
    shape = np.broadcast_shapes(np.shape(numerator), above.shape)
    empty = np.full(shape, np.nan)
    return np.asarray(np.divide(numerator, above, out=empty, where=above > least))


def calculate_returns(nav: FloatArray) -> FloatArray:
    """Return simple returns between neighbouring observations.

    Parameters
    ----------
    nav : ndarray of shape (T,) or (T, n)
        NAV per share.

    Returns
    -------
    ndarray of shape (T - 1,) or (T - 1, n)
        Fractions; NaN after a NAV of 0.

    Examples
    --------
    >>> calculate_returns(np.array([100.0, 101.0])).round(4).tolist()
    [0.01]
    """
    return _ratio(nav[1:], nav[:-1], least=0.0) - 1.0


def calculate_daily_returns(times: TimeArray, nav: FloatArray) -> FloatArray:
    """Return simple returns between observations at 00:00 UTC.

    Parameters
    ----------
    times : ndarray of datetime64[s], shape (T,)
        UTC timesteps, ascending.
    nav : ndarray of shape (T,) or (T, n)
        NAV per share, above 0.

    Returns
    -------
    ndarray of shape (D,) or (D, n)
        Fractions; D is the number of midnights less one, 0 at least.

    Notes
    -----
    A day runs from the NAV of one timestep at 00:00 to that of the next such timestep, both after
    their actions. The first counts from the first midnight of the run: what the entry costs at it
    or before it is in no return, what it costs after it is in the first. Days that end at another
    hour (the last timestep of a date, say) give other returns, and another deviation of them.
    """
    midnights = times == times.astype("datetime64[D]")
    return calculate_returns(nav[midnights])


def calculate_volatility(daily_returns: FloatArray) -> FloatArray:
    """Return the annualised standard deviation of daily returns.

    Parameters
    ----------
    daily_returns : ndarray of shape (D,) or (D, n)
        Fractions.

    Returns
    -------
    ndarray of shape () or (n,)
        Fraction per square root of a year; NaN under two observations.

    Notes
    -----
    Sample deviation (one degree of freedom lost to the mean) x sqrt(365).
    """
    if len(daily_returns) < 2:  # noqa: PLR2004 - a deviation needs two observations
        return np.full(daily_returns.shape[1:], np.nan)
    return np.asarray(np.std(daily_returns, axis=0, ddof=1) * np.sqrt(DAYS_PER_YEAR))


def calculate_sharpe(daily_returns: FloatArray) -> FloatArray:
    """Return the annualised Sharpe ratio against a risk-free rate of 0.

    Parameters
    ----------
    daily_returns : ndarray of shape (D,) or (D, n)
        Fractions.

    Returns
    -------
    ndarray of shape () or (n,)
        NaN under two observations or without variation.

    Notes
    -----
    mean / sample deviation x sqrt(365). A deviation of up to ``RETURN_NOISE`` is none: a NAV that
    is a quotient of two rates or indices moves by what their last digits are rounded to, a few
    1e-12 in ETH redeemed at a rate of 12 digits. The floor stands well above such noise; it is a
    ten-thousandth of a dollar a day on 100,000, below the cent that an account can show.
    """
    deviation = calculate_volatility(daily_returns) / np.sqrt(DAYS_PER_YEAR)
    if len(daily_returns) == 0:
        return np.asarray(deviation)
    mean = np.asarray(np.mean(daily_returns, axis=0))
    return _ratio(mean * np.sqrt(DAYS_PER_YEAR), deviation, least=RETURN_NOISE)


def calculate_sortino(daily_returns: FloatArray) -> FloatArray:
    """Return the annualised Sortino ratio against a minimum return of 0.

    Parameters
    ----------
    daily_returns : ndarray of shape (D,) or (D, n)
        Fractions.

    Returns
    -------
    ndarray of shape () or (n,)
        NaN without observations or without a loss.

    Notes
    -----
    mean / sqrt(mean(min(r, 0)^2)) x sqrt(365); the mean of squares runs over ALL observations,
    not only over the losses. A root of up to ``RETURN_NOISE`` is no loss, as in
    ``calculate_sharpe``.
    """
    if len(daily_returns) == 0:
        return np.full(daily_returns.shape[1:], np.nan)
    losses = np.minimum(daily_returns, 0.0)
    downside = np.asarray(np.sqrt(np.mean(losses * losses, axis=0)))
    mean = np.asarray(np.mean(daily_returns, axis=0))
    return _ratio(mean * np.sqrt(DAYS_PER_YEAR), downside, least=RETURN_NOISE)


def calculate_drawdown(nav: FloatArray) -> FloatArray:
    """Return the distance below the highest NAV so far, the issue of the share counted.

    Parameters
    ----------
    nav : ndarray of shape (T,) or (T, n)
        NAV per share after each timestep, from 0; the first is after the entry.

    Returns
    -------
    ndarray of the same shape
        Fractions, 0 or below; NaN where there is no NAV.

    Notes
    -----
    nav / max(ISSUE_PRICE, highest nav so far) - 1: what the entry cost is a drawdown too.

    Examples
    --------
    >>> calculate_drawdown(np.array([0.98, 1.25, 1.0])).round(4).tolist()
    [-0.02, 0.0, -0.2]
    """
    peak = np.fmax(np.fmax.accumulate(nav, axis=0), ISSUE_PRICE)
    return np.asarray(nav / peak - 1.0)


def calculate_max_drawdown(nav: FloatArray) -> FloatArray:
    """Return the deepest drawdown over every observation.

    Parameters
    ----------
    nav : ndarray of shape (T,) or (T, n)
        NAV per share after each timestep, from 0; hourly in a run.

    Returns
    -------
    ndarray of shape () or (n,)
        Fraction, 0 or below.
    """
    return np.asarray(np.min(calculate_drawdown(nav), axis=0))


def calculate_total_return(first: FloatArray, last: FloatArray) -> FloatArray:
    """Return the growth of NAV per share between two moments.

    Parameters
    ----------
    first, last : ndarray of shape () or (n,)
        NAV per share, ``first`` above 0.

    Returns
    -------
    ndarray of shape () or (n,)
        Fraction.
    """
    return np.asarray(np.asarray(last) / np.asarray(first) - 1.0)


def annualize_return(total_return: FloatArray, days: float) -> FloatArray:
    """Return the compounded return per year of 365 days.

    Parameters
    ----------
    total_return : ndarray of shape () or (n,)
        Fraction over the whole period.
    days : float
        Length of the period.

    Returns
    -------
    ndarray of shape () or (n,)
        Fraction; NaN for a period without length, a loss beyond the capital, or a growth that
        no number holds once it is compounded to a year.
    """
    growth = 1.0 + np.asarray(total_return, dtype=np.float64)
    result = np.full(growth.shape, np.nan)
    if days <= 0.0:
        return result
    with np.errstate(over="ignore"):
        powered = np.power(growth, DAYS_PER_YEAR / days, out=result, where=growth >= 0.0)
    return np.where(np.isinf(powered), np.nan, powered - 1.0)


def calculate_apr(total_return: FloatArray, days: float) -> FloatArray:
    """Return the simple return per year of 365 days.

    Parameters
    ----------
    total_return : ndarray of shape () or (n,)
        Fraction over the whole period.
    days : float
        Length of the period.

    Returns
    -------
    ndarray of shape () or (n,)
        Fraction; NaN for a period without length.
    """
    scaled = np.asarray(total_return, dtype=np.float64) * DAYS_PER_YEAR
    return _ratio(scaled, np.asarray(days), least=0.0)


def calculate_calmar(annualized_return: FloatArray, max_drawdown: FloatArray) -> FloatArray:
    """Return the annualised return over the magnitude of the deepest drawdown.

    Parameters
    ----------
    annualized_return : ndarray of shape () or (n,)
        Fraction, compounded.
    max_drawdown : ndarray of shape () or (n,)
        Fraction, 0 or below.

    Returns
    -------
    ndarray of shape () or (n,)
        NaN without a drawdown.
    """
    return _ratio(annualized_return, np.abs(max_drawdown), least=0.0)


def calculate_break_even_days(
    cost_share: FloatArray, carry_per_day_share: FloatArray
) -> FloatArray:
    """Return the days of carry that pay for getting in and out.

    Parameters
    ----------
    cost_share : ndarray of shape () or (n,)
        Cost of entry and exit in share-class currency, as a magnitude.
    carry_per_day_share : ndarray of shape () or (n,)
        Mean carry per day in share-class currency.

    Returns
    -------
    ndarray of shape () or (n,)
        Days; NaN where the cost or the carry is not positive.
    """
    cost = np.asarray(cost_share, dtype=np.float64)
    days = _ratio(cost, carry_per_day_share, least=0.0)
    return np.where(cost > 0.0, days, np.nan)
