"""Runs to compare with: pinned from what is drawn, or opened from a folder without a new run."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from basis_lab.domain.market import FloatArray
from basis_lab.notebook.series import RunSeries
from basis_lab.notebook.words import day_text
from basis_lab.results.result import open_result

MOST_PINS = 4
DAY_LETTERS = 10
COLUMNS = ("equity", "nav_per_share")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pin:
    """What is kept of a run to compare with.

    Parameters
    ----------
    name : str
        For instance "pin 2".
    summary : mapping
        As summary.json.
    times_ms : ndarray of shape (T,)
        Milliseconds since 1970.
    equity, nav_per_share : ndarray of shape (T,)
        Share-class currency, and that per share.
    case : str
        What tells it from the mode's files: changed keys, or its folder.
    folder : str
        Name of the folder that it was opened from; empty for one that was drawn.
    """

    name: str
    summary: Mapping[str, Any]
    times_ms: FloatArray
    equity: FloatArray
    nav_per_share: FloatArray
    case: str
    folder: str = ""

    @classmethod
    def of_series(cls, name: str, series: RunSeries, case: str) -> Self:
        """Keep the drawn run.

        Parameters
        ----------
        name : str
            What it is called.
        series : RunSeries
            The run.
        case : str
            What tells it from the mode's files.

        Returns
        -------
        Pin
            Its lines and its summary.
        """
        return cls(
            name=name,
            summary=series.summary,
            times_ms=series.times_ms,
            equity=series.record.equity,
            nav_per_share=series.record.nav_per_share,
            case=case,
        )

    @classmethod
    def of_folder(cls, name: str, folder: Path) -> Self:
        """Open a saved run; nothing is run again.

        Parameters
        ----------
        name : str
            What it is called.
        folder : Path
            Of a saved run.

        Returns
        -------
        Pin
            Its lines, as often as its tables have rows, and its summary.

        Raises
        ------
        ResultError
            If the folder or its table cannot be read.
        """
        import pandas as pd

        result = open_result(folder)
        table = result.pnl
        stamps = pd.DatetimeIndex(table.index).tz_convert(None).to_numpy().astype("datetime64[ms]")
        equity, nav = (table[x].to_numpy(dtype=np.float64) for x in COLUMNS)
        return cls(
            name=name,
            summary=result.summary,
            times_ms=stamps.astype(np.int64).astype(np.float64),
            equity=equity,
            nav_per_share=nav,
            case=f"saved as {folder.name}",
            folder=folder.name,
        )


def same_dates(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether amounts of two runs are about the same days.

    Parameters
    ----------
    one, other : mapping
        As summary.json.

    Returns
    -------
    bool
        True where both begin and end on the same dates.
    """
    return all(str(one[x])[:DAY_LETTERS] == str(other[x])[:DAY_LETTERS] for x in ("start", "end"))


def dates_text(summary: Mapping[str, Any]) -> str:
    """Return the dates of a run as people write them.

    Parameters
    ----------
    summary : mapping
        As summary.json.

    Returns
    -------
    str
        ``1 Jan 2025 to 30 Jun 2025``.
    """
    days = (str(summary[x])[:DAY_LETTERS] for x in ("start", "end"))
    return " to ".join(day_text(dt.date.fromisoformat(x)) for x in days)


def next_name(pins: list[Pin]) -> str:
    """Return the name of the next pin.

    Parameters
    ----------
    pins : list of Pin
        Those that are kept.

    Returns
    -------
    str
        "pin" and the number after the highest.
    """
    return f"pin {1 + max((int(x.name.split()[1]) for x in pins), default=0)}"
