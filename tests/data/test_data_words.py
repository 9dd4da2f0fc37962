"""What is said of data reads as a sentence, whatever the counts are."""

import re

import numpy as np
import pytest

from basis_lab import cli
from basis_lab.data.check import check_store
from basis_lab.data.coverage import Coverage
from basis_lab.results.data_words import word_catalogue, word_check, word_coverage

# "1 rows", "1 holes are", "1 of the findings stop": a count of one before a plural.
AWKWARD = re.compile(
    r"\b1 (of the findings stop|\w+ (are|were|have|lie|repeat)"
    r"|rows|holes|runs|bars|datasets|findings|points|stretches|timesteps)\b"
)
SPOT = "binance_BTCUSDT_spot_1h.csv"
HEADER = "date,open,high,low,close\n"


@pytest.fixture
def defective(kit):
    """One defect of each kind that counts: a hole, a flat bar, a repeat, a move, an odd cell."""
    hours = np.delete(kit.hours(40), 12)
    opens = 100.0 + np.arange(39) % 5
    opens[20] *= 1.3
    bars = {"open": opens, "high": opens + 1, "low": opens - 1, "close": opens}
    bars["high"][30] = bars["low"][30] = bars["open"][30]
    return kit.Store().put("spot/binance/BTCUSDT", hours, **bars)


def test_no_finding_counts_one_in_the_plural(defective):
    said = word_check(check_store(defective))

    assert "1 row is missing in 1 hole, the longest 1 from" in said
    assert "1 bar has no move at all" in said
    assert AWKWARD.findall(said) == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(7188, " 2 h "), (900, " 15 min "), (28_800, " 8 h ")]
)
def test_an_interval_is_said_as_people_say_it(kit, seconds, words):
    times = kit.start + np.arange(9) * np.timedelta64(seconds, "s")
    store = kit.Store().put("gas/ethereum/gas", times, price_gwei=np.arange(9.0) + 3.0)

    assert words in word_catalogue(store.datasets(), (), ())


def test_the_longest_stretches_stand_in_the_order_of_time():
    days = [np.datetime64(x, "s") for x in ("2024-01-01", "2024-01-09", "2024-02-01", "2024-03-20")]
    short = (np.datetime64("2024-05-01", "s"), np.datetime64("2024-05-02", "s"))
    later = (np.datetime64("2024-06-01", "s"), np.datetime64("2024-06-20", "s"))
    spans = ((days[0], days[1]), (days[2], days[3]), short, later)

    said = word_coverage(Coverage(name="btc_basis", spans=spans))

    begun = [said.index(x) for x in ("2024-01-01", "2024-02-01", "2024-06-01")]
    assert begun == sorted(begun)
    assert said.endswith("and 1 shorter stretch")


def test_the_command_line_counts_one_dataset_and_one_finding(tmp_path, capsys):
    (tmp_path / SPOT).write_text(
        HEADER + "2024-06-01T00:00:00Z,100,103,99,101\n2024-06-01T01:00:00Z,100,99,98,101\n"
    )

    cli.main(["data", "check", "--data-dir", str(tmp_path)])

    told = capsys.readouterr()
    assert "1 of the findings stops a run" in told.err
    assert AWKWARD.findall(told.out + told.err) == []
