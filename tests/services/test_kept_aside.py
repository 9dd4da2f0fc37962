"""What an unfinished sweep left is kept when another begins in its place, and told."""

import socket
import threading

import pytest

from basis_lab.cli import main
from basis_lab.errors import SweepError
from basis_lab.services.journal import JOURNAL
from basis_lab.services.plans import make_plan
from basis_lab.services.sweep import FOLDER, SweepRequest, run_sweep

SPOT = "strategy.spot_allocation"
CONTENT = {
    "name": "plan",
    "mode": "btc_basis",
    "start": "2025-01-01",
    "end": "2025-01-08",
    "grid": {SPOT: {"from": 0.5, "to": 0.7, "count": 30}},
}
PLAN = make_plan(CONTENT, where="test")
FEW = make_plan({**CONTENT, "grid": {SPOT: [0.5, 0.6]}}, where="test")
OTHER = make_plan({**CONTENT, "grid": {SPOT: [0.55, 0.6]}}, where="test")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


def contents(folder):
    return {x: x.read_bytes() for x in folder.rglob("*") if x.is_file()}


@pytest.fixture
def stopped(tmp_path):
    """Stop a sweep after some points; return how many it finished."""
    stop = threading.Event()

    def tally(done, *_):
        if done >= 2:
            stop.set()

    result = run_sweep(SweepRequest(plan=PLAN, workers=1, out=tmp_path, tally=tally), stop)
    assert result.summary["open"] > 0
    return len(result.table)


def test_points_of_an_unfinished_sweep_are_kept_aside_and_taken_up_again(stopped, tmp_path):
    folder = tmp_path / FOLDER / "plan"
    journal, aside = folder / JOURNAL, folder / "points-unfinished-1.jsonl"
    before, told = journal.read_bytes(), []

    run_sweep(SweepRequest(plan=FEW, workers=1, out=tmp_path, note=told.append))
    kept = aside.read_bytes()
    aside.replace(journal)
    again = run_sweep(SweepRequest(plan=PLAN, workers=1, out=tmp_path, resume=True))

    assert kept == before
    assert len(told) == 1
    assert f"{stopped} finished points" in told[0]
    assert str(aside) in told[0]
    assert "--resume" in told[0]
    assert again.summary["resumed"] == stopped
    assert again.summary["done"] == 30


def test_the_command_says_on_standard_error_what_it_kept(stopped, tmp_path, capsys):
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"mode: btc_basis\nstart: 2025-01-01\nend: 2025-01-08\ngrid: {{{SPOT}: [0.6]}}")

    words = ["sweep", str(plan), "--workers", "1", "--out", str(tmp_path), "--quiet"]
    codes = [main(words), main(words)]

    told = capsys.readouterr().err
    assert codes == [0, 0]
    assert told.count("did not end") == 1
    assert f"its {stopped} finished points are kept in" in told


def test_a_sweep_that_ended_is_begun_anew_leaves_nothing_aside_and_is_told(tmp_path):
    told = []
    for resume in (False, True, False):
        request = SweepRequest(plan=FEW, workers=1, out=tmp_path, resume=resume, note=told.append)
        run_sweep(request)

    assert len(told) == 1
    assert told[0].startswith("a finished sweep of 2 points in ")
    assert "is replaced" in told[0]
    assert [x.name for x in (tmp_path / FOLDER / "plan").glob("points*")] == [JOURNAL]


def test_a_sweep_that_ended_is_kept_where_another_would_not_compute_its_points_again(tmp_path):
    folder, told = tmp_path / FOLDER / "plan", []
    run_sweep(SweepRequest(plan=FEW, workers=1, out=tmp_path))
    before = (folder / JOURNAL).read_bytes()
    run_sweep(SweepRequest(plan=OTHER, workers=1, out=tmp_path, note=told.append))
    kept = (folder / "points-earlier-1.jsonl").read_bytes()
    (folder / "points-earlier-1.jsonl").replace(folder / JOURNAL)
    again = run_sweep(SweepRequest(plan=FEW, workers=1, out=tmp_path, resume=True))

    assert kept == before
    assert told[0].startswith("an earlier sweep here had other points, data, code or configuration")
    assert again.summary["resumed"] == again.summary["done"] == 2


def test_points_of_a_journal_that_a_changed_plan_does_not_have_are_told(tmp_path):
    told = []
    for plan, resume in ((FEW, False), (OTHER, True)):
        request = SweepRequest(plan=plan, workers=1, out=tmp_path, resume=resume, note=told.append)
        result = run_sweep(request)

    assert [x.partition(" of ")[0] for x in told] == ["1 finished point"]
    assert result.summary["resumed"] == 1


@pytest.mark.parametrize("finished", [True, False])
def test_a_scheduler_that_does_not_answer_leaves_everything_as_it_was(tmp_path, finished):
    pytest.importorskip("distributed")
    if finished:
        run_sweep(SweepRequest(plan=FEW, workers=1, out=tmp_path))
    before = contents(tmp_path)
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SweepError, match="no Dask scheduler answers"):
            run_sweep(SweepRequest(plan=FEW, out=tmp_path, scheduler=address))

    assert contents(tmp_path) == before


def test_reports_of_another_plan_are_moved_aside_and_those_of_the_same_stay(tmp_path):
    folder, told = tmp_path / FOLDER / "plan", []
    for plan in (FEW, FEW, OTHER):
        run_sweep(SweepRequest(plan=plan, workers=1, out=tmp_path, note=told.append))
        (folder / "reports").mkdir(exist_ok=True)
        (folder / "reports" / "page").write_text(str(plan.cases[0].key))

    assert (folder / "reports" / "page").read_text() == OTHER.cases[0].key
    assert (folder / "reports-earlier-1" / "page").read_text() == FEW.cases[0].key
    assert not (folder / "reports-earlier-2").exists()
    assert told[-1].startswith("reports here were of other points")
