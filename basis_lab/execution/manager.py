"""The tight loop: one instruction at a time, each verified before the next."""

from typing import NoReturn

from basis_lab.domain.events import Event, EventSink
from basis_lab.domain.instructions import (
    AtomicGroup,
    Decision,
    ExecutionResult,
    Instruction,
    Movement,
    PerpTrade,
    SpotTrade,
    Status,
    Swap,
)
from basis_lab.domain.market import Window
from basis_lab.domain.statements import Statement
from basis_lab.domain.wording import word_instruction
from basis_lab.errors import BasisLabError, ExecutionError, ReconciliationError
from basis_lab.execution.interfaces import ExecutionInterfaceManager
from basis_lab.execution.narration import (
    Step,
    tell_fill,
    tell_gas,
    tell_group,
    tell_refusal,
    tell_statement,
)
from basis_lab.execution.reconciliation import ReconciliationComponent
from basis_lab.execution.updates import PositionUpdateHandler
from basis_lab.ledger.book import Transaction
from basis_lab.monitors.position import PositionMonitor


class ExecutionManager:
    """Carries decisions out, in order, and stops at the first that fails.

    Parameters
    ----------
    interfaces : ExecutionInterfaceManager
        The way to the venues.
    updates : PositionUpdateHandler
        Writes our book.
    reconciliation : ReconciliationComponent
        Compares the books after every instruction.
    positions : PositionMonitor
        For the snapshot that an event carries.
    events : EventSink
        Where events go.
    """

    def __init__(
        self,
        *,
        interfaces: ExecutionInterfaceManager,
        updates: PositionUpdateHandler,
        reconciliation: ReconciliationComponent,
        positions: PositionMonitor,
        events: EventSink,
    ) -> None:
        self._interfaces = interfaces
        self._updates = updates
        self._reconciliation = reconciliation
        self._positions = positions
        self._events = events
        self._instructions = 0
        self.fills = 0

    def process_orders(
        self, decision: Decision, market: Window, group_id: int
    ) -> list[Transaction]:
        """Execute a decision's instructions at the window's last row.

        Parameters
        ----------
        decision : Decision
            What to do.
        market : Window
            Market data up to now.
        group_id : int
            The number of the decision.

        Returns
        -------
        list of Transaction
            What was booked.

        Raises
        ------
        ExecutionError
            If a venue refuses: a backtest fails fast.
        ReconciliationError
            If the books differ after an instruction.
        """
        booked: list[Transaction] = []
        for place, asked in enumerate(decision.instructions):
            self._instructions += 1
            step = Step(
                decision=decision,
                row=market.stop - 1,
                group_id=group_id,
                place=place,
                instruction_id=self._instructions,
            )
            if isinstance(asked, AtomicGroup):
                booked += self._process_group(asked, market, step)
            else:
                booked += self._process_one(asked, market, step)
        return booked

    def book_statements(self, statements: tuple[Statement, ...], row: int) -> list[Transaction]:
        """Book and log what venues did by themselves.

        Parameters
        ----------
        statements : tuple of Statement
            In order.
        row : int
            The timestep.

        Returns
        -------
        list of Transaction
            What was booked.
        """
        booked = []
        for statement in statements:
            transaction = self._updates.handle_statement(statement, row)
            booked.append(transaction)
            held = self._positions.book.quantities
            self._events.log_event(tell_statement(statement, transaction, held))
        return booked

    def _process_one(self, asked: Instruction, market: Window, step: Step) -> list[Transaction]:
        result = self._interfaces.execute(asked, market)
        if result.status is not Status.FILLED:
            self._fail(step, asked, _why(result), market)
        booked, events = self._book(result, step)
        booked += self._book_gas(result.movements, step, events)
        for event in events:
            self._events.log_event(event)
        self._reconciliation.reconcile(_named(asked, market, step))
        statements = self._interfaces.arrivals(asked, market)
        return [*booked, *self.book_statements(statements, step.row)]

    def _book(self, result: ExecutionResult, step: Step) -> tuple[list[Transaction], list[Event]]:
        transaction = self._updates.handle_position_update(result, step.row)
        event = tell_fill(step, result, transaction, self._positions.book.quantities)
        self.fills += isinstance(result.instruction, (SpotTrade, PerpTrade, Swap))
        return [transaction], [event]

    def _book_gas(
        self, movements: tuple[Movement, ...], step: Step, events: list[Event]
    ) -> list[Transaction]:
        booked = self._updates.handle_gas(movements, step.row)
        held = self._positions.book.quantities
        events += [tell_gas(step, posting, held) for x in booked for posting in x.postings]
        return booked

    def _process_group(self, group: AtomicGroup, market: Window, step: Step) -> list[Transaction]:
        """Carry out a group on the staged book: all of it is kept, or nothing."""
        chain = self._interfaces.onchain
        state, book = chain.begin_group(), self._positions.book.snapshot()
        booked: list[Transaction] = []
        events: list[Event] = []
        try:
            for asked in group.steps:
                result = chain.execute(asked, market)
                if result.status is not Status.FILLED:
                    raise _why(result)
                done, told = self._book(result, step)
                booked += done
                events += told
                self._reconciliation.reconcile(_named(asked, market, step))
            gas = chain.end_group(market)
        except BasisLabError as error:
            chain.revert(state)
            self._positions.book.restore(book)
            if isinstance(error, ReconciliationError):
                raise
            self._fail(step, group, error, market)
        booked += self._book_gas(gas, step, events)
        held = self._positions.book.quantities
        for event in (tell_group(step, group, held), *events):
            self._events.log_event(event)
        self._reconciliation.reconcile(_named(group, market, step))
        return booked

    def _fail(
        self,
        step: Step,
        asked: Instruction | AtomicGroup,
        error: BasisLabError,
        market: Window,
    ) -> NoReturn:
        held = self._positions.book.quantities
        self._events.log_event(tell_refusal(step, asked, error, held))
        names = self._positions.universe.instruments
        place = f"{error.where}, " if error.where else ""
        raise ExecutionError(
            f"{asked.venue} refused to {word_instruction(asked)}: {error.what}",
            where=f"{place}{market.times[-1]}Z, instruction {step.instruction_id}, "
            f"{step.decision.action} for {step.decision.reason.trigger}",
            value=error.value,
            remedy=error.remedy,
            details={"positions": {str(x): float(q) for x, q in zip(names, held, strict=True)}},
        ) from error

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return self._interfaces.health()


def _why(result: ExecutionResult) -> BasisLabError:
    if result.error is not None:
        return result.error
    return ExecutionError(
        f"the outcome of the instruction is {result.status}",
        where=result.instruction.venue,
        value=result.status,
        remedy="look the order up at the venue",
    )


def _named(asked: Instruction | AtomicGroup, market: Window, step: Step) -> str:
    """Name an instruction for a comparison's message."""
    what = f"{type(asked).__name__} at {asked.venue}"
    return f"instruction {step.instruction_id} ({what}), {market.times[-1]}Z"
