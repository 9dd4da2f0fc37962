"""Venues that close: what they refuse, what waits, what goes on, and what a default takes."""

from dataclasses import replace

import numpy as np
import pytest

from basis_lab.config.loader import load_config
from basis_lab.data.shocks import stressed
from basis_lab.domain import series
from basis_lab.domain.events import EventType
from basis_lab.domain.instructions import (
    Borrow,
    PerpTrade,
    Repay,
    SpotTrade,
    Status,
    Supply,
    Withdraw,
)
from basis_lab.domain.market import MarketFrame
from basis_lab.domain.statements import Loss
from basis_lab.engine.clock import Clock
from basis_lab.errors import VenueClosedError
from tests.builders import (
    balances,
    exchange,
    key,
    lending_frame,
    lending_pool,
    perp_frame,
    reserve,
)
from tests.execution.test_chain import wallet
from tests.execution.test_transfers import AWAY, HOME, SLOW, network, send
from tests.flows.money import configured, events, held, payments, still_world, withdrawals
from tests.identities.worlds import HOUR, START, Market
from tests.stress.trials import STILL, closure, shock, stressed_world

OF_THE_LOAN = {"token": key("wallet:token:USDT"), "venue": "aave_v3"}
LINES = {"atoken": key("aave_v3:atoken:USDT"), "debt": key("aave_v3:debt:USDT")}


def closed(frame: MarketFrame, venue: str, first: int, last: int, **lost: int) -> MarketFrame:
    """The frame with a venue closed from a row to another; lost from a row on."""
    rows = np.arange(frame.rows)
    status = {series.venue_open(venue): np.where((rows >= first) & (rows <= last), 0.0, 1.0)}
    if lost:
        status[series.venue_solvent(venue)] = np.where(rows >= lost["lost"], 0.0, 1.0)
    return replace(frame, series={**frame.series, **status})


def short(quantity: float = -1.0) -> PerpTrade:
    return PerpTrade(
        venue="binance", perp=key("binance:perp:BTCUSDT"), quantity=quantity, max_slippage=0.0
    )


# --- what a venue refuses ---------------------------------------------------------------------


def test_a_closed_exchange_refuses_orders_and_takes_them_again_when_it_opens():
    venue = exchange("binance:token:USDT 1000\nbinance:margin:USDT 1000")
    market = closed(perp_frame([100.0] * 4), "binance", 1, 2)
    buy = SpotTrade(
        venue="binance",
        base=key("binance:token:BTC"),
        quote=key("binance:token:USDT"),
        quantity=1.0,
        max_slippage=0.0,
    )

    refused = [venue.submit(order, market.at(row)) for order in (buy, short()) for row in (1, 2)]
    filled = [venue.submit(order, market.at(row)) for order, row in ((buy, 0), (short(), 3))]

    assert {x.status for x in refused} == {Status.REJECTED}
    assert all(isinstance(x.error, VenueClosedError) for x in refused)
    assert {x.status for x in filled} == {Status.FILLED}


def test_funding_and_liquidation_happen_at_a_closed_exchange():
    market = closed(perp_frame([100.0, 100.0, 100.0, 250.0], rate={2: 0.01}), "binance", 1, 3)
    venue = exchange("binance:margin:USDT 100")
    venue.submit(short(), market.at(0))

    paid = venue.settle(market.window(1, 3))
    work = venue.preview(market.window(3, 4)).work_row
    done = venue.settle(market.at(3))

    assert paid == ()
    assert work == 3
    assert len(done) == 1
    assert balances(venue).get("binance:perp:BTCUSDT") is None


@pytest.mark.parametrize(
    ("source", "destination"), [(HOME, AWAY), (HOME, key("binance:margin:USDT"))]
)
def test_nothing_leaves_a_closed_exchange(source, destination):
    home, _, transfers = network(SLOW)
    market = closed(perp_frame([100.0] * 6), "binance", 0, 3)

    result = transfers.submit(send(100.0, source, destination), market.at(0))

    assert isinstance(result.error, VenueClosedError)
    assert balances(home) == {"binance:token:USDT": 1000.0}


def test_nothing_is_sent_to_a_closed_exchange():
    home, _, transfers = network(SLOW)
    market = closed(perp_frame([100.0] * 6), "bybit", 0, 3)

    result = transfers.submit(send(100.0), market.at(0))

    assert isinstance(result.error, VenueClosedError)
    assert balances(home) == {"binance:token:USDT": 1000.0}


@pytest.mark.parametrize("rows", [1, 6])
def test_what_is_on_its_way_to_an_exchange_that_closes_arrives_when_it_opens(rows):
    _, away, transfers = network(SLOW)
    market = closed(perp_frame([100.0] * 8), "bybit", 1, 4)
    transfers.submit(send(100.0), market.at(0))

    before = [transfers.preview(market.window(x, min(x + rows, 5))).work_row for x in range(1, 5)]
    work = transfers.preview(market.window(5, 8)).work_row
    transfers.settle(market.at(5))

    assert before == [None] * 4
    assert work == 5
    assert balances(away) == {"bybit:margin:USDT": 100.0}


