"""Gross to net as an invoice that adds up in sight, and the days behind each of its rows."""

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from basis_lab.calc.performance import DAYS_PER_YEAR
from basis_lab.domain.market import FloatArray
from basis_lab.notebook.panels.markup import row, table, text
from basis_lab.notebook.series import RunSeries
from basis_lab.notebook.words import day_text
from basis_lab.results.formats import MINUS, format_amount, format_points
from basis_lab.results.labels import category_label
from basis_lab.results.style import TRADING_COSTS
from basis_lab.results.verdict import Comparison

LOUD_RESIDUAL = 1e-6  # of capital
MOST_DAYS = 10


def invoice_html(series: RunSeries, pinned: Mapping[str, Any] | None, chosen: str) -> str:
    """Return the invoice: what was earned, gross, what it cost, net, and the residual.

    Parameters
    ----------
    series : RunSeries
        The run.
    pinned : mapping or None
        Summary of the run that a column of differences is against.
    chosen : str
        The category that is unfolded, or "".

    Returns
    -------
    str
        HTML; rows are buttons that unfold their days.
    """
    amounts = series.summary["attribution"]
    against = pinned if pinned is not None and pinned["currency"] == series.currency else None
    gone = {} if against is None else _gone(amounts, against["attribution"])
    gains = sorted((x for x in amounts.items() if x[1] > 0.0), key=lambda x: -x[1])
    gains += [(x, 0.0) for x, amount in gone.items() if amount > 0.0]
    costs = sorted((x for x in amounts.items() if x[1] < 0.0), key=lambda x: x[1])
    costs += [(x, 0.0) for x, amount in gone.items() if amount < 0.0]
    gross = math.fsum(x for _, x in gains)
    net = float(series.summary["net_pnl"])
    ladder = _Ladder(series, against, chosen, gross, net + min(0.0, -net))
    rows, level = [], 0.0
    for name, amount in gains:
        rows.append(ladder.row(name, level, amount))
        level += amount
    rows.append(ladder.total("gross", gross))
    for name, amount in costs:
        rows.append(ladder.row(name, level, amount))
        level += amount
    rows.append(ladder.total("net", net))
    rows.append(ladder.residual(net - math.fsum(amounts.values())))
    head = [("cause", "hidden"), ("", ""), (series.currency, "num"), ("points", "num")]
    if against is not None:
        head.append((f"drawn {MINUS} pinned", "num"))
    made = table("Gross to net, with points of APR", head, rows, kind="bl-invoice")
    if not series.record.flows[1:].any():
        return made
    note = "Points: a year, of the initial capital; the net APR above is on a share, without flows."
    return f'{made}<p class="muted">{note}</p>'


