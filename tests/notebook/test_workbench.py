"""The workbench without a browser: every act as the user would do it."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from basis_lab.errors import DataRangeError, UsageError
from basis_lab.notebook import loops, workbench
from basis_lab.notebook.bench import Workbench
from basis_lab.notebook.case import Case
from basis_lab.notebook.panels.headline import MARKS, six_html
from basis_lab.notebook.pins import MOST_PINS
from basis_lab.notebook.weekly import week_sums
from basis_lab.results.formats import format_share

from .conftest import SHORT

SPOT = "strategy.spot_allocation"
HOUR_MS = 3_600_000.0


def test_every_mode_and_share_class_is_drawn_in_every_view(pair):
    mode, share_class = pair

    bench = Workbench(Case(mode=mode, share_class=share_class, **SHORT))

    for view in ("overview", "risk", "rates", "events", "runs"):
        bench.act("view", view)
        assert bench.board.stage.strips > 0
        assert len(bench.board.stage.traces) > 0
    assert bench.failure is None


def test_a_moved_slider_runs_again_and_changes_the_lines_alone(bench):
    stage = bench.board.stage
    steady, moving, traces = stage.steady, stage.moving, len(stage.traces)

    bench.act("set", SPOT, "0.6")

    assert stage.steady == steady
    assert stage.moving != moving
    assert abs(len(stage.traces) - traces) <= 2
    assert bench.result.record.identity.config["strategy"]["spot_allocation"] == 0.6


def test_off_live_a_change_waits_for_run(bench):
    bench.act("live")
    drawing = bench.board.stage.drawing

    bench.act("set", SPOT, "0.6")

    assert bench.board.stage.drawing == drawing
    assert "Run \N{BULLET}" in bench.editor.panel.slots["acts"]

    bench.act("run")

    assert bench.board.stage.drawing > drawing
    assert "Run \N{BULLET}" not in bench.editor.panel.slots["acts"]


def test_live_that_is_chosen_while_the_case_is_stale_runs_at_once(bench):
    bench.act("live")
    bench.act("set", SPOT, "0.6")
    drawing = bench.board.stage.drawing

    bench.act("live")

    assert bench.board.stage.drawing > drawing
    assert bench.result.record.identity.config["strategy"]["spot_allocation"] == 0.6
    drawing = bench.board.stage.drawing
    bench.act("live")
    bench.act("live")
    assert bench.board.stage.drawing == drawing  # nothing differs: nothing runs


def test_live_that_goes_off_by_itself_says_so_and_why(bench, monkeypatch):
    assert bench.live
    assert "Live" not in bench.editor.panel.slots["status"]
    monkeypatch.setattr("basis_lab.notebook.bench.LIVE_BELOW_S", 0.0)

    bench.act("set", SPOT, "0.6")

    assert not bench.live
    assert re.search(
        r"Live is off: the last run took \d+\.\d s$", bench.editor.panel.slots["status"]
    )
    bench.act("live")
    bench.act("set", SPOT, "0.7")
    assert "Live" not in bench.editor.panel.slots["status"]  # chosen: it stays as it is


@pytest.mark.parametrize("act", ["save", "report"])
def test_what_takes_a_while_is_said_before_it_is_done(bench, monkeypatch, tmp_path, act):
    monkeypatch.setenv("BASIS_RESULTS_DIR", str(tmp_path))
    later = []
    monkeypatch.setattr(loops, "soon", later.append)

    bench.act(act)

    told = {"save": "the run is being saved", "report": "the report is being made"}
    assert bench.editor.panel.slots["status"] == told[act]
    assert list(tmp_path.iterdir()) == []
    (do,) = later
    do()
    place = tmp_path / bench.result.summary["run_id"]
    if act == "report":
        place /= "report.html"
    assert f'data-place="{place}"' in bench.editor.panel.slots["status"]
    assert place.exists()


def test_a_refused_value_leaves_the_result_and_says_why(bench):
    verdict = bench.board.head.slots["verdict"]

    bench.act("set", "risk.margin_ratio.warning", "0.05")

    assert "refused" in bench.editor.panel.slots["note:risk.margin_ratio.warning"]
    assert bench.board.head.slots["verdict"] == verdict
    assert bench.board.head.kind == "head"
    assert "disabled" in bench.editor.panel.slots["acts"]


def test_what_is_no_number_is_refused_at_its_control(bench):
    bench.act("set", SPOT, "plenty")

    assert "number" in bench.editor.panel.slots[f"note:{SPOT}"]


def test_an_error_dims_the_result_and_a_good_run_ends_it(bench):
    verdict = bench.board.head.slots["verdict"]

    bench.act("case", "data_dir", "/nowhere/at/all")
    bench.act("run")

    assert "/nowhere/at/all" in bench.board.head.slots["alert"]
    assert bench.board.head.kind == "head dimmed"
    assert bench.board.head.slots["verdict"] == verdict

    bench.act("case", "data_dir", "")
    bench.act("run")

    assert bench.board.head.slots["alert"] == ""
    assert bench.board.head.kind == "head"


@pytest.mark.parametrize("live", [True, False])
def test_a_remedy_is_applied_and_the_case_run_again(bench, live):
    if not live:
        bench.act("live")
    bench.act("case", "data_dir", "/nowhere/at/all")
    bench.act("run")
    assert 'data-do="remedy" data-of="data_dir"' in bench.board.head.slots["alert"]

    bench.act("remedy", "data_dir", "")

    assert bench.failure is None
    assert bench.board.head.slots["alert"] == ""


def test_a_number_beyond_its_bound_is_set_to_what_is_allowed_by_its_buttons(bench):
    note = f"note:{SPOT}"
    bench.act("set", SPOT, "1.4")
    told = bench.editor.panel.slots[note]
    # Its bound, 0.99, would be refused by the next rule: the limit that this names is offered.
    assert f'data-of="{SPOT}" data-value="0.7333">Set spot allocation to 0.7333' in told
    assert told.count('data-do="remedy"') == 1

    bench.act("remedy", SPOT, "0.7333")
    assert bench.editor.refused == {}
    assert bench.result.record.identity.config["strategy"]["spot_allocation"] == 0.7333


def test_auto_is_told_with_the_number_that_the_run_used():
    bench = Workbench(Case(mode="eth_leveraged", share_class="ETH", **SHORT))
    key = "strategy.target_ltv"
    values = bench.editor.panel.values

    used = float(values[f"thumb:{key}"])
    assert values[key] == f"auto ({used:.3f})"
    entered = bench.result.record.risk["ltv"][0]
    band = bench.result.record.identity.config["strategy"]["ltv_band"]
    assert used == pytest.approx(entered, abs=band)

    bench.act("set", key, "0.9")
    assert bench.editor.panel.values[key] == "0.9"

    bench.act("reset", key)
    assert bench.editor.panel.values[key] == f"auto ({used:.3f})"


def test_the_weekly_bars_sum_to_the_attribution(bench):
    bench.act("weekly")

    series = bench.board.series
    weeks = week_sums(series)
    total = sum(float(x.sum()) for x in weeks.sums.values())
    assert total == pytest.approx(series.summary["net_pnl"], abs=1e-6)
    assert {np.datetime64(int(x), "ms").item().weekday() for x in weeks.mondays} == {0}
    assert weeks.spans.sum() == pytest.approx(3_600_000.0 * series.rows)
    assert any(x["type"] == "bar" for x in bench.board.stage.traces)
    assert "weeks earned something" in bench.board.stage.told

    bench.act("view", "risk")
    assert 'data-do="weekly"' not in bench.board.head.slots["bar"]


@pytest.mark.parametrize(
    ("interval", "counted", "looked"),
    [
        ("1h", "1,081 hours", "hourly"),
        ("4h", "271 bars of 4 h", "every 4 h"),
        ("1d", "46 days", "daily"),
    ],
)
def test_steps_are_called_by_the_runs_interval(interval, counted, looked):
    given = {"data.bar_interval": interval}
    bench = Workbench(Case(mode="btc_basis", share_class="USDT", overrides=given, **SHORT))

    assert counted in bench.editor.panel.slots["status"]
    assert looked in bench.board.head.slots["six"]


def test_the_headline_has_the_summarys_least_distance_and_its_time():
    bench = Workbench(
        Case(mode="btc_basis", share_class="USDT", start="2025-01-01", end="2025-12-31")
    )
    series = bench.board.series

    near = series.sides[0]

    told = series.summary["min_liquidation_distance"]
    assert near.worst == min(told.values(), key=abs)
    after = np.nanmin(np.abs(series.distances[near.side]))
    assert near.worst < after
    assert near.worst_row in series.decision_rows
    assert (
        format_share(near.worst, signed=True, digits=1).split("%")[0].rstrip()
        in (bench.board.head.slots["six"])
    )
    assert format_share(near.worst, signed=True, digits=1) in bench.board.stage.told


def test_a_difference_that_rounds_to_nothing_has_no_arrow(bench):
    summary = bench.board.series.summary
    bench.board.series.summary = {**summary, "apr": summary["hurdle_apr"] - 1e-6}

    six = six_html(bench.board.series, None)

    assert ">0.00 <small>points" in six
    assert "TRIANGLE" not in six
    assert not any(mark in six for mark in MARKS.values())


def test_every_title_can_be_broken_by_the_browser(bench):
    layout = bench.board.stage.drawn_layout

    titles = layout["meta"]["titles"]

    assert len(layout["meta"]["strips"]) == len(layout["annotations"])
    for place, (title, _) in titles.items():
        assert layout["annotations"][int(place)]["text"] == f"<b>{title}</b>"


def test_a_mode_brings_its_own_share_class_controls_and_coverage(bench):
    bench.act("case", "mode", "pure_lending")

    assert bench.result.summary["mode"] == "pure_lending"
    assert SPOT not in {x.key for x in bench.editor.controls}
    assert bench.editor.case.overrides == {}

    bench.act("case", "share_class", "ETH")

    assert bench.result.summary["currency"] == "ETH"

    bench.act("case", "mode", "btc_basis")

    assert bench.editor.case.share_class == "USDT"


def test_reset_takes_a_value_back(bench):
    bench.act("set", SPOT, "0.6")
    assert "default 0.7" in bench.editor.panel.slots[f"note:{SPOT}"]

    bench.act("reset", SPOT)

    assert bench.editor.case.overrides == {}
    assert "default" not in bench.editor.panel.slots[f"note:{SPOT}"]


def test_any_key_can_be_set_as_on_the_command_line(bench):
    bench.act("other", "", "venues.binance.perp.taker_fee=0.001")

    assert bench.failure is None
    assert bench.editor.case.overrides == {"venues.binance.perp.taker_fee": 0.001}


def test_pins_are_at_most_four_and_the_invoice_tells_the_difference(bench):
    for share in ("0.6", "0.61", "0.62", "0.63", "0.64"):
        bench.act("pin")
        bench.act("set", SPOT, share)

    assert len(bench.board.pins) == MOST_PINS
    assert "drawn \N{MINUS SIGN} pin 5" in bench.board.right.slots["invoice"]

    for _ in range(MOST_PINS):
        bench.act("unpin", "0")

    assert "drawn \N{MINUS SIGN} pin" not in bench.board.right.slots["invoice"]


def test_a_saved_run_has_the_name_that_the_command_line_gives(bench, tmp_path, monkeypatch):
    monkeypatch.setenv("BASIS_RESULTS_DIR", str(tmp_path))

    path = bench.save()

    assert path == tmp_path / bench.result.summary["run_id"]
    manifest = json.loads((path / "manifest.json").read_text())
    assert manifest["command"] == bench.drawn.command()
    assert (path / "plots" / "nav.html").exists()


def test_decisions_are_stepped_through_and_the_book_follows(bench):
    rows = bench.board.series.decision_rows
    bench.act("moment", "moment", "0")

    bench.act("step", "]")

    assert bench.board.sight.moment == int(rows[rows > 0][0])
    told = bench.board.head.slots["moment"].removesuffix(" UTC")
    assert told in bench.board.right.slots["book"]


def test_a_category_a_day_and_an_event_lead_on(bench):
    bench.act("category", "funding")
    assert "its largest days" in bench.board.right.slots["invoice"]

    bench.act("day", "2025-01-10")
    assert bench.board.sight.view == "events"
    assert "2025-01-10" in bench.board.foot.slots["tables"]

    bench.act("day", "")
    log = bench.board.series.record.log
    place = next(i for i, x in enumerate(log) if "movements" in x.details)
    bench.act("family", "transfers")
    bench.act("words", value="deposit")
    bench.act("event", str(place), "0")
    assert "Movements" in bench.board.foot.slots["tables"]


def test_zooming_makes_finer_bins_and_is_said(bench):
    series = bench.board.series
    area = next(x for x in bench.board.stage.traces if "stackgroup" in x)
    assert area["dx"] == 2 * HOUR_MS

    bench.board.stage.told_by_browser({"zoom": [series.times_ms[100], series.times_ms[200]]})

    assert "zoomed" in bench.board.head.slots["bar"]
    area = next(x for x in bench.board.stage.traces if "stackgroup" in x)
    times = np.frombuffer(bench.board.stage.steady[area["x"]]["bytes"])
    seen = times[(times >= series.times_ms[100]) & (times <= series.times_ms[200])]
    assert np.diff(seen).tolist() == [HOUR_MS] * 100

    bench.act("unzoom")

    assert "zoomed" not in bench.board.head.slots["bar"]


def test_the_dark_theme_draws_anew_in_its_own_colours(bench):
    bench.editor.panel.dark = True

    assert bench.board.palette.name == "dark"
    assert bench.board.stage.drawn_layout["font"]["color"] == bench.board.palette.ink


def test_a_cancelled_run_leaves_the_last_result_and_says_how_far_it_was(monkeypatch):
    bench = Workbench(Case(mode="btc_basis", share_class="USDT"))
    drawing, result, request = bench.board.stage.drawing, bench.result, Case.request
    # Every hour a window of its own: the run takes seconds.
    monkeypatch.setattr(Case, "request", lambda case: replace(request(case), stride=1))

    async def cancel():
        bench.act("run")
        for _ in range(500):  # a machine that is busy has not begun at once
            if re.search(r"\b[1-9][0-9,]* of", bench.editor.panel.slots["progress"]):
                break
            await asyncio.sleep(0.02)
        bench.act("cancel")
        for _ in range(500):
            if "cancelled" in bench.editor.panel.slots["status"]:
                return
            await asyncio.sleep(0.02)

    with ThreadPoolExecutor(1) as apart:  # a browser's test may have a loop in this thread
        apart.submit(asyncio.run, cancel()).result()

    assert "cancelled when it had reached 2025-" in bench.editor.panel.slots["status"]
    assert (bench.board.stage.drawing, bench.result) == (drawing, result)


def test_a_liquidation_has_its_line_in_every_strip_and_the_moment_goes_there():
    bench = Workbench(
        Case(
            mode="btc_basis",
            share_class="USDT",
            start="2024-01-01",
            end="2024-06-30",
            scenario="hold",
            overrides={
                "strategy.hedge_allocation": {"binance": 1.0},
                "risk.margin_ratio.warning": 0.12,
            },
        )
    )
    row = int(bench.board.series.liquidation_rows[0])

    for view in ("overview", "risk", "events"):
        bench.act("view", view)
        at = [x for x in bench.board.stage.drawn_layout["shapes"] if x["x0"] == x["x1"]]
        assert len(at) == bench.board.stage.strips
        assert {x["x0"] for x in at} == {bench.board.series.times_ms[row]}
    assert bench.board.sight.moment == row
    assert '<tr class="acts here">' in bench.board.foot.slots["tables"]


def test_the_browser_is_answered_whatever_an_act_does(bench):
    before = bench.editor.panel.answered

    bench.editor.panel.told_by_browser({"act": "nothing", "key": "", "value": ""})

    assert bench.editor.panel.answered == before + 1


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ({"mode": "btc_bassis"}, UsageError),
        ({"share_class": "ETH"}, UsageError),
        ({"end": "2025-02-30"}, UsageError),
        ({"end": "2035-01-01"}, DataRangeError),
    ],
)
def test_a_case_that_makes_no_sense_is_an_error_of_the_cell(case, kind):
    asked = {"mode": "btc_basis", **SHORT, **case}

    with pytest.raises(kind) as caught:
        workbench(asked.pop("mode"), **asked)

    assert str(next(iter(case.values())))[:7] in str(caught.value)


def test_the_case_is_told_as_command_and_as_python():
    case = Case(
        mode="btc_basis",
        share_class="USDT",
        start="2025-01-01",
        capital=5_000.0,
        scenario="hold",
        overrides={"data.proxies": {"okx": "binance"}},
    )

    assert case.command() == (
        "basis-lab backtest btc_basis --share-class USDT --start 2025-01-01 --capital 5000 "
        """--scenario hold --set 'data.proxies={"okx": "binance"}'"""
    )
    assert case.python().startswith("bl.backtest('btc_basis', share_class='USDT'")


def test_what_stands_for_missing_series_outlives_another_mode_and_nothing_else_does(bench):
    bench.act("set", SPOT, "0.6")
    bench.act("set", "data.proxies", '{"okx": "binance"}')

    bench.act("case", "mode", "eth_basis")

    assert bench.editor.case.overrides == {"data.proxies": {"okx": "binance"}}
    assert bench.failure is None
    assert bench.result.summary["mode"] == "eth_basis"
    assert any("binance" in x and "okx" in x for x in bench.result.summary["warnings"])
