"""btc_basis, eth_basis: spot at one venue, shorts of what is held at several, margin beside.

A repair is a sequence of stages. ``trade`` goes to the target quantities at one timestamp,
``move`` sends cash to where margin is short, ``realise`` closes and reopens part of a short where
its profit is needed as cash; increases move first, reductions trade first.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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
    Transfer,
)
from basis_lab.domain.instruments import Instrument, Kind, Listing, Universe
from basis_lab.domain.market import FloatArray, Requirement
from basis_lab.monitors.limits import RiskParameters
from basis_lab.strategies.base import Blueprint, Terms, Trigger, View
from basis_lab.strategies.moves import Account, plan_moves
from basis_lab.strategies.needs import perp_needs, spot_needs, usd_needs
from basis_lab.strategies.parameters import BasisParameters

# Stages of each repair, in order. The names appear in the events of a plan.
REPAIRS: Mapping[str, tuple[str, ...]] = {
    "increase": ("realise", "move", "trade"),
    "reduce": ("trade", "realise", "move"),
    "reweight": ("realise", "move", "trade"),
    "rehedge": ("trade",),
    "remargin": ("realise", "move"),
}
SLIPPAGE_ALLOWANCE = 2.0  # a fill may lose twice the decision's own estimate
ROUNDING = 1.0 - 2.0**-50  # keeps a purchase with all cash from asking for one ulp too much
MOVE_THRESHOLD = 1e-4  # share of equity below which a margin difference is left alone
MARGIN_HEADROOM = 1.05  # moving margin must lift the ratio this far above its warning


def basis_blueprint(parameters: BasisParameters, asset: str, currency: str) -> Blueprint:
    """Say what a basis mode holds and needs.

    Parameters
    ----------
    parameters : BasisParameters
        The ``strategy`` block.
    asset : str
        The hedged asset ("BTC", "ETH").
    currency : str
        The share class's currency, which is also the quote currency.

    Returns
    -------
    Blueprint
        Listings and requirements.
    """
    home = parameters.spot_venue
    price = series.spot(home, asset)
    symbol = series.symbol_of(asset)
    listings = [
        Listing(instrument=Instrument(home, Kind.TOKEN, currency), asset=currency),
        Listing(instrument=Instrument(home, Kind.TOKEN, asset), asset=asset, price=price),
    ]
    requirements: list[Requirement] = [*spot_needs(home, asset, f"spot {asset}")]
    venues = _venues(parameters)
    for venue in venues:
        listings += [
            Listing(instrument=Instrument(venue, Kind.MARGIN, currency), asset=currency),
            Listing(
                instrument=Instrument(venue, Kind.PERP, symbol),
                asset=asset,
                price=price,
                mark=series.mark(venue, asset),
            ),
            Listing(instrument=Instrument(venue, Kind.CONTRACTS, symbol), asset=currency),
        ]
        requirements += perp_needs(venue, asset)
    listings += [
        Listing(instrument=Instrument(venue, Kind.IN_TRANSIT, currency), asset=currency)
        for venue in dict.fromkeys((home, *venues))
    ]
    return Blueprint(listings=tuple(listings), requirements=(*requirements, *usd_needs(currency)))


def _venues(parameters: BasisParameters) -> tuple[str, ...]:
    return tuple(venue for venue, weight in parameters.hedge_allocation.items() if weight > 0.0)


@dataclass(frozen=True, slots=True)
class _Columns:
    margin: int
    perp: int
    contracts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """One row of the book as the strategy thinks of it; transit counts at its destination."""

    price: float
    equity: float
    spot: float
    cash: float  # at the treasury
    shorts: Mapping[str, float]  # units, positive
    margin_cash: Mapping[str, float]
    margin_equity: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Goal:
    """Where a repair goes: units of spot, and each venue's share of the hedge and of margin."""

    spot: float
    weights: Mapping[str, float]
    margins: Mapping[str, float]
    cash: float  # what the treasury needs for the purchase and the reserve


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
        currency = universe.share_currency
        symbol = series.symbol_of(asset)
        home = parameters.spot_venue
        self.parameters = parameters
        self.universe = universe
        self.treasury = Instrument(home, Kind.TOKEN, currency)
        self._terms = terms
        self._risk = risk
        self._base = Instrument(home, Kind.TOKEN, asset)
        self._price = series.spot(home, asset)
        self._asset = asset
        self._weights = {v: parameters.hedge_allocation[v] for v in _venues(parameters)}
        self._perps = {v: Instrument(v, Kind.PERP, symbol) for v in self._weights}
        self._margins = {v: Instrument(v, Kind.MARGIN, currency) for v in self._weights}
        self._columns = {
            v: _Columns(
                universe.column(self._margins[v]),
                universe.column(self._perps[v]),
                universe.column(Instrument(v, Kind.CONTRACTS, symbol)),
            )
            for v in self._weights
        }

    def target(self, view: View) -> FloatArray:
        """Return targets, shape (W, n): spot s E / S, shorts by weight, margin with the rest."""
        p = self.parameters
        invested = view.exposure.equity * (1.0 - p.reserve_ratio)
        quantities = np.zeros_like(view.exposure.quantities)
        spot = p.spot_allocation * invested / view.window.values(self._price)
        quantities[:, self.universe.column(self._base)] = spot
        for venue, weight in self._weights.items():
            columns = self._columns[venue]
            quantities[:, columns.perp] = -(weight * spot)
            quantities[:, columns.margin] = weight * (1.0 - p.spot_allocation) * invested
        return quantities

    def triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return entry, margin risk, then the bands, in their order of priority."""
        equity = view.exposure.equity
        if not view.entered:
            return (Trigger(name="entry", side="", fires=equity > 0.0, value=equity, limit=0.0),)
        return (*self._risk_triggers(view), *self._band_triggers(view))

    def _risk_triggers(self, view: View) -> list[Trigger]:
        limits = self._risk.margin_ratio
        if limits is None or "margin_ratio" not in self._risk.enabled_risk_types:
            return []
        return [
            Trigger(
                name=f"margin_ratio_{level}",
                side=venue,
                fires=view.risk.margin_ratio[venue] < limit,
                value=view.risk.margin_ratio[venue],
                limit=limit,
            )
            for level, limit in (("critical", limits.critical), ("warning", limits.warning))
            for venue in self._weights
        ]

    def _band_triggers(self, view: View) -> list[Trigger]:
        p = self.parameters
        invested = view.exposure.equity * (1.0 - p.reserve_ratio)
        held = view.exposure.quantities
        spot = held[:, self.universe.column(self._base)]
        share = ratio(spot * view.window.values(self._price), invested)
        shorts = {v: -held[:, c.perp] for v, c in self._columns.items()}
        hedge = sum_columns(list(shorts.values()), len(view.window))
        triggers = _band("spot_share", "", share, p.spot_allocation, p.position_deviation_threshold)
        if len(self._weights) > 1:
            for venue, short in shorts.items():
                weight = ratio(short, hedge)
                triggers += _band(
                    "hedge_weight", venue, weight, self._weights[venue], p.hedge_weight_band
                )
        return triggers + _band("delta_drift", "", view.risk.delta_drift, 0.0, p.max_delta_drift)

    def decide(self, view: View, reason: Reason) -> Decision | None:
        """Choose the repair that mends what fired, and begin it."""
        repair = self._repair(view, reason)
        return self._stages(view, reason, repair, REPAIRS[repair])

    def proceed(self, view: View, plan: OpenPlan) -> Decision | None:
        """Do the due stage of a repair and those behind it that have nothing to wait for."""
        repair, _, stage = plan.stage.partition("/")
        stages = REPAIRS[repair]
        return self._stages(view, plan.reason, repair, stages[stages.index(stage) :])

    def _repair(self, view: View, reason: Reason) -> str:
        match reason.trigger:
            case "entry":
                return "increase"
            case "spot_share_above":
                return "reduce"
            case "spot_share_below":
                return "increase"
            case "hedge_weight_above" | "hedge_weight_below":
                return "reweight"
            case "delta_drift_above" | "delta_drift_below":
                return "rehedge"
            case _:
                return "remargin" if self._margin_mends(view) else "reduce"

    def _margin_mends(self, view: View) -> bool:
        """Tell if margin by weights would lift every venue above its warning."""
        limits = self._risk.margin_ratio
        book = self._book(view)
        margin = sum(book.margin_equity.values())
        return limits is not None and all(
            self._weights[v] * margin > limits.warning * MARGIN_HEADROOM * short * book.price
            for v, short in book.shorts.items()
        )

    def _stages(
        self, view: View, reason: Reason, repair: str, stages: tuple[str, ...]
    ) -> Decision | None:
        book = self._book(view)
        goal = self._goal(book, repair)
        for i, stage in enumerate(stages):
            match stage:
                case "realise":
                    instructions = self._realise(view, book, goal)
                case "move":
                    instructions = self._moves(book, goal, realised=True)
                case _:
                    instructions = self._trade(view, book, goal)
            if instructions:
                rest = stages[i + 1 :]
                return Decision(
                    action=_action(reason, repair),
                    reason=reason,
                    instructions=tuple(instructions),
                    then=f"{repair}/{rest[0]}" if rest else None,
                )
        return None

    def _book(self, view: View) -> _Book:
        held = view.exposure.quantities[-1]
        prices = view.window.unit_prices[-1]
        arriving = dict.fromkeys((self.treasury, *self._margins.values()), 0.0)
        for item in view.pending:
            arriving[item.destination] += item.quantity
        cash = {
            v: float(held[c.margin]) + arriving[self._margins[v]] for v, c in self._columns.items()
        }
        return _Book(
            price=float(view.window.values(self._price)[-1]),
            equity=float(view.exposure.equity[-1]),
            spot=float(held[self.universe.column(self._base)]),
            cash=float(held[self.universe.column(self.treasury)]) + arriving[self.treasury],
            shorts={v: -float(held[c.perp]) for v, c in self._columns.items()},
            margin_cash=cash,
            margin_equity={
                v: cash[v] + float(held[c.perp] * prices[c.perp] + held[c.contracts])
                for v, c in self._columns.items()
            },
        )

    def _goal(self, book: _Book, repair: str) -> _Goal:
        p = self.parameters
        reserve = book.equity * p.reserve_ratio
        margin_held = sum(book.margin_equity.values())
        if repair in ("increase", "reduce"):
            spot = p.spot_allocation * (book.equity - reserve) / book.price
            purchase = self._purchase_cost(max(spot - book.spot, 0.0), book.price)
            kept = min(spot, book.spot) * book.price
            margin = book.equity - reserve - self._sending_fees(book) - kept - purchase
            return _Goal(
                spot=spot,
                weights=self._weights,
                margins={v: w * margin for v, w in self._weights.items()},
                cash=reserve + purchase,
            )
        hedge = sum(book.shorts.values())
        if repair == "rehedge" and hedge > 0.0:
            weights: Mapping[str, float] = {v: x / hedge for v, x in book.shorts.items()}
        else:
            weights = self._weights
        return _Goal(
            spot=book.spot,
            weights=weights,
            margins={v: w * margin_held for v, w in self._weights.items()},
            cash=book.cash,
        )

    def _purchase_cost(self, units: float, price: float) -> float:
        """Cash that buys ``units`` net of the fee in base, slippage included."""
        terms = self._terms.spot[self.parameters.spot_venue]
        gross = units / (1.0 - terms.fee)
        slippage = float(terms.slippage(np.array([gross * price]))[0])
        return gross * price * (1.0 + slippage)

    def _sending_fees(self, book: _Book) -> float:
        """Fees of sending to every venue beside the treasury's that holds no margin yet."""
        home = self.parameters.spot_venue
        waiting = [v for v in self._weights if v != home and book.margin_equity[v] == 0.0]
        return self._terms.sending[home].fee * len(waiting)

    def _trade(self, view: View, book: _Book, goal: _Goal) -> list[Instruction]:
        instructions: list[Instruction] = []
        spot = self._spot_order(book, goal)
        after = book.spot
        if spot is not None:
            instructions.append(spot)
            fee = self._terms.spot[spot.venue].fee
            after += spot.quantity * (1.0 - fee) if spot.quantity > 0.0 else spot.quantity
        for venue, short in book.shorts.items():
            terms = self._terms.perp[venue]
            wanted = terms.round_down(goal.weights[venue] * after)
            change = short - wanted  # positive buys back
            if change != 0.0 and self._worth(view, venue, change):
                instructions.append(self._perp_order(view, venue, change))
        return instructions

    def _worth(self, view: View, venue: str, change: float) -> bool:
        """Tell if the venue takes an order of this size; a first short is always tried."""
        terms = self._terms.perp[venue]
        quote = self._quote(view, venue)
        first = view.exposure.quantities[-1, self._columns[venue].perp] == 0.0
        return first or (abs(change) >= terms.lot and abs(change) * quote >= terms.min_notional)

    def _spot_order(self, book: _Book, goal: _Goal) -> SpotTrade | None:
        home = self.parameters.spot_venue
        terms = self._terms.spot[home]
        change = goal.spot - book.spot
        if change > 0.0:
            reserve = book.equity * self.parameters.reserve_ratio
            gross = change / (1.0 - terms.fee)
            notional = np.array([gross * book.price])
            slippage = float(terms.slippage(notional)[0])
            affordable = max(book.cash - reserve, 0.0) / (book.price * (1.0 + slippage))
            quantity = terms.round_down(min(gross, affordable * ROUNDING))
        else:
            quantity = -terms.round_down(-change)
        size = abs(quantity) * book.price
        if quantity == 0.0 or (book.spot > 0.0 and size < terms.min_notional):
            return None
        return SpotTrade(
            venue=home,
            base=self._base,
            quote=self.treasury,
            quantity=quantity,
            max_slippage=SLIPPAGE_ALLOWANCE * float(terms.slippage(np.array([size]))[0]),
        )

    def _perp_order(self, view: View, venue: str, change: float) -> PerpTrade:
        terms = self._terms.perp[venue]
        quote = self._quote(view, venue)
        notional = np.array([abs(change) * quote])
        return PerpTrade(
            venue=venue,
            perp=self._perps[venue],
            quantity=change,
            max_slippage=SLIPPAGE_ALLOWANCE * float(terms.slippage(notional)[0]),
            reduce_only=change > 0.0,
        )

    def _moves(self, book: _Book, goal: _Goal, *, realised: bool) -> list[Instruction]:
        """Transfers towards the goal; with ``realised`` of cash alone, else of profits too."""
        accounts = [Account(instrument=self.treasury, surplus=book.cash - goal.cash)]
        for venue, margin in self._margins.items():
            surplus = book.margin_equity[venue] - goal.margins[venue]
            if realised:
                surplus = min(surplus, book.margin_cash[venue])
            accounts.append(Account(instrument=margin, surplus=surplus))
        return list(plan_moves(accounts, self._terms.sending, MOVE_THRESHOLD * book.equity))

    def _realise(self, view: View, book: _Book, goal: _Goal) -> list[Instruction]:
        """Close and reopen just enough of each short to turn needed profit into cash."""
        leaving = dict.fromkeys(self._margins.values(), 0.0)
        for move in self._moves(book, goal, realised=False):
            if isinstance(move, Transfer) and move.source in leaving:
                leaving[move.source] += move.quantity
        orders: list[Instruction] = []
        for venue, margin in self._margins.items():
            wanted = leaving[margin] - book.margin_cash[venue]
            units = self._units_to_realise(view, book, venue, wanted)
            if units > 0.0:
                orders.append(self._perp_order(view, venue, units))
                orders.append(self._perp_order(view, venue, -units))
        return orders

    def _units_to_realise(self, view: View, book: _Book, venue: str, wanted: float) -> float:
        """Units whose closing brings ``wanted`` cash after fees; 0.0 where none can."""
        profit = book.margin_equity[venue] - book.margin_cash[venue]
        if wanted <= MOVE_THRESHOLD * book.equity or profit <= 0.0:
            return 0.0
        terms = self._terms.perp[venue]
        short = book.shorts[venue]
        quote = self._quote(view, venue)
        slippage = float(terms.slippage(np.array([short * quote]))[0])
        per_unit = profit / short - quote * (2.0 * terms.fee + slippage)
        if per_unit <= 0.0:
            return 0.0
        units = max(wanted / per_unit, terms.min_notional / quote)
        return min(terms.round_down(units) + terms.lot, short)

    def _quote(self, view: View, venue: str) -> float:
        return float(view.window.values(series.perp_last(venue, self._asset))[-1])


def _band(name: str, side: str, value: FloatArray, target: float, band: float) -> list[Trigger]:
    """Fire where a measure is further than ``band`` from its target, on either side."""
    upper, lower = target + band, target - band
    return [
        Trigger(name=f"{name}_above", side=side, fires=value > upper, value=value, limit=upper),
        Trigger(name=f"{name}_below", side=side, fires=value < lower, value=value, limit=lower),
    ]


def _action(reason: Reason, repair: str) -> Action:
    if reason.trigger == "entry":
        return Action.ENTRY_FULL
    return Action.EXIT_PARTIAL if repair == "reduce" else Action.ENTRY_PARTIAL
