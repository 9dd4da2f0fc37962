"""eth_staking_only, eth_leveraged: the share class's own ETH, staked, in a loop or not."""

import numpy as np

from basis_lab.domain.arrays import ratio
from basis_lab.domain.instructions import (
    Action,
    AtomicGroup,
    Decision,
    Instruction,
    OpenPlan,
    Reason,
    Transfer,
)
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.domain.market import BoolArray, FloatArray
from basis_lab.errors import StrategyError
from basis_lab.monitors.limits import RiskParameters
from basis_lab.strategies.base import GAS_DEBT_SHARE, RISK, Terms, Trigger, View
from basis_lab.strategies.chain_book import ChainBook, Freed
from basis_lab.strategies.loop_desk import LoopDesk
from basis_lab.strategies.parameters import (
    LeveragedParameters,
    NeutralLeveragedParameters,
    StakingParameters,
)
from basis_lab.strategies.stake_desk import TINY, StakeDesk
from basis_lab.strategies.staking_holdings import NATIVE
from basis_lab.strategies.triggers import (
    dust_trigger,
    gas_debt_trigger,
    loan_triggers,
    ltv_bands,
)

WHOLE = 0.99  # a need of this share of what is invested closes everything


class StakingStrategy:
    """Keep all equity but the reserve staked; leave by queue or sale.

    Parameters
    ----------
    parameters : StakingParameters
        The ``strategy`` block; one with a loop makes a loop.
    universe : Universe
        The run's columns.
    terms : Terms
        What acting costs.
    risk : RiskParameters
        The limits whose breach the strategy answers.
    """

    def __init__(
        self,
        parameters: StakingParameters,
        universe: Universe,
        terms: Terms,
        risk: RiskParameters,
    ) -> None:
        self.parameters = parameters
        self.universe = universe
        self.reserve_ratio = parameters.reserve_ratio
        self.treasury = Instrument(parameters.treasury, Kind.TOKEN, NATIVE)
        self.reserve = Instrument(parameters.treasury, Kind.RESERVE, NATIVE)
        self._terms = terms
        self._risk = risk
        self._reserve_column = universe.column(self.reserve)
        self._desk = chain_desk(parameters, universe, terms, risk)

    def target(self, view: View) -> FloatArray:
        """Return targets, shape (W, n): staking tokens worth E, or E / (1 - L) against debt."""
        reserve = view.exposure.equity * self.reserve_ratio
        invested = view.exposure.equity - reserve
        quantities = np.zeros_like(view.exposure.quantities)
        quantities[:, self._reserve_column] = reserve
        prices = view.window.unit_prices
        if isinstance(self._desk, LoopDesk):
            ltv = self._desk.target_ltv(view.window.times)
            supply, debt = (self.universe.column(x) for x in (self._desk.atoken, self._desk.debt))
            quantities[:, supply] = invested / (1.0 - ltv) / prices[:, supply]
            quantities[:, debt] = -invested * ltv / (1.0 - ltv) / prices[:, debt]
        else:
            column = self.universe.column(self._desk.lst)
            quantities[:, column] = invested / prices[:, column]
        return quantities

    def risk_triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return health factor and loan to value, critical before warning; none without a loop."""
        if not view.entered or not isinstance(self._desk, LoopDesk):
            return ()
        return (
            *loan_triggers(view, self._risk, "critical", None),
            *loan_triggers(view, self._risk, "warning", None),
        )

    def triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return the entry; then the loop's bands, dust, gas debt, and ETH that lies idle."""
        equity = view.exposure.equity
        idle = view.exposure.quantities[:, self.universe.column(self.treasury)]
        if not view.entered:
            return (Trigger(name="entry", side="", fires=idle > 0.0, value=idle, limit=0.0),)
        found: list[Trigger] = []
        if isinstance(self._desk, LoopDesk):
            found += ltv_bands(view, self._desk)
        found += dust_trigger(view, self._desk)
        debt_limit = self._terms.gas_debt_limit * GAS_DEBT_SHARE
        found.append(gas_debt_trigger(idle, equity, debt_limit))
        share = self._desk.terms.dust_share
        worth = self._desk.worth_its_gas(view, idle, *self._desk.entry_operations)
        fires = (idle > share * equity) & worth & np.full(len(idle), view.queue == 0.0)
        found.append(
            Trigger(name="idle", side="", fires=fires, value=ratio(idle, equity), limit=share)
        )
        return tuple(found)

    def can_unwind(self, view: View) -> BoolArray:
        """Tell where more could be freed than is on its way, shape (W,)."""
        claims = view.exposure.quantities[:, self.universe.column(self._desk.claim)]
        return (self._desk.invested(view) > TINY) & (claims < view.queue * (1.0 - TINY))

    def decide(self, view: View, reason: Reason) -> Decision | None:
        """Invest what is idle, free what is needed, bring a loop back to its target."""
        book = self._desk.read(view)
        if reason.trigger.startswith(RISK) or reason.trigger == "ltv_above":
            return self._deleverage(view, book, reason)
        match reason.trigger:
            case "entry" | "deposit" | "idle":
                decision = self._invest(view, book, reason)
            case "withdrawal" | "ordered_exit":
                decision = self._release(view, book, reason)
            case "reserve_low":
                decision = self._refill(view, book, reason)
            case "ltv_below" | "dust" | "gas_debt":
                decision = self._tend(view, book, reason)
            case _:
                raise StrategyError(
                    "a staking mode does not know this trigger",
                    where="StakingStrategy",
                    value=reason.trigger,
                    remedy="name one that it declares",
                )
        return decision

    def proceed(self, view: View, plan: OpenPlan) -> Decision | None:  # noqa: ARG002 - the protocol's signature
        """Do nothing: every decision is carried out at once."""
        return None

    def _invest(self, view: View, book: ChainBook, reason: Reason) -> Decision | None:
        """Keep what the reserve lacks, pay the gas, and put the rest to work."""
        kept = min(self._reserve_gap(view), max(book.native, 0.0))
        eth = book.idle - kept - self._desk.gas_to_invest(view)
        orders: list[Instruction | AtomicGroup] = []
        if kept > TINY:
            orders.append(Transfer(source=self.treasury, destination=self.reserve, quantity=kept))
        orders += self._desk.invest(view, book, eth)
        entry = reason.trigger == "entry"
        return _decision(Action.ENTRY_FULL if entry else Action.ENTRY_PARTIAL, reason, orders)

    def _tend(self, view: View, book: ChainBook, reason: Reason) -> Decision | None:
        """Raise a loop to its target, sell rewards, or buy gas debt back."""
        match reason.trigger:
            case "ltv_below":
                orders = self._desk.invest(view, book, 0.0)
                return _decision(Action.ENTRY_PARTIAL, reason, orders)
            case "dust":
                return _decision(Action.SELL_DUST, reason, self._desk.sell_rewards(view, book))
            case _:
                freed = self._desk.free(view, book, -book.idle, "swap")
                return _freeing(reason, freed, Action.EXIT_PARTIAL)

    def _release(self, view: View, book: ChainBook, reason: Reason) -> Decision | None:
        """Free exactly what a payment lacks beside idle ETH and claims under way, or all."""
        if reason.trigger == "ordered_exit":
            freed = self._desk.free_all(view, book, reason.side, ordered=True)
            return self._leave(view, book, reason, freed)
        need = view.queue - max(book.idle, 0.0) - book.claims
        route = self.parameters.exit_route
        if not need > TINY:
            return None
        if need + self._sale_gas(view) >= WHOLE * book.invested or view.closing:
            return self._leave(view, book, reason, self._desk.free_all(view, book, route))
        need += max(-book.idle, 0.0) + self._sale_gas(view)
        return _freeing(reason, self._desk.free(view, book, need, route), Action.EXIT_PARTIAL)

    def _leave(self, view: View, book: ChainBook, reason: Reason, freed: Freed) -> Decision | None:
        sold = self._desk.sell_rewards(view, book)
        if not freed.instructions and freed.lacking == 0.0:
            return _decision(Action.EXIT_FULL, reason, sold)
        return _freeing(reason, freed, Action.EXIT_FULL, sold)

    def _refill(self, view: View, book: ChainBook, reason: Reason) -> Decision | None:
        """Bring the reserve to its target: from idle ETH, the rest from a sale."""
        gap = self._reserve_gap(view)
        short = gap - max(book.idle, 0.0)
        orders: list[Instruction | AtomicGroup] = []
        if short > TINY:
            need = short + max(-book.idle, 0.0) + self._sale_gas(view)
            freed = self._desk.free(view, book, need, "swap")
            if not freed.instructions or freed.whole:
                return None  # nearly all is in a queue: what is left would not fill it
            orders += freed.instructions
        if gap > TINY:
            orders.append(Transfer(source=self.treasury, destination=self.reserve, quantity=gap))
        return _decision(Action.EXIT_PARTIAL, reason, orders)

    def _deleverage(self, view: View, book: ChainBook, reason: Reason) -> Decision | None:
        if not isinstance(self._desk, LoopDesk):
            return None
        freed = self._desk.deleverage(view, book)
        return _freeing(reason, freed, Action.EXIT_PARTIAL)

    def _reserve_gap(self, view: View) -> float:
        wanted = self.reserve_ratio * float(view.exposure.equity[-1])
        return max(wanted - float(view.exposure.quantities[-1, self._reserve_column]), 0.0)

    def _sale_gas(self, view: View) -> float:
        return self._desk.gas_to_free(view)


