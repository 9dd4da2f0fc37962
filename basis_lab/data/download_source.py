"""What a download asks of a source: one window of one dataset at a time."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from basis_lab.data.series import DatasetId, IntArray
from basis_lab.data.spans import Span, second_text
from basis_lab.domain.market import FloatArray
from basis_lab.errors import BadDataError

# What is missing at the young end of a history may still be published: no hole before this age.
SETTLES_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a source said of a window.

    Parameters
    ----------
    window : Span
        What was asked for, all of it.
    times : ndarray of int, shape (n,)
        Epoch seconds, ascending, inside the window.
    columns : mapping of str to ndarray of shape (n,)
        The fields of the dataset.
    holes : tuple of Span
        What the source was asked for twice and does not have.
    """

    window: Span
    times: IntArray
    columns: Mapping[str, FloatArray]
    holes: tuple[Span, ...] = ()


Rows = tuple[IntArray, dict[str, FloatArray]]


class Source(Protocol):
    """One dataset at one source of history."""

    @property
    def provider(self) -> str:
        """Whose answer it is; when it fails for good, its other datasets are not asked for."""
        ...

    @property
    def dataset(self) -> DatasetId:
        """What it becomes."""
        ...

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns beside the time that a page has."""
        ...

    @property
    def step_s(self) -> int:
        """The spacing of its rows in seconds; 0 where only the rows tell."""
        ...

    @property
    def window_s(self) -> int:
        """The longest window that one page may cover, in seconds."""
        ...

    def describe(self) -> str:
        """Say where the rows come from, for the catalogue."""
        ...

    def open(self) -> int:
        """Make sure that the source has the dataset.

        Returns
        -------
        int
            The source's own time, epoch seconds.
        """
        ...

    def complete_before(self, now_s: int) -> int:
        """Return the end of what no longer changes.

        Parameters
        ----------
        now_s : int
            The source's own time.

        Returns
        -------
        int
            Epoch seconds on the grid of the rows; every row before it is final.
        """
        ...

    def page(self, window: Span) -> Page:
        """Ask for a window.

        Parameters
        ----------
        window : Span
            Not longer than ``window_s``, all of it complete.

        Returns
        -------
        Page
            The answer, without holes.
        """
        ...

    def gaps(self, covered: Sequence[Span], times: IntArray) -> tuple[Span, ...]:
        """Say where rows ought to be and are not.

        Parameters
        ----------
        covered : sequence of Span
            What was asked for.
        times : ndarray of int, shape (n,)
            Times of all rows, ascending.

        Returns
        -------
        tuple of Span
            Ascending.
        """
        ...

    def finish(self, rows: Rows) -> tuple[dict[str, FloatArray], tuple[str, ...]]:
        """Return what is written, once all rows are there.

        Parameters
        ----------
        rows : (ndarray, dict of str to ndarray)
            Times and columns of all pages.

        Returns
        -------
        columns : dict of str to ndarray of shape (n,)
            The columns of the dataset.
        notes : tuple of str
            What a reader has to know.
        """
        ...


def empty_columns(fields: tuple[str, ...]) -> dict[str, FloatArray]:
    """Return columns without rows.

    Parameters
    ----------
    fields : tuple of str
        Their names.

    Returns
    -------
    dict of str to ndarray of shape (0,)
        One for each.
    """
    return {name: np.empty(0) for name in fields}


def page_of(window: Span, fields: tuple[str, ...], rows: Iterable[Sequence[float]]) -> Page:
    """Return the rows that lie in a window, in the order of time.

    Parameters
    ----------
    window : Span
        What was asked for.
    fields : tuple of str
        Names of the columns.
    rows : iterable of sequence of float
        Epoch second and fields, in any order; equal rows count once.

    Returns
    -------
    Page
        Without holes.

    Raises
    ------
    BadDataError
        If two rows of one time differ.
    """
    by_time: dict[int, Sequence[float]] = {}
    for row in rows:
        at = int(row[0])
        if by_time.setdefault(at, row) != row:
            raise BadDataError(
                "the source gives two rows of one time",
                where=second_text(at),
                value=f"{by_time[at][1:]} and {row[1:]}",
                remedy="ask the source which is right; leave the dataset out until then",
            )
    kept = [row for at, row in sorted(by_time.items()) if window.start <= at < window.end]
    if not kept:
        columns = empty_columns(fields)
        return Page(window=window, times=np.empty(0, dtype=np.int64), columns=columns)
    return Page(
        window=window,
        times=np.array([x[0] for x in kept], dtype=np.int64),
        columns={
            name: np.array([x[i + 1] for x in kept], dtype=float) for i, name in enumerate(fields)
        },
    )


def is_number(value: object) -> bool:
    """Tell if an answer's value is a number that can be stored.

    Parameters
    ----------
    value : object
        As the source gave it.

    Returns
    -------
    bool
        False for text, nothing, infinities and NaN.
    """
    return isinstance(value, int | float) and math.isfinite(value)
