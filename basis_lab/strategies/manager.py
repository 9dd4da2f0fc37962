"""The manager that asks a strategy: its open plan, what is latched, and what waits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from basis_lab.domain.arrays import ratio
from basis_lab.domain.instructions import (
    Action,
    Decision,
    OpenPlan,
    Reason,
)
from basis_lab.domain.instruments import Kind
from basis_lab.domain.market import BoolArray
from basis_lab.domain.stress import ExitOrder
from basis_lab.strategies.base import (
    ORDERED_EXIT,
    POOL,
    RISK,
    WITHDRAWAL,
    Firing,
    Strategy,
    Trigger,
    View,
)
from basis_lab.strategies.gas_guard import GasGuard
from basis_lab.strategies.waiting import PLAN, Key, Waits

RESERVE_LOW_SHARE = 0.5  # of the reserve's target; below it the reserve is refilled


@dataclass(frozen=True, slots=True)
class _Latch:
    """Since which row a trigger is not asked, and if it is asked again though it did not let go."""

    row: int
    again: bool


class StrategyManager:
    """Asks the strategy, keeps its open plan and what is latched.

    Parameters
    ----------
    strategy : Strategy
        The mode's strategy.
    hold : bool
        True if no trigger acts after the entry.
    plan_timeout_rows : int
        How many timesteps a stage may wait.
    gas : GasGuard
        Tells which decisions are too dear to be sent.
    """

    def __init__(
        self, strategy: Strategy, *, hold: bool, plan_timeout_rows: int, gas: GasGuard
    ) -> None:
        self.strategy = strategy
        self.plan: OpenPlan | None = None
        self.entered = False
        self._hold = hold
        self._timeout = plan_timeout_rows
        self._gas = gas
        self._latched: dict[Key, _Latch] = {}
        self._waits = Waits()
        self.closed: tuple[str, ...] = ()
        self.dear = False
        self._order: ExitOrder | None = None
        self._left = False
        self._leaving = False
        self._claims = [int(x) for x in strategy.universe.where(kind=Kind.EXIT_QUEUE)]

    def take_order(self, order: ExitOrder | None) -> None:
        """Take an order to leave; from its row on nothing is entered any more.

        Parameters
        ----------
        order : ExitOrder or None
            None where a run has none.
        """
        self._order = order

    def find_trigger(self, view: View) -> Firing | None:
        """Return the first row of a window at which something is to be decided.

        Parameters
        ----------
        view : View
            The window as it would be without acting.

        Returns
        -------
        Firing or None
            The trigger of the highest priority at that row. While a plan is open only an ordered
            exit, its due stage, its timeout and risk triggers count; a risk remedy under way is
            not ordered twice: while exchanges are helped only the loan's risks count, and the
            other way round.
        """
        plan = self.plan
        held = self._hold and self.entered
        if plan is None:
            return self._first(view, self._order_trigger(view) if held else self._triggers(view))
        late = self._next_of_plan(view, plan)
        stop = len(view.window) if late is None else late.offset
        if plan.reason.trigger != ORDERED_EXIT:
            ordered = self._first(view, self._order_trigger(view), stop + 1)
            if ordered is not None:
                late, stop = ordered, ordered.offset
        if held:
            return late
        risks = self.strategy.risk_triggers(view)
        if plan.reason.trigger.startswith(RISK):  # of the two sides, the other may need help too
            risks = tuple(x for x in risks if (x.side == POOL) != (plan.reason.side == POOL))
        risk = self._first(view, risks, stop)
        return late if risk is None else risk

    def _next_of_plan(self, view: View, plan: OpenPlan) -> Firing | None:
        """Find the first row at which the next stage is due, or has waited longer than it may."""
        ready = np.flatnonzero(self._waits.ready(PLAN, view.window))
        due = None
        if not view.pending and len(ready):
            due = Firing(offset=int(ready[0]), reason=plan.reason, due=True)
        found = [x for x in (due, _overdue(view, plan)) if x is not None]
        return min(found, key=lambda x: x.offset, default=None)

    def make_strategy_decision(self, view: View, firing: Firing) -> Decision | None:
        """Ask the strategy at one row, and remember the plan that its answer opens.

        Parameters
        ----------
        view : View
            One row.
        firing : Firing
            What fired there.

        Returns
        -------
        Decision or None
            None if nothing can be done; the trigger is then latched until it has let go or, if it
            is one that is retried, until a plan would have timed out. None as well where a venue
            that it touches is closed (``closed`` names it): the trigger, or the stage, then waits
            until it opens. None, too, where its gas would be more debt than is allowed (``dear``):
            the plan is dropped, and the trigger is asked again as one that is retried. The entry
            is sent all the same: a run that cannot begin is refused.
        """
        row = view.window.stop - 1
        plan = self.plan
        self.closed, self.dear = (), False
        if firing.due and plan is not None:
            key, decision = PLAN, self.strategy.proceed(view, plan)
        else:
            key = (firing.reason.trigger, firing.reason.side)
            decision = self.strategy.decide(view, firing.reason)
        if decision is None:
            if firing.due:
                self._open(None)
            else:
                self._latched[key] = _Latch(row, again=False)
            return None
        if not decision.instructions and decision.then is None:
            self._latched[key] = _Latch(row, again=False)
        if self._held_back(key, decision, view, firing):
            return None
        self._open(
            None
            if decision.then is None
            else OpenPlan(
                action=decision.action,
                reason=decision.reason,
                stage=decision.then,
                opened_row=row,
                deadline_row=row + self._timeout,
            )
        )
        self.entered = True
        return decision

    def _held_back(self, key: Key, decision: Decision, view: View, firing: Firing) -> bool:
        """Tell if a decision has to wait, for a venue that is closed or for cheaper gas."""
        self.closed = self._waits.hold_back(key, decision, view.window)
        self.dear = not self.closed and self.entered and not self._gas.affords(view, decision)
        held = bool(self.closed) or self.dear
        if firing.reason.trigger == ORDERED_EXIT:
            queued = any(view.exposure.quantities[-1, column] != 0.0 for column in self._claims)
            self._left = decision.action is Action.EXIT_FULL and not held and not queued
            self._leaving = not held
        if self.dear and not firing.due:
            self._latched[key] = _Latch(view.window.stop - 1, again=True)
        if self.dear and _interrupts(firing, self.plan, view):
            return True
        if self.dear or (self.closed and not firing.due):
            self._open(None)
        return held

    def _open(self, plan: OpenPlan | None) -> None:
        self.plan = plan
        self._waits.forget(PLAN)

    def _triggers(self, view: View) -> tuple[Trigger, ...]:
        """All conditions in the order of MODES: risk, flows, reserve, then the strategy's own."""
        ordered = self._order_trigger(view)
        if view.closing:
            return (*ordered, *self._flow_triggers(view))
        found = (
            *self.strategy.risk_triggers(view),
            *self._flow_triggers(view),
            *self._reserve_trigger(view),
            *self.strategy.triggers(view),
        )
        if self._order is None:
            return found
        before = np.arange(view.window.start, view.window.stop) < self._order.row
        return (*ordered, *(x if _leaves(x) else replace(x, fires=x.fires & before) for x in found))

    def _order_trigger(self, view: View) -> tuple[Trigger, ...]:
        """Return the exit that was ordered, until it is under way whole."""
        if self._order is None or self._left:
            return ()
        fires = np.arange(view.window.start, view.window.stop) >= self._order.row
        if self._leaving:  # what is in a queue comes back and is brought home then
            for column in self._claims:
                fires &= view.exposure.quantities[:, column] == 0.0
        side, equity = self._order.route, view.exposure.equity
        return (Trigger(name=ORDERED_EXIT, side=side, fires=fires, value=equity, limit=0.0),)

    def _flow_triggers(self, view: View) -> tuple[Trigger, ...]:
        """Pending withdrawals, then deposits; the amount is part of what identifies them."""
        found: list[Trigger] = []
        if view.entered and view.queue > 0.0:
            can = self.strategy.can_unwind(view)
            found.append(_flow_trigger(WITHDRAWAL, view.queue, can))
        if view.entered and view.uninvested > 0.0:
            everywhere = np.full(len(view.window), fill_value=True)
            found.append(_flow_trigger("deposit", view.uninvested, everywhere))
        return tuple(found)

    def _reserve_trigger(self, view: View) -> tuple[Trigger, ...]:
        ratio_wanted = self.strategy.reserve_ratio
        if ratio_wanted == 0.0 or not view.entered or view.queue > 0.0:
            return ()  # what is freed is owed to those who wait; the reserve comes after them
        column = self.strategy.universe.column(self.strategy.reserve)
        share = ratio(view.exposure.quantities[:, column], view.exposure.equity)
        limit = ratio_wanted * RESERVE_LOW_SHARE
        return (
            Trigger(
                name="reserve_low",
                side="",
                fires=share < limit,
                value=share,
                limit=limit,
                retried=True,
            ),
        )

    def _first(
        self, view: View, triggers: tuple[Trigger, ...], stop: int | None = None
    ) -> Firing | None:
        """Return the first firing, of those at offsets before ``stop`` where that is given."""
        armed = [(x, self._armed(x, view)[:stop]) for x in triggers]
        hits = [_first_hit(fires) for _, fires in armed]
        first = min((x for x in hits if x is not None), default=None)
        if first is not None and view.window.start + first == view.window.frame.rows - 1:
            first = None  # at the run's last row nothing is decided
        self._release(triggers, stop if first is None else first + 1)
        if first is None:
            return None
        trigger = _foremost([trigger for trigger, fires in armed if fires[first]], first)
        reason = Reason(
            trigger=trigger.name,
            side=trigger.side,
            value=float(trigger.value[first]),
            limit=float(np.broadcast_to(trigger.limit, len(trigger.value))[first]),
        )
        return Firing(offset=first, reason=reason, due=False)

    def _armed(self, trigger: Trigger, view: View) -> BoolArray:
        key = trigger.key
        waits = self._waits.waits(key)
        latch = self._latched.get(key)
        if latch is None and not waits:
            return trigger.fires
        ready = trigger.fires & self._waits.ready(key, view.window)
        if latch is None:
            return ready
        open_again = ~trigger.fires
        if trigger.retried or latch.again:
            waited = latch.row + self._timeout - view.window.start
            open_again[max(waited, 0) :] = True
        opened = np.flatnonzero(open_again)
        ready[: opened[0] if len(opened) else len(ready)] = False
        return ready

    def _release(self, triggers: tuple[Trigger, ...], stop: int | None) -> None:
        """Unlatch what has let go by the row at which the window will end."""
        for trigger in triggers:
            if trigger.key in self._latched and not trigger.fires[:stop].all():
                del self._latched[trigger.key]

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return ""


