"""The figures of the sweep page: heat map, frontier, parallel coordinates, tornado."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from basis_lab.results import drawing, style
from basis_lab.results.formats import format_count, format_points, format_share
from basis_lab.results.sweep_result import DONE, SweepResult
from basis_lab.results.sweep_words import (
    Safety,
    best_point,
    excess,
    label,
    measure,
    numeric_axes,
    standing,
    varies,
    word_place,
    word_value,
)

DIVERGING = ("#B4532A", "#E3A586", "#F4F4F2", "#8FB6D8", "#1F5FA8")
BLUE = "#1F5FA8"
GREY = "#C3C8CE"
TINT = "rgba(214,60,60,.13)"
MOST_NUMBERS = 400  # cells with their number written in; more tell it on hover
TICKS = 8  # at most, on an axis of the frontier
LOW_SHARE, HIGH_SHARE = 0.05, 0.95  # of the cells that set the range of colours
TWO_DIGITS = {"tickformat": ".2f"}
LEAST_KEYS = 3  # of parallel coordinates


def draw_heat_map(
    result: SweepResult, safety: Safety | None, across: str | None, up: str | None
) -> go.Figure:
    """Draw the difference to lending over two axes, all others held at the best point.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    safety : Safety or None
        Cells past it are struck through; the best within it is framed.
    across, up : str or None
        The axes; None takes the first that hold numbers.

    Returns
    -------
    plotly.graph_objects.Figure
        Points a year.
    """
    table, axes = result.table, list(result.summary["axes"])
    numeric = numeric_axes(table, axes)
    free = [x for x in numeric if x not in {across, up}]
    x_axis = across if across is not None else (free.pop(0) if free else None)
    y_axis = up if up is not None else (free.pop(0) if free else None)
    subtitle = "net APR less lending, points a year; struck through: past your limit"
    figure = _figure(_word_range(table), subtitle)
    best = best_point(table, safety)
    if x_axis is None or y_axis is None or not _is_grid(table, x_axis, y_axis):
        drawing.say_nothing_to_draw(figure, "A map needs a grid of two axes that hold numbers.")
        return figure
    shown = _slice(table, [x for x in axes if x not in {x_axis, y_axis}], best)
    shown = shown.dropna(subset=[x_axis, y_axis])
    columns, rows = (sorted(shown[x].unique()) for x in (x_axis, y_axis))
    cells = {
        (columns.index(row[x_axis]), rows.index(row[y_axis])): point
        for point, row in shown.iterrows()
    }
    _paint(figure, table, cells, (len(columns), len(rows)))
    past = _past(table, safety)
    failed = set(table.index[table["status"] != DONE])
    for (i, j), point in cells.items():
        if point in past:
            _stroke(figure, i, j)
        if point == best:
            _frame(figure, i, j)
        if point in failed:
            _cross(figure, i, j)
    _ticks(figure, (x_axis, columns), (y_axis, rows))
    return figure


def _word_range(table: pd.DataFrame) -> str:
    gains = excess(table).dropna()
    if len(gains) == 0:
        return "No point was done"
    ends = [format_points(float(x)) for x in (gains.min(), gains.max())]
    return f"From {ends[0]} to {ends[1]} points a year against lending"


def _paint(
    figure: go.Figure,
    table: pd.DataFrame,
    cells: dict[tuple[int, int], Any],
    shape: tuple[int, int],
) -> None:
    points = 100.0 * excess(table)
    grid = np.full((shape[1], shape[0]), np.nan)
    hover = np.full(grid.shape, "not run", dtype=object)
    for (i, j), point in cells.items():
        grid[j, i] = points[point]
        hover[j, i] = _hover(table.loc[point], float(points[point]), point)
    known = grid[~np.isnan(grid)]
    low, high = np.quantile(known, (LOW_SHARE, HIGH_SHARE)) if len(known) else (-1.0, 1.0)
    reach = max(abs(float(low)), abs(float(high)), 0.01)
    texts = [[_number(x) for x in row] for row in grid.tolist()]
    figure.add_trace(
        go.Heatmap(
            z=grid,
            zmin=-reach,
            zmax=reach,
            colorscale=[[i / 4, colour] for i, colour in enumerate(DIVERGING)],
            text=texts if grid.size <= MOST_NUMBERS else None,
            texttemplate="%{text}" if grid.size <= MOST_NUMBERS else None,
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=True,
            xgap=2,
            ygap=2,
            showscale=False,
        )
    )


def _number(points: float) -> str:
    return "" if np.isnan(points) else format_points(points / 100.0)


def _hover(row: "pd.Series", points: float, point: object) -> str:
    if row["status"] != DONE:
        return f"point {point} failed: {str(row['error'])[:160]}"
    told = [
        f"point {point}: {points:+.2f} points",
        f"net APR {format_share(row['apr'])}",
        f"drawdown {format_share(row['max_drawdown'])}",
        f"{row['rebalances']:.0f} rebalances",
    ]
    return "<br>".join(told)


def _past(table: pd.DataFrame, safety: Safety | None) -> set[int]:
    if safety is None or "apr" not in table:
        return set()
    kept = safety.within(measure(table, safety.name))
    return {int(x) for x in table.index[~kept & (table["status"] == DONE)]}


def _stroke(figure: go.Figure, i: int, j: int) -> None:
    pen = {"color": style.MUTED, "width": 1}
    ends = {"x0": i - 0.45, "y0": j - 0.45, "x1": i + 0.45, "y1": j + 0.45}
    figure.add_shape(type="line", line=pen, **ends)


def _frame(figure: go.Figure, i: int, j: int) -> None:
    pen = {"color": style.INK, "width": 3}
    ends = {"x0": i - 0.49, "y0": j - 0.49, "x1": i + 0.49, "y1": j + 0.49}
    figure.add_shape(type="rect", line=pen, **ends)


def _cross(figure: go.Figure, i: int, j: int) -> None:
    """Mark a cell without a figure; its hover says why."""
    font = {"size": 16, "color": style.MUTED}
    text = "\N{MULTIPLICATION SIGN}"
    figure.add_annotation(x=i, y=j, text=text, font=font, showarrow=False)


def _ticks(
    figure: go.Figure, across: tuple[str, Sequence[Any]], up: tuple[str, Sequence[Any]]
) -> None:
    for update, (name, values) in ((figure.update_xaxes, across), (figure.update_yaxes, up)):
        update(
            title=label(name),
            type="linear",
            tickvals=list(range(len(values))),
            ticktext=[word_value(x) for x in values],
            showgrid=False,
            zeroline=False,
        )


def _is_grid(table: pd.DataFrame, x_axis: str, y_axis: str) -> bool:
    """Tell if points share values on both axes, as those of a grid do and of a sample do not."""
    return all(table[x].nunique() < len(table) for x in (x_axis, y_axis))


def _slice(table: pd.DataFrame, others: list[str], best: int | None) -> pd.DataFrame:
    """Return the points at which all other axes stand where the best point has them."""
    at = {x: table[x].iloc[0] if best is None else table[x][best] for x in others}
    return table[standing(table, at)]


def draw_frontier(result: SweepResult, name: str, safety: Safety | None) -> go.Figure:
    """Draw net APR against a measure of safety.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    name : str
        Of the measure.
    safety : Safety or None
        Its limit, drawn as a region.

    Returns
    -------
    plotly.graph_objects.Figure
        Percent on both axes; undominated points blue and joined.
    """
    table = result.table
    figure = _figure("What a point of yield costs in safety", "blue: nothing is safer and richer")
    done = table[table["status"] == DONE] if "apr" in table else table.iloc[:0]
    sizes = 100.0 * measure(done, name) if len(done) else pd.Series(dtype=float)
    known = sizes.dropna().index
    if len(known) == 0:
        drawing.say_nothing_to_draw(figure, f"No point of this sweep has a {name}.")
        return figure
    sizes, aprs = sizes[known], 100.0 * done["apr"][known]
    safer = sizes if Safety(name=name, limit=0.0).more_is_safer else -sizes
    edge = undominated(safer, aprs)
    places = [f"point {x}: {word_place(done.loc[x], result.summary['axes'])}" for x in known]
    looks = {"size": 6, "color": GREY}
    hover = "%{text}<br>%{x:.1f} %, net APR %{y:.2f} %<extra></extra>"
    dots = go.Scatter(x=sizes, y=aprs, mode="markers", marker=looks, text=places)
    figure.add_trace(dots.update(hovertemplate=hover))
    pen = {"color": BLUE, "width": 1.5}
    line = go.Scatter(x=sizes[edge], y=aprs[edge], mode="lines+markers", line=pen)
    figure.add_trace(line.update(hoverinfo="skip", marker={"size": 7, "color": BLUE}))
    _draw_lending(figure, done["hurdle_apr"].dropna())
    if safety is not None:
        _draw_region(figure, safety)
    _ring(figure, best_point(table, safety), sizes, aprs)
    outside = _fit(figure, aprs)
    figure.update_xaxes(title=f"{name}, %", type="linear", rangemode="tozero", nticks=TICKS)
    told = f"net APR, %{outside}"
    figure.update_yaxes(title=told, nticks=TICKS)
    return figure


def undominated(safer: pd.Series, aprs: pd.Series) -> list[Any]:
    """Return the points to which no other is at once safer and richer.

    Parameters
    ----------
    safer : pandas.Series
        More is safer.
    aprs : pandas.Series
        More is richer.

    Returns
    -------
    list
        Their numbers, from the safest on.

    Examples
    --------
    >>> undominated(pd.Series([1.0, 2.0, 3.0]), pd.Series([9.0, 4.0, 5.0]))
    [2, 0]
    """
    order = pd.DataFrame({"safer": safer, "apr": aprs}).sort_values(
        ["safer", "apr"], ascending=False
    )
    best_before = order["apr"].cummax().shift(fill_value=-np.inf)
    return list(order.index[(order["apr"] > best_before).to_numpy()])


def _draw_lending(figure: go.Figure, hurdles: pd.Series) -> None:
    if len(hurdles) == 0 or varies(hurdles):  # dates differ: no one line stands for all
        return
    rate = 100.0 * float(hurdles.iloc[0])
    note = {"text": f"plain lending {rate:.2f} %", "font": {"size": 11, "color": style.MUTED}}
    pen = {"color": style.LENDING, "width": 1.5, "dash": "dot"}
    figure.add_hline(y=rate, line=pen, annotation=note, annotation_position="top right")


def _draw_region(figure: go.Figure, safety: Safety) -> None:
    limit = 100.0 * safety.limit
    ends = (0.0, limit) if safety.more_is_safer else (limit, 100.0)
    note = {"text": f"past your limit {limit:g} %", "font": {"size": 11, "color": style.CRITICAL}}
    if safety.more_is_safer:
        figure.add_vrect(x0=ends[0], x1=ends[1], fillcolor=TINT, line_width=0, annotation=note)
    else:
        pen = {"color": style.CRITICAL, "width": 1}
        figure.add_vline(x=limit, line=pen, annotation=note)


def _ring(figure: go.Figure, best: int | None, sizes: pd.Series, aprs: pd.Series) -> None:
    if best is None or best not in sizes.index:
        return
    looks = {"size": 15, "color": "rgba(0,0,0,0)", "line": {"color": style.INK, "width": 2.5}}
    place = {"x": [sizes[best]], "y": [aprs[best]]}
    figure.add_trace(go.Scatter(mode="markers", marker=looks, hoverinfo="skip", **place))
    note = {"font": {"size": 12}, "showarrow": False, "xanchor": "left", "xshift": 12}
    text = f"<b>best within limits</b> point {best}"
    figure.add_annotation(x=sizes[best], y=aprs[best], text=text, **note)


def _fit(figure: go.Figure, aprs: pd.Series) -> str:
    """Keep a few blown-up points from flattening all others; return how many lie outside."""
    low = float(aprs.quantile(LOW_SHARE))
    high = float(aprs.max())
    room = 0.15 * max(high - low, 0.1)
    outside = int((aprs < low - room).sum())
    figure.update_yaxes(range=[low - room, high + room])
    if not outside:
        return ""
    lie = "lies" if outside == 1 else "lie"
    return f" ({format_count(outside, 'point')} {lie} below this range)"


def draw_parallel(result: SweepResult, name: str) -> go.Figure:
    """Draw every point over all axes at once.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    name : str
        Of the measure of safety.

    Returns
    -------
    plotly.graph_objects.Figure
        Parallel coordinates, coloured by the difference to lending.
    """
    table, axes = result.table, list(result.summary["axes"])
    figure = _figure("Every point at once", "drag along an axis to pick; colour: points to lending")
    varied = [x for x in axes if varies(table[x])]
    done = table[table["status"] == DONE] if "apr" in table else table.iloc[:0]
    if len(varied) < LEAST_KEYS or len(done) == 0:
        drawing.say_nothing_to_draw(figure, f"Drawn from {LEAST_KEYS} axes on that differ.")
        return figure
    points = 100.0 * excess(done)
    sizes = 100.0 * measure(done, name)
    columns = [_dimension(done[x], label(x)) for x in varied]
    if sizes.notna().any():
        columns.append({"label": f"{name}, %", "values": sizes.fillna(0.0), **TWO_DIGITS})
    columns.append({"label": "points to lending", "values": points, **TWO_DIGITS})
    reach = max(float(points.abs().quantile(HIGH_SHARE)), 0.01)
    scale = [[i / 4, colour] for i, colour in enumerate(DIVERGING)]
    look = {"color": points, "colorscale": scale, "cmin": -reach, "cmax": reach}
    figure.add_trace(go.Parcoords(dimensions=columns, line=look))
    figure.update_layout(margin={"l": 80, "r": 60, "t": 110, "b": 30})
    return figure


def _dimension(values: pd.Series, name: str) -> dict[str, Any]:
    if pd.api.types.is_numeric_dtype(values):
        return {"label": name, "values": values}
    texts = sorted(values.astype(str).unique())
    codes = values.astype(str).map({text: i for i, text in enumerate(texts)})
    return {"label": name, "values": codes, "tickvals": list(range(len(texts))), "ticktext": texts}


def draw_tornado(result: SweepResult, safety: Safety | None) -> go.Figure:
    """Draw how far each axis alone moves the best point.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    safety : Safety or None
        The limit that the best point keeps.

    Returns
    -------
    plotly.graph_objects.Figure
        Points a year against the best point, widest first from above.
    """
    table, axes = result.table, list(result.summary["axes"])
    best = best_point(table, safety)
    figure = _figure("Which key matters", "one at a time around the best point, points a year")
    spans = {} if best is None else _spans(table, axes, best)
    if not spans:
        drawing.say_nothing_to_draw(figure, "No two points differ in one key alone.")
        return figure
    names = sorted(spans, key=lambda x: spans[x][1] - spans[x][0])
    lows, highs = (np.array([spans[x][i] for x in names]) for i in (0, 1))
    figure.add_trace(
        go.Bar(
            y=[label(x) for x in names],
            x=highs - lows,
            base=lows,
            orientation="h",
            marker={"color": BLUE},
            hovertemplate="%{base:.2f} to %{x:.2f} points<extra></extra>",
            width=0.5,
        )
    )
    figure.update_xaxes(
        type="linear", title="points a year against the best", zeroline=True, tickformat=".2f"
    )
    figure.update_yaxes(title=None)
    figure.update_layout(margin={"l": 190}, height=120 + 50 * len(names))
    return figure


def _spans(table: pd.DataFrame, axes: list[str], best: int) -> dict[str, tuple[float, float]]:
    points = 100.0 * excess(table)
    spans = {}
    for axis in axes:
        alone = _slice(table, [x for x in axes if x != axis], best)
        moved = (points[alone.index] - points[best]).dropna()
        if len(moved) > 1:
            spans[axis] = (float(moved.min()), float(moved.max()))
    return spans


def _figure(title: str, subtitle: str) -> go.Figure:
    layout = style.light_layout(title, subtitle, "")
    layout["hovermode"] = "closest"
    layout["xaxis"].pop("tickformatstops")  # of dates; there are none here
    layout["margin"] = {"l": 70, "r": 30, "t": 64, "b": 50}
    return go.Figure(layout=layout)
