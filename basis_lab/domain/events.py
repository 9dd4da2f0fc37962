"""Event types and the sink that components may write to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np

from basis_lab.domain.instructions import Cause
from basis_lab.domain.market import FloatArray
from basis_lab.domain.statements import ScheduledFlows


class EventType(StrEnum):
    """Every type of event that a run can log (SURFACES section 4)."""

    RUN_START = "RUN_START"
    RUN_END = "RUN_END"
    TRIGGER = "TRIGGER"
    DECISION = "DECISION"
    TRADE = "TRADE"
    TRANSFER_START = "TRANSFER_START"
    TRANSFER_ARRIVED = "TRANSFER_ARRIVED"
    SUPPLY = "SUPPLY"
    WITHDRAW = "WITHDRAW"
    BORROW = "BORROW"
    REPAY = "REPAY"
    STAKE = "STAKE"
    UNSTAKE = "UNSTAKE"
    SWAP = "SWAP"
    FLASH_BORROW = "FLASH_BORROW"
    FLASH_REPAY = "FLASH_REPAY"
    ATOMIC_LEVERAGE_ENTRY = "ATOMIC_LEVERAGE_ENTRY"
    ATOMIC_DELEVERAGE = "ATOMIC_DELEVERAGE"
    ATOMIC_UNWIND = "ATOMIC_UNWIND"
    FUNDING_PAYMENT = "FUNDING_PAYMENT"
    INTEREST_ACCRUAL = "INTEREST_ACCRUAL"
    REWARD_PAYMENT = "REWARD_PAYMENT"
    DUST_SALE = "DUST_SALE"
    GAS = "GAS"
    LIQUIDATION = "LIQUIDATION"
    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    RESERVE_LOW = "RESERVE_LOW"
    RISK_WARNING = "RISK_WARNING"
    RISK_CRITICAL = "RISK_CRITICAL"
    PRICE_DIVERGENCE = "PRICE_DIVERGENCE"
    RECONCILIATION_FAILED = "RECONCILIATION_FAILED"
    ROLLBACK = "ROLLBACK"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened at one timestep.

    Parameters
    ----------
    row : int
        The timestep's row in the frame.
    event_type : EventType
        What.
    component : str
        Who logged it.
    venue, instrument, currency, cause, status, trigger, code : str
        Columns of the event log; empty where they do not apply.
    quantity, price, amount : float
        Units, price per unit, and ``amount`` in ``currency``; NaN where they do not apply.
    group_id, step_in_group, instruction_id : int or None
        The decision, the place in it, and the instruction.
    details : mapping
        More, as JSON; ``movements`` (list of [instrument, quantity, cause]) where positions
        changed.
    positions : ndarray of shape (n,) or None
        The book right after the event; None stands for the book at the end of the row.
    """

    row: int
    event_type: EventType
    component: str
    venue: str = ""
    instrument: str = ""
    quantity: float = np.nan
    price: float = np.nan
    amount: float = np.nan
    currency: str = ""
    cause: Cause | None = None
    status: str = ""
    group_id: int | None = None
    step_in_group: int | None = None
    instruction_id: int | None = None
    trigger: str = ""
    code: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    positions: FloatArray | None = None


DEFAULTED = "the venue defaulted"  # why a LIQUIDATION is the loss of all that lay there


class EventSink(Protocol):
    """Where components write events; the order of the calls is the order of the log."""

    def log_event(self, event: Event) -> None:
        """Take one event.

        Parameters
        ----------
        event : Event
            What happened.
        """

    def log_flows(self, flows: ScheduledFlows) -> None:
        """Take a block of scheduled flows, one event each.

        Parameters
        ----------
        flows : ScheduledFlows
            What a venue booked by itself, in time order.
        """
