"""Bringing stored series to the timesteps of a run; row t holds only what was published by t."""

from collections.abc import Callable

import numpy as np

from basis_lab.data.series import HOUR, TimeSeries
from basis_lab.domain.market import Alignment, FloatArray, TimeArray


def align(series: TimeSeries, name: str, alignment: Alignment, times: TimeArray) -> FloatArray:
    """Return one column of a series at the timesteps.

    Parameters
    ----------
    series : TimeSeries
        The rows; they must cover the timesteps (see ``missing_times``).
    name : str
        The column.
    alignment : Alignment
        How it comes to the timesteps.
    times : ndarray of datetime64[s], shape (T,)
        The timesteps.

    Returns
    -------
    ndarray of shape (T,)
        NaN only for stamps that do not fall on a timestep, and for the extreme of a bar that
        ended before the series began.
    """
    values = series.fields[name]
    carriers: dict[Alignment, Callable[[TimeArray, FloatArray, TimeArray], FloatArray]] = {
        Alignment.BAR_OPEN: exact,
        Alignment.BAR_EXTREME: ended,
        Alignment.STAMP: exact,
        Alignment.INDEX: grown,
        Alignment.STEP: carried,
    }
    return carriers[alignment](series.times, values, times)


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
        Values at the timesteps.
    """
    place = np.minimum(np.searchsorted(stamps, times), len(stamps) - 1)
    return np.where(stamps[place] == times, values[place], np.nan)


def ended(stamps: TimeArray, values: FloatArray, times: TimeArray) -> FloatArray:
    """Return the value of the bar that ended at t, which opened an hour before.

    Parameters
    ----------
    stamps : ndarray of datetime64[s], shape (n,)
        Opens of the bars, strictly ascending.
    values : ndarray of shape (n,)
        Their highs or lows.
    times : ndarray of datetime64[s], shape (T,)
        The timesteps.

    Returns
    -------
    ndarray of shape (T,)
        NaN where there is no such bar.
    """
    return exact(stamps, values, times - HOUR)


def carried(stamps: TimeArray, values: FloatArray, times: TimeArray) -> FloatArray:
    """Return the last value published by t, NaN before the first.

    Parameters
    ----------
    stamps : ndarray of datetime64[s], shape (n,)
        Times of publication, strictly ascending.
    values : ndarray of shape (n,)
        What was published.
    times : ndarray of datetime64[s], shape (T,)
        The timesteps.

    Returns
    -------
    ndarray of shape (T,)
        Values at the timesteps.
    """
    last = np.searchsorted(stamps, times, side="right") - 1
    return np.where(last >= 0, values[np.maximum(last, 0)], np.nan)


def grown(stamps: TimeArray, values: FloatArray, times: TimeArray) -> FloatArray:
    """Return an index between its snapshots, grown at the rate realised before the last one.

    Parameters
    ----------
    stamps : ndarray of datetime64[s], shape (n,)
        Times of the snapshots, strictly ascending.
    values : ndarray of shape (n,)
        The index, > 0.
    times : ndarray of datetime64[s], shape (T,)
        The timesteps.

    Returns
    -------
    ndarray of shape (T,)
        Exact at each snapshot; NaN before the first.

    Notes
    -----
    With the last two snapshots ``(s0, v0)`` and ``(s1, v1)`` published by t::

        v(t) = v1 x (v1 / v0) ^ ((t - s1) / (s1 - s0))

    and ``v(t) = v1`` while there is only one. A snapshot may lie a little under the value that
    was carried to it; the step back is kept.
    """
    last = np.maximum(np.searchsorted(stamps, times, side="right") - 1, 0)
    before = np.maximum(last - 1, 0)
    seconds = np.timedelta64(1, "s")
    span = np.where(last > before, (stamps[last] - stamps[before]) / seconds, 1.0)
    share = ((times - stamps[last]) / seconds) / span
    grown_values = values[last] * (values[last] / values[before]) ** share
    return np.where(times >= stamps[0], grown_values, np.nan)


def missing_times(series: TimeSeries, alignment: Alignment, times: TimeArray) -> TimeArray:
    """Return what the series lacks for the timesteps, in units of its own interval.

    Parameters
    ----------
    series : TimeSeries
        The rows.
    alignment : Alignment
        How they come to the timesteps.
    times : ndarray of datetime64[s], shape (T,)
        The timesteps, T > 0.

    Returns
    -------
    ndarray of datetime64[s], shape (m,)
        The missing bars, settlements or snapshots, ascending.
    """
    if alignment is Alignment.BAR_OPEN:
        return np.setdiff1d(times, series.times)
    if alignment is Alignment.BAR_EXTREME:
        return np.setdiff1d(times[:-1], series.times)
    if alignment is Alignment.STAMP:
        return np.setdiff1d(_grid(series, times), series.times)
    return _late_snapshots(series, times)


def _grid(series: TimeSeries, times: TimeArray) -> TimeArray:
    step = np.timedelta64(series.info.interval_s, "s")
    phase = (times[0] - series.times[0]) % step
    first = times[0] + (step - phase) % step
    return np.arange(first, times[-1] + np.timedelta64(1, "s"), step)


def _late_snapshots(series: TimeSeries, times: TimeArray) -> TimeArray:
    """Return the snapshots due by the end that lie in gaps of over one and a half intervals."""
    step = np.timedelta64(series.info.interval_s, "s")
    low = max(int(np.searchsorted(series.times, times[0], side="right")) - 1, 0)
    high = int(np.searchsorted(series.times, times[-1], side="right"))
    inside = series.times[low : high + 1]
    wide = np.flatnonzero(np.diff(inside) * 2 > step * 3)
    late = [np.arange(inside[i] + step, inside[i + 1] - step // 2, step) for i in wide]
    due = np.concatenate([times[:0], *late])
    overdue: TimeArray = due[due <= times[-1]]
    return overdue
