"""Settled funding of the exchanges, with the interval that each settlement was for.

Binance gives the oldest settlements of a window first, Bybit and OKX the newest; where a window
has more than a page, the next page goes on from the other end (LIVE quirks 8, 16 and 18).
"""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from basis_lab.data.download_source import Page, Rows, is_number, page_of
from basis_lab.data.download_venue import Exchange
from basis_lab.data.series import DatasetId, IntArray
from basis_lab.data.spans import Span, second_text
from basis_lab.domain.intervals import HOUR_S
from basis_lab.domain.market import FloatArray

MINUTE_S, LONGEST_FUNDING_S = 60, 28_800


class FundingSource:
    """Settled funding of one perp.

    Parameters
    ----------
    exchange : Exchange
        Where.
    dataset : DatasetId
        What.
    """

    fields = ("rate",)
    step_s = 0

    def __init__(self, exchange: Exchange, dataset: DatasetId) -> None:
        self.provider = exchange.name
        self.dataset = dataset
        # With 8 h between settlements half a page; shorter intervals take more pages a window.
        self.window_s = exchange.venue.funding_limit * LONGEST_FUNDING_S // 2
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
        """Return the last full hour: a settlement of it may not be published yet.

        Parameters
        ----------
        now_s : int
            The exchange's time.

        Returns
        -------
        int
            Epoch seconds.
        """
        return now_s - now_s % HOUR_S

    def page(self, window: Span) -> Page:
        """Ask for the settlements of a window, in as many pages as it takes.

        Parameters
        ----------
        window : Span
            All of it past.

        Returns
        -------
        Page
            Settlements at the minute they belong to: exchanges stamp them some milliseconds late.
        """
        venue = self._exchange.venue
        found: list[tuple[int, float]] = []
        # What is stamped in the last half minute belongs to the boundary that the window ends at.
        since, until = window.start * 1000, window.end * 1000 - MINUTE_S * 500
        while since <= until:
            rows = self._ask(since, until)
            stamps = [int(x["timestamp"]) for x in rows]
            found += [(_minute(x["timestamp"]), float(x["fundingRate"])) for x in rows]
            if len(rows) < venue.funding_limit:
                break
            if venue.newest_first:
                until = min(stamps) - 1
            else:
                since = max(stamps) + 1
        return page_of(window, self.fields, found)

    def _ask(self, since_ms: int, until_ms: int) -> list[dict[str, Any]]:
        """Ask for one page of a window."""
        venue = self._exchange.venue
        symbol = self._exchange.market(self.dataset)
        params = {venue.until: until_ms}
        limit = venue.funding_limit
        rows = self._exchange.ask(
            lambda: self._exchange.client.fetch_funding_rate_history(
                symbol, since_ms, limit, params
            ),
            _are_settlements,
        )
        return cast("list[dict[str, Any]]", rows)

    def gaps(self, covered: Sequence[Span], times: IntArray) -> tuple[Span, ...]:
        """Return where a settlement seems to be missing.

        Parameters
        ----------
        covered : sequence of Span
            What was asked for.
        times : ndarray of int, shape (n,)
            The settlements that are there.

        Returns
        -------
        tuple of Span
            Between two settlements that lie farther apart than both neighbouring pairs, and
            before the first of all: an interval that changes is no gap.
        """
        found = []
        for part in covered:
            inside = times[(times >= part.start) & (times < part.end)]
            if not len(inside) or inside[0] - part.start >= LONGEST_FUNDING_S:
                end = int(inside[0]) if len(inside) else part.end
                found.append(Span(part.start, end))
            wide = np.flatnonzero(np.diff(inside) > _longest_expected(inside))
            found += [Span(int(inside[i]) + MINUTE_S, int(inside[i + 1])) for i in wide]
        return tuple(found)

    def finish(self, rows: Rows) -> tuple[dict[str, FloatArray], tuple[str, ...]]:
        """Return the rates with the interval that each was for.

        Parameters
        ----------
        rows : (ndarray, dict of str to ndarray)
            All settlements.

        Returns
        -------
        columns : dict of str to ndarray of shape (n,)
            ``rate`` as a fraction per interval, ``interval_s`` in seconds.
        notes : tuple of str
            Where the interval changes.
        """
        times, columns = rows
        intervals = settled_intervals(times)
        changes = np.flatnonzero(np.diff(intervals)) + 1
        notes = [
            f"the funding interval changes from {intervals[i - 1] // HOUR_S} h to "
            f"{intervals[i] // HOUR_S} h with the settlement of {second_text(int(times[i]))}"
            for i in changes
        ]
        return {**columns, "interval_s": intervals.astype(float)}, tuple(notes)


def settled_intervals(times: IntArray) -> IntArray:
    """Return the interval that each settlement was for.

    Parameters
    ----------
    times : ndarray of int, shape (n,)
        Epoch seconds, ascending.

    Returns
    -------
    ndarray of int, shape (n,)
        Seconds since the settlement before; across a hole, and for the first, those to the next.
    """
    if len(times) < 2:  # noqa: PLR2004 - an interval lies between two
        return np.full(len(times), LONGEST_FUNDING_S, dtype=np.int64)
    gaps = np.diff(times)
    hole = gaps > _longest_expected(times)
    after = np.append(gaps[1:], gaps[-1])
    return np.concatenate([gaps[:1], np.where(hole, after, gaps)])


def _longest_expected(times: IntArray) -> IntArray:
    """Return what lies between two settlements at most: the wider of the neighbouring pairs."""
    gaps = np.diff(times)
    if not len(gaps):
        return gaps
    longest = np.full(1, LONGEST_FUNDING_S)
    before, after = np.append(longest, gaps[:-1]), np.append(gaps[1:], longest)
    expected: IntArray = np.maximum(before, after)
    return expected


def _are_settlements(rows: Any) -> bool:
    return isinstance(rows, list) and all(
        isinstance(x["timestamp"], int) and is_number(x["fundingRate"]) for x in rows
    )


def _minute(stamp_ms: int) -> int:
    return (stamp_ms + MINUTE_S * 500) // (MINUTE_S * 1000) * MINUTE_S
