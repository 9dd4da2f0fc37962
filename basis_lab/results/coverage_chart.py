"""The picture of a data directory: which modes can run when, and on which datasets."""

from collections.abc import Sequence

import numpy as np
from plotly.graph_objects import Bar, Figure

from basis_lab.data.coverage import Coverage
from basis_lab.results import style

__all__ = ["Figure", "draw_coverage"]

MODE, MISSING = style.CHAIN, style.CRITICAL
ROW_PIXELS, EDGE_PIXELS = 19, 150
_MILLISECOND = np.timedelta64(1, "ms")


def draw_coverage(modes: Sequence[Coverage], datasets: Sequence[Coverage]) -> Figure:
    """Draw from when to when modes can run and datasets reach.

    Parameters
    ----------
    modes : sequence of Coverage
        One a mode and share class.
    datasets : sequence of Coverage
        One a dataset.

    Returns
    -------
    plotly.graph_objects.Figure
        A bar for every stretch without a hole; a mode that cannot run says what it lacks.
    """
    able = sum(bool(x.spans) for x in modes)
    title = f"{able} of {len(modes)} modes can run on this data"
    layout = style.light_layout(title, "a bar is a stretch without a hole, UTC", "")
    figure = Figure(layout=layout)
    figure.add_trace(_bars(datasets, "datasets", style.MARGIN))
    figure.add_trace(_bars(modes, "modes", MODE))
    names = [*(x.name for x in reversed(datasets)), *(x.name for x in reversed(modes))]
    height = EDGE_PIXELS + ROW_PIXELS * len(names)
    figure.update_layout(barmode="overlay", height=height, hovermode="closest")
    figure.update_yaxes(
        categoryorder="array", categoryarray=names, automargin=True, dtick=1, title=None
    )
    figure.update_xaxes(type="date")
    starts = [x.spans[0][0] for x in (*modes, *datasets) if x.spans]
    for mode in modes:
        if mode.missing and starts:
            figure.add_annotation(
                x=str(min(starts)),
                y=mode.name,
                text=_lack(mode),
                showarrow=False,
                xanchor="left",
                font={"color": MISSING, "size": 11},
            )
    return figure


def _lack(mode: Coverage) -> str:
    more = f" and {len(mode.missing) - 1} more" if len(mode.missing) > 1 else ""
    return f"missing {mode.missing[0]}{more}"


def _bars(rows: Sequence[Coverage], name: str, colour: str) -> Bar:
    spans = [(row.name, first, last) for row in rows for first, last in row.spans]
    return Bar(
        name=name,
        orientation="h",
        y=[x[0] for x in spans],
        base=[str(x[1]) for x in spans],
        x=[float((x[2] - x[1]) / _MILLISECOND) for x in spans],
        customdata=[(f"{x[1]}Z", f"{x[2]}Z") for x in spans],
        hovertemplate="%{y}<br>%{customdata[0]} to %{customdata[1]}<extra></extra>",
        marker={"color": colour, "line": {"width": 0}},
    )
