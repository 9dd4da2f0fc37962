"""``data``: list, check, import, fetch market data, and write the synthetic sample."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basis_lab.cli.fetch import add_fetch
from basis_lab.cli.parsing import command, open_data, read_date, read_place, say
from basis_lab.cli.runs import add_loaded, read_loaded
from basis_lab.domain.wording import agree
from basis_lab.errors import UsageError
from basis_lab.results.formats import format_count

if TYPE_CHECKING:
    from basis_lab.data.series import Store


def add_data(commands: Any) -> None:
    """Add the commands on market data.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    """
    group = commands.add_parser("data", help="list, import, fetch or check market data")
    actions = group.add_subparsers(required=True, metavar="ACTION")
    listed = command(actions, "list", _run_data_list, "list the datasets of a data directory")
    listed.add_argument(
        "--data-dir", type=read_place, metavar="DIR", help="the sample where not given"
    )
    checked = command(
        actions, "check", _run_data_check, "check a data directory, or what a mode needs of it"
    )
    checked.add_argument(
        "--mode", metavar="M", help="check what this mode needs alone; the rest is as of a backtest"
    )
    checked.add_argument("--start", metavar="D", type=read_date, help="first date, UTC")
    checked.add_argument("--end", metavar="D", type=read_date, help="last date, UTC")
    add_loaded(checked)
    sample = command(actions, "sample", _run_data_sample, "write the embedded synthetic data")
    sample.add_argument("--out", type=Path, metavar="DIR", help="the data directory to make")
    _add_import(actions)
    written = command(actions, "to-db", _run_data_to_db, "write a directory as one DuckDB file")
    written.add_argument(
        "--data-dir", type=read_place, metavar="DIR", help="the sample where not given"
    )
    written.add_argument("--db", type=Path, metavar="FILE", help="DIR.duckdb where not given")
    add_fetch(actions)


def _add_import(actions: Any) -> None:
    taken = command(actions, "import", _run_data_import, "bring files into canonical form")
    taken.add_argument("source", metavar="DIR", type=Path, help="raw files; never changed")
    taken.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="the data directory to make; data/NAME of the source's own NAME where not given",
    )
    taken.add_argument(
        "--repair",
        dest="repairs",
        metavar="NAME",
        action="append",
        default=[],
        help="make a named repair and record it; may be repeated: keep-first-duplicate, "
        "keep-last-duplicate, sort-rows, drop-bad-rows, fill-gap=forward:2h, "
        "shift-labels=-3h@funding/binance/BTCUSDT (@DATASET limits any of them)",
    )
    taken.add_argument(
        "--replace",
        action="store_true",
        help="replace or remove datasets of an earlier import that differ; refused without it",
    )
    taken.add_argument("--no-db", action="store_true", help="write no DuckDB file beside it")


def _run_data_list(options: argparse.Namespace) -> int:
    from basis_lab.results.data_words import word_catalogue
    from basis_lab.services.catalogue import DataCatalogue

    store, place = open_data(options)
    catalogue = DataCatalogue(store)
    listed = word_catalogue(catalogue.datasets, catalogue.modes, store.refused)
    say(f"{place}: {format_count(len(catalogue.datasets), 'dataset')}\n\n{listed}")
    return 0


def _run_data_check(options: argparse.Namespace) -> int:
    from basis_lab.data.check import check_run, check_store
    from basis_lab.results.data_words import word_check
    from basis_lab.services.catalogue import collateral_rules
    from basis_lab.services.requests import check_request
    from basis_lab.services.requests import open_data as open_asked

    if options.mode is None:
        _refuse_without_mode(options)
        store, place = open_data(options)
        checked = check_store(store, collateral_rules())
    else:
        request = read_loaded(options)
        place = open_asked(request).root
        checked = check_run(lambda: check_request(request).frame, options.mode)
    say(word_check(checked))
    checked.stop_on_errors(place)
    say(f"{place}: {checked.summary}")
    return 0


def _refuse_without_mode(options: argparse.Namespace) -> None:
    """Refuse what says which data a run loads, where no run is named."""
    named = ("start", "end", "share_class", "overrides", "scenarios", "capital", "data_mode")
    if any(vars(options)[x] for x in (*named, "interval")):
        raise UsageError(
            "dates and settings are checked for a mode",
            where="basis-lab data check",
            remedy="give --mode as well",
        )


def _run_data_sample(options: argparse.Namespace) -> int:
    from basis_lab.data.catalogue import sample_directory
    from basis_lab.data.sample import write_sample

    place = options.out if options.out is not None else sample_directory()
    infos = write_sample(place)
    say(f"{place}: {len(infos)} synthetic {agree(len(infos), 'dataset')} written")
    return 0


def _run_data_import(options: argparse.Namespace) -> int:
    from basis_lab.data.catalogue import open_store, sample_directory
    from basis_lab.data.duckdb import check_replaceable, database_of
    from basis_lab.data.importer import import_directory
    from basis_lab.data.repairs import parse_repair
    from basis_lab.results.listing import word_import
    from basis_lab.services.catalogue import collateral_rules

    repairs = tuple(parse_repair(x) for x in options.repairs)
    source = options.source.resolve()
    place = options.out if options.out is not None else sample_directory().parent / source.name
    if not options.no_db:
        check_replaceable(database_of(place))
    report = import_directory(
        source,
        place,
        progress=_tell_import,
        rules=collateral_rules(),
        repairs=repairs,
        replace_earlier=options.replace,
    )
    say(word_import(report))
    if not options.no_db:
        _write_database(open_store(place), database_of(place))
    return 0


def _run_data_to_db(options: argparse.Namespace) -> int:
    from basis_lab.data.duckdb import database_of

    store, place = open_data(options)
    _write_database(store, database_of(place) if options.db is None else options.db)
    return 0


def _write_database(store: "Store", file: Path) -> None:
    from basis_lab.data.duckdb import write_database

    infos = write_database(store, file)
    rows = format_count(sum(x.rows for x in infos), "row")
    say(f"{file}: {format_count(len(infos), 'dataset')}, {rows}; read by")
    say(f"basis-lab backtest MODE --data-mode db --data-dir {file}")


def _tell_import(dataset: str, done: int, total: int) -> None:
    sys.stderr.write(f"import: {done} of {total}: {dataset}\n")
