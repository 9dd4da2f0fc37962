"""A sweep as HTML that can be clicked: a table for a map, and an SVG of yield against safety."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from basis_lab.notebook.panels.markup import attributes, text
from basis_lab.results.formats import format_points, format_share
from basis_lab.results.sweep_figures import DIVERGING, HIGH_SHARE, LOW_SHARE, undominated
from basis_lab.results.sweep_result import DONE, OPEN
from basis_lab.results.sweep_words import Safety, excess, label, measure, word_value

OVER_LENDING, NET = "points over lending", "net APR"
WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 10, 36
TICK_DIGITS = {1: 2.0, 2: 0.2}  # decimals, by the span of an axis
MOST_DIGITS = 3
DARK_BELOW = 130.0  # luminance of a cell, 0 to 255, on which white is read best


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a picture of a sweep shows and marks.

    Parameters
    ----------
    table : pandas.DataFrame
        Every finished point.
    colour : str
        "points over lending", "net APR" or a measure of safety.
    measured : str
        The measure of safety.
    safety : Safety or None
        The limit; None without one.
    best, chosen : int or None
        Points that are marked.
    kept : frozenset of int
        Points that an earlier sweep had finished; they are marked as well.
    """

    table: pd.DataFrame
    colour: str
    measured: str
    safety: Safety | None
    best: int | None
    chosen: int | None
    kept: frozenset[int] = frozenset()

    def past(self) -> set[int]:
        """Return the points that do not keep the limit.

        Returns
        -------
        set of int
            Empty without a limit.
        """
        if self.safety is None or "apr" not in self.table:
            return set()
        kept = self.safety.within(measure(self.table, self.measured))
        return {int(x) for x in self.table.index[~kept & (self.table["status"] == DONE)]}


def colour_values(table: pd.DataFrame, name: str) -> pd.Series:
    """Return what cells are coloured by.

    Parameters
    ----------
    table : pandas.DataFrame
        Of a sweep.
    name : str
        "points over lending", "net APR" or a measure of safety.

    Returns
    -------
    pandas.Series
        Points or percent; NaN where it does not apply.
    """
    if "apr" not in table:
        return pd.Series(np.nan, index=table.index)
    if name == OVER_LENDING:
        return 100.0 * excess(table)
    return 100.0 * (table["apr"] if name == NET else measure(table, name))


def map_html(sight: Sight, shown: pd.DataFrame, across: str, up: str) -> str:
    """Return the map: a table whose cells are buttons, a point each.

    Parameters
    ----------
    sight : Sight
        What is coloured and marked.
    shown : pandas.DataFrame
        The points of the map, at most one a cell.
    across, up : str
        Its axes.

    Returns
    -------
    str
        HTML.
    """
    columns, rows = (sorted(shown[x].dropna().unique().tolist()) for x in (across, up))
    places = zip(shown[across], shown[up], shown.index, strict=True)
    points = {(x, y): int(point) for x, y, point in places}
    values = colour_values(sight.table, sight.colour)
    scale = _scale(values[list(points.values())], diverging=sight.colour == OVER_LENDING)
    past = sight.past()
    lines = []
    for y in reversed(rows):
        cells = "".join(_cell(sight, points.get((x, y)), values, scale, past=past) for x in columns)
        lines.append(f'<tr><th scope="row" class="num">{text(word_value(y))}</th>{cells}</tr>')
    foot = "".join(f'<th scope="col" class="num">{text(word_value(x))}</th>' for x in columns)
    caption = f"{sight.colour}: across {label(across)}, up {label(up)}"
    return (
        f'<table class="map"><caption>{text(caption)}</caption><tbody>{"".join(lines)}</tbody>'
        f"<tfoot><tr><td></td>{foot}</tr></tfoot></table>"
    )


def _cell(
    sight: Sight,
    point: int | None,
    values: pd.Series,
    scale: tuple[float, float],
    *,
    past: set[int],
) -> str:
    if point is None:
        return '<td class="void" title="not run"></td>'
    value = float(values[point])
    row = sight.table.loc[point]
    open_ = row["status"] == OPEN
    failed = not open_ and row["status"] != DONE
    kinds = {
        "open": open_,
        "kept": point in sight.kept,
        "failed": failed,
        "past": point in past,
        "best": point == sight.best,
        "chosen": point == sight.chosen,
    }
    look = "" if np.isnan(value) else _paint(value, scale)
    hint = f"point {point}"
    if point in sight.kept:
        hint += ", of the sweep that was resumed"
    if open_ or failed:
        hint += f": {'not run yet' if open_ else row['error']}"
    given = {
        "class": " ".join(name for name, true in kinds.items() if true),
        "style": look,
        "title": hint,
        "data-do": "point",
        "data-of": str(point),
        "aria-pressed": str(point == sight.chosen).lower(),
    }
    told = "\N{MULTIPLICATION SIGN}" if failed else "" if open_ else _number(value, sight.colour)
    return f'<td><button type="button"{attributes(given)}>{told}</button></td>'


def _number(value: float, colour: str) -> str:
    if np.isnan(value):
        return "\N{EN DASH}"
    if colour == OVER_LENDING:
        return format_points(value / 100.0)
    return format_share(value / 100.0)


def _scale(values: pd.Series, *, diverging: bool) -> tuple[float, float]:
    """Return what the ends of the colours stand for; blown-up cells do not set them."""
    known = values.dropna()
    if len(known) == 0:
        return 0.0, 1.0
    low, high = (float(known.quantile(x)) for x in (LOW_SHARE, HIGH_SHARE))
    if diverging:
        reach = max(abs(low), abs(high), 0.01)
        return -reach, reach
    return (low, high) if high > low else (low, low + 0.01)


