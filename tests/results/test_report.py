"""The tear sheet: what it says can be derived from the run's own tables."""

import re

import numpy as np
import pandas as pd
import pytest

import basis_lab as bl
from basis_lab.domain.reports import CATEGORIES
from basis_lab.results import formats
from basis_lab.results.html import table
from basis_lab.results.labels import category_label, residual_words
from basis_lab.results.report import TearSheet
from basis_lab.results.report_data import Background, Hold, ReportData
from basis_lab.results.report_events import DayTable
from basis_lab.results.report_figures import word_starts
from basis_lab.results.report_words import funding_needed, headline, six_figures
from basis_lab.results.text import word_report
from basis_lab.results.verdict import yearly
from basis_lab.services.background import background_of

WIDE = {"strategy.spot_allocation": 0.72, "strategy.position_deviation_threshold": 0.05}

ON_A_DATE = [{"at": "2025-01-06", "action": "exit_full", "route": "auto"}]


@pytest.fixture(scope="module")
def run():
    return bl.backtest("btc_basis", start="2025-01-01", end="2025-03-01", overrides=WIDE)


@pytest.fixture(scope="module")
def data(run):
    return ReportData(run.tables)


@pytest.fixture(scope="module")
def lending():
    return bl.backtest("pure_lending", start="2025-01-01", end="2025-01-20")


def test_a_rebalance_is_measured_when_what_it_sent_has_arrived():
    year = bl.backtest("btc_basis", start="2025-01-01", end="2025-12-31")
    sheet = ReportData(year.tables)
    events, risk = year.events, year.risk.filter(like="liquidation_distance_").abs().min(axis=1)
    ended = events[events["event_type"] == "RUN_END"].iloc[0]
    arrivals = events.index[events["event_type"] == "TRANSFER_ARRIVED"]

    assert np.isnan(ended["group_id"])
    assert len(sheet.rebalances) > 5
    for found in sheet.rebalances:
        after = risk.index[risk == found.distance_after]
        assert len(after) == 1
        assert found.start <= after[0] <= found.start + pd.Timedelta(hours=3)
        assert not ((arrivals > after[0]) & (arrivals <= found.start + pd.Timedelta(hours=3))).any()


def test_days_add_up_to_the_attribution(run, data):
    for name in CATEGORIES:
        assert data.daily[name].sum() == pytest.approx(run.summary["attribution"][name], abs=1e-9)


def test_months_compound_to_the_whole_return(run, data):
    growth = (1.0 + data.months["strategy"]).prod()

    assert list(data.months.index) == ["2025-01", "2025-02"]
    assert growth - 1.0 == pytest.approx(run.summary["total_return"], rel=1e-12)
    lent = (1.0 + data.months["lending"]).prod() - 1.0
    assert lent * 365.0 / 59.0 == pytest.approx(run.summary["hurdle_apr"])


def test_costs_by_venue_add_up_to_the_costs_of_the_run(run, data):
    for kind in ("fee", "slippage", "transfer_fee"):
        assert data.costs[kind].sum() == pytest.approx(run.summary["costs"][kind], rel=1e-9)


def test_each_rebalance_has_its_reason_and_all_costs_but_the_entrys(run, data):
    found = data.rebalances

    assert len(found) == run.summary["rebalances"] > 0
    assert all(x.trigger and x.value is not None for x in found)
    entry = run.pnl[run.pnl.index < found[0].start]
    paid = entry[["fee", "slippage", "transfer_fee"]].to_numpy().sum()
    total = sum(run.summary["costs"].values())
    assert sum(x.cost for x in found) == pytest.approx(total - paid, rel=1e-9)


def test_what_was_added_earns_its_share_of_the_funding(run, data):
    found = data.rebalances[0]
    hours = pd.Timedelta(hours=1)
    sheet = run.balance_sheet[run.balance_sheet["line"].str.contains(":perp:")]
    before = sheet.loc[found.start - hours, "quantity"].abs().sum()
    own = run.events[run.events["group_id"] == 2]
    after = sheet.loc[own.index[-1], "quantity"].abs().sum()
    until = data.rebalances[1].start if len(data.rebalances) > 1 else run.pnl.index[-1]
    funding = run.pnl["funding"][(run.pnl.index > own.index[-1]) & (run.pnl.index <= until)].sum()

    assert before != after
    assert found.carry == pytest.approx(funding * (1.0 - before / after))


