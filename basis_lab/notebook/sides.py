"""How near each side came to its liquidation: one definition, that of the summary."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from basis_lab.domain.events import Event, EventType
from basis_lab.domain.instruments import Kind
from basis_lab.domain.market import FloatArray
from basis_lab.results.record import RunRecord

DAY_S = 86_400
LEAST_BARS = 24  # a volatility of fewer returns is noise
RATE_FLOOR = 0.001  # least daily sigma of a staking rate
ROUNDING = 1e-9
SEEN_BEFORE_ACTING = frozenset(
    {EventType.DECISION, EventType.RISK_WARNING, EventType.RISK_CRITICAL, EventType.LIQUIDATION}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SideRisk:
    """One side's distance to liquidation, in percent and in sigmas of its own price.

    Parameters
    ----------
    side : str
        "aave" or a perp venue.
    worst : float
        Nearest to 0 in the whole run, a price move as a fraction; as
        ``min_liquidation_distance`` of the summary, so before an action at a timestep as well.
    worst_row : int or None
        Where that was; None where no column and no event of the run tells.
    last : float or None
        Price move after the actions of the last timestep, a fraction; None where the side has no
        position then.
    worst_sigmas, last_sigmas : float or None
        The same over the daily sigma of that side's price; None where that is not known.
    """

    side: str
    worst_row: int | None
    worst: float
    last: float | None
    worst_sigmas: float | None
    last_sigmas: float | None


def sides_of(
    record: RunRecord, summary: Mapping[str, Any], distances: Mapping[str, FloatArray]
) -> tuple[SideRisk, ...]:
    """Return every side's worst and last distance, nearest first.

    Parameters
    ----------
    record : RunRecord
        The run.
    summary : mapping
        As summary.json.
    distances : mapping of str to ndarray of shape (T,)
        Price move to liquidation by side, after the actions of each timestep.

    Returns
    -------
    tuple of SideRisk
        Sides that ever had a position.
    """
    worst = summary["min_liquidation_distance"]
    made = [_side(record, side, values, float(worst[side])) for side, values in distances.items()]
    return tuple(sorted(made, key=lambda x: abs(x.worst)))


def _side(record: RunRecord, side: str, values: FloatArray, worst: float) -> SideRisk:
    known = np.flatnonzero(np.isfinite(values))
    nearest, end = int(known[np.argmin(np.abs(values[known]))]), len(values) - 1
    last = float(values[end]) if np.isfinite(values[end]) else None
    row: int | None = nearest
    if abs(values[nearest]) > abs(worst) * (1.0 + ROUNDING):
        row = _row_before_acting(record, side)
    sigma = _sigma(record, side)
    return SideRisk(
        side=side,
        worst_row=row,
        worst=worst,
        last=last,
        worst_sigmas=None if row is None else _over(worst, sigma, row),
        last_sigmas=None if last is None else _over(last, sigma, end),
    )


def _row_before_acting(record: RunRecord, side: str) -> int | None:
    """Return the row at which a side's ratio was worst before something acted on it.

    The distance of a side falls with its margin ratio, that of a loan with its health factor, and
    every action writes down what these were before it.
    """
    measure = "health_factor" if side == "aave" else f"margin_ratio:{side}"
    least = record.extremes[measure]
    for entry in record.log:
        if isinstance(entry, Event) and entry.event_type in SEEN_BEFORE_ACTING:
            told = _told_before(entry, side)
            if told is not None and abs(told - least) <= ROUNDING * abs(least):
                return entry.row
    return None


def _told_before(event: Event, side: str) -> float | None:
    """Return what an event says of a side's ratio before it."""
    details, name = event.details, "health_factor" if side == "aave" else "margin_ratio"
    told: object = None
    if f"{name}_before" in details:
        told = details[f"{name}_before"]
        told = told[side] if isinstance(told, Mapping) and side in told else told
    elif event.trigger == name and event.venue == side and "value" in details:
        told = details["value"]
    return float(told) if isinstance(told, int | float) else None


def _sigma(record: RunRecord, side: str) -> FloatArray | None:
    """Daily sigma of the price that liquidates a side."""
    frame, rows = record.frame, record.rows
    for listing in frame.universe.listings:
        if listing.mark is not None and listing.instrument.venue == side:
            return daily_sigma(frame.values(listing.mark)[:rows], frame.step_s)
    if side != "aave":
        return None
    for listing in frame.universe.listings:
        if listing.instrument.kind is Kind.ATOKEN and listing.rate is not None:
            rate = frame.values(listing.rate)[:rows]
            return np.maximum(daily_sigma(rate, frame.step_s), RATE_FLOOR)
    return None


def daily_sigma(prices: FloatArray, step_s: int) -> FloatArray:
    """Return the standard deviation of a day's log return, as of the bars up to each row.

    Parameters
    ----------
    prices : ndarray of shape (T,)
        One a bar, above zero.
    step_s : int
        Length of a bar, seconds.

    Returns
    -------
    ndarray of shape (T,)
        Per day, a fraction; NaN until there are enough bars.

    Notes
    -----
    sigma_t = sqrt(D / n x sum of the last n squared log returns), with D bars a day and n the
    bars of a day, at least 24: for hourly bars the realised volatility of the day.
    """
    per_day = DAY_S / step_s
    bars = max(int(per_day), LEAST_BARS)
    squares = np.add.accumulate(np.diff(np.log(prices), prepend=np.log(prices[:1])) ** 2)
    sigma = np.full(len(prices), np.nan)
    if len(prices) > bars:
        sums = squares[bars:] - squares[:-bars]
        sigma[bars:] = np.sqrt(np.maximum(sums, 0.0) * per_day / bars)
    return sigma


def _over(distance: float, sigma: FloatArray | None, row: int) -> float | None:
    if sigma is None or not np.isfinite(sigma[row]) or sigma[row] == 0.0:
        return None
    return float(abs(distance) / sigma[row])
