"""Balances that a simulated venue keeps for us: units by account, never taken below zero."""

from collections.abc import Sequence

from basis_lab.domain.instruments import Instrument
from basis_lab.errors import InsufficientBalanceError

DUST = 1e-9  # relative shortfall that is rounding and not a missing balance
ROUNDING = 1e-8  # units: the same, for an account that is all but empty


class Accounts:
    """Units by account at one venue.

    Parameters
    ----------
    venue : str
        The venue, for messages.
    accounts : sequence of Instrument
        What it keeps; all start at zero.
    """

    def __init__(self, venue: str, accounts: Sequence[Instrument]) -> None:
        self._venue = venue
        self._units = dict.fromkeys(accounts, 0.0)

    def __getitem__(self, account: Instrument) -> float:
        """Return the units on an account."""
        return self._units[account]

    def __setitem__(self, account: Instrument, units: float) -> None:
        """Set the units on an account."""
        self._units[account] = units

    def put(self, account: Instrument, quantity: float) -> None:
        """Add units.

        Parameters
        ----------
        account : Instrument
            Where to; the venue keeps it.
        quantity : float
            Units; a negative one is taken without a test.
        """
        self._units[account] += quantity

    def take(self, account: Instrument, quantity: float) -> float:
        """Take units away.

        Parameters
        ----------
        account : Instrument
            Where from; the venue keeps it.
        quantity : float
            Units, >= 0.

        Returns
        -------
        float
            ``quantity``, or the whole balance where the two differ by rounding.

        Raises
        ------
        InsufficientBalanceError
            If the account does not hold them.
        """
        held = self._units[account]
        if quantity > held * (1.0 + DUST) + ROUNDING:
            raise InsufficientBalanceError(
                f"{self._venue} holds too little on {account}",
                where=str(account),
                value=f"needs {quantity!r}, holds {held!r}",
                remedy="move funds there first, or ask for less",
            )
        taken = min(quantity, max(held, 0.0))
        self._units[account] = held - taken
        return taken

    def report(self) -> dict[Instrument, float]:
        """Return a copy of all balances.

        Returns
        -------
        dict of Instrument to float
            Units by account.
        """
        return dict(self._units)

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        short = [str(account) for account, units in self._units.items() if units < 0.0]
        return f"negative balance on {', '.join(short)}" if short else ""
