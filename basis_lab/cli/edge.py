"""The edge of the command line: one command is parsed and run, and what it raises is worded."""

import argparse
import os
import shlex
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from basis_lab.cli import INTERRUPTED
from basis_lab.cli.configs import add_config, add_modes
from basis_lab.cli.data import add_data
from basis_lab.cli.lab import add_lab
from basis_lab.cli.parsing import Parser
from basis_lab.cli.reports import add_report
from basis_lab.cli.runs import add_backtest, add_compare
from basis_lab.cli.stress import add_stress
from basis_lab.cli.sweeps import add_batch, add_sweep
from basis_lab.data.writing import is_full, unwritten
from basis_lab.errors import BasisLabError
from basis_lab.services.interrupts import interruptible

FAILED = 4  # beside 0 done, 2 bad usage or configuration, 3 data missing or bad, 130 interrupted


def run_command(words: Sequence[str]) -> int:
    """Run one command.

    Parameters
    ----------
    words : sequence of str
        Those after ``basis-lab``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    KeyboardInterrupt
        If it was interrupted; ``main`` says so.
    """
    debug = False
    try:
        with interruptible() as asked:
            options = build_parser().parse_args(words)
            debug = options.debug
            options.command = shlex.join(["basis-lab", *words])
            code = int(options.run(options))
        return _ended(code, late=asked.is_set())
    except BasisLabError as error:
        return _tell(error.block(), error.exit_code, debug=debug)
    except BrokenPipeError:  # the reader of a pipe left: nothing to say, and nowhere to say it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Exception as error:  # noqa: BLE001 - the edge: a sentence, not a traceback
        if isinstance(error, OSError) and is_full(error):
            told = unwritten(Path(str(error.filename or ".")), error)
            return _tell(told.block(), told.exit_code, debug=debug)
        block = (
            f"{BasisLabError.code}: {type(error).__name__}: {error}\n"
            "  remedy: this is a defect of basis_lab; repeat with --debug and report the traceback"
        )
        return _tell(block, FAILED, debug=debug)


def _ended(code: int, *, late: bool) -> int:
    """Return a command's exit code; an interrupt that did not stop it is still told."""
    if late:
        sys.stderr.write("interrupted too late: the command has ended\n")
    return INTERRUPTED if late else code


def _tell(block: str, exit_code: int, *, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    sys.stderr.write(f"{block}\n")
    return exit_code


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every command.

    Returns
    -------
    argparse.ArgumentParser
        Each command sets ``run``, a function of the parsed options.
    """
    parser = Parser(prog="basis-lab", description="Backtests of crypto carry strategies.")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_modes(commands)
    add_config(commands)
    add_data(commands)
    add_backtest(commands)
    add_stress(commands)
    add_compare(commands)
    add_report(commands)
    add_batch(commands)
    add_sweep(commands)
    add_lab(commands)
    return parser
