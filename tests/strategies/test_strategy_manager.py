"""The strategy manager: which trigger counts, what is latched, and how a plan goes on."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from basis_lab.domain.instructions import Action, Decision, Reason
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.statements import PendingTransfer
from basis_lab.strategies.base import Firing, Trigger
from basis_lab.strategies.gas_guard import GasGuard
from basis_lab.strategies.manager import StrategyManager
from tests.builders import basis_universe, key, perp_frame, view

ARRIVING = (PendingTransfer(destination=key("binance:margin:USDT"), quantity=1.0, arrives_row=9),)
REASON = Reason(trigger="band", value=0.0, limit=0.0)


def trigger(name, *fires, side=""):
    """A trigger that fires where a 1 stands; its measure counts the rows."""
    where = np.array([x == 1 for x in fires])
    return Trigger(
        name=name, side=side, fires=where, value=np.arange(len(fires), dtype=float), limit=0.5
    )


def decided(then=None):
    return Decision(action=Action.ENTRY_PARTIAL, reason=REASON, instructions=(), then=then)


TREASURY, RESERVE = key("binance:token:USDT"), key("binance:reserve:USDT")


@dataclass
class Scripted:
    """A strategy that answers what a test tells it to."""

    own: tuple[Trigger, ...] = ()
    risks: tuple[Trigger, ...] = ()
    answer: Decision | None = None
    asked: list[str] = field(default_factory=list)
    reserve_ratio: float = 0.0
    treasury: Instrument = TREASURY
    reserve: Instrument = RESERVE
    universe = basis_universe()

    def target(self, view):
        return np.zeros_like(view.exposure.quantities)

    def can_unwind(self, view):
        return np.ones(len(view.window), dtype=bool)

    def risk_triggers(self, view):
        return tuple(cut(x, view) for x in self.risks)

    def triggers(self, view):
        return tuple(cut(x, view) for x in self.own)

    def decide(self, view, reason):
        del view
        self.asked.append(f"decide {reason.trigger}")
        return self.answer

    def proceed(self, view, plan):
        del view
        self.asked.append(f"proceed {plan.stage}")
        return self.answer


def cut(whole, seen):
    """The rows of a trigger that a view shows."""
    rows = slice(seen.window.start, seen.window.stop)
    return replace(whole, fires=whole.fires[rows], value=whole.value[rows])


NO_GAS = GasGuard(universe=Scripted.universe, gas_units={}, debt_limit=0.0)
MARKET = perp_frame([100.0] * 12)
BOOK = "binance:token:USDT 1000"


def look(start=0, stop=11, **others):
    return view(MARKET, BOOK, rows=(start, stop), **others)


def row(start, **others):
    return look(start, start + 1, **others)


def manager(strategy, *, hold=False, timeout=24, gas=NO_GAS):
    return StrategyManager(strategy, hold=hold, plan_timeout_rows=timeout, gas=gas)


def padded(*fires):
    return (*fires, *[0] * (12 - len(fires)))


def found(firing):
    return None if firing is None else (firing.offset, firing.reason.trigger)


# --- which trigger ----------------------------------------------------------------------------


def test_nothing_fires_where_no_condition_holds():
    assert manager(Scripted(own=(trigger("band", *padded()),))).find_trigger(look()) is None


def test_the_earliest_row_wins_and_then_the_order_of_triggers():
    strategy = Scripted(
        own=(trigger("first", *padded(0, 0, 0, 1)), trigger("second", *padded(0, 0, 1, 1)))
    )

    assert found(manager(strategy).find_trigger(look())) == (2, "second")
    assert found(manager(strategy).find_trigger(look(3))) == (0, "first")


def test_a_risk_goes_before_a_band_at_the_same_row():
    strategy = Scripted(
        own=(trigger("band", *padded(0, 1)),), risks=(trigger("risk_margin", *padded(0, 1)),)
    )

    firing = manager(strategy).find_trigger(look())

    assert found(firing) == (1, "risk_margin")
    assert (firing.reason.value, firing.reason.limit, firing.due) == (1.0, 0.5, False)


def test_withdrawals_go_before_deposits_and_both_before_bands():
    strategy = Scripted(own=(trigger("band", *padded(1)),))
    keeper = manager(strategy)
    plain = row(0)

    assert found(keeper.find_trigger(replace(plain, queue=5.0, uninvested=3.0))) == (
        0,
        "withdrawal",
    )
    assert found(keeper.find_trigger(replace(plain, uninvested=3.0))) == (0, "deposit")
    assert found(keeper.find_trigger(plain)) == (0, "band")


def test_a_reserve_below_half_its_target_fires():
    # A tenth of 1000 is wanted; below 50 it is refilled.
    keeper = manager(Scripted(reserve_ratio=0.1))

    def kept(units):
        text = f"binance:token:USDT {1000 - units}\nbinance:reserve:USDT {units}"
        return found(keeper.find_trigger(view(MARKET, text, rows=(0, 1))))

    assert kept(51.0) is None
    assert kept(49.0) == (0, "reserve_low")


def test_nothing_is_decided_at_the_last_row_of_a_run():
    strategy = Scripted(own=(trigger("band", *[0] * 11, 1),))

    assert manager(strategy).find_trigger(look(0, 12)) is None


def test_a_held_run_enters_and_then_lets_every_trigger_go():
    strategy = Scripted(own=(trigger("band", *padded(1, 1)),), answer=decided())
    keeper = manager(strategy, hold=True)
    first = keeper.find_trigger(row(0, entered=False))
    keeper.make_strategy_decision(row(0, entered=False), first)

    assert keeper.entered
    assert keeper.find_trigger(row(1)) is None


# --- latches ----------------------------------------------------------------------------------


def test_a_trigger_that_nothing_can_be_done_about_is_latched_until_it_lets_go():
    strategy = Scripted(own=(trigger("band", *padded(1, 1, 1, 0, 1)),))
    keeper = manager(strategy)
    firing = keeper.find_trigger(row(0))
    assert keeper.make_strategy_decision(row(0), firing) is None

    assert keeper.find_trigger(row(1)) is None
    assert keeper.find_trigger(row(2)) is None
    assert keeper.find_trigger(row(3)) is None
    assert found(keeper.find_trigger(row(4))) == (0, "band")


def test_a_latch_is_released_inside_a_window_as_it_is_row_by_row():
    strategy = Scripted(own=(trigger("band", *padded(1, 1, 1, 0, 1)),))
    keeper = manager(strategy)
    keeper.make_strategy_decision(row(0), keeper.find_trigger(row(0)))

    assert found(keeper.find_trigger(look(1))) == (3, "band")


def test_a_latch_holds_one_side_and_not_the_other():
    strategy = Scripted(
        own=(
            trigger("weight", *padded(1, 1), side="binance"),
            trigger("weight", *padded(0, 1), side="bybit"),
        )
    )
    keeper = manager(strategy)
    keeper.make_strategy_decision(row(0), keeper.find_trigger(row(0)))

    firing = keeper.find_trigger(row(1))

    assert (firing.reason.trigger, firing.reason.side) == ("weight", "bybit")


def test_a_latch_that_lets_go_only_after_the_window_was_cut_stays():
    # The other trigger cuts the window at row 1, before the latched one lets go at row 2.
    strategy = Scripted(
        own=(trigger("stuck", *padded(1, 1, 0, 1)), trigger("other", *padded(0, 1))),
    )
    keeper = manager(strategy)
    keeper.make_strategy_decision(row(0), keeper.find_trigger(row(0)))

    assert found(keeper.find_trigger(look(1))) == (0, "other")
    assert keeper.find_trigger(row(1)).reason.trigger == "other"


# --- plans ------------------------------------------------------------------------------------


def opened(strategy, *, timeout=4, reason=REASON, hold=False):
    """A manager whose strategy opened a plan at row 0."""
    strategy.answer = replace(decided("increase/trade"), reason=reason)
    keeper = manager(strategy, timeout=timeout, hold=hold)
    keeper.make_strategy_decision(row(0), Firing(offset=0, reason=reason, due=False))
    return keeper


def test_a_decision_with_a_next_stage_opens_a_plan_with_a_deadline():
    keeper = opened(Scripted(), timeout=4)

    assert keeper.plan.stage == "increase/trade"
    assert (keeper.plan.opened_row, keeper.plan.deadline_row) == (0, 4)


def test_a_stage_is_due_only_when_nothing_is_on_its_way():
    keeper = opened(Scripted())

    assert keeper.find_trigger(look(1, 4, pending=ARRIVING)) is None
    firing = keeper.find_trigger(look(1, 4))

    assert (firing.offset, firing.due, firing.reason) == (0, True, REASON)


def test_a_due_stage_is_proceeded_with_and_its_end_closes_the_plan():
    strategy = Scripted()
    keeper = opened(strategy)
    strategy.answer = decided()

    keeper.make_strategy_decision(row(1), keeper.find_trigger(row(1)))

    assert strategy.asked == ["decide band", "proceed increase/trade"]
    assert keeper.plan is None


def test_a_stage_with_nothing_left_to_do_closes_the_plan_and_latches_nothing():
    strategy = Scripted(own=(trigger("band", *padded(0, 0, 1)),))
    keeper = opened(strategy)
    strategy.answer = None

    assert keeper.make_strategy_decision(row(1), keeper.find_trigger(row(1))) is None

    assert keeper.plan is None
    assert found(keeper.find_trigger(row(2))) == (0, "band")


def test_a_band_does_not_act_while_a_plan_is_open_and_a_risk_does():
    strategy = Scripted(
        own=(trigger("band", *padded(0, 1, 1)),), risks=(trigger("risk_margin", *padded(0, 0, 1)),)
    )
    keeper = opened(strategy)

    firing = keeper.find_trigger(look(1, 4, pending=ARRIVING))

    assert found(firing) == (1, "risk_margin")
    assert not firing.due


def test_a_risk_remedy_under_way_is_not_ordered_twice():
    strategy = Scripted(risks=(trigger("risk_margin", *padded(1, 1, 1)),))
    keeper = opened(strategy, reason=replace(REASON, trigger="risk_margin"))

    assert keeper.find_trigger(look(1, 4, pending=ARRIVING)) is None


@pytest.mark.parametrize(("start", "stop", "offset"), [(1, 5, 3), (4, 5, 0), (6, 8, 0)])
def test_a_stage_that_waits_too_long_is_made_anew(start, stop, offset):
    keeper = opened(Scripted(), timeout=4)

    firing = keeper.find_trigger(look(start, stop, pending=ARRIVING))

    assert (firing.offset, firing.due) == (offset, False)
    assert firing.reason.value == 4.0
    assert keeper.find_trigger(look(1, 4, pending=ARRIVING)) is None


def test_a_timeout_before_a_risk_goes_first():
    strategy = Scripted(risks=(trigger("risk_margin", *padded(0, 0, 0, 0, 0, 1)),))
    keeper = opened(strategy, timeout=3)

    firing = keeper.find_trigger(look(1, 8, pending=ARRIVING))

    assert (firing.offset, firing.reason.trigger) == (2, "band")


def test_a_held_run_finishes_the_plan_of_its_entry():
    keeper = opened(Scripted(risks=(trigger("risk_margin", *padded(1, 1)),)), hold=True)

    assert keeper.find_trigger(look(1, 3, pending=ARRIVING)) is None
    assert keeper.find_trigger(look(1, 3)).due
    assert keeper.health() == ""


# --- gas that is too dear ---------------------------------------------------------------------


@dataclass
class Dear:
    """A guard that finds gas too dear as often as it is told to."""

    times: int

    def affords(self, view, decision):
        del view, decision
        self.times -= 1
        return self.times < 0


def ask(asked, strategy_row):
    firing = asked.find_trigger(row(strategy_row))
    return None if firing is None else asked.make_strategy_decision(row(strategy_row), firing)


def test_what_is_too_dear_is_asked_again_after_the_time_that_a_plan_may_wait():
    always = trigger("band", *[1] * 12)
    asked = manager(Scripted(own=(always,), answer=decided("later")), timeout=4, gas=Dear(1))
    asked.entered = True

    sent = [ask(asked, i) is not None for i in range(5)]

    assert sent == [False, False, False, False, True]


def test_a_window_finds_the_same_row_at_which_what_was_too_dear_is_asked_again():
    always = trigger("band", *[1] * 12)
    asked = manager(Scripted(own=(always,), answer=decided("later")), timeout=4, gas=Dear(1))
    asked.entered = True
    ask(asked, 0)

    assert asked.find_trigger(look(1, 11)).offset == 3


def test_a_stage_that_is_too_dear_ends_its_plan_and_the_entry_is_sent_all_the_same():
    first = trigger("entry", *padded(1))
    asked = manager(Scripted(own=(first,), answer=decided("later")), gas=Dear(1))

    entry, stage = ask(asked, 0), ask(asked, 1)

    assert entry is not None
    assert stage is None
    assert asked.dear
    assert asked.plan is None
