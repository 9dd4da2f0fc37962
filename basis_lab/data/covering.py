"""Which dates a series covers, and the refusal of those that it does not, with the ways out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from basis_lab.data.requirements import Served, preferred, split_key, two_ways
from basis_lab.data.series import VENUE_KINDS, DatasetId, DatasetKind, Span, Store, time_text
from basis_lab.domain.requirements import Alignment
from basis_lab.errors import DataRangeError

SECOND = np.timedelta64(1, "s")
_OUTSIDE = "choose dates inside, or import more data"


@dataclass(frozen=True, slots=True)
class Asked:
    """The timesteps that a run asks of a directory.

    Parameters
    ----------
    store : Store
        The directory.
    dates : tuple of datetime64
        First and last timestep, both included.
    step_s : int
        Seconds from one timestep to the next.
    """

    store: Store
    dates: Span
    step_s: int

    def covered_by(self, served: Served) -> bool:
        """Tell if a series covers the dates, or may begin within them.

        Parameters
        ----------
        served : Served
            The series and how it comes to the timesteps.

        Returns
        -------
        bool
            True where it does.
        """
        first, last = coverage_of(served, self.step_s)
        begins = first <= self.dates[0] or served.requirement.starts_later
        return bool(begins and self.dates[1] <= last)


def coverage_of(served: Served, step_s: int) -> Span:
    """Return the first and the last timestep that one series covers.

    Parameters
    ----------
    served : Served
        The series and how it comes to the timesteps.
    step_s : int
        Seconds from one timestep to the next.

    Returns
    -------
    first, last : datetime64[s]
        Whole bars. Bars cover the timestep they open; the extreme of a bar counts where it ended;
        stamps and snapshots hold until the timestep before the next one is due.
    """
    info = served.info
    first = info.first + (-(info.first.astype(np.int64)) % step_s) * SECOND
    interval = np.timedelta64(info.interval_s, "s")
    match served.requirement.alignment:
        case Alignment.BAR_OPEN:
            last = info.last
        case Alignment.BAR_EXTREME:
            last = info.last + interval
        case _:
            last = info.last + interval - SECOND
    return first, last - (last.astype(np.int64) % step_s) * SECOND


def spans_of(served: Iterable[Served], step_s: int) -> dict[str, Span]:
    """Return the first and the last timestep that each dataset covers in every use of it.

    Parameters
    ----------
    served : iterable of Served
        The series; a dataset of bars stands there once for its opens, once for its extremes.
    step_s : int
        Seconds from one timestep to the next.

    Returns
    -------
    dict of str to tuple of datetime64
        By id of the dataset.
    """
    spans: dict[str, Span] = {}
    for one in served:
        first, last = coverage_of(one, step_s)
        known = spans.setdefault(one.info.id, (first, last))
        spans[one.info.id] = (max(known[0], first), min(known[1], last))
    return spans


def span_text(name: str, span: Span) -> str:
    """Return a series and the dates that it covers, for messages.

    Parameters
    ----------
    name : str
        Its id.
    span : tuple of datetime64
        First and last, both included.

    Returns
    -------
    str
        On one line.
    """
    return f"{name} {time_text(span[0])} to {time_text(span[1])}"


def outside_error(refused: Sequence[Served], asked: Asked) -> DataRangeError:
    """Word the refusal of dates that needed series do not cover.

    Parameters
    ----------
    refused : sequence of Served
        The series.
    asked : Asked
        What was asked, and of which directory.

    Returns
    -------
    DataRangeError
        With what each covers, and whose series may stand for a venue's over these dates.
    """
    spans = spans_of(refused, asked.step_s)
    return DataRangeError(
        "the dates lie outside what the data covers",
        where=f"{asked.store.root}: " + "; ".join(span_text(*x) for x in spans.items()),
        value=f"{time_text(asked.dates[0])} to {time_text(asked.dates[1])}",
        remedy="; ".join([_OUTSIDE, *_ways_out(refused, asked)]),
    )


def _ways_out(refused: Iterable[Served], asked: Asked) -> list[str]:
    """Return, by venue that falls short, who covers the dates in its place, and doing without."""
    by_venue: dict[str, list[Served]] = {}
    for served in refused:
        wanted = DatasetId.parse(split_key(served.requirement.key)[0])
        if wanted is not None and wanted.kind in VENUE_KINDS:
            by_venue.setdefault(wanted.venue, []).append(served)
    ways = (_ways_of(venue, by_venue[venue], asked) for venue in sorted(by_venue))
    return [x for x in ways if x]


def _ways_of(venue: str, refused: Sequence[Served], asked: Asked) -> str:
    short = [x for x in (DatasetId.parse(served.info.id) for served in refused) if x is not None]
    ids = [DatasetId.parse(x) for x in asked.store.ids()]
    venues = {x.venue for x in ids if x is not None and x.kind in VENUE_KINDS}
    covering = {
        other
        for other in venues - {venue, *(x.venue for x in short)}
        if all(_covers(other, served, asked) for served in refused)
    }
    # Where nobody covers the dates, a hedge without this venue would not get further.
    hedges = bool(covering) and any(x.kind is not DatasetKind.SPOT for x in short)
    return two_ways(venue, preferred(covering), hedges=hedges)


def _covers(venue: str, served: Served, asked: Asked) -> bool:
    dataset = DatasetId.parse(served.info.id)
    info = None if dataset is None else asked.store.info(str(replace(dataset, venue=venue)))
    return (
        info is not None
        and not info.derived
        and served.field in info.fields
        and asked.covered_by(replace(served, info=info))
    )
