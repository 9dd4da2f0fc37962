"""The workbench without a browser: every act as the user would do it."""

import json

import pytest

from basis_lab.errors import DataRangeError, UsageError
from basis_lab.notebook import workbench
from basis_lab.notebook.bench import MOST_PINS, Workbench
from basis_lab.notebook.case import Case

from .conftest import SHORT

SPOT = "strategy.spot_allocation"


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
    assert "to pinned" in bench.board.right.slots["invoice"]

    for _ in range(MOST_PINS):
        bench.act("unpin", "0")

    assert "to pinned" not in bench.board.right.slots["invoice"]


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
    points = len(bench.board.stage.steady)

    bench.board.stage.told_by_browser({"zoom": [series.times_ms[100], series.times_ms[200]]})

    assert "zoomed" in bench.board.head.slots["bar"]
    assert points == len(bench.board.stage.steady)

    bench.act("unzoom")

    assert "zoomed" not in bench.board.head.slots["bar"]


def test_the_dark_theme_draws_anew_in_its_own_colours(bench):
    bench.editor.panel.dark = True

    assert bench.board.palette.name == "dark"
    assert bench.board.stage.drawn_layout["font"]["color"] == bench.board.palette.ink


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
