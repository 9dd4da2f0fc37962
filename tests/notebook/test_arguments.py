"""What Python gives the workbench: refused by the argument's name, before anything runs."""

import datetime as dt
from pathlib import Path

import pytest

import basis_lab as bl
from basis_lab.data.catalogue import sample_directory
from basis_lab.errors import UsageError
from basis_lab.notebook import workbench


@pytest.mark.parametrize("call", [workbench, bl.backtest])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("capital", "x"),
        ("capital", -5),
        ("capital", 0),
        ("capital", True),
        ("start", "soon"),
        ("end", "2025-13-01"),
        ("start", 20250101),
        ("overrides", ["strategy.spot_allocation"]),
    ],
)
def test_a_wrong_argument_is_refused_by_its_name(call, name, value):
    with pytest.raises(UsageError) as refused:
        call("btc_basis", **{name: value})

    assert refused.value.where == name
    assert refused.value.value == value
    assert refused.value.remedy


def test_a_directory_that_is_no_path_is_refused_by_its_name():
    with pytest.raises(UsageError, match="where: data_dir; value: 5"):
        workbench("btc_basis", data_dir=5)


def test_dates_and_paths_of_python_are_taken_as_they_are():
    bench = workbench(
        "btc_basis",
        start=dt.date(2025, 1, 1),
        end="2025-01-15",
        capital=50_000,
        data_dir=Path(str(sample_directory())),
    )

    assert bench.failure is None
    assert bench.result.summary["start"].startswith("2025-01-01")
    assert bench.result.summary["initial_capital"] == 50_000.0


@pytest.mark.parametrize(
    ("name", "value"), [("mode", 5), ("mode", None), ("scenario", 5), ("scenarios", 5)]
)
def test_what_names_nothing_is_refused_by_its_argument(name, value):
    with pytest.raises(UsageError) as refused:
        workbench(**{name: value})

    assert refused.value.where == name
    assert repr(value) in str(refused.value)


@pytest.mark.parametrize(
    "given",
    [
        {"scenario": "frictionless"},
        {"scenarios": ("frictionless",)},
        {"scenarios": "frictionless"},
    ],
)
def test_a_scenario_is_taken_by_the_name_that_backtest_has_for_it_too(given):
    bench = workbench("btc_basis", start="2025-01-01", end="2025-01-05", **given)

    assert bench.drawn.scenario == "frictionless"
    assert bench.result.summary["attribution"]["fee"] == 0.0


def test_the_workbench_runs_under_one_scenario():
    with pytest.raises(UsageError, match="one scenario; where: scenarios; value: a, b"):
        workbench("btc_basis", scenario="a", scenarios=("b",))
