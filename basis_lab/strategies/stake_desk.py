"""Writes the orders of plain staking: stake, leave by queue or sale, sell rewards."""

import numpy as np

from basis_lab.calc import staking
from basis_lab.domain import series
from basis_lab.domain.instructions import (
    AtomicGroup,
    Instruction,
    Stake,
    Swap,
    Unstake,
    Wrap,
)
from basis_lab.strategies.base import View
from basis_lab.strategies.chain_book import ChainBook, Freed
from basis_lab.strategies.chain_lines import ChainLines
from basis_lab.strategies.needs import GROWTH_DAYS
from basis_lab.strategies.staking_holdings import CHAIN

SLIPPAGE_ALLOWANCE = 2.0  # a fill may lose twice the decision's own estimate
TINY = 1e-9  # ETH: less than this is rounding
ALL_TOKENS = 1.0 + 1e-10  # asks for more than is held: the venue gives all of it
ITERATIONS = 60  # at most, of a sale whose slippage depends on its own size


class StakeDesk(ChainLines):
    """Writes the orders of plain staking."""

    entry_operations: tuple[str, ...] = ("wrap", "stake")

    def gas_to_invest(self, view: View) -> float:
        """Return the gas that investing takes now, ETH.

        Parameters
        ----------
        view : View
            Whose last row has the gas price.

        Returns
        -------
        float
            0.0 where the run pays none.
        """
        return self.gas(view, *self.entry_operations)

    def gas_to_free(self, view: View) -> float:
        """Return the most gas that freeing takes now, by sale or queue, ETH.

        Parameters
        ----------
        view : View
            Whose last row has the gas price.

        Returns
        -------
        float
            0.0 where the run pays none.
        """
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
        return [*self._unwrap(book), self._stake(eth)]

    def free(
        self,
        view: View,
        book: ChainBook,
        eth: float,
        route: str,
        *,
        ordered: bool = False,  # noqa: ARG002 - a loop asks
    ) -> Freed:
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
        ordered : bool
            True where people ordered it: a loop is then taken down at any discount.

        Returns
        -------
        Freed
            A sale frees so much that the need is met after its cost.
        """
        if self.chosen(view, book, route) == "queue":
            tokens = min(eth / book.rate, book.tokens)
            whole = tokens >= book.tokens
            return Freed(instructions=(self._unstake(tokens),), whole=whole) if tokens else Freed()
        tokens = min(self._tokens_for(view, book, eth), book.tokens)
        if not tokens * book.rate > TINY:
            return Freed()
        proceeds = tokens * book.rate * (1.0 - self._sale_cost(view, book, tokens))
        return Freed(
            instructions=(self._sell(view, tokens), self._unwrapped(proceeds)),
            whole=tokens >= book.tokens,
        )

    def free_all(self, view: View, book: ChainBook, route: str, *, ordered: bool = False) -> Freed:
        """Return the orders that leave nothing invested; see ``free``.

        Parameters
        ----------
        view : View
            One row.
        book : ChainBook
            The same row.
        route : str
            ``queue``, ``swap`` or ``auto``.
        ordered : bool
            True where people ordered it.

        Returns
        -------
        Freed
            Without orders where nothing can be freed.
        """
        return self.free(view, book, np.inf, route, ordered=ordered)

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
        sale = self._sale_cost(view, book, book.tokens + book.supplied_tokens)
        return "swap" if sale < waiting else "queue"

    def _sale_cost(self, view: View, book: ChainBook, tokens: float) -> float:
        """Return what selling staking tokens now loses against the rate, slippage included."""
        quote = view.window.values(self.terms.lst_quote)[-1:]
        slippage = self.terms.sales[self.token].slippage(tokens * quote)
        return float(staking.sale_cost(quote, np.array([book.rate]), slippage)[0])

    def _tokens_for(self, view: View, book: ChainBook, eth: float) -> float:
        """Return the staking tokens whose sale brings so much WETH; at most what is held."""
        if eth == np.inf:
            return book.tokens
        tokens = eth / book.rate
        for _ in range(ITERATIONS):
            before = tokens
            tokens = eth / (book.rate * (1.0 - self._sale_cost(view, book, tokens)))
            if tokens == before:
                break
        return tokens

    def _stake(self, eth: float) -> Stake:
        """Return the order that stakes ETH of the wallet."""
        return Stake(venue=self.protocol, token=self.native, lst=self.lst, quantity=eth)

    def _unstake(self, tokens: float) -> Unstake:
        """Return the order that queues staking tokens of the wallet."""
        return Unstake(venue=self.protocol, lst=self.lst, claim=self.claim, quantity=tokens)

    def _sell(self, view: View, tokens: float) -> Swap:
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

    def _unwrap(self, book: ChainBook) -> list[Instruction]:
        """Return the order that turns all WETH of the wallet into ETH, if there is any."""
        return [self._unwrapped(book.wrapped)] if book.wrapped > TINY else []

    def _unwrapped(self, eth: float) -> Wrap:
        """Return the order that turns WETH into ETH."""
        return Wrap(venue=CHAIN, source=self.wrapped, destination=self.native, quantity=eth)

    # --- rewards ------------------------------------------------------------------------------

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
        return [*orders, self._unwrapped(proceeds + max(book.wrapped, 0.0))]
