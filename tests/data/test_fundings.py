"""Funding is held against that of the other venues: its unit and its sign."""

import numpy as np
import pytest

from basis_lab.data.checks.peers import Peer
from basis_lab.data.checks.rows import Rows
from basis_lab.data.checks.table import check_markets
from basis_lab.data.series import DatasetId, DatasetKind

ROWS, FIRST, LAST = 600, 200, 425
VENUES = ("binance", "bybit", "okx")
NOISE = np.random.default_rng(11)
MARKET = 2e-5 + NOISE.normal(0.0, 4e-5, ROWS).cumsum() / 8.0
RATES = {x: MARKET + NOISE.normal(0.0, 1e-5, ROWS) for x in VENUES}


def percent(rates):
    return np.where((np.arange(ROWS) >= FIRST) & (np.arange(ROWS) < LAST), 100.0 * rates, rates)


def found(kit, spoilt=None, spoil=None, venues=VENUES, interval_s=28800, kept=None):
    """Return what is found among venues, one of them spoilt, as (check, venue, rows)."""
    peers = []
    times = kit.start + np.arange(ROWS) * np.timedelta64(8, "h")
    for venue in venues:
        rates = spoil(RATES[venue]) if venue == spoilt else RATES[venue]
        places = kept[venue] if kept and venue in kept else np.arange(ROWS)
        fields = {"rate": rates[places]}
        rows = Rows(kind=DatasetKind.FUNDING, times=times[places], fields=fields,
                    interval_s=interval_s if venue == spoilt else 28800)  # fmt: skip
        dataset = DatasetId.parse(f"funding/{venue}/ETHUSDT")
        peers.append(Peer(dataset=dataset, file=venue, rows=rows, derived=False))
    return [(x.name, y.file, z) for x, y, z in check_markets(peers)]


@pytest.mark.parametrize("venues", [VENUES, VENUES[:2]])
@pytest.mark.parametrize("spoilt", VENUES[:2])
def test_percent_in_a_calm_stretch_is_blamed_on_the_venue_that_has_it(kit, spoilt, venues):
    told = found(kit, spoilt, percent, venues)

    assert [x[:2] for x in told] == [("funding-level", spoilt)]
    defect = told[0][2]
    # A stretch of settlements may reach over the edge by less than half of itself.
    assert abs(defect.places[0] - FIRST) < 21
    assert abs(defect.places[-1] - LAST) < 21
    assert 50.0 < defect.value < 250.0


@pytest.mark.parametrize("first", [40, 300, 500])
def test_a_short_stretch_of_percent_is_told_where_a_third_venue_has_holes(kit, first):
    rows = np.arange(ROWS)
    holed = np.delete(rows, slice(3, None, 19))  # no stretch of it is whole

    def short(rates):
        return np.where((rows >= first) & (rows < first + 20), 100.0 * rates, rates)

    told = found(kit, "binance", short, kept={"okx": holed})

    assert [x[:2] for x in told] == [("funding-level", "binance")]
    assert found(kit, kept={"okx": holed}) == []


@pytest.mark.parametrize("factor", [8.0, 1.0 / 8.0])
def test_a_rate_of_another_interval_is_told_by_three_venues(kit, factor):
    told = found(kit, "bybit", lambda x: factor * x)

    assert [x[:2] for x in told] == [("funding-level", "bybit")]


@pytest.mark.parametrize("factor", [8.0, 1.0 / 8.0])
def test_of_two_venues_with_rates_of_other_intervals_neither_is_believed(kit, factor):
    told = found(kit, "bybit", lambda x: factor * x, VENUES[:2])

    assert [x[:2] for x in told] == [("funding-level", x) for x in VENUES[:2]]
    assert all("nothing tells which" in x[2].what for x in told)


def test_a_venue_that_settles_every_hour_pays_an_eighth_each_time(kit):
    assert found(kit, "bybit", lambda x: x / 8.0, interval_s=3600) == []


def test_funding_of_the_other_sign_is_blamed_on_the_venue_that_has_it(kit):
    told = found(kit, "okx", lambda x: -x)

    assert ("opposite-funding", "okx") in [x[:2] for x in told]
    assert {x[1] for x in told} == {"okx"}


def test_of_two_venues_with_opposite_funding_neither_is_believed(kit):
    told = found(kit, "bybit", lambda x: -x, VENUES[:2])

    opposite = [x for x in told if x[0] == "opposite-funding"]
    assert [x[1] for x in opposite] == list(VENUES[:2])
    assert all("nothing tells which" in x[2].what for x in opposite)


def test_one_settlement_of_a_stressed_venue_is_no_other_unit(kit):
    def stressed(rates):
        return np.where(np.arange(ROWS) == FIRST, 3e-4, rates)

    assert found(kit, "binance", stressed) == []
    assert found(kit) == []
