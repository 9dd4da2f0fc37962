"""Longer sections of a report: rebalances, costs, balance sheets, drill-down, provenance."""

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.results import extract
from basis_lab.results.formats import NONE, format_amount, format_count, format_ratio
from basis_lab.results.frames import RunTables
from basis_lab.results.html import Cell, Content, Html, details, heading, paragraph, table
from basis_lab.results.labels import category_label
from basis_lab.results.report_data import Rebalance, ReportData
from basis_lab.results.report_events import MIDNIGHT, ROUNDING, DayTable
from basis_lab.results.report_words import worded_move
from basis_lab.strategies.base import ORDERED_EXIT, WITHDRAWAL

MONEY = frozenset({ORDERED_EXIT, WITHDRAWAL, "deposit"})  # triggers whose value is an amount
LONG_TABLE = 25  # rows of a table; more of them are summed up in a sentence
DRILL_DAYS = 5
NO_EVENT = "No event of its own: prices, rates and indices moved what was held."
BROUGHT = (
    "carry brought: what the units that were added earned until the next decision, less what the "
    "units taken away would have earned"
)


class Sections:
    """The longer sections of one run's report.

    Parameters
    ----------
    tables : RunTables
        The run.
    data : ReportData
        What is computed from them.
    """

    def __init__(self, tables: RunTables, data: ReportData) -> None:
        self._tables = tables
        self._data = data
        self._summary = tables.summary
        self._currency = str(tables.summary["currency"])

    def rebalances(self) -> Html:
        """Return each rebalance with its reason, its cost and what it brought.

        Returns
        -------
        Html
            A table.
        """
        found = self._data.rebalances
        told_in = (
            f"moved (trades at exchanges), cost and carry brought in {self._currency}; {BROUGHT}"
        )
        thinned = self._tables.thinned
        if thinned:
            told_in = (
                f"moved (trades at exchanges) and cost in {self._currency}; {thinned}, so what a "
                "rebalance brought, and how near liquidation was, cannot be told, nor what it "
                "cost where a row has no price of its own"
            )
        title = heading(format_count(len(found), "rebalance"), told_in)
        if not found:
            return title + paragraph("Nothing was rebalanced after the entry.", "muted")
        head = (
            *("decided", "why", "action", ">value", ">limit", ">moved", ">cost"),
            *(">carry brought", ">nearest liquidation"),
        )
        shown = [self._rebalance(x) for x in found[:LONG_TABLE]]
        told = title + table(head, shown, kind="long moments")
        rest = found[LONG_TABLE:]
        if not rest:
            return told
        cost = format_amount(self._data.cost_since(rest[0].start), self._currency, signed=True)
        return told + paragraph(f"{len(rest)} later ones cost {cost} {self._currency}.", "muted")

    def _rebalance(self, rebalance: Rebalance) -> list[Content]:
        currency = self._currency
        why = rebalance.trigger.replace("_", " ")
        value, limit = (format_ratio(x, digits=4) for x in (rebalance.value, rebalance.limit))
        side = rebalance.side
        if rebalance.trigger in MONEY:  # an amount, which has no limit and is no side
            value, limit = f"{format_amount(rebalance.value, currency)} {currency}", NONE
            side = side if rebalance.trigger == ORDERED_EXIT else ""
        before, after = (
            worded_move(x) for x in (rebalance.distance_before, rebalance.distance_after)
        )
        return [
            f"{rebalance.start:%Y-%m-%d %H:%M}",
            f"{why}, {side}" if side else why,
            rebalance.action.replace("_", " "),
            value,
            limit,
            format_amount(rebalance.moved, currency),
            format_amount(rebalance.cost, currency, signed=True),
            format_amount(rebalance.carry, currency, signed=True),
            NONE if before == after == NONE else f"{before} \N{RIGHTWARDS ARROW} {after}",
        ]

    def costs(self) -> Html:
        """Return costs by venue and kind.

        Returns
        -------
        Html
            A table that adds up to the summary's costs.
        """
        totals = {name: x for name, x in self._summary["costs"].items() if x != 0.0}
        title = heading("Costs by venue and kind", self._currency)
        if not totals:
            return title + paragraph("Nothing was paid for.", "muted")
        kinds = list(totals)
        by_venue = {
            str(venue): [float(line[kind]) if kind in line else 0.0 for kind in kinds]
            for venue, line in self._data.costs.iterrows()
        }
        rows = [self._cost(venue, amounts) for venue, amounts in by_venue.items()]
        told = [sum(amounts[i] for amounts in by_venue.values()) for i in range(len(kinds))]
        rest = [totals[kind] - x for kind, x in zip(kinds, told, strict=True)]
        if any(abs(x) > ROUNDING * self._summary["initial_capital"] for x in rest):
            rows.append(self._cost("venue not known", rest))
        rows.append(self._cost("all", list(totals.values())))
        head = ("venue", *(f">{category_label(kind, self._summary)}" for kind in kinds), ">all")
        return title + table(head, rows)

    def _cost(self, name: str, amounts: list[float]) -> list[Content]:
        told = [format_amount(x, self._currency, signed=True) for x in (*amounts, sum(amounts))]
        return [name, *told]

    def balance_moments(self) -> Html:
        """Return the balance sheet at the start, the worst moment and the end.

        Returns
        -------
        Html
            A table; each column adds up to its equity.
        """
        pnl, sheet = self._tables.pnl, self._tables.balance_sheet
        worst = extract.drawdown(pnl).idxmin()
        moments = {"start": pnl.index[0], "deepest drawdown": worst, "end": pnl.index[-1]}
        columns = {}
        for name, stamp in moments.items():
            held = sheet.loc[[stamp]] if stamp in sheet.index else sheet.iloc[:0]
            columns[name] = dict(zip(held["line"], held["value"], strict=True))
        lines = list(dict.fromkeys(x for values in columns.values() for x in values))
        rows: list[list[Content]] = [
            [
                _line_name(str(line), [x[line] for x in columns.values() if line in x]),
                *(format_amount(x.get(line), self._currency) for x in columns.values()),
            ]
            for line in lines
        ]
        equity = [format_amount(float(pnl["equity"][x]), self._currency) for x in moments.values()]
        rows.append([_bold("equity"), *(_bold(x) for x in equity)])
        head = ("line", *(f">{name}, {x:%Y-%m-%d %H:%M}" for name, x in moments.items()))
        told = "; ".join(x for x in (self._currency, self._tables.thinned) if x)
        return heading("Balance sheet at three moments", told) + table(head, rows)

    def drill_down(self) -> Html:
        """Return each category, its largest days, and what happened on them.

        Returns
        -------
        Html
            Folded lists; they open without a script.
        """
        told = [(name, x) for name, x in self._summary["attribution"].items() if x != 0.0]
        told.sort(key=lambda pair: -abs(pair[1]))
        pieces = heading(
            "From a category to its days and events",
            f"click to unfold; amounts are positive where the book received; {MIDNIGHT}",
        )
        for name, amount in told:
            pieces = pieces + details(self.amount(name, amount), self._days(name))
        return pieces

    def _days(self, category: str) -> Html:
        series = self._data.daily[category]
        largest = series[series != 0.0].abs().nlargest(DRILL_DAYS).index
        told = DayTable(
            self._data, self._tables.events, self._currency, self._summary["initial_capital"]
        )
        pieces = Html("")
        for day in pd.DatetimeIndex(largest):
            line = self.amount(f"{day:%Y-%m-%d}", float(series[day]))
            rows = told.rows(category, day)
            inner = table(told.head(), rows) if rows else paragraph(NO_EVENT, "muted")
            pieces = pieces + details(line, inner)
        return pieces

    def amount(self, label: str, amount: float) -> str:
        """Return a name and its amount.

        Parameters
        ----------
        label : str
            A category or a day.
        amount : float
            Share-class currency.

        Returns
        -------
        str
            "funding: +1,581 USDT".
        """
        told = format_amount(amount, self._currency, signed=True)
        return f"{category_label(label, self._summary)}: {told} {self._currency}"


