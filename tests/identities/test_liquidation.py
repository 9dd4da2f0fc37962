"""A venue liquidates exactly when a bar's extreme leaves less equity than maintenance margin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.domain import series
from basis_lab.domain.events import Event, EventType
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.engine.clock import Clock
from tests.identities.worlds import (
    World,
    examples,
    load_basis,
    make_frame,
    markets,
    with_little_margin,
)

# Funding is large, so that it matters whether it is paid before or after the liquidation test.
WILD = {"noise": 0.04, "span": 0.6, "wick": 0.01, "funding": 0.02}
UNDECIDED = 1e-9  # equity this near to maintenance, as a share of notional, is rounding


def little_margin(market, venue, allocation, capital):
    config = with_little_margin(load_basis(hold=True, weights={venue: 1.0}), allocation)
    return World(config=config, frame=make_frame(config, market), capital=capital)


def spare_margin(world, record, venue):
    """Equity less maintenance at each bar's high, on what was held through it; NaN without it."""
    column = world.frame.universe.column
    before = np.vstack([np.zeros(len(world.frame.universe)), record.quantities[:-1]])
    short, cash, opened = (
        before[:, column(Instrument(venue, kind, symbol))]
        for kind, symbol in (
            (Kind.PERP, "BTCUSDT"),
            (Kind.MARGIN, "USDT"),
            (Kind.CONTRACTS, "BTCUSDT"),
        )
    )
    high = world.frame.values(series.mark(venue, "BTC", "high"))
    notional = -short * high
    spare = cash + short * high + opened - maintenance(world.config.venues[venue].perp, notional)
    return np.where(short < 0.0, spare / np.where(short < 0.0, notional, 1.0), np.nan)


def maintenance(perp, notional):
    """By the words of the venues: each slice at its own rate, or the whole at the last one's."""
    tiers = perp.tiers["BTCUSDT"]
    floors = np.array([0.0, *(x.max_notional for x in tiers[:-1])])
    if perp.tier_deduction:
        rates = np.diff([x.maintenance_rate for x in tiers], prepend=0.0)
        return (np.maximum(notional[:, None] - floors, 0.0) * rates).sum(axis=1)
    reached = np.maximum((notional[:, None] > floors).sum(axis=1) - 1, 0)
    return notional * np.array([x.maintenance_rate for x in tiers])[reached]


def liquidated_rows(record):
    return {
        entry.row
        for entry in record.log
        if isinstance(entry, Event) and entry.event_type is EventType.LIQUIDATION
    }


@pytest.mark.parametrize("stride", [1, 5, "auto"])
@pytest.mark.parametrize("venue", ["binance", "okx"])
@examples(25)
@given(
    market=markets((30, 120), **WILD),
    allocation=st.floats(0.75, 0.97),
    capital=st.sampled_from([3e4, 6e5, 2e7]),
)
def test_a_short_is_liquidated_where_margin_runs_out_and_nowhere_else(
    stride, venue, market, allocation, capital
):
    world = little_margin(market, venue, allocation, capital)

    record = world.run(Clock(stride))

    spare = spare_margin(world, record, venue)
    must = set(np.flatnonzero(spare < -UNDECIDED).tolist())
    may = set(np.flatnonzero(spare <= UNDECIDED).tolist())
    assert must <= liquidated_rows(record) <= may


@examples(25)
@given(market=markets((30, 120), **WILD), allocation=st.floats(0.75, 0.97))
def test_a_liquidation_closes_at_or_beyond_the_price_that_exhausts_the_margin(market, allocation):
    world = little_margin(market, "binance", allocation, 1e5)

    record = world.run()

    marks = world.frame.values(series.mark("binance", "BTC"))
    highs = world.frame.values(series.mark("binance", "BTC", "high"))
    for entry in record.log:
        if isinstance(entry, Event) and entry.event_type is EventType.LIQUIDATION:
            assert marks[entry.row - 1] <= entry.price <= highs[entry.row] * (1.0 + 1e-12)


@examples(25)
@given(market=markets((30, 120), **WILD), allocation=st.floats(0.75, 0.97))
def test_what_a_liquidation_leaves_is_never_owed(market, allocation):
    world = little_margin(market, "binance", allocation, 1e5)

    record = world.run()

    margin = world.frame.universe.column(Instrument("binance", Kind.MARGIN, "USDT"))
    for row in liquidated_rows(record):
        assert record.quantities[row, margin] >= 0.0
