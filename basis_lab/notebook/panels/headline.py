"""Verdict, badges and the six figures."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from basis_lab.domain.market import SeriesSource
from basis_lab.domain.wording import agree, idle_parts, word_costs
from basis_lab.notebook.panels.markup import text
from basis_lab.notebook.pins import Pin, dates_text, same_dates
from basis_lab.notebook.series import RunSeries
from basis_lab.notebook.words import date_text, rhythm, side_name, words
from basis_lab.results.formats import NONE, format_amount, format_points, format_share
from basis_lab.results.verdict import (
    LENDING,
    SHORT_DAYS,
    Comparison,
    direction,
    excess_amount,
    word_verdict,
)

MARKS = {"up": "\N{BLACK UP-POINTING TRIANGLE}", "down": "\N{BLACK DOWN-POINTING TRIANGLE}"}
STRESSES = {"shocks": "shocks", "closures": "closures", "actions": "ordered exits"}
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


def case_html(series: RunSeries, scenario: str = "") -> str:
    """Return badges, the case in one line, and the warnings.

    Parameters
    ----------
    series : RunSeries
        The run.
    scenario : str
        What it ran under, or "".

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
        f"{days:.0f} {agree(round(days), 'day')}",
        f"{capital} {series.currency}",
        word_costs(summary["warnings"]),
        *([f"scenario {scenario}"] if scenario else []),
        *_without_effect(series),
    ]
    if summary["status"] != "completed":
        parts.append(f"<strong>{text(summary['status'])} before its end</strong>")
    told = DOT.join(x if x.startswith("<") else text(x) for x in parts)
    return f"{_badges(series)}<span>{told}</span>{_warnings(summary)}"


def _without_effect(series: RunSeries) -> list[str]:
    """Return that nothing of a stress met this run: its figures are those without it."""
    config = series.record.identity.config
    found = {word: config[key] for key, word in STRESSES.items()}
    parts = {word: len(x) for word, x in found.items() if isinstance(x, list) and x}
    if not parts or idle_parts(series.summary["warnings"]) < sum(parts.values()):
        return []
    names = list(parts)
    told = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return [f"<strong>its {told} changed nothing in this run</strong>"]


def caption_of(series: RunSeries, view: str, scenario: str = "") -> dict[str, str]:
    """Return what a saved picture of the figure says above it.

    Parameters
    ----------
    series : RunSeries
        The run.
    view : str
        What the figure shows.
    scenario : str
        What the run was under, or "".

    Returns
    -------
    dict of str to str
        "verdict", "case" with the kind of data first, and "name" for its file.
    """
    summary = series.summary
    kind = "synthetic data" if summary["synthetic_data"] else "real data"
    dates = f"{date_text(series, 0)} to {date_text(series, series.rows - 1)}"
    case = [kind, str(summary["mode"]), str(summary["share_class"]), dates]
    case += [word_costs(summary["warnings"]), *([f"scenario {scenario}"] if scenario else [])]
    return {
        "verdict": word_verdict(summary),
        "case": DOT.join(case),
        "name": f"{summary['run_id']}-{view}",
    }


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


def _warnings(summary: Mapping[str, Any]) -> str:
    told = summary["warnings"]
    if not told:
        return ""
    lines = "".join(f"<li>{text(x)}</li>" for x in told)
    word = "warning" if len(told) == 1 else "warnings"
    return (
        f'<details data-fold="warnings"><summary>{len(told)} {word}</summary>'
        f"<ul>{lines}</ul></details>"
    )


def six_html(series: RunSeries, pinned: Pin | None) -> str:
    """Return the six figures, each with what it is measured by and the pinned run's.

    Parameters
    ----------
    series : RunSeries
        The run.
    pinned : Pin or None
        The run to compare with.

    Returns
    -------
    str
        HTML, a list of definitions.
    """
    large = large_figures(series.summary)
    other = {} if pinned is None else large_figures(pinned.summary)
    seconds = _seconds(series)
    mark = direction(Comparison.of(series.summary))
    cells = []
    for name, (figure, unit) in large.items():
        third = ""
        if pinned is not None and name in other:
            told, of = other[name]
            third = f'<dd class="pinned">{text(pinned.name)}: {told} {of}</dd>'
        sign = ""
        if name == "Difference" and mark:
            shape = MARKS[mark] if mark in MARKS else EVEN
            sign = f'<span class="{mark}" aria-hidden="true">{shape}</span> '
        cells.append(
            f"<div><dt>{name}</dt>"
            f'<dd class="large">{sign}{figure} <small>{unit}</small></dd>'
            f'<dd class="second">{seconds[name]}</dd>{third}</div>'
        )
    return f'<dl class="bl-six">{"".join(cells)}</dl>{_beside(series, pinned)}'


