"""Defects injected at random places of clean directories: refused with file and row, or warned.

Each generator spoils one clean directory of a run's series; whatever it does, the run ends in a
DataError that names the file (and the row, where there is one), or goes on with the same numbers
and a warning. There is no third way.
"""

import gzip
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_lab import cli
from basis_lab.data.catalogue import (
    CATALOGUE,
    file_sha256,
    open_store,
    parse_catalogue,
    render_catalogue,
)
from basis_lab.data.importer import import_directory
from basis_lab.data.parquet import read_columns, write_columns
from basis_lab.domain.requirements import Alignment
from basis_lab.errors import DataError

CASES = settings(max_examples=15, deadline=None, database=None)
HOURS = 72
START = np.datetime64("2024-06-01T00:00:00", "s")
HOUR = np.timedelta64(1, "h")
SPOT, FUNDING = "binance_BTCUSDT_spot_1h.csv", "binance_BTCUSDT_funding_rates.csv"
AAVE, GAS = "aave_v3_ethereum_USDT_rates_daily.csv", "ethereum_gas_prices_1h.csv"
DEX, PEG = "uniswapv3_EIGENWETH_1h.csv", "weETH_peg_market_vs_oracle_1h.csv"
NEEDS = {
    SPOT: ("spot/binance/BTCUSDT.low", Alignment.BAR_EXTREME),
    FUNDING: ("funding/binance/BTCUSDT.rate", Alignment.STAMP),
    AAVE: ("aave/ethereum/USDT.liquidity_index", Alignment.INDEX),
    GAS: ("gas/ethereum/gas.price_gwei", Alignment.STEP),
    DEX: ("dex/uniswapv3/EIGENWETH.open", Alignment.BAR_OPEN),
    PEG: ("lst_market/curve/weETH.rate", Alignment.STEP),
}
EVERY = {SPOT: 1, FUNDING: 8, AAVE: 24, GAS: 1, DEX: 1, PEG: 1}
AAVE_HEADER = (
    "timestamp,liquidityIndex,variableBorrowIndex,currentLiquidityRate,"
    "currentVariableBorrowRate,totalAToken,totalVariableDebt,price"
)
VALUE = {
    SPOT: "low",
    FUNDING: "funding_rate",
    AAVE: "liquidityIndex",
    GAS: "gas_price_gwei",
    DEX: "open",
    PEG: "market_rate",
}


def bars(scale):
    walk = scale * np.exp(np.cumsum(np.random.default_rng(11).normal(0.0, 0.004, HOURS + 1)))
    before, after = walk[:-1], walk[1:]
    return [before, np.maximum(before, after) * 1.001, np.minimum(before, after) * 0.999, after]


def clean():
    """Return the tables: file to header and rows of cells."""
    rng = np.random.default_rng(12)
    index = np.cumprod(1.0 + rng.uniform(1e-4, 3e-4, HOURS))
    flat = np.ones(HOURS)
    columns = {
        SPOT: ("timestamp,open,high,low,close", bars(60_000.0)),
        DEX: ("timestamp,open,high,low,close", bars(0.001)),
        FUNDING: ("timestamp,funding_rate", [rng.normal(1e-4, 5e-5, HOURS)]),
        GAS: ("timestamp,gas_price_gwei", [rng.uniform(2.0, 20.0, HOURS)]),
        PEG: ("timestamp,market_rate", [1.04 + rng.normal(0.0, 1e-4, HOURS)]),
        AAVE: (
            AAVE_HEADER,
            [index, index, 0.05 * flat, 0.07 * flat, 9e8 * flat, 7e8 * flat, flat],
        ),
    }
    return {name: (header, rows_of(name, cells)) for name, (header, cells) in columns.items()}


def rows_of(name, columns):
    times = START + np.arange(0, HOURS, EVERY[name]) * HOUR
    return [
        [f"{time}Z", *(repr(float(column[i])) for column in columns)]
        for i, time in enumerate(times)
    ]


def text_of(header, rows):
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def write(folder, tables):
    for name, (header, rows) in tables.items():
        (folder / name).write_text(text_of(header, rows))


def load(folder, kit, name, last=HOURS - 24):
    """Load what a run would of one file's series."""
    lab = kit.provider(open_store(folder), kit.need(*NEEDS[name]))
    return lab.frame(START, START + last * HOUR)


def check(folder):
    """Return the exit code of ``data check`` and all that it printed."""
    told = TextIOWrapper(BytesIO(), encoding="utf-8")
    with redirect_stdout(told), redirect_stderr(told):
        code = cli.main(["data", "check", "--data-dir", str(folder)])
    told.seek(0)
    return code, told.read()