def chain_desk(
    parameters: StakingParameters, universe: Universe, terms: Terms, risk: RiskParameters
) -> StakeDesk:
    """Make the desk that writes a mode's orders on chain.

    Parameters
    ----------
    parameters : StakingParameters
        The ``strategy`` block.
    universe : Universe
        The run's columns.
    terms : Terms
        What acting costs.
    risk : RiskParameters
        The limits; the automatic target of a loop keeps clear of the health factor's warning.

    Returns
    -------
    StakeDesk
        A ``LoopDesk`` where the block describes a loop.
    """
    limits = risk.health_factor
    if (
        isinstance(parameters, LeveragedParameters | NeutralLeveragedParameters)
        and limits is not None
    ):
        return LoopDesk(parameters, universe, terms, limits.warning)
    return StakeDesk(parameters, universe, terms.on_chain(), terms.gas_units)


def _decision(
    action: Action, reason: Reason, orders: list[Instruction] | list[Instruction | AtomicGroup]
) -> Decision | None:
    if not orders:
        return None
    return Decision(action=action, reason=reason, instructions=tuple(orders))


def _freeing(
    reason: Reason, freed: Freed, action: Action, first: list[Instruction] | None = None
) -> Decision | None:
    """Return the decision that carries out what frees ETH, or says why nothing does."""
    orders = (*(first if first is not None else ()), *freed.instructions)
    if not orders and not freed.note:
        return None
    return Decision(
        action=Action.EXIT_FULL if freed.whole else action,
        reason=reason,
        instructions=tuple(orders),
        missing=freed.lacking,
        note=freed.note,
    )
