"""Money that comes or goes moves no share's value; what it costs, all who hold bear alike."""

import numpy as np
import pytest
from hypothesis import given

from basis_lab.domain import series
from basis_lab.domain.events import EventType
from tests.flows.money import AT_HOME, COSTS, FREE, events, flowing, still_world, with_series
from tests.identities.worlds import examples

REVALUED = ("supply_yield", "delta", "basis", "funding")


def moved_rows(record):
    """Rows after the first at which money came or went, and enough of it stayed to be measured."""
    equity = record.equity
    large = (equity[1:] > 0.01 * equity[0]) & (equity[:-1] > 0.01 * equity[0])
    return np.flatnonzero((record.flows[1:] != 0.0) & large) + 1


def shares(record):
    return record.equity / record.nav_per_share


@examples(40)
@given(flowing(scenarios=("hold",), hedge_allocation=AT_HOME))
def test_a_flow_alone_does_not_move_the_value_of_a_share(world):
    record = world.run()

    for row in moved_rows(record):
        before = (record.equity[row] - record.flows[row]) / shares(record)[row - 1]
        assert record.nav_per_share[row] == pytest.approx(before, rel=1e-12)


@examples(40)
@given(flowing(scenarios=FREE, market={"basis": 0.0}))
def test_where_trading_is_free_and_at_the_mark_investing_a_flow_does_not_either(world):
    record = world.run()

    for row in moved_rows(record):
        before = (record.equity[row] - record.flows[row]) / shares(record)[row - 1]
        assert record.nav_per_share[row] == pytest.approx(before, rel=1e-12)


@examples(40)
@given(flowing(scenarios=(), hedge_allocation=AT_HOME, market={"basis": 0.0}))
def test_what_a_flow_costs_takes_the_same_from_every_share_that_is_there(world):
    record = world.run()

    for row in moved_rows(record):
        earned = sum(record.attribution[name][row] for name in REVALUED)
        cost = -sum(record.attribution[name][row] for name in COSTS)
        before = record.equity[row - 1] + earned
        deposited, fast = before_acting(record, row)
        bearing = before + deposited - fast
        nav = before / shares(record)[row - 1]
        expected = nav * (1.0 - cost / bearing)
        assert record.nav_per_share[row] == pytest.approx(expected, rel=1e-11)


def before_acting(record, row):
    """What came in, and what was paid from cash that lay ready, before anything was decided."""
    deposited = paid = 0.0
    for event in events(record, row=row):
        if event.event_type is EventType.DECISION:
            break
        if event.event_type is EventType.DEPOSIT:
            deposited += event.amount
        if event.event_type is EventType.WITHDRAWAL:
            paid -= event.amount
    return deposited, paid


def test_a_deposit_into_a_gain_buys_shares_at_what_they_are_worth():
    # 100 grow to 125 in the index; 25 more buy 20 shares of 1.25 each. Then nothing moves.
    still = still_world("pure_lending", "USDT", [(6, 0.25)], rows=8, capital=100.0)
    name = series.liquidity_index("USDT")
    index = still.frame.values(name) * np.repeat([1.0, 1.25], [3, 5])

    record = with_series(still, {name: index}).run()

    assert record.nav_per_share[[2, 3, 6, 7]] == pytest.approx([1.0, 1.25, 1.25, 1.25], rel=1e-12)
    assert shares(record)[[5, 7]] == pytest.approx([100.0, 120.0], rel=1e-12)


@pytest.mark.parametrize("flow", [0.5, -0.3])
@pytest.mark.parametrize(
    ("mode", "keys"), [("btc_basis", {"hedge_allocation": AT_HOME}), ("pure_lending", {})]
)
def test_what_a_flow_costs_is_written_in_the_events_of_its_decision(mode, keys, flow):
    world = still_world(mode, "USDT", [(10, flow)], scenarios=(), **keys)

    record = world.run()

    name = "deposit" if flow > 0.0 else "withdrawal"
    prices = world.frame.unit_prices[10]
    column = {str(x): i for i, x in enumerate(world.frame.universe.instruments)}
    told = sum(
        quantity * prices[column[line]]
        for event in events(record, row=10)
        if event.trigger == name
        for line, quantity, cause in event.details.get("movements", ())
        if cause in COSTS
    )
    assert told < 0.0
    assert told == pytest.approx(sum(record.attribution[x][10] for x in COSTS), rel=1e-9)
    assert told == pytest.approx(record.equity[10] - record.equity[9] - record.flows[10], rel=1e-6)
