"""What a strategy is, what it sees, and the manager that asks it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from basis_lab.calc.costs import MarketTerms
from basis_lab.domain.instructions import Decision, OpenPlan, PendingTransfer, Reason
from basis_lab.domain.instruments import Instrument, Listing, Universe
from basis_lab.domain.market import BoolArray, FloatArray, Requirement, Window
from basis_lab.domain.reports import ExposureReport, PnLReport, RiskReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What sending the share currency from a venue costs and needs at least, in its units."""

    fee: float
    minimum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What acting costs in this run, as a strategy estimates it before it acts.

    Parameters
    ----------
    spot, perp : mapping of venue to MarketTerms
        Of the hedged asset's markets.
    sending : mapping of venue to Sending
        Transfers of the share currency to another venue.
    """

    spot: Mapping[str, MarketTerms]
    perp: Mapping[str, MarketTerms]
    sending: Mapping[str, Sending]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a strategy sees over a window: nothing that was published after its last row.

    Parameters
    ----------
    window : Window
        Market data.
    exposure, risk : reports
        Of the same rows.
    pending : tuple of PendingTransfer
        What is on its way.
    entered : bool
        True once the strategy has taken its first position.
    pnl : PnLReport or None
        The last P&L report; None before the first.
    """

    window: Window
    exposure: ExposureReport
    risk: RiskReport
    pending: tuple[PendingTransfer, ...]
    entered: bool
    pnl: PnLReport | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One condition over a window.

    Parameters
    ----------
    name, side : str
        What it watches, and where.
    fires : ndarray of bool, shape (W,)
        Where it holds.
    value : ndarray of shape (W,)
        The measure.
    limit : float
        What the measure is held against.
    """

    name: str
    side: str
    fires: BoolArray
    value: FloatArray
    limit: float

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the trigger from window to window."""
        return (self.name, self.side)


class Strategy(Protocol):
    """What a family of modes wants to hold, and when it acts."""

    treasury: Instrument
    universe: Universe

    def target(self, view: View) -> FloatArray:
        """Return the target quantities at each row, shape (W, n)."""

    def triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return the conditions to act on, in their order of priority."""

    def decide(self, view: View, reason: Reason) -> Decision | None:
        """Say what to do about a trigger, on a view of one row; None if nothing can be done."""

    def proceed(self, view: View, plan: OpenPlan) -> Decision | None:
        """Say what the due stage of a plan does; None if there is nothing left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What a mode holds and which series it needs, known before any data is read."""

    listings: tuple[Listing, ...]
    requirements: tuple[Requirement, ...]


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
    """

    def __init__(self, strategy: Strategy, *, hold: bool, plan_timeout_rows: int) -> None:
        self.strategy = strategy
        self.plan: OpenPlan | None = None
        self.entered = False
        self._hold = hold
        self._timeout = plan_timeout_rows
        self._latched: set[tuple[str, str]] = set()

    def find_trigger(self, view: View) -> tuple[int, Reason] | None:
        """Return the first row of a window (from 0) at which something is to be decided.

        Parameters
        ----------
        view : View
            The window as it would be without acting.

        Returns
        -------
        tuple of int and Reason, or None
            The row within the window, and the trigger of the highest priority there.
        """
        if self.plan is not None:
            return self._stage_due(view, self.plan)
        if self._hold and self.entered:
            return None
        triggers = self.strategy.triggers(view)
        armed = [(trigger, self._armed(trigger)) for trigger in triggers]
        rows = [int(np.argmax(fires)) for _, fires in armed if fires.any()]
        first = min(rows, default=None)
        self._release(triggers, first)
        if first is None:
            return None
        trigger = next(trigger for trigger, fires in armed if fires[first])
        return first, Reason(
            trigger=trigger.name,
            side=trigger.side,
            value=float(trigger.value[first]),
            limit=trigger.limit,
        )

    def make_strategy_decision(self, view: View, reason: Reason) -> Decision | None:
        """Ask the strategy at one row, and remember the plan that its answer opens.

        Parameters
        ----------
        view : View
            One row.
        reason : Reason
            The trigger that fired.

        Returns
        -------
        Decision or None
            None if nothing can be done; the trigger is then latched until it has let go.
        """
        row = view.window.stop - 1
        plan = self.plan
        if plan is None:
            decision = self.strategy.decide(view, reason)
        else:
            decision = self.strategy.proceed(view, plan)
        if decision is None:
            if plan is None:
                self._latched.add((reason.trigger, reason.side))
            self._close_plan()
            return None
        if decision.then is None:
            self._close_plan()
        else:
            self.plan = OpenPlan(
                action=decision.action,
                reason=decision.reason,
                stage=decision.then,
                opened_row=row,
                deadline_row=row + self._timeout,
            )
        self.entered = True
        return decision

    def _close_plan(self) -> None:
        self.plan = None

    def _stage_due(self, view: View, plan: OpenPlan) -> tuple[int, Reason] | None:
        if not view.pending:
            return 0, plan.reason
        if plan.deadline_row < view.window.stop:
            late = max(plan.deadline_row - view.window.start, 0)
            limit = float(plan.deadline_row - plan.opened_row)
            return late, replace(plan.reason, trigger="plan_timeout", value=limit, limit=limit)
        return None

    def _armed(self, trigger: Trigger) -> BoolArray:
        if trigger.key not in self._latched:
            return trigger.fires
        let_go = np.flatnonzero(~trigger.fires)
        armed = trigger.fires.copy()
        armed[: let_go[0] if len(let_go) else len(armed)] = False
        return armed

    def _release(self, triggers: tuple[Trigger, ...], first: int | None) -> None:
        """Unlatch what has let go by the row at which the window will end."""
        for trigger in triggers:
            seen = trigger.fires if first is None else trigger.fires[: first + 1]
            if trigger.key in self._latched and not seen.all():
                self._latched.discard(trigger.key)

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return ""
