"""``stress``."""

import argparse
import json
import sys
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any

from basis_lab.cli import INTERRUPTED
from basis_lab.cli.parsing import command, say
from basis_lab.cli.runs import add_run, read_request
from basis_lab.services.interrupts import stop_on_signals


def add_stress(commands: Any) -> None:
    """Add the command that runs a mode under stresses.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    """
    parser = command(commands, "stress", _run_stress, "run a mode under every stress")
    add_run(parser, out="where run folders stand; where not given none is written")
    parser.add_argument(
        "--scenarios",
        dest="stresses",
        metavar="NAME,...",
        help="which stresses, by name or path; all that ship where it is left out",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress and no table")
    parser.add_argument("--json", action="store_true", help="print the rows alone")


def _run_stress(options: argparse.Namespace) -> int:
    from basis_lab.results.formats import format_count
    from basis_lab.results.progress import Progress
    from basis_lab.results.stressing import word_stresses
    from basis_lab.services.stress import run_stresses

    named = options.stresses
    names = None if named is None else [x.strip() for x in named.split(",") if x.strip()]
    request = read_request(options, out=options.out)
    shown = nullcontext() if options.quiet else Progress(unit="runs")
    with stop_on_signals() as stop, shown as progress:
        rows = run_stresses(request, names, stop=stop, progress=progress)
    if options.json:
        say(json.dumps([asdict(row) for row in rows], indent=2, allow_nan=False))
    elif not options.quiet:
        say(word_stresses(rows))
    if not stop.is_set():
        return 0
    sys.stderr.write(f"interrupted; {format_count(len(rows), 'run')} finished\n")
    return INTERRUPTED