def test_a_frozen_pool_takes_a_repayment_and_nothing_else():
    owner = wallet("wallet:token:USDT 1000\nwallet:token:ETH 1")
    place = lending_pool(owner, reserve("USDT"), debt=[reserve("USDT")])
    market = closed(lending_frame([1.0] * 4), "aave_v3", 1, 3)
    supply = Supply(**OF_THE_LOAN, atoken=LINES["atoken"], quantity=500.0)
    borrow = Borrow(**OF_THE_LOAN, debt=LINES["debt"], quantity=100.0)
    withdraw = Withdraw(**OF_THE_LOAN, atoken=LINES["atoken"], quantity=10.0)
    repay = Repay(**OF_THE_LOAN, debt=LINES["debt"], quantity=60.0)
    opened = [place.submit(x, market.at(0)).status for x in (supply, borrow)]

    refused = [place.submit(x, market.at(2)) for x in (supply, borrow, withdraw)]
    repaid = place.submit(repay, market.at(2))

    assert opened == [Status.FILLED] * 2
    assert all(isinstance(x.error, VenueClosedError) for x in refused)
    assert repaid.status is Status.FILLED


# --- a default --------------------------------------------------------------------------------


def test_a_default_takes_balances_and_positions_in_a_row_of_its_own():
    market = closed(perp_frame([100.0] * 4), "binance", 2, 3, lost=2)
    venue = exchange("binance:token:USDT 1000\nbinance:margin:USDT 100")
    venue.submit(short(), market.at(0))

    work = venue.preview(market.window(1, 4)).work_row
    (done,) = venue.settle(market.at(2))

    assert work == 2
    assert isinstance(done, Loss)
    assert {str(x) for x in done.lines} == {
        "binance:token:USDT",
        "binance:margin:USDT",
        "binance:perp:BTCUSDT",
        "binance:contracts:BTCUSDT",
    }
    assert balances(venue) == {}
    assert venue.preview(market.window(3, 4)).work_row is None


def test_what_is_on_its_way_to_a_venue_that_defaults_is_lost_with_it():
    _, away, transfers = network(SLOW)
    market = closed(perp_frame([100.0] * 6), "bybit", 1, 5, lost=1)
    transfers.submit(send(100.0), market.at(0))

    work = transfers.preview(market.window(1, 6)).work_row
    (done,) = transfers.settle(market.at(1))

    assert work == 1
    assert done == Loss(venue="bybit", lines=(key("bybit:in_transit:USDT"),))
    assert balances(transfers) == {}
    assert balances(away) == {}


def test_after_a_default_the_naked_shorts_elsewhere_are_bought_back():
    config = load_config("btc_basis", scenarios=["frictionless"])

    record = stressed_world(
        config,
        Market(seed=1, rows=40, **STILL),
        100_000.0,
        closures=[closure("binance", at="+20h", lost=True)],
    ).run()

    assert held(record, "okx:perp:BTCUSDT")[19] < 0.0
    assert held(record, "okx:perp:BTCUSDT")[20] == 0.0
    assert held(record, "bybit:perp:BTCUSDT")[20] == 0.0
    assert record.equity[-1] == pytest.approx(0.6 * 0.3 * 100_000.0, rel=1e-9)
    (loss,) = events(record, EventType.LIQUIDATION)
    assert (loss.row, loss.venue, loss.details["why"]) == (20, "binance", "the venue defaulted")
    assert record.liquidations == 0


def test_a_run_that_loses_everything_goes_on_to_its_end():
    config = load_config(
        "btc_basis",
        overrides={"strategy.hedge_allocation": {"binance": 1.0}},
        scenarios=["frictionless"],
    )

    record = stressed_world(
        config,
        Market(seed=1, rows=40, **STILL),
        100_000.0,
        closures=[closure("binance", at="+20h", lost=True)],
    ).run()

    assert record.rows == 40
    assert record.equity[20:].tolist() == [0.0] * 20


# --- what waits -------------------------------------------------------------------------------


def waiting(record):
    """The decisions that were not sent: trigger, row and the venues that they wait for."""
    return [
        (x.trigger, x.row, x.details["action"])
        for x in events(record, EventType.TRIGGER)
        if str(x.details.get("action", "")).startswith("waits")
    ]


def test_an_entry_waits_until_the_exchange_opens_and_says_so_once():
    config = load_config("btc_basis", scenarios=["frictionless"])

    record = stressed_world(
        config,
        Market(seed=1, rows=40, **STILL),
        100_000.0,
        closures=[closure("binance", "okx", at="+0h", duration=10.0)],
    ).run()

    assert waiting(record) == [("entry", 0, "waits until binance, okx opens")]
    spot = held(record, "binance:token:BTC")
    assert spot[9] == 0.0
    assert spot[10] > 0.0


