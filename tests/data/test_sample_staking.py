"""The sample's staking tokens and rewards, against the published figures they are shaped by."""

import numpy as np
import pytest

from basis_lab.data.catalogue import default_store


@pytest.fixture(scope="module")
def store():
    return default_store()


def at(series, day, field="rate"):
    return series.fields[field][np.searchsorted(series.times, np.datetime64(day))]


@pytest.mark.parametrize(
    ("token", "first", "last"), [("weETH", 1.03817, 1.07787), ("wstETH", 1.16639, 1.21494)]
)
def test_rates_pass_through_the_published_levels(store, token, first, last):
    rate = store.read(f"lst/aave/{token}")

    assert at(rate, "2024-05-13") == pytest.approx(first, abs=1e-8)
    assert at(rate, "2025-09-29") == pytest.approx(last, abs=1e-8)
    assert (np.diff(rate.fields["rate"]) > 0.0).all()


@pytest.mark.parametrize("token", ["weETH", "wstETH"])
def test_the_rate_is_the_ratio_of_the_oracle_prices(store, token):
    rate = store.read(f"lst/aave/{token}")
    lst, weth = store.read(f"aave/ethereum/{token}"), store.read("aave/ethereum/WETH")

    since = len(weth.times) - len(lst.times)
    ratio = lst.fields["price_usd"] / weth.fields["price_usd"][since:]
    np.testing.assert_allclose(rate.fields["rate"], ratio, rtol=2e-9)


@pytest.mark.parametrize(
    ("key", "ordinary_bps", "worst_bps"),
    [("lst_market/curve/weETH", 6.0, 140.0), ("lst_market/uniswap/wstETH", 4.0, 133.0)],
)
def test_quotes_trade_under_the_rate_and_fall_on_known_days(store, key, ordinary_bps, worst_bps):
    quote = store.read(key)
    token = key.rpartition("/")[2]
    rate = np.repeat(store.read(f"lst/aave/{token}").fields["rate"], 24)
    discount = (1.0 - quote.fields["rate"] / rate) * 1e4

    assert np.median(discount) == pytest.approx(ordinary_bps, abs=2.0)
    assert discount.max() == pytest.approx(worst_bps, abs=12.0)
    assert quote.times[discount.argmax()] == np.datetime64("2024-08-05T01")


def test_eigen_pays_what_it_paid(store):
    rewards = store.read("rewards/etherfi/EIGEN").fields
    units = rewards["token_amount"] / rewards["eeth_total"]

    assert (rewards["token_amount"][0], rewards["eeth_total"][0]) == (2_478_088.0, 2_012_794.0)
    assert 0.16 < units[1:].min() < units[1:].max() < 0.21
    starts, ends = rewards["period_start"], rewards["period_end"]
    assert (starts[1:] == ends[:-1] + 86_400.0).all()


@pytest.mark.parametrize(("day", "apr"), [("2024-12-14", 0.010), ("2025-08-16", 0.0028)])
def test_eigen_is_worth_what_it_was(store, day, apr):
    rewards, price = store.read("rewards/etherfi/EIGEN"), store.read("dex/uniswapv3/EIGENWETH")

    units = at(rewards, day, "token_amount") / at(rewards, day, "eeth_total")

    assert 52.0 * units * at(price, day, "open") == pytest.approx(apr, rel=0.35)


def test_top_ups_and_seasons_name_their_stake(store):
    for name in ("ETHFI", "SEASONAL"):
        rewards = store.read(f"rewards/etherfi/{name}").fields
        assert (rewards["eeth_total"] > 1e6).all()
        assert (rewards["period_end"] > rewards["period_start"]).all()


@pytest.mark.parametrize(
    ("token", "year", "supply"),
    [
        ("weETH", 2024, 0.0015),
        ("weETH", 2025, 3e-5),
        ("wstETH", 2024, 3e-4),
        ("wstETH", 2025, 9e-4),
    ],
)
def test_collateral_yields_next_to_nothing(store, token, year, supply):
    pool = store.read(f"aave/ethereum/{token}")
    inside = pool.times.astype("datetime64[Y]") == np.datetime64(str(year))

    assert pool.fields["supply_rate"][inside].mean() == pytest.approx(supply, rel=0.1)
