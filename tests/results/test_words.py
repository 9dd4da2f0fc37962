"""Numbers, verdicts and the printed report."""

import io

import pytest

from basis_lab.domain.wording import word_default
from basis_lab.results import formats
from basis_lab.results.progress import Progress
from basis_lab.results.report_words import difference_mark
from basis_lab.results.summary import summarise
from basis_lab.results.text import align_table, word_report
from basis_lab.results.verdict import Comparison, direction, word_verdict
from tests.results.records import make_record

LONG = {"start": "2024-06-01T00:00:00Z", "end": "2024-08-30T00:00:00Z"}


def case(apr, hurdle, *, exit_discount=0.0, liquidations=0, **more):
    return {
        **LONG,
        "apr": apr,
        "hurdle_apr": hurdle,
        "initial_capital": 100_000.0,
        "nav_per_share": 1.01,
        "final_equity": 101_000.0,
        "final_exit_equity": 101_000.0 - exit_discount,
        "net_pnl": 1_000.0,
        "share_class": "USDT",
        "currency": "USDT",
        "liquidations": liquidations,
        "warnings": [],
        **more,
    }


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (104_080.6, "USDT", "104,081"),
        (-22.314, "USDT", "\N{MINUS SIGN}22.31"),
        (106.72104, "ETH", "106.7210"),
        (-0.001, "USDT", "0.00"),
        (None, "USDT", "\N{EN DASH}"),
    ],
)
def test_amounts_are_told_in_the_grain_of_their_currency(amount, currency, text):
    assert formats.format_amount(amount, currency) == text


def test_shares_points_and_ratios():
    assert formats.format_share(0.0508) == "5.08\N{THIN SPACE}%"
    assert formats.format_share(0.247, signed=True, digits=1) == "+24.7\N{THIN SPACE}%"
    assert formats.format_points(-0.0045) == "\N{MINUS SIGN}0.45"
    assert formats.format_ratio(1.0449) == "1.045"
    for word in (formats.format_share, formats.format_points, formats.format_ratio):
        assert word(None) == formats.NONE


@pytest.mark.parametrize(
    ("summary", "sentence"),
    [
        (
            case(0.0673, 0.0553),
            "Worth it here: 1.20 points a year above plain USDT lending (Aave)",
        ),
        (
            case(0.0511, 0.0553),
            "Not worth it here: 0.42 points a year below plain USDT lending (Aave)",
        ),
        (
            # Leaving costs 100 of 100,000 after 90 days: 0.41 points a year.
            case(0.0566, 0.0553, exit_discount=100.0),
            (
                "Too close to call: +0.13 points a year if held, \N{MINUS SIGN}0.28 if left at "
                "the end, against plain USDT lending (Aave)"
            ),
        ),
        (
            # Leaving costs 2,000 of 100,000 after 90 days: 8.11 points a year.
            case(0.0600, 0.0553, exit_discount=2_000.0),
            (
                "Better held, worse left: +0.47 points a year if held, \N{MINUS SIGN}7.64 if left "
                "at the end, against plain USDT lending (Aave)"
            ),
        ),
        (
            # Plain lending itself, less a little gas.
            case(0.05529, 0.0553, exit_discount=0.5),
            "As good as plain USDT lending (Aave)",
        ),
        (
            case(0.0508, None),
            "Net 5.08\N{THIN SPACE}% a year; no lending series to compare with",
        ),
        (
            case(0.0673, 0.0553, liquidations=1),
            (
                "Liquidated once; not by carry alone: 1.20 points a year above "
                "plain USDT lending (Aave)"
            ),
        ),
        (
            case(-0.81, 0.0553, warnings=[word_default("binance", "2025-03-01T00:00:00Z")]),
            (
                "binance defaulted; not worth it here: 86.53 points a year below "
                "plain USDT lending (Aave)"
            ),
        ),
        (
            case(0.0508, None, liquidations=2),
            "Liquidated 2 times; net 5.08\N{THIN SPACE}% a year; no lending series to compare with",
        ),
        (
            # 20 points a year on 100,000 for 14.6 days, the 25th part of a year.
            case(0.25, 0.05, start="2024-06-01T00:00:00Z", end="2024-06-15T14:24:00Z"),
            (
                "+1,000 USDT in 14.6 days, too short for a rate; 800 USDT more than plain USDT "
                "lending (Aave)"
            ),
        ),
        (
            case(None, None, start="2024-06-01T00:00:00Z", end="2024-06-01T00:00:00Z"),
            "+1,000 USDT in 0 hours, too short for a rate",
        ),
    ],
)
def test_a_verdict_is_decided_by_two_numbers(summary, sentence):
    assert word_verdict(summary) == sentence


def test_the_report_is_printed_as_it_was_reviewed(long_record, golden):
    golden("report.txt", word_report(summarise(long_record), None) + "\n")


def test_a_report_of_one_timestep_has_no_points():
    summary = summarise(make_record(2, log=()))

    text = word_report({**summary, "end": summary["start"], "apr": None}, None)

    fee = next(line for line in text.splitlines() if line.startswith("fee"))
    assert fee.endswith(formats.NONE)


def test_columns_are_as_wide_as_their_widest_cell():
    assert align_table([("a", "1"), ("bcd", "22")], right=(1,)) == "a     1\nbcd  22"


def test_progress_is_plain_lines_when_piped():
    stream = io.StringIO()

    with Progress(stream) as shown:
        for done in range(1, 101):
            shown(done, 100)

    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[-1] == "run: 100 % (100 of 100 timesteps)"


def test_progress_is_a_bar_on_a_terminal():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    with Progress(stream) as shown:
        shown(50, 100)
        shown(100, 100)

    assert "timesteps" in stream.getvalue()


@pytest.mark.parametrize(
    ("held", "left", "side"),
    [
        (0.01, 0.005, "up"),
        (-0.01, -0.02, "down"),
        (0.01, -0.01, "even"),
        (0.00004, 0.00004, ""),
        (-0.00004, -0.01, ""),
        (None, None, ""),
    ],
)
def test_a_difference_that_is_told_as_nothing_has_no_mark(held, left, side):
    against = Comparison(days=365.0, held=held, left=left)

    assert direction(against) == side
    told = difference_mark(against)
    assert ("<i" in told) == bool(side)
    if held is not None and not side:
        assert told == "0.00 <span>points</span>"
