"""Where everything of a scene stands: axes, titles, end labels, limits."""

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from basis_lab.notebook.scene import End, Scene, Strip, spread_px
from basis_lab.results.style import FONT
from basis_lab.results.themes import Palette

TITLE_PX = 30
AXIS_PX = 26
JOIN_PX = 8
LEFT_PX = 60
RIGHT_PX = 126
LABEL_PX = 14
LIMIT_SHIFT, LETTER_PX = 4, 6  # of limits: from the left, and what a letter takes at most
SLACK_PX = 4  # what a label may stick out of its strip
TITLE_SIZE, LINE_PX = 13, 17  # of a title: its font, and the height of a further line
SWATCHES = {
    "": "\N{BLACK SQUARE}",
    "solid": "\N{BOX DRAWINGS HEAVY HORIZONTAL}",
    "dash": "\N{BOX DRAWINGS HEAVY DOUBLE DASH HORIZONTAL}",
    "longdash": "\N{BOX DRAWINGS HEAVY DOUBLE DASH HORIZONTAL}",
    "dashdot": "\N{BOX DRAWINGS HEAVY TRIPLE DASH HORIZONTAL}",
    "dot": "\N{BOX DRAWINGS HEAVY QUADRUPLE DASH HORIZONTAL}",
}
# Else plotly measures every label of every axis at each drawing; there is room for all of them.
FREE_LABELS = {"ticklabeloverflow": "allow"}
SMALL_PX = 80  # a lower strip has fewer ticks
# The first that fits is taken: a month's name alone would stand twice on an axis of weeks.
TICKS = (
    {"dtickrange": ["M1", None], "value": "%b '%y"},
    {"dtickrange": [86_400_000, "M1"], "value": "%d %b"},
    {"dtickrange": [None, 86_400_000], "value": "%d %b %H:%M"},
)


@dataclass(frozen=True, slots=True)
class Place:
    """A strip in pixels above the foot of the figure.

    Parameters
    ----------
    low, high : float
        Foot and top of its plot.
    """

    low: float
    high: float


def figure_height(scene: Scene) -> int:
    """Return the height of a scene.

    Parameters
    ----------
    scene : Scene
        What is drawn.

    Returns
    -------
    int
        Pixels.
    """
    return int(sum(_outer(strip) for strip in scene.strips))


def _outer(strip: Strip) -> int:
    head = TITLE_PX if strip.title else JOIN_PX
    return head + strip.height_px + (0 if strip.joined else AXIS_PX)


def places(scene: Scene) -> tuple[Place, ...]:
    """Return where each strip stands.

    Parameters
    ----------
    scene : Scene
        What is drawn.

    Returns
    -------
    tuple of Place
        In the order of the strips.
    """
    top = float(figure_height(scene))
    made = []
    for strip in scene.strips:
        high = top - (TITLE_PX if strip.title else JOIN_PX)
        made.append(Place(high - strip.height_px, high))
        top -= _outer(strip)
    return tuple(made)


def lay_out(scene: Scene, palette: Palette) -> dict[str, Any]:
    """Return the layout of a scene.

    Parameters
    ----------
    scene : Scene
        What is drawn.
    palette : Palette
        The theme.

    Returns
    -------
    dict
        As plotly.js takes it; the width, and the hairline of the moment, are the browser's.
    """
    height = figure_height(scene)
    where = places(scene)
    layout: dict[str, Any] = {
        "height": height,
        "autosize": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 12, "color": palette.ink},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": palette.hover, "font": {"color": palette.ink, "size": 11}},
        "showlegend": False,
        "separators": ".,",
        "dragmode": "zoom",
        "margin": {"l": LEFT_PX, "r": RIGHT_PX, "t": 0, "b": 0},
        "barmode": "relative",
        "shapes": _shapes(scene, palette),
    }
    layout |= _texts(scene, where, height, palette)
    for i, (strip, place) in enumerate(zip(scene.strips, where, strict=True)):
        number = "" if i == 0 else str(i + 1)
        times = _time_axis(strip, palette)
        times |= {"anchor": f"y{number}", "range": [scene.first_ms, scene.last_ms]}
        if i > 0:
            times["matches"] = "x"
        layout[f"xaxis{number}"] = times
        domain = [place.low / height, place.high / height]
        layout[f"yaxis{number}"] = {
            **_value_axis(strip, palette),
            "anchor": f"x{number}",
            "domain": domain,
        }
    return layout


def _time_axis(strip: Strip, palette: Palette) -> dict[str, Any]:
    return {
        "type": "date",
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "ticklen": 4,
        "tickformatstops": list(TICKS),
        "hoverformat": "%Y-%m-%d %H:%M UTC",
        "showticklabels": not strip.joined,
        "ticks": "" if strip.joined else "outside",
        "linecolor": palette.axis,
        "tickcolor": palette.axis,
        "tickfont": {"size": 11, "color": palette.muted},
        **FREE_LABELS,
    }


def _value_axis(strip: Strip, palette: Palette) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "type": "log" if strip.log else "linear",
        "gridcolor": palette.grid,
        "zerolinecolor": palette.axis,
        "zeroline": not strip.log and strip.low < 0.0 < strip.high,
        "showline": False,
        "fixedrange": True,
        "exponentformat": "none",
        "nticks": _ticks(strip),
        "tickformat": _fine(strip),
        "tickfont": {"size": 11, "color": palette.muted},
        "range": [strip.low, strip.high],
        **FREE_LABELS,
    }
    if strip.ticks:
        tick_values, texts = zip(*strip.ticks, strict=True)
        axis |= {"tickmode": "array", "tickvals": list(tick_values), "ticktext": list(texts)}
    return axis


