"""Writes the orders of a levered loop: every change of it is one transaction, all or nothing."""

from typing import Literal

import numpy as np

from basis_lab.calc import leverage
from basis_lab.domain import series
from basis_lab.domain.instructions import (
    AtomicGroup,
    Borrow,
    FlashBorrow,
    FlashRepay,
    Instruction,
    OnChainInstruction,
    Repay,
    Supply,
    Withdraw,
)
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.domain.market import FloatArray, TimeArray
from basis_lab.errors import StrategyError
from basis_lab.strategies.base import Terms, View
from basis_lab.strategies.chain_book import ChainBook, Freed
from basis_lab.strategies.parameters import LoopParameters
from basis_lab.strategies.stake_desk import ALL_TOKENS, ITERATIONS, TINY, StakeDesk
from basis_lab.strategies.staking_holdings import CHAIN, WRAPPED

HEADROOM = 1.0 + 1e-12  # sells a hair more than repays the flash loan: rounding must not lack
ROUNDING = 2e-9  # of a flash loan: less may go with its repayment
SALE_OPERATIONS = ("flash", "repay", "withdraw", "swap", "wrap")


class LoopDesk(StakeDesk):
    """Reads the loop and writes its transactions.

    Parameters
    ----------
    parameters : LoopParameters
        The ``strategy`` block.
    universe : Universe
        The run's columns.
    terms : Terms
        What acting costs.
    warning : float
        Health factor at which risk warns.
    """

    entry_operations = ("wrap", "flash", "wrap", "stake", "supply", "borrow")

    def __init__(
        self, parameters: LoopParameters, universe: Universe, terms: Terms, warning: float
    ) -> None:
        chain = terms.chain
        if chain is None or chain.max_ltv is None or chain.threshold is None:
            raise StrategyError(
                "a loop needs the terms of its collateral",
                where="strategy.lending_venue",
                value=parameters.lending_venue,
                remedy="name a lending pool of the mode that lists the staking token",
            )
        super().__init__(parameters, universe, chain, terms.gas_units)
        self._max_ltv, self._threshold = chain.max_ltv, chain.threshold
        self.pool = parameters.lending_venue
        self.atoken = Instrument(self.pool, Kind.ATOKEN, self.token)
        self.debt = Instrument(self.pool, Kind.DEBT, WRAPPED)
        self.lender = parameters.flash_lender
        self.owed = Instrument(self.lender, Kind.FLASH, WRAPPED)
        self.premium = chain.flash_premium
        self.band = parameters.ltv_band
        self._loop = parameters
        self._warning = warning

    # --- reading ------------------------------------------------------------------------------

    def read(self, view: View) -> ChainBook:
        """Return the lines on chain at a view's last row; see ``StakeDesk.read``."""
        plain = super().read(view)
        window = view.window
        supplied = self._held(view, self.atoken)
        owed = self._held(view, self.debt)
        return ChainBook(
            native=plain.native,
            wrapped=plain.wrapped,
            arriving=plain.arriving,
            tokens=plain.tokens,
            supplied_tokens=supplied * float(window.values(series.liquidity_index(self.token))[-1]),
            debt=owed * float(window.values(series.borrow_index(WRAPPED))[-1]),
            claims=plain.claims,
            rewards=plain.rewards,
            rate=plain.rate,
        )

    def lines(self) -> tuple[Instrument, ...]:
        """Name a line of every venue on chain whose ETH counts."""
        return (*super().lines(), self.atoken)

    def invested(self, view: View) -> FloatArray:
        """Return what could be freed at each row, ETH, shape (W,)."""
        delta = view.exposure.venue_delta[self.pool, self.native.symbol]
        return super().invested(view) + delta

    def target_ltv(self, times: TimeArray) -> FloatArray:
        """Return the loan to value that is aimed at, by the tables in force, shape (W,).

        Parameters
        ----------
        times : ndarray of datetime64[s], shape (W,)
            Timesteps.

        Returns
        -------
        ndarray of shape (W,)
            Fractions.
        """
        chosen = self._loop.target_ltv
        if isinstance(chosen, float):
            return np.full(len(times), chosen)
        return leverage.automatic_target(
            self._max_ltv.at(times),
            self._threshold.at(times),
            self._loop.max_stake_spread_move,
            self._warning,
        )

    def _target(self, view: View) -> float:
        return float(self.target_ltv(view.window.times[-1:])[0])

    # --- entering -----------------------------------------------------------------------------

    def gas_to_free(self, view: View) -> float:
        """Return the most gas that freeing takes now, by sale or queue, ETH."""
        return self.gas(view, *SALE_OPERATIONS, "unstake")

    def invest(self, view: View, book: ChainBook, eth: float) -> list[Instruction | AtomicGroup]:
        """Return the orders that put ETH to work; the loop stands at its target then.

        Parameters
        ----------
        view : View
            One row.
        book : ChainBook
            The same row.
        eth : float
            How much; 0.0 only brings the loop up to its target.

        Returns
        -------
        list of Instruction or AtomicGroup
            One transaction; without a flash loan where the loop stays within its band.
        """
        target = self._target(view)
        collateral = book.collateral + book.staked + max(eth, 0.0)
        if not collateral > TINY:
            return []
        within = book.debt >= (target - self.band) * collateral
        flash = 0.0
        if not within or not eth > TINY:
            held, owed, aim = (np.array([x]) for x in (collateral, book.debt, target))
            flash = max(float(leverage.releverage(held, owed, aim, self.premium)[0]), 0.0)
        staked = max(eth, 0.0) + flash
        if not staked > TINY:
            return []
        before = self._unwrap(book)
        return [*before, self._entry(book, staked, flash)]

    def _entry(self, book: ChainBook, staked: float, flash: float) -> AtomicGroup:
        """Borrow, stake own and borrowed ETH, supply it all, borrow against it, give back."""
        tokens = book.tokens + staked / book.rate
        steps: list[OnChainInstruction] = []
        if flash:
            steps += [self._flash_borrow(flash), self._unwrapped(flash)]
        steps += [self._stake(staked), self._supply(tokens)]
        if flash:
            borrowed = flash * (1.0 + self.premium)
            steps += [
                Borrow(venue=self.pool, token=self.wrapped, debt=self.debt, quantity=borrowed),
                self._flash_repay(flash),
            ]
        return AtomicGroup(venue=CHAIN, purpose="entry", steps=tuple(steps))

    # --- leaving ------------------------------------------------------------------------------

    def deleverage(self, view: View, book: ChainBook) -> Freed:
        """Return the transaction that brings the loop down to its target.

        Parameters
        ----------
        view : View
            One row.
        book : ChainBook
            The same row.

        Returns
        -------
        Freed
            Without orders where the market does not let it, or where it would lose more than
            ``max_deleverage_cost``; ``lacking`` is then the ETH of equity that would do instead.
        """
        target = self._target(view)
        lacking = max(book.debt - target * book.collateral, 0.0)
        if lacking <= TINY:
            return Freed()
        sale = self._sale_to(view, book, target)
        sold, repaid = float(sale.sold[0]), float(sale.repaid[0])
        if not sold <= book.collateral:
            return Freed(note="selling collateral cannot lower the loan to value", lacking=lacking)
        lost = sold - repaid
        if self._loses_too_much(book, lost):
            return Freed(note=self._loss_note(lost), lacking=lacking)
        return Freed(instructions=(self._reduction(view, book, sold, repaid, "deleverage"),))

    def _discount(self, view: View, book: ChainBook) -> float:
        """How far the market quotes the staking token under its rate; own slippage is not in it."""
        quote = float(view.window.values(self.terms.lst_quote)[-1])
        return max(1.0 - quote / book.rate, 0.0)

    def _loses_too_much(self, book: ChainBook, lost: float) -> bool:
        """Tell if a sale costs more than a forced one may: a discount lowers no health factor."""
        return lost > self._loop.max_deleverage_cost * book.invested

    @staticmethod
    def _loss_note(lost: float) -> str:
        return f"it would lose {lost:.6g} ETH, more than max_deleverage_cost allows"

    def _sale_to(self, view: View, book: ChainBook, target: float) -> leverage.Sale:
        """Find the sale whose slippage is that of its own size."""
        held, owed, aim = (np.array([x]) for x in (book.collateral, book.debt, target))
        sale = leverage.Sale(np.zeros(1), np.zeros(1))
        for _ in range(ITERATIONS):
            before = float(sale.sold[0])
            cost = np.array([self._sale_cost(view, book, before / book.rate)])
            sale = leverage.deleverage(held, owed, aim, self.premium, cost)
            if np.isnan(sale.sold[0]) or sale.sold[0] == before:
                break
        return sale

    def free(
        self, view: View, book: ChainBook, eth: float, route: str, *, ordered: bool = False
    ) -> Freed:
        """Return the orders that take ETH out of the loop and keep its loan to value.

        Parameters
        ----------
        view : View
            One row.
        book : ChainBook
            The same row.
        eth : float
            How much is needed.
        route : str
            ``queue``, ``swap`` or ``auto``; the debt is always repaid by a sale.
        ordered : bool
            True where people ordered it; nothing else may lose more than ``max_deleverage_cost``
            to a discount of the market.

        Returns
        -------
        Freed
            Everything where the need is not below what is invested. Without orders, and with the
            reason, where the market does not let it or it would lose more than it may.
        """
        if book.debt <= TINY:
            return self._free_collateral(view, book, eth, route)
        chosen = self.chosen(view, book, route)
        if eth >= book.invested:
            return self.free_all(view, book, chosen, ordered=ordered)
        ltv = np.array([book.debt / book.collateral])
        need = np.array([eth])
        sold = 0.0
        sale = leverage.Sale(np.zeros(1), np.zeros(1))
        for _ in range(ITERATIONS):
            cost = np.array([self._sale_cost(view, book, sold / book.rate)])
            rule = leverage.free_by_queue if chosen == "queue" else leverage.free_by_sale
            sale = rule(need, ltv, self.premium, cost)
            if np.isnan(sale.sold[0]):
                return Freed(note="the market pays less than the debt", lacking=eth)
            before, sold = sold, float(sale.sold[0])
            if sold == before:
                break
        queued = eth if chosen == "queue" else 0.0
        if sold + queued >= book.collateral:
            return self.free_all(view, book, chosen, ordered=ordered)
        discount = sold * self._discount(view, book)
        if not ordered and self._loses_too_much(book, discount):
            return Freed(note=self._loss_note(discount), lacking=eth)
        group = self._reduction(view, book, sold, float(sale.repaid[0]), "deleverage", queued)
        return Freed(instructions=(group, *self._queued(book, queued)))

    def free_all(self, view: View, book: ChainBook, route: str, *, ordered: bool = False) -> Freed:
        """Return the transaction that closes the loop; by the queue only the debt is sold for.

        Parameters
        ----------
        view : View
            One row.
        book : ChainBook
            The same row.
        route : str
            ``queue``, ``swap`` or ``auto``.
        ordered : bool
            True where people ordered it; nothing else may lose more than ``max_deleverage_cost``
            to a discount of the market.

        Returns
        -------
        Freed
            Without orders, and with the reason, where the market pays less than the debt, or where
            it would lose more than it may.
        """
        if book.debt <= TINY:
            return self._free_collateral(view, book, np.inf, route)
        chosen = self.chosen(view, book, route)
        repaid = book.debt * (1.0 + self.premium)
        sold = book.collateral + book.staked
        if chosen == "queue":
            sold = self._tokens_for(view, book, repaid) * book.rate * HEADROOM
        cost = self._sale_cost(view, book, min(sold / book.rate, book.supplied_tokens))
        left = float(
            leverage.unwind_residual(
                np.array([book.collateral + book.staked]),
                np.array([book.debt]),
                self.premium,
                np.array([cost]),
            )[0]
        )
        if left < 0.0:
            note = "insolvent at the market: the collateral sells for less than the debt"
            return Freed(note=note, lacking=-left)
        discount = sold * self._discount(view, book)
        if not ordered and self._loses_too_much(book, discount):
            return Freed(note=self._loss_note(discount), lacking=book.invested)
        tokens = book.supplied_tokens + book.tokens
        queued = max(tokens * book.rate - sold, 0.0) if chosen == "queue" else 0.0
        group = self._reduction(view, book, sold, book.debt, "unwind", queued)
        return Freed(instructions=(group, *self._queued(book, queued)), whole=True)

    def _free_collateral(self, view: View, book: ChainBook, eth: float, route: str) -> Freed:
        """Free tokens that no debt stands against: withdraw them, then as in plain staking."""
        if book.supplied_tokens * book.rate <= TINY:
            return super().free(view, book, eth, route)
        withdraw = Withdraw(
            venue=self.pool,
            token=self.lst,
            atoken=self.atoken,
            quantity=book.supplied_tokens * ALL_TOKENS,
        )
        held = ChainBook(
            native=book.native,
            wrapped=book.wrapped,
            arriving=book.arriving,
            tokens=book.tokens + book.supplied_tokens,
            supplied_tokens=0.0,
            debt=0.0,
            claims=book.claims,
            rewards=book.rewards,
            rate=book.rate,
        )
        rest = super().free(view, held, eth, route)
        return Freed(instructions=(withdraw, *rest.instructions), whole=rest.whole)

    def _queued(self, book: ChainBook, queued: float) -> tuple[Instruction, ...]:
        """Put what was withdrawn for it into the queue, behind the transaction."""
        return (self._unstake(queued / book.rate),) if queued > TINY else ()

    def _reduction(
        self,
        view: View,
        book: ChainBook,
        sold: float,
        repaid: float,
        purpose: Literal["deleverage", "unwind"],
        queued: float = 0.0,
    ) -> AtomicGroup:
        """Borrow, repay, withdraw, sell, give back; what is left over becomes ETH."""
        whole = repaid >= book.debt
        tokens = sold / book.rate * (1.0 if whole else HEADROOM)
        taken = tokens + queued / book.rate
        wallet = book.tokens if whole else 0.0
        all_of_it = taken >= (book.supplied_tokens + wallet) * (1.0 - 1e-12)
        if all_of_it:
            tokens = book.supplied_tokens + wallet - queued / book.rate
        withdrawn = book.supplied_tokens * ALL_TOKENS if whole else taken
        price = book.rate * (1.0 - self._sale_cost(view, book, tokens))
        paid = tokens * price / (HEADROOM * (1.0 + self.premium))
        if not whole:
            repaid = min(repaid, paid)  # a sale that its own slippage did not let settle
        left = tokens * price - repaid * (1.0 + self.premium)
        steps: list[OnChainInstruction] = [
            self._flash_borrow(repaid),
            Repay(
                venue=self.pool,
                token=self.wrapped,
                debt=self.debt,
                quantity=repaid * (ALL_TOKENS if whole else 1.0),
            ),
            Withdraw(venue=self.pool, token=self.lst, atoken=self.atoken, quantity=withdrawn),
            self._sell(view, tokens),
            self._flash_repay(repaid),
        ]
        if left > max(TINY, ROUNDING * repaid):
            steps.append(self._unwrapped(left))
        return AtomicGroup(venue=CHAIN, purpose=purpose, steps=tuple(steps))

    # --- steps --------------------------------------------------------------------------------

    def _supply(self, tokens: float) -> Supply:
        return Supply(venue=self.pool, token=self.lst, atoken=self.atoken, quantity=tokens)

    def _flash_borrow(self, eth: float) -> FlashBorrow:
        return FlashBorrow(venue=self.lender, token=self.wrapped, owed=self.owed, quantity=eth)

    def _flash_repay(self, eth: float) -> FlashRepay:
        return FlashRepay(venue=self.lender, token=self.wrapped, owed=self.owed, quantity=eth)
