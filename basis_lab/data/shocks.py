"""Stressing a frame: a pure function from the data of a run to the data that it runs on.

Every change is made from values of the same timestep or earlier ones, so that what a stress does
later is never seen before.
"""

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from types import MappingProxyType

import numpy as np

from basis_lab.data.followers import follow, is_trailing, trailing_of
from basis_lab.domain import series
from basis_lab.domain.market import (
    BoolArray,
    FloatArray,
    MarketFrame,
    SeriesSource,
    TimeArray,
)
from basis_lab.domain.stress import ClosureParameters, ShockParameters, Stress, moment_row
from basis_lab.errors import UsageError

YEAR_S = 365.0 * 86_400.0
HOUR_S = 3_600.0
STRESSED = "stressed:"  # how a note of the manifest begins
EXTREMES = ("high", "low")
SIGNED = "funding/"  # series that may be zero or negative


def stressed(frame: MarketFrame, stress: Stress) -> MarketFrame:
    """Return a frame with every shock and closure of a scenario in it.

    Parameters
    ----------
    frame : MarketFrame
        As loaded.
    stress : Stress
        Shocks are applied in their order; what falls outside the run's dates does nothing.

    Returns
    -------
    MarketFrame
        The same frame where nothing is done; else a new one whose sources say what was changed.

    Raises
    ------
    UsageError
        If a shock leaves a price, rate or index that is not above zero.
    """
    values = dict(frame.series)
    notes: dict[str, list[str]] = {}
    for shock in stress.shocks:
        _apply(values, notes, shock, frame)
    for closure in stress.closures:
        _close(values, notes, closure, frame)
    if not notes:
        return frame
    _check(values, notes, frame.series)
    for key, base in trailing_of(values):
        if base in notes:
            values[key] = follow(key, frame, values[base], base)
            notes[key] = notes[base]
    return replace(
        frame,
        series=MappingProxyType(values),
        sources=(*_noted(frame, notes), *_added(frame, notes)),
    )


def shock_note(shock: ShockParameters, times: TimeArray) -> str:
    """Say in words what a shock does to the series of a run.

    Parameters
    ----------
    shock : ShockParameters
        Of a scenario.
    times : ndarray of datetime64[s], shape (T,)
        The run's timesteps.

    Returns
    -------
    str
        The same for every series that it changes.
    """
    lasts = "for good" if shock.duration is None else f"for {shock.duration:g} h"
    ramp = f", over {shock.ramp:g} h" if shock.ramp else ""
    what = f"{shock.operation} {shock.value:.12g}"
    return f"{STRESSED} {what} from {_stamp(shock.at, times)} {lasts}{ramp}"


def closure_note(closure: ClosureParameters, venue: str, times: TimeArray) -> str:
    """Say in words what a closure does to a venue.

    Parameters
    ----------
    closure : ClosureParameters
        Of a scenario.
    venue : str
        One of its venues.
    times : ndarray of datetime64[s], shape (T,)
        The run's timesteps.

    Returns
    -------
    str
        A sentence.
    """
    when = _stamp(closure.at, times)
    if closure.lost:
        return f"{STRESSED} {venue} defaults at {when}: what is there is lost"
    lasts = "for good" if closure.duration is None else f"for {closure.duration:g} h"
    return f"{STRESSED} {venue} is closed from {when} {lasts}"


def _stamp(at: str, times: TimeArray) -> str:
    row = moment_row(at, times)
    return f"{at} (outside the run)" if row is None else f"{times[row]}Z"


def _apply(
    values: dict[str, FloatArray],
    notes: dict[str, list[str]],
    shock: ShockParameters,
    frame: MarketFrame,
) -> None:
    """Change every series that a shock names; the extremes of a bar after its opens."""
    row = moment_row(shock.at, frame.times)
    if row is None:
        return
    named = [
        x
        for x in values
        if not is_trailing(x) and any(fnmatchcase(x, pattern) for pattern in shock.series)
    ]
    weight = _weight(shock, frame.times, row)
    before = dict(values)
    for key in sorted(named, key=_is_extreme):
        notes.setdefault(key, []).append(shock_note(shock, frame.times))
        opens = _opens_of(key)
        if _is_extreme(key) and opens in values:
            values[key] = _extreme(key, before, values, weight, shock)
        elif shock.operation == "grow":
            values[key] = _grown(before[key], weight > 0.0, shock.value, frame.step_s)
        else:
            values[key] = _changed(before[key], weight, shock)


