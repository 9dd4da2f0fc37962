"""A case of a batch counts as done only while every file that it wrote is whole."""

import json
import shutil
from pathlib import Path

import pytest

from basis_lab.data.catalogue import open_store, sample_directory
from basis_lab.errors import ChangedDataError
from basis_lab.results import batch_page
from basis_lab.services import batch
from basis_lab.services.batch import BatchRequest, run_batch
from basis_lab.services.plans import make_plan


def cut(folder):
    page = folder / "report.html"
    page.write_bytes(page.read_bytes()[:5])


def lose(folder):
    shutil.rmtree(folder / "run")


def change(folder):
    (folder / "run" / "r" / "summary.json").write_text('{"apr": 0.2}')


def cut_record(folder):
    record = folder / "done.json"
    record.write_bytes(record.read_bytes()[:40])


def empty_record(folder):
    (folder / "done.json").write_text("[]")


def old_record(folder):
    text = (folder / "done.json").read_text()
    (folder / "done.json").write_text(text.replace('"files"', '"others"'))


def lose_record(folder):
    (folder / "done.json").unlink()


HARMS = {
    x.__name__: x for x in (cut, lose, change, cut_record, empty_record, old_record, lose_record)
}


def write_case(_case, folder, **_):
    """Write what a report leaves: a page, and a run's folder beside it."""
    (folder / "run" / "r").mkdir(parents=True)
    (folder / "run" / "r" / "summary.json").write_text('{"apr": 0.1}')
    (folder / "report.html").write_text("<p>a page</p>")


@pytest.fixture
def here(monkeypatch):
    """Run cases in this process, with pages that cost nothing."""
    monkeypatch.setattr(batch, "report_case", write_case)
    monkeypatch.setattr(batch_page, "write_index", lambda path, **_: path)
    monkeypatch.setattr(
        batch,
        "run_in_processes",
        lambda work, items, **_: ((i, work(item)) for i, item in enumerate(items)),
    )


@pytest.mark.usefixtures("here")
def test_a_done_case_whose_files_are_not_whole_is_done_again_and_no_other(tmp_path: Path):
    cases = [{"name": x, "capital": 1000.0 + i} for i, x in enumerate([*HARMS, "whole"])]
    plan = make_plan({"name": "b", "mode": "pure_lending", "cases": cases}, where="test")
    told = []
    request = BatchRequest(plan=plan, out=tmp_path, note=told.append)
    first = run_batch(request)
    assert told == []
    for case in first.cases[:-1]:
        HARMS[case.name](case.folder)

    second = run_batch(request)

    assert [x.name for x in second.cases if x.kept] == ["whole"]
    unread = "its record (done.json) cannot be read"
    assert told == [
        "again: cut: report.html was changed",
        "again: lose: run/r/summary.json is gone",
        "again: change: run/r/summary.json was changed",
        *(f"again: {x}: {unread}" for x in ("cut_record", "empty_record", "old_record")),
        "again: lose_record: its record (done.json) is gone",
    ]
    assert not second.failed
    assert {(x.folder / "report.html").read_text() for x in second.cases} == {"<p>a page</p>"}
    assert all(x.kept for x in run_batch(request).cases)


@pytest.mark.usefixtures("here")
def test_a_case_that_is_run_again_says_what_changed(tmp_path, monkeypatch):
    def run(capital, code):
        cases = [{"name": "one", "capital": capital}, {"name": "two"}]
        plan = make_plan({"name": "b", "mode": "pure_lending", "cases": cases}, where="test")
        monkeypatch.setattr("basis_lab.services.points.code_digest", lambda: code)
        told = []
        run_batch(BatchRequest(plan=plan, out=tmp_path, note=told.append))
        return told

    assert run(1000.0, "a") == []
    assert run(2000.0, "a") == ["again: one: case changed"]
    assert run(2000.0, "b") == ["again: one: code changed", "again: two: code changed"]


def notebook(source, **more):
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": source}
    return json.dumps({"cells": [cell], "nbformat": 4, **more})


@pytest.mark.usefixtures("here")
def test_a_notebook_that_was_merely_saved_keeps_its_case_and_another_one_does_not(
    tmp_path, monkeypatch
):
    def write_with_notebook(case, folder, **more):
        write_case(case, folder, **more)
        (folder / "report.ipynb").write_text(notebook(["capital = 1\n", "sheet"]))

    monkeypatch.setattr(batch, "report_case", write_with_notebook)
    plan = make_plan({"name": "b", "mode": "pure_lending", "cases": [{"name": "one"}]}, where="t")
    request = BatchRequest(plan=plan, out=tmp_path)
    (case,) = run_batch(request).cases
    place = case.folder / "report.ipynb"

    place.write_text(notebook("capital = 1\nsheet", metadata={"widgets": {}}))
    saved = run_batch(request).cases[0].kept
    place.write_text(notebook("capital = 2\nsheet"))
    changed = run_batch(request).cases[0].kept

    assert (saved, changed) == (True, False)


@pytest.mark.usefixtures("here")
def test_a_batch_that_is_done_is_refused_where_a_file_changed_under_its_catalogue(tmp_path: Path):
    data = Path(shutil.copytree(sample_directory(), tmp_path / "data"))
    plan = make_plan({"name": "b", "mode": "pure_lending", "cases": [{"name": "a"}]}, where="test")
    request = BatchRequest(plan=plan, out=tmp_path / "out", data_dir=data)
    run_batch(request)
    series = data / open_store(data).info("spot/binance/BTCUSDT").file
    series.write_bytes(series.read_bytes() + b" ")

    with pytest.raises(ChangedDataError) as caught:
        run_batch(request)

    assert caught.value.where == str(series)
