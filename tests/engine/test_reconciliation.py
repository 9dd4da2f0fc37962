"""A venue whose book is off by a hair stops the backtest at the first comparison after it."""

import numpy as np
import pytest

from basis_lab.domain.events import EventType
from basis_lab.domain.instructions import PerpTrade
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.engine.clock import Clock
from basis_lab.errors import ReconciliationError
from basis_lab.execution.venues.simulated.exchange import SimulatedExchange
from tests.identities.worlds import Market, World, load_basis, load_lending, make_frame

HAIR = 3e-9
ROWS = 200
MARGIN = Instrument("binance", Kind.MARGIN, "USDT")
CASH = Instrument("binance", Kind.TOKEN, "USDT")


def held_world(rows=ROWS):
    """A hedge that is entered at the first row and then left alone."""
    config = load_basis(hold=True)
    market = Market(seed=5, rows=rows, noise=0.002, span=0.05)
    return World(config=config, frame=make_frame(config, market), capital=100_000.0)


def run_to_the_end(engine, after_window=lambda _: None):
    """Step through a run, and let a test do something after every window."""
    for window in engine.loop().steps():
        after_window(window)


def lose_a_hair(engine):
    exchange = engine.components.exchanges["binance"]
    exchange.credit(MARGIN, HAIR * exchange.balances()[MARGIN])


class OffByAHair(SimulatedExchange):
    """An exchange that loses a hair of its margin cash with every perp order."""

    def submit(self, instruction, market):
        done = super().submit(instruction, market)
        if isinstance(instruction, PerpTrade):
            self.credit(MARGIN, -HAIR * self.balances()[MARGIN])
        return done


def engine_off_by_a_hair():
    engine = held_world().engine()
    engine.components.exchanges["binance"].__class__ = OffByAHair
    return engine


def test_a_hair_lost_in_an_instruction_is_found_before_the_next_one():
    engine = engine_off_by_a_hair()

    with pytest.raises(ReconciliationError) as found:
        run_to_the_end(engine)

    error = found.value
    assert error.comparison == "instruction 3 (PerpTrade at binance), 2024-06-01T00:00:00Z"
    assert (error.venue, error.instrument) == ("binance", str(MARGIN))
    assert error.expected == pytest.approx(30_000.0, abs=1e-6)
    assert error.actual == pytest.approx(error.expected * (1.0 - HAIR), rel=1e-12)


def test_the_event_of_an_instruction_is_written_before_the_books_are_compared():
    engine = engine_off_by_a_hair()

    with pytest.raises(ReconciliationError):
        run_to_the_end(engine)

    traded, failed = engine.components.event_logger.entries[-2:]
    assert (traded.event_type, traded.instrument) == (EventType.TRADE, "binance:perp:BTCUSDT")
    assert failed.event_type is EventType.RECONCILIATION_FAILED


@pytest.mark.parametrize("stride", [1, 10, 64])
def test_a_hair_lost_long_after_the_last_trade_stops_the_next_window(stride):
    engine = held_world().engine(Clock(stride))
    lost_at = []

    def lose_once(window):
        if window.stop > 120 and not lost_at:
            lose_a_hair(engine)
            lost_at.append(window.stop)

    with pytest.raises(ReconciliationError) as found:
        run_to_the_end(engine, lose_once)

    times = engine.data_provider.made.times
    first = lost_at[0]
    last = min(first + stride, ROWS) - 1
    assert found.value.comparison == f"window {times[first]}Z to {times[last]}Z"
    assert found.value.instrument == str(MARGIN)
    assert found.value.actual / found.value.expected - 1.0 == pytest.approx(HAIR, rel=0.01)


def test_a_hair_lost_after_the_last_window_is_found_at_the_end():
    engine = held_world().engine()

    def lose_at_the_end(window):
        if window.stop == ROWS:
            lose_a_hair(engine)

    with pytest.raises(ReconciliationError) as found:
        run_to_the_end(engine, lose_at_the_end)

    assert found.value.comparison == "end of the run"


def test_a_hair_lost_before_the_entry_stops_the_first_window():
    engine = held_world().engine()
    loop = engine.loop()
    engine.components.exchanges["binance"].credit(CASH, HAIR * 100_000.0)

    with pytest.raises(ReconciliationError) as found:
        next(loop.steps())

    assert found.value.comparison == "window 2024-06-01T00:00:00Z to 2024-06-01T00:00:00Z"
    assert (found.value.expected, found.value.instrument) == (100_000.0, str(CASH))


def test_a_hair_of_a_coin_on_chain_is_found_as_well():
    config = load_lending("USDT", costs=False)
    frame = make_frame(config, Market(seed=1, rows=60))
    engine = World(config=config, frame=frame, capital=1e5).engine(Clock(10))
    token = Instrument("wallet", Kind.TOKEN, "USDT")

    def find_a_coin(window):
        if window.start <= 20 < window.stop:
            engine.components.wallet.credit(token, HAIR * 1e5)

    with pytest.raises(ReconciliationError) as found:
        run_to_the_end(engine, find_a_coin)

    assert (found.value.venue, found.value.instrument) == ("wallet", str(token))
    assert (found.value.expected, found.value.actual) == (0.0, HAIR * 1e5)


def test_a_difference_that_is_rounding_stops_nothing():
    engine = held_world().engine(Clock(10))

    for _ in engine.loop().steps():
        exchange = engine.components.exchanges["binance"]
        exchange.credit(MARGIN, 1e-12 * exchange.balances()[MARGIN])

    assert engine.components.reconciliation_component.health() == ""
    assert 0.0 < engine.components.reconciliation_component.last.worst_difference < 1e-4


def test_a_failed_comparison_makes_the_engine_unhealthy():
    engine = held_world().engine()
    loop = engine.loop()
    engine.components.exchanges["binance"].credit(CASH, HAIR * 100_000.0)

    with pytest.raises(ReconciliationError):
        next(loop.steps())

    health = engine.get_status().health
    assert health.overall_status == "unhealthy"
    assert health.components["reconciliation_component"] == "1 failed comparisons"
    assert np.isnan(loop.recorder.attribution["funding"]).all()
