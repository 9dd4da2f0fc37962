"""Whatever a scenario does: windows change nothing, the future is unknown, the sum adds up."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.config.loader import load_config
from basis_lab.data.shocks import stressed
from basis_lab.engine.clock import Clock
from tests.identities.test_causality import up_to
from tests.identities.worlds import (
    RandomClock,
    World,
    examples,
    files_of,
    later_changed,
    worlds,
)
from tests.stress.trials import closure, order, shock

CONFIGS = Path(__file__).parents[2] / "configs"
SHIPPED = sorted(
    x.stem
    for x in (CONFIGS / "scenarios").glob("*.yaml")
    if {"shocks", "closures", "actions"}
    & set(x.read_text(encoding="utf-8").replace(":", "").split())
)
VENUE = st.sampled_from([("binance",), ("bybit", "okx"), ("binance", "bybit", "okx"), ("aave_v3",)])
MOMENT = st.sampled_from(["+0h", "+1h", "+5h", "30%", "50%", "95%"])


@st.composite
def troubled(draw, rows=(30, 120)) -> World:
    """Any world with closings, a default, a shock and an order to leave, each at any time."""
    world = draw(worlds(rows))
    closures = [
        closure(*draw(VENUE), at=draw(MOMENT), duration=draw(st.sampled_from([2.0, 13.0, None])))
        for _ in range(draw(st.integers(0, 2)))
    ]
    if draw(st.booleans()):
        closures.append(
            closure(draw(st.sampled_from(["binance", "okx"])), at=draw(MOMENT), lost=True)
        )
    orders = [order(draw(MOMENT))] if draw(st.booleans()) else []
    factor = draw(st.sampled_from([0.7, 0.97, 1.03, 1.3]))
    shocks = [shock(value=factor, at=draw(MOMENT), ramp=draw(st.sampled_from([0.0, 6.0])))]
    config = replace(
        world.config, closures=tuple(closures), actions=tuple(orders), shocks=tuple(shocks)
    )
    return replace(world, config=config, frame=stressed(world.frame, config.stress))


def under(world, name):
    """The world under a shipped scenario."""
    shipped = load_config(world.config.mode, scenarios=[name])
    config = replace(
        world.config,
        shocks=shipped.shocks,
        closures=shipped.closures,
        actions=shipped.actions,
    )
    return replace(world, config=config, frame=stressed(world.frame, config.stress))


def test_every_stress_that_is_promised_ships():
    assert SHIPPED == [
        "borrow_spike_30",
        "cex_outage_24h",
        "eth_crash_30",
        "eth_rally_40",
        "eth_rally_50",
        "funding_negative_3d",
        "gas_500",
        "lending_frozen_30d",
        "lst_depeg_2",
        "lst_depeg_5",
        "lst_depeg_8",
        "usdt_depeg_3",
        "venue_default_binance",
    ]


@pytest.mark.parametrize("name", SHIPPED)
@examples(4)
@given(world=worlds((60, 120)), seed=st.integers(0, 2**32 - 1))
def test_windows_of_any_length_write_the_same_bytes_under_every_stress(name, world, seed):
    troubled_ = under(world, name)

    rows = files_of(troubled_.run(Clock(1)))

    assert rows == files_of(troubled_.run(Clock("auto")))
    assert rows == files_of(troubled_.run(RandomClock(seed, 40)))


@examples(30)
@given(world=troubled(), seed=st.integers(0, 2**32 - 1))
def test_closings_defaults_and_orders_at_any_time_write_the_same_bytes(world, seed):
    rows = files_of(world.run(Clock(1)))

    assert rows == files_of(world.run(Clock("auto")))
    assert rows == files_of(world.run(RandomClock(seed, 40)))


@examples(40)
@given(world=troubled(), share=st.floats(0.0, 0.98), seed=st.integers(0, 2**32 - 1))
def test_what_is_published_later_changes_no_earlier_row_of_a_stressed_run(world, share, seed):
    row = int(share * (world.frame.rows - 1))
    status = {k: v for k, v in world.frame.series.items() if k.startswith("status/")}
    later = later_changed(world.frame, row, seed)
    changed = replace(later, series={**later.series, **status})
    other = World(config=world.config, frame=changed, capital=world.capital)

    assert up_to(other.run(), row) == up_to(world.run(), row)


@examples(40)
@given(world=troubled())
def test_nothing_of_a_stress_is_known_before_it(world):
    calm = replace(world.config, shocks=(), closures=(), actions=())
    moments = [x.at for x in (*world.config.shocks, *world.config.closures, *world.config.actions)]
    first = min(_row(at, world.frame.rows) for at in moments)
    unstressed = {k: v for k, v in world.frame.series.items() if not k.startswith("status/")}

    for key, values in stressed(
        replace(world.frame, series=unstressed), calm.stress
    ).series.items():
        before = world.frame.series[key][:first]
        assert np.array_equal(values[:first], before, equal_nan=True)


def _row(at, rows):
    if at.endswith("%"):
        return int(np.ceil((rows - 1) * float(at[:-1]) / 100.0 - 1e-9))
    return int(at[1:-1])
