"""What series a run needs, and how each is brought to its timesteps."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class Alignment(StrEnum):
    """How a stored series is brought to the timesteps of a run."""

    BAR_OPEN = "bar_open"  # the value of the bar that opens at t
    BAR_EXTREME = "bar_extreme"  # the highest or lowest of the bars from the last timestep to t
    STAMP = "stamp"  # what was stamped since the last timestep, t included; NaN where nothing was
    INDEX = "index"  # an Aave index, grown causally between snapshots
    STEP = "step"  # the last published value, carried
    TRAILING_MEAN = "trailing_mean"  # the mean of the values stamped in (t - window, t]
    TRAILING_GROWTH = "trailing_growth"  # growth of the carried value since t - window, per year
    TRAILING_VOLATILITY = "trailing_volatility"  # of a day's return, from the bars of the window
    PAYOUT = "payout"  # a table of payouts; no array of timesteps


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One series that a run needs.

    Parameters
    ----------
    key : str
        ``kind/venue/SYMBOL.field``, the name under which the frame holds it.
    alignment : Alignment
        How it comes to the timesteps.
    purpose : str
        What the run needs it for, printed when it is missing.
    optional : bool
        True if a run goes on without it.
    fallback : str or None
        A key that serves where the directory has no such dataset at all (a last price for a
        missing mark); its use is noted in the manifest.
    name : str or None
        The frame's name for the series where it is not the key (a trailing mean of it).
    window_s : int or None
        Seconds of a trailing window; for payouts, from the end of a period to its payment.
    starts_later : bool
        True if the series may begin inside the run; it is NaN before.
    span : (datetime64, datetime64) or None
        For payouts: the programme's first and last day; a gap inside it is an error.
    gaps_allowed : bool
        For payouts: True where a programme pays now and then.
    weight : str or None
        For payouts: the price of what is paid. For stamps: the price that a stamp is a fraction
        of, so that one between two timesteps counts at its own price.
    """

    key: str
    alignment: Alignment
    purpose: str
    optional: bool = False
    fallback: str | None = None
    name: str | None = None
    window_s: int | None = None
    starts_later: bool = False
    span: tuple[np.datetime64, np.datetime64] | None = None
    gaps_allowed: bool = False
    weight: str | None = None

    @property
    def frame_key(self) -> str:
        """The name under which the frame holds the series."""
        return self.key if self.name is None else self.name
