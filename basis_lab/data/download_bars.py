"""Bars of the exchanges: spot, perp, and the marks of a perp.

Each page names both of its ends, so an exchange that gives the newest rows first and one that
gives the oldest first say the same.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from basis_lab.data.download_source import Page, Rows, is_number, page_of
from basis_lab.data.download_venue import Exchange
from basis_lab.data.series import DatasetId, DatasetKind, IntArray
from basis_lab.data.spans import Span, runs
from basis_lab.domain.intervals import SECONDS
from basis_lab.domain.market import FloatArray

BAR_FIELDS = ("open", "high", "low", "close")


class BarSource:
    """Bars of one instrument: spot, perp, or the marks of a perp.

    Parameters
    ----------
    exchange : Exchange
        Where.
    dataset : DatasetId
        What, and of which interval.
    """

    fields = BAR_FIELDS

    def __init__(self, exchange: Exchange, dataset: DatasetId) -> None:
        self.provider = exchange.name
        self.dataset = dataset
        self.step_s = SECONDS[dataset.interval]
        self.window_s = self.step_s * exchange.venue.bar_limit
        self._exchange = exchange

    def describe(self) -> str:
        """Say where the rows come from.

        Returns
        -------
        str
            For the catalogue.
        """
        return self._exchange.describe()

    def open(self) -> int:
        """Return the exchange's time, once it has the market.

        Returns
        -------
        int
            Epoch seconds.
        """
        self._exchange.market(self.dataset)
        return self._exchange.now_s()

    def complete_before(self, now_s: int) -> int:
        """Return the open of the bar that is still open.

        Parameters
        ----------
        now_s : int
            The exchange's time.

        Returns
        -------
        int
            Epoch seconds.
        """
        return now_s - now_s % self.step_s

    def page(self, window: Span) -> Page:
        """Ask for the bars that open in a window.

        Parameters
        ----------
        window : Span
            At most a page of bars, all closed.

        Returns
        -------
        Page
            The bars.
        """
        symbol = self._exchange.market(self.dataset)
        params: dict[str, object] = {"until": window.end * 1000 - 1}
        if self.dataset.kind is DatasetKind.MARK:
            params["price"] = "mark"
        limit = (window.end - window.start) // self.step_s
        rows = self._exchange.ask(
            lambda: self._exchange.client.fetch_ohlcv(
                symbol, self.dataset.interval, window.start * 1000, limit, params
            ),
            self._are_bars,
        )
        return page_of(window, self.fields, ((x[0] // 1000, *x[1:5]) for x in rows))

    def _are_bars(self, rows: Any) -> bool:
        return isinstance(rows, list) and all(
            len(x) > len(BAR_FIELDS)
            and isinstance(x[0], int)
            and x[0] % (self.step_s * 1000) == 0
            and all(is_number(y) for y in x[1:5])
            for x in rows
        )

    def gaps(self, covered: Sequence[Span], times: IntArray) -> tuple[Span, ...]:
        """Return where bars are missing.

        Parameters
        ----------
        covered : sequence of Span
            What was asked for.
        times : ndarray of int, shape (n,)
            Opens of the bars that are there.

        Returns
        -------
        tuple of Span
            Ascending.
        """
        grids = [np.arange(x.start, x.end, self.step_s, dtype=np.int64) for x in covered]
        missing = [np.setdiff1d(grid, times) for grid in grids]
        return tuple(y for x in missing for y in runs(x, self.step_s))

    def finish(self, rows: Rows) -> tuple[dict[str, FloatArray], tuple[str, ...]]:
        """Return the bars as they are.

        Parameters
        ----------
        rows : (ndarray, dict of str to ndarray)
            All bars.

        Returns
        -------
        columns : dict of str to ndarray of shape (n,)
            Prices.
        notes : tuple of str
            None.
        """
        return rows[1], ()