def test_the_worst_day_is_the_day_of_the_least_sum(data):
    net = data.daily.sum(axis=1)

    worst = data.worst_days(3)

    assert worst.index[0] == net.idxmin()
    assert list(worst["net"]) == sorted(worst["net"])
    assert worst["cause"].iloc[0] == data.daily.loc[net.idxmin()].idxmin()


def test_with_the_funding_that_was_needed_lending_is_matched(run):
    lent = run.pnl["lending_equity"].iloc[-1] - run.summary["initial_capital"]

    needed, earned = funding_needed(run.summary, lent)

    gap = run.summary["hurdle_apr"] - run.summary["apr"]
    assert yearly(run.summary, needed - earned) == pytest.approx(gap)
    assert earned == run.summary["attribution"]["funding"]


def test_other_starts_are_runs_of_their_own(run):
    found = background_of(run)

    assert found.hold_days == 19
    assert len(found.holds) == 6
    second = bl.backtest("btc_basis", start="2025-01-08", end="2025-01-27", overrides=WIDE).summary
    assert found.holds[1] == Hold(
        start="2025-01-08", apr=second["apr"], hurdle_apr=second["hurdle_apr"]
    )


def test_a_run_whose_data_changed_is_not_started_anew(run, tmp_path):
    place = run.save(tmp_path / "run")
    manifest = place / "manifest.json"
    known = run.manifest["data_fingerprint"]
    manifest.write_text(manifest.read_text().replace(known, "0" * 64))

    found = background_of(bl.open_result(place))

    assert "changed" in found.absence
    assert found.holds == ()


def test_a_folder_of_another_version_says_so_and_still_has_its_report(run, tmp_path):
    place = run.save(tmp_path / "run")
    config = place / "config.yaml"
    config.write_text(config.read_text().replace("spot_allocation", "spot_share"))

    opened = bl.open_result(place)
    found = background_of(opened)

    assert "another version" in found.absence
    assert "another version" in TearSheet(opened, found).starts().layout.annotations[0].text


@pytest.mark.parametrize(
    ("aprs", "words"),
    [
        ((0.06, 0.04), "It depends on when you start: 1 of 2 starts beat lending"),
        ((0.06, 0.07), "2 of 2 starts beat lending"),
        ((0.01, None), "0 of 1 starts beat lending; 1 could not be run"),
        ((None, None), "Other starts are not known"),
    ],
)
def test_what_starts_say(aprs, words):
    holds = tuple(Hold(start="2025-01-01", apr=x, hurdle_apr=0.05) for x in aprs)

    assert word_starts(Background(holds=holds, hold_days=90)) == words


@pytest.mark.parametrize(
    ("stressed", "words"),
    [
        ((True, True), "0 of 2 starts beat lending, each with the stress in it"),
        ((True, False), "0 of 2 starts beat lending; the stress falls into 1 of them"),
        ((False, False), "0 of 2 starts beat lending; the stress falls into none of them"),
        ((None, None), "0 of 2 starts beat lending"),
    ],
)
def test_starts_under_a_stress_say_which_of_them_have_it(stressed, words):
    holds = tuple(Hold(start="2025-01-01", apr=0.01, hurdle_apr=0.05, stressed=x) for x in stressed)

    assert word_starts(Background(holds=holds, hold_days=90)) == words


def test_a_stress_at_a_share_of_the_run_is_in_every_start_and_one_on_a_date_in_some():
    dates = {"start": "2025-01-01", "end": "2025-02-10"}
    relative = bl.backtest("pure_lending", **dates, scenarios=["lending_frozen_30d"])
    dated = bl.backtest("pure_lending", **dates, overrides={"actions": ON_A_DATE})

    assert {x.stressed for x in background_of(relative).holds} == {True}
    assert [x.stressed for x in background_of(dated).holds] == [True, False, False, False]


