"""Reports and words of runs of hours, of no length, and of no position."""

import pandas as pd
import pytest

import basis_lab as bl
from basis_lab.results import formats
from basis_lab.results.report import TearSheet
from basis_lab.results.report_data import Background, ReportData
from basis_lab.results.report_events import MIDNIGHT, DayTable
from basis_lab.results.report_words import headline, invoice, six_figures
from basis_lab.results.text import word_report

DASH = formats.NONE


def made(end, mode="usdt_market_neutral"):
    return bl.backtest(mode, start="2024-06-01", end=end)


@pytest.fixture(scope="module")
def three_hours():
    return made("2024-06-01T03:00")


@pytest.fixture(scope="module")
def no_length():
    return made("2024-06-01")


def condition(run, name):
    text = TearSheet(run, Background()).conditions().text
    return text[text.index(name) :].partition("</tr>")[0]


def test_a_run_without_a_length_has_a_lending_series_all_the_same(no_length):
    figures = {label: note for label, _, note in six_figures(no_length.summary)}

    assert figures["Hurdle APR"] == "the run has no length"


def test_where_nothing_was_held_nothing_was_left(no_length):
    for name in ("days until leaving", "cost of leaving"):
        assert f">{DASH}<" in condition(no_length, name)
        assert "does not apply: nothing was held" in condition(no_length, name)


def test_days_of_carry_under_two_are_told_in_hours():
    run = made("2024-06-01T08:00", "btc_basis")
    run.tables.summary["break_even_days"] = 0.39

    assert "pays for entry and exit in 9.36 hours" in condition(run, "days until leaving")


def test_the_money_leads_where_a_run_is_too_short_for_a_rate(three_hours):
    summary = three_hours.summary
    lent = three_hours.pnl["lending_equity"].iloc[-1] - 100_000.0
    excess = formats.format_amount(summary["net_pnl"] - lent, "USDT", signed=True)

    figures = {label: (figure, note) for label, figure, note in six_figures(summary)}

    earned = formats.format_amount(summary["net_pnl"], "USDT", signed=True)
    assert "Net APR" not in figures
    assert figures["Net P&L"][0] == f"{earned} USDT"
    assert figures["Net P&L"][1] == "in 3 hours, too short for a rate"
    assert "Hurdle APR" not in figures
    assert figures["Lending"][0] == f"{formats.format_amount(lent, 'USDT', signed=True)} USDT"
    assert f"{excess} <span>USDT</span>" in figures["Difference"][0]
    assert figures["Difference"][1].endswith(" USDT")


def test_no_rate_is_printed_of_a_run_too_short_for_one(three_hours):
    lines = word_report(three_hours.summary, None).splitlines()

    for label in ("net APR", "hurdle APR", "annualized return (target)", "Calmar"):
        assert [x.split()[-1] for x in lines if x.startswith(label)] == [DASH]
    assert [x.split()[-1] for x in lines if x.startswith("net  ")] == [DASH]  # APR points
    assert f">{DASH}<" in invoice(three_hours.summary).text
    assert three_hours.summary["apr"] is not None


def test_a_run_of_hours_is_told_in_hours(three_hours):
    head = headline(three_hours.summary, ()).text
    terminal = word_report(three_hours.summary, None)

    assert "2024-06-01 00:00 to 2024-06-01 03:00" in head
    assert "3 hours" in head
    assert "USDT in 3 hours, too short for a rate" in terminal
    assert "(3 hours)" in terminal
    assert " 0 days" not in head + terminal


@pytest.mark.parametrize(
    ("fall", "title"),
    [
        (0.0, "Never below its highest NAV"),
        (-2e-6, f"Worst drawdown less than {formats.format_share(1e-4)}"),
        (-0.02, f"Worst drawdown {formats.format_share(-0.02)}"),
    ],
)
def test_a_line_below_zero_was_below_its_highest_nav(fall, title):
    run = made("2024-06-03", "pure_lending")
    run.tables.summary["max_drawdown"] = fall

    assert title in run.figures.drawdown().layout.title.text


def test_the_hour_of_midnight_bears_its_date_and_the_report_says_which_day_it_counts_to():
    run = made("2024-06-06", "btc_basis")
    data = ReportData(run.tables)
    day = pd.Timestamp("2024-06-02", tz="UTC")
    funding = run.events[run.events["event_type"] == "FUNDING_PAYMENT"]

    told = DayTable(data, run.events, "USDT", 100_000.0).rows("funding", day)

    times = {str(row[0]) for row in told[:-1]}
    assert pd.Timestamp("2024-06-03", tz="UTC") in funding.index
    assert times == {"08:00", "16:00", "2024-06-03 00:00"}
    sheet = TearSheet(run, Background())
    for section in (sheet.months(), sheet.worst_days(), sheet.sections.drill_down()):
        assert MIDNIGHT in section.text


def test_the_date_below_the_hours_of_a_short_run_has_room(three_hours):
    figure = TearSheet(three_hours, Background()).equity()

    assert figure.layout.xaxis.automargin == "bottom"


def test_differences_are_points_wherever_a_report_tells_them():
    run = made("2024-07-15", "btc_basis")
    sheet = TearSheet(run, Background())

    for section in (sheet.headline(), sheet.months()):
        assert "points" in section.text
        assert " pp<" not in section.text
