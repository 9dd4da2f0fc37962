"""The backtest service: a queue of runs, each a world of its own."""

import threading
from dataclasses import replace

import pytest

from basis_lab.engine.engine import EventDrivenStrategyEngine
from basis_lab.errors import ConfigError, DataRangeError, ReconciliationError, UsageError
from basis_lab.services.backtest import BacktestService, State
from basis_lab.services.requests import BacktestRequest

SHORT = BacktestRequest(
    mode="pure_lending", share_class="USDT", start="2024-06-01", end="2024-06-08"
)
LONG = replace(SHORT, end="2024-09-01", stride=24)
WAIT_S = 30.0


class Gate:
    """A progress callable that holds a run at its first window until it is opened."""

    def __init__(self):
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, _done, _total):
        self.reached.set()
        assert self.opened.wait(WAIT_S)


@pytest.fixture
def service():
    with BacktestService(workers=1) as opened:
        yield opened


@pytest.fixture
def held(service):
    """One request that is under way and waits, and its gate."""
    gate = Gate()
    request_id = service.submit(replace(LONG, progress=gate))
    assert gate.reached.wait(WAIT_S)
    yield request_id, gate
    gate.opened.set()


def test_a_queued_run_gives_what_a_direct_one_gives(service):
    direct = service.run(SHORT)

    queued = service.result(service.submit(SHORT), timeout_s=WAIT_S)

    assert queued.summary == direct.summary
    assert queued.events.equals(direct.events)


def test_identifiers_are_opaque_and_differ(service):
    one, two = service.submit(SHORT), service.submit(SHORT)

    assert one != two
    assert "pure_lending" not in one
    assert len(one) == 32


def test_a_request_passes_through_its_states(service, held):
    request_id, gate = held
    waiting = service.submit(SHORT)

    under_way, queued = service.status(request_id), service.status(waiting)

    assert (under_way.state, queued.state) == (State.RUNNING, State.QUEUED)
    assert (under_way.mode, under_way.share_class) == ("pure_lending", "USDT")
    gate.opened.set()
    assert service.result(waiting, timeout_s=WAIT_S).summary["status"] == "completed"
    assert [x.state for x in service.statuses()] == [State.COMPLETED, State.COMPLETED]


def test_progress_is_told_to_the_caller_and_in_the_status(service):
    told = []
    request_id = service.submit(replace(LONG, progress=lambda *rows: told.append(rows)))
    service.result(request_id, timeout_s=WAIT_S)

    status = service.status(request_id)

    assert (status.timesteps_done, status.timesteps) == told[-1] == (2_209, 2_209)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_cancelled_run_keeps_what_was_finished(service, held):
    request_id, gate = held

    service.cancel(request_id)
    gate.opened.set()
    result = service.result(request_id, timeout_s=WAIT_S)

    assert service.status(request_id).state is State.STOPPED
    assert result.summary["status"] == "stopped"
    assert 1 <= result.summary["timesteps"] < 2_209
    assert result.summary["timesteps"] == service.status(request_id).timesteps_done
    assert result.pnl["equity"].notna().all()


def test_a_request_that_is_cancelled_in_the_queue_never_runs(service, held):
    waiting = service.submit(SHORT)

    assert service.cancel(waiting).state is State.CANCELLED

    with pytest.raises(UsageError, match="has no result"):
        service.result(waiting, timeout_s=WAIT_S)
    assert held


def test_cancelling_what_has_ended_changes_nothing(service):
    request_id = service.submit(SHORT)
    service.result(request_id, timeout_s=WAIT_S)

    assert service.cancel(request_id).state is State.COMPLETED


def test_a_result_that_is_not_ready_is_refused_in_time(service, held):
    request_id, _ = held

    with pytest.raises(UsageError, match="has no result") as caught:
        service.result(request_id, timeout_s=0.0)

    assert caught.value.value == "running"


def test_a_failed_request_keeps_its_error_and_others_go_on(service, monkeypatch):
    failure = ReconciliationError(
        venue="v", instrument="i", expected=1.0, actual=2.0, tolerance=0.0, comparison="here"
    )
    whole = EventDrivenStrategyEngine.run_backtest

    def fail_once(engine, *arguments, **named):
        if engine.initial_capital == 666.0:
            raise failure
        return whole(engine, *arguments, **named)

    monkeypatch.setattr(EventDrivenStrategyEngine, "run_backtest", fail_once)
    bad, good = service.submit(replace(SHORT, capital=666.0)), service.submit(SHORT)

    with pytest.raises(ReconciliationError):
        service.result(bad, timeout_s=WAIT_S)

    assert service.status(bad).state is State.FAILED
    assert service.status(bad).error is failure
    assert service.result(good, timeout_s=WAIT_S).summary["status"] == "completed"
    assert service.status(good).error is None


