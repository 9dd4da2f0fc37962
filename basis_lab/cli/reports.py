"""``report``: the page of finished runs."""

import argparse
from pathlib import Path
from typing import Any

from basis_lab.cli.parsing import command, say


def add_report(commands: Any) -> None:
    """Add the command that writes the reports of finished runs.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    """
    parser = command(commands, "report", _run_report, "write the reports of finished runs")
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="a run's folder")
    parser.add_argument("--png", action="store_true", help="write each figure as a picture too")


def _run_report(options: argparse.Namespace) -> int:
    from basis_lab.results.result import open_result
    from basis_lab.services.reports import PLOTS, render_report

    for folder in options.runs:  # what is no run is refused before the first is executed
        open_result(folder).require_whole()
    for folder in options.runs:
        say(f"report: {render_report(folder, png=options.png)}")
        if options.png:
            say(f"pictures: {folder / PLOTS}/report-*.png")
    return 0
