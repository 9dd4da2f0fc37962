"""Reports of runs whose tables have fewer rows than they have timesteps."""

import pytest

import basis_lab as bl
from basis_lab.results.report import TearSheet
from basis_lab.results.report_data import Background, ReportData

DATES = {"start": "2025-04-01", "end": "2025-06-01"}


def made(every):
    return bl.backtest("usdt_market_neutral", **DATES, overrides={"data.output_every": every})


@pytest.fixture(scope="module")
def hourly():
    return made("auto")


@pytest.fixture(scope="module", params=["4h", "1d"])
def thinned(request):
    return made(request.param)


def test_a_rebalance_costs_what_it_costs_by_the_hour_wherever_rows_tell_it(hourly):
    exact = {x.start: x.cost for x in ReportData(hourly.tables).rebalances}

    told = {x.start: x.cost for x in ReportData(made("4h").tables).rebalances}

    assert len(exact) == 2
    assert told == pytest.approx(exact, abs=1e-6)


def test_costs_of_one_row_without_a_price_of_their_own_are_told_together_alone(hourly):
    exact = [x.cost for x in ReportData(hourly.tables).rebalances]
    data = ReportData(made("1d").tables)

    assert [x.cost for x in data.rebalances] == [None, None]
    assert data.cost_since(data.rebalances[0].start) == pytest.approx(sum(exact), abs=1e-6)


def test_what_needs_the_rows_around_a_decision_is_left_out(hourly, thinned):
    assert any(x.carry is not None for x in ReportData(hourly.tables).rebalances)
    for found in ReportData(thinned.tables).rebalances:
        assert found.carry is found.distance_before is found.distance_after is None


def test_sections_that_tell_moments_say_how_far_apart_the_rows_are(hourly, thinned):
    every = thinned.tables.config["data"]["output_every"].replace("1d", "24h").replace("h", " h")
    whole, coarse = (TearSheet(x, Background()) for x in (hourly, thinned))

    for sheet, said in ((whole, False), (coarse, True)):
        for section in (
            sheet.conditions(),
            sheet.risk(),
            sheet.sections.rebalances(),
            sheet.sections.balance_moments(),
        ):
            assert (f"a row every {every}" in section.text) is said
    assert "leaving at the worst row" in coarse.conditions().text
    assert ", on 2025-" in whole.drawdown().layout.title.text
    assert ", on 2025-" not in coarse.drawdown().layout.title.text
