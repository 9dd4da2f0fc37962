import json

import numpy as np
import pytest

from basis_lab import cli
from basis_lab.data.catalogue import (
    CATALOGUE,
    CanonicalStore,
    default_store,
    file_sha256,
    open_store,
    parse_catalogue,
    render_catalogue,
)
from basis_lab.data.parquet import read_columns, write_columns
from basis_lab.data.raw import RawStore
from basis_lab.data.series import DatasetId, DatasetInfo, DatasetKind, nominal_interval_s
from basis_lab.errors import BadDataError, MissingDataError

INFO = DatasetInfo(
    id="spot/binance/BTCUSDT",
    file="spot/binance/BTCUSDT.parquet",
    fields=("open", "high"),
    ticks_per_unit=(100, 0),
    interval_s=3600,
    first=np.datetime64("2024-06-01T00:00:00", "s"),
    last=np.datetime64("2024-06-01T02:00:00", "s"),
    rows=3,
    sha256="",
    source="a.csv",
    synthetic=False,
    derived=False,
    notes=("eight rows were dropped",),
)


@pytest.fixture
def canonical(tmp_path, kit):
    """A directory of one dataset: integer opens in hundredths, float highs."""
    path = tmp_path / INFO.file
    columns = {"open": np.array([6067201, 6024058, 6013378], dtype=np.int32),
               "high": np.array([60841.63, 60408.29, 60200.0])}  # fmt: skip
    write_columns(path, kit.hours(3), columns)
    entry = json.loads(render_catalogue([INFO], {"perp/okx/BTCUSDT": "x.csv refused"}))
    entry["datasets"][0]["sha256"] = file_sha256(path)
    (tmp_path / CATALOGUE).write_text(json.dumps(entry))
    return tmp_path


def test_ticks_read_back_as_the_nearest_decimal(canonical):
    series = open_store(canonical).read(INFO.id)

    assert series.fields["open"].tolist() == [60672.01, 60240.58, 60133.78]
    assert series.fields["high"].tolist() == [60841.63, 60408.29, 60200.0]
    assert series.lines.tolist() == [1, 2, 3]


def test_what_was_read_cannot_be_written_to(canonical):
    series = open_store(canonical).read(INFO.id)

    with pytest.raises(ValueError, match="read-only"):
        series.fields["open"][0] = 1.0


def test_stores_of_the_same_content_are_equal(canonical):
    one, two = open_store(canonical), open_store(canonical)

    assert one == two
    assert hash(one) == hash(two)
    assert isinstance(one, CanonicalStore)


def test_a_catalogue_reads_back_what_was_written():
    infos, absent = parse_catalogue(render_catalogue([INFO], {"a": "b"}), "here")

    assert infos == (INFO,)
    assert absent == {"a": "b"}


def test_a_refusal_of_the_import_is_remembered(canonical):
    assert open_store(canonical).absence("perp/okx/BTCUSDT") == "x.csv refused"
    assert open_store(canonical).absence("perp/okx/ETHUSDT") == ""


@pytest.mark.parametrize("text", ["{}", "no json", '{"format": "other"}', "[]"])
def test_a_foreign_catalogue_is_refused(tmp_path, text):
    (tmp_path / CATALOGUE).write_text(text)

    with pytest.raises(BadDataError, match="not a catalogue"):
        open_store(tmp_path)


def test_a_file_that_was_changed_after_the_catalogue_is_refused(canonical, kit):
    write_columns(canonical / INFO.file, kit.hours(3), {"open": np.ones(3), "high": np.ones(3)})

    with pytest.raises(BadDataError, match="not the one that the catalogue names"):
        open_store(canonical).read(INFO.id)


def test_a_file_that_is_gone_is_named(canonical):
    (canonical / INFO.file).unlink()

    with pytest.raises(MissingDataError, match=r"BTCUSDT\.parquet"):
        open_store(canonical).read(INFO.id)


def test_a_catalogue_that_counts_other_rows_is_refused(canonical):
    text = (canonical / CATALOGUE).read_text().replace('"rows": 3', '"rows": 4')
    (canonical / CATALOGUE).write_text(text)

    with pytest.raises(BadDataError, match="disagree"):
        open_store(canonical).read(INFO.id)


def test_an_unknown_dataset_is_named(canonical):
    with pytest.raises(MissingDataError) as caught:
        open_store(canonical).read("spot/binance/XYZ")

    assert caught.value.missing == ("spot/binance/XYZ",)


def test_no_directory_is_an_error(tmp_path):
    with pytest.raises(MissingDataError, match="no such data directory"):
        open_store(tmp_path / "nowhere")


def test_a_directory_without_market_data_is_an_error(tmp_path):
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")

    with pytest.raises(MissingDataError, match="no file of this directory is recognised"):
        open_store(tmp_path)


def test_a_directory_without_a_catalogue_is_raw(tmp_path):
    (tmp_path / "binance_BTCUSDT_spot_1h.csv").write_text("date,open,high,low,close\n")

    assert isinstance(open_store(tmp_path), RawStore)


