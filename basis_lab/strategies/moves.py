"""Which transfers bring cash to where it is short."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from basis_lab.domain.instructions import Transfer
from basis_lab.domain.instruments import Instrument
from basis_lab.strategies.base import Sending

TINY = 1e-6  # units; less than this is rounding and not worth a transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account of the share currency.

    Parameters
    ----------
    instrument : Instrument
        The account.
    surplus : float
        What it holds beyond its goal; negative where it is short.
    tolerance : float
        A shortage up to this is left alone.
    """

    instrument: Instrument
    surplus: float
    tolerance: float


def plan_moves(accounts: Sequence[Account], sending: Mapping[str, Sending]) -> tuple[Transfer, ...]:
    """Send surpluses to shortages, each source filling the shortages in order.

    Parameters
    ----------
    accounts : sequence of Account
        All accounts, the preferred sources first.
    sending : mapping of venue to Sending
        Fees and minimums of transfers to another venue.

    Returns
    -------
    tuple of Transfer
        In the order of sending. Fees are paid by the source from its surplus; a shortage under
        the venue's minimum is met with the minimum.
    """
    short = {x.instrument: -x.surplus for x in accounts if -x.surplus > x.tolerance}
    transfers: list[Transfer] = []
    for account in accounts:
        left = account.surplus
        terms = sending[account.instrument.venue]
        for destination, missing in list(short.items()):
            inside = account.instrument.venue == destination.venue
            fee = 0.0 if inside else terms.fee
            amount = left - fee
            if min(missing, amount) <= TINY or (not inside and amount < terms.minimum):
                continue
            amount = min(amount, missing if inside else max(missing, terms.minimum))
            transfers.append(
                Transfer(source=account.instrument, destination=destination, quantity=amount)
            )
            short[destination] = missing - amount
            left -= amount + fee
    return tuple(transfers)
