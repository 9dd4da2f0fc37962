"""The sweep to be looked at: axes, limit and colour are chosen, and a click opens any point."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from basis_lab.errors import UsageError
from basis_lab.notebook.panel import Panel
from basis_lab.notebook.panels.markup import button, text
from basis_lab.notebook.sweep_pictures import NET, OVER_LENDING, Sight, frontier_html, map_html
from basis_lab.notebook.sweep_tables import best_html, failures_html
from basis_lab.results.formats import format_count, format_ratio, format_share
from basis_lab.results.sweep_page import MEASURES
from basis_lab.results.sweep_remarks import word_remarks
from basis_lab.results.sweep_result import DONE, OPEN, SweepResult
from basis_lab.results.sweep_words import (
    SYNTHETIC,
    Safety,
    best_point,
    label,
    numeric_axes,
    row_of,
    standing,
    varies,
    word_best,
    word_data,
    word_place,
    word_value,
    word_without_limit,
)
from basis_lab.results.tally import word_tally

HELD = "held."
MOST_LIMIT = 10.0  # a rise of the price may be further than all of it
ACTS = {
    "open": "Open in the workbench",
    "pin": "Pin",
    "report": "Report",
}  # on a point that is open
COLOURS = (OVER_LENDING, NET, *MEASURES)
HTML = (
    '<div data-slot="head" aria-live="polite"></div><div class="fields" data-slot="fields"></div>'
    '<div class="two"><div data-slot="map"></div><div data-slot="frontier"></div></div>'
    '<div data-slot="point" aria-live="polite"></div>'
    '<div class="muted" data-slot="said" aria-live="polite"></div>'
    '<div class="tables" data-slot="best"></div>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is chosen.

    Parameters
    ----------
    colour : str
        What cells are coloured by.
    across, up : str or None
        Axes of the map; None where there is no such axis.
    safety : str
        The measure of safety.
    limit : float or None
        Least distance to liquidation, or largest loss; a fraction. None sets no limit.
    held : mapping of str to object
        Values at which the other axes stand in the map.
    point : int or None
        The point that is open.
    """

    colour: str
    across: str | None
    up: str | None
    safety: str
    limit: float | None
    held: Mapping[str, object] = field(default_factory=dict)
    point: int | None = None