def refusal(folder, kit, name):
    """Return the error of a run on a raw directory, which its import and its check share."""
    with pytest.raises(DataError) as caught:
        load(folder, kit, name)
    code, told = check(folder)
    assert (code, caught.value.exit_code) == (3, 3)
    assert "DAT-" in told
    assert "Traceback" not in told
    return str(caught.value)


FILES = st.sampled_from(sorted(NEEDS))
PLACES = st.integers(0, 10_000)


def inside(rows, place, margin=1):
    """Return a row's place that is neither the first nor the last."""
    return margin + place % max(len(rows) - 2 * margin, 1)


def nan(cells, column):
    cells[column] = "nan"


def infinite(cells, column):
    cells[column] = "inf"


def empty(cells, column):
    cells[column] = ""


def words(cells, column):
    cells[column] = "n/a"


def ray(cells, column):
    cells[column] = repr(float(cells[column]) * 1e27)


def no_time(cells, _):
    cells[0] = "yesterday"


def other_zone(cells, _):
    cells[0] = cells[0].replace("Z", "+08:00")


def no_zone(cells, _):
    cells[0] = cells[0].removesuffix("Z")


def two_zones(cells, _):
    cells[0] = cells[0].replace("Z", "+00:00Z")


def epoch(cells, _):
    cells[0] = "1717200000"


def one_cell_less(cells, _):
    del cells[-1]


def one_cell_more(cells, _):
    cells.append("1")


IN_A_ROW = [nan, infinite, empty, words, ray, no_time, other_zone, no_zone, two_zones, epoch,
            one_cell_less, one_cell_more]  # fmt: skip


@pytest.mark.parametrize("spoil", IN_A_ROW)
@CASES
@given(name=FILES, place=PLACES)
def test_a_spoilt_row_refuses_its_file_and_is_named(kit, spoil, name, place):
    tables = clean()
    header, rows = tables[name]
    row = inside(rows, place)
    spoil(rows[row], header.split(",").index(VALUE[name]))

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        text = refusal(Path(folder), kit, name)

    assert f"{name}, row {row + 2}" in text


@pytest.mark.parametrize("value", ["0", "-1.5"])
@CASES
@given(name=st.sampled_from(sorted(set(NEEDS) - {FUNDING})), place=PLACES)
def test_a_value_that_is_not_positive_refuses_its_file(kit, value, name, place):
    tables = clean()
    header, rows = tables[name]
    row = inside(rows, place)
    rows[row][header.split(",").index(VALUE[name])] = value

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        text = refusal(Path(folder), kit, name)

    assert f"{name}, row {row + 2}" in text


@CASES
@given(name=st.sampled_from([SPOT, DEX]), place=PLACES, column=st.sampled_from(["high", "low"]))
def test_a_bar_that_contradicts_itself_refuses_its_file(kit, name, place, column):
    tables = clean()
    header, rows = tables[name]
    row = inside(rows, place)
    factor = 0.9 if column == "high" else 1.1
    cell = header.split(",").index(column)
    rows[row][cell] = repr(float(rows[row][cell]) * factor)

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        text = refusal(Path(folder), kit, name)

    assert f"{name}, row {row + 2}" in text
    assert f"the {column} of a bar" in text


@CASES
@given(place=PLACES)
def test_an_index_that_falls_refuses_its_file(kit, place):
    tables = clean()
    _, rows = tables[AAVE]
    row = inside(rows, place)
    rows[row][1] = repr(float(rows[row - 1][1]) * (1.0 - 1e-7))

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        text = refusal(Path(folder), kit, AAVE)

    assert f"{AAVE}, row {row + 2}" in text
    assert "falls" in text


@CASES
@given(factor=st.sampled_from([1e2, 1e4]))
def test_funding_in_percent_or_basis_points_is_refused(kit, factor):
    tables = clean()
    _, rows = tables[FUNDING]
    for row in rows:
        row[1] = repr((abs(float(row[1])) + 5e-5) * factor)

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        text = refusal(Path(folder), kit, FUNDING)

    assert FUNDING in text
    assert "fraction" in text


@CASES
@given(name=FILES, place=PLACES, count=st.integers(1, 9))
def test_missing_rows_are_a_hole_that_is_named(kit, name, place, count):
    tables = clean()
    _, rows = tables[name]
    if name == AAVE:
        rows += [[f"{START + np.timedelta64(96, 'h')}Z", *rows[-1][1:]],
                 [f"{START + np.timedelta64(120, 'h')}Z", *rows[-1][1:]]]  # fmt: skip
        count = 1
    first = 2 if name == AAVE else inside(rows, place, margin=3)
    gone = rows[first : first + min(count, max(len(rows) - 1 - first, 1))]
    # A carried series bears one late row; two and more are a hole.
    if name in {GAS, PEG} and len(gone) < 2:
        gone = rows[first : first + 2]
    del rows[first : first + len(gone)]

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        with pytest.raises(DataError) as caught:
            load(Path(folder), kit, name, last=120 if name == AAVE else HOURS - EVERY[name])

    assert gone[0][0] in str(caught.value) or "outside what the data covers" in str(caught.value)


