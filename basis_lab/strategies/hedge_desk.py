"""The desk of a hedged mode: where a repair goes, and which orders get there."""

from dataclasses import replace

import numpy as np

from basis_lab.domain import series
from basis_lab.domain.instructions import (
    Instruction,
    PerpTrade,
    SpotTrade,
    Transfer,
)
from basis_lab.domain.instruments import Universe
from basis_lab.strategies.base import Terms, View
from basis_lab.strategies.hedge_book import Goal, HedgeBook
from basis_lab.strategies.hedge_lines import HedgeLines
from basis_lab.strategies.moves import Account, plan_moves
from basis_lab.strategies.parameters import HedgedParameters
from basis_lab.strategies.stake_desk import StakeDesk

SLIPPAGE_ALLOWANCE = 2.0  # a fill may lose twice the decision's own estimate
ROUNDING = 1.0 - 2.0**-50  # keeps a purchase with all cash from asking for one ulp too much
FEE_HEADROOM = 1.1  # cash kept for fees, over their estimate at today's price
THIN = 0.5  # of the margin ratio's warning: venues ask for less than that at entry
MOVE_THRESHOLD = 1e-4  # share of equity below which a margin difference is left alone


class HedgeDesk(HedgeLines):
    """Writes the orders of a hedged mode.

    Parameters
    ----------
    parameters : HedgedParameters
        The ``strategy`` block.
    universe : Universe
        The run's columns.
    asset : str
        The hedged asset.
    terms : Terms
        What acting costs.
    least_margin : float
        Margin ratio (fraction of notional) below which no cash is sent away.
    chain : StakeDesk or None
        Reads what of the long book lies on chain; None where all of it is spot.
    """

    def __init__(
        self,
        parameters: HedgedParameters,
        universe: Universe,
        asset: str,
        terms: Terms,
        least_margin: float,
        chain: StakeDesk | None = None,
    ) -> None:
        super().__init__(parameters, universe, asset, chain)
        self._terms = terms
        self._least_margin = least_margin

    def goal(self, book: HedgeBook, spot: float, cash: float) -> Goal:
        """Return the goal of holding ``spot`` units, keeping ``cash``, the rest margin by weight.

        Parameters
        ----------
        book : HedgeBook
        spot : float
            Base units.
        cash : float
            What the treasury needs besides the purchase (share currency).

        Returns
        -------
        Goal
            Purchase costs and transfer fees come out of margin.
        """
        purchase = self._purchase_cost(max(spot - book.spot, 0.0), book.price)
        kept = min(spot, book.spot) * book.price
        fees = self._fees_out(book) + (self._fees_home() if cash > 0.0 else 0.0)
        margin = book.invested - book.other - cash - fees - kept - purchase
        return Goal(
            spot=spot,
            weights=book.weights,
            margins={v: w * margin for v, w in book.weights.items()},
            **self.needs(cash, purchase),
        )

    def free(self, book: HedgeBook, cash: float) -> Goal:
        """Return the goal of staying out of the market with ``cash`` at the treasury.

        Parameters
        ----------
        book : HedgeBook
        cash : float
            What the treasury needs (share currency).

        Returns
        -------
        Goal
            What the treasury lacks is taken from every margin account alike.
        """
        lacking = max(cash - book.cash - book.treasury_cash, 0.0)
        lacking += self._fees_home() if lacking > 0.0 else 0.0
        left = max(1.0 - lacking / book.margin, 0.0) if book.margin > 0.0 else 0.0
        margins = {v: x * left for v, x in book.margin_equity.items()}
        return Goal(spot=0.0, weights=book.weights, margins=margins, **self.needs(cash, 0.0))

    def trade(
        self, view: View, book: HedgeBook, goal: Goal, *, as_carried: bool = False
    ) -> list[Instruction]:
        """Return the orders that bring spot and every short to the goal at one timestamp.

        Parameters
        ----------
        view : View
        book : HedgeBook
        goal : Goal
        as_carried : bool
            Whether shorts grow no further than their margin carries them now.

        Returns
        -------
        list of Instruction
            Spot first; what a venue would refuse as too small, or without any margin there, is
            left out. A goal that is too small to hedge becomes to hold nothing.
        """
        instructions: list[Instruction] = []
        if self.chain is None and not self.hedgeable(view, goal):
            goal = replace(goal, spot=0.0)
        order = self._spot_order(book, goal)
        after = book.spot
        if order is not None:
            instructions.append(order)
            fee = self._terms.spot[order.venue].fee
            after += order.quantity * (1.0 - fee) if order.quantity > 0.0 else order.quantity
        for venue, short in book.shorts.items():
            kept = goal.spot > 0.0 or self.chain is not None
            units = goal.weights[venue] * max(after, 0.0) if kept else 0.0
            wanted = self._terms.perp[venue].round_down(units)
            if as_carried or self._thin(book, venue, wanted):
                wanted = min(wanted, short + self._room(view, book, venue))
            change = short - wanted  # positive buys back
            if change < 0.0 and book.margin_equity[venue] <= 0.0:
                continue  # nothing carries a larger short there until margin has come
            if change != 0.0 and (wanted == 0.0 or self._worth(view, venue, change)):
                instructions += self._paid_orders(view, book, venue, change)
        return instructions

    def hedgeable(self, view: View, goal: Goal) -> bool:
        """Tell if every venue with a weight takes its share of a goal's hedge.

        Parameters
        ----------
        view : View
        goal : Goal

        Returns
        -------
        bool
            False where a share is under a lot or under the venue's minimum, and where no venue
            stands that could take one.
        """
        if not any(goal.weights.values()):
            return False
        for venue, weight in goal.weights.items():
            terms = self._terms.perp[venue]
            units = terms.round_down(weight * goal.spot)
            small = units == 0.0 or units * self._quote(view, venue) < terms.min_notional
            if weight > 0.0 and small:
                return False
        return True

    def least_spot(self, view: View, goal: Goal) -> tuple[str, float]:
        """Return what of base must be held for every venue to take its share of the hedge.

        Parameters
        ----------
        view : View
        goal : Goal
            With a weight at one venue at least.

        Returns
        -------
        tuple of (str, float)
            The venue that asks for most, and base units.
        """
        needed = {
            venue: self._terms.perp[venue].least_order(self._quote(view, venue)) / weight
            for venue, weight in goal.weights.items()
            if weight > 0.0
        }
        most = max(needed, key=lambda venue: needed[venue])
        return most, needed[most]

    def moves(self, book: HedgeBook, goal: Goal, *, realised: bool) -> list[Instruction]:
        """Return transfers towards the goal; with ``realised`` of cash alone, else of profits.

        Parameters
        ----------
        book : HedgeBook
        goal : Goal
        realised : bool
            Whether unrealised profit stays where it is.

        Returns
        -------
        list of Instruction
            In the order of sending.
        """
        threshold = MOVE_THRESHOLD * book.equity
        accounts = [Account(instrument=self.trading, surplus=book.cash - goal.cash, tolerance=0.0)]
        if self.treasury != self.trading:
            left = book.treasury_cash - goal.payment
            accounts.insert(0, Account(instrument=self.treasury, surplus=left, tolerance=0.0))
        for venue, margin in self.margins.items():
            surplus = book.margin_equity[venue] - goal.margins[venue]
            if realised:
                cash = book.margin_cash[venue] - self._fee_cash(book, goal, venue)
                needed = self._least_margin * book.shorts[venue] * book.price
                surplus = min(surplus, cash, book.margin_equity[venue] - needed)
            accounts.append(Account(instrument=margin, surplus=surplus, tolerance=threshold))
        if goal.from_reserve:
            accounts.append(
                Account(instrument=self.reserve, surplus=goal.from_reserve, tolerance=threshold)
            )
        return list(plan_moves(accounts, self._terms.sending))

    def keep(self, book: HedgeBook, amount: float) -> list[Instruction]:
        """Return the transfer of an amount from the treasury to the reserve.

        Parameters
        ----------
        book : HedgeBook
        amount : float
            Share currency, at most the treasury's cash is sent.

        Returns
        -------
        list of Instruction
            One transfer, or none.
        """
        quantity = min(amount, book.cash if self.treasury == self.trading else book.treasury_cash)
        if quantity <= 0.0:
            return []
        return [Transfer(source=self.treasury, destination=self.reserve, quantity=quantity)]

    def realise(self, view: View, book: HedgeBook, goal: Goal) -> list[Instruction]:
        """Close and reopen just enough of each short to turn needed profit into cash.

        Parameters
        ----------
        view : View
        book : HedgeBook
        goal : Goal
            Whose margins say what has to leave.

        Returns
        -------
        list of Instruction
            A purchase and a sale of equal size for each venue that lacks cash.
        """
        leaving = dict.fromkeys(self.margins.values(), 0.0)
        for move in self.moves(book, goal, realised=False):
            if isinstance(move, Transfer) and move.source in leaving:
                leaving[move.source] += move.quantity
        orders: list[Instruction] = []
        for venue, margin in self.margins.items():
            spare = book.margin_cash[venue] - self._fee_cash(book, goal, venue)
            wanted = leaving[margin] - spare
            if wanted <= MOVE_THRESHOLD * book.equity:
                continue
            units = self._units_to_realise(view, book, venue, wanted)
            if units > 0.0:
                orders.append(self.perp_order(view, venue, units))
                orders.append(self.perp_order(view, venue, -units))
        return orders

    def perp_order(self, view: View, venue: str, change: float) -> PerpTrade:
        """Return an order that buys ``change`` back, or sells more where it is negative.

        Parameters
        ----------
        view : View
        venue : str
        change : float
            Base units.

        Returns
        -------
        PerpTrade
            It may lose twice its own estimate of slippage; a purchase is reduce-only.
        """
        terms = self._terms.perp[venue]
        notional = np.array([abs(change) * self._quote(view, venue)])
        return PerpTrade(
            venue=venue,
            perp=self.perps[venue],
            quantity=change,
            max_slippage=SLIPPAGE_ALLOWANCE * float(terms.slippage(notional)[0]),
            reduce_only=change > 0.0,
        )

    def _paid_orders(
        self, view: View, book: HedgeBook, venue: str, change: float
    ) -> list[Instruction]:
        """Return an order of a size; cash that lacks for its fee is first made of profit.

        Cash was kept for the fee, but funding may have taken of it since.
        """
        fee = self._fee(view, venue)
        lacking = -change * fee - book.margin_cash[venue]
        if change > 0.0 or fee == 0.0 or lacking <= 0.0:
            return [self.perp_order(view, venue, change)]
        units = self._units_to_realise(view, book, venue, lacking)
        if units > 0.0:
            bought = self.perp_order(view, venue, units)
            return [bought, self.perp_order(view, venue, change - units)]
        carried = self._terms.perp[venue].round_down(max(book.margin_cash[venue], 0.0) / fee)
        carries = self._worth(view, venue, carried)
        return [self.perp_order(view, venue, -carried)] if carries else []

    def _fee(self, view: View, venue: str) -> float:
        """Cash that pays the fee of a unit's trade, with headroom."""
        return FEE_HEADROOM * self._terms.perp[venue].fee * self._quote(view, venue)

    def _thin(self, book: HedgeBook, venue: str, short: float) -> bool:
        """Tell if a short would stand so far under the warning that the venue might refuse it."""
        carried = THIN * self._least_margin * book.price * short
        return book.margin_equity[venue] < carried

    def _room(self, view: View, book: HedgeBook, venue: str) -> float:
        """Units by which a venue's short may grow: above the warning, its fee paid from cash."""
        terms = self._terms.perp[venue]
        fee = self._fee(view, venue)
        by_cash = max(book.margin_cash[venue], 0.0) / fee if fee > 0.0 else np.inf
        least = self._least_margin * book.price
        spare = book.margin_equity[venue] - least * book.shorts[venue]
        by_margin = max(spare, 0.0) / least if least > 0.0 else np.inf
        room = min(by_cash, by_margin)
        return terms.round_down(room) if np.isfinite(room) else room

    def _worth(self, view: View, venue: str, change: float) -> bool:
        """Tell if the venue takes an order of this size."""
        terms = self._terms.perp[venue]
        large = abs(change) * self._quote(view, venue) >= terms.min_notional
        return abs(change) >= terms.lot and large

    def _spot_order(self, book: HedgeBook, goal: Goal) -> SpotTrade | None:
        terms = self._terms.spot[self.home]
        change = goal.spot - book.spot
        if change > 0.0:
            gross = change / (1.0 - terms.fee)
            slippage = float(terms.slippage(np.array([gross * book.price]))[0])
            affordable = max(book.cash, 0.0) / (book.price * (1.0 + slippage))
            quantity = terms.round_down(min(gross, affordable * ROUNDING))
        else:
            quantity = -terms.round_down(min(-change, max(book.sellable, 0.0)))
        size = abs(quantity) * book.price
        if quantity == 0.0 or size < terms.min_notional:
            return None
        return SpotTrade(
            venue=self.home,
            base=self.base,
            quote=self.trading,
            quantity=quantity,
            max_slippage=SLIPPAGE_ALLOWANCE * float(terms.slippage(np.array([size]))[0]),
        )

    def _purchase_cost(self, units: float, price: float) -> float:
        """Cash that buys ``units`` net of the fee in base, slippage included."""
        terms = self._terms.spot[self.home]
        gross = units / (1.0 - terms.fee)
        slippage = float(terms.slippage(np.array([gross * price]))[0])
        return gross * price * (1.0 + slippage)

    def _fee_cash(self, book: HedgeBook, goal: Goal, venue: str) -> float:
        """Cash that a venue must keep for the fees of the shorts still to be opened there."""
        opened = max(goal.weights[venue] * goal.spot - book.shorts[venue], 0.0)
        return FEE_HEADROOM * opened * book.price * self._terms.perp[venue].fee

    def _fees_home(self) -> float:
        """Fees of sending from every other venue to the treasury's, at most."""
        places = dict.fromkeys((self.home, *self.weights))
        return sum(self._terms.sending[v].fee for v in places if v != self.treasury.venue)

    def _fees_out(self, book: HedgeBook) -> float:
        """Fees of sending to every venue beside the treasury's that holds no margin yet."""
        here = self.treasury.venue
        waiting = [
            v for v, w in book.weights.items() if w and v != here and book.margin_equity[v] == 0.0
        ]
        return self._terms.sending[here].fee * len(waiting)

    def _units_to_realise(self, view: View, book: HedgeBook, venue: str, wanted: float) -> float:
        """Units whose closing brings ``wanted`` cash after fees; 0.0 where none can."""
        profit = book.margin_equity[venue] - book.margin_cash[venue]
        if profit <= 0.0:
            return 0.0
        terms = self._terms.perp[venue]
        short = book.shorts[venue]
        quote = self._quote(view, venue)
        slippage = float(terms.slippage(np.array([short * quote]))[0])
        mark = float(view.window.values(series.mark(venue, self.asset))[-1])
        per_unit = profit / short + mark - quote * (1.0 + 2.0 * terms.fee + slippage)
        if per_unit <= 0.0:
            return 0.0
        units = max(wanted / per_unit, terms.min_notional / quote)
        return min(terms.round_down(units) + terms.lot, short)

    def _quote(self, view: View, venue: str) -> float:
        return float(view.window.values(series.perp_last(venue, self.asset))[-1])
