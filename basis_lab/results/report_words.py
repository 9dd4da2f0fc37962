"""Sentences and short tables of a report that need a summary alone."""

from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import Any

from basis_lab.calc.performance import DAYS_PER_YEAR
from basis_lab.domain.wording import word_costs
from basis_lab.results.foot import word_dates
from basis_lab.results.formats import (
    MINUS,
    NONE,
    format_amount,
    format_points,
    format_ratio,
    format_share,
    format_span,
)
from basis_lab.results.html import Cell, Content, Html, paragraph, table
from basis_lab.results.labels import category_label, residual_words
from basis_lab.results.style import CATEGORY_COLOURS, COSTS, NET, TRADING_COSTS
from basis_lab.results.verdict import (
    LENDING,
    NO_POINTS,
    Comparison,
    direction,
    excess_amount,
    on_initial_capital,
    word_verdict,
    yearly,
)

Summary = Mapping[str, Any]
MARKS: Mapping[str, str] = MappingProxyType(
    {
        "up": '<i class="up">\N{BLACK UP-POINTING TRIANGLE}</i>',
        "down": '<i class="down">\N{BLACK DOWN-POINTING TRIANGLE}</i>',
        "even": '<i class="muted">\N{BLACK DIAMOND}</i>',
    }
)


def headline(summary: Summary, notes: tuple[str, ...]) -> Html:
    """Return verdict, badges, case and the six figures.

    Parameters
    ----------
    summary : mapping
        As summary.json.
    notes : tuple of str
        Scenarios, and series that stand for others.

    Returns
    -------
    Html
        The top of a report.
    """
    synthetic = summary["synthetic_data"]
    badge = "synthetic data" if synthetic else "real data"
    days, currency = Comparison.of(summary).days, summary["currency"]
    money = f"{format_amount(summary['initial_capital'], currency)} {currency}"
    case = " \N{MIDDLE DOT} ".join(
        (
            str(summary["mode"]),
            f"{summary['share_class']} share class",
            word_dates(summary),
            format_span(days),
            money,
            *notes,
        )
    )
    kind = " synthetic" if synthetic else ""
    figures = "".join(
        f"<div><span>{escape(label)}</span><b>{figure}</b><span>{escape(note)}</span></div>"
        for label, figure, note in six_figures(summary)
    )
    return Html(
        f'<div class="bl-head"><h1>{escape(word_verdict(summary))}</h1>'
        f'<span class="badge{kind}">{badge}</span><span class="muted">{escape(case)}, '
        f"{word_costs(summary['warnings'])}; times in UTC</span></div>"
        f'<div class="figures">{figures}</div>'
    )


def six_figures(summary: Summary) -> list[tuple[str, str, str]]:
    """Return the six figures of a run: label, figure and second line.

    Parameters
    ----------
    summary : mapping
        As summary.json.

    Returns
    -------
    list of tuple of str
        The figure is HTML, label and second line are plain.
    """
    currency, against = summary["currency"], Comparison.of(summary)
    hurdle, equity = summary["hurdle_apr"], summary["final_equity"]
    left = None if not equity else summary["final_exit_equity"] / equity - 1.0
    lending = LENDING[summary["share_class"]]
    if hurdle is None:
        lending = "the run has no length" if against.days <= 0.0 else "no lending series"
    near, near_note = nearest_liquidation(summary)
    return [
        _net(summary, against),
        (*_hurdle(summary, against), lending),
        ("Difference", _difference(summary, against), _if_left(summary, against)),
        ("Worst drawdown", format_share(summary["max_drawdown"]), "of the highest NAV, hourly"),
        ("Nearest liquidation", near, near_note),
        (
            "Exit equity",
            f"{format_amount(summary['final_exit_equity'], currency)}",
            f"{currency}, {format_share(left, signed=True)} of equity",
        ),
    ]


def _net(summary: Summary, against: Comparison) -> tuple[str, str, str]:
    """Return what was earned: as a rate, as money where the run is too short for one."""
    currency = summary["currency"]
    earned = f"{format_amount(summary['net_pnl'], currency, signed=True)} {currency}"
    apr = format_share(summary["apr"])
    if against.short:
        span = format_span(against.days, digits=1)
        return "Net P&L", earned, f"in {span}, too short for a rate"
    return "Net APR", apr, earned if on_initial_capital(summary) else f"of a share; {earned}"


