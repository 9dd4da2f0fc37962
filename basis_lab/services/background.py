"""What a run's data tell beyond its folder: the run from other starts.

They are computed anew from the data that the manifest names, and only if these are the same.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np

from basis_lab.config.environment import read_environment
from basis_lab.config.models import RunConfig, strategy_model
from basis_lab.data.places import Place, place_of
from basis_lab.data.provider import DataProvider
from basis_lab.domain.market import MarketFrame, TimeArray
from basis_lab.domain.stress import moment_row
from basis_lab.engine.engine import EventDrivenStrategyEngine
from basis_lab.errors import BasisLabError, ResultError
from basis_lab.results.summary import summarise
from basis_lab.services.requests import BacktestRequest, make_provider

if TYPE_CHECKING:
    from basis_lab.results.report_data import Background, Hold
    from basis_lab.results.result import RunResult

HOLD_DAYS = 90
MOST_STARTS = 24
LEAST_SPACING_DAYS = 7
LEAST_HOLD_DAYS = 7  # a shorter hold is its own entry cost


def background_of(
    run: "RunResult", data_dir: Place | None = None, database: Path | None = None
) -> "Background":
    """Return what a run's data tell beyond its folder.

    Parameters
    ----------
    run : RunResult
        The run.
    data_dir : Place or None
        Where its data are; None takes what its manifest says, else the sample.
    database : Path or None
        The file of a run of the database mode; None takes BASIS_DATABASE__URL, else that of the
        directory.

    Returns
    -------
    Background
        With the reason where the data are gone or were changed since.
    """
    from basis_lab.results.report_data import Background

    try:
        config = _config(run)
        provider, frame = _data(run, config, data_dir, database)
    except BasisLabError as error:
        return Background(absence=f"Not known beyond its folder: {error.what}.")
    if frame.fingerprint != run.manifest["data_fingerprint"]:
        return Background(absence="The data were changed since this run was made.")
    days = _hold_days(frame)
    holds = () if days is None else tuple(_holds(run, config, provider, frame, days))
    return Background(
        holds=holds,
        hold_days=0 if days is None else days,
        absence="" if holds else "The run is too short to be started later.",
    )


def _config(run: "RunResult") -> RunConfig:
    """Return the configuration that a run was made with, as its folder keeps it."""
    from pydantic import TypeAdapter, ValidationError

    plain = run.tables.config
    try:
        kinds = get_type_hints(RunConfig, include_extras=True)
        kinds["strategy"] = strategy_model(plain["family"])
        blocks: dict[str, Any] = {
            name: TypeAdapter(kinds[name]).validate_json(json.dumps(value))
            for name, value in plain.items()
        }
        config = RunConfig(origins={}, **blocks)
    except (KeyError, TypeError, ValidationError) as error:
        raise _other_version(run) from error
    if config.plain() != plain:
        raise _other_version(run)
    return config


def _other_version(run: "RunResult") -> ResultError:
    return ResultError(
        "its configuration is of another version",
        where=f"{run.path}/config.yaml",
        remedy="repeat the run with this version",
    )


def _data(
    run: "RunResult", config: RunConfig, data_dir: Place | None, database: Path | None
) -> tuple[DataProvider, MarketFrame]:
    told = run.manifest
    place = place_of(told["data_dir"]) if data_dir is None and told.get("data_dir") else data_dir
    by_database = "data_mode" in told and told["data_mode"] == "db"
    named = read_environment().database if database is None else database
    request = BacktestRequest(
        mode=config.mode,
        data_dir=place,
        data_mode="db" if by_database else "csv",
        database=named if by_database else None,
    )
    provider = make_provider(config, request)
    start, end = (_stamp(run.summary[x]) for x in ("start", "end"))
    return provider, provider.frame(start, end)


def _stamp(text: str) -> np.datetime64:
    return np.datetime64(text.removesuffix("Z"), "s")


def _hold_days(frame: MarketFrame) -> int | None:
    """Return the length of a hold: ninety days, or a third of a run that is shorter than twice."""
    span = int((frame.times[-1] - frame.times[0]) / np.timedelta64(1, "D"))
    days = HOLD_DAYS if span >= 2 * HOLD_DAYS else span // 3
    return days if days >= LEAST_HOLD_DAYS else None


def _holds(
    run: "RunResult", config: RunConfig, provider: DataProvider, frame: MarketFrame, days: int
) -> Iterator["Hold"]:
    hold = np.timedelta64(days, "D").astype("timedelta64[s]")
    room = int((frame.times[-1] - hold - frame.times[0]) / np.timedelta64(1, "D"))
    spacing = max(LEAST_SPACING_DAYS, -(-room // (MOST_STARTS - 1)))
    for offset in range(0, room + 1, spacing):
        start = frame.times[0] + np.timedelta64(offset, "D")
        yield _hold(run, config, provider, start, start + hold)


def _hold(
    run: "RunResult",
    config: RunConfig,
    provider: DataProvider,
    start: np.datetime64,
    end: np.datetime64,
) -> "Hold":
    from basis_lab.results.report_data import Hold

    stressed = _stressed(config, np.array([start, end]))
    capital = float(run.summary["initial_capital"])
    day = str(start.astype("datetime64[D]"))
    try:
        engine = EventDrivenStrategyEngine(
            config, "backtest", provider, capital, config.share_class.name
        )
        summary = summarise(engine.run_backtest(start, end))
    except BasisLabError as error:
        return Hold(start=day, apr=None, hurdle_apr=None, failure=str(error), stressed=stressed)
    apr, hurdle_apr = (_number(summary[x]) for x in ("apr", "hurdle_apr"))
    return Hold(start=day, apr=apr, hurdle_apr=hurdle_apr, stressed=stressed)


def _stressed(config: RunConfig, ends: TimeArray) -> bool | None:
    """Tell if a stress begins between two moments; None where the configuration has none."""
    moments = [x.at for x in config.shocks]
    moments += [x.at for x in config.closures]
    moments += [x.at for x in config.actions]
    if not moments:
        return None
    return any(moment_row(at, ends) is not None for at in moments)


def _number(figure: object) -> float | None:
    return figure if isinstance(figure, float) else None
