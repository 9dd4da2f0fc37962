"""From the exchanges' wire to a backtest, with nothing in between but the commands."""

import json
import subprocess
import sys

import pytest

DATES = ("--start", "2024-08-01", "--end", "2024-09-15")


def basis_lab(*words):
    return subprocess.run(
        [sys.executable, "-m", "basis_lab.cli", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_backtest_runs_on_what_was_fetched(fetch_command, tmp_path):
    data = tmp_path / "data"
    code, out, err = fetch_command(*DATES, "--symbol", "BTCUSDT", "--out", data)
    assert not code, err
    assert "12 datasets up to date" in out

    assert basis_lab("data", "check", "--data-dir", data).returncode == 0
    assert "funding/okx/BTCUSDT" in basis_lab("data", "list", "--data-dir", data).stdout
    words = ["backtest", "btc_basis", *DATES, "--json", "--no-plots"]
    done = basis_lab(*words, "--data-dir", data, "--out", tmp_path / "runs")

    assert not done.returncode, done.stderr
    summary = json.loads(done.stdout)
    assert summary["status"] == "completed"
    assert not summary["synthetic_data"]
    assert summary["timesteps"] == 45 * 24 + 1
    assert summary["attribution"]["funding"] > 0
    assert summary["attribution_residual"] < 1e-9 * 100_000
