"""``data fetch``: download public history into a data directory."""

import argparse
import datetime as dt
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from basis_lab.cli.parsing import command, read_date, say
from basis_lab.domain.intervals import HOURLY, INTERVALS
from basis_lab.domain.wording import agree
from basis_lab.errors import MissingDataError, UsageError
from basis_lab.results.formats import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from basis_lab.data.download import Fetched
    from basis_lab.data.download_rpc import RpcAddress
    from basis_lab.data.series import DatasetKind
    from basis_lab.errors import DataError

EXCHANGE_KINDS = ("spot", "perp", "mark", "funding")
CHAIN_KINDS = ("aave", "lst", "oracle", "gas")
VENUES = ("binance", "bybit", "okx")
SYMBOLS = ("BTCUSDT", "ETHUSDT")
LINES = 10  # plain lines of a dataset


def add_fetch(actions: Any) -> None:
    """Add the command that downloads.

    Parameters
    ----------
    actions : argparse subparsers
        Of ``data``.
    """
    parser = command(actions, "fetch", _run_fetch, "download public history, resumable")
    parser.add_argument(
        "--venue", metavar="V,...", action="append", help=f"of {', '.join(VENUES)}; default all"
    )
    parser.add_argument(
        "--symbol", metavar="S,...", action="append", help=f"default {', '.join(SYMBOLS)}"
    )
    parser.add_argument(
        "--kind",
        metavar="K,...",
        action="append",
        help=f"of {', '.join(EXCHANGE_KINDS)} (default), and with an archive node "
        f"{', '.join(CHAIN_KINDS)} (default with --rpc)",
    )
    parser.add_argument("--start", metavar="D", type=read_date, help="default a year before end")
    parser.add_argument("--end", metavar="D", type=read_date, help="included; default now")
    parser.add_argument("--interval", choices=INTERVALS, default=HOURLY, help="of the bars")
    parser.add_argument(
        "--rpc",
        metavar="URL",
        help="an archive node, kept secret; BASIS_DEV__ALCHEMY__RPC_URL (or STAGING, PROD) serves "
        "as well, and shows in no list of processes",
    )
    parser.add_argument(
        "--chain", metavar="NAME", default="ethereum", help="of configs/chains, or a YAML file"
    )
    parser.add_argument(
        "--token", metavar="T,...", action="append", help="default all of the chain's file"
    )
    parser.add_argument("--out", type=_directory, metavar="DIR", help="default data/fetched")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def _directory(text: str) -> Path:
    if "://" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no directory of this machine; copy it there")
    return Path(text)


def _run_fetch(options: argparse.Namespace) -> int:
    from basis_lab.data.catalogue import sample_directory
    from basis_lab.services.fetch import FetchRequest, fetch

    _refuse_future(options.start)
    place = options.out if options.out is not None else sample_directory().parent / "fetched"
    kinds = _kinds(options)
    request = FetchRequest(
        venues=_chosen(options.venue, VENUES, VENUES, "--venue"),
        symbols=_words(options.symbol, SYMBOLS),
        kinds=kinds,
        start=_moment(options.start),
        end=_moment(options.end),
        interval=options.interval,
        chain=options.chain,
        tokens=_words(options.token, ()),
        rpc=_rpc(options, kinds),
    )
    try:
        with FetchProgress(quiet=options.quiet) as progress:
            fetched = fetch(request, place, progress, progress.say)
    except KeyboardInterrupt:
        sys.stderr.write(f"fetch: what was downloaded is kept in {place}; repeat to go on\n")
        raise
    say("\n".join(_line(x) for x in fetched))
    _stop_on_problems(fetched, place)
    say(f"{place}: {format_count(len(fetched), 'dataset')} up to date")
    return 0


def _kinds(options: argparse.Namespace) -> "tuple[DatasetKind, ...]":
    from basis_lab.data.series import DatasetKind

    kinds = (*EXCHANGE_KINDS, *CHAIN_KINDS)
    default = kinds if options.rpc is not None else EXCHANGE_KINDS
    chosen = _chosen(options.kind, kinds, default, "--kind")
    return tuple(DatasetKind(x) for x in chosen)


def _rpc(options: argparse.Namespace, kinds: "tuple[DatasetKind, ...]") -> "RpcAddress | None":
    """Return the node's address: the one given, or that of the environment."""
    from basis_lab.config.environment import read_environment, read_rpc_url
    from basis_lab.data.download_rpc import RpcAddress

    url = options.rpc
    if url is None and not set(CHAIN_KINDS).isdisjoint(kinds):
        url = read_rpc_url(read_environment().environment)
    return None if url is None else RpcAddress(url)


