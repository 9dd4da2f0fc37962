"""The data provider: a run's requirements checked against a directory, and its market frame."""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Self

import numpy as np

from basis_lab.data.align import SECOND, align, history_start, missing_times
from basis_lab.data.bars import Grid
from basis_lab.data.before_run import check_used, funding_beside
from basis_lab.data.covering import Asked, outside_error, span_text, spans_of
from basis_lab.data.moments import Moment, check_dates, whole_second
from basis_lab.data.payouts import payouts
from basis_lab.data.provenance import source_of
from basis_lab.data.requirements import (
    Absent,
    Served,
    Sources,
    absence_error,
    check_allowed,
    check_proxies,
    proxies_from,
    serve,
    unused_proxies,
)
from basis_lab.data.series import (
    BAR_KINDS,
    DatasetId,
    Span,
    Store,
    TimeSeries,
    time_text,
)
from basis_lab.data.sharing import shared_times
from basis_lab.data.shocks import stressed
from basis_lab.domain.instruments import Universe
from basis_lab.domain.intervals import HOUR_S
from basis_lab.domain.market import FloatArray, MarketFrame, Payout, TimeArray
from basis_lab.domain.requirements import Alignment, Requirement
from basis_lab.domain.stress import CALM, Stress
from basis_lab.errors import DataRangeError, MissingDataError, UsageError


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
    step_s : int
        Seconds from one timestep to the next.

    Raises
    ------
    MissingDataError
        If a series that is not optional has no dataset (names all of them), or ``allow_derived``
        names one that is not there.
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
        step_s: int = HOUR_S,
    ) -> None:
        self.stress = CALM
        self._universe = universe
        self._step_s = step_s
        self._requirements = tuple(requirements)
        self._sources = Sources(
            store=store,
            proxies=proxies_from(proxies),
            allow_derived=frozenset(allow_derived),
            step_s=step_s,
        )
        check_allowed(self._sources, str(store.root))
        check_proxies(self._requirements, self._sources)
        found = [serve(x, self._sources) for x in self._requirements]
        absent = [x for x in found if isinstance(x, Absent) and not x.requirement.optional]
        if absent:
            raise absence_error(absent, self._sources, str(store.root))
        self._served = tuple(x for x in found if isinstance(x, Served))

    def under(self, stress: Stress) -> Self:
        """Return a provider of the same data under a stress.

        Parameters
        ----------
        stress : Stress
            What is done to the data once it is loaded.

        Returns
        -------
        DataProvider
            Another one; this one stays as it is.
        """
        other = copy(self)
        other.stress = stress
        return other

    @property
    def unused_proxies(self) -> tuple[str, ...]:
        """The venues whose proxy nothing needed."""
        return unused_proxies(self._requirements, self._sources)

    def coverage(self) -> tuple[np.datetime64, np.datetime64]:
        """Return the first and the last timestep that every needed series covers.

        Returns
        -------
        first, last : datetime64[s]
            UTC, whole bars.

        Raises
        ------
        DataRangeError
            If the series have no timestep in common.
        """
        needed = [x for x in self._served if _bounds(x.requirement)]
        spans = spans_of(needed, self._step_s)
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
                value="; ".join(span_text(name, span) for name, span in spans.items()),
                remedy="import data over one range",
            )
        return first, last

    def frame(self, start: Moment, end: Moment) -> MarketFrame:
        """Return every series of the run at start, start + step, ..., end.

        Parameters
        ----------
        start, end : datetime64 or datetime
            UTC, whole bars, both included; a datetime without zone is read as UTC.

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
            If the dates are not whole bars, or end before they start.
        """
        first, last = whole_second(start), whole_second(end)
        check_dates(first, last, self._step_s)
        request = _Request(
            self._sources.store, self._served, self._universe, (first, last), self._step_s
        )
        return _stressed(request, self.stress) if self.stress else _frame(request)


