"""The tear sheet of a run: each method is one section, shown by a notebook and by a report."""

import re
import textwrap
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from basis_lab.results import report_words as words
from basis_lab.results import style
from basis_lab.results.foot import scenarios_of, word_stopped
from basis_lab.results.formats import (
    NONE,
    format_amount,
    format_count,
    format_points,
    format_share,
)
from basis_lab.results.frames import RunTables
from basis_lab.results.html import Content, Html, heading, paragraph, table
from basis_lab.results.report_conditions import find_conditions
from basis_lab.results.report_data import Background, ReportData
from basis_lab.results.report_events import MIDNIGHT
from basis_lab.results.report_figures import draw_distances, draw_starts
from basis_lab.results.report_sections import Sections, provenance
from basis_lab.results.result import RunResult

if TYPE_CHECKING:
    import plotly.graph_objects as go

WORST_DAYS = 10
NO_LENDING = "No lending to compare with: the run's folder has none (lending_equity is empty)."
RATES = "lst/aave/"  # series of what a staked token is redeemed for
HEAD_PX, LINE_PX = 8, 17  # above a figure: room, and each line of its title
TITLE_LETTERS = 60  # of a line of a title in half the width
LINE_LETTERS = 72  # of a subtitle in half the width


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
        keys = [str(x["key"]) for x in self.run.manifest["series"]]
        staked = {x.removeprefix(RATES).partition(".")[0] for x in keys if x.startswith(RATES)}
        return ReportData(self._tables, frozenset(staked))

    @cached_property
    def sections(self) -> Sections:
        """The longer sections: rebalances, costs, balance sheets, drill-down."""
        return Sections(self._tables, self._data)

    def headline(self) -> Html:
        """Return verdict, badges, six figures, and that the run was stopped.

        Returns
        -------
        Html
            The top of the report.
        """
        stand_ins = dict.fromkeys(
            f"{str(series['key']).rpartition('.')[0]}: {note}"
            for series in self.run.manifest["series"]
            for note in series["notes"]
            if "proxy" in note or "stands for" in note
        )
        notes = [*(f"scenario {x}" for x in scenarios_of(self.run.manifest)), *stand_ins]
        top = words.headline(self._summary, tuple(notes))
        for text in word_stopped(self._summary):
            top = top + paragraph(text, "warning")
        return top

    def equity(self) -> "go.Figure":
        """Draw what was earned, held and left, beside plain lending.

        Returns
        -------
        plotly.graph_objects.Figure
            Share-class currency.
        """
        pnl = self._tables.pnl
        earned = float(pnl.filter(regex="^cumulative_pnl_").iloc[:, 0].iloc[-1])
        left = earned + float(pnl["exit_equity"].iloc[-1] - pnl["equity"].iloc[-1])
        told = [format_amount(x, self._currency, signed=True) for x in (earned, left)]
        title = f"{told[0]} {self._currency} held to the end, {told[1]} if all is closed then"
        return _paper(self.run.figures.cumulative_pnl(), title)

    def drawdown(self) -> "go.Figure":
        """Draw the distance below the highest NAV so far.

        Returns
        -------
        plotly.graph_objects.Figure
            Percent.
        """
        return _paper(self.run.figures.drawdown())

    def attribution(self) -> "go.Figure":
        """Draw the cumulative attribution.

        Returns
        -------
        plotly.graph_objects.Figure
            Share-class currency.
        """
        return _paper(self.run.figures.pnl_components())

    def invoice(self) -> Html:
        """Return gross to net, the residual as the last row.

        Returns
        -------
        Html
            A table that adds up.
        """
        title = heading(
            "Gross to net: the same money", "largest first; the last row is what is left over"
        )
        return title + words.invoice(self._summary)

    def balance(self) -> "go.Figure":
        """Draw how the book grew and shrank.

        Returns
        -------
        plotly.graph_objects.Figure
            Share-class currency.
        """
        return _paper(self.run.figures.balance_sheet())

    def distances(self) -> "go.Figure":
        """Draw the distance to liquidation of every side.

        Returns
        -------
        plotly.graph_objects.Figure
            Percent of price, logarithmic.
        """
        return _paper(draw_distances(self._tables))

    def starts(self) -> "go.Figure":
        """Draw what other starts would have brought.

        Returns
        -------
        plotly.graph_objects.Figure
            Net APR of equal holds by start date.
        """
        return _paper(draw_starts(self._background))

    def conditions(self) -> Html:
        """Return what would have to be true.

        Returns
        -------
        Html
            A table: condition, figure, what was seen.
        """
        title = heading("What would have to be true", self._tables.thinned)
        rows = find_conditions(self._tables, self._data)
        return title + table(("condition", ">figure", "what was seen"), rows)

    def months(self) -> Html:
        """Return each month's return beside lending's.

        Returns
        -------
        Html
            A table; a first or last month may be shorter than the calendar's.
        """
        returns = self._data.months
        rows: list[list[Content]] = []
        for month, gain, lent in returns.itertuples():
            lending = None if pd.isna(lent) else lent
            gap = None if lending is None else gain - lending
            returned = [format_share(x, signed=True) for x in (gain, lending)]
            rows.append([self._month(str(month)), *returned, format_points(gap)])
        title = heading("Months", f"return of a share, after all costs; {MIDNIGHT}")
        told = title + table(("month", ">strategy", ">lending", ">difference, points"), rows)
        return told + paragraph(NO_LENDING, "muted") if returns["lending"].isna().all() else told

    def _month(self, month: str) -> str:
        """Return a month, with the days where the run had a part of it."""
        stamps = pd.DatetimeIndex(self._tables.pnl.index)
        first, last = stamps[0], (stamps[-1] - pd.Timedelta(seconds=1)).floor("D")
        parts = []
        if f"{first:%Y-%m}" == month and first.day > 1:
            parts.append(f"from {first.day}")
        if f"{last:%Y-%m}" == month and not last.is_month_end:
            parts.append(f"to {last.day}")
        return ", ".join((month, " ".join(parts))) if parts else month

    def worst_days(self) -> Html:
        """Return the days that lost most and why.

        Returns
        -------
        Html
            A table.
        """
        found = self._data.worst_days(WORST_DAYS)
        title = heading("Worst days", f"P&L, {self._currency}; {MIDNIGHT}")
        if len(found) == 0:
            return title + paragraph("No day lost anything.", "muted")
        rows = [
            [
                f"{day:%Y-%m-%d}",
                format_amount(float(row["net"]), self._currency, signed=True),
                self.sections.amount(str(row["cause"]), float(row["amount"])).replace(":", ""),
            ]
            for day, row in found.iterrows()
        ]
        return title + table(("day", f">{self._currency}", "largest cause"), rows)

    def risk(self) -> Html:
        """Return each risk measure against its limits and the time spent beyond them.

        Returns
        -------
        Html
            A table.
        """
        limits = self._tables.config["risk"]
        frame = self._tables.risk
        stamps = pd.DatetimeIndex(frame.index)
        step_h = (stamps[-1] - stamps[0]) / pd.Timedelta(hours=1) / max(len(stamps) - 1, 1)
        beyond = {}
        for measure in frame.columns:
            found = words.limits_of(limits, str(measure))
            if found is not None and frame[measure].notna().any():
                more = str(measure) == "ltv"
                values = frame[measure]
                past = [step_h * ((values >= x) if more else (values <= x)).sum() for x in found]
                beyond[str(measure)] = (float(past[0]), float(past[1]))
        head = (
            *("measure", ">worst", ">warning at", ">critical at"),
            *(">past warning", ">past critical"),
        )
        rows = words.limit_rows(self._summary, limits, beyond)
        drift = self._summary["max_abs_net_delta"]
        rows.append(["largest net delta, of equity", format_share(drift), *[NONE] * 4])
        told = "at the marks of the timesteps"
        if self._tables.thinned:
            told = f"worst: {told}; hours past a limit: of the rows, since {self._tables.thinned}"
        return heading("Risk against limits", told) + table(head, rows)

    def warnings(self) -> Html:
        """Return what the run warns of, first that it was stopped.

        Returns
        -------
        Html
            One paragraph a warning.
        """
        found = [*word_stopped(self._summary), *self._summary["warnings"]]
        title = heading(format_count(len(found), "warning"))
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
        return provenance(self._summary, self.run.manifest)


