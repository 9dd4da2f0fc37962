"""Figures: what they say, what they draw, what they leave out."""

from itertools import pairwise

import numpy as np
import pytest

from basis_lab.domain.instruments import Instrument
from basis_lab.domain.reports import CATEGORIES
from basis_lab.results import drawing, style
from basis_lab.results.result import RunResult
from tests.results.records import make_record


@pytest.fixture(scope="module")
def figures(long_record):
    return RunResult.of_record(long_record).figures


def names(figure):
    return [trace.name for trace in figure.data]


def title(figure):
    return figure.layout.title.text.split("<br>")[0]


def test_titles_say_what_was_found(figures):
    assert "Not worth it here: 1.16 points a year below" in title(figures.cumulative_pnl())
    assert "funding counts most: +1,260 USDT" in title(figures.pnl_components())
    assert "Least margin ratio 0.490, at binance" in title(figures.margin_ratios())
    assert "Funding brought +1,260 USDT" in title(figures.funding())


def test_earned_left_and_lent_are_drawn_together(figures):
    assert names(figures.cumulative_pnl()) == ["if left", "held", "lending"]


def test_the_lending_line_ends_at_the_hurdle(figures, long_record):
    lending = figures.cumulative_pnl().data[2]

    # Simple interest: 1e-5 an hour of 100,000 for 60 days.
    assert lending.y[-1] == pytest.approx(1e-5 * 24 * 60 * 100_000.0)
    assert long_record.rows == 24 * 60 + 1


def test_components_stack_to_the_net(figures):
    figure = figures.pnl_components()

    ends = {trace.name: float(trace.y[-1]) for trace in figure.data}
    assert ends["net"] == pytest.approx(ends["funding"] + ends["trading costs"])


def test_axes_name_their_unit(figures):
    assert figures.nav().layout.yaxis.title.text == "USDT per share"
    assert figures.drawdown().layout.yaxis.title.text == "%"


def test_a_figure_without_its_subject_says_so(figures):
    figure = figures.health_factor()

    assert len(figure.data) == 0
    assert "no loan" in figure.layout.annotations[0].text


def test_a_loan_is_drawn_with_its_liquidation():
    base = make_record()
    risk = {**base.risk, "health_factor": np.linspace(1.5, 1.2, base.rows)}
    record = make_record(risk=risk, extremes={"health_factor": 1.2, "ltv": 0.7})

    figure = RunResult.of_record(record).figures.health_factor()

    assert "Least health factor 1.200" in title(figure)
    assert figure.layout.shapes[0].y0 == 1.0


def test_a_run_without_perps_or_prices_draws_empty_figures():
    base = make_record()
    nothing = {name: np.full(base.rows, np.nan) for name in base.risk}
    attribution = {name: np.zeros(base.rows) for name in CATEGORIES}
    record = make_record(log=(), risk=nothing, extremes={}, attribution=attribution)

    figures = RunResult.of_record(record).figures

    for figure in (figures.margin_ratios(), figures.funding(), figures.delta_neutrality()):
        assert len(figure.data) == 0
    assert names(figures.pnl_components()) == ["net", "net"]


def test_a_single_payment_has_no_spacing_and_no_rate():
    base = make_record()
    block = base.log[3].until(9)

    figure = RunResult.of_record(make_record(log=(block,))).figures.funding()

    assert len(figure.data) == 0


def test_a_run_without_lending_data_has_no_lending_line(figures):
    figures._summary["hurdle_apr"] = None  # noqa: SLF001 - the summary of one figure set
    try:
        assert names(figures.cumulative_pnl()) == ["if left", "held"]
    finally:
        figures._summary["hurdle_apr"] = 0.0876  # noqa: SLF001


def test_no_low_is_lost_when_a_year_is_thinned(long_record):
    pnl = RunResult.of_record(make_record(8_760)).pnl
    series = pnl["equity"].copy()
    series.iloc[4_321] = -1.0

    least, last = drawing.thin(series, least=True), drawing.thin(series)

    assert least.min() == -1.0
    assert len(least) == 2_190
    assert last.iloc[0] == series.iloc[0]
    assert last.iloc[-1] == series.iloc[-1]
    assert drawing.bin_hours(long_record.rows) == 1
    assert drawing.bin_hours(10_000_000) == 168


def test_end_labels_that_would_collide_are_spread(figures):
    notes = figures.cumulative_pnl().layout.annotations

    heights = [note.y for note in notes]
    gap = drawing.LEAST_GAP * (heights[-1] - heights[0])
    assert all(b - a > 0.9 * gap for a, b in pairwise(heights))


def test_every_category_has_a_hue_of_its_own():
    hues = list(style.CATEGORY_COLOURS.values())

    assert len(set(hues)) == len(hues)
    drawn = {*style.CATEGORY_COLOURS, *style.TRADING_COSTS} - {"trading costs"}
    assert drawn == set(CATEGORIES)


@pytest.mark.parametrize(
    ("key", "colour"),
    [
        ("aave_v3:atoken:USDT", style.COLLATERAL),
        ("binance:token:BTC", style.COLLATERAL),
        ("wallet:token:USDT", style.WALLET),
        ("binance:margin:USDT", style.MARGIN),
        ("binance:perp:BTCUSDT", style.PERP),
        ("aave_v3:debt:USDT", style.DEBT),
        ("binance:in_transit:USDT", style.WALLET),
    ],
)
def test_stocks_have_the_colour_of_their_kind(key, colour):
    assert style.stock_colour(Instrument.parse(key)) == colour


def test_a_venue_that_is_not_known_has_a_line_of_its_own():
    assert style.venue_line("kraken") == style.OTHER_VENUE
    assert style.venue_line("binance")[1] == "solid"
