"""The transactions of a loop as the strategy writes them: whole, or without a trace.

1000 ETH stand at L 0.9. For an entry 1000 more arrive; before a reduction or an exit the rate of
the staking token falls by 2 %.
"""

from dataclasses import replace

import numpy as np
import pytest

from basis_lab.domain.events import EventType
from basis_lab.domain.instructions import (
    AtomicGroup,
    Borrow,
    Decision,
    Reason,
    Repay,
    Wrap,
)
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.errors import ExecutionError, HealthFactorError
from basis_lab.strategies.base import View
from tests.identities.staked import Staking, load_staked
from tests.identities.worlds import Market, World, make_frame

STILL = Market(
    seed=0,
    rows=4,
    span=0.0,
    noise=0.0,
    jumps=0,
    growth=0.0,
    staking=Staking(growth=0.0, discount=1e-3),
)
WETH, DEBT = Instrument("wallet", Kind.TOKEN, "WETH"), Instrument("aave_v3", Kind.DEBT, "WETH")
TOO_MUCH = Borrow(venue="aave_v3", token=WETH, debt=DEBT, quantity=1e7)
REASONS = {
    "entry": Reason(trigger="deposit", value=10.0, limit=0.0),
    "deleverage": Reason(trigger="risk_health_factor_warning", side="aave", value=1.02, limit=1.03),
    "unwind": Reason(trigger="ordered_exit", side="swap", value=1.0, limit=0.0),
}
WRAPPERS = {
    "entry": EventType.ATOMIC_LEVERAGE_ENTRY,
    "deleverage": EventType.ATOMIC_DELEVERAGE,
    "unwind": EventType.ATOMIC_UNWIND,
}


class Loop:
    """A run that has entered and seen the rate fall, and what its strategy would do now."""

    def __init__(self, purpose, lender, *, costs=True):
        config = load_staked(
            "eth_leveraged", costs=costs, hold=True, target_ltv=0.9, flash_lender=lender
        )
        fallen = replace(STILL.staking, fall=0.0 if purpose == "entry" else 0.02)
        frame = make_frame(config, replace(STILL, staking=fallen))
        engine = World(config=config, frame=frame, capital=1e3).engine()
        for _ in engine.loop().steps():
            pass
        self.parts = engine.components
        self.frame, self.row = frame, frame.rows - 1
        self.window = frame.at(self.row)
        if purpose == "entry":
            self.add(1000.0)
        self.decision = self.parts.strategy_manager.strategy.decide(self.view(), REASONS[purpose])
        (self.group,) = [x for x in self.decision.instructions if isinstance(x, AtomicGroup)]
        self.logged = len(self.parts.event_logger.entries)

    def add(self, eth):
        from basis_lab.ledger.book import Transaction
        from tests.builders import postings

        (wallet,) = [x for x in self.parts.venues if x.name == "wallet"]
        line = Instrument("wallet", Kind.TOKEN, "ETH")
        wallet.credit(line, eth)
        posted = postings(f"{line} {eth} capital")
        self.parts.position_monitor.post(Transaction(row=self.row, postings=posted))

    def view(self):
        parts = self.parts
        held = parts.position_monitor.book.quantities[None, :]
        exposure = parts.exposure_monitor.calculate_exposure(self.window, held)
        return View(
            window=self.window,
            exposure=exposure,
            risk=parts.risk_monitor.assess_risk(self.window, exposure),
            pending=(),
            entered=True,
        )

    def send(self, *steps):
        group = replace(self.group, steps=steps)
        decision = Decision(
            action=self.decision.action, reason=self.decision.reason, instructions=(group,)
        )
        return self.parts.execution_manager.process_orders(decision, self.window, 7)

    def state(self):
        """Every number of the two books, as bytes."""
        book = self.parts.position_monitor.book.snapshot()
        ours = [x.tobytes() for x in (book.held, book.accounts, book.turnover)]
        theirs = [np.array(list(x.balances().values())).tobytes() for x in self.parts.venues]
        return ours + theirs

    @property
    def told(self):
        return self.parts.event_logger.entries[self.logged :]


@pytest.mark.parametrize("lender", ["morpho", "aave_v3"])
@pytest.mark.parametrize("purpose", REASONS)
def test_failing_at_any_step_leaves_no_trace_but_a_rollback(purpose, lender):
    loop = Loop(purpose, lender)
    steps = loop.group.steps
    before = loop.state()

    for place in range(len(steps) + 1):
        with pytest.raises(ExecutionError) as refused:
            loop.send(*steps[:place], TOO_MUCH, *steps[place:])

        assert isinstance(refused.value.__cause__, HealthFactorError)
        assert loop.state() == before
        assert [x.event_type for x in loop.told] == [EventType.ROLLBACK] * (place + 1)


@pytest.mark.parametrize("costs", [True, False])
@pytest.mark.parametrize("purpose", REASONS)
def test_a_group_that_lacks_a_step_it_lives_from_is_refused_whole(purpose, costs):
    # An exit that repays no debt may still be within health; one that unwraps nothing keeps WETH.
    loop = Loop(purpose, "morpho", costs=costs)
    steps = loop.group.steps
    before = loop.state()

    for place, left_out in enumerate(steps):
        if isinstance(left_out, Repay | Wrap) and purpose != "entry":
            continue
        with pytest.raises(ExecutionError):
            loop.send(*steps[:place], *steps[place + 1 :])

        assert loop.state() == before, left_out


@pytest.mark.parametrize("lender", ["morpho", "aave_v3"])
@pytest.mark.parametrize("purpose", REASONS)
def test_a_group_is_its_wrapper_its_steps_and_the_gas_of_the_whole(purpose, lender):
    loop = Loop(purpose, lender)

    loop.send(*loop.group.steps)

    kinds = [x.event_type for x in loop.told]
    fees = 1 if lender == "aave_v3" else 0
    assert kinds[0] is WRAPPERS[purpose]
    assert kinds[-1] is EventType.GAS
    assert kinds.count(EventType.GAS) == 1
    assert len(kinds) >= len(loop.group.steps) + 2
    assert len(kinds) <= len(loop.group.steps) + 2 + fees
    units = loop.parts.position_monitor.book.quantities
    column = loop.parts.position_monitor.universe.column
    assert units[column(Instrument(lender, Kind.FLASH, "WETH"))] == 0.0


def test_the_purposes_bring_the_loop_where_they_say():
    entry, down, out = (Loop(x, "morpho") for x in REASONS)

    for loop in (entry, down, out):
        loop.send(*loop.group.steps)

    assert down.view().risk.ltv[0] == pytest.approx(0.9, abs=1e-6)
    assert entry.view().risk.ltv[0] == pytest.approx(0.9, abs=1e-6)
    assert "aave_v3:debt:WETH" not in {
        str(x)
        for x, units in zip(
            out.parts.position_monitor.universe.instruments,
            out.parts.position_monitor.book.quantities,
            strict=True,
        )
        if units != 0.0
    }
