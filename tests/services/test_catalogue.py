"""What a directory serves from when to when, and what a run is told of it."""

import json
from dataclasses import replace

import numpy as np
import pytest

import basis_lab as bl
from basis_lab import cli
from basis_lab.data.catalogue import (
    CATALOGUE,
    file_sha256,
    open_store,
    parse_catalogue,
    render_catalogue,
    sample_directory,
)
from basis_lab.data.parquet import read_columns, write_columns
from basis_lab.errors import DataError, MissingDataError
from basis_lab.services.catalogue import DataCatalogue, collateral_rules, open_catalogue
from basis_lab.services.requests import BacktestRequest, check_request

HOUR = np.timedelta64(1, "h")
HEADER = "timestamp,open,high,low,close\n"
MODE, SPOT = "btc_basis", "spot/binance/BTCUSDT"


@pytest.fixture
def directory(tmp_path):
    """Copy the sample with some datasets changed or left out: ``directory({id: change})``."""

    def make(changes):
        infos, _ = parse_catalogue((sample_directory() / CATALOGUE).read_bytes(), "sample")
        kept = []
        for info in infos:
            if info.id in changes and changes[info.id] is None:
                continue
            path = tmp_path / info.file
            times, columns = read_columns(sample_directory() / info.file)
            columns = {name: values.copy() for name, values in columns.items()}
            if info.id in changes:
                times, columns = changes[info.id](times, columns)
            write_columns(path, times, columns)
            kept.append(renewed(info, path, times))
        (tmp_path / CATALOGUE).write_text(render_catalogue(kept, {}))
        return tmp_path

    return make


