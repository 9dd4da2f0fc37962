"""``batch`` and ``sweep``: many runs from one file."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from basis_lab.cli import INTERRUPTED
from basis_lab.cli.parsing import OUT_HELP, command, read_place, say
from basis_lab.errors import SchedulerLostError
from basis_lab.services.interrupts import stop_on_signals
from basis_lab.services.sweeping import database_of

if TYPE_CHECKING:
    from basis_lab.data.places import Place
    from basis_lab.results.sweep_result import SweepResult
    from basis_lab.services.sweep import SweepRequest

SOME_FAILED = 4
CORES = "as many as the machine has cores where not given"
FINISHING = "interrupted: the {} under way are finished; a second interrupt ends them at once"
RETRY = "run them again with --resume --retry-failed, or change the plan"


def add_sweep(commands: Any) -> None:
    """Add the command that runs a sweep.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    """
    parser = command(commands, "sweep", _run_sweep, "run every point of a plan, one table out")
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="a plan: cases, grid, random, sobol"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=read_workers, metavar="N", help=f"processes here; {CORES}")
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="take over what is finished; points that the machine failed (a worker that died, "
        "memory, files, data changed under it) are run again, refused points stay failed",
    )
    parser.add_argument(
        "--retry-failed", action="store_true", help="with --resume: run every failed point again"
    )
    parser.add_argument(
        "--report",
        action="append",
        metavar="best,worst,N",
        help="report these points; N is the number of a point, from 0, and may be repeated",
    )
    parser.add_argument(
        "--data-dir", type=read_place, metavar="DIR", help="the sample where not given"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=OUT_HELP.format("its folder stands")
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")


def add_batch(commands: Any) -> None:
    """Add the command that runs a batch.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    """
    parser = command(commands, "batch", _run_batch, "report every case of a plan, one index page")
    parser.add_argument("file", metavar="FILE", type=Path, help="a plan: cases or a grid")
    parser.add_argument("--workers", type=read_workers, metavar="N", help=f"processes; {CORES}")
    parser.add_argument(
        "--data-dir", type=read_place, metavar="DIR", help="the sample where not given"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=OUT_HELP.format("its folder stands")
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")


def _run_batch(options: argparse.Namespace) -> int:
    from contextlib import nullcontext

    from basis_lab.results.tally import PointTally
    from basis_lab.results.text import unfold_error
    from basis_lab.services.batch import BatchRequest, run_batch
    from basis_lab.services.plans import read_plan

    data_dir, database, out = places(options)
    plan = read_plan(options.file)
    for given, named in plan.renamed:
        sys.stderr.write(f"the case {given!r} is written to the folder {named}\n")
    with (
        stop_on_signals(FINISHING.format("cases")) as stop,
        nullcontext() if options.quiet else PointTally("case") as tally,
    ):
        request = BatchRequest(
            plan=plan,
            out=out,
            data_dir=data_dir,
            database=database,
            workers=options.workers,
            tally=tally,
            note=lambda text: sys.stderr.write(f"{text}\n"),
        )
        result = run_batch(request, stop)
    kept = sum(x.kept for x in result.cases)
    for case in result.failed:
        sys.stderr.write(f"failed: {case.name}: {unfold_error(case.error)}\n")
    done = len(result.cases) - len(result.failed)
    counts = f"{done} done ({kept} of them before), {len(result.failed)} failed"
    counts += f", {result.open_} not begun" if result.open_ else ""
    say(f"{counts}\nindex: {result.index}")
    for folder in result.strangers:
        say(f"not of this plan, and not in the index: {folder}")
    if stop.is_set():
        return _interrupted("the same call goes on" if result.open_ else "")
    return SOME_FAILED if result.failed else 0


def _interrupted(how: str) -> int:
    """Say how to go on; an interrupt that came when everything was done is told as such."""
    late = "interrupted too late: everything has ended"
    sys.stderr.write(f"interrupted; {how}\n" if how else f"{late}\n")
    return INTERRUPTED


def read_workers(text: str) -> int:
    """Read a number of processes.

    Parameters
    ----------
    text : str
        A word of the command line.

    Returns
    -------
    int
        From 1.

    Raises
    ------
    ArgumentTypeError
        If it is none.
    """
    if text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes from 1")


def places(options: argparse.Namespace) -> "tuple[Place | None, Path | None, Path]":
    """Return where data are read and results are written.

    Parameters
    ----------
    options : argparse.Namespace
        With ``data_dir`` and ``out``.

    Returns
    -------
    tuple of Path
        Data directory, None for the sample; the database, None where directories are read; and
        the directory of results.
    """
    from basis_lab.config.environment import read_environment

    environment = read_environment(warn=sys.stderr.write)
    environment.require_backtest()
    data_dir = options.data_dir if options.data_dir is not None else environment.data_dir
    named = (options.out, environment.results_dir, Path("outputs"))
    out = next(place for place in named if place is not None)
    return data_dir, database_of(environment, options.data_dir), out


def _run_sweep(options: argparse.Namespace) -> int:
    from contextlib import nullcontext

    from basis_lab.results.tally import PointTally
    from basis_lab.services.chosen import check_choice
    from basis_lab.services.plans import read_plan
    from basis_lab.services.reports import require_papermill
    from basis_lab.services.sweep import SweepRequest, run_sweep

    data_dir, database, out = places(options)
    plan = read_plan(options.file)
    chosen = None if options.report is None else ",".join(options.report)
    if chosen is not None:
        check_choice(chosen, plan)
        require_papermill()
    with (
        stop_on_signals(FINISHING.format("points")) as stop,
        nullcontext() if options.quiet else PointTally("point") as tally,
    ):
        request = SweepRequest(
            plan=plan,
            data_dir=data_dir,
            database=database,
            out=out,
            workers=options.workers,
            scheduler=options.scheduler,
            resume=options.resume,
            retry_failed=options.retry_failed,
            tally=tally,
            note=lambda text: sys.stderr.write(f"{text}\n"),
        )
        try:
            result = run_sweep(request, stop)
        except SchedulerLostError as error:
            _say_sweep(cast("SweepResult", error.details["result"]))
            raise
    _say_sweep(result)
    if stop.is_set():
        return _interrupted("go on with --resume" if result.summary["open"] else "")
    if chosen is not None:
        _report(request, chosen, result)
    return SOME_FAILED if result.summary["failed"] else 0


def _say_sweep(result: "SweepResult") -> None:
    from basis_lab.results.sweep_remarks import word_failures

    say(word_sweep(result))
    if result.summary["failed"]:
        sys.stderr.write(f"{word_failures(result)}\n{RETRY}\n")


def _report(request: "SweepRequest", chosen: str, result: "SweepResult") -> None:
    from basis_lab.services.chosen import report_points
    from basis_lab.services.points import Ground

    ground = Ground.here(request.data_dir, request.database, request.plan.cases)
    without = []
    for point, page in report_points(chosen, request.plan, result, ground=ground):
        if page is None:
            without.append(point)
        else:
            say(f"report: {page}")
    for point in without:
        sys.stderr.write(f"point {point} failed, it has no report\n")


def word_sweep(result: "SweepResult") -> str:
    """Return what a sweep says in the end.

    Parameters
    ----------
    result : SweepResult
        Ended or stopped.

    Returns
    -------
    str
        Lines for a terminal.
    """
    from basis_lab.results.formats import format_count
    from basis_lab.results.sweep_remarks import word_remarks
    from basis_lab.results.sweep_words import SYNTHETIC, best_point, word_best, word_data

    told = result.summary
    counts = f"{told['done']:,} done, {told['failed']:,} failed, {told['open']:,} open"
    fresh = told["points"] - told["open"] - told["resumed"]
    rate = f"; {told['points_per_second']:,.1f} points a second" if fresh else ""
    best = best_point(result.table, None)
    made_up = f" ({SYNTHETIC})" if word_data(result.table) == SYNTHETIC else ""
    lines = [
        f"{word_best(result)}{made_up}.",
        *(f"{x[0].upper()}{x[1:]}." for x in word_remarks(result, best)),
        f"{format_count(told['points'], 'point')}: {counts}, {told['resumed']:,} resumed{rate}",
        f"sweep folder: {result.path}",
    ]
    return "\n".join(lines)
