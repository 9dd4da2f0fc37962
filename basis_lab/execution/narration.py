"""How instructions and what venues did are told in the event log."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypedDict, Unpack

from basis_lab.domain.events import DEFAULTED, Event, EventType
from basis_lab.domain.instructions import (
    AtomicGroup,
    Borrow,
    Cause,
    Decision,
    ExecutionResult,
    FlashBorrow,
    FlashRepay,
    Instruction,
    OnChainInstruction,
    PerpTrade,
    Repay,
    SpotTrade,
    Stake,
    Status,
    Supply,
    Swap,
    Transfer,
    Unstake,
    Withdraw,
    Wrap,
)
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.domain.market import FloatArray
from basis_lab.domain.statements import (
    Arrival,
    ClaimPaid,
    Liquidation,
    Loss,
    PoolLiquidation,
    RewardPayment,
    Statement,
)
from basis_lab.errors import BasisLabError
from basis_lab.ledger.book import Posting, Transaction

COMPONENT = "execution_manager"
EVENTS: Mapping[type[OnChainInstruction], EventType] = MappingProxyType(
    {
        Supply: EventType.SUPPLY,
        Withdraw: EventType.WITHDRAW,
        Borrow: EventType.BORROW,
        Repay: EventType.REPAY,
        Wrap: EventType.SWAP,
        Stake: EventType.STAKE,
        Unstake: EventType.UNSTAKE,
        Swap: EventType.SWAP,
        FlashBorrow: EventType.FLASH_BORROW,
        FlashRepay: EventType.FLASH_REPAY,
    }
)
GROUP_EVENTS = {
    "entry": EventType.ATOMIC_LEVERAGE_ENTRY,
    "deleverage": EventType.ATOMIC_DELEVERAGE,
    "unwind": EventType.ATOMIC_UNWIND,
}


class Told(TypedDict, total=False):
    """Columns of an event that are told of some steps only."""

    instrument: str
    quantity: float
    price: float
    amount: float
    currency: str
    cause: Cause
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where an instruction stands.

    Parameters
    ----------
    decision : Decision
        What it belongs to.
    row : int
        The timestep.
    group_id, place, instruction_id : int
        The number of the decision, the place in it, the instruction's own number.
    """

    decision: Decision
    row: int
    group_id: int
    place: int
    instruction_id: int

    def event(
        self, kind: EventType, venue: str, positions: FloatArray, **more: Unpack[Told]
    ) -> Event:
        """Return an event with the columns that every event of this step shares.

        Parameters
        ----------
        kind : EventType
            What happened.
        venue : str
            Where.
        positions : ndarray of shape (n,)
            The book after it, units by column.
        **more
            The event's other columns.

        Returns
        -------
        Event
            Its status is ``FILLED``, what is not given stays empty.
        """
        return Event(
            row=self.row,
            event_type=kind,
            component=COMPONENT,
            venue=venue,
            status=Status.FILLED.value,
            group_id=self.group_id,
            step_in_group=self.place,
            instruction_id=self.instruction_id,
            trigger=self.decision.reason.trigger,
            positions=positions,
            **more,
        )


def tell_fill(
    step: Step, result: ExecutionResult, transaction: Transaction, positions: FloatArray
) -> Event:
    """Return the event of a filled instruction; its gas has an event of its own.

    Parameters
    ----------
    step : Step
        Where the instruction stands.
    result : ExecutionResult
        What the venue did.
    transaction : Transaction
        What was booked.
    positions : ndarray of shape (n,)
        The book after it.

    Returns
    -------
    Event
        Its movements are the transaction's postings.
    """
    kind, instrument, quantity, amount, currency = _describe(result.instruction, result)
    return step.event(
        kind,
        result.instruction.venue,
        positions,
        instrument=instrument,
        quantity=quantity,
        price=result.price,
        amount=amount,
        currency=currency,
        cause=transaction.postings[0].cause,
        details={
            "action": step.decision.action.value,
            "quote_price": result.quote_price,
            "arrives_row": result.arrives_row,
            "movements": _movements(transaction.postings),
        },
    )


def tell_gas(step: Step, posting: Posting, positions: FloatArray) -> Event:
    """Return the event of a payment of gas.

    Parameters
    ----------
    step : Step
        The instruction or group that it was paid for.
    posting : Posting
        The payment.
    positions : ndarray of shape (n,)
        The book after it, units by column.

    Returns
    -------
    Event
        Its quantity is in native coin, negative.
    """
    return step.event(
        EventType.GAS,
        posting.instrument.venue,
        positions,
        instrument=str(posting.instrument),
        quantity=posting.quantity,
        amount=posting.quantity,
        currency=posting.instrument.symbol,
        cause=Cause.GAS,
        details={"movements": _movements((posting,))},
    )


def tell_group(step: Step, group: AtomicGroup, positions: FloatArray) -> Event:
    """Return the event that wraps the steps of an atomic group.

    Parameters
    ----------
    step : Step
        Where the group stands.
    group : AtomicGroup
        What was done.
    positions : ndarray of shape (n,)
        The book after it, units by column.

    Returns
    -------
    Event
        Without movements: those are its steps'.
    """
    return step.event(
        GROUP_EVENTS[group.purpose],
        group.venue,
        positions,
        details={"steps": [type(x).__name__ for x in group.steps], "movements": []},
    )


