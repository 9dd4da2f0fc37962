"""From a request to dates, data and configuration."""

import numpy as np
import pytest

from basis_lab.errors import DataRangeError, MissingDataError, UsageError
from basis_lab.services.requests import BacktestRequest, check_request

DAY = np.timedelta64(1, "D")


def dates(**asked):
    checked = check_request(BacktestRequest(mode="pure_lending", share_class="USDT", **asked))
    return str(checked.start), str(checked.end)


def test_without_dates_a_run_takes_the_last_365_days():
    checked = check_request(BacktestRequest(mode="btc_basis"))
    _, last = checked.provider.coverage()

    assert checked.end == last
    assert checked.end - checked.start == 365 * DAY


def test_an_end_alone_takes_the_365_days_before_it():
    assert dates(end="2025-06-01") == ("2024-06-01T00:00:00", "2025-06-01T00:00:00")


def test_an_end_soon_after_the_data_begins_takes_what_there_is():
    checked = check_request(BacktestRequest(mode="btc_basis", end="2024-03-01"))

    assert checked.start == checked.provider.coverage()[0]


def test_a_start_alone_runs_to_the_end_of_the_data():
    start, end = dates(start="2025-12-01")

    assert start == "2025-12-01T00:00:00"
    assert end > "2025-12-30"


def test_times_with_a_zone_are_brought_to_utc():
    start, _ = dates(start="2024-06-01T02:00+02:00", end="2024-06-08")

    assert start == "2024-06-01T00:00:00"


def test_capital_and_share_class_have_the_defaults_of_their_files():
    checked = check_request(BacktestRequest(mode="pure_lending", share_class="ETH"))

    assert checked.capital == checked.config.share_class.default_capital == 100.0


@pytest.mark.parametrize(
    ("variable", "limit"),
    [("BASIS_DATA_START_DATE", "2024-06-02"), ("BASIS_DATA_END_DATE", "2024-06-07")],
)
def test_the_environment_limits_the_dates(monkeypatch, variable, limit):
    monkeypatch.setenv(variable, limit)

    with pytest.raises(DataRangeError) as caught:
        dates(start="2024-06-01", end="2024-06-08")

    assert caught.value.where == variable


def test_the_edges_that_the_environment_allows_are_inside(monkeypatch):
    monkeypatch.setenv("BASIS_DATA_START_DATE", "2024-06-01")
    monkeypatch.setenv("BASIS_DATA_END_DATE", "2024-06-08")

    assert dates(start="2024-06-01", end="2024-06-08")[0] == "2024-06-01T00:00:00"


def test_a_date_that_cannot_be_read_is_refused():
    with pytest.raises(UsageError, match="not a date"):
        dates(start="1 June")


def test_a_directory_without_its_database_is_refused_in_database_mode(tmp_path):
    with pytest.raises(MissingDataError, match="no such database"):
        check_request(
            BacktestRequest(mode="pure_lending", data_mode="db", data_dir=tmp_path / "mine")
        )
