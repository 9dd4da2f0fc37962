import sys
from datetime import UTC, datetime, timedelta, timezone
from subprocess import run

import numpy as np
import pytest

from basis_lab.data.catalogue import default_store
from basis_lab.domain.requirements import Alignment
from basis_lab.errors import BadDataError, DataRangeError, MissingDataError, UsageError

HOUR = np.timedelta64(1, "h")


def bars(count=48, **changes):
    prices = 100.0 + np.arange(count)
    return {"open": prices, "high": prices + 2.0, "low": prices - 2.0} | changes


def test_a_bar_shows_its_open_at_t_and_its_extreme_an_hour_later(kit):
    store = kit.Store().put("spot/binance/BTCUSDT", kit.hours(48), **bars())
    lab = kit.provider(
        store,
        kit.need("spot/binance/BTCUSDT.open"),
        kit.need("spot/binance/BTCUSDT.high", Alignment.BAR_EXTREME),
    )

    frame = lab.frame(kit.start + 2 * HOUR, kit.start + 4 * HOUR)

    assert frame.values("spot/binance/BTCUSDT.open").tolist() == [102.0, 103.0, 104.0]
    assert frame.values("spot/binance/BTCUSDT.high").tolist() == [103.0, 104.0, 105.0]


def test_the_first_extreme_is_nan_where_no_bar_came_before(kit):
    store = kit.Store().put("spot/binance/BTCUSDT", kit.hours(48), **bars())
    lab = kit.provider(store, kit.need("spot/binance/BTCUSDT.low", Alignment.BAR_EXTREME))

    low = lab.frame(kit.start, kit.start + HOUR).values("spot/binance/BTCUSDT.low")

    assert np.isnan(low[0])
    assert low[1] == 98.0


def test_funding_stands_only_where_it_was_stamped(kit):
    store = kit.Store().put("funding/okx/BTCUSDT", kit.hours(24)[::8], rate=[1e-4, 2e-4, -3e-4])
    lab = kit.provider(store, kit.need("funding/okx/BTCUSDT.rate", Alignment.STAMP))

    rate = lab.frame(kit.start + 7 * HOUR, kit.start + 23 * HOUR).values("funding/okx/BTCUSDT.rate")

    assert np.flatnonzero(~np.isnan(rate)).tolist() == [1, 9]
    assert rate[[1, 9]].tolist() == [2e-4, -3e-4]


def test_an_index_grows_at_the_rate_of_the_two_snapshots_before(kit):
    store = kit.Store().put("aave/ethereum/USDT", kit.days(3), liquidity_index=[1.0, 1.02, 1.03])
    lab = kit.provider(store, kit.need("aave/ethereum/USDT.liquidity_index", Alignment.INDEX))

    index = lab.frame(kit.start, kit.start + 60 * HOUR).values("aave/ethereum/USDT.liquidity_index")

    assert index[[0, 24, 48]].tolist() == [1.0, 1.02, 1.03]
    assert index[12] == 1.0  # one snapshot: flat
    assert index[36] == pytest.approx(1.02 * 1.02**0.5, rel=1e-15)
    assert index[60] == pytest.approx(1.03 * (1.03 / 1.02) ** 0.5, rel=1e-15)


def test_history_before_the_start_sets_the_growth_of_the_first_day(kit):
    store = kit.Store().put("aave/ethereum/USDT", kit.days(3), liquidity_index=[1.0, 1.02, 1.03])
    lab = kit.provider(store, kit.need("aave/ethereum/USDT.liquidity_index", Alignment.INDEX))

    index = lab.frame(kit.start + 30 * HOUR, kit.start + 31 * HOUR)

    expected = 1.02 * 1.02 ** (6 / 24)
    assert index.values("aave/ethereum/USDT.liquidity_index")[0] == pytest.approx(expected, 1e-15)


