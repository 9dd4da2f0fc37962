"""The reserve: filled at the entry, spent on payments, refilled whole once half of it is gone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.domain.events import EventType
from tests.flows.money import (
    AT_HOME,
    BASIS,
    FREE,
    MODES,
    events,
    flowing,
    held,
    line,
    payments,
    still_world,
)
from tests.identities.worlds import examples

ratios = st.floats(0.05, 0.2)


def home(mode):
    return {"hedge_allocation": AT_HOME} if mode.endswith("basis") else {}


def share_kept(world, record):
    return held(record, line(world, "reserve")) / record.equity


def triggered(record, *names):
    return {x.row for x in events(record, EventType.DECISION) if x.trigger in names}


@pytest.mark.parametrize("scenarios", [(), FREE])
@pytest.mark.parametrize(("mode", "currency"), MODES)
def test_an_entry_puts_the_reserve_aside(mode, currency, scenarios):
    world = still_world(mode, currency, [], scenarios=scenarios, reserve_ratio=0.08, **home(mode))

    record = world.run()

    assert held(record, line(world, "reserve")) == pytest.approx(
        np.full(record.rows, 0.08 * world.capital)
    )


@pytest.mark.parametrize("scenarios", [(), FREE])
@pytest.mark.parametrize(("mode", "currency"), MODES)
@examples(5)
@given(ratio=ratios, part=st.floats(0.05, 0.45))
def test_a_withdrawal_within_the_reserve_is_paid_at_once_and_nothing_else_is_done(
    mode, currency, scenarios, ratio, part
):
    # Less than half of the reserve: what stays is no reason to refill it either.
    world = still_world(
        mode,
        currency,
        [(10, -part * ratio)],
        rows=14,
        capital=300_000.0,
        scenarios=scenarios,
        reserve_ratio=ratio,
        **home(mode),
    )

    record = world.run()

    asked = part * ratio * world.capital
    assert payments(record) == [(10, pytest.approx(asked))]
    assert {x.event_type for x in events(record) if 0 < x.row < 13} <= {EventType.WITHDRAWAL}
    assert held(record, line(world, "reserve"))[-1] == pytest.approx((1 - part) * ratio * 300_000.0)


@pytest.mark.parametrize("scenarios", [(), FREE])
@pytest.mark.parametrize(("mode", "currency"), MODES)
def test_a_reserve_of_less_than_half_its_target_is_logged_and_refilled_to_the_target(
    mode, currency, scenarios
):
    # 6 of 10 are paid out: 4 of 94 are left, less than 5 %, and 9.4 are wanted.
    world = still_world(
        mode, currency, [(10, -0.06)], scenarios=scenarios, reserve_ratio=0.1, **home(mode)
    )

    record = world.run()

    (low,) = events(record, EventType.RESERVE_LOW)
    assert low.trigger == "reserve_low"
    assert low.details["limit"] == 0.05
    assert low.details["value"] == pytest.approx(4.0 / 94.0, rel=1e-2)
    assert payments(record) == [(10, pytest.approx(0.06 * world.capital))]
    assert share_kept(world, record)[-1] == pytest.approx(0.1, rel=1e-3)


@pytest.mark.parametrize(("mode", "currency"), MODES)
def test_a_payment_is_slow_only_for_what_the_reserve_lacks(mode, currency):
    # 10 lie in the reserve; of the 30 that are asked for 20 have to be unwound.
    world = still_world(mode, currency, [(10, -0.3)], reserve_ratio=0.1, **home(mode))

    record = world.run()

    assert [x for _, x in payments(record)] == [
        pytest.approx(0.1 * world.capital),
        pytest.approx(0.2 * world.capital),
    ]


@examples(40)
@given(flowing((30, 60), quiet=15, reserve_ratio=0.1))
def test_a_reserve_is_filled_by_an_entry_or_because_it_was_low_and_by_nothing_else(world):
    record = world.run()

    kept = held(record, line(world, "reserve"))
    rises = set((np.flatnonzero(np.diff(kept) > 1e-9 * world.capital) + 1).tolist())
    assert rises <= triggered(record, "entry", "reserve_low")
    assert {x.row for x in events(record, EventType.RESERVE_LOW)} <= triggered(
        record, "reserve_low"
    )


@examples(40)
@given(
    flowing(
        (30, 60), quiet=15, scenarios=FREE, hedge_allocation=AT_HOME, market={"basis": 0.0}
    ).filter(lambda x: x.config.strategy.reserve_ratio > 0.0)
)
def test_a_refill_goes_all_the_way_and_is_due_below_half(world):
    record = world.run()

    wanted = world.config.strategy.reserve_ratio
    kept = share_kept(world, record)
    for event in events(record, EventType.RESERVE_LOW):
        assert event.details["value"] < 0.5 * wanted
        assert kept[event.row] == pytest.approx(wanted, rel=1e-9)
    quiet = np.setdiff1d(np.arange(record.rows - 1), np.flatnonzero(record.flows))
    assert (kept[quiet] >= 0.5 * wanted * (1.0 - 1e-9)).all()


def test_a_mode_without_a_reserve_keeps_none():
    for mode, currency in BASIS:
        world = still_world(mode, currency, [(10, -0.2)], **home(mode))

        record = world.run()

        assert not held(record, line(world, "reserve")).any()
        assert events(record, EventType.RESERVE_LOW) == []
