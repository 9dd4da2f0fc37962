"""A past that can be read by block: it moves, it stays readable, and it repeats."""

import itertools

from tests.evm.history import HOUR_S, live

HOURS = 30


def test_each_hour_has_a_block_and_indices_only_rise(aave_chain):
    moments = live(aave_chain, HOURS, seed=1)

    assert [m.timestamp_s - moments[0].timestamp_s for m in moments] == [
        hour * HOUR_S for hour in range(HOURS + 1)
    ]
    assert all(0 <= m.timestamp_s - m.block_timestamp_s < HOUR_S for m in moments)
    for symbol in ("WETH", "USDT"):
        states = [m.reserves[symbol] for m in moments]
        pairs = list(itertools.pairwise(states))
        assert all(a.borrow_index <= b.borrow_index for a, b in pairs)
        assert all(a.liquidity_index <= b.liquidity_index for a, b in pairs)
        assert len({state.borrow_rate for state in states}) > HOURS // 8


def test_rates_prices_and_gas_move_too(aave_36):
    moments = live(aave_36, HOURS, seed=2)

    assert len({m.rate_wad for m in moments}) == HOURS + 1
    assert len({m.reserves["WETH"].price for m in moments}) == HOURS + 1
    assert len({m.base_fee_wei for m in moments[1:]}) == HOURS


def test_an_old_block_still_answers_as_it_did(aave_36):
    moments = live(aave_36, HOURS, seed=3)

    for moment in (moments[0], moments[HOURS // 2]):
        again = aave_36.look(aave_36.users[0], moment.block)
        assert again.reserves == moment.reserves
        assert again.timestamp_s == moment.block_timestamp_s


def test_the_past_also_stands_in_the_contracts_own_getters(aave_chain):
    moment = live(aave_chain, 3, seed=4)[-1]
    pool, weth = aave_chain.market.pool, aave_chain.market.tokens["WETH"].address

    data = pool.call("getReserveData", weth, block=moment.block)
    income = pool.call("getReserveNormalizedIncome", weth, block=moment.block)

    reserve = moment.reserves["WETH"]
    assert (data[1], data[3]) == (reserve.stored_liquidity_index, reserve.stored_borrow_index)
    assert (data[2], data[4]) == (reserve.liquidity_rate, reserve.borrow_rate)
    assert income == reserve.liquidity_index


def test_the_same_seed_lives_the_same_hours(aave_36):
    snapshot = aave_36.anvil.snapshot()
    first = live(aave_36, 5, seed=5)
    aave_36.anvil.revert(snapshot)

    second = live(aave_36, 5, seed=5)

    assert [(m.block, m.reserves) for m in first] == [(m.block, m.reserves) for m in second]
