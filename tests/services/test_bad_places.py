"""Places that cannot be written to, and run folders that were changed, are told in a sentence."""

import json
import shutil

import pytest

import basis_lab as bl
from basis_lab.cli import main

WEEK = "mode: pure_lending\nstart: 2025-01-01\nend: 2025-01-08\ncases: [{}]\n"


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(WEEK)
    return str(path)


@pytest.mark.parametrize("command", ["sweep", "batch"])
@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_file_in_place_of_the_directory_of_results_is_a_usage_error(
    command, below, plan, tmp_path, capsys
):
    file = tmp_path / "afile"
    file.write_text("mine")

    code = main([command, plan, "--out", str(file / below), "--quiet"])

    told = capsys.readouterr().err
    assert code == 2
    assert told.startswith("CFG-002: a file stands where a folder of results shall be")
    assert f"value:  {file}\n" in told
    assert file.read_text() == "mine"


@pytest.mark.parametrize("command", ["sweep", "batch"])
def test_a_directory_of_results_that_cannot_be_made_is_told(command, plan, monkeypatch, capsys):
    monkeypatch.setenv("BASIS_RESULTS_DIR", "/proc/x")

    code = main([command, plan, "--quiet"])

    told = capsys.readouterr().err
    assert code == 4
    assert told.startswith("BT-006: a folder of results cannot be made")
    assert "BASIS_RESULTS_DIR" in told
    assert "/proc/x" in told


def test_a_backtest_looks_at_its_place_before_it_runs(tmp_path, capsys, monkeypatch):
    file = tmp_path / "afile"
    file.write_text("mine")
    words = ["backtest", "pure_lending", "--start", "2025-01-01", "--end", "2025-01-08", "--out"]

    assert main([*words, str(file)]) == 2
    taken = capsys.readouterr().err
    monkeypatch.setattr("os.access", lambda *_: False)
    assert main([*words, str(tmp_path / "shut")]) == 4
    shut = capsys.readouterr().err

    assert taken.startswith("CFG-002: a file stands where a folder of results shall be")
    assert shut.startswith("BT-006: a folder of results cannot be written to")
    assert "run: " not in taken + shut


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    result = bl.backtest("pure_lending", start="2025-01-01", end="2025-01-08")
    return result.save(tmp_path_factory.mktemp("runs") / "good")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda _: {}, "missing: annualized_return"),
        (lambda _: [1, 2], "not a map"),
        (lambda _: 5, "not a map"),
        (lambda x: {**x, "net_pnl": "abc"}, "net_pnl is 'abc'"),
        (lambda x: {**x, "costs": {"fee": "abc"}}, "costs is {'fee': 'abc'}"),
        (lambda x: {**x, "run_id": 7}, "run_id is 7"),
        (lambda x: {**x, "start": "never"}, "start is 'never'"),
        (lambda x: {**x, "net_pnl": None}, "net_pnl is None"),
        (lambda x: {**x, "attribution": {"fee": 1.0}}, "missing: basis, borrow_cost"),
    ],
)
def test_a_summary_that_no_run_wrote_is_not_compared(change, told, run, tmp_path, capsys):
    bad = tmp_path / "bad"
    shutil.copytree(run, bad)
    path = bad / "summary.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))

    code = main(["compare", str(run), str(bad)])

    seen = capsys.readouterr()
    assert code == 2
    assert seen.err.startswith("BT-001: a file of this run is not whole")
    assert told in seen.err
    assert str(path) in seen.err
    assert seen.out == ""
    assert main(["compare", str(run), str(run)]) == 0


def _cut(content):
    return content[: len(content) // 2]


def _without_last_row(content):
    return b"".join(content.splitlines(keepends=True)[:-1])


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("summary.json", lambda _: b"{}"),
        ("summary.json", _cut),
        ("manifest.json", lambda _: b'{"product": "basis_lab"}'),
        ("manifest.json", _cut),
        ("config.yaml", lambda _: b"mode: ["),
        ("config.yaml", lambda _: b"mode: pure_lending\n"),
        ("hourly_pnl.csv", _cut),
        ("hourly_pnl.csv", lambda x: x.replace(b",nav_per_share,", b",nav,", 1)),
        ("hourly_pnl.csv", lambda _: b"\xff\xfe\x00"),
        ("balance_sheet.csv", _without_last_row),
        ("risk.csv", lambda _: b""),
        ("exposure.csv", _without_last_row),
        ("event_log.csv", _without_last_row),
        ("event_log.csv", _cut),
    ],
)
def test_a_run_whose_file_was_spoiled_is_not_reported(name, spoil, run, tmp_path, capsys):
    bad = tmp_path / "bad"
    shutil.copytree(run, bad)
    path = bad / name
    path.write_bytes(spoil(path.read_bytes()))

    code = main(["report", str(bad)])

    told = capsys.readouterr().err
    assert code == 2
    assert told.startswith("BT-001: a file of this run is not whole\n")
    assert str(path) in told
    assert "run it again" in told
    assert not (bad / "report.ipynb").exists()


def test_a_run_without_its_manifest_is_neither_reported_nor_compared(run, tmp_path, capsys):
    bad = tmp_path / "bad"
    shutil.copytree(run, bad)
    (bad / "manifest.json").unlink()

    codes = [main(["report", str(bad)]), main(["compare", str(run), str(bad)])]

    assert codes == [2, 2]
    assert capsys.readouterr().err.count("missing: manifest.json") == 2


def test_a_run_that_was_not_spoiled_is_whole(run):
    bl.open_result(run).require_whole()
