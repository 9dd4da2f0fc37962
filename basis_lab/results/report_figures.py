"""Figures that a report has beyond those of every run: distances to liquidation, other starts."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from basis_lab.results import drawing, extract, style
from basis_lab.results.charts import POOL
from basis_lab.results.formats import format_share
from basis_lab.results.frames import RunTables
from basis_lab.results.report_data import Background, Hold
from basis_lab.results.report_words import nearest_liquidation

ABOVE = "#3B82C4"
BELOW = "#D0693B"
PREFIX = "liquidation_distance_"
LEAST_DRAWN = 0.01  # percent; a logarithmic axis has no zero
TICKS = (0.1, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 70.0, 100.0, 200.0)
POOL_LINE = "lending pool"
VENUE_LINE = "nearest venue"
END_LABEL: Mapping[str, Any] = MappingProxyType(
    {"xanchor": "left", "xshift": 6, "showarrow": False, "font": {"size": 11}}
)


def draw_distances(tables: RunTables) -> go.Figure:
    """Draw how far each side was from liquidation.

    Parameters
    ----------
    tables : RunTables
        The run.

    Returns
    -------
    plotly.graph_objects.Figure
        Percent of price, least of each drawn bin, on a logarithmic axis.
    """
    sides = extract.held(tables.risk, PREFIX)
    if not sides:
        figure = _figure("Nothing can be liquidated", "distance to liquidation", "%")
        drawing.say_nothing_to_draw(figure, "This run has neither a loan nor a perpetual.")
        return figure
    near, where = nearest_liquidation(tables.summary)
    figure = _figure(
        f"Closest to liquidation: {near}, {where.split(',')[0]}",
        "size of the price move to liquidation, logarithmic",
        "% of price",
    )
    for name, series in _nearest(sides).items():
        colour = style.CHAIN if name == POOL_LINE else style.NET
        drawn = drawing.thin((100.0 * series).clip(lower=LEAST_DRAWN), least=True)
        figure.add_trace(drawing.line(drawn, name, color=colour, width=1.5))
        height = math.log10(float(drawn.dropna().iloc[-1]))
        figure.add_annotation(x=1.0, xref="paper", y=height, text=name, **END_LABEL)
    ticks = _ticks(figure)
    figure.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{x:g}" for x in ticks])
    return figure


def _ticks(figure: go.Figure) -> list[float]:
    """Return round labels, and the ends of what is drawn where a narrow range has under two."""
    drawn = pd.concat([pd.Series(x.y, dtype=float) for x in figure.data]).dropna()
    low, high = float(drawn.min()), float(drawn.max())
    seen = [x for x in TICKS if low <= x <= high]
    return list(TICKS) if len(seen) > 1 else sorted({*seen, round(low, 2), round(high, 2)})


def _nearest(sides: Mapping[str, "pd.Series[float]"]) -> dict[str, "pd.Series[float]"]:
    """Return one line for lending pools and one for venues, each the nearest of its own.

    Three venues lie on each other; what counts is the one that would go first.
    """
    groups: dict[str, list[pd.Series[float]]] = {POOL_LINE: [], VENUE_LINE: []}
    for name, series in sides.items():
        groups[POOL_LINE if name in POOL else VENUE_LINE].append(series.abs())
    return {name: pd.concat(found, axis=1).min(axis=1) for name, found in groups.items() if found}


def draw_starts(background: Background) -> go.Figure:
    """Draw the same run from other starts against lending.

    Parameters
    ----------
    background : Background
        With the holds.

    Returns
    -------
    plotly.graph_objects.Figure
        Net APR by start date, percent; lollipops from the line of lending.
    """
    known = [x for x in background.holds if x.apr is not None]
    subtitle = f"net APR of {background.hold_days}-day holds by start date; dotted: lending"
    told = subtitle if known else "the same run from other days"
    figure = _figure(word_starts(background), told, "% a year")
    if not known:
        reason = background.absence
        drawing.say_nothing_to_draw(figure, reason if reason else "No start could be run.")
        return figure
    days = [x.start for x in known]
    figure.update_xaxes(tickformat="%d %b '%y", nticks=6)
    for hold in known:
        if hold.hurdle_apr is not None:
            figure.add_shape(
                type="line",
                x0=hold.start,
                x1=hold.start,
                y0=_percent(hold.hurdle_apr),
                y1=_percent(hold.apr),
                line={"color": _colour(hold), "width": 2},
            )
    lending = [_percent(x.hurdle_apr) for x in known]
    if any(x is not None for x in lending):
        pen = {"color": style.LENDING, "width": 1.5, "dash": "dot"}
        figure.add_trace(go.Scatter(x=days, y=lending, mode="lines", line=pen, name="lending"))
    looks = {"size": 9, "color": [_colour(x) for x in known]}
    aprs = [_percent(x.apr) for x in known]
    figure.add_trace(go.Scatter(x=days, y=aprs, mode="markers", marker=looks, name="strategy"))
    return figure


def word_starts(background: Background) -> str:
    """Return what other starts say.

    Parameters
    ----------
    background : Background
        With the holds.

    Returns
    -------
    str
        A sentence without a full stop.
    """
    known = [x for x in background.holds if x.apr is not None]
    if not known:
        return "Other starts are not known"
    compared = [x for x in known if x.hurdle_apr is not None]
    failed = len(background.holds) - len(known)
    more = f"; {failed} could not be run" if failed else ""
    if not compared:
        aprs = [x.apr for x in known if x.apr is not None]
        return f"By start: {format_share(min(aprs))} to {format_share(max(aprs))} a year{more}"
    beat = [x for x in compared if _beats(x)]
    told = f"{len(beat)} of {len(compared)} starts beat lending{_word_stress(known)}{more}"
    certain = len(beat) in {0, len(compared)}
    return told if certain else f"It depends on when you start: {told}"


def _word_stress(known: Sequence[Hold]) -> str:
    """Return how many starts have a stress in them: one at 50 % of a run is in each of them."""
    if any(x.stressed is None for x in known):
        return ""
    stressed = sum(x.stressed is True for x in known)
    if stressed == len(known):
        return ", each with the stress in it"
    return f"; the stress falls into {stressed if stressed else 'none'} of them"


def _beats(hold: Hold) -> bool:
    return hold.apr is not None and hold.hurdle_apr is not None and hold.apr > hold.hurdle_apr


def _colour(hold: Hold) -> str:
    return ABOVE if _beats(hold) else BELOW


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100.0 * fraction


def _figure(title: str, subtitle: str, unit: str) -> go.Figure:
    layout: Mapping[str, Any] = style.light_layout(title, subtitle, unit)
    return go.Figure(layout=dict(layout))


def sparkline(equity: pd.Series, lending: pd.Series | None) -> str:
    """Return a small picture of equity over lending.

    Parameters
    ----------
    equity : pandas.Series
        By timestep.
    lending : pandas.Series or None
        What lending would have left, at the same timesteps.

    Returns
    -------
    str
        An SVG element of 120 by 24 pixels.
    """
    lines = [] if lending is None else [(lending, style.LENDING, "1")]
    lines.append((equity, style.NET, "1.4"))
    drawn = [(drawing.thin(series).dropna(), colour, width) for series, colour, width in lines]
    low = min(float(series.min()) for series, _, _ in drawn)
    high = max(float(series.max()) for series, _, _ in drawn)
    span = high - low if high > low else 1.0
    paths = ""
    for series, colour, width in drawn:
        count = max(len(series) - 1, 1)
        step = max(len(series) // 120, 1)
        points = " ".join(
            f"{120.0 * i / count:.1f},{22.0 - 20.0 * (y - low) / span:.1f}"
            for i, y in list(enumerate(series.tolist()))[::step]
        )
        paths += (
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
        )
    said = f"equity ends at {equity.iloc[-1]:,.6g}" + (
        "" if lending is None else f", lending at {lending.iloc[-1]:,.6g}"
    )
    return (
        f'<svg width="120" height="24" viewBox="0 0 120 24" role="img" aria-label="{said}">'
        f"{paths}</svg>"
    )
