"""Each exchange's history as its own wire format gives it, read by an unmodified ccxt."""

import numpy as np
import pytest

from basis_lab.data.catalogue import open_store
from basis_lab.data.download_venue import VENUES
from tests.data.fetch.market import HOUR_MS
from tests.data.fetch.reading import DAY_S, HOUR_S, START, fetch

CEXES = tuple(VENUES)


def seconds(series):
    return series.times.astype(np.int64)


@pytest.mark.parametrize("venue", CEXES)
@pytest.mark.parametrize("kind", ["spot", "perp", "mark"])
def test_bars_over_several_pages_are_those_of_the_market(venue, kind, exchanges, tmp_path):
    _, series = fetch(tmp_path, venue, kind, days=50)

    expected = [
        [at // 1000, *map(float, prices)]
        for at, *prices in exchanges.market.bars(
            venue, kind, "BTCUSDT", "1h", START * 1000, (START + 50 * DAY_S) * 1000
        )
    ]
    found = np.column_stack(
        [seconds(series), *(series.fields[x] for x in ("open", "high", "low", "close"))]
    )
    assert len(found) == 50 * 24 + 1
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("venue", CEXES)
def test_no_page_asks_for_more_than_the_exchange_gives(venue, exchanges, tmp_path):
    fetch(tmp_path, venue, "spot", days=50)

    sizes = {"binance": (1000, "klines"), "bybit": (1000, "kline"), "okx": (100, "candles")}
    limit, word = sizes[venue]
    limits = [int(query["limit"]) for _, path, query in exchanges.asked if word in path]
    assert limits == [limit] * (1201 // limit) + [1201 % limit]


@pytest.mark.parametrize("venue", CEXES)
def test_settled_funding_has_the_time_of_its_boundary_and_the_rate_that_was_charged(
    venue, exchanges, tmp_path
):
    _, series = fetch(tmp_path, venue, "funding", days=100, start=START - 50 * DAY_S)

    stamps = [(START - 50 * DAY_S) + 8 * HOUR_S * i for i in range(300)]
    stamps = [x for x in stamps if x <= START + 50 * DAY_S]
    assert seconds(series).tolist()[:300] == stamps
    rates = [float(exchanges.market.rate(venue, "BTCUSDT", x * 1000)) for x in seconds(series)]
    assert series.fields["rate"].tolist() == rates
    assert set(series.fields["interval_s"]) == {8.0 * HOUR_S}


@pytest.mark.parametrize("venue", CEXES)
def test_a_funding_interval_that_changes_is_kept_as_it_was(venue, exchanges, tmp_path):
    change = START + 4 * DAY_S
    exchanges.market.intervals = [(0, 8), (change * 1000, 4)]

    fetched, series = fetch(tmp_path, venue, "funding")

    intervals = series.fields["interval_s"]
    assert len(series.times) == 4 * 3 + 6 * 6 + 1
    assert set(intervals[seconds(series) <= change]) == {8.0 * HOUR_S}
    assert set(intervals[seconds(series) > change]) == {4.0 * HOUR_S}
    note = (
        "the funding interval changes from 8 h to 4 h with the settlement of 2024-08-05T04:00:00Z"
    )
    assert note in fetched.info.notes
    assert not any("hole" in x for x in fetched.info.notes)


@pytest.mark.parametrize("venue", CEXES)
def test_a_window_with_more_settlements_than_a_page_is_read_to_its_end(venue, exchanges, tmp_path):
    exchanges.market.intervals = [(0, 1)]

    _, series = fetch(tmp_path, venue, "funding", days=60)

    assert seconds(series).tolist() == [START + HOUR_S * i for i in range(60 * 24 + 1)]
    assert set(series.fields["interval_s"]) == {1.0 * HOUR_S}
    pages = {"binance": 2, "bybit": 4 + 4, "okx": 4 + 4 + 4 + 3}
    assert exchanges.count("unding") == pages[venue]


@pytest.mark.parametrize("venue", CEXES)
@pytest.mark.parametrize("kind", ["spot", "perp", "mark"])
def test_a_hole_of_the_exchange_is_asked_for_twice_and_then_remembered(
    venue, kind, exchanges, tmp_path
):
    holes = {START + 30 * HOUR_S, START + 31 * HOUR_S, START + 100 * HOUR_S}
    exchanges.market.holes = {(venue, kind, x * 1000) for x in holes}

    fetched, series = fetch(tmp_path, venue, kind)
    asked = len(exchanges.asked)
    again, _ = fetch(tmp_path, venue, kind)

    grid = {START + HOUR_S * i for i in range(10 * 24 + 1)}
    assert set(seconds(series).tolist()) == grid - holes
    assert fetched.info.notes[1:] == (
        "the source has a hole from 2024-08-02T06:00:00Z to 2024-08-02T08:00:00Z",
        "the source has a hole from 2024-08-05T04:00:00Z to 2024-08-05T05:00:00Z",
    )
    assert again.info == fetched.info
    assert not [x for x in exchanges.asked[asked:] if "line" in x[1] or "candles" in x[1]]


@pytest.mark.parametrize("venue", CEXES)
def test_a_settlement_that_the_exchange_lacks_is_a_hole_and_no_interval(venue, exchanges, tmp_path):
    gone = START + 5 * DAY_S
    exchanges.market.unsettled = {(venue, gone * 1000)}

    fetched, series = fetch(tmp_path, venue, "funding")

    assert gone not in seconds(series)
    assert set(series.fields["interval_s"]) == {8.0 * HOUR_S}
    assert fetched.info.notes[1:] == (
        "the source has a hole from 2024-08-05T16:01:00Z to 2024-08-06T08:00:00Z",
    )


@pytest.mark.parametrize("venue", CEXES)
def test_history_before_the_listing_is_said_to_be_absent(venue, exchanges, tmp_path):
    listed = START + 3 * DAY_S + 5 * HOUR_S
    exchanges.market.listed_ms = listed * 1000

    fetched, series = fetch(tmp_path, venue, "perp")

    assert seconds(series)[0] == listed
    assert fetched.info.notes[1:] == (
        "the source has nothing from 2024-08-01T00:00:00Z to 2024-08-04T05:00:00Z",
    )


@pytest.mark.parametrize("venue", CEXES)
@pytest.mark.parametrize("kind", ["spot", "perp", "mark"])
def test_the_bar_that_is_still_open_is_stored_once_it_has_closed(venue, kind, exchanges, tmp_path):
    now = exchanges.market.now_ms // 1000  # 2024-10-01 00:20:34
    last_open = now - now % HOUR_S

    _, before = fetch(tmp_path, venue, kind, start=now - DAY_S, days=3)
    exchanges.market.now_ms += HOUR_MS
    fetched, after = fetch(tmp_path, venue, kind, start=now - DAY_S, days=3)

    assert seconds(before)[-1] == last_open - HOUR_S
    assert seconds(after)[-1] == last_open
    assert fetched.new_rows == 1
    closed = exchanges.market.prices(venue, kind, "BTCUSDT", last_open * 1000, HOUR_MS)
    assert after.fields["close"][-1] == float(closed[3])


@pytest.mark.parametrize("venue", CEXES)
def test_a_young_bar_that_is_late_is_asked_for_again_next_time(venue, exchanges, tmp_path):
    now = exchanges.market.now_ms // 1000
    late = now - now % HOUR_S - 2 * HOUR_S
    exchanges.market.holes = {(venue, "spot", late * 1000)}

    fetched, before = fetch(tmp_path, venue, "spot", start=now - 3 * DAY_S, days=4)
    exchanges.market.holes = set()
    _, after = fetch(tmp_path, venue, "spot", start=now - 3 * DAY_S, days=4)

    assert late not in seconds(before)
    assert not any("hole" in x for x in fetched.info.notes)
    assert late in seconds(after)


@pytest.mark.parametrize("venue", CEXES)
def test_later_dates_are_added_to_what_is_there(venue, exchanges, tmp_path):
    fetch(tmp_path / "grown", venue, "funding", days=5)
    fetch(tmp_path / "grown", venue, "funding", start=START - 5 * DAY_S, days=3)
    _, grown = fetch(tmp_path / "grown", venue, "funding", start=START - 5 * DAY_S, days=20)
    _, whole = fetch(tmp_path / "whole", venue, "funding", start=START - 5 * DAY_S, days=20)

    assert np.array_equal(grown.times, whole.times)
    assert np.array_equal(grown.fields["rate"], whole.fields["rate"])
    assert np.array_equal(grown.fields["interval_s"], whole.fields["interval_s"])
    assert exchanges.count("unding") > 0


@pytest.mark.parametrize("venue", CEXES)
@pytest.mark.parametrize(("interval", "step"), [("15m", 900), ("4h", 14_400), ("1d", DAY_S)])
def test_other_bar_intervals_are_fetched_whole(venue, interval, step, exchanges, tmp_path):
    fetched, series = fetch(tmp_path, venue, "spot", days=4, interval=interval)

    assert fetched.dataset == f"spot/{venue}/BTCUSDT@{interval}"
    assert fetched.info.interval_s == step
    assert np.array_equal(seconds(series), np.arange(START, START + 4 * DAY_S + step, step))
    first = next(exchanges.market.bars(venue, "spot", "BTCUSDT", interval, START * 1000, 2**50))
    assert [series.fields[x][0] for x in ("open", "high", "low", "close")] == [
        float(x) for x in first[1:]
    ]


def test_a_day_of_minutes_and_of_hours_lie_side_by_side(exchanges, tmp_path):
    fetch(tmp_path, "bybit", "mark", days=2, interval="1m")
    fetch(tmp_path, "bybit", "mark", days=2)

    store = open_store(tmp_path)
    assert store.ids() == ("mark/bybit/BTCUSDT", "mark/bybit/BTCUSDT@1m")
    assert store.read("mark/bybit/BTCUSDT@1m").info.rows == 2 * 1440 + 1
    assert store.read("mark/bybit/BTCUSDT").info.rows == 49
    assert exchanges.count("mark-price-kline") == 3 + 1


@pytest.mark.slow
def test_okx_is_never_asked_more_than_twenty_times_in_two_seconds(exchanges, tmp_path):
    fetch(tmp_path, "okx", "spot", start=START - 60 * DAY_S, days=110, limited=True)

    moments = [
        at
        for at, (_, path, _) in zip(exchanges.asked_at_s, exchanges.asked, strict=True)
        if "candles" in path
    ]
    assert len(moments) == 27
    assert all(after - before >= 2.0 for before, after in zip(moments, moments[20:], strict=False))
