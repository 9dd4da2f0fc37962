"""A decision mends what it was made for: at the same prices its trigger does not fire again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.domain.events import Event, EventType
from basis_lab.strategies.base import View
from tests.identities.worlds import (
    World,
    basis_configs,
    examples,
    load_basis,
    make_frame,
    markets,
    with_little_margin,
)

SETTLED = 60  # hours of standing prices: every stage and transfer of a plan has its time


def fired(record):
    """The triggers of a run, as (name, side), with the rows where they fired."""
    rows: dict[tuple[str, str], list[int]] = {}
    for entry in record.log:
        if isinstance(entry, Event) and entry.event_type is EventType.TRIGGER:
            rows.setdefault((entry.trigger, str(entry.details["side"])), []).append(entry.row)
    return rows


def firing_at_the_end(world):
    """Run a world and ask the strategy's own triggers about the state in which it ended."""
    engine = world.engine()
    record = engine.run_backtest(world.frame.times[0], world.frame.times[-1])
    parts = engine.components
    window = world.frame.at(world.frame.rows - 1)
    exposure = parts.exposure_monitor.calculate_exposure(window, record.quantities[-1:])
    view = View(
        window=window,
        exposure=exposure,
        risk=parts.risk_monitor.assess_risk(window, exposure),
        pending=parts.execution_interface_manager.transfers.pending,
        entered=True,
    )
    assert view.pending == ()
    assert parts.strategy_manager.plan is None
    return record, {x.key for x in parts.strategy_manager.strategy.triggers(view) if x.fires.any()}


@st.composite
def shaken(draw, **given):
    """A market that is shaken for some hours and then stands still."""
    rows = draw(st.integers(8, 60))
    return draw(markets((rows + SETTLED, rows + SETTLED), flat_after=rows, noise=0.02, **given))


@examples(60)
@given(
    config=basis_configs(hold=False), market=shaken(jumps=4, span=0.4), capital=st.floats(5e4, 5e6)
)
def test_once_its_plan_is_done_a_trigger_does_not_fire_at_the_same_prices(config, market, capital):
    world = World(config=config, frame=make_frame(config, market), capital=capital)

    record, firing = firing_at_the_end(world)

    assert not firing & set(fired(record))


@examples(40)
@given(
    config=basis_configs(hold=False), market=shaken(jumps=4, span=0.4), capital=st.floats(5e4, 5e6)
)
def test_where_prices_stand_still_no_trigger_fires_twice(config, market, capital):
    world = World(config=config, frame=make_frame(config, market), capital=capital)

    record = world.run()

    for (name, side), rows in fired(record).items():
        assert sum(row >= market.flat_after for row in rows) <= 1, (name, side, rows)


@examples(40)
@given(market=shaken(jumps=4, span=0.6), allocation=st.floats(0.8, 0.9))
def test_the_repair_after_a_liquidation_mends_what_it_was_made_for(market, allocation):
    config = with_little_margin(load_basis(weights={"binance": 0.5, "okx": 0.5}), allocation)
    world = World(config=config, frame=make_frame(config, market), capital=1e5)

    record, firing = firing_at_the_end(world)

    assert np.isfinite(record.equity).all()
    assert not firing & set(fired(record))
