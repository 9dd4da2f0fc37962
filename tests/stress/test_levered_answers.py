"""Answers for a levered staking loop that can be had on paper."""

from dataclasses import replace

import numpy as np
import pytest

from basis_lab.config.loader import load_config
from basis_lab.data.shocks import stressed
from basis_lab.domain import series
from basis_lab.domain.events import EventType
from basis_lab.engine.clock import Clock
from basis_lab.results.record import RunRecord
from basis_lab.services.requests import BacktestRequest, make_provider
from tests.flows.money import events, held
from tests.identities.worlds import HOUR, World
from tests.stress.trials import closure, order, shock

FIRST = np.datetime64("2024-06-01T00:00:00", "s")
ROWS = 24 * 6
CAPITAL = 100.0
COSTS = ("slippage", "gas", "flash_premium", "fee")
DISCOUNT = shock([series.lst_market("weETH")], "multiply", 0.92, at="+24h")
SPIKE = shock([series.borrow_index("WETH")], "grow", 0.30, at="+24h", duration=72.0)
LOOSE = {  # limits that let a loop in at its maximum
    "risk.ltv.warning": 0.94,
    "risk.ltv.critical": 0.945,
    "risk.health_factor.warning": 1.012,
    "risk.health_factor.critical": 1.008,
}


def loop(ltv, *, scenarios=("hold",), shocks=(), actions=(), closures=(), still=True, **limits):
    """A loop at a target over data that stands still, its market at the protocol's rate."""
    config = load_config(
        "eth_leveraged",
        share_class="ETH",
        overrides={"strategy.target_ltv": ltv, **limits},
        scenarios=scenarios,
    )
    provider = make_provider(config, BacktestRequest(mode="eth_leveraged"))
    frame = provider.frame(FIRST, FIRST + (ROWS - 1) * HOUR)
    if still:
        made = {name: np.full(ROWS, values[0]) for name, values in frame.series.items()}
        made[series.lst_market("weETH")] = made[series.lst_rate("weETH")].copy()
        frame = replace(frame, series=made)
    config = replace(config, shocks=tuple(shocks), actions=tuple(actions), closures=tuple(closures))
    return World(config=config, frame=stressed(frame, config.stress), capital=CAPITAL)


def spent(record: RunRecord, first: int = 0) -> float:
    """What trading itself cost from a row on, a magnitude."""
    return -sum(float(record.attribution[name][first:].sum()) for name in COSTS)


@pytest.mark.parametrize(("ltv", "left"), [(0.90, 0.20), ("auto", 1.0 - 0.08 / (1.0 - 0.909075))])
@pytest.mark.parametrize("stride", [1, "auto"])
def test_a_sale_at_8_percent_discount_leaves_what_leverage_lets(ltv, left, stride):
    world = loop(ltv, shocks=[DISCOUNT], actions=[order("+30h", "swap")])

    record = world.run(Clock(stride))

    before = record.equity[29]
    assert before == pytest.approx(CAPITAL - spent(record) + spent(record, 30), rel=1e-12)
    assert (record.equity[30] + spent(record, 30)) / before == pytest.approx(left, rel=2e-3)
    assert record.attribution["peg"][30] == pytest.approx(-(1.0 - left) * before, rel=2e-3)
    assert held(record, "aave_v3:debt:WETH")[30:].tolist() == [0.0] * (ROWS - 30)
    assert held(record, "aave_v3:atoken:weETH")[30:] == pytest.approx(np.zeros(ROWS - 30), abs=1e-6)


def test_a_loop_at_its_maximum_cannot_be_sold_at_8_percent_discount():
    world = loop(0.93, shocks=[DISCOUNT], actions=[order("+30h", "swap")], **LOOSE)

    record = world.run()

    assert held(record, "aave_v3:debt:WETH")[-1] > 0.0
    told = [x for x in events(record) if x.trigger == "ordered_exit"]
    assert told[0].row == 30
    assert not events(record, EventType.ATOMIC_UNWIND)


def test_the_market_alone_moves_no_health_factor():
    calm, stressed_ = (
        loop(0.90, still=False).run(),
        loop(0.90, still=False, shocks=[DISCOUNT]).run(),
    )

    assert stressed_.risk["health_factor"].tolist() == calm.risk["health_factor"].tolist()
    assert stressed_.equity.tolist() == calm.equity.tolist()
    assert stressed_.exit_equity[30] < calm.exit_equity[30] - 0.7 * CAPITAL


@pytest.mark.parametrize(("ltv", "cost"), [(0.90, 0.022219), ("auto", 0.024683)])
def test_three_days_of_borrowing_at_30_percent_cost_what_is_known(ltv, cost):
    record = loop(ltv, scenarios=("frictionless", "hold"), shocks=[SPIKE]).run()

    assert (record.equity[23] - record.equity[-1]) / record.equity[23] == pytest.approx(
        cost, abs=1e-6
    )
    assert record.attribution["borrow_cost"].sum() == pytest.approx(-cost * CAPITAL, abs=1e-4)


def test_the_spike_stands_in_for_the_rate_of_the_data():
    calm = loop(0.90, scenarios=("frictionless", "hold"), still=False).run()
    spike = loop(0.90, scenarios=("frictionless", "hold"), still=False, shocks=[SPIKE]).run()

    debt = 9.0 * CAPITAL
    own = calm.frame.values(series.borrow_index("WETH"))
    wanted = debt * (np.exp(0.30 * 3 / 365) - own[96] / own[24]) * own[24] / own[0]
    paid = spike.attribution["borrow_cost"][:97].sum() - calm.attribution["borrow_cost"][:97].sum()
    assert paid == pytest.approx(-wanted, rel=1e-9)


def test_an_exit_waits_until_the_pool_opens():
    frozen = closure("aave_v3", at="+20h", duration=48.0)

    record = loop(0.90, closures=[frozen], actions=[order("+30h", "swap")]).run()

    debt = held(record, "aave_v3:debt:WETH")
    assert (debt[:68] > 0.0).all()
    assert debt[68:].tolist() == [0.0] * (ROWS - 68)


@pytest.mark.parametrize("stride", [1, 7, "auto"])
def test_a_queue_exit_repays_the_debt_by_a_sale_and_queues_the_rest(stride):
    record = loop(0.90, actions=[order("+30h", "queue")]).run(Clock(stride))

    assert held(record, "aave_v3:debt:WETH")[30] == 0.0
    assert held(record, "etherfi:exit_queue:ETH")[30] > 0.0