def _first_hit(fires: BoolArray) -> int | None:
    """Return the first offset at which a trigger fires."""
    at = int(fires.argmax()) if len(fires) else 0
    return at if len(fires) and fires[at] else None


def _interrupts(firing: Firing, plan: OpenPlan | None, view: View) -> bool:
    """Tell if a risk fired beside a plan that may still go on."""
    in_time = plan is not None and view.window.stop - 1 < plan.deadline_row
    return in_time and not firing.due and firing.reason.trigger.startswith(RISK)


def _leaves(trigger: Trigger) -> bool:
    """Tell if a trigger may act once the strategy has been ordered out."""
    return trigger.name == WITHDRAWAL or trigger.name.startswith(RISK)


def _foremost(firing: Sequence[Trigger], row: int) -> Trigger:
    """Return the first, or the nearest to liquidation of those that are of its level."""
    leading = firing[0]
    if leading.nearness is None:
        return leading
    level = leading.name.rsplit("_", 1)[-1]
    equals = [x for x in firing if x.nearness is not None and x.name.endswith(level)]
    if len(equals) == 1:
        return leading
    return min(equals, key=lambda x: _nearness(x, row))


def _nearness(trigger: Trigger, row: int) -> float:
    """Tell how near a trigger's position is; what is not known counts as far."""
    value = np.inf if trigger.nearness is None else abs(float(trigger.nearness()[row]))
    return np.inf if np.isnan(value) else value


def _flow_trigger(name: str, amount: float, fires: BoolArray) -> Trigger:
    value = np.full(len(fires), amount)
    return Trigger(
        name=name,
        side=repr(amount),
        fires=fires,
        value=value,
        limit=0.0,
        retried=name == WITHDRAWAL,
    )


def _overdue(view: View, plan: OpenPlan) -> Firing | None:
    """Find the row at which a stage has waited longer than it may: the plan is made anew."""
    if plan.deadline_row >= view.window.stop:
        return None
    waited = float(plan.deadline_row - plan.opened_row)
    return Firing(
        offset=max(plan.deadline_row - view.window.start, 0),
        reason=replace(plan.reason, value=waited, limit=waited),
        due=False,
    )
