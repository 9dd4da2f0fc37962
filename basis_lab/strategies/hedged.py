"""What every hedged mode shares: a long book, shorts of it at several venues, margin beside.

A repair is a sequence of stages. ``trade`` goes to the goal's quantities at one timestamp,
``move`` sends cash to where it is short, ``realise`` closes and reopens part of a short where its
profit is needed as cash, ``keep`` fills the reserve, ``settle`` waits for what is on its way.
Increases move first, reductions trade first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from basis_lab.domain.arrays import ratio, sum_columns
from basis_lab.domain.closings import lost_row, solvent_rows
from basis_lab.domain.instructions import (
    Action,
    AtomicGroup,
    Decision,
    Instruction,
    OpenPlan,
    PerpTrade,
    Reason,
    SpotTrade,
    Unstake,
)
from basis_lab.domain.market import BoolArray, FloatArray
from basis_lab.errors import StrategyError
from basis_lab.monitors.limits import RiskParameters
from basis_lab.strategies.base import RISK, Trigger, View
from basis_lab.strategies.hedge_book import Goal, HedgeBook
from basis_lab.strategies.hedge_desk import HedgeDesk
from basis_lab.strategies.hedge_size import too_small
from basis_lab.strategies.parameters import HedgedParameters

MARGIN_HEADROOM = 1.05  # moving margin must lift the ratio this far above its warning
WHOLE = 0.99  # a withdrawal of this share of what is invested closes everything
NAKED = f"{RISK}naked_leg"
AT_HOME = frozenset({"reduce", "increase", "unhedged"})  # repairs that are trades of spot
BEFORE_SALE = frozenset({"free", "fetch", "trade"})  # stages before the long book has been sold


Orders = list[Instruction | AtomicGroup]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One stage of a repair, and why it is made."""

    repair: str
    stage: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What tells one family of hedged modes from another.

    Parameters
    ----------
    share : str
        How triggers name the long book's share of equity.
    allocation : float
        That share at the target.
    repairs : mapping of str to tuple of str
        Stages of each repair, in order.
    of_trigger : mapping of str to str
        The repair of each trigger that has just one.
    reducing : frozenset of str
        Repairs that only ever reduce.
    """

    share: str
    allocation: float
    repairs: Mapping[str, tuple[str, ...]]
    of_trigger: Mapping[str, str]
    reducing: frozenset[str]


class HedgedStrategy:
    """A long book and shorts of equal size, within bands; families say what the long book is.

    Parameters
    ----------
    shape : Shape
        What the family's repairs are, and how it names its long book.
    bands : HedgedParameters
        The ``strategy`` block.
    desk : HedgeDesk
        Reads the book and writes the orders.
    risk : RiskParameters
        The limits whose breach the strategy answers.
    """

    def __init__(
        self, shape: Shape, bands: HedgedParameters, desk: HedgeDesk, risk: RiskParameters
    ) -> None:
        self.universe = desk.universe
        self.reserve_ratio = bands.reserve_ratio
        self.treasury = desk.treasury
        self.reserve = desk.reserve
        self._shape = shape
        self._bands = bands
        self._desk = desk
        self._risk = risk
        self._reserve_column = self.universe.column(self.reserve)

    def target(self, view: View) -> FloatArray:
        """Return targets, shape (W, n): the long book, shorts of it, margin with the rest."""
        share = self._shape.allocation
        reserve = view.exposure.equity * self.reserve_ratio
        invested = view.exposure.equity - reserve
        quantities = np.zeros_like(view.exposure.quantities)
        quantities[:, self._reserve_column] = reserve
        units = share * invested / view.window.values(self._desk.price)
        self._long_target(view, units, quantities)
        for venue, weight in self._desk.standing(view.window).items():
            columns = self._desk.columns[venue]
            quantities[:, columns.perp] = -(weight * units)
            quantities[:, columns.margin] = weight * (1.0 - share) * invested
        return quantities

    def _long_target(self, view: View, units: FloatArray, quantities: FloatArray) -> None:
        """Fill in the columns of the long book: where ``units`` of base stand at the target."""
        raise StrategyError(
            "a hedged mode must say what its long book is",
            where=type(self).__name__,
            value=f"{len(units)} of {len(quantities)} rows, {len(view.window)} timesteps",
            remedy="fill in its columns",
        )

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
        """Fire where a venue's short is gone and what it hedged stands naked, on either side.

        A liquidation takes a short alone; a default may take the long book with it.
        """
        held = view.exposure.quantities
        gone = np.zeros(len(view.window), dtype=bool)
        lost = gone.copy()
        for venue, columns in self._desk.columns.items():
            gone |= held[:, columns.perp] == 0.0
            lost |= ~solvent_rows(view.window, venue)
        drift = view.risk.delta_drift
        limit = self._bands.max_delta_drift
        naked = (gone & (drift > limit)) | (lost & (drift < -limit))
        return Trigger(name=NAKED, side="", fires=naked, value=drift, limit=limit)

    def triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return the entry, or the bands."""
        equity = view.exposure.equity
        if not view.entered:
            return (Trigger(name="entry", side="", fires=equity > 0.0, value=equity, limit=0.0),)
        return tuple(self._band_triggers(view))

    def _band_triggers(self, view: View) -> list[Trigger]:
        p = self._bands
        held = view.exposure.quantities
        invested = view.exposure.equity - held[:, self._reserve_column]
        share = ratio(self._desk.long(view) * view.window.values(self._desk.price), invested)
        shorts = {v: -held[:, c.perp] for v, c in self._desk.columns.items()}
        hedge = sum_columns(list(shorts.values()), len(view.window))
        name, aim = self._shape.share, self._shape.allocation
        triggers = _band(name, "", share, aim, p.position_deviation_threshold)
        if len(shorts) > 1:
            for venue, weight in self._desk.standing(view.window).items():
                share = ratio(shorts[venue], hedge)
                triggers += _band("hedge_weight", venue, share, weight, p.hedge_weight_band)
        return triggers + _band("delta_drift", "", view.risk.delta_drift, 0.0, p.max_delta_drift)

    def can_unwind(self, view: View) -> BoolArray:
        """Tell where something is held beside cash at the treasury, shape (W,)."""
        held = view.exposure.quantities
        anything = self._desk.long(view) > 0.0
        for columns in self._desk.columns.values():
            anything |= held[:, columns.margin] > 0.0
        return anything

    def decide(self, view: View, reason: Reason) -> Decision | None:
        """Choose the repair that mends what fired, and begin it."""
        stuck = lost_row(view.window, self._desk.home) is not None
        for repair in self._repairs(view, reason, stuck=stuck):
            if stuck and repair in AT_HOME:
                continue  # spot can be neither bought nor sold any more
            decision = self._stages(view, reason, repair, self._shape.repairs[repair])
            if decision is None:
                continue
            if repair != "rehedge" or stuck or self._mends_drift(view, decision):
                return decision
        return None

    def _mends_drift(self, view: View, decision: Decision) -> bool:
        """Tell if the orders bring the drift inside its limit; lots and minimums may not let."""
        book = self._desk.read(view)
        drift = book.spot - book.hedge
        for order in decision.instructions:
            if isinstance(order, (SpotTrade, PerpTrade)):
                drift += order.quantity
        return abs(drift) * book.price <= self._bands.max_delta_drift * book.equity

    def proceed(self, view: View, plan: OpenPlan) -> Decision | None:
        """Do the due stage of a repair and those behind it that have nothing to wait for."""
        repair, _, stage = plan.stage.partition("/")
        stages = self._shape.repairs[repair]
        return self._stages(view, plan.reason, repair, stages[stages.index(stage) :])

    def _repairs(self, view: View, reason: Reason, *, stuck: bool) -> tuple[str, ...]:
        """Return what would mend what fired, the better first; ``stuck`` without a spot venue."""
        book = self._desk.read(view)
        if reason.trigger == NAKED and book.weights != self._desk.weights:
            moved = replace(book, shorts={v: w * book.spot for v, w in book.weights.items()})
            carried = self._lacking(moved, book.margin) == 0.0
            if carried or stuck:  # others take over the hedge of a venue that defaulted
                return ("rehedge", "unhedged")
        if reason.trigger in self._shape.of_trigger:
            return (self._shape.of_trigger[reason.trigger],)
        if self._lacking(book, book.margin) == 0.0:
            return ("remargin",)
        rescued = self._lacking(book, book.margin + book.reserve) == 0.0
        return ("rescue",) if rescued else ("reduce",)

    def _lacking(self, book: HedgeBook, margin: float) -> float:
        """Margin that is missing for every venue to stand above its warning, by weights."""
        limits = self._risk.margin_ratio
        if limits is None:
            return 0.0
        needed = [
            limits.warning * MARGIN_HEADROOM * book.shorts[v] * book.price / weight
            for v, weight in book.weights.items()
            if weight > 0.0
        ]
        return max(max(needed, default=0.0) - margin, 0.0)

    def _stages(
        self, view: View, reason: Reason, repair: str, stages: tuple[str, ...]
    ) -> Decision | None:
        book = self._desk.read(view)
        for i, stage in enumerate(stages):
            goal = self._goal(view, book, repair, stage)
            if repair == "enter":
                self._check_size(view, book, goal)
            elif repair == "increase" and not self._desk.hedgeable(view, goal):
                return None  # what cannot be hedged is not bought
            task = Task(repair=repair, stage=stage, reason=reason)
            instructions = self._stage(view, book, goal, task)
            if instructions is None:
                return None  # what stays long keeps its hedge
            if instructions:
                rest = stages[i + 1 :]
                return Decision(
                    action=self._action(reason, repair, goal, instructions),
                    reason=reason,
                    instructions=tuple(instructions),
                    then=f"{repair}/{rest[0]}" if rest else None,
                    missing=self._missing_after(book, goal)
                    if reason.trigger.startswith(RISK)
                    else 0.0,
                )
        return None

    def _check_size(self, view: View, book: HedgeBook, goal: Goal) -> None:
        if not self._desk.hedgeable(view, goal):
            hedged = any(goal.weights.values()) and goal.spot > 0.0
            asked = self._desk.least_spot(view, goal) if hedged else None
            raise too_small(book, goal, asked, (self.universe.share_currency, self._desk.asset))

    def _stage(self, view: View, book: HedgeBook, goal: Goal, task: Task) -> Orders | None:
        """Return the orders of a stage; None where the whole repair must wait."""
        match task.stage:
            case "keep":
                return [*self._desk.keep(book, self._reserve_gap(book))]
            case "realise":
                return [*self._desk.realise(view, book, goal)]
            case "move":
                return [*self._desk.moves(book, goal, realised=True)]
            case "trade":
                return self._trade(view, book, goal, task.repair)
            case _:
                return []

    def _trade(self, view: View, book: HedgeBook, goal: Goal, repair: str) -> Orders | None:
        """Trade to the goal; after a default as far as margin carries it, or else not at all."""
        orders = self._desk.trade(view, book, goal)
        if book.weights == self._desk.weights:
            return [*orders]
        carried = self._desk.trade(view, book, goal, as_carried=True)
        return [*carried] if repair == "rehedge" or carried == orders else None

    def _action(self, reason: Reason, repair: str, goal: Goal, orders: Orders) -> Action:
        if reason.trigger == "entry":
            return Action.ENTRY_FULL
        if repair not in self._shape.reducing:
            return Action.ENTRY_PARTIAL
        queued = any(isinstance(x, Unstake) for x in orders)  # it comes back, and is sold then
        return Action.EXIT_FULL if goal.spot == 0.0 and not queued else Action.EXIT_PARTIAL

    def _missing_after(self, book: HedgeBook, goal: Goal) -> float:
        """Margin that the repair still lacks to stand above the warning, share currency."""
        margin = sum(goal.margins.values())
        after = replace(book, shorts={v: w * goal.spot for v, w in goal.weights.items()})
        return self._lacking(after, margin)

    def _reserve_gap(self, book: HedgeBook) -> float:
        return max(self.reserve_ratio * book.equity - book.reserve, 0.0)

    def _goal(self, view: View, book: HedgeBook, repair: str, stage: str) -> Goal:
        sold = repair in self._shape.reducing and stage not in BEFORE_SALE
        match repair:
            case "withdraw" | "refill":
                cash = view.queue if repair == "withdraw" else self._reserve_gap(book)
                if book.hedge == 0.0 and book.spot == 0.0:
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

    def _less(self, book: HedgeBook, cash: float, *, sold: bool) -> Goal:
        """Stand at the mode's target on what is invested less ``cash``, which is freed.

        Once spot is ``sold`` what is left of it stays: its costs come out of margin.
        """
        if cash >= book.invested * WHOLE:
            emptied = self._desk.goal(book, 0.0, 0.0)
            wanted = self._desk.needs(cash, 0.0)
            return replace(
                emptied,
                margins={v: w * self._backing(book) for v, w in book.weights.items()},
                cash=wanted["cash"],
                payment=wanted["payment"],
            )
        spot = self._shape.allocation * (book.invested - cash) / book.price
        return self._desk.goal(book, book.staying(spot) if sold else spot, cash)

    def _backing(self, book: HedgeBook) -> float:
        """Margin for what waits in a queue and stays hedged until it is paid, share currency."""
        share = self._shape.allocation
        return book.leaving * book.price * (1.0 - share) / share if book.leaving else 0.0

    def _stay(self, book: HedgeBook, spot: float) -> Goal:
        """Hold ``spot`` units hedged in the shares that stand; no cash moves."""
        hedge = book.hedge
        shares = {v: x / hedge for v, x in book.shorts.items()} if hedge > 0.0 else book.weights
        return Goal(
            spot=spot,
            weights=shares,
            margins=book.margin_equity,
            cash=book.cash,
            payment=book.treasury_cash,
        )

    def _by_weights(self, book: HedgeBook, repair: str) -> Goal:
        """Hold what is held, hedge and margin by the weights; a rescue adds the reserve."""
        taken = 0.0
        if repair == "rescue":
            taken = min(self._lacking(book, book.margin), book.reserve)
        margin = book.margin + taken
        return Goal(
            spot=book.spot,
            weights=book.weights,
            margins={v: w * margin for v, w in book.weights.items()},
            cash=book.cash,
            payment=book.treasury_cash,
            from_reserve=taken,
        )


def _band(
    name: str, side: str, value: FloatArray, target: float | FloatArray, band: float
) -> list[Trigger]:
    """Fire where a measure is further than ``band`` from its target, on either side."""
    upper, lower = target + band, target - band
    return [
        Trigger(
            name=f"{name}_above",
            side=side,
            fires=value > upper,
            value=value,
            limit=upper,
            retried=True,
        ),
        Trigger(name=f"{name}_below", side=side, fires=value < lower, value=value, limit=lower),
    ]
