"""A simulated Ethereum wallet: tokens, gas, and gas debt within a limit."""

from collections.abc import Mapping

from basis_lab.calc.costs import gas_cost_native
from basis_lab.domain.instructions import (
    Cause,
    ExecutionResult,
    Instruction,
    Movement,
    Status,
    Wrap,
)
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.domain.market import Window
from basis_lab.domain.statements import Preview, Statement
from basis_lab.errors import (
    GasDebtLimitError,
    InsufficientBalanceError,
    UnsupportedInstructionError,
    VenueRefusalError,
)
from basis_lab.execution.venues.simulated.accounts import DUST, ROUNDING, Accounts


class SimulatedWallet:
    """The wallet on chain.

    Parameters
    ----------
    name : str
        The venue ("wallet").
    tokens : tuple of Instrument
        What it can hold; native ETH among them.
    gas_units : mapping of str to float
        Gas by operation; zeros where a run pays none.
    gas_price : str or None
        The gas price series in gwei; None where a run pays no gas.
    """

    def __init__(
        self,
        name: str,
        *,
        tokens: tuple[Instrument, ...],
        gas_units: Mapping[str, float],
        gas_price: str | None,
    ) -> None:
        self.name = name
        self.native = Instrument(name, Kind.TOKEN, "ETH")
        self._tokens = Accounts(name, tokens)
        self._gas_units = dict(gas_units)
        self._gas_price = gas_price
        self._gas_debt_limit = 0.0
        self._grouped_gas: float | None = None

    def allow_gas_debt(self, limit_native: float) -> None:
        """Set how far gas may drive native ETH below zero (ETH, >= 0).

        Parameters
        ----------
        limit_native : float
            In native ETH.
        """
        self._gas_debt_limit = limit_native

    def balances(self) -> Mapping[Instrument, float]:
        """Report the tokens held; native ETH may be negative by gas debt."""
        return self._tokens.report()

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        short = [
            str(token)
            for token, units in self._tokens.report().items()
            if units < 0.0 and token != self.native
        ]
        return f"negative balance on {', '.join(short)}" if short else ""

    def credit(self, token: Instrument, quantity: float) -> None:
        """Take units that arrived."""
        self._tokens.put(token, quantity)

    def debit(self, token: Instrument, quantity: float, market: Window) -> float:  # noqa: ARG002 - one signature for every sender
        """Give units away; see ``Accounts.take``. Inside a group the balance may go negative."""
        if self._grouped_gas is None:
            return self._tokens.take(token, quantity)
        held = self._tokens[token]
        rounding = DUST * quantity + (ROUNDING if 0.0 < held < quantity else 0.0)
        taken = held if abs(held - quantity) <= rounding else quantity
        self._tokens.put(token, -taken)
        return taken

    @property
    def in_group(self) -> bool:
        """True inside a transaction of several steps."""
        return self._grouped_gas is not None

    def begin_group(self) -> None:
        """Begin a transaction of several steps: gas is gathered, balances are tested at the end."""
        self._grouped_gas = 0.0

    def end_group(self, market: Window) -> tuple[Movement, ...]:
        """Test the balances, and pay the gas of the whole.

        Parameters
        ----------
        market : Window
            Whose last row has the gas price.

        Returns
        -------
        tuple of Movement
            The gas.

        Raises
        ------
        InsufficientBalanceError
            If a token is left negative beyond rounding.
        GasDebtLimitError
            If the gas of the whole cannot be paid.
        """
        gathered = self._grouped_gas
        self._grouped_gas = None
        for token, units in self._tokens.report().items():
            indebted = token == self.native and self._gas_price is not None
            if units < -DUST and not indebted:  # what gas may take below zero is tested with it
                raise InsufficientBalanceError(
                    "the group leaves a token short",
                    where=str(token),
                    value=units,
                    remedy="the steps must bring in what they take out",
                )
        return self.pay_gas(gathered if gathered is not None else 0.0, market)

    def abandon_group(self) -> None:
        """End a group that failed; the caller restores the state."""
        self._grouped_gas = None

    def pay_gas(self, gas_units: float, market: Window) -> tuple[Movement, ...]:
        """Pay gas in native ETH.

        Parameters
        ----------
        gas_units : float
            Gas used.
        market : Window
            Whose last row has the gas price.

        Returns
        -------
        tuple of Movement
            The payment; empty where the run pays no gas.

        Raises
        ------
        GasDebtLimitError
            If native ETH would fall below the allowed debt.
        """
        if self._grouped_gas is not None:
            self._grouped_gas += gas_units
            return ()
        if self._gas_price is None or gas_units == 0.0:
            return ()
        price = market.values(self._gas_price)[-1:]
        cost = float(gas_cost_native(gas_units, price)[0])
        left = self._tokens[self.native] - cost
        if left < -self._gas_debt_limit:
            raise GasDebtLimitError(
                "gas would drive native ETH below the allowed gas debt",
                where=str(self.native),
                value=f"would be {left:.8f} ETH, allowed {-self._gas_debt_limit:.8f}",
                remedy="use more capital (gas does not shrink with it), wait for cheaper gas, "
                "or raise costs.gas_debt_limit",
            )
        self._tokens[self.native] = left
        return (Movement(self.native, -cost, Cause.GAS),)

    def submit(self, instruction: Instruction, market: Window) -> ExecutionResult:
        """Wrap or unwrap, or refuse."""
        before = self.snapshot()
        try:
            if not isinstance(instruction, Wrap):
                raise UnsupportedInstructionError(
                    "the wallet itself can only wrap and unwrap",
                    where=self.name,
                    value=type(instruction).__name__,
                    remedy="send it to the venue that does",
                )
            if not instruction.quantity > 0.0:
                raise InsufficientBalanceError(
                    "a wrap takes a positive quantity",
                    where=str(instruction.source),
                    value=instruction.quantity,
                    remedy="leave the instruction out when there is nothing to do",
                )
            taken = self.debit(instruction.source, instruction.quantity, market)
            gas = self.pay_gas(self._gas_units["wrap"], market)
        except VenueRefusalError as error:
            self.restore(before)
            return ExecutionResult(status=Status.REJECTED, instruction=instruction, error=error)
        self._tokens.put(instruction.destination, taken)
        return ExecutionResult(
            status=Status.FILLED,
            instruction=instruction,
            movements=(
                Movement(instruction.source, -taken, Cause.TRADE),
                Movement(instruction.destination, taken, Cause.TRADE),
                *gas,
            ),
            quantity=taken,
            price=1.0,
            quote_price=1.0,
        )

    def preview(self, window: Window) -> Preview:  # noqa: ARG002 - the protocol's signature
        """Do nothing: a wallet acts only when told."""
        return Preview(flows=(), work_row=None)

    def settle(self, window: Window) -> tuple[Statement, ...]:  # noqa: ARG002 - the protocol's signature
        """Do nothing: a wallet acts only when told."""
        return ()

    def snapshot(self) -> dict[Instrument, float]:
        """Return the state, to be restored if a step of a transaction fails."""
        return self._tokens.report()

    def restore(self, state: Mapping[Instrument, float]) -> None:
        """Bring back a state."""
        for token, units in state.items():
            self._tokens[token] = units
