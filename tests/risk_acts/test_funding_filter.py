"""The funding filter: out below one mean, in again above another, and quiet in between."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.domain import series
from basis_lab.domain.events import EventType
from tests.flows.money import (
    AT_HOME,
    configured,
    events,
    held,
    payments,
    still_world,
    with_series,
)
from tests.identities.worlds import World, examples

NONE = float("nan")
FILTER = {"days": 7.0, "exit_below": 0.0, "enter_above": 1e-4}
MEAN = series.funding_mean("binance", "BTC", 7.0)


def filtered(*means, flows=(), **strategy):
    """A market that stands still while the trailing mean of funding goes through these values.

    The last one is that of the run's last hour, at which nothing is decided.
    """
    keys = {"hedge_allocation": AT_HOME, "spot_allocation": 0.5, "funding_filter": FILTER}
    world = still_world("btc_basis", "USDT", flows, rows=len(means), **{**keys, **strategy})
    return with_series(world, {MEAN: np.array(means)})


def short_rows(record):
    return np.flatnonzero(held(record, "binance:perp:BTCUSDT") < 0.0).tolist()


def decisions(record):
    """Every decision after the opening of its plan, as (row, trigger), repeats left out."""
    found = [(x.row, x.trigger) for x in events(record, EventType.DECISION)]
    return list(dict.fromkeys(found))


def test_between_its_thresholds_the_filter_leaves_things_as_they_are():
    # In at 2e-4; 5e-5 is no reason to leave, -1e-5 is; 5e-5 is no reason to return, 2e-4 is.
    record = filtered(2e-4, 5e-5, -1e-5, 5e-5, 2e-4, 5e-5, 5e-5).run()

    assert short_rows(record) == [0, 1, 4, 5, 6]
    assert decisions(record) == [
        (0, "entry"),
        (2, "funding_filter_exit"),
        (4, "funding_filter_enter"),
    ]


def test_a_threshold_that_is_met_exactly_is_not_passed():
    record = filtered(2e-4, 0.0, -1e-9, 1e-4, 1.001e-4, 0.0).run()

    assert short_rows(record) == [0, 1, 4, 5]


def test_at_the_start_a_mean_between_the_thresholds_is_enough():
    # Staying out asks for a mean below the lower one; coming back asks for more.
    assert short_rows(filtered(5e-5, 5e-5, 5e-5).run()) == [0, 1, 2]


@pytest.mark.parametrize("mean", [-1e-5, NONE])
def test_a_start_outside_is_recorded_as_a_decision_to_do_nothing(mean):
    record = filtered(mean, mean, mean, 2e-4, 2e-4).run()

    first = events(record, EventType.DECISION)[0]
    assert (first.row, first.trigger) == (0, "funding_filter_wait")
    assert first.details["instructions"] == 0
    assert first.details["value"] == pytest.approx(mean, nan_ok=True)
    assert first.details["limit"] == 0.0
    assert decisions(record) == [(0, "funding_filter_wait"), (3, "funding_filter_enter")]
    assert short_rows(record) == [3, 4]


def test_a_mean_that_is_lost_keeps_things_as_they_are():
    assert short_rows(filtered(2e-4, NONE, NONE, 2e-4).run()) == [0, 1, 2, 3]
    assert short_rows(filtered(-1e-5, NONE, NONE, -1e-5).run()) == []


def test_outside_all_of_the_money_is_cash_at_the_treasury_and_margin():
    record = filtered(2e-4, -1e-5, -1e-5, -1e-5).run()

    cash = held(record, "binance:token:USDT") + held(record, "binance:margin:USDT")
    assert cash[1:] == pytest.approx([100_000.0] * 3)
    assert not held(record, "binance:token:BTC")[1:].any()


def test_the_mean_of_two_venues_is_by_weight():
    # 0.75 x 1e-4 - 0.25 x 4e-4 is below zero though the larger venue pays.
    world = filtered(2e-4, 1e-4, 1e-4, hedge_allocation={"binance": 0.75, "bybit": 0.25})
    other = series.funding_mean("bybit", "BTC", 7.0)

    record = with_series(world, {other: np.array([2e-4, -4e-4, -4e-4])}).run()

    assert short_rows(record) == [0]


def test_a_deposit_waits_outside_and_goes_in_with_the_rest():
    record = filtered(-1e-5, -1e-5, -1e-5, 2e-4, 2e-4, flows=[(1, 0.5)]).run()

    assert short_rows(record) == [3, 4]
    spot = held(record, "binance:token:BTC")
    assert spot[3] * 60_000.0 == pytest.approx(0.5 * 150_000.0)


def test_a_withdrawal_outside_is_paid_and_buys_nothing():
    record = filtered(-1e-5, -1e-5, -1e-5, -1e-5, flows=[(1, -0.4)]).run()

    assert payments(record) == [(1, pytest.approx(40_000.0))]
    assert events(record, EventType.TRADE) == []


def test_a_withdrawal_after_an_exit_is_paid_from_margin_and_buys_nothing():
    # 50,000 lie in margin since the exit at row 1; 80,000 are asked for.
    record = filtered(2e-4, -1e-5, -1e-5, -1e-5, -1e-5, flows=[(3, -0.8)]).run()

    assert sum(x for _, x in payments(record)) == pytest.approx(80_000.0)
    assert [x.row for x in events(record, EventType.TRADE)] == [0, 0, 1, 1]


def test_a_reserve_is_kept_outside_too_and_buys_nothing():
    record = filtered(*[-1e-5] * 6, reserve_ratio=0.1).run()

    assert events(record, EventType.TRADE) == []
    assert held(record, "binance:reserve:USDT")[-1] == pytest.approx(10_000.0)


@examples(40)
@given(st.lists(st.sampled_from([-2e-5, 5e-5, 2e-4, NONE]), min_size=3, max_size=30))
def test_a_run_is_in_or_out_as_the_means_before_it_say(means):
    record = filtered(*means).run()

    inside = means[0] >= 0.0
    expected = [0] if inside else []
    for row, mean in enumerate(means[1:-1], start=1):
        inside = mean >= 0.0 if inside and not np.isnan(mean) else (inside or mean > 1e-4)
        expected += [row] if inside else []
    assert [row for row in short_rows(record) if row < len(means) - 1] == expected


def test_without_a_filter_funding_is_no_reason_to_leave():
    config = configured("btc_basis", "USDT", hedge_allocation=AT_HOME)
    world = still_world("btc_basis", "USDT", [], hedge_allocation=AT_HOME)
    rates = np.full(world.frame.rows, NONE)
    rates[8::8] = -1e-3
    paying = with_series(world, {series.funding("binance", "BTC"): rates})

    record = World(config=config, frame=paying.frame, capital=100_000.0).run()

    assert len(short_rows(record)) == record.rows
