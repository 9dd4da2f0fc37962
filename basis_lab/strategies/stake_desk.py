"""Writes the orders of plain staking: stake, leave by queue or sale, sell rewards."""

from collections.abc import Mapping

import numpy as np

from basis_lab.calc import staking
from basis_lab.calc.costs import gas_cost_native
from basis_lab.domain import series
from basis_lab.domain.instructions import (
    AtomicGroup,
    Instruction,
    Stake,
    Swap,
    Unstake,
    Wrap,
)
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.domain.market import BoolArray, FloatArray
from basis_lab.strategies.base import ChainTerms, View
from basis_lab.strategies.chain_book import ChainBook, Freed
from basis_lab.strategies.needs import GROWTH_DAYS
from basis_lab.strategies.parameters import StakingParameters
from basis_lab.strategies.staking_holdings import CHAIN, NATIVE, PROTOCOLS, TOKENS, WRAPPED

SLIPPAGE_ALLOWANCE = 2.0  # a fill may lose twice the decision's own estimate
WORTH_OF_GAS = 10.0  # what is not urgent is done once it is worth this many times its gas
TINY = 1e-9  # ETH: less than this is rounding
ALL_TOKENS = 1.0 + 1e-10  # asks for more than is held: the venue gives all of it
ITERATIONS = 12  # of a sale whose slippage depends on its own size


