"""Runs side by side: figures and attributions, and each run less the first.

The run that others are held against is subtracted, here the first; in the workbench the pinned one.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from basis_lab.errors import UsageError
from basis_lab.results.verdict import SHORT_DAYS, days_between

if TYPE_CHECKING:
    import pandas as pd

    from basis_lab.results.result import RunResult

LEAST_RUNS = 2
# What is told in the currency of the share class; everything else is so in none.
AMOUNTS = ("initial_capital", "final_equity", "final_exit_equity", "net_pnl")
AMOUNTS_BEHIND = ("attribution.", "attribution_residual", "balance.", "costs.")
# What a few days make a year of: told of no run that is too short for a rate.
YEARLY = ("apr", "annualized_return", "apy_vs_target", "hurdle_apr", "calmar")


def compare(runs: "Sequence[RunResult]") -> "pd.DataFrame":
    """Return the summaries of runs side by side.

    Parameters
    ----------
    runs : sequence of RunResult
        Two or more.

    Returns
    -------
    pandas.DataFrame
        One row a figure of the summary ("apr", "attribution.funding"), one column a run by its
        id, then a column "RUN_ID - first" a further run: its number less that of the first; None
        for amounts in another currency than the first run's. Yearly rates are numbers of every
        run; ``word_comparison`` tells people none of a run that is too short for one.

    Raises
    ------
    UsageError
        If fewer than two runs are given.
    ResultError
        If the summary of a run is not one.
    """
    import pandas as pd

    if len(runs) < LEAST_RUNS:
        raise UsageError(
            "a comparison needs two runs",
            where="compare",
            value=len(runs),
            remedy="give two or more: their folders to the command, a list of runs in Python",
        )
    figures = [flatten(run.summary) for run in runs]
    names = _names([str(figure["run_id"]) for figure in figures])
    rows = list(dict.fromkeys(key for figure in figures for key in figure))
    columns: dict[str, list[object]] = {
        name: [figure.get(key) for key in rows] for name, figure in zip(names, figures, strict=True)
    }
    first = columns[names[0]]
    for name in names[1:]:
        later = dict(zip(rows, columns[name], strict=True))
        base = dict(zip(rows, first, strict=True))
        alike = later["currency"] == base["currency"]
        columns[f"{name} - first"] = [
            _difference(later[x], base[x]) if alike or not is_amount(x) else None for x in rows
        ]
    return pd.DataFrame(columns, index=pd.Index(rows, name="figure"), dtype=object)


def word_currencies(table: "pd.DataFrame") -> str:
    """Say which differences are left out, where runs are told in several currencies.

    Parameters
    ----------
    table : pandas.DataFrame
        As made by ``compare``.

    Returns
    -------
    str
        A sentence; empty where every run has the same currency.
    """
    found = sorted({str(x) for x in table.loc["currency"] if x is not None})
    if len(found) < LEAST_RUNS:
        return ""
    return (
        f"amounts in {' and '.join(found)} are not subtracted from each other: their differences "
        "are empty; those of ratios, rates and US dollars stand"
    )


def without_rates(table: "pd.DataFrame") -> tuple[str, ...]:
    """Return the columns that have no yearly rates to tell.

    Parameters
    ----------
    table : pandas.DataFrame
        As made by ``compare``.

    Returns
    -------
    tuple of str
        Runs too short for a rate, and the differences that one of them is part of.
    """
    names = [str(x) for x in table.columns]
    runs = names[: len(names) // 2 + 1]
    spans = zip(table.loc["start", runs], table.loc["end", runs], strict=True)
    short = [days_between(start, end) < SHORT_DAYS for start, end in spans]
    either = [short[0] or later for later in short[1:]]
    return tuple(x for x, told in zip(names, [*short, *either], strict=True) if told)


def is_amount(figure: str) -> bool:
    """Tell if a figure is told in the currency of its run's share class.

    Parameters
    ----------
    figure : str
        As ``flatten`` names it.

    Returns
    -------
    bool
        False for shares, ratios, counts and US dollars.
    """
    return figure in AMOUNTS or figure.startswith(AMOUNTS_BEHIND)


def flatten(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return a summary without nesting.

    Parameters
    ----------
    summary : mapping
        As summary.json.

    Returns
    -------
    dict
        Inner keys behind the outer one and a dot; lists are left out.
    """
    flat: dict[str, Any] = {}
    for key, value in summary.items():
        if isinstance(value, Mapping):
            flat.update({f"{key}.{inner}": entry for inner, entry in value.items()})
        elif not isinstance(value, list):
            flat[key] = value
    return flat


def _names(run_ids: list[str]) -> list[str]:
    """Return the run ids, numbered where one comes again."""
    names: list[str] = []
    for i, run_id in enumerate(run_ids):
        seen = run_ids[:i].count(run_id)
        names.append(f"{run_id} ({seen + 1})" if seen else run_id)
    return names


def _difference(later: object, base: object) -> float | None:
    if isinstance(later, bool) or isinstance(base, bool):
        return None
    if isinstance(later, int | float) and isinstance(base, int | float):
        return later - base
    return None
