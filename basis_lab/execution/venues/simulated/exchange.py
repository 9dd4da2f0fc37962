"""A simulated exchange: spot and linear perpetuals with margin, tiers, funding, liquidation.

It keeps its book the way exchanges do (coin balances, margin cash, size and average entry), not
the way ours is kept, so that reconciliation compares two independent records.
"""

from collections.abc import Mapping

import numpy as np

from basis_lab.domain.arrays import anywhere, running
from basis_lab.domain.instructions import (
    Cause,
    ExecutionResult,
    Instruction,
    Movement,
    PerpTrade,
    SpotTrade,
    Status,
)
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.domain.market import Window
from basis_lab.domain.statements import (
    Liquidation,
    Preview,
    ScheduledFlows,
    Statement,
)
from basis_lab.errors import (
    InsufficientBalanceError,
    UnsupportedInstructionError,
    VenueRefusalError,
)
from basis_lab.execution.venues.simulated.accounts import DUST, Accounts
from basis_lab.execution.venues.simulated.closures import first_loss, require_open, take_loss
from basis_lab.execution.venues.simulated.markets import (
    PerpMarket,
    Position,
    SpotMarket,
    check_initial_margin,
    check_size,
    crosses,
    fill_price,
    filled,
    funding_flows,
    liquidation_price,
    no_market,
    traded,
)