def _paint(value: float, scale: tuple[float, float]) -> str:
    low, high = scale
    colours = DIVERGING if low == -high else DIVERGING[2:]
    share = float(np.clip((value - low) / (high - low), 0.0, 1.0)) * (len(colours) - 1)
    first = min(int(share), len(colours) - 2)
    ends = [[int(x[i : i + 2], 16) for i in (1, 3, 5)] for x in colours[first : first + 2]]
    part = share - first
    red, green, blue = (a + part * (b - a) for a, b in zip(*ends, strict=True))
    dark = 0.299 * red + 0.587 * green + 0.114 * blue < DARK_BELOW
    ink = "#FFFFFF" if dark else "#1F2933"
    return f"background:rgb({red:.0f},{green:.0f},{blue:.0f});color:{ink}"


def frontier_html(sight: Sight) -> str:
    """Return net APR against the measure of safety, a dot a point.

    Parameters
    ----------
    sight : Sight
        What is marked.

    Returns
    -------
    str
        SVG; dots can be clicked.
    """
    table = sight.table
    done = table[table["status"] == DONE] if "apr" in table else table.iloc[:0]
    sizes = 100.0 * measure(done, sight.measured) if len(done) else pd.Series(dtype=float)
    sizes = sizes.dropna()
    if len(sizes) == 0:
        waits = len(done) == 0 and table["status"].eq(OPEN).any()
        why = "No point is done yet" if waits else f"No point of this sweep has a {sight.measured}"
        return f'<p class="bl-empty">{text(why)}.</p>'
    aprs = 100.0 * done["apr"][sizes.index]
    x, y = _Axis(sizes, LEFT, WIDTH - RIGHT), _Axis(aprs, HEIGHT - BOTTOM, TOP)
    safer = sizes if Safety(name=sight.measured, limit=0.0).more_is_safer else -sizes
    edge = undominated(safer, aprs)
    path = " ".join(f"{x.at(sizes[i]):.1f},{y.at(aprs[i]):.1f}" for i in edge)
    marked = {sight.best, sight.chosen}
    order = sorted(sizes.index, key=lambda point: (point in marked, point in edge))
    dots = "".join(
        _dot(sight, point, x.at(sizes[point]), y.at(aprs[point]), point in edge) for point in order
    )
    words = f"net APR, %, against {sight.measured}, %; joined: nothing is safer and richer"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(words)}">'
        f"{_limit(sight, x)}{_axes(x, y, sight.measured)}"
        f'<polyline class="edge" points="{path}"/>{dots}</svg><p class="muted">{text(words)}</p>'
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    """Values onto pixels, with a tenth of free room at either end."""

    numbers: pd.Series
    first_px: float
    last_px: float

    @property
    def ends(self) -> tuple[float, float]:
        low, high = float(self.numbers.min()), float(self.numbers.max())
        room = 0.1 * (high - low) if high > low else 0.5
        return low - room, high + room

    def told(self, value: float) -> str:
        """Return a number with as many digits as tell the ends apart."""
        low, high = self.ends
        digits = next((d for d, span in TICK_DIGITS.items() if high - low >= span), MOST_DIGITS)
        return f"{value:.{digits}f}"

    def at(self, value: Any) -> float:
        low, high = self.ends
        share = (float(value) - low) / (high - low)
        return self.first_px + share * (self.last_px - self.first_px)


def _axes(x: _Axis, y: _Axis, name: str) -> str:
    base = HEIGHT - BOTTOM
    lines = [f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}"/>']
    for value in (float(x.numbers.min()), float(x.numbers.max())):
        where = f'x="{x.at(value):.1f}" y="{base + 14}" text-anchor="middle"'
        lines.append(f"<text {where}>{x.told(value)}</text>")
    for value in (float(y.numbers.min()), float(y.numbers.max())):
        where = f'x="{LEFT - 6}" y="{y.at(value) + 4:.1f}" text-anchor="end"'
        lines.append(f"<text {where}>{y.told(value)}</text>")
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines.append(
        f'<text x="{middle:.0f}" y="{HEIGHT - 6}" text-anchor="middle">{text(name)}, %</text>'
    )
    return "".join(lines)


def _limit(sight: Sight, x: _Axis) -> str:
    """Return the region past the limit, tinted."""
    if sight.safety is None:
        return ""
    low, high = LEFT, WIDTH - RIGHT
    edge = float(np.clip(x.at(100.0 * sight.safety.limit), low, high))
    start, end = (low, edge) if sight.safety.more_is_safer else (edge, high)
    size = f'x="{start:.1f}" width="{end - start:.1f}" y="{TOP}" height="{HEIGHT - BOTTOM - TOP}"'
    return f'<rect class="past" {size}/>'


def _dot(sight: Sight, point: int, x_px: float, y_px: float, edge: bool) -> str:  # noqa: FBT001 - the one thing it says
    kinds = {"edge": edge, "best": point == sight.best, "chosen": point == sight.chosen}
    css = " ".join(name for name, true in kinds.items() if true)
    radius = 7 if point in {sight.best, sight.chosen} else 4
    given = {"class": css, "data-do": "point", "data-of": str(point)}
    place = f'cx="{x_px:.1f}" cy="{y_px:.1f}" r="{radius}"'
    return f"<circle {place}{attributes(given)}><title>point {point}</title></circle>"
