"""Remarks on a sweep: a best point on the edge or alone among its neighbours, failures grouped."""

import re
from dataclasses import dataclass

import pandas as pd

from basis_lab.domain.wording import MADE_UP
from basis_lab.results.formats import format_count
from basis_lab.results.sweep_result import APART, DONE, OPEN, WARNINGS, SweepResult
from basis_lab.results.sweep_words import (
    excess,
    label,
    numeric_axes,
    row_of,
    standing,
    word_place,
    word_value,
)
from basis_lab.results.text import FIELDS, PARTS

ISLAND = 0.5  # share of the gain over the median that neighbours may lose
SAMPLES = ("random", "sobol")  # methods of a plan whose points lie on no grid
TOLD = 2  # warnings of a best point that are said
SAME = 5e-7  # of a year; less is no difference of a key
LEAST_POINTS = 5  # of fewer the median is a neighbour itself
NUMBER = re.compile(r"[0-9]+([.,][0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Points that failed in the same way: their sentences differ in numbers alone.

    Parameters
    ----------
    count : int
        How many.
    code : str
        Of the error.
    what : str
        The sentence of the first of them.
    rest : tuple of str
        Where, value and remedy of it.
    point : int
        Its number.
    place : str
        Where it lies on the axes.
    """

    count: int
    code: str
    what: str
    rest: tuple[str, ...]
    point: int
    place: str


def group_failures(result: SweepResult) -> tuple[Failures, ...]:
    """Return the failed points by code and sentence, the most frequent first.

    Parameters
    ----------
    result : SweepResult
        The sweep.

    Returns
    -------
    tuple of Failures
        Empty where every point has its figures.
    """
    table, axes = result.table, list(result.summary["axes"])
    failed = table[~table["status"].isin((DONE, OPEN))]
    kinds: dict[tuple[str, str], list[int]] = {}
    for point, code, error in zip(failed.index, failed["code"], failed["error"], strict=True):
        what = NUMBER.sub("#", FIELDS.split(str(error))[0])  # of several problems all
        kinds.setdefault((str(code), what), []).append(int(point))
    found = []
    for (code, _), points in kinds.items():
        what, *rest = _parts(table["error"][points[0]])
        found.append(
            Failures(
                count=len(points),
                code=code,
                what=what,
                rest=tuple(rest),
                point=points[0],
                place=word_place(row_of(table, points[0]), axes),
            )
        )
    return tuple(sorted(found, key=lambda x: (-x.count, x.point)))


def _parts(error: object) -> list[str]:
    """Return what, where, value and remedy of an error as a row words it."""
    return PARTS.split(str(error))


def word_failures(result: SweepResult) -> str:
    """Return why points failed, for a terminal.

    Parameters
    ----------
    result : SweepResult
        The sweep.

    Returns
    -------
    str
        A block of lines for each kind of failure; empty where there is none.
    """
    blocks = []
    for kind in group_failures(result):
        example = f"point {kind.point}" + (f": {kind.place}" if kind.place else "")
        lines = [f"{format_count(kind.count, 'point')} failed, {kind.code}: {kind.what}"]
        lines.append(f"  {'for instance' if kind.count > 1 else 'which'}: {example}")
        lines += [f"  {part}" for part in kind.rest]
        blocks.append("\n".join(lines))
    return "\n".join(blocks)


def word_edges(result: SweepResult, point: int) -> str:
    """Say on which axes a point has the least or the largest value of those that ran.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    point : int
        Its number.

    Returns
    -------
    str
        "on the edge of the grid: spot allocation 0.7 is the largest value tried", or an empty
        text; of a sample, which has no grid, an empty one.
    """
    if result.summary.get("method") in SAMPLES:
        return ""
    table = result.table
    done = table[table["status"] == DONE]
    told = []
    for axis in numeric_axes(done, list(result.summary["axes"])):
        value = done[axis][point]
        if pd.api.types.is_bool_dtype(done[axis]) or pd.isna(value):
            continue
        if _is_idle(result, axis, point):
            continue
        for end, beyond, name in (
            (done[axis].min(), table[axis] < value, "least"),
            (done[axis].max(), table[axis] > value, "largest"),
        ):
            if value == end:
                tried = "value that ran" if beyond.any() else "value tried"
                told.append(f"{label(axis)} {word_value(value)} is the {name} {tried}")
    return f"on the edge of the grid: {', '.join(told)}" if told else ""


def _is_idle(result: SweepResult, axis: str, point: int) -> bool:
    """Tell if an axis changes nothing where all others stand as at a point."""
    table = result.table
    others = [x for x in result.summary["axes"] if x != axis]
    alone = table[standing(table, {x: table[x][point] for x in others})]
    gains = excess(alone).dropna()
    return len(gains) > 1 and float(gains.max() - gains.min()) < SAME


def word_robustness(result: SweepResult, point: int) -> str:
    """Say if a point lies on the edge of its grid, or stands alone among its neighbours.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    point : int
        Its number.

    Returns
    -------
    str
        "on the edge of the grid: ...", "not robust: ...", both, or an empty text.
    """
    table = result.table
    axes = numeric_axes(table, list(result.summary["axes"]))
    told = [word_edges(result, point)]
    gains = excess(table)
    around = neighbours(table, axes, point)
    gain = float(gains[point] - gains.median())
    leads = gain > 0.0 and float(gains[point]) > 0.0  # below lending there is no lead to lose
    if around and leads and gains.notna().sum() >= LEAST_POINTS:
        lost = float(gains[point] - gains[around].mean())
        if lost > ISLAND * gain:
            told.append("not robust: its neighbours lose over half of its lead on the median")
    return "; ".join(x for x in told if x)


def word_remarks(result: SweepResult, point: int | None) -> list[str]:
    """Say how far a best point can be trusted.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    point : int or None
        Its number; None where none is best.

    Returns
    -------
    list of str
        Of the edge and its neighbours, and of its run's warnings; what there is to say.
    """
    if point is None:
        return []
    return [x for x in (word_robustness(result, point), word_warnings(result, point)) if x]


def word_warnings(result: SweepResult, point: int) -> str:
    """Say what the run of a point warns of, beside that its data are made up.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    point : int
        Its number.

    Returns
    -------
    str
        "its run warns: ...", or an empty text.
    """
    text = result.table[WARNINGS][point] if WARNINGS in result.table else None
    told = [x for x in str(text).split(APART) if x and x != MADE_UP] if pd.notna(text) else []
    if not told:
        return ""
    more = f" (and {len(told) - TOLD} more, in the column {WARNINGS})" if len(told) > TOLD else ""
    return f"its run warns: {'; '.join(told[:TOLD])}{more}"


def neighbours(table: pd.DataFrame, axes: list[str], point: int) -> list[int]:
    """Return the points one step away on one axis, all else equal.

    Parameters
    ----------
    table : pandas.DataFrame
        Of a sweep.
    axes : list of str
        Numeric axes.
    point : int
        The point.

    Returns
    -------
    list of int
        Their numbers; empty in a sample, where no two share a value.
    """
    found: list[int] = []
    for axis in axes:
        if pd.isna(table[axis][point]):
            continue
        same = table[standing(table, {x: table[x][point] for x in axes if x != axis})]
        values = sorted(same[axis].dropna().unique())
        place = values.index(table[axis][point])
        beside = [values[i] for i in (place - 1, place + 1) if 0 <= i < len(values)]
        found += [int(x) for x in same.index[same[axis].isin(beside)]]
    return found