def _beside(series: RunSeries, pinned: Pin | None) -> str:
    """Return which run the pinned figures are of, and whether they are about the same days."""
    if pinned is None:
        return ""
    told = f"{pinned.name}: {pinned.case}"
    if not same_dates(series.summary, pinned.summary):
        told += (
            f", {dates_text(pinned.summary)}. These are other dates than the drawn run's: rates "
            "a year and shares can be compared, amounts cannot"
        )
    return f'<p class="bl-beside">{text(told)}.</p>'


def large_figures(summary: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the six figures of a summary.

    Parameters
    ----------
    summary : mapping
        As summary.json, of a fresh run or of a saved one.

    Returns
    -------
    dict of str to (str, str)
        By name: the figure and its unit, HTML.
    """
    currency = str(summary["currency"])
    against = Comparison.of(summary)
    if against.days < SHORT_DAYS:
        earned = format_amount(summary["net_pnl"], currency, signed=True)
        made = {"Net P&amp;L": (earned, currency)}
    else:
        made = {"Net APR": (_percent(summary["apr"]), "%")}
    made["Hurdle APR"] = (_percent(summary["hurdle_apr"]), "%")
    made["Difference"] = _difference(summary, against)
    made["Worst drawdown"] = (_percent(summary["max_drawdown"]), "%")
    distances = summary["min_liquidation_distance"]
    if distances:
        near = min(distances.values(), key=abs)
        told = format_share(near, signed=True, digits=1).removesuffix("%").rstrip()
        made["Nearest liquidation"] = (told, "%")
    else:
        now = summary["final_exit_equity"] / summary["final_equity"]
        made["Withdrawable now"] = (_percent(now), "% of equity")
    exit_equity = format_amount(summary["final_exit_equity"], currency)
    made["Exit equity"] = (exit_equity, currency)
    return made


def _difference(summary: Mapping[str, Any], against: Comparison) -> tuple[str, str]:
    """Return the difference to lending: as a rate, or as money where a rate would mislead."""
    excess = excess_amount(summary)
    if against.days >= SHORT_DAYS or excess is None:
        return format_points(against.held), "points"
    currency = str(summary["currency"])
    return format_amount(excess, currency, signed=True), currency


def _seconds(series: RunSeries) -> dict[str, str]:
    """Return what stands below each figure: what it is measured by."""
    summary, currency = series.summary, series.currency
    against = Comparison.of(summary)
    earned = f"{format_amount(summary['net_pnl'], currency, signed=True)} {currency}"
    return {
        "Net APR": earned,
        "Net P&amp;L": f"{_percent(summary['apr'])} % a year, short",
        "Hurdle APR": text(LENDING[str(summary["share_class"])]),
        "Difference": _left(against),
        "Worst drawdown": _worst_drawdown(series),
        "Nearest liquidation": _nearest(series),
        "Withdrawable now": _withdrawable(series),
        "Exit equity": _exit(series),
    }


def _left(against: Comparison) -> str:
    if against.days < SHORT_DAYS:
        return "to lending; too short for a rate"
    return f"if left at the end {format_points(against.left)} points"


def _percent(fraction: float | None) -> str:
    return format_share(fraction).removesuffix("%").rstrip()


def _worst_drawdown(series: RunSeries) -> str:
    row = int(np.nanargmin(series.drawdown))
    if format_share(series.summary["max_drawdown"]) == format_share(0.0):
        return f"none seen, {rhythm(series.step_s)}"
    return f"{date_text(series, row)}, {rhythm(series.step_s)}"


def _nearest(series: RunSeries) -> str:
    if not series.sides:
        return ""
    near = series.sides[0]
    held = near.last is not None
    last = f"last {format_share(near.last, signed=True, digits=1)}" if held else "closed at the end"
    when = "" if near.worst_row is None else f", {date_text(series, near.worst_row)}"
    return f"{side_name(near.side)}{when}{DOT}{last}"


def _withdrawable(series: RunSeries) -> str:
    queued = [x for x in series.lines.keys if x.kind.value == "exit_queue"]
    return "by the exit queue, or now at market" if queued else "no loan and no perp"


def _exit(series: RunSeries) -> str:
    discount = series.exit_discount
    worst = format_share(float(np.nanmin(discount)), digits=1)
    return f"{format_share(float(discount[-1]))} of equity{DOT}worst {worst}"


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
