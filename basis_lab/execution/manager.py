"""The tight loop: one instruction at a time, each verified before the next."""

from dataclasses import dataclass

from basis_lab.domain.events import Event, EventSink, EventType
from basis_lab.domain.instructions import (
    Arrival,
    Cause,
    Decision,
    ExecutionResult,
    Instruction,
    Liquidation,
    PerpTrade,
    SpotTrade,
    Statement,
    Status,
    Supply,
    Transfer,
    Withdraw,
    Wrap,
)
from basis_lab.domain.market import Window
from basis_lab.errors import ExecutionError
from basis_lab.execution.interfaces import ExecutionInterfaceManager
from basis_lab.execution.reconciliation import ReconciliationComponent
from basis_lab.execution.updates import PositionUpdateHandler
from basis_lab.ledger.book import Posting, Transaction
from basis_lab.monitors.position import PositionMonitor


@dataclass(frozen=True, slots=True)
class _Step:
    """Where an instruction stands: its decision, its place in it, its own number."""

    group_id: int
    place: int
    instruction_id: int


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
        row = market.stop - 1
        for place, instruction in enumerate(decision.instructions):
            self._instructions += 1
            step = _Step(group_id, place, self._instructions)
            result = self._interfaces.execute(instruction, market)
            if result.status is not Status.FILLED:
                self._fail(decision, result, row, step)
            transaction = self._updates.handle_position_update(result, row)
            booked.append(transaction)
            self._log_instruction(decision, result, transaction, step)
            self._reconciliation.reconcile(
                f"instruction {step.instruction_id} ({type(instruction).__name__} at "
                f"{instruction.venue}), {market.times[-1]}Z"
            )
            if isinstance(instruction, Transfer):
                booked += self.book_statements(self._interfaces.transfers.arrivals(market), row)
        return booked

    def book_statements(self, statements: tuple[Statement, ...], row: int) -> list[Transaction]:
        """Book and log what venues did by themselves."""
        booked = []
        for statement in statements:
            transaction = self._updates.handle_statement(statement, row)
            booked.append(transaction)
            self._events.log_event(self._statement_event(statement, transaction, row))
        return booked

    def _fail(self, decision: Decision, result: ExecutionResult, row: int, step: _Step) -> None:
        instruction = result.instruction
        error = result.error
        why = str(error) if error is not None else f"outcome {result.status}"
        self._events.log_event(
            Event(
                row=row,
                event_type=EventType.REJECTED,
                component="execution_manager",
                venue=instruction.venue,
                status=result.status.value,
                group_id=step.group_id,
                step_in_group=step.place,
                instruction_id=step.instruction_id,
                trigger=decision.reason.trigger,
                code=error.code if error is not None else "",
                details={"why": why, "instruction": repr(instruction)},
                positions=self._positions.book.quantities,
            )
        )
        held = self._positions.book.quantities
        snapshot = {
            str(x): float(q)
            for x, q in zip(self._positions.universe.instruments, held, strict=True)
        }
        raise ExecutionError(
            f"{type(instruction).__name__} at {instruction.venue} was refused: {why}",
            where=f"instruction {step.instruction_id}, {decision.action} for "
            f"{decision.reason.trigger}",
            value=repr(instruction),
            remedy=error.remedy if error is not None else "look the order up at the venue",
            details={"positions": snapshot},
        ) from error

    def _log_instruction(
        self, decision: Decision, result: ExecutionResult, transaction: Transaction, step: _Step
    ) -> None:
        instruction = result.instruction
        kind, instrument, amount, currency = _describe(instruction, result)
        if kind is EventType.TRADE:
            self.fills += 1
        gas = tuple(x for x in transaction.postings if x.cause is Cause.GAS)
        rest = tuple(x for x in transaction.postings if x.cause is not Cause.GAS)
        base = Event(
            row=transaction.row,
            event_type=kind,
            component="execution_manager",
            venue=instruction.venue,
            instrument=instrument,
            quantity=result.quantity,
            price=result.price,
            amount=amount,
            currency=currency,
            cause=rest[0].cause,
            status=result.status.value,
            group_id=step.group_id,
            step_in_group=step.place,
            instruction_id=step.instruction_id,
            trigger=decision.reason.trigger,
            details={
                "action": decision.action.value,
                "quote_price": result.quote_price,
                "arrives_row": result.arrives_row,
                "movements": _movements(rest),
            },
            positions=self._positions.book.quantities,
        )
        self._events.log_event(base)
        for posting in gas:
            self._events.log_event(
                Event(
                    row=transaction.row,
                    event_type=EventType.GAS,
                    component="execution_manager",
                    venue=posting.instrument.venue,
                    instrument=str(posting.instrument),
                    quantity=posting.quantity,
                    amount=posting.quantity,
                    currency=posting.instrument.symbol,
                    cause=Cause.GAS,
                    status=result.status.value,
                    group_id=step.group_id,
                    step_in_group=step.place,
                    instruction_id=step.instruction_id,
                    trigger=decision.reason.trigger,
                    details={"movements": _movements((posting,))},
                    positions=self._positions.book.quantities,
                )
            )

    def _statement_event(self, statement: Statement, transaction: Transaction, row: int) -> Event:
        details: dict[str, object] = {"movements": _movements(transaction.postings)}
        if isinstance(statement, Liquidation):
            details["clearance_fee"] = statement.clearance_fee
            details["absorbed_by_fund"] = statement.absorbed
            return Event(
                row=row,
                event_type=EventType.LIQUIDATION,
                component="venue",
                venue=statement.venue,
                instrument=str(statement.perp),
                quantity=-statement.quantity,
                price=statement.price,
                amount=-statement.clearance_fee + statement.absorbed,
                currency=statement.margin.symbol,
                cause=Cause.LIQUIDATION,
                status=Status.FILLED.value,
                details=details,
                positions=self._positions.book.quantities,
            )
        return _arrival_event(statement, row, details, self._positions)

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return self._interfaces.health()


def _arrival_event(
    arrival: Arrival, row: int, details: dict[str, object], positions: PositionMonitor
) -> Event:
    return Event(
        row=row,
        event_type=EventType.TRANSFER_ARRIVED,
        component="venue",
        venue=arrival.venue,
        instrument=str(arrival.destination),
        quantity=arrival.quantity,
        amount=arrival.quantity,
        currency=arrival.destination.symbol,
        cause=Cause.TRANSFER,
        status=Status.FILLED.value,
        details=details,
        positions=positions.book.quantities,
    )


def _movements(postings: tuple[Posting, ...]) -> list[tuple[str, float, str]]:
    return [(str(x.instrument), x.quantity, x.cause.value) for x in postings]


def _describe(
    instruction: Instruction, result: ExecutionResult
) -> tuple[EventType, str, float, str]:
    """Event type, instrument, amount and its currency."""
    match instruction:
        case SpotTrade():
            amount = -result.quantity * result.price
            return EventType.TRADE, str(instruction.base), amount, instruction.quote.symbol
        case PerpTrade():
            return EventType.TRADE, str(instruction.perp), result.quantity * result.price, "USDT"
        case Transfer():
            symbol = instruction.source.symbol
            return EventType.TRANSFER_START, str(instruction.source), result.quantity, symbol
        case Supply():
            symbol = instruction.token.symbol
            return EventType.SUPPLY, str(instruction.atoken), result.quantity, symbol
        case Withdraw():
            symbol = instruction.token.symbol
            return EventType.WITHDRAW, str(instruction.atoken), result.quantity, symbol
        case Wrap():
            symbol = instruction.source.symbol
            return EventType.SWAP, str(instruction.destination), result.quantity, symbol
