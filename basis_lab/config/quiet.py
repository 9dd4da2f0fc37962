"""Level 5: entry is quiet.

Every risk measure is OK at the target and at the edge of each band taken alone; else a run would
begin in alarm, or a band would never be reached before the alarm. Costs of the entry are left out.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from basis_lab.config.models import ModeHeader
from basis_lab.config.schema import Path
from basis_lab.config.validation import Fault
from basis_lab.domain.series import symbol_of
from basis_lab.execution.venues.parameters import ExchangeParameters, VenueParameters
from basis_lab.monitors.limits import RiskParameters
from basis_lab.strategies.parameters import HedgedParameters, NeutralParameters

TOLERANCE = 1e-9  # of a limit: rounding of the algebra is no alarm
REMEDY_DIGITS = 4

Levers = tuple[tuple[str, float], ...]  # key of the strategy block, its largest value


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """One venue's account at the target, or at the edge of a band.

    ``margin`` and ``notional`` are shares of the equity invested; ``maintenance_rate`` is that of
    the tier. ``levers`` gives the keys, and up to what each brings the margin ratio to a floor.
    """

    venue: str
    key: str
    value: float
    where: str
    margin: float
    notional: float
    maintenance_rate: float
    levers: Callable[[float], Levers]

    @property
    def ratio(self) -> float:
        """The margin ratio."""
        return self.margin / self.notional

    @property
    def path(self) -> Path:
        """The key that decides the state."""
        return ("strategy", self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """A basis book of some size: what a venue's account looks like when it moves.

    Parameters
    ----------
    strategy : HedgedParameters
        The ``strategy`` block.
    share : float
        Share of equity in the long book.
    share_key : str
        The key that says so.
    tiers : mapping of venue to sequence of (notional, rate)
        Maintenance margin tiers of the market.
    invested : float
        Quote currency: capital less the reserve.
    room : float
        What the spot share needs above its target: its band, or nothing where no band acts.
    """

    strategy: HedgedParameters
    share: float
    share_key: str
    tiers: Mapping[str, Sequence[tuple[float, float]]]
    invested: float
    room: float

    @property
    def book(self) -> str:
        """What the long book is, for messages."""
        return self.share_key.removesuffix("_allocation")

    def rate(self, venue: str, notional: float) -> float:
        """Return the maintenance rate of the tier that a share of equity as notional reaches."""
        tiers = self.tiers[venue]
        size = notional * self.invested
        return next((rate for limit, rate in tiers if size <= limit), tiers[-1][1])

    def target(self) -> Iterator[_State]:
        """Yield every venue at the target: the margin ratio is (1 - s) / s."""
        s = self.share
        for venue, weight in self.strategy.hedge_allocation.items():
            yield _State(
                venue=venue,
                key=self.share_key,
                value=s,
                where=f"at entry ({self.book} {s:g} of equity, margin {1.0 - s:g})",
                margin=weight * (1.0 - s),
                notional=weight * s,
                maintenance_rate=self.rate(venue, weight * s),
                levers=partial(_target_levers, self.share_key, self.room),
            )

    def spot_edge(self) -> Iterator[_State]:
        """Yield every venue where a rise of the price brings the spot share to its upper edge.

        Quantities and equity stay as they are: spot gains what the shorts lose, so the share x
        leaves the margin 1 - x. The lower edge has more margin than the target.
        """
        s, band = self.share, self.strategy.position_deviation_threshold
        edge = s + band
        for venue, weight in self.strategy.hedge_allocation.items():
            yield _State(
                venue=venue,
                key=self.share_key,
                value=s,
                where=f"at the upper edge of the band of the {self.book} share ({s:g} + {band:g} = "
                f"{edge:g} of equity, {edge / s - 1.0:+.1%} in price)",
                margin=weight * (1.0 - edge),
                notional=weight * edge,
                maintenance_rate=self.rate(venue, weight * edge),
                levers=partial(_spot_levers, self.share_key, s, band),
            )

    def hedge_edges(self) -> Iterator[_State]:
        """Yield each venue at the upper edge of its share of the hedge, its margin as it was.

        A single venue carries all of the hedge: it has no band.
        """
        s, band = self.share, self.strategy.hedge_weight_band
        weights = self.strategy.hedge_allocation
        for venue, weight in weights.items() if len(weights) > 1 else ():
            edge = min(weight + band, 1.0)
            yield _State(
                venue=venue,
                key="hedge_weight_band",
                value=band,
                where=f"at the upper edge of its share of the hedge ({weight:g} + {band:g})",
                margin=weight * (1.0 - s),
                notional=edge * s,
                maintenance_rate=self.rate(venue, edge * s),
                levers=partial(_hedge_levers, s, weight),
            )

    def drift_edge(self) -> Iterator[_State]:
        """Yield every venue where the shorts exceed the spot by the drift that is tolerated."""
        s, drift = self.share, self.strategy.max_delta_drift
        for venue, weight in self.strategy.hedge_allocation.items():
            yield _State(
                venue=venue,
                key="max_delta_drift",
                value=drift,
                where=f"where shorts exceed the spot by max_delta_drift ({s:g} + {drift:g})",
                margin=weight * (1.0 - s),
                notional=weight * (s + drift),
                maintenance_rate=self.rate(venue, weight * (s + drift)),
                levers=partial(_drift_levers, s),
            )


def _target_levers(key: str, room: float, floor: float) -> Levers:
    return ((key, 1.0 / (1.0 + floor) - room),)


def _spot_levers(key: str, s: float, band: float, floor: float) -> Levers:
    most = 1.0 / (1.0 + floor)
    return ((key, most - band), ("position_deviation_threshold", most - s))


def _hedge_levers(s: float, weight: float, floor: float) -> Levers:
    return (("hedge_weight_band", weight * ((1.0 - s) / (s * floor) - 1.0)),)


def _drift_levers(s: float, floor: float) -> Levers:
    return (("max_delta_drift", (1.0 - s) / floor - s),)


def entry_faults(
    header: ModeHeader,
    strategy: HedgedParameters,
    risk: RiskParameters,
    venues: Mapping[str, VenueParameters],
    capital: float,
) -> Iterator[Fault]:
    """Yield every risk measure that is not OK at the target, or at the edge of a band.

    Parameters
    ----------
    header : ModeHeader
        With ``hold`` no band acts, so the target alone must be quiet.
    strategy : HedgedParameters
        Within its bounds, at venues that can serve it.
    risk : RiskParameters
        Limits, in order.
    venues : mapping of str to VenueParameters
        By name.
    capital : float
        What the run begins with, quote currency.

    Yields
    ------
    Fault
        Names the measure, its value, where it has it, and the limit.

    Notes
    -----
    With spot share s and weight w_v, venue v holds margin w_v (1 - s) against notional w_v s. The
    limits are met where the margin ratio is not below its warning, and where maintenance margin
    is less than the margin: ``maintenance_usage = rate / margin_ratio < 1``, with the rate of the
    tier on the whole notional (an upper bound where tiers deduct an amount).
    """
    if isinstance(strategy, NeutralParameters):
        share, key = strategy.stake_allocation, "stake_allocation"
    else:
        share, key = strategy.spot_allocation, "spot_allocation"
    if share == 0.0:
        return
    book = _Book(
        strategy=strategy,
        share=share,
        share_key=key,
        tiers=_tiers(strategy, venues, symbol_of(header.asset)),
        invested=capital * (1.0 - strategy.reserve_ratio),
        room=0.0 if header.hold else strategy.position_deviation_threshold,
    )
    target = list(book.target())
    yield from _liquidated_first(risk, target, book)
    loud = list(_loud(risk, target))
    yield from loud
    if not loud and not header.hold:
        for edge in (book.spot_edge(), book.hedge_edges(), book.drift_edge()):
            yield from _loud(risk, list(edge))


def _tiers(
    strategy: HedgedParameters, venues: Mapping[str, VenueParameters], symbol: str
) -> dict[str, list[tuple[float, float]]]:
    """Return the maintenance tiers of a market at each venue of the hedge."""
    return {
        name: [(x.max_notional, x.maintenance_rate) for x in venue.perp.tiers[symbol]]
        for name, venue in venues.items()
        if name in strategy.hedge_allocation
        and isinstance(venue, ExchangeParameters)
        and venue.perp is not None
    }


def _loud(risk: RiskParameters, states: Sequence[_State]) -> Iterator[Fault]:
    """Yield each measure that is not OK in some of the states, where it is worst."""
    if not states:
        return
    limits = risk.margin_ratio
    if limits is not None and "margin_ratio" in risk.enabled_risk_types:
        worst = min(states, key=lambda x: x.ratio)
        if worst.ratio < limits.warning * (1.0 - TOLERANCE):
            yield Fault(
                path=worst.path,
                value=worst.value,
                what=f"entry is not quiet: margin_ratio at {worst.venue} would be "
                f"{worst.ratio:.4g} {worst.where}, below its warning limit {limits.warning:g}",
                remedy=_worded(
                    worst.levers(limits.warning), "risk.margin_ratio.warning below that"
                ),
            )
            return  # more margin mends maintenance_usage as well
    worst = max(states, key=lambda x: x.maintenance_rate - x.ratio)
    if worst.ratio <= worst.maintenance_rate:
        yield Fault(
            path=worst.path,
            value=worst.value,
            what=f"entry is not quiet: maintenance_usage at {worst.venue} would be "
            f"{_usage(worst)} {worst.where}, and the venue liquidates at its limit 1",
            remedy=_worded(worst.levers(worst.maintenance_rate)),
        )


def _usage(state: _State) -> str:
    return f"{state.maintenance_rate / state.ratio:.4g}" if state.ratio > 0.0 else "without bound"


def _liquidated_first(
    risk: RiskParameters, target: Sequence[_State], book: _Book
) -> Iterator[Fault]:
    """Yield a critical limit that lies below where a venue liquidates."""
    worst = max(target, key=lambda x: x.maintenance_rate)
    limits = risk.margin_ratio
    if limits is not None and limits.critical <= worst.maintenance_rate:
        notional = worst.notional * book.invested
        yield Fault(
            path=("risk", "margin_ratio", "critical"),
            value=limits.critical,
            what=f"{worst.venue} liquidates at a margin ratio of {worst.maintenance_rate:g} (its "
            f"tier for the {notional:,.0f} at entry), before this limit is reached",
            remedy=f"give a critical limit above {worst.maintenance_rate:g} and below the warning",
        )


def _worded(levers: Levers, *others: str) -> str:
    """Print what each lever may be at most, rounded down so that it serves."""
    scale = 10.0**REMEDY_DIGITS
    moved = [
        f"strategy.{key} of at most {math.floor(share * scale) / scale:g}"
        for key, share in levers
        if share > 0.0
    ]
    return f"give {', or '.join([*moved, *others])}"
