"""Decisions, instructions and what venues answer.

Instructions are in underlying units; a venue works out scaled amounts, fees and rounding itself
and states what changed as movements.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

import numpy as np

from basis_lab.domain.instruments import Instrument
from basis_lab.errors import BasisLabError


class Cause(StrEnum):
    """Why a position changed; a closed list (ARCHITECTURE 2.1)."""

    __hash__ = str.__hash__  # as for ``Kind``

    TRADE = "trade"
    FUNDING = "funding"
    FEE = "fee"
    GAS = "gas"
    SLIPPAGE = "slippage"
    FLASH_PREMIUM = "flash_premium"
    REWARD = "reward"
    LIQUIDATION = "liquidation"
    TRANSFER = "transfer"
    TRANSFER_FEE = "transfer_fee"
    CAPITAL = "capital"


class Action(StrEnum):
    """The five things that a strategy may do."""

    ENTRY_FULL = "entry_full"
    ENTRY_PARTIAL = "entry_partial"
    EXIT_FULL = "exit_full"
    EXIT_PARTIAL = "exit_partial"
    SELL_DUST = "sell_dust"


class Status(StrEnum):
    """The outcome of an instruction."""

    FILLED = "FILLED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a venue's statement: ``quantity`` units moved on ``instrument`` for ``cause``."""

    instrument: Instrument
    quantity: float
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotTrade:
    """Buy (quantity > 0, gross of a fee in base) or sell (quantity < 0) a coin for quote.

    ``max_slippage`` (fraction) is the decision's own estimate with its margin; a fill beyond it is
    rejected.
    """

    causes: ClassVar[frozenset[Cause]] = frozenset({Cause.TRADE, Cause.FEE, Cause.SLIPPAGE})
    venue: str
    base: Instrument
    quote: Instrument
    quantity: float
    max_slippage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpTrade:
    """Change a perp position by ``quantity`` units of base (long positive)."""

    causes: ClassVar[frozenset[Cause]] = frozenset({Cause.TRADE, Cause.FEE, Cause.SLIPPAGE})
    venue: str
    perp: Instrument
    quantity: float
    max_slippage: float
    reduce_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Move units of one asset from one account to another, through ``in_transit``."""

    causes: ClassVar[frozenset[Cause]] = frozenset({Cause.TRANSFER, Cause.TRANSFER_FEE, Cause.GAS})
    source: Instrument
    destination: Instrument
    quantity: float

    @property
    def venue(self) -> str:
        """The venue that sends."""
        return self.source.venue


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Supply ``quantity`` underlying units of a wallet token to a lending pool."""

    causes: ClassVar[frozenset[Cause]] = frozenset({Cause.TRADE, Cause.GAS})
    venue: str
    token: Instrument
    atoken: Instrument
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Withdraw ``quantity`` underlying units from a lending pool to the wallet."""

    causes: ClassVar[frozenset[Cause]] = frozenset({Cause.TRADE, Cause.GAS})
    venue: str
    token: Instrument
    atoken: Instrument
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrow:
    """Borrow ``quantity`` underlying units from a lending pool into the wallet."""

    causes: ClassVar[frozenset[Cause]] = frozenset({Cause.TRADE, Cause.GAS})
    venue: str
    token: Instrument
    debt: Instrument
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Repay:
    """Repay ``quantity`` underlying units of a debt; more than is owed repays all of it."""

    causes: ClassVar[frozenset[Cause]] = frozenset({Cause.TRADE, Cause.GAS})
    venue: str
    token: Instrument
    debt: Instrument
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrap:
    """Wrap or unwrap a native coin one to one (ETH and WETH); costs gas only."""

    causes: ClassVar[frozenset[Cause]] = frozenset({Cause.TRADE, Cause.GAS})
    venue: str
    source: Instrument
    destination: Instrument
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """Stake ``quantity`` ETH of the wallet and receive a staking token at its protocol's rate."""

    causes: ClassVar[frozenset[Cause]] = frozenset({Cause.TRADE, Cause.GAS})
    venue: str
    token: Instrument
    lst: Instrument
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstake:
    """Put ``quantity`` units of a staking token into its protocol's queue.

    The claim is in ETH at the rate of this moment; it earns nothing and is paid after the queue.
    """

    causes: ClassVar[frozenset[Cause]] = frozenset({Cause.TRADE, Cause.GAS})
    venue: str
    lst: Instrument
    claim: Instrument
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Sell ``quantity`` units of a wallet token on a decentralised exchange.

    ``max_slippage`` (fraction) is the decision's own estimate with its margin; a fill beyond it is
    rejected.
    """

    causes: ClassVar[frozenset[Cause]] = frozenset({Cause.TRADE, Cause.SLIPPAGE, Cause.GAS})
    venue: str
    source: Instrument
    destination: Instrument
    quantity: float
    max_slippage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashBorrow:
    """Borrow ``quantity`` units for the length of one transaction."""

    causes: ClassVar[frozenset[Cause]] = frozenset({Cause.TRADE, Cause.GAS})
    venue: str
    token: Instrument
    owed: Instrument
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashRepay:
    """Give ``quantity`` borrowed units back; the lender takes its premium besides."""

    causes: ClassVar[frozenset[Cause]] = frozenset({Cause.TRADE, Cause.FLASH_PREMIUM, Cause.GAS})
    venue: str
    token: Instrument
    owed: Instrument
    quantity: float


OnChainInstruction = (
    Supply | Withdraw | Borrow | Repay | Wrap | Stake | Unstake | Swap | FlashBorrow | FlashRepay
)
Instruction = SpotTrade | PerpTrade | Transfer | OnChainInstruction
TAKEN_WHILE_CLOSED = (Repay,)  # Aave: a frozen reserve may be repaid


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomicGroup:
    """Steps of one transaction on chain: all of them happen, or none.

    Parameters
    ----------
    venue : str
        Who sends the transaction: the wallet.
    purpose : str
        ``entry``, ``deleverage`` or ``unwind``; names the event that wraps the steps.
    steps : tuple of OnChainInstruction
        In order. Balances may be negative between steps; they are tested at the end.
    """

    venue: str
    purpose: Literal["entry", "deleverage", "unwind"]
    steps: tuple[OnChainInstruction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionResult:
    """What a venue did with an instruction.

    Parameters
    ----------
    status : Status
        FILLED, REJECTED (refused, nothing changed), FAILED, or UNKNOWN until looked up.
    instruction : Instruction
        What was asked.
    movements : tuple of Movement
        The venue's statement; empty unless FILLED.
    quantity : float
        Units filled.
    price, quote_price : float
        The fill and the venue's quote at that moment, in the quote currency per unit; NaN where
        a price has no meaning.
    arrives_row : int or None
        For a transfer: the timestep at which it arrives.
    error : BasisLabError or None
        Why it was refused.
    """

    status: Status
    instruction: Instruction
    movements: tuple[Movement, ...] = ()
    quantity: float = np.nan
    price: float = np.nan
    quote_price: float = np.nan
    arrives_row: int | None = None
    error: BasisLabError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Which trigger fired, at what value against what limit."""

    trigger: str
    value: float
    limit: float
    side: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a strategy wants done now, and what follows once that has arrived.

    Parameters
    ----------
    action : Action
        One of the five.
    reason : Reason
        Why.
    instructions : tuple of Instruction
        In the order of execution; an atomic group counts as one.
    then : str or None
        The name of the stage that follows when everything in transit has arrived; None ends the
        plan.
    missing : float
        For a risk: what the remedy lacks to bring its measure back to OK, share-class currency.
    note : str
        What the event should say besides: why less is done than was asked for.
    """

    action: Action
    reason: Reason
    instructions: tuple[Instruction | AtomicGroup, ...]
    then: str | None = None
    missing: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPlan:
    """A plan under way: the stage that is due next, and until when it may wait."""

    action: Action
    reason: Reason
    stage: str
    opened_row: int
    deadline_row: int
