"""The stress service: one mode under every stress, over one loaded set of data."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from basis_lab.config.files import default_folder
from basis_lab.config.loader import STRESS_KEYS
from basis_lab.config.models import RunConfig
from basis_lab.domain.market import TimeArray
from basis_lab.domain.stress import moment_row
from basis_lab.errors import BasisLabError
from basis_lab.results.result import RunResult
from basis_lab.results.stressing import BASE, StressRow, days_to_recover, stress_row
from basis_lab.services.requests import BacktestRequest, CheckedRequest, check_request
from basis_lab.services.single import execute


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
    base = _finished(check_request(request), stopped).summary
    rows = [stress_row(BASE, base, base, None)]
    for name in chosen:
        try:
            asked = replace(request, scenarios=(*request.scenarios, name))
            checked = check_request(asked)
            result = _finished(checked, stopped)
        except KeyboardInterrupt:
            break
        except BasisLabError as error:
            rows.append(StressRow(scenario=name, note=f"{error.code}: {error}"))
            continue
        rows.append(stress_row(name, result.summary, base, _days(checked, result)))
    return tuple(rows)


def _finished(checked: CheckedRequest, stop: threading.Event) -> RunResult:
    """Run to the end; a part of a run is no row of a table."""
    result = execute(checked, stop, perf_counter())
    if stop.is_set():
        raise KeyboardInterrupt
    return result


def _days(checked: CheckedRequest, result: RunResult) -> float | None:
    row = _first_row(checked.config, checked.frame.times)
    if row is None:
        return None
    nav = result.pnl["nav_per_share"].to_numpy(dtype=float)
    return days_to_recover(checked.frame.times, nav, row)


def _first_row(config: RunConfig, times: TimeArray) -> int | None:
    """Return the first timestep at which a run is stressed."""
    moments = (x.at for x in (*config.shocks, *config.closures, *config.actions))
    rows = (moment_row(at, times) for at in moments)
    return min((x for x in rows if x is not None), default=None)
