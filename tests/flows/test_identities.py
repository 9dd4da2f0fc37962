"""The identities of a run hold where investors come and go, and where more than one thing acts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.domain.instruments import Kind
from basis_lab.engine.clock import Clock
from tests.flows.money import AT_HOME, BASIS, FREE, flowing, with_trailing_means
from tests.identities.worlds import RandomClock, examples, files_of

DAYS = 1.0
FILTER = {"days": DAYS, "exit_below": 0.0, "enter_above": 1e-4}
OWNED = (Kind.TOKEN, Kind.RESERVE, Kind.IN_TRANSIT, Kind.ATOKEN)


def filtered(rows, **given):
    """A basis mode with a funding filter over a day, and funding of both signs."""
    drawn = flowing(rows, modes=BASIS, funding_filter=FILTER, **given)
    return drawn.map(lambda x: with_trailing_means(x, x.config.asset, DAYS))


def with_little_margin(world):
    """Nearly all is spot and margin is unwatched, which no check of a configuration would allow."""
    config = world.config
    strategy = replace(config.strategy, spot_allocation=0.9)
    risk = replace(config.risk, enabled_risk_types=())
    return replace(world, config=replace(config, strategy=strategy, risk=risk))


def liquidated(rows):
    wild = {"noise": 0.04, "span": 0.6}
    return flowing(rows, modes=BASIS, scenarios=FREE, market=wild).map(with_little_margin)


WORLDS = {"flows": flowing, "filter": filtered, "liquidation": liquidated}
kinds = pytest.mark.parametrize("kind", WORLDS)


@kinds
@examples(15)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_windows_of_any_length_write_the_same_bytes(kind, data, seed):
    world = data.draw(WORLDS[kind]((20, 60)))
    auto = files_of(world.run(Clock("auto")))

    assert files_of(world.run(Clock(1))) == auto
    assert files_of(world.run(RandomClock(seed, 20))) == auto


@kinds
@examples(30)
@given(data=st.data())
def test_the_attribution_explains_every_step(kind, data):
    world = data.draw(WORLDS[kind]((20, 80)))

    record = world.run()

    assert np.abs(record.residual).max() <= 1e-9 * world.capital


@kinds
@examples(30)
@given(data=st.data())
def test_nothing_that_is_owned_is_ever_less_than_nothing(kind, data):
    world = data.draw(WORLDS[kind]((20, 80)))

    record = world.run()

    for column, instrument in enumerate(world.frame.universe.instruments):
        least = record.quantities[:, column].min()
        if str(instrument) == "wallet:token:ETH":
            eth = world.frame.unit_prices[:, column].min()
            largest = 2.0 * record.equity.max() / eth  # equity may be more before it is withdrawn
            assert least >= -world.config.costs.gas_debt_limit * largest
        elif instrument.kind in OWNED:
            assert least >= -1e-9 * world.capital, instrument
        elif instrument.kind is Kind.MARGIN:
            assert account_value(record, instrument).min() >= -1e-9 * world.capital, instrument


def account_value(record, margin):
    """Cash and unrealised P&L: funding may be owed against a profit that is not realised yet."""
    lines = [
        i
        for i, x in enumerate(record.frame.universe.instruments)
        if x == margin or (x.venue == margin.venue and x.kind in (Kind.PERP, Kind.CONTRACTS))
    ]
    return record.values[:, lines].sum(axis=1)


@examples(20)
@given(flowing(hedge_allocation=AT_HOME))
def test_the_same_world_writes_the_same_bytes_twice(world):
    assert files_of(world.run()) == files_of(world.run())
