"""The sweep page on tables that can be checked by hand."""

import numpy as np
import pytest

from basis_lab.domain.wording import MADE_UP
from basis_lab.errors import UsageError
from basis_lab.results.formats import NONE, format_points, format_share
from basis_lab.results.sweep_page import SweepPage
from basis_lab.results.sweep_remarks import (
    group_failures,
    word_failures,
    word_remarks,
    word_robustness,
)
from basis_lab.results.sweep_result import SweepResult, join_warnings, open_sweep
from basis_lab.results.sweep_words import (
    Safety,
    best_point,
    excess,
    word_best,
    word_value,
    word_without_limit,
)

HURDLE = 0.05
# Net APR in points over the hurdle, by spot share (across) and band (up).
GAINS = {
    (0.5, 0.1): -1.0,
    (0.6, 0.1): 0.5,
    (0.7, 0.1): 1.0,
    (0.5, 0.2): -2.0,
    (0.6, 0.2): -1.5,
    (0.7, 0.2): 3.0,
}
DISTANCE = {0.5: 0.9, 0.6: 0.5, 0.7: 0.1}


def row(number, place, **more):
    spot, band = place
    return {
        "point": number,
        "at": {"strategy.spot": spot, "strategy.band": band},
        "asked": {"mode": "m", "share_class": None},
        "status": "completed",
        "mode": "m",
        "share_class": "USDT",
        "start": "2025-01-01T00:00:00Z",
        "end": "2025-12-31T00:00:00Z",
        "synthetic_data": True,
        "apr": HURDLE + GAINS[place] / 100.0,
        "hurdle_apr": HURDLE,
        "max_drawdown": -0.01,
        "final_equity": 100.0,
        "final_exit_equity": 99.0,
        "min_liquidation_distance.x": DISTANCE[spot],
        "rebalances": 3,
        "code": None,
        "error": None,
        **more,
    }


def failed(number, place):
    spot, band = place
    return {
        "point": number,
        "at": {"strategy.spot": spot, "strategy.band": band},
        "asked": {"mode": "m", "share_class": "USDT"},
        "status": "failed",
        "code": "CFG-001",
        "error": "too much",
    }


def result(rows):
    return SweepResult.of_rows(
        rows,
        name="s",
        axes=("strategy.spot", "strategy.band"),
        points=len(rows),
        kept=frozenset(),
        seconds=2.0,
    )


@pytest.fixture
def sweep():
    return result([row(i, place) for i, place in enumerate(GAINS)])


LIMIT = Safety(name="nearest liquidation", limit=0.2)


def test_the_best_is_the_richest_that_keeps_the_limit(sweep):
    assert best_point(sweep.table, None) == 5
    assert best_point(sweep.table, LIMIT) == 1
    assert sweep.summary["best"] == 5


def test_the_best_is_told_with_its_place_and_its_gain(sweep):
    told = word_best(sweep, LIMIT)

    assert told == (
        "Best within your limits: spot 0.6, band 0.1: 0.50 points a year above "
        "plain USDT lending (Aave)"
    )


def test_a_run_too_short_for_a_rate_is_best_only_among_its_like():
    days = {"end": "2025-01-10T00:00:00Z"}
    rows = [row(i, place) for i, place in enumerate(GAINS)]
    rows[5] |= days  # the richest

    mixed, short = result(rows), result([{**x, **days} for x in rows])

    assert mixed.summary["best"] == best_point(mixed.table, None) == 2
    assert "too short" not in word_best(mixed)
    assert short.summary["best"] == best_point(short.table, None) == 5
    gain = format_points(float(excess(short.table)[5]) * 9.0 / 365.0).lstrip("+")
    assert word_best(short).endswith(
        f": {gain} points above plain USDT lending (Aave) in 9.0 days, too short for a rate"
    )


def test_the_rows_of_short_points_tell_what_they_gained_and_no_rate():
    days = {"end": "2025-01-10T00:00:00Z"}
    rows = [{**row(i, place), **days} for i, place in enumerate(GAINS)]
    found = result(rows)

    text = SweepPage(found).best().text

    gained = format_points(float(excess(found.table).max()) * 9.0 / 365.0)
    assert f"{gained} pp in 9.0 days<" in text
    assert f">{NONE}<" in text
    assert f">{format_share(found.table['apr'].max())}<" not in text


def test_what_the_run_of_a_best_point_warns_of_is_said():
    rows = [row(i, place) for i, place in enumerate(GAINS)]
    rows[5]["warnings"] = join_warnings(("the hedge was off", MADE_UP, "a", "b"))
    rows[4]["warnings"] = MADE_UP
    found = result(rows)

    told = word_remarks(found, best_point(found.table, None))
    assert told[-1] == "its run warns: the hedge was off; a (and 1 more, in the column warnings)"
    assert not any("warns" in x for x in word_remarks(found, 4))


def test_a_large_value_of_an_axis_has_all_its_digits():
    assert [word_value(x) for x in (100_000.0, 0.66667, 12)] == ["100,000", "0.6667", "12"]


def test_what_the_limit_costs_is_told(sweep):
    told = word_without_limit(sweep, LIMIT)

    assert told.startswith("without the limit the best would be spot 0.7, band 0.2 at +3.00 pp")
    assert "nearest liquidation 10.0" in told


def test_a_limit_that_nothing_keeps_is_said(sweep):
    assert word_best(sweep, Safety(name="drawdown", limit=0.001)) == "No point keeps your limit"


