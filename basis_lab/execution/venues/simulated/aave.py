"""A simulated Aave v3 pool: supply side, scaled balances, indices.

Source: aave-v3-origin SupplyLogic (supply mints, withdraw burns scaled units at the liquidity
index). Prices, rates and liquidity are taken as given: own size does not move them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from basis_lab.calc import aave
from basis_lab.domain.instructions import (
    Cause,
    ExecutionResult,
    Instruction,
    Movement,
    Preview,
    Statement,
    Status,
    Supply,
    Withdraw,
)
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.market import Window
from basis_lab.errors import (
    InsufficientBalanceError,
    InsufficientLiquidityError,
    UnsupportedInstructionError,
    VenueRefusalError,
)
from basis_lab.execution.venues.simulated.accounts import Accounts
from basis_lab.execution.venues.simulated.chain import SimulatedWallet


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """One asset of the pool.

    ``supplied`` and ``borrowed`` name the series of the reserve's totals in token units; where a
    run's data has none, liquidity is not tested.
    """

    token: Instrument
    atoken: Instrument
    index: str
    supplied: str
    borrowed: str


class SimulatedAave:
    """A lending pool in process.

    Parameters
    ----------
    name : str
        The venue.
    wallet : SimulatedWallet
        Who pays and receives.
    reserves : tuple of Reserve
        The pool's assets in this run.
    gas_units : mapping of str to float
        Gas by operation.
    """

    def __init__(
        self,
        name: str,
        *,
        wallet: SimulatedWallet,
        reserves: tuple[Reserve, ...],
        gas_units: Mapping[str, float],
    ) -> None:
        self.name = name
        self._wallet = wallet
        self._reserves = {x.atoken: x for x in reserves}
        self._scaled = Accounts(name, [x.atoken for x in reserves])
        self._gas_units = dict(gas_units)

    def balances(self) -> Mapping[Instrument, float]:
        """Report scaled balances."""
        return self._scaled.report()

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return self._scaled.health()

    def submit(self, instruction: Instruction, market: Window) -> ExecutionResult:
        """Supply or withdraw, or refuse; a refusal leaves wallet and pool as they were."""
        before = self._wallet.snapshot()
        try:
            match instruction:
                case Supply():
                    return self._supply(instruction, market)
                case Withdraw():
                    return self._withdraw(instruction, market)
                case _:
                    raise UnsupportedInstructionError(
                        f"{self.name} does not take this kind of instruction",
                        where=self.name,
                        value=type(instruction).__name__,
                        remedy="send it to the venue that does",
                    )
        except VenueRefusalError as error:
            self._wallet.restore(before)
            return ExecutionResult(status=Status.REJECTED, instruction=instruction, error=error)

    def _supply(self, order: Supply, market: Window) -> ExecutionResult:
        reserve = self._reserve(order)
        gas = self._wallet.pay_gas(self._gas_units["supply"], market)
        taken = self._wallet.debit(reserve.token, order.quantity, market)
        scaled = self._scale(reserve, taken, market)
        self._scaled.put(reserve.atoken, scaled)
        return _filled(order, taken, -taken, scaled, gas)

    def _withdraw(self, order: Withdraw, market: Window) -> ExecutionResult:
        reserve = self._reserve(order)
        self._check_liquidity(reserve, order.quantity, market)
        gas = self._wallet.pay_gas(self._gas_units["withdraw"], market)
        burnt = self._scaled.take(reserve.atoken, self._scale(reserve, order.quantity, market))
        self._wallet.credit(reserve.token, order.quantity)
        return _filled(order, order.quantity, order.quantity, -burnt, gas)

    def _scale(self, reserve: Reserve, underlying: float, market: Window) -> float:
        index = market.values(reserve.index)[-1:]
        return float(aave.scaled_from_underlying(np.array([underlying]), index)[0])

    def _reserve(self, order: Supply | Withdraw) -> Reserve:
        reserve = self._reserves.get(order.atoken)
        if reserve is None or reserve.token != order.token:
            raise UnsupportedInstructionError(
                f"{self.name} has no such reserve in this run",
                where=self.name,
                value=f"{order.token} for {order.atoken}",
                remedy="name a reserve of the run",
            )
        if not order.quantity > 0.0:
            raise InsufficientBalanceError(
                "supply and withdraw take a positive quantity",
                where=str(order.atoken),
                value=order.quantity,
                remedy="leave the instruction out when there is nothing to do",
            )
        return reserve

    def _check_liquidity(self, reserve: Reserve, quantity: float, market: Window) -> None:
        if not (market.has(reserve.supplied) and market.has(reserve.borrowed)):
            return
        supplied = float(market.values(reserve.supplied)[-1])
        borrowed = float(market.values(reserve.borrowed)[-1])
        if quantity > supplied - borrowed:
            raise InsufficientLiquidityError(
                "the pool cannot pay that much out now",
                where=str(reserve.atoken),
                value=f"asked {quantity:.6f}, available {supplied - borrowed:.6f}",
                remedy="withdraw in parts, or wait until borrowers repay",
            )

    def preview(self, window: Window) -> Preview:  # noqa: ARG002 - the protocol's signature
        """Do nothing: interest is in the index."""
        return Preview(flows=(), work_row=None)

    def settle(self, window: Window) -> tuple[Statement, ...]:  # noqa: ARG002 - the protocol's signature
        """Do nothing: interest is in the index."""
        return ()


def _filled(
    order: Supply | Withdraw,
    quantity: float,
    token_move: float,
    scaled_move: float,
    gas: tuple[Movement, ...],
) -> ExecutionResult:
    return ExecutionResult(
        status=Status.FILLED,
        instruction=order,
        movements=(
            Movement(order.token, token_move, Cause.TRADE),
            Movement(order.atoken, scaled_move, Cause.TRADE),
            *gas,
        ),
        quantity=quantity,
        price=1.0,
        quote_price=1.0,
    )
