"""Dates that no run would accept, said at their fields before anything runs."""

from dataclasses import replace

import numpy as np

from basis_lab.notebook.case import Case
from basis_lab.notebook.remedies import DATES, Remedy
from basis_lab.services.requests import DEFAULT_DAYS

DAY_LETTERS = 10


def refuse_dates(case: Case, covered: tuple[str, str]) -> tuple[str, tuple[Remedy, ...]]:
    """Return why the dates of a case cannot be run, and what mends them.

    Parameters
    ----------
    case : Case
        Its dates are ISO, or None where the last 365 days are taken.
    covered : (str, str)
        First and last date of the data of this mode; empty texts where unknown.

    Returns
    -------
    tuple of (str, tuple of Remedy)
        An empty text and no remedy where nothing is wrong.
    """
    start, end = case.start, case.end
    try:
        moments = [np.datetime64(x) for x in (start, end) if x is not None]
    except ValueError:
        return "", ()  # no date at all: the run says what can be read
    if start is not None and end is not None:
        first, last = moments
        if last < first:
            swapped = Remedy(f"Swap them: {end} to {start}", DATES, f"{end}/{start}")
            told = f"the end {end} lies before the start {start}; choose an end after the start"
            beyond, kept = _beyond(end, start, covered)
            return told, kept if beyond else (swapped,)
        if last == first:
            told = f"start and end are both {start}: a run needs at least two timesteps"
            return f"{told}; choose an end after the start", _a_day_more(start, covered)
    return _beyond(start, end, covered)


def moments(case: Case) -> tuple[np.datetime64, np.datetime64] | None:
    """Return the first and the last moment of a case.

    Parameters
    ----------
    case : Case
        With its dates, if it has them.

    Returns
    -------
    tuple of datetime64[s] or None
        None where a date is left to the data, or is none.
    """
    if case.start is None or case.end is None:
        return None
    try:
        return np.datetime64(case.start, "s"), np.datetime64(case.end, "s")
    except ValueError:
        return None


def _a_day_more(start: str, covered: tuple[str, str]) -> tuple[Remedy, ...]:
    day = np.datetime64(start[:DAY_LETTERS], "D")
    after = day + np.timedelta64(1, "D")
    if covered[1] and after > np.datetime64(covered[1], "D"):
        day, after = day - np.timedelta64(1, "D"), day
    return (Remedy(f"Run one day, {day} to {after}", DATES, f"{day}/{after}"),)


def _beyond(
    start: str | None, end: str | None, covered: tuple[str, str]
) -> tuple[str, tuple[Remedy, ...]]:
    """Compare by day: the data's own hours are the run's business."""
    first, last = covered
    if not first:
        return "", ()
    outside = [
        f"the {name} {day} lies {where}"
        for name, day, where in (
            ("start", start, _where(start, first, last)),
            ("end", end, _where(end, first, last)),
        )
        if where
    ]
    if not outside:
        return "", ()
    low = first if start is None else max(start[:DAY_LETTERS], first)
    high = last if end is None else min(end[:DAY_LETTERS], last)
    if low >= high:
        low, high = first, last
    kept = Remedy(f"Use the covered dates, {low} to {high}", DATES, f"{low}/{high}")
    told = f"{' and '.join(outside)}; the data of this mode covers {first} to {last}"
    return told, (kept,)


def _where(day: str | None, first: str, last: str) -> str:
    if day is None:
        return ""
    if day[:DAY_LETTERS] < first:
        return "before the data"
    return "beyond the data" if day[:DAY_LETTERS] > last else ""


def dated(case: Case, covered: tuple[str, str]) -> Case:
    """Return a case whose empty dates are those that they stand for, so that it runs as it reads.

    Parameters
    ----------
    case : Case
        With or without dates.
    covered : tuple of str
        First and last date of the data; empty where they are not known.

    Returns
    -------
    Case
        An empty end is the last date of the data, an empty start a year before the end, or the
        first date of the data.
    """
    first, last = covered
    if not first:
        return case
    end = case.end if case.end is not None else last
    try:
        closes = np.datetime64(end[:DAY_LETTERS], "D")
    except ValueError:
        return case  # no date at all: it is refused as it stands
    start = case.start if case.start is not None else max(first, str(closes - DEFAULT_DAYS))
    return replace(case, start=start, end=end)
