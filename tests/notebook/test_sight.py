"""What the figure shows of a run: where its labels stand, and how its axes are told."""

import re
from dataclasses import replace

import numpy as np
import pytest

from basis_lab.notebook.bench import Workbench
from basis_lab.notebook.case import Case
from basis_lab.notebook.drawing import Canvas
from basis_lab.notebook.layout import LABEL_PX, lay_out, places
from basis_lab.notebook.overview import overview
from basis_lab.notebook.pins import Pin
from basis_lab.notebook.rates_view import rates_view
from basis_lab.notebook.risk_view import risk_view
from basis_lab.notebook.runs_view import runs_view
from basis_lab.notebook.scene import Limit, Pen, Scene, Strip
from basis_lab.results.themes import LIGHT

VIEWS = {
    "overview": overview,
    "weekly": lambda canvas: overview(canvas, weekly=True),
    "risk": risk_view,
    "rates": rates_view,
    "runs": lambda canvas: runs_view(canvas, ()),
}
LOW, HIGH = 400, 500  # rows in sight


@pytest.fixture(scope="module")
def levered():
    """A loop without perps: its delta keeps to its target."""
    dates = {"start": "2025-01-01", "end": "2025-02-15"}
    return Workbench(Case(mode="eth_leveraged", share_class="ETH", **dates)).board.series


def canvas(series, zoom=(LOW - 1, HIGH + 1), **given):
    return Canvas(series=series, palette=LIGHT, zoom=zoom, **given)


def lines_of(strip):
    """Lines that have a label at their right end, with it."""
    ends = {end.text: end for end in strip.ends}
    named = [t for t in strip.traces if t.pen is Pen.LINE and t.name.split(", 7 d")[0] in ends]
    return [(t, ends[t.name.split(", 7 d")[0]]) for t in named]


@pytest.mark.parametrize("view", ["overview", "risk", "rates", "runs"])
def test_labels_of_a_zoomed_figure_stand_where_their_lines_leave_it(series, view):
    edge = series.times_ms[HIGH]

    found = [x for s in VIEWS[view](canvas(series)).strips for x in lines_of(s)]

    assert found
    for trace, end in found:
        after = int(np.searchsorted(trace.x, edge))
        near = trace.y[max(after - 1, 0) : after + 1].astype(float)
        assert near.min() - 1e-9 <= end.value <= near.max() + 1e-9, end.text


@pytest.mark.parametrize("view", ["overview", "risk", "rates", "runs"])
def test_labels_of_a_whole_figure_stand_at_the_end_of_the_run(series, view):
    for strip in VIEWS[view](canvas(series, zoom=None)).strips:
        for trace, end in lines_of(strip):
            assert end.value == pytest.approx(float(trace.y[np.isfinite(trace.y)][-1]))


@pytest.mark.parametrize("view", list(VIEWS))
def test_axes_of_a_zoomed_figure_hold_what_is_in_sight_and_no_more(series, view):
    first, last = series.times_ms[LOW], series.times_ms[HIGH]
    whole = VIEWS[view](canvas(series, zoom=None)).strips

    strips = VIEWS[view](canvas(series)).strips

    narrower = 0
    for strip, before in zip(strips, whole, strict=True):
        assert strip.high - strip.low <= 1.001 * (before.high - before.low)
        narrower += strip.high - strip.low < 0.9 * (before.high - before.low)
        if strip.log or view == "rates":  # of rates outliers are left outside
            continue
        for trace, _ in lines_of(strip):
            seen = trace.y[(trace.x >= first) & (trace.x <= last)]
            assert strip.low <= np.nanmin(seen) <= np.nanmax(seen) <= strip.high
    assert narrower > 0


def test_the_net_of_a_zoomed_figure_is_told_of_the_run_and_stands_in_sight(series):
    strip = overview(canvas(series)).strips[2]

    net = next(end for end in strip.ends if end.text.startswith("net "))

    whole = overview(canvas(series, zoom=None)).strips[2]
    assert net.text in [end.text for end in whole.ends]
    assert net.value == pytest.approx(float(series.net[HIGH]))


