"""Parts that figures are made of: thinned series, lines, areas, end labels, notes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from basis_lab.domain.market import FloatArray
from basis_lab.results import style

MOST_POINTS = 2_200  # drawn by line; a year of hours becomes bins of four
BINS = (1, 2, 4, 6, 12, 24, 48, 168, 720)
LEAST_GAP = 0.06  # of the height, between two end labels


def bin_rows(rows: int) -> int:
    """Return how many timesteps one drawn point stands for.

    Parameters
    ----------
    rows : int
        Timesteps of the run.

    Returns
    -------
    int
        1 for a short run.
    """
    fitting = [size for size in BINS if rows <= size * MOST_POINTS]
    return fitting[0] if fitting else BINS[-1]


def thin(series: pd.Series, *, least: bool = False) -> pd.Series:
    """Return the points of a series that are drawn.

    Parameters
    ----------
    series : pandas.Series
        By timestep.
    least : bool
        True to draw the least value of each bin, so that no low is lost; else its last value.

    Returns
    -------
    pandas.Series
        By the last timestep of each bin; of last values the first of the series stands as well.
    """
    size = bin_rows(len(series))
    if size == 1:
        return series
    bins = series.groupby(np.arange(len(series)) // size)
    ends = bins.tail(1)
    if least:
        return pd.Series(bins.min().to_numpy(), index=ends.index)
    return pd.Series(pd.concat([series.iloc[:1], ends]))


def line(series: pd.Series, name: str, **pen: Any) -> go.Scatter:
    """Return a line.

    Parameters
    ----------
    series : pandas.Series
        Points to draw.
    name : str
        For the hover.
    **pen : Any
        Colour, width and dash of plotly's line.

    Returns
    -------
    plotly.graph_objects.Scatter
        The trace.
    """
    return go.Scatter(x=_stamps(series), y=series.to_numpy(), name=name, mode="lines", line=pen)


def area(series: pd.Series, name: str, colour: str, stack: str) -> go.Scatter:
    """Return a stacked area.

    Parameters
    ----------
    series : pandas.Series
        Points to draw, all of one sign.
    name : str
        For the hover.
    colour : str
        ``#RRGGBB``.
    stack : str
        The stack that it stands on.

    Returns
    -------
    plotly.graph_objects.Scatter
        The trace.
    """
    return go.Scatter(
        x=_stamps(series),
        y=series.to_numpy(),
        name=name,
        mode="lines",
        line={"width": 0.5, "color": "#FFFFFF"},
        fillcolor=style.fade(colour, 0.82),
        stackgroup=stack,
    )


def label_ends(figure: go.Figure, ends: Mapping[str, tuple[float, str]]) -> None:
    """Write the name of each line at its right end, spread where they would collide.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        The figure.
    ends : mapping of str to (float, str)
        Name -> last value and colour.
    """
    told = sorted(ends.items(), key=lambda item: item[1][0])
    low, high = _extent(figure)
    places = spread([value for _, (value, _) in told], LEAST_GAP * (high - low), high)
    for (name, (_, colour)), place in zip(told, places, strict=True):
        figure.add_annotation(
            x=1.0,
            xref="paper",
            xanchor="left",
            xshift=6,
            y=place,
            text=f"<span style='color:{colour}'>\N{BLACK SQUARE}</span> {name.replace('_', ' ')}",
            showarrow=False,
            align="left",
            font={"size": 11},
        )


def spread(values: Sequence[float], gap: float, highest: float) -> list[float]:
    """Return heights at which labels do not collide.

    Parameters
    ----------
    values : sequence of float
        Where each would stand, ascending.
    gap : float
        Least distance of two.
    highest : float
        Where the last may stand, unless its own value is higher.

    Returns
    -------
    list of float
        Ascending; pushed up first, then down from the top.
    """
    places: list[float] = []
    for value in values:
        places.append(value if not places else max(value, places[-1] + gap))
    ceiling = max(highest, values[-1]) if values else highest
    for i in range(len(places) - 1, -1, -1):
        places[i] = min(places[i], ceiling)
        ceiling = places[i] - gap
    return places


def _extent(figure: go.Figure) -> tuple[float, float]:
    """Return the lowest and the highest drawn value; areas of a stack count together."""
    heights: dict[str, FloatArray] = {}
    for number, trace in enumerate(figure.data):
        values = np.asarray(trace.y, dtype=float)
        stack = str(number) if trace.stackgroup is None else str(trace.stackgroup)
        heights[stack] = heights[stack] + values if stack in heights else values
    drawn = np.concatenate([np.zeros(1), *heights.values()]) if heights else np.zeros(1)
    known = drawn[1:][~np.isnan(drawn[1:])]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)


def marks(series: pd.Series, stamps: pd.DatetimeIndex, name: str, **look: Any) -> go.Scatter:
    """Return marks on a line.

    Parameters
    ----------
    series : pandas.Series
        The line, by timestep.
    stamps : pandas.DatetimeIndex
        Where; each mark stands at the last value up to there.
    name : str
        For the hover.
    **look : Any
        Symbol, size and colour of plotly's marker.

    Returns
    -------
    plotly.graph_objects.Scatter
        The trace.
    """
    heights = series.ffill().reindex(stamps, method="ffill")
    return go.Scatter(
        x=_stamps(heights), y=heights.to_numpy(), name=name, mode="markers", marker=look
    )


def limit(figure: go.Figure, level: float, text: str, colour: str) -> None:
    """Draw a limit that acts, with its value.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        The figure.
    level : float
        On the y axis.
    text : str
        What it is.
    colour : str
        Amber for a warning, red for what is critical.
    """
    figure.add_hline(
        y=level,
        line={"color": colour, "width": 1},
        annotation={"text": text, "font": {"size": 11, "color": colour}, "xanchor": "left"},
        annotation_position="top left",
    )


def say_nothing_to_draw(figure: go.Figure, sentence: str) -> None:
    """Say in the middle of a figure why it is empty.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        The figure.
    sentence : str
        The reason.
    """
    figure.add_annotation(
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        text=sentence,
        showarrow=False,
        font={"size": 12, "color": style.MUTED},
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)


def _stamps(series: pd.Series) -> list[str]:
    return list(pd.DatetimeIndex(series.index).strftime("%Y-%m-%dT%H:%M:%S"))