class SweepPanel(Panel):
    """A sweep with its controls; every choice redraws it, nothing is run.

    Parameters
    ----------
    safety : str
        The measure of safety.
    limit : float or None
        Its limit, a fraction.
    on_point : callable
        Called with (act, point) when something shall be done with a point: an act of ``ACTS``.

    Raises
    ------
    UsageError
        If there is no such measure.
    """

    _css = f"{Panel._css}\n{(Path(__file__).parent / 'sweep_panel.css').read_text()}"  # noqa: SLF001 - the library names it so

    def __init__(
        self, *, safety: str, limit: float | None, on_point: Callable[[str, int], None]
    ) -> None:
        if safety not in MEASURES:
            raise UsageError(
                "there is no such safety to look at",
                where="safety",
                value=safety,
                remedy=f"one of {', '.join(MEASURES)}",
            )
        super().__init__("sweep", HTML, on_act=self._take)
        self._shown: SweepResult | None = None
        self.look = Look(colour=OVER_LENDING, across=None, up=None, safety=safety, limit=limit)
        self._on_point = on_point
        self._axes: list[str] = []
        self._numeric: list[str] = []
        self._hint = ""
        self.patch({"head": "<h2>No sweep yet</h2>"})

    def show(self, result: SweepResult) -> None:
        """Show a sweep, or the same one further on; what was chosen stays.

        Parameters
        ----------
        result : SweepResult
            Fresh, opened, or under way.
        """
        self._shown = result
        self._axes = [x for x in result.summary["axes"] if varies(result.table[x])]
        self._numeric = numeric_axes(result.table, self._axes)
        across, up = self.look.across, self.look.up
        if across not in self._numeric or (up is not None and up not in self._numeric):
            across, up = [*self._numeric, None, None][:2]
        point = self.look.point if self.look.point in result.table.index else None
        self.look = replace(self.look, across=across, up=up, point=point)
        self._hold()
        self._draw()

    def say(self, words: str) -> None:
        """Say something below the point that is open, until the next choice.

        Parameters
        ----------
        words : str
            A line.
        """
        self.patch({"said": text(words)})

    @property
    def result(self) -> SweepResult:
        """The sweep that is shown; a UsageError before there is one."""
        if self._shown is None:
            raise UsageError("no sweep is shown yet", where="sweep_view", remedy="show one first")
        return self._shown

    @property
    def _safety(self) -> Safety | None:
        limit = self.look.limit
        return None if limit is None else Safety(name=self.look.safety, limit=limit)

    def _take(self, name: str, key: str, value: str) -> None:
        """Do one thing that the user did."""
        if name in ACTS and key.isdigit():
            self._on_point(name, int(key))
            return
        acts: Mapping[str, Callable[[str, str], None]] = {"set": self._set, "point": self._open}
        if name in acts:
            self._hint = ""
            acts[name](key, value)
            self._draw()

    def _open(self, key: str, _: str) -> None:
        """Open a point, or close it again; the map turns to where it lies."""
        point = int(key)
        if point == self.look.point:
            self.look = replace(self.look, point=None)
            return
        frame = self.result.table
        held = {x: _held(frame[x][point]) for x in self.look.held}
        self.look = replace(self.look, point=point, held=held)

    def _set(self, key: str, value: str) -> None:
        if key == "colour" and value in COLOURS:
            self.look = replace(self.look, colour=value)
        elif key == "safety" and value in MEASURES:
            # A limit on one measure is none on another: 30 % away is not 30 % lost.
            self.look = replace(self.look, safety=value, limit=None)
            self._hold()
        elif key == "limit":
            self._limit(value)
        elif key in {"across", "up"} and value in self._numeric:
            self._turn(key, value)
        elif key.startswith(HELD):
            axis = key.removeprefix(HELD)
            chosen = self._values(axis)[int(value)]
            self.look = replace(self.look, held={**self.look.held, axis: chosen})

    def _limit(self, value: str) -> None:
        if not value.strip():
            self.look = replace(self.look, limit=None)
            self._hold()
            return
        try:
            limit = float(value) / 100.0
        except ValueError:
            limit = -1.0
        if not 0.0 <= limit <= MOST_LIMIT:
            self._hint = (
                f"the limit is a number of percent from 0 to {100 * MOST_LIMIT:.0f}, or empty"
            )
            return
        self.look = replace(self.look, limit=limit)
        self._hold()

    def _turn(self, key: str, value: str) -> None:
        """Choose an axis; the two change places where the other has it."""
        across, up = self.look.across, self.look.up
        other = up if key == "across" else across
        mine = across if key == "across" else up
        swapped = mine if value == other else other
        ends = (value, swapped) if key == "across" else (swapped, value)
        self.look = replace(self.look, across=ends[0], up=ends[1])
        self._hold()

    def _hold(self) -> None:
        """Hold the axes that are not drawn at the best point within the limit."""
        frame = self.result.table
        best = best_point(frame, self._safety)
        best = best_point(frame, None) if best is None else best
        first = frame.index[0] if len(frame) and best is None else best
        rest = [x for x in self._axes if x not in {self.look.across, self.look.up}]
        held = {} if first is None else {x: _held(frame[x][first]) for x in rest}
        self.look = replace(self.look, held=held)

    def _values(self, axis: str) -> list[object]:
        column = self.result.table[axis]
        found = column.dropna().unique().tolist()
        ordered = sorted(found) if axis in self._numeric else list(found)
        return [*ordered, None] if column.isna().any() else ordered

    def _draw(self) -> None:
        sight = Sight(
            table=self.result.table,
            colour=self.look.colour,
            measured=self.look.safety,
            safety=self._safety,
            best=best_point(self.result.table, self._safety),
            chosen=self.look.point,
            kept=self.result.kept,
        )
        self.patch(
            {
                "head": self._head(sight.best),
                "fields": self._fields(),
                "map": self._map(sight),
                "frontier": frontier_html(sight),
                "point": self._point(),
                "said": "",
                "best": best_html(sight, self._axes) + failures_html(self.result),
            }
        )
        self.values = self._told()

    def _told(self) -> dict[str, str]:
        """Return what each control shows."""
        look = self.look
        limit = "" if look.limit is None else f"{100.0 * look.limit:g}"
        told = {"colour": look.colour, "safety": look.safety, "limit": limit}
        told |= {"across": look.across or "", "up": look.up or ""}
        places = {x: str(self._values(x).index(value)) for x, value in look.held.items()}
        return {**told, **{f"{HELD}{axis}": place for axis, place in places.items()}}

    def _head(self, best: int | None) -> str:
        told = self.result.summary
        failed, resumed, total = (told[x] for x in ("failed", "resumed", "points"))
        done, seconds = told["done"] + failed, told["seconds"]
        under_way = OPEN in set(self.result.table["status"])
        counts = [f"{format_count(total, 'point')}", f"{failed:,} failed"]
        if under_way:
            counts = [word_tally(done, failed, resumed, total, seconds=seconds, unit="point")]
            counts.append("what is chosen meanwhile is done when it has ended")
        elif told["open"]:
            counts.append(f"{told['open']:,} open")
        if best is not None and not under_way:
            counts += word_remarks(self.result, best)
        if self._safety is not None and not under_way:
            counts.append(word_without_limit(self.result, self._safety))
        line = " \N{MIDDLE DOT} ".join(x for x in counts if x)
        data = word_data(self.result.table)
        kind = "bl-badge" if data == SYNTHETIC else "bl-badge real"
        badge = f'<span class="{kind}">{data}</span> ' if data else ""
        return (
            f"<h2>{text(word_best(self.result, self._safety))}</h2>"
            f'{badge}<span class="muted">{text(line)}</span>'
        )

    def _fields(self) -> str:
        numeric = {x: label(x) for x in self._numeric}
        made = [_select("colour", "colour", {x: x for x in COLOURS})]
        if self.look.across is not None and self.look.up is not None:
            made += [_select("across", "across", numeric), _select("up", "up", numeric)]
        made.append(_select("safety", "safety", {x: x for x in MEASURES}))
        side = "at least" if self._more_is_safer else "at most"
        made.append(
            f'<div><label for="bl-limit">limit, % {side}</label>'
            '<input id="bl-limit" type="text" data-key="limit" placeholder="none"></div>'
        )
        for axis in self.look.held if self._maps(self.look.across, self.look.up) else ():
            choices = {str(i): word_value(x) for i, x in enumerate(self._values(axis))}
            made.append(_select(f"{HELD}{axis}", f"{label(axis)}, held at", choices))
        hint = f'<span class="hint" role="alert">{text(self._hint)}</span>' if self._hint else ""
        return "".join(made) + hint

    @property
    def _more_is_safer(self) -> bool:
        return Safety(name=self.look.safety, limit=0.0).more_is_safer

    def _map(self, sight: Sight) -> str:
        across, up = self.look.across, self.look.up
        if across is None or up is None or not self._maps(across, up):
            return '<p class="bl-empty">A map needs a grid of two axes that hold numbers.</p>'
        return map_html(sight, self._slice, across, up)

    @property
    def _slice(self) -> pd.DataFrame:
        """The points at which all axes that are not drawn stand where they are held."""
        frame = self.result.table
        return frame[standing(frame, dict(self.look.held))]

    def _maps(self, across: str | None, up: str | None) -> bool:
        """Tell if two axes make a map: points share values on both, and no cell has two."""
        if across is None or up is None or self._slice.duplicated([across, up]).any():
            return False
        frame = self.result.table
        return all(frame[x].nunique() < len(frame) for x in (across, up))

    def _point(self) -> str:
        number = self.look.point
        if number is None:
            return '<p class="muted">Click a cell, a dot or a row to open its point.</p>'
        one = row_of(self.result.table, number)
        place = word_place(one, list(self.result.summary["axes"]))
        parts = [f"<h3>Point {number}: {text(place)}</h3>"]
        if one["status"] == DONE:
            kept = " (of an earlier sweep, resumed)" if number in self.result.kept else ""
            parts.append(f"<p>{text(_figures(one))}{kept}</p>")
        elif one["status"] == OPEN:
            parts.append('<p class="muted">not run yet</p>')
        else:
            parts.append(f'<p class="bad">{text(one["code"])}: {text(one["error"])}</p>')
        if "command" in one and isinstance(one["command"], str):
            command = one["command"]
            copy = button("Copy command", "copied", data_copy=command)
            acts = "".join(button(word, act, data_of=str(number)) for act, word in ACTS.items())
            parts.append(f'<pre>{escape(command)}</pre><div class="acts">{acts}{copy}</div>')
        return f'<div class="card">{"".join(parts)}</div>'


