"""Instrument keys and the column order of a run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_lab.domain.instruments import Instrument, Kind, Listing, Universe
from basis_lab.errors import UnknownInstrumentError
from tests.builders import basis_universe, key

words = st.text("abcXYZ019_-", min_size=1, max_size=8)


@given(venue=words, kind=st.sampled_from(Kind), symbol=words)
@settings(max_examples=40, derandomize=True)
def test_a_key_is_read_back_as_it_was_printed(venue, kind, symbol):
    instrument = Instrument(venue, kind, symbol)

    assert Instrument.parse(str(instrument)) == instrument


@pytest.mark.parametrize(
    "text",
    ["", "binance", "binance:perp", "binance:perp:BTC:USDT", "binance:option:BTC", ":perp:BTC"],
)
def test_a_text_that_is_no_key_is_refused(text):
    with pytest.raises(UnknownInstrumentError) as refused:
        Instrument.parse(text)

    assert refused.value.value == text


def test_an_instrument_listed_twice_is_refused():
    listing = Listing(instrument=key("binance:token:BTC"), asset="BTC")

    with pytest.raises(UnknownInstrumentError):
        Universe((listing, listing), "USDT")


def test_an_instrument_that_the_run_does_not_hold_has_no_column():
    universe = basis_universe()

    with pytest.raises(UnknownInstrumentError) as refused:
        universe.column(key("okx:token:BTC"))

    assert refused.value.value == "okx:token:BTC"
    assert key("okx:token:BTC") not in universe


def test_columns_follow_the_order_asked_for():
    universe = basis_universe()
    wanted = [universe.instruments[3], universe.instruments[1]]

    assert universe.columns(wanted).tolist() == [3, 1]


def test_columns_are_found_by_kind_venue_and_asset():
    universe = basis_universe("binance", "bybit")

    def found(**conditions):
        return [str(universe.instruments[i]) for i in universe.where(**conditions)]

    assert found(kind=Kind.PERP) == ["binance:perp:BTCUSDT", "bybit:perp:BTCUSDT"]
    assert found(kind=Kind.MARGIN, venue="bybit") == ["bybit:margin:USDT"]
    assert found(venue="binance", asset="BTC") == ["binance:token:BTC", "binance:perp:BTCUSDT"]
    assert found(venue="okx") == []
    assert len(found()) == len(universe)
