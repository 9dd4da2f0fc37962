"""What nobody ordered is not done at a great loss, and what was ordered ends at home."""

import pytest
import yaml

import basis_lab as bl

DATES = {"start": "2024-06-01", "end": "2024-09-01"}


def scenario(folder, **content):
    path = folder / "case.yaml"
    path.write_text(yaml.safe_dump({"scenario": "case", "meaning": "of a test", **content}))
    return str(path)


def test_a_band_does_not_take_a_loop_down_while_its_token_trades_far_below_its_rate():
    run = bl.backtest("usdt_market_neutral", scenarios=["eth_rally_50", "lst_depeg_8"], **DATES)

    assert run.summary["max_drawdown"] > -0.05  # max_deleverage_cost


@pytest.mark.parametrize("route", ["auto", "swap"])
def test_a_withdrawal_from_a_loop_waits_for_the_market_to_come_back(route, tmp_path):
    withdrawn = scenario(tmp_path, flows=[{"at": "2024-07-18", "amount": -0.05, "unit": "capital"}])

    run = bl.backtest(
        "eth_leveraged",
        scenarios=["lst_depeg_8", withdrawn],
        overrides={"strategy.exit_route": route},
        **DATES,
    )

    assert run.summary["max_drawdown"] > -0.05
    left = run.summary["final_equity"] - run.summary["net_pnl"]
    assert left == pytest.approx(0.95 * run.summary["initial_capital"], rel=0.01)  # paid in the end


@pytest.mark.parametrize("mode", ["usdt_market_neutral_no_leverage", "usdt_market_neutral"])
def test_an_exit_through_the_queue_ends_in_the_share_currency(mode, tmp_path):
    leaving = scenario(tmp_path, actions=[{"at": "50%", "action": "exit_full", "route": "queue"}])

    run = bl.backtest(mode, scenarios=[leaving], **DATES)

    balance = run.summary["balance"]
    away = sum(abs(x) for line, x in balance.items() if line != "wallet:token:USDT")
    assert away < 1e-4 * run.summary["final_equity"]


def test_an_order_below_a_minimum_ends_no_run():
    run = bl.backtest(
        "usdt_market_neutral",
        start="2024-06-10",
        end="2024-07-25",
        capital=2_000_000,
        scenarios=["eth_crash_30", "flows_example"],
    )

    assert run.summary["status"] == "completed"


def test_the_reserve_is_filled_after_those_who_wait_in_the_queue():
    run = bl.backtest(
        "eth_staking_only",
        start="2024-06-01",
        end="2025-03-31",
        scenarios=["flows_example"],
        overrides={"strategy.reserve_ratio": 0.1},
    )

    of_type = run.events["event_type"]
    paid = run.events[of_type == "WITHDRAWAL"].index.max()
    refills = run.events[run.events["trigger"] == "reserve_low"].index
    assert (of_type == "UNSTAKE").sum() == 1  # exactly what is missing, once
    assert len(refills) > 0
    assert refills.min() >= paid


def test_whoever_wants_everything_is_paid_at_the_price_of_a_large_sale(tmp_path):
    everything = scenario(tmp_path, flows=[{"at": "2024-07-18", "amount": -1.0, "unit": "capital"}])

    run = bl.backtest("eth_leveraged", scenarios=[everything], **DATES)

    assert run.summary["final_equity"] < 0.02 * run.summary["initial_capital"]
