"""What a strategy is, what it sees, and the manager that asks it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from basis_lab.calc.costs import MarketTerms
from basis_lab.domain.arrays import ratio
from basis_lab.domain.dated import DatedRows
from basis_lab.domain.instructions import Decision, OpenPlan, PendingTransfer, Reason
from basis_lab.domain.instruments import Instrument, Listing, Universe
from basis_lab.domain.market import BoolArray, FloatArray, Requirement, Window
from basis_lab.domain.reports import ExposureReport, PnLReport, RiskReport
from basis_lab.errors import StrategyError

RISK = "risk_"  # how the names of risk triggers begin
RESERVE_LOW_SHARE = 0.5  # of the reserve's target; below it the reserve is refilled


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A reward programme that a run counts.

    Parameters
    ----------
    key : str
        Its table, as ``series.rewards`` names it.
    token : str
        What it pays.
    span : (datetime64, datetime64)
        First and last day that earn.
    gaps_allowed : bool
        True where it pays now and then.
    lag_s : int
        Seconds from the end of a period to its payment.
    """

    key: str
    token: str
    span: tuple[np.datetime64, np.datetime64]
    gaps_allowed: bool
    lag_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What sending the share currency from a venue costs and needs at least, in its units."""

    fee: float
    minimum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainTerms:
    """What staking, leaving it, borrowing against it and selling rewards costs in this run.

    Parameters
    ----------
    lst_quote : str
        Series at which the staking token is sold, WETH per token.
    sales : mapping of token to MarketTerms
        What sales on the decentralised exchange lose, by token sold; sizes in WETH.
    queue_days : float
        Days in the protocol's withdrawal queue.
    max_ltv, threshold : DatedRows or None
        Of the staking token as collateral; None where nothing is borrowed.
    flash_premium : float
        Of the flash lender, fraction.
    dust_share : float
        Rewards are sold beyond this share of equity.
    """

    lst_quote: str
    sales: Mapping[str, MarketTerms]
    queue_days: float
    max_ltv: DatedRows | None
    threshold: DatedRows | None
    flash_premium: float
    dust_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a mode's blueprint is drawn from.

    Parameters
    ----------
    asset, currency : str
        The mode's asset, and the share class's currency.
    programmes : tuple of Programme
        Rewards that are counted.
    """

    asset: str
    currency: str
    programmes: tuple[Programme, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What acting costs in this run, as a strategy estimates it before it acts.

    Parameters
    ----------
    spot, perp : mapping of venue to MarketTerms
        Of the hedged asset's markets.
    sending : mapping of venue to Sending
        Transfers of the share currency to another venue.
    gas_units : mapping of operation to float
        Gas of what is done on chain; zeros where a run pays none.
    gas_debt_limit : float
        How far gas may drive native coin below zero, share of equity.
    chain : ChainTerms or None
        Of what is done on chain beside lending; None where a mode does nothing else there.
    """

    spot: Mapping[str, MarketTerms]
    perp: Mapping[str, MarketTerms]
    sending: Mapping[str, Sending]
    gas_units: Mapping[str, float]
    gas_debt_limit: float
    chain: ChainTerms | None = None

    def on_chain(self) -> ChainTerms:
        """Return the terms of what is done on chain.

        Returns
        -------
        ChainTerms
            Those of the run.

        Raises
        ------
        StrategyError
            If the run has none: its mode stakes nothing.
        """
        if self.chain is None:
            raise StrategyError(
                "the run has no terms for staking",
                where="Terms",
                remedy="list a decentralised exchange and a staking protocol among the venues",
            )
        return self.chain


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
    uninvested : float
        Deposits that nothing was decided about yet, share-class currency.
    queue : float
        Withdrawals that were asked for and are not paid yet, share-class currency.
    closing : bool
        True once everything was asked for: nothing is bought any more.
    """

    window: Window
    exposure: ExposureReport
    risk: RiskReport
    pending: tuple[PendingTransfer, ...]
    entered: bool
    pnl: PnLReport | None
    uninvested: float = 0.0
    queue: float = 0.0
    closing: bool = False


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
    nearness : ndarray of shape (W,) or None
        For a risk: how far the position is from liquidation, in a day's volatilities. Of risks of
        one level that fire together, the nearest is answered first.
    """

    name: str
    side: str
    fires: BoolArray
    value: FloatArray
    limit: float
    nearness: FloatArray | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the trigger from window to window."""
        return (self.name, self.side)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """Where something is to be decided.

    Parameters
    ----------
    offset : int
        The row within the window.
    reason : Reason
        The trigger.
    due : bool
        True if it is the due stage of the open plan.
    """

    offset: int
    reason: Reason
    due: bool


class Strategy(Protocol):
    """What a family of modes wants to hold, and when it acts."""

    treasury: Instrument
    reserve: Instrument
    reserve_ratio: float
    universe: Universe

    def target(self, view: View) -> FloatArray:
        """Return the target quantities at each row, shape (W, n).

        Parameters
        ----------
        view : View
            Any number of rows.

        Returns
        -------
        ndarray of shape (W, n)
            Units by column.
        """

    def risk_triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return the risks to act on, critical ones first.

        Parameters
        ----------
        view : View
            Any number of rows.
        """

    def triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return entry, bands and the mode's own conditions, in their order of priority.

        Parameters
        ----------
        view : View
            Any number of rows.
        """

    def can_unwind(self, view: View) -> BoolArray:
        """Tell where something could be turned into cash for a withdrawal, shape (W,).

        Parameters
        ----------
        view : View
            Any number of rows.
        """

    def decide(self, view: View, reason: Reason) -> Decision | None:
        """Say what to do about a trigger, on a view of one row; None if nothing can be done.

        Parameters
        ----------
        view : View
            One row.
        reason : Reason
            What fired there.
        """

    def proceed(self, view: View, plan: OpenPlan) -> Decision | None:
        """Say what the due stage of a plan does; None if there is nothing left to do.

        Parameters
        ----------
        view : View
            One row.
        plan : OpenPlan
            With the stage that is due.
        """


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

    def find_trigger(self, view: View) -> Firing | None:
        """Return the first row of a window at which something is to be decided.

        Parameters
        ----------
        view : View
            The window as it would be without acting.

        Returns
        -------
        Firing or None
            The trigger of the highest priority at that row. While a plan is open only its due
            stage, its timeout and risk triggers count; a risk remedy under way is not ordered
            twice.
        """
        plan = self.plan
        held = self._hold and self.entered
        if plan is None:
            return None if held else self._first(view, self._triggers(view))
        if not view.pending:
            return Firing(offset=0, reason=plan.reason, due=True)
        late = _overdue(view, plan)
        if held or plan.reason.trigger.startswith(RISK):
            return late
        risk = self._first(view, self.strategy.risk_triggers(view))
        if risk is None or (late is not None and late.offset <= risk.offset):
            return late
        return risk

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
            None if nothing can be done; the trigger is then latched until it has let go.
        """
        row = view.window.stop - 1
        plan = self.plan
        if firing.due and plan is not None:
            decision = self.strategy.proceed(view, plan)
        else:
            decision = self.strategy.decide(view, firing.reason)
        if decision is None:
            if firing.due:
                self._open(None)
            else:
                self._latched.add((firing.reason.trigger, firing.reason.side))
            return None
        if not decision.instructions and decision.then is None:
            self._latched.add((firing.reason.trigger, firing.reason.side))
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

    def _open(self, plan: OpenPlan | None) -> None:
        self.plan = plan

    def _triggers(self, view: View) -> tuple[Trigger, ...]:
        """All conditions in the order of MODES: risk, flows, reserve, then the strategy's own."""
        if view.closing:
            return self._flow_triggers(view)
        return (
            *self.strategy.risk_triggers(view),
            *self._flow_triggers(view),
            *self._reserve_trigger(view),
            *self.strategy.triggers(view),
        )

    def _flow_triggers(self, view: View) -> tuple[Trigger, ...]:
        """Pending withdrawals, then deposits; the amount is part of what identifies them."""
        found: list[Trigger] = []
        if view.entered and view.queue > 0.0:
            can = self.strategy.can_unwind(view)
            found.append(_flow_trigger("withdrawal", view.queue, can))
        if view.entered and view.uninvested > 0.0:
            everywhere = np.full(len(view.window), fill_value=True)
            found.append(_flow_trigger("deposit", view.uninvested, everywhere))
        return tuple(found)

    def _reserve_trigger(self, view: View) -> tuple[Trigger, ...]:
        ratio_wanted = self.strategy.reserve_ratio
        if ratio_wanted == 0.0 or not view.entered:
            return ()
        column = self.strategy.universe.column(self.strategy.reserve)
        share = ratio(view.exposure.quantities[:, column], view.exposure.equity)
        limit = ratio_wanted * RESERVE_LOW_SHARE
        return (
            Trigger(name="reserve_low", side="", fires=share < limit, value=share, limit=limit),
        )

    def _first(self, view: View, triggers: tuple[Trigger, ...]) -> Firing | None:
        armed = [(trigger, self._armed(trigger)) for trigger in triggers]
        rows = [int(np.argmax(fires)) for _, fires in armed if fires.any()]
        first = min(rows, default=None)
        if first is not None and view.window.start + first == view.window.frame.rows - 1:
            first = None  # at the run's last row nothing is decided
        self._release(triggers, first)
        if first is None:
            return None
        trigger = _foremost([trigger for trigger, fires in armed if fires[first]], first)
        reason = Reason(
            trigger=trigger.name,
            side=trigger.side,
            value=float(trigger.value[first]),
            limit=trigger.limit,
        )
        return Firing(offset=first, reason=reason, due=False)

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


def _foremost(firing: Sequence[Trigger], row: int) -> Trigger:
    """Return the first, or the nearest to liquidation of those that are of its level."""
    leading = firing[0]
    if leading.nearness is None:
        return leading
    level = leading.name.rsplit("_", 1)[-1]
    equals = [x for x in firing if x.nearness is not None and x.name.endswith(level)]
    return min(equals, key=lambda x: _at(x, row))


def _at(trigger: Trigger, row: int) -> float:
    """How near a trigger's position is; what is not known counts as far."""
    far = np.inf
    value = far if trigger.nearness is None else abs(float(trigger.nearness[row]))
    return far if np.isnan(value) else value


def _flow_trigger(name: str, amount: float, fires: BoolArray) -> Trigger:
    value = np.full(len(fires), amount)
    return Trigger(name=name, side=repr(amount), fires=fires, value=value, limit=0.0)


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
