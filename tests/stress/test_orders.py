"""An ordered exit: it comes first, empties the book, and nothing is entered after it."""

import numpy as np
import pytest

from basis_lab.config.loader import load_config
from basis_lab.domain.events import EventType
from basis_lab.domain.stress import ExitOrder, exit_order
from basis_lab.engine.clock import Clock
from tests.builders import hours
from tests.flows.money import configured, events, held, payments
from tests.identities.worlds import Market
from tests.stress.trials import STILL, closure, order, stressed_world

CALM = Market(seed=1, rows=60, **STILL)


def decisions(record):
    return [(x.row, x.trigger, x.details["action"]) for x in events(record, EventType.DECISION)]


@pytest.mark.parametrize("stride", [1, "auto"])
@pytest.mark.parametrize("scenarios", [("frictionless",), ("frictionless", "hold"), ()])
def test_an_ordered_exit_sells_spot_closes_shorts_brings_cash_home_and_stays_out(stride, scenarios):
    config = load_config("btc_basis", scenarios=scenarios)

    record = stressed_world(config, CALM, 100_000.0, actions=[order("+20h")]).run(Clock(stride))

    ordered = [x for x in decisions(record) if x[1] == "ordered_exit"]
    assert ordered[0] == (20, "ordered_exit", "exit_full")
    assert [x for x in decisions(record) if x[0] > 20 and x[1] != "ordered_exit"] == []
    for line in ("binance:token:BTC", "binance:perp:BTCUSDT", "okx:perp:BTCUSDT"):
        assert held(record, line)[19] != 0.0
        assert held(record, line)[20:] == pytest.approx(np.zeros(40), abs=1e-5)  # less than a lot
    assert held(record, "binance:token:USDT")[-1] == pytest.approx(record.equity[-1], rel=1e-4)


@pytest.mark.parametrize("currency", ["USDT", "ETH"])
def test_an_ordered_exit_withdraws_all_that_is_lent(currency):
    config = load_config("pure_lending", share_class=currency, scenarios=["frictionless"])

    record = stressed_world(config, CALM, 1_000.0, actions=[order("+20h")]).run()

    token = "WETH" if currency == "ETH" else "USDT"
    assert held(record, f"aave_v3:atoken:{token}")[19] > 0.0
    assert held(record, f"aave_v3:atoken:{token}")[20:] == pytest.approx(np.zeros(40), abs=1e-9)
    assert held(record, f"wallet:token:{currency}")[-1] == pytest.approx(record.equity[-1])
    assert [x[:2] for x in decisions(record)] == [(0, "entry"), (20, "ordered_exit")]


def test_an_ordered_exit_waits_for_a_closed_pool():
    config = load_config("pure_lending", share_class="USDT", scenarios=["frictionless"])

    record = stressed_world(
        config,
        CALM,
        1_000.0,
        actions=[order("+20h")],
        closures=[closure("aave_v3", at="+15h", duration=20.0)],
    ).run()

    assert [x[:2] for x in decisions(record)] == [(0, "entry"), (35, "ordered_exit")]


def test_an_exit_ordered_before_the_entry_could_be_made_leaves_it_undone():
    config = load_config("btc_basis", scenarios=["frictionless"])

    record = stressed_world(
        config,
        CALM,
        100_000.0,
        actions=[order("+20h")],
        closures=[closure("binance", at="+0h", duration=30.0)],
    ).run()

    assert decisions(record) == []
    assert record.equity.tolist() == [100_000.0] * 60


def test_who_asks_for_money_after_the_exit_is_paid_and_who_brings_some_is_not_invested():
    config = configured("btc_basis", "USDT", [(30, -0.25), (40, 0.5), (50, -0.5)])

    record = stressed_world(config, CALM, 100_000.0, actions=[order("+20h")]).run()

    assert payments(record) == [(30, pytest.approx(25_000.0)), (50, pytest.approx(50_000.0))]
    assert held(record, "binance:token:BTC")[20:].tolist() == [0.0] * 40
    assert record.equity[-1] == pytest.approx(75_000.0)


def test_an_order_outside_the_run_does_nothing():
    config = load_config("btc_basis", scenarios=["frictionless"])

    record = stressed_world(config, CALM, 100_000.0, actions=[order("+90h")]).run()

    assert {x[1] for x in decisions(record)} == {"entry"}


def test_of_several_orders_the_first_counts():
    orders = (order("+9h", "queue"), order("+5h", "swap"), order("+90h"))

    assert exit_order(orders, hours(20)) == ExitOrder(row=5, route="swap")


def test_the_route_of_an_order_is_the_side_of_its_trigger():
    config = load_config("pure_lending", share_class="USDT", scenarios=["frictionless"])

    record = stressed_world(config, CALM, 1_000.0, actions=[order("+20h", "queue")]).run()

    (told,) = [x for x in events(record, EventType.TRIGGER) if x.trigger == "ordered_exit"]
    assert told.details["side"] == "queue"
