"""Calculators against the deployed contracts, on random sequences of what users and worlds do."""

import numpy as np
import pytest

from tests.evm.anvil import TransactionReverted
from tests.evm.market import Curve
from tests.parity.pool import ASSET
from tests.parity.twins import Twins

DAY_S = 86_400
STEPS = 24
# v3.0 cuts the rate's cube per second to 27 digits, so n seconds without an update miss up to
# n^3 / 6e27 of the index: 2e-10 in 12 days, which is all a test may take; 1e-9 in 21 days.
LONGEST_WAIT_S = {"3.6": 20 * DAY_S, "3.0": DAY_S // 2}


def units(symbol: str, tokens: float) -> int:
    return round(tokens * ASSET[symbol].unit)


def random_curve(rng) -> Curve:
    slope1 = round(rng.uniform(0.01, 0.12), 4)
    return Curve(
        optimal=round(rng.uniform(0.3, 0.95), 2),
        base_apr=round(rng.uniform(0.0, 0.02), 4),
        slope1_apr=slope1,
        slope2_apr=round(slope1 + rng.uniform(0.0, 1.0), 4),
    )


def usual_tokens(rng, symbol: str) -> float:
    if symbol == "USDT":
        return rng.uniform(1e6, 2e7)
    return rng.uniform(100.0, 5000.0)


def borrow_something(twins: Twins, rng, user: str, symbol: str) -> None:
    """Between a little and more than the collateral carries."""
    health = twins.pool.health(user)
    room = health.collateral * health.average_ltv - health.debt
    tokens = max(room, 1e5) / twins.pool.price(symbol) * rng.uniform(0.1, 1.4)
    twins.borrow(user, symbol, units(symbol, tokens))


def act(twins: Twins, rng, user: str) -> None:
    """One action drawn at random, with an amount that sometimes is too much."""
    symbol = str(rng.choice(list(ASSET)))
    match rng.integers(9):
        case 0 | 1:
            twins.supply(user, symbol, units(symbol, usual_tokens(rng, symbol)))
        case 2 | 3:
            borrow_something(twins, rng, user, symbol)
        case 4:
            owed = twins.pool.owed(user, symbol)
            twins.repay(user, symbol, units(symbol, max(owed, 1000.0) * rng.uniform(0.1, 1.5)))
        case 5:
            held = twins.pool.supplied(user, symbol)
            if held > 0.0:
                every = rng.uniform() < 0.3
                share = None if every else units(symbol, held * rng.uniform(0.05, 1.2))
                twins.withdraw(user, symbol, share)
        case 6:
            twins.set_emode(user, inside=bool(rng.integers(2)))
        case 7:
            twins.set_price("WETH", twins.pool.prices["WETH"] * rng.uniform(0.97, 1.04))
            twins.set_rate(twins.pool.rate * rng.uniform(0.999, 1.004))
        case _:
            twins.set_curve(symbol, random_curve(rng))


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_actions_leaves_what_the_calculators_say(aave_chain, seed):
    rng = np.random.default_rng(seed)
    twins = Twins(aave_chain)
    for user in aave_chain.users[:2]:
        twins.supply(user, "weETH", units("weETH", rng.uniform(500.0, 3000.0)))
        twins.supply(user, "USDT", units("USDT", rng.uniform(1e6, 1e7)))

    for _ in range(STEPS):
        twins.wait(int(rng.integers(1, LONGEST_WAIT_S[aave_chain.version])))
        act(twins, rng, str(rng.choice(aave_chain.users[:2])))

    assert twins.actions > STEPS // 2


@pytest.mark.parametrize("seed", range(8))
def test_loops_open_and_close_as_the_algebra_says(aave_chain, seed):
    rng = np.random.default_rng(100 + seed)
    twins, user = Twins(aave_chain), aave_chain.users[0]
    borrow_liquidity(twins, rng)
    twins.set_emode(user, inside=True)

    for _ in range(4):
        twins.wait(int(rng.integers(1, LONGEST_WAIT_S[aave_chain.version])))
        equity = units("WETH", rng.uniform(1.0, 500.0))
        # Up to leverage 16, where e-mode allows 1 / (1 - 0.93) = 14.3.
        twins.loop_open(user, equity, round(equity * rng.uniform(0.5, 15.0)))
        twins.set_rate(twins.pool.rate * rng.uniform(1.0, 1.001))
        twins.wait(int(rng.integers(1, LONGEST_WAIT_S[aave_chain.version])))
        held, owed = twins.pool.supplied(user, "weETH"), twins.pool.owed(user, "WETH")
        share = rng.uniform(0.1, 1.0)
        shares = units("weETH", held * share * rng.uniform(0.9, 1.05))
        twins.loop_close(user, units("WETH", max(owed, 1.0) * share), max(shares, 1))
    owed = twins.pool.owed(user, "WETH")
    if owed > 0.0:
        twins.loop_close(user, units("WETH", owed * 1.0001), None)

    assert twins.pool.owed(user, "WETH") == 0.0


def borrow_liquidity(twins: Twins, rng) -> None:
    """Another user takes most of the WETH, so that flash loans sometimes find too little."""
    other = twins.chain.users[1]
    twins.supply(other, "USDT", units("USDT", 1e9))
    twins.borrow(other, "WETH", units("WETH", rng.uniform(5e4, 9.5e4)))


def indebted(twins: Twins, rng, collateral_tokens: float, loan_to_value: float) -> str:
    """A user in e-mode with weETH collateral and WETH debt at an LTV by the oracle's price."""
    user = twins.chain.users[0]
    twins.set_emode(user, inside=True)
    twins.supply(user, "weETH", units("weETH", collateral_tokens))
    worth = twins.pool.price("weETH") / twins.pool.price("WETH")
    assert twins.borrow(user, "WETH", units("WETH", collateral_tokens * worth * loan_to_value))
    twins.wait(int(rng.integers(1, DAY_S)))
    return user


def slash_to(twins: Twins, user: str, factor: float) -> None:
    """Lower the staking rate until the health factor is there."""
    twins.set_rate(twins.pool.rate * factor / twins.pool.health(user).factor)


@pytest.mark.parametrize("seed", range(4))
def test_half_of_a_large_loan_is_liquidated_and_healed(aave_chain, seed):
    rng = np.random.default_rng(200 + seed)
    twins = Twins(aave_chain)
    user = indebted(twins, rng, rng.uniform(10.0, 5000.0), rng.uniform(0.85, 0.929))
    slash_to(twins, user, rng.uniform(0.961, 0.9999))
    owed, health = twins.pool.owed(user, "WETH"), twins.pool.health(user).factor

    done = twins.liquidate(user, "weETH", "WETH")

    assert done["repaid"] == pytest.approx(owed / 2.0, rel=1e-6)
    assert done["health_after"] > health


@pytest.mark.parametrize("seed", range(3))
def test_the_whole_of_a_loan_in_deep_trouble_is_liquidated(aave_chain, seed):
    rng = np.random.default_rng(300 + seed)
    twins = Twins(aave_chain)
    other = aave_chain.users[0]
    twins.supply(other, "WETH", units("WETH", rng.uniform(10.0, 1000.0)))
    health = twins.pool.health(other)
    twins.borrow(other, "USDT", units("USDT", health.collateral * 0.8))
    # The threshold of 83 % leaves collateral for the bonus of 5 % at a health factor of 0.94.
    twins.set_price("WETH", 3000.0 * rng.uniform(0.9, 0.94) / twins.pool.health(other).factor)

    done = twins.liquidate(other, "WETH", "USDT")

    assert twins.pool.owed(other, "USDT") == 0.0
    assert (done["bad_debt"], done["health_after"]) == (0.0, np.inf)
    assert twins.pool.supplied(other, "WETH") > 0.0


@pytest.mark.parametrize("seed", range(3))
def test_a_small_loan_is_liquidated_as_its_version_has_it(aave_chain, seed):
    rng = np.random.default_rng(400 + seed)
    twins = Twins(aave_chain)
    user = indebted(twins, rng, rng.uniform(0.05, 0.6), 0.925)
    slash_to(twins, user, rng.uniform(0.965, 0.999))
    owed = twins.pool.owed(user, "WETH")

    done = twins.liquidate(user, "weETH", "WETH")

    share = {"3.6": 1.0, "3.0": 0.5}[aave_chain.version]
    assert done["repaid"] == pytest.approx(owed * share, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_a_small_loan_whose_collateral_lacks_the_bonus_is_taken_whole(aave_36, seed):
    rng = np.random.default_rng(450 + seed)
    twins = Twins(aave_36)
    user = indebted(twins, rng, rng.uniform(0.05, 0.6), 0.925)
    # Collateral between 1.00 and 1.01 of the debt: enough for it, not for the bonus.
    slash_to(twins, user, rng.uniform(0.9505, 0.959))
    owed = twins.pool.owed(user, "WETH")

    done = twins.liquidate(user, "weETH", "WETH")

    assert 0.99 * owed < done["repaid"] < owed
    assert done["bad_debt"] == pytest.approx(owed - done["repaid"], rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_no_dust_of_collateral_may_be_left_since_v3_3(aave_36, seed):
    rng = np.random.default_rng(500 + seed)
    twins = Twins(aave_36)
    user = indebted(twins, rng, 0.66, 0.929)
    # Just above 2,000 USD of both, so that half of the debt leaves less than 1,000 of collateral.
    slash_to(twins, user, 0.953)
    worth = twins.pool.health(user).collateral
    twins.set_price("WETH", twins.pool.prices["WETH"] * rng.uniform(2007.0, 2013.0) / worth)
    least = twins.pool.preview_liquidation(user, "weETH", "WETH").repaid_units[0]
    assert least < twins.pool.owed(user, "WETH") / 2.0

    with pytest.raises(TransactionReverted, match="MustNotLeaveDust"):
        aave_36.liquidate(user, "weETH", "WETH", units("WETH", least * (1.0 + 1e-6)))
    twins.now_s = aave_36.now()
    done = twins.liquidate(user, "weETH", "WETH")

    assert twins.pool.health(user).collateral == pytest.approx(1000.0, rel=1e-6)
    assert done["bad_debt"] == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_no_dust_of_debt_may_be_left_since_v3_3(aave_36, seed):
    rng = np.random.default_rng(550 + seed)
    twins, user = Twins(aave_36), aave_36.users[0]
    twins.supply(user, "weETH", units("weETH", 2.0))
    # Half of all debts leaves less than 1,000 USD of the WETH debt.
    twins.borrow(user, "WETH", units("WETH", rng.uniform(2400.0, 2600.0) / 3000.0))
    twins.borrow(user, "USDT", units("USDT", rng.uniform(1400.0, 1600.0)))
    slash_to(twins, user, 0.97)
    allowed = twins.pool.preview_liquidation(user, "weETH", "WETH").repaid_units[0]

    with pytest.raises(TransactionReverted, match="MustNotLeaveDust"):
        aave_36.liquidate(user, "weETH", "WETH", units("WETH", allowed * (1.0 + 1e-6)))
    twins.now_s = aave_36.now()
    twins.liquidate(user, "weETH", "WETH")

    left_usd = twins.pool.owed(user, "WETH") * twins.pool.price("WETH")
    assert left_usd == pytest.approx(1000.0, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_debt_beyond_the_collateral_is_booked_or_stays_by_version(aave_chain, seed):
    rng = np.random.default_rng(600 + seed)
    twins = Twins(aave_chain)
    user = indebted(twins, rng, rng.uniform(1.0, 500.0), 0.92)
    slash_to(twins, user, rng.uniform(0.5, 0.94))

    done = twins.liquidate(user, "weETH", "WETH")

    assert twins.pool.supplied(user, "weETH") == 0.0
    if aave_chain.version == "3.6":
        assert twins.pool.reserves["WETH"].deficit == done["bad_debt"] > 0.0
        assert twins.pool.owed(user, "WETH") == 0.0
    else:
        assert twins.pool.owed(user, "WETH") > 0.0
        assert done["health_after"] == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_one_of_two_debts_and_one_of_two_collaterals_are_liquidated(aave_chain, seed):
    rng = np.random.default_rng(700 + seed)
    twins, user = Twins(aave_chain), aave_chain.users[0]
    twins.supply(user, "weETH", units("weETH", rng.uniform(100.0, 1000.0)))
    twins.supply(user, "USDT", units("USDT", rng.uniform(2e6, 4e6)))
    room = twins.pool.health(user).collateral * 0.74
    twins.borrow(user, "WETH", units("WETH", room * rng.uniform(0.3, 0.7) / 3000.0))
    twins.borrow(user, "USDT", units("USDT", room - twins.pool.health(user).debt))
    twins.wait(int(rng.integers(1, DAY_S)))
    slash_to_mixed(twins, user, rng.uniform(0.96, 0.99))

    done = twins.liquidate(user, "weETH", "WETH")

    assert done["repaid"] > 0.0
    assert done["bad_debt"] == 0.0


def slash_to_mixed(twins: Twins, user: str, factor: float) -> None:
    """Lower the staking rate until the health factor of a mixed account is there."""
    health = twins.pool.health(user)
    value = twins.pool.supplied(user, "weETH") * twins.pool.price("weETH") * 0.80
    missing = health.debt * (health.factor - factor)
    twins.set_rate(twins.pool.rate * (1.0 - missing / value))


@pytest.mark.parametrize("symbol", ["WETH", "USDT"])
def test_limits_are_where_the_calculators_put_them(aave_chain, symbol):
    twins, user = Twins(aave_chain), aave_chain.users[0]
    twins.supply(user, "weETH", units("weETH", 1000.0))
    most = 1000.0 * 3150.0 * 0.775 / twins.pool.price(symbol)

    beyond = twins.borrow(user, symbol, units(symbol, most * (1.0 + 1e-8)))
    within = twins.borrow(user, symbol, units(symbol, most * (1.0 - 1e-8)))
    debt = twins.pool.health(user).debt
    spare = 1000.0 - debt / 0.80 / 3150.0
    too_much = twins.withdraw(user, "weETH", units("weETH", spare + 1e-4))
    enough = twins.withdraw(user, "weETH", units("weETH", spare - 1e-4))

    assert (beyond, within, too_much, enough) == (False, True, False, True)
    assert len(twins.refusals) == 2
