"""The tear sheet of a run: each method is one section, shown by a notebook and by a report."""

import json
from collections.abc import Iterable
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from basis_lab.results import report_words as words
from basis_lab.results.formats import (
    NONE,
    format_amount,
    format_points,
    format_ratio,
    format_share,
)
from basis_lab.results.frames import RunTables
from basis_lab.results.html import Cell, Content, Html, details, heading, paragraph, table
from basis_lab.results.report_data import Background, Rebalance, ReportData
from basis_lab.results.report_figures import draw_distances, draw_starts
from basis_lab.results.result import RunResult

if TYPE_CHECKING:
    import plotly.graph_objects as go

WORST_DAYS = 10
LONG_TABLE = 25  # rows of a table; more of them are summed up in a sentence
DRILL_DAYS = 5
DRILL_EVENTS = 12


class TearSheet:
    """Every section of a run's report.

    Parameters
    ----------
    run : RunResult
        The run, fresh or opened.
    background : Background
        What its data tell beyond its folder.
    """

    def __init__(self, run: RunResult, background: Background) -> None:
        self.run = run
        self._background = background
        self._summary = run.summary
        self._currency = str(run.summary["currency"])

    @cached_property
    def _tables(self) -> RunTables:
        return self.run.tables

    @cached_property
    def _data(self) -> ReportData:
        return ReportData(self._tables)

    def headline(self) -> Html:
        """Return verdict, badges and six figures.

        Returns
        -------
        Html
            The top of the report.
        """
        stand_ins = [
            f"{series['key']}: {note}"
            for series in self.run.manifest["series"]
            for note in series["notes"]
            if "proxy" in note or "stands for" in note
        ]
        return words.headline(self._summary, tuple(stand_ins))

    def equity(self) -> "go.Figure":
        """Draw what was earned, held and left, beside plain lending.

        Returns
        -------
        plotly.graph_objects.Figure
            Share-class currency.
        """
        return self.run.figures.cumulative_pnl()

    def drawdown(self) -> "go.Figure":
        """Draw the distance below the highest NAV so far.

        Returns
        -------
        plotly.graph_objects.Figure
            Percent.
        """
        return self.run.figures.drawdown()

    def attribution(self) -> "go.Figure":
        """Draw the cumulative attribution.

        Returns
        -------
        plotly.graph_objects.Figure
            Share-class currency.
        """
        return self.run.figures.pnl_components()

    def invoice(self) -> Html:
        """Return gross to net, the residual as the last row.

        Returns
        -------
        Html
            A table that adds up.
        """
        title = heading("Gross to net: the same money", "largest first; the residual is what is")
        return title + words.invoice(self._summary)

    def balance(self) -> "go.Figure":
        """Draw how the book grew and shrank.

        Returns
        -------
        plotly.graph_objects.Figure
            Share-class currency.
        """
        return self.run.figures.balance_sheet()

    def distances(self) -> "go.Figure":
        """Draw the distance to liquidation of every side.

        Returns
        -------
        plotly.graph_objects.Figure
            Percent of price, logarithmic.
        """
        return draw_distances(self._tables)

    def starts(self) -> "go.Figure":
        """Draw what other starts would have brought.

        Returns
        -------
        plotly.graph_objects.Figure
            Net APR of equal holds by start date.
        """
        return draw_starts(self._background)

    def conditions(self) -> Html:
        """Return what would have to be true.

        Returns
        -------
        Html
            A table: condition, figure, what was seen.
        """
        rows = [
            self._needed_funding(),
            self._days_to_leave(),
            self._cost_of_rebalances(),
            self._worst_exit(),
            *self._least_ratios(),
        ]
        title = heading("What would have to be true")
        return title + table(("condition", ">figure", "what was seen"), rows)

    def _needed_funding(self) -> list[Content]:
        label = "funding needed to match lending"
        found = words.funding_needed(self._summary)
        if found is None:
            return [label, NONE, "does not apply: no funding was paid, or nothing to match"]
        needed, earned = found
        return [
            label,
            f"{format_share(needed)} a year",
            f"of capital; earned {format_share(earned)}",
        ]

    def _days_to_leave(self) -> list[Content]:
        label = "days until leaving gives the capital back"
        pnl = self._tables.pnl
        paid_in = self._summary["initial_capital"] + pnl["flows"].cumsum()
        back = pnl.index[(pnl["exit_equity"] >= paid_in).to_numpy()]
        told = self._summary["break_even_days"]
        rate = f"at the mean carry of the run {format_ratio(told, digits=0)} days"
        if len(back) == 0:
            return [label, NONE, f"never within the run; {rate}"]
        days = (back[0] - pnl.index[0]) / pd.Timedelta(days=1)
        return [label, f"{days:,.0f} days", f"first on {back[0]:%Y-%m-%d}; {rate}"]

    def _cost_of_rebalances(self) -> list[Content]:
        found = self._data.rebalances
        label = f"cost of the {len(found)} rebalances" if found else "cost of rebalances"
        if not found:
            return [label, NONE, "does not apply: nothing was rebalanced"]
        cost = sum(x.cost for x in found)
        gross = sum(x for x in self._summary["attribution"].values() if x > 0.0)
        share = None if gross == 0.0 else -cost / gross
        amount = f"{format_amount(cost, self._currency, signed=True)} {self._currency}"
        return [label, amount, f"{format_share(share, digits=1)} of gross"]

    def _worst_exit(self) -> list[Content]:
        pnl = self._tables.pnl
        gap = (pnl["exit_equity"] / pnl["equity"] - 1.0).dropna()
        label = "cost of leaving at the worst hour"
        if len(gap) == 0:
            return [label, NONE, "does not apply: nothing was held"]
        worst = gap.idxmin()
        return [label, format_share(float(gap.min())), f"of equity, {worst:%Y-%m-%d %H:%M}"]

    def _least_ratios(self) -> Iterable[list[Content]]:
        risk = self._tables.config["risk"]
        margins = self._summary["min_margin_ratio"]
        least = None if not margins else min(margins.values())
        for label, value, measure in (
            ("least health factor", self._summary["min_health_factor"], "health_factor"),
            ("least margin ratio", least, "margin_ratio"),
        ):
            limits = words.limits_of(risk, measure)
            if value is None or limits is None:
                yield [label, NONE, "does not apply to this run"]
            else:
                yield [label, format_ratio(value), f"act at {format_ratio(limits[0])}"]

    def months(self) -> Html:
        """Return each month's return beside lending's.

        Returns
        -------
        Html
            A table; a first or last month may be shorter than the calendar's.
        """
        returns = self._data.months
        lending = self._lending_by_month()
        rows: list[list[Content]] = []
        for month, gain in returns["strategy"].items():
            lent = lending.get(str(month))
            gap = None if lent is None else gain - lent
            told = [format_share(x, signed=True) for x in (gain, lent)]
            rows.append([str(month), *told, f"{format_points(gap)} pp"])
        title = heading("Months", "return of a share, after all costs")
        return title + table(("month", ">strategy", ">lending", ">difference"), rows)

    def _lending_by_month(self) -> dict[str, float]:
        level = self._background.lending
        if level is None:
            return {}
        stamps = level.index.strftime("%Y-%m")
        last = level.groupby(stamps).last()
        first = pd.Series([level.iloc[0], *last.iloc[:-1]], index=last.index)
        return {str(month): float(x) for month, x in (last / first - 1.0).items()}

    def worst_days(self) -> Html:
        """Return the days that lost most and why.

        Returns
        -------
        Html
            A table.
        """
        found = self._data.worst_days(WORST_DAYS)
        title = heading("Worst days", f"P&L, {self._currency}")
        if len(found) == 0:
            return title + paragraph("No day lost anything.", "muted")
        rows = [
            [
                f"{day:%Y-%m-%d}",
                format_amount(float(row["net"]), self._currency, signed=True),
                f"{str(row['cause']).replace('_', ' ')} "
                f"{format_amount(float(row['amount']), self._currency, signed=True)}",
            ]
            for day, row in found.iterrows()
        ]
        return title + table(("day", f">{self._currency}", "largest cause"), rows)

    def rebalances(self) -> Html:
        """Return each rebalance with its reason, its cost and what it brought.

        Returns
        -------
        Html
            A table.
        """
        found = self._data.rebalances
        count = len(found)
        title = heading(f"{count} rebalance{'' if count == 1 else 's'}", _BROUGHT)
        if not found:
            return title + paragraph("Nothing was rebalanced after the entry.", "muted")
        head = ("decided", "why", "action", ">value", ">limit", ">moved", ">cost")
        head = (*head, ">carry brought", ">nearest liquidation")
        shown = [self._rebalance_row(x) for x in found[:LONG_TABLE]]
        told = title + table(head, shown, kind="long")
        rest = found[LONG_TABLE:]
        if not rest:
            return told
        cost = format_amount(sum(x.cost for x in rest), self._currency, signed=True)
        return told + paragraph(f"{len(rest)} later ones cost {cost} {self._currency}.", "muted")

    def _rebalance_row(self, rebalance: Rebalance) -> list[Content]:
        currency = self._currency
        why = rebalance.trigger.replace("_", " ")
        before, after = (
            words.worded_move(x) for x in (rebalance.distance_before, rebalance.distance_after)
        )
        return [
            f"{rebalance.start:%Y-%m-%d %H:%M}",
            f"{why}, {rebalance.side}" if rebalance.side else why,
            rebalance.action.replace("_", " "),
            format_ratio(rebalance.value, digits=4),
            format_ratio(rebalance.limit, digits=4),
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
        found = self._data.costs
        kinds = list(totals)

        def row(name: str, amounts: list[float]) -> list[Content]:
            told = [format_amount(x, self._currency, signed=True) for x in amounts]
            return [name, *told, format_amount(sum(amounts), self._currency, signed=True)]

        by_venue = {
            str(venue): [float(line[kind]) if kind in line else 0.0 for kind in kinds]
            for venue, line in found.iterrows()
        }
        rows = [row(venue, amounts) for venue, amounts in by_venue.items()]
        told = [sum(amounts[i] for amounts in by_venue.values()) for i in range(len(kinds))]
        rest = [totals[kind] - x for kind, x in zip(kinds, told, strict=True)]
        if any(abs(x) > ROUNDING * self._summary["initial_capital"] for x in rest):
            rows.append(row("told by no event", rest))
        rows.append(row("all", list(totals.values())))
        head = ("venue", *(f">{kind.replace('_', ' ')}" for kind in kinds), ">all")
        return title + table(head, rows)

    def risk(self) -> Html:
        """Return each risk measure against its limits and the time spent beyond them.

        Returns
        -------
        Html
            A table.
        """
        limits = self._tables.config["risk"]
        frame = self._tables.risk
        beyond = {}
        for measure in frame.columns:
            found = words.limits_of(limits, str(measure))
            if found is not None and frame[measure].notna().any():
                more = str(measure) == "ltv"
                values = frame[measure]
                past = [((values >= x) if more else (values <= x)).sum() for x in found]
                beyond[str(measure)] = (float(past[0]), float(past[1]))
        head = (
            "measure",
            ">worst",
            ">warning at",
            ">critical at",
            ">past warning",
            ">past critical",
        )
        rows = words.limit_rows(self._summary, limits, beyond)
        drift = self._summary["max_abs_net_delta"]
        rows.append(["largest net delta, of equity", format_share(drift), *[NONE] * 4])
        return heading("Risk against limits", "at the marks of the timesteps") + table(head, rows)

    def balance_moments(self) -> Html:
        """Return the balance sheet at the start, the worst moment and the end.

        Returns
        -------
        Html
            A table; each column adds up to its equity.
        """
        pnl, sheet = self._tables.pnl, self._tables.balance_sheet
        nav = pnl["nav_per_share"]
        worst = (nav / nav.cummax() - 1.0).idxmin()
        moments = {"start": pnl.index[0], "deepest drawdown": worst, "end": pnl.index[-1]}
        columns = {}
        for name, stamp in moments.items():
            rows = sheet.loc[[stamp]] if stamp in sheet.index else sheet.iloc[:0]
            columns[name] = dict(zip(rows["line"], rows["value"], strict=True))
        lines = list(dict.fromkeys(x for values in columns.values() for x in values))
        rows_: list[list[Content]] = [
            [
                line,
                *(format_amount(values.get(line), self._currency) for values in columns.values()),
            ]
            for line in lines
        ]
        equity = [format_amount(float(pnl["equity"][x]), self._currency) for x in moments.values()]
        rows_.append([_bold("equity"), *(_bold(x) for x in equity)])
        head = ("line", *(f">{name}, {x:%Y-%m-%d %H:%M}" for name, x in moments.items()))
        title = heading("Balance sheet at three moments", self._currency)
        return title + table(head, rows_)

    def drill_down(self) -> Html:
        """Return each category, its largest days, and what happened on them.

        Returns
        -------
        Html
            Folded lists; they open without a script.
        """
        title = heading("From a category to its days and events", "click to unfold")
        told = [(name, x) for name, x in self._summary["attribution"].items() if x != 0.0]
        told.sort(key=lambda pair: -abs(pair[1]))
        for name, amount in told:
            title = title + details(self._amount(name, amount), self._days(name))
        return title

    def _days(self, category: str) -> Html:
        series = self._data.daily[category]
        largest = series[series != 0.0].abs().nlargest(DRILL_DAYS).index
        pieces = Html("")
        for day in largest:
            line = self._amount(f"{day:%Y-%m-%d}", float(series[day]))
            pieces = pieces + details(line, self._events(day))
        return pieces

    def _amount(self, label: str, amount: float) -> str:
        told = format_amount(amount, self._currency, signed=True)
        return f"{label.replace('_', ' ')}: {told} {self._currency}"

    def _events(self, day: pd.Timestamp) -> Html:
        found = self._data.events_of(day)
        if len(found) == 0:
            return paragraph("No event: prices and indices moved.", "muted")
        rows = [_event_row(stamp, row) for stamp, row in found.head(DRILL_EVENTS).iterrows()]
        told = table(("time", "event", "venue", "instrument", ">amount", "why"), rows)
        rest = len(found) - DRILL_EVENTS
        return told if rest <= 0 else told + paragraph(f"and {rest} more in event_log.csv", "muted")

    def warnings(self) -> Html:
        """Return what the run warns of.

        Returns
        -------
        Html
            One paragraph a warning.
        """
        found = list(self._summary["warnings"])
        title = heading(f"{len(found)} warning{'' if len(found) == 1 else 's'}")
        for text in found if found else ["The run warns of nothing."]:
            title = title + paragraph(text, "warning" if found else "muted")
        return title

    def provenance(self) -> Html:
        """Return what made the run: versions, files, command.

        Returns
        -------
        Html
            A table of the run and one of its series.
        """
        manifest = self.run.manifest
        facts = [
            ("run", str(self._summary["run_id"])),
            ("status", str(self._summary["status"])),
            ("basis_lab", str(manifest["package_version"])),
            ("Python", f"{manifest['python_version']}, {manifest['platform']}"),
            ("libraries", ", ".join(f"{k} {v}" for k, v in manifest["libraries"].items())),
            ("data", str(manifest["data_fingerprint"])),
        ]
        if manifest.get("command"):
            facts.append(("command", str(manifest["command"])))
        rows = [[name, Cell(html=f"<code>{escape(text)}</code>")] for name, text in facts]
        series = [
            [x["key"], x["file"], Cell(html=f"<code>{x['file_sha256'][:16]}</code>"), _notes(x)]
            for x in manifest["series"]
        ]
        lines = table(("what", ""), rows)
        files = table(
            ("series", "file", "SHA-256", "carried, proxied or lagged"), series, kind="long"
        )
        kind = "synthetic data" if self._summary["synthetic_data"] else "real data"
        foot = Html(f"<footer>{escape(str(self._summary['run_id']))}, {kind}</footer>")
        return heading("Provenance") + lines + details("Series and files", files) + foot


_BROUGHT = (
    "carry brought: what the units that were added earned until the next decision, less what the "
    "units taken away would have"
)
ROUNDING = 1e-9  # of capital


def _bold(text: str) -> Cell:
    return Cell(html=f"<b>{escape(text)}</b>")


def _notes(series: dict[str, Any]) -> str:
    return "; ".join(series["notes"])


def _event_row(stamp: Any, row: "pd.Series") -> list[Content]:
    amount = row["amount"]
    told = NONE if pd.isna(amount) else f"{amount:,.2f}"
    why = row["trigger"] if isinstance(row["trigger"], str) else ""
    if isinstance(row["details"], str) and not why:
        found = json.loads(row["details"])
        why = f"rate {found['rate']:.6f}" if "rate" in found else ""
    texts = [row[x] if isinstance(row[x], str) else "" for x in ("venue", "instrument")]
    kind = str(row["event_type"]).replace("_", " ").lower()
    return [f"{stamp:%H:%M}", kind, *texts, told, why.replace("_", " ")]