def _fine(strip: Strip) -> str:
    """Return the format of a strip's ticks with enough digits that no two look the same."""
    if strip.log:
        return strip.tick_format
    unit, digits, kind = strip.tick_format[:-2], int(strip.tick_format[-2]), strip.tick_format[-1]
    apart = (strip.high - strip.low) / _ticks(strip) * (100.0 if kind == "%" else 1.0)
    # Plotly takes the next of 2, 5 and 10: beyond 5 it is a power of ten more.
    needed = -int(np.floor(np.log10(1.99 * apart)))
    return f"{unit}{max(digits, needed)}{kind}"


def _ticks(strip: Strip) -> int:
    return 5 if strip.height_px > SMALL_PX else 3


def _texts(scene: Scene, where: tuple[Place, ...], height: int, palette: Palette) -> dict[str, Any]:
    """Return every text of the figure, and what the browser needs to break titles at its width.

    ``meta.strips`` names the strip of each annotation; ``meta.titles`` has title and note by the
    place of the annotation.
    """
    made: list[dict[str, Any]] = []
    strips: list[int] = []
    titles: dict[str, list[str]] = {}
    for i, (strip, place) in enumerate(zip(scene.strips, where, strict=True)):
        if strip.title:
            titles[str(len(made))] = [strip.title, strip.note]
            made.append(_text(f"<b>{_safe(strip.title)}</b>", place.high + 6, height, palette.ink))
            made[-1] |= {"x": 0.0, "xanchor": "left", "xshift": 8 - LEFT_PX, "yanchor": "bottom"}
            made[-1] |= {"align": "left", "font": {"size": TITLE_SIZE, "color": palette.ink}}
        made += _end_labels(strip, place, height, palette)
        made += _limit_labels(strip, place, height)
        strips += [i] * (len(made) - len(strips))
    meta = {
        "strips": strips,
        "titles": titles,
        "line": LINE_PX,
        "muted": palette.muted,
        "ground": palette.ground,
    }
    return {"annotations": made, "meta": meta}


def _end_labels(strip: Strip, place: Place, height: int, palette: Palette) -> list[dict[str, Any]]:
    tall = place.high - place.low
    wanted = {i: _px(end.value, strip, tall) for i, end in enumerate(strip.ends)}
    heights = spread_px(wanted, LABEL_PX, tall)
    return [
        _end_label(end, place.low + heights[i], height, palette) for i, end in enumerate(strip.ends)
    ]


def _end_label(end: End, px: float, height: int, palette: Palette) -> dict[str, Any]:
    swatch = f"<span style='color:{end.colour}'>{SWATCHES[end.dash]}</span> "
    text = f"<b>{_safe(end.text)}</b>" if end.bold else _safe(end.text)
    made = _text(f"{swatch}{text}", px, height, palette.ink)
    return made | {"x": 1.0, "xanchor": "left", "xshift": 6, "yanchor": "middle", "align": "left"}


def _limit_labels(strip: Strip, place: Place, height: int) -> list[dict[str, Any]]:
    """Return the labels of the limits: over their lines, the lower of two close ones under its.

    Where there is no room under it, it stands beside the label of the upper.
    """
    made: list[dict[str, Any]] = []
    at, taken, shift, anchor = 0.0, place.high + SLACK_PX, LIMIT_SHIFT, "bottom"
    told = [x for x in strip.limits if x.text]
    for limit in sorted(told, key=lambda x: -x.level):
        px = place.low + _px(limit.level, strip, place.high - place.low)
        over = taken - px >= LABEL_PX
        under = not made or (px <= taken and px - place.low >= LABEL_PX)
        if over or under:
            at, anchor, shift = px, "bottom" if over else "top", LIMIT_SHIFT
            taken = px if over else px - LABEL_PX
        else:
            shift += LETTER_PX * (2 + len(made[-1]["text"]))
        label = _text(_safe(limit.text), at, height, limit.colour)
        made.append(label | {"x": 0.0, "xanchor": "left", "xshift": shift, "yanchor": anchor})
    return made


def _safe(words: str) -> str:
    """Return words as text: plotly takes tags and entities in what users wrote for markup."""
    return escape(words, quote=False)


def _text(text: str, px: float, height: int, colour: str) -> dict[str, Any]:
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "y": px / height,
        "showarrow": False,
        "borderpad": 0,
        "font": {"size": 11, "color": colour},
    }


def _px(value: float, strip: Strip, tall: float) -> float:
    """Return the height of a value within its strip, kept inside."""
    level = float(np.log10(value)) if strip.log and value > 0.0 else value
    share = (level - strip.low) / (strip.high - strip.low)
    return tall * min(max(share, 0.0), 1.0)


def _shapes(scene: Scene, palette: Palette) -> list[dict[str, Any]]:
    """Return limits and the bands beyond them, and a line at each liquidation."""
    made: list[dict[str, Any]] = []
    for i, strip in enumerate(scene.strips):
        number = "" if i == 0 else str(i + 1)
        axis = f"y{number}"
        across = {"xref": f"x{number} domain", "yref": axis, "x0": 0, "x1": 1}
        upright = {"type": "line", "xref": f"x{number}", "yref": f"{axis} domain", "y0": 0, "y1": 1}
        pen = {"color": palette.critical, "width": 1.5}
        made += [{**upright, "x0": x, "x1": x, "line": pen} for x in scene.liquidations_ms]
        for limit in strip.limits:
            pen = {"color": limit.colour, "width": 1}
            flat = {"type": "line", "y0": limit.level, "y1": limit.level, "line": pen}
            made.append({**across, **flat})
            if limit.band is not None:
                end, colour = limit.band
                area = {"type": "rect", "y0": limit.level, "y1": end, "fillcolor": colour}
                made.append({**across, **area, "line": {"width": 0}, "layer": "below"})
    return made
