"""The tables of SURFACES section 4, byte for byte."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from basis_lab.domain.instruments import Universe
from basis_lab.domain.market import MarketFrame
from basis_lab.domain.reports import CATEGORIES
from basis_lab.results import tables
from basis_lab.results.columns import csv_bytes, numbers_of
from basis_lab.results.files import RecordFiles
from basis_lab.results.frames import RunTables
from tests.results.records import DEBT, PERP, make_frame, make_record

ROOT = Path(__file__).parents[2]
HOURLY = {
    "hourly_pnl.csv": tables.pnl_table,
    "balance_sheet.csv": tables.balance_sheet_table,
    "exposure.csv": tables.exposure_table,
    "risk.csv": tables.risk_table,
}


@pytest.mark.parametrize("name", sorted(HOURLY))
def test_a_table_is_written_as_it_was_reviewed(record, golden, name):
    text = csv_bytes(HOURLY[name](record)).decode()

    golden(name, "".join(text.splitlines(keepends=True)[:30]))


def test_pnl_columns_are_those_of_the_contract(record):
    table = tables.pnl_table(record)

    opening = ["timestamp", "equity", "equity_usd", "exit_equity", "net_pnl_usd"]
    middle = ["cumulative_pnl_usd", "nav_per_share", "flows"]
    assert table.column_names == [*opening, *middle, *CATEGORIES, "residual", "lending_equity"]


def test_an_eth_class_is_told_in_eth_and_in_usd():
    record = make_record()
    series = {**record.frame.series, tables.ETH_USDT: np.full(record.rows, 3_000.0)}
    frame = MarketFrame(times=record.frame.times, series=series, universe=record.frame.universe)
    identity = replace(record.identity, share_class="ETH", currency="ETH")

    told = RunTables(RecordFiles(replace(record, frame=frame, identity=identity), {}).read).pnl

    assert "net_pnl_eth" in told
    assert told["equity_usd"].to_numpy() == pytest.approx(record.equity * 3_000.0 * 0.999)


def test_equity_in_usd_is_empty_where_no_price_of_usdt_is_known():
    record = make_record()
    series = {key: x for key, x in record.frame.series.items() if key != tables.USDT_USD}
    frame = MarketFrame(times=record.frame.times, series=series, universe=record.frame.universe)

    text = csv_bytes(tables.pnl_table(replace(record, frame=frame))).decode()

    assert text.splitlines()[1].startswith("2024-05-12T00:00:00Z,99990,,99970,")


def test_the_balance_sheet_sums_to_equity_at_every_timestep(record):
    sheet = RunTables(RecordFiles(record, {}).read).balance_sheet

    sums = sheet["value"].groupby(level=0).sum().to_numpy()

    assert sums == pytest.approx(record.equity, rel=1e-14)


def test_a_perp_and_its_contracts_are_one_line(record):
    sheet = RunTables(RecordFiles(record, {}).read).balance_sheet

    last = sheet[sheet["line"] == str(PERP)].iloc[-1]

    # Sold one at 60,030; the mark stands 480 higher after 48 hours.
    assert (last["quantity"], last["unit_price"], last["value"]) == (-1.0, 480.0, -480.0)
    assert last["side"] == "liability"
    assert not sheet["line"].str.contains("contracts").any()


def test_contracts_without_a_perp_stand_alone():
    record = make_record()
    without = [i for i, x in enumerate(record.frame.universe.instruments) if x != PERP]
    listings = tuple(record.frame.universe.listings[i] for i in without)
    universe = Universe(listings, share_currency="USDT")
    frame = MarketFrame(times=record.frame.times, series=record.frame.series, universe=universe)
    held = replace(
        record,
        frame=frame,
        quantities=record.quantities[:, without],
        values=record.values[:, without],
    )

    keys = tables.balance_lines(held).keys

    assert "binance:contracts:BTCUSDT" in {str(key) for key in keys}


def test_a_line_that_is_not_held_is_left_out():
    quantities = make_record().quantities.copy()
    quantities[5:, 5] = 0.0
    values = quantities * make_frame().unit_prices

    sheet = RunTables(
        RecordFiles(make_record(quantities=quantities, values=values), {}).read
    ).balance_sheet

    assert (sheet["line"] == str(DEBT)).sum() == 5
    assert (sheet[sheet["line"] == str(DEBT)]["side"] == "liability").all()


def test_numbers_are_the_shortest_text_that_reads_back_exactly():
    import pyarrow as pa

    numbers = np.array([0.1, 1 / 3, 1e-7, 1e22, -2.5e-300, 123_456_789.123_456_79, -0.0])

    text = csv_bytes(pa.Table.from_arrays([numbers_of(numbers)], names=["x"])).decode()

    cells = text.splitlines()[1:]
    assert [float(cell) for cell in cells] == numbers.tolist()
    assert all(len(cell) <= len(repr(x)) for cell, x in zip(cells, numbers.tolist(), strict=True))
    assert cells[-1] == "0"


def test_what_is_not_finite_is_an_empty_cell():
    numbers = numbers_of(np.array([np.nan, np.inf, -np.inf, 1.0]))

    assert numbers.null_count == 3


def test_a_level_is_told_by_its_name(record):
    risk = RunTables(RecordFiles(record, {}).read).risk

    assert risk["level"].iloc[8] == "WARNING"
    assert (risk["level"] == "OK").sum() == record.rows - 1


def test_the_tables_of_a_cold_process_are_written_without_pandas(tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.results.records import make_record\n"
        "from basis_lab.results.store import ResultsStore\n"
        f"store = ResultsStore(Path({str(tmp_path)!r}))\n"
        "store.persist_results(make_record(), plots=False, manifest_extra={})\n"
        "heavy = {'pandas', 'plotly', 'duckdb', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )

    finished = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)

    assert finished.returncode == 0
