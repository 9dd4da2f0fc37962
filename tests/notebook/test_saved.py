"""Runs that were saved, beside the drawn one."""

import os
import shutil

import pytest

from basis_lab.notebook.bench import Workbench
from basis_lab.notebook.case import Case
from basis_lab.results.saved import list_runs

from .conftest import SHORT


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Three saved runs: that of the fixture `bench`, an older one, and the oldest."""
    root = tmp_path_factory.mktemp("outputs")
    for i, share in enumerate((0.7, 0.6, 0.5)):
        case = Case(mode="btc_basis", share_class="USDT", **SHORT)
        made = Workbench(
            Case(**{**vars(case), "overrides": {"strategy.spot_allocation": share}})
        ).result
        folder = made.save(root / f"run-{i}")
        os.utime(folder, (1_700_000_000 - i, 1_700_000_000 - i))
    return root


@pytest.fixture
def bench(outputs, tmp_path, monkeypatch):
    root = tmp_path / "outputs"
    shutil.copytree(outputs, root, copy_function=shutil.copy2)
    monkeypatch.setenv("BASIS_RESULTS_DIR", str(root))
    made = Workbench(Case(mode="btc_basis", share_class="USDT", **SHORT))
    made.root = root
    return made


def test_saved_runs_are_listed_newest_first_and_no_more_than_asked(outputs):
    found = list_runs(outputs, most=2)

    assert [x.path.name for x in found.runs] == ["run-0", "run-1"]
    assert found.older == 1
    assert found.runs[0].summary["mode"] == "btc_basis"


def test_a_directory_that_is_not_there_holds_nothing(tmp_path):
    found = list_runs(tmp_path / "none")

    assert (found.runs, found.older) == ((), 0)


def test_what_cannot_be_read_is_listed_with_its_reason(bench):
    (bench.root / "notes").mkdir()
    (bench.root / "run-1" / "summary.json").write_text("{")
    (bench.root / "half").mkdir()
    shutil.copy2(bench.root / "run-0" / "manifest.json", bench.root / "half")
    (bench.root / "run-2" / "manifest.json").write_text('{"product": "another"}')

    why = {x.path.name: x.why for x in list_runs(bench.root).runs}
    bench.act("view", "runs")

    assert why["notes"] == "it has no manifest.json"
    assert "missing: summary.json" in why["half"]
    assert "a file of this run is not whole" in why["run-1"]
    assert "not written by basis_lab" in why["run-2"]
    assert why["run-0"] == ""
    shown = bench.board.foot.slots["tables"]
    assert shown.count("cannot be read:") == 4
    assert shown.count('data-do="open"') == 1


def test_the_list_is_read_when_the_view_opens_and_not_at_a_move(bench):
    bench.act("view", "runs")
    shutil.rmtree(bench.root / "run-2")

    bench.act("set", "strategy.spot_allocation", "0.65")
    kept = bench.board.foot.slots["tables"]
    bench.act("saved")

    assert "run-2" in kept
    assert "run-2" not in bench.board.foot.slots["tables"]


def test_a_saved_run_is_compared_with_and_nothing_is_run(bench):
    result = bench.result
    bench.act("view", "runs")

    bench.act("open", "run-1")

    pin = bench.board.pinned
    assert bench.result is result
    assert (pin.name, pin.folder) == ("pin 1", "run-1")
    assert len(pin.times_ms) == bench.board.series.rows
    assert pin.times_ms[0] == bench.board.series.times_ms[0]
    assert pin.equity[-1] == pytest.approx(pin.summary["final_equity"], rel=1e-12)
    assert f"drawn \N{MINUS SIGN} {pin.name}" in bench.board.right.slots["invoice"]
    assert bench.board.head.slots["six"].count('class="pinned"') == 6
    assert bench.board.foot.slots["tables"].count('data-do="open"') == 2


def test_a_saved_run_is_the_same_pin_as_the_drawn_one(bench):
    bench.act("pin")
    drawn = bench.board.pinned
    bench.act("view", "runs")

    bench.act("open", "run-0")

    opened = bench.board.pinned
    assert opened.summary == drawn.summary
    assert opened.nav_per_share == pytest.approx(drawn.nav_per_share, rel=1e-12)


def test_a_table_that_was_spoiled_is_an_error_over_the_result(bench):
    (bench.root / "run-1" / "hourly_pnl.csv").write_text("timestamp,equity\nnever,1\n")
    bench.act("view", "runs")

    bench.act("open", "run-1")

    assert "a file of this run is not whole" in bench.board.head.slots["alert"]
    assert bench.board.pins == []


def test_a_folder_that_the_list_does_not_have_is_not_opened(bench):
    bench.act("view", "runs")

    bench.act("open", "../elsewhere")

    assert bench.board.pins == []
