"""Named repairs: what each changes, and that everybody who uses the data is told."""

import numpy as np
import pytest

from basis_lab import cli
from basis_lab.data.catalogue import open_store
from basis_lab.data.findings import Severity
from basis_lab.data.importer import Verdict, import_directory
from basis_lab.data.repairs import check_together, parse_repair
from basis_lab.errors import BadDataError, UsageError

SPOT, DATASET = "binance_BTCUSDT_spot_1h.csv", "spot/binance/BTCUSDT"
HEADER = "date,open,high,low,close\n"
HOURS = 12


def bar(hour, opened):
    return f"2024-06-01T{hour:02d}:00:00Z,{opened},{opened + 3},{opened - 3},{opened + 1}\n"


def bars(hours=range(HOURS)):
    return [bar(hour, 100 + hour + hour % 3) for hour in hours]


@pytest.fixture
def imported(tmp_path):
    """Import one file with repairs, and return its series."""

    def make(lines, *repairs):
        source = tmp_path / "raw"
        source.mkdir(exist_ok=True)
        (source / SPOT).write_text(HEADER + "".join(lines))
        asked = tuple(parse_repair(x) for x in repairs)
        import_directory(source, tmp_path / "canonical", repairs=asked)
        return open_store(tmp_path / "canonical").read(DATASET)

    return make


TWICE = [*bars(range(6)), bar(5, 900), *bars(range(6, HOURS))]


@pytest.mark.parametrize(
    ("repair", "kept"), [("keep-first-duplicate", 107.0), ("keep-last-duplicate", 900.0)]
)
def test_of_rows_that_contradict_each_other_the_named_one_stays(imported, repair, kept):
    series = imported(TWICE, repair)

    assert series.fields["open"][5] == kept
    assert series.info.notes == (f"repair {repair}: 1 row, the first 2024-06-01T05:00:00Z",)


def test_without_a_repair_the_same_file_is_refused(imported):
    with pytest.raises(BadDataError, match="1 row contradicts another row"):
        imported(TWICE)


def test_rows_are_sorted_when_it_is_asked_for(imported):
    lines = bars()
    lines[3], lines[4] = lines[4], lines[3]

    series = imported(lines, "sort-rows")

    assert series.fields["open"].tolist() == [100.0 + x + x % 3 for x in range(HOURS)]
    assert "repair sort-rows: 2 rows" in series.info.notes[0]


def test_short_holes_are_filled_at_the_last_close_and_long_ones_stay(imported):
    series = imported(bars([0, 1, 4, 5, 6, 11]), "fill-gap=forward:2h")

    hours = (series.times - series.times[0]) // np.timedelta64(1, "h")
    assert hours.tolist() == [0, 1, 2, 3, 4, 5, 6, 11]
    assert series.fields["open"][2:4].tolist() == [103.0, 103.0]
    assert series.fields["low"][2:4].tolist() == [103.0, 103.0]
    assert series.info.holes == 4
    assert "repair fill-gap=forward:2h: 2 rows" in series.info.notes[0]


def test_rows_that_cannot_be_true_are_left_out_and_may_be_filled(imported):
    lines = bars()
    lines[5] = bar(5, 105).replace(",108,", ",2,")

    series = imported(lines, "fill-gap=forward:1h", "drop-bad-rows")

    assert series.fields["high"][5] == 106.0
    assert [x.partition(":")[0] for x in series.info.notes] == [
        "repair drop-bad-rows",
        "repair fill-gap=forward",
    ]


def test_labels_are_moved_for_the_dataset_that_is_named(imported):
    series = imported(bars(), f"shift-labels=-3h@{DATASET}")

    assert series.times[0] == np.datetime64("2024-05-31T21:00:00")
    assert "repair shift-labels=-3h: 12 rows" in series.info.notes[0]


def test_a_repair_of_a_dataset_that_is_not_there_is_refused_by_name(imported):
    with pytest.raises(UsageError, match="keep-first-duplicate@spot/bybit/BTCUSDT"):
        imported(TWICE, "keep-first-duplicate@spot/bybit/BTCUSDT")


@pytest.mark.parametrize(
    "pair",
    [
        ("keep-first-duplicate", "keep-last-duplicate"),
        ("keep-last-duplicate", f"keep-first-duplicate@{DATASET}"),
        (f"shift-labels=-3h@{DATASET}", f"shift-labels=3h@{DATASET}"),
        ("fill-gap=forward:2h", "fill-gap=forward:3h"),
    ],
)
def test_repairs_that_contradict_each_other_are_refused_by_name(imported, pair):
    with pytest.raises(UsageError, match="contradict each other") as caught:
        imported(TWICE, *pair)

    assert caught.value.value == " and ".join(
        f"{x.partition('@')[0]}" + (f"@{DATASET}" if "@" in x else "") for x in pair
    ).replace("=3h", "=+3h")