@CASES
@given(name=FILES, place=PLACES, count=st.integers(1, 5))
def test_equal_rows_are_dropped_with_a_warning_and_change_nothing(kit, name, place, count):
    tables = clean()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        before = load(Path(folder), kit, name)
    _, rows = tables[name]
    row = inside(rows, place)
    rows[row:row] = [list(rows[row]) for _ in range(count)]

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        after = load(Path(folder), kit, name)
        code, told = check(folder)

    assert after.fingerprint == before.fingerprint
    words = "1 row repeats" if count == 1 else f"{count} rows repeat"
    assert f"{words} an earlier one" in " ".join(after.sources[0].notes)
    assert code == 0
    assert "WARNING" in told


@CASES
@given(name=FILES, place=PLACES)
def test_rows_that_contradict_each_other_refuse_the_file(kit, name, place):
    tables = clean()
    header, rows = tables[name]
    row = inside(rows, place)
    other = list(rows[row])
    cell = header.split(",").index(VALUE[name])
    other[cell] = repr(float(other[cell]) * 0.9999)
    rows.insert(row + 1, other)

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        text = refusal(Path(folder), kit, name)

    assert f"{name}, row {row + 3}" in text
    assert f"contradicts row {row + 2}" in text


@CASES
@given(name=FILES, place=PLACES)
def test_rows_out_of_order_refuse_the_file(kit, name, place):
    tables = clean()
    _, rows = tables[name]
    row = inside(rows, place)
    rows[row - 1], rows[row] = rows[row], rows[row - 1]

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        text = refusal(Path(folder), kit, name)

    assert f"{name}, row {row + 2}" in text
    assert "order of time" in text


