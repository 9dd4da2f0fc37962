"""The table of a sweep: one row a point, in the order of the plan, whoever computed it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from basis_lab.data.writing import whole_file
from basis_lab.errors import ResultError
from basis_lab.results.verdict import SHORT_DAYS, days_between

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

DONE = "completed"
OPEN = "open"  # not run yet: only in the table of a sweep that is under way
TABLE = "table.parquet"
SUMMARY = "summary.json"
LEADING = ("point", "status")
WARNINGS = "warnings"
TRAILING = (WARNINGS, "code", "error", "command")
APART = " | "  # between the warnings of a point
NUMBERS = frozenset({int, float})
INNER = ("at", "asked")


@dataclass(frozen=True)
class SweepResult:
    """A sweep that has ended, or was stopped: its table and what can be said of it.

    Parameters
    ----------
    content : pyarrow.Table
        One row a finished point, sorted by point.
    summary : dict
        Name, axes, counts, seconds, the best point.
    path : Path or None
        Its folder where there is one.
    kept : frozenset of int
        Points that an earlier sweep had finished; known to the one that resumed it alone.
    """

    content: "pa.Table"
    summary: dict[str, Any]
    path: Path | None = None
    kept: frozenset[int] = frozenset()

    @classmethod
    def of_rows(
        cls,
        rows: Iterable[Mapping[str, Any]],
        *,
        name: str,
        axes: Sequence[str],
        points: int,
        kept: frozenset[int],
        seconds: float,
    ) -> Self:
        """Return the result of rows as they were computed.

        Parameters
        ----------
        rows : iterable of mapping
            With ``point``, ``at``, ``asked``, ``status``, ``code``, ``error``, ``command`` and the
            figures.
        name : str
            Of the sweep.
        axes : sequence of str
            What its points differ in.
        points : int
            Points of the plan.
        kept : frozenset of int
            Of them, those that an earlier sweep had finished.
        seconds : float
            Taken by this one.

        Returns
        -------
        SweepResult
            In memory.
        """
        found = sorted(rows, key=lambda row: int(row["point"]))
        states = [row["status"] for row in found]
        done, open_ = states.count(DONE), points - len(found) + states.count(OPEN)
        fresh = points - open_ - len(kept)
        summary = {
            "name": name,
            "axes": list(axes),
            "points": points,
            "done": done,
            "failed": points - open_ - done,
            "open": open_,
            "resumed": len(kept),
            "seconds": round(seconds, 3),
            "points_per_second": round(fresh / seconds, 3) if seconds > 0.0 else None,
            "best": _best(found),
        }
        return cls(_table(found, axes), summary, kept=kept)

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a point: its number, its place on the axes, and every figure."""
        frame: pd.DataFrame = self.content.to_pandas()
        return frame.set_index("point")

    def save(self, folder: Path) -> "SweepResult":
        """Write table and summary.

        Parameters
        ----------
        folder : Path
            Made when needed.

        Returns
        -------
        SweepResult
            The same, with its place.

        Raises
        ------
        UnwrittenError
            If the system does not take it; nothing half is left.
        """
        import pyarrow.parquet as pq

        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(folder / TABLE) as table, whole_file(folder / SUMMARY) as summary:
            pq.write_table(self.content, table)
            summary.write_text(json.dumps(self.summary, indent=2) + "\n")
        return replace(self, path=folder)


def join_warnings(warnings: Iterable[str]) -> str:
    """Return the warnings of a point's run as one text.

    Parameters
    ----------
    warnings : iterable of str
        As in its summary.

    Returns
    -------
    str
        As the table holds them.
    """
    return APART.join(warnings)


def open_sweep(folder: str | Path) -> SweepResult:
    """Open the folder of a sweep.

    Parameters
    ----------
    folder : str or Path
        ``outputs/sweeps/NAME``.

    Returns
    -------
    SweepResult
        Table and summary.

    Raises
    ------
    ResultError
        If it is none.
    """
    import pyarrow.parquet as pq

    place = Path(folder)
    missing = [name for name in (TABLE, SUMMARY) if not (place / name).is_file()]
    if missing:
        raise ResultError(
            "this is not the folder of a sweep",
            where=str(place),
            value="missing: " + ", ".join(missing),
            remedy="give the folder that `basis-lab sweep` named",
        )
    summary = json.loads((place / SUMMARY).read_text())
    return SweepResult(pq.read_table(place / TABLE), summary, place)


def _best(rows: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the point with the highest APR over its hurdle, or by itself where there is none.

    A run too short for a rate comes after every other.
    """
    told = [
        (
            days_between(row["start"], row["end"]) >= SHORT_DAYS,
            row["apr"] - (row["hurdle_apr"] if row["hurdle_apr"] is not None else 0.0),
            -row["point"],
        )
        for row in rows
        if row["status"] == DONE and row["apr"] is not None
    ]
    return -max(told)[2] if told else None


def _table(rows: Sequence[Mapping[str, Any]], axes: Sequence[str]) -> "pa.Table":
    import pyarrow as pa

    places = _places(rows, axes)
    flat = [_flat(row, place) for row, place in zip(rows, places, strict=True)]
    names = list(dict.fromkeys(key for row in flat for key in row))
    middle = [x for x in names if x not in {*LEADING, *axes, *TRAILING}]
    order = [*LEADING, *axes, *middle, *TRAILING]
    columns = {}
    for name in dict.fromkeys(order):
        values = [row.get(name) for row in flat]
        columns[name] = pa.array(values, type=_type(name, values))
    return pa.table(columns)


def _places(rows: Sequence[Mapping[str, Any]], axes: Sequence[str]) -> list[dict[str, Any]]:
    """Return where each row lies on the axes, in cells that a column of one type can hold.

    Maps and lists are told as JSON; where an axis mixes numbers, texts or truths, so is each of
    its values: 0.85, "auto", true. What has no value stays empty.
    """
    places: list[dict[str, Any]] = [{} for _ in rows]
    for name in axes:
        given = [row["at"].get(name) for row in rows]
        cells = [_cell(x) for x in given]
        kinds = {type(x) for x in cells if x is not None}
        if len(kinds) > 1 and not kinds <= NUMBERS:
            cells = [None if x is None else json.dumps(x) for x in given]
        for place, row, cell in zip(places, rows, cells, strict=True):
            if name in row["at"]:
                place[name] = cell
    return places


def _flat(row: Mapping[str, Any], place: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row whose place on the axes stands in columns."""
    asked = {key: x for key, x in row["asked"].items() if key in {"mode", "share_class"}}
    rest = {key: x for key, x in row.items() if key not in INNER}
    return {**asked, **rest, **place}


def _cell(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict | list | tuple) else value


def _type(name: str, values: Sequence[object]) -> "pa.DataType":
    import pyarrow as pa

    kinds = {type(x) for x in values if x is not None}
    if name == "point" or (kinds and kinds <= {int} and name in COUNTS):
        return pa.int64()
    if kinds == {bool}:
        return pa.bool_()
    if kinds <= NUMBERS:  # also of a figure that no point has
        return pa.float64() if name not in TRAILING else pa.string()
    return pa.string()


COUNTS = frozenset({"timesteps", "trades", "rebalances", "rewards", "liquidations", "events"})
