"""Sweeps as a notebook asks for them; nothing heavy is loaded before one is."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from basis_lab.config.environment import Environment
    from basis_lab.data.places import Place
    from basis_lab.results.sweep_result import SweepResult


def sweep(  # noqa: PLR0913 - one argument an option of the command
    plan: str | Path | Mapping[str, object],
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    retry_failed: bool = False,
    data_dir: str | Path | None = None,
    progress: bool = False,
    watch: Callable[["SweepResult"], object] | None = None,
) -> "SweepResult":
    """Run every point of a plan and return their table.

    Parameters
    ----------
    plan : str, Path or mapping
        A file as those in configs/sweeps, or its content: settings that all points share, and
        one of ``cases``, ``grid``, ``random``, ``sobol``.
    workers : int or None
        Processes; None takes the cores that there are.
    scheduler : str or None
        Address of a Dask scheduler that takes their place.
    out : str, Path or None
        Where folders of sweeps stand; None keeps the table in memory.
    resume : bool
        Take over what an earlier sweep at the same place finished; points that the machine
        failed are run again, refused ones stay as they are. Without it, what an unfinished sweep
        left is kept beside the new one and told on standard error.
    retry_failed : bool
        On a resume, run every failed point again.
    data_dir : str, Path or None
        None takes BASIS_DATA_DIR, else the embedded synthetic data. With BASIS_DATA_MODE=db the
        DuckDB file of the directory, or that of BASIS_DATABASE__URL, is read.
    progress : bool
        Show points done, rate and time left, on standard error.
    watch : callable or None
        Given the sweep as far as it is, now and then and at its end: a table with a row for every
        point, those that are not run yet with the status "open". ``sweep_view().show`` draws it.

    Returns
    -------
    SweepResult
        ``table`` has a row a point; points that failed have their error.

    Raises
    ------
    BasisLabError
        If the plan is refused, or its place is another sweep's.

    Examples
    --------
    Two shares of spot, in memory::

        plan = {"mode": "btc_basis", "grid": {"strategy.spot_allocation": [0.6, 0.7]}}
        bl.sweep(plan).table["apr"]
    """
    from basis_lab.config.environment import read_environment
    from basis_lab.services import arguments as read
    from basis_lab.services.plans import make_plan, read_plan
    from basis_lab.services.sweep import SweepRequest, run_sweep

    environment = read_environment()
    environment.require_backtest()
    place = read.read_place(data_dir)
    found = (
        make_plan({"name": "sweep", **plan}, where="plan")
        if isinstance(plan, Mapping)
        else read_plan(Path(read.read_path(plan, "plan", "give a mapping, or a file's path")))
    )
    request = SweepRequest(
        plan=found,
        data_dir=place if place is not None else environment.data_dir,
        database=database_of(environment, place),
        out=None if out is None else Path(read.read_path(out, "out", "give a directory")),
        workers=None if workers is None else read.read_count(workers, "workers", "1 or more"),
        scheduler=read.read_text(scheduler, "scheduler", "an address as tcp://host:8786"),
        resume=resume,
        retry_failed=retry_failed,
        watch=_watcher(watch),
        note=lambda text: sys.stderr.write(f"{text}\n"),
    )
    if not progress:
        return run_sweep(request)
    from dataclasses import replace

    from basis_lab.results.tally import PointTally

    with PointTally("point") as tally:
        return run_sweep(replace(request, tally=tally))


def _watcher(watch: object) -> Callable[["SweepResult"], object] | None:
    if watch is None or callable(watch):
        return watch
    from basis_lab.errors import UsageError

    raise UsageError(
        "what watches a sweep is called with it",
        where="watch",
        value=repr(watch),
        remedy="give a function, for instance sweep_view().show",
    )


def open_sweep(path: str | Path) -> "SweepResult":
    """Open the folder of a sweep.

    Parameters
    ----------
    path : str or Path
        ``outputs/sweeps/NAME``.

    Returns
    -------
    SweepResult
        Table and summary.

    Raises
    ------
    ResultError
        If it is none.
    """
    from basis_lab.results.sweep_result import open_sweep as open_folder
    from basis_lab.services.arguments import read_path

    return open_folder(read_path(path, "path", "give a sweep's folder, as outputs/sweeps/NAME"))


def database_of(environment: "Environment", data_dir: "Place | None") -> Path | None:
    """Return the database that sweeps and batches read, where the environment asks for one.

    Parameters
    ----------
    environment : Environment
        Of this process.
    data_dir : Place or None
        As given beside it; None takes what the environment names.

    Returns
    -------
    Path or None
        None where data directories are read.

    Raises
    ------
    MissingDataError
        If BASIS_DATA_MODE is db and there is no database.
    BadDataError
        If it is not one of ours, or its directory has changed since it was written.
    """
    if environment.data_source != "db":
        return None
    from basis_lab.data.catalogue import sample_directory
    from basis_lab.data.duckdb import open_database

    named = (data_dir, environment.database, environment.data_dir, sample_directory())
    return open_database(next(x for x in named if x is not None)).root
