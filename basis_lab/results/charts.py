"""The figures of a run, drawn from its tables (WORKBENCH sections 1, 4 and 5)."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pandas as pd
import plotly.graph_objects as go

from basis_lab.domain.events import EventType
from basis_lab.domain.instruments import Instrument
from basis_lab.results import drawing, extract, style
from basis_lab.results.formats import format_amount, format_count, format_ratio, format_share
from basis_lab.results.frames import RunTables
from basis_lab.results.labels import FORCED, WRITE_OFF, category_label
from basis_lab.results.verdict import LENDING, word_verdict

WEEK = "7D"
NO_LOAN = "This run has no loan, so there is no health factor."
NO_PERP = "This run holds no perpetual."
POOL = ("aave", "aave_v3")  # the side that risk watches, and the venue that liquidates
MARKS = "triangles: warning, critical; crosses: liquidation"
LOOKS: Mapping[EventType, Mapping[str, object]] = MappingProxyType(
    {
        EventType.RISK_WARNING: {"symbol": "triangle-down", "size": 8, "color": style.WARNING},
        EventType.RISK_CRITICAL: {"symbol": "triangle-down", "size": 9, "color": style.CRITICAL},
        EventType.LIQUIDATION: {"symbol": "x", "size": 12, "color": style.CRITICAL},
    }
)


LEAST_FALL = -0.05  # percent, of the axis of a drawdown
PLURAL = ("trading costs",)  # of the names that parts are drawn under
FINE_DELTA = 0.0001  # of equity; less takes more digits


def _word_delta(worst: float | None) -> str:
    if worst is None:
        return "No net delta"
    if worst == 0.0:
        return "Net delta stayed on its target"
    digits = 2 if worst >= FINE_DELTA else 4
    return f"Net delta stayed within {format_share(worst, digits=digits)} of equity"


class Figures:
    """Figures of one run; each method draws one anew.

    Parameters
    ----------
    tables : RunTables
        Summary and tables, fresh or read back: both draw alike.
    """

    def __init__(self, tables: RunTables) -> None:
        self._tables = tables
        self._summary = tables.summary
        self._currency = str(self._summary["currency"])

    def cumulative_pnl(self) -> go.Figure:
        """Draw what was earned, held and left, beside plain lending.

        Returns
        -------
        plotly.graph_objects.Figure
            Share-class currency.
        """
        pnl = self._tables.pnl
        earned = pnl.filter(regex="^cumulative_pnl_").iloc[:, 0]
        left = earned - (pnl["equity"] - pnl["exit_equity"])
        figure = self._figure(word_verdict(self._summary), "cumulative P&L", self._currency)
        worst = drawing.thin(left, least=True)
        figure.add_trace(drawing.line(worst, "if left", color=style.EXIT, width=1.1))
        figure.add_trace(drawing.line(drawing.thin(earned), "held", color=style.NET, width=2))
        ends = {
            "held": (float(earned.iloc[-1]), style.NET),
            "if left": (float(left.iloc[-1]), style.EXIT),
        }
        hurdle = self._lending()
        if hurdle is not None:
            figure.add_trace(
                drawing.line(hurdle, "lending", color=style.LENDING, width=1.5, dash="dot")
            )
            ends["lending"] = (float(hurdle.iloc[-1]), style.LENDING)
        drawing.label_ends(figure, ends)
        return figure

    def pnl_components(self) -> go.Figure:
        """Draw the cumulative attribution, gains stacked up and losses down, and their net.

        Returns
        -------
        plotly.graph_objects.Figure
            Share-class currency.
        """
        pnl = self._tables.pnl
        parts = extract.components(pnl).cumsum()
        finals = {str(name): float(parts[name].iloc[-1]) for name in parts}
        largest = max(finals, key=lambda name: abs(finals[name]))
        amount = format_amount(finals[largest], self._currency, signed=True)
        paid = [x for x in style.TRADING_COSTS if largest not in pnl and (pnl[x] != 0.0).any()]
        alone = paid[0] if len(paid) == 1 else largest
        label = category_label(alone, self._summary).capitalize()
        figure = self._figure(
            f"{label} {'count' if alone in PLURAL else 'counts'} most: {amount} {self._currency}",
            "cumulative attribution; the dark line is net P&L",
            self._currency,
        )
        forced = self._forced()
        parts = parts.rename(columns={FORCED: forced})
        colours = {**style.CATEGORY_COLOURS, forced: style.CATEGORY_COLOURS[FORCED]}
        for name in parts:
            colour = colours[str(name)]
            drawn = drawing.thin(parts[name])
            for stack, side in (("gain", drawn.clip(lower=0.0)), ("loss", drawn.clip(upper=0.0))):
                if side.any():
                    figure.add_trace(drawing.area(side, str(name), colour, stack))
        net = pnl.filter(regex="^cumulative_pnl_").iloc[:, 0]
        figure.add_trace(drawing.line(drawing.thin(net), "net", color="#FFFFFF", width=4))
        figure.add_trace(drawing.line(drawing.thin(net), "net", color=style.NET, width=2))
        figure.data[-2].hoverinfo = "skip"
        drawing.label_ends(figure, extract.stack_middles(parts.iloc[-1], colours))
        return figure

    def balance_sheet(self) -> go.Figure:
        """Draw assets up and liabilities down, with equity as their difference.

        Returns
        -------
        plotly.graph_objects.Figure
            Share-class currency.
        """
        sheet = self._tables.balance_sheet
        values = sheet.reset_index().pivot_table(
            index="timestamp", columns="line", values="value", aggfunc="sum", sort=False
        )
        values = values.fillna(0.0).sort_index()
        lines = {str(name): Instrument.parse(str(name)) for name in values}
        values = values.rename(columns={x: extract.line_label(y) for x, y in lines.items()})
        colours = {extract.line_label(x): style.stock_colour(x) for x in lines.values()}
        finals = values.iloc[-1]
        told = [
            format_amount(float(x), self._currency)
            for x in (finals.sum(), finals.clip(lower=0.0).sum(), -finals.clip(upper=0.0).sum())
        ]
        figure = self._figure(
            f"Equity {told[0]} {self._currency} at the end: {told[1]} up, {told[2]} down",
            "assets up, liabilities and losses down; the dark line is equity",
            self._currency,
        )
        for name, colour in colours.items():
            drawn = drawing.thin(values[name])
            for stack, side in (("own", drawn.clip(lower=0.0)), ("owe", drawn.clip(upper=0.0))):
                if side.any():
                    figure.add_trace(drawing.area(side, name, colour, stack))
        drawing.label_ends(figure, extract.stack_middles(finals, colours))
        equity = drawing.thin(self._tables.pnl["equity"])
        figure.add_trace(drawing.line(equity, "equity", color=style.NET, width=2))
        return figure

    def delta_neutrality(self) -> go.Figure:
        """Draw net delta as a share of equity.

        Returns
        -------
        plotly.graph_objects.Figure
            Percent of equity.
        """
        drift = 100.0 * self._tables.risk["delta_drift"]
        worst = self._summary["max_abs_net_delta"]
        figure = self._figure(
            _word_delta(worst), "net delta less its target, over equity", "% of equity"
        )
        if drift.isna().all():
            drawing.say_nothing_to_draw(figure, "This run has no price exposure to neutralise.")
            return figure
        figure.add_trace(drawing.line(drawing.thin(drift), "drift", color=style.NET, width=1.5))
        return figure

    def margin_ratios(self) -> go.Figure:
        """Draw the margin ratio of each perp venue with its limits.

        Returns
        -------
        plotly.graph_objects.Figure
            Ratio: (cash + unrealised) / notional.
        """
        ratios = extract.held(self._tables.risk, "margin_ratio_")
        least = self._summary["min_margin_ratio"]
        if not ratios or least is None:
            return self._empty("No margin is at stake", "ratio", NO_PERP)
        venue = min(least, key=lambda name: least[name])
        figure = self._figure(
            self._liquidated(f"Least margin ratio {format_ratio(least[venue])}, at {venue}"),
            f"(cash + unrealised P&L) / notional; {MARKS}",
            "ratio",
        )
        ends = {}
        for name, series in ratios.items():
            colour, dash = style.venue_line(name)
            drawn = drawing.thin(series, least=True)
            figure.add_trace(drawing.line(drawn, name, color=colour, width=1.5, dash=dash))
            ends[name] = (float(series.dropna().iloc[-1]), colour)
            self._mark(figure, series, (name,), "margin_ratio")
        drawing.label_ends(figure, ends)
        self._draw_limits(figure, "margin_ratio")
        figure.update_yaxes(rangemode="tozero")
        return figure

    def health_factor(self) -> go.Figure:
        """Draw the health factor at the lending pool.

        Returns
        -------
        plotly.graph_objects.Figure
            Ratio; liquidation is at 1.
        """
        factor = self._tables.risk["health_factor"]
        if factor.isna().all():
            return self._empty("No loan", "health factor", NO_LOAN)
        least = format_ratio(self._summary["min_health_factor"])
        figure = self._figure(
            self._liquidated(f"Least health factor {least}"),
            f"liquidation at 1; {MARKS}",
            "health factor",
        )
        drawn = drawing.thin(factor, least=True)
        figure.add_trace(drawing.line(drawn, "health factor", color=style.CHAIN, width=1.5))
        self._mark(figure, factor, POOL, "health_factor")
        self._draw_limits(figure, "health_factor")
        drawing.limit(figure, 1.0, "liquidation 1.000", style.CRITICAL)
        return figure

    def funding(self) -> go.Figure:
        """Draw the funding rates that were paid, as APR: raw faint, their 7-day mean bold.

        Returns
        -------
        plotly.graph_objects.Figure
            Percent a year; positive means that shorts receive.
        """
        rates = extract.funding_rates(self._tables.events)
        if not rates:
            return self._empty("No funding was paid", "% a year", NO_PERP)
        amount = float(self._tables.pnl["funding"].sum())
        told = format_amount(amount, self._currency, signed=True)
        figure = self._figure(
            f"Funding brought {told} {self._currency}",
            "rate as APR: faint as paid, bold its 7-day mean; above 0 shorts receive",
            "% a year",
        )
        ends = {}
        for name, series in rates.items():
            colour, dash = style.venue_line(name)
            mean = series.rolling(WEEK).mean()
            figure.add_trace(drawing.line(series, name, color=style.fade(colour, 0.25), width=0.8))
            figure.add_trace(drawing.line(mean, f"{name}, 7 d", color=colour, width=2, dash=dash))
            ends[name] = (float(mean.iloc[-1]), colour)
        drawing.label_ends(figure, ends)
        return figure

    def drawdown(self) -> go.Figure:
        """Draw the distance below the highest NAV so far.

        Returns
        -------
        plotly.graph_objects.Figure
            Percent, 0 or below.
        """
        fall = 100.0 * extract.drawdown(self._tables.pnl)
        worst = format_share(self._summary["max_drawdown"])
        when = f", on {fall.index[int(fall.argmin())]:%Y-%m-%d}"
        when = "" if self._tables.thinned else when  # its hour may have no row
        if worst == format_share(0.0):
            worst = f"less than {format_share(0.0001)}"
        never = self._summary["max_drawdown"] == 0.0
        figure = self._figure(
            "Never below its highest NAV" if never else f"Worst drawdown {worst}{when}",
            "below the highest NAV per share so far, least of each drawn bin",
            "%",
        )
        drawn = drawing.line(drawing.thin(fall, least=True), "drawdown", color=style.NET, width=1)
        drawn.fill = "tozeroy"
        drawn.fillcolor = style.fade(style.NET, 0.15)
        figure.add_trace(drawn)
        # A drawdown is never above 0, and one of nothing has an axis all the same.
        figure.update_yaxes(range=[1.08 * min(float(fall.min()), LEAST_FALL), 0.0])
        return figure

    def nav(self) -> go.Figure:
        """Draw the NAV per share.

        Returns
        -------
        plotly.graph_objects.Figure
            Share-class currency per share; a share starts at 1.
        """
        total = format_share(self._summary["total_return"], signed=True)
        unit = f"{self._currency} per share"
        figure = self._figure(f"A share returned {total}", "NAV per share, issued at 1", unit)
        drawn = drawing.thin(self._tables.pnl["nav_per_share"])
        figure.add_trace(drawing.line(drawn, "NAV", color=style.NET, width=2))
        return figure

    def draw_all(self) -> Iterator[tuple[str, go.Figure]]:
        """Draw every figure.

        Yields
        ------
        tuple of (str, plotly.graph_objects.Figure)
            Name and figure.
        """
        yield "cumulative_pnl", self.cumulative_pnl()
        yield "pnl_components", self.pnl_components()
        yield "balance_sheet", self.balance_sheet()
        yield "delta_neutrality", self.delta_neutrality()
        yield "margin_ratios", self.margin_ratios()
        yield "health_factor", self.health_factor()
        yield "funding", self.funding()
        yield "drawdown", self.drawdown()
        yield "nav", self.nav()

    def _figure(self, title: str, subtitle: str, unit: str) -> go.Figure:
        synthetic = self._summary["synthetic_data"]
        badge, colour = (
            ("synthetic data", style.WARNING) if synthetic else ("real data", style.CHAIN)
        )
        kind = f"<span style='color:{colour}'>{badge}</span>"
        case = f"{self._summary['mode']}, {self._summary['share_class']} share class"
        told = f"{kind} \N{MIDDLE DOT} {case} \N{MIDDLE DOT} {subtitle}"
        return go.Figure(layout=style.light_layout(title, told, unit))

    def _empty(self, title: str, unit: str, sentence: str) -> go.Figure:
        figure = self._figure(title, "nothing to draw", unit)
        drawing.say_nothing_to_draw(figure, sentence)
        return figure

    def _forced(self) -> str:
        """Return the name of what was taken by force: its own where a venue defaulted."""
        told = category_label(FORCED, self._summary)
        return told if WRITE_OFF in told else FORCED

    def _liquidated(self, title: str) -> str:
        count = self._summary["liquidations"]
        if count == 0:
            return title
        return f"{format_count(count, 'liquidation')}; {title[0].lower()}{title[1:]}"

    def _mark(
        self, figure: go.Figure, series: pd.Series, venues: tuple[str, ...], measure: str
    ) -> None:
        for kind, look in LOOKS.items():
            stamps = extract.moments(self._tables.events, kind, venues, measure)
            if len(stamps) > 0:
                name = f"{venues[0]}: {kind.value.replace('_', ' ').lower()}"
                figure.add_trace(drawing.marks(series, stamps, name, **look))

    def _draw_limits(self, figure: go.Figure, measure: str) -> None:
        limits = self._tables.config["risk"][measure]
        if limits is None:
            return
        for name, colour in (("warning", style.WARNING), ("critical", style.CRITICAL)):
            drawing.limit(figure, limits[name], f"{name} {format_ratio(limits[name])}", colour)

    def _lending(self) -> pd.Series | None:
        """Return the line of what lending the same money would have earned."""
        pnl = self._tables.pnl
        lent = extract.lent(pnl)
        if lent is None:
            return None
        paid_in = self._summary["initial_capital"] + pnl["flows"].cumsum()
        return drawing.thin(lent - paid_in).rename(LENDING[self._summary["share_class"]])
