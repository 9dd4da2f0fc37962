"""Reports of runs whose capital did not stay the same, derived from the run's own tables."""

import pytest

import basis_lab as bl
from basis_lab.results import formats
from basis_lab.results.report import NO_LENDING, TearSheet
from basis_lab.results.report_data import Background, ReportData
from basis_lab.results.report_words import six_figures
from basis_lab.results.text import word_report
from basis_lab.results.verdict import NO_POINTS, excess_amount, on_initial_capital, yearly

RESERVE = {"strategy.reserve_ratio": 0.1}


@pytest.fixture(scope="module")
def flowing():
    return bl.backtest(
        "btc_basis",
        start="2024-06-01",
        end="2024-09-01",
        overrides=RESERVE,
        scenarios=["flows_example"],
    )


@pytest.fixture(scope="module")
def steady():
    return bl.backtest("btc_basis", start="2024-06-01", end="2024-07-15")


def test_points_of_the_invoice_add_up_to_the_net_apr_or_are_not_told(flowing, steady):
    for run in (flowing, steady):
        told = yearly(run.summary, run.summary["net_pnl"])
        assert told is None or told == pytest.approx(run.summary["apr"], abs=1e-9)

    assert yearly(steady.summary, steady.summary["net_pnl"]) is not None
    assert yearly(flowing.summary, flowing.summary["net_pnl"]) is None


def test_where_money_came_or_went_invoice_and_terminal_tell_amounts_and_why(flowing, steady):
    terminal = word_report(flowing.summary, None)
    invoice = TearSheet(flowing, Background()).invoice().text
    _, _, note = six_figures(flowing.summary)[0]

    lines = terminal.splitlines()
    assert next(x for x in lines if x.startswith("net  ")).endswith(formats.NONE)
    for text in (terminal, invoice):
        assert NO_POINTS in text.replace("&#x27;", "'")
    assert note.startswith("of a share; +")
    assert NO_POINTS not in word_report(steady.summary, None)
    assert not six_figures(steady.summary)[0][2].startswith("of a share")


def test_the_funding_that_matches_lending_is_told_as_an_amount_where_money_came_or_went(flowing):
    pnl = flowing.pnl
    lent = pnl["lending_equity"].iloc[-1] - 100_000.0 - pnl["flows"].sum()
    needed = pnl["funding"].sum() + lent - flowing.summary["net_pnl"]

    text = TearSheet(flowing, Background()).conditions().text

    row = text[text.index("funding needed") :].partition("</tr>")[0]
    assert f">{formats.format_amount(needed, 'USDT')} USDT<" in row
    assert "a year" not in row


def test_money_over_lending_is_not_told_from_a_rate_where_money_came_or_went(flowing, steady):
    lent = steady.pnl["lending_equity"].iloc[-1] - 100_000.0

    assert excess_amount(flowing.summary) is None
    assert excess_amount(steady.summary) == pytest.approx(steady.summary["net_pnl"] - lent)


def test_after_all_was_withdrawn_points_would_be_of_other_days_and_are_not_told(steady):
    gone = {**steady.summary, "apr": steady.summary["apr"] * 44 / 20}

    assert not on_initial_capital(gone)


def test_months_of_lending_are_those_of_its_index_whatever_money_came_and_whose_data_are_gone(
    flowing,
):
    months = ReportData(flowing.tables).months

    growth = (1.0 + months["lending"]).prod() - 1.0
    assert list(months.index) == ["2024-06", "2024-07", "2024-08"]
    assert growth * 365.0 / 92.0 == pytest.approx(flowing.summary["hurdle_apr"], rel=1e-9)
    text = TearSheet(flowing, Background(absence="The data are gone.")).months().text
    assert formats.format_share(months["lending"].iloc[0], signed=True) in text
    assert NO_LENDING not in text


def test_months_without_lending_in_the_folder_say_so():
    run = bl.backtest("btc_basis", start="2024-06-01", end="2024-06-20")
    del run.tables.pnl["lending_equity"]

    assert NO_LENDING in TearSheet(run, Background()).months().text.replace("&#x27;", "'")


def test_the_dust_that_investors_leave_behind_is_no_hedge_that_is_off():
    leaving = [{"at": "2024-06-10", "amount": -2.0, "unit": "capital"}]
    run = bl.backtest(
        "btc_basis", start="2024-06-01", end="2024-07-15", overrides={"flows": leaving}
    )
    gone = run.pnl["flows"].ne(0.0)[::-1].idxmax()

    drift = run.risk["delta_drift"]
    assert run.exposure["net_delta_BTC"].iloc[-1] != 0.0
    assert drift[:gone].iloc[:-1].notna().all()
    assert drift[gone:].isna().all()
    assert run.summary["max_abs_net_delta"] < 0.02
    assert not [x for x in run.summary["warnings"] if "further from neutral" in x]
