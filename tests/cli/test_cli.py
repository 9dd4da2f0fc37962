"""The command line as a user meets it: output, errors, exit codes."""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from basis_lab import cli
from basis_lab.cli import edge, lab
from basis_lab.errors import MissingDataError
from basis_lab.results.progress import Progress
from basis_lab.results.result import open_result
from basis_lab.services.backtest import BacktestService

ROOT = Path(__file__).parents[2]
SHORT = ["--start", "2024-06-01", "--end", "2024-06-08"]


@pytest.fixture(autouse=True)
def _own_world(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("BASIS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("outputs")
    words = ["backtest", "pure_lending", *SHORT, "--out", str(out), "--no-plots", "--quiet"]

    assert cli.main(words) == 0

    return next(out.iterdir())


def test_modes_are_listed_with_their_needs(capsys):
    assert cli.main(["modes"]) == 0

    text = capsys.readouterr().out
    assert {"btc_basis", "eth_basis", "pure_lending"} <= set(text.split())
    assert "btc_basis needs:" in text


def test_modes_of_one_share_class(capsys):
    assert cli.main(["modes", "--share-class", "ETH", "--risk-level", "low"]) == 0

    text = capsys.readouterr().out
    assert "pure_lending" in text
    assert "btc_basis" not in text


def test_a_configuration_is_shown_with_meanings_and_origins(capsys):
    words = ["config", "show", "btc_basis", "--set", "strategy.spot_allocation=0.6"]

    assert cli.main(words) == 0

    text = capsys.readouterr().out
    assert "strategy.spot_allocation = 0.6  [fraction of equity; 0 to 0.99]" in text


def test_shipped_configurations_are_good(capsys):
    paths = [str(path) for path in sorted((ROOT / "configs" / "modes").glob("*.yaml"))]

    assert cli.main(["config", "check", *paths]) == 0

    assert capsys.readouterr().out.count(": good") == len(paths)


def test_a_bad_configuration_is_refused_with_every_problem(capsys, tmp_path):
    shipped = (ROOT / "configs" / "modes" / "btc_basis.yaml").read_text()
    own = tmp_path / "own.yaml"
    own.write_text(shipped.replace("spot_allocation:", "spot_alocation:"))

    assert cli.main(["config", "check", str(own)]) == 2

    captured = capsys.readouterr()
    assert "own.yaml: refused" in captured.out
    assert captured.err.startswith("CFG-001")
    assert "spot_alocation" in captured.err


def test_datasets_are_listed_as_synthetic(capsys):
    assert cli.main(["data", "list"]) == 0

    assert "spot/binance/BTCUSDT" in capsys.readouterr().out


def test_every_dataset_is_read_by_a_check(capsys):
    assert cli.main(["data", "check"]) == 0

    assert re.search(r"\d+ datasets checked", capsys.readouterr().out)


def test_a_mode_is_checked_for_dates(capsys):
    words = ["data", "check", "--mode", "pure_lending", *SHORT]

    assert cli.main(words) == 0

    assert "pure_lending has what it needs, 2024-06-01" in capsys.readouterr().out


def test_without_dates_a_mode_is_checked_for_those_of_its_run(capsys):
    assert cli.main(["data", "check", "--mode", "btc_basis"]) == 0

    assert "2024-12-31T23:00:00Z to 2025-12-31T23:00:00Z, 8,761 timesteps" in (
        capsys.readouterr().out
    )


def test_dates_without_a_mode_are_refused(capsys):
    assert cli.main(["data", "check", *SHORT]) == 2

    assert "give --mode" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["--set", 'data.proxies={"okx": "binance"}'],
        ["--interval", "1m"],
        ["--share-class", "ETH"],
        ["--data-mode", "db"],
        ["--scenario", "flows_example"],
    ],
)
def test_settings_without_a_mode_are_refused(capsys, words):
    assert cli.main(["data", "check", *words]) == 2

    assert "give --mode" in capsys.readouterr().err


def test_a_mode_is_checked_with_the_settings_of_its_run(capsys):
    words = ["data", "check", "--mode", "btc_basis", *SHORT]

    assert cli.main([*words, "--set", 'data.proxies={"okx": "binance"}']) == 0

    assert "proxied: binance stands for okx" in capsys.readouterr().out


def test_a_mode_is_checked_on_the_bars_that_its_run_asks_for(capsys):
    words = ["data", "check", "--mode", "btc_basis", *SHORT, "--interval", "1m"]

    assert cli.main(words) == 3

    assert "its bars are of 1h, the timesteps of 1m" in capsys.readouterr().out


def test_a_misspelt_proxy_is_refused_before_anything_is_loaded(capsys):
    words = ["--mode", "btc_basis", *SHORT, "--set", 'data.proxies={"okxx": "binance"}']

    assert cli.main(["data", "check", *words]) == 2

    assert "did you mean okx?" in capsys.readouterr().err


