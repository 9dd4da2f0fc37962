"""What the panels say, as text."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest

from basis_lab.domain.events import Event, EventType
from basis_lab.errors import ConfigError, ConfigProblem
from basis_lab.notebook.bench import Workbench
from basis_lab.notebook.bins import Bins
from basis_lab.notebook.case import Case
from basis_lab.notebook.controls import Widget, make_controls, read_value
from basis_lab.notebook.panels.alerts import alert_html
from basis_lab.notebook.panels.book import lines_html
from basis_lab.notebook.panels.event_detail import detail_html, figure_pair
from basis_lab.notebook.panels.event_list import (
    PAGE,
    EventFilter,
    event_lines,
    events_html,
    family_counts,
)
from basis_lab.notebook.panels.invoice import daily_sums, invoice_html
from basis_lab.notebook.panels.run_table import runs_html
from basis_lab.notebook.parameters import check_parameters
from basis_lab.notebook.pins import Pin
from basis_lab.notebook.remedies import Trouble
from basis_lab.notebook.scene import spread_px
from basis_lab.notebook.sides import daily_sigma
from basis_lab.results.formats import MINUS
from basis_lab.results.themes import DARK, LIGHT

DATES = {"start": "2025-01-01", "end": "2025-02-15"}


def cells(html, name):
    row = re.search(
        rf'<th scope="row">(?:<button[^>]*>)?{name}(?:</button>)?</th>(.*?)</tr>', html
    ).group(1)
    return [re.sub("<.*?>", "", x) for x in re.findall(r"<td[^>]*>(.*?)</td>", row)]


def number(text):
    return float(text.replace("\N{MINUS SIGN}", "-").replace(",", ""))


def test_the_invoice_adds_up_in_sight(series):
    html = invoice_html(series, None, "")

    attribution = series.summary["attribution"]
    gross = sum(x for x in attribution.values() if x > 0)
    assert number(cells(html, "gross")[1]) == pytest.approx(gross, abs=0.51)
    assert number(cells(html, "net")[1]) == pytest.approx(series.summary["net_pnl"], abs=0.51)
    assert cells(html, "residual")[1] == "0.00"
    rows = [x for x in attribution.values() if x != 0.0]
    assert html.count('data-do="category"') == len(rows)


def test_differences_are_drawn_less_pinned_in_the_invoice_and_among_the_runs(series):
    summary = series.summary
    costs = {**summary["attribution"], "peg": -200.0}
    pinned = {
        **summary,
        "apr": summary["apr"] + 0.01,
        "net_pnl": summary["net_pnl"] - 200.0,
        "attribution": {**costs, "funding": costs["funding"] + 50.0},
    }

    pin = replace(Pin.of_series("pin 1", series, ""), summary=pinned)
    invoice = invoice_html(series, pin, "")
    runs = runs_html([("drawn", summary, ""), ("pin 1", pinned, "")])

    assert f"drawn {MINUS} pin 1" in invoice
    assert f"drawn {MINUS} pin 1" in runs
    for html, name in ((invoice, "net"), (runs, "net pnl, USDT")):
        assert cells(html, name)[-1] == "+200"
    for html, name in ((invoice, "peg"), (runs, "peg, USDT")):
        assert cells(html, name)[-1] == "+200"
    assert cells(invoice, "funding")[-1] == cells(runs, "funding, USDT")[-1] == f"{MINUS}50.00"
    assert cells(invoice, "gross")[-1] == f"{MINUS}50.00"
    assert cells(runs, "apr")[-1] == f"{MINUS}1.00 pp"


def test_the_balance_sheet_sums_to_nothing(series):
    html = lines_html(series, series.rows - 1)

    assert number(cells(html, "equity")[3]) == pytest.approx(
        series.summary["final_equity"], abs=0.51
    )
    assert "0.00" in cells(html, "assets \N{MINUS SIGN} debts \N{MINUS SIGN} equity")


def test_steady_payments_are_left_out_until_asked_for(series):
    quiet = {x.kind for x in event_lines(series, EventFilter())}
    asked = {x.kind for x in event_lines(series, EventFilter(families=frozenset({"funding"})))}

    assert "funding" not in quiet
    assert asked == {"funding"}


def test_no_more_than_a_page_of_events_is_in_the_browser(series):
    every = EventFilter(families=frozenset({"funding", "trades", "decisions", "transfers"}))

    html = events_html(series, every, 0)

    assert html.count('data-do="event"') == PAGE
    assert "page 1 of" in html


def test_a_filter_keeps_rows_with_its_words(series):
    lines = event_lines(series, EventFilter(words="okx:perp"))

    assert lines
    assert all("okx:perp" in x.action for x in lines)


def test_the_chip_of_trades_counts_what_the_table_of_runs_does(series):
    assert family_counts(series)["trades"] == series.summary["trades"] > 0


@pytest.fixture(scope="module")
def loop():
    """A leveraged loop, which trades at no exchange."""
    case = Case(mode="eth_leveraged", share_class="ETH", start="2025-01-01", end="2025-01-15")
    return Workbench(case).board.series


def test_a_loop_that_trades_at_no_exchange_has_no_trades_but_what_it_did_on_chain(loop):
    assert loop.summary["trades"] == 0
    assert "trades" not in family_counts(loop)
    # The transaction, and four steps of it: borrowed ETH is unwrapped, staked, supplied, borrowed.
    assert family_counts(loop)["on-chain"] == 5


def test_unwrapping_tells_the_token_that_left(loop):
    (swap,) = [x for x in event_lines(loop, EventFilter()) if x.kind == "swap"]

    assert re.fullmatch(MINUS + r"[0-9.,]+ wallet:token:WETH at 1", swap.action)
    assert re.fullmatch(MINUS + r"[0-9.,]+ WETH", swap.amount)


def test_a_risk_warning_is_told_with_its_value_and_its_limit():
    case = Case(
        mode="btc_basis", share_class="USDT", start="2025-07-01", end="2025-07-15", scenario="hold"
    )
    overrides = {"risk.margin_ratio.warning": 0.40}
    series = Workbench(replace(case, overrides=overrides)).board.series

    told = [x for x in event_lines(series, EventFilter()) if x.kind == "risk warning"]

    assert told
    for line in told:
        value = re.fullmatch(
            r"margin ratio: (0\.[0-9]+) against 0\.4, (binance|bybit|okx)", line.why
        )
        assert value, line.why
        assert float(value[1]) < 0.40


def test_a_decision_in_stages_is_counted_and_shown_once():
    made = Workbench(
        Case(mode="btc_basis", share_class="USDT", start="2025-01-01", end="2025-12-31")
    )
    series = made.board.series
    log = series.record.log
    fired = [x for x in series.events_of(EventType.TRIGGER) if "action" not in x.details]

    lines = event_lines(series, EventFilter(families=frozenset({"decisions"})))

    assert family_counts(series)["decisions"] == len(lines) == len(fired) == 14
    assert [x.row for x in reversed(lines)] == [x.row for x in fired]
    assert len(series.later_stages) == len(series.events_of(EventType.DECISION)) - len(fired) > 0
    for later, place in series.later_stages.items():
        assert log[later].trigger == log[place].trigger
    staged = next(x for x in lines if "in 2 stages" in x.action)
    assert "Its later stages" in detail_html(series, staged.place)


def test_what_a_default_took_is_a_write_off_in_the_workbench():
    made = Workbench(
        Case(
            mode="btc_basis",
            share_class="USDT",
            start="2024-07-10",
            end="2024-07-25",
            scenario="venue_default_binance",
        )
    )
    series = made.board.series
    lost = series.summary["attribution"]["liquidation_penalty"]

    html = invoice_html(series, None, "liquidation_penalty")
    lines = event_lines(series, EventFilter(families=frozenset({"risk"})))

    assert number(cells(html, "default write-off")[1]) == pytest.approx(lost, abs=0.51)
    assert "liquidation penalty" not in html
    assert [x.kind for x in lines if "defaulted" in x.why or x.kind == "default"] == ["default"]


@pytest.mark.parametrize(
    ("value", "limit", "told"),
    [
        (0.59999408, 0.6, ("0.59999", "0.6")),
        (0.80002127, 0.7999999999999999, ("0.80002", "0.8")),
        (0.6004, 0.6, ("0.6004", "0.6")),
        (-0.25, None, (f"{MINUS}0.25", "\N{EN DASH}")),
        (0.6, 0.6, ("0.6", "0.6")),
    ],
)
def test_a_value_beside_its_limit_has_the_digits_that_tell_them_apart(value, limit, told):
    assert figure_pair(value, limit) == told


def test_what_an_event_says_is_in_words_and_rounded_with_a_true_minus(series):
    for place, event in enumerate(series.record.log):
        html = detail_html(series, place)
        told = re.findall(r'<td class="num">(.*?)</td>', html)
        assert "<pre>" not in html
        assert not any(re.match(r"-\d", x) for x in told)
        assert not any(re.search(r"\.\d{7}", x) for x in told)
        if isinstance(event, Event) and "margin_ratio_before" in event.details:
            before = event.details["margin_ratio_before"]["binance"]
            said = cells(html, "margin ratio before, binance")[0]
            if np.isfinite(before):
                assert number(said) == pytest.approx(before, rel=1e-4)
            else:
                assert said == "\N{EN DASH}"


def test_heads_of_tables_are_for_screen_readers_too(series):
    html = events_html(series, EventFilter(), 0) + lines_html(series, 0)

    assert '<th scope="col"' in html
    assert '<th scope="row"' in html
    assert html.count("<caption") == 2


def test_days_sum_to_the_whole(series):
    _, sums = daily_sums(series, series.record.attribution["funding"])

    assert sums.sum() == pytest.approx(series.summary["attribution"]["funding"], rel=1e-12)


def test_what_an_error_says_is_text_and_no_markup():
    problem = ConfigProblem(file="f", key="<b>", value="<i>", what="<script>", remedy="&")
    case = Case(mode="btc_basis", share_class="USDT")

    html = alert_html(Trouble(error=ConfigError([problem]), case=case, covered=("", "")), "")

    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_series_that_fall_short_are_folded_behind_what_all_of_them_cover():
    bench = Workbench(
        Case(mode="btc_basis", share_class="USDT", start="2025-01-01", end="2026-12-31")
    )

    html = bench.board.head.slots["alert"]

    told, folded = html.split('<details data-fold="spans">')
    assert "all of them cover 2024-01-01T00:00:00Z to 2025-12-31T23:00:00Z" in told
    assert "funding/okx" not in told
    assert folded.count("<li>") == 10
    assert "<summary>10 series</summary>" in folded


def test_controls_carry_the_bounds_of_the_models():
    case = Case(mode="btc_basis", share_class="USDT")
    controls = {x.key: x for x in make_controls(case.config(), case.config())}

    spot = controls["strategy.spot_allocation"]
    assert (spot.widget, spot.primary, spot.low, spot.high) == (Widget.SLIDER, True, 0.30, 0.95)
    assert controls["costs.enabled"].widget is Widget.SWITCH
    assert read_value(controls["strategy.hedge_allocation"], '{"okx": 1.0}') == {"okx": 1.0}
    assert not any(x.startswith("rewards.") for x in controls)


def test_a_slider_stands_where_its_value_is(pair):
    mode, share_class = pair
    config = Case(mode=mode, share_class=share_class).config()

    sliders = [x for x in make_controls(config, config) if x.widget is Widget.SLIDER]

    for x in sliders:
        for value in (x.value, x.default):
            if isinstance(value, int | float):
                steps = (value - x.low) / x.step
                assert steps == pytest.approx(round(steps), abs=1e-6), x.key


def test_a_row_that_can_be_chosen_stays_a_row_with_a_button_in_it(series):
    html = invoice_html(series, None, "funding")

    assert 'role="button"' not in html
    assert re.search(r'<tr class="acts here"><th scope="row"><button type="button"', html)
    assert 'data-of="funding" aria-expanded="true">funding</button>' in html


def test_a_word_stands_in_place_of_a_number_where_the_model_allows_it():
    case = Case(mode="eth_leveraged", share_class="ETH")
    controls = {x.key: x for x in make_controls(case.config(), case.config())}

    assert read_value(controls["strategy.target_ltv"], "auto") == "auto"
    assert read_value(controls["strategy.target_ltv"], "0.9") == 0.9


def test_at_most_five_controls_are_open(pair):
    mode, share_class = pair
    case = Case(mode=mode, share_class=share_class)

    opened = [x for x in make_controls(case.config(), case.config()) if x.primary]

    assert 1 <= len(opened) <= 5


def test_bins_cover_every_row_once_and_lose_no_low():
    values = np.ones(1_000)
    values[617] = -5.0
    bins = Bins.of(1_000, 100)

    assert bins.starts[0] == 0
    assert bins.ends[-1] == 999
    assert np.array_equal(bins.starts[1:], bins.ends[:-1] + 1)
    assert bins.least(values).min() == -5.0


def test_a_zoomed_stretch_gets_points_of_its_own():
    coarse, fine = Bins.of(10_000, 100), Bins.of(10_000, 100, (4_000, 4_099))

    assert np.array_equal(fine.starts[1:], fine.ends[:-1] + 1)
    inside = (fine.starts >= 4_000) & (fine.starts <= 4_099)
    assert inside.sum() == 100
    assert len(fine.starts) > len(coarse.starts)


def test_labels_are_spread_and_stay_inside():
    placed = spread_px({0: 10.0, 1: 12.0, 2: 98.0, 3: 99.0}, 14.0, 100.0)

    ordered = sorted(placed.values())
    assert all(b - a >= 14.0 - 1e-9 for a, b in itertools.pairwise(ordered))
    assert max(ordered) <= 100.0
    assert [k for k, _ in sorted(placed.items(), key=lambda x: x[1])] == [0, 1, 2, 3]


@pytest.mark.parametrize(("step_s", "bars"), [(3_600, 24), (900, 96), (14_400, 24), (86_400, 24)])
def test_a_days_sigma_is_that_of_a_day_at_every_interval(step_s, bars):
    prices = np.exp(np.cumsum(np.full(bars + 2, 0.01)))

    sigma = daily_sigma(prices, step_s)

    assert np.isnan(sigma[:bars]).all()
    assert sigma[-1] == pytest.approx(0.01 * np.sqrt(86_400 / step_s))


def test_an_unknown_parameter_is_refused_by_its_name():
    with pytest.raises(Exception, match="shareclass") as caught:
        check_parameters(["", "mode = 'a'", "# Parameters\nshareclass = 'USDT'\n"])

    assert "mode" in str(caught.value)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_of_categories_are_told_apart_and_stand_out(palette):
    labs = {name: oklab(x) for name, x in palette.categories.items()}
    names = list(labs)

    near = min(
        np.linalg.norm(labs[a] - labs[b]) for i, a in enumerate(names) for b in names[i + 1 :]
    )

    assert 100 * near >= 7.5
    for name, colour in palette.categories.items():
        assert contrast(colour, palette.ground) >= (1.75 if name == "fx" else 2.1)
    assert contrast(palette.ink, palette.ground) >= 4.5
    assert contrast(palette.muted, palette.ground) >= 4.5


def linear(colour):
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    light = [linear(x) @ np.array([0.2126, 0.7152, 0.0722]) for x in (a, b)]
    return (max(light) + 0.05) / (min(light) + 0.05)


def oklab(colour):
    lms = np.cbrt(
        np.array(
            [
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ]
        )
        @ linear(colour)
    )
    return (
        np.array(
            [
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ]
        )
        @ lms
    )


def test_a_balance_sheet_tells_prices_above_zero_and_debts_as_quantities_below():
    loop = Workbench(Case(mode="usdt_market_neutral", share_class="USDT", **DATES)).board.series
    html = lines_html(loop, loop.rows - 1)

    found = re.findall(r'<tr[^>]*><th scope="row">([^<]*)</th>(.*?)</tr>', html)
    told = {name: re.findall(r"<td[^>]*>(.*?)</td>", x) for name, x in found}
    debt = told["debt WETH"]
    perps = [x for name, x in told.items() if name.startswith("perp")]
    assert debt[1].startswith(MINUS)
    assert number(debt[2]) > 0.0
    assert number(debt[1]) * number(debt[2]) == pytest.approx(number(debt[3]), rel=1e-5)
    assert perps
    assert {x[2] for x in perps} == {"\N{EN DASH}"}


def test_names_that_users_chose_are_no_markup_in_the_figure(bench):
    bench.pin()
    pin = bench.board.pins[0]
    bench.board.pins = [replace(pin, name="x</b> & y")]

    bench.board.redraw()

    stage = bench.board.stage
    assert "x&lt;/b&gt; &amp; y" in [x["name"] for x in stage.traces]
    ends = [x["text"] for x in stage.drawn_layout["annotations"]]
    assert sum(x.endswith("</span> x&lt;/b&gt; &amp; y") for x in ends) == 1
