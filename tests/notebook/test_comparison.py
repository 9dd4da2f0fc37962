"""Runs side by side as people read them."""

import pytest

import basis_lab as bl
from basis_lab.notebook.comparison import attributions, figures, headline
from basis_lab.results.formats import MINUS, NONE

DATES = {"start": "2025-01-01", "end": "2025-02-01"}


@pytest.fixture(scope="module")
def runs():
    return [
        bl.backtest("btc_basis", capital=100_000, **DATES),
        bl.backtest("btc_basis", capital=200_000, **DATES),
        bl.backtest("eth_leveraged", capital=100, **DATES),
    ]


def test_each_figure_has_its_unit_and_stands_under_the_name_of_its_mode(runs):
    table = figures(runs[:2])

    assert list(table.columns) == [
        "unit",
        "btc_basis",
        "btc_basis (2)",
        "btc_basis (2) less btc_basis",
    ]
    first = runs[0].summary
    assert table.loc["apr"].tolist()[:2] == ["%", f"{100 * first['apr']:.2f}"]
    assert table.loc["initial_capital"].tolist() == ["USDT", "100,000", "200,000", "+100,000"]
    assert table.loc["timesteps"].tolist() == ["", "745", "745", "0"]
    assert table.loc["break_even_days", "unit"] == "days"


def test_amounts_in_two_currencies_are_told_and_not_subtracted(runs):
    table = figures([runs[0], runs[2]])

    assert list(table.columns)[1:3] == ["btc_basis, USDT", "eth_leveraged, ETH"]
    assert table.loc["initial_capital"].tolist() == ["USDT or ETH", "100,000", "100.0000", NONE]
    points = 100 * (runs[2].summary["apr"] - runs[0].summary["apr"])
    told = table.loc["apr", "eth_leveraged, ETH less btc_basis, USDT"]
    assert float(told.replace(MINUS, "-")) == pytest.approx(points, abs=0.005)


def test_what_no_run_has_and_what_names_a_run_are_left_out(runs):
    table = figures(runs[:2])

    assert not {"run_id", "mode", "currency", "min_health_factor"} & set(table.index)


def test_headline_and_causes_are_told_as_the_figures_are(runs):
    table = figures(runs[:2])

    for part in (headline(runs[:2]), attributions(runs[:2])):
        assert part.equals(table.loc[part.index])
    assert "attribution.borrow_cost" not in attributions(runs[:2]).index