def test_what_does_not_apply_is_said_and_never_a_zero(lending):
    sheet = TearSheet(lending, Background())

    figures = {label: figure for label, figure, _ in six_figures(lending.summary)}
    assert figures["Nearest liquidation"] == "\N{EN DASH}"
    assert "does not apply: no funding was paid" in sheet.conditions().text
    assert "does not apply" in sheet.risk().text
    assert "Nothing was rebalanced" in sheet.sections.rebalances().text
    assert "Nothing can be liquidated" in sheet.distances().layout.title.text


def test_the_invoice_ends_at_the_net_and_its_residual(run):
    text = TearSheet(run, Background()).invoice().text

    assert text.index("gross") < text.index(">fee<") < text.index(">net<") < text.index("residual")


def test_a_category_unfolds_into_its_days_and_their_events(run):
    text = TearSheet(run, Background()).sections.drill_down().text

    assert "funding: +" in text
    assert "funding payment" in text
    assert text.count("<details>") > 10


def test_a_text_from_a_run_cannot_become_markup(run):
    evil = "<script>alert(1)</script>"
    found = headline({**run.summary, "mode": evil}, ()) + table(("a",), [[evil]])

    assert "<script>" not in found.text


@pytest.fixture(scope="module")
def levered():
    return bl.backtest("usdt_market_neutral", start="2025-04-01", end="2025-05-20")


def test_the_slippage_of_a_loop_taken_down_is_told_at_its_wallet(levered):
    costs = ReportData(levered.tables).costs

    assert costs["slippage"].sum() == pytest.approx(levered.summary["costs"]["slippage"], rel=1e-3)
    text = TearSheet(levered, Background()).sections.costs().text
    assert "venue not known" not in text


def test_the_first_chart_says_what_was_earned_and_not_the_verdict_again(levered):
    sheet = TearSheet(levered, Background())

    title = sheet.equity().layout.title.text
    left = levered.summary["final_exit_equity"] - levered.summary["initial_capital"]
    assert "Not worth" not in title
    for amount in (levered.summary["net_pnl"], left):
        assert formats.format_amount(amount, "USDT", signed=True) in title
    assert "(USDT)" in title


def test_a_part_of_a_month_is_told_as_such(levered):
    text = TearSheet(levered, Background()).months().text

    assert ">2025-04<" in text
    assert ">2025-05, to 19<" in text


def test_lines_of_the_balance_sheet_are_named_for_people(levered):
    text = TearSheet(levered, Background()).sections.balance_moments().text

    assert "aave_v3 debt WETH" in text
    assert "aave_v3:debt" not in text


def drilled(sheet, category):
    """The part of the drill-down that a category unfolds into."""
    text = sheet.sections.drill_down().text
    parts = re.split(r"(?=<details><summary>[a-z ]+: )", text)
    return next(x for x in parts if x.startswith(f"<details><summary>{category}: "))


def test_a_category_shows_the_events_that_it_is_made_of_with_their_units(levered):
    sheet = TearSheet(levered, Background())

    funding, slippage = drilled(sheet, "funding"), drilled(sheet, "slippage")

    kinds = re.findall(r"<td>([a-z ]+)</td><td>[a-z0-9_]+</td><td>[a-z]", funding)
    assert set(kinds) == {"funding payment"}
    assert "rate 0.0" in funding
    assert "funding payment" not in slippage
    assert re.search(r">\N{MINUS SIGN}[0-9.,]+</td><td>WETH<", slippage)
    assert "No event of its own" in drilled(sheet, "staking yield")


def test_a_rebalance_without_a_trade_at_an_exchange_moved_nothing_there(levered):
    moved = [x.moved for x in ReportData(levered.tables).rebalances]

    assert all(x is None or x > 0.0 for x in moved)


BOOKED_ALONE = ("funding", "fee", "gas", "slippage", "transfer_fee", "flash_premium")


@pytest.mark.parametrize("which", ["run", "levered"])
def test_what_events_booked_on_a_day_adds_up_to_the_attribution_of_that_day(which, request):
    told = request.getfixturevalue(which)
    data = ReportData(told.tables)

    for category in BOOKED_ALONE:
        for day, figure in data.daily[category].items():
            worth = [x.value for x in data.booked(category, day)]
            assert sum(worth) == pytest.approx(figure, abs=1e-6)


