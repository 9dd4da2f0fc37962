"""``sweep``, ``batch``, ``report`` and ``backtest --report``: exit codes and what is said."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import basis_lab as bl
from basis_lab.cli import main

ROOT = Path(__file__).parents[2]
SPOT = "strategy.spot_allocation"
PLAN = {"mode": "btc_basis", "start": "2025-01-01", "end": "2025-01-08"}
LONGEST_S = 60

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


def write(path, **more):
    path.write_text(yaml.safe_dump({**PLAN, **more}))
    return str(path)


def test_a_sweep_says_its_best_point_and_writes_its_table(tmp_path, capsys):
    plan = write(tmp_path / "plan.yaml", grid={SPOT: [0.5, 0.6]})

    code = main(["sweep", plan, "--workers", "1", "--out", str(tmp_path)])

    told = capsys.readouterr()
    assert code == 0
    assert told.out.startswith("Best: spot allocation 0.")
    assert "2 points: 2 done, 0 failed, 0 open" in told.out
    assert re.search(r"2 of 2 points, 0 failed, [\d.]+ (a second|s each), 0 s left", told.err)
    assert len(bl.open_sweep(tmp_path / "sweeps" / "plan").table) == 2


def test_a_sweep_with_a_failed_point_says_so_by_its_exit_code(tmp_path):
    plan = write(tmp_path / "plan.yaml", grid={SPOT: [0.5, 0.95]})

    assert main(["sweep", plan, "--workers", "1", "--out", str(tmp_path), "--quiet"]) == 4


def test_chosen_points_are_reported(tmp_path, capsys):
    plan = write(tmp_path / "plan.yaml", grid={SPOT: [0.5, 0.6]})

    code = main(["sweep", plan, "--workers", "1", "--out", str(tmp_path), "--report", "best,1"])

    place = tmp_path / "sweeps" / "plan" / "reports"
    best = bl.open_sweep(tmp_path / "sweeps" / "plan").summary["best"]
    assert code == 0
    assert {x.parent.name for x in place.glob("*/report.html")} == {
        f"point-0000{best}",
        "point-00001",
    }
    assert (place / "_assets" / "plotly.min.js").is_file()
    assert "report: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--report", "best,7"], "7"),
        (["--report", "nicest"], "nicest"),
        (["--workers", "0"], "0"),
        (["--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], "--scheduler"),
    ],
)
def test_wrong_words_are_refused_before_anything_runs(words, named, tmp_path, capsys):
    plan = write(tmp_path / "plan.yaml", grid={SPOT: [0.5, 0.6]})

    try:
        code = main(["sweep", plan, "--out", str(tmp_path), *words])
    except SystemExit as left:
        code = left.code

    assert code == 2
    assert named in capsys.readouterr().err
    assert not (tmp_path / "sweeps").exists()


@pytest.mark.parametrize("command", ["sweep", "batch"])
def test_a_key_that_nothing_reads_is_refused_by_name(command, tmp_path, capsys):
    plan = write(tmp_path / "plan.yaml", grid={"strategy.spot_alocation": [0.5]})

    code = main([command, plan, "--out", str(tmp_path)])

    told = capsys.readouterr().err
    assert code == 2
    assert "strategy.spot_alocation" in told
    assert "the nearest keys are strategy.spot_allocation" in told


def test_an_interrupted_sweep_keeps_what_is_finished(tmp_path):
    plan = write(
        tmp_path / "plan.yaml",
        end="2025-12-31",
        grid={SPOT: {"from": 0.5, "to": 0.7, "count": 60}},
    )
    words = [sys.executable, "-m", "basis_lab.cli", "sweep", plan, "--out", str(tmp_path)]
    with subprocess.Popen(
        words, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        line = ""
        while not line.startswith("6 of"):
            line = process.stderr.readline()
            assert line, "the sweep ended before it could be interrupted"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LONGEST_S)

    summary = json.loads((tmp_path / "sweeps" / "plan" / "summary.json").read_text())
    assert process.returncode == 130, err
    assert "go on with --resume" in err
    assert "Traceback" not in err
    assert 6 <= summary["done"] < 60
    assert summary["open"] == 60 - summary["done"]
    assert f"{summary['open']} open" in out


def test_a_backtest_with_a_report_has_its_page(tmp_path, capsys):
    words = ["backtest", "pure_lending", "--start", PLAN["start"], "--end", "2025-02-01"]

    code = main([*words, "--out", str(tmp_path), "--run-id", "r", "--no-plots", "--report"])

    page = (tmp_path / "r" / "report.html").read_text()
    assert code == 0
    assert str(tmp_path / "r" / "report.html") in capsys.readouterr().out
    assert "--run-id r --no-plots --report" in page


def test_a_report_of_what_is_no_run_names_it(tmp_path, capsys):
    code = main(["report", str(tmp_path / "nothing")])

    assert code == 4
    assert "nothing" in capsys.readouterr().err
