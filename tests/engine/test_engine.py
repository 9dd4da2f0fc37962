"""What the engine refuses, what it says of itself, and how it stops."""

from dataclasses import replace

import numpy as np
import pytest

from basis_lab.config.loader import load_config
from basis_lab.data.catalogue import default_store
from basis_lab.data.provider import DataProvider
from basis_lab.engine.compose import blueprint_of, universe_of
from basis_lab.engine.engine import EventDrivenStrategyEngine
from basis_lab.errors import EngineError, StrategyError, UnhealthyError
from basis_lab.results.result import RunResult
from tests.identities.worlds import (
    FrameProvider,
    Market,
    World,
    files_of,
    load_basis,
    load_lending,
    make_frame,
)

START, END = np.datetime64("2024-06-01"), np.datetime64("2024-06-08")
CAPITAL = 100_000.0


def provider(config, **proxies):
    return DataProvider(
        default_store(),
        blueprint_of(config).requirements,
        universe_of(config),
        proxies=proxies,
        allow_derived=(),
    )


def sample_engine(config=None, capital=CAPITAL):
    config = load_basis(costs=True) if config is None else config
    return EventDrivenStrategyEngine(
        config, "backtest", provider(config), capital, config.share_class.name
    )


@pytest.mark.parametrize("capital", [0.0, -1.0, float("nan"), float("inf")])
def test_a_capital_that_is_no_number_above_zero_is_refused(capital):
    with pytest.raises(EngineError) as refused:
        sample_engine(capital=capital)

    assert refused.value.where == "initial_capital"


@pytest.mark.parametrize("share_class", ["ETH", "BTC", ""])
def test_another_share_class_than_the_configured_one_is_refused(share_class):
    config = load_basis()

    with pytest.raises(EngineError) as refused:
        EventDrivenStrategyEngine(config, "backtest", provider(config), CAPITAL, share_class)

    assert (refused.value.where, refused.value.value) == ("share_class", share_class)


def test_an_execution_mode_that_does_not_exist_is_refused():
    config = load_basis()

    with pytest.raises(EngineError) as refused:
        EventDrivenStrategyEngine(config, "dream", provider(config), CAPITAL, "USDT")

    assert refused.value.where == "execution_mode"


def test_an_engine_runs_once():
    engine = sample_engine()
    engine.run_backtest(START, END)

    with pytest.raises(EngineError, match="runs once"):
        engine.run_backtest(START, END)


def test_a_component_that_is_not_ready_is_named_before_anything_is_read():
    config = load_lending("USDT", costs=True)
    blind = replace(config, risk=replace(config.risk, enabled_risk_types=("margin_ratio",)))
    engine = sample_engine(blind)

    with pytest.raises(UnhealthyError, match="risk_monitor: margin_ratio is watched"):
        engine.run_backtest(START, END)

    assert engine.components.event_logger.entries == ()
    assert not engine.components.position_monitor.book.quantities.any()


def test_before_a_run_the_engine_says_that_it_is_ready():
    status = sample_engine().get_status()

    assert (status.mode, status.share_class) == ("btc_basis", "USDT")
    assert status.execution_mode == "backtest"
    assert (status.is_running, status.current_timestamp) == (False, "")
    assert status.health.overall_status == "healthy"
    assert status.health.summary == f"{len(status.health.components)} components healthy"


def test_during_a_run_the_engine_says_where_it_is():
    engine = sample_engine()
    seen = []

    engine.run_backtest(
        START, END, stride=48, progress=lambda done, _: seen.append((engine.get_status(), done))
    )

    assert all(status.is_running for status, _ in seen)
    times = np.arange(START, END + np.timedelta64(1, "h"), np.timedelta64(1, "h"))
    reached = [str(times[min(done, len(times) - 1)]) for _, done in seen]
    assert [status.current_timestamp[:13] for status, _ in seen] == [x[:13] for x in reached]


def test_after_a_run_the_engine_is_at_its_end():
    engine = sample_engine()

    engine.run_backtest(START, END)

    status = engine.get_status()
    assert (status.is_running, status.current_timestamp) == (False, "2024-06-08T00:00:00Z")


def test_a_strategy_that_fails_leaves_no_engine_running():
    engine = sample_engine()

    def fail(_done, _total):
        raise StrategyError("stopped by a test")

    with pytest.raises(StrategyError):
        engine.run_backtest(START, END, progress=fail)

    assert not engine.get_status().is_running


def interrupted(after, stride=20):
    """A run whose user gives up once some rows are done."""

    def give_up(done, _total):
        if done >= after:
            raise KeyboardInterrupt

    return sample_engine().run_backtest(START, END, stride=stride, progress=give_up)


