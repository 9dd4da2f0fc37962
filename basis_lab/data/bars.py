"""Bars and stamps at the timesteps of a run: the same interval, or finer ones joined causally."""

from dataclasses import dataclass

import numpy as np

from basis_lab.data.series import TimeSeries
from basis_lab.domain.market import FloatArray, TimeArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The timesteps of a run.

    Parameters
    ----------
    times : ndarray of datetime64[s], shape (T,)
        Evenly spaced, T > 0.
    step_s : int
        Their spacing in seconds.
    """

    times: TimeArray
    step_s: int

    @property
    def step(self) -> np.timedelta64:
        """Their spacing."""
        return np.timedelta64(self.step_s, "s")

    @property
    def before(self) -> np.datetime64:
        """The timestep before the first, where the bar opened that ended at the first."""
        earlier: np.datetime64 = self.times[0] - self.step
        return earlier


def exact(stamps: TimeArray, values: FloatArray, times: TimeArray) -> FloatArray:
    """Return the value stamped exactly t, NaN where nothing is.

    Parameters
    ----------
    stamps : ndarray of datetime64[s], shape (n,)
        Strictly ascending.
    values : ndarray of shape (n,)
        Their values.
    times : ndarray of datetime64[s], shape (T,)
        The timesteps.

    Returns
    -------
    ndarray of shape (T,)
        Values at the timesteps; a view where every one has its own.
    """
    low = int(np.searchsorted(stamps, times[0])) if len(times) else 0
    if np.array_equal(stamps[low : low + len(times)], times):
        return values[low : low + len(times)]  # bars on the very timesteps: nothing is copied
    place = np.minimum(np.searchsorted(stamps, times), len(stamps) - 1)
    return np.where(stamps[place] == times, values[place], np.nan)


def extreme(series: TimeSeries, name: str, grid: Grid) -> FloatArray:
    """Return the highest or lowest price from one timestep to the next.

    Parameters
    ----------
    series : TimeSeries
        Bars of the run's interval, or of one that divides it.
    name : str
        ``high`` or ``low``.
    grid : Grid
        The timesteps.

    Returns
    -------
    ndarray of shape (T,)
        Of the bars that opened in [t - step, t); NaN where they are not all there.
    """
    values, times = series.fields[name], grid.times
    if series.info.interval_s == grid.step_s:
        return exact(series.times, values, times - grid.step)
    low = np.searchsorted(series.times, times - grid.step)
    high = np.searchsorted(series.times, times)
    pick = np.maximum if name == "high" else np.minimum
    inside = values[: max(int(high[-1]), 1)]
    found = pick.reduceat(inside, np.minimum(low, len(inside) - 1))
    whole = (high - low) * series.info.interval_s == grid.step_s
    return np.where(whole, found, np.nan)


def stamped(
    stamps: TimeArray, values: FloatArray, grid: Grid, weight: TimeSeries | None
) -> FloatArray:
    """Return what was stamped since the last timestep, as a fraction of the price at t.

    Parameters
    ----------
    stamps : ndarray of datetime64[s], shape (n,)
        Strictly ascending.
    values : ndarray of shape (n,)
        Fractions of a price.
    grid : Grid
        The timesteps.
    weight : TimeSeries or None
        Bars of that price.

    Returns
    -------
    ndarray of shape (T,)
        NaN where nothing was stamped in (t - step, t].

    Notes
    -----
    With the price p at each stamp s (its bar's open, where one opened then; else that of t)::

        value(t) = sum over s of value(s) x p(s) / p(t)

    so that p(t) x value(t) is what was due at the stamps, each at its own price.
    """
    times = grid.times
    row = np.searchsorted(times, stamps)
    inside = (row < len(times)) & (stamps > grid.before)
    row, due, moments = row[inside], values[inside], stamps[inside]
    if weight is not None:
        opens = weight.fields["open"]
        then = exact(weight.times, opens, moments)
        now = exact(weight.times, opens, times[row])
        due = due * np.where(np.isnan(then), 1.0, then / now)
    found = np.full(len(times), np.nan)
    found[row] = 0.0
    np.add.at(found, row, due)
    return found
