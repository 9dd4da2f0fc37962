"""A simulated Aave v3 pool: supply, withdraw, borrow and repay in scaled units at the indices.

Source: aave-v3-origin SupplyLogic and BorrowLogic (scaled mints and burns), ValidationLogic
(health factor and LTV after a borrow, health factor after a withdrawal), GenericLogic (account
data). Prices, rates and liquidity are taken as given: own size does not move them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from basis_lab.calc import aave
from basis_lab.domain.instructions import (
    TAKEN_WHILE_CLOSED,
    Borrow,
    Cause,
    ExecutionResult,
    Instruction,
    Movement,
    Preview,
    Repay,
    Statement,
    Status,
    Supply,
    Withdraw,
)
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.market import Window
from basis_lab.errors import (
    HealthFactorError,
    InsufficientBalanceError,
    InsufficientLiquidityError,
    UnsupportedInstructionError,
    VenueRefusalError,
)
from basis_lab.execution.venues.simulated.accounts import Accounts
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.closures import require_open

PoolOrder = Supply | Withdraw | Borrow | Repay


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """One asset of the pool.

    Parameters
    ----------
    token : Instrument
        The wallet's token.
    supply_index, borrow_index : str
        Index series.
    rate, price : str or None
        Series whose product is the oracle price in share-class currency; None stands for one.
    ltv, liquidation_threshold : float
        Of the token as collateral (fractions).
    supplied, borrowed : str
        Series of the reserve's totals in token units; where a run's data has none, liquidity is
        not tested.
    """

    token: Instrument
    supply_index: str
    borrow_index: str
    rate: str | None
    price: str | None
    ltv: float
    liquidation_threshold: float
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
    collateral, debt : mapping of Instrument to Reserve
        The run's lines of supply and of debt.
    gas_units : mapping of str to float
        Gas by operation.
    """

    def __init__(
        self,
        name: str,
        *,
        wallet: SimulatedWallet,
        collateral: Mapping[Instrument, Reserve],
        debt: Mapping[Instrument, Reserve],
        gas_units: Mapping[str, float],
    ) -> None:
        self.name = name
        self._wallet = wallet
        self._collateral = dict(collateral)
        self._debt = dict(debt)
        self._scaled = Accounts(name, [*collateral, *debt])
        self._gas_units = dict(gas_units)

    def balances(self) -> Mapping[Instrument, float]:
        """Report scaled balances, of supply and of debt (both positive)."""
        return self._scaled.report()

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return self._scaled.health()

    def snapshot(self) -> dict[Instrument, float]:
        """Return the state, to be restored if a step of a transaction fails."""
        return self._scaled.report()

    def restore(self, state: Mapping[Instrument, float]) -> None:
        """Bring back a state."""
        for line, units in state.items():
            self._scaled[line] = units

    def submit(self, instruction: Instruction, market: Window) -> ExecutionResult:
        """Carry out an order, or refuse it; a refusal leaves wallet and pool as they were."""
        before, tokens = self.snapshot(), self._wallet.snapshot()
        try:
            if not isinstance(instruction, TAKEN_WHILE_CLOSED):
                require_open(self.name, market)
            match instruction:
                case Supply():
                    return self._supply(instruction, market)
                case Withdraw():
                    return self._withdraw(instruction, market)
                case Borrow():
                    return self._borrow(instruction, market)
                case Repay():
                    return self._repay(instruction, market)
                case _:
                    raise UnsupportedInstructionError(
                        f"{self.name} does not take this kind of instruction",
                        where=self.name,
                        value=type(instruction).__name__,
                        remedy="send it to the venue that does",
                    )
        except VenueRefusalError as error:
            self.restore(before)
            self._wallet.restore(tokens)
            return ExecutionResult(status=Status.REJECTED, instruction=instruction, error=error)

    def health_factor(self, market: Window) -> float:
        """Return the health factor at the window's last row; inf without debt.

        Parameters
        ----------
        market : Window
            Whose last row has indices and prices.

        Returns
        -------
        float
            From 0; liquidatable below 1.
        """
        weighted, _, debt = self._account(market)
        return float(aave.health_factor(np.array([weighted]), np.array([debt]))[0])

    def _supply(self, order: Supply, market: Window) -> ExecutionResult:
        reserve = self._reserve(order, order.atoken, self._collateral)
        gas = self._wallet.pay_gas(self._gas_units["supply"], market)
        taken = self._wallet.debit(reserve.token, order.quantity, market)
        scaled = _scale(taken, reserve.supply_index, market)
        self._scaled.put(order.atoken, scaled)
        return _filled(order, taken, (-taken, order.atoken, scaled), gas)

    def _withdraw(self, order: Withdraw, market: Window) -> ExecutionResult:
        reserve = self._reserve(order, order.atoken, self._collateral)
        _check_liquidity(reserve, order.quantity, market)
        gas = self._wallet.pay_gas(self._gas_units["withdraw"], market)
        scaled = _scale(order.quantity, reserve.supply_index, market)
        burnt = self._scaled.take(order.atoken, scaled)
        self._check_health(market)
        self._wallet.credit(reserve.token, order.quantity)
        return _filled(order, order.quantity, (order.quantity, order.atoken, -burnt), gas)

    def _borrow(self, order: Borrow, market: Window) -> ExecutionResult:
        reserve = self._reserve(order, order.debt, self._debt)
        _check_liquidity(reserve, order.quantity, market)
        gas = self._wallet.pay_gas(self._gas_units["borrow"], market)
        scaled = _scale(order.quantity, reserve.borrow_index, market)
        self._scaled.put(order.debt, scaled)
        self._check_health(market)
        self._check_ltv(market)
        self._wallet.credit(reserve.token, order.quantity)
        return _filled(order, order.quantity, (order.quantity, order.debt, scaled), gas)

    def _repay(self, order: Repay, market: Window) -> ExecutionResult:
        reserve = self._reserve(order, order.debt, self._debt)
        gas = self._wallet.pay_gas(self._gas_units["repay"], market)
        owed = self._scaled[order.debt]
        scaled = min(_scale(order.quantity, reserve.borrow_index, market), owed)
        whole = scaled == owed
        due = _underlying(owed, reserve.borrow_index, market) if whole else order.quantity
        taken = self._wallet.debit(reserve.token, due, market)
        self._scaled[order.debt] = 0.0 if whole else owed - scaled
        return _filled(order, taken, (-taken, order.debt, -scaled), gas)

    def _account(self, market: Window) -> tuple[float, float, float]:
        """Collateral by liquidation threshold, collateral by LTV, debt (share currency)."""
        weighted = borrowable = debt = 0.0
        for line, reserve in self._collateral.items():
            units = _underlying(self._scaled[line], reserve.supply_index, market)
            value = units * _price(reserve, market)
            weighted += value * reserve.liquidation_threshold
            borrowable += value * reserve.ltv
        for line, reserve in self._debt.items():
            units = _underlying(self._scaled[line], reserve.borrow_index, market)
            debt += units * _price(reserve, market)
        return weighted, borrowable, debt

    def _check_health(self, market: Window) -> None:
        factor = self.health_factor(market)
        if factor < 1.0:
            raise HealthFactorError(
                "the health factor would fall below 1",
                where=self.name,
                value=factor,
                remedy="withdraw or borrow less, or repay first",
            )

    def _check_ltv(self, market: Window) -> None:
        _, borrowable, debt = self._account(market)
        if debt > borrowable:
            raise HealthFactorError(
                "the collateral does not cover the borrowing at its LTV",
                where=self.name,
                value=f"debt {debt:.6f}, at most {borrowable:.6f}",
                remedy="borrow less, or supply more first",
            )

    def _reserve(
        self, order: PoolOrder, line: Instrument, known: Mapping[Instrument, Reserve]
    ) -> Reserve:
        reserve = known.get(line)
        if reserve is None or reserve.token != order.token:
            raise UnsupportedInstructionError(
                f"{self.name} has no such reserve in this run",
                where=self.name,
                value=f"{order.token} for {line}",
                remedy="name a reserve of the run",
            )
        if not order.quantity > 0.0:
            raise InsufficientBalanceError(
                "a pool takes positive quantities",
                where=str(line),
                value=order.quantity,
                remedy="leave the instruction out when there is nothing to do",
            )
        return reserve

    def preview(self, window: Window) -> Preview:  # noqa: ARG002 - the protocol's signature
        """Do nothing: interest is in the index."""
        return Preview(flows=(), work_row=None)

    def settle(self, window: Window) -> tuple[Statement, ...]:  # noqa: ARG002 - the protocol's signature
        """Do nothing: interest is in the index."""
        return ()


