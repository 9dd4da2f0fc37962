"""What is held: the book, and its state at the end of every timestep."""

from collections.abc import Sequence

import numpy as np

from basis_lab.domain.arrays import running
from basis_lab.domain.instructions import Cause
from basis_lab.domain.instruments import Instrument, IntArray, Universe
from basis_lab.domain.market import FloatArray, Window
from basis_lab.domain.statements import ScheduledFlows
from basis_lab.ledger.book import Book, Transaction


class PositionMonitor:
    """The book of a run and its history.

    Parameters
    ----------
    universe : Universe
        The columns.
    """

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self.book = Book(universe)
        self._opening = self.book.quantities
        self._history = np.full((len(universe), 0), np.nan)

    @property
    def history(self) -> FloatArray:
        """Units held at the end of each timestep, shape (T, n); NaN where not reached."""
        return self._history.T

    def get_current_positions(
        self, window: Window, flows: Sequence[ScheduledFlows] = ()
    ) -> FloatArray:
        """Return the units held at each row of a window.

        Parameters
        ----------
        window : Window
            The rows.
        flows : sequence of ScheduledFlows
            What venues will pay inside the window, in the order of booking.

        Returns
        -------
        ndarray of shape (W, n)
            The book as it stands, plus the flows up to each row.
        """
        held = np.empty((len(self.universe), len(window)))
        held[:] = self.book.quantities[:, None]
        for instrument, _, rows, quantity in _by_account(flows):
            column = self.universe.column(instrument)
            levels = np.empty(len(quantity) + 1)
            levels[0] = held[column, 0]
            levels[1:] = running(levels[0], quantity)
            reached = np.searchsorted(rows, np.arange(window.start, window.stop), side="right")
            held[column] = levels[reached]
        return held.T

    def get_positions_before(self, window: Window) -> FloatArray:
        """Return the units held through the step that ends at each recorded row, shape (W, n).

        Before the first row of a run stands the opening capital.

        Parameters
        ----------
        window : Window
            Rows that are recorded.

        Returns
        -------
        ndarray of shape (W, n)
            Units by column.
        """
        if window.start > 0:
            return self._history[:, window.start - 1 : window.stop - 1].T
        before = np.empty((len(self.universe), len(window)))
        before[:, 0] = self._opening
        before[:, 1:] = self._history[:, : window.stop - 1]
        return before.T

    def record(self, window: Window, quantities: FloatArray) -> None:
        """Keep the state at the end of each row of a window.

        Parameters
        ----------
        window : Window
            The rows.
        quantities : ndarray of shape (W, n)
            Units by column.
        """
        self._history[:, window.start : window.stop] = quantities.T

    def open_with(self, transaction: Transaction, rows: int) -> None:
        """Write the opening capital, and make room for the history of ``rows`` timesteps.

        Parameters
        ----------
        transaction : Transaction
            The capital.
        rows : int
            Timesteps of the run.
        """
        self._history = np.full((len(self.universe), rows), np.nan)
        self.book.post(transaction)
        self._opening = self.book.quantities

    def post(self, transaction: Transaction) -> None:
        """Write one transaction to the book.

        Parameters
        ----------
        transaction : Transaction
            What moved.
        """
        self.book.post(transaction)

    def post_flows(self, flows: Sequence[ScheduledFlows]) -> None:
        """Write scheduled flows to the book, merged by time for each account.

        Parameters
        ----------
        flows : sequence of ScheduledFlows
            What venues booked by themselves; the flows of one account have one cause.
        """
        for instrument, cause, _, quantity in _by_account(flows):
            self.book.post_series(instrument, quantity, cause)

    def health(self) -> str:
        """Tell what is wrong, or nothing: the trial balance must be rounding noise."""
        imbalance = self.book.trial_balance()
        return "" if imbalance <= 1e-12 else f"trial balance off by {imbalance:.3e} of turnover"  # noqa: PLR2004 - ARCHITECTURE 2.1


def _by_account(
    flows: Sequence[ScheduledFlows],
) -> list[tuple[Instrument, Cause, IntArray, FloatArray]]:
    """Gather flows by the account they move (all of one cause), each account's in time order."""
    accounts: dict[Instrument, list[ScheduledFlows]] = {}
    for flow in flows:
        accounts.setdefault(flow.instrument, []).append(flow)
    gathered = []
    for instrument, group in accounts.items():
        rows = np.concatenate([x.rows for x in group])
        order = np.argsort(rows, kind="stable")
        quantity = np.concatenate([x.quantity for x in group])
        gathered.append((instrument, group[0].cause, rows[order], quantity[order]))
    return gathered