def _hurdle(summary: Summary, against: Comparison) -> tuple[str, str]:
    """Return what lending would have earned: as a rate, as money where the run is too short."""
    hurdle = summary["hurdle_apr"]
    if not against.short or hurdle is None:
        return "Hurdle APR", format_share(hurdle)
    lent = hurdle * summary["initial_capital"] * against.days / DAYS_PER_YEAR
    return (
        "Lending",
        f"{format_amount(lent, summary['currency'], signed=True)} {summary['currency']}",
    )


def _difference(summary: Summary, against: Comparison) -> str:
    """Return the difference to lending: in points, as money where the run is too short."""
    excess = excess_amount(summary)
    if not against.short:
        return difference_mark(against)
    if excess is None:
        return NONE
    currency = summary["currency"]
    told = format_amount(excess, currency, signed=True)
    return f"{direction_mark(against)}{told} <span>{currency}</span>"


def difference_mark(against: Comparison) -> str:
    """Return the difference to lending in points behind a mark of its direction.

    Parameters
    ----------
    against : Comparison
        Held and left.

    Returns
    -------
    str
        HTML; no mark at 0.00, an en dash where there is nothing to compare with.
    """
    if against.held is None or against.left is None:
        return NONE
    return f"{direction_mark(against)}{format_points(against.held)} <span>points</span>"


def direction_mark(against: Comparison) -> str:
    """Return the mark of the side of lending on which a run ended.

    Parameters
    ----------
    against : Comparison
        Held and left.

    Returns
    -------
    str
        HTML with a blank after it; empty at 0.00, and with nothing to compare with.
    """
    side = direction(against)
    return f"{MARKS[side]} " if side else ""


def _if_left(summary: Summary, against: Comparison) -> str:
    if against.left is None:
        return "nothing to compare with"
    excess, currency = excess_amount(summary), summary["currency"]
    if against.short and excess is not None:
        left = excess + summary["final_exit_equity"] - summary["final_equity"]
        return f"if left at the end {format_amount(left, currency, signed=True)} {currency}"
    if against.short:
        return "money came or went, and the run is too short for a rate"
    return f"if left at the end {format_points(against.left)} points"


def nearest_liquidation(summary: Summary) -> tuple[str, str]:
    """Return the nearest liquidation of a run and its side.

    Parameters
    ----------
    summary : mapping
        As summary.json.

    Returns
    -------
    tuple of str
        The price move, and the side; an en dash where nothing can be liquidated.
    """
    distances = summary["min_liquidation_distance"]
    if not distances:
        return NONE, "does not apply: nothing can be liquidated"
    side = min(distances, key=lambda name: abs(distances[name]))
    return format_share(distances[side], signed=True, digits=1), f"{side}, at the worst hour"


def invoice(summary: Summary) -> Html:
    """Return gross to net as an invoice with bars, its residual as the last row.

    Parameters
    ----------
    summary : mapping
        As summary.json.

    Returns
    -------
    Html
        A table; each bar floats from where the one before it ended.
    """
    told = [(name, x) for name, x in summary["attribution"].items() if x != 0.0]
    told.sort(key=lambda pair: (pair[1] < 0.0, -abs(pair[1])))
    gains = [pair for pair in told if pair[1] > 0.0]
    losses = [pair for pair in told if pair[1] < 0.0]
    gross = sum(x for _, x in gains)
    scale = _scale(gross, sum(x for _, x in losses))
    rows: list[list[Content]] = []
    level = 0.0
    for name, amount in gains:
        rows.append(_line(summary, name, amount, (level, level + amount), scale))
        level += amount
    rows.append(_line(summary, "gross", gross, (0.0, gross), scale))
    for name, amount in losses:
        rows.append(_line(summary, name, amount, (level + amount, level), scale))
        level += amount
    net = summary["net_pnl"]
    rows.append(_line(summary, "net", net, (min(0.0, net), max(0.0, net)), scale))
    residual, exact = residual_words(summary)
    rows.append(["residual", Cell(html=f"<small>{exact}</small>"), residual, ""])
    lines = table(("", "", f">{summary['currency']}", ">points a year"), rows, kind="invoice")
    return lines if on_initial_capital(summary) else lines + paragraph(NO_POINTS, "muted")


