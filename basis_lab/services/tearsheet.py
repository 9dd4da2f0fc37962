"""The tear sheet that the report's notebook shows: of a finished run, or of a case run here."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from basis_lab.config.environment import read_environment
from basis_lab.data.places import place_of
from basis_lab.services.background import background_of
from basis_lab.services.backtest import BacktestService
from basis_lab.services.requests import BacktestRequest

if TYPE_CHECKING:
    from basis_lab.results.report import TearSheet
    from basis_lab.results.result import RunResult


def tear_sheet(  # noqa: PLR0913 - one argument a parameter of the notebook
    run_folder: str | None = None,
    *,
    mode: str,
    share_class: str | None = None,
    start: str | None = None,
    end: str | None = None,
    capital: float | None = None,
    overrides: Mapping[str, object] | None = None,
    scenarios: Sequence[str] = (),
    data_dir: str | None = None,
    database: str | None = None,
    out: str | None = None,
) -> "TearSheet":
    """Return the tear sheet of a finished run, or run the case and return its.

    Parameters
    ----------
    run_folder : str or None
        Folder of a finished run; the case is then not looked at.
    mode : str
        Name of a mode, or path of an own mode file.
    share_class, start, end : str or None
        As for a backtest.
    capital : float or None
        In share-class currency.
    overrides : mapping or None
        Dotted keys of the configuration.
    scenarios : sequence of str
        Names or paths.
    data_dir : str or None
        None takes BASIS_DATA_DIR, else the sample.
    database : str or None
        A DuckDB file that is read in place of the directory.
    out : str or None
        Where the run's folder is written; None keeps the run in memory.

    Returns
    -------
    TearSheet
        Its methods are the sections.

    Raises
    ------
    BasisLabError
        If the folder is not a run, the case is refused, or its run failed.
    """
    from basis_lab.results.report import TearSheet
    from basis_lab.results.result import open_result

    if run_folder is not None:
        run = open_result(run_folder)
        return TearSheet(run, background_of(run))
    environment = read_environment()
    environment.require_backtest()
    file = None if database is None else Path(database)
    request = BacktestRequest(
        mode=mode,
        share_class=share_class,
        start=start,
        end=end,
        capital=capital,
        overrides={} if overrides is None else overrides,
        scenarios=tuple(scenarios),
        data_dir=environment.data_dir if data_dir is None else place_of(data_dir),
        data_mode="csv" if file is None else "db",
        database=file,
        out=None if out is None else Path(out),
        plots=False,
    )
    fresh: RunResult = BacktestService().run(request)
    return TearSheet(fresh, background_of(fresh, request.data_dir, file))
