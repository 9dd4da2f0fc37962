"""The full loop, written once over a window of timesteps.

Each window: clock, data, venues settle, positions, exposure, risk, strategy, the tight loop at
the row where something fired, P&L, record. A window of one row is live trading; the longest
window in which nothing acts is a backtest. Both give the same bits.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from basis_lab.config.models import RunConfig
from basis_lab.domain.events import Event, EventType
from basis_lab.domain.instructions import Decision
from basis_lab.domain.market import MarketFrame, Window
from basis_lab.domain.reports import ExposureReport, RiskReport
from basis_lab.domain.statements import (
    Liquidation,
    Loss,
    PoolLiquidation,
    RewardPayment,
    ScheduledFlows,
    Statement,
)
from basis_lab.domain.stress import exit_order
from basis_lab.engine.capital import CapitalAccount
from basis_lab.engine.clock import Clock
from basis_lab.engine.compose import Components
from basis_lab.engine.earnings import Earnings
from basis_lab.engine.investors import InvestorDesk
from basis_lab.engine.recorder import Recorder
from basis_lab.errors import ReconciliationError, StrategyError
from basis_lab.ledger.book import Transaction
from basis_lab.strategies.base import ORDERED_EXIT, RISK, Firing, View

FORCED = (Liquidation, PoolLiquidation, Loss)  # booked before what flows and arrives
MAX_STAGES = 8  # stages of one plan that may follow each other at one timestep

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _State:
    """What the monitors say of a window."""

    exposure: ExposureReport
    risk: RiskReport

    def part(self, keep: slice) -> "_State":
        return _State(self.exposure.part(keep), self.risk.part(keep))


class FullLoop:
    """One run over one frame.

    Parameters
    ----------
    config : RunConfig
        Validated configuration.
    components : Components
        The run's components.
    frame : MarketFrame
        The run's data.
    clock : Clock
        Chooses window lengths.
    capital : CapitalAccount
        Shares, and the deposits and withdrawals asked for.
    """

    def __init__(
        self,
        config: RunConfig,
        components: Components,
        frame: MarketFrame,
        clock: Clock,
        capital: CapitalAccount,
    ) -> None:
        self.components = components
        self.frame = frame
        limits = components.risk_monitor.parameters
        self.recorder = Recorder(frame, components.universe, components.event_logger, limits)
        self.rebalances = 0
        self.liquidations = 0
        self.rewards = 0
        self.waited_for: set[str] = set()
        self.row = 0
        self._config = config
        self._clock = clock
        self._capital = capital
        self.earnings = Earnings(
            frame, components.position_monitor, components.pnl_monitor, self.recorder
        )
        self._investors = InvestorDesk(
            components, capital, config.share_class.currency, self.earnings.tell
        )
        self._groups = 0

    def open(self, initial_capital: float) -> None:
        """Book the opening capital at the strategy's treasury.

        Parameters
        ----------
        initial_capital : float
            Share-class currency, > 0.
        """
        self._log(EventType.RUN_START, 0, "engine", {"mode": self._config.mode})
        order = exit_order(self._config.actions, self.frame.times)
        self.components.strategy_manager.take_order(order)
        self._investors.open(initial_capital, self.frame.rows)

    def steps(self) -> Iterator[Window]:
        """Run window by window; yields each once it is committed.

        Yields
        ------
        Window
            The rows that were committed, in order and without a gap.

        Raises
        ------
        ReconciliationError
            If a venue's book and ours differ.
        StrategyError
            If a plan does not come to an end.
        ExecutionError
            If a venue refuses an instruction.
        """
        while self.row < self.frame.rows:
            try:
                window = self._advance()
            except ReconciliationError as error:
                row = min(self.row, self.frame.rows - 1)
                self._log(EventType.RECONCILIATION_FAILED, row, "reconciliation", error.details)
                raise
            self.row = window.stop
            yield window
        self.components.reconciliation_component.reconcile("end of the run")
        self.earnings.tell()
        self._log(EventType.RUN_END, self.frame.rows - 1, "engine", {})

    def _advance(self) -> Window:
        """Carry out one window and return the rows that were committed."""
        stop = min(self.row + self._clock.length(), self.frame.rows)
        window = self.frame.window(self.row, stop)
        previews = [venue.preview(window) for venue in self.components.venues]
        asked = self._investors.next_row(window)
        works = [x.work_row for x in previews if x.work_row is not None]
        work = min([*works, *([asked] if asked is not None else [])], default=stop)
        if work == self.row:
            return self._with_work(self.frame.at(self.row))
        window = window.until(min(work, stop))
        flows = _until((flow for x in previews for flow in x.flows), window.stop)
        state = self._measure(window, flows)
        firing = self.components.strategy_manager.find_trigger(self._view(window, state))
        if firing is None:
            self._settle(window, flows)
            self._commit(window, state, flows, [])
            self._clock.quiet()
            return window
        window = window.until(self.row + firing.offset + 1)
        flows = _until(flows, window.stop)
        self._settle(window, flows)
        self._clock.fired(len(window))
        head = window.until(window.stop - 1)
        if len(head):
            self._commit(head, state.part(slice(len(head))), _until(flows, head.stop), [])
        there = state.part(slice(len(head), len(window)))
        self._act(window.last, there, firing, (_since(flows, head.stop), []))
        return window

    def _with_work(self, window: Window) -> Window:
        """Run a row in which positions change by themselves or money comes and goes: alone."""
        parts = self.components
        statements: list[Statement] = []
        for venue in parts.venues:
            statements += venue.settle(window)
        forced = tuple(x for x in statements if isinstance(x, FORCED))
        self.liquidations += sum(isinstance(x, (Liquidation, PoolLiquidation)) for x in forced)
        self.rewards += sum(isinstance(x, RewardPayment) for x in statements)
        booked = parts.execution_manager.book_statements(forced, window.start)
        flows = tuple(flow for venue in parts.venues for flow in venue.preview(window).flows)
        self._book_flows(flows)
        arrived = tuple(x for x in statements if x not in forced)
        booked += parts.execution_manager.book_statements(arrived, window.start)
        parts.reconciliation_component.reconcile(_named(window))
        booked += self._investors.meet_requests(window)
        state = self._measure(window, ())
        firing = parts.strategy_manager.find_trigger(self._view(window, state))
        if firing is None:
            self._commit(window, state, flows, booked)
        else:
            self._act(window, state, firing, (flows, booked))
        return window

    def _measure(self, window: Window, flows: tuple[ScheduledFlows, ...]) -> _State:
        parts = self.components
        quantities = parts.position_monitor.get_current_positions(window, flows)
        exposure = parts.exposure_monitor.calculate_exposure(window, quantities)
        return _State(exposure, parts.risk_monitor.assess_risk(window, exposure))

    def _view(self, window: Window, state: _State) -> View:
        parts = self.components
        return View(
            window=window,
            exposure=state.exposure,
            risk=state.risk,
            pending=parts.execution_interface_manager.transfers.pending,
            entered=parts.strategy_manager.entered,
            uninvested=self._capital.uninvested,
            queue=self._capital.queue,
            closing=self._capital.closing,
        )

    def _settle(self, window: Window, flows: tuple[ScheduledFlows, ...]) -> None:
        """Have the venues book the window, book it ourselves, and compare."""
        for venue in self.components.venues:
            venue.settle(window)
        self._book_flows(flows)
        self.components.reconciliation_component.reconcile(_named(window))

    def _book_flows(self, flows: tuple[ScheduledFlows, ...]) -> None:
        parts = self.components
        parts.position_monitor.post_flows(flows)
        for flow in flows:
            if len(flow.rows):
                parts.event_logger.log_flows(flow)

    def _act(
        self,
        window: Window,
        state: _State,
        firing: Firing,
        moved: tuple[tuple[ScheduledFlows, ...], list[Transaction]],
    ) -> None:
        """Run the tight loop at one row, stage after stage until one has to wait.

        ``state`` is that of the row, ``moved`` the flows and what else was booked in it so far.
        """
        parts = self.components
        manager = parts.strategy_manager
        flows, booked = moved
        held = parts.position_monitor.book.quantities
        self.recorder.note_levels(window, state.risk, held)
        self.recorder.note_before(window.start, state.exposure.quantities, self._told(state.risk))
        for _ in range(MAX_STAGES):
            first = not manager.entered
            firing, decision = self._decide(window, state, firing)
            if decision is None:
                break
            if not firing.due:
                self._groups += 1
                self.rebalances += 0 if first else 1
                self._capital.uninvested = 0.0
            self._log_decision(window.start, decision, state.risk, due=firing.due)
            self._allow_gas_debt(window, state)
            booked = [
                *booked,
                *parts.execution_manager.process_orders(decision, window, self._groups),
            ]
            state = self._measure(window, ())
            if manager.plan is None or self._view(window, state).pending:
                break
            firing = Firing(offset=0, reason=manager.plan.reason, due=True)
        else:
            raise StrategyError(
                "a plan does not come to an end",
                where=f"{firing.reason.trigger} at {window.times[-1]}Z",
                value=f"{MAX_STAGES} stages at one timestep",
                remedy="each stage must leave less to do than it found",
            )
        if self._capital.queue > 0.0:
            booked = [*booked, *self._investors.pay(window)]
            state = self._measure(window, ())
        self._commit(window, state, flows, booked)

    def _decide(
        self, window: Window, state: _State, firing: Firing
    ) -> tuple[Firing, Decision | None]:
        """Ask what to do; where that waits for a closed venue, ask about what else fired there."""
        manager = self.components.strategy_manager
        view = self._view(window, state)
        following: Firing | None = firing
        while following is not None:
            firing = following
            decision = manager.make_strategy_decision(view, firing)
            if decision is not None:
                return firing, decision
            self._log_unmet(window.start, firing)
            following = manager.find_trigger(view) if manager.closed else None
        return firing, None

    def _log_unmet(self, row: int, firing: Firing) -> None:
        """Say that nothing can be done about a risk or an order, or that a decision waits."""
        reason = firing.reason
        manager = self.components.strategy_manager
        closed = manager.closed
        self.waited_for.update(closed)
        urgent = reason.trigger.startswith(RISK) or reason.trigger == ORDERED_EXIT
        if not closed and not manager.dear and (firing.due or not urgent):
            return
        unable = "none: nothing can be done, or a remedy is under way"
        if manager.dear:
            unable = "waits for cheaper gas: it would be more gas debt than is allowed"
        details: dict[str, object] = {
            "value": reason.value,
            "limit": reason.limit,
            "side": reason.side,
            "action": f"waits until {', '.join(closed)} opens" if closed else unable,
        }
        self._log(EventType.TRIGGER, row, "strategy_manager", details, reason.trigger)

    def _allow_gas_debt(self, window: Window, state: _State) -> None:
        wallet = self.components.wallet
        if wallet is None:
            return
        equity = float(state.exposure.equity[-1])
        wallet.allow_gas_debt(self.components.gas_guard.debt_allowed(window, equity))

    def _commit(
        self,
        window: Window,
        state: _State,
        flows: tuple[ScheduledFlows, ...],
        booked: list[Transaction],
    ) -> None:
        parts = self.components
        self.recorder.note_levels(window, state.risk)
        parts.position_monitor.record(window, state.exposure.quantities)
        self.recorder.write_risk(window, self._told(state.risk))
        self.earnings.take(window, state.exposure.equity, flows, booked)

    def _told(self, risk: RiskReport) -> RiskReport:
        """Return what is recorded of a risk: the dust that nobody holds a share of has no drift."""
        if self._capital.shares > 0.0:
            return risk
        return replace(risk, delta_drift=np.full_like(risk.delta_drift, np.nan))

    def _log_decision(self, row: int, decision: Decision, risk: RiskReport, *, due: bool) -> None:
        reason = decision.reason
        details: dict[str, object] = {
            "value": reason.value,
            "limit": reason.limit,
            "side": reason.side,
            "margin_ratio_before": {v: float(x[-1]) for v, x in risk.margin_ratio.items()},
            "delta_drift_before": float(risk.delta_drift[-1]),
            **_loan_before(risk),
        }
        if not due and reason.trigger == "reserve_low":
            self._log(EventType.RESERVE_LOW, row, "strategy_manager", details, reason.trigger)
        if not due:
            self._log(EventType.TRIGGER, row, "strategy_manager", details, reason.trigger)
        details = {
            **details,
            "action": decision.action.value,
            "instructions": len(decision.instructions),
            "then": decision.then,
            "missing": decision.missing,
            **({"note": decision.note} if decision.note else {}),
        }
        self._log(EventType.DECISION, row, "strategy_manager", details, reason.trigger)

    def _log(
        self,
        kind: EventType,
        row: int,
        component: str,
        details: dict[str, object],
        trigger: str = "",
    ) -> None:
        held = self.components.position_monitor.book.quantities
        of_decision = self._groups and kind is not EventType.RUN_END
        self.components.event_logger.log_event(
            Event(
                row=row,
                event_type=kind,
                component=component,
                trigger=trigger,
                group_id=self._groups if of_decision else None,
                details=details,
                positions=held,
            )
        )


def _loan_before(risk: RiskReport) -> dict[str, object]:
    """Say how the loan stood before something acted; nothing where there is none."""
    factor = float(risk.health_factor[-1])
    if np.isnan(factor):
        return {}
    return {"health_factor_before": factor, "ltv_before": float(risk.ltv[-1])}


def _named(window: Window) -> str:
    """Name a window for people."""
    return f"window {window.times[0]}Z to {window.times[-1]}Z"


def _until(flows: Iterable[ScheduledFlows], stop: int) -> tuple[ScheduledFlows, ...]:
    return tuple(flow.until(stop) for flow in flows)


def _since(flows: tuple[ScheduledFlows, ...], start: int) -> tuple[ScheduledFlows, ...]:
    return tuple(flow.since(start) for flow in flows)
