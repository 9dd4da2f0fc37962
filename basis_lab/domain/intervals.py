"""Bar intervals: their names, and how long they are."""

from collections.abc import Mapping
from types import MappingProxyType

HOURLY = "1h"
SECONDS: Mapping[str, int] = MappingProxyType(
    {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14_400, "1d": 86_400}
)
INTERVALS = tuple(SECONDS)
HOUR_S = SECONDS[HOURLY]


def interval_text(seconds: int) -> str:
    """Return the name of an interval.

    Parameters
    ----------
    seconds : int
        Its length.

    Returns
    -------
    str
        One of ``INTERVALS`` where it is one, else its seconds, as ``7188s``.
    """
    named = {length: name for name, length in SECONDS.items()}
    return named[seconds] if seconds in named else f"{seconds}s"


def length_text(seconds: int) -> str:
    """Return a length of time as people say it.

    Parameters
    ----------
    seconds : int
        Its length.

    Returns
    -------
    str
        In hours, or below one in minutes, to a tenth.

    Examples
    --------
    >>> [length_text(x) for x in (60, 3600, 7188, 28_800)]
    ['1 min', '1 h', '2 h', '8 h']
    """
    if seconds < HOUR_S:
        return f"{round(seconds / SECONDS['1m'], 1):g} min"
    return f"{round(seconds / HOUR_S, 1):g} h"
