"""Dates of a run as a caller gives them."""

from datetime import UTC, datetime

import numpy as np

from basis_lab.data.series import time_text
from basis_lab.domain.intervals import interval_text
from basis_lab.errors import UsageError

Moment = np.datetime64 | datetime


def whole_second(moment: Moment) -> np.datetime64:
    """Return a moment as numpy has it.

    Parameters
    ----------
    moment : datetime64 or datetime
        A datetime without zone is read as UTC.

    Returns
    -------
    datetime64[s]
        UTC.
    """
    if isinstance(moment, datetime):
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return np.datetime64(aware.astimezone(UTC).replace(tzinfo=None), "s")
    second: np.datetime64 = moment.astype("datetime64[s]")
    return second


def check_dates(start: np.datetime64, end: np.datetime64, step_s: int) -> None:
    """Refuse dates that are no timesteps, or that end before they start.

    Parameters
    ----------
    start, end : datetime64[s]
        UTC, both included.
    step_s : int
        Seconds from one timestep to the next.

    Raises
    ------
    UsageError
        Naming the date.
    """
    if end < start:
        raise UsageError(
            "the end lies before the start",
            where="dates of the run",
            value=f"{time_text(start)} to {time_text(end)}",
            remedy="give start <= end",
        )
    for moment in (start, end):
        if np.isnat(moment) or moment.astype(np.int64) % step_s:
            raise UsageError(
                "a date is no timestep",
                where="dates of the run",
                value=time_text(moment),
                remedy=f"timesteps are whole multiples of {interval_text(step_s)}, UTC: give one, "
                "or a bare date",
            )
