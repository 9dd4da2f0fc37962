"""Investors' money: shares, requests, and the queue of what is not paid yet.

Deposits mint shares and payments burn them at the NAV per share of that moment. What was asked
for and is unpaid stays invested and waits in the queue, as currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from basis_lab.domain.flows import FlowParameters, FlowRequest
from basis_lab.domain.market import TimeArray

CLOSED = 1e-4  # share of the opening capital: a closed run that holds less is empty
DUST = 1e-9  # units, or share of a payment: less than this is rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What one payment took, what stays queued, and what leaving itself has cost the claim.

    All in share-class currency; ``given_up`` is above 0 only once everything was asked for.
    """

    amount: float
    left: float
    given_up: float


class CapitalAccount:
    """Shares outstanding and requests pending.

    Parameters
    ----------
    requests : tuple of FlowRequest
        By row, ascending.
    shares : float
        Shares at the opening.
    """

    def __init__(self, requests: tuple[FlowRequest, ...], shares: float) -> None:
        self._requests = requests
        self.shares = shares
        self._opening_shares = shares
        self.last_nav = 1.0
        self.queue = 0.0
        self.uninvested = 0.0
        self.closing = False

    def nav(self, equity: float) -> float:
        """Return the NAV per share; where nobody holds a share, the one that was last paid.

        Parameters
        ----------
        equity : float
            Of the whole book, share-class currency.

        Returns
        -------
        float
            Share-class currency per share.
        """
        return equity / self.shares if self.shares > DUST and equity > 0.0 else self.last_nav

    def next_row(self, row: int) -> int | None:
        """Return the first row from ``row`` on with a request.

        Parameters
        ----------
        row : int
            A timestep of the run.

        Returns
        -------
        int or None
            None where nothing is asked for any more.
        """
        return min((x.row for x in self._requests if x.row >= row), default=None)

    def requests_at(self, row: int) -> tuple[FlowRequest, ...]:
        """Return what is asked for at a row.

        Parameters
        ----------
        row : int
            The timestep.

        Returns
        -------
        tuple of FlowRequest
            In the order of the schedule; empty where nothing is asked for.
        """
        return tuple(x for x in self._requests if x.row == row)

    def deposit(self, amount: float, nav: float) -> None:
        """Mint shares for an amount at a NAV per share.

        Parameters
        ----------
        amount : float
            Share-class currency, > 0.
        nav : float
            Share-class currency per share, before the deposit, > 0.
        """
        self.shares += amount / nav
        self.uninvested += amount
        self.closing = False

    def ask(self, amount: float, equity: float) -> float:
        """Queue a withdrawal; a request above what is left of equity becomes all of it, and closes.

        Parameters
        ----------
        amount : float
            Share-class currency, > 0.
        equity : float
            Of the whole book at the prices of the moment, share-class currency.

        Returns
        -------
        float
            What was queued.
        """
        left = max(equity - self.queue, 0.0)
        granted = min(amount, left)
        self.queue += granted
        self.closing = amount >= left
        return granted

    def pay(self, amount: float, nav: float, equity_left: float) -> Payment:
        """Burn the shares of a payment at a NAV per share.

        Parameters
        ----------
        amount : float
            Share-class currency, at most the queue.
        nav : float
            Share-class currency per share, before the payment, > 0.
        equity_left : float
            Of the whole book after the payment, share-class currency.

        Returns
        -------
        Payment
            What was paid, and what stays queued; a remainder that is rounding counts as paid. Once
            everything was asked for, no more stays queued than there is.
        """
        self.last_nav = nav
        self.shares = max(self.shares - amount / nav, 0.0)
        if self.closing and equity_left <= CLOSED * self._opening_shares * nav:
            self.shares = 0.0  # what is left is dust that no venue takes
        asked = self.queue
        left = asked - amount
        if self.closing:
            left = min(left, equity_left)
        self.queue = left if left > DUST * amount else 0.0
        return Payment(amount=amount, left=self.queue, given_up=asked - amount - self.queue)


def flow_requests(
    schedule: Sequence[FlowParameters], times: TimeArray, initial_capital: float
) -> tuple[FlowRequest, ...]:
    """Return the requests of a run: each at the first timestep at or after its moment.

    Parameters
    ----------
    schedule : sequence of FlowParameters
        The configured deposits and withdrawals.
    times : ndarray of datetime64[s], shape (T,)
        The run's timesteps. Moments up to the first or after the last take no part.
    initial_capital : float
        Share-class currency.

    Returns
    -------
    tuple of FlowRequest
        By row, ascending; those of one row in the order of the schedule.
    """
    inside = [x for x in schedule if times[0] < x.moment() <= times[-1]]
    requests = [
        FlowRequest(
            row=int(np.searchsorted(times, x.moment())), amount=x.currency_amount(initial_capital)
        )
        for x in inside
    ]
    return tuple(sorted(requests, key=lambda x: x.row))
