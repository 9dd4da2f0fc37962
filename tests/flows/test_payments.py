"""What is asked for is paid, or waits in the queue and says so; what comes in is invested."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from basis_lab.domain import series
from basis_lab.domain.events import EventType
from tests.flows.money import (
    ABROAD,
    AT_HOME,
    BASIS,
    COSTS,
    LENDING,
    MODES,
    configured,
    events,
    flowing,
    held,
    line,
    payments,
    still_world,
    with_series,
    withdrawals,
)
from tests.identities.worlds import World, examples, files_of, make_frame

PATIENCE = 15  # hours in which a withdrawal and a deposit have gone all their stages
TRADED = (EventType.TRADE, EventType.SUPPLY, EventType.BORROW)
IDLE = 1e-3  # share of equity


@examples(40)
@given(flowing(largest=0.9))
def test_what_was_paid_and_what_is_queued_is_what_was_granted(world):
    record = world.run()

    money = withdrawals(record)
    assert money.granted <= money.asked * (1.0 + 1e-12)
    assert money.paid + money.queued <= money.granted * (1.0 + 1e-9)
    if not emptied(record):
        assert money.paid + money.queued == pytest.approx(money.granted, rel=1e-9)
    came = sum(x.amount for x in events(record, EventType.DEPOSIT) if x.row > 0)
    assert record.flows[1:].sum() == pytest.approx(came - money.paid, abs=1e-9 * world.capital)


def emptied(record):
    """Tell if everyone left at some moment: then the costs of leaving came out of the payment."""
    return bool((record.equity <= IDLE * record.equity[0]).any())


@examples(40)
@given(flowing((30, 60), quiet=PATIENCE))
def test_a_withdrawal_that_equity_covers_is_paid_to_the_cent(world):
    record = world.run()

    money = withdrawals(record)
    assert money.granted == money.asked
    assert money.paid == pytest.approx(money.asked, rel=1e-9)
    assert money.queued == 0.0


@examples(40)
@given(flowing((30, 60), quiet=PATIENCE))
def test_a_deposit_is_invested(world):
    record = world.run()

    idle = held(record, line(world, "token"))[-1]
    assert idle <= IDLE * record.equity[-1]


# --- more than there is -----------------------------------------------------------------------


@examples(40)
@given(flowing((30, 60), quiet=PATIENCE, flows=[(-PATIENCE, -100.0)]))
def test_a_request_above_equity_pays_all_and_closes(world):
    record = world.run()

    closing = record.rows - PATIENCE
    paid = withdrawals(record).paid
    assert abs(record.equity[-1]) <= IDLE * paid
    assert not events(record, EventType.LIQUIDATION)
    done = max(row for row, _ in payments(record))
    assert done - closing <= PATIENCE
    later = [x for x in events(record, *TRADED) if x.row > done]
    assert later == []


@pytest.mark.parametrize("reserve_ratio", [0.0, 0.1])
@pytest.mark.parametrize(("mode", "currency"), MODES)
def test_once_everything_is_paid_nothing_is_decided_any_more(mode, currency, reserve_ratio):
    keys = {"hedge_allocation": AT_HOME} if (mode, currency) in BASIS else {}
    world = still_world(
        mode, currency, [(10, -5.0)], scenarios=(), reserve_ratio=reserve_ratio, **keys
    )

    record = world.run()

    assert [x.row for x in events(record, EventType.DECISION) if x.row > 10] == []


@pytest.mark.parametrize("reserve_ratio", [0.0, 0.1])
@pytest.mark.parametrize(("mode", "currency"), MODES)
def test_nobody_is_paid_more_than_there_is(mode, currency, reserve_ratio):
    keys = {"hedge_allocation": AT_HOME} if (mode, currency) in BASIS else {}
    world = still_world(
        mode, currency, [(10, -5.0)], scenarios=(), reserve_ratio=reserve_ratio, **keys
    )

    record = world.run()

    assert record.equity.min() >= -1e-9 * world.capital


@pytest.mark.parametrize("reserve_ratio", [0.0, 0.1])
@pytest.mark.parametrize(("mode", "currency"), MODES)
def test_who_leaves_last_is_paid_all_but_the_costs_of_leaving(mode, currency, reserve_ratio):
    keys = {"hedge_allocation": AT_HOME} if (mode, currency) in BASIS else {}
    world = still_world(
        mode, currency, [(10, -5.0)], scenarios=(), reserve_ratio=reserve_ratio, **keys
    )

    record = world.run()

    cost = -sum(record.attribution[x][10] for x in COSTS)
    dust = max(record.equity[10], 0.0)  # less than a lot
    assert cost > 0.0
    assert dust <= 1.0
    assert withdrawals(record).paid == pytest.approx(record.equity[9] - cost - dust, rel=1e-9)


@pytest.mark.parametrize("weights", [AT_HOME, ABROAD])
@pytest.mark.parametrize("part", [0.98, 0.99, 0.993, 0.995, 0.9965, 0.9975])
def test_a_withdrawal_that_leaves_next_to_nothing_is_paid(part, weights):
    # The entry costs 0.2 %: what is left is from 2 % down to less than leaving costs.
    world = still_world(
        "btc_basis", "USDT", [(10, -part)], scenarios=(), hedge_allocation=weights, capital=1e6
    )

    record = world.run()

    money = withdrawals(record)
    assert money.paid + money.queued == pytest.approx(part * 1e6)
    assert money.paid >= (part - 0.003) * 1e6
    assert record.equity[-1] == pytest.approx(record.equity[9] - money.paid, abs=2_500.0)
    assert [x.row for x in events(record, EventType.DECISION) if x.row > PATIENCE] == []


@pytest.mark.parametrize(("mode", "currency"), MODES)
def test_a_run_that_everyone_has_left_is_summed_up_in_numbers(mode, currency):
    keys = {"hedge_allocation": AT_HOME} if (mode, currency) in BASIS else {}
    record = still_world(mode, currency, [(10, -5.0)], **keys).run()

    summary = json.loads(files_of(record)["summary.json"], parse_constant=refused)

    assert summary["net_pnl"] == pytest.approx(0.0, abs=1e-9 * summary["initial_capital"])


def refused(constant):
    raise AssertionError(f"{constant} is no number")


@pytest.mark.parametrize(("mode", "currency"), MODES)
def test_who_comes_after_everyone_has_left_starts_anew(mode, currency):
    keys = {"hedge_allocation": AT_HOME} if (mode, currency) in BASIS else {}
    world = still_world(mode, currency, [(10, -5.0), (20, 1.0)], **keys)

    record = world.run()

    assert record.equity[-1] == pytest.approx(world.capital)
    assert np.isfinite(record.nav_per_share[20:]).all()
    assert held(record, line(world, "token"))[-1] <= IDLE * world.capital


def test_all_of_a_hedge_that_is_left_is_an_exit_in_full():
    record = still_world("btc_basis", "USDT", [(10, -1.0)], hedge_allocation=AT_HOME).run()

    decision = events(record, EventType.DECISION, row=10)[0]
    assert decision.details["action"] == "exit_full"


# --- a pool that cannot pay -------------------------------------------------------------------


def dry_pool(free, asked, currency="USDT", capital=1000.0):
    """Lend in a pool with ``free`` units to pay out by row, and ask for money at row 5."""
    token = "WETH" if currency == "ETH" else currency
    world = still_world(
        "pure_lending", currency, [(5, -asked / capital)], rows=len(free), capital=capital
    )
    borrowed = 1e6 - np.array(free)
    return with_series(
        world,
        {
            series.total_supplied(token): np.full(len(free), 1e6),
            series.total_borrowed(token): borrowed,
        },
    )


@pytest.mark.parametrize("currency", ["USDT", "ETH"])
def test_a_pool_pays_what_it_can_and_the_rest_once_borrowers_have_repaid(currency):
    free = [1000.0] * 5 + [200.0] + [0.0] * 4 + [1000.0] * 4

    record = dry_pool(free, 600.0, currency).run()

    assert payments(record) == [(5, pytest.approx(200.0)), (10, pytest.approx(400.0))]
    queued = [x.details["queued"] for x in events(record, EventType.WITHDRAWAL)[1:]]
    assert queued == [pytest.approx(400.0), 0.0]


def test_what_is_queued_stays_invested_and_earns():
    free = [1000.0] * 5 + [0.0] * 5 + [1000.0] * 4
    still = dry_pool(free, 600.0)
    name = series.liquidity_index("USDT")
    world = with_series(still, {name: still.frame.values(name) * np.repeat([1.0, 1.1], [8, 6])})

    record = world.run()

    # All 1000 grow by a tenth; the investor is paid the 600 that were asked for.
    assert record.equity[[5, 8, 9]] == pytest.approx([1000.0, 1100.0, 1100.0])
    assert payments(record) == [(10, pytest.approx(600.0))]
    assert record.nav_per_share[-1] == pytest.approx(1.1)
    assert record.equity[-1] == pytest.approx(500.0)


def test_a_queue_that_is_never_served_is_said_to_the_end():
    record = dry_pool([1000.0] * 5 + [0.0] * 9, 600.0).run()

    money = withdrawals(record)
    assert (money.granted, money.paid, money.queued) == (600.0, 0.0, 600.0)
    assert record.equity[-1] == pytest.approx(1000.0)


def test_a_deposit_pays_who_waits_before_it_is_invested():
    free = [1000.0] * 5 + [0.0] * 9
    waiting = dry_pool(free, 600.0)
    config = configured("pure_lending", "USDT", [(5, -0.6), (8, 0.7)])
    world = World(config=config, frame=waiting.frame, capital=1000.0)

    record = world.run()

    assert payments(record) == [(8, pytest.approx(600.0))]
    assert held(record, line(world, "token"))[-1] == pytest.approx(0.0, abs=1e-9)
    assert record.equity[-1] == pytest.approx(1100.0)


@pytest.mark.parametrize(("mode", "currency"), LENDING)
def test_two_requests_of_one_hour_are_granted_in_their_order(mode, currency):
    record = still_world(mode, currency, [(5, -0.7), (5, -0.7)], capital=1000.0).run()

    requests = [x for x in events(record, EventType.WITHDRAWAL) if x.status == "REQUESTED"]
    assert [x.details["granted"] for x in requests] == [
        pytest.approx(700.0),
        pytest.approx(300.0),
    ]


def test_a_return_after_everyone_left_goes_on_at_the_last_price_of_a_share():
    still = still_world("pure_lending", "USDT", [(10, -5.0), (20, 0.5)])
    growing = make_frame(still.config, replace(still.market, growth=1e-4))

    record = replace(still, frame=growing).run()

    nav = record.nav_per_share
    assert nav[12] == nav[19] > 1.0
    assert nav[20] == pytest.approx(nav[19], rel=1e-9)
    assert nav[-1] > nav[20]


def test_a_deposit_too_small_for_its_gas_waits_and_the_run_goes_on():
    world = still_world(
        "pure_lending", "USDT", [(10, -0.9999), (12, 0.00005)], scenarios=(), capital=1e6
    )

    record = world.run()

    assert record.rows == len(record.equity)
    assert [x.row for x in events(record, EventType.DECISION) if x.row >= 12] == []
