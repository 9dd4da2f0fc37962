"""Bins: how many rows one drawn point stands for, finer inside a zoomed stretch."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from basis_lab.domain.instruments import IntArray
from basis_lab.domain.market import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Rows of a run in bins; the first row is a bin of its own.

    Parameters
    ----------
    starts, ends : ndarray of int, shape (b,)
        First and last row of each bin.
    """

    starts: IntArray
    ends: IntArray

    @classmethod
    def of(cls, rows: int, most: int, zoom: tuple[int, int] | None = None) -> Self:
        """Cut rows into bins.

        Parameters
        ----------
        rows : int
            Timesteps of the run, from 1.
        most : int
            Points that are drawn about.
        zoom : (int, int) or None
            First and last row of the stretch in sight, which gets as many points for itself.

        Returns
        -------
        Bins
            Covering every row once.
        """
        size = -(-rows // most)
        starts = np.arange(1, rows, size)
        if zoom is not None:
            low, high = max(zoom[0], 1), min(zoom[1] + 1, rows)
            fine = np.arange(low, high, max(1, (high - low) // most))
            outside = starts[(starts < low) | (starts >= high)]
            starts = np.union1d(outside, np.append(fine, high) if high < rows else fine)
        whole = np.concatenate([[0], starts]).astype(np.intp)
        return cls(whole, np.append(whole[1:] - 1, rows - 1))

    def last(self, values: FloatArray) -> FloatArray:
        """Return the value at the end of each bin.

        Parameters
        ----------
        values : ndarray of shape (T,)
            By row.

        Returns
        -------
        ndarray of float32, shape (b,)
            To draw.
        """
        return np.asarray(values[self.ends], dtype=np.float32)

    def least(self, values: FloatArray) -> FloatArray:
        """Return the least value of each bin, so that no low is lost.

        Parameters
        ----------
        values : ndarray of shape (T,)
            By row; NaN is left out.

        Returns
        -------
        ndarray of float32, shape (b,)
            To draw.
        """
        return np.asarray(np.fmin.reduceat(values, self.starts), dtype=np.float32)

    def most(self, values: FloatArray) -> FloatArray:
        """Return the largest value of each bin.

        Parameters
        ----------
        values : ndarray of shape (T,)
            By row; NaN is left out.

        Returns
        -------
        ndarray of float32, shape (b,)
            To draw.
        """
        return np.asarray(np.fmax.reduceat(values, self.starts), dtype=np.float32)
