"""Whether the time labels of a funding archive are what they say, told by another venue."""

from dataclasses import dataclass

import numpy as np

from basis_lab.data.series import time_text
from basis_lab.domain.market import FloatArray, TimeArray
from basis_lab.errors import BadDataError

SHIFTS_H = (-8, 0, 8, 16)
# A shift is believed when it beats every other by this much correlation, on this many rows.
CLEAR_MARGIN = 0.05
CLEAR_CORRELATION = 0.5
ENOUGH_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRates:
    """Settled funding of one venue.

    Parameters
    ----------
    name : str
        What messages call it.
    times : ndarray of datetime64[s], shape (n,)
        Labels, strictly ascending.
    rates : ndarray of shape (n,)
        Fractions per interval.
    """

    name: str
    times: TimeArray
    rates: FloatArray


def label_shift_h(archive: FundingRates, other: FundingRates) -> tuple[int, str]:
    """Return by how many hours an archive's labels run ahead of UTC.

    Parameters
    ----------
    archive : FundingRates
        Labels in doubt.
    other : FundingRates
        Another venue of the same coin, labelled in UTC.

    Returns
    -------
    hours : int
        To subtract from the labels.
    evidence : str
        The correlations that tell.

    Raises
    ------
    BadDataError
        If no shift stands out.
    """
    found = {hours: _correlation(archive, other, hours) for hours in SHIFTS_H}
    best, second = sorted(found, key=lambda x: found[x], reverse=True)[:2]
    evidence = (
        f"correlation with {other.name} {found[best]:.2f} at {best} h, "
        f"{found[second]:.2f} at {second} h"
    )
    if found[best] < CLEAR_CORRELATION or found[best] - found[second] < CLEAR_MARGIN:
        raise BadDataError(
            "the zone of the labels cannot be told",
            where=f"{archive.name}, from {time_text(archive.times[0])}",
            value=evidence,
            remedy="give a file with settlement times in UTC",
        )
    return best, evidence


def _correlation(archive: FundingRates, other: FundingRates, hours: int) -> float:
    moved = archive.times - np.timedelta64(hours, "h")
    _, ours, theirs = np.intersect1d(moved, other.times, return_indices=True)
    if len(ours) < ENOUGH_ROWS:
        return -1.0
    return float(np.corrcoef(archive.rates[ours], other.rates[theirs])[0, 1])
