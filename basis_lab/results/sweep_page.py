"""The sweep page: which point is best, what it costs in safety, and how robust that is."""

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from basis_lab.calc.performance import DAYS_PER_YEAR
from basis_lab.errors import UsageError
from basis_lab.results import sweep_figures as figures
from basis_lab.results.formats import NONE, format_count, format_points, format_share
from basis_lab.results.html import Content, Html, heading, paragraph, table
from basis_lab.results.sweep_remarks import group_failures, word_remarks
from basis_lab.results.sweep_result import SweepResult
from basis_lab.results.sweep_words import (
    SYNTHETIC,
    Safety,
    best_point,
    label,
    measure,
    merit,
    row_of,
    too_short,
    word_best,
    word_data,
    word_value,
    word_without_limit,
)
from basis_lab.results.verdict import days_between

if TYPE_CHECKING:
    import plotly.graph_objects as go

MEASURES = ("nearest liquidation", "drawdown", "exit discount")
BEST_ROWS = 10


class SweepPage:
    """What a sweep says, under a limit on one measure of safety.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    safety : str
        "nearest liquidation", "drawdown" or "exit discount".
    limit : float or None
        Least distance to liquidation, or largest loss; a fraction. None sets no limit.
    across, up : str or None
        Axes of the heat map; None takes the first two that hold numbers.

    Raises
    ------
    UsageError
        If there is no such measure or axis.
    """

    def __init__(
        self,
        result: SweepResult,
        *,
        safety: str = MEASURES[0],
        limit: float | None = None,
        across: str | None = None,
        up: str | None = None,
    ) -> None:
        _known("safety", safety, MEASURES)
        for name, axis in (("across", across), ("up", up)):
            if axis is not None:
                _known(name, axis, tuple(result.summary["axes"]))
        self.result = result
        self._measure = safety
        self._safety = None if limit is None else Safety(name=safety, limit=limit)
        self._drawn = (across, up)

    def verdict(self) -> Html:
        """Return the best point in words, and what the limit costs.

        Returns
        -------
        Html
            The top of the page.
        """
        told = self.result.summary
        counts = [
            format_count(told["points"], "point"),
            f"{told['done']:,} done",
            f"{told['failed']:,} failed",
            *([f"{told['open']:,} open"] if told["open"] else []),
            *([f"{told['resumed']:,} resumed"] if told["resumed"] else []),
        ]
        best = best_point(self.result.table, self._safety)
        more = word_remarks(self.result, best)
        if self._safety is not None:
            more.append(word_without_limit(self.result, self._safety))
        line = " \N{MIDDLE DOT} ".join(x for x in [*counts, *more] if x)
        return Html(
            f'<div class="bl-head"><h1>{escape(word_best(self.result, self._safety))}</h1>'
            f'{self._badge()}<span class="muted">{escape(line)}</span></div>'
        )

    def _badge(self) -> str:
        """Return where the data are from; nothing where no point says so."""
        data = word_data(self.result.table)
        kind = "badge synthetic" if data == SYNTHETIC else "badge"
        return f'<span class="{kind}">{data}</span> ' if data else ""

    def heat_map(self) -> "go.Figure":
        """Draw the difference to lending over two axes.

        Returns
        -------
        plotly.graph_objects.Figure
            Points a year; what is past the limit is struck through.
        """
        return figures.draw_heat_map(self.result, self._safety, *self._drawn)

    def frontier(self) -> "go.Figure":
        """Draw what a point of yield costs in safety.

        Returns
        -------
        plotly.graph_objects.Figure
            Net APR against the measure of safety; undominated points are joined.
        """
        return figures.draw_frontier(self.result, self._measure, self._safety)

    def parallel(self) -> "go.Figure":
        """Draw every point over all axes at once; drag along an axis to pick.

        Returns
        -------
        plotly.graph_objects.Figure
            Parallel coordinates.
        """
        return figures.draw_parallel(self.result, self._measure)

    def tornado(self) -> "go.Figure":
        """Draw how far each axis alone moves the best point.

        Returns
        -------
        plotly.graph_objects.Figure
            Points a year.
        """
        return figures.draw_tornado(self.result, self._safety)

    def best(self) -> Html:
        """Return the best points that keep the limit.

        Returns
        -------
        Html
            A table; the number is what ``--report`` takes.
        """
        frame = self.result.table
        gains = merit(frame)
        sizes = measure(frame, self._measure) if "apr" in frame else gains
        if self._safety is not None:
            gains = gains[self._safety.within(sizes).reindex(gains.index)]
        axes = list(self.result.summary["axes"])
        rows = [
            self._row(rank, int(point), axes, sizes)
            for rank, point in enumerate(gains.nlargest(BEST_ROWS).index.tolist(), start=1)
        ]
        head = [">rank", *(f">{label(x)}" for x in axes), ">net APR", ">to hurdle", ">drawdown"]
        head += [f">{self._measure}", ">rebalances", ">point"]
        title = heading(f"The best {len(rows)}", "point: the number that --report takes")
        return title + table(head, rows)

    def failures(self) -> Html:
        """Return the points that have no figures, and why.

        Returns
        -------
        Html
            A table.
        """
        kinds = group_failures(self.result)
        title = heading(f"{format_count(self.result.summary['failed'], 'point')} failed")
        if not kinds:
            return title + paragraph("Every point has its figures.", "muted")
        rows: list[list[Content]] = [
            [
                kind.code,
                str(kind.count),
                "; ".join((kind.what, *kind.rest)),
                f"point {kind.point}: {kind.place}" if kind.place else f"point {kind.point}",
            ]
            for kind in kinds
        ]
        note = paragraph("basis-lab sweep FILE --resume --retry-failed runs them again.", "muted")
        return title + table(("code", ">points", "why", "for instance"), rows, kind="long") + note

    def _row(self, rank: int, point: int, axes: list[str], sizes: pd.Series) -> list[Content]:
        row = row_of(self.result.table, point)
        hurdle = row["hurdle_apr"]
        rate, span, over = format_share(row["apr"]), 1.0, ""
        if too_short(self.result.table)[point]:  # what it gained over its days, and no rate
            days = days_between(str(row["start"]), str(row["end"]))
            rate, span, over = NONE, days / DAYS_PER_YEAR, f" in {days:.1f} days"
        gap = NONE if pd.isna(hurdle) else f"{format_points((row['apr'] - hurdle) * span)} pp{over}"
        size = sizes[point]
        told = NONE if pd.isna(size) else format_share(float(size), digits=1)
        places = [word_value(row[x]) for x in axes]
        figures_ = [rate, gap, format_share(row["max_drawdown"]), told]
        return [str(rank), *places, *figures_, f"{row['rebalances']:.0f}", str(point)]


def _known(what: str, given: str, names: tuple[str, ...]) -> None:
    if given not in names:
        raise UsageError(
            f"there is no such {what} to look at",
            where=what,
            value=given,
            remedy=f"one of {', '.join(names)}",
        )
