"""The simulated pool against the deployed contracts, on random sequences of orders."""

import numpy as np
import pytest

from tests.evm.market import WAD
from tests.parity.pool import ASSET
from tests.parity.shadow import Shadow

DAY_S = 86_400
STEPS = 20


def units(symbol: str, tokens: float) -> int:
    return round(tokens * ASSET[symbol].unit)


def worth(shadow: Shadow) -> tuple[float, float, float]:
    """Collateral, debt and what may be borrowed more, USD."""
    account = shadow.chain.look(shadow.user).account
    return account.collateral / 1e8, account.debt / 1e8, account.borrowable / 1e8


def price(shadow: Shadow, symbol: str) -> float:
    return shadow.chain.look(shadow.user).reserves[symbol].price / 1e8


def act(shadow: Shadow, rng, debts: tuple[str, ...]) -> None:
    """One order drawn at random, with an amount that sometimes is too much."""
    debt = str(rng.choice(debts))
    held = shadow.chain.look(shadow.user).lines
    match rng.integers(6):
        case 0:
            shadow.supply("weETH", units("weETH", rng.uniform(1.0, 2000.0)))
        case 1 | 2:
            room = max(worth(shadow)[2], 1e5)
            tokens = room / price(shadow, debt) * rng.uniform(0.1, 1.4)
            shadow.borrow(debt, units(debt, tokens))
        case 3:
            owed = held[debt].borrowed
            if owed > 0:
                shadow.repay(debt, int(owed * rng.uniform(0.1, 1.5)))
        case 4:
            shadow.withdraw("weETH", int(held["weETH"].supplied * rng.uniform(0.05, 1.2)))
        case _:
            move_world(shadow, rng)


def move_world(shadow: Shadow, rng) -> None:
    """Price, rate, and another user who changes utilisation."""
    chain, other = shadow.chain, shadow.chain.users[1]
    shadow.world(lambda: chain.set_price("WETH", 3000.0 * rng.uniform(0.97, 1.03)))
    shadow.world(lambda: chain.set_rate(1.05 * rng.uniform(0.999, 1.01)))
    amount = units("WETH", rng.uniform(100.0, 5000.0))
    shadow.world(lambda: chain.supply(other, "WETH", amount))
    shadow.world(lambda: chain.borrow(other, "WETH", amount // 2))


@pytest.mark.parametrize("emode", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_actions_leaves_the_same_books(aave_chain, seed, emode):
    rng = np.random.default_rng(1000 + seed)
    shadow = Shadow(aave_chain, emode=emode)
    aave_chain.set_cap(2.0, aave_chain.now(), 0.0)
    shadow.now_s = aave_chain.now()
    debts = ("WETH",) if emode else ("WETH", "USDT")
    shadow.supply("weETH", units("weETH", rng.uniform(500.0, 3000.0)))

    for _ in range(STEPS):
        shadow.wait(int(rng.integers(1, 10 * DAY_S)))
        act(shadow, rng, debts)

    assert shadow.actions > STEPS // 2


@pytest.mark.parametrize("seed", range(6))
def test_loops_open_and_close_alike(aave_chain, seed):
    rng = np.random.default_rng(1100 + seed)
    shadow = Shadow(aave_chain, emode=True)

    for _ in range(3):
        shadow.wait(int(rng.integers(1, 10 * DAY_S)))
        equity = units("WETH", rng.uniform(1.0, 500.0))
        shadow.loop_open(equity, round(equity * rng.uniform(0.5, 15.0)))
        shadow.wait(int(rng.integers(1, 10 * DAY_S)))
        line = shadow.chain.look(shadow.user).lines
        share = rng.uniform(0.1, 0.95)
        flash = max(int(line["WETH"].borrowed * share), units("WETH", 0.1))
        shares = max(int(line["weETH"].supplied * share), units("weETH", 0.1))
        shadow.loop_close(flash, shares)

    assert shadow.actions == 6


def slash(shadow: Shadow, factor: float) -> None:
    """Lower the staking rate until the health factor is there."""
    now = shadow.chain.look(shadow.user).account.health_factor / WAD
    rate = shadow.chain.market.tokens["weETH"].call("getRate") / WAD
    shadow.world(lambda: shadow.chain.set_rate(rate * factor / now))


@pytest.mark.parametrize("lowest", [0.962, 0.951, 0.90, 0.60])
@pytest.mark.parametrize("seed", range(3))
def test_liquidators_take_the_same(aave_chain, seed, lowest):
    rng = np.random.default_rng(1200 + seed)
    shadow = Shadow(aave_chain, emode=True)
    equity = units("WETH", rng.uniform(5.0, 500.0))
    assert shadow.loop_open(equity, int(equity * rng.uniform(9.0, 12.5)))
    shadow.wait(int(rng.integers(1, 10 * DAY_S)))
    slash(shadow, rng.uniform(lowest, lowest + 0.008))

    (done,) = shadow.liquidate()

    assert done.calls >= 1
    bad = shadow.chain.look(shadow.user).reserves["WETH"].deficit
    assert (bad > 0) == (aave_chain.version == "3.6" and done.burnt_scaled > 0.0)


@pytest.mark.parametrize("seed", range(2))
def test_liquidators_take_the_same_of_small_loans(aave_chain, seed):
    rng = np.random.default_rng(1300 + seed)
    shadow = Shadow(aave_chain, emode=True)
    equity = units("WETH", rng.uniform(0.005, 0.05))
    assert shadow.loop_open(equity, int(equity * rng.uniform(9.0, 12.5)))
    slash(shadow, rng.uniform(0.97, 0.99))

    (done,) = shadow.liquidate()

    # Below 2,000 USD the whole since v3.3, half and half again before.
    assert done.calls >= 1
    left = aave_chain.look(shadow.user).lines["WETH"].borrowed
    assert (left == 0) == (aave_chain.version == "3.6")


@pytest.mark.parametrize("seed", range(4))
def test_liquidators_take_the_same_of_two_debts(aave_chain, seed):
    rng = np.random.default_rng(1400 + seed)
    shadow = Shadow(aave_chain, emode=False)
    collateral = rng.uniform(100.0, 2000.0)
    shadow.supply("weETH", units("weETH", collateral))
    room = collateral * 3150.0 * 0.774
    share = rng.uniform(0.2, 0.8)
    assert shadow.borrow("WETH", units("WETH", room * share / 3000.0))
    assert shadow.borrow("USDT", units("USDT", room * (1.0 - share)))
    shadow.wait(int(rng.integers(1, DAY_S)))
    slash(shadow, rng.uniform(0.88, 0.98))

    done = shadow.liquidate()

    assert sum(x.calls for x in done) >= 1
    assert all(x.seized_scaled > 0.0 for x in done)


def test_a_healthy_account_is_left_alone(aave_chain):
    shadow = Shadow(aave_chain, emode=True)
    shadow.loop_open(units("WETH", 10.0), units("WETH", 90.0))

    state = aave_chain.look(shadow.user)
    window = shadow._row(state, state)  # noqa: SLF001 - the row that the orders saw

    assert shadow.pool.preview(window).work_row is None
    assert shadow.pool.settle(window) == ()
