"""Gross to net as an invoice that adds up in sight, and the days behind each of its rows."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from basis_lab.domain.market import FloatArray
from basis_lab.notebook.panels.markup import row, table, text
from basis_lab.notebook.pins import Pin, dates_text, same_dates
from basis_lab.notebook.series import RunSeries
from basis_lab.notebook.words import day_text
from basis_lab.results.formats import MINUS, format_amount, format_points
from basis_lab.results.labels import category_label
from basis_lab.results.style import TRADING_COSTS
from basis_lab.results.verdict import NO_POINTS, on_initial_capital, yearly

LOUD_RESIDUAL = 1e-6  # of capital
MOST_DAYS = 10


def invoice_html(series: RunSeries, pinned: Pin | None, chosen: str) -> str:
    """Return the invoice: what was earned, gross, what it cost, net, and the residual.

    Parameters
    ----------
    series : RunSeries
        The run.
    pinned : Pin or None
        The run that a column of differences is against: of amounts over the same dates, of points
        a year over others.
    chosen : str
        The category that is unfolded, or "".

    Returns
    -------
    str
        HTML; rows are buttons that unfold their days.
    """
    amounts = series.summary["attribution"]
    against = _Against.of(series, pinned)
    gone = {} if against is None else _gone(amounts, against.summary["attribution"])
    gains = sorted((x for x in amounts.items() if x[1] > 0.0), key=lambda x: -x[1])
    gains += [(x, 0.0) for x, amount in gone.items() if amount > 0.0]
    costs = sorted((x for x in amounts.items() if x[1] < 0.0), key=lambda x: x[1])
    costs += [(x, 0.0) for x, amount in gone.items() if amount < 0.0]
    gross = math.fsum(x for _, x in gains)
    net = float(series.summary["net_pnl"])
    ladder = _Ladder(series, against, chosen, gains, net + min(0.0, -net))
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
        unit = "" if against.alike else ", points"
        head.append((f"drawn {MINUS} {text(against.name)}{unit}", "num against"))
    made = table("Gross to net, with points of APR", head, rows, kind="bl-invoice")
    return made + _notes(series, against)


def _notes(series: RunSeries, against: "_Against | None") -> str:
    notes = []
    if not on_initial_capital(series.summary):
        notes.append(NO_POINTS)
    if against is not None and not against.alike:
        dates = dates_text(against.summary)
        told = f"{against.name} ran {dates}: over other dates amounts are not subtracted"
        notes.append(f"{told}, points a year are.")
    return "".join(f'<p class="muted">{text(x)}</p>' for x in notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Against:
    """The run that is subtracted, and whether it is about the same days."""

    name: str
    summary: Mapping[str, Any]
    alike: bool

    @classmethod
    def of(cls, series: RunSeries, pinned: Pin | None) -> Self | None:
        """Return none where there is no difference: without a pin, in another currency."""
        if pinned is None or pinned.summary["currency"] != series.currency:
            return None
        alike = same_dates(series.summary, pinned.summary)
        return cls(name=pinned.name, summary=pinned.summary, alike=alike)

    def amount(self, name: str, above: frozenset[str]) -> float:
        """Return what the run has in a row of an invoice with these causes above its gross line.

        They may be costs of this run: its own gross would not be the sum of the rows in sight.
        """
        attribution = self.summary["attribution"]
        match name:
            case "net":
                return float(self.summary["net_pnl"])
            case "gross":
                return math.fsum(float(attribution[x]) for x in above)
            case _:
                return float(attribution[name])


class _Ladder:
    """Rows of one invoice, over one scale."""

    def __init__(
        self,
        series: RunSeries,
        against: _Against | None,
        chosen: str,
        gains: list[tuple[str, float]],
        low: float,
    ) -> None:
        self._series = series
        self._currency = series.currency
        self._against = against
        self._chosen = chosen
        self._above = frozenset(name for name, _ in gains)
        gross = math.fsum(x for _, x in gains)
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
        points = format_points(yearly(self._series.summary, amount))
        signed = told if told else format_amount(amount, self._currency, signed=True)
        cells = [(bar, "bar"), (signed, "num"), (points, "num points")]
        if self._against is not None:
            cells.append((self._difference(name, amount), "num points"))
        return cells

    def _difference(self, name: str, amount: float) -> str:
        against = self._against
        if against is None or name == "residual":
            return ""
        other = against.amount(name, self._above)
        if against.alike:
            return format_amount(amount - other, self._currency, signed=True)
        mine, its = yearly(self._series.summary, amount), yearly(against.summary, other)
        return format_points(None if mine is None or its is None else mine - its)

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
