"""What a resumed sweep takes over, runs again, or refuses; and data that change under it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from basis_lab.config.files import default_folder
from basis_lab.data.catalogue import CATALOGUE, open_store, sample_directory
from basis_lab.data.duckdb import write_database
from basis_lab.errors import (
    ChangedDataError,
    GoneDataError,
    MachineError,
    SweepError,
    UsageError,
    WorkerLostError,
)
from basis_lab.services.batch import BatchRequest, run_batch
from basis_lab.services.journal import Journal
from basis_lab.services.plans import make_plan
from basis_lab.services.points import failure
from basis_lab.services.sweep import FOLDER, JOURNAL, SweepRequest, run_sweep

SPOT = "strategy.spot_allocation"
CONTENT = {
    "name": "sweep",
    "mode": "btc_basis",
    "start": "2025-01-01",
    "end": "2025-01-08",
    "grid": {SPOT: [0.50, 0.60, 0.70, 0.99]},
}
PLAN = make_plan(CONTENT, where="test")
REFUSED = 3  # the last point: its entry is not quiet

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    return run_sweep(SweepRequest(plan=PLAN, workers=1, out=out))


def test_progress_counts_the_points_of_the_plan_that_is_resumed(whole, tmp_path):
    out = shutil.copytree(whole.path.parents[1], tmp_path / "out")
    smaller = make_plan({**CONTENT, "grid": {SPOT: [0.50, 0.65]}}, where="test")
    told = []

    request = SweepRequest(plan=smaller, workers=1, out=out, resume=True)
    run_sweep(replace(request, tally=lambda *counts: told.append(counts)))

    assert told == [(1, 0, 1, 2), (2, 0, 1, 2)]


@pytest.fixture
def data(tmp_path):
    return Path(shutil.copytree(sample_directory(), tmp_path / "data"))


def journal_of(out):
    return out / FOLDER / "sweep" / JOURNAL


def spoil(out, place, row):
    """Write another outcome of a point into the journal, as a sweep would have."""
    path = journal_of(out)
    lines = path.read_text().splitlines()
    key = PLAN.cases[place].key
    kept = [x for x in lines[1:] if json.loads(x).get("key") != key]
    path.write_text("\n".join([lines[0], *kept, json.dumps({"key": key, "row": row})]) + "\n")


@pytest.fixture
def finished(whole, tmp_path):
    shutil.copytree(whole.path.parents[1], tmp_path / "out")
    return tmp_path / "out"


def resume(out, **more):
    told = []
    request = SweepRequest(
        plan=PLAN,
        workers=1,
        out=out,
        resume=True,
        tally=lambda *counts: told.append(counts),
        **more,
    )
    return run_sweep(request), told[0]


@pytest.mark.parametrize(
    "error",
    [
        WorkerLostError("the process died"),
        SweepError("this worker has other data than the sweep"),
        OSError(24, "Too many open files"),
        MemoryError(),
    ],
)
def test_what_the_machine_failed_is_run_again_and_what_was_refused_is_not(whole, finished, error):
    spoil(finished, 0, failure(error))

    result, (taken_over, failed, _, total) = resume(finished)

    assert (taken_over, failed, total) == (3, 1, 4)
    assert result.content.equals(whole.content)


def test_every_failed_point_is_run_again_where_that_is_asked(whole, finished):
    spoil(finished, 0, failure(ZeroDivisionError("a defect")))

    left, (taken_over, failed, _, _) = resume(finished)
    again, (later, _, _, _) = resume(finished, retry_failed=True)

    assert (taken_over, failed) == (4, 2)
    assert left.summary["failed"] == 2
    assert later == 2
    assert again.content.equals(whole.content)
    assert again.summary["failed"] == 1
    assert again.table["code"][REFUSED] == "CFG-001"


def test_failed_points_are_tried_again_on_a_resume_alone(tmp_path):
    with pytest.raises(UsageError, match="resumed") as caught:
        run_sweep(SweepRequest(plan=PLAN, out=tmp_path, retry_failed=True))

    assert "--resume" in caught.value.remedy


def test_a_machine_that_fails_is_told_with_its_code():
    row = failure(OSError(28, "No space left on device"))

    assert row["code"] == MachineError.code
    assert "No space left on device" in row["error"]


@pytest.mark.parametrize("changed", ["data", "code", "configuration"])
def test_a_resume_on_other_ground_is_refused_and_says_what_changed(tmp_path, changed):
    path = tmp_path / JOURNAL
    ground = {"data": "1", "code": "1", "configuration": "1"}
    with Journal(path, ground, resume=False) as journal:
        journal.write("a", {"status": "completed"})
    before = path.read_bytes()

    with pytest.raises(SweepError, match=f"the {changed} ha") as caught:
        Journal(path, {**ground, changed: "2"}, resume=True)

    assert caught.value.value == "1 finished point"
    assert "without --resume" in caught.value.remedy
    assert path.read_bytes() == before
    with Journal(path, {**ground, changed: "2"}, resume=False) as journal:
        assert journal.kept == {}


def test_a_journal_of_another_version_is_refused(tmp_path):
    path = tmp_path / JOURNAL
    path.write_text('{"format": 1, "ground": "abc"}\n{"key": "a", "row": {}}\n')

    with pytest.raises(SweepError, match="the package has changed"):
        Journal(path, {"data": "1"}, resume=True)


def test_a_journal_without_a_point_is_begun_anew_on_any_ground(tmp_path):
    path = tmp_path / JOURNAL
    Journal(path, {"data": "1"}, resume=False).__exit__(None, None, None)

    with Journal(path, {"data": "2"}, resume=True) as journal:
        assert journal.kept == {}


def test_data_that_changed_since_are_not_mixed_into_a_resumed_sweep(data, tmp_path):
    request = {"plan": PLAN, "workers": 1, "out": tmp_path, "data_dir": data}
    run_sweep(SweepRequest(**request))
    (data / CATALOGUE).write_text((data / CATALOGUE).read_text() + " ")

    with pytest.raises(SweepError, match="the data have changed since this sweep began"):
        run_sweep(SweepRequest(**request, resume=True))


def test_data_that_change_under_a_running_sweep_fail_its_later_points(data, tmp_path):
    catalogue = data / CATALOGUE
    before = catalogue.read_text()

    def change(done, *_):
        if done == 1:
            put(catalogue, before + " ")

    plan = make_plan(
        {**CONTENT, "grid": {SPOT: {"from": 0.5, "to": 0.7, "count": 12}}}, where="test"
    )
    request = {"plan": plan, "workers": 1, "out": tmp_path, "data_dir": data}
    first = run_sweep(SweepRequest(**request, tally=change))
    catalogue.write_text(before)
    second = run_sweep(SweepRequest(**request, resume=True))

    failed = first.table[first.table["status"] == "failed"]
    assert 1 <= first.summary["done"] < 12
    assert len(failed) == 12 - first.summary["done"]
    assert set(failed["code"]) == {SweepError.code}
    assert all("other data than the sweep" in x for x in failed["error"])
    assert second.summary["done"] == 12
    assert second.summary["resumed"] == first.summary["done"]


def put(path, content):
    """Give a file another content at once: nobody reads a half of it."""
    path.with_suffix(".new").write_text(content)
    path.with_suffix(".new").replace(path)


def test_configuration_that_changes_under_a_running_sweep_fails_its_later_points(tmp_path):
    own = tmp_path / "own.yaml"
    before = (default_folder(None).root / "modes" / "btc_basis.yaml").read_text()
    own.write_text(before)

    def change(done, *_):
        if done == 1:
            put(own, before + "# another\n")

    axis = {SPOT: {"from": 0.5, "to": 0.7, "count": 12}}
    plan = make_plan({**CONTENT, "mode": str(own), "grid": axis}, where="test")
    request = {"plan": plan, "workers": 1, "out": tmp_path / "out"}
    first = run_sweep(SweepRequest(**request, tally=change))
    with pytest.raises(SweepError, match="the configuration has changed since this sweep began"):
        run_sweep(SweepRequest(**request, resume=True))
    own.write_text(before)
    second = run_sweep(SweepRequest(**request, resume=True))

    failed = first.table[first.table["status"] == "failed"]
    assert 1 <= first.summary["done"] < 12
    assert all("other configuration than the sweep" in x for x in failed["error"])
    assert second.summary["done"] == 12


def test_data_that_changed_under_a_batch_fail_its_case(data, tmp_path, monkeypatch):
    from basis_lab.services import batch

    def change(_case, folder, **_):
        folder.mkdir(parents=True)
        (data / CATALOGUE).write_text((data / CATALOGUE).read_text() + " ")

    monkeypatch.setattr(batch, "report_case", change)
    monkeypatch.setattr(
        batch,
        "run_in_processes",
        lambda work, items, **_: ((i, work(item)) for i, item in enumerate(items)),
    )
    case = make_plan({**CONTENT, "grid": {SPOT: [0.5]}}, where="test")

    result = run_batch(BatchRequest(plan=case, out=tmp_path / "out", data_dir=data))

    assert [x.name for x in result.failed] == [case.cases[0].name]
    assert result.failed[0].error.startswith("BT-003: this worker has other data")
    assert not list((tmp_path / "out").rglob("done.json"))


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda x: x.write_bytes(x.read_bytes() + b" "), ChangedDataError.code),
        (lambda x: x.unlink(), GoneDataError.code),
    ],
)
def test_a_series_that_is_not_the_catalogues_fails_points_that_a_resume_runs_again(
    data, tmp_path, harm, code
):
    series = data / open_store(data).info("spot/binance/BTCUSDT").file
    before = series.read_bytes()
    late = {"name": "late", "start": "2031-01-01", "end": "2031-01-08"}
    week = {"name": "week", "start": "2025-01-01", "end": "2025-01-08"}
    plan = make_plan({"name": "s", "mode": "btc_basis", "cases": [week, late]}, where="test")
    request = {"plan": plan, "workers": 1, "out": tmp_path, "data_dir": data}
    harm(series)
    first = run_sweep(SweepRequest(**request))
    series.write_bytes(before)

    second = run_sweep(SweepRequest(**request, resume=True))

    assert list(first.table["code"]) == [code, "DAT-003"]
    assert list(second.table["status"]) == ["completed", "failed"]
    assert second.table["code"][1] == "DAT-003"
    assert second.summary["resumed"] == 1


def test_a_sweep_of_the_database_writes_the_bytes_of_that_of_the_directory(whole, tmp_path):
    database = tmp_path / "sample.duckdb"
    write_database(open_store(sample_directory()), database)

    result = run_sweep(SweepRequest(plan=PLAN, workers=2, out=tmp_path, database=database))

    table = "table.parquet"
    assert (result.path / table).read_bytes() == (whole.path / table).read_bytes()


def test_another_database_under_a_resumed_sweep_is_noticed(tmp_path, data):
    database = tmp_path / "sample.duckdb"
    write_database(open_store(data), database)
    request = {"plan": PLAN, "workers": 1, "out": tmp_path, "database": database}
    run_sweep(SweepRequest(**request))
    catalogue = json.loads((data / CATALOGUE).read_text())
    catalogue["absent"]["spot/kraken/BTCUSDT"] = "not there"
    (data / CATALOGUE).write_text(json.dumps(catalogue))
    write_database(open_store(data), database)

    with pytest.raises(SweepError, match="the data have changed"):
        run_sweep(SweepRequest(**request, resume=True))


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (lambda x: x.write_bytes(x.read_bytes() + b" "), ChangedDataError),
        (lambda x: x.unlink(), GoneDataError),
    ],
)
def test_a_finished_sweep_is_not_taken_over_where_a_file_changed_under_its_catalogue(
    data, tmp_path, harm, error
):
    request = {"plan": PLAN, "workers": 1, "out": tmp_path, "data_dir": data}
    run_sweep(SweepRequest(**request))
    series = data / open_store(data).info("spot/binance/BTCUSDT").file
    harm(series)

    with pytest.raises(error) as caught:
        run_sweep(SweepRequest(**request, resume=True))

    assert caught.value.where == str(series)
