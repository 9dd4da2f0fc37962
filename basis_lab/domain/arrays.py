"""The few array operations whose order decides the last bit.

Sums over instruments run column by column and running sums start from what was carried, so that
a window of any length gives the same bits as one row at a time (ARCHITECTURE 2.3).
"""

from collections.abc import Sequence

import numpy as np

from basis_lab.domain.instruments import IntArray
from basis_lab.domain.market import BoolArray, FloatArray


def sum_columns(columns: Sequence[FloatArray] | FloatArray, rows: int) -> FloatArray:
    """Add arrays of shape (W,) in the order given.

    Parameters
    ----------
    columns : sequence of ndarray of shape (W,)
        What to add.
    rows : int
        W, used when there is nothing to add.

    Returns
    -------
    ndarray of shape (W,)
        The sum, each row added from first to last column.
    """
    if not len(columns):
        return np.zeros(rows)
    total = columns[0] + 0.0  # a copy, in which -0.0 is 0.0
    for column in columns[1:]:
        total += column
    return total


def held_columns(quantities: FloatArray) -> list[int]:
    """Return the columns in which anything is held at any row.

    Parameters
    ----------
    quantities : ndarray of shape (W, n)
        Units.

    Returns
    -------
    list of int
        Ascending.
    """
    held: list[int] = np.logical_or.reduce(quantities, axis=0).nonzero()[0].tolist()
    return held


def where_held(units: FloatArray, values: FloatArray) -> FloatArray:
    """Return values in which nothing is worth nothing: a price may begin after the run does.

    Parameters
    ----------
    units : ndarray of shape (W,)
        What is held.
    values : ndarray of shape (W,)
        Units times something that is NaN where it is not known; the same array comes back where
        none is.

    Returns
    -------
    ndarray of shape (W,)
        Zero where both nothing is held and nothing is known.
    """
    unknown = values != values  # noqa: PLR0124 - NaN
    return np.where(unknown & (units == 0.0), 0.0, values) if anywhere(unknown) else values


def anywhere(values: FloatArray | BoolArray | IntArray) -> bool:
    """Tell if a value is anything but zero or False; NaN is.

    As ``any``, by a count: most windows have few rows, and a reduction costs five times as much.

    Parameters
    ----------
    values : ndarray
        Of any shape.

    Returns
    -------
    bool
        False where there is no value.
    """
    return bool(np.count_nonzero(values))


def everywhere(values: FloatArray | BoolArray) -> bool:
    """Tell if no value is zero or False; as ``all``, by a count.

    Parameters
    ----------
    values : ndarray
        Of any shape.

    Returns
    -------
    bool
        True where there is no value.
    """
    return int(np.count_nonzero(values)) == values.size


def running(carry: float, steps: FloatArray) -> FloatArray:
    """Return the running sum that starts from ``carry``.

    Parameters
    ----------
    carry : float
        The level before the first step.
    steps : ndarray of shape (W,)
        Changes.

    Returns
    -------
    ndarray of shape (W,)
        The level after each step.
    """
    buffer = np.empty(len(steps) + 1)
    buffer[0] = carry
    buffer[1:] = steps
    return np.add.accumulate(buffer)[1:]


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Return numerator / denominator, NaN where the denominator is zero.

    Parameters
    ----------
    numerator : ndarray
        What is divided.
    denominator : ndarray
        By what, broadcast against ``numerator``.

    Returns
    -------
    ndarray
        Of the shape of both broadcast.
    """
    if everywhere(denominator):
        return numerator / denominator
    result = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    np.divide(numerator, denominator, out=result, where=denominator != 0.0)
    return result
