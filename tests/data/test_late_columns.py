"""A file whose column begins later than the file serves from its first whole row on."""

import pytest

from basis_lab.data.catalogue import open_store
from basis_lab.data.findings import Severity
from basis_lab.data.importer import Verdict, import_directory
from basis_lab.domain.requirements import Alignment

FEED, DATASET = "compoundv3_feed_wstETH_usd_1h.csv", "oracle/compoundv3/wstETHUSD"
SPOT = "binance_BTCUSDT_spot_1h.csv"
BARS = "date,open,high,low,close\n"


def bar(hour, opened="100"):
    return f"2024-06-01T{hour:02d}:00:00Z,{opened},103,99,101\n"


def feed(*prices):
    rows = "".join(f"{1717200000 + 3600 * i},{price}\n" for i, price in enumerate(prices))
    return "timestamp,USD_price\n" + rows


@pytest.fixture
def imported(tmp_path):
    """Import one file beside a good one, and return what became of it."""

    def make(text, name=FEED):
        source = tmp_path / "raw"
        source.mkdir(exist_ok=True)
        (source / name).write_text(text)
        (source / "bybit_BTCUSDT_spot_1h.csv").write_text(BARS + bar(0) + bar(1))
        report = import_directory(source, tmp_path / "canonical")
        return next(x for x in report.files if x.file == name)

    return make


def test_a_feed_that_is_empty_at_first_begins_at_its_first_value(imported, tmp_path):
    found = imported(feed("", "", "4000", "4010.5", "3990"))

    series = open_store(tmp_path / "canonical").read(DATASET)
    assert (found.verdict, found.rows) == (Verdict.USED, 3)
    assert series.fields["price"].tolist() == [4000.0, 4010.5, 3990.0]
    assert series.times[0].astype(int) == 1717200000 + 2 * 3600


def test_what_was_left_out_is_a_warning_that_the_runs_carry(imported, tmp_path, kit):
    found = imported(feed("", "", "4000", "4010.5", "3990"))
    store = open_store(tmp_path / "canonical")
    lab = kit.provider(store, kit.need(f"{DATASET}.price", Alignment.STEP))

    words = "2 rows have no USD_price yet and were left out: the series begins at row 4"
    told = [x for x in found.findings if x.meaning.name == "starts-late"]
    assert [(x.severity, x.rows) for x in told] == [(Severity.WARNING, "row 2 and 1 more")]
    assert words in told[0].text
    assert words in lab.frame(*lab.coverage()).sources[0].warnings[0]


@pytest.mark.parametrize(
    "prices",
    [
        ("4000", "", "3990"),
        ("4000", "3990", ""),
        ("", "4000", "", "3990"),
        ("", "", ""),
    ],
    ids=["in the middle", "at the end", "at first and in the middle", "everywhere"],
)
def test_an_empty_cell_elsewhere_refuses_the_file(imported, prices):
    found = imported(feed(*prices))

    assert found.verdict is Verdict.REFUSED
    assert "USD_price is no number" in str(found.findings[-1])


def test_a_bar_that_is_not_whole_yet_is_left_out_whole(imported, tmp_path):
    late = bar(0, opened="") + bar(1)
    text = BARS + late.replace(",103,", ",,") + bar(2, opened="102")

    found = imported(text, SPOT)

    series = open_store(tmp_path / "canonical").read("spot/binance/BTCUSDT")
    assert (found.verdict, series.fields["open"].tolist()) == (Verdict.USED, [102.0])
    assert "no open, high yet" in " ".join(x.text for x in found.findings)


def test_empty_rows_at_the_head_of_a_file_that_runs_backwards_are_its_youngest_and_refuse_it(
    imported,
):
    found = imported(BARS + bar(2, opened="") + bar(1) + bar(0), SPOT)

    assert found.verdict is Verdict.REFUSED
    assert "open is no number" in " ".join(x.text for x in found.findings)
