"""What a data directory holds: named datasets, and their columns as read-only arrays."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from basis_lab.data.findings import Finding
from basis_lab.data.places import Place
from basis_lab.domain.intervals import HOUR_S, HOURLY, INTERVALS
from basis_lab.domain.market import FloatArray, TimeArray
from basis_lab.errors import BadDataError, MissingDataError

IntArray = npt.NDArray[np.int64]

SECONDS_PER_DAY = 86_400.0
# Readings closer together than this repeat one sample; they do not set the interval of a series.
SAME_SAMPLE_S = 600
# What was published before a span and still counts in it: a snapshot, and the one before it.
HISTORY_ROWS = 2

Span = tuple[np.datetime64, np.datetime64]
"""First and last moment, UTC, both included."""


class DatasetKind(StrEnum):
    """The first part of a dataset id."""

    SPOT = "spot"
    PERP = "perp"
    MARK = "mark"
    FUNDING = "funding"
    AAVE = "aave"
    ORACLE = "oracle"
    GAS = "gas"
    LST = "lst"
    LST_MARKET = "lst_market"
    DEX = "dex"
    REWARDS = "rewards"


VENUE_KINDS = (DatasetKind.SPOT, DatasetKind.PERP, DatasetKind.MARK, DatasetKind.FUNDING)
BAR_KINDS = (DatasetKind.SPOT, DatasetKind.PERP, DatasetKind.MARK, DatasetKind.DEX)
NON_NEGATIVE_FIELDS = frozenset(
    {
        *("volume", "total_supplied", "total_borrowed", "token_amount", "printed_per_eeth"),
        *("supply_rate", "borrow_rate"),  # a pool without a loan pays nothing
    }
)
SIGNED_FIELDS = frozenset({(DatasetKind.FUNDING, "rate")})


@dataclass(frozen=True, slots=True, order=True)
class DatasetId:
    """``kind/venue/SYMBOL``, parsed and printed here only.

    Bars of another interval than an hour say so: ``spot/binance/BTCUSDT@1m``.
    """

    kind: DatasetKind
    venue: str
    symbol: str
    interval: str = HOURLY

    def __str__(self) -> str:
        """Print the id."""
        ending = "" if self.interval == HOURLY else f"@{self.interval}"
        return f"{self.kind.value}/{self.venue}/{self.symbol}{ending}"

    @staticmethod
    def parse(text: str) -> "DatasetId | None":
        """Read an id back.

        Parameters
        ----------
        text : str
            ``kind/venue/SYMBOL`` or ``kind/venue/SYMBOL@interval``.

        Returns
        -------
        DatasetId or None
            None where the text is no dataset id.
        """
        return _parse_id(text)


@functools.lru_cache(maxsize=4096)
def _parse_id(text: str) -> DatasetId | None:
    parts = text.split("/")
    if len(parts) != 3 or not all(parts) or parts[0] not in set(DatasetKind):  # noqa: PLR2004 - the three parts of an id
        return None
    symbol, marked, interval = parts[2].partition("@")
    if marked and interval not in INTERVALS:
        return None
    return DatasetId(DatasetKind(parts[0]), parts[1], symbol, interval if marked else HOURLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetInfo:
    """What the catalogue says of one dataset.

    Parameters
    ----------
    id : str
        ``kind/venue/SYMBOL``.
    file : str
        Path of the file inside the directory.
    fields : tuple of str
        The columns beside the time.
    ticks_per_unit : tuple of int
        By field: stored integers are the value times this; 0 where floats are stored.
    interval_s : int
        Nominal spacing in seconds.
    first, last : datetime64[s]
        The first and the last row, UTC.
    rows : int
        Number of rows.
    sha256 : str
        Of the file.
    source : str
        The file (or the generator) that it was made from.
    synthetic : bool
        True for made-up data.
    derived : bool
        True where the rows were computed from others (interpolated, smoothed).
    notes : tuple of str
        What was shifted, dropped or chosen, in words.
    smoothed : bool
        True where they are derived by a rolling median.
    holes : int
        Rows that are missing between the first and the last.
    fetched : str
        When the source was fetched, ISO 8601; empty where nobody said.
    licence : str
        What its use is subject to; empty where nobody said.
    findings : tuple of Finding
        What the checks found when it was imported.
    """

    id: str
    file: str
    fields: tuple[str, ...]
    ticks_per_unit: tuple[int, ...]
    interval_s: int
    first: np.datetime64
    last: np.datetime64
    rows: int
    sha256: str
    source: str
    synthetic: bool
    derived: bool
    notes: tuple[str, ...] = ()
    smoothed: bool = False
    holes: int = 0
    fetched: str = ""
    licence: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSeries:
    """The rows of one dataset.

    Parameters
    ----------
    info : DatasetInfo
        What the catalogue says of it.
    times : ndarray of datetime64[s], shape (n,)
        When each row was published or its bar opened, UTC, strictly ascending.
    fields : mapping of str to ndarray of shape (n,)
        The columns.
    lines : ndarray of int, shape (n,)
        The row's place in its file, for messages.
    """

    info: DatasetInfo
    times: TimeArray
    fields: Mapping[str, FloatArray]
    lines: IntArray

    def __post_init__(self) -> None:
        self.times.setflags(write=False)
        self.lines.setflags(write=False)
        for values in self.fields.values():
            values.setflags(write=False)


class Store(Protocol):
    """A directory of datasets; equal stores hold the same content."""

    @property
    def root(self) -> Place:
        """The directory, the prefix of an object store, or the database file."""
        ...

    def ids(self) -> tuple[str, ...]:
        """Return the ids of what is there, without reading it."""
        ...

    def datasets(self) -> tuple[DatasetInfo, ...]:
        """Return every dataset, by id."""
        ...

    def info(self, dataset_id: str) -> DatasetInfo | None:
        """Return what is known of a dataset; None where there is none.

        Parameters
        ----------
        dataset_id : str
            The id.
        """
        ...

    def absence(self, dataset_id: str) -> str:
        """Say why a dataset is not there; empty where nothing is known of it.

        Parameters
        ----------
        dataset_id : str
            The id.
        """
        ...

    @property
    def refused(self) -> Mapping[str, str]:
        """The datasets whose files were all refused, and why."""
        ...

    def read(self, dataset_id: str, span: Span | None = None) -> TimeSeries:
        """Return the rows of a dataset, all or those of a span and the two before it.

        Parameters
        ----------
        dataset_id : str
            The id.
        span : tuple of datetime64 or None
            First and last moment, both included; None reads all.
        """
        ...

    def __hash__(self) -> int:
        """Hash the content."""
        ...


def cut(series: TimeSeries, span: Span | None) -> TimeSeries:
    """Return the rows of a span, and the two before it.

    Parameters
    ----------
    series : TimeSeries
        All rows.
    span : tuple of datetime64 or None
        First and last moment, both included; None keeps all.

    Returns
    -------
    TimeSeries
        Views of the same arrays.
    """
    if span is None:
        return series
    taken = slice(*rows_of(series.times, span))
    return TimeSeries(
        info=series.info,
        times=series.times[taken],
        fields={name: values[taken] for name, values in series.fields.items()},
        lines=series.lines[taken],
    )


def rows_of(times: TimeArray, span: Span | None) -> tuple[int, int]:
    """Return the rows of a span, and the two before it.

    Parameters
    ----------
    times : ndarray of datetime64[s], shape (n,)
        Ascending.
    span : tuple of datetime64 or None
        First and last moment, both included; None takes all.

    Returns
    -------
    tuple of int
        The first row, and the first row left out.
    """
    if span is None:
        return 0, len(times)
    low = max(int(np.searchsorted(times, span[0])) - HISTORY_ROWS, 0)
    return low, int(np.searchsorted(times, span[1], side="right"))


def check_order(times: TimeArray, lines: IntArray, where: str, remedy: str) -> None:
    """Refuse rows that are not in order of time.

    Parameters
    ----------
    times : ndarray of datetime64[s], shape (n,)
        Of the rows.
    lines : ndarray of int, shape (n,)
        Their places in the file.
    where, remedy : str
        For the message.

    Raises
    ------
    BadDataError
        Naming the first row that is not later than the one before.
    """
    falls = np.flatnonzero(np.diff(times).astype(np.int64) <= 0)
    if len(falls):
        place = int(falls[0]) + 1
        raise BadDataError(
            "rows are not in order of time, or two are of one time",
            where=f"{where}, row {lines[place]}",
            value=time_text(times[place]),
            remedy=remedy,
        )


def no_such_dataset(dataset_id: str, where: str) -> MissingDataError:
    """Word that a store has no such dataset.

    Parameters
    ----------
    dataset_id : str
        What was asked for.
    where : str
        The store.

    Returns
    -------
    MissingDataError
        To be raised.
    """
    return MissingDataError(
        "the data directory has no such dataset",
        missing=[dataset_id],
        where=where,
        value=dataset_id,
        remedy="`basis-lab data list` prints what there is",
    )


def nominal_interval_s(times: TimeArray, *, bars: bool = False) -> int:
    """Return the usual spacing of a series in seconds.

    Parameters
    ----------
    times : ndarray of datetime64[s], shape (n,)
        Ascending.
    bars : bool
        True for bars, which never repeat one sample.

    Returns
    -------
    int
        The median gap, gaps within one sample aside; 3600 for fewer than two samples.
    """
    gaps = np.diff(times).astype("timedelta64[s]").astype(np.int64)
    if not bars:
        gaps = gaps[gaps >= SAME_SAMPLE_S]
    return int(np.median(gaps)) if len(gaps) else HOUR_S


def time_text(time: np.datetime64) -> str:
    """Print a time as ISO 8601 with its zone.

    Parameters
    ----------
    time : datetime64
        UTC.

    Returns
    -------
    str
        For instance ``2024-05-01T00:00:00Z``.
    """
    return f"{time.astype('datetime64[s]')}Z"
