"""A real process, interrupted and killed at random moments: a folder is whole or not there."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from basis_lab.results.folder import check_run_folder
from basis_lab.results.result import open_result

ROOT = Path(__file__).parents[2]
SEED = 20240512
LONGEST_S = 60.0

# Small windows make the run last seconds; the pause in every file makes writing last as well.
SCRIPT = """
import sys, time
from pathlib import Path
from basis_lab import cli
from basis_lab.results import files
whole = files.RecordFiles.read
def slowly(self, name):
    print("writing", flush=True)
    time.sleep(float(sys.argv[2]))
    return whole(self, name)
files.RecordFiles.read = slowly
words = ["backtest", "btc_basis", "--start", "2024-06-01", "--end", sys.argv[3]]
words += ["--stride", sys.argv[4], "--no-plots", "--out", sys.argv[1], "--run-id", "run"]
print("ready", flush=True)
sys.exit(cli.main(words))
"""
RUNS_LONG = ("0", "2025-06-01", "1")
WRITES_LONG = ("0.1", "2024-06-08", "24")
WRITES_LONGER = ("2.0", "2024-06-08", "24")
WRITES_AT_ONCE = ("0", "2024-06-08", "24")


class Run:
    """One backtest in a process of its own."""

    def __init__(self, out, pace):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(out), *pace],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for(self, words):
        told = []
        for line in self.process.stdout:
            told.append(line)
            if line.startswith(words):
                return
        pytest.fail(f"the process ended before {words!r}: {told}")

    def send(self, number):
        self.process.send_signal(number)
        return self.process.wait(LONGEST_S)

    def end(self):
        if self.process.poll() is None:
            self.send(signal.SIGKILL)
        self.process.stdout.close()


@pytest.fixture
def start(tmp_path):
    begun = []

    def begin(pace):
        begun.append(Run(tmp_path, pace))
        begun[-1].wait_for("ready")
        return begun[-1]

    yield begin
    for run in begun:
        run.end()


def left_of(out):
    return sorted(path.name for path in out.iterdir()) if out.exists() else []


def stopped_or_nothing(out):
    """Check the folder of an interrupted run, where it got so far as to have one."""
    assert left_of(out) in ([], ["run"])
    if left_of(out):
        run = open_result(out / "run")
        assert run.summary["status"] in {"stopped", "completed"}
        assert len(run.pnl) == run.summary["timesteps"]
        assert run.summary["attribution_residual"] < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_whole_folder_that_says_stopped(start, tmp_path, number):
    run = start(RUNS_LONG)
    run.wait_for("run: 10 %")

    assert run.send(number) == 130

    summary = open_result(tmp_path / "run").summary
    assert summary["status"] == "stopped"
    assert 1 <= summary["timesteps"] < 365 * 24
    assert left_of(tmp_path) == ["run"]


@pytest.mark.slow
def test_a_signal_at_any_moment_ends_in_order(start, tmp_path):
    chance = random.Random(SEED)  # noqa: S311 - moments, not secrets
    for _ in range(3):
        run = start(RUNS_LONG)
        time.sleep(chance.uniform(0.1, 1.5))

        assert run.send(chance.choice([signal.SIGINT, signal.SIGTERM])) == 130

        stopped_or_nothing(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_writing_lets_the_folder_be_finished(start, tmp_path, number):
    run = start(WRITES_LONG)
    run.wait_for("writing")

    assert run.send(number) == 130

    assert open_result(tmp_path / "run").summary["timesteps"] == 7 * 24 + 1
    assert left_of(tmp_path) == ["run"]


@pytest.mark.slow
def test_a_killed_writer_never_leaves_a_folder_that_opens_half(start, tmp_path):
    chance = random.Random(SEED)  # noqa: S311 - moments, not secrets
    for _ in range(4):
        run = start(WRITES_LONG)
        run.wait_for("writing")
        time.sleep(chance.uniform(0.0, 1.0))

        run.send(signal.SIGKILL)

        for name in left_of(tmp_path):
            if name == "run":
                check_run_folder(tmp_path / name)
                json.loads((tmp_path / name / "summary.json").read_text())
            else:
                assert name.startswith(".run.")

    last = start(WRITES_AT_ONCE)
    assert last.process.wait(LONGEST_S) == 0
    assert left_of(tmp_path) == ["run"]


@pytest.mark.slow
def test_the_folder_of_a_live_writer_is_left_alone(start, tmp_path):
    slow = start(WRITES_LONGER)
    slow.wait_for("writing")
    (aside,) = left_of(tmp_path)

    quick = start(WRITES_AT_ONCE)
    assert quick.process.wait(LONGEST_S) == 0

    assert left_of(tmp_path) == [aside, "run"]
    slow.send(signal.SIGKILL)
    assert start(WRITES_AT_ONCE).process.wait(LONGEST_S) == 0
    assert left_of(tmp_path) == ["run"]
