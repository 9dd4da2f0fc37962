"""One point of a sweep, run in this process: figures, or the row of its error."""

from dataclasses import replace

import pytest

import basis_lab as bl
from basis_lab.errors import MissingDataError, SweepError
from basis_lab.services.cases import Case
from basis_lab.services.keys import code_digest, config_digest, data_digest
from basis_lab.services.points import Ground, failure, run_point

WEEK = {"start": "2025-01-01", "end": "2025-01-08"}
CASE = Case(name="a", mode="pure_lending", **WEEK)


def test_a_point_has_the_figures_of_its_backtest():
    row = run_point(CASE, Ground.here(None))

    summary = bl.backtest("pure_lending", **WEEK).summary
    assert row["status"] == summary["status"] == "completed"
    assert row["error"] is None
    assert row["net_pnl"] == summary["net_pnl"]
    assert row["costs.gas"] == summary["costs"]["gas"]


def test_a_refused_point_is_a_row_with_its_code():
    row = run_point(replace(CASE, overrides={"strategy.reserve_ratio": 7.0}), Ground.here(None))

    assert row["status"] == "failed"
    assert row["code"] == "CFG-001"
    assert "strategy.reserve_ratio" in row["error"]


@pytest.mark.parametrize("other", ["code", "data", "configuration"])
def test_a_worker_on_other_ground_refuses(other):
    ground = replace(Ground.here(None), **{other: "0" * 64})

    row = run_point(CASE, ground)

    assert row["code"] == SweepError.code
    assert f"other {other}" in row["error"]


def test_a_defect_is_told_by_its_name():
    row = failure(ZeroDivisionError("division by zero"))

    assert row == {
        "status": "failed",
        "code": "BAS-000",
        "error": "ZeroDivisionError: division by zero",
    }


def test_the_same_ground_has_the_same_digests_and_an_own_file_another(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("scenario: own\nmeaning: nothing\n")
    case = replace(CASE, scenarios=(str(own),))
    one = config_digest(case.scenarios)

    own.write_text("scenario: own\nmeaning: something\n")

    assert config_digest(case.scenarios) != one
    assert config_digest([CASE.mode]) == config_digest([CASE.mode])
    assert code_digest() == code_digest()


def test_a_raw_directory_is_another_after_a_change(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("a")
    one = data_digest(tmp_path)

    file.write_text("ab")

    assert data_digest(tmp_path) != one
    with pytest.raises(MissingDataError):
        data_digest(tmp_path / "nothing")
