"""Parts that figures are made of: thinned series, lines, areas, end labels, notes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from basis_lab.results import style

MOST_POINTS = 2_200  # drawn by line; a year of hours becomes bins of four
BINS = (1, 2, 4, 6, 12, 24, 48, 168)
LEAST_GAP = 0.055  # of the height, between two end labels


def bin_hours(rows: int) -> int:
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
        By the last timestep of each bin; the first and the last value always stand.
    """
    size = bin_hours(len(series))
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
    values = [value for _, (value, _) in told]
    span = max(values) - min(values) if values else 0.0
    gap = LEAST_GAP * span
    place = None
    for name, (value, colour) in told:
        place = value if place is None else max(value, place + gap)
        figure.add_annotation(
            x=1.0,
            xref="paper",
            xanchor="left",
            xshift=6,
            y=place,
            text=f"<span style='color:{colour}'>\N{BLACK SQUARE}</span> {name}",
            showarrow=False,
            align="left",
            font={"size": 11},
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
