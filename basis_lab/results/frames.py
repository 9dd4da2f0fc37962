"""The tables of a run as pandas frames, read when asked for."""

import io
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc

from basis_lab.results.event_table import COLUMNS as EVENT_COLUMNS
from basis_lab.results.event_table import NUMBER_COLUMNS
from basis_lab.results.whole import damaged, read_config, read_summary, require_columns

TEXT_COLUMNS = frozenset({"level", "line", "venue", "side"})
EVENT_TEXTS = frozenset(EVENT_COLUMNS) - NUMBER_COLUMNS
STAMP = pa.timestamp("s", tz="UTC")


class RunTables:
    """Summary and tables of one run, from the texts of its files.

    Parameters
    ----------
    read : callable
        Returns the bytes of a file of the run's folder by name.
    folder : Path or None
        Where they lie, for messages; None for a run that was not written.
    """

    def __init__(self, read: Callable[[str], bytes], folder: Path | None = None) -> None:
        self._read = read
        self._folder = folder

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Every figure of summary.json."""
        return read_summary(self._read("summary.json"), self._where("summary.json"))

    @cached_property
    def config(self) -> dict[str, Any]:
        """The resolved configuration."""
        return read_config(self._read("config.yaml"), self._where("config.yaml"))

    @cached_property
    def pnl(self) -> pd.DataFrame:
        """Equity, P&L and attribution by timestep."""
        return self._whole("hourly_pnl.csv")

    @cached_property
    def thinned(self) -> str:
        """What a reader must know where the tables have fewer rows than the run timesteps."""
        stamps = pd.DatetimeIndex(self.pnl.index)
        if len(stamps) >= self.summary["timesteps"]:
            return ""
        spacing_h = (stamps[-1] - stamps[0]) / pd.Timedelta(hours=1) / max(len(stamps) - 1, 1)
        return f"the tables hold a row every {round(spacing_h):g} h, each as of its end"

    @cached_property
    def balance_sheet(self) -> pd.DataFrame:
        """The non-zero lines of the book by timestep, long."""
        sheet = self._table("balance_sheet.csv", TEXT_COLUMNS)
        last = sheet["line"][sheet.index == pd.Timestamp(self.summary["end"])]
        if sorted(last) != sorted(self.summary["balance"]):
            told = f"{len(last)} lines at the end; the summary has {len(self.summary['balance'])}"
            raise damaged(self._where("balance_sheet.csv"), told)
        return sheet

    @cached_property
    def exposure(self) -> pd.DataFrame:
        """Deltas, values and notionals by timestep."""
        return self._whole("exposure.csv")

    @cached_property
    def risk(self) -> pd.DataFrame:
        """Risk measures and their worst level by timestep."""
        return self._whole("risk.csv")

    @cached_property
    def events(self) -> pd.DataFrame:
        """The event log; balances and details as JSON text."""
        log = self._table("event_log.csv", EVENT_TEXTS)
        if len(log) != self.summary["events"]:
            told = f"{len(log)} events; the run logged {self.summary['events']}"
            raise damaged(self._where("event_log.csv"), told)
        return log

    def _where(self, name: str) -> str:
        return name if self._folder is None else str(self._folder / name)

    def _whole(self, name: str) -> pd.DataFrame:
        """Read a table with rows from the run's first timestep to its last, and no gap between."""
        frame = self._table(name, TEXT_COLUMNS)
        first, last = (pd.Timestamp(self.summary[key]) for key in ("start", "end"))
        if not len(frame) or frame.index[0] != first or frame.index[-1] != last:
            seen = f"{frame.index[0]} to {frame.index[-1]}" if len(frame) else "no rows"
            raise damaged(self._where(name), f"{seen}; the run is of {first} to {last}")
        gap = _gap(pd.DatetimeIndex(frame.index))
        if gap:
            raise damaged(self._where(name), gap)
        return frame

    def _table(self, name: str, texts: frozenset[str]) -> pd.DataFrame:
        try:
            frame = read_frame(self._read(name), texts=texts)
        except (pa.ArrowInvalid, KeyError, UnicodeDecodeError) as error:
            raise damaged(self._where(name), str(error)) from error
        require_columns(name, map(str, frame.columns), self._where(name))
        return frame


def _gap(stamps: pd.DatetimeIndex) -> str:
    """Return where rows are missing; the first and the last step may be shorter than others."""
    steps = stamps[1:] - stamps[:-1]
    within = steps[1:-1]
    if not len(within) or steps.max() <= within.min():
        return ""
    at = int((steps > within.min()).argmax())
    return (
        f"no rows between {stamps[at]} and {stamps[at + 1]}, where others are {within.min()} apart"
    )


def read_frame(content: bytes, *, texts: frozenset[str]) -> pd.DataFrame:
    """Return a table of a run as a frame.

    Parameters
    ----------
    content : bytes
        CSV as the run wrote it.
    texts : frozenset of str
        The columns that hold text; all others hold numbers.

    Returns
    -------
    pandas.DataFrame
        UTC timestamps as index; NaN or None where a cell is empty.
    """
    names = content.split(b"\n", 1)[0].decode().split(",")
    types = {name: pa.string() if name in texts else pa.float64() for name in names}
    types["timestamp"] = STAMP
    if "order" in types:
        types["order"] = pa.int64()
    options = pc.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True)
    table = pc.read_csv(io.BytesIO(content), convert_options=options)
    frame: pd.DataFrame = table.to_pandas()
    return frame.set_index("timestamp")
