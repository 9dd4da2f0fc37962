"""The environment of a backtest, and what loading a configuration may import."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from basis_lab.config import read_environment
from basis_lab.config.environment import VARIABLES
from basis_lab.errors import ConfigError, UsageError


def test_an_empty_environment_means_a_backtest_on_the_repository_data():
    environment = read_environment({"BASIS_DATA_DIR": ""})

    assert environment.environment == "dev"
    assert environment.execution_mode == "backtest"
    assert environment.data_mode == "csv"
    assert environment.log_level == "INFO"
    assert environment.data_dir is None
    assert environment.data_start is None


def test_every_variable_is_read():
    environment = read_environment(
        {
            "BASIS_ENVIRONMENT": "prod",
            "BASIS_EXECUTION_MODE": "paper",
            "BASIS_DATA_MODE": "db",
            "BASIS_DATA_DIR": "some/data",
            "BASIS_RESULTS_DIR": "some/results",
            "BASIS_DATA_START_DATE": "2024-01-01",
            "BASIS_DATA_END_DATE": "2024-06-01T02:00:00+02:00",
            "BASIS_LOG_LEVEL": "DEBUG",
        }
    )

    assert environment.environment == "prod"
    assert environment.execution_mode == "paper"
    assert environment.data_mode == "db"
    assert environment.data_dir == Path("some/data")
    assert environment.results_dir == Path("some/results")
    assert environment.data_start == dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    assert environment.data_end == dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
    assert environment.log_level == "DEBUG"


def test_wrong_values_are_refused_by_name_all_at_once():
    wrong = {
        "BASIS_ENVIRONMENT": "production",
        "BASIS_EXECUTION_MODE": "test",
        "BASIS_DATA_MODE": "parquet",
        "BASIS_DATA_START_DATE": "yesterday",
        "BASIS_LOG_LEVEL": "LOUD",
    }

    with pytest.raises(ConfigError) as refused:
        read_environment(wrong)

    assert {x.key: x.value for x in refused.value.problems} == wrong


def test_an_end_before_the_start_is_refused():
    dates = {"BASIS_DATA_START_DATE": "2024-02-01", "BASIS_DATA_END_DATE": "2024-01-01"}

    with pytest.raises(ConfigError) as refused:
        read_environment(dates)

    assert refused.value.problems[0].key == "BASIS_DATA_END_DATE"


def test_a_backtest_is_refused_while_live_trading_is_set():
    live = read_environment({"BASIS_EXECUTION_MODE": "live"})

    with pytest.raises(UsageError) as refused:
        live.require_backtest()

    assert refused.value.where == "BASIS_EXECUTION_MODE"
    assert refused.value.exit_code == 2


def test_a_backtest_is_allowed_otherwise():
    read_environment({}).require_backtest()


def test_a_misspelt_variable_is_told_with_the_one_that_it_may_mean():
    told = []

    environment = read_environment(
        {"BASIS_DATA_DIRR": "x", "BASIS_ZZZZZZZZZZ": "y", "BASIL": "z"}, warn=told.append
    )

    assert environment.data_dir is None
    named = "warning: nothing reads the environment variable BASIS_"
    listed = "configs/env/basis.env.example lists them all\n"
    assert told == [
        f"{named}DATA_DIRR; did you mean BASIS_DATA_DIR? {listed}",
        f"{named}ZZZZZZZZZZ; {listed}",
    ]


def test_a_warning_never_tells_a_value():
    told = []

    read_environment({"BASIS_PROD__CEX__BYBIT_SECRT": "hunter2"}, warn=told.append)

    assert "BASIS_PROD__CEX__BYBIT_SECRET" in told[0]
    assert "hunter2" not in told[0]


def test_every_variable_that_ships_is_known():
    told = []

    read_environment(dict.fromkeys(VARIABLES, ""), warn=told.append)

    assert told == []


def test_credentials_are_never_read():
    asked = set()

    class Watched(dict):
        def get(self, key, default=None):
            asked.add(key)
            return super().get(key, default)

    read_environment(Watched())

    assert asked
    assert not any("KEY" in x or "SECRET" in x or "TOKEN" in x for x in asked)


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import basis_lab.config", ["pydantic", "pandas"]),
        ("from basis_lab.config import load_config; load_config('btc_basis')", ["pandas"]),
        ("from basis_lab.config import read_environment; read_environment()", ["pydantic"]),
    ],
)
def test_heavy_libraries_stay_out(code, absent):
    check = f"{code}; import sys; print([x for x in {absent} if x in sys.modules])"

    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
