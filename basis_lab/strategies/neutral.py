"""usdt_market_neutral (with or without leverage): staked ETH on chain, shorts on exchanges.

The long book is what lies on chain and ETH on its way. Value crosses between chain and exchanges
in stages: ``send`` brings bought ETH to the wallet, ``invest`` puts it to work, ``free`` takes it
out, ``fetch`` brings it back. Whatever is long stays hedged wherever it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import numpy as np

from basis_lab.domain import series
from basis_lab.domain.arrays import ratio
from basis_lab.domain.instructions import (
    Action,
    AtomicGroup,
    Decision,
    Instruction,
    Reason,
    Transfer,
)
from basis_lab.domain.instruments import Universe
from basis_lab.domain.market import BoolArray, FloatArray
from basis_lab.monitors.limits import RiskParameters
from basis_lab.strategies.base import GAS_DEBT_SHARE, POOL, Terms, Trigger, View
from basis_lab.strategies.chain_book import ChainBook
from basis_lab.strategies.hedge_book import Goal, HedgeBook
from basis_lab.strategies.hedge_desk import HedgeDesk
from basis_lab.strategies.hedged import HedgedStrategy, Orders, Shape, Task
from basis_lab.strategies.loop_desk import LoopDesk
from basis_lab.strategies.parameters import NeutralParameters
from basis_lab.strategies.stake_desk import TINY
from basis_lab.strategies.staking import chain_desk
from basis_lab.strategies.staking_holdings import NATIVE
from basis_lab.strategies.triggers import (
    dust_trigger,
    gas_debt_trigger,
    loan_triggers,
    ltv_bands,
)

REPAIRS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "enter": ("keep", "realise", "move", "trade", "send", "invest"),
        "increase": ("realise", "move", "trade", "send", "invest"),
        "reduce": ("free", "fetch", "trade", "realise", "move", "settle"),
        "reweight": ("realise", "move", "trade"),
        "rehedge": ("trade",),
        "unhedged": ("free", "fetch", "trade"),
        "remargin": ("realise", "move", "settle"),
        "rescue": ("realise", "move", "settle"),
        "withdraw": ("free", "fetch", "trade", "realise", "move", "settle"),
        "refill": ("free", "fetch", "trade", "realise", "move", "keep"),
        "quit": ("free", "fetch", "trade", "realise", "move", "settle"),
        "place": ("send", "invest"),
    }
)
OF_TRIGGER: Mapping[str, str] = MappingProxyType(
    {
        "ordered_exit": "quit",
        "entry": "enter",
        "deposit": "increase",
        "withdrawal": "withdraw",
        "reserve_low": "refill",
        "risk_naked_leg": "unhedged",
        "stake_share_above": "reduce",
        "stake_share_below": "increase",
        "hedge_weight_above": "reweight",
        "hedge_weight_below": "reweight",
        "delta_drift_above": "rehedge",
        "delta_drift_below": "rehedge",
        "idle": "place",
    }
)
REDUCING = frozenset({"reduce", "withdraw", "refill", "unhedged", "quit"})
BY_ROUTE = frozenset({"withdraw", "quit"})  # repairs that may take the queue; others must be fast
LEAST_VOLATILITY = 0.001  # of a staking token's rate over a day
IDLE_SHARE = 0.005  # of equity: ETH that lies idle beyond this is put to work
LEAST_MOVED = 1e-4  # of equity: less is not worth freeing


class NeutralStrategy(HedgedStrategy):
    """Staked ETH, in a loop or not, hedged by shorts; margin beside.

    Parameters
    ----------
    parameters : NeutralParameters
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
        parameters: NeutralParameters,
        universe: Universe,
        terms: Terms,
        risk: RiskParameters,
    ) -> None:
        limits = risk.margin_ratio
        least = 0.0 if limits is None else limits.warning
        self._chain = chain_desk(parameters, universe, terms, risk)
        desk = HedgeDesk(parameters, universe, NATIVE, terms, least, self._chain)
        shape = Shape(
            share="stake_share",
            allocation=parameters.stake_allocation,
            repairs=REPAIRS,
            of_trigger=OF_TRIGGER,
            reducing=REDUCING,
        )
        super().__init__(shape, parameters, desk, risk)
        self.parameters = parameters
        self._terms = terms
        self._native_column = universe.column(self._chain.native)
        self._claim_column = universe.column(self._chain.claim)
        self._base_column = universe.column(desk.base)

    def _long_target(self, view: View, units: FloatArray, quantities: FloatArray) -> None:
        window = view.window
        worth = units * window.values(self._desk.price)
        if isinstance(self._chain, LoopDesk):
            ltv = self._chain.target_ltv(window.times)
            supply, debt = (self.universe.column(x) for x in (self._chain.atoken, self._chain.debt))
            quantities[:, supply] = worth / (1.0 - ltv) / window.unit_prices[:, supply]
            quantities[:, debt] = -worth * ltv / (1.0 - ltv) / window.unit_prices[:, debt]
        else:
            column = self.universe.column(self._chain.lst)
            quantities[:, column] = worth / window.unit_prices[:, column]

    # --- conditions ---------------------------------------------------------------------------

    def risk_triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return margin and loan by level; of one level, the nearer to liquidation acts first."""
        margins = super().risk_triggers(view)
        if not view.entered or not isinstance(self._chain, LoopDesk):
            return margins
        pool = partial(self._nearness, view, POOL, series.lst_rate(self._chain.token))
        near = {
            venue: partial(self._nearness, view, venue, series.mark(venue, NATIVE))
            for venue in self._desk.weights
        }
        ranked = [replace(x, nearness=near[x.side]) if x.side in near else x for x in margins]
        critical = [x for x in ranked if x.name.endswith("critical")]
        warning = [x for x in ranked if x.name.endswith("warning")]
        rest = [x for x in ranked if x not in critical and x not in warning]
        return (
            *critical,
            *loan_triggers(view, self._risk, "critical", pool),
            *rest,
            *warning,
            *loan_triggers(view, self._risk, "warning", pool),
        )

    def _nearness(self, view: View, side: str, key: str) -> FloatArray:
        """Distance to liquidation in a day's volatilities; NaN while either is not known."""
        distance = view.risk.liquidation().liquidation_distance[side]
        volatility = view.window.values(series.volatility(key))
        return ratio(np.abs(distance), np.maximum(volatility, LEAST_VOLATILITY))

    def triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return the entry; then bands of hedge and loop, dust, gas debt, ETH that lies idle."""
        found = list(super().triggers(view))
        if not view.entered:
            return tuple(found)
        if isinstance(self._chain, LoopDesk):
            found += ltv_bands(view, self._chain)
        found += dust_trigger(view, self._chain)
        equity = view.exposure.equity
        native = view.exposure.values[:, self._native_column]
        limit = self._terms.gas_debt_limit * GAS_DEBT_SHARE
        found.append(gas_debt_trigger(native, equity, limit))
        idle = native + view.exposure.values[:, self._base_column]
        quiet = np.full(len(idle), fill_value=view.queue == 0.0)
        worth = self._chain.worth_its_gas(view, idle, *self._chain.entry_operations)
        fires = quiet & worth & (idle > IDLE_SHARE * equity)
        share = ratio(idle, equity)
        found.append(Trigger(name="idle", side="", fires=fires, value=share, limit=IDLE_SHARE))
        return tuple(found)

    def can_unwind(self, view: View) -> BoolArray:
        """Tell where more could be freed than waits in the queue, shape (W,)."""
        held = view.exposure.quantities
        idle = (held[:, self._native_column] > TINY) | (held[:, self._base_column] > TINY)
        waiting = held[:, self._claim_column] > TINY
        return super().can_unwind(view) & (idle | ~waiting)

    # --- decisions ----------------------------------------------------------------------------

    def decide(self, view: View, reason: Reason) -> Decision | None:
        """Choose the repair of what fired; what concerns the chain alone is done at once."""
        book = self._chain.read(view)
        if isinstance(self._chain, LoopDesk):
            if reason.side == POOL or reason.trigger == "ltv_above":
                return self._deleverage(view, self._chain, book, reason)
            if reason.trigger == "ltv_below":
                return _at_once(Action.ENTRY_PARTIAL, reason, self._chain.invest(view, book, 0.0))
        if reason.trigger == "dust":
            return _at_once(Action.SELL_DUST, reason, self._chain.sell_rewards(view, book))
        if reason.trigger == "gas_debt":
            need = -book.idle + self._chain.gas_to_free(view)
            freed = self._chain.free(view, book, need, "swap")
            return _at_once(Action.EXIT_PARTIAL, reason, freed.instructions)
        return super().decide(view, reason)

    @staticmethod
    def _deleverage(view: View, desk: LoopDesk, book: ChainBook, reason: Reason) -> Decision | None:
        freed = desk.deleverage(view, book)
        if not freed.instructions and not freed.note:
            return None
        price = float(view.window.values(series.spot("binance", NATIVE))[-1])
        return Decision(
            action=Action.EXIT_PARTIAL,
            reason=reason,
            instructions=freed.instructions,
            missing=freed.lacking * price,
            note=freed.note,
        )

    # --- stages -------------------------------------------------------------------------------

    def _stage(self, view: View, book: HedgeBook, goal: Goal, task: Task) -> Orders | None:
        match task.stage:
            case "send":
                return self._send(view)
            case "invest":
                return self._invest(view)
            case "free":
                return self._free(view, book, goal, task)
            case "fetch":
                return self._fetch(view, book, goal)
            case _:
                return super()._stage(view, book, goal, task)

    def _send(self, view: View) -> Orders:
        """Bring the ETH that was bought to the wallet."""
        held = float(view.exposure.quantities[-1, self._base_column])
        rules = self._terms.sending_coin[self._desk.home]
        quantity = held - rules.fee
        if not quantity > max(rules.minimum, TINY):
            return []
        destination = self._chain.native
        return [Transfer(source=self._desk.base, destination=destination, quantity=quantity)]

    def _invest(self, view: View) -> Orders:
        """Put the ETH of the wallet to work, but for the gas of doing so."""
        book = self._chain.read(view)
        gas = self._chain.gas_to_invest(view)
        return self._chain.invest(view, book, book.idle - gas)

    def _free(self, view: View, book: HedgeBook, goal: Goal, task: Task) -> Orders | None:
        """Take out of staking what is long beyond the goal; None where the market forbids it."""
        chain = self._chain.read(view)
        route = "swap"
        ordered = task.reason.trigger == "ordered_exit"
        if task.repair in BY_ROUTE:
            route = task.reason.side if ordered else self.parameters.exit_route
        if goal.spot == 0.0:
            freed = self._chain.free_all(view, chain, route, ordered=ordered)
            sold = self._chain.sell_rewards(view, chain)
            return None if freed.note else [*sold, *freed.instructions]
        ready = max(chain.idle, 0.0) + chain.arriving + chain.claims + book.sellable
        need = book.spot - goal.spot - ready
        if need * book.price <= LEAST_MOVED * book.equity:
            return []
        need += self._chain.gas_to_free(view) + max(-chain.idle, 0.0)
        freed = self._chain.free(view, chain, need, route, ordered=ordered)
        return None if freed.note else [*freed.instructions]

    def _fetch(self, view: View, book: HedgeBook, goal: Goal) -> Orders:
        """Bring freed ETH to where it is sold."""
        chain = self._chain.read(view)
        spare = chain.native - self._chain.gas(view, "transfer")
        quantity = min(spare, book.spot - goal.spot - book.sellable)
        if quantity * book.price <= self._terms.spot[self._desk.home].min_notional:
            return []
        if not quantity > TINY:
            return []
        destination = self._desk.base
        return [Transfer(source=self._chain.native, destination=destination, quantity=quantity)]


def _at_once(
    action: Action, reason: Reason, orders: Sequence[Instruction | AtomicGroup]
) -> Decision | None:
    if not orders:
        return None
    return Decision(action=action, reason=reason, instructions=tuple(orders))