def _held(value: Any) -> object:
    """Return a value of an axis as one that can be chosen; None where a point has none."""
    return None if pd.isna(value) else value


def _select(key: str, name: str, choices: Mapping[str, str]) -> str:
    options = "".join(f'<option value="{text(x)}">{text(y)}</option>' for x, y in choices.items())
    place = f"bl-sweep-{key.replace('.', '-')}"
    return (
        f'<div><label for="{text(place)}">{text(name)}</label>'
        f'<select id="{text(place)}" data-key="{text(key)}">{options}</select></div>'
    )


def _figures(one: "pd.Series") -> str:
    """Return the few figures of a point that decide."""
    hurdle = one["hurdle_apr"]
    parts = [f"net APR {format_share(float(one['apr']))}"]
    if not pd.isna(hurdle):
        parts.append(f"lending {format_share(float(hurdle))}")
    parts.append(f"drawdown {format_share(float(one['max_drawdown']))}")
    sides = {x: v for x, v in one.items() if str(x).startswith("min_liquidation_distance.")}
    near = [abs(float(v)) for v in sides.values() if not pd.isna(v)]
    if near:
        parts.append(f"nearest liquidation {format_share(min(near), digits=1)}")
    sharpe = one.get("sharpe")
    if sharpe is not None and not pd.isna(sharpe):
        parts.append(f"Sharpe {format_ratio(float(sharpe), digits=2)}")
    parts.append(format_count(int(one["rebalances"]), "rebalance"))
    return ", ".join(parts)
