"""Prices that protocols publish are held against what their assets are worth elsewhere."""

import numpy as np
import pytest

from basis_lab.data.checks.peers import Peer
from basis_lab.data.checks.rows import Rows
from basis_lab.data.checks.table import check_markets
from basis_lab.data.series import BAR_KINDS, DatasetId, DatasetKind

DAYS, PLACE = 30, 12
HOURS = 24 * DAYS
OPENS = 3000.0 * np.exp(np.random.default_rng(2).normal(0.0, 0.004, HOURS).cumsum())
RATE = 1.04 * np.exp(np.arange(DAYS) * 8e-5)
FIELDS = {
    DatasetKind.AAVE: "price_usd",
    DatasetKind.ORACLE: "price",
    DatasetKind.LST: "rate",
    DatasetKind.LST_MARKET: "rate",
}


def peer(kit, name, values, late_s=0):
    dataset = DatasetId.parse(name)
    hourly = len(values) == HOURS
    late = np.timedelta64(late_s, "s")
    times = (kit.hours(HOURS) if hourly else kit.days(DAYS)) + late
    fields = {FIELDS.get(dataset.kind, "open"): np.asarray(values, dtype=float)}
    if dataset.kind in BAR_KINDS:
        fields |= {"high": 1.004 * values, "low": values / 1.004}
    rows = Rows(kind=dataset.kind, times=times, fields=fields, interval_s=3600 if hourly else 86400)
    return Peer(dataset=dataset, file=f"{name}.csv", rows=rows, derived=False)


def world(kit, **changed):
    """Return what is found in a directory in which some published prices were changed."""
    daily = OPENS[::24]
    shown = {
        "spot/binance/ETHUSDT": OPENS,
        "aave/ethereum/WETH": daily,
        "aave/ethereum/weETH": daily * RATE,
        "aave/ethereum/USDT": np.full(DAYS, 0.9993),
        "oracle/aave/USDTUSD": np.full(DAYS, 0.9993),
        "oracle/feed/WETHUSD": OPENS,
        "oracle/feed/weETHUSD": OPENS * np.repeat(RATE, 24),
        "lst/aave/weETH": RATE,
        "lst_market/curve/weETH": np.repeat(RATE, 24) * 0.9998,
    }
    peers = [
        peer(kit, name, changed.get(name, values), 1234 if "feed" in name else 0)
        for name, values in shown.items()
    ]
    return [
        (x.name, str(y.dataset), z)
        for x, y, z in check_markets(peers)
        if x.name.startswith("oracle")
    ]


def shifted(kit, hours, names, venues=("spot/binance/ETHUSDT", "perp/bybit/ETHUSDT")):
    """Return what is found where the snapshots of some reserves carry labels of another zone."""
    days = 200
    noise = np.random.default_rng(8)
    opens = 3000.0 * np.exp(noise.normal(0.0, 0.005, 24 * days).cumsum())
    rate = {"weETH": 1.04 * np.exp(np.arange(days) * 8e-5), "WETH": 1.0, "USDT": 0.0}
    peers = []
    for name in venues:
        rows = Rows(kind=DatasetKind.SPOT, times=kit.hours(24 * days), fields={"open": opens},
                    interval_s=3600)  # fmt: skip
        peers.append(Peer(dataset=DatasetId.parse(name), file=name, rows=rows, derived=False))
    for asset, factor in rate.items():
        heard = opens[::24] * np.exp(noise.normal(0.0, 0.001, days))  # a feed moves by steps
        prices = heard * factor if asset != "USDT" else np.full(days, 0.9993)
        moved = np.timedelta64(hours if asset in names else 0, "h")
        rows = Rows(kind=DatasetKind.AAVE, times=kit.days(days) + moved,
                    fields={"price_usd": prices}, interval_s=86400)  # fmt: skip
        dataset = DatasetId.parse(f"aave/ethereum/{asset}")
        peers.append(Peer(dataset=dataset, file=asset, rows=rows, derived=False))
    return [(y.file, z) for x, y, z in check_markets(peers) if x.name == "label-shift"]


@pytest.mark.parametrize("hours", [-5, 1, 8])
@pytest.mark.parametrize("asset", ["WETH", "weETH"])
def test_snapshots_labelled_in_another_zone_are_told_by_their_price_of_eth(kit, hours, asset):
    ((told, defect),) = shifted(kit, hours, {asset})

    assert (told, defect.value) == (asset, hours)
    assert defect.remedy.endswith(f"shift-labels={-hours}h@aave/ethereum/{asset}")
    assert "nothing tells which" not in defect.what


def test_snapshots_in_utc_and_a_reserve_of_dollars_tell_no_shift(kit):
    assert shifted(kit, 8, {"USDT"}) == []


