"""Trailing measures of a series that was changed after they were made: they follow it.

They were made with history from before the run, which a frame does not hold, so that each is
corrected by what changed inside the run.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from basis_lab.domain import series
from basis_lab.domain.market import FloatArray, MarketFrame

DAY_S = 86_400.0
HOUR_S = 3_600.0
YEAR_DAYS = 365.0
HOURS = 24  # of a volatility


def is_trailing(key: str) -> bool:
    """Tell if a series of a frame is a trailing measure of another.

    Parameters
    ----------
    key : str
        Its name.

    Returns
    -------
    bool
        True for means, growth and volatility.
    """
    return any(mark in key for mark in (series.MEAN, series.GROWTH, series.VOLATILITY))


def trailing_of(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the trailing measures among names, each with the series that it is of.

    Parameters
    ----------
    names : iterable of str
        Of a frame.

    Yields
    ------
    tuple of (str, str)
        The measure and its series.
    """
    for key in tuple(names):
        if key.endswith(series.VOLATILITY):
            yield key, key.removesuffix(series.VOLATILITY)
        elif is_trailing(key):
            mark = series.MEAN if series.MEAN in key else series.GROWTH
            yield key, f"{key.partition(mark)[0]}.rate"


def follow(key: str, frame: MarketFrame, changed: FloatArray, base: str) -> FloatArray:
    """Return a trailing measure as it is once its series was changed.

    Parameters
    ----------
    key : str
        The measure.
    frame : MarketFrame
        As loaded.
    changed : ndarray of shape (T,)
        Its series as it is now.
    base : str
        The name of that series.

    Returns
    -------
    ndarray of shape (T,)
        In the unit of the measure; NaN stays.
    """
    made, loaded = frame.values(key), frame.values(base)
    if key.endswith(series.VOLATILITY):
        return _volatility(made, loaded, changed, frame.step_s)
    mark = series.MEAN if series.MEAN in key else series.GROWTH
    days = float(key.partition(mark)[2].removesuffix("d"))
    rows = round(days * DAY_S / frame.step_s)
    if mark == series.MEAN:
        return _mean(made, loaded, changed, rows)
    ratio = changed / loaded
    earlier = np.concatenate([np.ones(rows), ratio])[: len(ratio)]
    whole = days / YEAR_DAYS
    grown: FloatArray = ((1.0 + made * whole) * ratio / earlier - 1.0) / whole
    return grown


def _mean(made: FloatArray, loaded: FloatArray, changed: FloatArray, rows: int) -> FloatArray:
    """Spread what changed over as many stamps as the window has, by the spacing of the first."""
    stamped = np.flatnonzero(~np.isnan(loaded))
    spacing = float(stamped[1] - stamped[0]) if len(stamped) > 1 else float(rows)
    return made + _sum_of_last(np.nan_to_num(changed - loaded), rows) * spacing / rows


def _volatility(
    made: FloatArray, loaded: FloatArray, changed: FloatArray, step_s: int
) -> FloatArray:
    """Replace the squared returns of the last hours; those between timesteps stay as they were."""
    rows = max(round(HOURS * HOUR_S / step_s), 1)
    more = _squared_returns(changed) - _squared_returns(loaded)
    return np.sqrt(np.maximum(made**2 + _sum_of_last(more, rows), 0.0))


def _squared_returns(values: FloatArray) -> FloatArray:
    logs = np.log(values)
    return np.asarray(np.diff(logs, prepend=logs[:1]) ** 2)


def _sum_of_last(values: FloatArray, rows: int) -> FloatArray:
    """Return the sum of the values of the last rows at each row."""
    total: FloatArray = np.concatenate([np.zeros(rows), np.cumsum(values)])
    return np.asarray(total[rows:] - total[:-rows])
