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
