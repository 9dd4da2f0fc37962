"""Sweeps as a notebook asks for them; nothing heavy is loaded before one is."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from basis_lab.errors import UsageError

if TYPE_CHECKING:
    from basis_lab.config.environment import Environment
    from basis_lab.results.sweep_result import SweepResult


def sweep(  # noqa: PLR0913 - one argument an option of the command
    plan: str | Path | Mapping[str, object],
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    data_dir: str | Path | None = None,
    progress: bool = False,
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
        Take over what an earlier sweep at the same place finished.
    data_dir : str, Path or None
        None takes BASIS_DATA_DIR, else the embedded synthetic data.
    progress : bool
        Show points done, rate and time left, on standard error.

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
    from basis_lab.data.places import place_of
    from basis_lab.services.plans import make_plan, read_plan
    from basis_lab.services.sweep import SweepRequest, run_sweep

    environment = read_environment()
    environment.require_backtest()
    require_directory(environment)
    found = (
        make_plan({"name": "sweep", **plan}, where="plan")
        if isinstance(plan, Mapping)
        else read_plan(Path(plan))
    )
    request = SweepRequest(
        plan=found,
        data_dir=place_of(data_dir) if data_dir is not None else environment.data_dir,
        out=None if out is None else Path(out),
        workers=workers,
        scheduler=scheduler,
        resume=resume,
    )
    if not progress:
        return run_sweep(request)
    from dataclasses import replace

    from basis_lab.results.tally import PointTally

    with PointTally("point") as tally:
        return run_sweep(replace(request, tally=tally))


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

    return open_folder(path)


def require_directory(environment: "Environment") -> None:
    """Refuse the database mode, which workers do not read.

    Parameters
    ----------
    environment : Environment
        Of this process.

    Raises
    ------
    UsageError
        If BASIS_DATA_MODE is db.
    """
    if environment.data_mode == "db":
        raise UsageError(
            "sweeps and batches read data directories, not a database",
            where="BASIS_DATA_MODE",
            value="db",
            remedy="unset BASIS_DATA_MODE, or set it to csv",
        )
