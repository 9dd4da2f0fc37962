"""One run of a checked request: engine, interrupt, folder."""

import threading
from dataclasses import replace
from time import perf_counter

from basis_lab.domain.events import Event
from basis_lab.engine.engine import EventDrivenStrategyEngine
from basis_lab.results.record import LogEntry, RunRecord
from basis_lab.results.result import RunResult
from basis_lab.results.store import ResultsStore, make_run_id
from basis_lab.services.folders import make_folder
from basis_lab.services.requests import BacktestRequest, CheckedRequest, Progress


def execute(checked: CheckedRequest, stop: threading.Event, began: float) -> RunResult:
    """Run a checked request with an engine of its own.

    Parameters
    ----------
    checked : CheckedRequest
        What is asked, with its data.
    stop : threading.Event
        Set to stop after the window under way.
    began : float
        When the request was taken up, by the performance counter, seconds.

    Returns
    -------
    RunResult
        Of the run's folder where one was written, else in memory.

    Raises
    ------
    BasisLabError
        If the run failed, or before it where there is no place for its folder.
    KeyboardInterrupt
        If it was stopped before the first window had ended.
    """
    _refuse_if(stop)
    request, config = checked.request, checked.config
    if request.out is not None:
        make_folder(request.out)
    run_id = request.run_id
    if run_id is None:
        run_id = make_run_id(
            config.plain(),
            checked.frame,
            mode=config.mode,
            share_class=config.share_class.name,
            initial_capital=checked.capital,
        )
    engine = EventDrivenStrategyEngine(
        config, "backtest", checked.provider, checked.capital, config.share_class.name
    )
    load_s = perf_counter() - began
    record = engine.run_backtest(
        checked.start,
        checked.end,
        stride=request.stride,
        progress=_watch(request.progress, stop),
        run_id=run_id,
    )
    record = replace(record, log=_finished(record), timing={**record.timing, "load_s": load_s})
    if record.identity.status == "stopped" and request.run_id is None:
        # A part of a run never takes the place of the whole one.
        identity = replace(record.identity, run_id=f"{run_id}-stopped")
        record = replace(record, identity=identity)
    return _keep(record, request)


def _refuse_if(stop: threading.Event) -> None:
    if stop.is_set():
        raise KeyboardInterrupt


def _watch(told: Progress | None, stop: threading.Event) -> Progress:
    """Return a progress callable that interrupts the engine between two windows."""

    def note(done: int, total: int) -> None:
        if told is not None:
            told(done, total)
        if done < total:
            _refuse_if(stop)

    return note


def _finished(record: RunRecord) -> tuple[LogEntry, ...]:
    """Return the log without what an interrupt left of an unfinished window."""
    if record.identity.status == "completed":
        return record.log
    return tuple(
        entry if isinstance(entry, Event) else entry.until(record.rows)
        for entry in record.log
        if not isinstance(entry, Event) or entry.row < record.rows
    )


def _keep(record: RunRecord, request: BacktestRequest) -> RunResult:
    if request.out is None:
        return RunResult.of_record(record)
    extra = {
        "command": request.command,
        "scenarios": list(request.scenarios),
        "stride": request.stride,
        "data_dir": "" if request.data_dir is None else str(request.data_dir),
        "data_mode": request.data_mode,
    }
    path = ResultsStore(request.out).persist_results(
        record, plots=request.plots, manifest_extra=extra
    )
    return RunResult(path, path=path)
