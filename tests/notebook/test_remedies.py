"""What an error offers in the workbench: buttons as data, and words without flags."""

import re
from dataclasses import replace

import pytest

from basis_lab.errors import (
    ConfigError,
    ConfigProblem,
    DataRangeError,
    MissingDataError,
    StrategyError,
    UsageError,
)
from basis_lab.notebook.case import Case
from basis_lab.notebook.controls import make_controls
from basis_lab.notebook.mending import settings, tried
from basis_lab.notebook.panels.alerts import alert_html
from basis_lab.notebook.remedies import Trouble, in_fields, nearest_bound, remedies
from basis_lab.services.requests import check_request

COVERED = ("2024-01-01", "2025-12-31")


def trouble(error, **given):
    case = Case(**{"mode": "btc_basis", "share_class": "USDT", **given})
    return Trouble(error=error, case=case, covered=COVERED)


def offered(error, **given):
    return {x.label: (x.key, x.value) for x in remedies(trouble(error, **given))}


def test_a_proxy_that_the_error_names_becomes_a_button():
    error = MissingDataError(
        "there is no okx BTC perpetual",
        missing=["perp/okx/BTCUSDT.open"],
        remedy="""--set 'data.proxies={"okx": "binance"}' or a hedge_allocation without okx""",
    )

    found = offered(error)

    assert found["Use binance for okx"] == ("data.proxies", '{"okx": "binance"}')


def test_a_venue_without_data_can_be_left_out_of_the_hedge():
    error = MissingDataError(
        "no okx", missing=["perp/okx/BTCUSDT.open", "funding/okx/BTCUSDT.rate"]
    )

    shares = {"strategy.hedge_allocation": {"binance": 0.25, "bybit": 0.25, "okx": 0.5}}

    found = offered(error, overrides=shares)

    assert found["Hedge without okx"] == (
        "strategy.hedge_allocation",
        '{"binance": 0.5, "bybit": 0.5}',
    )


HOLES = "perp/okx/BTCUSDT (x.csv): first hole 2025-01-20T16:00:00Z, 720 missing"


def test_a_venue_with_holes_can_be_stood_for_by_one_that_has_the_data():
    error = MissingDataError(
        "a series has holes inside the dates of the run",
        missing=["perp/okx/BTCUSDT.open", "funding/okx/BTCUSDT.rate"],
        where=HOLES,
    )
    dates = {"start": "2025-01-01", "end": "2025-02-15"}

    found = offered(error, **dates)
    assert found["Use binance for okx"] == ("data.proxies", '{"okx": "binance"}')
    assert found["End before the first hole, on 2025-01-19"] == ("dates", "2025-01-01/2025-01-19")

    kept = {"data.proxies": {"bybit": "binance"}}
    found = offered(error, overrides=kept, **dates)
    assert found["Use binance for okx"][1] == '{"bybit": "binance", "okx": "binance"}'
    assert "End before" not in str(offered(error, start="2025-01-20", end="2025-02-15"))


def test_no_venue_stands_for_another_where_the_data_is_missing_all_the_same(tmp_path):
    error = MissingDataError("nothing", missing=["perp/okx/BTCUSDT.open"])

    found = offered(error, data_dir=str(tmp_path), start="2025-01-01", end="2025-02-15")

    assert "data.proxies" not in {key for key, _ in found.values()}
    assert "Hedge without okx" in found


def test_each_remedy_about_the_holes_of_real_data_lets_the_run_go_on(real_data):
    case = Case(
        mode="eth_basis",
        share_class="USDT",
        start="2024-08-01",
        end="2025-03-31",
        data_dir=str(real_data),
    )
    with pytest.raises(MissingDataError) as stopped:
        check_request(case.request())
    found = tried(Trouble(error=stopped.value, case=case, covered=("2024-08-01", "2025-03-31")))

    about = [x for x in found if x.key.startswith(("data.", "strategy."))]
    assert [x.label for x in about] == ["Use binance for okx", "Hedge without okx"]
    for remedy in about:
        check_request(replace(case, overrides=settings(remedy)).request())


def test_a_spot_venue_without_spot_is_stood_for_and_not_left_out_of_the_hedge():
    moved = {"strategy.spot_venue": "okx", "strategy.treasury": "okx"}
    case = Case(mode="btc_basis", share_class="USDT", overrides=moved)
    with pytest.raises(MissingDataError) as stopped:
        check_request(case.request())

    found = tried(Trouble(error=stopped.value, case=case, covered=("", "")))

    assert [x.label for x in found] == ["Use binance for okx"]
    check_request(replace(case, overrides={**moved, **settings(found[0])}).request())


