"""A sweep that is watched, and its points in the workbench below it."""

import pytest

import basis_lab as bl
from basis_lab.config.environment import read_environment
from basis_lab.notebook import sweep_view, workbench

SPOT = "strategy.spot_allocation"
BAND = "strategy.position_deviation_threshold"
PLAN = {
    "mode": "btc_basis",
    "start": "2025-01-01",
    "end": "2025-02-01",
    "capital": 50_000,
    "grid": {SPOT: [0.5, 0.7, 0.95], BAND: [0.04, 0.1]},
}
FAILED = 4  # a spot share of 0.95 is not quiet


@pytest.fixture(scope="module")
def result():
    return bl.sweep(PLAN, workers=1)


@pytest.fixture
def desk(result):
    return sweep_view(result)


def test_the_map_fills_in_as_points_arrive():
    desk, maps = sweep_view(), []
    assert "No sweep yet" in desk.panel.slots["head"]

    def watch(found):
        desk.show(found)
        maps.append((desk.panel.slots["map"], desk.panel.slots["head"]))

    bl.sweep(PLAN, workers=1, watch=watch)

    first, head = maps[0]
    assert first.count('class="open"') == 6
    assert "0 of 6 points" in head
    assert "No point is done yet" in head
    last, head = maps[-1]
    assert 'class="open' not in last
    assert last.count('class="failed"') == 2
    assert "6 points" in head
    assert "so far" not in head


def test_points_of_the_sweep_that_was_resumed_are_marked(result, desk):
    from dataclasses import replace

    desk.show(replace(result, kept=frozenset({0, 2})))

    assert desk.panel.slots["map"].count("of the sweep that was resumed") == 2
    desk.panel.act("point", "2")
    assert "of an earlier sweep, resumed" in desk.panel.slots["point"]


def test_a_point_opens_in_a_workbench_below_with_its_own_figures(result, desk):
    desk.panel.act("point", "1")
    assert 'data-do="open"' in desk.panel.slots["point"]

    desk.panel.act("open", "1")

    assert desk.widget.children == (desk.panel, desk.bench.widget)
    assert desk.bench.result.summary["apr"] == result.table["apr"][1]
    assert desk.bench.result.summary["initial_capital"] == 50_000
    assert desk.bench.editor.case.overrides == {
        SPOT: 0.5,
        BAND: 0.1,
    }
    assert "point 1 is in the workbench below" in desk.panel.slots["said"]

    bench = desk.bench
    desk.panel.act("open", "2")

    assert desk.bench is bench
    assert desk.bench.result.summary["apr"] == result.table["apr"][2]


def test_a_pinned_point_stands_beside_the_one_that_is_drawn(result, desk):
    desk.panel.act("pin", "0")

    assert [x.summary["apr"] for x in desk.bench.board.pins] == [result.table["apr"][0]]

    desk.panel.act("open", "1")
    desk.panel.act("pin", "3")

    assert desk.bench.result.summary["apr"] == result.table["apr"][1]
    assert [x.summary["apr"] for x in desk.bench.board.pins] == [
        result.table["apr"][0],
        result.table["apr"][3],
    ]


def test_a_report_of_a_point_is_written_from_its_saved_run(desk, monkeypatch, tmp_path):
    monkeypatch.setenv("BASIS_RESULTS_DIR", str(tmp_path))
    assert read_environment().results_dir == tmp_path

    desk.panel.act("report", "1")

    assert [x.name for x in tmp_path.glob("*/report.html")] == ["report.html"]
    assert "report.html" in desk.bench.editor.panel.slots["status"]


def test_a_point_that_was_refused_is_not_opened_and_says_why(desk):
    desk.panel.act("open", str(FAILED))

    assert desk.bench is None
    assert "point 4 cannot be opened: entry is not quiet" in desk.panel.slots["said"]


def test_a_point_under_two_scenarios_is_left_to_its_command():
    scenarios = ["funding_negative_3d", "venue_default_binance"]
    found = bl.sweep(
        {**PLAN, "scenarios": scenarios, "grid": {SPOT: [0.5, 0.6]}},
        workers=1,
    )
    desk = sweep_view(found)

    desk.panel.act("open", "0")

    assert desk.bench is None
    assert "this point under more" in desk.panel.slots["said"]


def test_a_workbench_starts_with_overrides_and_a_scenario():
    bench = workbench(
        "btc_basis",
        start="2025-01-01",
        end="2025-02-01",
        overrides={SPOT: 0.55},
        scenario="funding_negative_3d",
    )

    assert bench.result.summary["mode"] == "btc_basis"
    assert f"--set {SPOT}=0.55" in bench.drawn.command()
    assert "--scenario funding_negative_3d" in bench.drawn.command()


def test_points_that_failed_are_told_by_kind_where_there_is_no_map():
    failing = bl.sweep({**PLAN, "grid": {SPOT: [0.95, 0.96]}}, workers=1)
    panel = sweep_view(failing).panel

    assert "2 points failed" in panel.slots["best"]
    assert "entry is not quiet" in panel.slots["best"]

    panel.act("point", "0")

    assert "entry is not quiet" in panel.slots["point"]


def test_a_sweep_says_that_its_data_are_made(desk):
    assert "synthetic data" in desk.panel.slots["head"]
