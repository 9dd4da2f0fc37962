"""Rules of what is staked, borrowed and hedged: each names its key, and what to do instead."""

import numpy as np
import pytest

from basis_lab.config.loader import load_config
from basis_lab.config.loan_quiet import check_loan
from basis_lab.errors import ConfigError, DataRangeError, UsageError

LOOP, NEUTRAL, HEDGED_LOOP = (
    "eth_leveraged",
    "usdt_market_neutral_no_leverage",
    "usdt_market_neutral",
)
STAKING = "eth_staking_only"


def refused(mode, overrides):
    with pytest.raises(ConfigError) as error:
        load_config(mode, overrides=overrides)
    return {x.key: x for x in error.value.problems}


@pytest.mark.parametrize(
    ("mode", "key", "value"),
    [
        (STAKING, "strategy.lst_type", "steth"),
        (STAKING, "strategy.exit_route", "bridge"),
        (STAKING, "strategy.dex", "binance"),
        (STAKING, "strategy.treasury", "etherfi"),
        (STAKING, "strategy.reserve_ratio", 0.01),
        (STAKING, "strategy.basis_trade_enabled", True),
        (STAKING, "rewards.mode", "all"),
        (LOOP, "strategy.lending_venue", "etherfi"),
        (LOOP, "strategy.flash_lender", "uniswap"),
        (LOOP, "strategy.target_ltv", "most"),
        (LOOP, "strategy.target_ltv", 0.94),
        (LOOP, "strategy.borrowing_enabled", False),
        (NEUTRAL, "strategy.basis_trade_enabled", False),
        (NEUTRAL, "strategy.treasury", "okx"),
        (NEUTRAL, "strategy.stake_allocation", 0.0),
        (HEDGED_LOOP, "strategy.stake_allocation", 0.0),
        (NEUTRAL, "strategy.spot_venue", "wallet"),
        (HEDGED_LOOP, "strategy.basis_trade_enabled", False),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_remedy(mode, key, value):
    problem = refused(mode, {key: value})[key]

    assert problem.value == value
    assert problem.remedy


def test_lido_pays_no_rewards_beside_its_rate():
    problems = refused(STAKING, {"strategy.lst_type": "wsteth", "rewards.mode": "base_eigen"})

    assert any("rewards.mode" in key or "lst_type" in key for key in problems)


@pytest.mark.parametrize("mode", [STAKING, LOOP])
def test_an_ether_class_never_hedges(mode):
    problems = refused(mode, {"strategy.hedge_allocation": {"binance": 1.0}})

    assert "strategy.hedge_allocation" in problems


@pytest.mark.parametrize("mode", [STAKING, LOOP])
def test_a_staking_mode_of_ether_is_no_mode_of_usdt(mode):
    with pytest.raises(UsageError) as error:
        load_config(mode, share_class="USDT")

    assert error.value.value == "USDT"
    assert "ETH" in error.value.remedy


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("emode.rows", [row := {"since": "2024-02-01", "ltv": 0.95, "liquidation_threshold": 0.95,
                                "liquidation_bonus": 0.01}]),
        ("emode.rows", [row | {"ltv": 0.90, "liquidation_bonus": 0.10}]),
        ("emode.rows", [row | {"ltv": 0.90, "since": "February"}]),
        ("emode.rows", [row | {"ltv": 0.90}, row | {"ltv": 0.90, "since": "2024-01-01"}]),
        ("emode.rows", []),
        ("emode.collateral", ["rETH"]),
        ("emode.borrowable", ["USDC"]),
        ("versions", []),
        ("known_until", "soon"),
    ],
)  # fmt: skip
def test_a_table_of_the_pool_that_cannot_be_true_is_refused(key, value):
    problems = refused(LOOP, {f"venues.aave_v3.{key}": value})

    assert any(name.startswith(f"venues.aave_v3.{key}") for name in problems), problems


@pytest.mark.parametrize(
    ("key", "value"), [("until", "2024-01-01"), ("since", "summer"), ("token", "OP")]
)
def test_a_programme_that_cannot_be_is_refused(key, value):
    problems = refused(STAKING, {f"venues.etherfi.programmes.EIGEN.{key}": value})

    assert any(name.startswith("venues.etherfi.programmes.EIGEN") for name in problems)


def test_a_token_that_is_sold_needs_its_slippage_and_a_reward_only_where_it_is_counted():
    table = {"sizes": [1.0], "bps": [10.0]}
    overrides = {"venues.uniswap.slippage": {"USDT": table, "weETH": table}}

    load_config(STAKING, overrides=overrides)
    problems = refused(STAKING, {**overrides, "rewards.mode": "base_eigen"})

    assert list(problems) == ["venues.uniswap.slippage.EIGEN"]
    lacking = refused(STAKING, {"venues.uniswap.slippage": {"USDT": table}})
    assert "venues.uniswap.slippage.weETH" in lacking


# --- entry is quiet ---------------------------------------------------------------------------


def test_a_loop_may_stand_at_the_edge_where_its_band_is_still_quiet():
    # HF at the edge: 0.95 / (0.915 + 0.005) = 1.0326, LTV 0.92: both just OK.
    config = load_config(LOOP, overrides={"strategy.target_ltv": 0.915})

    assert config.strategy.target_ltv == 0.915


@pytest.mark.parametrize("mode", [LOOP, HEDGED_LOOP])
@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"strategy.target_ltv": 0.916}, ("ltv", "0.921", "0.92")),
        ({"strategy.target_ltv": 0.90, "strategy.ltv_band": 0.03}, ("health_factor", "1.02")),
        ({"risk.health_factor": {"warning": 1.06, "critical": 1.02},
          "strategy.target_ltv": 0.90}, ("health_factor", "1.06")),
        ({"strategy.target_ltv": 0.935}, ("at most 0.93",)),
    ],
)  # fmt: skip
def test_a_loan_that_would_be_loud_at_its_entry_names_measure_value_and_limit(
    mode, overrides, words
):
    problem = refused(mode, overrides)["strategy.target_ltv"]

    assert all(word in problem.what for word in words), problem.what
    assert "strategy.target_ltv of at most" in problem.remedy


def test_what_is_held_has_no_band_to_be_loud_at():
    config = load_config(LOOP, overrides={"strategy.target_ltv": 0.92}, scenarios=("hold",))

    assert config.hold


def test_dates_before_or_beyond_the_tables_of_the_pool_are_refused():
    config = load_config(LOOP, overrides={"strategy.target_ltv": 0.80})

    def check(first, last):
        check_loan(config, np.datetime64(first, "s"), np.datetime64(last, "s"))

    check("2024-06-01", "2025-03-01")
    for dates in (("2023-01-01", "2024-06-01"), ("2025-06-01", "2027-01-01")):
        with pytest.raises(DataRangeError):
            check(*dates)


def test_a_target_is_checked_against_the_row_in_force_at_the_start():
    # Until February 2024 the pool lent 0.90 of the collateral and liquidated at 0.93.
    config = load_config(LOOP, overrides={"strategy.target_ltv": 0.91})

    check_loan(config, np.datetime64("2024-06-01", "s"), np.datetime64("2024-07-01", "s"))
    with pytest.raises(ConfigError, match=r"0\.9"):
        check_loan(config, np.datetime64("2024-01-01", "s"), np.datetime64("2024-07-01", "s"))
