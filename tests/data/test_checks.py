"""What single checks find, and what they leave alone."""

import dataclasses

import numpy as np
import pytest

from basis_lab.data.checks import labels, order, peers, reserve, shape
from basis_lab.data.checks.meanings import MEANINGS
from basis_lab.data.checks.peers import Market, Peer, markets_of
from basis_lab.data.checks.rows import Rows
from basis_lab.data.checks.table import CELL_CHECKS, MARKET_CHECKS, SERIES_CHECKS, check_markets
from basis_lab.data.findings import Severity, Stop
from basis_lab.data.series import DatasetId, DatasetKind

HOUR = np.timedelta64(1, "h")
START = np.datetime64("2024-06-01T00:00:00", "s")


def rows(kind, values, *, every=1, name="open", **more):
    values = np.asarray(values, dtype=float)
    times = START + every * HOUR * np.arange(len(values))
    fields = {name: values, **{x: np.asarray(y, dtype=float) for x, y in more.items()}}
    return Rows(kind=kind, times=times, fields=fields, interval_s=3600 * every)


def walk(count, seed=3, level=3000.0):
    steps = np.random.default_rng(seed).normal(0.0, 0.004, count)
    return level * np.exp(np.cumsum(steps))


def peer(name, series, *, derived=False):
    return Peer(dataset=DatasetId.parse(name), file=f"{name}.csv", rows=series, derived=derived)


def of_one_market(prices, **changed):
    """Return three venues of one market; some of them changed."""
    names = {
        "spot": "spot/binance/ETHUSDT",
        "perp": "perp/bybit/ETHUSDT",
        "mark": "mark/bybit/ETHUSDT",
    }
    known = [
        peer(name, changed.get(x, rows(DatasetKind.SPOT, prices))) for x, name in names.items()
    ]
    return markets_of(known)[0]


def test_every_check_says_what_it_means_and_what_to_do():
    tabled = {x.meaning.name for x in (*SERIES_CHECKS, *MARKET_CHECKS, *CELL_CHECKS)}

    assert tabled <= set(MEANINGS)
    assert all(x.effect and x.remedy for x in MEANINGS.values())


def test_what_is_no_error_stops_nothing():
    stops = {x.name for x in MEANINGS.values() if x.stops is not Stop.NOTHING}

    errors = {x.name for x in MEANINGS.values() if x.severity is Severity.ERROR}
    assert stops == errors


def test_a_rate_that_a_quiet_market_repeats_is_not_stale_and_another_one_is():
    quiet = [1e-4] * 30 + [2e-4, 1.1e-4, 0.9e-4]
    stuck = [1e-4] * 30 + [2.3e-4] * 6

    funding = DatasetKind.FUNDING
    assert list(shape.find_stale(rows(funding, quiet, every=8, name="rate"))) == []
    found = list(shape.find_stale(rows(funding, stuck, every=8, name="rate")))
    assert [len(x.places) for x in found] == [5]


@pytest.mark.parametrize(("repeats", "stale"), [(2, False), (3, True)])
def test_bars_are_stale_from_the_third_repeat_on(repeats, stale):
    prices = walk(100)
    prices[50 : 51 + repeats] = prices[50]

    assert bool(list(shape.find_stale(rows(DatasetKind.SPOT, prices)))) is stale


def test_straight_lines_need_not_cover_a_series_to_be_found():
    prices = walk(2000)
    prices[1000:1025] = np.linspace(prices[1000], prices[1024], 25)

    series = rows(DatasetKind.SPOT, prices)
    found = list(shape.find_straight_lines(series))
    assert list(shape.find_interpolated(series)) == []
    assert found[0].places[0] == pytest.approx(1001, abs=1)
    assert "1 straight line," in found[0].what


@pytest.mark.parametrize(("beyond", "words"), [(0, ""), (7, "the last 7 rows lean on a value")])
def test_an_interpolated_series_tells_what_leans_on_a_value_after_its_end(beyond, words):
    hours = np.arange(24 * 30 + beyond + 1)
    lines = np.interp(hours, 24 * np.arange(33), walk(33))

    found = list(shape.find_interpolated(rows(DatasetKind.SPOT, lines)))

    assert ("after the end" in found[0].what) is bool(beyond)
    assert words in found[0].what


def test_settlements_that_get_faster_are_no_holes():
    hours = np.concatenate([np.arange(0, 400, 8), np.arange(400, 500, 4)])
    series = Rows(
        kind=DatasetKind.FUNDING,
        times=START + HOUR * hours,
        fields={"rate": np.linspace(1e-5, 9e-5, len(hours))},
        interval_s=4 * 3600,
    )

    assert list(order.find_gaps(series)) == []
    assert "8 h instead of 4 h" in next(iter(order.find_funding_intervals(series))).what


