"""The summary of a run: every figure of summary.json (SURFACES section 4)."""

import math
from collections.abc import Mapping
from itertools import chain

import numpy as np

from basis_lab.calc import performance
from basis_lab.domain.arrays import anywhere
from basis_lab.domain.events import Event, EventType
from basis_lab.domain.instructions import Action
from basis_lab.domain.market import FloatArray
from basis_lab.domain.reports import CATEGORIES
from basis_lab.domain.statements import ScheduledFlows
from basis_lab.results.columns import stamp_times
from basis_lab.results.plain import plain
from basis_lab.results.record import LogEntry, RunRecord
from basis_lab.results.tables import (
    HURDLE_SERIES,
    BalanceLines,
    balance_lines,
    pnl_of,
    usd_per_unit,
)

COSTS = ("fee", "slippage", "gas", "flash_premium", "transfer_fee", "liquidation_penalty")
CARRY = ("supply_yield", "borrow_cost", "staking_yield", "reward", "funding")
ENTRIES = (Action.ENTRY_FULL, Action.ENTRY_PARTIAL)
ENTRY = "entry"  # the trigger of an entry and of all its stages
LEAST_DAYS = 30.0  # volatility and its ratios say nothing about less


def summarise(record: RunRecord) -> dict[str, object]:
    """Return the summary of a run.

    Parameters
    ----------
    record : RunRecord
        The run, one finished timestep at least.

    Returns
    -------
    dict
        Plain values under every key of summary.json; None where a figure does not apply.
    """
    times = record.frame.times[: record.rows]
    stamps = stamp_times(times[[0, -1]]).astype(str).tolist()
    identity = record.identity
    figures: dict[str, object] = {
        "run_id": identity.run_id,
        "status": identity.status,
        "mode": identity.mode,
        "share_class": identity.share_class,
        "currency": identity.currency,
        "start": stamps[0],
        "end": stamps[1],
        "timesteps": record.rows,
        "synthetic_data": record.frame.synthetic,
        "initial_capital": identity.initial_capital,
        **_money(record),
        **_performance(record),
        **_accounts(record),
        "trades": record.trades,
        "rebalances": record.rebalances,
        "rewards": record.rewards,
        "liquidations": record.liquidations,
        **_risk(record.extremes),
        "break_even_days": _break_even_days(record),
        "events": sum(_entries(entry) for entry in record.log),
        "warnings": record.warnings,
    }
    return {key: plain(value) for key, value in figures.items()}


def days_of(record: RunRecord) -> float:
    """Return the length of a run in days.

    Parameters
    ----------
    record : RunRecord
        The run.

    Returns
    -------
    float
        Days between the first and the last finished timestep.
    """
    times = record.frame.times
    return float((times[record.rows - 1] - times[0]) / np.timedelta64(1, "D"))


def _money(record: RunRecord) -> dict[str, object]:
    return {
        "final_equity": record.equity[-1],
        "final_exit_equity": record.exit_equity[-1],
        "final_equity_usd": record.equity[-1] * usd_per_unit(record)[-1],
        "net_pnl": math.fsum(pnl_of(record).tolist()),
    }


def _performance(record: RunRecord) -> dict[str, object]:
    """Measure the shares as long as there were any."""
    rows = _rows_with_shares(record)
    nav, times = record.nav_per_share[:rows], record.frame.times[:rows]
    days = float((times[-1] - times[0]) / np.timedelta64(1, "D"))
    total_return = performance.calculate_total_return(np.asarray(performance.ISSUE_PRICE), nav[-1])
    annualized = performance.annualize_return(total_return, days)
    daily = performance.calculate_daily_returns(times, nav)
    observed = daily if days >= LEAST_DAYS else daily[:0]
    max_drawdown = performance.calculate_max_drawdown(nav)
    target = record.identity.target_apy
    return {
        "total_return": total_return,
        "annualized_return": annualized,
        "apr": performance.calculate_apr(total_return, days),
        "target_apy": target,
        "apy_vs_target": None if target is None else annualized - target,
        "hurdle_apr": _hurdle_apr(record, rows, days),
        "volatility": performance.calculate_volatility(observed),
        "sharpe": performance.calculate_sharpe(observed),
        "sortino": performance.calculate_sortino(observed),
        "max_drawdown": max_drawdown,
        "calmar": performance.calculate_calmar(annualized, max_drawdown),
        "nav_per_share": record.nav_per_share[-1],
    }


