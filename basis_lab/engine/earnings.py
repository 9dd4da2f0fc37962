"""The P&L of what is committed: attributed for many rows at once, as nothing is decided by it."""

import numpy as np

from basis_lab.domain.market import FloatArray, MarketFrame, Window
from basis_lab.domain.statements import ScheduledFlows
from basis_lab.engine.clock import LONGEST_WINDOW
from basis_lab.engine.recorder import Recorder
from basis_lab.ledger.book import Transaction
from basis_lab.monitors.pnl import PnLMonitor
from basis_lab.monitors.position import PositionMonitor


class Earnings:
    """Keeps what explains the P&L of committed rows until somebody asks for it.

    Parameters
    ----------
    frame : MarketFrame
        The run's data.
    positions : PositionMonitor
        Knows what was held at each row.
    monitor : PnLMonitor
        Attributes.
    recorder : Recorder
        Takes the report.
    """

    def __init__(
        self,
        frame: MarketFrame,
        positions: PositionMonitor,
        monitor: PnLMonitor,
        recorder: Recorder,
    ) -> None:
        self._frame = frame
        self._positions = positions
        self._monitor = monitor
        self._recorder = recorder
        self._equity = np.empty(frame.rows)
        self._flows: list[ScheduledFlows] = []
        self._booked: list[Transaction] = []
        self._told = 0
        self._taken = 0

    def take(
        self,
        window: Window,
        equity: FloatArray,
        flows: tuple[ScheduledFlows, ...],
        booked: list[Transaction],
    ) -> None:
        """Take note of a committed window, which follows the last one.

        Parameters
        ----------
        window : Window
            The rows.
        equity : ndarray of shape (W,)
            At the end of each row, share-class currency.
        flows : tuple of ScheduledFlows
            What venues booked by themselves.
        booked : list of Transaction
            What was booked besides.

        Raises
        ------
        AttributionError
            If the P&L of what was taken so far does not add up.
        """
        self._equity[window.start : window.stop] = equity
        self._flows += flows
        self._booked += booked
        self._taken = window.stop
        if self._taken - self._told >= LONGEST_WINDOW:
            self.tell()

    def tell(self) -> None:
        """Attribute the P&L of what was taken since the last time, and record it.

        To be called before the number of shares changes, at the end of a run, and in live trading
        after every row.

        Raises
        ------
        AttributionError
            If the residual of a step is above 1e-9 of the opening equity.
        """
        if self._told == self._taken:
            return
        window = self._frame.window(self._told, self._taken)
        before = self._positions.get_positions_before(window)
        equity = self._equity[window.start : window.stop]
        flows, booked = tuple(self._flows), tuple(self._booked)
        self._flows, self._booked, self._told = [], [], self._taken
        pnl = self._monitor.update_state(window, before, equity, flows, booked)
        self._recorder.write_pnl(window, pnl)
