"""Every figure of summary.json."""

import json
from dataclasses import replace

import numpy as np
import pytest

from basis_lab.domain.events import Event, EventType
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.domain.market import MarketFrame
from basis_lab.domain.reports import CATEGORIES
from basis_lab.errors import ResultError
from basis_lab.results.plain import plain
from basis_lab.results.summary import summarise
from basis_lab.results.tables import pnl_table
from basis_lab.results.verdict import word_verdict
from basis_lab.results.whole import SUMMARY
from tests.results.records import INDEX, make_record

KEYS = [
    "run_id",
    "status",
    "mode",
    "share_class",
    "currency",
    "start",
    "end",
    "timesteps",
    "synthetic_data",
    "initial_capital",
    "final_equity",
    "final_exit_equity",
    "final_equity_usd",
    "net_pnl",
    "total_return",
    "annualized_return",
    "apr",
    "target_apy",
    "apy_vs_target",
    "hurdle_apr",
    "volatility",
    "sharpe",
    "sortino",
    "max_drawdown",
    "calmar",
    "nav_per_share",
    "attribution",
    "attribution_residual",
    "balance",
    "costs",
    "trades",
    "rebalances",
    "rewards",
    "liquidations",
    "min_health_factor",
    "max_ltv",
    "min_margin_ratio",
    "min_liquidation_distance",
    "max_abs_net_delta",
    "break_even_days",
    "events",
    "warnings",
]


@pytest.fixture(scope="module")
def summary(long_record):
    return summarise(long_record)


def test_every_key_of_the_contract_is_there_in_order(summary):
    assert list(summary) == KEYS
    assert set(KEYS) == SUMMARY  # what whoever reads one requires


def test_a_summary_is_strict_json(record, summary):
    for told in (summary, summarise(record)):
        assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_money_is_that_of_the_last_timestep(summary):
    # 60 days of three payments of 7 USDT, less a fee of 10.
    assert summary["net_pnl"] == pytest.approx(1_250.0)
    assert summary["final_equity"] == pytest.approx(101_250.0)
    assert summary["final_exit_equity"] == pytest.approx(101_230.0)
    assert summary["final_equity_usd"] == pytest.approx(101_250.0 * 0.999)


def test_rates_are_of_the_capital_before_the_entry(summary):
    assert summary["total_return"] == pytest.approx(0.0125)
    assert summary["apr"] == pytest.approx(0.0125 * 365 / 60)
    assert summary["annualized_return"] == pytest.approx(1.0125 ** (365 / 60) - 1)
    assert summary["apy_vs_target"] == pytest.approx(summary["annualized_return"] - 0.08)


def test_the_hurdle_is_the_growth_of_the_lending_index(summary):
    assert summary["hurdle_apr"] == pytest.approx(1e-5 * 24 * 365)


def test_a_share_class_without_lending_data_has_no_hurdle(record):
    series = {key: x for key, x in record.frame.series.items() if key != INDEX}
    frame = MarketFrame(times=record.frame.times, series=series, universe=record.frame.universe)

    assert summarise(replace(record, frame=frame))["hurdle_apr"] is None


def test_ratios_are_null_under_thirty_days(record, summary):
    short = summarise(record)

    for key in ("volatility", "sharpe", "sortino"):
        assert short[key] is None
    assert summary["volatility"] > 0.0
    assert summary["sharpe"] > 0.0


def test_a_run_that_lost_its_entry_alone_has_that_as_its_drawdown(summary):
    assert summary["max_drawdown"] == pytest.approx(-10.0 / 100_000.0)
    assert summary["calmar"] == pytest.approx(summary["annualized_return"] * 10_000.0)
    assert summary["sortino"] is None  # no day lost anything


def test_a_run_without_a_loss_has_no_sortino_and_no_calmar():
    record = make_record(24 * 60 + 1)
    told = summarise(replace(record, nav_per_share=record.nav_per_share + 1e-4))

    assert told["max_drawdown"] == 0.0
    assert told["sortino"] is None
    assert told["calmar"] is None


