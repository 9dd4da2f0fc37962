"""Single settlements and short stretches are held against other venues and their own history."""

import numpy as np
import pytest

from basis_lab.data.checks.peers import Peer
from basis_lab.data.checks.rows import Rows
from basis_lab.data.checks.table import check_markets, check_series
from basis_lab.data.series import DatasetId, DatasetKind
from basis_lab.domain.requirements import Alignment
from basis_lab.errors import BadDataError

ROWS, FIRST = 600, 311
NOISE = np.random.default_rng(12)
MARKET = 8e-5 + 6e-5 * np.sin(np.arange(ROWS) / 40.0)
RATES = {x: MARKET + NOISE.normal(0.0, 1e-5, ROWS) for x in ("binance", "bybit", "okx")}


def peer(kit, venue, rates):
    rows = Rows(
        kind=DatasetKind.FUNDING,
        times=kit.start + np.arange(ROWS) * np.timedelta64(8, "h"),
        fields={"rate": rates},
        interval_s=28800,
    )
    dataset = DatasetId.parse(f"funding/{venue}/ETHUSDT")
    return Peer(dataset=dataset, file=venue, rows=rows, derived=False)


def found(kit, spoilt, venues=("binance", "bybit")):
    peers = [peer(kit, x, spoilt if x == "binance" else RATES[x]) for x in venues]
    return [(x.name, y.file, z) for x, y, z in check_markets(peers)]


def times(factor, count, first=FIRST):
    rates = RATES["binance"].copy()
    rates[first : first + count] *= factor
    return rates


@pytest.mark.parametrize("first", [0, 1, FIRST, ROWS - 10])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 10])
def test_percent_in_a_few_settlements_is_an_error_of_the_venue_that_has_it(kit, count, first):
    told = found(kit, times(100.0, count, first))

    assert [x[:2] for x in told if x[0] == "funding-level"] == [("funding-level", "binance")]
    assert {x[1] for x in told} == {"binance"}
    assert set(range(first, first + count)) >= set(told[0][2].places)


def test_one_settlement_of_minus_one_percent_is_an_error(kit):
    rates = RATES["binance"].copy()
    rates[FIRST] = -0.01

    ((check, venue, defect),) = found(kit, rates)

    assert (check, venue, list(defect.places)) == ("funding-level", "binance", [FIRST])
    assert defect.value == -0.01


def test_a_settlement_ten_times_the_others_is_in_doubt(kit):
    ((check, venue, defect),) = found(kit, times(11.0, 1))

    assert (check, venue, list(defect.places)) == ("funding-alert", "binance", [FIRST])


def test_a_settlement_that_every_venue_shows_is_true(kit):
    spike = {x: rates.copy() for x, rates in RATES.items()}
    for rates in spike.values():
        rates[FIRST] = 0.004
    peers = [peer(kit, x, rates) for x, rates in spike.items()]

    assert list(check_markets(peers)) == []


def test_a_settlement_without_another_venue_is_held_against_its_own_history(kit):
    alone = peer(kit, "binance", times(100.0, 2))

    told = [(x.name, list(y.places)) for x, y in check_series(alone.rows)]

    assert ("funding-alert", [FIRST, FIRST + 1]) in told
    clean = peer(kit, "binance", RATES["binance"])
    assert "funding-alert" not in {x.name for x, _ in check_series(clean.rows)}


def test_a_reversed_sign_in_a_month_is_told_with_its_rows(kit):
    told = found(kit, times(-1.0, 90), ("binance", "bybit", "okx"))

    assert [x[:2] for x in told] == [("opposite-funding", "binance")]
    assert abs(told[0][2].places[0] - FIRST) < 10


def test_a_series_of_twice_the_funding_of_the_others_is_in_doubt(kit):
    told = found(kit, 2.0 * RATES["binance"])

    assert [x[:2] for x in told] == [("funding-alert", "binance")]
    assert 1.9 < told[0][2].value < 2.1


def test_a_reversed_sign_is_not_taken_for_other_labels(kit):
    told = found(kit, -RATES["binance"])

    assert {x[0] for x in told} == {"opposite-funding"}


def run_on_one_venue(kit, rates):
    """Return the frame of a run that uses one venue's funding, the other's beside it."""
    times = kit.start + np.arange(ROWS) * np.timedelta64(8, "h")
    store = kit.Store().put("funding/binance/ETHUSDT", times, rate=rates)
    store.put("funding/bybit/ETHUSDT", times, rate=RATES["bybit"])
    lab = kit.provider(store, kit.need("funding/binance/ETHUSDT.rate", Alignment.STAMP))
    return lab.frame(times[0], times[-1])


def test_a_run_of_one_venue_is_held_against_the_funding_beside_it(kit):
    assert run_on_one_venue(kit, RATES["binance"]).sources[0].warnings == ()

    (warning,) = run_on_one_venue(kit, times(11.0, 1)).sources[0].warnings
    assert "what funding/bybit/ETHUSDT paid then" in warning

    with pytest.raises(BadDataError, match="what funding/bybit/ETHUSDT paid then"):
        run_on_one_venue(kit, times(100.0, 1))


def test_funding_that_a_run_does_not_use_does_not_stop_it(kit):
    steps = kit.start + np.arange(ROWS) * np.timedelta64(8, "h")
    store = kit.Store().put("funding/binance/ETHUSDT", steps, rate=times(100.0, 1))
    store.put("funding/bybit/ETHUSDT", steps, rate=RATES["bybit"])
    lab = kit.provider(store, kit.need("funding/bybit/ETHUSDT.rate", Alignment.STAMP))

    assert lab.frame(steps[0], steps[-1]).sources[0].warnings == ()
