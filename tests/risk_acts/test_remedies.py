"""A risk that is acted on is mended, or what is missing is said; a lost hedge is not left naked."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.domain import series
from basis_lab.domain.events import EventType
from basis_lab.domain.instruments import Kind
from basis_lab.strategies.base import RISK, View
from tests.flows.money import (
    ABROAD,
    AT_HOME,
    BASIS,
    FREE,
    events,
    flowing,
    held,
    still_world,
    with_series,
)
from tests.identities.worlds import examples

LEVEL = 60_000.0
PAIR = {"binance": 0.5, "bybit": 0.5}
MARGIN = (f"{RISK}margin_ratio_critical", f"{RISK}margin_ratio_warning")


def priced(factors, *, wicks=None, marks=None, flows=(), **strategy):
    """A basis book whose spot, quotes and marks are 60,000 times these factors.

    ``wicks`` are highs by row, beyond the two ends of the bar; ``marks`` are factors of one
    venue's marks alone, by row.
    """
    keys = {"hedge_allocation": AT_HOME, "spot_allocation": 0.6, **strategy}
    world = still_world("btc_basis", "USDT", flows, rows=len(factors), **keys)
    path = np.array(factors, dtype=float)
    columns = {
        name: values * path
        for name, values in world.frame.series.items()
        if name.startswith(("spot", "perp", "mark"))
    }
    for (venue, row), factor in ({} if marks is None else marks).items():
        columns[series.mark(venue, "BTC")][row] *= factor
    for venue in keys["hedge_allocation"]:
        opens = columns[series.mark(venue, "BTC")]
        before = np.concatenate([opens[:1], opens[:-1]])
        high = np.maximum(before, opens)
        for row, factor in ({} if wicks is None else wicks).items():
            high[row] = LEVEL * factor
        columns[series.mark(venue, "BTC", "high")] = high
        columns[series.mark(venue, "BTC", "low")] = np.minimum(before, opens)
    return with_series(world, columns)


def risk_triggers(record):
    return [x for x in events(record, EventType.TRIGGER) if x.trigger.startswith(RISK)]


# --- margins ----------------------------------------------------------------------------------


def jumpy(**given):
    wild = {"noise": 0.03, "span": 0.4, "jumps": 3, "basis": 0.0, **given}
    return flowing((20, 60), modes=BASIS, scenarios=FREE, spot_allocation=0.7, market=wild)


@examples(40)
@given(jumpy())
def test_a_margin_that_is_acted_on_is_well_again_or_the_event_says_what_is_missing(world):
    record = world.run()

    for trigger in risk_triggers(record):
        if trigger.trigger in MARGIN:
            unmet = "action" in trigger.details  # nothing could be done, and the event says so
            assert well(world, record, trigger.row) or missing(record, trigger) > 0.0 or unmet


@examples(40)
@given(jumpy())
def test_nothing_is_said_to_be_missing_where_every_margin_is_well(world):
    record = world.run()

    for trigger in risk_triggers(record):
        if trigger.trigger in MARGIN and well(world, record, trigger.row):
            assert missing(record, trigger) == pytest.approx(0.0, abs=1e-9 * world.capital)


def well(world, record, row):
    """Tell if no venue's margin ratio is below its warning; a venue without a short has none."""
    limit = world.config.risk.margin_ratio.warning
    venues = world.config.strategy.hedge_allocation
    return not any(record.risk[f"margin_ratio_{x}"][row] < limit for x in venues)


def missing(record, trigger):
    """What the decisions that a trigger led to at its timestep say is missing."""
    told = events(record, EventType.DECISION, row=trigger.row)
    return max((x.details["missing"] for x in told if x.trigger == trigger.trigger), default=0.0)


@examples(40)
@given(flowing((40, 80), modes=BASIS, spot_allocation=0.7, market={"span": 0.4, "jumps": 4}))
def test_a_remedy_that_has_arrived_leaves_its_trigger_quiet(world):
    engine = world.engine()
    record = engine.run_backtest(world.frame.times[0], world.frame.times[-1])

    for trigger in risk_triggers(record):
        under_way = in_transit(record)[trigger.row] or "action" in trigger.details
        if not under_way and missing(record, trigger) == 0.0:
            view = seen_after(engine.components, record, trigger.row)
            strategy = engine.components.strategy_manager.strategy
            assert [x.key for x in strategy.risk_triggers(view) if x.fires.any()] == []


