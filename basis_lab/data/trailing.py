"""Measures of what was published in the time before each timestep: growth, volatility."""

import numpy as np

from basis_lab.calc.staking import growth_apr
from basis_lab.domain.market import FloatArray, TimeArray

HOUR = np.timedelta64(3600, "s")
DAY = np.timedelta64(86_400, "s")


def trailing_growth(
    stamps: TimeArray, values: FloatArray, times: TimeArray, window: np.timedelta64
) -> FloatArray:
    """Return the growth of the value last published, since a window ago, per year.

    Parameters
    ----------
    stamps : ndarray of datetime64[s], shape (n,)
        Times of publication, strictly ascending.
    values : ndarray of shape (n,)
        What was published, > 0.
    times : ndarray of datetime64[s], shape (T,)
        The timesteps.
    window : timedelta64
        Over 0.

    Returns
    -------
    ndarray of shape (T,)
        APR as a fraction; NaN where nothing was published yet a window ago.
    """
    days = np.full(len(times), window / DAY)
    return growth_apr(_last(stamps, values, times - window), _last(stamps, values, times), days)


def trailing_volatility(
    stamps: TimeArray, values: FloatArray, times: TimeArray, window: np.timedelta64
) -> FloatArray:
    """Return the volatility realised over a window: root of the sum of squared hourly returns.

    Parameters
    ----------
    stamps : ndarray of datetime64[s], shape (n,)
        Strictly ascending.
    values : ndarray of shape (n,)
        Prices or rates, > 0.
    times : ndarray of datetime64[s], shape (T,)
        The timesteps.
    window : timedelta64
        Whole hours, over 0.

    Returns
    -------
    ndarray of shape (T,)
        Standard deviation of the logarithmic return over the window (fraction), summed from the
        oldest to the newest hour; NaN where history is shorter.
    """
    total = np.zeros(len(times))
    later = np.log(_last(stamps, values, times - window))
    for back in range(int(window / HOUR) - 1, -1, -1):
        earlier, later = later, np.log(_last(stamps, values, times - back * HOUR))
        total += (later - earlier) ** 2
    return np.sqrt(total)


def _last(stamps: TimeArray, values: FloatArray, times: TimeArray) -> FloatArray:
    """Return the value last published by each time, NaN before the first."""
    place = np.searchsorted(stamps, times, side="right") - 1
    return np.where(place >= 0, values[np.maximum(place, 0)], np.nan)