def tell_refusal(
    step: Step, asked: Instruction | AtomicGroup, error: BasisLabError, positions: FloatArray
) -> Event:
    """Return the event of what was refused; a group that was refused is a rollback.

    Parameters
    ----------
    step : Step
        Where the instruction stands.
    asked : Instruction or AtomicGroup
        What was refused.
    error : BasisLabError
        Why.
    positions : ndarray of shape (n,)
        The book, which it left alone.

    Returns
    -------
    Event
        With the error's code and no movements.
    """
    kind = EventType.ROLLBACK if isinstance(asked, AtomicGroup) else EventType.REJECTED
    return replace(
        step.event(kind, asked.venue, positions),
        status=Status.REJECTED.value,
        code=error.code,
        details={"why": str(error), "instruction": repr(asked), "movements": []},
    )


def tell_statement(statement: Statement, transaction: Transaction, positions: FloatArray) -> Event:
    """Return the event of what a venue did by itself.

    Parameters
    ----------
    statement : Statement
        An arrival, a liquidation or a loss.
    transaction : Transaction
        What was booked for it.
    positions : ndarray of shape (n,)
        The book after it, units by column.

    Returns
    -------
    Event
        Its movements are the transaction's postings.
    """
    details: dict[str, object] = {"movements": _movements(transaction.postings)}
    base = Event(
        row=transaction.row,
        event_type=EventType.TRANSFER_ARRIVED,
        component="venue",
        venue=statement.venue,
        status=Status.FILLED.value,
        positions=positions,
    )
    match statement:
        case Arrival():
            return _arrived(
                base, statement.destination, statement.quantity, Cause.TRANSFER, details
            )
        case ClaimPaid():
            details["from_queue"] = str(statement.claim)
            return _arrived(base, statement.destination, statement.quantity, Cause.TRADE, details)
        case RewardPayment():
            details |= {
                "programme": statement.programme,
                "period_start": f"{statement.period_start}Z",
                "period_end": f"{statement.period_end}Z",
                "average_staked": statement.average_units,
            }
            paid = _arrived(base, statement.destination, statement.quantity, Cause.REWARD, details)
            return replace(paid, event_type=EventType.REWARD_PAYMENT)
        case PoolLiquidation():
            return _pool_liquidated(base, statement, details)
        case Loss():
            details["why"] = DEFAULTED
            return replace(
                base, event_type=EventType.LIQUIDATION, cause=Cause.LIQUIDATION, details=details
            )
        case Liquidation():
            return _perp_liquidated(base, statement, details)


def _arrived(
    base: Event, line: Instrument, quantity: float, cause: Cause, details: dict[str, object]
) -> Event:
    return replace(
        base,
        instrument=str(line),
        quantity=quantity,
        amount=quantity,
        currency=line.symbol,
        cause=cause,
        details=details,
    )


def _perp_liquidated(base: Event, done: Liquidation, details: dict[str, object]) -> Event:
    details["clearance_fee"] = done.clearance_fee
    details["absorbed_by_fund"] = done.absorbed
    return replace(
        base,
        event_type=EventType.LIQUIDATION,
        instrument=str(done.perp),
        quantity=-done.quantity,
        price=done.price,
        amount=done.absorbed - done.clearance_fee,
        currency=done.margin.symbol,
        cause=Cause.LIQUIDATION,
        details=details,
    )


def _pool_liquidated(base: Event, done: PoolLiquidation, details: dict[str, object]) -> Event:
    details |= {
        "collateral": str(done.atoken),
        "seized_scaled": done.seized_scaled,
        "bonus_scaled": done.bonus_scaled,
        "written_off_scaled": done.burnt_scaled,
        "health_factor_before": done.health_factor_before,
        "health_factor_after": done.health_factor_after,
        "calls": done.calls,
    }
    return replace(
        base,
        event_type=EventType.LIQUIDATION,
        instrument=str(done.debt),
        quantity=-done.repaid_scaled,
        amount=-done.repaid,
        currency=done.debt.symbol,
        cause=Cause.LIQUIDATION,
        details=details,
    )


def _movements(postings: tuple[Posting, ...]) -> list[tuple[str, float, str]]:
    return [(str(x.instrument), x.quantity, x.cause.value) for x in postings]


def _describe(
    instruction: Instruction, result: ExecutionResult
) -> tuple[EventType, str, float, float, str]:
    """Event type, instrument, its units, amount and its currency."""
    units = result.quantity
    match instruction:
        case SpotTrade():
            amount = -units * result.price
            return EventType.TRADE, str(instruction.base), units, amount, instruction.quote.symbol
        case PerpTrade():
            return EventType.TRADE, str(instruction.perp), units, units * result.price, "USDT"
        case Transfer():
            line = instruction.source
            return EventType.TRANSFER_START, str(line), units, units, line.symbol
        case Stake():
            # As a purchase: units of the staking token, paid in ETH.
            bought = units / result.price
            return EventType.STAKE, str(instruction.lst), bought, -units, instruction.token.symbol
        case _:
            line = _line(instruction)
            kind = EVENTS[type(instruction)]
            if line.kind is Kind.KING:
                kind = EventType.DUST_SALE
            return kind, str(line), units, units, line.symbol


def _line(instruction: OnChainInstruction) -> Instrument:
    """Return the line that an on-chain instruction is about."""
    match instruction:
        case Supply() | Withdraw():
            return instruction.atoken
        case Borrow() | Repay():
            return instruction.debt
        case Stake() | Unstake():
            return instruction.lst
        case Swap() | Wrap():
            return instruction.source
        case FlashBorrow() | FlashRepay():
            return instruction.owed
