"""btc_basis, eth_basis: spot at one venue, shorts of what is held at several, margin beside."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from basis_lab.domain import series
from basis_lab.domain.arrays import sum_columns
from basis_lab.domain.instructions import Action, Decision, Reason
from basis_lab.domain.instruments import Universe
from basis_lab.domain.market import BoolArray, FloatArray
from basis_lab.monitors.limits import RiskParameters
from basis_lab.strategies.base import ORDERED_EXIT, Terms, Trigger, View
from basis_lab.strategies.hedge_book import Goal, HedgeBook
from basis_lab.strategies.hedge_desk import HedgeDesk
from basis_lab.strategies.hedged import HedgedStrategy, Shape
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
REDUCING = frozenset({"reduce", "withdraw", "refill", "unhedged", "leave", "quit"})


class BasisStrategy(HedgedStrategy):
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
        limits = risk.margin_ratio
        least = 0.0 if limits is None else limits.warning
        desk = HedgeDesk(parameters, universe, asset, terms, least)
        shape = Shape(
            share="spot_share",
            allocation=parameters.spot_allocation,
            repairs=REPAIRS,
            of_trigger=OF_TRIGGER,
            reducing=REDUCING,
        )
        super().__init__(shape, parameters, desk, risk)
        self.parameters = parameters
        self._asset = asset
        self._spot_column = universe.column(desk.base)

    def _long_target(
        self,
        view: View,  # noqa: ARG002 - a loop looks at its tables
        units: FloatArray,
        quantities: FloatArray,
    ) -> None:
        quantities[:, self._spot_column] = units

    def triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return entry, or the bands and the funding filter."""
        found = super().triggers(view)
        chosen = self.parameters.funding_filter
        if chosen is None or not view.entered:
            return found
        inside = np.zeros(len(view.window), dtype=bool)  # out by choice: no band calls it back
        for columns in self._desk.columns.values():
            inside |= view.exposure.quantities[:, columns.perp] < 0.0
        bands = (replace(x, fires=x.fires & inside) for x in found)
        return (*bands, *self._filter_triggers(view, chosen, inside))

    def _filter_triggers(
        self, view: View, chosen: FundingFilter, inside: BoolArray
    ) -> tuple[Trigger, ...]:
        mean = self._trailing_funding(view, chosen)
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
            for venue, weight in self._desk.standing(view.window).items()
        ]
        return sum_columns(parts, len(view.window))

    def decide(self, view: View, reason: Reason) -> Decision | None:
        """Choose the repair that mends what fired, unless the filter keeps the strategy out."""
        chosen = self.parameters.funding_filter
        if reason.trigger == "entry" and chosen is not None:
            mean = float(self._trailing_funding(view, chosen)[-1])
            if not mean >= chosen.exit_below:
                return _stay_out(mean, chosen)
        if reason.trigger == "deposit" and chosen and self._desk.read(view).hedge == 0.0:
            return None
        return super().decide(view, reason)

    def _goal(self, view: View, book: HedgeBook, repair: str, stage: str) -> Goal:
        filtered = self.parameters.funding_filter is not None
        if filtered and book.hedge == 0.0 and repair in {"withdraw", "refill"}:
            cash = view.queue if repair == "withdraw" else self._reserve_gap(book)
            return self._desk.free(book, cash)
        return super()._goal(view, book, repair, stage)


def _stay_out(mean: float, chosen: FundingFilter) -> Decision:
    """Record that the filter keeps the strategy out: a decision without instructions."""
    return Decision(
        action=Action.ENTRY_PARTIAL,
        reason=Reason(trigger="funding_filter_wait", value=mean, limit=chosen.exit_below),
        instructions=(),
    )
