"""The network between venues: what was sent is in transit until it arrives."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from basis_lab.domain.closings import lost_row, open_rows
from basis_lab.domain.instructions import (
    Cause,
    ExecutionResult,
    Instruction,
    Movement,
    Status,
    Transfer,
)
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.domain.market import Window
from basis_lab.domain.statements import (
    Arrival,
    Loss,
    PendingTransfer,
    Preview,
    Statement,
)
from basis_lab.errors import (
    BelowMinimumError,
    UnsupportedInstructionError,
    VenueRefusalError,
)
from basis_lab.execution.venues.simulated.accounts import Accounts
from basis_lab.execution.venues.simulated.closures import require_open


class Account(Protocol):
    """A venue that units can leave and reach."""

    name: str

    def credit(self, account: Instrument, quantity: float) -> None:
        """Take units that arrived.

        Parameters
        ----------
        account : Instrument
            One of the venue's.
        quantity : float
            Units.
        """

    def debit(self, account: Instrument, quantity: float, market: Window) -> float:
        """Give units away, or refuse; returns what was taken.

        Parameters
        ----------
        account : Instrument
            One of the venue's.
        quantity : float
            Units.
        market : Window
            Whose last row is now.
        """


class GasPayer(Protocol):
    """Who pays for transactions on chain."""

    name: str

    def pay_gas(self, gas_units: float, market: Window) -> tuple[Movement, ...]:
        """Pay gas in native coin.

        Parameters
        ----------
        gas_units : float
            Gas used.
        market : Window
            Whose last row has the gas price.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingRules:
    """What sending from one venue costs and how long it takes; zeros where a run has none."""

    delay_s: float
    fees: Mapping[str, float]
    minimums: Mapping[str, float]
    gas_units: float


