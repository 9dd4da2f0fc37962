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
from basis_lab.data.catalogue import open_store, sample_directory
from basis_lab.data.duckdb import write_database

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


def test_a_sweep_with_failed_points_says_why_and_how_to_go_on(tmp_path, capsys):
    plan = write(tmp_path / "plan.yaml", grid={SPOT: [0.5, 0.95, 0.99]})

    assert main(["sweep", plan, "--workers", "1", "--out", str(tmp_path), "--quiet"]) == 4

    told = capsys.readouterr()
    assert told.err.startswith("2 points failed, CFG-001: entry is not quiet: ")
    assert "for instance: point 1: spot allocation 0.95" in told.err
    assert "remedy: give strategy.spot_allocation of at most" in told.err
    assert "--resume --retry-failed" in told.err
    assert "3 points: 1 done, 2 failed" in told.out


def test_several_problems_of_a_point_stand_on_lines_of_their_own(tmp_path, capsys):
    wrong = {"strategy.reserve_ratio": [0.01], "strategy.hedge_allocation": [{}]}
    plan = write(tmp_path / "plan.yaml", grid={SPOT: [0.0], **wrong})

    main(["sweep", plan, "--workers", "1", "--out", str(tmp_path), "--quiet"])

    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "1 point failed, CFG-001: 3 problems in the configuration"
    for key in (SPOT, *wrong):
        assert len([x for x in lines if x.startswith("  ") and f": {key} = " in x]) == 1


def test_failed_points_are_taken_up_again_only_where_that_is_asked(tmp_path, capsys):
    plan = write(tmp_path / "plan.yaml", grid={SPOT: [0.5, 0.95]})
    words = ["sweep", plan, "--workers", "1", "--out", str(tmp_path)]
    main(words)

    capsys.readouterr()
    assert main([*words, "--resume"]) == 4
    assert "2 resumed\n" in capsys.readouterr().out  # and no rate of nothing
    assert main([*words, "--resume", "--retry-failed"]) == 4
    assert "1 resumed" in capsys.readouterr().out
    assert main([*words, "--retry-failed"]) == 2
    assert "(--resume, resume=True)" in capsys.readouterr().err


def test_a_best_point_on_the_edge_of_its_grid_is_said_with_axis_and_value(tmp_path, capsys):
    plan = write(tmp_path / "plan.yaml", grid={SPOT: [0.5, 0.6]})

    main(["sweep", plan, "--workers", "1", "--out", str(tmp_path), "--quiet"])

    best, edge, counts = capsys.readouterr().out.splitlines()[:3]
    value = re.search(r"spot allocation (\S+):", best)[1]
    end = {"0.5": "least", "0.6": "largest"}[value]
    assert edge == (f"On the edge of the grid: spot allocation {value} is the {end} value tried.")
    assert counts.startswith("2 points: ")


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_a_sample_has_no_grid_whose_edge_its_best_point_could_lie_on(method, tmp_path, capsys):
    keys = {SPOT: {"from": 0.5, "to": 0.6}}
    plan = write(tmp_path / "plan.yaml", **{method: {"count": 2, "seed": 1, "keys": keys}})

    main(["sweep", plan, "--workers", "1", "--out", str(tmp_path), "--quiet"])

    assert capsys.readouterr().out.splitlines()[1].startswith("2 points: 2 done")
    assert bl.open_sweep(tmp_path / "sweeps" / "plan").summary["method"] == method


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("backtest", ("365 days before the end", "the last that the data cover", "else outputs")),
        ("backtest", ("--stride auto|N", "from 1, which visits each")),
        ("stress", ("where not given none is written",)),
        ("sweep", ("as many as the machine has cores", "else outputs")),
        ("batch", ("as many as the machine has cores", "else outputs")),
    ],
)
def test_help_says_what_stands_for_what_is_left_out(command, told, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])

    text = " ".join(capsys.readouterr().out.split())
    assert all(x in text for x in told)


def test_the_help_of_a_sweep_says_what_n_is(capsys):
    with pytest.raises(SystemExit):
        main(["sweep", "--help"])

    assert "N is the number of a point" in " ".join(capsys.readouterr().out.split())


def test_one_point_is_one_point(tmp_path, capsys):
    plan = write(tmp_path / "plan.yaml", grid={SPOT: [0.5]})

    main(["sweep", plan, "--workers", "1", "--out", str(tmp_path)])

    told = capsys.readouterr()
    assert "1 point: 1 done" in told.out
    assert "1 of 1 point," in told.err


@pytest.fixture
def in_database(tmp_path, monkeypatch):
    """Point the environment to a database of the sample."""
    database = tmp_path / "sample.duckdb"
    write_database(open_store(sample_directory()), database)
    monkeypatch.setenv("BASIS_DATA_MODE", "db")
    monkeypatch.setenv("BASIS_DATABASE__URL", f"duckdb:///{database}")
    return database


