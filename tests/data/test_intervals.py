"""Bars of any interval: what a run of one sees of another, and what is refused."""

import numpy as np
import pytest

from basis_lab.data.catalogue import open_store
from basis_lab.data.importer import import_directory
from basis_lab.data.recognise import recognise
from basis_lab.data.series import DatasetId, DatasetKind
from basis_lab.domain.intervals import INTERVALS, SECONDS, interval_text
from basis_lab.domain.requirements import Alignment
from basis_lab.errors import DataRangeError, MissingDataError, UsageError

MINUTE = np.timedelta64(60, "s")
HOUR = np.timedelta64(1, "h")
DAY = np.timedelta64(1, "D")
SPOT = "spot/binance/BTCUSDT"


def minutes(kit, count):
    return kit.start + np.arange(count) * MINUTE


def walk(count):
    opens = 100.0 + np.sin(np.arange(count))
    return {"open": opens, "high": opens + 1.0, "low": opens - 1.0}


def extremes(kit):
    return [
        kit.need(f"{SPOT}.open"),
        kit.need(f"{SPOT}.high", Alignment.BAR_EXTREME),
        kit.need(f"{SPOT}.low", Alignment.BAR_EXTREME),
    ]


@pytest.mark.parametrize("dataset", [SPOT, f"{SPOT}@1m"])
def test_an_hour_of_minutes_shows_its_open_and_the_extremes_in_between(kit, dataset):
    bars = walk(180)
    bars["high"][90] = 500.0
    bars["low"][150] = 1.0
    store = kit.Store().put(dataset, minutes(kit, 180), **bars)

    frame = kit.provider(store, *extremes(kit)).frame(kit.start, kit.start + 3 * HOUR - HOUR)

    assert frame.values(f"{SPOT}.open").tolist() == bars["open"][[0, 60, 120]].tolist()
    high, low = frame.values(f"{SPOT}.high"), frame.values(f"{SPOT}.low")
    assert np.isnan(high[0])
    assert high[1:].tolist() == [bars["high"][:60].max(), 500.0]
    assert low[1:].tolist() == [bars["low"][:60].min(), bars["low"][60:120].min()]
    assert "bars of 1m" in frame.sources[0].notes[0]


def test_a_first_bar_that_is_not_whole_has_no_extreme(kit):
    times = minutes(kit, 120)[30:]
    bars = {name: values[30:] for name, values in walk(120).items()}
    store = kit.Store().put(SPOT, times, **bars)

    frame = kit.provider(store, *extremes(kit)).frame(kit.start + HOUR, kit.start + HOUR)

    assert np.isnan(frame.values(f"{SPOT}.high")[0])


def test_a_minute_that_is_missing_between_two_opens_is_a_hole_of_the_extremes_alone(kit):
    keep = np.delete(np.arange(180), 90)
    bars = {name: values[keep] for name, values in walk(180).items()}
    store = kit.Store().put(SPOT, minutes(kit, 180)[keep], **bars)
    opens, high, _ = extremes(kit)
    end = kit.start + 2 * HOUR

    with pytest.raises(MissingDataError, match="first hole 2024-06-01T01:30:00Z, 1 missing"):
        kit.provider(store, opens, high).frame(kit.start, end)
    assert kit.provider(store, opens).frame(kit.start, end).rows == 3


def test_bars_of_the_run_s_own_interval_serve_before_finer_ones(kit):
    store = (
        kit.Store()
        .put(SPOT, kit.hours(3), open=[1.0, 2.0, 3.0])
        .put(f"{SPOT}@1m", minutes(kit, 180), open=np.full(180, 7.0))
        .put(f"{SPOT}@15m", minutes(kit, 180)[::15], open=np.full(12, 9.0))
    )
    need = kit.need(f"{SPOT}.open")

    def opens(step_s):
        lab = kit.provider(store, need, step_s=step_s)
        return lab.frame(kit.start, kit.start + HOUR).values(need.key)[-1]

    assert [opens(SECONDS[x]) for x in ("1h", "15m", "5m", "1m")] == [2.0, 9.0, 7.0, 7.0]


