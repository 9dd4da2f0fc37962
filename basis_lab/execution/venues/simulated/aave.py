"""A simulated Aave v3 pool: supply, withdraw, borrow and repay in scaled units at the indices.

Source: aave-v3-origin SupplyLogic and BorrowLogic (scaled mints and burns), ValidationLogic
(health factor and LTV after a borrow, health factor after a withdrawal), GenericLogic (account
data), LiquidationLogic. Prices, rates and liquidity are taken as given: own size does not move
them, and a liquidator is always there. A staking token's oracle price is its protocol's rate
times the price of ETH: what a market pays for it moves no health factor.
"""

from collections.abc import Mapping

import numpy as np

from basis_lab.domain.dated import DatedRows
from basis_lab.domain.instructions import (
    Borrow,
    Cause,
    ExecutionResult,
    FlashBorrow,
    FlashRepay,
    Instruction,
    Movement,
    Repay,
    Status,
    Supply,
    Withdraw,
)
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.domain.market import Window
from basis_lab.domain.statements import Preview, Statement
from basis_lab.errors import (
    HealthFactorError,
    InsufficientBalanceError,
    UnsupportedInstructionError,
    VenueRefusalError,
)
from basis_lab.execution.venues.simulated.accounts import DUST, Accounts
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.closures import require_open
from basis_lab.execution.venues.simulated.flash import FlashDesk
from basis_lab.execution.venues.simulated.liquidator import left, liquidate
from basis_lab.execution.venues.simulated.reserves import (
    Account,
    Lines,
    Reserve,
    account,
    check_liquidity,
    scale,
    underlying,
)

PoolOrder = Supply | Withdraw | Borrow | Repay


