"""btc_basis, eth_basis: spot at one venue, shorts of what is held at several, margin beside.

A repair is a sequence of stages. ``trade`` goes to the goal's quantities at one timestamp,
``move`` sends cash to where it is short, ``realise`` closes and reopens part of a short where its
profit is needed as cash, ``keep`` fills the reserve, ``settle`` waits for what is on its way.
Increases move first, reductions trade first.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from basis_lab.domain import series
from basis_lab.domain.arrays import ratio, sum_columns
from basis_lab.domain.instructions import (
    Action,
    Decision,
    Instruction,
    OpenPlan,
    PerpTrade,
    Reason,
    SpotTrade,
)
from basis_lab.domain.instruments import Universe
from basis_lab.domain.market import BoolArray, FloatArray
from basis_lab.errors import StrategyError
from basis_lab.monitors.limits import RiskParameters
from basis_lab.strategies.base import ORDERED_EXIT, RISK, Terms, Trigger, View
from basis_lab.strategies.basis_book import BasisBook, Goal
from basis_lab.strategies.basis_desk import BasisDesk
from basis_lab.strategies.parameters import BasisParameters, FundingFilter

# Stages of each repair, in order. The names appear in the events of a plan.
REPAIRS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "enter": ("keep", "realise", "move", "trade"),
        "increase": ("realise", "move", "trade"),
        "reduce": ("trade", "realise", "move", "settle"),
        "reweight": ("realise", "move", "trade"),
        "rehedge": ("trade",),
        "unhedged": ("trade",),
        "remargin": ("realise", "move", "settle"),
        "rescue": ("realise", "move", "settle"),
        "withdraw": ("trade", "realise", "move", "settle"),
        "refill": ("trade", "realise", "move", "keep"),
        "leave": ("trade",),
        "quit": ("trade", "realise", "move", "settle"),
    }
)
OF_TRIGGER: Mapping[str, str] = MappingProxyType(
    {
        ORDERED_EXIT: "quit",
        "entry": "enter",
        "deposit": "increase",
        "withdrawal": "withdraw",
        "reserve_low": "refill",
        "risk_naked_leg": "unhedged",
        "spot_share_above": "reduce",
        "spot_share_below": "increase",
        "hedge_weight_above": "reweight",
        "hedge_weight_below": "reweight",
        "delta_drift_above": "rehedge",
        "delta_drift_below": "rehedge",
        "funding_filter_exit": "leave",
        "funding_filter_enter": "increase",
    }
)
REDUCING = ("reduce", "withdraw", "refill", "unhedged", "leave", "quit")
MARGIN_HEADROOM = 1.05  # moving margin must lift the ratio this far above its warning
WHOLE = 0.99  # a withdrawal of this share of what is invested closes everything


class BasisStrategy:
    """Spot and shorts of equal size, within bands.

    Parameters
    ----------
    parameters : BasisParameters
        The ``strategy`` block.
    universe : Universe
        The run's columns.
    asset : str
        The hedged asset.
    terms : Terms
        What acting costs.
    risk : RiskParameters
        The limits whose breach the strategy answers.
    """

    def __init__(
        self,
        parameters: BasisParameters,
        universe: Universe,
        asset: str,
        terms: Terms,
        risk: RiskParameters,
    ) -> None:
        self.parameters = parameters
        self.universe = universe
        self.reserve_ratio = parameters.reserve_ratio
        limits = risk.margin_ratio
        least = 0.0 if limits is None else limits.warning
        self._desk = BasisDesk(parameters, universe, asset, terms, least)
        self.treasury = self._desk.treasury
        self.reserve = self._desk.reserve
        self._asset = asset
        self._risk = risk
        self._spot_column = universe.column(self._desk.base)
        self._reserve_column = universe.column(self.reserve)

    def target(self, view: View) -> FloatArray:
        """Return targets, shape (W, n): spot s E / S, shorts by weight, margin with the rest."""
        s = self.parameters.spot_allocation
        reserve = view.exposure.equity * self.reserve_ratio
        invested = view.exposure.equity - reserve
        quantities = np.zeros_like(view.exposure.quantities)
        spot = s * invested / view.window.values(self._desk.price)
        quantities[:, self._spot_column] = spot
        quantities[:, self._reserve_column] = reserve
        for venue, weight in self._desk.weights.items():
            columns = self._desk.columns[venue]
            quantities[:, columns.perp] = -(weight * spot)
            quantities[:, columns.margin] = weight * (1.0 - s) * invested
        return quantities

    def risk_triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return margin ratios below critical, a lost hedge, then margin ratios below warning."""
        if not view.entered:
            return ()
        limits = self._risk.margin_ratio
        if limits is None or "margin_ratio" not in self._risk.enabled_risk_types:
            return (self._naked_trigger(view),)
        return (
            *self._margin_triggers(view, "critical", limits.critical),
            self._naked_trigger(view),
            *self._margin_triggers(view, "warning", limits.warning),
        )

    def _margin_triggers(self, view: View, level: str, limit: float) -> tuple[Trigger, ...]:
        return tuple(
            Trigger(
                name=f"{RISK}margin_ratio_{level}",
                side=venue,
                fires=view.risk.margin_ratio[venue] < limit,
                value=view.risk.margin_ratio[venue],
                limit=limit,
            )
            for venue in self._desk.weights
        )

    def _naked_trigger(self, view: View) -> Trigger:
        """Fire where a venue's short is gone and what it hedged stands naked."""
        held = view.exposure.quantities
        gone = np.zeros(len(view.window), dtype=bool)
        for columns in self._desk.columns.values():
            gone |= held[:, columns.perp] == 0.0
        drift = view.risk.delta_drift
        limit = self.parameters.max_delta_drift
        return Trigger(
            name=f"{RISK}naked_leg", side="", fires=gone & (drift > limit), value=drift, limit=limit
        )

    def triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return entry, or the bands and the funding filter."""
        equity = view.exposure.equity
        if not view.entered:
            return (Trigger(name="entry", side="", fires=equity > 0.0, value=equity, limit=0.0),)
        chosen = self.parameters.funding_filter
        bands = self._band_triggers(view)
        return (*bands, *(self._filter_triggers(view, chosen) if chosen is not None else ()))

    def _band_triggers(self, view: View) -> list[Trigger]:
        p = self.parameters
        held = view.exposure.quantities
        invested = view.exposure.equity - held[:, self._reserve_column]
        spot = held[:, self._spot_column]
        share = ratio(spot * view.window.values(self._desk.price), invested)
        shorts = {v: -held[:, c.perp] for v, c in self._desk.columns.items()}
        hedge = sum_columns(list(shorts.values()), len(view.window))
        triggers = _band("spot_share", "", share, p.spot_allocation, p.position_deviation_threshold)
        if len(shorts) > 1:
            for venue, short in shorts.items():
                weight = self._desk.weights[venue]
                triggers += _band(
                    "hedge_weight", venue, ratio(short, hedge), weight, p.hedge_weight_band
                )
        triggers += _band("delta_drift", "", view.risk.delta_drift, 0.0, p.max_delta_drift)
        if p.funding_filter is None:
            return triggers
        inside = hedge > 0.0  # out by choice: no band calls it back
        return [replace(x, fires=x.fires & inside) for x in triggers]

    def _filter_triggers(self, view: View, chosen: FundingFilter) -> tuple[Trigger, ...]:
        mean = self._trailing_funding(view, chosen)
        inside = np.zeros(len(view.window), dtype=bool)
        for columns in self._desk.columns.values():
            inside |= view.exposure.quantities[:, columns.perp] < 0.0
        return (
            Trigger(
                name="funding_filter_exit",
                side="",
                fires=inside & (mean < chosen.exit_below),
                value=mean,
                limit=chosen.exit_below,
            ),
            Trigger(
                name="funding_filter_enter",
                side="",
                fires=~inside & (mean > chosen.enter_above),
                value=mean,
                limit=chosen.enter_above,
            ),
        )

    def _trailing_funding(self, view: View, chosen: FundingFilter) -> FloatArray:
        """Mean funding over the trailing days, by weight; NaN until history allows it."""
        parts = [
            weight * view.window.values(series.funding_mean(venue, self._asset, chosen.days))
            for venue, weight in self._desk.weights.items()
        ]
        return sum_columns(parts, len(view.window))

    def can_unwind(self, view: View) -> BoolArray:
        """Tell where something is held beside cash at the treasury, shape (W,)."""
        held = view.exposure.quantities
        anything = held[:, self._spot_column] > 0.0
        for columns in self._desk.columns.values():
            anything |= held[:, columns.margin] > 0.0
        return anything

    def decide(self, view: View, reason: Reason) -> Decision | None:
        """Choose the repair that mends what fired, and begin it."""
        chosen = self.parameters.funding_filter
        if reason.trigger == "entry" and chosen is not None:
            mean = float(self._trailing_funding(view, chosen)[-1])
            if not mean >= chosen.exit_below:
                return _stay_out(mean, chosen)
        if reason.trigger == "deposit" and chosen and self._desk.read(view).hedge == 0.0:
            return None
        repair = self._repair(view, reason)
        decision = self._stages(view, reason, repair, REPAIRS[repair])
        if repair == "rehedge" and decision is not None and not self._mends_drift(view, decision):
            return None
        return decision

    def _mends_drift(self, view: View, decision: Decision) -> bool:
        """Tell if the orders bring the drift inside its limit; lots and minimums may not let."""
        book = self._desk.read(view)
        drift = book.spot - book.hedge
        for order in decision.instructions:
            if isinstance(order, (SpotTrade, PerpTrade)):
                drift += order.quantity
        return abs(drift) * book.price <= self.parameters.max_delta_drift * book.equity

    def proceed(self, view: View, plan: OpenPlan) -> Decision | None:
        """Do the due stage of a repair and those behind it that have nothing to wait for."""
        repair, _, stage = plan.stage.partition("/")
        stages = REPAIRS[repair]
        return self._stages(view, plan.reason, repair, stages[stages.index(stage) :])

    def _repair(self, view: View, reason: Reason) -> str:
        if reason.trigger in OF_TRIGGER:
            return OF_TRIGGER[reason.trigger]
        book = self._desk.read(view)
        if self._lacking(book, book.margin) == 0.0:
            return "remargin"
        return "rescue" if self._lacking(book, book.margin + book.reserve) == 0.0 else "reduce"

    def _lacking(self, book: BasisBook, margin: float) -> float:
        """Margin that is missing for every venue to stand above its warning, by weights."""
        limits = self._risk.margin_ratio
        if limits is None:
            return 0.0
        needed = [
            limits.warning * MARGIN_HEADROOM * short * book.price / self._desk.weights[v]
            for v, short in book.shorts.items()
        ]
        return max(max(needed) - margin, 0.0)

    def _stages(
        self, view: View, reason: Reason, repair: str, stages: tuple[str, ...]
    ) -> Decision | None:
        book = self._desk.read(view)
        for i, stage in enumerate(stages):
            goal = self._goal(view, book, repair, stage)
            if repair == "enter":
                self._check_size(view, book, goal)
            instructions = self._stage(view, book, goal, stage)
            if instructions:
                rest = stages[i + 1 :]
                return Decision(
                    action=_action(reason, repair, goal),
                    reason=reason,
                    instructions=tuple(instructions),
                    then=f"{repair}/{rest[0]}" if rest else None,
                    missing=self._missing_after(book, goal)
                    if reason.trigger.startswith(RISK)
                    else 0.0,
                )
        return None

    def _check_size(self, view: View, book: BasisBook, goal: Goal) -> None:
        if not self._desk.hedgeable(view, goal):
            raise StrategyError(
                "the capital is too small to hedge at every venue with a weight",
                where="strategy.hedge_allocation",
                value=f"{book.equity:.2f} {self.universe.share_currency} in all",
                remedy="use more capital, or fewer venues in hedge_allocation",
            )

    def _stage(self, view: View, book: BasisBook, goal: Goal, stage: str) -> list[Instruction]:
        match stage:
            case "keep":
                return self._desk.keep(book, self._reserve_gap(book))
            case "realise":
                return self._desk.realise(view, book, goal)
            case "move":
                return self._desk.moves(book, goal, realised=True)
            case "trade":
                return self._desk.trade(view, book, goal)
            case _:
                return []

    def _missing_after(self, book: BasisBook, goal: Goal) -> float:
        """Margin that the repair still lacks to stand above the warning, share currency."""
        margin = sum(goal.margins.values())
        after = replace(book, shorts={v: w * goal.spot for v, w in goal.weights.items()})
        return self._lacking(after, margin)

    def _reserve_gap(self, book: BasisBook) -> float:
        return max(self.reserve_ratio * book.equity - book.reserve, 0.0)

    def _goal(self, view: View, book: BasisBook, repair: str, stage: str) -> Goal:
        sold = repair in REDUCING and stage != "trade"
        match repair:
            case "withdraw" | "refill":
                cash = view.queue if repair == "withdraw" else self._reserve_gap(book)
                filtered = self.parameters.funding_filter is not None
                if book.hedge == 0.0 and (filtered or book.spot == 0.0):
                    return self._desk.free(book, cash)
                return self._less(book, cash, sold=sold)
            case "quit":
                return self._less(book, book.invested, sold=sold)
            case "leave" | "unhedged" | "rehedge":
                spot = {"leave": 0.0, "unhedged": book.hedge, "rehedge": book.spot}[repair]
                return self._stay(book, spot)
            case "remargin" | "rescue" | "reweight":
                return self._by_weights(book, repair)
            case _:
                return self._less(book, 0.0, sold=sold)

    def _less(self, book: BasisBook, cash: float, *, sold: bool) -> Goal:
        """Stand at the mode's target on what is invested less ``cash``, which is freed.

        Once spot is ``sold`` what is left of it stays: its costs come out of margin.
        """
        if cash >= book.invested * WHOLE:
            nothing = dict.fromkeys(self._desk.weights, 0.0)
            return replace(self._desk.goal(book, 0.0, 0.0), margins=nothing, cash=cash)
        spot = self.parameters.spot_allocation * (book.invested - cash) / book.price
        return self._desk.goal(book, book.spot if sold else spot, cash)

    def _stay(self, book: BasisBook, spot: float) -> Goal:
        """Hold ``spot`` units hedged in the shares that stand; no cash moves."""
        hedge = book.hedge
        shares = (
            {v: x / hedge for v, x in book.shorts.items()} if hedge > 0.0 else self._desk.weights
        )
        return Goal(spot=spot, weights=shares, margins=book.margin_equity, cash=book.cash)

    def _by_weights(self, book: BasisBook, repair: str) -> Goal:
        """Hold what is held, hedge and margin by the weights; a rescue adds the reserve."""
        taken = 0.0
        if repair == "rescue":
            taken = min(self._lacking(book, book.margin), book.reserve)
        margin = book.margin + taken
        shares: Mapping[str, float] = self._desk.weights
        return Goal(
            spot=book.spot,
            weights=shares,
            margins={v: w * margin for v, w in self._desk.weights.items()},
            cash=book.cash,
            from_reserve=taken,
        )


def _band(name: str, side: str, value: FloatArray, target: float, band: float) -> list[Trigger]:
    """Fire where a measure is further than ``band`` from its target, on either side."""
    upper, lower = target + band, target - band
    return [
        Trigger(name=f"{name}_above", side=side, fires=value > upper, value=value, limit=upper),
        Trigger(name=f"{name}_below", side=side, fires=value < lower, value=value, limit=lower),
    ]


def _stay_out(mean: float, chosen: FundingFilter) -> Decision:
    """Record that the filter keeps the strategy out: a decision without instructions."""
    return Decision(
        action=Action.ENTRY_PARTIAL,
        reason=Reason(trigger="funding_filter_wait", value=mean, limit=chosen.exit_below),
        instructions=(),
    )


def _action(reason: Reason, repair: str, goal: Goal) -> Action:
    if reason.trigger == "entry":
        return Action.ENTRY_FULL
    if repair in REDUCING and goal.spot == 0.0:
        return Action.EXIT_FULL
    return Action.EXIT_PARTIAL if repair in REDUCING else Action.ENTRY_PARTIAL
