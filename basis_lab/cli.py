"""The command line: ``basis-lab COMMAND ...``.

Results go to standard output, progress and errors to standard error.
"""

import argparse
import datetime as dt
import importlib.util
import json
import math
import os
import shlex
import signal
import subprocess
import sys
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from basis_lab.errors import BasisLabError, ConfigError, UsageError
from basis_lab.services.interrupts import stop_on_signals, terminate_as_interrupt

if TYPE_CHECKING:
    from basis_lab.data.series import Store
    from basis_lab.services.requests import BacktestRequest

USAGE, FAILED, INTERRUPTED = 2, 4, 130  # beside 0 done, 3 data missing or bad
SHARE_CLASSES = ("USDT", "ETH")
RISK_LEVELS = ("low", "medium", "high")
NOTEBOOK = Path("notebooks") / "00_start_here.ipynb"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str or None
        The words after ``basis-lab``; None takes those of the process.

    Returns
    -------
    int
        The exit code.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    options = build_parser().parse_args(words)
    options.command = shlex.join(["basis-lab", *words])
    try:
        with terminate_as_interrupt():
            return int(options.run(options))
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    except BasisLabError as error:
        return _tell(error.block(), error.exit_code, debug=options.debug)
    except BrokenPipeError:  # the reader of a pipe left: nothing to say, and nowhere to say it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Exception as error:  # noqa: BLE001 - the edge: a sentence, not a traceback
        block = (
            f"{BasisLabError.code}: {type(error).__name__}: {error}\n"
            "  remedy: this is a defect of basis_lab; repeat with --debug and report the traceback"
        )
        return _tell(block, FAILED, debug=options.debug)


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
    parser = _Parser(prog="basis-lab", description="Backtests of crypto carry strategies.")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_modes(commands)
    _add_config(commands)
    _add_data(commands)
    _add_backtest(commands)
    _add_compare(commands)
    _add_lab(commands)
    return parser


class _Parser(argparse.ArgumentParser):
    """Words its errors as every other error is worded."""

    def error(self, message: str) -> NoReturn:
        error = UsageError(message, where=self.prog, remedy=f"see {self.prog} --help")
        self.exit(USAGE, f"{error.block()}\n")


def _command(commands: Any, name: str, run: Any, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show tracebacks"
    )
    parser.set_defaults(run=run)
    return parser


def _add_modes(commands: Any) -> None:
    parser = _command(commands, "modes", _run_modes, "list the modes and what each needs")
    parser.add_argument("--share-class", choices=SHARE_CLASSES)
    parser.add_argument("--risk-level", choices=RISK_LEVELS)


def _add_config(commands: Any) -> None:
    group = commands.add_parser("config", help="show or check configurations")
    actions = group.add_subparsers(required=True, metavar="ACTION")
    show = _command(actions, "show", _run_config_show, "show every key of a mode with its meaning")
    show.add_argument("mode", metavar="MODE")
    _add_resolution(show)
    check = _command(actions, "check", _run_config_check, "check configuration files")
    check.add_argument("paths", metavar="PATH", nargs="+", type=Path)


def _add_resolution(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--share-class", choices=SHARE_CLASSES)
    parser.add_argument("--set", dest="overrides", metavar="K=V", action="append", default=[])
    parser.add_argument("--scenario", dest="scenarios", metavar="NAME", action="append", default=[])


def _add_data(commands: Any) -> None:
    group = commands.add_parser("data", help="list, import or check market data")
    actions = group.add_subparsers(required=True, metavar="ACTION")
    for name, run, summary in (
        ("list", _run_data_list, "list the datasets of a data directory"),
        ("check", _run_data_check, "check a data directory, or what a mode needs of it"),
    ):
        parser = _command(actions, name, run, summary)
        parser.add_argument("--data-dir", type=Path, metavar="DIR")
        if name == "check":
            parser.add_argument("--mode", metavar="M", help="check what this mode needs alone")
            parser.add_argument(
                "--start", metavar="D", type=_date, help="with --mode; first date, UTC"
            )
            parser.add_argument(
                "--end", metavar="D", type=_date, help="with --mode; last date, UTC"
            )
    sample = _command(actions, "sample", _run_data_sample, "write the embedded synthetic data")
    sample.add_argument("--out", type=Path, metavar="DIR")
    taken = _command(actions, "import", _run_data_import, "bring files into canonical form")
    taken.add_argument("source", metavar="DIR", type=Path)
    taken.add_argument("--out", type=Path, metavar="DIR")


def _add_backtest(commands: Any) -> None:
    parser = _command(commands, "backtest", _run_backtest, "run one backtest")
    parser.add_argument("mode", metavar="MODE")
    _add_resolution(parser)
    parser.add_argument("--start", metavar="DATE", help="first timestep, UTC")
    parser.add_argument("--end", metavar="DATE", help="last timestep, included, UTC")
    parser.add_argument("--capital", type=_capital, help="in share-class currency")
    parser.add_argument("--data-dir", type=Path, metavar="DIR")
    parser.add_argument("--data-mode", choices=("csv", "db"))
    parser.add_argument("--out", type=Path, metavar="DIR", help="where run folders stand")
    parser.add_argument("--run-id", metavar="ID")
    parser.add_argument("--no-plots", action="store_true")
    parser.add_argument("--stride", type=_stride, default="auto", metavar="auto|1")
    parser.add_argument("--quiet", action="store_true", help="no progress and no report")
    parser.add_argument("--json", action="store_true", help="print the summary alone")


def _add_compare(commands: Any) -> None:
    parser = _command(commands, "compare", _run_compare, "put finished runs side by side")
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path)


def _add_lab(commands: Any) -> None:
    _command(commands, "lab", _run_lab, "open JupyterLab on the first notebook")


