"""The report that the command line prints: verdict, figures, attribution, costs."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from basis_lab.errors import ConfigError
from basis_lab.results.formats import (
    NONE,
    format_amount,
    format_points,
    format_ratio,
    format_share,
    format_span,
)
from basis_lab.results.labels import WRITE_OFF, category_label, residual_words
from basis_lab.results.verdict import (
    NO_POINTS,
    Comparison,
    on_initial_capital,
    word_verdict,
    yearly,
)

Row = tuple[str, ...]
FIELDS = re.compile(r"; (?=(?:where|value|remedy): )")
PARTS = re.compile(rf"{FIELDS.pattern}|{re.escape(ConfigError.apart)}")


def word_report(summary: Mapping[str, Any], path: Path | None) -> str:
    """Return a run in words and tables.

    Parameters
    ----------
    summary : mapping
        As summary.json.
    path : Path or None
        The run's folder where it was written.

    Returns
    -------
    str
        Lines for a terminal.
    """
    kind = "synthetic data" if summary["synthetic_data"] else "real data"
    case = f"{summary['mode']}, {summary['share_class']} share class, {kind}"
    length = format_span(Comparison.of(summary).days)
    span = f"{summary['start']} to {summary['end']} ({length})"
    currency = summary["currency"]
    parts = [
        f"{word_verdict(summary)}.",
        f"{case}, {span}",
        "",
        align_table(_figures(summary)),
        "",
        align_table(_attribution(summary), right=(1, 2, 3)),
        *(() if on_initial_capital(summary) else (NO_POINTS,)),
        "",
        align_table(_costs(summary), right=(1,)),
    ]
    parts += [f"warning: {sentence}" for sentence in summary["warnings"]]
    if summary["synthetic_data"]:
        parts += [
            "",
            f"The data is synthetic: these {currency} figures prove nothing about markets.",
        ]
    if path is not None:
        parts += ["", f"run folder: {path}"]
    return "\n".join(parts)


def align_table(rows: Sequence[Row], *, right: tuple[int, ...] = ()) -> str:
    """Return rows as columns of equal width.

    Parameters
    ----------
    rows : sequence of tuple of str
        Cells; every row of the same length.
    right : tuple of int
        Columns that are set to the right.

    Returns
    -------
    str
        One line a row, without trailing blanks.
    """
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def unfold_error(sentence: str) -> str:
    """Return an error that was worded in one line as the block that a terminal shows.

    Parameters
    ----------
    sentence : str
        What, where, value and remedy with semicolons between them, or several problems.

    Returns
    -------
    str
        A line each; what is said of an error is indented under it.
    """
    return "\n  ".join(PARTS.split(sentence))


def _figures(summary: Mapping[str, Any]) -> list[Row]:
    currency, short = summary["currency"], Comparison.of(summary).short
    payback = summary["break_even_days"]

    def money(key: str, *, signed: bool = False) -> str:
        return f"{format_amount(summary[key], currency, signed=signed)} {currency}"

    def rate(told: str) -> str:
        return NONE if short else told

    rows = [
        ("initial capital", money("initial_capital")),
        ("final equity", money("final_equity")),
        ("exit equity (all closed at the end)", money("final_exit_equity")),
        ("net P&L", money("net_pnl", signed=True)),
        ("total return", format_share(summary["total_return"], signed=True)),
        ("net APR", rate(format_share(summary["apr"], signed=True))),
        ("hurdle APR", rate(format_share(summary["hurdle_apr"]))),
        ("annualized return (target)", rate(_against_target(summary))),
        ("volatility", format_share(summary["volatility"])),
        ("Sharpe, Sortino", _pair(summary, "sharpe", "sortino")),
        ("max drawdown", format_share(summary["max_drawdown"])),
        ("Calmar", rate(format_ratio(summary["calmar"], digits=2))),
        ("least health factor", format_ratio(summary["min_health_factor"])),
        ("largest LTV", format_ratio(summary["max_ltv"])),
        ("least margin ratio", _places(summary["min_margin_ratio"], format_ratio)),
        ("nearest liquidation, price move", _places(summary["min_liquidation_distance"], _move)),
        ("largest net delta, of equity", format_share(summary["max_abs_net_delta"])),
        (
            "mean carry pays entry and exit in",
            NONE if payback is None else f"{format_ratio(payback, digits=1)} days",
        ),
        ("trades, rebalances, liquidations", _counts(summary)),
    ]
    return [(label, figure) for label, figure in rows]


def _against_target(summary: Mapping[str, Any]) -> str:
    reached = format_share(summary["annualized_return"], signed=True)
    return f"{reached} ({format_share(summary['target_apy'])})"


def _pair(summary: Mapping[str, Any], first: str, second: str) -> str:
    return ", ".join(format_ratio(summary[key], digits=2) for key in (first, second))


def _counts(summary: Mapping[str, Any]) -> str:
    return ", ".join(str(summary[key]) for key in ("trades", "rebalances", "liquidations"))


def _move(distance: float | None) -> str:
    return format_share(distance, signed=True, digits=1)


def _places(figures: Mapping[str, float] | None, word: Any) -> str:
    if figures is None:
        return NONE
    return ", ".join(f"{place} {word(figure)}" for place, figure in figures.items())


def _attribution(summary: Mapping[str, Any]) -> list[Row]:
    """Return gross to net as an invoice, the residual as its last row."""
    currency, capital = summary["currency"], summary["initial_capital"]

    def row(label: str, amount: float) -> Row:
        return (
            label,
            format_amount(amount, currency, signed=True),
            format_share(amount / capital, signed=True, digits=3),
            format_points(yearly(summary, amount)),
        )

    told = [(name, amount) for name, amount in summary["attribution"].items() if amount != 0.0]
    told.sort(key=lambda pair: -abs(pair[1]))
    return [
        ("attribution", currency, "of initial capital", "APR points"),
        *(row(_label(name, summary), amount) for name, amount in told),
        row("net", summary["net_pnl"]),
        ("residual", *residual_words(summary), ""),
    ]


def _costs(summary: Mapping[str, Any]) -> list[Row]:
    currency = summary["currency"]
    told = [(name, x) for name, x in summary["costs"].items() if x != 0.0]
    total = sum(amount for _, amount in told)
    return [
        ("costs", currency),
        *(
            (_label(name, summary), format_amount(amount, currency, signed=True))
            for name, amount in told
        ),
        ("all costs", format_amount(total, currency, signed=True)),
    ]


def _label(name: str, summary: Mapping[str, Any]) -> str:
    """Return a category as summary.json names it, but what a default took by what it is."""
    told = category_label(name, summary)
    return told if WRITE_OFF in told else name