def test_one_missing_settlement_is_a_hole_and_no_new_interval():
    rates = rows(DatasetKind.FUNDING, np.linspace(1e-5, 9e-5, 40), every=8, name="rate")
    kept = np.delete(np.arange(40), 20)
    series = Rows(
        kind=rates.kind,
        times=rates.times[kept],
        fields={"rate": rates.fields["rate"][kept]},
        interval_s=rates.interval_s,
    )

    assert [x.value for x in order.find_gaps(series)] == [1]
    assert list(order.find_funding_intervals(series)) == []


@pytest.mark.parametrize("factor", [100.0, 0.01, 1.3])
def test_a_perp_at_another_level_than_its_spot_is_found(factor):
    prices = walk(300)
    market = of_one_market(prices, perp=rows(DatasetKind.PERP, prices * factor))

    found = list(peers.find_levels(market))

    assert [str(x[0].dataset) for x in found] == ["perp/bybit/ETHUSDT"]
    assert "spot/binance/ETHUSDT" in found[0][1].what


def test_an_hour_far_away_is_an_outlier_and_not_another_level():
    prices = walk(300)
    off = prices.copy()
    off[120] *= 1.6

    found = list(check_markets(of_one_market(prices, perp=rows(DatasetKind.PERP, off)).peers))

    assert [(x.name, str(y.dataset), z.places.tolist()) for x, y, z in found] == [
        ("wrong-outlier", "perp/bybit/ETHUSDT", [120])
    ]


@pytest.mark.parametrize(
    ("apart", "check"),
    [(0.004, None), (0.006, "outlier-flag"), (0.02, "outlier-alert"), (0.2, "wrong-outlier")],
)
def test_the_further_from_the_market_the_worse(apart, check):
    prices = walk(300)
    off = prices.copy()
    off[[7, 200]] *= 1.0 + apart

    found = [
        x[0].name
        for x in check_markets(of_one_market(prices, mark=rows(DatasetKind.MARK, off)).peers)
    ]

    assert found == ([] if check is None else [check])


def test_a_price_that_nobody_else_shows_is_not_judged():
    alone = peer("spot/binance/ETHUSDT", rows(DatasetKind.SPOT, walk(300)))
    other = peer("spot/binance/BTCUSDT", rows(DatasetKind.SPOT, walk(300, level=60_000.0)))

    assert list(check_markets([alone, other])) == []


def test_a_hole_of_one_venue_does_not_blind_the_others():
    prices = walk(300)
    off = prices.copy()
    off[150] *= 1.02
    short = rows(DatasetKind.SPOT, prices)
    kept = np.delete(np.arange(300), np.arange(140, 160))
    spot = Rows(
        kind=short.kind,
        times=short.times[kept],
        fields={"open": prices[kept]},
        interval_s=3600,
    )
    third = peer("perp/binance/ETHUSDT", rows(DatasetKind.PERP, prices))
    market = of_one_market(prices, spot=spot, mark=rows(DatasetKind.MARK, off))

    found = list(check_markets([*market.peers, third]))

    assert [(x.name, str(y.dataset)) for x, y, _ in found] == [
        ("outlier-alert", "mark/bybit/ETHUSDT")
    ]


@pytest.mark.parametrize("hours", [-8, 1, 3, 8])
def test_labels_in_another_zone_are_told_by_the_majority(hours):
    prices = walk(400)
    true = rows(DatasetKind.SPOT, prices)
    moved = Rows(
        kind=true.kind, times=true.times + hours * HOUR, fields=true.fields, interval_s=3600
    )

    found = list(labels.find_label_shifts(of_one_market(prices, spot=moved)))

    assert [(str(x.dataset), y.value) for x, y in found] == [("spot/binance/ETHUSDT", hours)]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(330, "+5:30 h"), (-210, "-3:30 h"), (345, "+5:45 h"), (1, "open labels and close labels")],
)
def test_a_zone_of_half_or_quarter_hours_is_told_by_bars_of_minutes(minutes, words):
    minute = np.timedelta64(60, "s")
    prices = walk(2000)
    times = START + minute * np.arange(len(prices))
    true, moved = (
        Rows(kind=DatasetKind.SPOT, times=x, fields={"open": prices}, interval_s=60)
        for x in (times, times + minutes * minute)
    )
    names = ("spot/binance/ETHUSDT@1m", "perp/bybit/ETHUSDT@1m", "perp/okx/ETHUSDT@1m")
    market = Market(tuple(peer(x, moved if "okx" in x else true) for x in names))

    found = list(labels.find_label_shifts(market))

    assert [(str(x.dataset), y.value) for x, y in found] == [(names[2], minutes / 60)]
    assert words in found[0][1].what


@pytest.mark.parametrize("kind", [DatasetKind.SPOT, DatasetKind.FUNDING])
def test_labels_of_half_hours_are_refused_of_bars_and_of_settlements(kind):
    true = rows(kind, walk(50), every=8 if kind is DatasetKind.FUNDING else 1, name="rate")
    moved = dataclasses.replace(true, times=true.times + np.timedelta64(330, "m"))

    found = list(order.find_off_grid(moved))

    assert list(order.find_off_grid(true)) == []
    assert len(found[0].places) == 50
    assert "50 labels lie beside the full 1 h of UTC, the first by 30 min" in found[0].what


