"""What the columns beside those that are read tell of a file."""

import numpy as np
import pytest

from basis_lab.data.checks import cells
from basis_lab.data.checks.cells import cells_of
from basis_lab.data.checks.periods import find_dates_of_periods, find_few_rows, find_lump_periods
from basis_lab.data.checks.rows import Rows
from basis_lab.data.csv import RawTable
from basis_lab.data.findings import Severity
from basis_lab.data.importer import import_directory
from basis_lab.data.series import DatasetKind

COUNT = 60
WALK = np.cumsum(np.random.default_rng(4).normal(0.0, 1.0, COUNT)) + 100.3


def stamps(count=COUNT, every=3600, late=0):
    return [f"{np.datetime64(1717200000 + every * i + late, 's')}Z" for i in range(count)]


def file(read=("time", "price"), **columns):
    """Return a file of the columns given; `time` is made where it is not."""
    columns = {"time": stamps(), **columns}
    texts = {name: [x if isinstance(x, str) else repr(float(x)) for x in values]
             for name, values in columns.items()}  # fmt: skip
    table = RawTable(
        file="some.csv",
        header=tuple(texts),
        rows=tuple(zip(*texts.values(), strict=True)),
        lines=np.arange(2, COUNT + 2),
    )
    return cells_of(table, read, read[0] if read else None)


def told(find, made):
    return [x.what for x in find(made)]


def test_one_number_in_every_row_is_told_unless_it_is_read():
    made = file(price=[5.0] * COUNT, volume=[0.0] * COUNT, other=WALK)

    assert told(cells.find_constant_columns, made) == ["one number in every row: volume = 0"]


def test_a_column_that_is_empty_at_first_or_zero_to_the_end_is_told():
    late = ["", "", *map(str, WALK[2:])]
    ended = [*WALK[:20], *[0.0] * (COUNT - 20)]
    made = file(price=WALK, late=late, ended=ended)

    assert told(cells.find_columns_that_stop, made) == [
        "late is empty in 2 rows; it has rows 4 to 61",
        "ended is 0 from row 22 on: it was given up",
    ]


def test_a_column_that_lags_is_told_even_where_the_rows_are_unordered():
    late = np.concatenate([[100.0], WALK[:-1]])
    order = np.arange(COUNT).reshape(-1, 3)[:, ::-1].ravel()  # as archives of days are
    made = file(
        time=[stamps()[i] for i in order], price=WALK[order], late=late[order], other=WALK[::-1]
    )

    found = told(cells.find_lagging_columns, made)

    assert len(found) == 1
    assert found[0].startswith("late is price of the row before (correlation of their changes 1.00")


def test_lines_between_rarer_values_are_told_and_counts_are_not():
    lines = np.interp(np.arange(COUNT), np.arange(0, COUNT, 24), WALK[: len(range(0, COUNT, 24))])
    made = file(price=WALK, rate=lines, block=np.arange(COUNT) * 300.0)

    assert told(cells.find_straight_columns, made) == [
        "rate lies on straight lines between rarer values"
    ]


def test_a_column_that_equals_what_is_read_is_told():
    made = file(price=WALK, smooth=WALK, other=WALK + 1.0)

    assert told(cells.find_equal_columns, made) == ["price equals smooth in every row"]


def test_two_zone_marks_are_told():
    made = file(price=WALK, date_utc=[x.replace("Z", "+00:00Z") for x in stamps()])

    assert told(cells.find_two_zones, made) == ["date_utc ends in +00:00Z: two zone marks"]


def test_samples_that_are_older_than_their_labels_are_told():
    blocks = [1717200000 + 3600 * (i - i % 2) + 30 for i in range(COUNT)]
    made = file(("block_timestamp", "price"), price=WALK, block_timestamp=blocks,
                timestamp=stamps())  # fmt: skip

    assert told(cells.find_late_samples, made)[0].startswith("30 of 60 rows are labelled 1.0 h")


def test_rows_that_call_themselves_estimates_are_told():
    made = file(price=WALK, quality=["exact"] * (COUNT - 2) + ["estimated"] * 2)

    assert told(cells.find_estimates, made) == ["2 rows say in quality that they are estimates"]


def test_payouts_on_the_last_day_of_their_period_are_told():
    ends = stamps(every=86400)
    made = file(price=WALK, period_end=ends, payout_date=[*ends[:-2], "later", "later"])

    assert told(cells.find_paid_at_end, made)[0].startswith("payout_date is period_end in 58 rows")


@pytest.mark.parametrize(("read", "count"), [((), 2), (("time", "price"), 0)])
def test_odd_rows_are_told_of_files_that_nothing_reads(read, count):
    hours = [23.0, *[24.0] * (COUNT - 1)]
    zeros = [*WALK[:-3], 0.0, 0.0, 0.0]

    found = told(cells.find_odd_rows, file(read, price=WALK, hours=hours, base=zeros))

    assert len(found) == count
    if found:
        assert found == ["hours is 24 in all but 1 row",
                         f"base is 0 in 3 rows, {np.median(zeros):g} typically"]  # fmt: skip


def periods(lengths_days, **more):
    ends = 1717200000.0 + 86400.0 * np.cumsum(lengths_days)
    starts = ends - 86400.0 * (np.array(lengths_days) - 1)
    return Rows(
        kind=DatasetKind.REWARDS,
        times=ends.astype("datetime64[s]"),
        fields={"period_start": starts, "period_end": ends, **more},
        interval_s=604800,
    )


def test_a_lump_and_a_short_week_are_told():
    found = list(find_lump_periods(periods([52, *[7] * 12, 5])))

    assert [x.what for x in found] == ["2 earning periods are not 7 days long (52, 5)"]
    assert list(find_lump_periods(periods([7] * 12))) == []


def test_a_few_periods_without_a_day_of_payment_are_told():
    few = periods([7] * 7)
    paid = periods([7] * 12, paid_at=np.zeros(12))

    assert [x.what for x in find_few_rows(few)] == ["7 rows only"]
    assert list(find_dates_of_periods(few))
    assert [*find_few_rows(paid), *find_dates_of_periods(paid)] == []


def test_tables_that_are_one_and_the_same_are_told_and_so_are_files_that_nothing_reads(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    margins = '{"initial_margin_requirement": 0.1, "maintenance_margin_requirement": 0.05}'
    for venue in ("binance", "okx"):
        (raw / f"{venue}_margin_requirements.json").write_text(margins)
    (raw / "yields.csv").write_text("day,base\n" + "".join(f"{i},{i % 2}.5\n" for i in range(30)))
    (raw / "binance_BTCUSDT_spot_1h.csv").write_text(
        "timestamp,open,high,low,close\n1717200000,1,2,1,1\n1717203600,1,2,1,1.5\n"
    )

    report = import_directory(raw, tmp_path / "canonical")

    found = {x.file: [(y.severity, y.meaning.name) for y in x.findings] for x in report.files}
    assert (Severity.NOTE, "same-file") in found["binance_margin_requirements.json"]
    assert (Severity.NOTE, "same-file") in found["okx_margin_requirements.json"]
    assert [x[1] for x in found["yields.csv"]] == ["no-dataset", "odd-rows"]  # day 0