def test_a_stage_that_finds_its_venue_closed_waits_and_then_goes_on():
    config = load_config("btc_basis")  # with delays: margin is on its way when the venue closes

    record = stressed_world(
        config,
        Market(seed=1, rows=40, **STILL),
        100_000.0,
        closures=[closure("binance", at="+1h", duration=10.0)],
    ).run()

    assert [(name, row) for name, row, _ in waiting(record)] == [("entry", 1)]
    spot = held(record, "binance:token:BTC")
    assert spot[10] == 0.0
    assert spot[11] > 0.0
    assert held(record, "bybit:perp:BTCUSDT")[10] == 0.0
    assert held(record, "bybit:perp:BTCUSDT")[11] < 0.0


def test_a_stage_that_waits_longer_than_it_may_is_given_up():
    config = load_config("btc_basis", overrides={"strategy.plan_timeout": 5.0})

    record = stressed_world(
        config,
        Market(seed=1, rows=40, **STILL),
        100_000.0,
        closures=[closure("binance", at="+1h", duration=20.0)],
    ).run()

    assert [(name, row) for name, row, _ in waiting(record)][:2] == [("entry", 1), ("entry", 5)]
    assert held(record, "binance:token:BTC")[-1] > 0.0
    assert abs(record.exposure["net_delta_BTC"][-1]) < 0.01


def test_interest_goes_on_at_a_frozen_pool_and_a_withdrawal_stays_queued_until_it_opens():
    config = configured("pure_lending", "USDT", [(12, -0.4)])
    market = Market(seed=1, rows=40, **{**STILL, "growth": 1e-5})

    record = stressed_world(
        config, market, 100_000.0, closures=[closure("aave_v3", at="+5h", duration=20.0)]
    ).run()

    assert payments(record) == [(25, pytest.approx(40_000.0))]
    assert withdrawals(record).queued == 0.0
    assert [(name, row) for name, row, _ in waiting(record)] == [("withdrawal", 12)]
    earned = record.attribution["supply_yield"]
    index = record.frame.values(series.liquidity_index("USDT"))
    assert earned[5:25].sum() == pytest.approx(100_000.0 * (index[24] - index[4]) / index[0])


@pytest.mark.parametrize("stride", [1, "auto"])
def test_cash_at_a_closed_treasury_is_paid_when_it_opens(stride):
    config = configured("btc_basis", "USDT", [(12, -0.4)], hedge_allocation={"binance": 1.0})

    record = stressed_world(
        config,
        Market(seed=1, rows=40, **STILL),
        100_000.0,
        closures=[closure("binance", at="+5h", duration=20.0)],
    ).run(Clock(stride))

    assert payments(record) == [(25, pytest.approx(40_000.0))]


@pytest.mark.parametrize("stride", [1, "auto"])
def test_a_deposit_for_a_closed_treasury_comes_when_it_opens(stride):
    config = configured("btc_basis", "USDT", [(12, 0.5)], hedge_allocation={"binance": 1.0})

    record = stressed_world(
        config,
        Market(seed=1, rows=40, **STILL),
        100_000.0,
        closures=[closure("binance", at="+5h", duration=20.0)],
    ).run(Clock(stride))

    flows = record.flows
    assert np.flatnonzero(flows).tolist() == [0, 25] or np.flatnonzero(flows).tolist() == [25]
    assert flows[25] == pytest.approx(50_000.0)
    assert record.equity[-1] == pytest.approx(150_000.0)


def test_margin_cannot_be_moved_while_exchanges_are_closed_and_the_short_is_lost():
    config = load_config(
        "btc_basis",
        overrides={"strategy.reserve_ratio": 0.2},
        scenarios=["frictionless"],
    )
    jump = shock(value=1.6, at="+20h")
    closing = closure("binance", "bybit", "okx", at="+19h", duration=24.0)
    market = Market(seed=1, rows=60, **STILL)

    open_run = stressed_world(
        config, market, 100_000.0, shocks=[shock(value=1.36, at="+20h")]
    ).run()
    record = stressed_world(config, market, 100_000.0, shocks=[jump], closures=[closing]).run()

    assert open_run.liquidations == 0
    assert record.liquidations == 3
    assert held(record, "binance:token:BTC")[42] > 0.0  # nobody could sell the naked spot
    assert held(record, "binance:token:BTC")[43] == pytest.approx(0.0, abs=1e-12)


def test_a_closed_venue_that_a_run_does_not_touch_changes_nothing():
    world = still_world("pure_lending", "USDT", [])
    other = replace(world.config, closures=(closure("binance"),))

    assert stressed(world.frame, other.stress) is world.frame


def test_the_status_series_are_part_of_what_a_run_is_named_by():
    world = still_world("pure_lending", "USDT", [])
    under = replace(world.config, closures=(closure("aave_v3", at=f"{START + 9 * HOUR}"),))

    assert stressed(world.frame, under.stress).fingerprint != world.frame.fingerprint