def test_a_sweep_and_its_report_read_the_database_that_the_environment_names(
    tmp_path, in_database, monkeypatch
):
    plan = write(tmp_path / "plan.yaml", grid={SPOT: [0.5, 0.6]})
    words = ["sweep", plan, "--workers", "1", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "db"), "--report", "0"]) == 0
    monkeypatch.delenv("BASIS_DATA_MODE")
    assert main([*words, "--out", str(tmp_path / "csv")]) == 0

    tables = [tmp_path / x / "sweeps" / "plan" / "table.parquet" for x in ("db", "csv")]
    assert tables[0].read_bytes() == tables[1].read_bytes()
    (run,) = (tables[0].parent / "reports" / "point-00000" / "run").iterdir()
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["data_mode"] == "db"
    assert in_database.is_file()
    page = (run.parents[1] / "report.html").read_text()
    assert "The run is too short to be started later." in page  # its data were found again


@pytest.mark.parametrize("command", ["sweep", "batch"])
def test_a_database_that_is_not_there_is_missing_data(command, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("BASIS_DATA_MODE", "db")
    monkeypatch.setenv("BASIS_DATABASE__URL", f"duckdb:///{tmp_path}/none.duckdb")
    plan = write(tmp_path / "plan.yaml", grid={SPOT: [0.5]})

    assert main([command, plan, "--out", str(tmp_path)]) == 3

    told = capsys.readouterr().err
    assert "none.duckdb" in told
    assert "basis-lab data to-db" in told


def test_a_batch_tells_why_a_case_failed_by_code_and_sentence(tmp_path, capsys):
    plan = write(tmp_path / "plan.yaml", cases=[{"name": "late", "end": "2031-01-01"}])

    assert main(["batch", plan, "--workers", "1", "--out", str(tmp_path), "--quiet"]) == 4

    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "failed: late: DAT-003: the dates lie outside what the data covers"
    assert [x.split(":")[0].strip() for x in lines[1:]] == ["where", "value", "remedy"]
    page = (tmp_path / "batches" / "plan" / "index.html").read_text()
    assert "DAT-003: the dates lie outside" in page
    assert "DataRangeError" not in page


@pytest.mark.parametrize("command", ["sweep", "batch"])
def test_a_key_that_a_plan_gives_twice_is_refused_with_its_line(command, tmp_path, capsys):
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"mode: btc_basis\ngrid:\n  {SPOT}: [0.5]\n  {SPOT}: [0.6]\n")

    assert main([command, str(plan), "--out", str(tmp_path)]) == 2

    told = capsys.readouterr().err
    assert f"the key {SPOT} is given twice" in told
    assert f"{plan}: line 4" in told


@pytest.mark.parametrize("command", ["sweep", "batch"])
@pytest.mark.parametrize(
    "more",
    [
        {"end": "2024-12-01", "grid": {SPOT: [0.5]}},
        {"cases": [{"dates": ["2025-02-01", "2025-01-01"]}]},
    ],
)
def test_a_plan_whose_end_lies_before_its_start_is_bad_usage(command, more, tmp_path, capsys):
    plan = write(tmp_path / "plan.yaml", **more)

    assert main([command, plan, "--out", str(tmp_path)]) == 2

    told = capsys.readouterr().err
    assert "the end lies before the start, 2025-0" in told
    assert not (tmp_path / "sweeps").exists()


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


def test_points_to_report_add_up_and_one_that_failed_is_told_after_the_others(tmp_path, capsys):
    plan = write(tmp_path / "plan.yaml", grid={SPOT: [0.5, 0.6, 0.95]})
    words = ["sweep", plan, "--workers", "1", "--out", str(tmp_path), "--quiet"]

    code = main([*words, "--report", "2,best", "--report", "0", "--report", "1"])

    told = capsys.readouterr()
    place = tmp_path / "sweeps" / "plan" / "reports"
    assert code == 4
    pages = {f"report: {place}/point-{x:05d}/report.html" for x in (0, 1)}
    assert {x for x in told.out.splitlines() if x.startswith("report: ")} == pages
    assert told.err.endswith("point 2 failed, it has no report\n")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--report", "best", "--report", "8"], "8"),
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

    assert code == 2
    assert "nothing" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("batch",), ("sweep", "--report", "best")])
def test_reports_without_the_notebooks_libraries_are_refused_before_anything_runs(
    words, tmp_path, monkeypatch, capsys
):
    plan = tmp_path / "plan.yaml"
    plan.write_text("mode: btc_basis\nstart: 2025-01-01\nend: 2025-01-03\ngrid: {capital: [10000]}")
    monkeypatch.setitem(sys.modules, "papermill", None)

    code = main([words[0], str(plan), "--out", str(tmp_path / "out"), *words[1:]])

    assert code == 2
    assert "pip install -e .[lab]" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
