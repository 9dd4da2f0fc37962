"""Runs side by side for a notebook: a verdict each, NAV over each other, figures with units."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from basis_lab.results import drawing, style
from basis_lab.results.compare import compare
from basis_lab.results.formats import format_share
from basis_lab.results.result import RunResult
from basis_lab.results.verdict import word_verdict

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

LINES = (style.NET, "#2A8FB8", style.EXIT, style.CHAIN, style.DEBT, style.WARNING)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
HEADLINE = (
    "apr",
    "hurdle_apr",
    "net_pnl",
    "final_exit_equity",
    "max_drawdown",
    "sharpe",
    "rebalances",
    "liquidations",
)


def verdicts(runs: Sequence[RunResult]) -> "pd.DataFrame":
    """Return what each run says in one line.

    Parameters
    ----------
    runs : sequence of RunResult
        Any number.

    Returns
    -------
    pandas.DataFrame
        One row a run: mode, dates, currency, verdict.
    """
    import pandas as pd

    rows = [
        {
            "mode": run.summary["mode"],
            "from": run.summary["start"][:10],
            "to": run.summary["end"][:10],
            "currency": run.summary["currency"],
            "verdict": word_verdict(run.summary),
        }
        for run in runs
    ]
    return pd.DataFrame(rows, index=pd.Index([x.summary["run_id"] for x in runs], name="run"))


def headline(runs: Sequence[RunResult]) -> "pd.DataFrame":
    """Return the few figures that decide, and each run less the first.

    Parameters
    ----------
    runs : sequence of RunResult
        Two or more.

    Returns
    -------
    pandas.DataFrame
        As ``bl.compare``, rows of the headline alone.
    """
    return compare(runs).loc[list(HEADLINE)]


def attributions(runs: Sequence[RunResult]) -> "pd.DataFrame":
    """Return where each run's money came from, and each run less the first.

    Parameters
    ----------
    runs : sequence of RunResult
        Two or more.

    Returns
    -------
    pandas.DataFrame
        As ``bl.compare``, the categories that are not zero in every run.
    """
    table = compare(runs)
    rows = [
        name
        for name in table.index
        if str(name).startswith("attribution.")
        and any(run.summary["attribution"][str(name).partition(".")[2]] != 0.0 for run in runs)
    ]
    return table.loc[rows]


def returns_figure(runs: Sequence[RunResult]) -> "go.Figure":
    """Draw the return on a share of each run over the same time axis.

    Parameters
    ----------
    runs : sequence of RunResult
        Up to six are told apart.

    Returns
    -------
    plotly.graph_objects.Figure
        Percent.
    """
    import plotly.graph_objects as go

    best = max(runs, key=lambda run: float(run.summary["total_return"]))
    told = format_share(best.summary["total_return"], signed=True)
    title = f"{best.summary['mode']} returned most: {told}"
    figure = go.Figure(layout=style.light_layout(title, "return on a share", "%"))
    ends = {}
    for i, run in enumerate(runs):
        name = f"{run.summary['mode']}, {run.summary['share_class']}"
        name = f"{name} ({i + 1})" if name in ends else name
        colour, dash = LINES[i % len(LINES)], DASHES[i % len(DASHES)]
        gained = drawing.thin(100.0 * (run.pnl["nav_per_share"] - 1.0))
        figure.add_trace(drawing.line(gained, name, color=colour, width=2, dash=dash))
        ends[name] = (float(gained.iloc[-1]), colour)
    drawing.label_ends(figure, ends)
    figure.update_layout(margin_r=240)
    return figure