def test_of_snapshots_and_one_series_of_bars_either_may_be_shifted(kit):
    ((_, defect),) = shifted(kit, 8, {"WETH"}, ("spot/binance/ETHUSDT",))

    assert "nothing tells which" in defect.what


def one_off(values, factor, place=PLACE):
    return np.where(np.arange(len(values)) == place, factor * np.asarray(values), values)


def told(found):
    return [(check, dataset) for check, dataset, _ in found]


def test_prices_that_agree_with_their_market_raise_no_alarm(kit):
    assert world(kit) == []


@pytest.mark.parametrize("factor", [100.0, 0.01, 1.5])
@pytest.mark.parametrize("name", ["aave/ethereum/USDT", "oracle/aave/USDTUSD"])
def test_a_dollar_in_another_unit_is_refused(kit, name, factor):
    found = world(kit, **{name: np.full(DAYS, 0.9993 * factor)})

    assert told(found) == [("oracle-price", name)]
    assert len(found[0][2].places) == DAYS
    assert f"{DAYS} prices of USDT in USD lie beyond one dollar" in found[0][2].what


@pytest.mark.parametrize(
    ("level", "check"),
    [(0.995, None), (0.98, "oracle-flag"), (0.95, "oracle-alert"), (0.7, "oracle-price")],
)
def test_the_further_a_dollar_is_from_one_the_worse(kit, level, check):
    prices = one_off(np.full(DAYS, 1.0), level)

    found = world(kit, **{"oracle/aave/USDTUSD": prices})

    assert [x[0] for x in found] == ([] if check is None else [check])
    assert [x[2].places.tolist() for x in found] == ([] if check is None else [[PLACE]])


@pytest.mark.parametrize(
    ("name", "prices"),
    [("aave/ethereum/WETH", OPENS[::24]), ("oracle/feed/WETHUSD", OPENS)],
)
def test_the_price_of_wrapped_ether_is_held_against_the_bars_around_it(kit, name, prices):
    found = world(kit, **{name: one_off(prices, 1.25)})

    # A feed of ETH is what the feed of the staking token beside it is divided by.
    assert told(found)[0] == ("oracle-price", name)
    assert found[0][2].places.tolist() == [PLACE]
    assert "all bars around it (spot/binance/ETHUSDT)" in found[0][2].what


def test_wrapped_bitcoin_is_held_against_the_bars_of_bitcoin_and_what_has_none_against_nothing(kit):
    bars, daily = peer(kit, "spot/binance/BTCUSDT", 20.0 * OPENS), 20.0 * OPENS[::24]
    shown = {"aave/ethereum/WBTC": 1.3 * daily, "oracle/aave/WBTCUSD": daily,
             "aave/ethereum/LINK": daily}  # fmt: skip

    found = check_markets([bars, *(peer(kit, x, y) for x, y in shown.items())])

    assert [(x.name, str(y.dataset)) for x, y, _ in found] == [
        ("oracle-price", "aave/ethereum/WBTC")
    ]


def test_a_feed_at_another_moment_than_the_bars_is_measured_by_what_they_span(kit):
    late = OPENS * 1.0035  # within the bar's high

    assert world(kit, **{"oracle/feed/WETHUSD": late}) == []
    # In the middle of an hour no bar opens; a price six per cent off is told all the same.
    found = world(kit, **{"oracle/feed/WETHUSD": one_off(OPENS, 1.06)})
    assert ("oracle-alert", "oracle/feed/WETHUSD") in told(found)


def test_a_staking_token_at_a_hundred_times_its_price_is_refused(kit):
    found = world(kit, **{"aave/ethereum/weETH": 100.0 * OPENS[::24] * RATE})

    assert told(found) == [("oracle-price", "aave/ethereum/weETH")]
    assert "twice or half of all bars around it" in found[0][2].what


def test_a_rate_at_a_hundred_times_itself_is_no_rate_of_ether(kit):
    found = world(kit, **{"lst/aave/weETH": 100.0 * RATE})

    assert ("oracle-price", "lst/aave/weETH") in told(found)


def test_a_true_depeg_on_a_feed_of_dollars_is_a_note_at_its_row(kit):
    feed = OPENS * np.repeat(RATE, 24)

    found = world(kit, **{"oracle/feed/weETHUSD": one_off(feed, 1.0 - 0.0133)})

    assert told(found) == [("oracle-flag", "oracle/feed/weETHUSD")]
    assert "1 price of weETH in ETH lies beyond lst/aave/weETH, by -1.33%" in found[0][2].what


def test_a_quote_before_any_rate_was_published_is_measured_by_nothing_but_one_ether(kit):
    quotes = one_off(np.repeat(RATE, 24), 1.3, 5)
    late = peer(kit, "lst/aave/weETH", RATE, late_s=86400)
    peers = [late, peer(kit, "lst_market/curve/weETH", quotes)]

    assert [x for x, _, _ in check_markets(peers) if x.name.startswith("oracle")] == []
