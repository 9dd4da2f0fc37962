"""``backtest`` and ``compare``."""

import argparse
import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basis_lab.cli.parsing import (
    add_resolution,
    command,
    read_capital,
    read_overrides,
    read_stride,
    say,
)
from basis_lab.services.interrupts import stop_on_signals

if TYPE_CHECKING:
    from basis_lab.services.requests import BacktestRequest

INTERRUPTED = 130


def add_backtest(commands: Any) -> None:
    """Add the command that runs one backtest.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    """
    parser = command(commands, "backtest", _run_backtest, "run one backtest")
    parser.add_argument("mode", metavar="MODE")
    add_resolution(parser)
    parser.add_argument("--start", metavar="DATE", help="first timestep, UTC")
    parser.add_argument("--end", metavar="DATE", help="last timestep, included, UTC")
    parser.add_argument("--capital", type=read_capital, help="in share-class currency")
    parser.add_argument("--data-dir", type=Path, metavar="DIR")
    parser.add_argument("--data-mode", choices=("csv", "db"))
    parser.add_argument("--out", type=Path, metavar="DIR", help="where run folders stand")
    parser.add_argument("--run-id", metavar="ID")
    parser.add_argument("--no-plots", action="store_true")
    parser.add_argument("--report", action="store_true", help="write report.html as well")
    parser.add_argument("--stride", type=read_stride, default="auto", metavar="auto|1")
    parser.add_argument("--quiet", action="store_true", help="no progress and no report")
    parser.add_argument("--json", action="store_true", help="print the summary alone")


def add_compare(commands: Any) -> None:
    """Add the command that compares finished runs.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    """
    parser = command(commands, "compare", _run_compare, "put finished runs side by side")
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path)


def _run_backtest(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from basis_lab.results.progress import Progress
    from basis_lab.results.text import word_report
    from basis_lab.services.backtest import BacktestService

    with stop_on_signals() as stop, nullcontext() if options.quiet else Progress() as shown:
        request = replace(_request(options), progress=shown)
        result = BacktestService().run(request, stop=stop)
    if options.json:
        say(json.dumps({**result.summary, "timing": result.timing}, indent=2, allow_nan=False))
    elif not options.quiet:
        say(word_report(result.summary, result.path))
    if options.report and result.path is not None:
        from basis_lab.services.reports import render_report

        page = render_report(result.path)
        if not options.quiet and not options.json:
            say(f"report: {page}")
    if not stop.is_set():
        return 0
    sys.stderr.write(f"interrupted; kept up to {result.summary['end']}\n")
    return INTERRUPTED


def _request(options: argparse.Namespace) -> "BacktestRequest":
    from basis_lab.config.environment import read_environment
    from basis_lab.results.store import check_run_id
    from basis_lab.services.requests import BacktestRequest

    environment = read_environment(warn=sys.stderr.write)
    environment.require_backtest()
    if options.run_id is not None:
        check_run_id(options.run_id)
    named = (options.out, environment.results_dir, Path("outputs"))
    data_mode = environment.data_mode if options.data_mode is None else options.data_mode
    return BacktestRequest(
        mode=options.mode,
        share_class=options.share_class,
        start=options.start,
        end=options.end,
        capital=options.capital,
        overrides=read_overrides(options),
        scenarios=tuple(options.scenarios),
        data_dir=options.data_dir if options.data_dir is not None else environment.data_dir,
        data_mode="db" if data_mode == "db" else "csv",
        out=next(place for place in named if place is not None),
        run_id=options.run_id,
        plots=not options.no_plots,
        stride=options.stride,
        command=options.command,
    )


def _run_compare(options: argparse.Namespace) -> int:
    from basis_lab.results.compare import compare
    from basis_lab.results.listing import word_comparison
    from basis_lab.results.result import open_result

    say(word_comparison(compare([open_result(path) for path in options.runs])))
    return 0