def renewed(info, path, times):
    holes = int((np.diff(times) // np.timedelta64(info.interval_s, "s") - 1).sum())
    return replace(
        info,
        rows=len(times),
        first=times[0],
        last=times[-1],
        sha256=file_sha256(path),
        holes=holes if info.id in {SPOT, "funding/okx/BTCUSDT"} else 0,
    )


def without(first, count):
    """Take rows away."""

    def change(times, columns):
        kept = np.delete(np.arange(len(times)), slice(first, first + count))
        return times[kept], {name: values[kept] for name, values in columns.items()}

    return change


def frozen(first, count):
    """Repeat one row."""

    def change(times, columns):
        for values in columns.values():
            values[first : first + count] = values[first]
        return times, columns

    return change


def coverage_of(directory, mode):
    modes = DataCatalogue(open_store(directory)).modes
    return next(x for x in modes if x.name == mode)


def runs(directory, first, last):
    request = BacktestRequest(mode=MODE, start=str(first), end=str(last), data_dir=directory)
    return check_request(request).frame


def test_every_shipped_mode_is_there_in_each_of_its_share_classes():
    names = {x.name for x in open_catalogue(None).modes}

    assert names == {f"{x.header.mode} {y}" for x in bl.modes() for y in x.header.share_classes}


def test_a_hole_parts_the_dates_of_the_modes_that_need_the_series(directory):
    place = directory({SPOT: without(9000, 30)})

    spans = coverage_of(place, f"{MODE} USDT").spans

    assert len(spans) == 2
    assert (spans[1][0] - spans[0][1]) == 31 * HOUR
    for first, last in spans:
        runs(place, max(first, last - 48 * HOUR), last)
        runs(place, first, min(last, first + 48 * HOUR))
    with pytest.raises(DataError):
        runs(place, spans[0][1] - 5 * HOUR, spans[0][1] + HOUR)
    with pytest.raises(DataError):
        runs(place, spans[1][0] - HOUR, spans[1][0] + 5 * HOUR)


def test_a_missing_settlement_parts_them_as_well(directory):
    place = directory({"funding/okx/BTCUSDT": without(1000, 1)})

    spans = coverage_of(place, f"{MODE} USDT").spans

    assert len(spans) == 2
    runs(place, spans[0][1] - 48 * HOUR, spans[0][1])
    with pytest.raises(DataError):
        runs(place, spans[0][1] - 5 * HOUR, spans[0][1] + HOUR)


def test_what_is_missing_is_named_and_other_modes_are_not_touched(directory):
    place = directory({"perp/okx/BTCUSDT": None})

    lacking = coverage_of(place, f"{MODE} USDT")

    assert lacking.spans == ()
    assert any("perp/okx/BTCUSDT" in x for x in lacking.missing)
    assert coverage_of(place, "pure_lending USDT").spans
    assert MODE in DataCatalogue(open_store(place)).figure().to_json()


def test_the_command_line_lists_datasets_and_modes(directory, capsys):
    place = directory({SPOT: without(9000, 30), "perp/okx/ETHUSDT": None})

    code = cli.main(["data", "list", "--data-dir", str(place)])

    told = capsys.readouterr().out
    line = next(x for x in told.splitlines() if x.startswith(SPOT))
    assert code == 0
    assert "17,514     30  synthetic" in line
    assert "MIT" in line
    assert f"  {MODE} USDT: 2024-01-01T00:00:00Z to 2025-01-09T23:00:00Z, 2025-01-11T06" in told
    assert "  eth_basis USDT: cannot run: missing perp/okx/ETHUSDT" in told


def test_a_run_carries_the_warnings_of_the_rows_that_it_uses(directory, tmp_path):
    place = directory({SPOT: frozen(10_000, 12)})
    dates = {"start": "2025-02-10", "end": "2025-03-01"}

    run = bl.backtest(MODE, data_dir=place, capital=100_000, **dates)
    run.save(tmp_path / "run")
    other = bl.backtest(MODE, data_dir=place, capital=100_000, start="2025-06-01", end="2025-06-09")

    told = f"{SPOT}: 11 rows repeat the row before in 1 run, the longest 11 rows"
    assert told in run.summary["warnings"]
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    source = next(x for x in manifest["series"] if x["dataset"] == f"{SPOT}.open")
    assert source["warnings"] == [told.removeprefix(f"{SPOT}: ")]
    assert told not in other.summary["warnings"]


def test_a_price_that_no_other_venue_shows_stops_the_run_that_needs_it(directory):
    def off(times, columns):
        for values in columns.values():
            values[10_000] = values[10_000] * 13 // 10
        return times, columns

    place = directory({SPOT: off})

    with pytest.raises(DataError) as caught:
        bl.backtest(MODE, data_dir=place, start="2025-02-10", end="2025-03-01")
    bl.backtest(MODE, data_dir=place, start="2025-06-01", end="2025-06-02")

    assert "1 row lies 10.0% and more away from the median of 7 venues" in str(caught.value)
    assert "row 10001 (2025-02-20T16:00:00Z)" in str(caught.value)


def test_the_tables_are_those_of_the_directory():
    catalogue = bl.data_catalogue(sample_directory())

    table = catalogue.table()

    assert set(table.index) == set(open_store(sample_directory()).ids())
    assert (table["kind"] == "synthetic").all()
    assert list(catalogue.findings().columns)[:2] == ["severity", "check"]
    assert "label-shift" in catalogue.meanings().index


def test_the_rules_of_every_lending_pool_are_those_that_tables_are_held_against():
    assert 0.0 < collateral_rules()["weETH"]["ltv"] < collateral_rules()["WETH"]["ltv"]


def test_a_directory_that_is_not_there_is_named():
    with pytest.raises(MissingDataError, match="no/such/place"):
        bl.data_catalogue("no/such/place")


def test_a_directory_says_where_its_files_come_from(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    rows = "".join(
        f"{1717200000 + 3600 * i},{100 + i % 3},110,90,{101 + i % 2}\n" for i in range(30)
    )
    (raw / "binance_BTCUSDT_spot_1h.csv").write_text("timestamp,open,high,low,close\n" + rows)
    origin = {
        "files": "binance_*",
        "source": "the venue",
        "fetched": "2025-10-01",
        "licence": "CC0",
    }
    (raw / "sources.json").write_text(json.dumps([origin]))

    code = cli.main(["data", "import", str(raw), "--out", str(tmp_path / "canonical")])

    row = bl.data_catalogue(tmp_path / "canonical").table().loc[SPOT]
    assert code == 0
    assert row[["source", "fetched", "licence"]].tolist() == [
        "binance_BTCUSDT_spot_1h.csv (the venue)",
        "2025-10-01",
        "CC0",
    ]


@pytest.mark.parametrize("text", ["{}", "[1]", '[{"files": "x", "owner": "y"}]', "nonsense"])
def test_origins_that_cannot_be_read_are_an_error(tmp_path, text):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "binance_BTCUSDT_spot_1h.csv").write_text(
        "timestamp,open,high,low,close\n1717200000,1,2,1,1\n"
    )
    (raw / "sources.json").write_text(text)

    code = cli.main(["data", "import", str(raw), "--out", str(tmp_path / "canonical")])

    assert code == 3