def test_a_defect_fails_its_request_and_not_the_worker(service):
    def break_down(_done, _total):
        raise ZeroDivisionError

    bad = service.submit(replace(SHORT, progress=break_down))
    good = service.submit(SHORT)

    service.result(good, timeout_s=WAIT_S)

    assert service.status(bad).state is State.FAILED
    assert isinstance(service.status(bad).error, ZeroDivisionError)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"mode": "no_such_mode"}, UsageError),
        ({"overrides": {"strategy.nonsense": 1.0}}, ConfigError),
        ({"start": "June"}, UsageError),
        ({"start": "2031-01-01", "end": "2031-02-01"}, DataRangeError),
        ({"run_id": "../up"}, UsageError),
    ],
)
def test_a_request_that_cannot_run_is_refused_before_it_is_queued(service, change, error):
    with pytest.raises(error):
        service.submit(replace(SHORT, **change))

    assert service.statuses() == ()


def test_what_runs_beside_another_does_not_see_it():
    requests = [replace(SHORT, capital=10_000.0 * n) for n in range(1, 7)]
    with BacktestService(workers=3) as service:
        alone = [service.run(request).summary for request in requests]

        beside = [service.submit(request) for request in requests]
        together = [service.result(x, timeout_s=WAIT_S).summary for x in beside]

    assert together == alone


def test_every_request_gets_an_engine_and_components_of_its_own(service, monkeypatch):
    engines = []
    whole = EventDrivenStrategyEngine.run_backtest

    def note(engine, *arguments, **named):
        engines.append(engine)
        return whole(engine, *arguments, **named)

    monkeypatch.setattr(EventDrivenStrategyEngine, "run_backtest", note)
    service.run(SHORT)
    service.run(SHORT)

    one, two = engines
    assert one.data_provider is not two.data_provider
    assert one.components.position_monitor is not two.components.position_monitor
    assert not set(map(id, one.components.venues)) & set(map(id, two.components.venues))


def test_closing_ends_the_workers_and_takes_nothing_more():
    service = BacktestService(workers=1)
    done = service.submit(SHORT)
    service.result(done, timeout_s=WAIT_S)
    gate = Gate()
    held, waiting = service.submit(replace(LONG, progress=gate)), service.submit(SHORT)
    assert gate.reached.wait(WAIT_S)
    threading.Timer(0.05, gate.opened.set).start()

    service.close()

    states = [service.status(x).state for x in (done, held, waiting)]
    assert states == [State.COMPLETED, State.STOPPED, State.CANCELLED]
    assert not [x for x in threading.enumerate() if x.name.startswith("backtest")]
    assert service.result(done).summary["status"] == "completed"
    with pytest.raises(UsageError, match="closed"):
        service.submit(SHORT)


def test_an_unknown_identifier_is_refused(service):
    for ask in (service.status, service.result, service.cancel):
        with pytest.raises(UsageError, match="no such request"):
            ask("0" * 32)


def test_a_service_without_workers_is_refused():
    with pytest.raises(UsageError, match="worker"):
        BacktestService(workers=0)


def test_a_stop_before_the_first_window_leaves_nothing(service, tmp_path):
    stop = threading.Event()
    stop.set()

    with pytest.raises(KeyboardInterrupt):
        service.run(replace(SHORT, out=tmp_path / "outputs"), stop=stop)

    assert not (tmp_path / "outputs").exists()


def test_a_stop_in_the_last_window_comes_too_late(service):
    stop = threading.Event()

    def ask(done, total):
        if done == total:
            stop.set()

    result = service.run(replace(SHORT, progress=ask), stop=stop)

    assert result.summary["status"] == "completed"


def test_an_interrupt_by_the_keyboard_keeps_what_was_finished(service, tmp_path):
    def interrupt(done, _total):
        if done > 48:
            raise KeyboardInterrupt

    result = service.run(
        replace(LONG, progress=interrupt, out=tmp_path, plots=False, run_id="mine")
    )

    assert result.summary["status"] == "stopped"
    assert result.summary["timesteps"] == 49
    assert result.events.index.max() == result.pnl.index.max()


def test_an_interrupt_inside_a_window_leaves_no_trace_of_it(service, monkeypatch):
    whole = EventDrivenStrategyEngine.run_backtest

    def further(engine, *arguments, **named):
        """Finish, then say that only the first 24 rows were."""
        record = whole(engine, *arguments, **named)
        first = {name: column[:24] for name, column in record.attribution.items()}
        columns = {
            name: getattr(record, name)[:24]
            for name in ("quantities", "values", "equity", "exit_equity", "flows", "level")
        }
        columns |= {name: getattr(record, name)[:24] for name in ("nav_per_share", "residual")}
        return replace(
            record,
            rows=24,
            identity=replace(record.identity, status="stopped"),
            attribution=first,
            exposure={name: column[:24] for name, column in record.exposure.items()},
            risk={name: column[:24] for name, column in record.risk.items()},
            **columns,
        )

    monkeypatch.setattr(EventDrivenStrategyEngine, "run_backtest", further)
    request = replace(SHORT, mode="btc_basis")

    result = service.run(request)

    assert len(result.pnl) == 24
    assert result.events.index.max() <= result.pnl.index.max()
    assert "FUNDING_PAYMENT" in set(result.events["event_type"])