def test_raw_files_are_imported_and_each_is_told(capsys, tmp_path):
    source = tmp_path / "raw"
    source.mkdir()
    rows = [f"2024-01-01T{hour:02}:00:00Z,100,101,99,100.5,7" for hour in range(24)]
    text = "\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n"
    (source / "binance_BTCUSDT_spot_1h_2024.csv").write_text(text)
    (source / "notes.csv").write_text("a,b\n1,2\n")

    assert cli.main(["data", "import", str(source), "--out", str(tmp_path / "own")]) == 0

    captured = capsys.readouterr()
    assert "binance_BTCUSDT_spot_1h_2024.csv" in captured.out
    assert "1 dataset written" in captured.out
    assert "import: 1 of 1" in captured.err
    assert cli.main(["data", "list", "--data-dir", str(tmp_path / "own")]) == 0
    assert "real" in capsys.readouterr().out


def test_nothing_to_import_is_missing_data(capsys, tmp_path):
    assert cli.main(["data", "import", str(tmp_path / "nothing")]) == 3

    assert capsys.readouterr().err.startswith("DAT-001")


def test_a_backtest_prints_its_verdict_and_its_folder(capsys, tmp_path):
    assert cli.main(["backtest", "pure_lending", *SHORT, "--no-plots"]) == 0

    captured = capsys.readouterr()
    folder = next((tmp_path / "outputs").iterdir())
    assert "too short for a rate" in captured.out.splitlines()[0]
    assert f"run folder: {Path('outputs') / folder.name}" in captured.out
    assert "The data is synthetic" in captured.out
    assert "run: 100 %" in captured.err


def test_the_folder_of_a_run_names_the_command(run_folder):
    command = open_result(run_folder).manifest["command"]

    assert command.startswith("basis-lab backtest pure_lending --start 2024-06-01")


def test_a_quiet_backtest_says_nothing(capsys, tmp_path):
    words = ["backtest", "pure_lending", *SHORT, "--no-plots", "--quiet", "--run-id", "mine"]

    assert cli.main(words) == 0

    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "outputs" / "mine" / "summary.json").is_file()


def test_json_is_the_summary_alone_with_timings(capsys, run_folder):
    words = ["backtest", "pure_lending", *SHORT, "--no-plots", "--json"]

    assert cli.main(words) == 0

    told = json.loads(capsys.readouterr().out)
    assert set(told.pop("timing")) == {"load_s", "run_s", "write_s"}
    assert told == open_result(run_folder).summary


def test_plots_are_drawn_unless_refused(run_folder, tmp_path):
    assert cli.main(["backtest", "pure_lending", *SHORT, "--quiet"]) == 0

    folder = next((tmp_path / "outputs").iterdir())
    assert (folder / "plots" / "nav.html").is_file()
    assert not (run_folder / "plots").exists()


def test_results_go_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("BASIS_RESULTS_DIR", str(tmp_path / "elsewhere"))

    assert cli.main(["backtest", "pure_lending", *SHORT, "--no-plots", "--quiet"]) == 0

    assert len(list((tmp_path / "elsewhere").iterdir())) == 1


def test_runs_are_compared(capsys, run_folder):
    assert cli.main(["compare", str(run_folder), str(run_folder)]) == 0

    told = capsys.readouterr().out
    assert "attribution.supply_yield" in told
    assert told.endswith(f"differences: each run less the first, {run_folder.name}\n")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["backtest", "no_such_mode"], 2, "no_such_mode"),
        (["backtest", "btc_basis", "--share-class", "ETH"], 2, "share class"),
        (["backtest", "btc_basis", "--set", "strategy.spot_alocation=0.5"], 2, "spot_allocation"),
        (["backtest", "btc_basis", "--set", "nonsense"], 2, "--set"),
        (["backtest", "btc_basis", "--start", "June"], 2, "--start"),
        (["backtest", "btc_basis", "--run-id", "../up"], 2, "--run-id"),
        (["backtest", "btc_basis", "--scenario", "apocalypse"], 2, "apocalypse"),
        (["backtest", "btc_basis", "--data-dir", "nowhere"], 3, "DAT-001"),
        (["backtest", "btc_basis", "--start", "2031-01-01", "--end", "2031-02-01"], 3, "DAT-003"),
        (["compare", "nowhere", "nowhere"], 2, "BT-001"),
        (["report", "nowhere"], 2, "BT-001"),
        (["data", "list", "--data-dir", "nowhere"], 3, "DAT-001"),
    ],
)
def test_what_is_refused_is_one_block_with_its_code(capsys, words, code, said):
    assert cli.main(words) == code

    block = capsys.readouterr().err
    assert said in block
    assert "Traceback" not in block
    assert block.splitlines()[0].split(":")[0].isupper()


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["backtest"],
        ["backtest", "btc_basis", "--stride", "0"],
        ["backtest", "btc_basis", "--share-class", "GBP"],
        ["backtest", "btc_basis", "--capital", "much"],
        ["backtest", "btc_basis", "--capital=-5"],
        ["backtest", "btc_basis", "--capital", "nan"],
        ["config"],
        ["data", "check", "--mode", "btc_basis", "--start", "June"],
    ],
)
def test_bad_usage_is_one_block_and_two(capsys, words):
    with pytest.raises(SystemExit) as caught:
        cli.main(words)

    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("CFG-002: ")


