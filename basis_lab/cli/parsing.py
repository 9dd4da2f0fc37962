"""Words that every command shares: its parser, its common options, how it prints."""

import argparse
import datetime as dt
import math
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from basis_lab.errors import UsageError

if TYPE_CHECKING:
    from basis_lab.data.places import Place
    from basis_lab.data.series import Store

USAGE = 2
OUT_HELP = "where {}; BASIS_RESULTS_DIR, else outputs, where not given"
SHARE_CLASSES = ("USDT", "ETH")
RISK_LEVELS = ("low", "medium", "high")


class Parser(argparse.ArgumentParser):
    """Words its errors as every other error is worded."""

    def error(self, message: str) -> NoReturn:
        """Print a usage error and leave.

        Parameters
        ----------
        message : str
            What is wrong.
        """
        error = UsageError(message, where=self.prog, remedy=f"see {self.prog} --help")
        self.exit(USAGE, f"{error.block()}\n")


def command(commands: Any, name: str, run: Any, summary: str) -> argparse.ArgumentParser:
    """Add one command.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    name : str
        The word.
    run : callable
        Takes the parsed options and returns the exit code.
    summary : str
        One line of help.

    Returns
    -------
    argparse.ArgumentParser
        For its arguments.
    """
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show tracebacks"
    )
    parser.set_defaults(run=run)
    return parser


def add_resolution(parser: argparse.ArgumentParser) -> None:
    """Add what resolves a mode's configuration: share class, overrides, scenarios.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the command.
    """
    parser.add_argument(
        "--share-class", choices=SHARE_CLASSES, help="the mode's first where not given"
    )
    parser.add_argument(
        "--set",
        dest="overrides",
        metavar="K=V",
        action="append",
        default=[],
        help="set one key (strategy.spot_allocation=0.6); may be repeated, and the last one wins",
    )
    parser.add_argument(
        "--scenario",
        dest="scenarios",
        metavar="NAME",
        action="append",
        default=[],
        help="a name of configs/scenarios or a YAML file; may be repeated, and they add up",
    )


def read_capital(text: str) -> float:
    """Read an amount above zero.

    Parameters
    ----------
    text : str
        A word of the command line.

    Returns
    -------
    float
        Share-class currency.

    Raises
    ------
    ArgumentTypeError
        If it is not a finite number above 0.
    """
    try:
        capital = float(text)
    except ValueError:
        capital = math.nan
    if not 0.0 < capital < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount above 0")
    return capital


def read_stride(text: str) -> int | str:
    """Read a stride.

    Parameters
    ----------
    text : str
        A word of the command line.

    Returns
    -------
    int or str
        Timesteps from 1, or "auto".

    Raises
    ------
    ArgumentTypeError
        If it is neither.
    """
    if text == "auto":
        return text
    if text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is neither auto nor a number of timesteps from 1")


def read_date(text: str) -> str:
    """Check a date.

    Parameters
    ----------
    text : str
        A word of the command line.

    Returns
    -------
    str
        As given.

    Raises
    ------
    ArgumentTypeError
        If it is not ISO 8601.
    """
    try:
        dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date, as 2024-06-01 is") from error
    return text


def read_place(text: str) -> "Place":
    """Read where data lies.

    Parameters
    ----------
    text : str
        A word of the command line.

    Returns
    -------
    Place
        A directory, or the prefix of an object store.

    Raises
    ------
    ArgumentTypeError
        If it is an address that nothing reads.
    """
    from basis_lab.data.places import place_of

    try:
        return place_of(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(f"{error.what}; {error.remedy}") from error


def open_data(options: argparse.Namespace) -> "tuple[Store, Place]":
    """Open the data directory that a command works on.

    Parameters
    ----------
    options : argparse.Namespace
        With ``data_dir``.

    Returns
    -------
    store : Store
        The directory.
    place : Place
        Where it is.
    """
    from basis_lab.config.environment import read_environment
    from basis_lab.data.catalogue import open_store, sample_directory

    named = options.data_dir if options.data_dir is not None else read_environment().data_dir
    place = named if named is not None else sample_directory()
    return open_store(place), place


def read_overrides(options: argparse.Namespace) -> dict[str, object]:
    """Return the keys that were set.

    Parameters
    ----------
    options : argparse.Namespace
        With ``overrides``, texts of K=V.

    Returns
    -------
    dict of str to object
        By dotted key.
    """
    from basis_lab.config.loader import parse_set

    return dict(parse_set(text) for text in options.overrides)


def say(text: str) -> None:
    """Print a result; what the terminal cannot show becomes a question mark.

    Parameters
    ----------
    text : str
        Without its last line break.
    """
    encoding = sys.stdout.encoding
    sys.stdout.write(f"{text}\n".encode(encoding, "replace").decode(encoding))
