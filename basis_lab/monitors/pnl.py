"""What the book earned: balance-based P&L, its attribution, and their identity."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from basis_lab.calc import attribution
from basis_lab.domain.arrays import held_columns, sum_columns, where_held
from basis_lab.domain.instructions import Cause
from basis_lab.domain.instruments import IntArray, Kind, Listing, Universe
from basis_lab.domain.market import FloatArray, Window
from basis_lab.domain.reports import CATEGORIES, PnLReport
from basis_lab.domain.statements import ScheduledFlows
from basis_lab.errors import AttributionError
from basis_lab.ledger.book import Forced, Transaction

RESIDUAL_LIMIT = 1e-9  # of the opening equity

CATEGORY_OF: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.FUNDING: "funding",
        Cause.FEE: "fee",
        Cause.GAS: "gas",
        Cause.SLIPPAGE: "slippage",
        Cause.FLASH_PREMIUM: "flash_premium",
        Cause.REWARD: "reward",
        Cause.LIQUIDATION: "liquidation_penalty",
        Cause.TRANSFER_FEE: "transfer_fee",
    }
)


class PnLMonitor:
    """Equity, NAV and attribution of every step, and the residual between them.

    Parameters
    ----------
    universe : Universe
        The columns.
    opening_equity : float
        Equity before the first step, share-class currency.
    """

    def __init__(self, universe: Universe, opening_equity: float) -> None:
        self.universe = universe
        self._equity = opening_equity
        self._shares = opening_equity
        self._opening = opening_equity
        self._nav = 1.0
        self.worst_residual = 0.0

    @property
    def shares(self) -> float:
        """Shares outstanding."""
        return self._shares

    def set_shares(self, shares: float, last_nav: float) -> None:
        """Take note of shares minted or burned; counts from the next report on.

        Parameters
        ----------
        shares : float
            Shares outstanding.
        last_nav : float
            NAV per share of the last payment; stands while nobody holds a share.
        """
        self._shares = shares
        if shares == 0.0:
            self._nav = last_nav

    def update_state(
        self,
        window: Window,
        before: FloatArray,
        equity: FloatArray,
        flows: Sequence[ScheduledFlows],
        transactions: Sequence[Transaction],
    ) -> PnLReport:
        """Attribute the change of equity over a window.

        Parameters
        ----------
        window : Window
            The rows.
        before : ndarray of shape (W, n)
            Units held through the step that ends at each row.
        equity : ndarray of shape (W,)
            At the end of each row, after its tight loop, share-class currency.
        flows : sequence of ScheduledFlows
            What venues booked by themselves, all within the window.
        transactions : sequence of Transaction
            What was booked within the window besides, in the order of booking.

        Returns
        -------
        PnLReport
            By step, share-class currency.

        Raises
        ------
        AttributionError
            If the residual of a step is above 1e-9 of the opening equity.
        """
        parts = _Parts(len(window))
        for i in held_columns(before):
            _revalue(window, self.universe.listings[i], before[:, i], parts)
        for flow in flows:
            self._add_flow(window, flow, parts)
        for transaction in transactions:
            self._add_transaction(window, transaction, parts)
        capital = parts.total("capital")
        earlier = np.concatenate([[self._equity], equity[:-1]])
        change = equity - earlier - capital
        residual = change - sum_columns(parts.present(CATEGORIES), len(window))
        self._equity = float(equity[-1])
        self._check(window, residual)
        invested = self._shares > 0.0  # else the last NAV stands
        nav = equity / self._shares if invested else np.full(len(window), self._nav)
        self._nav = float(nav[-1])
        return PnLReport(
            equity=equity,
            flows=capital,
            attribution={name: parts.total(name) for name in CATEGORIES},
            residual=residual,
            nav_per_share=nav,
        )

    def _check(self, window: Window, residual: FloatArray) -> None:
        """Stop where P&L and balance disagree by more than rounding can."""
        worst = attribution.max_residual(residual)
        limit = RESIDUAL_LIMIT * abs(self._opening)
        if not worst <= limit:
            at = window.times[int(np.argmax(np.abs(residual)))]
            raise AttributionError(
                "the attribution does not add up to the change of equity",
                where=f"{at}Z",
                value=f"residual {worst:.3e}, limit {limit:.3e} {self.universe.share_currency}",
                remedy="a change of position was booked without its cause, or a line was valued "
                "twice; compare the events of this timestep with the balance sheet",
            )
        self.worst_residual = max(self.worst_residual, worst)

    def _add_flow(self, window: Window, flow: ScheduledFlows, parts: "_Parts") -> None:
        column = self.universe.column(flow.instrument)
        at = flow.rows - window.start
        value = flow.quantity * window.unit_prices[at, column]
        parts.add_at(CATEGORY_OF[flow.cause], at, value)

    def _add_transaction(self, window: Window, transaction: Transaction, parts: "_Parts") -> None:
        at = transaction.row - window.start
        prices = window.unit_prices[at]
        traded = 0.0
        for posting in transaction.postings:
            value = posting.quantity * prices[self.universe.column(posting.instrument)]
            if posting.cause is Cause.TRADE:
                traded += value
            elif posting.cause is Cause.CAPITAL:
                parts.add_at("capital", at, value)
            elif posting.cause is not Cause.TRANSFER:
                parts.add_at(CATEGORY_OF[posting.cause], at, value)
        if transaction.forced is not None:
            self._add_forced(window, transaction, transaction.forced, parts)
        elif transaction.opens_at:
            parts.add_at(transaction.opens_at, at, traded)

    def _add_forced(
        self, window: Window, transaction: Transaction, forced: Forced, parts: "_Parts"
    ) -> None:
        at = transaction.row - window.start
        listing = self.universe.listings[self.universe.column(forced.perp)]
        spot, mark = _moves(window, str(listing.price)), _moves(window, str(listing.mark))
        delta, basis = attribution.split_forced_fill(
            forced.quantity,
            forced.price,
            (float(spot[0][at]), float(spot[1][at])),
            (float(mark[0][at]), float(mark[1][at])),
        )
        parts.add_at("delta", at, delta)
        parts.add_at("basis", at, basis)

    def health(self) -> str:
        """Tell what is wrong, or nothing: a residual stops the run where it arises."""
        return ""


class _Parts:
    """Contributions by category over a window, added in the order in which they come."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._columns: dict[str, FloatArray] = {}
        self._nothing = np.zeros(rows)

    def add(self, category: str, step: FloatArray) -> None:
        # Added to zeros, never copied: 0.0 + -0.0 is 0.0 whatever the window's length.
        self._column(category)[:] += step

    def add_at(self, category: str, rows: int | IntArray, values: float | FloatArray) -> None:
        np.add.at(self._column(category), rows, values)

    def _column(self, category: str) -> FloatArray:
        if category not in self._columns:
            self._columns[category] = np.zeros(self._rows)
        return self._columns[category]

    def total(self, category: str) -> FloatArray:
        return self._columns[category] if category in self._columns else self._nothing

    def present(self, categories: Sequence[str]) -> list[FloatArray]:
        return [self._columns[x] for x in categories if x in self._columns]


def _moves(window: Window, name: str) -> tuple[FloatArray, FloatArray]:
    """Return a factor before and after each step."""
    return window.previous(name), window.values(name)


def _revalue(window: Window, listing: Listing, held: FloatArray, parts: _Parts) -> None:
    kind = listing.instrument.kind
    if kind is Kind.PERP:
        delta, basis = attribution.split_perp(
            held, _moves(window, str(listing.price)), _moves(window, str(listing.mark))
        )
        parts.add("delta", where_held(held, delta))
        parts.add("basis", where_held(held, basis))
        return
    named: tuple[tuple[str, str | None], ...] = (
        ("borrow_cost" if kind is Kind.DEBT else "supply_yield", listing.index),
        ("staking_yield", listing.rate),
        ("fx" if listing.asset == "USDT" else "delta", listing.price),
    )
    if kind is Kind.KING:  # a reward counts by what it is worth until it is sold
        named = tuple(("reward", name) for _, name in named)
    factors = [(category, _moves(window, name)) for category, name in named if name is not None]
    signed = held * listing.sign
    contributions = attribution.split_product(signed, [moves for _, moves in factors])
    for (category, _), step in zip(factors, contributions, strict=True):
        parts.add(category, where_held(held, step))
