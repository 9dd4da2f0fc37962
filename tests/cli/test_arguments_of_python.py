"""What Python gives the functions of the package is refused in a sentence, by its argument."""

import numpy as np
import pandas as pd
import pytest

import basis_lab as bl
from basis_lab.errors import BasisLabError, MissingDataError, ResultError, UsageError

DATES = {"start": "2025-03-01", "end": "2025-03-02"}
PLAN = {"mode": "btc_basis", **DATES, "grid": {"strategy.spot_allocation": [0.6]}}
HUGE = 10**400  # no float holds it


@pytest.fixture(scope="module")
def run():
    return bl.backtest("btc_basis", **DATES)


@pytest.mark.parametrize("call", [bl.backtest, bl.stress, bl.load_config])
@pytest.mark.parametrize("mode", [None, 5, "", b"btc_basis"])
def test_a_mode_that_is_no_name_is_refused(call, mode):
    with pytest.raises(UsageError, match="where: mode") as refused:
        call(mode)

    assert refused.value.value == repr(mode)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("share_class", 3),
        ("capital", float("inf")),
        ("capital", float("nan")),
        ("capital", HUGE),
        ("overrides", {1: 2}),
        ("scenarios", 3),
        ("scenarios", (3,)),
        ("scenarios", None),
        ("data_dir", 3),
        ("data_dir", ""),
        ("data_mode", "sql"),
        ("stride", "long"),
        ("stride", 0),
        ("stride", 1.5),
        ("stride", True),
        ("start", pd.NaT),
        ("start", np.datetime64("NaT")),
        ("end", "NaT"),
    ],
)
def test_an_argument_of_a_backtest_is_refused_by_its_name(name, value):
    with pytest.raises(UsageError) as refused:
        bl.backtest("btc_basis", **{**DATES, name: value})

    assert refused.value.where == name
    assert refused.value.remedy


def test_numbers_and_moments_of_numpy_are_taken_as_those_of_python(run):
    same = bl.backtest(
        "btc_basis",
        start=np.datetime64("2025-03-01"),
        end=pd.Timestamp("2025-03-02"),
        capital=np.int64(100_000),
        stride=np.int64(7),
    )

    assert same.summary == run.summary


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", "two"),
        ("workers", 0),
        ("workers", 1.5),
        ("scheduler", 3),
        ("out", 3),
        ("data_dir", 3),
        ("watch", 3),
    ],
)
def test_an_argument_of_a_sweep_is_refused_by_its_name(name, value):
    with pytest.raises(UsageError) as refused:
        bl.sweep(PLAN, **{name: value})

    assert refused.value.where == name
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("call", "where"),
    [
        (lambda _: bl.stress("btc_basis", 3), "scenarios"),
        (lambda _: bl.stress("btc_basis", under=3), "under"),
        (lambda _: bl.sweep(None), "plan"),
        (lambda _: bl.sweep(3), "plan"),
        (lambda _: bl.open_result(None), "path"),
        (lambda _: bl.open_sweep(3), "path"),
        (lambda _: bl.data_catalogue(3), "data_dir"),
        (lambda _: bl.modes(share_class=3), "share_class"),
        (lambda _: bl.modes(risk_level=3), "risk_level"),
        (lambda _: bl.load_config("btc_basis", overrides={1: 2}), "overrides"),
        (lambda _: bl.load_config("btc_basis", scenarios=3), "scenarios"),
        (lambda run: run.save(None), "directory"),
        (lambda run: run.save(""), "directory"),
        (bl.compare, "compare"),
        (lambda run: bl.compare([run]), "compare"),
        (lambda run: bl.compare([run, "outputs/other"]), "runs"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_was_given(run, call, where):
    with pytest.raises(UsageError) as refused:
        call(run)

    assert refused.value.where == where
    assert refused.value.remedy


def test_one_scenario_by_its_name_is_as_good_as_a_list_of_it():
    assert bl.load_config("btc_basis", scenarios="hold") == bl.load_config(
        "btc_basis", scenarios=["hold"]
    )


def test_a_remedy_names_the_argument_of_python_beside_the_option(run, tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    calls = {
        "data_dir=": lambda: bl.backtest("btc_basis", data_dir="/nowhere/at/all"),
        "save(...)": lambda: run.save(tmp_path),
        "out=": lambda: bl.sweep(PLAN, resume=True),
        "resume=True": lambda: bl.sweep(PLAN, retry_failed=True),
    }

    for told, call in calls.items():
        with pytest.raises(BasisLabError) as refused:
            call()

        assert told in refused.value.remedy
        assert isinstance(refused.value, MissingDataError | ResultError | UsageError)
