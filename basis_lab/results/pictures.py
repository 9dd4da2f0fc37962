"""Figures as pictures: kaleido with a Chromium of the system, without a network."""

import textwrap
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basis_lab.errors import UsageError
from basis_lab.results.style import MUTED

if TYPE_CHECKING:
    import plotly.graph_objects as go

WIDTH, HEIGHT, SCALE = 900, 420, 2
FOOT_PX = 22  # of room below the axis
FOOT_LINE_PX = 13  # of each further line
FOOT_LETTERS = 130  # of a line


def write_png(figures: Sequence[dict[str, Any]], directory: Path, *, foot: str) -> tuple[Path, ...]:
    """Write figures as pictures, ``report-01.png`` and so on.

    Parameters
    ----------
    figures : sequence of dict
        As plotly writes them into a notebook.
    directory : Path
        Made when needed.
    foot : str
        What the figures are of; stands below each.

    Returns
    -------
    tuple of Path
        The pictures.

    Raises
    ------
    UsageError
        If kaleido or a Chromium is not installed.
    """
    import plotly.graph_objects as go
    from plotly.io import write_images

    missing = _missing()
    if missing:
        raise UsageError(
            "pictures need what is not installed",
            where="--png",
            value=missing,
            remedy="pip install -e .[lab], and a Chromium (Debian: apt-get install chromium)",
        )
    directory.mkdir(parents=True, exist_ok=True)
    paths = tuple(directory / f"report-{i:02d}.png" for i in range(1, len(figures) + 1))
    drawn = [footed(go.Figure(x, skip_invalid=True), foot) for x in figures]
    write_images(drawn, [str(x) for x in paths], width=WIDTH, height=HEIGHT, scale=SCALE)
    return paths


def footed(figure: "go.Figure", foot: str) -> "go.Figure":
    """Write below a figure what it is of.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Changed in place; its lower margin grows.
    foot : str
        Mode, dates, data, scenarios; as many lines as it needs.

    Returns
    -------
    plotly.graph_objects.Figure
        The same.
    """
    lines = textwrap.wrap(foot, FOOT_LETTERS, break_long_words=False, break_on_hyphens=False)
    below = figure.layout.margin.b + FOOT_PX + FOOT_LINE_PX * (len(lines) - 1)
    figure.update_layout(margin_b=below)
    figure.add_annotation(
        text="<br>".join(escape(x, quote=False) for x in lines),
        align="left",
        x=0.0,
        xref="paper",
        xanchor="left",
        y=0.0,
        yref="paper",
        yanchor="bottom",
        yshift=-below,
        showarrow=False,
        font={"size": 10, "color": MUTED},
    )
    return figure


def _missing() -> str:
    try:
        import kaleido
        from choreographer.browsers.chromium import Chromium
    except ImportError:
        return "kaleido"
    _ = kaleido
    return "" if Chromium.find_browser(skip_local=False) else "a Chromium"