class SimulatedExchange:
    """An exchange in process.

    Parameters
    ----------
    name : str
        The venue.
    spot, perp : mapping of instrument to market
        Markets by base coin and by perp.
    accounts : tuple of Instrument
        Every coin and cash account that the venue keeps for us.
    """

    def __init__(
        self,
        name: str,
        *,
        spot: Mapping[Instrument, SpotMarket],
        perp: Mapping[Instrument, PerpMarket],
        accounts: tuple[Instrument, ...],
    ) -> None:
        self.name = name
        self._spot = dict(spot)
        self._perp = dict(perp)
        self._cash = Accounts(name, accounts)
        self._positions = {key: Position() for key in perp}

    def balances(self) -> Mapping[Instrument, float]:
        """Report coins, cash, positions and the notional they were opened against."""
        report = self._cash.report()
        for key, position in self._positions.items():
            report[key] = position.size
            report[self._perp[key].contracts] = -(position.size * position.entry)
        return report

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return self._cash.health()

    def credit(self, account: Instrument, quantity: float) -> None:
        """Take units that arrived."""
        self._cash.put(account, quantity)

    def debit(self, account: Instrument, quantity: float, market: Window) -> float:
        """Give units away for a transfer.

        Returns
        -------
        float
            What was taken: ``quantity``, or the whole balance where they differ by rounding.

        Raises
        ------
        InsufficientBalanceError
            If the account does not hold them.
        InsufficientMarginError
            If a position needs them as initial margin.
        VenueClosedError
            If the venue is closed.
        """
        require_open(self.name, market)
        if account.kind is Kind.MARGIN:
            self._check_free_margin(quantity, market)
        return self._cash.take(account, quantity)

    def submit(self, instruction: Instruction, market: Window) -> ExecutionResult:
        """Fill a trade at the last price plus slippage, or refuse it."""
        try:
            require_open(self.name, market)
            if isinstance(instruction, SpotTrade):
                return self._trade_spot(instruction, market)
            if isinstance(instruction, PerpTrade):
                return self._trade_perp(instruction, market)
            raise UnsupportedInstructionError(
                f"{self.name} does not take this kind of instruction",
                where=self.name,
                value=type(instruction).__name__,
                remedy="send it to the venue that does",
            )
        except VenueRefusalError as error:
            return ExecutionResult(status=Status.REJECTED, instruction=instruction, error=error)

    def preview(self, window: Window) -> Preview:
        """Tell funding, and the first liquidation or default of a window."""
        flows = []
        work = first_loss(self.name, self.balances, window)
        for key, position in self._positions.items():
            if position.size != 0.0:
                flow = funding_flows(self.name, self._perp[key], position.size, window)
                flows.append(flow)
                work.extend(self._liquidation_rows(key, flow, window))
        return Preview(flows=tuple(flows), work_row=min(work, default=None))

    def settle(self, window: Window) -> tuple[Statement, ...]:
        """Liquidate what the bar that ended crossed, then pay funding on what survived."""
        done: list[Statement] = []
        if len(window) == 1:
            for key in self._positions:
                done.extend(self._liquidate(key, window))
        lost = take_loss(self.name, self.balances, window)
        if lost:
            self._vanish()
            done.extend(lost)
        for key, position in self._positions.items():
            if position.size != 0.0:
                market = self._perp[key]
                paid = funding_flows(self.name, market, position.size, window).quantity
                if len(paid):
                    self._cash[market.margin] = float(running(self._cash[market.margin], paid)[-1])
        return tuple(done)

    def _vanish(self) -> None:
        """Lose every balance and position."""
        for account in self._cash.report():
            self._cash[account] = 0.0
        for key in self._positions:
            self._positions[key] = Position()

    def _trade_spot(self, order: SpotTrade, window: Window) -> ExecutionResult:
        market = self._spot.get(order.base)
        if market is None or market.quote != order.quote:
            raise no_market(self.name, f"{order.base} against {order.quote}")
        quote = float(window.values(market.last)[-1])
        check_size(order.quantity, quote, market.terms, str(order.base))
        price = fill_price(order.quantity, quote, market.terms, order.max_slippage, self.name)
        size = abs(order.quantity)
        if order.quantity > 0.0:
            self._cash.take(market.quote, size * price)
            fee = Movement(market.base, -(size * market.terms.fee), Cause.FEE)
            self.credit(market.base, size * (1.0 - market.terms.fee))
        else:
            self._cash.take(market.base, size)
            fee = Movement(market.quote, -(size * price * market.terms.fee), Cause.FEE)
            self.credit(market.quote, size * price * (1.0 - market.terms.fee))
        return filled(order, order.quantity, price, quote, fee)

    def _trade_perp(self, order: PerpTrade, window: Window) -> ExecutionResult:
        market = self._perp.get(order.perp)
        if market is None:
            raise no_market(self.name, str(order.perp))
        position = self._positions[order.perp]
        quote = float(window.values(market.last)[-1])
        after = position.size + order.quantity
        reduces = abs(after) < abs(position.size) and after * position.size >= 0.0
        if order.reduce_only and not reduces:
            raise InsufficientBalanceError(
                "a reduce-only order would open or flip the position",
                where=str(order.perp),
                value=f"holds {position.size!r}, order {order.quantity!r}",
                remedy="reduce by at most what is held",
            )
        if not reduces:
            check_size(order.quantity, quote, market.terms, str(order.perp))
        price = fill_price(order.quantity, quote, market.terms, order.max_slippage, self.name)
        fee = abs(order.quantity) * price * market.terms.fee
        trial = traded(position, order.quantity, price)
        cash = self._cash[market.margin] + trial.realised - fee
        mark = float(window.values(market.mark)[-1])
        if not reduces and market.checks_margin:
            check_initial_margin(market, trial.position, cash, mark)
        # A reduction may leave cash negative against profit that is still unrealised.
        left = trial.position.size * (mark - trial.position.entry)
        backing = cash + max(left, 0.0) if reduces else cash
        if backing < -DUST:
            raise InsufficientBalanceError(
                "margin cash does not cover the fee and the realised loss",
                where=str(market.margin),
                value=f"would leave {cash:,.2f} {market.margin.symbol}",
                remedy="move margin there first",
            )
        self._positions[order.perp] = trial.position
        self._cash[market.margin] = 0.0 if -DUST <= cash < 0.0 else cash
        return filled(order, order.quantity, price, quote, Movement(market.margin, -fee, Cause.FEE))

    def _check_free_margin(self, quantity: float, window: Window) -> None:
        for key, position in self._positions.items():
            market = self._perp[key]
            if position.size != 0.0 and market.checks_margin:
                mark = float(window.values(market.mark)[-1])
                check_initial_margin(market, position, self._cash[market.margin] - quantity, mark)

    def _liquidation_rows(self, key: Instrument, flow: ScheduledFlows, window: Window) -> list[int]:
        """Rows whose finished bar crosses the liquidation price, given cash before each row."""
        market, position = self._perp[key], self._positions[key]
        opening = self._cash[market.margin]
        levels = np.concatenate([[opening], running(opening, flow.quantity)])
        nearest = liquidation_price(market, position, levels.min(keepdims=True))
        if not anywhere(crosses(market, position, window, nearest)):
            return []
        before = np.searchsorted(flow.rows, np.arange(window.start, window.stop), side="left")
        price = liquidation_price(market, position, levels[before])
        hits = np.flatnonzero(crosses(market, position, window, price))
        return [window.start + int(hits[0])] if len(hits) else []

    def _liquidate(self, key: Instrument, window: Window) -> list[Liquidation]:
        market, position = self._perp[key], self._positions[key]
        if position.size == 0.0:
            return []
        cash = self._cash[market.margin]
        price = float(liquidation_price(market, position, np.array([cash]))[0])
        if not crosses(market, position, window, np.array([price]))[-1]:
            return []
        opened = float(window.previous(market.mark)[-1])
        fill = max(price, opened) if position.size < 0.0 else min(price, opened)
        left = cash + position.size * (fill - position.entry)
        fee = min(market.liquidation_fee * abs(position.size) * fill, max(left, 0.0))
        absorbed = max(-left, 0.0)
        self._cash[market.margin] = left - fee + absorbed
        self._positions[key] = Position()
        return [
            Liquidation(
                venue=self.name,
                perp=market.perp,
                contracts=market.contracts,
                margin=market.margin,
                quantity=position.size,
                price=fill,
                clearance_fee=fee,
                absorbed=absorbed,
            )
        ]