class SimulatedTransfers:
    """Transfers between the accounts of a run.

    Moves inside one venue are instant and free. Every transfer passes through an ``in_transit``
    line of its destination, with zero delay too.

    Parameters
    ----------
    venues : mapping of str to Account
        Who can send and receive.
    rules : mapping of str to SendingRules
        By the venue that sends.
    gas_payer : GasPayer or None
        The wallet, where the run has one.
    lines : tuple of Instrument
        The ``in_transit`` lines.
    """

    name = "transfers"

    def __init__(
        self,
        *,
        venues: Mapping[str, Account],
        rules: Mapping[str, SendingRules],
        gas_payer: GasPayer | None,
        lines: tuple[Instrument, ...],
    ) -> None:
        self._venues = dict(venues)
        self._rules = dict(rules)
        self._gas_payer = gas_payer
        self._transit = Accounts(self.name, lines)
        self._pending: list[PendingTransfer] = []
        self._late: set[str] = set()

    @property
    def pending(self) -> tuple[PendingTransfer, ...]:
        """What is on its way."""
        return tuple(self._pending)

    @property
    def late(self) -> frozenset[str]:
        """Venues that took what was on its way later than it arrived, or have yet to take it."""
        return frozenset(self._late.union(x.destination.venue for x in self._pending))

    def balances(self) -> Mapping[Instrument, float]:
        """Report what is on its way, by destination."""
        return self._transit.report()

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return self._transit.health()

    def credit(self, account: Instrument, quantity: float) -> None:
        """Put capital from outside on an account.

        Parameters
        ----------
        account : Instrument
            At a venue of the run.
        quantity : float
            Units, > 0.
        """
        self._venues[account.venue].credit(account, quantity)

    def pay_out(self, account: Instrument, quantity: float, market: Window) -> float:
        """Pay capital out of an account.

        Parameters
        ----------
        account : Instrument
            At a venue of the run.
        quantity : float
            Units, > 0.
        market : Window
            Whose last row is now.

        Returns
        -------
        float
            What was taken: ``quantity``, or the whole balance where they differ by rounding.

        Raises
        ------
        VenueRefusalError
            If the account does not hold them, or a position needs them.
        """
        return self._venues[account.venue].debit(account, quantity, market)

    def submit(self, instruction: Instruction, market: Window) -> ExecutionResult:
        """Send; an instant transfer has arrived when this returns."""
        try:
            return self._send(instruction, market)
        except VenueRefusalError as error:
            return ExecutionResult(status=Status.REJECTED, instruction=instruction, error=error)

    def _send(self, order: Instruction, market: Window) -> ExecutionResult:
        if not isinstance(order, Transfer) or order.source.symbol != order.destination.symbol:
            raise UnsupportedInstructionError(
                "only transfers of one coin between two accounts",
                where=self.name,
                value=repr(order),
                remedy="convert first, then send",
            )
        require_open(order.source.venue, market)
        require_open(order.destination.venue, market)
        source = self._venues[order.source.venue]
        inside = order.source.venue == order.destination.venue
        rules = self._rules[order.source.venue]
        fee = 0.0 if inside else _listed(rules.fees, order, "fee")
        if not inside:
            _check_minimum(rules, order)
        taken = source.debit(order.source, order.quantity + fee, market)
        sent = taken - fee
        gas: tuple[Movement, ...] = ()
        if rules.gas_units and not inside and self._gas_payer is not None:
            try:
                gas = self._gas_payer.pay_gas(rules.gas_units, market)
            except VenueRefusalError:
                source.credit(order.source, taken)
                raise
        line = transit_line(order.destination)
        steps = 0 if inside else ceil(rules.delay_s / market.frame.step_s)
        arrives = market.stop - 1 + steps
        self._transit.put(line, sent)
        self._pending.append(
            PendingTransfer(destination=order.destination, quantity=sent, arrives_row=arrives)
        )
        fees = (Movement(order.source, -fee, Cause.TRANSFER_FEE),) if fee else ()
        return ExecutionResult(
            status=Status.FILLED,
            instruction=order,
            movements=(
                Movement(order.source, -sent, Cause.TRANSFER),
                Movement(line, sent, Cause.TRANSFER),
                *fees,
                *gas,
            ),
            quantity=sent,
            arrives_row=arrives,
        )

    def preview(self, window: Window) -> Preview:
        """Tell the first arrival of a window, or the first loss of what was on its way."""
        rows = [_due_row(x, window) for x in self._pending]
        return Preview(flows=(), work_row=min((x for x in rows if x is not None), default=None))

    def settle(self, window: Window) -> tuple[Statement, ...]:
        """Deliver what is due by the window's last row; a closed venue takes it when it opens."""
        due = [x for x in self._pending if _due_row(x, window) is not None]
        self._pending = [x for x in self._pending if x not in due]
        done: list[Statement] = []
        for item in due:
            line = transit_line(item.destination)
            quantity = self._transit.take(line, item.quantity)
            venue = item.destination.venue
            if item.arrives_row < window.start:
                self._late.add(venue)
            if lost_row(window, venue) is not None:
                done.append(Loss(venue=venue, lines=(line,)))
                continue
            self._venues[venue].credit(item.destination, quantity)
            done.append(
                Arrival(venue=venue, transit=line, destination=item.destination, quantity=quantity)
            )
        return tuple(done)


def _due_row(item: PendingTransfer, window: Window) -> int | None:
    """Return the first row of a window at which a transfer arrives, or is lost with its venue."""
    venue = item.destination.venue
    first = max(item.arrives_row - window.start, 0)
    (taken,) = open_rows(window, venue)[first:].nonzero()
    arrives = window.start + first + int(taken[0]) if len(taken) else None
    lost = lost_row(window, venue)
    return min((x for x in (arrives, lost) if x is not None), default=None)


def transit_line(destination: Instrument) -> Instrument:
    """Return the ``in_transit`` line of a destination.

    Parameters
    ----------
    destination : Instrument
        The account that will receive.

    Returns
    -------
    Instrument
        Same venue and symbol, kind ``in_transit``.
    """
    return Instrument(destination.venue, Kind.IN_TRANSIT, destination.symbol)


def _listed(table: Mapping[str, float], order: Transfer, what: str) -> float:
    found = table.get(order.source.symbol)
    if found is None:
        raise UnsupportedInstructionError(
            f"{order.source.venue} states no transfer {what} for this coin",
            where=f"configs/venues/{order.source.venue}.yaml: transfer",
            value=order.source.symbol,
            remedy=f"add the coin to the venue's transfer {what}s",
        )
    return found


def _check_minimum(rules: SendingRules, order: Transfer) -> None:
    minimum = _listed(rules.minimums, order, "minimum")
    if not order.quantity > 0.0 or order.quantity < minimum:
        raise BelowMinimumError(
            "the transfer is under the venue's minimum",
            where=str(order.source),
            value=f"{order.quantity!r} of at least {minimum!r} {order.source.symbol}",
            remedy="send more at once",
        )
