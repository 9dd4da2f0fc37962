"""Decisions, instructions and what venues answer.

Instructions are in underlying units; a venue works out scaled amounts, fees and rounding itself
and states what changed as movements.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, Literal

import numpy as np

from basis_lab.domain.instruments import Instrument, IntArray
from basis_lab.domain.market import FloatArray
from basis_lab.errors import BasisLabError


class Cause(StrEnum):
    """Why a position changed; a closed list (ARCHITECTURE 2.1)."""

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
class ScheduledFlows:
    """Cash flows that a venue books by itself inside a window (funding), in time order.

    Parameters
    ----------
    venue : str
        Who books them.
    instrument : Instrument
        The cash account that they move.
    about : Instrument
        The position that they are paid on.
    cause : Cause
        Why.
    rows : ndarray of int, shape (m,)
        Timesteps of the run, ascending.
    quantity : ndarray of shape (m,)
        Units of ``instrument``, positive received.
    price : ndarray of shape (m,)
        The mark at which each was computed.
    rate : ndarray of shape (m,)
        The rate that was applied (fraction per interval).
    """

    venue: str
    instrument: Instrument
    about: Instrument
    cause: Cause
    rows: IntArray
    quantity: FloatArray
    price: FloatArray
    rate: FloatArray

    def until(self, stop: int) -> "ScheduledFlows":
        """Return the flows before row ``stop``.

        Parameters
        ----------
        stop : int
            The first row of the run that is left out.

        Returns
        -------
        ScheduledFlows
            The same flows, cut.
        """
        return self._part(slice(None, int(np.searchsorted(self.rows, stop, side="left"))))

    def since(self, start: int) -> "ScheduledFlows":
        """Return the flows from row ``start`` on.

        Parameters
        ----------
        start : int
            The first row of the run that is kept.

        Returns
        -------
        ScheduledFlows
            The same flows, cut.
        """
        return self._part(slice(int(np.searchsorted(self.rows, start, side="left")), None))

    def _part(self, keep: slice) -> "ScheduledFlows":
        return replace(
            self,
            rows=self.rows[keep],
            quantity=self.quantity[keep],
            price=self.price[keep],
            rate=self.rate[keep],
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingTransfer:
    """Units on their way: where to, how many, when."""

    destination: Instrument
    quantity: float
    arrives_row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Units that reached their destination at one timestep."""

    venue: str
    transit: Instrument
    destination: Instrument
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidation:
    """A position that a venue closed inside the bar that ended at one timestep.

    Parameters
    ----------
    venue : str
        Who closed it.
    perp, contracts, margin : Instrument
        The lines concerned.
    quantity : float
        Units held before (short negative).
    price : float
        The fill.
    clearance_fee : float
        Taken from what cash was left, quote currency, >= 0.
    absorbed : float
        Deficit that the venue's fund took over, quote currency, >= 0.
    """

    venue: str
    perp: Instrument
    contracts: Instrument
    margin: Instrument
    quantity: float
    price: float
    clearance_fee: float
    absorbed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPaid:
    """A claim on a withdrawal queue that was paid out in ETH."""

    venue: str
    claim: Instrument
    destination: Instrument
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardPayment:
    """Tokens that a programme paid for one earning period.

    Parameters
    ----------
    venue : str
        Who paid.
    programme : str
        What for.
    destination : Instrument
        The line that received them.
    quantity : float
        Units of the token.
    period_start, period_end : datetime64[s]
        The first moment of the earning period, and the first after it.
    average_units : float
        Time-weighted units (of the staked asset) that it was paid on.
    """

    venue: str
    programme: str
    destination: Instrument
    quantity: float
    period_start: np.datetime64
    period_end: np.datetime64
    average_units: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLiquidation:
    """What liquidators did to a loan inside the bar that ended at one timestep.

    Parameters
    ----------
    venue : str
        The lending pool.
    atoken, debt : Instrument
        The lines concerned.
    seized_scaled, bonus_scaled : float
        Scaled collateral taken in all, and the part of it that is the liquidators' bonus.
    repaid_scaled, burnt_scaled : float
        Scaled debt repaid by the liquidators, and debt written off by the pool.
    repaid : float
        Debt repaid in token units.
    health_factor_before, health_factor_after : float
        Ratios.
    calls : int
        How many liquidations it took.
    """

    venue: str
    atoken: Instrument
    debt: Instrument
    seized_scaled: float
    bonus_scaled: float
    repaid_scaled: float
    burnt_scaled: float
    repaid: float
    health_factor_before: float
    health_factor_after: float
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Everything that lay at a venue, gone with it at one timestep.

    Parameters
    ----------
    venue : str
        Who defaulted.
    lines : tuple of Instrument
        What it kept for us, positions included.
    """

    venue: str
    lines: tuple[Instrument, ...]


Statement = Arrival | Liquidation | Loss | ClaimPaid | RewardPayment | PoolLiquidation


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a venue would do by itself inside a window, on its present book.

    Parameters
    ----------
    flows : tuple of ScheduledFlows
        Cash flows it would book.
    work_row : int or None
        The first timestep with work that changes positions (a liquidation, an arrival); the
        window must end before it and that row runs alone.
    """

    flows: tuple[ScheduledFlows, ...]
    work_row: int | None
