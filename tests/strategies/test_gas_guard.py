"""The guard of gas: at 10 gwei 100,000 gas are 0.001 ETH; the debt allowed is 0.5 % of equity."""

import pytest

from basis_lab.domain import series
from basis_lab.domain.instructions import (
    Action,
    AtomicGroup,
    Decision,
    Reason,
    Stake,
    Swap,
    Transfer,
    Unstake,
    Wrap,
)
from basis_lab.domain.instruments import Listing, Universe
from basis_lab.strategies.gas_guard import GasGuard
from tests.builders import frame, key, view

ETH, WETH, LST = (key(f"wallet:token:{x}") for x in ("ETH", "WETH", "weETH"))
RESERVE, CLAIM = key("wallet:reserve:ETH"), key("etherfi:exit_queue:ETH")
AWAY = key("binance:token:ETH")
LINES = (ETH, WETH, LST, RESERVE, CLAIM, AWAY)
GAS = {
    "wallet": {"wrap": 1e5, "transfer": 1e5},
    "etherfi": {"stake": 1e5, "unstake": 4e5},
    "uniswap": {"swap": 2e5, "unwrap_reward": 1e5},
}


def affords(book, *instructions, gas=GAS, limit=0.005, gwei=10.0):
    universe = Universe(tuple(Listing(instrument=x, asset="ETH") for x in LINES), "ETH")
    guard = GasGuard(universe=universe, gas_units=gas, debt_limit=limit)
    decision = Decision(
        action=Action.EXIT_PARTIAL,
        reason=Reason(trigger="gas_debt", value=1.0, limit=0.0),
        instructions=instructions,
    )
    seen = view(frame(universe, {series.GAS_PRICE: [gwei]}), book)
    return guard.affords(seen, decision)


def unwrap(quantity):
    return Wrap(venue="wallet", source=WETH, destination=ETH, quantity=quantity)


def stake(quantity):
    return Stake(venue="etherfi", token=ETH, lst=LST, quantity=quantity)


def sell(quantity):
    return Swap(venue="uniswap", source=LST, destination=WETH, quantity=quantity, max_slippage=0.1)


def queue(quantity):
    return Unstake(venue="etherfi", lst=LST, claim=CLAIM, quantity=quantity)


def send(quantity, to):
    return Transfer(source=ETH, destination=to, quantity=quantity)


def group(*steps):
    return AtomicGroup(venue="wallet", purpose="unwind", steps=steps)


@pytest.mark.parametrize(("held", "passes"), [("0.79", True), ("0.81", True), ("0.61", False)])
def test_gas_may_be_a_debt_up_to_its_limit(held, passes):
    # A request costs 0.004 ETH; the debt allowed is 0.005 of what is held: at 0.79 ETH 0.00395,
    # with 0.0001 ETH in the wallet.
    assert affords(f"wallet:token:weETH {held}\nwallet:token:ETH 0.0001", queue(0.1)) is passes


def test_an_unwrap_pays_its_gas_before_its_ether_comes():
    book = "wallet:token:WETH 0.1"  # the debt allowed is 0.0005, the gas 0.001

    assert not affords(book, unwrap(0.1))
    assert affords(book, group(unwrap(0.1)))


def test_what_an_instruction_brings_pays_for_those_behind_it():
    book = "wallet:token:WETH 0.3\nwallet:token:weETH 0.1"  # allowed 0.002

    assert affords(book, unwrap(0.3), queue(0.1))
    assert not affords(book, queue(0.1), unwrap(0.3))


def test_a_group_pays_for_all_its_steps_at_its_end():
    # 0.002 of the sale, 0.001 each of unwrap and stake: 0.004 from the 0.1 ETH that it brings.
    book = "wallet:token:weETH 0.3"

    assert affords(book, group(sell(0.1), unwrap(0.1), stake(0.096)))
    assert affords(book, group(sell(0.1), unwrap(0.1), stake(0.0974)))
    assert not affords(book, group(sell(0.1), unwrap(0.1), stake(0.0976)))


def test_a_transfer_pays_gas_only_where_it_leaves_the_wallet():
    book = "wallet:token:ETH 0.1"  # allowed 0.0005, the gas of a transfer 0.001

    assert affords(book, send(0.1, RESERVE))
    assert not affords(book, send(0.1, AWAY))
    assert affords(book, send(0.0994, AWAY))


def test_gas_is_too_dear_where_it_uses_up_what_is_to_be_sent():
    # The sale brings 0.1 ETH and costs 0.003, so that 0.099 cannot be moved.
    book = "wallet:token:weETH 0.1\nwallet:token:WETH 1"

    assert affords(book, sell(0.1), unwrap(0.1), send(0.097, RESERVE))
    assert not affords(book, sell(0.1), unwrap(0.1), send(0.099, RESERVE))


def test_a_run_without_gas_affords_everything():
    free = {venue: dict.fromkeys(units, 0.0) for venue, units in GAS.items()}

    assert affords("wallet:token:weETH 1", queue(1.0), gas=free, limit=0.0)
