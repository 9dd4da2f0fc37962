"""A finished run in a researcher's hands: fresh and opened are alike."""

import json

import pandas as pd
import plotly.graph_objects as go
import pytest

import basis_lab as bl
from basis_lab.errors import ResultError, UsageError
from basis_lab.results.compare import compare
from basis_lab.results.result import RunResult, open_result
from basis_lab.results.store import ResultsStore
from tests.results.records import make_record

TABLES = ("pnl", "balance_sheet", "exposure", "risk", "events")
FIGURES = [
    "cumulative_pnl",
    "pnl_components",
    "balance_sheet",
    "delta_neutrality",
    "margin_ratios",
    "health_factor",
    "funding",
    "drawdown",
    "nav",
]


@pytest.fixture(scope="module")
def opened(long_record, tmp_path_factory):
    store = ResultsStore(tmp_path_factory.mktemp("outputs"))
    return open_result(store.persist_results(long_record, plots=True, manifest_extra={}))


@pytest.fixture(scope="module")
def fresh(long_record):
    return RunResult.of_record(long_record)


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_a_fresh_and_an_opened_run_are_equal(fresh, opened, name):
    table = getattr(fresh, name)

    pd.testing.assert_frame_equal(table, getattr(opened, name))
    assert str(table.index.tz) == "UTC"


def test_tables_read_back_exactly(long_record, opened):
    assert opened.pnl["equity"].to_numpy().tolist() == long_record.equity.tolist()
    ratios = opened.risk["margin_ratio_binance"].to_numpy()
    assert ratios.tolist() == long_record.risk["margin_ratio_binance"].tolist()


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("name", ["hourly_pnl.csv", "risk.csv", "exposure.csv"])
def test_a_table_that_was_cut_is_refused_and_never_drawn(long_record, tmp_path, name, cut):
    store = ResultsStore(tmp_path)
    path = store.persist_results(long_record, plots=False, manifest_extra={})
    whole = (path / name).read_bytes()
    (path / name).write_bytes(whole[: int(cut * len(whole))])
    tables = open_result(path).tables

    with pytest.raises(ResultError, match="is not whole") as caught:
        _ = tables.pnl, tables.risk, tables.exposure
    assert name in str(caught.value)


@pytest.mark.parametrize("row", [2, 700, 1438])
def test_a_table_with_rows_cut_out_is_refused_with_the_place(long_record, tmp_path, row):
    path = ResultsStore(tmp_path).persist_results(long_record, plots=False, manifest_extra={})
    lines = (path / "hourly_pnl.csv").read_text().splitlines(keepends=True)
    (path / "hourly_pnl.csv").write_text("".join(lines[:row] + lines[row + 2 :]))
    before, after = (x.partition(",")[0].rstrip("Z") for x in (lines[row - 1], lines[row + 2]))

    with pytest.raises(ResultError, match="is not whole") as caught:
        _ = open_result(path).pnl

    assert "no rows between" in str(caught.value)
    for stamp in (before, after):
        assert stamp.replace("T", " ") in str(caught.value)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_of_a_fresh_and_an_opened_run_are_equal(fresh, opened, name):
    figure = getattr(fresh.figures, name)()

    assert isinstance(figure, go.Figure)
    assert figure.to_json() == getattr(opened.figures, name)().to_json()
    assert "synthetic data" in figure.layout.title.text


def test_a_summary_is_the_same_fresh_and_opened(fresh, opened):
    assert fresh.summary == opened.summary


def test_timings_come_from_the_run_and_its_writing(fresh, opened):
    assert set(fresh.timing) == set(opened.timing) == {"load_s", "run_s", "write_s"}


@pytest.mark.parametrize("which", ["fresh", "opened"])
def test_a_saved_run_opens_again(request, which, tmp_path):
    run = request.getfixturevalue(which)

    path = run.save(tmp_path / "mine")

    assert bl.open_result(path).summary == run.summary
    assert (path / "plots").exists() == (which == "opened")


def test_a_run_says_its_name_and_place(fresh, opened):
    assert "btc_basis-USDT" in repr(fresh)
    assert str(opened.path) in repr(opened)


def test_events_keep_their_json(opened):
    payment = opened.events[opened.events["event_type"] == "FUNDING_PAYMENT"].iloc[0]

    assert json.loads(payment["details"])["rate"] == 1e-4
    assert opened.events["order"].tolist() == list(range(len(opened.events)))


def test_runs_stand_side_by_side_with_differences_to_the_first():
    first = RunResult.of_record(make_record(run_id="one"))
    second = RunResult.of_record(make_record(run_id="two", trades=5))

    table = bl.compare([first, second])

    assert list(table.columns) == ["one", "two", "two - first"]
    assert table.loc["trades"].tolist() == [2, 5, 3]
    assert table.loc["attribution.funding", "two - first"] == 0.0
    assert table.loc["status", "two - first"] is None
    assert table.loc["synthetic_data", "two - first"] is None


def test_a_run_compared_with_itself_is_told_apart(fresh):
    table = compare([fresh, fresh])

    assert table.columns[1].endswith(" (2)")


def test_one_run_is_no_comparison(fresh):
    with pytest.raises(UsageError, match="two runs"):
        compare([fresh])


def test_a_decision_in_stages_is_one_row_with_its_value_against_its_limit():
    run = bl.backtest("btc_basis", start="2025-01-01", end="2025-03-01")

    told = run.decisions

    logged = run.events[run.events["event_type"] == "DECISION"]
    assert len(told) == run.summary["rebalances"] + 1
    assert told["stages"].sum() == len(logged) > len(told)
    entry, *later = told.itertuples()
    assert (entry.decision, entry.why) == ("entry full", "entry")
    assert entry.value != entry.value  # NaN: it passes no limit
    assert later
    for decision in later:
        assert decision.why in {"spot share above", "spot share below"}
        assert (decision.value > decision.limit) == decision.why.endswith("above")


def test_a_run_that_decides_nothing_has_a_table_of_no_rows(fresh):
    assert "DECISION" not in set(fresh.events["event_type"])
    assert len(fresh.decisions) == 0
    assert list(fresh.decisions.columns) == ["decision", "why", "value", "limit", "stages"]
