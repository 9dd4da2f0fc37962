"""Pictures and reports say what a run was stressed with, and that it was stopped."""

import json
from dataclasses import replace

import plotly.graph_objects as go
import pytest

import basis_lab as bl
from basis_lab.results.foot import scenarios_of, word_foot, word_stopped
from basis_lab.results.pictures import FOOT_LETTERS, footed
from basis_lab.results.report import TearSheet
from basis_lab.results.report_data import Background
from basis_lab.results.result import RunResult, open_result
from basis_lab.results.store import ResultsStore
from basis_lab.services import reports
from tests.results.records import make_record

STRESSED = ("eth_rally_40", "flows_example")
FOOT = (
    "btc_basis, USDT share class, 2024-05-12 to 2024-05-14, synthetic data, "
    "scenario eth_rally_40, flows_example, stopped; run cut"
)


def stopped_record():
    record = make_record(run_id="cut")
    return replace(record, identity=replace(record.identity, status="stopped"))


@pytest.fixture
def folder(tmp_path):
    extra = {"scenarios": list(STRESSED)}
    store = ResultsStore(tmp_path)
    return store.persist_results(stopped_record(), plots=True, manifest_extra=extra)


def test_every_page_of_a_run_says_its_dates_scenarios_and_that_it_was_stopped(folder):
    pages = sorted((folder / "plots").glob("*.html"))

    assert len(pages) == 9
    assert all(json.dumps(FOOT)[1:-1] in x.read_text() for x in pages)


def test_pictures_of_a_report_have_the_foot_of_the_pages(folder, monkeypatch):
    feet = []
    monkeypatch.setattr(reports, "execute_template", lambda *_: None)
    monkeypatch.setattr(reports, "write_pictures", lambda *_, foot: feet.append(foot))
    monkeypatch.setattr(reports, "write_page", lambda _, target, **__: target)

    reports.render_report(folder, png=True)

    assert feet == [FOOT]


def test_a_run_that_came_to_its_end_without_a_stress_says_neither():
    summary = RunResult.of_record(make_record(run_id="whole")).summary

    told = word_foot(summary, scenarios_of({}))
    assert told.endswith("2024-05-12 to 2024-05-14, synthetic data; run whole")
    assert word_stopped(summary) == ()


def test_a_run_of_hours_has_its_hours_at_the_foot():
    run = bl.backtest("pure_lending", start="2024-06-01", end="2024-06-01T03:00")

    assert "2024-06-01 00:00 to 2024-06-01 03:00" in word_foot(run.summary, ())


def test_a_foot_too_long_for_a_line_takes_two_with_room_for_both():
    long = f"{FOOT}-{'x' * 60}"
    figures = [footed(go.Figure(layout={"margin": {"b": 40}}), x) for x in ("short", long)]

    one, two = (x.layout.annotations[0].text.split("<br>") for x in figures)
    assert one == ["short"]
    assert " ".join(two) == long
    assert len(two) == 2
    assert len(two[0]) <= FOOT_LETTERS
    assert figures[1].layout.margin.b > figures[0].layout.margin.b
    assert figures[1].layout.annotations[0].yshift == -figures[1].layout.margin.b


def test_the_report_of_a_stopped_run_says_so_at_its_top_and_first_among_its_warnings(folder):
    sheet = TearSheet(open_result(folder), Background())

    sentence = "the run was stopped: it reaches up to 2024-05-14T00:00:00Z"
    assert sentence in str(sheet.headline())
    told = str(sheet.warnings())
    assert "2 warnings" in told
    assert told.index(sentence) < told.index("stands for a missing mark")
    whole = TearSheet(RunResult.of_record(make_record()), Background())
    assert "was stopped" not in f"{whole.headline()}{whole.warnings()}"
