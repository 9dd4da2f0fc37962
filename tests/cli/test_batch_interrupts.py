"""A batch that is interrupted once finishes what is under way, and twice ends at once."""

import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from basis_lab.cli import main

PLAN = """
mode: btc_basis
start: 2025-01-01
end: 2025-01-20
cases: [{name: a}, {name: b, capital: 20000}, {name: c, capital: 30000}]
"""
LONGEST_S = 120

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@contextmanager
def batch(folder):
    """A batch whose first case is under way."""
    plan = folder / "plan.yaml"
    plan.write_text(PLAN)
    words = ["batch", str(plan), "--workers", "1", "--out", str(folder)]
    with subprocess.Popen(
        [sys.executable, "-m", "basis_lab.cli", *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        ends_s = time.monotonic() + LONGEST_S
        while not (folder / "batches" / "plan" / "cases" / "a").is_dir():
            assert time.monotonic() < ends_s, "no case began"
            time.sleep(0.05)
        yield process


def test_an_interrupt_says_that_what_is_under_way_is_finished_and_begins_no_other(tmp_path):
    with batch(tmp_path) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LONGEST_S)

    assert process.returncode == 130, err
    assert "the cases under way are finished; a second interrupt ends them at once" in err
    assert "interrupted; the same call goes on" in err
    assert "1 done (0 of them before), 0 failed, 2 not begun" in out
    assert "2 not begun" in (tmp_path / "batches" / "plan" / "index.html").read_text()


def test_a_second_interrupt_ends_at_once_and_leaves_an_index_of_what_is_there(tmp_path):
    with batch(tmp_path) as process:
        process.send_signal(signal.SIGINT)
        while "under way" not in process.stderr.readline():
            assert process.poll() is None
        began_s = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LONGEST_S)
        taken_s = time.monotonic() - began_s

    assert (process.returncode, err.strip()) == (130, "interrupted")
    assert taken_s < 8.0  # a case alone takes longer
    index = tmp_path / "batches" / "plan" / "index.html"
    assert "3 not begun" in index.read_text()


def test_a_case_that_left_the_plan_is_told(tmp_path, capsys):
    stranger = tmp_path / "batches" / "plan" / "cases" / "gone"
    stranger.mkdir(parents=True)
    plan = tmp_path / "plan.yaml"
    plan.write_text("mode: btc_basis\ncases: [{name: a, start: 2031-01-01, end: 2031-01-08}]\n")

    main(["batch", str(plan), "--workers", "1", "--quiet", "--out", str(tmp_path)])

    assert f"not of this plan, and not in the index: {stranger}" in capsys.readouterr().out
    assert stranger.is_dir()
