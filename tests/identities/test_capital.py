"""Investors' money: what comes and goes changes the size of a run, not its NAV per share."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.domain.events import Event, EventType
from basis_lab.domain.flows import FlowParameters
from tests.identities.worlds import (
    World,
    basis_configs,
    examples,
    flows,
    load_lending,
    make_frame,
    markets,
    worlds,
)

PAYS_NOTHING = {"basis": 0.0, "funding": 0.0, "growth": 0.0}


@examples(40)
@given(data=st.data(), config=basis_configs(costs=False), market=markets((30, 150), **PAYS_NOTHING))
def test_where_nothing_is_earned_money_that_comes_and_goes_leaves_the_nav_at_one(
    data, config, market
):
    config = replace(config, flows=data.draw(flows(market)))

    record = World(config=config, frame=make_frame(config, market), capital=1e5).run()

    assert np.abs(record.nav_per_share - 1.0).max() <= 1e-9


@examples(40)
@given(worlds((30, 150)))
def test_what_is_paid_out_was_asked_for(world):
    record = world.run()

    deposits = sum(x.amount for x in world.config.flows if x.amount > 0.0) * world.capital
    asked = -sum(x.amount for x in world.config.flows if x.amount < 0.0) * world.capital
    came_in = record.flows[record.flows > 0.0].sum()
    net = record.flows.sum()
    assert came_in <= deposits * (1.0 + 1e-9)
    assert -asked - 1e-9 * world.capital <= net - deposits <= 1e-9 * world.capital


@examples(25)
@given(
    market=markets((30, 120)),
    place=st.floats(0.1, 0.9),
    amount=st.sampled_from([-0.5, -0.1, 0.2, 1.0]),
)
def test_lending_pays_every_holder_the_growth_of_the_index(market, place, amount):
    base = load_lending("USDT", costs=False)
    frame = make_frame(base, market)
    row = max(1, int(place * (market.rows - 2)))
    flow = FlowParameters(at=str(frame.times[row]), amount=amount, unit="capital")
    config = replace(base, flows=(flow,))

    record = World(config=config, frame=frame, capital=1e5).run()

    index = frame.values("aave/ethereum/USDT.liquidity_index")
    np.testing.assert_allclose(record.nav_per_share, index / index[0], rtol=1e-9)
    assert record.flows.sum() == pytest.approx(amount * 1e5, rel=1e-9)


@examples(25)
@given(worlds((30, 150)))
def test_every_flow_is_told_by_the_event_that_moved_it(world):
    record = world.run()

    told = np.zeros(record.rows)
    for entry in record.log:
        moves = isinstance(entry, Event) and entry.event_type in {
            EventType.DEPOSIT,
            EventType.WITHDRAWAL,
        }
        if moves and entry.row > 0:
            told[entry.row] += entry.quantity
    np.testing.assert_allclose(record.flows, told, rtol=0.0, atol=1e-9 * world.capital)