def seen_after(parts, record, row):
    """What the strategy would see of the book that a row's tight loops left behind."""
    window = record.frame.at(row)
    exposure = parts.exposure_monitor.calculate_exposure(window, record.quantities[row : row + 1])
    risk = parts.risk_monitor.assess_risk(window, exposure)
    return View(window=window, exposure=exposure, risk=risk, pending=(), entered=True)


def in_transit(record):
    kinds = [x.kind for x in record.frame.universe.instruments]
    return record.quantities[:, [x is Kind.IN_TRANSIT for x in kinds]].any(axis=1)


def test_idle_margin_elsewhere_is_moved_before_anything_is_sold():
    # 30,000 short and 20,000 of margin at each. At +20 % binance has 14,000 left; bybit's mark is
    # at +40.4 %: 7,880 of 42,120 are 18.7 %. Half of both, 10,940, are 26.0 %.
    world = priced([1.0, 1.0, 1.2, 1.2], marks={("bybit", 2): 1.17}, hedge_allocation=PAIR)

    record = world.run()

    first = risk_triggers(record)[0]
    assert (first.trigger, first.details["side"]) == (f"{RISK}margin_ratio_warning", "bybit")
    assert first.details["value"] == pytest.approx(7_880.0 / 42_120.0)
    (moved,) = events(record, EventType.TRANSFER_START, row=2)
    assert (moved.instrument, moved.quantity) == ("binance:margin:USDT", pytest.approx(3_060.0))
    assert events(record, EventType.TRADE, row=2) == []
    assert record.risk["margin_ratio_bybit"][2] == pytest.approx(10_940.0 / 42_120.0)


def test_what_the_margins_lack_comes_from_the_reserve_and_nothing_is_sold():
    # 90,000 are invested: 54,000 of spot, 36,000 of margin.
    record = priced([1.0, 1.0, 1.4, 1.4], reserve_ratio=0.1).run()

    # At +40 %: 14,400 of 75,600, 19.0 %. 21 % are 15,876: 1,476 come from the reserve.
    (first,) = risk_triggers(record)
    assert first.details["value"] == pytest.approx(14_400.0 / 75_600.0)
    assert held(record, "binance:reserve:USDT")[2] == pytest.approx(10_000.0 - 1_476.0)
    assert record.risk["margin_ratio_binance"][2] == pytest.approx(0.21)
    assert events(record, EventType.TRADE, row=2) == []


def test_what_no_cash_can_mend_reduces_both_legs_to_the_target():
    # 60,000 of spot, 40,000 of margin: at +40 % 16,000 of 84,000, 19.0 %. The target is 0.6.
    world = priced([1.0, 1.0, 1.4, 1.4])

    record = world.run()

    (first,) = risk_triggers(record)
    assert first.details["value"] == pytest.approx(16_000.0 / 84_000.0)
    assert held(record, "binance:token:BTC")[2] * 84_000.0 == pytest.approx(60_000.0)
    assert held(record, "binance:perp:BTCUSDT")[2] * 84_000.0 == pytest.approx(-60_000.0)
    assert record.risk["margin_ratio_binance"][2] == pytest.approx(40.0 / 60.0)


def test_a_critical_margin_is_acted_on_before_a_warning_and_named():
    # At +52 % 8,800 of 91,200 are left: 9.6 %.
    world = priced([1.0, 1.0, 1.52, 1.52])

    record = world.run()

    first = risk_triggers(record)[0]
    assert (first.trigger, first.details["limit"]) == (f"{RISK}margin_ratio_critical", 0.10)
    assert first.details["value"] == pytest.approx(8_800.0 / 91_200.0)
    told = [x.event_type for x in events(record, row=2)]
    assert told.index(EventType.RISK_CRITICAL) < told.index(EventType.TRIGGER)
    assert events(record, EventType.RISK_CRITICAL)[0].details == {
        "value": pytest.approx(8_800.0 / 91_200.0),
        "limit": 0.10,
    }
    assert record.level[2] == 0


def test_a_held_run_lets_its_margin_go():
    world = priced([1.0, 1.0, 1.4, 1.4])
    config = replace(world.config, hold=True)

    record = replace(world, config=config).run()

    assert risk_triggers(record) == []
    (warned,) = events(record, EventType.RISK_WARNING)
    # At +40 % the shorts of 60,000 have lost 24,000 of the 40,000 beside them.
    assert (warned.row, warned.details["limit"]) == (2, 0.20)
    assert warned.details["value"] == pytest.approx(16_000.0 / 84_000.0)
    assert record.level.tolist() == [0, 0, 1, 1]


