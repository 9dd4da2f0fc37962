"""Whether the gas of a decision can be paid: what cannot is not sent, and waits."""

from collections.abc import Mapping
from dataclasses import dataclass

from basis_lab.calc.costs import gas_cost_native
from basis_lab.domain import series
from basis_lab.domain.instructions import (
    AtomicGroup,
    Borrow,
    Decision,
    FlashBorrow,
    Instruction,
    Repay,
    Stake,
    Supply,
    Swap,
    Transfer,
    Unstake,
    Withdraw,
    Wrap,
)
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.domain.market import Window
from basis_lab.strategies.base import View
from basis_lab.strategies.staking_holdings import CHAIN, NATIVE

OPERATIONS: Mapping[type[Instruction], str] = {
    Supply: "supply",
    Withdraw: "withdraw",
    Borrow: "borrow",
    Repay: "repay",
    Wrap: "wrap",
    Stake: "stake",
    Unstake: "unstake",
    Swap: "swap",
    FlashBorrow: "flash",
}

DUST, ROUNDING = 1e-9, 1e-8  # relative, and ETH: a shortage that the wallet takes for rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class GasGuard:
    """Tells beforehand what the wallet would say to the gas of a decision.

    Parameters
    ----------
    universe : Universe
        The run's columns.
    gas_units : mapping of venue to mapping of operation to float
        Gas of what is done on chain, >= 0; zeros where a run pays none.
    debt_limit : float
        How far gas may drive native coin below zero, share of equity.
    """

    universe: Universe
    gas_units: Mapping[str, Mapping[str, float]]
    debt_limit: float

    def affords(self, view: View, decision: Decision) -> bool:
        """Tell if every payment of gas leaves native coin within the debt allowed.

        Parameters
        ----------
        view : View
            One row: the book before the decision, and the gas price.
        decision : Decision
            What would be done.

        Returns
        -------
        bool
            True where a run pays no gas.

        Notes
        -----
        In the order of the wallet: what an instruction takes, its gas, what it brings; the steps
        of a group first and then the gas of the whole. A sale for native coin counts as bringing
        nothing, for its proceeds are not known before. Gas is too dear as well where it uses up
        what a later instruction takes.
        """
        native = Instrument(CHAIN, Kind.TOKEN, NATIVE)
        if native not in self.universe:
            return True
        left = float(view.exposure.quantities[-1, self.universe.column(native)])
        allowed = self.debt_allowed(view.window, float(view.exposure.equity[-1]))
        paid = 0.0
        for asked in decision.instructions:
            brought = 0.0
            if isinstance(asked, AtomicGroup):
                left += sum(_brought(x, native) - _taken(x, native) for x in asked.steps)
                gas = self._gas(view.window, asked.steps)
            else:
                taken = _taken(asked, native)
                if _short(taken, left) and not _short(taken, left + paid):
                    return False
                left -= min(taken, max(left, 0.0))
                gas = self._gas(view.window, (asked,))
                brought = _brought(asked, native)
            if gas > 0.0 and left - gas < -allowed:
                return False
            left += brought - gas
            paid += gas
        return True

    def debt_allowed(self, window: Window, equity: float) -> float:
        """Return how far gas may drive native coin below zero now, ETH, >= 0.

        Parameters
        ----------
        window : Window
            Whose last row is now.
        equity : float
            Share-class currency.

        Returns
        -------
        float
            0.0 where equity is negative.
        """
        allowed = equity * self.debt_limit
        if self.universe.share_currency != NATIVE:
            allowed /= float(window.values(series.spot("binance", NATIVE))[-1])
        return max(allowed, 0.0)

    def _gas(self, window: Window, steps: tuple[Instruction, ...]) -> float:
        units = sum(self._units(x) for x in steps)
        if units == 0.0:
            return 0.0
        return float(gas_cost_native(units, window.values(series.GAS_PRICE)[-1:])[0])

    def _units(self, step: Instruction) -> float:
        if isinstance(step, Transfer):
            pays = step.source.venue == CHAIN != step.destination.venue
            return self.gas_units[CHAIN]["transfer"] if pays else 0.0
        if type(step) not in OPERATIONS:
            return 0.0
        units = self.gas_units[step.venue]
        gas = units[OPERATIONS[type(step)]]
        if isinstance(step, Swap) and step.source.kind is Kind.KING:
            gas += units["unwrap_reward"]
        return gas


def _short(quantity: float, held: float) -> bool:
    """Tell if a wallet holds less, and by more than it takes for rounding."""
    return quantity > max(held, 0.0) * (1.0 + DUST) + ROUNDING


def _taken(step: Instruction, native: Instrument) -> float:
    match step:
        case Wrap() | Swap() | Transfer() if step.source == native:
            return step.quantity
        case Stake() if step.token == native:
            return step.quantity
        case _:
            return 0.0


def _brought(step: Instruction, native: Instrument) -> float:
    match step:
        case Wrap() if step.destination == native:
            return step.quantity
        case Transfer() if step.destination == native and step.source.venue == native.venue:
            return step.quantity
        case _:
            return 0.0