def test_a_step_carries_what_was_last_published(kit):
    times = kit.hours(5) + np.timedelta64(30, "s")
    store = kit.Store().put("gas/ethereum/gas", times, price_gwei=[5.0, 6.0, 7.0, 8.0, 9.0])
    lab = kit.provider(store, kit.need("gas/ethereum/gas.price_gwei", Alignment.STEP))

    gas = lab.frame(kit.start + HOUR, kit.start + 3 * HOUR).values("gas/ethereum/gas.price_gwei")

    assert gas.tolist() == [5.0, 6.0, 7.0]


def test_every_missing_piece_is_named_at_once_with_both_ways_out(kit):
    store = kit.Store().put("perp/binance/BTCUSDT", kit.hours(48), **bars())
    requirements = [
        kit.need("perp/okx/BTCUSDT.open"),
        kit.need("funding/okx/BTCUSDT.rate", Alignment.STAMP),
        kit.need("perp/binance/BTCUSDT.volume"),
    ]

    with pytest.raises(MissingDataError) as caught:
        kit.provider(store, *requirements)

    assert caught.value.missing == tuple(x.key for x in requirements)
    assert """--set 'data.proxies={"okx": "binance"}'""" in caught.value.remedy
    assert "a hedge_allocation without okx" in caught.value.remedy


def test_a_missing_optional_series_is_absent(kit):
    store = kit.Store().put("spot/binance/BTCUSDT", kit.hours(48), **bars())
    lab = kit.provider(
        store,
        kit.need("spot/binance/BTCUSDT.open"),
        kit.need("oracle/aave/USDTUSD.price", Alignment.STEP, optional=True),
    )

    frame = lab.frame(kit.start, kit.start + HOUR)

    assert not frame.has("oracle/aave/USDTUSD.price")


def test_a_proxy_replaces_every_series_of_a_venue_and_says_so(kit):
    store = (
        kit.Store()
        .put("perp/binance/BTCUSDT", kit.hours(48), **bars())
        .put("perp/okx/BTCUSDT", kit.hours(48), **bars(open=np.full(48, 7.0)))
    )
    lab = kit.provider(
        store,
        kit.need("perp/okx/BTCUSDT.open"),
        proxies={"okx": "binance", "bybit": "binance"},
    )

    frame = lab.frame(kit.start, kit.start + HOUR)

    assert frame.values("perp/okx/BTCUSDT.open").tolist() == [100.0, 101.0]
    assert frame.sources[0].dataset == "perp/binance/BTCUSDT.open"
    assert "proxied: binance stands for okx" in frame.sources[0].notes[0]
    assert lab.unused_proxies == ("bybit",)


def test_the_last_price_stands_for_a_mark_that_the_directory_lacks(kit):
    store = kit.Store().put("perp/bybit/BTCUSDT", kit.hours(48), **bars())
    lab = kit.provider(
        store, kit.need("mark/bybit/BTCUSDT.open", fallback="perp/bybit/BTCUSDT.open")
    )

    frame = lab.frame(kit.start, kit.start)

    assert frame.values("mark/bybit/BTCUSDT.open").tolist() == [100.0]
    assert "perp/bybit/BTCUSDT stands for it" in frame.sources[0].notes[0]


def test_a_derived_series_serves_only_where_it_is_named(kit):
    store = kit.Store().put("oracle/aave/WETHUSD", kit.hours(48), derived=True, price=[3e3] * 48)
    price = kit.need("oracle/aave/WETHUSD.price", Alignment.STEP)

    with pytest.raises(MissingDataError, match=r"data\.allow_derived"):
        kit.provider(store, price)

    allowed = kit.provider(store, price, allow_derived=("oracle/aave/WETHUSD",))
    assert allowed.frame(kit.start, kit.start).has(price.key)


def test_a_hole_inside_the_range_names_dataset_first_hole_and_count(kit):
    times = np.delete(kit.hours(48), [10, 11, 12])
    store = kit.Store().put("spot/binance/BTCUSDT", times, **bars(45))
    lab = kit.provider(store, kit.need("spot/binance/BTCUSDT.open"))

    with pytest.raises(MissingDataError) as caught:
        lab.frame(kit.start, kit.start + 20 * HOUR)

    assert "spot/binance/BTCUSDT" in caught.value.where
    assert "first hole 2024-06-01T10:00:00Z, 3 missing" in caught.value.where
    assert lab.frame(kit.start + 13 * HOUR, kit.start + 20 * HOUR).rows == 8