def test_an_island_on_the_edge_is_called_so(sweep):
    told = word_robustness(sweep, 5)

    edges = "spot 0.7 is the largest value tried, band 0.2 is the largest value tried"
    assert told.startswith(f"on the edge of the grid: {edges}; ")
    assert "not robust" in told


def test_an_edge_beyond_which_points_failed_is_told_as_such():
    places = [(0.5, 0.1), (0.6, 0.1), (0.7, 0.1)]
    rows = [row(i, place) for i, place in enumerate(places[:2])]

    told = word_robustness(result([*rows, failed(2, places[2])]), 1)

    assert told == "on the edge of the grid: spot 0.6 is the largest value that ran"


def test_a_point_between_others_is_on_no_edge():
    places = [(0.5, 0.1), (0.6, 0.1), (0.7, 0.1)]

    assert word_robustness(result([row(i, x) for i, x in enumerate(places)]), 1) == ""


def test_failures_are_told_by_kind_with_an_example_of_each():
    places = [(0.5, 0.1), (0.6, 0.1), (0.7, 0.1), (0.5, 0.2)]
    rows = [failed(i, place) for i, place in enumerate(places)]
    for i, told in enumerate(("share 0.9 is too high", "share 0.95 is too high", "no data")):
        rows[i]["error"] = f"{told}; where: here; value: 0.{i}; remedy: mend it"

    kinds = group_failures(result(rows))

    assert [(x.count, x.code, x.what) for x in kinds] == [
        (2, "CFG-001", "share 0.9 is too high"),
        (1, "CFG-001", "no data"),
        (1, "CFG-001", "too much"),
    ]
    assert word_failures(result(rows)).splitlines()[:5] == [
        "2 points failed, CFG-001: share 0.9 is too high",
        "  for instance: point 0: spot 0.5, band 0.1",
        "  where: here",
        "  value: 0.0",
        "  remedy: mend it",
    ]


def test_a_failed_point_is_a_cell_with_its_reason_and_never_the_best():
    places = list(GAINS)
    sweep = result([*(row(i, x) for i, x in enumerate(places[:5])), failed(5, places[5])])

    figure = SweepPage(sweep, limit=0.2).heat_map()

    assert sweep.summary["failed"] == 1
    assert np.isnan(figure.data[0].z[1][2])
    assert "too much" in figure.data[0].customdata[1][2]
    assert [(x.x, x.y) for x in figure.layout.annotations] == [(2, 1)]
    assert best_point(sweep.table, None) == 2


def test_cells_past_the_limit_are_struck_and_the_best_is_framed(sweep):
    figure = SweepPage(sweep, limit=0.2).heat_map()

    kinds = [shape.type for shape in figure.layout.shapes]
    assert kinds.count("line") == 2
    assert kinds.count("rect") == 1
    frame = next(x for x in figure.layout.shapes if x.type == "rect")
    assert (round(frame.x0), round(frame.y0)) == (1, 0)


def test_a_blown_up_cell_does_not_bleach_the_others():
    places = [(round(0.5 + i / 100, 2), b) for i in range(20) for b in (0.1, 0.2)]
    rows = [row(i, (0.5, 0.1), at=_at(place)) for i, place in enumerate(places)]
    rows[7]["apr"] = -5.0

    figure = SweepPage(result(rows)).heat_map()

    assert figure.data[0].zmax < 10.0


def _at(place):
    return {"strategy.spot": place[0], "strategy.band": place[1]}


def test_the_frontier_joins_what_nothing_beats(sweep):
    figure = SweepPage(sweep, limit=0.2).frontier()

    line = figure.data[1]
    assert list(line.x) == [90.0, 50.0, 10.0]
    assert list(line.y) == pytest.approx([4.0, 5.5, 8.0])


def test_one_key_at_a_time_says_which_matters(sweep):
    figure = SweepPage(sweep).tornado()

    bars = dict(zip(figure.data[0].y, figure.data[0].x, strict=True))
    assert bars["spot"] == pytest.approx(5.0)
    assert bars["band"] == pytest.approx(2.0)


def test_what_cannot_be_drawn_says_why(sweep):
    figure = SweepPage(sweep).parallel()

    assert "3 axes" in figure.layout.annotations[0].text


def test_the_table_of_the_best_keeps_the_limit(sweep):
    page = SweepPage(sweep, limit=0.2)

    assert page.best().text.count("<tr>") == 1 + 4
    assert "synthetic data" in page.verdict().text


@pytest.mark.parametrize("wrong", [{"safety": "luck"}, {"across": "strategy.typo"}])
def test_a_wrong_choice_is_refused_by_name(sweep, wrong):
    with pytest.raises(UsageError) as caught:
        SweepPage(sweep, **wrong)

    assert caught.value.where in wrong


def test_a_saved_sweep_opens_as_it_was(sweep, tmp_path):
    saved = sweep.save(tmp_path / "s")

    opened = open_sweep(tmp_path / "s")

    assert saved.path == opened.path == tmp_path / "s"
    assert opened.content.equals(sweep.content)
    assert opened.summary == sweep.summary


def test_the_best_of_points_that_are_all_below_lending_has_no_lead_to_lose(sweep):
    sunk = [
        row(x, place, apr=HURDLE + GAINS[place] / 100.0 - 0.10) for x, place in enumerate(GAINS)
    ]

    told = word_robustness(result(sunk), 5)

    assert word_robustness(sweep, 5).startswith(told)
    assert "on the edge of the grid" in told
    assert "not robust" not in told