def test_a_pinned_run_that_ends_before_what_is_in_sight_keeps_its_label(series):
    pin = Pin.of_series("pin 1", series, "")
    short = replace(pin, times_ms=pin.times_ms[:200], equity=pin.equity[:200])

    strip = overview(canvas(series, pinned=short)).strips[0]

    end = next(end for end in strip.ends if end.text == "pin 1")
    assert end.value == pytest.approx(float(short.equity[-1]))


def ticks(strip):
    """The format of the axis, and the distance of its ticks as plotly takes it."""
    made = lay_out(Scene(strips=(strip,), first_ms=0.0, last_ms=1.0), LIGHT)["yaxis"]
    rough = (strip.high - strip.low) / made["nticks"]
    base = 10.0 ** np.floor(np.log10(rough))
    return made["tickformat"], base * next(x for x in (1, 2, 5, 10) if x * base >= rough)


@pytest.mark.parametrize("kind", ["f", "%"])
@pytest.mark.parametrize("span", [1e-4, 0.0037, 0.021, 0.026, 0.049, 0.3, 1.0, 4.7, 260.0])
def test_no_two_ticks_of_an_axis_look_the_same(span, kind):
    strip = Strip(
        title="",
        note="",
        height_px=110,
        traces=(),
        low=1.0,
        high=1.0 + span,
        tick_format=f".1{kind}",
    )

    told, apart = ticks(strip)

    texts = [f"{1.0 + i * apart:{told}}" for i in range(5)]
    assert len(set(texts)) == len(texts)


def test_ticks_have_no_more_digits_than_they_need():
    wide = Strip(title="", note="", height_px=110, traces=(), low=0, high=3_000, tick_format=",.0f")

    assert ticks(wide)[0] == ",.0f"
    assert ticks(replace(wide, low=0.90, high=0.935, tick_format=".2f"))[0] == ".2f"
    assert ticks(replace(wide, low=0.91, high=0.935, tick_format=".2f"))[0] == ".3f"


def test_a_delta_that_keeps_to_its_target_does_not_fill_its_strip_with_rounding(levered):
    strip = risk_view(canvas(levered, zoom=None)).strips[-1]
    (drift,) = strip.traces

    assert strip.title == "Net delta stayed on its target"
    assert float(np.abs(drift.y).max()) < 0.01 * (strip.high - strip.low)
    assert ticks(strip) == (".1%", pytest.approx(0.001))


def labels(*levels, height_px=110):
    limits = tuple(Limit(level=x, text=f"acts at {x:g}", colour="#000000") for x in levels)
    strip = Strip(title="t", note="", height_px=height_px, traces=(), limits=limits)
    scene = Scene(strips=(strip,), first_ms=0.0, last_ms=1.0)
    made = lay_out(scene, LIGHT)
    foot = places(scene)[0].low
    found = []
    for told in made["annotations"]:
        if not told["text"].startswith("acts"):
            continue
        at = told["y"] * made["height"] - foot
        span = (at - LABEL_PX, at) if told["yanchor"] == "top" else (at, at + LABEL_PX)
        found.append((*span, told["xshift"], told["text"]))
    return found


@pytest.mark.parametrize("height_px", [64, 110])
@pytest.mark.parametrize(
    "levels", [(0.1, 0.18), (0.02, 0.05), (0.0, 0.1), (0.5, 0.55), (0.9, 0.98), (0.2, 0.8), (0.05,)]
)
def test_labels_of_limits_stay_off_the_foot_of_their_strip_and_off_each_other(levels, height_px):
    found = labels(*levels, height_px=height_px)

    assert len(found) == len(levels)
    assert all(low >= 0.0 for low, *_ in found)
    if len(found) > 1:
        (_, _, left, text), (_, _, right, _) = found
        apart = found[0][0] >= found[1][1] - 1e-9
        assert apart or right > left + 5 * len(text)