class StakeDesk:
    """Reads the lines on chain and writes the orders of plain staking.

    Parameters
    ----------
    parameters : StakingParameters
        The ``strategy`` block.
    universe : Universe
        The run's columns.
    terms : ChainTerms
        What acting on chain costs.
    gas_units : mapping of str to float
        Gas by operation; zeros where a run pays none.
    """

    entry_operations: tuple[str, ...] = ("wrap", "stake")

    def __init__(
        self,
        parameters: StakingParameters,
        universe: Universe,
        terms: ChainTerms,
        gas_units: Mapping[str, float],
    ) -> None:
        token = TOKENS[parameters.lst_type]
        self.token = token
        self.universe = universe
        self.terms = terms
        self.gas_units = dict(gas_units)
        self.native = Instrument(CHAIN, Kind.TOKEN, NATIVE)
        self.wrapped = Instrument(CHAIN, Kind.TOKEN, WRAPPED)
        self.lst = Instrument(CHAIN, Kind.TOKEN, token)
        self.protocol = PROTOCOLS[parameters.lst_type]
        self.claim = Instrument(self.protocol, Kind.EXIT_QUEUE, NATIVE)
        self.dex = parameters.dex
        self.exit_route = parameters.exit_route
        self.rewards = tuple(
            universe.instruments[int(x)] for x in universe.where(kind=Kind.KING, venue=CHAIN)
        )
        self._rate = series.lst_rate(token)

    # --- reading ------------------------------------------------------------------------------

    def read(self, view: View) -> ChainBook:
        """Return the lines on chain at a view's last row.

        Parameters
        ----------
        view : View
            Book, prices and what is on its way.

        Returns
        -------
        ChainBook
            In ETH at the protocol's rate.
        """
        return ChainBook(
            native=self._held(view, self.native),
            wrapped=self._held(view, self.wrapped),
            arriving=sum(x.quantity for x in view.pending if x.destination == self.native),
            tokens=self._held(view, self.lst),
            supplied_tokens=0.0,
            debt=0.0,
            claims=self._held(view, self.claim),
            rewards={x: self._held(view, x) for x in self.rewards},
            rate=self.rate(view),
        )

    def rate(self, view: View) -> float:
        """Return ETH per staking token at a view's last row."""
        return float(view.window.values(self._rate)[-1])

    def long(self, view: View) -> FloatArray:
        """Return ETH on chain at each row, what is on its way there included, shape (W,).

        Parameters
        ----------
        view : View
            Any number of rows.

        Returns
        -------
        ndarray of shape (W,)
            Units of ETH, debts deducted, rewards left out.
        """
        total = np.zeros(len(view.window))
        for venue in {x.venue for x in self.lines()}:
            total = total + view.exposure.venue_delta[venue, NATIVE]
        return total

    def lines(self) -> tuple[Instrument, ...]:
        """Name the lines on chain whose ETH counts."""
        return (self.native, self.claim)

    def invested(self, view: View) -> FloatArray:
        """Return where something on chain could be freed, ETH at each row, shape (W,)."""
        return view.exposure.quantities[:, self.universe.column(self.lst)] * view.window.values(
            self._rate
        )

    def gas(self, view: View, *operations: str) -> float:
        """Return the gas of some operations now, ETH.

        Parameters
        ----------
        view : View
            Whose last row has the gas price.
        *operations : str
            By name, as in the venue files.

        Returns
        -------
        float
            ETH, 0.0 where the run pays none.
        """
        units = sum(self.gas_units[x] for x in operations)
        if units == 0.0:
            return 0.0
        return float(gas_cost_native(units, view.window.values(series.GAS_PRICE)[-1:])[0])

    def worth_its_gas(self, view: View, value: FloatArray, *operations: str) -> BoolArray:
        """Tell where something is worth ten times the gas of some operations, shape (W,).

        Parameters
        ----------
        view : View
            Any number of rows.
        value : ndarray of shape (W,)
            Share-class currency.
        *operations : str
            By name, as in the venue files.

        Returns
        -------
        ndarray of bool, shape (W,)
            True everywhere where the run pays no gas.
        """
        units = WORTH_OF_GAS * sum(self.gas_units[x] for x in operations)
        if units == 0.0:
            return np.full(len(value), fill_value=True)
        gas = gas_cost_native(units, view.window.values(series.GAS_PRICE))
        native = view.window.unit_prices[:, self.universe.column(self.native)]
        worth: BoolArray = value > gas * native
        return worth

    def _held(self, view: View, line: Instrument) -> float:
        return float(view.exposure.quantities[-1, self.universe.column(line)])

    # --- writing ------------------------------------------------------------------------------

    def gas_to_invest(self, view: View) -> float:
        """Return the gas that investing takes now, ETH."""
        return self.gas(view, *self.entry_operations)

    def gas_to_free(self, view: View) -> float:
        """Return the most gas that freeing takes now, by sale or queue, ETH."""
        return max(self.gas(view, "swap", "wrap"), self.gas(view, "unstake"))

    def invest(
        self,
        view: View,  # noqa: ARG002 - a loop looks at its tables
        book: ChainBook,
        eth: float,
    ) -> list[Instruction | AtomicGroup]:
        """Return the orders that put ETH of the wallet to work.

        Parameters
        ----------
        view : View
            One row.
        book : ChainBook
            The same row.
        eth : float
            How much; WETH is unwrapped first.

        Returns
        -------
        list of Instruction or AtomicGroup
            Empty for nothing.
        """
        if not eth > TINY:
            return []
        return [*self.unwrap(book), self.stake(eth)]

    def free(self, view: View, book: ChainBook, eth: float, route: str) -> Freed:
        """Return the orders that turn invested ETH into ETH, now or by the queue.

        Parameters
        ----------
        view : View
            One row.
        book : ChainBook
            The same row.
        eth : float
            How much is needed; at most everything is freed.
        route : str
            ``queue``, ``swap`` or ``auto``.

        Returns
        -------
        Freed
            A sale frees so much that the need is met after its cost.
        """
        if self.chosen(view, book, route) == "queue":
            tokens = min(eth / book.rate, book.tokens)
            whole = tokens >= book.tokens
            return Freed(instructions=(self.unstake(tokens),), whole=whole) if tokens else Freed()
        tokens = min(self.tokens_for(view, book, eth), book.tokens)
        if not tokens * book.rate > TINY:
            return Freed()
        proceeds = tokens * book.rate * (1.0 - self.sale_cost(view, book, tokens))
        return Freed(
            instructions=(self.sell(view, tokens), self.unwrapped(proceeds)),
            whole=tokens >= book.tokens,
        )

    def free_all(self, view: View, book: ChainBook, route: str) -> Freed:
        """Return the orders that leave nothing invested; see ``free``."""
        return self.free(view, book, np.inf, route)

    def chosen(self, view: View, book: ChainBook, route: str) -> str:
        """Return the route that ``auto`` takes now: the cheaper of a sale and the queue.

        Parameters
        ----------
        view : View
            One row.
        book : ChainBook
            The same row.
        route : str
            ``queue``, ``swap`` or ``auto``.

        Returns
        -------
        str
            ``queue`` or ``swap``. While the token's yield is not known for want of history, the
            queue, which pays the protocol's rate.
        """
        if route != "auto":
            return route
        growth = view.window.values(series.lst_growth(self.token, GROWTH_DAYS))[-1:]
        waiting = float(staking.queue_cost(growth, self.terms.queue_days)[0])
        sale = self.sale_cost(view, book, book.tokens + book.supplied_tokens)
        return "swap" if sale < waiting else "queue"

    def sale_cost(self, view: View, book: ChainBook, tokens: float) -> float:
        """Return what selling staking tokens now loses against the rate, slippage included."""
        quote = view.window.values(self.terms.lst_quote)[-1:]
        slippage = self.terms.sales[self.token].slippage(tokens * quote)
        return float(staking.sale_cost(quote, np.array([book.rate]), slippage)[0])

    def tokens_for(self, view: View, book: ChainBook, eth: float) -> float:
        """Return the staking tokens whose sale brings so much WETH; at most what is held."""
        if eth == np.inf:
            return book.tokens
        tokens = eth / book.rate
        for _ in range(ITERATIONS):
            tokens = eth / (book.rate * (1.0 - self.sale_cost(view, book, tokens)))
        return tokens

    def stake(self, eth: float) -> Stake:
        """Return the order that stakes ETH of the wallet."""
        return Stake(venue=self.protocol, token=self.native, lst=self.lst, quantity=eth)

    def unstake(self, tokens: float) -> Unstake:
        """Return the order that queues staking tokens of the wallet."""
        return Unstake(venue=self.protocol, lst=self.lst, claim=self.claim, quantity=tokens)

    def sell(self, view: View, tokens: float) -> Swap:
        """Return the order that sells staking tokens of the wallet for WETH."""
        quote = view.window.values(self.terms.lst_quote)[-1:]
        slippage = float(self.terms.sales[self.token].slippage(tokens * quote)[0])
        return Swap(
            venue=self.dex,
            source=self.lst,
            destination=self.wrapped,
            quantity=tokens,
            max_slippage=SLIPPAGE_ALLOWANCE * slippage,
        )

    def unwrap(self, book: ChainBook) -> list[Instruction]:
        """Return the order that turns all WETH of the wallet into ETH, if there is any."""
        return [self.unwrapped(book.wrapped)] if book.wrapped > TINY else []

    def unwrapped(self, eth: float) -> Wrap:
        """Return the order that turns WETH into ETH."""
        return Wrap(venue=CHAIN, source=self.wrapped, destination=self.native, quantity=eth)

    # --- rewards ------------------------------------------------------------------------------

    def dust_value(self, view: View) -> FloatArray:
        """Return what the rewards held are worth, share-class currency, shape (W,)."""
        columns = [self.universe.column(x) for x in self.rewards]
        held = view.exposure.quantities
        total = np.zeros(len(view.window))
        for i in columns:
            if held[:, i].any():
                total = total + view.exposure.values[:, i]
        return total

    def sell_rewards(self, view: View, book: ChainBook) -> list[Instruction]:
        """Return the orders that unwrap and sell every reward held; the proceeds are ETH.

        Parameters
        ----------
        view : View
            One row.
        book : ChainBook
            The same row.

        Returns
        -------
        list of Instruction
            Empty where none is held.
        """
        orders: list[Instruction] = []
        proceeds = 0.0
        for line, units in book.rewards.items():
            if units > 0.0:
                quote = view.window.values(series.token_price(line.symbol))[-1:]
                slippage = float(self.terms.sales[line.symbol].slippage(units * quote)[0])
                proceeds += units * float(quote[0]) * (1.0 - slippage)
                orders.append(
                    Swap(
                        venue=self.dex,
                        source=line,
                        destination=self.wrapped,
                        quantity=units,
                        max_slippage=SLIPPAGE_ALLOWANCE * slippage,
                    )
                )
        if not orders:
            return []
        return [*orders, self.unwrapped(proceeds + max(book.wrapped, 0.0))]
