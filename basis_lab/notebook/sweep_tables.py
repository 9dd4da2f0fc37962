"""The tables below the pictures of a sweep: its best points, and why others failed."""

import pandas as pd

from basis_lab.notebook.panels.markup import row, table, text
from basis_lab.notebook.sweep_pictures import Sight
from basis_lab.results.formats import NONE, format_count, format_points, format_share
from basis_lab.results.sweep_page import BEST_ROWS
from basis_lab.results.sweep_remarks import group_failures
from basis_lab.results.sweep_result import DONE, SweepResult
from basis_lab.results.sweep_words import excess, label, measure, word_value


def best_html(sight: Sight, axes: list[str]) -> str:
    """Return the best points; a row is clicked to open its point.

    Parameters
    ----------
    sight : Sight
        The table, the limit, and the point that is open.
    axes : list of str
        Axes that vary.

    Returns
    -------
    str
        HTML; empty where no point is done.
    """
    frame = sight.table
    gains = excess(frame)[frame["status"] == DONE].dropna()
    if len(gains) == 0:
        return ""
    sizes, within = measure(frame, sight.measured), ""
    if sight.safety is not None:
        gains, within = gains[sight.safety.within(sizes).reindex(gains.index)], " within the limit"
    if len(gains) == 0:
        return '<p class="bl-empty">No point keeps the limit.</p>'
    points = [int(x) for x in gains.nlargest(BEST_ROWS).index]
    head = [("point", ""), *((text(label(x)), "num") for x in axes)]
    head += [("net APR", "num"), ("to lending", "num"), (text(sight.measured), "num")]
    lines = [_line(sight, x, float(gains[x]), axes, sizes) for x in points]
    return table(f"The best {len(lines)}{within}, click to open", head, lines, shown=True)


def _line(sight: Sight, point: int, gain: float, axes: list[str], sizes: pd.Series) -> str:
    frame, size = sight.table, sizes[point]
    told = [word_value(frame[x][point]) for x in axes]
    told += [format_share(float(frame["apr"][point])), f"{format_points(gain)} pp"]
    told.append(NONE if pd.isna(size) else format_share(float(size), digits=1))
    acts = {"data-do": "point", "data-of": str(point)}
    kind = "here" if point == sight.chosen else ""
    return row(str(point), [(text(x), "num") for x in told], kind=kind, acts=acts)


def failures_html(result: SweepResult) -> str:
    """Return why points failed, by kind; a row opens the first of its kind.

    Parameters
    ----------
    result : SweepResult
        The sweep.

    Returns
    -------
    str
        HTML; empty where none failed.
    """
    kinds = group_failures(result)
    if not kinds:
        return ""
    head = [("for instance point", ""), ("points", "num"), ("code", ""), ("why", "why")]
    lines = [
        row(
            str(kind.point),
            [(str(kind.count), "num"), (text(kind.code), ""), (text(kind.what), "why")],
            acts={"data-do": "point", "data-of": str(kind.point)},
        )
        for kind in kinds
    ]
    count = sum(kind.count for kind in kinds)
    caption = f"{format_count(count, 'point')} failed; click a row for one of its kind"
    return table(caption, head, lines, shown=True)