def _words(given: list[str] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of an option that may be repeated and holds commas."""
    if given is None:
        return default
    words = [x.strip() for text in given for x in text.split(",")]
    return tuple(dict.fromkeys(x for x in words if x))


def _chosen(
    given: list[str] | None, choices: tuple[str, ...], default: tuple[str, ...], option: str
) -> tuple[str, ...]:
    words = _words(given, default)
    odd = [x for x in words if x not in choices]
    if odd or not words:
        raise UsageError(
            f"{option} takes {', '.join(choices)}",
            where="basis-lab data fetch",
            value=", ".join(odd),
            remedy="give some of them, with commas between",
        )
    return words


def _moment(text: str | None) -> dt.datetime | None:
    """Read a date; without a zone it is UTC."""
    if text is None:
        return None
    moment = dt.datetime.fromisoformat(text)
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment


def _refuse_future(start: str | None) -> None:
    """Refuse a start that lies ahead, before anything is asked of a network."""
    moment, now = _moment(start), dt.datetime.now(dt.UTC)
    if moment is not None and moment > now:
        raise UsageError(
            "the start lies in the future, which has no history",
            where="--start",
            value=start,
            remedy=f"give a start before now, {now:%Y-%m-%dT%H:%M} UTC",
        )


def _line(fetched: "Fetched") -> str:
    if fetched.problem is not None:
        return f"{fetched.dataset}: NOT complete: {fetched.problem.what}"
    info = fetched.info
    if info is None:
        return f"{fetched.dataset}: nothing new"
    notes = "".join(f"\n  {note}" for note in info.notes)
    return (
        f"{info.id}: {info.rows:,} {agree(info.rows, 'row')}, {info.first}Z to {info.last}Z "
        f"({fetched.new_rows:,} new){notes}"
    )


def _stop_on_problems(fetched: "tuple[Fetched, ...]", place: Path) -> None:
    problems = [x for x in fetched if x.problem is not None]
    told = [x.problem for x in problems if x.problem is not None]
    if problems:
        remedies = dict.fromkeys(x.remedy for x in told if x.remedy)
        raise MissingDataError(
            f"{len(problems)} of {len(fetched)} {agree(len(fetched), 'dataset')} "
            f"{agree(len(problems), 'is', 'are')} not complete",
            missing=[x.dataset for x in problems],
            where=str(place),
            value="; ".join(_once(told)),
            remedy="; ".join(
                [*remedies, "what was downloaded is kept; repeat the command to go on"]
            ),
        )


def _once(problems: "Sequence[DataError]") -> list[str]:
    """Return what went wrong, each thing once with all places where it did."""
    alike: dict[str, list[DataError]] = {}
    for problem in problems:
        alike.setdefault(problem.what, []).append(problem)
    told = []
    for what, found in alike.items():
        where = ", ".join(dict.fromkeys(x.where for x in found))
        values = dict.fromkeys(str(x.value) for x in found if x.value is not None)
        value = f"; value: {', '.join(values)}" if values else ""
        told.append(f"{what}; where: {where}{value}")
    return told


class FetchProgress:
    """Shows how far each dataset is: a bar on a terminal, plain lines when piped.

    Parameters
    ----------
    quiet : bool
        Show nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Any = None
        self._dataset = ""
        self._told = 0

    def __enter__(self) -> Self:
        """Start showing."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop showing."""
        if self._bar is not None:
            self._bar.close()

    def __call__(self, dataset: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` seconds of a dataset's history are there."""
        if self._quiet:
            return
        if dataset != self._dataset:
            self._dataset, self._told = dataset, 0
            if self._bar is not None:
                self._bar.close()
                self._bar = None
        if sys.stderr.isatty():
            self._draw(dataset, done, total)
            return
        tenth = LINES * done // total
        if tenth > self._told:
            self._told = tenth
            sys.stderr.write(f"fetch: {dataset}: {100 * tenth // LINES} %\n")
            sys.stderr.flush()

    def say(self, text: str) -> None:
        """Show a line on what is asked or waited for, above the bar where there is one.

        Parameters
        ----------
        text : str
            The line.
        """
        if self._quiet:
            return
        line = f"fetch: {text}"
        if self._bar is not None:
            self._bar.write(line, file=sys.stderr)
            return
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def _draw(self, dataset: str, done: int, total: int) -> None:
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(
                total=round(total / 3600), desc=dataset, unit=" h", file=sys.stderr, leave=False
            )
        self._bar.update(round(done / 3600) - self._bar.n)
