"""The widgets of the workbench: what a notebook shows, and nothing that it computes itself."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from basis_lab.notebook.parameters import check_parameters

if TYPE_CHECKING:
    from basis_lab.notebook.bench import Workbench
    from basis_lab.notebook.sweep_desk import SweepDesk
    from basis_lab.results.sweep_result import SweepResult

__all__ = ["check_parameters", "sweep_view", "workbench"]


def workbench(  # noqa: PLR0913 - one argument a part of the case
    mode: str = "btc_basis",
    *,
    share_class: str | None = None,
    start: str | dt.date | None = None,
    end: str | dt.date | None = None,
    capital: float | None = None,
    overrides: Mapping[str, object] | None = None,
    scenario: str = "",
    scenarios: Sequence[str] = (),
    data_dir: str | Path = "",
) -> "Workbench":
    """Return the workbench on a case that has already been run.

    Parameters
    ----------
    mode : str
        Name of a mode.
    share_class : str or None
        "USDT" or "ETH"; None takes the mode's first.
    start, end : str, date or None
        ISO dates in UTC, both included; None takes the last 365 days of data.
    capital : float or None
        In share-class currency; None takes the share class's default.
    overrides : mapping of str to object or None
        Dotted keys of the configuration that differ from the mode's files, as ``--set`` takes.
    scenario : str
        Name of a scenario, or "".
    scenarios : sequence of str
        The same as ``bl.backtest`` takes it; the workbench runs under one at most.
    data_dir : str or Path
        A data directory; empty takes BASIS_DATA_DIR, else the embedded synthetic data.

    Returns
    -------
    Workbench
        Shown by a notebook when it is the last value of a cell.

    Raises
    ------
    BasisLabError
        If a value makes no sense, by the name of its argument. Data that is missing is shown,
        with what can be done about it.
    """
    from basis_lab.config.loader import load_config
    from basis_lab.errors import BadDataError, MissingDataError
    from basis_lab.notebook.bench import Workbench
    from basis_lab.notebook.case import Case
    from basis_lab.services.arguments import (
        read_amount,
        read_date,
        read_directory,
        read_mode,
        read_overrides,
    )

    dates = {"start": read_date(start, "start"), "end": read_date(end, "end")}
    changed, amount = read_overrides(overrides), read_amount(capital)
    under = _one_scenario(scenario, scenarios)
    config = load_config(
        read_mode(mode), share_class, overrides=changed, scenarios=under, capital=amount
    )
    bench = Workbench(
        Case(
            mode=config.mode,
            share_class=config.share_class.name,
            **dates,
            capital=amount,
            scenario="".join(under),
            data_dir=read_directory(data_dir),
            overrides=changed,
        )
    )
    if bench.failure is not None and not isinstance(bench.failure, MissingDataError | BadDataError):
        raise bench.failure
    return bench


def _one_scenario(scenario: object, scenarios: object) -> tuple[str, ...]:
    """Return what the workbench runs under, by either spelling."""
    from basis_lab.errors import UsageError
    from basis_lab.services.arguments import read_names

    named = read_names(() if scenario == "" else scenario, "scenario")
    named += read_names(() if scenarios == "" else scenarios, "scenarios")
    if len(named) > 1:
        raise UsageError(
            "the workbench runs under one scenario",
            where="scenarios",
            value=", ".join(named),
            remedy="name one, or write one file with all of their shocks",
        )
    return named


def sweep_view(
    result: "SweepResult | None" = None,
    *,
    safety: str = "nearest liquidation",
    limit: float | None = None,
) -> "SweepDesk":
    """Return the view of a sweep; a click opens a point, and runs it in a workbench below.

    Parameters
    ----------
    result : SweepResult or None
        The sweep, fresh or opened; None for one that is given to ``show`` later, or to
        ``bl.sweep(..., watch=view.show)``, whose points it then shows as they arrive.
    safety : str
        "nearest liquidation", "drawdown" or "exit discount".
    limit : float or None
        Least distance to liquidation, or largest loss; a fraction. None sets no limit.

    Returns
    -------
    SweepDesk
        Shown by a notebook when it is the last value of a cell.

    Raises
    ------
    UsageError
        If there is no such measure.
    """
    from basis_lab.notebook.sweep_desk import SweepDesk

    desk = SweepDesk(safety=safety, limit=limit)
    if result is not None:
        desk.show(result)
    return desk
