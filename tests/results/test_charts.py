"""Figures: what they say, what they draw, what they leave out."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from basis_lab.domain.events import Event, EventType
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.market import MarketFrame
from basis_lab.domain.reports import CATEGORIES
from basis_lab.notebook.series import RunSeries
from basis_lab.results import drawing, extract, style
from basis_lab.results.result import RunResult
from basis_lab.results.summary import summarise
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
    assert "Funding counts most: +1,260 USDT" in title(figures.pnl_components())
    assert "Least margin ratio 0.490, at binance" in title(figures.margin_ratios())
    assert "Funding brought +1,260 USDT" in title(figures.funding())


def test_several_costs_count_most_and_a_single_one_counts_most():
    costs = {"fee": -400.0, "slippage": -300.0}
    titles = []
    for names in (("fee", "slippage"), ("fee",)):
        base = make_record()
        paid = {x: np.full(base.rows, costs[x] if x in names else 0.0) for x in costs}
        record = replace(base, attribution={**base.attribution, **paid})
        titles.append(title(RunResult.of_record(record).figures.pnl_components()))

    assert "Trading costs count most" in titles[0]
    assert "Fee counts most" in titles[1]


def test_a_drawdown_of_nothing_has_an_axis_that_ends_at_nothing():
    record = make_record()
    flat = replace(record, nav_per_share=np.full(record.rows, 1.0))

    figure = RunResult.of_record(flat).figures.drawdown()

    assert "Never below its highest NAV" in title(figure)
    low, high = figure.layout.yaxis.range
    assert low < 0.0
    assert high == 0.0


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
    assert [shape.y0 for shape in figure.layout.shapes] == [1.0]


@pytest.mark.parametrize(
    ("kind", "venue", "trigger"),
    [
        (EventType.LIQUIDATION, "aave_v3", ""),
        (EventType.RISK_WARNING, "aave", "health_factor"),
    ],
)
def test_what_happens_to_a_loan_is_marked_on_its_health(kind, venue, trigger):
    base = make_record()
    risk = {**base.risk, "health_factor": np.linspace(1.5, 1.2, base.rows)}
    run = story(kind, venue=venue, trigger=trigger, risk=risk, extremes={"health_factor": 1.2})

    (mark,) = marks(run.figures.health_factor()).values()

    assert list(mark.y) == [risk["health_factor"][8]]


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


def test_a_run_without_lending_data_has_no_lending_line():
    record = make_record()
    series = {key: x for key, x in record.frame.series.items() if not key.startswith("aave/")}
    frame = MarketFrame(times=record.frame.times, series=series, universe=record.frame.universe)
    run = RunResult.of_record(replace(record, frame=frame))

    assert names(run.figures.cumulative_pnl()) == ["if left", "held"]


def test_a_folder_of_an_older_version_has_no_lending_line(long_record):
    pnl = RunResult.of_record(long_record).pnl

    assert extract.lent(pnl.drop(columns="lending_equity")) is None


def test_no_low_is_lost_when_a_year_is_thinned(long_record):
    pnl = RunResult.of_record(make_record(8_760)).pnl
    series = pnl["equity"].copy()
    series.iloc[4_321] = -1.0

    least, last = drawing.thin(series, least=True), drawing.thin(series)

    assert least.min() == -1.0
    assert len(least) == 2_190
    assert last.iloc[0] == series.iloc[0]
    assert last.iloc[-1] == series.iloc[-1]
    assert drawing.bin_rows(long_record.rows) == 1
    assert drawing.bin_rows(10_000_000) == 720


def test_the_worst_hour_to_leave_in_is_drawn_when_a_year_is_thinned():
    base = make_record(8_760)
    exit_equity = base.exit_equity.copy()
    exit_equity[4_321] -= 7_000.0  # for an hour, inside a bin of four
    run = RunResult.of_record(replace(base, exit_equity=exit_equity))

    left = next(x for x in run.figures.cumulative_pnl().data if x.name == "if left")

    pnl = run.pnl
    exact = pnl.filter(regex="^cumulative_pnl_").iloc[:, 0] - pnl["equity"] + pnl["exit_equity"]
    assert exact.idxmin() == pnl.index[4_321]
    assert min(left.y) == exact.min()


def test_end_labels_that_would_collide_are_spread(figures):
    figure = figures.cumulative_pnl()
    drawn = np.concatenate([np.asarray(trace.y, dtype=float) for trace in figure.data])

    heights = [note.y for note in figure.layout.annotations]

    gap = drawing.LEAST_GAP * (drawn.max() - drawn.min())
    assert all(b - a > 0.99 * gap for a, b in pairwise(heights))


def test_labels_are_pushed_up_and_at_the_top_down():
    assert drawing.spread([0.0, 1.0, 1.5], 1.0, 10.0) == [0.0, 1.0, 2.0]
    assert drawing.spread([0.0, 9.5, 9.8], 1.0, 10.0) == [0.0, 9.0, 10.0]
    assert drawing.spread([5.0, 5.0, 5.0], 1.0, 5.0) == [3.0, 4.0, 5.0]
    assert drawing.spread([], 1.0, 10.0) == []


def test_a_figure_without_lines_takes_labels_too(figures):
    figure = figures.health_factor()

    drawing.label_ends(figure, {})

    assert len(figure.layout.annotations) == 1


def story(kind, row=8, venue="binance", trigger="margin_ratio", **changes):
    event = Event(row=row, event_type=kind, component="x", venue=venue, trigger=trigger)
    record = make_record(log=(event,), **changes)
    return RunResult.of_record(record)


def marks(figure):
    return {trace.name: trace for trace in figure.data if trace.mode == "markers"}


def test_a_liquidation_is_a_red_cross_where_the_ratio_stood():
    run = story(EventType.LIQUIDATION, trigger="", liquidations=1)

    figure = run.figures.margin_ratios()

    cross = marks(figure)["binance: liquidation"]
    assert (cross.marker.symbol, cross.marker.color) == ("x", style.CRITICAL)
    assert list(cross.y) == [run.risk["margin_ratio_binance"].iloc[8]]
    assert list(cross.x) == ["2024-05-12T08:00:00"]
    assert "1 liquidation; least margin ratio 0.490, at binance" in title(figure)


def test_a_liquidation_that_left_no_ratio_stands_at_the_last_one():
    base = make_record()
    ratio = base.risk["margin_ratio_binance"].copy()
    ratio[8:] = np.nan
    risk = {**base.risk, "margin_ratio_binance": ratio}

    figure = story(EventType.LIQUIDATION, risk=risk, liquidations=2).figures.margin_ratios()

    assert list(marks(figure)["binance: liquidation"].y) == [ratio[7]]
    assert "2 liquidations" in title(figure)


@pytest.mark.parametrize(
    ("kind", "colour"),
    [(EventType.RISK_WARNING, style.WARNING), (EventType.RISK_CRITICAL, style.CRITICAL)],
)
def test_warnings_are_triangles_at_their_venue(kind, colour):
    figure = story(kind).figures.margin_ratios()

    (mark,) = marks(figure).values()
    assert (mark.marker.symbol, mark.marker.color) == ("triangle-down", colour)


def test_what_happened_elsewhere_or_to_another_measure_is_not_marked():
    assert not marks(story(EventType.RISK_WARNING, venue="bybit").figures.margin_ratios())
    assert not marks(story(EventType.RISK_WARNING, trigger="ltv").figures.margin_ratios())


def test_the_limits_that_act_are_drawn(figures):
    assert [shape.y0 for shape in figures.margin_ratios().layout.shapes] == [0.2, 0.1]


def test_the_lines_of_the_balance_sheet_are_named_at_their_end(figures):
    notes = [note.text for note in figures.balance_sheet().layout.annotations]

    for name in ("binance BTC", "binance margin USDT", "binance perp BTCUSDT", "aave v3 debt USDT"):
        assert any(name in note for note in notes)


def test_lending_follows_the_index_and_deposits_and_withdrawals():
    flows = np.zeros(49)
    flows[24] = 100_000.0
    record = make_record(flows=flows)

    lent = extract.lent(RunResult.of_record(record).pnl)

    # The index grows by 1e-5 of its start an hour: 1.00024 after a day, 1.00048 after two; what
    # is deposited after the first buys at 1.00024.
    deposited = 100_000.0 * 1.00048 / 1.00024
    told = lent.iloc[[0, 24, 48]].tolist()
    assert told == pytest.approx([100_000.0, 200_024.0, 100_048.0 + deposited], rel=1e-12)


def test_the_workbench_and_the_tables_draw_the_same_lending():
    flows = np.zeros(49)
    flows[10] = -30_000.0
    record = make_record(flows=flows)

    lent = RunSeries(record, summarise(record)).lending

    assert lent.tolist() == extract.lent(RunResult.of_record(record).pnl).tolist()


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
        ("wallet:reserve:USDT", style.WALLET),
    ],
)
def test_stocks_have_the_colour_of_their_kind(key, colour):
    assert style.stock_colour(Instrument.parse(key)) == colour


def test_a_venue_that_is_not_known_has_a_line_of_its_own():
    assert style.venue_line("kraken") == style.OTHER_VENUE
    assert style.venue_line("binance")[1] == "solid"


@pytest.mark.parametrize(
    ("worst", "words"),
    [
        (0.0016, "Net delta stayed within 0.16\N{THIN SPACE}% of equity"),
        (0.000026, "Net delta stayed within 0.0026\N{THIN SPACE}% of equity"),
        (0.0, "Net delta stayed on its target"),
        (None, "No net delta"),
    ],
)
def test_the_title_of_the_delta_has_the_digits_that_it_needs(worst, words):
    extremes = {} if worst is None else {"delta_drift": worst}
    risk = make_record().risk

    figures = RunResult.of_record(make_record(extremes=extremes, risk=risk)).figures

    assert words in title(figures.delta_neutrality())
