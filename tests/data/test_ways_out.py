"""Refusals that depend on what the directory has name what would work there, and only that."""

import numpy as np
import pytest

from basis_lab.domain.requirements import Alignment
from basis_lab.errors import BadDataError, DataRangeError, MissingDataError
from basis_lab.services.requests import BacktestRequest, check_request

HOUR = np.timedelta64(1, "h")
DAY = 24 * HOUR


def ones(count):
    return {"open": np.ones(count), "close": np.ones(count)}


def refusal(kit, store, *needs, proxies=None):
    """Ask for two days from the first hour on of a run that needs perps of okx."""
    needs = needs or (kit.need("perp/okx/BTCUSDT.open"),)
    lab = kit.provider(store, *needs, proxies=proxies)
    with pytest.raises(DataRangeError) as caught:
        lab.frame(kit.start, kit.start + 47 * HOUR)
    return caught.value


@pytest.fixture
def late(kit):
    """The perp of okx begins a day after the others."""
    return kit.Store().put("perp/okx/BTCUSDT", kit.hours(48, kit.start + DAY), **ones(48))


def test_dates_before_a_venue_began_name_who_stands_for_it_and_doing_without(kit, late):
    late.put("perp/bybit/BTCUSDT", kit.hours(48), **ones(48))
    late.put("perp/binance/BTCUSDT", kit.hours(48), **ones(48))

    error = refusal(kit, late)

    assert "perp/okx/BTCUSDT 2024-06-02T00:00:00Z to 2024-06-03T23:00:00Z" in error.where
    assert error.remedy == (
        'choose dates inside, or import more data; --set \'data.proxies={"okx": "binance"}\' '
        "or a hedge_allocation without okx"
    )


def test_a_venue_that_does_not_cover_the_dates_either_is_not_proposed(kit, late):
    late.put("perp/binance/BTCUSDT", kit.hours(48, kit.start + HOUR), **ones(48))
    late.put("perp/bybit/BTCUSDT", kit.hours(48), **ones(48))

    assert '{"okx": "bybit"}' in refusal(kit, late).remedy


def test_what_stands_for_a_venue_has_every_series_that_falls_short(kit, late):
    late.put("funding/okx/BTCUSDT", kit.hours(48, kit.start + DAY), rate=np.full(48, 1e-5))
    late.put("perp/binance/BTCUSDT", kit.hours(48), **ones(48))
    late.put("perp/bybit/BTCUSDT", kit.hours(48), **ones(48))
    late.put("funding/bybit/BTCUSDT", kit.hours(48), rate=np.full(48, 1e-5))
    needs = (kit.need("perp/okx/BTCUSDT.open"),
             kit.need("funding/okx/BTCUSDT.rate", Alignment.STAMP))  # fmt: skip

    assert '{"okx": "bybit"}' in refusal(kit, late, *needs).remedy


def test_a_stand_in_that_falls_short_is_not_proposed_again(kit, late):
    late.put("perp/binance/BTCUSDT", kit.hours(48), **ones(48))

    error = refusal(kit, late, kit.need("perp/bybit/BTCUSDT.open"), proxies={"bybit": "okx"})

    assert '{"bybit": "binance"}' in error.remedy


def test_where_nobody_covers_the_dates_only_other_dates_do(kit, late):
    late.put("perp/binance/BTCUSDT", kit.hours(47, kit.start + 2 * HOUR), **ones(47))

    assert refusal(kit, late).remedy == "choose dates inside, or import more data"


def test_nobody_is_told_to_leave_the_spot_market_out_of_a_hedge(kit):
    store = kit.Store().put("spot/okx/BTCUSDT", kit.hours(48, kit.start + DAY), **ones(48))
    store.put("spot/binance/BTCUSDT", kit.hours(48), **ones(48))

    remedy = refusal(kit, store, kit.need("spot/okx/BTCUSDT.open")).remedy

    assert remedy.endswith('--set \'data.proxies={"okx": "binance"}\'')


@pytest.fixture
def derived(kit):
    store = kit.Store().put("oracle/aave/WETHUSD", kit.days(4), derived=True, price=np.ones(4))
    return store.put("spot/binance/BTCUSDT", kit.hours(48), **ones(48))


def test_a_permission_for_what_is_not_there_is_refused_with_what_is_derived_there(kit, derived):
    spot = kit.need("spot/binance/BTCUSDT.open")

    with pytest.raises(MissingDataError) as caught:
        kit.provider(derived, spot, allow_derived=["oracle/aave/WETHUSD", "oracle/aave/ETHUSD"])

    assert caught.value.value == "oracle/aave/ETHUSD"
    assert caught.value.missing == ("oracle/aave/ETHUSD",)
    assert "name some of oracle/aave/WETHUSD, or" in caught.value.remedy


def test_a_permission_where_nothing_is_derived_is_refused_in_so_many_words(kit):
    store = kit.Store().put("spot/binance/BTCUSDT", kit.hours(48), **ones(48))

    with pytest.raises(MissingDataError, match="nothing there is derived"):
        kit.provider(store, kit.need("spot/binance/BTCUSDT.open"), allow_derived=["lst/aave/weETH"])


def test_a_permission_lets_no_refused_file_in_and_the_refusal_says_so(kit):
    why = "seasonal.csv refused: its yields are invented"
    store = kit.Store(refused={"rewards/etherfi/SEASONAL": why})
    paid = kit.need("rewards/etherfi/SEASONAL.token_amount", Alignment.PAYOUT)

    with pytest.raises(BadDataError) as caught:
        kit.provider(store, paid, allow_derived=["rewards/etherfi/SEASONAL"])

    assert why in caught.value.value
    assert "data.allow_derived cannot let rewards/etherfi/SEASONAL in" in caught.value.remedy
    with pytest.raises(BadDataError) as plain:
        kit.provider(store, paid)
    assert "allow_derived" not in plain.value.remedy


def test_a_spot_venue_without_spot_is_not_mended_by_leaving_it_out_of_the_hedge():
    request = BacktestRequest(
        mode="btc_basis",
        start="2025-01-01",
        end="2025-02-01",
        overrides={"strategy.spot_venue": "bybit", "strategy.treasury": "bybit"},
    )

    with pytest.raises(MissingDataError) as caught:
        check_request(request)

    assert 'data.proxies={"bybit": "binance"}' in caught.value.remedy
    assert "hedge_allocation" not in caught.value.remedy