def test_attribution_totals_add_up_to_net_pnl(summary):
    attribution = summary["attribution"]

    assert tuple(attribution) == CATEGORIES
    assert sum(attribution.values()) == pytest.approx(summary["net_pnl"])
    assert summary["attribution_residual"] == 1e-12


def test_costs_are_their_attribution(summary):
    assert summary["costs"]["fee"] == -10.0
    for name, amount in summary["costs"].items():
        assert amount == summary["attribution"][name]


def test_the_final_balance_sums_to_equity(summary):
    assert sum(summary["balance"].values()) == pytest.approx(summary["final_equity"])
    assert summary["balance"]["aave_v3:debt:USDT"] == -3_000.0


def test_extremes_are_told_by_place_and_null_where_they_never_applied(summary):
    assert summary["min_margin_ratio"] == {"binance": 0.49}
    assert summary["min_liquidation_distance"] == {"binance": 0.48}
    assert summary["max_abs_net_delta"] == 0.001
    assert summary["min_health_factor"] is None
    assert summary["max_ltv"] is None
    assert summarise(make_record(extremes={}))["min_margin_ratio"] is None


def test_break_even_pays_entry_and_exit_from_the_carry(summary):
    # 10 to get in and 20 to get out, at 21 a day.
    assert summary["break_even_days"] == pytest.approx(30.0 / 21.0)


def test_an_entry_of_several_stages_costs_what_all_of_them_cost(record):
    late = Event(row=1, event_type=EventType.TRADE, component="execution_manager", trigger="entry")
    fee = record.attribution["fee"].copy()
    fee[1] -= 12.0
    staged = replace(
        record, log=(*record.log, late), attribution={**record.attribution, "fee": fee}
    )

    # 12 more than the 10 of the first row, and 20 to get out, at 21 a day.
    assert summarise(staged)["break_even_days"] == pytest.approx(42.0 / 21.0)


def decided(row, action):
    return Event(
        row=row, event_type=EventType.DECISION, component="strategy", details={"action": action}
    )


def left_after_a_day(record, *later):
    """All is left at the 24th hour: leaving costs 20 then, and nothing from there on."""
    fee, exit_equity = record.attribution["fee"].copy(), record.exit_equity.copy()
    fee[24], exit_equity[24:] = -20.0, record.equity[24:]
    return replace(
        record,
        log=(*record.log, decided(24, "exit_full"), *later),
        attribution={**record.attribution, "fee": fee},
        exit_equity=exit_equity,
    )


def test_an_exit_during_the_run_is_paid_by_the_carry_until_then(record):
    carry = record.attribution["funding"].copy()
    carry[25:] = 0.0
    left = left_after_a_day(record)
    left = replace(left, attribution={**left.attribution, "funding": carry})

    # 10 to get in and 20 to get out, at 21 a day until then.
    assert summarise(left)["break_even_days"] == pytest.approx(30.0 / 21.0)


def test_who_enters_again_is_measured_by_an_exit_at_the_end(record):
    again = left_after_a_day(record, decided(26, "entry_partial"))

    assert summarise(again)["break_even_days"] == pytest.approx(10.0 / 21.0)


def test_a_carry_that_is_not_positive_never_breaks_even(record):
    attribution = {**record.attribution, "funding": np.zeros(record.rows)}

    assert summarise(replace(record, attribution=attribution))["break_even_days"] is None


def test_a_run_of_one_timestep_has_no_rates():
    record = make_record(10)
    first = {
        field: getattr(record, field)[:1]
        for field in ("quantities", "values", "equity", "exit_equity", "flows", "nav_per_share")
    }
    attribution = {name: x[:1] for name, x in record.attribution.items()}

    told = summarise(replace(record, rows=1, log=(), attribution=attribution, **first))

    for key in ("apr", "annualized_return", "hurdle_apr", "break_even_days", "volatility"):
        assert told[key] is None
    assert told["net_pnl"] == pytest.approx(-10.0)


