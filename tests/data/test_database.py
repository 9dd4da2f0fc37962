"""Runs from a DuckDB file: the same bytes, read by range, refused where it is not ours."""

import filecmp
import json
import re
from pathlib import Path

import numpy as np
import pytest

import basis_lab as bl
from basis_lab.cli import main
from basis_lab.data.catalogue import default_store, open_store, sample_directory
from basis_lab.data.duckdb import DatabaseStore, database_of, open_database, write_database
from basis_lab.errors import BadDataError, ConfigError, MissingDataError, UsageError

MINUTE = np.timedelta64(60, "s")


@pytest.fixture(scope="module")
def sample_database(tmp_path_factory):
    path = tmp_path_factory.mktemp("db") / "sample.duckdb"
    write_database(default_store(), path)
    return path


@pytest.fixture(scope="module")
def minutes_database(kit, tmp_path_factory):
    """Two years of minutes of one market, beside a second dataset."""
    times = kit.start + np.arange(2 * 365 * 1440) * MINUTE
    prices = 100.0 + np.arange(len(times)) % 1000
    store = (
        kit.Store()
        .put("spot/binance/BTCUSDT", times, open=prices)
        .put("funding/binance/BTCUSDT", kit.hours(24)[::8], rate=[1e-4] * 3)
    )
    path = tmp_path_factory.mktemp("minutes") / "minutes.duckdb"
    write_database(store, path)
    return path


def test_every_dataset_of_a_directory_comes_back_to_the_last_bit(sample_database):
    directory, database = default_store(), open_store(sample_database)

    assert database.datasets() == directory.datasets()
    for name in directory.ids():
        theirs, ours = directory.read(name), database.read(name)
        assert np.array_equal(theirs.times, ours.times)
        assert np.array_equal(theirs.lines, ours.lines)
        for field, values in theirs.fields.items():
            assert values.tobytes() == ours.fields[field].tobytes(), (name, field)


@pytest.mark.parametrize(
    ("mode", "share_class"),
    [("btc_basis", "USDT"), ("pure_lending", "USDT"), ("pure_lending", "ETH")],
)
def test_a_run_from_the_database_writes_the_same_bytes(
    mode, share_class, sample_database, tmp_path
):
    words = ["backtest", mode, "--share-class", share_class, "--quiet", "--no-plots"]
    words += ["--start", "2024-06-01", "--end", "2024-06-20"]

    assert main([*words, "--out", str(tmp_path / "files")]) == 0
    database = ["--data-mode", "db", "--data-dir", str(sample_database)]
    assert main([*words, *database, "--out", str(tmp_path / "db")]) == 0

    (ours,) = (tmp_path / "files").iterdir()
    same = tmp_path / "db" / ours.name
    names = sorted(x.name for x in ours.iterdir() if x.name != "manifest.json")
    assert sorted(x.name for x in same.iterdir()) == sorted([*names, "manifest.json"])
    assert filecmp.cmpfiles(ours, same, names, shallow=False) == (names, [], [])


def test_the_environment_chooses_the_database(sample_database, monkeypatch):
    monkeypatch.setenv("BASIS_DATA_MODE", "db")
    monkeypatch.setenv("BASIS_DATABASE__URL", f"duckdb:///{sample_database}")
    dates = {"start": "2024-06-01", "end": "2024-06-03"}

    from_database = bl.backtest("btc_basis", **dates)

    assert from_database.summary == bl.backtest("btc_basis", **dates, data_mode="csv").summary


def test_a_database_that_the_environment_names_and_is_not_there_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("BASIS_DATABASE__URL", str(tmp_path / "none.duckdb"))

    with pytest.raises(MissingDataError, match=r"none\.duckdb"):
        bl.backtest("btc_basis", data_mode="db")


def test_a_url_of_another_database_is_refused_without_its_password(monkeypatch):
    monkeypatch.setenv("BASIS_DATABASE__URL", "postgresql://me:secret@host/data")

    with pytest.raises(ConfigError) as caught:
        bl.backtest("btc_basis")

    assert "BASIS_DATABASE__URL" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_range_comes_with_the_two_rows_before_it(minutes_database, kit):
    store = DatabaseStore.open(minutes_database)
    start = kit.start + 1000 * MINUTE

    series = store.read("spot/binance/BTCUSDT", (start, start + 2 * MINUTE))

    assert series.times.tolist() == (start + np.arange(-2, 3) * MINUTE).tolist()
    assert series.lines.tolist() == [999, 1000, 1001, 1002, 1003]
    assert series.fields["open"].tolist() == [1098.0, 1099.0, 100.0, 101.0, 102.0]


def test_a_range_before_everything_is_empty_of_history(minutes_database, kit):
    store = DatabaseStore.open(minutes_database)

    series = store.read("spot/binance/BTCUSDT", (kit.start - MINUTE, kit.start))

    assert series.times.tolist() == [kit.start.item()]


def test_a_day_of_two_years_is_read_from_one_row_group(minutes_database):
    import duckdb

    query = """EXPLAIN ANALYZE SELECT time, "open" FROM "spot/binance/BTCUSDT"
        WHERE time BETWEEN TIMESTAMP '2025-03-01' AND TIMESTAMP '2025-03-02'"""
    with duckdb.connect(str(minutes_database), read_only=True) as connection:
        (plan,) = (text for _, text in connection.execute(query).fetchall())

    found = re.search(r"Row Groups Scanned: (\d+) / (\d+)", plan)
    assert found is not None, plan
    assert int(found[2]) >= 8
    assert int(found[1]) == 1


