"""Answers that can be had on paper."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from basis_lab.config.loader import load_config
from basis_lab.config.models import RunConfig
from basis_lab.domain import series
from tests.identities.worlds import Market, World, make_frame
from tests.stress.trials import STILL, closure, shock, stressed_world

# Equity 3: spot 2, margin 1. A short of 2 with margin 1 dies where 1 - 2 x = 0.005 * 2 (1 + x).
LIQUIDATION = 1.5 / 1.005 - 1.0
CAPITAL = 90_000.0  # the hedge of 60,000 is in the first tier of bybit, 0.5 % maintenance


def cash_and_carry(jump: float) -> World:
    config = load_config(
        "eth_basis",
        overrides={
            "strategy.spot_allocation": 2.0 / 3.0,
            "strategy.hedge_allocation": {"bybit": 1.0},
        },
        scenarios=("frictionless", "hold"),
    )
    return stressed_world(
        config, Market(seed=1, rows=40, **STILL), CAPITAL, shocks=[shock(value=1.0 + jump)]
    )


def test_the_short_of_a_third_in_margin_dies_at_49_and_a_quarter_percent():
    perp = load_config("eth_basis").venues["bybit"].perp

    assert perp.tiers["ETHUSDT"][0].maintenance_rate == 0.005
    assert pytest.approx(0.4925, abs=5e-5) == LIQUIDATION


@pytest.mark.parametrize("jump", [0.48, LIQUIDATION - 1e-6])
def test_a_jump_below_the_liquidation_price_spares_the_short(jump):
    record = cash_and_carry(jump).run()

    assert record.liquidations == 0
    expected = (1.5 - (1.0 + jump)) / (1.0 + jump)
    assert record.extremes["margin_ratio:bybit"] == pytest.approx(expected, rel=1e-9)


def test_a_jump_of_48_percent_leaves_a_margin_ratio_of_1_35_percent():
    record = cash_and_carry(0.48).run()

    assert record.extremes["margin_ratio:bybit"] == pytest.approx(0.0135, abs=2e-5)


@pytest.mark.parametrize("jump", [LIQUIDATION + 1e-6, 0.50])
def test_a_jump_beyond_the_liquidation_price_takes_the_short(jump):
    record = cash_and_carry(jump).run()

    assert record.liquidations == 1


def test_three_days_of_funding_at_minus_30_bps_cost_nine_prints_of_the_hedge():
    config = load_config(
        "eth_basis",
        overrides={"strategy.hedge_allocation": {"binance": 1.0}},
        scenarios=("frictionless", "hold"),
    )
    negative = shock(["funding/*/*.rate"], "set", -0.003, at="+16h", duration=72.0)

    world = stressed_world(config, Market(seed=1, rows=120, **STILL), CAPITAL, shocks=[negative])
    record = world.run()

    hedge = 0.7 * CAPITAL
    assert record.attribution["funding"].sum() == pytest.approx(-9 * 0.003 * hedge, rel=1e-9)


def test_a_default_loses_what_lies_at_the_venue_and_nothing_else():
    config = load_config("eth_basis", scenarios=("frictionless", "hold"))

    world = stressed_world(
        config,
        Market(seed=1, rows=40, **STILL),
        CAPITAL,
        closures=[closure("binance", at="+20h", lost=True)],
    )
    record = world.run()

    # Spot 0.7 and 0.4 of the margin of 0.3 lie at binance.
    lost = (0.7 + 0.4 * 0.3) * CAPITAL
    assert record.equity[19] == pytest.approx(CAPITAL, rel=1e-9)
    assert record.equity[20] == pytest.approx(CAPITAL - lost, rel=1e-9)
    assert record.attribution["liquidation_penalty"][20] == pytest.approx(-lost, rel=1e-9)
    assert np.abs(record.residual).max() < 1e-9 * CAPITAL


def test_usdt_at_97_cents_moves_every_price_and_no_hedged_equity():
    config = load_config("eth_basis", scenarios=("frictionless", "hold", "usdt_depeg_3"))

    market = Market(seed=1, rows=40, **STILL)
    record = stressed_world(config, market, CAPITAL, shocks=config.shocks).run()

    price = record.frame.values(series.spot("binance", "ETH"))
    assert price[-1] == pytest.approx(price[0] / 0.97, rel=1e-12)
    before = make_frame(config, market).values(series.USDT_USD)
    assert record.frame.values(series.USDT_USD)[-1] == pytest.approx(0.97 * before[-1], rel=1e-12)
    assert record.equity == pytest.approx(np.full(40, CAPITAL), rel=1e-9)


def test_the_files_say_what_their_names_say():
    folder = Path(__file__).parents[2] / "configs" / "scenarios"
    said = {
        name: yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("eth_crash_30", "eth_rally_40", "eth_rally_50", "lst_depeg_8", "gas_500")
    }

    factors = {name: content["shocks"][0]["value"] for name, content in said.items()}
    assert factors == {
        "eth_crash_30": 0.70,
        "eth_rally_40": 1.40,
        "eth_rally_50": 1.50,
        "lst_depeg_8": 0.92,
        "gas_500": 500.0,
    }
    assert isinstance(load_config("eth_basis", scenarios=tuple(said)), RunConfig)
