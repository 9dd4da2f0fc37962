"""Calculators against the deployed contracts, on random sequences of what users and worlds do."""

import numpy as np
import pytest

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
