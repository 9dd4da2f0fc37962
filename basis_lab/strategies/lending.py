"""pure_lending: the share class's own asset, supplied to a lending pool."""

import numpy as np

from basis_lab.calc.costs import gas_cost_native
from basis_lab.domain import series
from basis_lab.domain.instructions import (
    Action,
    Decision,
    Instruction,
    OpenPlan,
    Reason,
    Supply,
    Swap,
    Transfer,
    Withdraw,
    Wrap,
)
from basis_lab.domain.instruments import Instrument, Kind, Listing, Universe
from basis_lab.domain.market import BoolArray, FloatArray
from basis_lab.domain.requirements import Requirement
from basis_lab.strategies import base
from basis_lab.strategies.base import Blueprint, Terms, Trigger, View
from basis_lab.strategies.needs import gas_needs, lending_needs, spot_needs, usd_needs
from basis_lab.strategies.parameters import LendingParameters
from basis_lab.strategies.triggers import gas_debt_trigger

NATIVE = "ETH"
WRAPPED = "WETH"
SLIPPAGE_ALLOWANCE = 2.0  # a fill may lose twice the decision's own estimate


def lending_blueprint(parameters: LendingParameters, asset: str, currency: str) -> Blueprint:
    """Say what a lending mode holds and needs.

    Parameters
    ----------
    parameters : LendingParameters
        The ``strategy`` block.
    asset : str
        What is lent: the share class's own asset.
    currency : str
        The share class's currency ("USDT" or "ETH").

    Returns
    -------
    Blueprint
        Listings and requirements.
    """
    chain, pool = parameters.treasury, parameters.lending_venue
    eth_price = None if currency == NATIVE else series.spot("binance", NATIVE)
    token = WRAPPED if asset == NATIVE else asset
    index = series.liquidity_index(token)
    listings = [
        Listing(instrument=Instrument(chain, Kind.TOKEN, NATIVE), asset=NATIVE, price=eth_price),
        Listing(instrument=Instrument(chain, Kind.TOKEN, token), asset=asset),
        Listing(instrument=Instrument(chain, Kind.RESERVE, asset), asset=asset),
        Listing(instrument=Instrument(chain, Kind.IN_TRANSIT, asset), asset=asset),
        Listing(instrument=Instrument(pool, Kind.ATOKEN, token), asset=asset, index=index),
    ]
    requirements: tuple[Requirement, ...] = (
        *lending_needs(token),
        *gas_needs(),
        *usd_needs(currency),
    )
    if eth_price is not None:
        requirements = (*requirements, *spot_needs("binance", NATIVE, "price of gas"))
    return Blueprint(listings=tuple(listings), requirements=requirements)