def test_each_unit_has_its_row_and_the_worths_add_up_to_the_last(levered):
    data = ReportData(levered.tables)
    told = DayTable(data, levered.events, "USDT", levered.summary["initial_capital"])
    day = pd.Timestamp("2025-04-01", tz="UTC")

    *rows, last = told.rows("fee", day)

    names = told.head()
    units, worth = names.index("unit"), names.index(">USDT")
    assert {row[units] for row in rows} == {"ETH", "USDT"}
    assert all(row[names.index(">amount")].startswith("\N{MINUS SIGN}") for row in rows)
    shown = [float(row[worth].replace("\N{MINUS SIGN}", "-")) for row in rows]
    assert sum(shown) == pytest.approx(data.daily["fee"][day], abs=0.005 * len(shown))
    assert formats.format_amount(data.daily["fee"][day], "USDT", signed=True) in last[worth].html


def test_a_decision_in_stages_is_one_row(levered):
    data = ReportData(levered.tables)
    told = DayTable(data, levered.events, "USDT", levered.summary["initial_capital"])
    logged = levered.events["event_type"].eq("DECISION").sum()

    rows = [row for day in data.daily.index for row in told.rows("basis", day)]

    decisions = [row[1] for row in rows if str(row[1]).startswith("decision")]
    assert len(decisions) == 1 + levered.summary["rebalances"] < logged
    assert any("in 3 stages" in x or "in 2 stages" in x for x in decisions)


@pytest.fixture(scope="module")
def defaulted():
    return bl.backtest(
        "btc_basis", start="2024-07-10", end="2024-07-25", scenarios=["venue_default_binance"]
    )


def test_what_a_default_took_is_told_at_its_venue_and_day(defaulted):
    lost = defaulted.summary["attribution"]["liquidation_penalty"]
    data = ReportData(defaulted.tables)

    (day,) = data.daily.index[data.daily["liquidation_penalty"] != 0.0]
    (booking,) = data.booked("liquidation_penalty", day)

    assert lost < 0.0
    assert booking.venue == "binance"
    assert booking.value == pytest.approx(lost, rel=1e-12)
    assert data.costs.loc["binance", "liquidation_penalty"] == pytest.approx(lost, rel=1e-12)
    text = TearSheet(defaulted, Background()).sections.costs().text
    assert "venue not known" not in text


def test_what_a_default_took_is_called_a_write_off_wherever_it_is_shown(defaulted):
    sheet = TearSheet(defaulted, Background())
    shown = {
        "invoice": sheet.invoice().text,
        "worst days": sheet.worst_days().text,
        "costs": sheet.sections.costs().text,
        "days": sheet.sections.drill_down().text,
        "chart": sheet.attribution().to_json(),
        "terminal": word_report(defaulted.summary, None),
    }

    for place, text in shown.items():
        assert "default write-off" in text, place
        assert "liquidation penalty" not in text.replace("_", " "), place
    assert ">default</td>" in shown["days"]
    assert ">liquidation</td>" not in shown["days"]


def test_a_run_that_was_liquidated_as_well_says_both(defaulted):
    both = {**defaulted.summary, "liquidations": 1}
    neither = {**both, "warnings": []}

    assert category_label("liquidation_penalty", both) == "liquidations, default"
    assert category_label("liquidation_penalty", neither) == "liquidation penalty"


def test_a_residual_of_rounding_is_told_as_nothing_and_a_larger_one_as_it_is(run):
    rounding = {**run.summary, "attribution_residual": 7.4e-11}
    loud = {**run.summary, "attribution_residual": 0.012}

    assert residual_words(rounding) == ("0.00", "exact to 1e-9")
    assert residual_words(loud) == ("0.012", "")
    assert "0.00<" in TearSheet(run, Background()).invoice().text


def test_what_a_default_took_is_no_cost_of_the_rebalance_that_answers_it(defaulted):
    lost = defaulted.summary["attribution"]["liquidation_penalty"]

    costs = [x.cost for x in ReportData(defaulted.tables).rebalances]

    assert costs
    assert 0.5 * lost < sum(costs) < 0.0
