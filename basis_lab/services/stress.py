"""The stress service: one mode under every stress, over one loaded set of data."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from basis_lab.config.files import default_folder
from basis_lab.config.loader import STRESS_KEYS
from basis_lab.domain import series
from basis_lab.domain.market import MarketFrame
from basis_lab.domain.stress import moment_row
from basis_lab.errors import BasisLabError
from basis_lab.results.result import RunResult
from basis_lab.results.stressing import BASE, Paths, StressRow, days_to_recover, stress_row
from basis_lab.services.requests import (
    BacktestRequest,
    CheckedRequest,
    Progress,
    check_request,
)
from basis_lab.services.single import execute

MOST_NAMED = 3  # series of a note


def shipped_stresses() -> tuple[str, ...]:
    """Return the names of the shipped scenarios that stress something.

    Returns
    -------
    tuple of str
        Sorted: those with shocks, closures or actions.
    """
    folder = default_folder()
    documents = [folder.read("scenarios", name) for name in folder.names("scenarios")]
    return tuple(x.path.stem for x in documents if set(STRESS_KEYS) & set(x.values))


def run_stresses(
    request: BacktestRequest,
    names: Sequence[str] | None = None,
    *,
    stop: threading.Event | None = None,
    progress: Progress | None = None,
) -> tuple[StressRow, ...]:
    """Run a request as it is, and again under each stress.

    Parameters
    ----------
    request : BacktestRequest
        What is asked; its own scenarios are part of every run.
    names : sequence of str or None
        Names or paths of scenarios; None takes all that ship.
    stop : threading.Event or None
        Set to stop: what was finished by then is returned.
    progress : callable or None
        Called with (runs done, runs) after each.

    Returns
    -------
    tuple of StressRow
        The base run first. A stress that could not be run has its error as note.

    Raises
    ------
    UsageError
        If there is no scenario of a name.
    BasisLabError
        If the base run cannot be run.
    KeyboardInterrupt
        If it was stopped before the base run had ended.
    """
    stopped = stop if stop is not None else threading.Event()
    chosen = shipped_stresses() if names is None else tuple(names)
    for name in chosen:
        default_folder().choose("scenarios", name)
    checked = check_request(request)
    calm = _finished(checked, stopped)
    base = _Calm(checked.frame, (calm.summary, _paths(calm)))
    rows = [stress_row(BASE, base.run, base.run, None, "")]
    for name in chosen:
        _tell(progress, len(rows), len(chosen) + 1)
        asked = replace(request, scenarios=(*request.scenarios, name))
        try:
            rows.append(_row(name, asked, base, stopped))
        except KeyboardInterrupt:
            break
        except BasisLabError as error:
            rows.append(StressRow(scenario=name, note=f"{error.code}: {error}"))
    _tell(progress, len(rows), len(chosen) + 1)
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class _Calm:
    """The run without a stress."""

    frame: MarketFrame
    run: tuple[Mapping[str, Any], Paths]


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _row(name: str, request: BacktestRequest, base: _Calm, stop: threading.Event) -> StressRow:
    checked = check_request(request)
    result = _finished(checked, stop)
    row = _first_row(checked, base.frame)
    paths = _paths(result)
    calm = base.run[1].nav
    days = None if row is None else days_to_recover(checked.frame.times, paths.nav, calm, row)
    reach = _reach(checked, base.frame)
    return stress_row(name, (result.summary, paths), base.run, days, reach)


def _reach(checked: CheckedRequest, unstressed: MarketFrame) -> str:
    """Say what of a run a stress reaches, for one that changes none of its figures."""
    stressed, calm = checked.frame.series, unstressed.series
    named = dict.fromkeys(x for closure in checked.config.closures for x in closure.venues)
    closed = [x for x in named if series.venue_open(x) in stressed]
    moved = sorted(x for x in calm if stressed[x] is not calm[x])
    more = f" and {len(moved) - MOST_NAMED} more" if len(moved) > MOST_NAMED else ""
    told = ", ".join(moved[:MOST_NAMED]) + more
    said = [
        f"of the data of this run it moves {told}, on which no figure here rests" if moved else "",
        f"nothing was due at {', '.join(closed)} while closed" if closed else "",
    ]
    return "; ".join(x for x in said if x) or "what it orders asks for nothing here"


def _paths(result: RunResult) -> Paths:
    columns = ("nav_per_share", "equity", "exit_equity")
    return Paths(*(result.pnl[x].to_numpy(dtype=float) for x in columns))


def _finished(checked: CheckedRequest, stop: threading.Event) -> RunResult:
    """Run to the end; a part of a run is no row of a table."""
    result = execute(checked, stop, perf_counter())
    if stop.is_set():
        raise KeyboardInterrupt
    return result


def _first_row(checked: CheckedRequest, unstressed: MarketFrame) -> int | None:
    """Return the first timestep at which a run is stressed; None where nothing is."""
    config, times = checked.config, checked.frame.times
    ordered = [x.at for x in config.actions]
    changed: list[str] = []
    if checked.frame is not unstressed:  # the provider hands out one frame for the same content
        changed = [*(x.at for x in config.shocks), *(x.at for x in config.closures)]
    rows = (moment_row(at, times) for at in (*changed, *ordered))
    return min((x for x in rows if x is not None), default=None)