def test_a_run_never_goes_finer_than_its_bars(kit):
    store = kit.Store().put(SPOT, kit.hours(3), open=[1.0, 2.0, 3.0])

    with pytest.raises(MissingDataError, match="its bars are of 1h, the timesteps of 1m") as caught:
        kit.provider(store, kit.need(f"{SPOT}.open"), step_s=60)

    assert "choose a longer interval (--interval, interval=)" in caught.value.remedy
    assert "hedge_allocation" not in caught.value.remedy


def test_the_last_price_stands_for_marks_that_are_too_coarse_and_says_so(kit):
    store = (
        kit.Store()
        .put("mark/okx/BTCUSDT", kit.hours(2), open=[1.0, 2.0])
        .put("perp/okx/BTCUSDT@5m", minutes(kit, 120)[::5], open=np.full(24, 5.0))
    )
    mark = kit.need("mark/okx/BTCUSDT.open", fallback="perp/okx/BTCUSDT.open")

    frame = kit.provider(store, mark, step_s=300).frame(kit.start, kit.start)

    assert frame.values(mark.key).tolist() == [5.0]
    assert (
        "no mark/okx/BTCUSDT with bars of 5m; perp/okx/BTCUSDT stands for it"
        in (frame.sources[0].notes[0])
    )


@pytest.mark.parametrize(("step_s", "opens"), [(14_400, [0, 4, 8]), (86_400, [0])])
def test_four_hours_and_days_are_made_of_hours(kit, step_s, opens):
    store = kit.Store().put(SPOT, kit.hours(12), open=np.arange(1.0, 13.0))
    need = kit.need(f"{SPOT}.open")
    lab = kit.provider(store, need, step_s=step_s)

    first, last = lab.coverage()

    assert lab.frame(first, last).values(need.key).tolist() == [x + 1.0 for x in opens]


@pytest.mark.parametrize(("interval", "moment"), [("1d", 8 * HOUR), ("4h", HOUR), ("5m", MINUTE)])
def test_dates_between_two_timesteps_are_refused(kit, interval, moment):
    store = kit.Store().put(SPOT, minutes(kit, 1440), open=np.full(1440, 1.0))
    lab = kit.provider(store, kit.need(f"{SPOT}.open"), step_s=SECONDS[interval])

    with pytest.raises(UsageError, match=f"whole multiples of {interval}"):
        lab.frame(kit.start, kit.start + moment)


def test_a_day_s_funding_is_paid_each_settlement_at_its_own_price(kit):
    rates = [1e-4, 2e-4, -3e-4, 5e-4, 0.0, 7e-4]
    prices = 100.0 + np.arange(49)
    store = (
        kit.Store()
        .put("funding/okx/BTCUSDT", kit.hours(48)[::8], rate=rates)
        .put("mark/okx/BTCUSDT", kit.hours(49), open=prices)
    )
    rate = kit.need("funding/okx/BTCUSDT.rate", Alignment.STAMP, weight="mark/okx/BTCUSDT.open")
    lab = kit.provider(store, kit.need("mark/okx/BTCUSDT.open"), rate, step_s=86_400)

    paid = lab.frame(kit.start, kit.start + DAY).values(rate.key)

    due = (2e-4 * 108.0 - 3e-4 * 116.0 + 5e-4 * 124.0) / 124.0
    assert paid.tolist() == [1e-4, pytest.approx(due, rel=1e-15)]


