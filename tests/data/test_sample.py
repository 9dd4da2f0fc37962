"""The embedded sample: the same numbers every time, shaped like the years it stands for."""

import numpy as np
import pytest

from basis_lab.data.catalogue import default_store, sample_directory
from basis_lab.data.sample import make_sample, write_sample
from basis_lab.data.sample_market import clamped_rate

VENUES = ("binance", "bybit", "okx")
LATER = {
    "weETH": np.datetime64("2024-04-01"),
    "EIGENWETH": np.datetime64("2024-10-01"),
    "ETHFIWETH": np.datetime64("2024-04-01"),
}


@pytest.fixture(scope="module")
def store():
    return default_store()


@pytest.fixture(scope="module")
def made():
    return {x.id: x for x in make_sample()}


def test_the_committed_files_are_what_the_generator_makes(store, made):
    assert set(store.ids()) == set(made)
    for name, dataset in made.items():
        series = store.read(name)
        assert series.times.tolist() == dataset.times.tolist()
        for field, ticks in dataset.ticks.items():
            stored = np.rint(series.fields[field] * dataset.ticks_per_unit[field])
            # Another machine's exponential may round one tick the other way.
            assert np.abs(stored - ticks).max() <= 1.0, f"{name}.{field}"


def test_writing_twice_writes_the_same_bytes(tmp_path):
    write_sample(tmp_path / "a")
    write_sample(tmp_path / "b")

    for path in sorted((tmp_path / "a").rglob("*.*")):
        other = tmp_path / "b" / path.relative_to(tmp_path / "a")
        assert path.read_bytes() == other.read_bytes()


def test_the_sample_is_small_and_says_that_it_is_synthetic(store):
    size = sum(x.stat().st_size for x in sample_directory().rglob("*") if x.is_file())

    assert size < 6_000_000
    assert all(x.synthetic and "synthetic" in x.notes[0] for x in store.datasets())


def test_the_sample_covers_two_years_of_hours_without_a_hole(store):
    for info in store.datasets():
        if info.id.startswith("rewards/"):
            continue
        times = store.read(info.id).times
        gaps = np.unique(np.diff(times)).astype(int).tolist()
        assert gaps == [info.interval_s]
        assert times[0] == LATER.get(info.id.rpartition("/")[2], np.datetime64("2024-01-01"))
        assert times[-1] + np.timedelta64(info.interval_s, "s") == np.datetime64("2026-01-01")


@pytest.mark.parametrize("kind", ["spot", "perp", "mark", "dex"])
def test_bars_are_positive_and_hold_their_opens(store, kind):
    for info in store.datasets():
        if info.id.startswith(f"{kind}/"):
            bars = store.read(info.id).fields
            assert bars["low"].min() > 0.0
            assert (bars["low"] <= bars["open"]).all()
            assert (bars["open"] <= bars["high"]).all()
            # A bar ends where the next one opens.
            assert (bars["low"][:-1] <= bars["open"][1:]).all()
            assert (bars["open"][1:] <= bars["high"][:-1]).all()


@pytest.mark.parametrize(
    ("asset", "volatility", "worst_hour"), [("BTC", 0.50, -0.09), ("ETH", 0.68, -0.12)]
)
def test_spot_moves_as_it_did(store, asset, volatility, worst_hour):
    opens = store.read(f"spot/binance/{asset}USDT").fields["open"]
    moves = np.diff(np.log(opens))

    assert moves.std() * np.sqrt(8760.0) == pytest.approx(volatility, abs=0.01)
    assert worst_hour < moves.min() < 0.5 * worst_hour
    assert moves.max() < 0.1


