"""The test bed itself: real contracts on a local chain, exact time, and no trace between tests."""

from pathlib import Path

import pytest

from tests.evm.anvil import Anvil, TransactionReverted

HOUR_S = 3600
RAY = 10**27


def test_what_is_supplied_and_borrowed_stands_in_the_pool(aave_chain):
    user = aave_chain.users[0]
    ten, five = aave_chain.units("weETH", 10), aave_chain.units("WETH", 5)

    aave_chain.supply(user, "weETH", ten)
    aave_chain.borrow(user, "WETH", five)

    state = aave_chain.look(user)
    assert state.lines["weETH"].supplied == ten
    assert state.lines["WETH"].borrowed == five
    assert state.account.collateral == 10 * 3150 * 10**8
    assert state.account.debt == 5 * 3000 * 10**8
    assert state.account.health_factor == 10 * 3150 * 80 * 10**18 // (5 * 3000 * 100)


def test_a_refused_borrow_says_why_and_changes_nothing(aave_chain):
    user = aave_chain.users[0]
    aave_chain.supply(user, "weETH", aave_chain.units("weETH", 10))

    with pytest.raises(TransactionReverted, match="CollateralCannotCoverNewBorrow"):
        aave_chain.borrow(user, "WETH", aave_chain.units("WETH", 8.3))

    assert aave_chain.look(user).lines["WETH"].borrowed == 0


def test_time_moves_by_hand_to_the_second(aave_chain):
    before = aave_chain.now()

    aave_chain.wait(HOUR_S)
    aave_chain.at(before + 2 * HOUR_S)
    aave_chain.set_rate(1.06)

    assert aave_chain.now() == before + 2 * HOUR_S


def test_interest_accrues_with_the_hours(aave_chain):
    user = aave_chain.users[0]
    aave_chain.supply(user, "weETH", aave_chain.units("weETH", 1000))
    aave_chain.borrow(user, "WETH", aave_chain.units("WETH", 500))
    borrowed_at = aave_chain.now()

    aave_chain.at(borrowed_at + HOUR_S)
    aave_chain.set_rate(1.05)

    reserve = aave_chain.look(user).reserves["WETH"]
    factor = reserve.borrow_index / reserve.stored_borrow_index - 1.0
    assert factor == pytest.approx(reserve.borrow_rate / RAY * HOUR_S / 31_536_000, rel=1e-6)


def test_emode_lets_a_staked_token_carry_more(aave_chain):
    user = aave_chain.users[0]
    aave_chain.supply(user, "weETH", aave_chain.units("weETH", 10))

    aave_chain.set_emode(user, 1)
    aave_chain.borrow(user, "WETH", aave_chain.units("WETH", 9.7))

    account = aave_chain.look(user).account
    assert (account.emode, account.liquidation_threshold_bps) == (1, 9500)


def test_a_loop_opens_and_closes_in_one_transaction_each(aave_chain):
    user = aave_chain.users[0]
    equity, flash = aave_chain.units("WETH", 10), aave_chain.units("WETH", 80)
    aave_chain.set_emode(user, 1)

    aave_chain.loop_open(user, equity, flash)
    opened = aave_chain.look(user)
    aave_chain.loop_close(user, aave_chain.units("WETH", 81), opened.lines["weETH"].supplied)

    closed = aave_chain.look(user)
    assert opened.lines["WETH"].borrowed == flash + flash * 5 // 10_000
    assert (closed.lines["WETH"].borrowed, closed.lines["weETH"].supplied) == (0, 0)
    spent = aave_chain.units("WETH", 1_000_000) - closed.lines["WETH"].wallet
    assert spent == pytest.approx(aave_chain.units("WETH", 161) * 5 / 10_000, rel=1e-2)


def test_a_position_that_fell_below_one_is_liquidated(aave_chain):
    user = aave_chain.users[0]
    aave_chain.set_emode(user, 1)
    aave_chain.supply(user, "weETH", aave_chain.units("weETH", 10))
    aave_chain.borrow(user, "WETH", aave_chain.units("WETH", 9.7))
    aave_chain.set_rate(1.015)

    receipt = aave_chain.liquidate(user, "weETH", "WETH", aave_chain.units("WETH", 100))

    event = aave_chain.liquidation_event(receipt)
    assert event["debtToCover"] == pytest.approx(aave_chain.units("WETH", 4.85), rel=1e-6)


def test_each_test_finds_the_market_as_it_was_deployed(aave_chain):
    state = aave_chain.look(aave_chain.users[0])

    assert state.account.collateral == 0
    assert state.lines["WETH"].wallet == aave_chain.units("WETH", 1_000_000)
    assert state.reserves["WETH"].scaled_supply == aave_chain.units("WETH", 100_000)


def test_a_stopped_chain_leaves_no_process_and_no_folder(aave_36):
    assert aave_36.now() > 0
    chain = Anvil()
    home = chain.home
    running = Path(f"/proc/{chain.pid}").exists()

    chain.stop()

    assert running
    assert not Path(f"/proc/{chain.pid}").exists()
    assert not home.exists()
