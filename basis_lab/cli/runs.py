"""``backtest`` and ``compare``."""

import argparse
import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basis_lab.cli import INTERRUPTED
from basis_lab.cli.parsing import (
    OUT_HELP,
    add_resolution,
    command,
    read_capital,
    read_overrides,
    read_place,
    read_stride,
    say,
)
from basis_lab.domain.intervals import INTERVALS
from basis_lab.services.interrupts import stop_on_signals

if TYPE_CHECKING:
    from basis_lab.services.requests import BacktestRequest


def add_backtest(commands: Any) -> None:
    """Add the command that runs one backtest.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    """
    parser = command(commands, "backtest", _run_backtest, "run one backtest")
    add_run(parser, out=OUT_HELP.format("run folders stand"))
    parser.add_argument("--run-id", metavar="ID", help="name of the run folder")
    parser.add_argument("--quiet", action="store_true", help="no progress and no report")
    parser.add_argument("--json", action="store_true", help="print the summary alone")


def add_run(parser: argparse.ArgumentParser, *, out: str) -> None:
    """Add what says which run is asked for: mode, configuration, dates, data, where to.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the command.
    out : str
        What is said of ``--out``.
    """
    parser.add_argument("mode", metavar="MODE", help="a name of `basis-lab modes` or a YAML file")
    add_loaded(parser)
    parser.add_argument(
        "--start",
        metavar="DATE",
        help="first timestep, UTC; where not given 365 days before the end, or where data begin",
    )
    parser.add_argument(
        "--end",
        metavar="DATE",
        help="last timestep, included, UTC; where not given the last that the data cover",
    )
    parser.add_argument("--output-every", choices=INTERVALS, help="spacing of the tables' rows")
    parser.add_argument("--out", type=Path, metavar="DIR", help=out)
    parser.add_argument("--no-plots", action="store_true", help="draw no charts")
    parser.add_argument("--report", action="store_true", help="write report.html as well")
    parser.add_argument(
        "--stride",
        type=read_stride,
        default="auto",
        metavar="auto|N",
        help="timesteps that are decided together at most, from 1, which visits each; auto "
        "(default) takes quiet ones together as far as it can; the result is the same",
    )


def add_loaded(parser: argparse.ArgumentParser) -> None:
    """Add what says, beside mode and dates, which data a run loads.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the command.
    """
    add_resolution(parser)
    parser.add_argument(
        "--capital",
        type=read_capital,
        help="in share-class currency, the share class's default where not given",
    )
    parser.add_argument(
        "--data-dir",
        type=read_place,
        metavar="DIR",
        help="market data, the embedded sample where not given; also s3://, gs://",
    )
    parser.add_argument(
        "--data-mode", choices=("csv", "db"), help="files (default) or the DuckDB beside them"
    )
    parser.add_argument("--interval", choices=INTERVALS, help="of the bars, 1h where not given")


def add_compare(commands: Any) -> None:
    """Add the command that compares finished runs.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    """
    parser = command(commands, "compare", _run_compare, "put finished runs side by side")
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="a run's folder")


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
    from dataclasses import replace

    from basis_lab.config.environment import read_environment
    from basis_lab.results.store import check_run_id

    if options.run_id is not None:
        check_run_id(options.run_id)
    named = (options.out, read_environment().results_dir, Path("outputs"))
    out = next(place for place in named if place is not None)
    return replace(read_request(options, out=out), run_id=options.run_id)


def read_request(options: argparse.Namespace, *, out: Path | None) -> "BacktestRequest":
    """Return the backtest that is asked for.

    Parameters
    ----------
    options : argparse.Namespace
        As ``add_run`` defines them.
    out : Path or None
        Where run folders stand; None writes none.

    Returns
    -------
    BacktestRequest
        With what the environment adds.
    """
    from dataclasses import replace

    asked = read_loaded(options)
    every = {"data.output_every": options.output_every} if options.output_every else {}
    return replace(
        asked,
        overrides={**asked.overrides, **every},
        out=out,
        plots=not options.no_plots,
        stride=options.stride,
        command=options.command,
    )


def read_loaded(options: argparse.Namespace) -> "BacktestRequest":
    """Return a backtest that loads what is asked for, and writes nothing.

    Parameters
    ----------
    options : argparse.Namespace
        As ``add_loaded`` defines them, with mode and dates.

    Returns
    -------
    BacktestRequest
        With what the environment adds.
    """
    from basis_lab.config.environment import read_environment
    from basis_lab.services.requests import BacktestRequest

    environment = read_environment(warn=sys.stderr.write)
    environment.require_backtest()
    spaced = {"data.bar_interval": options.interval} if options.interval else {}
    data_mode = environment.data_source if options.data_mode is None else options.data_mode
    return BacktestRequest(
        mode=options.mode,
        share_class=options.share_class,
        start=options.start,
        end=options.end,
        capital=options.capital,
        overrides={**read_overrides(options), **spaced},
        scenarios=tuple(options.scenarios),
        data_dir=options.data_dir if options.data_dir is not None else environment.data_dir,
        data_mode=data_mode,
        database=environment.database if options.data_dir is None else None,
    )


def _run_compare(options: argparse.Namespace) -> int:
    from basis_lab.results.compare import compare, word_currencies
    from basis_lab.results.listing import word_comparison
    from basis_lab.results.result import open_result

    table = compare([open_result(path) for path in options.runs])
    say(word_comparison(table))
    note = word_currencies(table)
    if note:
        say(note)
    return 0
