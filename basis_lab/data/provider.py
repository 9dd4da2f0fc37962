"""The data provider: a run's requirements checked against a directory, and its market frame."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from basis_lab.data.align import SECOND, align, missing_times, window_of
from basis_lab.data.before_run import check_used
from basis_lab.data.requirements import (
    Absent,
    Served,
    Sources,
    absence_error,
    proxies_from,
    serve,
    unused_proxies,
)
from basis_lab.data.series import HOUR, Store, TimeSeries, time_text
from basis_lab.domain.instruments import Universe
from basis_lab.domain.market import (
    Alignment,
    FloatArray,
    MarketFrame,
    Requirement,
    SeriesSource,
    TimeArray,
)
from basis_lab.errors import DataRangeError, MissingDataError, UsageError

Moment = np.datetime64 | datetime


class DataProvider:
    """Market data of one run from one directory.

    Parameters
    ----------
    store : Store
        The data directory.
    requirements : sequence of Requirement
        The series that the run needs.
    universe : Universe
        The columns of the run.
    proxies : mapping of str to str
        Venue to the venue whose series stand for all of its own.
    allow_derived : collection of str
        Dataset ids that may serve although they were computed from others.

    Raises
    ------
    MissingDataError
        If a series that is not optional has no dataset; names all of them.
    BadDataError
        If all that is not there was refused.
    """

    def __init__(
        self,
        store: Store,
        requirements: Sequence[Requirement],
        universe: Universe,
        *,
        proxies: Mapping[str, str],
        allow_derived: Collection[str],
    ) -> None:
        self._universe = universe
        self._requirements = tuple(requirements)
        self._sources = Sources(
            store=store, proxies=proxies_from(proxies), allow_derived=frozenset(allow_derived)
        )
        found = [serve(x, self._sources) for x in self._requirements]
        absent = [x for x in found if isinstance(x, Absent) and not x.requirement.optional]
        if absent:
            raise absence_error(absent, self._sources, str(store.root))
        self._served = tuple(x for x in found if isinstance(x, Served))

    @property
    def unused_proxies(self) -> tuple[str, ...]:
        """The venues whose proxy nothing needed."""
        return unused_proxies(self._requirements, self._sources)

    def coverage(self) -> tuple[np.datetime64, np.datetime64]:
        """Return the first and the last timestep that every needed series covers.

        Returns
        -------
        first, last : datetime64[s]
            UTC, on the hour.

        Raises
        ------
        DataRangeError
            If the series have no hour in common.
        """
        spans = {x.info.id: coverage_of(x) for x in self._served if not x.requirement.optional}
        if not spans:
            raise UsageError(
                "a run without a needed series has no dates of its own",
                where="DataProvider.coverage",
                remedy="give start and end",
            )
        first = max(x[0] for x in spans.values())
        last = min(x[1] for x in spans.values())
        if first > last:
            raise DataRangeError(
                "the series that this run needs have no date in common",
                where=str(self._sources.store.root),
                value="; ".join(_span_text(name, span) for name, span in spans.items()),
                remedy="import data over one range",
            )
        return first, last

    def frame(self, start: Moment, end: Moment) -> MarketFrame:
        """Return every series of the run at start, start + 1 h, ..., end.

        Parameters
        ----------
        start, end : datetime64 or datetime
            UTC, on the hour, both included; a datetime without zone is read as UTC.

        Returns
        -------
        MarketFrame
            Read-only; one object for the same content, requirements and range.

        Raises
        ------
        DataRangeError
            If the dates are outside what a dataset covers.
        MissingDataError
            If a dataset has a hole inside the range.
        BadDataError
            If a value inside the range cannot be true.
        UsageError
            If the dates are not on the hour, or end before they start.
        """
        first, last = _second(start), _second(end)
        _check_dates(first, last)
        request = _Request(self._sources.store, self._served, self._universe, first, last)
        return _frame(request)


@dataclass(frozen=True, slots=True)
class _Request:
    store: Store
    served: tuple[Served, ...]
    universe: Universe
    start: np.datetime64
    end: np.datetime64


def coverage_of(served: Served) -> tuple[np.datetime64, np.datetime64]:
    """Return the first and the last timestep that one series covers.

    Parameters
    ----------
    served : Served
        The series and how it comes to the timesteps.

    Returns
    -------
    first, last : datetime64[s]
        On the hour. Bars cover the hour they open; the extreme of a bar counts where it ended;
        stamps and snapshots hold until the hour before the next one is due.
    """
    info = served.info
    first = info.first + (-(info.first.astype(np.int64)) % 3600) * SECOND
    hold = np.timedelta64(info.interval_s, "s") - SECOND
    match served.requirement.alignment:
        case Alignment.BAR_OPEN:
            last = info.last
        case Alignment.BAR_EXTREME:
            last = info.last + HOUR
        case _:
            last = info.last + hold
    return first, last - (last.astype(np.int64) % 3600) * SECOND


def _span_text(name: str, span: tuple[np.datetime64, np.datetime64]) -> str:
    return f"{name} {time_text(span[0])} to {time_text(span[1])}"


def _second(moment: Moment) -> np.datetime64:
    if isinstance(moment, datetime):
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return np.datetime64(aware.astimezone(UTC).replace(tzinfo=None), "s")
    second: np.datetime64 = moment.astype("datetime64[s]")
    return second


def _check_dates(start: np.datetime64, end: np.datetime64) -> None:
    if end < start:
        raise UsageError(
            "the end lies before the start",
            where="dates of the run",
            value=f"{time_text(start)} to {time_text(end)}",
            remedy="give start <= end",
        )
    for moment in (start, end):
        if np.isnat(moment) or moment.astype(np.int64) % 3600:
            raise UsageError(
                "a date is not on the hour",
                where="dates of the run",
                value=time_text(moment),
                remedy="timesteps are hourly: give whole hours, or a bare date",
            )


@lru_cache(maxsize=32)
def _frame(request: _Request) -> MarketFrame:
    times = np.arange(request.start, request.end + SECOND, HOUR)
    covering = _covering(request)
    series = {x.info.id: request.store.read(x.info.id) for x in covering}
    _check_holes(covering, series, times)
    warnings = check_used(covering, series, times)
    arrays: dict[str, FloatArray] = {}
    for served in covering:
        found = series[served.info.id]
        arrays[served.requirement.frame_key] = align(found, served.field, served.requirement, times)
    return MarketFrame(
        times=times,
        series=MappingProxyType(arrays),
        universe=request.universe,
        sources=tuple(_source(x, series[x.info.id], warnings[x.info.id]) for x in covering),
    )


def _covering(request: _Request) -> tuple[Served, ...]:
    """Return what covers the dates; an optional series that does not is left out."""
    outside = {
        x.info.id: coverage_of(x)
        for x in request.served
        if not (coverage_of(x)[0] <= request.start and request.end <= coverage_of(x)[1])
    }
    needed = {x.info.id for x in request.served if not x.requirement.optional}
    refused = [name for name in outside if name in needed]
    if refused:
        raise DataRangeError(
            "the dates lie outside what the data covers",
            where=f"{request.store.root}: "
            + "; ".join(_span_text(name, outside[name]) for name in refused),
            value=f"{time_text(request.start)} to {time_text(request.end)}",
            remedy="choose dates inside, or import more data",
        )
    return tuple(x for x in request.served if x.info.id not in outside)


def _check_holes(
    covering: tuple[Served, ...], series: Mapping[str, TimeSeries], times: TimeArray
) -> None:
    holes: dict[str, str] = {}
    keys: list[str] = []
    for served in covering:
        missing = missing_times(series[served.info.id], served.requirement, times)
        if len(missing):
            keys.append(served.requirement.frame_key)
            holes.setdefault(
                served.info.id,
                f"{served.info.id} ({served.info.file}): first hole {time_text(missing[0])}, "
                f"{len(missing)} missing",
            )
    if holes:
        raise MissingDataError(
            "a series has holes inside the dates of the run",
            missing=keys,
            where="; ".join(holes.values()),
            value=f"{time_text(times[0])} to {time_text(times[-1])}",
            remedy="choose dates without the holes, or a complete file; holes are never filled",
        )


def _source(served: Served, series: TimeSeries, warnings: tuple[str, ...]) -> SeriesSource:
    info = series.info
    return SeriesSource(
        key=served.requirement.frame_key,
        dataset=f"{info.id}.{served.field}",
        file=info.file,
        file_sha256=info.sha256,
        first=time_text(info.first),
        last=time_text(info.last),
        synthetic=info.synthetic,
        notes=(*served.notes, *_carry_notes(served), *info.notes),
        warnings=warnings,
    )


def _carry_notes(served: Served) -> tuple[str, ...]:
    every = f"published every {round(served.info.interval_s / 3600)} h"
    match served.requirement.alignment:
        case Alignment.INDEX:
            return (f"{every}; carried at the growth rate realised between the last two",)
        case Alignment.STEP if served.info.interval_s > 3600:  # noqa: PLR2004 - the timestep
            return (f"{every}; carried as last published",)
        case Alignment.TRAILING_MEAN:
            days = window_of(served.requirement) / np.timedelta64(1, "D")
            return (f"the mean of what was published in the {days:g} days up to t",)
        case Alignment.BAR_EXTREME:
            return ("the extreme of the bar that ended at t",)
        case _:
            return ()