def provenance(summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> Html:
    """Return what made the run: versions, files, command.

    Parameters
    ----------
    summary, manifest : mapping
        As summary.json and manifest.json.

    Returns
    -------
    Html
        A table of the run and one of its series.
    """
    facts = [
        ("run", str(summary["run_id"])),
        ("status", str(summary["status"])),
        ("basis_lab", str(manifest["package_version"])),
        ("Python", f"{manifest['python_version']}, {manifest['platform']}"),
        ("libraries", ", ".join(f"{k} {v}" for k, v in manifest["libraries"].items())),
        ("data", str(manifest["data_fingerprint"])),
    ]
    if manifest.get("command"):
        facts.append(("command", str(manifest["command"])))
    rows: list[list[Content]] = [[name, _code(text)] for name, text in facts]
    series: list[list[Content]] = [
        [x["key"], x["file"], _code(x["file_sha256"][:16]), "; ".join(x["notes"])]
        for x in manifest["series"]
    ]
    head = ("series", "file", "SHA-256", "carried, proxied or lagged")
    kind = "synthetic data" if summary["synthetic_data"] else "real data"
    foot = Html(f"<footer>{escape(str(summary['run_id']))}, {kind}</footer>")
    files = details("Series and files", table(head, series, kind="long"))
    return heading("Provenance") + table(("what", ""), rows) + files + foot


def _line_name(line: str, values: list[float]) -> str:
    """Return the name of a line; a wallet below zero is gas that was paid with what is owed."""
    instrument = Instrument.parse(line)
    owed = instrument.kind is Kind.TOKEN and min(values) < 0.0
    return f"{extract.line_label(instrument)}{', below 0: gas owed' if owed else ''}"


def _bold(text: str) -> Cell:
    return Cell(html=f"<b>{escape(text)}</b>")


def _code(text: str) -> Cell:
    return Cell(html=f"<code>{escape(text)}</code>")