def test_a_missing_settlement_is_a_hole(kit):
    store = kit.Store().put("funding/okx/BTCUSDT", kit.hours(72)[::8][[0, 1, 2, 4, 5, 6, 7, 8]],
                            rate=[1e-4] * 8)  # fmt: skip
    lab = kit.provider(store, kit.need("funding/okx/BTCUSDT.rate", Alignment.STAMP))

    with pytest.raises(MissingDataError, match=r"first hole 2024-06-02T00:00:00Z, 1 missing"):
        lab.frame(kit.start + 5 * HOUR, kit.start + 40 * HOUR)


def test_a_missing_snapshot_is_a_hole(kit):
    store = kit.Store().put(
        "aave/ethereum/USDT", kit.days(6)[[0, 1, 2, 4, 5]], liquidity_index=[1.0] * 5
    )
    lab = kit.provider(store, kit.need("aave/ethereum/USDT.liquidity_index", Alignment.INDEX))

    with pytest.raises(MissingDataError, match=r"first hole 2024-06-04T00:00:00Z, 1 missing"):
        lab.frame(kit.start, kit.start + 100 * HOUR)


def test_dates_outside_name_the_dataset_and_its_range(kit):
    store = kit.Store().put("spot/binance/BTCUSDT", kit.hours(48), **bars())
    lab = kit.provider(store, kit.need("spot/binance/BTCUSDT.open"))

    with pytest.raises(DataRangeError) as caught:
        lab.frame(kit.start, kit.start + 48 * HOUR)

    assert "spot/binance/BTCUSDT 2024-06-01T00:00:00Z to 2024-06-02T23:00:00Z" in caught.value.where


@pytest.mark.parametrize("price", [0.0, -1.0, np.nan, np.inf])
def test_a_price_that_cannot_be_true_names_file_and_row(kit, price):
    prices = 100.0 + np.arange(48)
    prices[20] = price
    store = kit.Store().put("spot/binance/BTCUSDT", kit.hours(48), open=prices)
    lab = kit.provider(store, kit.need("spot/binance/BTCUSDT.open"))

    with pytest.raises(BadDataError) as caught:
        lab.frame(kit.start, kit.start + 30 * HOUR)

    assert caught.value.where.startswith("spot/binance/BTCUSDT.csv, row 22 ")
    assert lab.frame(kit.start, kit.start + 19 * HOUR).rows == 20


def test_refused_files_alone_are_bad_data(kit):
    store = kit.Store(refused={"spot/binance/BTCUSDT": "x.csv refused: a row is wrong"})

    with pytest.raises(BadDataError, match=r"x\.csv refused: a row is wrong"):
        kit.provider(store, kit.need("spot/binance/BTCUSDT.open"))


def test_why_a_file_was_refused_is_said_once_for_all_that_was_needed_of_it(kit):
    why = "x.csv refused: open cannot be true; where: x.csv, row 5; value: 0.0"
    store = kit.Store(refused={"spot/binance/BTCUSDT": why})
    needs = [kit.need(f"spot/binance/BTCUSDT.{x}") for x in ("open", "high", "low")]

    with pytest.raises(BadDataError) as caught:
        kit.provider(store, *needs)

    assert str(caught.value.value).count(why) == 1
    assert all(x.key in str(caught.value.value) for x in needs)


def test_coverage_is_what_all_needed_series_share(kit):
    store = (
        kit.Store()
        .put("spot/binance/BTCUSDT", kit.hours(60, kit.start - 5 * HOUR), **bars(60))
        .put("funding/binance/BTCUSDT", kit.hours(24)[::8], rate=[0.0] * 3)
        .put("oracle/aave/USDTUSD", kit.days(1), price=[1.0])
    )
    lab = kit.provider(
        store,
        kit.need("spot/binance/BTCUSDT.open"),
        kit.need("funding/binance/BTCUSDT.rate", Alignment.STAMP),
        kit.need("oracle/aave/USDTUSD.price", Alignment.STEP, optional=True),
    )

    assert lab.coverage() == (kit.start, kit.start + 23 * HOUR)