def _capital(text: str) -> float:
    try:
        capital = float(text)
    except ValueError:
        capital = math.nan
    if not 0.0 < capital < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount above 0")
    return capital


def _stride(text: str) -> int | str:
    if text == "auto":
        return text
    if text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is neither auto nor a number of timesteps from 1")


def _run_modes(options: argparse.Namespace) -> int:
    from basis_lab.config.loader import list_modes
    from basis_lab.results.listing import word_modes

    _say(word_modes(list_modes(options.share_class, options.risk_level)))
    return 0


def _run_config_show(options: argparse.Namespace) -> int:
    from basis_lab.config.describe import describe_config
    from basis_lab.config.loader import load_config
    from basis_lab.results.listing import word_config

    config = load_config(options.mode, options.share_class, _overrides(options), options.scenarios)
    _say(word_config(describe_config(config)))
    return 0


def _run_config_check(options: argparse.Namespace) -> int:
    from basis_lab.config import check_paths, read_environment

    read_environment(warn=sys.stderr.write)
    checked = check_paths(options.paths)
    for path, problems in checked:
        _say(f"{path}: {'refused' if problems else 'good'}")
    if refused := [x for _, problems in checked for x in problems]:
        raise ConfigError(refused)
    return 0


def _run_data_list(options: argparse.Namespace) -> int:
    from basis_lab.results.listing import word_datasets

    store, place = _store(options)
    infos = store.datasets()
    _say(f"{place}: {len(infos)} datasets\n\n{word_datasets(infos)}")
    return 0


def _run_data_check(options: argparse.Namespace) -> int:
    from basis_lab.data.check import check_run, check_store
    from basis_lab.results.listing import word_check
    from basis_lab.services.requests import BacktestRequest, check_request

    dated = options.start is not None or options.end is not None
    if options.mode is None and dated:
        raise UsageError(
            "dates are checked for a mode",
            where="basis-lab data check",
            remedy="give --mode as well",
        )
    store, place = _store(options)
    if options.mode is None:
        checked = check_store(store)
    else:
        request = BacktestRequest(
            mode=options.mode, start=options.start, end=options.end, data_dir=place
        )
        checked = check_run(lambda: check_request(request).frame, options.mode)
    _say(word_check(checked))
    checked.stop_on_errors(place)
    _say(f"{place}: {checked.summary}")
    return 0


def _date(text: str) -> str:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date, as 2024-06-01 is") from error
    return text


def _store(options: argparse.Namespace) -> "tuple[Store, Path]":
    from basis_lab.config.environment import read_environment
    from basis_lab.data.catalogue import open_store, sample_directory

    named = options.data_dir if options.data_dir is not None else read_environment().data_dir
    place = named if named is not None else sample_directory()
    return open_store(place), place


def _run_data_sample(options: argparse.Namespace) -> int:
    from basis_lab.data.catalogue import sample_directory
    from basis_lab.data.sample import write_sample

    place = options.out if options.out is not None else sample_directory()
    infos = write_sample(place)
    _say(f"{place}: {len(infos)} synthetic datasets written")
    return 0


def _run_data_import(options: argparse.Namespace) -> int:
    from basis_lab.data.catalogue import sample_directory
    from basis_lab.data.importer import import_directory
    from basis_lab.results.listing import word_import

    source = options.source.resolve()
    place = options.out if options.out is not None else sample_directory().parent / source.name
    _say(word_import(import_directory(source, place, progress=_tell_import)))
    return 0


def _tell_import(dataset: str, done: int, total: int) -> None:
    sys.stderr.write(f"import: {done} of {total}: {dataset}\n")


def _run_backtest(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from basis_lab.results.progress import Progress
    from basis_lab.results.text import word_report
    from basis_lab.services.backtest import BacktestService

    with stop_on_signals() as stop, nullcontext() if options.quiet else Progress() as shown:
        request = replace(_request(options), progress=shown)
        result = BacktestService().run(request, stop=stop)
    if options.json:
        _say(json.dumps({**result.summary, "timing": result.timing}, indent=2, allow_nan=False))
    elif not options.quiet:
        _say(word_report(result.summary, result.path))
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
        overrides=_overrides(options),
        scenarios=tuple(options.scenarios),
        data_dir=options.data_dir if options.data_dir is not None else environment.data_dir,
        data_mode="db" if data_mode == "db" else "csv",
        out=next(place for place in named if place is not None),
        run_id=options.run_id,
        plots=not options.no_plots,
        stride=options.stride,
        command=options.command,
    )


def _overrides(options: argparse.Namespace) -> dict[str, object]:
    from basis_lab.config.loader import parse_set

    return dict(parse_set(text) for text in options.overrides)


def _run_compare(options: argparse.Namespace) -> int:
    from basis_lab.results.compare import compare
    from basis_lab.results.listing import word_comparison
    from basis_lab.results.result import open_result

    _say(word_comparison(compare([open_result(path) for path in options.runs])))
    return 0


def _run_lab(_: argparse.Namespace) -> int:
    notebook = Path(__file__).resolve().parents[1] / NOTEBOOK
    if importlib.util.find_spec("jupyterlab") is None:
        raise UsageError(
            "JupyterLab is not installed",
            where="basis-lab lab",
            remedy="install it with: pip install -e .[lab]",
        )
    return subprocess.call([sys.executable, "-m", "jupyterlab", str(notebook)])  # noqa: S603 - our own interpreter on our own file


def _say(text: str) -> None:
    """Print a result; what the terminal cannot show becomes a question mark."""
    encoding = sys.stdout.encoding
    sys.stdout.write(f"{text}\n".encode(encoding, "replace").decode(encoding))


if __name__ == "__main__":
    sys.exit(main())