def test_the_default_directory_is_the_synthetic_sample():
    store = default_store()

    assert store.root.parts[-2:] == ("data", "sample")
    assert all(x.synthetic for x in store.datasets())


def test_columns_survive_writing_and_reading(tmp_path, kit):
    columns = {
        "a": np.array([1, -2, 3], dtype=np.int32),
        "b": np.array([10**15, 0, -5], dtype=np.int64),
        "c": np.array([0.1, np.inf, 1e-300]),
    }
    write_columns(tmp_path / "x.parquet", kit.hours(3), columns)

    times, found = read_columns(tmp_path / "x.parquet")

    assert times.tolist() == kit.hours(3).tolist()
    assert list(found) == ["a", "b", "c"]
    for name, values in columns.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)


def test_a_file_that_is_not_parquet_is_refused(tmp_path):
    (tmp_path / "x.parquet").write_text("no parquet")

    with pytest.raises(BadDataError, match="not a canonical Parquet file"):
        read_columns(tmp_path / "x.parquet")


def test_empty_cells_are_refused(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "time": pa.array([0, 1], type=pa.timestamp("ms", "UTC")),
            "open": pa.array([1.0, None]),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")

    with pytest.raises(BadDataError, match="'open' has 1 empty cells"):
        read_columns(tmp_path / "x.parquet")


def test_a_dataset_id_reads_back():
    assert DatasetId.parse("mark/okx/ETHUSDT") == DatasetId(DatasetKind.MARK, "okx", "ETHUSDT")
    assert str(DatasetId(DatasetKind.MARK, "okx", "ETHUSDT")) == "mark/okx/ETHUSDT"
    assert DatasetId.parse("nonsense/okx/ETHUSDT") is None
    assert DatasetId.parse("mark/okx") is None


def test_repeated_readings_of_one_sample_do_not_set_the_interval(kit):
    twice = np.sort(
        np.concatenate([kit.hours(9)[::2], kit.hours(9)[::2] + np.timedelta64(12, "s")])
    )

    assert nominal_interval_s(twice) == 7188
    assert nominal_interval_s(kit.hours(1)) == 3600


@pytest.mark.parametrize("action", ["check", "list"])
def test_an_empty_directory_is_no_data(action, tmp_path, capsys):
    code = cli.main(["data", action, "--data-dir", str(tmp_path)])

    assert code == 3
    assert "no file of this directory is recognised as market data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "--data-dir"), "not a data directory"),
        (("list", "--data-dir"), "not a data directory"),
        (("import",), "not a directory to import"),
    ],
)
def test_a_file_is_not_called_missing_where_a_directory_is_wanted(words, said, tmp_path, capsys):
    place = tmp_path / "bars.txt"
    place.write_text("here I am")

    code = cli.main(["data", *words, str(place)])

    assert code == 3
    assert f"this is a file, {said}" in capsys.readouterr().err


def test_a_file_of_a_header_alone_stops_a_check_and_is_listed_as_refused(tmp_path, capsys):
    (tmp_path / "binance_BTCUSDT_spot_1h.csv").write_text("date,open,high,low,close\n")

    checked = cli.main(["data", "check", "--data-dir", str(tmp_path)])
    listed = cli.main(["data", "list", "--data-dir", str(tmp_path)])

    told = capsys.readouterr()
    assert (checked, listed) == (3, 0)
    assert "a file has no rows" in told.out
    assert "1 of the findings stops a run" in told.err
    assert f"{tmp_path}: 0 datasets\n\nrefused (`basis-lab data check` says why): " in told.out
    assert "spot/binance/BTCUSDT\n\nmodes on this data:" in told.out


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_an_import_looks_at_its_place_before_it_reads_a_series(below, tmp_path, capsys):
    raw, file = tmp_path / "raw", tmp_path / "afile"
    raw.mkdir()
    (raw / "binance_BTCUSDT_spot_1h.csv").write_text("date,open,high,low,close\n")
    file.write_text("mine")

    code = cli.main(["data", "import", str(raw), "--out", str(file / below)])

    told = capsys.readouterr().err
    assert code == 2
    assert told.startswith("CFG-002: a file stands where the data directory shall be")
    assert f"value:  {file}\n" in told
    assert "give a directory, or move the file away" in told
    assert "import: 1 of" not in told
    assert file.read_text() == "mine"


def test_an_import_to_where_nothing_may_be_written_reads_no_series(tmp_path, capsys, monkeypatch):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "binance_BTCUSDT_spot_1h.csv").write_text("date,open,high,low,close\n")
    monkeypatch.setattr("os.access", lambda *_: False)

    code = cli.main(["data", "import", str(raw), "--out", str(tmp_path / "shut")])

    told = capsys.readouterr().err
    assert code == 2
    assert told.startswith("CFG-002: the data directory cannot be written to")
    assert f"value:  {tmp_path}\n" in told
    assert "import: 1 of" not in told


def test_a_sample_in_the_place_of_a_file_is_refused_in_the_same_words(tmp_path, capsys):
    (tmp_path / "afile").write_text("mine")

    assert cli.main(["data", "sample", "--out", str(tmp_path / "afile")]) == 2
    assert "a file stands where the data directory shall be" in capsys.readouterr().err
