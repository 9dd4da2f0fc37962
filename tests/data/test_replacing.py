"""An import over an earlier one says what becomes of every dataset, and loses none unasked."""

import pytest

from basis_lab import cli
from basis_lab.data.catalogue import CATALOGUE, open_store
from basis_lab.data.importer import import_directory
from basis_lab.errors import UsageError

SPOT, PERP = "binance_BTCUSDT_spot_1h.csv", "binance_BTCUSDT_perp_1h.csv"


def bars(first, count=30):
    lines = [
        f"2024-06-{1 + i // 24:02d}T{i % 24:02d}:00:00Z,{first + i},{first + i + 3},"
        f"{first + i - 3},{first + i + 1}\n"
        for i in range(count)
    ]
    return "timestamp,open,high,low,close\n" + "".join(lines)


@pytest.fixture
def imported(tmp_path):
    """Import files into one place: ``imported({name: text})`` returns the report."""
    made = iter(range(9))

    def make(files, **options):
        source = tmp_path / f"raw{next(made)}"
        source.mkdir()
        for name, text in files.items():
            (source / name).write_text(text)
        return import_directory(source, tmp_path / "canonical", **options)

    return make


def content(place):
    return {x.name: x.read_bytes() for x in place.rglob("*") if x.is_file()}


def test_a_first_import_replaces_nothing(imported):
    assert imported({SPOT: bars(100)}).earlier == ()


def test_the_same_rows_are_unchanged_and_others_may_come_beside(imported):
    imported({SPOT: bars(100)})

    report = imported({SPOT: bars(100), PERP: bars(101)})

    unchanged = "spot/binance/BTCUSDT unchanged (it had 30 rows, "
    span = "2024-06-01T00:00:00Z to 2024-06-02T05:00:00Z)"
    assert [str(x) for x in report.earlier] == [unchanged + span]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({SPOT: bars(102), PERP: bars(101)}, "spot/binance/BTCUSDT replaced (it had 30 rows, "),
        ({SPOT: bars(100, 29), PERP: bars(101)}, "spot/binance/BTCUSDT replaced (it had 30 rows"),
        ({SPOT: bars(100)}, "perp/binance/BTCUSDT removed (it had 30 rows, 2024-06-01T00:00:00Z"),
    ],
)
def test_what_would_be_lost_is_refused_by_name_and_stays_as_it_is(imported, files, words):
    there = imported({SPOT: bars(100), PERP: bars(101)}).destination
    before = content(there)

    with pytest.raises(UsageError, match="would change 1 dataset of an earlier one") as caught:
        imported(files)

    assert words in caught.value.value
    assert "--replace" in caught.value.remedy
    assert content(there) == before


def test_what_may_be_replaced_is_told(imported):
    imported({SPOT: bars(100), PERP: bars(101)})

    report = imported({SPOT: bars(200)}, replace_earlier=True)

    assert [x.fate.value for x in report.earlier] == ["removed", "replaced"]
    store = open_store(report.destination)
    assert store.ids() == ("spot/binance/BTCUSDT",)
    assert store.read("spot/binance/BTCUSDT").fields["open"][0] == 200.0


def test_a_dataset_that_cannot_be_read_is_written_anew_unasked(imported):
    there = imported({SPOT: bars(100)}).destination
    (there / "spot/binance/BTCUSDT.parquet").write_bytes(b"PAR1 damaged")

    report = imported({SPOT: bars(100)})

    assert [x.fate.value for x in report.earlier] == ["replaced, for it could not be read"]
    assert len(open_store(there).read("spot/binance/BTCUSDT").times) == 30


def test_a_directory_with_another_programs_catalogue_has_no_dataset_of_ours(imported, tmp_path):
    (tmp_path / "canonical").mkdir()
    (tmp_path / "canonical" / CATALOGUE).write_text('{"name": "something else"}')

    assert imported({SPOT: bars(100)}).earlier == ()


def test_the_command_refuses_and_takes_the_option(tmp_path, capsys):
    source, out = tmp_path / "raw", str(tmp_path / "mine")
    source.mkdir()
    (source / SPOT).write_text(bars(100))
    asked = ["data", "import", str(source), "--out", out, "--no-db"]
    assert cli.main(asked) == 0
    (source / SPOT).write_text(bars(300))
    capsys.readouterr()

    codes = cli.main(asked), cli.main([*asked, "--replace"])

    printed = capsys.readouterr()
    assert codes == (2, 0)
    assert "would change 1 dataset" in printed.err
    assert "spot/binance/BTCUSDT replaced (it had 30 rows" in printed.out
