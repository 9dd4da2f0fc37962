"""The view of a sweep without a browser: every choice as the user would make it."""

import re
import shlex

import pytest

import basis_lab as bl
from basis_lab.cli.edge import build_parser
from basis_lab.errors import UsageError
from basis_lab.notebook import sweep_view

SPOT = "strategy.spot_allocation"
BAND = "strategy.position_deviation_threshold"
WARNING = "risk.margin_ratio.warning"
PLAN = {
    "mode": "btc_basis",
    "start": "2025-01-01",
    "end": "2025-02-01",
    "capital": 50_000,
    "grid": {SPOT: [0.5, 0.7, 0.95], BAND: [0.04, 0.1], WARNING: [0.15, 0.2]},
}
FAILED = (8, 9, 10, 11)  # a spot share of 0.95 is not quiet


@pytest.fixture(scope="module")
def result():
    return bl.sweep(PLAN, workers=1)


@pytest.fixture
def view(result):
    return sweep_view(result).panel


def cells(view):
    """The points of the map, row by row from the top."""
    found = re.findall(r'data-of="(\d+)"[^>]*aria-pressed', view.slots["map"])
    return [int(x) for x in found]


def test_the_map_holds_what_it_does_not_draw_at_the_best_point(view, result):
    best = result.summary["best"]

    assert view.look.across == SPOT
    assert view.look.up == BAND
    assert view.look.held == {WARNING: result.table[WARNING][best]}
    assert best in cells(view)
    assert len(cells(view)) == 6


def test_another_axis_and_another_hold_show_other_points(view, result):
    view.act("set", "up", WARNING)
    view.act("set", f"held.{BAND}", "0")

    assert set(cells(view)) == {i for i in result.table.index if result.table[BAND][i] == 0.04}
    assert view.values["up"] == WARNING

    view.act("set", "up", SPOT)

    assert (view.look.across, view.look.up) == (WARNING, SPOT)


def test_a_limit_strikes_through_what_is_past_it_and_moves_the_best(view, result):
    distances = result.table.filter(like="min_liquidation_distance").abs().min(axis=1)
    before = view.slots["head"]

    view.act("set", "limit", "60")

    past = set(distances.index[distances < 0.6])
    struck = re.findall(r'class="[^"]*past[^"]*"[^>]*data-of="(\d+)"', view.slots["map"])
    assert {int(x) for x in struck} == past & set(cells(view))
    assert struck
    assert "Best within your limits" in view.slots["head"] != before

    view.act("set", "limit", "much")

    assert "a number of percent" in view.slots["fields"]
    assert view.look.limit == 0.6

    view.act("set", "limit", "")

    assert view.look.limit is None
    assert view.slots["head"] == before


def test_a_click_opens_a_point_everywhere_with_a_command_that_runs_it(view, result):
    view.act("point", "5")

    card = view.slots["point"]
    assert card.startswith('<div class="card"><h3>Point 5: spot allocation 0.7')
    assert 5 in cells(view)
    for slot in ("map", "frontier"):
        assert re.search(r'class="[^"]*chosen[^"]*"[^>]*data-of="5"', view.slots[slot])
    command = result.table["command"][5]
    assert f'data-copy="{command}"' in card
    words = build_parser().parse_args(shlex.split(command)[1:])
    assert (words.mode, words.start, words.capital) == ("btc_basis", "2025-01-01", 50_000.0)
    run = bl.backtest(
        "btc_basis",
        start=words.start,
        end=words.end,
        capital=words.capital,
        overrides={SPOT: 0.7, BAND: 0.04, WARNING: 0.2},
    )
    assert run.summary["apr"] == result.table["apr"][5]

    view.act("point", "5")

    assert view.look.point is None
    assert "Click a cell" in view.slots["point"]


def test_a_failed_point_says_its_code_and_its_sentence(view):
    view.act("point", str(FAILED[0]))

    assert "CFG-001: entry is not quiet" in view.slots["point"]
    assert f"<title>point {FAILED[0]}</title>" not in view.slots["frontier"]


@pytest.mark.parametrize(
    "colour", ["points over lending", "net APR", "nearest liquidation", "drawdown", "exit discount"]
)
def test_every_colour_has_a_number_in_every_cell_that_ran(view, colour):
    view.act("set", "colour", colour)

    numbers = re.findall(r">([^<>]+)</button>", view.slots["map"])
    assert len(numbers) == 6
    assert sum("\N{MULTIPLICATION SIGN}" in x for x in numbers) == 2
    assert not any("nan" in x for x in numbers)
    assert view.values["colour"] == colour


def test_a_sweep_that_is_no_grid_has_no_map_and_says_so():
    plan = {key: x for key, x in PLAN.items() if key != "grid"}
    spread = {"count": 4, "seed": 1, "keys": {SPOT: {"from": 0.5, "to": 0.7}}}

    view = sweep_view(bl.sweep({**plan, "random": spread}, workers=1)).panel

    assert "needs a grid" in view.slots["map"]
    assert view.slots["frontier"].count("<circle") == 4


def test_a_sweep_in_which_everything_failed_can_be_looked_at():
    view = sweep_view(bl.sweep({**PLAN, "grid": {SPOT: [0.95, 0.96]}}, workers=1)).panel

    assert "No point was done" in view.slots["head"]
    view.act("point", "1")
    assert "CFG-001" in view.slots["point"]


def test_a_measure_that_does_not_exist_is_refused(result):
    with pytest.raises(UsageError, match="no such safety"):
        sweep_view(result, safety="luck")


def test_a_limit_goes_with_its_measure_and_lies_within_bounds(view):
    view.act("set", "limit", "30")
    view.act("set", "limit", "-5")
    assert "of percent from 0 to 1000" in view.slots["fields"]
    assert view.look.limit == 0.3

    view.act("set", "safety", "drawdown")

    assert view.look.limit is None
    assert view.values["limit"] == ""


def test_an_axis_is_held_only_where_there_is_a_map(result):
    shared = {k: v for k, v in PLAN.items() if k != "mode"}
    single = bl.sweep(
        {**shared, "grid": {SPOT: [0.5, 0.6], "mode": ["btc_basis", "eth_basis"]}}, workers=1
    )

    assert "held at" in sweep_view(result).panel.slots["fields"]
    assert "held at" not in sweep_view(single).panel.slots["fields"]