@pytest.mark.parametrize("stride", [1, 20])
def test_an_interrupted_run_keeps_what_was_finished(stride):
    whole = sample_engine().run_backtest(START, END, stride=stride)

    record = interrupted(60, stride)

    assert record.identity.status == "stopped"
    rows = record.rows
    assert 60 <= rows < whole.rows
    np.testing.assert_array_equal(record.equity, whole.equity[:rows])
    np.testing.assert_array_equal(record.quantities, whole.quantities[:rows])
    for kind in ("attribution", "exposure", "risk"):
        for name, column in getattr(record, kind).items():
            np.testing.assert_array_equal(column, getattr(whole, kind)[name][:rows])


def test_the_files_of_an_interrupted_run_can_be_written_and_read():
    record = interrupted(60)

    summary = RunResult.of_record(record).summary

    assert (summary["status"], summary["timesteps"]) == ("stopped", record.rows)
    assert files_of(record)["hourly_pnl.csv"].count(b"\n") == record.rows + 1


@pytest.mark.parametrize("stride", [1, 20, "auto"])
def test_an_interrupt_inside_a_window_leaves_the_windows_before_it(stride):
    config = load_basis(costs=True, position_deviation_threshold=0.02)
    market = Market(seed=3, rows=200, noise=0.02, span=0.4)
    world = World(config=config, frame=make_frame(config, market), capital=CAPITAL)
    whole = world.run()
    acted = [row for row in range(10, 200) if trades_at(whole, row)]
    engine = EventDrivenStrategyEngine(
        config, "backtest", FrameProvider(world.frame), CAPITAL, "USDT"
    )
    reconciliation = engine.components.reconciliation_component
    reconciliation.reconcile = interrupting(reconciliation.reconcile, acted[0], world.frame.times)

    record = engine.run_backtest(world.frame.times[0], world.frame.times[-1], stride=stride)

    assert record.identity.status == "stopped"
    assert record.rows <= acted[0]
    np.testing.assert_array_equal(record.equity, whole.equity[: record.rows])
    np.testing.assert_array_equal(record.quantities, whole.quantities[: record.rows])


def test_an_interrupt_before_the_first_window_has_ended_is_passed_on():
    engine = sample_engine()
    reconciliation = engine.components.reconciliation_component
    times = np.array([START], dtype="datetime64[s]")
    reconciliation.reconcile = interrupting(reconciliation.reconcile, 0, times)

    with pytest.raises(KeyboardInterrupt):
        engine.run_backtest(START, END)

    assert not engine.get_status().is_running


def trades_at(record, row):
    return not np.array_equal(record.quantities[row], record.quantities[row - 1]) and bool(
        record.attribution["fee"][row]
    )


def interrupting(reconcile, row, times):
    """Compare books until an instruction at a row, where the user presses the keys."""

    def compare(comparison):
        if comparison.startswith("instruction") and str(times[row]) in comparison:
            raise KeyboardInterrupt
        reconcile(comparison)

    return compare


def test_a_run_of_one_hour_is_its_own_start_and_end():
    record = sample_engine().run_backtest(START, START)

    assert record.rows == 1
    assert record.equity[0] == CAPITAL
    assert "the run never held a position" in record.warnings


def test_a_run_on_the_sample_says_that_nothing_of_it_is_history():
    record = sample_engine().run_backtest(START, END)

    assert record.warnings == ("made from synthetic sample data: nothing here is market history",)


def test_proxies_are_told_whether_they_were_used_or_not():
    config = load_config(
        "btc_basis", overrides={"strategy.hedge_allocation": {"binance": 0.5, "okx": 0.5}}
    )
    source = provider(config, okx="bybit", bybit="binance")
    engine = EventDrivenStrategyEngine(config, "backtest", source, CAPITAL, "USDT")

    record = engine.run_backtest(START, END)

    told = " ".join(record.warnings)
    assert "data.proxies names bybit, which this run does not use" in told
    assert "proxied: bybit stands for okx" in told


class Endless:
    """A strategy that always has one more stage, though nothing is on its way."""

    def __init__(self, inner):
        self.inner = inner
        self.treasury, self.reserve = inner.treasury, inner.reserve
        self.reserve_ratio, self.universe = inner.reserve_ratio, inner.universe
        self.target, self.triggers = inner.target, inner.triggers
        self.risk_triggers = inner.risk_triggers

    def decide(self, view, reason):
        return replace(self.inner.decide(view, reason), instructions=(), then="again")

    def proceed(self, view, plan):
        return self.decide(view, plan.reason)


def test_a_plan_without_an_end_is_stopped():
    config = load_lending("USDT", costs=False)
    engine = sample_engine(config)
    manager = engine.components.strategy_manager
    manager.strategy = Endless(manager.strategy)

    with pytest.raises(StrategyError, match="does not come to an end"):
        engine.run_backtest(START, END)
