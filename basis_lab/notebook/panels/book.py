"""The balance sheet at one chosen moment: two bars of one height, and the lines behind them."""

import numpy as np

from basis_lab.domain.instruments import Kind
from basis_lab.notebook.panels.markup import row, table, text
from basis_lab.notebook.series import RunSeries, line_name
from basis_lab.notebook.words import moment_text
from basis_lab.results.formats import format_amount, format_ratio, format_share

LABELLED = 0.09  # of the bar's height, one line of text; a thinner part is named in the table alone
TALL = 0.18  # two lines of text
SMALL_UNITS = 5e-7  # less is told as 0
WHITE_ON = frozenset({"collateral", "net"})
LARGE_PRICE = 100.0


def book_html(series: RunSeries, at: int) -> str:
    """Return what is owned and owed at a timestep.

    Parameters
    ----------
    series : RunSeries
        The run.
    at : int
        The timestep.

    Returns
    -------
    str
        HTML: two bars of equal height, assets against debts with equity on top.
    """
    owned = [(b.label, b.role, float(b.values[at])) for b in series.buckets if b.values[at] > 0.0]
    owed = [(b.label, b.role, -float(b.values[at])) for b in series.buckets if b.values[at] < 0.0]
    equity = float(series.record.equity[at])
    total = sum(x for *_, x in owned)
    claims = [("equity", "net", max(equity, 0.0)), *owed]
    when = text(moment_text(series, at))
    bars = _bar("assets", owned, total, series) + _bar("debts and equity", claims, total, series)
    return (
        f'<h4>Balance sheet at {when} <span class="muted">{text(_unit(series))}</span></h4>'
        f'<div class="bl-books" role="img" aria-label="assets {text(_told(series, total))}, '
        f'equity {text(_told(series, equity))}; the table below has every line">{bars}</div>'
    )


def _unit(series: RunSeries) -> str:
    return f"k {series.currency}" if series.currency == "USDT" else series.currency


def _told(series: RunSeries, amount: float) -> str:
    return f"{amount / 1000.0:,.1f}" if series.currency == "USDT" else f"{amount:,.2f}"


def _bar(name: str, parts: list[tuple[str, str, float]], total: float, series: RunSeries) -> str:
    pieces = []
    for label, role, value in parts:
        share = value / total if total > 0.0 else 0.0
        kind = "told" if share >= TALL else "told low"
        told = f"<span>{text(label)}</span> <span>{_told(series, value)}</span>"
        told = f'<span class="{kind}">{told}</span>' if share >= LABELLED else ""
        ink = "var(--bl-ground)" if role in WHITE_ON else "#1F2933"
        if role in {"perp", "wallet"}:
            ink = "var(--bl-ink)"
        look = f"flex:{share:.6f} 0 0;background:var(--bl-{role});color:{ink}"
        pieces.append(f'<div style="{look}">{told}</div>')
    return (
        f'<div class="bl-book"><div class="muted">{_told(series, total)}</div>'
        f'<div class="stack">{"".join(pieces)}</div><div class="muted">{name}</div></div>'
    )


def lines_html(series: RunSeries, at: int) -> str:
    """Return every line of the balance sheet at a timestep, with its sums.

    Parameters
    ----------
    series : RunSeries
        The run.
    at : int
        The timestep.

    Returns
    -------
    str
        HTML; loans and collateral in tokens, not in scaled units; the last row shows that assets
        less debts less equity is nothing.
    """
    lines, equity = series.lines, float(series.record.equity[at])
    rows, sums = [], {False: 0.0, True: 0.0}
    held = np.flatnonzero(lines.held[at])
    for i in sorted(held, key=lambda i: (bool(lines.liabilities[at, i]), -lines.values[at, i])):
        value, owed = float(lines.values[at, i]), bool(lines.liabilities[at, i])
        sums[owed] += value
        key = lines.keys[i]
        index = series.index_of(key, at)
        units, price = (float(x[at, i]) for x in (lines.quantities, lines.unit_prices))
        if key.kind is Kind.PERP:
            price = float("nan")  # its worth is what it gained, no price times a quantity
        elif owed and price < 0.0:
            units, price = -units, -price  # owed is the quantity, not the price
        rows.append(
            row(
                text(line_name(key)),
                [
                    (text(key.venue), ""),
                    (_quantity(units * index), "num"),
                    (_price(price / index), "num"),
                    (format_amount(value, series.currency), "num"),
                    (_share(value, equity), "num points"),
                ],
            )
        )
    for name, amount in (("assets", sums[False]), ("debts", sums[True]), ("equity", equity)):
        cells = [("", ""), ("", ""), ("", ""), (format_amount(amount, series.currency), "num")]
        rows.append(row(name, [*cells, (_share(amount, equity), "num points")], kind="sum"))
    left = sums[False] + sums[True] - equity
    told = f"{abs(left):.2f}"
    empty = [("", ""), ("", ""), ("", ""), (told, "num"), ("", "")]
    rows.append(row("assets \N{MINUS SIGN} debts \N{MINUS SIGN} equity", empty, kind="quiet"))
    head = [
        ("line", ""),
        ("venue", ""),
        ("quantity", "num"),
        ("unit price", "num"),
        (f"value, {series.currency}", "num"),
        ("of equity", "num"),
    ]
    return table(f"Balance sheet at {moment_text(series, at)} UTC", head, rows, shown=True)


def _quantity(units: float) -> str:
    return "0" if abs(units) < SMALL_UNITS else f"{units:,.6f}".replace("-", "\N{MINUS SIGN}")


def _price(price: float) -> str:
    if not np.isfinite(price):
        return "\N{EN DASH}"
    return format_ratio(price, digits=2 if abs(price) >= LARGE_PRICE else 6)


def _share(value: float, equity: float) -> str:
    return format_share(value / equity if equity > 0.0 else None, digits=1)