def test_a_settlement_without_a_bar_of_its_own_is_paid_at_the_price_of_the_timestep(kit):
    store = (
        kit.Store()
        .put("funding/okx/BTCUSDT", kit.hours(48)[::8], rate=[1e-4] * 6)
        .put("mark/okx/BTCUSDT@1d", kit.days(2), open=[100.0, 200.0])
    )
    rate = kit.need("funding/okx/BTCUSDT.rate", Alignment.STAMP, weight="mark/okx/BTCUSDT.open")
    lab = kit.provider(store, kit.need("mark/okx/BTCUSDT.open"), rate, step_s=86_400)

    paid = lab.frame(kit.start, kit.start + DAY).values(rate.key)

    due = 1e-4 + 1e-4 + 1e-4
    assert paid.tolist() == [1e-4, pytest.approx(due, rel=1e-15)]


def test_a_settlement_a_little_after_its_hour_is_paid_and_not_lost(kit):
    late = kit.hours(24)[::8] + np.timedelta64(3, "s")
    store = kit.Store().put("funding/okx/BTCUSDT", late, rate=[1e-4, 2e-4, 3e-4])
    rate = kit.need("funding/okx/BTCUSDT.rate", Alignment.STAMP)

    paid = kit.provider(store, rate).frame(kit.start + HOUR, kit.start + 12 * HOUR)

    values = paid.values(rate.key)
    assert values[~np.isnan(values)].tolist() == [1e-4, 2e-4]


@pytest.mark.parametrize("interval", INTERVALS)
def test_ids_and_names_of_files_carry_the_interval(interval):
    found = recognise(f"bybit_ETHUSDT_perp_{interval}_2024.csv.gz")

    assert found.dataset == DatasetId(DatasetKind.PERP, "bybit", "ETHUSDT", interval)
    assert DatasetId.parse(str(found.dataset)) == found.dataset
    assert interval_text(SECONDS[interval]) == interval


@pytest.mark.parametrize("name", ["bybit_ETHUSDT_perp_2h.csv", "bybit_ETHUSDT_perp_15min.csv"])
def test_an_interval_that_runs_cannot_have_is_not_recognised(name):
    assert recognise(name) is None


def test_an_id_of_an_unknown_interval_is_no_id():
    assert DatasetId.parse("spot/binance/BTCUSDT@3m") is None


def write_bars(path, every_s, count):
    stamps = np.datetime64("2024-06-01", "s") + np.arange(count) * np.timedelta64(every_s, "s")
    prices = 100.0 + np.sin(np.arange(count) / 7.0)
    rows = [
        f"{t}Z,{p:.6f},{p + 1:.6f},{p - 1:.6f},{p:.6f}" for t, p in zip(stamps, prices, strict=True)
    ]
    path.write_text("\n".join(["timestamp,open,high,low,close", *rows, ""]))


def test_bars_of_every_interval_are_imported_beside_each_other(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    for interval in INTERVALS:
        write_bars(raw / f"binance_BTCUSDT_spot_{interval}.csv", SECONDS[interval], 60)

    import_directory(raw, tmp_path / "mine")

    infos = {x.id: x.interval_s for x in open_store(tmp_path / "mine").datasets()}
    expected = {f"{SPOT}@{x}": SECONDS[x] for x in INTERVALS if x != "1h"}
    assert infos == {SPOT: 3600, **expected}


def test_rows_of_another_interval_than_the_name_says_are_refused(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    write_bars(raw / "binance_BTCUSDT_spot_1m.csv", 300, 60)
    write_bars(raw / "binance_ETHUSDT_spot_1h.csv", 3600, 60)

    report = import_directory(raw, tmp_path / "mine")

    (refused,) = (x for x in report.files if x.rows is None)
    assert refused.file == "binance_BTCUSDT_spot_1m.csv"
    assert "the name says bars of 1m, the rows are 5m apart" in refused.findings[-1].text


def test_a_year_of_minutes_beyond_its_end_names_its_range(kit):
    store = kit.Store().put(f"{SPOT}@1m", minutes(kit, 180), open=np.full(180, 1.0))
    lab = kit.provider(store, kit.need(f"{SPOT}.open"), step_s=60)

    with pytest.raises(DataRangeError, match="to 2024-06-01T02:59:00Z"):
        lab.frame(kit.start, kit.start + 3 * HOUR)
