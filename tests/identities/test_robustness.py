"""Hedges that a price carries far: what an exchange demands can be met."""

from dataclasses import replace

import numpy as np
import pytest

from basis_lab.domain import series
from basis_lab.domain.flows import FlowParameters
from basis_lab.domain.market import MarketFrame
from basis_lab.services.backtest import BacktestService
from basis_lab.services.requests import BacktestRequest
from tests.identities.worlds import LEVELS, Market, World, load_basis, make_frame

STILL = {"span": 0.0, "noise": 0.0, "jumps": 0, "basis": 0.0, "funding": 0.0, "wick": 0.0}


def priced(levels, *, allocation, band=0.1, capital=100_000.0):
    """A hedge at one venue with costs; spot, last and mark are the levels given."""
    config = load_basis(costs=True, spot_allocation=allocation, position_deviation_threshold=band)
    still = make_frame(config, Market(seed=0, rows=len(levels), **STILL))
    factor = np.asarray(levels, dtype=float) / LEVELS["BTC"]
    columns = {
        key: values * factor if key.startswith(("spot", "perp", "mark")) else values
        for key, values in still.series.items()
    }
    opens = columns[series.mark("binance", "BTC")]
    before = np.concatenate([opens[:1], opens[:-1]])
    columns[series.mark("binance", "BTC", "high")] = np.maximum(before, opens)
    columns[series.mark("binance", "BTC", "low")] = np.minimum(before, opens)
    frame = MarketFrame(times=still.times.copy(), series=columns, universe=still.universe)
    return World(config=config, frame=frame, capital=capital)


@pytest.mark.parametrize(
    ("allocation", "band", "levels"),
    [
        (0.8, 0.03, np.linspace(60_000.0, 45_000.0, 60)),
        (0.7, 0.10, [60_000.0] * 10 + [30_000.0] * 20),
        (0.6, 0.10, np.linspace(60_000.0, 25_000.0, 60)),
    ],
    ids=["a fall by a quarter", "half in an hour", "a long fall"],
)
def test_a_hedge_that_gained_keeps_the_cash_for_the_fees_of_a_larger_one(allocation, band, levels):
    record = priced(levels, allocation=allocation, band=band).run()

    assert record.rebalances > 0
    assert record.liquidations == 0


def test_a_hedge_that_was_liquidated_is_opened_again():
    levels = [60_000.0] * 10 + [90_000.0] * 20

    record = priced(levels, allocation=0.7).run()

    assert record.liquidations == 1
    assert abs(record.exposure["net_delta_BTC"][-1]) * 90_000.0 <= 0.02 * record.equity[-1]


@pytest.mark.parametrize("capital", [1e6, 2e7, 1e8])
def test_an_account_that_is_nearly_emptied_is_compared_at_the_size_that_went_through_it(capital):
    levels = 60_000.0 * (1.0 + 0.00123456 * np.arange(40))

    records = [
        priced([level, level], allocation=0.7, capital=capital * (1.0 + 0.0137 * i)).run()
        for i, level in enumerate(levels)
    ]

    assert all(record.rows == 2 for record in records)


@pytest.mark.parametrize("amounts", [(-1.0,), (-0.5, -0.5), (-0.9, -0.2)])
def test_a_run_whose_investors_have_all_left_goes_on_empty(amounts):
    world = priced(np.linspace(60_000.0, 61_000.0, 60), allocation=0.5)
    asked = world.frame.times[10 : 10 + len(amounts)]
    flows = tuple(
        FlowParameters(at=str(at), amount=amount, unit="capital")
        for at, amount in zip(asked, amounts, strict=True)
    )

    record = replace(world, config=replace(world.config, flows=flows)).run()

    assert record.rows == 60
    assert record.flows.sum() <= -0.99 * 100_000.0
    assert 0.0 <= record.equity[-1] <= 0.01 * 100_000.0


def test_funding_that_takes_of_the_cash_for_fees_stops_no_partial_entry():
    # 12 April 2025, 08:00: three exchanges were emptied but for fees, and funding was due.
    request = BacktestRequest(
        mode="usdt_market_neutral",
        share_class="USDT",
        start="2024-06-01",
        end="2025-04-15",
        overrides={
            "strategy.stake_allocation": 0.597574316369,
            "strategy.target_ltv": 0.546702594041,
        },
    )
    with BacktestService() as service:
        result = service.run(request)

    assert result.summary["status"] == "completed"


@pytest.mark.parametrize(
    ("start", "end", "changes"),
    [
        ("2025-10-27", "2025-12-06", {}),
        (
            "2024-07-10",
            "2024-08-25",
            {
                "strategy.spot_allocation": 0.668,
                "strategy.position_deviation_threshold": 0.0233,
            },
        ),
    ],
)
def test_what_is_left_of_a_liquidated_account_is_asked_to_carry_no_whole_hedge(start, end, changes):
    # While exchanges are closed one of three is liquidated; the others are reduced as they open.
    request = BacktestRequest(
        mode="eth_basis",
        share_class="USDT",
        start=start,
        end=end,
        overrides=changes,
        scenarios=("eth_rally_50", "cex_outage_24h"),
    )
    with BacktestService() as service:
        result = service.run(request)

    assert result.summary["status"] == "completed"
    drift = np.abs(result.record.risk["delta_drift"])
    assert drift[-100:].max() < 0.02