@dataclass(frozen=True, slots=True)
class _Request:
    store: Store
    served: tuple[Served, ...]
    universe: Universe
    dates: Span
    step_s: int

    @property
    def grid(self) -> Grid:
        """The timesteps."""
        step = np.timedelta64(self.step_s, "s")
        times = np.arange(self.dates[0], self.dates[1] + SECOND, step)
        return Grid(times=shared_times(times), step_s=self.step_s)


@lru_cache(maxsize=32)
def _frame(request: _Request) -> MarketFrame:
    grid = request.grid
    covering = _covering(request)
    spans = _spans(covering, grid)
    series = {name: request.store.read(name, span) for name, span in spans.items()}
    _check_holes(covering, series, grid.times)
    opens = {
        x.requirement.frame_key: series[x.info.id]
        for x in covering
        if x.requirement.alignment is Alignment.BAR_OPEN
    }
    beside = funding_beside(request.store, series)
    warnings = check_used(covering, series, grid, beside)
    arrays: dict[str, FloatArray] = {}
    paid: list[Payout] = []
    for served in covering:
        need, found = served.requirement, series[served.info.id]
        if need.alignment is Alignment.PAYOUT:
            paid += payouts(found, need, grid.times)
            continue
        if need.starts_later and not len(found.times):
            arrays[need.frame_key] = np.full(len(grid.times), np.nan)
            continue
        weight = opens[need.weight] if need.weight in opens else None
        arrays[need.frame_key] = align(found, served.field, need, grid, weight)
    _check_priced(covering, paid, arrays)
    return MarketFrame(
        times=grid.times,
        series=MappingProxyType(arrays),
        universe=request.universe,
        sources=tuple(
            source_of(x, series[x.info.id], request.step_s, warnings[x.info.id]) for x in covering
        ),
        payouts=tuple(sorted(paid, key=lambda x: (x.row, x.key, x.period_start))),
    )


def _check_priced(
    covering: tuple[Served, ...], paid: Sequence[Payout], arrays: Mapping[str, FloatArray]
) -> None:
    """Refuse a payout in a token whose price is not known yet."""
    prices = {x.requirement.key: x.requirement.weight for x in covering}
    for payout in paid:
        price = prices[payout.key]
        if price is not None and np.isnan(arrays[price][payout.row]):
            raise MissingDataError(
                "rewards are paid in a token that has no price yet",
                missing=[price],
                where=f"{payout.key}, earning period from {payout.period_start}Z",
                value=price,
                remedy="give earlier prices, or choose other dates or another rewards.mode",
            )


def _bounds(requirement: Requirement) -> bool:
    """Tell if a series limits the dates of a run that names none."""
    free = requirement.alignment is Alignment.PAYOUT or requirement.starts_later
    return not (requirement.optional or free)


@lru_cache(maxsize=32)
def _stressed(request: _Request, stress: Stress) -> MarketFrame:
    """Return the frame under a stress, made from the one that every run over its dates shares."""
    return stressed(_frame(request), stress)


def _spans(covering: tuple[Served, ...], grid: Grid) -> dict[str, Span | None]:
    """Return what is read of each dataset: bars by range; the rest is small and judged whole."""
    spans: dict[str, Span | None] = {}
    for served in covering:
        dataset = DatasetId.parse(served.info.id)
        if dataset is None or dataset.kind not in BAR_KINDS:
            spans[served.info.id] = None
            continue
        start = history_start(served.requirement, grid)
        known = spans[served.info.id] if served.info.id in spans else None
        spans[served.info.id] = (start if known is None else min(start, known[0]), grid.times[-1])
    return spans


def _covering(request: _Request) -> tuple[Served, ...]:
    """Return what covers the dates; an optional series that does not is left out."""
    asked = Asked(request.store, request.dates, request.step_s)
    outside = {
        x.info.id
        for x in request.served
        if x.requirement.alignment is not Alignment.PAYOUT and not asked.covered_by(x)
    }
    refused = [x for x in request.served if x.info.id in outside and not x.requirement.optional]
    if refused:
        raise outside_error(refused, asked)
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