@pytest.mark.parametrize("minutes", [330, -210, 345])
def test_the_zone_of_refused_labels_is_told_by_the_others_of_their_market(minutes):
    prices = walk(400)
    true = rows(DatasetKind.SPOT, prices)
    moved = dataclasses.replace(true, times=true.times + np.timedelta64(minutes, "m"))
    refused = peer("spot/bybit/ETHUSDT", moved, derived=True)
    market = markets_of([peer("spot/binance/ETHUSDT", true), refused])[0]

    found = list(labels.find_label_shifts(market))

    assert (str(found[-1][0].dataset), found[-1][1].value) == ("spot/bybit/ETHUSDT", minutes / 60)


def test_one_bar_between_two_others_is_refused_by_its_row():
    true = rows(DatasetKind.SPOT, walk(50))
    times = np.sort(np.append(true.times, START + np.timedelta64(90, "m")))
    fields = {"open": walk(51)}

    found = list(order.find_off_grid(dataclasses.replace(true, times=times, fields=fields)))

    assert [x.places.tolist() for x in found] == [[2]]


def test_snapshots_of_a_chain_come_when_a_block_does():
    gas = rows(DatasetKind.GAS, walk(50), name="price_gwei")

    moved = dataclasses.replace(gas, times=gas.times + np.timedelta64(71, "s"))

    assert list(order.find_off_grid(moved)) == []


def test_settlements_beside_whole_intervals_are_told_where_nobody_can_be_compared():
    funding = rows(DatasetKind.FUNDING, np.linspace(1e-5, 9e-5, 40), every=8, name="rate")

    moved = dataclasses.replace(funding, times=funding.times + 3 * HOUR)

    assert list(order.find_settlement_hours(funding)) == []
    found = list(order.find_settlement_hours(moved))
    assert [x.what for x in found] == ["settlements lie 3 h after the full 8 h of UTC"]


def test_of_two_that_disagree_neither_is_believed():
    prices = walk(400)
    true = rows(DatasetKind.SPOT, prices)
    moved = Rows(kind=true.kind, times=true.times + 3 * HOUR, fields=true.fields, interval_s=3600)
    market = Market((peer("spot/binance/ETHUSDT", true), peer("perp/bybit/ETHUSDT", moved)))

    found = list(labels.find_label_shifts(market))

    assert [y.value for _, y in found] == [-3, 3]
    assert all("nothing tells which" in y.what for _, y in found)


def test_of_two_the_one_that_settles_on_whole_intervals_is_believed():
    rates = np.random.default_rng(5).normal(1e-4, 5e-5, 400)
    true = rows(DatasetKind.FUNDING, rates, every=8, name="rate")
    moved = Rows(
        kind=true.kind, times=true.times + 3 * HOUR, fields=true.fields, interval_s=8 * 3600
    )
    market = Market((peer("funding/binance/ETHUSDT", moved), peer("funding/bybit/ETHUSDT", true)))

    found = list(labels.find_label_shifts(market))

    assert [(str(x.dataset), y.value) for x, y in found] == [("funding/binance/ETHUSDT", 3)]


def test_venues_that_do_not_move_alike_say_nothing_of_labels():
    ours, theirs = (rows(DatasetKind.SPOT, walk(400, seed=x)) for x in (1, 2))
    market = Market((peer("spot/binance/ETHUSDT", ours), peer("perp/bybit/ETHUSDT", theirs)))

    assert list(labels.find_label_shifts(market)) == []


def reserve_rows(scale=1.0):
    stated = np.full(60, 0.05)
    index = np.exp(np.cumsum(stated / 365.0))
    return rows(
        DatasetKind.AAVE,
        index,
        every=24,
        name="liquidity_index",
        supply_rate=stated * scale,
        borrow_rate=np.full(60, 0.08),
        total_supplied=np.full(60, 100.0),
        total_borrowed=np.full(60, 70.0),
    )


@pytest.mark.parametrize(("scale", "wrong"), [(1.0, False), (1.2, False), (2.0, True), (0.4, True)])
def test_rates_are_held_against_the_growth_of_their_index(scale, wrong):
    assert bool(list(reserve.find_rates_against_index(reserve_rows(scale)))) is wrong


def test_a_reserve_factor_may_change_for_good_but_not_for_a_row():
    voted, odd = reserve_rows(), reserve_rows()
    later = voted.fields["supply_rate"].copy()
    later[30:] *= 0.9
    once = odd.fields["supply_rate"].copy()
    once[30] *= 0.9
    voted = Rows(kind=voted.kind, times=voted.times, interval_s=86400,
                 fields={**voted.fields, "supply_rate": later})  # fmt: skip
    odd = Rows(kind=odd.kind, times=odd.times, interval_s=86400,
               fields={**odd.fields, "supply_rate": once})  # fmt: skip

    assert list(reserve.find_rates_that_disagree(voted)) == []
    assert [x.places.tolist() for x in reserve.find_rates_that_disagree(odd)] == [[30]]