@CASES
@given(name=FILES, cut=st.integers(1, 60))
def test_a_text_that_was_cut_off_refuses_the_file(kit, name, cut):
    tables = clean()
    whole = text_of(*tables.pop(name))
    kept = whole[: -min(cut, len(whole) // 2)]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        (Path(folder) / name).write_text(kept)

        if kept.endswith("\n"):  # cut between rows: nothing in the file can tell
            return
        text = refusal(Path(folder), kit, name)

    assert name in text
    assert f"row {kept.count(chr(10)) + 1} " in text


@CASES
@given(name=FILES, cut=st.floats(0.05, 0.95))
def test_a_gzip_that_was_cut_off_refuses_the_file(kit, name, cut):
    tables = clean()
    packed = gzip.compress(text_of(*tables.pop(name)).encode())
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        (Path(folder) / f"{name}.gz").write_bytes(packed[: int(cut * len(packed))])

        text = refusal(Path(folder), kit, name)

    assert f"{name}.gz" in text
    assert "cannot be read as CSV" in text or "has no rows" in text


@CASES
@given(name=FILES, place=PLACES, byte=st.integers(1, 255))
def test_a_gzip_with_a_wrong_byte_refuses_the_file(kit, name, place, byte):
    tables = clean()
    packed = bytearray(gzip.compress(text_of(*tables.pop(name)).encode(), mtime=0))
    where = 10 + place % (len(packed) - 18)
    packed[where] ^= byte
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        (Path(folder) / f"{name}.gz").write_bytes(bytes(packed))

        text = refusal(Path(folder), kit, name)

    assert f"{name}.gz" in text


@CASES
@given(name=FILES, content=st.binary(max_size=300), suffix=st.sampled_from(["", ".gz"]))
def test_a_file_of_any_other_bytes_is_refused(kit, name, content, suffix):
    tables = clean()
    del tables[name]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        (Path(folder) / f"{name}{suffix}").write_bytes(content)

        text = refusal(Path(folder), kit, name)

    assert f"{name}{suffix}" in text


@CASES
@given(name=FILES, place=PLACES)
def test_a_header_without_a_needed_column_is_refused(kit, name, place):
    tables = clean()
    header, rows = tables[name]
    names = header.split(",")
    names[place % len(names)] = "something"
    tables[name] = (",".join(names), rows)

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        text = refusal(Path(folder), kit, name)

    assert name in text
    assert "a column is missing" in text


@pytest.mark.parametrize("words", [["data", "import"], ["data", "check", "--data-dir"]])
@pytest.mark.parametrize("content", [{}, {"notes.txt": "x"}, {SPOT: ""}, {SPOT: "a,b\n"}])
def test_a_directory_without_data_exits_with_3(tmp_path, capsys, words, content):
    source = tmp_path / "raw"
    source.mkdir()
    for name, text in content.items():
        (source / name).write_text(text)
    rest = ["--out", str(tmp_path / "out")] if "import" in words else []

    assert cli.main([*words, str(source), *rest]) == 3

    assert capsys.readouterr().err.splitlines()[-3:][0].startswith(("DAT-", "  "))
    assert not (tmp_path / "out" / CATALOGUE).exists()


# The canonical form: the same defects, with a catalogue that vouches for the spoilt file.


def canonical(folder):
    raw = folder / "raw"
    raw.mkdir()
    write(raw, clean())
    return import_directory(raw, folder / "canonical").destination


def respell(root, dataset, times, columns):
    """Write one dataset anew and make the catalogue agree with it."""
    infos, absent = parse_catalogue((root / CATALOGUE).read_bytes(), "")
    info = next(x for x in infos if x.id == dataset)
    write_columns(root / info.file, times, columns)
    new = replace(info, rows=len(times), sha256=file_sha256(root / info.file))
    text = render_catalogue([new if x.id == dataset else x for x in infos], absent)
    (root / CATALOGUE).write_text(text)


# A factor, and what is added to the product.
SPOILT_VALUES = {
    "nan": (1.0, np.nan),
    "zero": (0.0, 0.0),
    "negative": (-1.0, 0.0),
    "infinite": (1.0, np.inf),
    "ray": (1e27, 0.0),
    "percent": (100.0, 0.0),
}


@pytest.mark.parametrize("spoil", SPOILT_VALUES)
@CASES
@given(name=FILES, place=PLACES)
def test_a_spoilt_value_in_canonical_form_stops_the_run(kit, spoil, name, place):
    if name == FUNDING and spoil in {"zero", "negative", "percent"}:
        return  # true of some settlements
    if (name, spoil) == (GAS, "percent"):
        return  # no block ever told how dear the next one is
    key = NEEDS[name][0]
    dataset, _, field = key.rpartition(".")
    with tempfile.TemporaryDirectory() as folder:
        root = canonical(Path(folder))
        times, columns = read_columns(root / f"{dataset}.parquet")
        row = inside(times, place)
        values = {x: np.array(y) for x, y in columns.items()}
        factor, added = SPOILT_VALUES[spoil]
        values[field][row] = values[field][row] * factor + added
        respell(root, dataset, times, values)

        with pytest.raises(DataError) as caught:
            load(root, kit, name, last=HOURS - EVERY[name])
        assert check(root)[0] == 3

    assert f"{dataset}.parquet, row {row + 1} " in str(caught.value)


@CASES
@given(name=FILES, place=PLACES, twice=st.booleans())
def test_canonical_rows_out_of_order_stop_the_run(kit, name, place, twice):
    dataset = NEEDS[name][0].rpartition(".")[0]
    with tempfile.TemporaryDirectory() as folder:
        root = canonical(Path(folder))
        times, columns = read_columns(root / f"{dataset}.parquet")
        row = inside(times, place)
        times = np.array(times)
        times[row] = times[row - 1] if twice else times[row - 1] - HOUR
        respell(root, dataset, times, columns)

        text = refusal(root, kit, name)

    assert f"{dataset}.parquet, row {row + 1}" in text


@CASES
@given(name=FILES, cut=st.floats(0.0, 0.99))
def test_a_parquet_file_that_was_cut_off_stops_the_run(kit, name, cut):
    dataset = NEEDS[name][0].rpartition(".")[0]
    with tempfile.TemporaryDirectory() as folder:
        root = canonical(Path(folder))
        path = root / f"{dataset}.parquet"
        path.write_bytes(path.read_bytes()[: int(cut * path.stat().st_size)])

        text = refusal(root, kit, name)

    assert f"{dataset}.parquet" in text


@CASES
@given(content=st.binary(max_size=200) | st.sampled_from([b"[]", b"{}", b'{"format": 1}', b"1"]))
def test_a_catalogue_of_any_other_bytes_is_refused(kit, content):
    with tempfile.TemporaryDirectory() as folder:
        root = canonical(Path(folder))
        (root / CATALOGUE).write_bytes(content)

        text = refusal(root, kit, SPOT)

    assert CATALOGUE in text


@CASES
@given(name=FILES)
def test_a_clean_directory_passes_every_check(kit, name):
    with tempfile.TemporaryDirectory() as folder:
        root = canonical(Path(folder))

        raw, imported = load(Path(folder) / "raw", kit, name), load(root, kit, name)

        assert check(Path(folder) / "raw")[0] == 0
        assert check(root)[0] == 0
    assert raw.fingerprint == imported.fingerprint
