"""A research workbench for crypto carry strategies: one balance sheet, a P&L that adds up.

Importing this module is light; each function imports what it needs.

Examples
--------
Run a mode on the embedded data and look at its figures::

    import basis_lab as bl

    run = bl.backtest("btc_basis", share_class="USDT", capital=100_000)
    run.summary["apr"], run.summary["hurdle_apr"]
    run.figures.cumulative_pnl()
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from basis_lab.services.sweeping import open_sweep, sweep

if TYPE_CHECKING:
    import pandas as pd

    from basis_lab.config.models import RunConfig
    from basis_lab.results.result import RunResult
    from basis_lab.services.catalogue import DataCatalogue
    from basis_lab.services.requests import BacktestRequest

__all__ = [
    "backtest",
    "compare",
    "data_catalogue",
    "load_config",
    "modes",
    "open_result",
    "open_sweep",
    "stress",
    "sweep",
]


def backtest(  # noqa: PLR0913 - one argument a question that a researcher asks
    mode: str,
    *,
    share_class: str | None = None,
    start: str | None = None,
    end: str | None = None,
    capital: float | None = None,
    overrides: Mapping[str, object] | None = None,
    scenarios: Sequence[str] = (),
    data_dir: str | Path | None = None,
    data_mode: Literal["csv", "db"] | None = None,
    interval: str | None = None,
    progress: bool = False,
    stride: int | Literal["auto"] = "auto",
) -> "RunResult":
    """Run one backtest in this process and return its result; nothing is written.

    Parameters
    ----------
    mode : str
        Name of a mode, or path of an own mode file.
    share_class : str or None
        "USDT" or "ETH"; None takes the mode's first.
    start, end : str or None
        ISO dates or hours in UTC, both included; None takes the last 365 days of data.
    capital : float or None
        In share-class currency; None takes the share class's default.
    overrides : mapping or None
        Dotted keys of the configuration and their values; a map replaces the one before.
    scenarios : sequence of str
        Names of scenarios, or paths of own files.
    data_dir : str, Path or None
        A canonical or raw data directory, on a disk or under s3:// or gs://; None takes
        BASIS_DATA_DIR, else the embedded synthetic data.
    data_mode : "csv", "db" or None
        "db" reads the DuckDB file of the directory, or that of BASIS_DATABASE__URL; None takes
        BASIS_DATA_MODE, else "csv".
    interval : str or None
        Of the bars: 1m, 5m, 15m, 1h, 4h or 1d; None takes the mode's, an hour.
    progress : bool
        Show how far the run is, on standard error.
    stride : int or "auto"
        Longest window in timesteps; the result does not depend on it.

    Returns
    -------
    RunResult
        Summary, tables, figures; ``save`` writes a folder.

    Raises
    ------
    BasisLabError
        A configuration that is refused, data that is missing, or a run that failed.
    """
    from basis_lab.services.backtest import BacktestService

    request = _request(
        mode,
        share_class=share_class,
        dates=(start, end),
        capital=capital,
        overrides=overrides,
        scenarios=scenarios,
        data=(data_dir, data_mode),
        interval=interval,
        stride=stride,
    )
    service = BacktestService()
    if not progress:
        return service.run(request)
    from dataclasses import replace

    from basis_lab.results.progress import Progress

    with Progress() as shown:
        return service.run(replace(request, progress=shown))


def stress(  # noqa: PLR0913 - the questions of a backtest, and which stresses
    mode: str,
    scenarios: Sequence[str] | None = None,
    *,
    share_class: str | None = None,
    start: str | None = None,
    end: str | None = None,
    capital: float | None = None,
    overrides: Mapping[str, object] | None = None,
    under: Sequence[str] = (),
    data_dir: str | Path | None = None,
    data_mode: Literal["csv", "db"] | None = None,
    interval: str | None = None,
    progress: bool = False,
    stride: int | Literal["auto"] = "auto",
) -> "pd.DataFrame":
    """Run a mode as it is and under each stress, and return one row a run.

    Parameters
    ----------
    mode : str
        Name of a mode, or path of an own mode file.
    scenarios : sequence of str or None
        The stresses, by name or path; None takes all that ship.
    share_class, start, end, capital, overrides : as for ``backtest``
        The same questions.
    under : sequence of str
        Scenarios that every run has, the base run too (``hold``, ``frictionless``).
    data_dir, data_mode, interval, progress, stride : as for ``backtest``
        The same questions.

    Returns
    -------
    pandas.DataFrame
        By stress, ``base`` first: net P&L and its difference to base (share-class currency), worst
        health factor and margin ratio, liquidations, drawdown, days to recover (from the stress
        until its loss was made good and stayed so; NaN where it was not), status.

    Raises
    ------
    BasisLabError
        If the base run is refused or fails; a stress that fails is a row with its error.
    """
    from basis_lab.results.stressing import stress_table
    from basis_lab.services.arguments import read_names
    from basis_lab.services.stress import run_stresses

    request = _request(
        mode,
        share_class=share_class,
        dates=(start, end),
        capital=capital,
        overrides=overrides,
        scenarios=read_names(under, "under"),
        data=(data_dir, data_mode),
        interval=interval,
        stride=stride,
    )
    names = None if scenarios is None else read_names(scenarios, "scenarios")
    if not progress:
        return stress_table(run_stresses(request, names))
    from basis_lab.results.progress import Progress

    with Progress(unit="runs") as shown:
        return stress_table(run_stresses(request, names, progress=shown))


def _request(  # noqa: PLR0913 - what a caller may say of a run
    mode: object,
    *,
    share_class: object,
    dates: tuple[object, object],
    capital: object,
    overrides: object,
    scenarios: object,
    data: tuple[object, object],
    interval: str | None,
    stride: object,
) -> "BacktestRequest":
    from basis_lab.config.environment import read_environment
    from basis_lab.services import arguments as read
    from basis_lab.services.requests import BacktestRequest

    environment = read_environment()
    environment.require_backtest()
    start, end = dates
    data_dir, data_mode = read.read_place(data[0]), read.read_data_mode(data[1])
    return BacktestRequest(
        mode=read.read_mode(mode),
        share_class=read.read_text(share_class, "share_class", "USDT or ETH"),
        start=read.read_date(start, "start"),
        end=read.read_date(end, "end"),
        capital=read.read_amount(capital),
        overrides={
            **read.read_overrides(overrides),
            **({} if interval is None else {"data.bar_interval": interval}),
        },
        scenarios=read.read_names(scenarios, "scenarios"),
        data_dir=data_dir if data_dir is not None else environment.data_dir,
        data_mode=data_mode if data_mode is not None else environment.data_source,
        database=environment.database if data_dir is None else None,
        out=None,
        run_id=None,
        plots=False,
        stride=read.read_stride(stride),
        progress=None,
    )


def open_result(path: str | Path) -> "RunResult":
    """Open the folder of a finished run.

    Parameters
    ----------
    path : str or Path
        The folder.

    Returns
    -------
    RunResult
        Summary, tables, figures.

    Raises
    ------
    ResultError
        If the folder is missing, half-written or not ours.
    """
    from basis_lab.results.result import open_result as open_folder
    from basis_lab.services.arguments import read_path

    return open_folder(read_path(path, "path", "give the folder of a run, as outputs/RUN_ID"))


def compare(runs: "Sequence[RunResult]") -> "pd.DataFrame":
    """Return the summaries of runs side by side, with differences to the first.

    Parameters
    ----------
    runs : sequence of RunResult
        Two or more.

    Returns
    -------
    pandas.DataFrame
        One row a figure, one column a run, then one column a difference.
        Yearly rates stand for runs under 30 days as well, which are too short for one: the
        command ``compare`` prints a dash there.

    Raises
    ------
    UsageError
        If it is no sequence of two runs or more.
    """
    from basis_lab.results.compare import compare as compare_runs
    from basis_lab.services.arguments import read_runs

    return compare_runs(read_runs(runs))


def data_catalogue(data_dir: str | Path | None = None) -> "DataCatalogue":
    """Look at a data directory: what it has, what it is worth, which modes can run on it.

    Parameters
    ----------
    data_dir : str, Path or None
        A canonical or raw data directory; None takes BASIS_DATA_DIR, else the embedded
        synthetic data.

    Returns
    -------
    DataCatalogue
        ``table``, ``coverage`` and ``findings`` as frames, ``figure`` as a picture.

    Raises
    ------
    MissingDataError
        If there is no such directory.
    """
    from basis_lab.services.arguments import read_place
    from basis_lab.services.catalogue import open_catalogue

    return open_catalogue(read_place(data_dir))


def modes(*, share_class: str | None = None, risk_level: str | None = None) -> Any:
    """Return the modes that exist.

    Parameters
    ----------
    share_class : str or None
        Only those that can run in it.
    risk_level : str or None
        Only those of it: low, medium or high.

    Returns
    -------
    sequence
        One entry a mode: its name, share classes, venues, and the data it needs.
    """
    from basis_lab.config.loader import list_modes
    from basis_lab.services.arguments import read_text

    return list_modes(
        share_class=read_text(share_class, "share_class", "USDT or ETH"),
        risk_level=read_text(risk_level, "risk_level", "low, medium or high"),
    )


def load_config(
    mode: str,
    *,
    share_class: str | None = None,
    overrides: Mapping[str, object] | None = None,
    scenarios: Sequence[str] = (),
) -> "RunConfig":
    """Return the resolved and checked configuration of a run.

    Parameters
    ----------
    mode : str
        Name of a mode, or path of an own mode file.
    share_class : str or None
        "USDT" or "ETH"; None takes the mode's first.
    overrides : mapping or None
        Dotted keys and their values.
    scenarios : sequence of str
        Names of scenarios, or paths of own files.

    Returns
    -------
    RunConfig
        Frozen.

    Raises
    ------
    ConfigError
        With every key that was refused.
    """
    from basis_lab.config.loader import load_config as load
    from basis_lab.services import arguments as read

    return load(
        read.read_mode(mode),
        share_class=read.read_text(share_class, "share_class", "USDT or ETH"),
        overrides=read.read_overrides(overrides),
        scenarios=read.read_names(scenarios, "scenarios"),
    )
