"""One backtest from a request: configuration, data, engine, result."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Literal

import numpy as np

from basis_lab.config.environment import read_environment
from basis_lab.config.loader import load_config
from basis_lab.config.models import RunConfig
from basis_lab.data.catalogue import default_store, open_store
from basis_lab.data.provider import DataProvider
from basis_lab.engine.clock import Stride
from basis_lab.engine.compose import blueprint_of, universe_of
from basis_lab.engine.engine import EventDrivenStrategyEngine
from basis_lab.errors import DataRangeError, UsageError
from basis_lab.results.record import RunRecord
from basis_lab.results.result import RunResult
from basis_lab.results.store import ResultsStore, make_run_id

DEFAULT_DAYS = np.timedelta64(365, "D")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRequest:
    """What is asked of a backtest.

    Parameters
    ----------
    mode : str
        Name of a mode, or path of a mode file.
    share_class : str or None
        None takes the mode's first.
    start, end : str or None
        ISO dates or times, UTC; None takes the last 365 days that the data covers.
    capital : float or None
        Share-class currency; None takes the share class's default.
    overrides : mapping of dotted key to value
        As ``--set``.
    scenarios : tuple of str
        Names or paths, in order.
    data_dir : Path or None
        None takes the sample.
    data_mode : str
        csv or db.
    out : Path or None
        Where the run's folder is written; None keeps the result in memory.
    run_id : str or None
        None takes the name made from content.
    plots : bool
        Draw the figures into the folder.
    stride : int or "auto"
        Rows of a window.
    progress : callable or None
        Called with (rows done, rows).
    command : str
        What was typed, for the manifest.
    """

    mode: str
    share_class: str | None = None
    start: str | None = None
    end: str | None = None
    capital: float | None = None
    overrides: Mapping[str, object] = field(default_factory=dict)
    scenarios: tuple[str, ...] = ()
    data_dir: Path | None = None
    data_mode: Literal["csv", "db"] = "csv"
    out: Path | None = None
    run_id: str | None = None
    plots: bool = True
    stride: Stride = "auto"
    progress: Progress | None = None
    command: str = ""


def run_backtest(request: BacktestRequest) -> RunResult:
    """Run one backtest.

    Parameters
    ----------
    request : BacktestRequest
        What is asked.

    Returns
    -------
    RunResult
        Of the run's folder where one was written, else in memory.

    Raises
    ------
    BasisLabError
        Configuration refused, data missing or bad, or the run failed.
    """
    began = perf_counter()
    config = load_config(
        request.mode,
        share_class=request.share_class,
        overrides=request.overrides,
        scenarios=request.scenarios,
    )
    provider = make_provider(config, request)
    start, end = _dates(request, provider)
    frame = provider.frame(start, end)
    capital = config.share_class.default_capital if request.capital is None else request.capital
    run_id = request.run_id
    if run_id is None:
        run_id = make_run_id(
            config.plain(),
            frame,
            mode=config.mode,
            share_class=config.share_class.name,
            initial_capital=capital,
        )
    engine = EventDrivenStrategyEngine(
        config, "backtest", provider, capital, config.share_class.name
    )
    load_s = perf_counter() - began
    record = engine.run_backtest(
        start, end, stride=request.stride, progress=request.progress, run_id=run_id
    )
    record = replace(record, timing={**record.timing, "load_s": load_s})
    return _keep(record, request)


def make_provider(config: RunConfig, request: BacktestRequest) -> DataProvider:
    """Return the data provider of a configured run.

    Parameters
    ----------
    config : RunConfig
        Validated configuration.
    request : BacktestRequest
        Names the data directory.

    Returns
    -------
    DataProvider
        With every missing series named before anything starts.

    Raises
    ------
    UsageError
        For a data mode that does not exist yet.
    MissingDataError
        If the directory lacks what the run needs.
    """
    if request.data_mode != "csv":
        raise UsageError(
            "the database mode does not exist yet",
            where="--data-mode",
            value=request.data_mode,
            remedy="use csv, which reads CSV and Parquet directories",
        )
    store = default_store() if request.data_dir is None else open_store(request.data_dir)
    return DataProvider(
        store,
        blueprint_of(config).requirements,
        universe_of(config),
        proxies=config.data.proxies,
        allow_derived=config.data.allow_derived,
    )


def _keep(record: RunRecord, request: BacktestRequest) -> RunResult:
    if request.out is None:
        return RunResult.of_record(record)
    extra = {
        "command": request.command,
        "stride": request.stride,
        "data_dir": "" if request.data_dir is None else str(request.data_dir),
        "data_mode": request.data_mode,
    }
    path = ResultsStore(request.out).persist_results(
        record, plots=request.plots, manifest_extra=extra
    )
    return RunResult(path, path=path)


def _dates(request: BacktestRequest, provider: DataProvider) -> tuple[np.datetime64, np.datetime64]:
    """Return the run's first and last timestep, by request, coverage and environment."""
    if request.start is not None and request.end is not None:
        start, end = _moment(request.start, "--start"), _moment(request.end, "--end")
    else:
        first, last = provider.coverage()
        end = last if request.end is None else _moment(request.end, "--end")
        start = max(first, end - DEFAULT_DAYS)
        if request.start is not None:
            start = _moment(request.start, "--start")
    _check_environment(start, end)
    return start, end


def _check_environment(start: np.datetime64, end: np.datetime64) -> None:
    environment = read_environment()
    for name, limit, bad in (
        ("BASIS_DATA_START_DATE", environment.data_start, lambda x: start < x),
        ("BASIS_DATA_END_DATE", environment.data_end, lambda x: end > x),
    ):
        if limit is not None:
            edge = np.datetime64(limit.astimezone(dt.UTC).replace(tzinfo=None), "s")
            if bad(edge):
                raise DataRangeError(
                    "the run reaches outside the dates that the environment allows",
                    where=name,
                    value=f"{start}Z to {end}Z, limit {edge}Z",
                    remedy="choose dates inside, or change the variable",
                )


def _moment(text: str, where: str) -> np.datetime64:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            "not a date or time",
            where=where,
            value=text,
            remedy="write 2024-06-01 or 2024-06-01T08:00, UTC",
        ) from error
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
    return np.datetime64(moment, "s")