def _weight(shock: ShockParameters, times: TimeArray, row: int) -> FloatArray:
    """Return how much of a shock is in force at each timestep, shape (T,), from 0 to 1."""
    hours = (times - times[row]) / np.timedelta64(1, "s") / HOUR_S
    begun = np.clip(hours / shock.ramp, 0.0, 1.0) if shock.ramp else np.ones(len(times))
    on = hours >= 0.0
    if shock.duration is not None:
        on = on & (hours < shock.duration)
    return np.where(on, begun, 0.0)


def _changed(values: FloatArray, weight: FloatArray, shock: ShockParameters) -> FloatArray:
    """Return a series with as much of a shock as is in force; NaN stays where nothing is."""
    match shock.operation:
        case "multiply":
            return values * np.power(shock.value, weight)
        case "divide":
            return values / np.power(shock.value, weight)
        case "add":
            return values + shock.value * weight
        case _:
            return np.where(weight == 0.0, values, values + weight * (shock.value - values))


def _grown(index: FloatArray, on: BoolArray, apr: float, step_s: int) -> FloatArray:
    """Return an index that grows at an APR, compounded, over every step that begins while it is on.

    Before and after it grows as it did.
    """
    steps = index[1:] / index[:-1]
    replaced = np.where(on[:-1], np.exp(apr * step_s / YEAR_S), steps)
    factor = np.cumprod(np.concatenate([[1.0], replaced / steps]))
    return index * factor


def _extreme(
    key: str,
    before: Mapping[str, FloatArray],
    after: Mapping[str, FloatArray],
    weight: FloatArray,
    shock: ShockParameters,
) -> FloatArray:
    """Return the extreme of the bar that ended at t: it holds the bar's ends as they are now.

    Inside the bar the shock of its opening is in force; what happens at t is at its end.
    """
    opens = after[_opens_of(key)]
    inside = _changed(before[key], _lagged(weight), shock)
    reach = np.maximum if key.endswith(EXTREMES[0]) else np.minimum
    held: FloatArray = reach(inside, reach(opens, _lagged(opens)))
    touched = (weight != 0.0) | (_lagged(weight) != 0.0)
    return np.where(touched, held, before[key])


def _lagged(values: FloatArray) -> FloatArray:
    return np.concatenate([values[:1], values[:-1]])


def _is_extreme(key: str) -> bool:
    return key.rpartition(".")[2] in EXTREMES


def _opens_of(key: str) -> str:
    return f"{key.rpartition('.')[0]}.open"


def _close(
    values: dict[str, FloatArray],
    notes: dict[str, list[str]],
    closure: ClosureParameters,
    frame: MarketFrame,
) -> None:
    """Write the status series of venues that close."""
    row = moment_row(closure.at, frame.times)
    if row is None:
        return
    rows = np.arange(frame.rows)
    closed = rows >= row
    if closure.duration is not None and not closure.lost:
        closed = closed & (rows < row + closure.duration * HOUR_S / frame.step_s)
    known = {x.venue for x in frame.universe.instruments}
    for venue in [x for x in closure.venues if x in known]:
        keys = [series.venue_open(venue)]
        if closure.lost:
            keys.append(series.venue_solvent(venue))
        for key in keys:
            open_before = values[key] if key in values else np.ones(frame.rows)
            values[key] = np.where(closed, 0.0, open_before)
            notes.setdefault(key, []).append(closure_note(closure, venue, frame.times))


def _check(
    values: Mapping[str, FloatArray],
    notes: Mapping[str, list[str]],
    loaded: Mapping[str, FloatArray],
) -> None:
    for key in notes:
        if key not in loaded or key.startswith(SIGNED):
            continue
        wrong = (values[key] <= 0.0) & (loaded[key] > 0.0)
        if wrong.any() or not np.isfinite(values[key][np.isfinite(loaded[key])]).all():
            raise UsageError(
                "a shock leaves a value that cannot be",
                where=key,
                value=f"{np.nanmin(values[key])!r} ({'; '.join(notes[key])})",
                remedy="choose a value that leaves prices, rates and indices above zero",
            )


def _noted(frame: MarketFrame, notes: Mapping[str, list[str]]) -> tuple[SeriesSource, ...]:
    return tuple(
        replace(x, notes=(*x.notes, *notes[x.key])) if x.key in notes else x for x in frame.sources
    )


def _added(frame: MarketFrame, notes: Mapping[str, list[str]]) -> tuple[SeriesSource, ...]:
    """Return the sources of the series that a scenario made itself."""
    first, last = (f"{x}Z" for x in frame.times[[0, -1]])
    return tuple(
        SeriesSource(
            key=key,
            dataset="",
            file="",
            file_sha256="",
            first=first,
            last=last,
            synthetic=False,
            notes=tuple(said),
        )
        for key, said in notes.items()
        if key not in frame.series
    )