def test_series_without_a_common_date_are_an_error(kit):
    store = (
        kit.Store()
        .put("spot/binance/BTCUSDT", kit.hours(10), **bars(10))
        .put("perp/binance/BTCUSDT", kit.hours(10, kit.start + 20 * HOUR), **bars(10))
    )
    lab = kit.provider(
        store, kit.need("spot/binance/BTCUSDT.open"), kit.need("perp/binance/BTCUSDT.open")
    )

    with pytest.raises(DataRangeError, match="no date in common"):
        lab.coverage()


def test_dates_may_be_datetimes_of_any_zone(kit):
    store = kit.Store().put("spot/binance/BTCUSDT", kit.hours(48), **bars())
    lab = kit.provider(store, kit.need("spot/binance/BTCUSDT.open"))
    start = datetime(2024, 6, 1, 2, tzinfo=UTC)

    frame = lab.frame(start.astimezone(timezone(timedelta(hours=9))), start + timedelta(hours=1))

    assert frame.times.tolist() == kit.hours(4)[2:].tolist()


@pytest.mark.parametrize(("first", "last"), [("T05:00", "T04:00"), ("T04:30", "T05:00")])
def test_impossible_dates_are_refused(kit, first, last):
    store = kit.Store().put("spot/binance/BTCUSDT", kit.hours(48), **bars())
    lab = kit.provider(store, kit.need("spot/binance/BTCUSDT.open"))

    with pytest.raises(UsageError):
        lab.frame(np.datetime64(f"2024-06-01{first}"), np.datetime64(f"2024-06-01{last}"))


def test_runs_of_the_same_request_share_read_only_arrays(kit):
    requirement = kit.need("spot/binance/BTCUSDT.open")
    start = np.datetime64("2024-06-01", "s")

    one = kit.provider(default_store(), requirement).frame(start, start + 24 * HOUR)
    two = kit.provider(default_store(), requirement).frame(start, start + 24 * HOUR)

    assert one is two
    assert not one.values(requirement.key).flags.writeable


def test_loading_a_frame_imports_no_pandas():
    program = """
import sys
import numpy as np
from basis_lab.data.catalogue import default_store
from basis_lab.data.provider import DataProvider
from basis_lab.domain.instruments import Universe
from basis_lab.domain.requirements import Alignment, Requirement
need = Requirement(key="spot/binance/BTCUSDT.open", alignment=Alignment.BAR_OPEN, purpose="test")
lab = DataProvider(default_store(), [need], Universe((), "USDT"), proxies={}, allow_derived=())
lab.frame(*lab.coverage())
assert "pandas" not in sys.modules
"""
    run([sys.executable, "-c", program], check=True)


def test_a_missing_fallback_leaves_the_first_series_named(kit):
    store = kit.Store().put("spot/binance/BTCUSDT", kit.hours(48), **bars())

    with pytest.raises(MissingDataError) as caught:
        kit.provider(store, kit.need("mark/okx/BTCUSDT.open", fallback="perp/okx/BTCUSDT.open"))

    assert caught.value.missing == ("mark/okx/BTCUSDT.open",)
    assert caught.value.remedy.startswith("a hedge_allocation without okx")


def test_a_fallback_is_for_a_dataset_that_is_not_there_at_all(kit):
    store = (
        kit.Store()
        .put("mark/okx/BTCUSDT", kit.hours(48), high=np.ones(48))
        .put("perp/okx/BTCUSDT", kit.hours(48), **bars())
    )

    with pytest.raises(MissingDataError, match="mark/okx/BTCUSDT has only high"):
        kit.provider(store, kit.need("mark/okx/BTCUSDT.open", fallback="perp/okx/BTCUSDT.open"))


