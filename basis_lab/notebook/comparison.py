"""Runs side by side for a notebook: a verdict each, NAV over each other, figures with units."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from basis_lab.results import drawing, style
from basis_lab.results.compare import compare, is_amount
from basis_lab.results.formats import (
    NONE,
    format_amount,
    format_points,
    format_ratio,
    format_share,
)
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
NAMING = frozenset({"run_id", "mode", "share_class", "currency"})  # told above each column
SHARES = frozenset(
    {
        *("total_return", "annualized_return", "apr", "target_apy", "apy_vs_target", "hurdle_apr"),
        *("volatility", "max_drawdown", "max_ltv", "min_margin_ratio"),
        *("min_liquidation_distance", "max_abs_net_delta"),
    }
)
UNITS = {"final_equity_usd": "USD", "break_even_days": "days"}
DIGITS = {"nav_per_share": 6, "min_health_factor": 3, "break_even_days": 0}


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
        As ``figures``, rows of the headline alone.
    """
    return _told(runs, compare(runs).loc[list(HEADLINE)])


def figures(runs: Sequence[RunResult]) -> "pd.DataFrame":
    """Return every figure of runs side by side for reading; ``bl.compare`` has the numbers.

    Parameters
    ----------
    runs : sequence of RunResult
        Two or more.

    Returns
    -------
    pandas.DataFrame
        Texts: the unit, one column a run by its mode, then each run less the first (shares in
        points); without what names a run.
    """
    table = compare(runs)
    some = table.notna().any(axis="columns")
    return _told(runs, table.loc[[x for x in table.index if some[x] and x not in NAMING]])


def attributions(runs: Sequence[RunResult]) -> "pd.DataFrame":
    """Return where each run's money came from, and each run less the first.

    Parameters
    ----------
    runs : sequence of RunResult
        Two or more.

    Returns
    -------
    pandas.DataFrame
        As ``figures``, the categories that are not zero in every run.
    """
    table = compare(runs)
    rows = [
        name
        for name in table.index
        if str(name).startswith("attribution.")
        and any(run.summary["attribution"][str(name).partition(".")[2]] != 0.0 for run in runs)
    ]
    return _told(runs, table.loc[rows])


def _told(runs: Sequence[RunResult], table: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table of ``compare`` as texts, under the names of the modes."""
    import pandas as pd

    names = _names(runs)
    heads = [*names, *(f"{name} less {names[0]}" for name in names[1:])]
    currencies = [str(run.summary["currency"]) for run in runs]
    told = {"unit": [_unit(str(figure), currencies) for figure in table.index]}
    for place, (column, head) in enumerate(zip(table.columns, heads, strict=True)):
        alone = place < len(runs)
        money = currencies[place if alone else 0]
        told[head] = [
            _tell(str(figure), value, money, less=not alone)
            for figure, value in table[column].items()
        ]
    return pd.DataFrame(told, index=table.index)


def _names(runs: Sequence[RunResult]) -> list[str]:
    """Return the modes of runs, with the share class where there are two and a number on a twin."""
    classes = {str(run.summary["share_class"]) for run in runs}
    names: list[str] = []
    for run in runs:
        mode, share_class = run.summary["mode"], run.summary["share_class"]
        name = str(mode) if len(classes) == 1 else f"{mode}, {share_class}"
        twins = sum(x == name or x.startswith(f"{name} (") for x in names)
        names.append(f"{name} ({twins + 1})" if twins else name)
    return names


def _unit(figure: str, currencies: Sequence[str]) -> str:
    if figure.partition(".")[0] in SHARES:
        return "%"
    if is_amount(figure):
        return " or ".join(dict.fromkeys(currencies))
    return UNITS[figure] if figure in UNITS else ""


def _tell(figure: str, value: object, currency: str, *, less: bool) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return NONE if value is None else str(value)
    if figure.partition(".")[0] in SHARES:
        return format_points(value) if less else format_ratio(100.0 * value, digits=2)
    if is_amount(figure):
        return format_amount(value, currency, signed=less)
    digits = DIGITS[figure] if figure in DIGITS else 2
    return format_ratio(value, digits=0 if isinstance(value, int) else digits, signed=less)


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
