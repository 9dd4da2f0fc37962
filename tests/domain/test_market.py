"""Market frames: unit prices, read-only arrays, and windows that end where they end."""

import numpy as np
import pytest

from basis_lab.domain import series
from basis_lab.domain.instruments import Listing, Universe
from basis_lab.domain.market import MarketFrame, SeriesSource
from basis_lab.errors import MissingDataError
from tests.builders import START, frame, hours, key, perp_frame


def test_a_unit_price_is_sign_times_index_times_rate_times_price():
    staked = Listing(instrument=key("aave_v3:atoken:weETH"), asset="ETH", index="i", rate="r")
    debt = Listing(
        instrument=key("aave_v3:debt:WETH"), asset="ETH", index="i", price="p", sign=-1.0
    )
    cash = Listing(instrument=key("wallet:token:USDT"), asset="USDT")
    universe = Universe((staked, debt, cash), "USDT")

    market = frame(universe, {"i": [1.0, 2.0], "r": [1.5, 1.5], "p": [10.0, 20.0]})

    assert market.unit_prices.tolist() == [[1.5, -10.0, 1.0], [3.0, -40.0, 1.0]]


def test_a_perp_is_priced_at_its_mark():
    market = perp_frame([101.0, 103.0], spot=[100.0, 100.0])

    column = market.universe.column(key("binance:perp:BTCUSDT"))
    assert market.unit_prices[:, column].tolist() == [101.0, 103.0]


def test_arrays_of_a_frame_cannot_be_written():
    market = perp_frame([101.0, 103.0])

    for values in (market.times, market.unit_prices, market.values(series.mark("binance", "BTC"))):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = values[1]


def test_a_series_that_is_absent_is_an_error_that_names_it():
    market = perp_frame([101.0])

    with pytest.raises(MissingDataError) as refused:
        market.at(0).values("spot/okx/BTCUSDT.open")

    assert refused.value.missing == ("spot/okx/BTCUSDT.open",)
    assert not market.at(0).has("spot/okx/BTCUSDT.open")
    assert market.at(0).has(series.spot("binance", "BTC"))


def test_a_window_reaches_no_row_after_its_end():
    window = perp_frame([1.0, 2.0, 3.0, 4.0]).window(1, 3)

    assert len(window) == 2
    assert window.values(series.mark("binance", "BTC")).tolist() == [2.0, 3.0]
    assert window.times.tolist() == hours(4)[1:3].tolist()
    assert window.unit_prices.shape == (2, len(window.universe))
    assert window.until(2).values(series.mark("binance", "BTC")).tolist() == [2.0]
    assert window.last.values(series.mark("binance", "BTC")).tolist() == [3.0]


def test_the_row_before_the_first_is_the_first():
    market = perp_frame([1.0, 2.0, 3.0])
    mark = series.mark("binance", "BTC")

    assert market.window(0, 3).previous(mark).tolist() == [1.0, 1.0, 2.0]
    assert market.window(1, 3).previous(mark).tolist() == [1.0, 2.0]
    assert market.at(0).previous(mark).tolist() == [1.0]


def test_the_step_is_the_spacing_of_the_times_and_an_hour_for_one_row():
    minutes = START + np.arange(3) * np.timedelta64(60, "s")

    assert MarketFrame(times=minutes, series={}, universe=Universe((), "USDT")).step_s == 60
    assert perp_frame([1.0, 2.0]).step_s == 3600
    assert perp_frame([1.0]).step_s == 3600


def test_one_synthetic_series_makes_a_frame_synthetic():
    def source(*, synthetic):
        return SeriesSource(
            key="k",
            dataset="d",
            file="f",
            file_sha256="0",
            first="2024-05-12T00:00:00Z",
            last="2024-05-12T00:00:00Z",
            synthetic=synthetic,
        )

    def market(*sources):
        return MarketFrame(
            times=hours(1), series={}, universe=Universe((), "USDT"), sources=sources
        )

    assert not market(source(synthetic=False)).synthetic
    assert market(source(synthetic=False), source(synthetic=True)).synthetic


def test_the_fingerprint_changes_with_any_datum():
    same, other = perp_frame([1.0, 2.0]), perp_frame([1.0, np.nextafter(2.0, 3.0)])

    assert perp_frame([1.0, 2.0]).fingerprint == same.fingerprint
    assert same.fingerprint != other.fingerprint
