"""The dates in a file's name against those of its rows."""

import re

import numpy as np

from basis_lab.data.checks.meanings import SHORT_OF_NAME
from basis_lab.data.findings import Finding
from basis_lab.data.series import time_text
from basis_lab.domain.market import TimeArray

_DATES = re.compile(r"(?<!\d)(\d{4}-\d\d-\d\d)_(\d{4}-\d\d-\d\d)(?!\d)")
# The last day of a name may be cut short, or the rows be weekly.
_SLACK = np.timedelta64(8, "D")


def find_rows_short_of_name(
    name: str, times: TimeArray, *, begun_late: bool = False
) -> tuple[Finding, ...]:
    """Find a file whose rows begin after, or end before, the dates in its name.

    Parameters
    ----------
    name : str
        Its path.
    times : ndarray of datetime64[s], shape (n,)
        Its rows, in the order of time.
    begun_late : bool
        True where its first rows had no values and were left out.

    Returns
    -------
    tuple of Finding
        One or none; none where the name has no dates.
    """
    match = _DATES.search(name)
    if match is None or not len(times):
        return ()
    try:
        first, last = (np.datetime64(x, "s") for x in match.groups())
    except ValueError:
        return ()
    told = []
    if times[0] - first > _SLACK and not begun_late:
        told.append(f"begin {(times[0] - first) // np.timedelta64(1, 'D')} days after")
    if last - times[-1] > _SLACK:
        told.append(f"end {(last - times[-1]) // np.timedelta64(1, 'D')} days before")
    if not told:
        return ()
    text = (
        f"rows {' and '.join(told)} the dates in its name, {time_text(times[0])} to "
        f"{time_text(times[-1])}: was a part of the file lost?"
    )
    return (Finding(SHORT_OF_NAME, text),)