class SimulatedAave:
    """A lending pool in process.

    Parameters
    ----------
    name : str
        The venue.
    wallet : SimulatedWallet
        Who pays and receives.
    lines : Lines
        The run's lines of supply and of debt.
    gas_units : mapping of str to float
        Gas by operation.
    versions : DatedRows
        Liquidation rules by date.
    flash : FlashDesk
        What the pool lends inside a transaction.
    """

    def __init__(
        self,
        name: str,
        *,
        wallet: SimulatedWallet,
        lines: Lines,
        gas_units: Mapping[str, float],
        versions: DatedRows,
        flash: FlashDesk,
    ) -> None:
        self.name = name
        self._wallet = wallet
        self._versions = versions
        self._flash = flash
        self._lines = lines
        self._scaled = Accounts(name, [*lines.collateral, *lines.debt])
        self._gas_units = dict(gas_units)

    def balances(self) -> Mapping[Instrument, float]:
        """Report scaled balances, of supply and of debt (both positive), and flash loans."""
        return {**self._scaled.report(), **self._flash.owed.report()}

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return self._scaled.health()

    def snapshot(self) -> dict[Instrument, float]:
        """Return the state, to be restored if a step of a transaction fails."""
        return {**self._scaled.report(), **self._flash.owed.report()}

    def restore(self, state: Mapping[Instrument, float]) -> None:
        """Bring back a state."""
        for line, units in state.items():
            book = self._flash.owed if line.kind is Kind.FLASH else self._scaled
            book[line] = units

    def submit(self, instruction: Instruction, market: Window) -> ExecutionResult:
        """Carry out an order, or refuse it; a refusal leaves wallet and pool as they were."""
        before, tokens = self.snapshot(), self._wallet.snapshot()
        try:
            require_open(self.name, market, instruction)
            return self._carry_out(instruction, market)
        except VenueRefusalError as error:
            self.restore(before)
            self._wallet.restore(tokens)
            return ExecutionResult(status=Status.REJECTED, instruction=instruction, error=error)

    def _carry_out(self, instruction: Instruction, market: Window) -> ExecutionResult:
        match instruction:
            case Supply():
                return self._supply(instruction, market)
            case Withdraw():
                return self._withdraw(instruction, market)
            case Borrow():
                return self._borrow(instruction, market)
            case Repay():
                return self._repay(instruction, market)
            case FlashBorrow():
                return self._flash.lend(instruction, market)
            case FlashRepay():
                return self._flash.take_back(instruction, market)
            case _:
                raise UnsupportedInstructionError(
                    f"{self.name} does not take this kind of instruction",
                    where=self.name,
                    value=type(instruction).__name__,
                    remedy="send it to the venue that does",
                )

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
        return float(self._account(market.last).health_factor[0])

    def _supply(self, order: Supply, market: Window) -> ExecutionResult:
        reserve = self._reserve(order, order.atoken, self._lines.collateral)
        gas = self._wallet.pay_gas(self._gas_units["supply"], market)
        taken = self._wallet.debit(reserve.token, order.quantity, market)
        scaled = scale(taken, reserve.supply_index, market)
        self._scaled.put(order.atoken, scaled)
        return _filled(order, taken, (-taken, order.atoken, scaled), gas)

    def _withdraw(self, order: Withdraw, market: Window) -> ExecutionResult:
        reserve = self._reserve(order, order.atoken, self._lines.collateral)
        held = self._scaled[order.atoken]
        scaled = scale(order.quantity, reserve.supply_index, market)
        burnt = self._scaled.take(order.atoken, scaled)
        paid = order.quantity
        if burnt == held:
            paid = float(underlying(held, reserve.supply_index, market)[-1])
        check_liquidity(reserve, paid, market)
        gas = self._wallet.pay_gas(self._gas_units["withdraw"], market)
        self._check_health(market)
        self._wallet.credit(reserve.token, paid)
        return _filled(order, paid, (paid, order.atoken, -burnt), gas)

    def _borrow(self, order: Borrow, market: Window) -> ExecutionResult:
        reserve = self._reserve(order, order.debt, self._lines.debt)
        check_liquidity(reserve, order.quantity, market)
        gas = self._wallet.pay_gas(self._gas_units["borrow"], market)
        scaled = scale(order.quantity, reserve.borrow_index, market)
        self._scaled.put(order.debt, scaled)
        self._check_health(market)
        self._check_ltv(market)
        self._wallet.credit(reserve.token, order.quantity)
        return _filled(order, order.quantity, (order.quantity, order.debt, scaled), gas)

    def _repay(self, order: Repay, market: Window) -> ExecutionResult:
        reserve = self._reserve(order, order.debt, self._lines.debt)
        gas = self._wallet.pay_gas(self._gas_units["repay"], market)
        owed = self._scaled[order.debt]
        scaled = min(scale(order.quantity, reserve.borrow_index, market), owed)
        whole = scaled == owed
        due = float(underlying(owed, reserve.borrow_index, market)[-1]) if whole else order.quantity
        taken = self._wallet.debit(reserve.token, due, market)
        self._scaled[order.debt] = 0.0 if whole else owed - scaled
        return _filled(order, taken, (-taken, order.debt, -scaled), gas)

    def _account(self, window: Window) -> Account:
        return account(self._scaled.report(), self._lines, window)

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
        now = self._account(market.last)
        debt, borrowable = float(now.debt[0]), float(now.borrowable[0])
        if debt > borrowable * (1.0 + DUST):
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

    def _can_be_liquidated(self) -> bool:
        held = any(self._scaled[line] for line in self._lines.collateral)
        return held and any(self._scaled[line] for line in self._lines.debt)

    def preview(self, window: Window) -> Preview:
        """Tell the first row at which the health factor is below 1; interest is in the index."""
        if not self._can_be_liquidated():
            return Preview(flows=(), work_row=None)
        below = np.flatnonzero(self._account(window).health_factor < 1.0)
        return Preview(flows=(), work_row=window.start + int(below[0]) if len(below) else None)

    def settle(self, window: Window) -> tuple[Statement, ...]:
        """Let liquidators take what they may of a loan whose health factor is below 1."""
        if len(window) > 1 or not self._can_be_liquidated():
            return ()
        if not self.health_factor(window) < 1.0:
            return ()
        done = liquidate(self._lines, self._scaled.report(), self._versions, window)
        for statement in done:
            burnt = statement.repaid_scaled + statement.burnt_scaled
            self._scaled[statement.debt] = left(self._scaled[statement.debt], burnt)
            seized = statement.seized_scaled
            self._scaled[statement.atoken] = left(self._scaled[statement.atoken], seized)
        return done


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