def _rows_with_shares(record: RunRecord) -> int:
    """Return the timesteps up to the last with a NAV per share, or to that at which all is lost."""
    lost = np.flatnonzero(record.nav_per_share <= 0.0)
    if len(lost) > 0:
        return int(lost[0]) + 1
    known = np.flatnonzero(np.isfinite(record.nav_per_share))
    return int(known[-1]) + 1 if len(known) > 0 else record.rows


def _hurdle_apr(record: RunRecord, rows: int, days: float) -> FloatArray | None:
    key = HURDLE_SERIES[record.identity.share_class]
    if not record.frame.has(key):
        return None
    index = record.frame.values(key)
    growth = performance.calculate_total_return(index[0], index[rows - 1])
    return performance.calculate_apr(growth, days)


def _accounts(record: RunRecord) -> dict[str, object]:
    totals = {name: _sum(record, (name,)) for name in CATEGORIES}
    return {
        "attribution": totals,
        "attribution_residual": np.max(np.abs(record.residual)),
        "balance": _final_balance(balance_lines(record, since=record.rows - 1)),
        "costs": {name: totals[name] for name in COSTS},
    }


def _sum(record: RunRecord, names: tuple[str, ...], *, until: int | None = None) -> float:
    """Return the exactly rounded sum of categories; those that a mode cannot have are skipped."""
    columns = [record.attribution[name][:until] for name in names]
    return math.fsum(chain.from_iterable(x.tolist() for x in columns if anywhere(x)))


def _final_balance(lines: BalanceLines) -> dict[str, float]:
    held = lines.held[-1]
    return {str(key): lines.values[-1, i] for i, key in enumerate(lines.keys) if held[i]}


def _risk(extremes: Mapping[str, float]) -> dict[str, object]:
    return {
        "min_health_factor": extremes.get("health_factor"),
        "max_ltv": extremes.get("ltv"),
        "min_margin_ratio": _by_place(extremes, "margin_ratio:"),
        "min_liquidation_distance": _by_place(extremes, "liquidation_distance:"),
        "max_abs_net_delta": extremes.get("delta_drift"),
    }


def _by_place(extremes: Mapping[str, float], prefix: str) -> dict[str, float] | None:
    found = {
        measure.removeprefix(prefix): value
        for measure, value in extremes.items()
        if measure.startswith(prefix)
    }
    if not found:
        return None
    return found


def _break_even_days(record: RunRecord) -> FloatArray:
    """Days of mean carry that pay what the entry cost, all its stages, and an exit.

    The exit is one at the end, or just before the decision that left every position; the mean is
    of the days until then.
    """
    stages = [x.row for x in record.log if isinstance(x, Event) and x.trigger == ENTRY]
    entered = max(stages, default=0) + 1
    paid = [float(record.attribution[name][:entered].sum()) for name in COSTS]
    entry_cost = max(0.0, -math.fsum(paid))
    left = _left(record)
    last, held = (record.rows - 1,) * 2 if left is None else (left, max(left - 1, 0))
    exit_cost = float(record.equity[held] - record.exit_equity[held])
    carry = _sum(record, CARRY, until=last + 1)
    days = float((record.frame.times[last] - record.frame.times[0]) / np.timedelta64(1, "D"))
    per_day = carry / days if days > 0.0 else math.nan
    return performance.calculate_break_even_days(
        np.asarray(entry_cost + exit_cost), np.asarray(per_day)
    )


def _left(record: RunRecord) -> int | None:
    """Return the timestep at which every position was left for good; None where it was not."""
    left = None
    for event in record.log:
        if not isinstance(event, Event) or event.event_type is not EventType.DECISION:
            continue
        if event.details["action"] in ENTRIES:
            left = None
        elif event.details["action"] == Action.EXIT_FULL and left is None:
            left = event.row
    return left


def _entries(entry: LogEntry) -> int:
    return len(entry.rows) if isinstance(entry, ScheduledFlows) else 1