def test_events_count_every_payment(summary):
    assert summary["events"] == 4 + 60 * 3


def test_no_target_is_no_difference_to_it(record):
    identity = replace(record.identity, target_apy=None)

    assert summarise(replace(record, identity=identity))["apy_vs_target"] is None


def test_a_value_that_json_cannot_hold_is_refused():
    with pytest.raises(ResultError, match="no file of a run can hold"):
        plain({"x": object()})


def with_flows():
    """Sixty days; on the 20th as much again is paid in, on the 40th a quarter is paid out."""
    base = make_record(24 * 60 + 1)
    flows = np.zeros(base.rows)
    flows[480], flows[960] = 100_000.0, -50_000.0
    money = np.add.accumulate(flows)
    quantities, values = base.quantities.copy(), base.values.copy()
    quantities[:, 4] += money
    values[:, 4] += money
    return replace(
        base,
        flows=flows,
        quantities=quantities,
        values=values,
        equity=base.equity + money,
        exit_equity=base.exit_equity + money,
    )


def test_deposits_and_withdrawals_are_no_profit(summary):
    told = summarise(with_flows())

    assert told["net_pnl"] == pytest.approx(summary["net_pnl"])
    assert told["final_equity"] == pytest.approx(summary["final_equity"] + 50_000.0)
    assert sum(told["attribution"].values()) == pytest.approx(told["net_pnl"])
    assert sum(told["balance"].values()) == pytest.approx(told["final_equity"])


def test_returns_are_those_of_a_share(summary):
    told = summarise(with_flows())

    for key in ("total_return", "apr", "volatility", "max_drawdown", "nav_per_share"):
        assert told[key] == summary[key]


def test_every_step_explains_itself_with_flows_too():
    record = with_flows()

    table = pnl_table(record)

    columns = {name: np.array(table.column(name).to_pylist()) for name in table.column_names[1:]}
    before = np.concatenate([[100_000.0], columns["equity"][:-1]])
    told = sum(columns[name] for name in CATEGORIES)
    assert columns["equity"] - before - columns["flows"] == pytest.approx(told, abs=1e-9)
    assert columns["cumulative_pnl_usd"][-1] == pytest.approx(1_250.0)


def test_after_everything_was_paid_out_a_share_has_no_value_and_its_return_stays():
    base = make_record(24 * 60 + 1)
    nav = base.nav_per_share.copy()
    nav[24 * 45 + 1 :] = np.nan

    told = summarise(replace(base, nav_per_share=nav))

    # 45 days of three payments of 7, less a fee of 10, on 100,000.
    assert told["nav_per_share"] is None
    assert told["total_return"] == pytest.approx(0.00935)
    assert told["apr"] == pytest.approx(0.00935 * 365 / 45)
    assert told["hurdle_apr"] == pytest.approx(1e-5 * 24 * 365)
    assert told["volatility"] is not None
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert word_verdict(told).startswith("Not worth it here")


def test_shares_that_never_had_a_value_have_no_return():
    base = make_record(24 * 60 + 1)

    told = summarise(replace(base, nav_per_share=np.full(base.rows, np.nan)))

    assert told["total_return"] is None
    assert told["max_drawdown"] is None


def test_the_reserve_is_a_line_of_the_balance():
    base = make_record()
    reserve = Instrument("wallet", Kind.RESERVE, "USDT")
    listings = list(base.frame.universe.listings)
    listings[4] = replace(listings[4], instrument=reserve)
    universe = Universe(tuple(listings), share_currency="USDT")
    frame = MarketFrame(times=base.frame.times, series=base.frame.series, universe=universe)

    told = summarise(replace(base, frame=frame))

    assert told["balance"]["wallet:reserve:USDT"] == 12_990.0
