"""Gas that is dear for small capital: what cannot be paid waits, and the run goes on."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from basis_lab.domain import series
from basis_lab.domain.events import EventType
from basis_lab.domain.flows import FlowParameters
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.engine.clock import Clock
from basis_lab.errors import ExecutionError, GasDebtLimitError
from basis_lab.strategies.base import ORDERED_EXIT
from basis_lab.strategies.gas_guard import GasGuard
from basis_lab.strategies.manager import StrategyManager
from tests.flows.money import events, with_series
from tests.identities.staked import STAKED, load_staked
from tests.identities.worlds import (
    HOUR,
    START,
    ClockedEngine,
    Market,
    RandomClock,
    Staking,
    World,
    examples,
    files_of,
    make_frame,
    markets,
    staked_worlds,
)
from tests.stress.trials import order

NATIVE = Instrument("wallet", Kind.TOKEN, "ETH")
SMALL = {"ETH": 3.0, "USDT": 8_000.0}
TIMEOUT = 24  # rows after which a trigger is asked again


@st.composite
def dear_worlds(draw) -> World:
    """A mode that stakes, little capital, and some dear days after a cheap entry."""
    made = draw(markets((60, 150)))
    world = draw(staked_worlds(made, costs=True, hold=False))
    rows = st.integers(1, made.rows - 2)
    flows = tuple(
        FlowParameters(
            at=str(START + (made.first_hour + draw(rows)) * HOUR), amount=amount, unit="capital"
        )
        for amount in (draw(st.floats(-0.3, -0.05)), draw(st.floats(0.01, 0.5)))
    )
    world = replace(world, config=replace(world.config, flows=flows))
    least = SMALL[world.config.share_class.currency]
    world = replace(world, capital=least * draw(st.floats(1.0, 3.0)))
    first = draw(st.integers(1, 40))
    length = draw(st.integers(10, 100))
    return with_gas(world, draw(st.floats(50.0, 2_000.0)), first, first + length)


def with_gas(world: World, dear: float, first: int, stop: int) -> World:
    """Gas at 1 gwei, dear from a row to another."""
    gas = np.full(world.frame.rows, 1.0)
    gas[first:stop] = dear
    return with_series(world, {series.GAS_PRICE: gas})


@dataclass
class Fearless:
    """A guard that notes what the real one says, and lets everything pass."""

    real: GasGuard
    said: list[bool] = field(default_factory=list)

    def affords(self, view, decision) -> bool:
        self.said.append(self.real.affords(view, decision))
        return True


class FearlessEngine(ClockedEngine):
    """The engine without a guard: the wallet itself refuses."""

    guard: Fearless

    def prepare(self, start, end, stride="auto"):
        loop = super().prepare(start, end, stride)
        self.guard = Fearless(loop.components.gas_guard)
        manager = StrategyManager(
            loop.components.strategy_manager.strategy,
            hold=self.config.hold,
            plan_timeout_rows=TIMEOUT,
            gas=self.guard,
        )
        loop.components = replace(loop.components, strategy_manager=manager)
        return loop


@examples(80)
@given(dear_worlds())
def test_what_the_guard_lets_pass_is_what_the_wallet_pays(world):
    engine = FearlessEngine(world, Clock("auto"))
    refused = False
    times = world.frame.times

    try:
        engine.run_backtest(times[0], times[-1], run_id="world")
    except ExecutionError as error:
        assume(engine.guard.said and isinstance(error.__cause__, GasDebtLimitError))
        refused = True

    passed = engine.guard.said[:-1] if refused else engine.guard.said
    assert all(passed)
    assert not (refused and engine.guard.said[-1])


@examples(60)
@given(world=dear_worlds(), seed=st.integers(0, 2**32 - 1))
def test_a_run_with_dear_gas_ends_within_its_debt_whatever_the_windows(world, seed):
    record = world.run()

    native = record.quantities[:, record.frame.universe.column(NATIVE)]
    most = world.config.costs.gas_debt_limit * record.equity.max()
    if world.config.share_class.currency != "ETH":
        most /= world.frame.values(series.spot("binance", "ETH")).min()
    assert native.min() >= -most
    longest = files_of(record)
    assert files_of(world.run(Clock(1))) == longest
    assert files_of(world.run(RandomClock(seed, 60))) == longest


def waits(record) -> list[tuple[int, str]]:
    """Rows at which something had to wait for cheaper gas."""
    return [
        (x.row, x.trigger)
        for x in events(record, EventType.TRIGGER)
        if "gas" in str(x.details.get("action"))
    ]


def decisions(record, trigger: str) -> list[int]:
    return [x.row for x in events(record, EventType.DECISION) if x.trigger == trigger]


def still_world(mode: str, **asked) -> World:
    """No price moves; gas is dear in rows 10 to 59; ``asked`` are flows or actions."""
    config = replace(load_staked(mode, costs=True, exit_route="queue"), **asked)
    still = {"span": 0.0, "noise": 0.0, "jumps": 0, "basis": 0.0, "funding": 0.0, "wick": 0.0}
    staking = Staking(discount=0.0)
    market = Market(seed=1, rows=220, growth=0.0, staking=staking, **still)
    capital = SMALL[config.share_class.currency]
    world = World(config=config, frame=make_frame(config, market), capital=capital)
    return with_gas(world, 2_000.0, 10, 60)


# The queue brings no ETH that could pay gas, and pays after five days. What is asked for at row
# 20 is asked for again every 24 rows.


@pytest.mark.parametrize("mode", STAKED)
def test_a_withdrawal_waits_for_cheaper_gas_and_is_paid_then(mode):
    flow = FlowParameters(at=str(START + 20 * HOUR), amount=-0.5, unit="capital")

    record = still_world(mode, flows=(flow,)).run()

    assert [x for x in waits(record) if x[1] == "withdrawal"] == [
        (20, "withdrawal"),
        (44, "withdrawal"),
    ]
    assert decisions(record, "withdrawal")[0] == 68
    assert record.equity[-1] < 0.6 * record.equity[0]


@pytest.mark.parametrize("mode", STAKED)
def test_an_ordered_exit_waits_for_cheaper_gas_and_is_carried_out_then(mode):
    record = still_world(mode, actions=(order("+20h", "queue"),)).run()

    assert [x for x in waits(record) if x[1] == ORDERED_EXIT] == [
        (20, ORDERED_EXIT),
        (44, ORDERED_EXIT),
    ]
    assert decisions(record, ORDERED_EXIT)[0] == 68
