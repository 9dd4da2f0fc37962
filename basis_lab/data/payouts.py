"""Reward tables as payouts: what each earning period paid, and from when on that was known."""

import numpy as np

from basis_lab.data.series import TimeSeries, time_text
from basis_lab.domain.market import BoolArray, Payout, TimeArray
from basis_lab.domain.requirements import Requirement
from basis_lab.errors import BadDataError, MissingDataError

DAY = np.timedelta64(86_400, "s")
SECOND = np.timedelta64(1, "s")
TOTAL = "eeth_total"


def payouts(series: TimeSeries, requirement: Requirement, times: TimeArray) -> tuple[Payout, ...]:
    """Return the payouts of a programme at the timesteps of a run.

    Parameters
    ----------
    series : TimeSeries
        The table, a row an earning period.
    requirement : Requirement
        With the programme's span and the lag from the end of a period to its payment.
    times : ndarray of datetime64[s], shape (T,)
        The timesteps.

    Returns
    -------
    tuple of Payout
        By row. Paid at the first timestep at or after the end of the period and the lag, and not
        before a date that the table itself gives; periods outside the span are left out.

    Raises
    ------
    MissingDataError
        If a period inside programme and run is missing.
    BadDataError
        If the stake that a period was paid on is not known.
    """
    if requirement.span is None or requirement.window_s is None:
        return ()
    if TOTAL not in series.fields:
        raise BadDataError(
            "the stake that rewards were paid on is not known",
            where=series.info.file,
            value=series.info.id,
            remedy=f"give a column {TOTAL}, or the totals that it is made of",
        )
    lag = np.timedelta64(requirement.window_s, "s")
    first, last = requirement.span
    starts, ends = _times(series, "period_start"), _times(series, "period_end")
    counted = (starts <= last) & (ends >= first)
    _check_periods(series, requirement, (starts[counted], ends[counted]), times)
    paid = np.maximum(ends + DAY, ends + lag)
    if "paid_at" in series.fields:
        paid = np.maximum(paid, _times(series, "paid_at"))
    units = series.fields["token_amount"] / series.fields[TOTAL]
    rows = np.searchsorted(times, paid)
    chosen = np.flatnonzero(counted & (paid > times[0]) & (rows < len(times)))
    made = [
        Payout(
            key=requirement.key,
            row=int(rows[i]),
            period_start=starts[i],
            period_end=ends[i] + DAY,
            units_per_staked=float(units[i]),
        )
        for i in chosen
    ]
    return tuple(sorted(made, key=lambda x: (x.row, x.period_start)))


def _times(series: TimeSeries, name: str) -> TimeArray:
    return series.fields[name].astype(np.int64).astype("datetime64[s]")


def _check_periods(
    series: TimeSeries,
    requirement: Requirement,
    periods: tuple[TimeArray, TimeArray],
    times: TimeArray,
) -> None:
    """Refuse a programme that pays without a break and whose table has one."""
    if requirement.span is None or requirement.gaps_allowed:
        return
    lag = np.timedelta64(requirement.window_s, "s")
    begin = max(requirement.span[0], times[0].astype("datetime64[D]").astype("datetime64[s]"))
    running = np.timedelta64(series.info.interval_s, "s")
    due = min(requirement.span[1], times[-1] - lag - running)
    if begin > due:
        return
    days = np.arange(begin, due + SECOND, DAY)
    missing = days[~_covered(days, *periods)]
    if len(missing):
        raise MissingDataError(
            "an earning period of a reward programme is missing",
            missing=[requirement.key],
            where=f"{series.info.id} ({series.info.file}): nothing for {time_text(missing[0])}",
            value=f"programme from {requirement.span[0]}Z to {requirement.span[1]}Z",
            remedy="complete the table, choose other dates, or another rewards.mode",
        )


def _covered(days: TimeArray, starts: TimeArray, ends: TimeArray) -> BoolArray:
    """Tell which days lie in a period; periods are in the order of their ends."""
    place = np.searchsorted(ends, days)
    inside: BoolArray = place < len(ends)
    inside[inside] = starts[place[inside]] <= days[inside]
    return inside
