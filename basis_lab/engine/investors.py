"""Deposits and withdrawals in the loop: booked, paid as far as cash allows, and logged."""

from collections.abc import Callable

import numpy as np

from basis_lab.domain.closings import is_open, open_rows
from basis_lab.domain.events import Event, EventType
from basis_lab.domain.flows import FlowRequest
from basis_lab.domain.instructions import Cause
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.market import Window
from basis_lab.engine.capital import CapitalAccount
from basis_lab.engine.compose import Components
from basis_lab.ledger.book import Posting, Transaction

SMALLEST_PAYMENT = 1e-6  # share-class currency: less than this is rounding


class InvestorDesk:
    """Takes investors' money in and pays it out.

    Parameters
    ----------
    components : Components
        The run's components.
    capital : CapitalAccount
        Shares, and what was asked for.
    currency : str
        The share class's currency.
    before_change : callable
        Called before the number of shares changes: what was earned so far is the old ones'.
    """

    def __init__(
        self,
        components: Components,
        capital: CapitalAccount,
        currency: str,
        before_change: Callable[[], None],
    ) -> None:
        self._before_change = before_change
        self._parts = components
        self._capital = capital
        self._currency = currency
        self._postponed: tuple[FlowRequest, ...] = ()

    def open(self, amount: float, rows: int) -> None:
        """Book the opening capital at the strategy's treasury, for a run of ``rows`` timesteps.

        Parameters
        ----------
        amount : float
            Share-class currency, > 0.
        rows : int
            Timesteps of the run.
        """
        treasury = self._parts.strategy_manager.strategy.treasury
        posting = Posting(treasury, amount, Cause.CAPITAL)
        self._parts.position_monitor.open_with(Transaction(row=0, postings=(posting,)), rows)
        self._parts.network.credit(treasury, amount)
        self._log(EventType.DEPOSIT, 0, treasury, amount, {"note": "opening capital"})

    def next_row(self, window: Window) -> int | None:
        """Return the first row at which money is asked for, or can be paid or taken again.

        Parameters
        ----------
        window : Window
            The rows ahead.

        Returns
        -------
        int or None
            A row of the run, perhaps beyond the window; None where nothing is to be done.
        """
        rows = [self._capital.next_row(window.start)]
        if self._capital.queue > 0.0 or self._postponed:
            rows += [_reopens(window, account.venue) for account in self._accounts()]
        return min((x for x in rows if x is not None), default=None)

    def meet_requests(self, window: Window) -> list[Transaction]:
        """Take what is asked for at a row, at the NAV per share of its prices.

        Parameters
        ----------
        window : Window
            One row.

        Returns
        -------
        list of Transaction
            Deposits, and payments as far as cash lies ready.
        """
        booked = []
        asked = (*self._postponed, *self._capital.requests_at(window.start))
        self._postponed = ()
        for request in asked:
            if request.amount > 0.0:
                booked += self._deposit(window, request)
            else:
                granted = self._capital.ask(-request.amount, self._equity(window))
                details: dict[str, object] = {"asked": -request.amount, "granted": granted}
                treasury = self._parts.strategy_manager.strategy.treasury
                self._log(EventType.WITHDRAWAL, window.start, treasury, 0.0, details)
        return [*booked, *self.pay(window)]

    def pay(self, window: Window) -> list[Transaction]:
        """Pay what is queued: from the reserve, then from what lies free at the treasury.

        Parameters
        ----------
        window : Window
            One row.

        Returns
        -------
        list of Transaction
            The payments; empty where nothing is queued or no cash lies ready.
        """
        if self._capital.queue == 0.0:
            return []
        manager = self._parts.strategy_manager
        sources = [manager.strategy.reserve]
        if manager.plan is None or manager.plan.reason.trigger == "withdrawal":
            sources.append(manager.strategy.treasury)
        booked = []
        for source in [x for x in sources if is_open(window, x.venue)]:
            held = self._parts.position_monitor.book.quantities
            equity = self._equity(window)
            amount = min(self._capital.queue, float(held[self._parts.universe.column(source)]))
            if self._capital.closing:
                amount = min(amount, equity)  # the costs of leaving fall on who leaves last
            if amount > SMALLEST_PAYMENT:
                nav = self._capital.nav(equity)
                paid = self._parts.network.pay_out(source, amount, window)
                done = self._capital.pay(paid, nav, equity - paid)
                told: dict[str, object] = {"queued": done.left, "given_up": done.given_up}
                booked.append(self._book(window.start, source, -paid, told))
        return booked

    def _deposit(self, window: Window, request: FlowRequest) -> list[Transaction]:
        """Take a deposit; one that finds the treasury closed comes when it opens."""
        treasury = self._parts.strategy_manager.strategy.treasury
        if not is_open(window, treasury.venue):
            self._postponed = (*self._postponed, request)
            told: dict[str, object] = {"postponed": request.amount}
            self._log(EventType.DEPOSIT, window.start, treasury, 0.0, told)
            return []
        self._capital.deposit(request.amount, self._nav(window))
        self._parts.network.credit(treasury, request.amount)
        return [self._book(window.start, treasury, request.amount, {})]

    def _accounts(self) -> tuple[Instrument, Instrument]:
        strategy = self._parts.strategy_manager.strategy
        return strategy.reserve, strategy.treasury

    def _equity(self, window: Window) -> float:
        quantities = self._parts.position_monitor.get_current_positions(window)
        report = self._parts.exposure_monitor.calculate_exposure(window, quantities)
        return float(report.equity[-1])

    def _nav(self, window: Window) -> float:
        return self._capital.nav(self._equity(window))

    def _book(
        self, row: int, account: Instrument, amount: float, told: dict[str, object]
    ) -> Transaction:
        """Book money from or to investors (positive comes in), and log it."""
        transaction = Transaction(row=row, postings=(Posting(account, amount, Cause.CAPITAL),))
        self._parts.position_monitor.post(transaction)
        self._before_change()
        self._parts.pnl_monitor.set_shares(self._capital.shares, self._capital.last_nav)
        kind = EventType.DEPOSIT if amount > 0.0 else EventType.WITHDRAWAL
        details = {} if amount > 0.0 else {"paid": -amount, **told}
        self._log(kind, row, account, amount, details)
        return transaction

    def _log(
        self,
        kind: EventType,
        row: int,
        account: Instrument,
        amount: float,
        details: dict[str, object],
    ) -> None:
        """Log money from or to investors; an amount of zero is a request."""
        moved = [(str(account), amount, Cause.CAPITAL.value)] if amount else []
        self._parts.event_logger.log_event(
            Event(
                row=row,
                event_type=kind,
                component="engine",
                venue=account.venue,
                instrument=str(account),
                quantity=amount,
                amount=amount,
                currency=self._currency,
                cause=Cause.CAPITAL,
                status="FILLED" if amount else "REQUESTED",
                details={**details, "movements": moved},
                positions=self._parts.position_monitor.book.quantities,
            )
        )


def _reopens(window: Window, venue: str) -> int | None:
    """Return the first row of a window at which a venue is open and was not one row before."""
    opened = open_rows(window, venue)
    before = is_open(window.frame.at(max(window.start - 1, 0)), venue)
    rows = np.flatnonzero(opened & ~np.concatenate([[before], opened[:-1]]))
    return window.start + int(rows[0]) if len(rows) else None
