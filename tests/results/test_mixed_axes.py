"""Axes whose values are of several kinds, or that some points do not have."""

import json

import pytest

import basis_lab as bl
from basis_lab.notebook import sweep_view
from basis_lab.results.sweep_page import SweepPage
from basis_lab.results.sweep_result import SweepResult, open_sweep
from basis_lab.results.sweep_words import numeric_axes

AXIS, BAND = "strategy.key", "strategy.band"


def row(number, at):
    return {
        "point": number,
        "at": at,
        "asked": {"mode": "m", "share_class": None},
        "status": "completed",
        "mode": "m",
        "share_class": "USDT",
        "start": "2025-01-01T00:00:00Z",
        "end": "2025-12-31T00:00:00Z",
        "synthetic_data": True,
        "apr": 0.05 + number / 100.0,
        "hurdle_apr": 0.05,
        "max_drawdown": -0.01,
        "final_equity": 100.0,
        "final_exit_equity": 99.0,
        "min_liquidation_distance.x": 0.5,
        "rebalances": 3,
        "code": None,
        "error": None,
    }


def sweep(places):
    rows = [row(i, at) for i, at in enumerate(places)]
    axes = tuple(dict.fromkeys(key for at in places for key in at))
    return SweepResult.of_rows(
        rows, name="s", axes=axes, points=len(rows), kept=frozenset(), seconds=1.0
    )


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["auto", 0.85, 1], ['"auto"', "0.85", "1"]),
        ([0.6, "0.62"], ["0.6", '"0.62"']),
        ([0.5, "abc", None, True], ["0.5", '"abc"', None, "true"]),
        ([True, 1], ["true", "1"]),
        ([{"a": 1}, 0.5], ['{"a": 1}', "0.5"]),
        (["a", {"b": 1}, None], ["a", '{"b": 1}', None]),
        ([1, 0.5, None], [1.0, 0.5, None]),
        ([True, False], [True, False]),
    ],
)
def test_an_axis_of_mixed_values_is_json_and_any_other_stays_as_it_is(tmp_path, values, told):
    result = sweep([{AXIS: x} for x in values]).save(tmp_path)

    assert open_sweep(tmp_path).content[AXIS].to_pylist() == told
    assert bool(numeric_axes(result.table, [AXIS])) == (not any(isinstance(x, str) for x in told))


def test_page_and_view_show_points_that_lie_on_a_mixed_axis_or_on_none():
    values = ["auto", 0.85, None]
    result = sweep(
        [{AXIS: 1.0}, *({AXIS: x, BAND: y} for x in values for y in (0.1, 0.2)), {BAND: 0.3}]
    )
    view = sweep_view(result).panel

    for point in result.table.index:
        view.act("point", str(point), "")
        assert f"Point {point}:" in view.slots["point"]
    page = SweepPage(result, across=AXIS, up=BAND)

    assert "&quot;auto&quot;" in view.slots["best"]
    assert '"auto"' in page.heat_map().layout.xaxis.ticktext
    assert page.tornado().data


@pytest.mark.slow
def test_a_sweep_over_auto_and_numbers_writes_its_table(tmp_path):
    plan = {
        "name": "mixed",
        "mode": "eth_leveraged",
        "start": "2025-01-01",
        "end": "2025-01-08",
        "grid": {"strategy.target_ltv": ["auto", 0.85, 0.88]},
    }

    result = bl.sweep(plan, workers=1, out=tmp_path)

    told = result.table["strategy.target_ltv"]
    assert [json.loads(x) for x in told] == ["auto", 0.85, 0.88]
    assert result.summary["done"] >= 2
