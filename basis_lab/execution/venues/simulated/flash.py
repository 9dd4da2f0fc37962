"""Flash loans: borrowed and given back inside one transaction, or the transaction fails.

Source: morpho-blue Morpho.flashLoan (no fee); aave-v3-origin FlashLoanLogic (premium on the
amount). Liquidity is taken as unlimited.
"""

from collections.abc import Mapping

from basis_lab.domain.instructions import (
    Cause,
    ExecutionResult,
    FlashBorrow,
    FlashRepay,
    Instruction,
    Movement,
    Status,
)
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.market import Window
from basis_lab.domain.statements import Preview, Statement
from basis_lab.errors import (
    InsufficientBalanceError,
    UnsupportedInstructionError,
    VenueRefusalError,
)
from basis_lab.execution.venues.simulated.accounts import Accounts
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.closures import require_open


class FlashDesk:
    """What a lender is owed inside a transaction.

    Parameters
    ----------
    name : str
        The venue.
    wallet : SimulatedWallet
        Who borrows.
    lines : tuple of Instrument
        What may be owed, by coin.
    premium : float
        Fraction of what is borrowed.
    gas_units : float
        Gas of a loan.
    """

    def __init__(
        self,
        name: str,
        *,
        wallet: SimulatedWallet,
        lines: tuple[Instrument, ...],
        premium: float,
        gas_units: float,
    ) -> None:
        self.owed = Accounts(name, lines)
        self._lines = frozenset(lines)
        self._name = name
        self._wallet = wallet
        self._premium = premium
        self._gas_units = gas_units

    def lend(self, order: FlashBorrow, market: Window) -> ExecutionResult:
        """Lend for the length of the transaction.

        Parameters
        ----------
        order : FlashBorrow
            How much of what.
        market : Window
            Whose last row is now.

        Returns
        -------
        ExecutionResult
            Filled.

        Raises
        ------
        VenueRefusalError
            Outside a transaction of several steps, or for a coin that is not lent.
        """
        self._check(order)
        if not self._wallet.in_group:
            raise UnsupportedInstructionError(
                "a flash loan lives inside one transaction",
                where=self._name,
                value=order.quantity,
                remedy="put it into an atomic group with its repayment",
            )
        self._wallet.pay_gas(self._gas_units, market)
        self.owed.put(order.owed, order.quantity)
        self._wallet.credit(order.token, order.quantity)
        return _filled(
            order,
            Movement(order.token, order.quantity, Cause.TRADE),
            Movement(order.owed, order.quantity, Cause.TRADE),
        )

    def take_back(self, order: FlashRepay, market: Window) -> ExecutionResult:
        """Take back what was lent, and the premium.

        Parameters
        ----------
        order : FlashRepay
            How much of what.
        market : Window
            Whose last row is now.

        Returns
        -------
        ExecutionResult
            Filled.

        Raises
        ------
        VenueRefusalError
            For more than is owed, or a coin that is not lent.
        """
        self._check(order)
        repaid = self.owed.take(order.owed, order.quantity)
        premium = repaid * self._premium
        taken = self._wallet.debit(order.token, repaid + premium, market)
        moved = (
            Movement(order.token, premium - taken, Cause.TRADE),
            Movement(order.owed, -repaid, Cause.TRADE),
        )
        if premium:
            return _filled(order, *moved, Movement(order.token, -premium, Cause.FLASH_PREMIUM))
        return _filled(order, *moved)

    def _check(self, order: FlashBorrow | FlashRepay) -> None:
        if order.owed not in self._lines:
            raise UnsupportedInstructionError(
                f"{self._name} does not lend this coin in this run",
                where=self._name,
                value=str(order.owed),
                remedy="name a line of the run",
            )
        if not order.quantity > 0.0:
            raise InsufficientBalanceError(
                "a flash loan takes positive quantities",
                where=str(order.owed),
                value=order.quantity,
                remedy="leave the instruction out when there is nothing to do",
            )


class SimulatedFlashLender:
    """A venue that does nothing but flash loans.

    Parameters
    ----------
    name : str
        The venue.
    desk : FlashDesk
        Its book.
    """

    def __init__(self, name: str, desk: FlashDesk) -> None:
        self.name = name
        self._desk = desk

    def balances(self) -> Mapping[Instrument, float]:
        """Report what is owed; nothing outside a transaction."""
        return self._desk.owed.report()

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return self._desk.owed.health()

    def snapshot(self) -> dict[Instrument, float]:
        """Return the state, to be restored if a step of a transaction fails."""
        return self._desk.owed.report()

    def restore(self, state: Mapping[Instrument, float]) -> None:
        """Bring back a state."""
        for line, units in state.items():
            self._desk.owed[line] = units

    def submit(self, instruction: Instruction, market: Window) -> ExecutionResult:
        """Lend or take back, or refuse."""
        try:
            require_open(self.name, market, instruction)
            match instruction:
                case FlashBorrow():
                    return self._desk.lend(instruction, market)
                case FlashRepay():
                    return self._desk.take_back(instruction, market)
                case _:
                    raise UnsupportedInstructionError(
                        f"{self.name} does not take this kind of instruction",
                        where=self.name,
                        value=type(instruction).__name__,
                        remedy="send it to the venue that does",
                    )
        except VenueRefusalError as error:
            return ExecutionResult(status=Status.REJECTED, instruction=instruction, error=error)

    def preview(self, window: Window) -> Preview:  # noqa: ARG002 - the protocol's signature
        """Do nothing: a lender acts only when asked."""
        return Preview(flows=(), work_row=None)

    def settle(self, window: Window) -> tuple[Statement, ...]:  # noqa: ARG002 - the protocol's signature
        """Do nothing: a lender acts only when asked."""
        return ()


def _filled(order: FlashBorrow | FlashRepay, *movements: Movement) -> ExecutionResult:
    return ExecutionResult(
        status=Status.FILLED,
        instruction=order,
        movements=movements,
        quantity=order.quantity,
        price=1.0,
        quote_price=1.0,
    )