def test_the_two_coins_move_together(store):
    moves = [
        np.diff(np.log(store.read(f"spot/binance/{x}USDT").fields["open"])) for x in ("BTC", "ETH")
    ]

    assert np.corrcoef(*moves)[0, 1] == pytest.approx(0.83, abs=0.03)


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("asset", ["BTC", "ETH"])
def test_the_basis_is_where_it_was(store, venue, asset):
    spot = store.read(f"spot/binance/{asset}USDT").fields["open"]
    perp = store.read(f"perp/{venue}/{asset}USDT").fields["open"]
    mark = store.read(f"mark/{venue}/{asset}USDT").fields["open"]
    basis_bps = (perp / spot - 1.0) * 1e4

    assert basis_bps.mean() == pytest.approx(-1.96, abs=0.1)
    assert basis_bps.std() == pytest.approx(4.5, abs=0.3)
    assert np.abs(basis_bps).max() < 30.0
    assert np.abs(mark / perp - 1.0).max() < 1e-3


@pytest.mark.parametrize(
    ("asset", "year", "percent", "at_anchor"),
    [
        ("BTC", "2024", 11.92, 0.42),
        ("BTC", "2025", 5.11, 0.19),
        ("ETH", "2024", 12.96, 0.42),
        ("ETH", "2025", 4.90, 0.19),
    ],
)
def test_funding_pays_what_it_paid(store, asset, year, percent, at_anchor):
    series = store.read(f"funding/binance/{asset}USDT")
    rates = series.fields["rate"][series.times.astype("datetime64[Y]") == np.datetime64(year)]

    assert rates.mean() * 1095 * 100 == pytest.approx(percent, abs=0.1)
    assert np.mean(rates == 1e-4) == pytest.approx(at_anchor, abs=0.12)
    assert 0.03 < np.mean(rates < 0.0) < 0.17
    assert -1.3e-4 < rates.min() < rates.max() < 9e-4


def test_a_premium_on_the_plateau_pays_exactly_one_basis_point():
    premium = np.array([-6.0, -4.0, 0.0, 6.0, 8.0])

    assert clamped_rate(premium).tolist() == [-1.0, 1.0, 1.0, 1.0, 3.0]


@pytest.mark.parametrize(
    ("asset", "supply", "borrow"), [("USDT", 0.0669, 0.0874), ("WETH", 0.0190, 0.0264)]
)
def test_lending_yields_what_it_yielded_in_2024(store, asset, supply, borrow):
    pool = store.read(f"aave/ethereum/{asset}").fields
    grown = {name: pool[name][366] / pool[name][0] - 1.0 for name in pool if "index" in name}

    assert grown["liquidity_index"] == pytest.approx(supply, abs=1e-3)
    assert grown["borrow_index"] == pytest.approx(borrow, abs=1e-3)
    assert (np.diff(pool["liquidity_index"]) > 0.0).all()
    assert (pool["total_borrowed"] < pool["total_supplied"]).all()


@pytest.mark.parametrize("asset", ["USDT", "WETH"])
def test_indices_follow_from_the_rates_beside_them(store, asset):
    pool = store.read(f"aave/ethereum/{asset}").fields

    np.testing.assert_allclose(
        np.diff(pool["liquidity_index"]) / pool["liquidity_index"][:-1],
        pool["supply_rate"][:-1] / 365.0,
        atol=2e-12,
    )


def test_gas_has_the_quarters_it_had(store):
    gas = store.read("gas/ethereum/gas")
    months = gas.times.astype("datetime64[M]").astype(int)
    quarter = (months - months[0]) // 3
    price = gas.fields["price_gwei"]

    medians = [np.median(price[quarter == i]) for i in range(7)]
    means = [price[quarter == i].mean() for i in range(7)]
    np.testing.assert_allclose(medians, [30.0, 8.7, 3.7, 11.8, 1.9, 1.3, 0.6], rtol=0.1)
    np.testing.assert_allclose(means, [37.2, 12.8, 6.8, 15.0, 5.5, 2.5, 1.8], rtol=0.1)


def test_the_dollar_price_of_ether_is_spot_times_that_of_usdt(store):
    ether = store.read("aave/ethereum/WETH").fields["price_usd"]
    spot = store.read("spot/binance/ETHUSDT").fields["open"][::24]
    usdt = store.read("oracle/aave/USDTUSD").fields["price"]

    np.testing.assert_allclose(ether, spot * usdt, rtol=1e-5)