def test_a_backtest_under_live_execution_is_refused(capsys, monkeypatch):
    monkeypatch.setenv("BASIS_EXECUTION_MODE", "live")

    assert cli.main(["backtest", "pure_lending"]) == 2

    assert "BASIS_EXECUTION_MODE" in capsys.readouterr().err


def test_debug_shows_the_traceback_before_the_block(capsys):
    assert cli.main(["compare", "nowhere", "nowhere", "--debug"]) == 2

    text = capsys.readouterr().err
    assert "Traceback" in text
    assert text.index("Traceback") < text.index("BT-001: ")


@pytest.mark.parametrize(
    ("failure", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (ZeroDivisionError("in the loop"), 4, "a defect of basis_lab"),
        (MissingDataError("no gas", missing=["gas"]), 3, "DAT-001: no gas"),
    ],
)
def test_whatever_happens_has_an_exit_code(capsys, monkeypatch, failure, code, said):
    def fail(*_, **__):
        raise failure

    monkeypatch.setattr(BacktestService, "run", fail)

    assert cli.main(["backtest", "pure_lending", "--quiet"]) == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_was_finished(capsys, monkeypatch, tmp_path, number):
    told = Progress.__call__

    def interrupt(shown, done, total):
        told(shown, done, total)
        if done == 49:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(Progress, "__call__", interrupt)
    words = ["backtest", "pure_lending", *SHORT, "--no-plots", "--stride", "24"]

    assert cli.main([*words, "--run-id", "mine"]) == 130

    captured = capsys.readouterr()
    summary = open_result(tmp_path / "outputs" / "mine").summary
    assert (summary["status"], summary["timesteps"]) == ("stopped", 49)
    assert captured.err.endswith("interrupted; kept up to 2024-06-03T00:00:00Z\n")


class Parsed:
    """A parser whose one command is given, and which may be interrupted while it reads."""

    def __init__(self, run, reading=lambda: None):
        self._run = run
        self._reading = reading

    def parse_args(self, _words):
        self._reading()
        return argparse.Namespace(run=self._run, debug=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_command_has_begun_ends_it_in_order(capsys, monkeypatch, number):
    parsed = Parsed(lambda _: 0, lambda: os.kill(os.getpid(), number))
    monkeypatch.setattr(edge, "build_parser", lambda: parsed)

    assert cli.main([]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_an_interrupt_that_a_finaliser_swallows_is_not_forgotten(capsys, monkeypatch):
    def run(_options):
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        return 0

    monkeypatch.setattr(edge, "build_parser", lambda: Parsed(run))

    assert cli.main([]) == 130
    assert "interrupted too late" in capsys.readouterr().err


def test_a_pipe_that_closes_early_is_no_traceback():
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as pipe:
        finished = subprocess.run(
            [sys.executable, "-m", "basis_lab.cli", "modes"],
            cwd=ROOT,
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert b"Traceback" not in finished.stderr


def test_the_lab_opens_on_the_workbench(monkeypatch):
    called = []
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(lab.subprocess, "call", lambda words: called.append(words) or 0)

    assert cli.main(["lab", "--", "--no-browser"]) == 0

    assert called[0][1:3] == ["-m", "jupyterlab"]
    assert called[0][-2].endswith("01_workbench.ipynb")
    assert called[0][-1] == "--no-browser"


def test_a_lab_that_is_not_installed_says_how_to_get_it(capsys, monkeypatch):
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda _: None)

    assert cli.main(["lab"]) == 2

    assert "pip install" in capsys.readouterr().err


def test_the_sample_is_written_where_asked(capsys, monkeypatch, tmp_path):
    written = []
    monkeypatch.setattr(
        "basis_lab.data.sample.write_sample", lambda place: written.append(place) or ("one",)
    )

    assert cli.main(["data", "sample", "--out", str(tmp_path / "made")]) == 0

    assert written == [tmp_path / "made"]
    assert "1 synthetic dataset written" in capsys.readouterr().out