def test_runs_that_returned_the_same_are_not_ranked(series):
    pin = Pin.of_series("pin 1", series, "")
    worse = replace(pin, name="pin 2", nav_per_share=pin.nav_per_share * 0.99)

    def told(*others):
        return runs_view(canvas(series, zoom=None), others).strips[0].title

    assert re.fullmatch(r"The runs returned the same: \+\S+\s%", told(pin))
    assert re.fullmatch(r"Drawn and pin 1 returned most: \+\S+\s%", told(pin, worse))
    assert re.fullmatch(r"Drawn returned most: \+\S+\s%", told(worse))
    assert re.fullmatch(r"Returned \+\S+\s%", told())


@pytest.fixture(scope="module")
def year():
    return Workbench(
        Case(mode="btc_basis", share_class="USDT", start="2025-01-01", end="2025-12-31")
    )


@pytest.mark.parametrize("rows", [(8370, 8390), (6768, 6781), (4000, 4100), (100, 103)])
def test_means_of_rates_stay_in_sight_however_short_the_stretch(year, rows):
    series = year.board.series
    seen = canvas(series, zoom=rows)

    strip = rates_view(seen).strips[0]

    for trace in strip.traces:
        if trace.pen is Pen.LINE:
            inside = seen.seen(trace.x, trace.y)
            assert strip.low <= np.nanmin(inside)
            assert np.nanmax(inside) <= strip.high


@pytest.mark.parametrize("rows", [(8626, 8666), (3380, 3430), (1000, 1040), (500, 900)])
def test_bars_of_weeks_that_are_partly_in_sight_are_whole(year, rows):
    series = year.board.series
    left, right = (series.times_ms[x] for x in rows)

    strip = next(
        s
        for s in overview(canvas(series, zoom=rows), weekly=True).strips
        if any(t.pen is Pen.BAR for t in s.traces)
    )

    bars = [t for t in strip.traces if t.pen is Pen.BAR]
    spans = np.array(bars[0].spans)
    met = (bars[0].x + spans / 2 > left) & (bars[0].x - spans / 2 < right)
    up = sum(np.maximum(t.y, 0.0) for t in bars)[met]
    down = sum(np.minimum(t.y, 0.0) for t in bars)[met]
    assert met.any()
    assert strip.high >= up.max()
    assert strip.low <= down.min()


def other_dates(bench):
    """Pin what is drawn, and draw the same mode over later dates."""
    bench.act("pin")
    bench.act("case", "start", "2025-02-01")
    bench.act("case", "end", "2025-03-15")
    bench.run(wait=True)


@pytest.fixture
def apart():
    bench = Workbench(
        Case(mode="btc_basis", share_class="USDT", start="2024-11-01", end="2024-12-31")
    )
    other_dates(bench)
    return bench


def test_a_pin_over_other_dates_is_neither_drawn_nor_named_in_the_overview(apart):
    strip = overview(Canvas(series=apart.board.series, palette=LIGHT, pinned=apart.board.pinned))

    assert apart.board.pinned is not None
    assert "pin 1" not in [end.text for end in strip.strips[0].ends]


def test_a_pin_is_drawn_where_its_dates_are_those_of_the_run(apart):
    apart.act("pin")

    strip = overview(Canvas(series=apart.board.series, palette=LIGHT, pinned=apart.board.pinned))

    assert "pin 2" in [end.text for end in strip.strips[0].ends]


def test_a_zoom_ends_where_the_runs_lie_over_other_dates(apart):
    times = apart.board.series.times_ms
    stage = apart.board.stage
    stage.told_by_browser({"zoom": [times[100], times[200]]})
    assert apart.board.sight.zoom is not None

    apart.act("view", "runs")
    assert apart.board.sight.zoom is None
    stage.told_by_browser({"zoom": [stage.span[0], stage.span[0] + 1e9]})
    assert apart.board.sight.zoom is None
    apart.act("view", "overview")

    assert apart.board.sight.zoom is None
    assert stage.span == [times[0], times[-1]]


def test_a_pin_with_another_capital_says_so():
    dates = {"start": "2025-01-01", "end": "2025-02-01"}
    bench = Workbench(Case(mode="btc_basis", share_class="USDT", capital=250_000.0, **dates))
    bench.act("pin")

    assert bench.board.pins[0].case == "btc_basis, capital 250,000"
    assert bench.board.case == "btc_basis, capital 250,000"