def _paper(figure: "go.Figure", finding: str = "") -> "go.Figure":
    """Return a figure as it stands in a column of paper: lower, its case told at the page's top.

    Title and labels of the value axis begin where the tables beside them do; the unit stands in
    the second line.
    """
    title, _, told = str(figure.layout.title.text).partition("<br>")
    bold = finding if finding else re.sub("<[^>]*>", "", title)
    title = "<br>".join(f"<b>{x}</b>" for x in textwrap.wrap(bold, TITLE_LETTERS))
    subtitle = told.rpartition(" \N{MIDDLE DOT} ")[2].removesuffix("</span>")
    unit = str(figure.layout.yaxis.title.text or "")
    drawn = figure.layout.yaxis.visible is not False
    if drawn and unit not in subtitle:
        subtitle = f"{subtitle} ({unit})"
    wrapped = "<br>".join(textwrap.wrap(re.sub("<[^>]*>", "", subtitle), LINE_LETTERS))
    text = f"{title}<br><span style='color:{style.MUTED}'>{wrapped}</span>"
    top = HEAD_PX + LINE_PX * (1 + text.count("<br>"))
    figure.update_layout(height=240 + top, margin={"l": 1, "r": 150, "t": top, "b": 30})
    figure.update_layout(
        title={"text": text, "xref": "container", "yref": "container", "yanchor": "top"}
    )
    figure.update_layout(title={"x": 0.0, "y": 1.0, "pad": {"t": 13}})
    figure.update_yaxes(title=None, automargin="left")
    figure.update_xaxes(automargin="bottom")  # hours have their date below them
    return figure
