"""Verdict, badges and the six figures."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from basis_lab.domain.market import SeriesSource
from basis_lab.notebook.panels.markup import text
from basis_lab.notebook.series import RunSeries
from basis_lab.notebook.words import date_text, side_name, words
from basis_lab.results.formats import NONE, format_amount, format_points, format_share
from basis_lab.results.verdict import LENDING, SHORT_DAYS, Comparison, word_verdict

MARKS = {"up": "\N{BLACK UP-POINTING TRIANGLE}", "down": "\N{BLACK DOWN-POINTING TRIANGLE}"}
EVEN = "\N{BLACK DIAMOND}"
DOT = " \N{MIDDLE DOT} "


def verdict_html(series: RunSeries) -> str:
    """Return the first line.

    Parameters
    ----------
    series : RunSeries
        The run.

    Returns
    -------
    str
        HTML.
    """
    return f"<h2>{text(word_verdict(series.summary))}</h2>"


def case_html(series: RunSeries, open_warnings: str = "") -> str:
    """Return badges, the case in one line, and the warnings.

    Parameters
    ----------
    series : RunSeries
        The run.
    open_warnings : str
        " open" to unfold them.

    Returns
    -------
    str
        HTML.
    """
    summary = series.summary
    days = Comparison.of(summary).days
    first, last = date_text(series, 0), date_text(series, series.rows - 1)
    capital = format_amount(summary["initial_capital"], series.currency)
    parts = [
        summary["mode"],
        summary["share_class"],
        f"{first} to {last}",
        f"{days:.0f} days",
        f"{capital} {series.currency}",
        "after all fees, slippage, gas and transfers",
    ]
    if summary["status"] != "completed":
        parts.append(f"<strong>{text(summary['status'])} before its end</strong>")
    told = DOT.join(x if x.startswith("<") else text(x) for x in parts)
    return f"{_badges(series)}<span>{told}</span>{_warnings(summary, open_warnings)}"


def _badges(series: RunSeries) -> str:
    sources = series.record.frame.sources
    kind = "synthetic data" if series.summary["synthetic_data"] else "real data"
    css = "bl-badge" if series.summary["synthetic_data"] else "bl-badge real"
    badges = [f'<span class="{css}">{kind}</span>']
    for word, names in _stand_ins(sources).items():
        told = f"{len(names)} series {word}" if len(names) > 1 else f"{names[0]} {word}"
        badges.append(
            f'<span class="bl-badge" title="{text(", ".join(names))}">{text(told)}</span>'
        )
    return "".join(badges)


def _stand_ins(sources: tuple[SeriesSource, ...]) -> dict[str, list[str]]:
    """Return the series that are proxied, or carried between snapshots."""
    found: dict[str, list[str]] = {}
    for source in sources:
        for note in source.notes:
            for word in ("proxied", "proxy", "carried"):
                if word in note:
                    label = "carried" if word == "carried" else "proxied"
                    found.setdefault(label, []).append(source.key)
                    break
    return {word: list(dict.fromkeys(names)) for word, names in found.items()}


def _warnings(summary: Mapping[str, Any], opened: str) -> str:
    told = summary["warnings"]
    if not told:
        return ""
    lines = "".join(f"<li>{text(x)}</li>" for x in told)
    word = "warning" if len(told) == 1 else "warnings"
    return (
        f'<details data-fold="warnings"{opened}><summary>{len(told)} {word}</summary>'
        f"<ul>{lines}</ul></details>"
    )


def six_html(series: RunSeries, pinned: RunSeries | None) -> str:
    """Return the six figures, each with what it is measured by and the pinned run's.

    Parameters
    ----------
    series : RunSeries
        The run.
    pinned : RunSeries or None
        The run to compare with.

    Returns
    -------
    str
        HTML, a list of definitions.
    """
    told = _figures(series)
    other = {} if pinned is None else {name: large for name, large, *_ in _figures(pinned)}
    cells = []
    for name, large, unit, second, mark in told:
        third = f'<dd class="pinned">pinned {other[name]}</dd>' if name in other else ""
        shape = MARKS[mark] if mark in MARKS else EVEN
        sign = f'<span class="{mark}" aria-hidden="true">{shape}</span> '
        cells.append(
            f"<div><dt>{name}</dt>"
            f'<dd class="large">{sign if mark else ""}{large} <small>{unit}</small></dd>'
            f'<dd class="second">{second}</dd>{third}</div>'
        )
    return f'<dl class="bl-six">{"".join(cells)}</dl>'


def _figures(series: RunSeries) -> list[tuple[str, str, str, str, str]]:
    """Return name, figure, unit, second line and mark of each figure."""
    summary, currency = series.summary, series.currency
    against = Comparison.of(summary)
    earned = f"{format_amount(summary['net_pnl'], currency, signed=True)} {currency}"
    net = ("Net APR", _percent(summary["apr"]), "%", earned, "")
    if against.days < SHORT_DAYS:
        amount = format_amount(summary["net_pnl"], currency, signed=True)
        short = f"{_percent(summary['apr'])} % a year, short"
        net = ("Net P&amp;L", amount, currency, short, "")
    lending = text(LENDING[str(summary["share_class"])])
    hurdle = ("Hurdle APR", _percent(summary["hurdle_apr"]), "%", lending, "")
    left = f"if left at the end {format_points(against.left)} pp"
    difference = ("Difference", format_points(against.held), "points", left, _mark(against))
    return [net, hurdle, difference, _worst_drawdown(series), _nearest(series), _exit(series)]


def _percent(fraction: float | None) -> str:
    return format_share(fraction).removesuffix("%").rstrip()


def _mark(against: Comparison) -> str:
    if against.held is None or against.left is None:
        return ""
    if against.held > 0.0 and against.left > 0.0:
        return "up"
    return "down" if against.held <= 0.0 and against.left <= 0.0 else "even"


def _worst_drawdown(series: RunSeries) -> tuple[str, str, str, str, str]:
    fall = series.drawdown
    row = int(np.nanargmin(fall))
    second = f"{date_text(series, row)}, hourly"
    return "Worst drawdown", _percent(series.summary["max_drawdown"]), "%", second, ""


def _nearest(series: RunSeries) -> tuple[str, str, str, str, str]:
    """Return the nearest liquidation; without one, what can be withdrawn."""
    if series.sides:
        near = series.sides[0]
        last = format_share(near.last, signed=True, digits=1)
        second = f"{side_name(near.side)}, {date_text(series, near.worst_row)}{DOT}last {last}"
        large = format_share(near.worst, signed=True, digits=1).removesuffix("%").rstrip()
        return "Nearest liquidation", large, "%", second, ""
    queued = [x for x in series.lines.keys if x.kind.value == "exit_queue"]
    now = series.record.exit_equity[-1] / series.record.equity[-1]
    second = "by the exit queue, or now at market" if queued else "no loan and no perp"
    return "Withdrawable now", _percent(float(now)), "% of equity", second, ""


def _exit(series: RunSeries) -> tuple[str, str, str, str, str]:
    discount = series.exit_discount
    last = format_share(float(discount[-1]))
    worst = format_share(float(np.nanmin(discount)), digits=1)
    amount = format_amount(series.summary["final_exit_equity"], series.currency)
    return "Exit equity", amount, series.currency, f"{last} of equity{DOT}worst {worst}", ""


def all_figures_html(series: RunSeries) -> str:
    """Return every plain figure of the summary, for the fold below the tables.

    Parameters
    ----------
    series : RunSeries
        The run.

    Returns
    -------
    str
        HTML.
    """
    rows = []
    for key, value in series.summary.items():
        if isinstance(value, dict | list):
            continue
        told = (
            f"{value:,.8g}" if isinstance(value, float) else NONE if value is None else str(value)
        )
        rows.append(
            f'<tr><th scope="row">{text(words(key))}</th><td class="num">{text(told)}</td></tr>'
        )
    return (
        '<details data-fold="figures"><summary>All figures</summary>'
        f'<table style="max-width:520px"><caption class="hidden">summary.json</caption>'
        f"<tbody>{''.join(rows)}</tbody></table></details>"
    )
