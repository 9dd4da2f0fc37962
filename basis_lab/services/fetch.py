"""Downloads: which datasets a request means, and where each comes from."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from basis_lab.data.download import Fetched, Tell, download
from basis_lab.data.download_bars import BarSource
from basis_lab.data.download_funding import FundingSource
from basis_lab.data.download_patience import Patience
from basis_lab.data.download_source import Source
from basis_lab.data.download_venue import Exchange
from basis_lab.data.series import BAR_KINDS, VENUE_KINDS, DatasetId, DatasetKind
from basis_lab.errors import UsageError

YEAR = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """What is to be fetched.

    Parameters
    ----------
    venues, symbols : tuple of str
        Of the exchanges.
    kinds : tuple of DatasetKind
        What of them, and of the chain.
    start, end : datetime or None
        UTC, both included; a year up to now where they are None.
    interval : str
        Of the bars.
    """

    venues: tuple[str, ...]
    symbols: tuple[str, ...]
    kinds: tuple[DatasetKind, ...]
    start: dt.datetime | None
    end: dt.datetime | None
    interval: str

    def dates(self, now: dt.datetime) -> tuple[int, int]:
        """Return the first and the last moment.

        Parameters
        ----------
        now : datetime
            What a request without an end means.

        Returns
        -------
        start, end : int
            Epoch seconds.

        Raises
        ------
        UsageError
            If the end lies before the start.
        """
        end = now if self.end is None else self.end
        start = end - YEAR if self.start is None else self.start
        if end < start:
            raise UsageError(
                "the end lies before the start",
                where="basis-lab data fetch",
                value=f"{start.isoformat()} to {end.isoformat()}",
                remedy="give --start <= --end",
            )
        return int(start.timestamp()), int(end.timestamp())


def fetch(request: FetchRequest, root: Path, tell: Tell) -> tuple[Fetched, ...]:
    """Fetch what a directory lacks of a request.

    Parameters
    ----------
    request : FetchRequest
        What.
    root : Path
        The canonical directory.
    tell : callable
        Called with (dataset, done, total) after each page.

    Returns
    -------
    tuple of Fetched
        What became of each dataset.
    """
    sources = exchange_sources(request)
    dates = request.dates(dt.datetime.now(dt.UTC))
    return download(sources, root, dates, tell)


def exchange_sources(request: FetchRequest) -> list[Source]:
    """Return the datasets of the exchanges that a request means.

    Parameters
    ----------
    request : FetchRequest
        What.

    Returns
    -------
    list of Source
        By venue, symbol and kind; nothing is asked yet.
    """
    kinds = [x for x in request.kinds if x in VENUE_KINDS]
    sources: list[Source] = []
    for name in request.venues if kinds else ():
        exchange = Exchange(name, Patience())
        for symbol in request.symbols:
            ids = [DatasetId(kind, name, symbol) for kind in kinds]
            sources += [_of_exchange(exchange, x, request.interval) for x in ids]
    return sources


def _of_exchange(exchange: Exchange, dataset: DatasetId, interval: str) -> Source:
    if dataset.kind in BAR_KINDS:
        return BarSource(exchange, dataset, interval)
    return FundingSource(exchange, dataset)


def missing(fetched: Sequence[Fetched]) -> tuple[Fetched, ...]:
    """Return what could not be fetched.

    Parameters
    ----------
    fetched : sequence of Fetched
        All.

    Returns
    -------
    tuple of Fetched
        In their order.
    """
    return tuple(x for x in fetched if x.problem is not None)
