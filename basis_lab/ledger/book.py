"""The double-entry book: every change of a position has a cause that balances it.

A posting moves units on an instrument; its counter-posting moves the same float with the
opposite sign on the account of the cause. Every transaction therefore sums to exactly zero in
every instrument, and a change without a cause cannot be written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType

import numpy as np

from basis_lab.domain.arrays import everywhere, running
from basis_lab.domain.instructions import Cause
from basis_lab.domain.instruments import Instrument, Universe
from basis_lab.domain.market import FloatArray
from basis_lab.errors import PositionError

CAUSES: tuple[Cause, ...] = tuple(Cause)
CAUSE_ROW: Mapping[Cause, int] = MappingProxyType({cause: i for i, cause in enumerate(CAUSES)})


@dataclass(frozen=True, slots=True)
class Posting:
    """``quantity`` units of ``instrument`` for ``cause``; its counter-posting is implied."""

    instrument: Instrument
    quantity: float
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """A venue's forced fill inside a bar: units held before it, its price."""

    perp: Instrument
    quantity: float
    price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """Postings that belong together.

    Parameters
    ----------
    row : int
        The timestep.
    postings : tuple of Posting
        What moved.
    opens_at : str
        Attribution category of the difference between quote and mark of a ``trade`` ("delta",
        "basis", "peg"); empty where a trade is worth exactly what it cost.
    forced : Forced or None
        Set for a liquidation.
    """

    row: int
    postings: tuple[Posting, ...]
    opens_at: str = ""
    forced: Forced | None = None


@dataclass(frozen=True, slots=True)
class BookState:
    """A copy of a book's arrays."""

    held: FloatArray
    accounts: FloatArray
    turnover: FloatArray


class Book:
    """Quantities by instrument and the cause accounts that balance them.

    Parameters
    ----------
    universe : Universe
        The columns.
    """

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self._held = np.zeros(len(universe))
        self._accounts = np.zeros((len(CAUSES), len(universe)))
        self._turnover = np.zeros(len(universe))

    @property
    def quantities(self) -> FloatArray:
        """A copy of the units held, shape (n,)."""
        return self._held.copy()

    @property
    def turnover(self) -> FloatArray:
        """A copy of the units that went through each instrument, shape (n,)."""
        return self._turnover.copy()

    def account(self, cause: Cause) -> FloatArray:
        """Return a copy of a cause account, shape (n,): minus what the cause has posted.

        Parameters
        ----------
        cause : Cause
            Which.

        Returns
        -------
        ndarray of shape (n,)
            Units by column.
        """
        account: FloatArray = self._accounts[CAUSE_ROW[cause]].copy()
        return account

    def post(self, transaction: Transaction) -> None:
        """Write one transaction, whole or not at all.

        Parameters
        ----------
        transaction : Transaction
            What moved.

        Raises
        ------
        PositionError
            If a quantity is not a finite number, or has no known cause.
        UnknownInstrumentError
            If the run does not hold an instrument.
        """
        columns = [self.universe.column(x.instrument) for x in transaction.postings]
        rows = [self._cause_row(x) for x in transaction.postings]
        for posting in transaction.postings:
            if not isfinite(posting.quantity):
                raise PositionError(
                    "a posting is not a finite number",
                    where=f"{posting.instrument}, {posting.cause}",
                    value=posting.quantity,
                    remedy="find the calculation that produced it; nothing was booked",
                )
        for posting, column, row in zip(transaction.postings, columns, rows, strict=True):
            self._held[column] += posting.quantity
            self._accounts[row, column] -= posting.quantity
            self._turnover[column] += abs(posting.quantity)

    @staticmethod
    def _cause_row(posting: Posting) -> int:
        row = CAUSE_ROW.get(posting.cause)
        if row is None:
            raise PositionError(
                "a change without a known cause cannot be written",
                where=str(posting.instrument),
                value=posting.cause,
                remedy=f"name one of {', '.join(CAUSES)}; nothing was booked",
            )
        return row

    def post_series(self, instrument: Instrument, quantity: FloatArray, cause: Cause) -> None:
        """Write many postings of one instrument and cause, in order.

        Parameters
        ----------
        instrument : Instrument
            What they move.
        quantity : ndarray of shape (m,)
            Units of each.
        cause : Cause
            Why.

        Raises
        ------
        PositionError
            If a quantity is not a finite number.
        """
        if not len(quantity):
            return
        if not everywhere(np.isfinite(quantity)):
            raise PositionError(
                "a scheduled flow is not a finite number",
                where=f"{instrument}, {cause}",
                value=float(quantity[~np.isfinite(quantity)][0]),
                remedy="check the series it was computed from; nothing was booked",
            )
        column = self.universe.column(instrument)
        row = CAUSE_ROW[cause]
        self._held[column] = running(float(self._held[column]), quantity)[-1]
        self._accounts[row, column] = running(float(self._accounts[row, column]), -quantity)[-1]
        self._turnover[column] = running(float(self._turnover[column]), np.abs(quantity))[-1]

    def snapshot(self) -> BookState:
        """Return the state, to be restored if a transaction of several steps fails."""
        return BookState(self._held.copy(), self._accounts.copy(), self._turnover.copy())

    def restore(self, state: BookState) -> None:
        """Bring back a state; what was booked since leaves no trace."""
        self._held = state.held.copy()
        self._accounts = state.accounts.copy()
        self._turnover = state.turnover.copy()

    def trial_balance(self) -> float:
        """Return the worst imbalance over instruments, as a share of turnover.

        Returns
        -------
        float
            ``max |held + sum of cause accounts| / turnover``; rounding noise, below 1e-12.
        """
        imbalance = np.abs(self._held + self._accounts.sum(axis=0))
        scale = np.where(self._turnover > 0.0, self._turnover, 1.0)
        return float(np.max(imbalance / scale, initial=0.0))
