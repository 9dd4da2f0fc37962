"""What the checks of one series look at, and what they return."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made_by
from typing import Literal

import numpy as np

from basis_lab.data.series import DatasetKind, IntArray
from basis_lab.domain.market import BoolArray, FloatArray, TimeArray

NOWHERE: IntArray = np.arange(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of one series.

    Parameters
    ----------
    kind : DatasetKind
        What it holds.
    times : ndarray of datetime64[s], shape (n,)
        UTC, in the order given.
    fields : mapping of str to ndarray of shape (n,)
        Its columns.
    interval_s : int
        Nominal spacing in seconds.
    """

    kind: DatasetKind
    times: TimeArray
    fields: Mapping[str, FloatArray]
    interval_s: int

    @property
    def seconds(self) -> IntArray:
        """The times, in seconds since 1970."""
        return self.times.astype("datetime64[s]").astype(np.int64)

    @property
    def gaps_s(self) -> IntArray:
        """The seconds from each row to the next, one fewer than rows."""
        return np.diff(self.seconds)

    @property
    def first_field(self) -> FloatArray:
        """The column that stands for the series."""
        return self.fields[next(iter(self.fields))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One thing that was found.

    Parameters
    ----------
    what : str
        In words.
    field : str
        The column.
    value : object
        What stands there first, or what is typical of the column.
    places : ndarray of int
        Rows that show it; empty where the whole column does.
    other : int or None
        A row that the words end with: the one that the first contradicts.
    remedy : str
        What to do here, ``@DATASET`` for this series; empty where its check says it.
    """

    what: str
    field: str
    value: object
    places: IntArray = made_by(default_factory=lambda: NOWHERE)
    other: int | None = None
    remedy: str = ""


def defects_at(what: str, field: str, bad: BoolArray, values: FloatArray) -> tuple[Defect, ...]:
    """Return a defect of the rows that are bad, or none.

    Parameters
    ----------
    what : str
        In words.
    field : str
        The column.
    bad : ndarray of bool, shape (n,)
        Which rows show it.
    values : ndarray of shape (n,)
        The column.

    Returns
    -------
    tuple of Defect
        One or none.
    """
    places = np.flatnonzero(bad)
    if not len(places):
        return ()
    return (Defect(what=what, field=field, places=places, value=float(values[places[0]])),)


def medians_around(values: FloatArray, reach: int, reflect: Literal["even", "odd"]) -> FloatArray:
    """Return by row the median of the rows around it and itself.

    Parameters
    ----------
    values : ndarray of shape (n,)
        More than ``2 * reach`` of them.
    reach : int
        Rows on either side.
    reflect : "even" or "odd"
        How the ends go on: mirrored, or mirrored about the last value as what rises goes on.

    Returns
    -------
    ndarray of shape (n,)
        In the unit of the values.
    """
    padded = np.pad(values, reach, mode="reflect", reflect_type=reflect)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    medians: FloatArray = np.median(around, axis=1)
    return medians


def runs_of(flags: BoolArray, least: int) -> tuple[tuple[int, int], ...]:
    """Return the runs of true values that are long enough.

    Parameters
    ----------
    flags : ndarray of bool, shape (n,)
        A test of each row.
    least : int
        Shortest run to return.

    Returns
    -------
    tuple of (int, int)
        First place, and the place after the last.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    long = ends - starts >= least
    return tuple(zip(starts[long].tolist(), ends[long].tolist(), strict=True))
