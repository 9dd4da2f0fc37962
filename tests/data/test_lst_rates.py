"""A staking rate made of a wrong oracle price is refused, and one with holes is not."""

import numpy as np
import pytest

from basis_lab.data.catalogue import open_store
from basis_lab.data.check import check_store
from basis_lab.data.checks.lst_rates import find_false_rates
from basis_lab.data.checks.rows import Rows
from basis_lab.data.findings import Severity
from basis_lab.data.series import DatasetKind

DAYS, PLACE = 120, 70
RATE = 1.04 * np.exp(np.random.default_rng(2).uniform(5e-5, 1.5e-4, DAYS).cumsum())
ETH = 3000.0 * np.exp(np.random.default_rng(4).normal(0.0, 0.03, DAYS).cumsum())


def found(kit, rate, kept=slice(None)):
    rows = Rows(kind=DatasetKind.LST, times=kit.days(DAYS)[kept], fields={"rate": rate[kept]},
                interval_s=86400)  # fmt: skip
    return [x.places.tolist() for x in find_false_rates(rows)]


@pytest.mark.parametrize("factor", [2.0, 0.9, 1.012, 0.99])
@pytest.mark.parametrize("place", [0, 3, PLACE, DAYS - 1])
def test_a_rate_that_leaves_its_neighbours_for_a_day_is_found(kit, factor, place):
    rate = RATE.copy()
    rate[place] *= factor

    # Of the first or last two rows nothing tells which is off.
    assert min(abs(x - place) for x in found(kit, rate)[0]) <= (1 if place in {0, DAYS - 1} else 0)


@pytest.mark.parametrize("factor", [0.99, 1.012])
def test_a_rate_that_moves_for_good_is_found(kit, factor):
    assert found(kit, np.where(np.arange(DAYS) < PLACE, RATE, factor * RATE))


def test_a_rate_after_a_hole_of_two_months_is_no_false_one(kit):
    kept = np.r_[0:20, 80:DAYS]

    assert found(kit, RATE) == []
    assert found(kit, RATE, kept) == []


def write(folder, spoilt=None, factor=1.0, assets=("WETH", "weETH")):
    """Write the snapshots of reserves, one price of one of them multiplied."""
    rates = "currentLiquidityRate,currentVariableBorrowRate,totalAToken,totalVariableDebt"
    header = f"timestamp,liquidityIndex,variableBorrowIndex,{rates},price\n"
    for asset in assets:
        prices = ETH if asset == "WETH" else ETH * RATE
        lines = [header]
        for day in range(DAYS):
            price = prices[day] * (factor if (asset, day) == (spoilt, PLACE) else 1.0)
            index = [np.exp(0.02 * day / 365.0), np.exp(0.03 * day / 365.0)]
            stamp = 1717200000 + 86400 * day
            lines.append(f"{stamp},{index[0]},{index[1]},0.02,0.03,1000,700,{price}\n")
        name = f"aave_v3_ethereum_{asset}_rates_daily.csv"
        (folder / name).write_text("".join(lines))


@pytest.mark.parametrize(("asset", "factor"), [("weETH", 2.0), ("weETH", 1.012), ("WETH", 0.98)])
def test_a_wrong_oracle_price_of_one_day_stops_the_rate_made_of_it(tmp_path, asset, factor):
    write(tmp_path)
    clean = check_store(open_store(tmp_path))
    write(tmp_path, asset, factor)
    spoilt = check_store(open_store(tmp_path))

    assert any(x.startswith("lst/aave/weETH") for x in clean.good)
    assert [x for x in clean.findings if x.severity is Severity.ERROR] == []
    assert not any(x.startswith("lst/aave/weETH") for x in spoilt.good)
    errors = [x.what for x in spoilt.findings if x.severity is Severity.ERROR]
    assert any("rate leaves the rows around it" in x for x in errors)


@pytest.mark.parametrize("spoilt", ["WETH", "weETH", "wstETH"])
def test_the_likelier_of_the_two_files_is_named_where_another_token_tells(tmp_path, spoilt):
    write(tmp_path, spoilt, 0.97, assets=("WETH", "weETH", "wstETH"))

    found = check_store(open_store(tmp_path)).findings

    told = [x.what for x in found if x.check == "lst-rate"]
    assert len(told) == (2 if spoilt == "WETH" else 1)
    name = f"aave_v3_ethereum_{spoilt}_rates_daily.csv"
    assert all(f"likelier wrong is the price of {name}" in x for x in told)