def test_no_venue_is_left_out_where_none_would_stay():
    venues = ("binance", "bybit", "okx")
    error = MissingDataError("nothing", missing=[f"perp/{x}/BTCUSDT.open" for x in venues])

    assert offered(error) == {}


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        ("2024-03-01", "2026-02-01", "2024-03-01/2025-12-31"),
        ("2023-03-01", "2024-02-01", "2024-01-01/2024-02-01"),
        ("2020-01-01", "2021-01-01", "2024-01-01/2025-12-31"),
    ],
)
def test_dates_outside_are_cut_to_what_is_covered(start, end, kept):
    found = offered(DataRangeError("outside"), start=start, end=end)

    assert ("dates", kept) in found.values()


def test_a_run_can_end_where_a_table_ends():
    error = DataRangeError("not known", value="its tables reach to 2025-06-30")

    found = offered(error, start="2025-01-01", end="2025-09-01")

    assert found["End on 2025-06-30"] == ("dates", "2025-01-01/2025-06-30")


def test_bars_that_are_too_coarse_offer_their_own_interval():
    told = "perp/okx/BTCUSDT.open (fills): its bars are of 1h, the timesteps of 1m"

    found = offered(MissingDataError("1 series is not there", value=told))

    assert found["Use bars of 1h"] == ("data.bar_interval", '"1h"')


def test_a_foreign_directory_offers_the_default_one():
    error = MissingDataError("no such data directory")

    assert offered(error, data_dir="/nowhere") == {
        "Use the default data directory": ("data_dir", "")
    }
    assert offered(error) == {}


def test_the_largest_value_that_an_error_allows_becomes_a_button():
    problem = ConfigProblem(
        file="eth_leveraged on 2025-01-01",
        key="strategy.target_ltv",
        value=0.95,
        what="entry is not quiet",
        remedy="give strategy.target_ltv of at most 0.9123, a smaller ltv_band, or other limits",
    )

    found = offered(ConfigError([problem]))

    assert found == {"Set target ltv to 0.9123": ("strategy.target_ltv", "0.9123")}


def test_a_scenario_that_is_refused_can_be_left_out():
    problem = ConfigProblem(
        file="configs/scenarios/hold.yaml", key="hold", value=1, what="no", remedy="none"
    )

    found = offered(ConfigError([problem]), scenario="hold")

    assert found == {"Run without the scenario hold": ("scenario", "none")}


def test_what_only_a_person_can_mend_offers_nothing():
    assert offered(UsageError("no")) == {}


@pytest.mark.parametrize(("value", "kept"), [(1.4, "0.99"), (-0.1, "0"), (0.5, None), (True, None)])
def test_a_number_outside_its_bounds_offers_the_nearest_one(value, kept):
    config = Case(mode="btc_basis", share_class="USDT").config()
    spot = next(x for x in make_controls(config, config) if x.key == "strategy.spot_allocation")

    remedy = nearest_bound(replace(spot, value=value))

    assert (None if remedy is None else float(remedy.value)) == (
        None if kept is None else float(kept)
    )


@pytest.mark.parametrize(
    "told",
    [
        "give another directory (--data-dir, data_dir=), or none for the sample",
        """use a proxy: --set 'data.proxies={"okx": "binance"}'""",
        "write --set key.path=value, for instance --set strategy.spot_allocation=0.6",
        "--start",
        "`basis-lab config show MODE` lists every key",
        "choose a longer interval (--interval, interval=), or import finer bars",
        "make room, or choose another directory (--out, save(...))",
        "move it away, or choose another place (--out, --run-id, save(...))",
        "fetch it into another directory with --out",
    ],
)
def test_no_flag_of_the_command_is_told_in_the_workbench(told):
    assert not re.search(r"--[a-z]|basis-lab config", in_fields(told))


def test_a_directory_is_told_as_field_and_as_python():
    error = MissingDataError(
        "no such data directory",
        where="/nowhere",
        remedy="give another directory (--data-dir, data_dir=), or none for the sample",
    )

    html = alert_html(trouble(error, data_dir="/nowhere"), "btc_basis, as shipped")

    assert "workbench(data_dir=...)" in html
    assert "--data-dir" not in html
    assert 'data-do="remedy" data-of="data_dir" data-value=""' in html
    assert 'role="alert"' in html
    assert "DAT-001" in html


def test_an_amount_that_would_do_becomes_a_capital_without_its_commas():
    error = StrategyError(
        "the capital is too small for the lot sizes",
        remedy="use more capital (about 12,000 USDT do), a larger share, or fewer venues",
    )

    assert offered(error) == {"Use a capital of 12,000 USDT": ("capital", "12000")}
