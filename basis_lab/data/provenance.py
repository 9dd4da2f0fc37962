"""Where a series of a run came from and how it came to the timesteps, for the manifest."""

import numpy as np

from basis_lab.data.align import window_of
from basis_lab.data.requirements import Served
from basis_lab.data.series import TimeSeries, time_text
from basis_lab.domain.intervals import HOUR_S, interval_text
from basis_lab.domain.market import SeriesSource
from basis_lab.domain.requirements import Alignment


def source_of(
    served: Served, series: TimeSeries, step_s: int, warnings: tuple[str, ...]
) -> SeriesSource:
    """Return the provenance of one series.

    Parameters
    ----------
    served : Served
        What was asked, and what serves it.
    series : TimeSeries
        Its rows.
    step_s : int
        Seconds from one timestep to the next.
    warnings : tuple of str
        What the checks say of the rows that the run uses.

    Returns
    -------
    SeriesSource
        With what was proxied, carried or resampled in words.
    """
    info = series.info
    finer = info.interval_s < step_s
    return SeriesSource(
        key=served.requirement.frame_key,
        dataset=f"{info.id}.{served.field}",
        file=info.file,
        file_sha256=info.sha256,
        first=time_text(info.first),
        last=time_text(info.last),
        synthetic=info.synthetic,
        notes=(*served.notes, *_carried(served), *_resampled(served, finer=finer), *info.notes),
        warnings=warnings,
    )


def _carried(served: Served) -> tuple[str, ...]:
    every = f"published every {round(served.info.interval_s / HOUR_S)} h"
    match served.requirement.alignment:
        case Alignment.INDEX:
            return (f"{every}; carried at the growth rate realised between the last two",)
        case Alignment.STEP if served.info.interval_s > HOUR_S:
            return (f"{every}; carried as last published",)
        case Alignment.TRAILING_MEAN:
            days = window_of(served.requirement) / np.timedelta64(1, "D")
            return (f"the mean of what was published in the {days:g} days up to t",)
        case Alignment.PAYOUT:
            return ("paid out after each earning period; nothing is known before",)
        case _:
            return ()


def _resampled(served: Served, *, finer: bool) -> tuple[str, ...]:
    bars = f"bars of {interval_text(served.info.interval_s)}"
    match served.requirement.alignment:
        case Alignment.BAR_OPEN if finer:
            return (f"{bars}: the open of the one that opens at t",)
        case Alignment.BAR_EXTREME if finer:
            return (f"{bars}: the extreme of those from the last timestep to t",)
        case Alignment.BAR_EXTREME:
            return ("the extreme of the bar that ended at t",)
        case Alignment.STAMP if finer:
            return ("what was stamped since the last timestep, each at the price of its own time",)
        case _:
            return ()