def test_a_database_older_than_its_directory_is_refused(tmp_path):
    directory = copy_of_sample(tmp_path / "data", ["gas/ethereum/gas"])
    write_database(open_store(directory), database_of(directory))
    assert open_database(directory).ids() == ("gas/ethereum/gas",)
    copy_of_sample(directory, ["gas/ethereum/gas", "oracle/aave/USDTUSD"])

    with pytest.raises(BadDataError, match="another content of its directory"):
        open_database(directory)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "x.duckdb"
    path.write_text("not a database")

    with pytest.raises(BadDataError, match="or a damaged one") as caught:
        open_store(path)

    # `data to-db` writes over no file that it cannot read.
    assert caught.value.remedy.startswith("move this file away, then")


def test_another_programs_database_is_refused(tmp_path):
    import duckdb

    path = tmp_path / "x.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t (x INTEGER)")

    with pytest.raises(BadDataError, match="to-db"):
        open_store(path)


def test_a_failed_write_leaves_the_older_file(tmp_path, kit, monkeypatch):
    store = kit.Store().put("spot/binance/BTCUSDT", kit.hours(3), open=[1.0, 2.0, 3.0])
    path = tmp_path / "x.duckdb"
    write_database(store, path)
    before = path.read_bytes()

    def broken(dataset_id):
        raise BadDataError("a file broke", where=dataset_id)

    monkeypatch.setattr(store, "read", broken)
    with pytest.raises(BadDataError):
        write_database(store, path)

    assert path.read_bytes() == before
    assert [x.name for x in tmp_path.iterdir()] == ["x.duckdb"]


def test_a_database_cannot_take_the_place_of_a_directory(tmp_path, kit):
    store = kit.Store().put("spot/binance/BTCUSDT", kit.hours(3), open=[1.0, 2.0, 3.0])
    (tmp_path / "x.duckdb" / "y").mkdir(parents=True)

    with pytest.raises(UsageError, match="cannot be written"):
        write_database(store, tmp_path / "x.duckdb")


def test_refusals_are_kept(tmp_path, kit):
    store = kit.Store(refused={"spot/binance/ETHUSDT": "x.csv refused"})
    store.put("spot/binance/BTCUSDT", kit.hours(3), open=[1.0, 2.0, 3.0])
    write_database(store, tmp_path / "x.duckdb")

    assert open_store(tmp_path / "x.duckdb").absence("spot/binance/ETHUSDT") == "x.csv refused"


def test_an_import_writes_the_database_too(tmp_path, capsys):
    raw = tmp_path / "raw"
    raw.mkdir()
    rows = [f"2024-06-01T{h:02d}:00:00Z,{100 + h},{101 + h},{99 + h},{100 + h}" for h in range(24)]
    text = "\n".join(["timestamp,open,high,low,close", *rows, ""])
    (raw / "binance_BTCUSDT_spot_1h.csv").write_text(text)

    assert main(["data", "import", str(raw), "--out", str(tmp_path / "mine")]) == 0

    assert "1 dataset, 24 rows" in capsys.readouterr().out
    assert open_database(tmp_path / "mine").ids() == ("spot/binance/BTCUSDT",)


def copy_of_sample(target: Path, names: list[str]) -> Path:
    """Write a part of the sample as a directory of its own."""
    target.mkdir(exist_ok=True)
    catalogue = json.loads((sample_directory() / "catalogue.json").read_text())
    catalogue["datasets"] = [x for x in catalogue["datasets"] if x["id"] in names]
    for entry in catalogue["datasets"]:
        place = target / entry["file"]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((sample_directory() / entry["file"]).read_bytes())
    (target / "catalogue.json").write_text(json.dumps(catalogue))
    return target


@pytest.mark.parametrize("content", [b"my notes\n", b"", b"PAR1" * 100])
def test_a_file_that_is_no_database_of_ours_is_not_written_over(tmp_path, content, capsys):
    mine = tmp_path / "notes.txt"
    mine.write_bytes(content)

    code = main(["data", "to-db", "--data-dir", str(sample_directory()), "--db", str(mine)])

    assert code == 2
    assert "no database of ours" in capsys.readouterr().err
    assert mine.read_bytes() == content
    assert [x.name for x in tmp_path.iterdir()] == ["notes.txt"]


def test_an_import_touches_nothing_where_another_file_has_the_name_of_its_database(tmp_path):
    source = tmp_path / "raw"
    source.mkdir()
    mine = tmp_path / "out.duckdb"
    mine.write_text("mine")

    code = main(["data", "import", str(source), "--out", str(tmp_path / "out")])

    assert code == 2
    assert mine.read_text() == "mine"
    assert not (tmp_path / "out").exists()


def test_an_older_database_of_ours_is_replaced(tmp_path, kit):
    path = tmp_path / "mine.duckdb"
    for count in (10, 20):
        store = kit.Store().put("spot/binance/BTCUSDT", kit.hours(count), open=[1.0] * count)
        write_database(store, path)

    assert open_store(path).datasets()[0].rows == 20
