"""Bringing stored series to the timesteps of a run; row t holds only what was published by t."""

import numpy as np

from basis_lab.data.bars import Grid, exact, extreme, stamped
from basis_lab.data.series import IntArray, TimeSeries
from basis_lab.data.trailing import trailing_growth, trailing_volatility
from basis_lab.domain.market import FloatArray, TimeArray
from basis_lab.domain.requirements import Alignment, Requirement
from basis_lab.errors import UsageError

SECOND = np.timedelta64(1, "s")
WINDOWED = (
    Alignment.TRAILING_MEAN,
    Alignment.TRAILING_GROWTH,
    Alignment.TRAILING_VOLATILITY,
)


def align(
    series: TimeSeries, name: str, requirement: Requirement, grid: Grid, weight: TimeSeries | None
) -> FloatArray:
    """Return one column of a series at the timesteps.

    Parameters
    ----------
    series : TimeSeries
        The rows; they must cover the timesteps (see ``missing_times``).
    name : str
        The column.
    requirement : Requirement
        How it comes to the timesteps.
    grid : Grid
        The timesteps.
    weight : TimeSeries or None
        Bars of the price that stamps are a fraction of, where the requirement names one.

    Returns
    -------
    ndarray of shape (T,)
        NaN only where nothing was stamped, for the extreme of a bar that is not whole because
        the series began in it, and for a trailing mean without a full window of history.
    """
    values, times = series.fields[name], grid.times
    if requirement.alignment in WINDOWED:
        return _trailing(series, values, requirement, times)
    match requirement.alignment:
        case Alignment.BAR_EXTREME:
            return extreme(series, name, grid)
        case Alignment.STAMP:
            return stamped(series.times, values, grid, weight)
        case Alignment.PAYOUT:
            return np.full(len(times), np.nan)
        case _:
            carriers = {Alignment.INDEX: grown, Alignment.STEP: carried, Alignment.BAR_OPEN: exact}
            return carriers[requirement.alignment](series.times, values, times)


def _trailing(
    series: TimeSeries, values: FloatArray, requirement: Requirement, times: TimeArray
) -> FloatArray:
    window = window_of(requirement)
    match requirement.alignment:
        case Alignment.TRAILING_GROWTH:
            return trailing_growth(series.times, values, times, window)
        case Alignment.TRAILING_VOLATILITY:
            return trailing_volatility(series.times, values, times, window)
        case _:
            means = trailing_mean(series.times, values, times, window)
            full = series.info.first - np.timedelta64(series.info.interval_s, "s") <= times - window
            return np.where(full, means, np.nan)


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


def trailing_mean(
    stamps: TimeArray, values: FloatArray, times: TimeArray, window: np.timedelta64
) -> FloatArray:
    """Return the mean of what was stamped in (t - window, t].

    Parameters
    ----------
    stamps : ndarray of datetime64[s], shape (n,)
        Strictly ascending.
    values : ndarray of shape (n,)
        Their values.
    times : ndarray of datetime64[s], shape (T,)
        The timesteps, ascending.
    window : timedelta64
        Over 0.

    Returns
    -------
    ndarray of shape (T,)
        NaN where nothing was stamped.

    Notes
    -----
    Each mean is summed afresh from its oldest to its newest value, so a row's bits depend on
    the values of its window alone: not on where the run starts, and nothing builds up.
    """
    low = np.searchsorted(stamps, times - window, side="right")
    high = np.searchsorted(stamps, times, side="right")
    moved = (np.diff(low) != 0) | (np.diff(high) != 0)
    starts = np.flatnonzero(np.concatenate([[True], moved]))
    means = _means(values, low[starts], high[starts])
    return np.repeat(means, np.diff(np.append(starts, len(times))))


def _means(values: FloatArray, low: IntArray, high: IntArray) -> FloatArray:
    count = high - low
    total = np.zeros(len(low))
    for k in range(int(count.max())):
        inside = k < count
        total[inside] += values[low[inside] + k]
    means = np.full(len(low), np.nan)
    np.divide(total, count, out=means, where=count > 0)
    return means


def window_of(requirement: Requirement) -> np.timedelta64:
    """Return the window of a trailing measure.

    Parameters
    ----------
    requirement : Requirement
        Of that alignment.

    Returns
    -------
    timedelta64[s]
        Over 0.

    Raises
    ------
    UsageError
        If the requirement names none.
    """
    if requirement.window_s is None or requirement.window_s <= 0:
        raise UsageError(
            "a trailing measure without a window",
            where=requirement.frame_key,
            value=requirement.window_s,
            remedy="give window_s, in seconds and above 0",
        )
    return np.timedelta64(requirement.window_s, "s")


def history_start(requirement: Requirement, grid: Grid) -> np.datetime64:
    """Return from when on rows of a series enter a run.

    Parameters
    ----------
    requirement : Requirement
        How it comes to the timesteps.
    grid : Grid
        The timesteps.

    Returns
    -------
    datetime64[s]
        The first timestep, the bar that ended there, or the beginning of its trailing window.
    """
    first: np.datetime64 = grid.times[0]
    match requirement.alignment:
        case Alignment.BAR_EXTREME | Alignment.STAMP:
            return grid.before
        case Alignment.TRAILING_MEAN:
            earlier: np.datetime64 = first - window_of(requirement) + SECOND
            return earlier
        case Alignment.TRAILING_GROWTH | Alignment.TRAILING_VOLATILITY:
            window_ago: np.datetime64 = first - window_of(requirement)
            return window_ago
        case _:
            return first


def missing_times(series: TimeSeries, requirement: Requirement, times: TimeArray) -> TimeArray:
    """Return what the series lacks for the timesteps, in units of its own interval.

    Parameters
    ----------
    series : TimeSeries
        The rows.
    requirement : Requirement
        How they come to the timesteps.
    times : ndarray of datetime64[s], shape (T,)
        The timesteps, T > 0.

    Returns
    -------
    ndarray of datetime64[s], shape (m,)
        The missing bars, settlements or snapshots, ascending.
    """
    match requirement.alignment:
        case Alignment.BAR_OPEN:
            since = series.info.first if requirement.starts_later else times[0]
            return _lacking(times[times >= since], series.times)
        case Alignment.BAR_EXTREME:
            bar = np.timedelta64(series.info.interval_s, "s")
            return _lacking(np.arange(times[0], times[-1], bar), series.times)
        case Alignment.STAMP:
            return _lacking(_grid(series, times[0], times[-1]), series.times)
        case Alignment.TRAILING_MEAN:
            # It reaches back as far as there is history, and no further.
            asked = times[0] - window_of(requirement) + SECOND
            start = max(asked, min(series.info.first, times[0]))
            return _lacking(_grid(series, start, times[-1]), series.times)
        case Alignment.INDEX | Alignment.STEP:
            return _late_snapshots(series, times)
        case _:  # growth and volatility wait for history; payouts are judged by their programme
            return times[:0]


def _lacking(wanted: TimeArray, stamps: TimeArray) -> TimeArray:
    """Return what is not among the stamps; both ascend, which numpy's sets do not use."""
    place = np.minimum(np.searchsorted(stamps, wanted), len(stamps) - 1)
    absent: TimeArray = wanted[stamps[place] != wanted]
    return absent


def _grid(series: TimeSeries, start: np.datetime64, end: np.datetime64) -> TimeArray:
    step = np.timedelta64(series.info.interval_s, "s")
    phase = (start - series.info.first) % step
    first = start + (step - phase) % step
    return np.arange(first, end + SECOND, step)


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
