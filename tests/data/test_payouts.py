"""Reward tables as payouts: dates, spans, holes, and from when on a payment is known."""

import numpy as np
import pytest

from basis_lab.data.payouts import payouts
from basis_lab.data.series import DatasetInfo, TimeSeries
from basis_lab.data.trailing import trailing_growth, trailing_volatility
from basis_lab.domain.requirements import Alignment, Requirement
from basis_lab.errors import BadDataError, MissingDataError

DAY, HOUR = np.timedelta64(86_400, "s"), np.timedelta64(3600, "s")
WEEK_S = 7 * 86_400
FIRST = np.datetime64("2024-09-01T00:00:00", "s")
# Two weeks and a hole of a week before the third.
PERIODS = [("2024-09-01", "2024-09-07"), ("2024-09-08", "2024-09-14"), ("2024-09-22", "2024-09-28")]


def moment(day):
    return np.datetime64(day, "s")


def table(periods=PERIODS[:2], *, paid_at=None, total=True):
    starts, ends = ([moment(x[i]) for x in periods] for i in (0, 1))
    fields = {
        "period_start": np.array(starts).astype(np.int64).astype(float),
        "period_end": np.array(ends).astype(np.int64).astype(float),
        "token_amount": np.array([100.0 * (i + 1) for i in range(len(periods))]),
    }
    if total:
        fields["eeth_total"] = np.full(len(periods), 1000.0)
    if paid_at is not None:
        fields["paid_at"] = np.array([moment(x) for x in paid_at]).astype(np.int64).astype(float)
    info = DatasetInfo(
        id="rewards/etherfi/EIGEN",
        file="EIGEN.parquet",
        fields=tuple(fields),
        ticks_per_unit=(0,) * len(fields),
        interval_s=WEEK_S,
        first=ends[0],
        last=ends[-1],
        rows=len(periods),
        sha256="",
        source="invented",
        synthetic=True,
        derived=False,
        notes=(),
    )
    return TimeSeries(info=info, times=np.array(ends), fields=fields, lines=np.arange(len(periods)))


def need(*, since="2024-08-15", until="2026-01-26", lag_days=7, gaps_allowed=False):
    return Requirement(
        key="rewards/etherfi/EIGEN.token_amount",
        alignment=Alignment.PAYOUT,
        purpose="payouts of EIGEN",
        window_s=lag_days * 86_400,
        span=(moment(since), moment(until)),
        gaps_allowed=gaps_allowed,
    )


def hours(days, start=FIRST):
    return start + np.arange(24 * days + 1) * HOUR


def paid(found, times):
    return [(str(times[x.row])[:10], round(x.units_per_staked, 12)) for x in found]


def test_a_period_is_paid_a_lag_after_its_last_day():
    times = hours(27)

    found = payouts(table(), need(), times)

    assert paid(found, times) == [("2024-09-14", 0.1), ("2024-09-21", 0.2)]
    assert [(str(x.period_start)[:10], str(x.period_end)[:10]) for x in found] == [
        ("2024-09-01", "2024-09-08"),
        ("2024-09-08", "2024-09-15"),
    ]


def test_without_a_lag_a_period_is_paid_when_it_is_over_and_not_on_its_last_day():
    times = hours(20)

    found = payouts(table(), need(lag_days=0), times)

    assert paid(found, times) == [("2024-09-08", 0.1), ("2024-09-15", 0.2)]


def test_a_later_date_of_the_table_itself_counts_and_an_earlier_one_does_not():
    times = hours(27)

    found = payouts(table(paid_at=["2024-09-25", "2024-09-16"]), need(), times)

    assert paid(found, times) == [("2024-09-21", 0.2), ("2024-09-25", 0.1)]


def test_periods_outside_the_programme_are_not_paid():
    # From its last day on the rate contains the reward: a row after it would count it twice.
    times = hours(29)

    found = payouts(table(), need(until="2024-09-07"), times)

    assert paid(found, times) == [("2024-09-14", 0.1)]
    assert payouts(table(), need(since="2024-10-01"), times) == ()


def test_a_payment_after_the_run_or_before_its_first_step_is_not_its_own():
    late = hours(9)
    early = hours(10, moment("2024-09-14"))

    assert payouts(table(), need(), late) == ()
    assert paid(payouts(table(), need(), early), early) == [("2024-09-21", 0.2)]


def test_a_hole_inside_a_programme_that_pays_without_a_break_is_refused():
    with pytest.raises(MissingDataError, match="2024-09-15"):
        payouts(table(PERIODS), need(), hours(45))

    allowed = payouts(table(PERIODS), need(gaps_allowed=True), hours(45))

    assert len(allowed) == 3


def test_a_hole_outside_of_run_or_programme_is_nobodys():
    assert len(payouts(table(PERIODS), need(until="2024-09-14"), hours(45))) == 2
    assert len(payouts(table(PERIODS), need(), hours(13, moment("2024-09-22")))) == 1


def test_a_programme_that_began_after_the_run_could_pay_is_not_looked_at():
    assert payouts(table(), need(since="2025-06-01"), hours(10)) == ()


def test_without_the_stake_that_it_was_paid_on_a_table_is_refused():
    with pytest.raises(BadDataError, match="eeth_total"):
        payouts(table(total=False), need(), hours(10))


def test_a_requirement_that_names_no_programme_pays_nothing():
    plain = Requirement(key="k", alignment=Alignment.PAYOUT, purpose="p")

    assert payouts(table(), plain, hours(10)) == ()


# --- measures of the past ---------------------------------------------------------------------


def test_growth_is_of_what_was_published_a_window_ago_and_unknown_before():
    stamps = FIRST + np.arange(3) * DAY
    values = np.array([1.0, 1.01, 1.02])
    times = FIRST + np.array([0, 24, 25, 48]) * HOUR

    found = trailing_growth(stamps, values, times, DAY)

    assert np.isnan(found[0])
    assert found[1:].tolist() == pytest.approx([3.65, 3.65, (1.02 / 1.01 - 1.0) * 365.0])


def test_volatility_is_the_root_of_summed_squares_of_hourly_returns():
    stamps = FIRST + np.arange(4) * HOUR
    values = np.exp([0.0, 0.03, 0.03, -0.01])

    found = trailing_volatility(stamps, values, stamps, 2 * HOUR)

    assert np.isnan(found[:2]).all()
    assert found[2:].tolist() == pytest.approx([0.03, 0.04])
