"""What is asked of a backtest, and what follows from it before anything is loaded."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from basis_lab.config.environment import read_environment
from basis_lab.config.loader import load_config
from basis_lab.config.loan_quiet import check_loan
from basis_lab.config.models import RunConfig
from basis_lab.data.catalogue import open_store, sample_directory
from basis_lab.data.places import Place
from basis_lab.data.provider import DataProvider
from basis_lab.data.series import Store
from basis_lab.domain.market import MarketFrame
from basis_lab.engine.clock import Stride
from basis_lab.engine.compose import blueprint_of, universe_of
from basis_lab.errors import DataRangeError, UsageError
from basis_lab.results.store import check_run_id

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
    data_dir : Place or None
        A directory, or the prefix of an object store; None takes the sample.
    data_mode : str
        csv, or db for the DuckDB file of the directory.
    database : Path or None
        The file of the database mode; None takes that of the directory.
    out : Path or None
        Where the run's folder is written; None keeps the result in memory.
    run_id : str or None
        None takes the name made from content.
    plots : bool
        Draw the figures into the folder.
    stride : int or "auto"
        Rows of a window.
    progress : callable or None
        Called with (rows done, rows) after every window, in the thread that runs.
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
    data_dir: Place | None = None
    data_mode: Literal["csv", "db"] = "csv"
    database: Path | None = None
    out: Path | None = None
    run_id: str | None = None
    plots: bool = True
    stride: Stride = "auto"
    progress: Progress | None = None
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRequest:
    """A request that can run: every level of its configuration holds, and its data is there.

    Parameters
    ----------
    request : BacktestRequest
        What was asked.
    config : RunConfig
        Resolved and validated.
    provider : DataProvider
        This request's own view of the data.
    start, end : datetime64
        First and last timestep.
    frame : MarketFrame
        The data between them, loaded and found whole.
    capital : float
        Share-class currency.
    """

    request: BacktestRequest
    config: RunConfig
    provider: DataProvider
    start: np.datetime64
    end: np.datetime64
    frame: MarketFrame
    capital: float


def check_request(request: BacktestRequest) -> CheckedRequest:
    """Resolve a request and refuse what could not run.

    Parameters
    ----------
    request : BacktestRequest
        What is asked.

    Returns
    -------
    CheckedRequest
        Nothing in it is shared with another request.

    Raises
    ------
    ConfigError
        With every key that was refused.
    UsageError
        For a mode, date or run id that makes no sense.
    DataError
        If data is missing, or does not reach over the dates.
    """
    if request.run_id is not None:
        check_run_id(request.run_id)
    config = load_config(
        request.mode,
        share_class=request.share_class,
        overrides=request.overrides,
        scenarios=request.scenarios,
        capital=request.capital,
    )
    provider = make_provider(config, request)
    start, end = run_dates(request, provider)
    check_loan(config, start, end)
    capital = config.share_class.default_capital if request.capital is None else request.capital
    return CheckedRequest(
        request=request,
        config=config,
        provider=provider,
        start=start,
        end=end,
        frame=provider.frame(start, end),
        capital=capital,
    )


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
    MissingDataError
        If the directory lacks what the run needs.
    """
    return DataProvider(
        open_data(request),
        blueprint_of(config).requirements,
        universe_of(config),
        proxies=config.data.proxies,
        allow_derived=config.data.allow_derived,
        step_s=config.bar_s,
    ).under(config.stress)


def open_data(request: BacktestRequest) -> Store:
    """Open the data directory of a request, or its database.

    Parameters
    ----------
    request : BacktestRequest
        Names directory, database and data mode.

    Returns
    -------
    Store
        The sample's where the request names none.

    Raises
    ------
    MissingDataError
        If there is no such directory or file.
    """
    place = sample_directory() if request.data_dir is None else request.data_dir
    if request.data_mode == "csv":
        return open_store(place)
    from basis_lab.data.duckdb import open_database

    return open_database(place if request.database is None else request.database)


def run_dates(
    request: BacktestRequest, provider: DataProvider
) -> tuple[np.datetime64, np.datetime64]:
    """Return a run's first and last timestep, by request, coverage and environment.

    Parameters
    ----------
    request : BacktestRequest
        Its dates, where it gives them; else the last 365 days of data, or all when shorter.
    provider : DataProvider
        Knows what the data covers.

    Returns
    -------
    tuple of datetime64
        Start and end, both included.

    Raises
    ------
    UsageError
        If a date cannot be read.
    DataRangeError
        If the environment does not allow the dates.
    """
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
    first, last = _naive(environment.data_start), _naive(environment.data_end)
    for name, limit, outside in (
        ("BASIS_DATA_START_DATE", first, first is not None and start < first),
        ("BASIS_DATA_END_DATE", last, last is not None and end > last),
    ):
        if outside:
            raise DataRangeError(
                "the run reaches outside the dates that the environment allows",
                where=name,
                value=f"{start}Z to {end}Z, limit {limit}Z",
                remedy="choose dates inside, or change the variable",
            )


def _naive(limit: dt.datetime | None) -> np.datetime64 | None:
    if limit is None:
        return None
    return np.datetime64(limit.astimezone(dt.UTC).replace(tzinfo=None), "s")


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
