"""A simulated decentralised exchange: sales at the market quote, less slippage by size."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from basis_lab.calc.costs import MarketTerms
from basis_lab.domain.instructions import (
    ExecutionResult,
    Instruction,
    Status,
    Swap,
)
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.domain.market import Window
from basis_lab.domain.statements import Preview, Statement
from basis_lab.errors import (
    InsufficientBalanceError,
    SlippageBoundError,
    UnsupportedInstructionError,
    VenueRefusalError,
)
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.closures import require_open


@dataclass(frozen=True, slots=True, kw_only=True)
class DexMarket:
    """One token that can be sold.

    Parameters
    ----------
    source, destination : Instrument
        Lines of the wallet.
    quote : str
        Series of the quote.
    inverted : bool
        True where the series quotes units of the source for one of the destination.
    terms : MarketTerms
        Slippage by size; sizes in the unit that the series quotes in.
    """

    source: Instrument
    destination: Instrument
    quote: str
    inverted: bool
    terms: MarketTerms

    def price(self, market: Window) -> float:
        """Return the quote at the window's last row.

        Parameters
        ----------
        market : Window
            Whose last row is now.

        Returns
        -------
        float
            Units of the destination for one sold.
        """
        value = float(market.values(self.quote)[-1])
        return 1.0 / value if self.inverted else value

    def slippage(self, quantity: float, market: Window) -> float:
        """Return what a sale now loses against the quote.

        Parameters
        ----------
        quantity : float
            Units sold.
        market : Window
            Whose last row is now.

        Returns
        -------
        float
            Fraction of the quote.
        """
        size = quantity if self.inverted else quantity * self.price(market)
        return float(self.terms.slippage(np.array([size]))[0])


class SimulatedDex:
    """A decentralised exchange in process; it keeps nothing for us.

    Parameters
    ----------
    name : str
        The venue.
    wallet : SimulatedWallet
        Who sells and receives.
    markets : mapping of (source, destination) to DexMarket
        What can be sold for what.
    gas_units : mapping of str to float
        Gas by operation.
    """

    def __init__(
        self,
        name: str,
        *,
        wallet: SimulatedWallet,
        markets: Mapping[tuple[Instrument, Instrument], DexMarket],
        gas_units: Mapping[str, float],
    ) -> None:
        self.name = name
        self._wallet = wallet
        self._markets = dict(markets)
        self._gas_units = dict(gas_units)

    def balances(self) -> Mapping[Instrument, float]:
        """Report nothing: what is bought and sold lies in the wallet."""
        return {}

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return ""

    def snapshot(self) -> dict[Instrument, float]:
        """Return no state: there is none."""
        return {}

    def restore(self, state: Mapping[Instrument, float]) -> None:
        """Do nothing: there is no state."""

    def submit(self, instruction: Instruction, market: Window) -> ExecutionResult:
        """Sell, or refuse; a refusal leaves the wallet as it was."""
        before = self._wallet.snapshot()
        try:
            require_open(self.name, market, instruction)
            if not isinstance(instruction, Swap):
                raise UnsupportedInstructionError(
                    f"{self.name} does not take this kind of instruction",
                    where=self.name,
                    value=type(instruction).__name__,
                    remedy="send it to the venue that does",
                )
            return self._swap(instruction, market)
        except VenueRefusalError as error:
            self._wallet.restore(before)
            return ExecutionResult(status=Status.REJECTED, instruction=instruction, error=error)

    def _swap(self, order: Swap, market: Window) -> ExecutionResult:
        pool = self._markets.get((order.source, order.destination))
        if pool is None or not order.quantity > 0.0:
            raise UnsupportedInstructionError(
                f"{self.name} cannot sell that in this run",
                where=self.name,
                value=f"{order.quantity!r} {order.source} for {order.destination}",
                remedy="name two lines of the run, and a quantity above 0",
            )
        slippage = pool.slippage(order.quantity, market)
        if slippage > order.max_slippage:
            raise SlippageBoundError(
                "the fill would be worse than the decision allows",
                where=self.name,
                value=f"slippage {slippage:.6f}, allowed {order.max_slippage:.6f}",
                remedy="split the sale, or allow more",
            )
        quote = pool.price(market)
        price = quote * (1.0 - slippage)
        units = self._gas_units["swap"]
        if order.source.kind is Kind.KING:
            units += self._gas_units["unwrap_reward"]
        gas = self._wallet.pay_gas(units, market)
        taken = self._wallet.debit(order.source, order.quantity, market)
        if not taken > 0.0:
            raise InsufficientBalanceError(
                "there is nothing to sell",
                where=str(order.source),
                value=taken,
                remedy="leave the instruction out when there is nothing to do",
            )
        self._wallet.credit(order.destination, taken * price)
        return ExecutionResult(
            status=Status.FILLED,
            instruction=order,
            movements=gas,
            quantity=taken,
            price=price,
            quote_price=quote,
        )

    def preview(self, window: Window) -> Preview:  # noqa: ARG002 - the protocol's signature
        """Do nothing: an exchange acts only when told."""
        return Preview(flows=(), work_row=None)

    def settle(self, window: Window) -> tuple[Statement, ...]:  # noqa: ARG002 - the protocol's signature
        """Do nothing: an exchange acts only when told."""
        return ()