# --- a lost hedge -----------------------------------------------------------------------------


def test_spot_whose_only_hedge_was_liquidated_is_sold_at_the_same_timestep():
    # 60,000 short with 40,000 of margin: gone at +66 %; at the open of the next bar +70 % stand.
    record = priced([1.0, 1.0, 1.7, 1.7, 1.7]).run()

    (lost,) = events(record, EventType.LIQUIDATION)
    naked = risk_triggers(record)[0]
    assert (lost.row, naked.row, naked.trigger) == (2, 2, f"{RISK}naked_leg")
    assert naked.details["limit"] == pytest.approx(0.02)
    assert held(record, "binance:token:BTC")[2] == pytest.approx(0.0, abs=1e-12)
    assert record.exposure["net_delta_BTC"][2] == pytest.approx(0.0, abs=1e-12)


def test_of_two_hedges_the_spot_of_the_lost_one_is_sold_and_the_other_stands():
    # bybit's mark alone spikes within the hour: its short goes, binance's stays.
    world = priced([1.0] * 5, hedge_allocation=PAIR)
    high = series.mark("bybit", "BTC", "high")
    spiked = world.frame.values(high).copy()
    spiked[2] = LEVEL * 1.7

    record = with_series(world, {high: spiked}).run()

    (lost,) = events(record, EventType.LIQUIDATION)
    assert (lost.venue, lost.row) == ("bybit", 2)
    assert held(record, "binance:perp:BTCUSDT")[2] == pytest.approx(-0.5)
    assert held(record, "binance:token:BTC")[2] == pytest.approx(0.5)
    assert abs(record.exposure["net_delta_BTC"]).max() <= 1e-12


@examples(30)
@given(
    jump=st.floats(0.70, 2.0),
    allocation=st.floats(0.5, 0.7),
    costs=st.booleans(),
    weights=st.sampled_from([AT_HOME, PAIR, ABROAD]),
)
def test_no_jump_leaves_a_naked_leg_behind_its_own_timestep(jump, allocation, costs, weights):
    levels = [1.0] * 3 + [1.0 + 2.0 * jump] * 10
    world = priced(levels, hedge_allocation=weights, spot_allocation=allocation)
    paid = replace(world.config.costs, enabled=costs)

    record = replace(world, config=replace(world.config, costs=paid)).run()

    assert record.liquidations >= 1
    drift = record.exposure["net_delta_BTC"] * world.frame.values(series.spot("binance", "BTC"))
    assert (np.abs(drift) <= 0.02 * record.equity + 1e-6).all()


def test_a_held_run_keeps_the_naked_leg():
    world = priced([1.0, 1.0, 1.7, 1.7])

    record = replace(world, config=replace(world.config, hold=True)).run()

    assert record.liquidations == 1
    assert held(record, "binance:token:BTC")[-1] == pytest.approx(1.0)
    assert events(record, EventType.TRIGGER)[1:] == []


# --- marks that leave spot --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor", "levels"),
    [(1.004, []), (1.006, ["WARNING"]), (0.994, ["WARNING"]), (1.011, ["CRITICAL"])],
)
def test_a_mark_that_leaves_spot_is_logged_and_never_acted_on(factor, levels):
    world = priced([1.0] * 5, marks={("binance", 2): factor})

    record = world.run()

    told = events(record, EventType.PRICE_DIVERGENCE)
    assert [(x.row, x.venue, x.status) for x in told] == [(2, "binance", x) for x in levels]
    limits = {"WARNING": 0.005, "CRITICAL": 0.01}
    assert [x.details["limit"] for x in told] == [limits[x] for x in levels]
    assert [x.details["value"] for x in told] == [pytest.approx(abs(factor - 1)) for _ in levels]
    assert [x for x in events(record, EventType.TRIGGER) if x.row > 0] == []
    assert record.level.tolist() == [0] * 5


def test_a_divergence_is_logged_when_it_rises_and_again_after_it_was_gone():
    marks = {("binance", row): x for row, x in [(1, 1.006), (2, 1.007), (3, 1.02), (5, 1.006)]}

    record = priced([1.0] * 7, marks=marks).run()

    told = events(record, EventType.PRICE_DIVERGENCE)
    assert [(x.row, x.status) for x in told] == [(1, "WARNING"), (3, "CRITICAL"), (5, "WARNING")]