class LendingStrategy:
    """Supply everything at entry; interest compounds in the index and needs no action.

    Parameters
    ----------
    parameters : LendingParameters
        The ``strategy`` block.
    universe : Universe
        The run's columns.
    asset : str
        What is lent.
    terms : Terms
        What acting costs.
    """

    def __init__(
        self, parameters: LendingParameters, universe: Universe, asset: str, terms: Terms
    ) -> None:
        token = WRAPPED if asset == NATIVE else asset
        chain = parameters.treasury
        self.parameters = parameters
        self.universe = universe
        self.reserve_ratio = parameters.reserve_ratio
        self.treasury = Instrument(chain, Kind.TOKEN, asset)
        self.reserve = Instrument(chain, Kind.RESERVE, asset)
        self._native = Instrument(chain, Kind.TOKEN, NATIVE)
        self._token = Instrument(chain, Kind.TOKEN, token)
        self._atoken = Instrument(parameters.lending_venue, Kind.ATOKEN, token)
        self._terms = terms
        self._supplied = series.total_supplied(token)
        self._borrowed = series.total_borrowed(token)

    def target(self, view: View) -> FloatArray:
        """Return targets, shape (W, n): the supply is worth equity less the reserve."""
        reserve = view.exposure.equity * self.reserve_ratio
        quantities = np.zeros_like(view.exposure.quantities)
        column = self.universe.column(self._atoken)
        quantities[:, column] = (view.exposure.equity - reserve) / view.window.unit_prices[
            :, column
        ]
        quantities[:, self.universe.column(self.reserve)] = reserve
        return quantities

    def risk_triggers(self, view: View) -> tuple[Trigger, ...]:  # noqa: ARG002 - the protocol's signature
        """Return none: what is lent without debt cannot be liquidated."""
        return ()

    def triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return the entry; then gas debt that is worth buying back."""
        idle = self._units(view, self.treasury)
        fires = np.full(len(view.window), not view.entered) & (idle > 0.0)
        entry = Trigger(name="entry", side="", fires=fires, value=idle, limit=0.0)
        if not view.entered:
            return (entry,)
        native = view.exposure.values[:, self.universe.column(self._native)]
        limit = self._terms.gas_debt_limit * base.GAS_DEBT_SHARE
        return (entry, gas_debt_trigger(native, view.exposure.equity, limit))

    def can_unwind(self, view: View) -> BoolArray:
        """Tell where something is supplied and the pool can pay out, shape (W,)."""
        supplied = self._units(view, self._atoken) > 0.0
        if not (view.window.has(self._supplied) and view.window.has(self._borrowed)):
            return supplied
        free = view.window.values(self._supplied) > view.window.values(self._borrowed)
        return supplied & free

    def decide(self, view: View, reason: Reason) -> Decision | None:
        """Supply what is idle, or withdraw exactly what a payment or the reserve lacks."""
        if reason.trigger != "entry" and not self._affords_gas(view):
            return None  # what is asked for waits, and earns, until gas can be paid
        match reason.trigger:
            case base.ORDERED_EXIT:
                return self._withdraw(view, reason, np.inf, to_reserve=0.0)
            case "withdrawal":
                return self._withdraw(view, reason, view.queue, to_reserve=0.0)
            case "reserve_low":
                gap = self._reserve_gap(view)
                return self._withdraw(view, reason, gap, to_reserve=gap)
            case "gas_debt":
                return self._buy_gas(view, reason)
            case _:
                return self._supply(view, reason)

    def proceed(self, view: View, plan: OpenPlan) -> Decision | None:  # noqa: ARG002 - the protocol's signature
        """Return None: lending opens no plans."""
        return None

    def _supply(self, view: View, reason: Reason) -> Decision | None:
        idle = self._last(view, self.treasury)
        kept = min(self._reserve_gap(view), idle) if reason.trigger == "entry" else 0.0
        instructions: list[Instruction] = []
        if kept > 0.0:
            instructions.append(self._to_reserve(kept))
        supplied = idle - kept
        if not supplied > 0.0:
            return None
        instructions += [*self._wrapped(supplied, unwrap=False), self._supplied_order(supplied)]
        entry = reason.trigger == "entry"
        return Decision(
            action=Action.ENTRY_FULL if entry else Action.ENTRY_PARTIAL,
            reason=reason,
            instructions=tuple(instructions),
        )

    def _withdraw(
        self, view: View, reason: Reason, needed: float, to_reserve: float
    ) -> Decision | None:
        """Withdraw what is missing, or as much as is held and the pool can pay now."""
        column = self.universe.column(self._atoken)
        held = float(view.exposure.values[-1, column])
        missing = needed - self._last(view, self.treasury) + self._gas_from_proceeds(view)
        amount = min(missing, held, self._liquidity(view))
        if not amount > 0.0:
            return None
        instructions: list[Instruction] = [
            Withdraw(
                venue=self._atoken.venue, token=self._token, atoken=self._atoken, quantity=amount
            ),
            *self._wrapped(amount, unwrap=True),
        ]
        if to_reserve:
            instructions.append(self._to_reserve(min(to_reserve, amount)))
        whole = amount == held
        return Decision(
            action=Action.EXIT_FULL if whole else Action.EXIT_PARTIAL,
            reason=reason,
            instructions=tuple(instructions),
        )

    def _buy_gas(self, view: View, reason: Reason) -> Decision | None:
        """Bring native coin back to zero: by a withdrawal in it, or by a purchase."""
        debt = max(-self._last(view, self._native), 0.0)
        if self._native == self.treasury:
            return self._withdraw(view, reason, 0.0, to_reserve=0.0)
        if self._terms.gas_market is None:
            return None
        venue, market = self._terms.gas_market
        units = self._terms.gas_units["withdraw"] + self._terms.gas_units["swap"]
        gas = float(gas_cost_native(units, view.window.values(series.GAS_PRICE)[-1:])[0])
        price = float(view.window.values(series.spot("binance", NATIVE))[-1])
        cost = (debt + gas) * price
        slippage = float(market.slippage(np.array([cost]))[0])
        paid = cost / (1.0 - slippage)
        held = float(view.exposure.values[-1, self.universe.column(self._atoken)])
        most = self._terms.gas_debt_limit * float(view.exposure.equity[-1]) / price
        if paid > min(held, self._liquidity(view)) or debt + gas > most:
            return None  # gas is paid before the coin is there: it waits for cheaper gas
        return Decision(
            action=Action.EXIT_PARTIAL,
            reason=reason,
            instructions=(
                Withdraw(
                    venue=self._atoken.venue, token=self._token, atoken=self._atoken, quantity=paid
                ),
                Swap(
                    venue=venue,
                    source=self._token,
                    destination=self._native,
                    quantity=paid,
                    max_slippage=SLIPPAGE_ALLOWANCE * slippage,
                ),
            ),
        )

    def _affords_gas(self, view: View) -> bool:
        """Tell if gas debt stays within its limit, whatever the decision needs."""
        units = self._terms.gas_units
        most = max(units["supply"], units["withdraw"]) + units["wrap"]
        if most == 0.0:
            return True
        gas = float(gas_cost_native(most, view.window.values(series.GAS_PRICE)[-1:])[0])
        limit = self._terms.gas_debt_limit * float(view.exposure.equity[-1])
        if self.treasury.symbol == NATIVE:
            return gas <= limit + max(self._last(view, self.treasury), 0.0)
        price = float(view.window.values(series.spot("binance", NATIVE))[-1])
        return self._last(view, self._native) - gas >= -limit / price

    def _gas_from_proceeds(self, view: View) -> float:
        """Gas of a withdrawal, where it is paid in the coin that is withdrawn."""
        if self.treasury.symbol != NATIVE:
            return 0.0
        units = self._terms.gas_units["withdraw"] + self._terms.gas_units["wrap"]
        return float(gas_cost_native(units, view.window.values(series.GAS_PRICE)[-1:])[0])

    def _liquidity(self, view: View) -> float:
        """Units that the pool can pay out now; unlimited where the data has no figure."""
        if not (view.window.has(self._supplied) and view.window.has(self._borrowed)):
            return np.inf
        supplied = float(view.window.values(self._supplied)[-1])
        return supplied - float(view.window.values(self._borrowed)[-1])

    def _reserve_gap(self, view: View) -> float:
        wanted = self.reserve_ratio * float(view.exposure.equity[-1])
        return max(wanted - self._last(view, self.reserve), 0.0)

    def _to_reserve(self, quantity: float) -> Transfer:
        return Transfer(source=self.treasury, destination=self.reserve, quantity=quantity)

    def _supplied_order(self, quantity: float) -> Supply:
        return Supply(
            venue=self._atoken.venue, token=self._token, atoken=self._atoken, quantity=quantity
        )

    def _wrapped(self, quantity: float, *, unwrap: bool) -> list[Instruction]:
        if self._token == self.treasury:
            return []
        source, destination = self.treasury, self._token
        if unwrap:
            source, destination = destination, source
        return [
            Wrap(
                venue=self.treasury.venue,
                source=source,
                destination=destination,
                quantity=quantity,
            )
        ]

    def _units(self, view: View, instrument: Instrument) -> FloatArray:
        return view.exposure.quantities[:, self.universe.column(instrument)]

    def _last(self, view: View, instrument: Instrument) -> float:
        return float(self._units(view, instrument)[-1])