def test_one_repair_may_be_asked_for_twice_and_others_for_other_datasets():
    asked = ("keep-first-duplicate", "keep-first-duplicate", "shift-labels=1h@spot/a/B",
             "shift-labels=2h@spot/c/D")  # fmt: skip

    check_together([parse_repair(x) for x in asked])


def test_holes_of_funding_that_are_not_filled_in_passing_are_told(tmp_path):
    source = tmp_path / "raw"
    source.mkdir()
    (source / SPOT).write_text(HEADER + "".join(bars()))
    stamps = [f"2024-06-{day:02d}T{hour:02d}:00:00Z" for day in range(1, 9) for hour in (0, 8, 16)]
    del stamps[10]
    rates = [f"{x},{1e-5 * (3 + i % 7)}\n" for i, x in enumerate(stamps)]
    name = "binance_BTCUSDT_funding_rates.csv"
    (source / name).write_text("funding_timestamp,funding_rate\n" + "".join(rates))

    report = import_directory(
        source, tmp_path / "canonical", repairs=(parse_repair("fill-gap=forward:24h"),)
    )

    found = {x.file: [str(y) for y in x.findings] for x in report.files}
    told = (
        "NOTE: repair fill-gap=forward:24h was not made: holes of funding are never filled "
        "(1 row missing)"
    )
    assert told in found[name]
    assert not any("fill-gap" in x for x in found[SPOT])


def test_a_repair_that_has_nothing_to_do_is_not_told(imported):
    assert imported(bars(), "sort-rows", "keep-first-duplicate").info.notes == ()


def test_whoever_uses_the_data_is_told_of_the_repair(imported, tmp_path, kit):
    imported(TWICE, "keep-first-duplicate")
    lab = kit.provider(open_store(tmp_path / "canonical"), kit.need(f"{DATASET}.open"))

    source = lab.frame(*lab.coverage()).sources[0]

    assert "repair keep-first-duplicate" in source.notes[0]
    assert source.warnings == source.notes


@pytest.mark.parametrize(
    "text",
    [
        "mend-it",
        "fill-gap",
        "fill-gap=backward:2h",
        "fill-gap=forward:2",
        "fill-gap=forward:24.5h",
        "fill-gap=forward:90000h",
        "fill-gap=forward:8h@funding/binance/BTCUSDT",
        "sort-rows=yes",
        "shift-labels=-3h",
        "keep-first-duplicate@spot",
    ],
)
def test_what_is_no_repair_is_refused_with_what_there_is(text):
    with pytest.raises(UsageError) as caught:
        parse_repair(text)

    assert caught.value.value == text
    assert caught.value.remedy


def test_the_command_line_makes_repairs_and_lists_them(tmp_path, capsys):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / SPOT).write_text(HEADER + "".join(TWICE))
    place = str(tmp_path / "canonical")

    wrong = cli.main(["data", "import", str(tmp_path / "raw"), "--out", place, "--repair", "x"])
    code = cli.main(
        [
            *("data", "import", str(tmp_path / "raw"), "--out", place),
            *("--repair", "keep-first-duplicate"),
        ]
    )
    listed = cli.main(["data", "list", "--data-dir", place])

    told = capsys.readouterr()
    assert (wrong, code, listed) == (2, 0, 0)
    assert "there is no such repair" in told.err
    assert told.out.count("repair keep-first-duplicate: 1 row,") == 2


def test_a_file_is_refused_for_all_that_is_wrong_with_it(tmp_path):
    (tmp_path / "raw").mkdir()
    lines = bars()
    lines[2], lines[7] = bar(2, 102).replace(",105,", ",1,"), bar(7, 107).replace(",104,", ",999,")
    (tmp_path / "raw" / SPOT).write_text(HEADER + "".join(lines))
    (tmp_path / "raw" / "bybit_BTCUSDT_spot_1h.csv").write_text(HEADER + "".join(bars()))

    report = import_directory(tmp_path / "raw", tmp_path / "canonical")

    refused = next(x for x in report.files if x.file == SPOT)
    assert refused.verdict is Verdict.REFUSED
    wrong = {x.rows for x in refused.findings if x.severity is Severity.ERROR}
    assert wrong == {"row 4 (2024-06-01T02:00:00Z)", "row 9 (2024-06-01T07:00:00Z)"}