class _Ladder:
    """Rows of one invoice, over one scale."""

    def __init__(
        self,
        series: RunSeries,
        pinned: Mapping[str, Any] | None,
        chosen: str,
        gross: float,
        low: float,
    ) -> None:
        self._series = series
        self._currency = series.currency
        days = Comparison.of(series.summary).days
        capital = float(series.summary["initial_capital"])
        self._per_point = DAYS_PER_YEAR / days / capital if days > 0.0 else math.nan
        self._pinned = pinned
        self._chosen = chosen
        net = float(series.summary["net_pnl"])
        self._low = min(0.0, low, net, gross + sum(min(0.0, x) for x in _amounts(series)))
        self._high = max(gross, 0.0)
        if self._high == self._low:
            self._high = self._low + 1.0

    def row(self, name: str, level: float, amount: float) -> str:
        colour = f"var(--bl-{_colour_name(name)})"
        acts = {"data-do": "category", "data-of": name, "aria-expanded": _yes(name == self._chosen)}
        bar = self._bar(level, level + amount, colour)
        label = category_label(name, self._series.summary)
        return row(label, self._cells(bar, name, amount), acts=acts, kind=self._here(name))

    def total(self, name: str, amount: float) -> str:
        bar = self._bar(0.0, amount, f"var(--bl-{name})")
        return row(name, self._cells(bar, name, amount), kind="sum")

    def residual(self, amount: float) -> str:
        loud = abs(amount) > LOUD_RESIDUAL * float(self._series.summary["initial_capital"])
        kind = "loud" if loud else "quiet"
        return row("residual", self._cells("", "residual", amount), kind=kind)

    def _here(self, name: str) -> str:
        return "here" if name == self._chosen else ""

    def _cells(self, bar: str, name: str, amount: float) -> list[tuple[str, str]]:
        told = f"{amount:.2f}".replace("-0.00", "0.00") if name == "residual" else ""
        points = "" if math.isnan(self._per_point) else format_points(amount * self._per_point)
        signed = told if told else format_amount(amount, self._currency, signed=True)
        cells = [(bar, "bar"), (signed, "num"), (points, "num points")]
        if self._pinned is not None:
            cells.append((self._difference(name, amount), "num points"))
        return cells

    def _difference(self, name: str, amount: float) -> str:
        pinned = self._pinned
        if pinned is None or name == "residual":
            return ""
        match name:
            case "net":
                other = pinned["net_pnl"]
            case "gross":
                other = math.fsum(x for x in pinned["attribution"].values() if x > 0.0)
            case _:
                other = pinned["attribution"][name]
        return format_amount(amount - other, self._currency, signed=True)

    def _bar(self, start: float, end: float, colour: str) -> str:
        span = self._high - self._low
        left = 100.0 * (min(start, end) - self._low) / span
        width = 100.0 * abs(end - start) / span
        zero = 100.0 * (0.0 - self._low) / span
        return (
            '<div class="track" aria-hidden="true">'
            f'<div class="zero" style="left:{zero:.2f}%"></div>'
            f'<div style="left:{left:.2f}%;width:{width:.2f}%;background:{colour}"></div></div>'
        )


def _gone(amounts: Mapping[str, float], pinned: Mapping[str, float]) -> dict[str, float]:
    """Return what counted in the pinned run alone: else the differences would not add up."""
    return {x: y for x, y in pinned.items() if y != 0.0 and amounts[x] == 0.0}


def _amounts(series: RunSeries) -> list[float]:
    return [float(x) for x in series.summary["attribution"].values()]


def _colour_name(name: str) -> str:
    return "trading-costs" if name in TRADING_COSTS else name.replace("_", "-")


def _yes(truth: bool) -> str:  # noqa: FBT001 - a word for a truth
    return "true" if truth else "false"


def days_html(series: RunSeries, category: str) -> str:
    """Return the days on which a category counted most.

    Parameters
    ----------
    series : RunSeries
        The run.
    category : str
        An attribution category.

    Returns
    -------
    str
        HTML; a day is a button that shows its events.
    """
    days, sums = daily_sums(series, series.record.attribution[category])
    order = np.argsort(-np.abs(sums), kind="stable")[:MOST_DAYS]
    rows = []
    for i in order:
        day = days[i].astype(dt.datetime)
        amount = format_amount(float(sums[i]), series.currency, signed=True)
        acts = {"data-do": "day", "data-of": str(days[i])}
        rows.append(row(text(day_text(day)), [(amount, "num")], acts=acts))
    label = category_label(category, series.summary)
    caption = f"{label}: its largest days; choose one to see its events"
    return table(caption, [("day", ""), (series.currency, "num")], rows, shown=True)


def daily_sums(series: RunSeries, steps: FloatArray) -> tuple[np.ndarray, FloatArray]:
    """Return the sum of a column of steps over each UTC day.

    Parameters
    ----------
    series : RunSeries
        The run.
    steps : ndarray of shape (T,)
        By timestep.

    Returns
    -------
    tuple of ndarray
        Days (datetime64[D]) and sums.
    """
    days, first = np.unique(series.days, return_index=True)
    return days, np.asarray(np.add.reduceat(steps, first))