def _scale(underlying: float, index: str, market: Window) -> float:
    at = market.values(index)[-1:]
    return float(aave.scaled_from_underlying(np.array([underlying]), at)[0])


def _underlying(scaled: float, index: str, market: Window) -> float:
    if scaled == 0.0:
        return 0.0
    at = market.values(index)[-1:]
    return float(aave.underlying_from_scaled(np.array([scaled]), at)[0])


def _price(reserve: Reserve, market: Window) -> float:
    price = 1.0
    for name in (reserve.rate, reserve.price):
        if name is not None:
            price *= float(market.values(name)[-1])
    return price


def _check_liquidity(reserve: Reserve, quantity: float, market: Window) -> None:
    if not (market.has(reserve.supplied) and market.has(reserve.borrowed)):
        return
    supplied = float(market.values(reserve.supplied)[-1])
    borrowed = float(market.values(reserve.borrowed)[-1])
    if quantity > supplied - borrowed:
        raise InsufficientLiquidityError(
            "the pool cannot pay that much out now",
            where=str(reserve.token),
            value=f"asked {quantity:.6f}, available {supplied - borrowed:.6f}",
            remedy="take it in parts, or wait until borrowers repay",
        )


def _filled(
    order: PoolOrder,
    quantity: float,
    moves: tuple[float, Instrument, float],
    gas: tuple[Movement, ...],
) -> ExecutionResult:
    token_units, line, scaled_units = moves
    return ExecutionResult(
        status=Status.FILLED,
        instruction=order,
        movements=(
            Movement(order.token, token_units, Cause.TRADE),
            Movement(line, scaled_units, Cause.TRADE),
            *gas,
        ),
        quantity=quantity,
        price=1.0,
        quote_price=1.0,
    )
