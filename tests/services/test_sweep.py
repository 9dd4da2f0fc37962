"""Sweeps: the same table whoever computes it, and nothing finished is lost or done twice."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

import basis_lab as bl
from basis_lab.errors import SweepError, UsageError
from basis_lab.services.cases import Case
from basis_lab.services.journal import Journal
from basis_lab.services.plans import make_plan
from basis_lab.services.sweep import FOLDER, JOURNAL, SweepRequest, run_sweep

ROOT = Path(__file__).parents[2]
SPOT = "strategy.spot_allocation"
BAND = "strategy.position_deviation_threshold"
CONTENT = {
    "name": "sweep",
    "mode": "btc_basis",
    "start": "2025-01-01",
    "end": "2025-01-22",
    "grid": {SPOT: [0.50, 0.55, 0.60, 0.65, 0.70, 0.99], BAND: [0.04, 0.06, 0.08, 0.10]},
}
POINTS = 24
LONGEST_S = 120
GROUND = {"data": "1", "code": "2"}

pytestmark = [pytest.mark.slow]  # processes are spawned


def plan(**more):
    return make_plan({**CONTENT, **more}, where="test")


def keys_of(journal):
    lines = [json.loads(line) for line in journal.read_text().splitlines()[1:]]
    return [x["key"] for x in lines if "key" in x]  # the last says that the sweep ended


class Watch:
    """Does something once, when enough points are done."""

    def __init__(self, at, act):
        self.at, self.act, self.acted = at, act, False

    def __call__(self, done, *_):
        if done >= self.at and not self.acted:
            self.acted = True
            self.act()


@pytest.fixture(scope="module")
def whole():
    return run_sweep(SweepRequest(plan=plan(), workers=2))


def test_a_row_has_the_figures_of_a_backtest(whole):
    summary = bl.backtest(
        "btc_basis", start="2025-01-01", end="2025-01-22", overrides={SPOT: 0.6, BAND: 0.08}
    ).summary

    table = whole.table
    row = table[(table[SPOT] == 0.6) & (table[BAND] == 0.08)].iloc[0]
    assert row["apr"] == summary["apr"]
    assert row["attribution.funding"] == summary["attribution"]["funding"]
    assert row["min_margin_ratio.okx"] == summary["min_margin_ratio"]["okx"]
    assert row["start"] == summary["start"]


def test_a_point_that_fails_is_a_row_with_its_error(whole):
    failed = whole.table[whole.table["status"] == "failed"]

    assert whole.summary["failed"] == len(failed) == 4
    assert set(failed[SPOT]) == {0.99}
    assert set(failed["code"]) == {"CFG-001"}
    assert all("entry is not quiet" in x for x in failed["error"])
    assert failed["apr"].isna().all()


def test_one_process_and_two_write_the_same_table(whole, tmp_path):
    alone = run_sweep(SweepRequest(plan=plan(), workers=1, out=tmp_path))

    assert alone.content.equals(whole.content)
    assert bl.open_sweep(tmp_path / FOLDER / "sweep").content.equals(whole.content)


def test_a_stopped_sweep_goes_on_where_it_ended(whole, tmp_path):
    stop = threading.Event()
    request = SweepRequest(plan=plan(), workers=2, out=tmp_path, tally=Watch(7, stop.set))
    first = run_sweep(request, stop)
    journal = tmp_path / FOLDER / "sweep" / JOURNAL
    done_before = keys_of(journal)

    second = run_sweep(SweepRequest(plan=plan(), workers=2, out=tmp_path, resume=True))

    assert 7 <= len(first.table) < POINTS
    assert first.summary["open"] == POINTS - len(first.table)
    assert second.summary["resumed"] == len(done_before)
    assert second.content.equals(whole.content)
    assert len(keys_of(journal)) == len(set(keys_of(journal))) == POINTS


def test_a_killed_worker_loses_nothing(whole):
    def kill_one():
        os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)

    watch = Watch(9, kill_one)
    result = run_sweep(SweepRequest(plan=plan(), workers=2, tally=watch))

    assert watch.acted
    assert result.content.equals(whole.content)


def test_a_killed_sweep_resumes_and_its_processes_leave_with_it(tmp_path):
    path = tmp_path / "year.yaml"
    year = {**CONTENT, "end": "2025-12-31", "grid": {SPOT: {"from": 0.5, "to": 0.7, "count": 60}}}
    path.write_text(yaml.safe_dump(year))
    words = [*(sys.executable, "-m", "basis_lab.cli", "sweep", str(path)), "--out", str(tmp_path)]
    with subprocess.Popen(
        [*words, "--workers", "2"], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as process:
        line = ""
        while not line.startswith(("9 of", "12 of", "15 of")):
            line = process.stderr.readline()
            assert line, "the sweep ended before it could be killed"
        process.kill()
        process.stderr.read()  # ends when the last process that holds it has left

    done = subprocess.run(
        [*words, "--resume"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    result = bl.open_sweep(tmp_path / FOLDER / "sweep")
    assert result.summary["resumed"] >= 9
    assert result.summary["done"] == 60
    keys = keys_of(tmp_path / FOLDER / "sweep" / JOURNAL)
    assert len(keys) == len(set(keys)) == 60


def test_half_a_line_of_the_journal_is_cut_off(tmp_path):
    path = tmp_path / JOURNAL
    with Journal(path, GROUND, resume=False) as journal:
        journal.write("a", {"status": "completed"})
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"key": "b", "ro')

    with Journal(path, GROUND, resume=True) as journal:
        assert list(journal.kept) == ["a"]

    assert path.read_bytes() == whole


def test_two_sweeps_do_not_write_to_one_place(tmp_path):
    with Journal(tmp_path / JOURNAL, GROUND, resume=False), pytest.raises(SweepError):
        Journal(tmp_path / JOURNAL, GROUND, resume=False)


def test_processes_and_a_cluster_at_once_are_refused():
    with pytest.raises(UsageError, match="or on a cluster"):
        run_sweep(SweepRequest(plan=plan(), workers=2, scheduler="tcp://127.0.0.1:1"))


def test_equal_points_run_once_and_stand_in_every_row():
    twice = {key: x for key, x in CONTENT.items() if key != "grid"}
    made = make_plan({**twice, "cases": [{SPOT: 0.6}, {SPOT: 0.6}, {SPOT: 0.5}]}, where="test")
    told = []

    result = run_sweep(
        SweepRequest(plan=made, workers=1, tally=lambda *counts: told.append(counts))
    )

    assert len(told) == 3  # at the start, and after each of the two that ran
    assert told[-1] == (3, 0, 0, 3)
    assert list(result.table[SPOT]) == [0.6, 0.6, 0.5]
    assert result.table["apr"][0] == result.table["apr"][1]


def test_who_watches_is_shown_every_point_from_open_to_done(tmp_path):
    seen = []
    small = plan(grid={SPOT: [0.5, 0.6, 0.99]})

    result = run_sweep(SweepRequest(plan=small, workers=1, out=tmp_path, watch=seen.append))

    first, last = seen[0], seen[-1]
    assert list(first.table["status"]) == ["open"] * 3
    assert list(first.table[SPOT]) == [0.5, 0.6, 0.99]
    assert (first.summary["done"], first.summary["failed"], first.summary["open"]) == (0, 0, 3)
    assert last is result
    assert list(last.table["status"]) == ["completed", "completed", "failed"]
    assert last.summary["open"] == 0


def test_who_watches_a_resumed_sweep_is_told_which_points_were_kept(tmp_path):
    small, stop, seen = plan(grid={SPOT: [0.5, 0.55, 0.6]}), threading.Event(), []
    halted = run_sweep(
        SweepRequest(plan=small, workers=1, out=tmp_path, tally=Watch(1, stop.set)), stop
    )

    run_sweep(SweepRequest(plan=small, workers=1, out=tmp_path, resume=True, watch=seen.append))

    assert seen[0].kept == frozenset(halted.table.index)
    assert len(seen[0].kept) == seen[-1].summary["resumed"] >= 1
    assert list(seen[0].table["status"].drop(list(seen[0].kept)).unique()) == ["open"]


def test_a_command_of_the_table_leads_back_to_its_case():
    case = Case(
        name="any",
        mode="eth_leveraged",
        share_class="ETH",
        start="2025-01-01",
        end="2025-02-01",
        capital=1234.5678901234567,
        overrides={"strategy.target_ltv": 0.1 + 0.2, "data.proxies": {"a": "b=c"}},
        scenarios=("lst_depeg", "my file.yaml"),
    )

    back = Case.of_command(case.command())

    assert back.plain() == case.plain()
    assert (
        Case.of_command(Case(name="b", mode="btc_basis").command()).key
        == Case(name="c", mode="btc_basis").key
    )