@pytest.mark.parametrize("name", ["okxx", "OKX", "binanse"])
def test_a_proxy_of_a_misspelt_venue_is_refused_with_the_one_that_was_meant(kit, name):
    store = kit.Store().put("perp/binance/BTCUSDT", kit.hours(4), open=[1.0, 2.0, 3.0, 4.0])
    needs = [kit.need(f"perp/{x}/BTCUSDT.open") for x in ("okx", "binance")]

    with pytest.raises(UsageError, match="a venue that there is not") as caught:
        kit.provider(store, *needs, proxies={name: "binance"})

    meant = "binance" if name == "binanse" else "okx"
    assert f"did you mean {meant}?" in caught.value.remedy


def test_a_proxy_that_is_not_there_is_named(kit):
    store = kit.Store().put("perp/binance/BTCUSDT", kit.hours(48), **bars())

    with pytest.raises(MissingDataError, match="its proxy perp/kraken/BTCUSDT is not there"):
        kit.provider(store, kit.need("perp/okx/BTCUSDT.open"), proxies={"okx": "kraken"})


def test_an_optional_series_that_ends_too_early_is_absent(kit):
    store = (
        kit.Store()
        .put("spot/binance/BTCUSDT", kit.hours(96), **bars(96))
        .put("oracle/aave/USDTUSD", kit.days(2), price=[1.0, 1.0])
    )
    price = kit.need("oracle/aave/USDTUSD.price", Alignment.STEP, optional=True)
    lab = kit.provider(store, kit.need("spot/binance/BTCUSDT.open"), price)

    assert lab.frame(kit.start, kit.start + 47 * HOUR).has(price.key)
    assert not lab.frame(kit.start, kit.start + 48 * HOUR).has(price.key)


def test_a_run_of_optional_series_has_no_dates_of_its_own(kit):
    with pytest.raises(UsageError):
        kit.provider(kit.Store()).coverage()


def test_the_manifest_hears_what_was_carried(kit):
    store = (
        kit.Store()
        .put(
            "aave/ethereum/USDT", kit.days(3), liquidity_index=[1.0, 1.1, 1.2], price_usd=[1.0] * 3
        )
        .put("spot/binance/BTCUSDT", kit.hours(48), **bars())
    )
    lab = kit.provider(
        store,
        kit.need("aave/ethereum/USDT.liquidity_index", Alignment.INDEX),
        kit.need("aave/ethereum/USDT.price_usd", Alignment.STEP),
        kit.need("spot/binance/BTCUSDT.high", Alignment.BAR_EXTREME),
        kit.need("spot/binance/BTCUSDT.open"),
    )

    notes = [x.notes for x in lab.frame(kit.start, kit.start).sources]

    assert notes[0][0].startswith("published every 24 h; carried at the growth rate")
    assert notes[1] == ("published every 24 h; carried as last published",)
    assert notes[2] == ("the extreme of the bar that ended at t",)
    assert notes[3] == ()


@pytest.mark.parametrize("order", [1, -1])
def test_a_run_ends_where_the_opens_of_its_bars_do_although_their_extremes_reach_further(
    kit, order
):
    store = kit.Store()
    store.put("spot/binance/BTCUSDT", kit.hours(48), **bars())
    store.put("mark/binance/BTCUSDT", kit.hours(40), **bars(40))
    uses = [
        kit.need("mark/binance/BTCUSDT.open"),
        kit.need("mark/binance/BTCUSDT.high", Alignment.BAR_EXTREME),
    ]
    lab = kit.provider(store, kit.need("spot/binance/BTCUSDT.open"), *uses[::order])

    dates = lab.coverage()

    assert dates == (kit.start, kit.start + 39 * HOUR)
    assert len(lab.frame(*dates).times) == 40
    with pytest.raises(DataRangeError) as caught:
        lab.frame(kit.start, kit.start + 40 * HOUR)
    assert "mark/binance/BTCUSDT" in caught.value.where
