"""What would have to be true of a run's case, each condition with what was seen of it."""

from collections.abc import Iterable

import pandas as pd

from basis_lab.domain.wording import NEVER_HELD
from basis_lab.results import extract
from basis_lab.results import report_words as words
from basis_lab.results.formats import (
    NONE,
    format_amount,
    format_count,
    format_ratio,
    format_share,
    format_span,
)
from basis_lab.results.frames import RunTables
from basis_lab.results.html import Content
from basis_lab.results.report_data import ReportData
from basis_lab.results.verdict import Comparison, on_initial_capital, yearly


def find_conditions(tables: RunTables, data: ReportData) -> list[list[Content]]:
    """Return what would have to be true.

    Parameters
    ----------
    tables : RunTables
        The run.
    data : ReportData
        What is computed from them.

    Returns
    -------
    list of list
        Condition, figure, what was seen.
    """
    return list(_Conditions(tables, data).rows())


class _Conditions:
    def __init__(self, tables: RunTables, data: ReportData) -> None:
        self._tables = tables
        self._data = data
        self._summary = tables.summary
        self._currency = str(tables.summary["currency"])

    def rows(self) -> Iterable[list[Content]]:
        yield self._needed_funding()
        yield self._days_to_leave()
        yield self._cost_of_rebalances()
        yield self._worst_exit()
        yield from self._least_ratios()

    def _needed_funding(self) -> list[Content]:
        label = "funding needed to match lending"
        summary = self._summary
        lent = extract.lending_gain(self._tables.pnl, summary["initial_capital"])
        found = words.funding_needed(summary, lent)
        if found is None:
            return [label, NONE, "does not apply: no funding was paid, or nothing to match"]
        rates = [yearly(summary, x) for x in found]
        if None not in rates:
            needed, earned = (format_share(x) for x in rates)
            return [label, f"{needed} a year", f"of initial capital; earned {earned}"]
        needed, earned = (format_amount(x, self._currency) for x in found)
        moved = "" if on_initial_capital(summary) else ", money that came and went lent as well"
        return [label, f"{needed} {self._currency}", f"over the run{moved}; earned {earned}"]

    def _days_to_leave(self) -> list[Content]:
        label = "days until leaving gives the capital back"
        pnl = self._tables.pnl
        if NEVER_HELD in self._summary["warnings"]:
            return [label, NONE, "does not apply: nothing was held"]
        paid_in = self._summary["initial_capital"] + pnl["flows"].cumsum()
        back = pnl.index[(pnl["exit_equity"] >= paid_in).to_numpy()]
        rate = self._paid_by_carry()
        if len(back) == 0:
            return [label, NONE, f"never within the run; {rate}"]
        days = (back[0] - pnl.index[0]) / pd.Timedelta(days=1)
        return [label, format_span(days), f"first on {back[0]:%Y-%m-%d}; {rate}"]

    def _paid_by_carry(self) -> str:
        told = self._summary["break_even_days"]
        if told is not None:
            return f"the mean carry alone pays for entry and exit in {format_span(told)}"
        if Comparison.of(self._summary).days <= 0.0:
            return "a run without a length has no mean carry"
        return "the mean carry was not positive, or nothing had to be paid"

    def _cost_of_rebalances(self) -> list[Content]:
        found = self._data.rebalances
        label = (
            f"cost of {format_count(len(found), 'rebalance')}" if found else "cost of rebalances"
        )
        if not found:
            return [label, NONE, "does not apply: nothing was rebalanced"]
        cost = self._data.cost_since(found[0].start)
        gross = sum(x for x in self._summary["attribution"].values() if x > 0.0)
        share = None if cost is None or gross == 0.0 else -cost / gross
        amount = f"{format_amount(cost, self._currency, signed=True)} {self._currency}"
        return [label, amount, f"{format_share(share, digits=1)} of gross"]

    def _worst_exit(self) -> list[Content]:
        pnl = self._tables.pnl
        gap = (pnl["exit_equity"] / pnl["equity"] - 1.0).dropna()
        gap = gap.iloc[:0] if NEVER_HELD in self._summary["warnings"] else gap
        label = f"cost of leaving at the worst {'row' if self._tables.thinned else 'hour'}"
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
                yield [
                    label,
                    format_ratio(value),
                    f"the strategy acts at {format_ratio(limits[0])}",
                ]