def _scale(gross: float, lost: float) -> tuple[float, float]:
    low, high = min(0.0, gross + lost), max(gross, 0.0)
    return low, high if high > low else low + 1.0


def _line(
    summary: Summary,
    name: str,
    amount: float,
    span: tuple[float, float],
    scale: tuple[float, float],
) -> list[Content]:
    low, high = scale
    left, right = (100.0 * (x - low) / (high - low) for x in span)
    colour = bar_colour(name)
    bar = (
        f'<span class="bar"><i style="left:{left:.2f}%;width:{max(right - left, 0.4):.2f}%;'
        f'background:{colour}"></i></span>'
    )
    money = format_amount(amount, summary["currency"], signed=True)
    points = format_points(yearly(summary, amount))
    label = category_label(name, summary)
    if name in {"gross", "net"}:
        return [Cell(html=f"<b>{label}</b>"), Cell(html=bar), _bold(money), _bold(points)]
    return [label, Cell(html=bar), money, points]


def _bold(text: str) -> Cell:
    return Cell(html=f"<b>{text}</b>")


def bar_colour(name: str) -> str:
    """Return the colour of a line of the invoice.

    Parameters
    ----------
    name : str
        A category, "gross" or "net".

    Returns
    -------
    str
        ``#RRGGBB``.
    """
    if name in TRADING_COSTS:
        return COSTS
    if name in CATEGORY_COLOURS:
        return CATEGORY_COLOURS[name]
    return NET if name == "net" else "#8A94A0"


def limit_rows(
    summary: Summary, risk: Mapping[str, Any], beyond: Mapping[str, tuple[float, float]]
) -> list[list[Content]]:
    """Return each risk measure against its limits.

    Parameters
    ----------
    summary : mapping
        As summary.json.
    risk : mapping
        The ``risk`` block of the configuration.
    beyond : mapping of str to (float, float)
        Measure -> hours at or past warning and critical.

    Returns
    -------
    list of list
        Measure, worst, warning, critical, hours past each.
    """
    worst = {
        "health_factor": ("least health factor", summary["min_health_factor"]),
        "ltv": ("largest LTV", summary["max_ltv"]),
        **{
            f"margin_ratio_{venue}": (f"least margin ratio, {venue}", value)
            for venue, value in (summary["min_margin_ratio"] or {}).items()
        },
    }
    if not summary["min_margin_ratio"]:
        worst["margin_ratio"] = ("least margin ratio", None)
    rows: list[list[Content]] = []
    for measure, (label, value) in worst.items():
        limits = limits_of(risk, measure)
        hours = beyond[measure] if measure in beyond else None
        rows.append(
            [
                label,
                format_ratio(value) if value is not None else f"{NONE} does not apply",
                *(NONE if limits is None else format_ratio(x) for x in (limits or (0.0, 0.0))),
                *(NONE if hours is None else f"{x:,.0f} h" for x in (hours or (0.0, 0.0))),
            ]
        )
    return rows


def limits_of(risk: Mapping[str, Any], measure: str) -> tuple[float, float] | None:
    """Return the limits of a measure.

    Parameters
    ----------
    risk : mapping
        The ``risk`` block of the configuration.
    measure : str
        A column of risk.csv.

    Returns
    -------
    tuple of float or None
        Warning and critical; None where the mode has none.
    """
    name = "margin_ratio" if measure.startswith("margin_ratio") else measure
    if name not in risk or risk[name] is None:
        return None
    return float(risk[name]["warning"]), float(risk[name]["critical"])


def funding_needed(summary: Summary, lent: float | None) -> tuple[float, float] | None:
    """Return the funding that would have matched lending, and what was earned.

    Parameters
    ----------
    summary : mapping
        As summary.json.
    lent : float or None
        What the same money would have earned in plain lending, share-class currency.

    Returns
    -------
    tuple of float or None
        Needed and earned, share-class currency; None without funding or lending.
    """
    earned = float(summary["attribution"]["funding"])
    if not earned or lent is None:
        return None
    return earned + lent - float(summary["net_pnl"]), earned


def worded_move(distance: float | None) -> str:
    """Return a distance to liquidation as a size.

    Parameters
    ----------
    distance : float or None
        Fraction.

    Returns
    -------
    str
        Percent with one decimal.
    """
    return format_share(distance, digits=1).replace(MINUS, "")
