"""Instructions in words."""

import pytest

from basis_lab.domain.instructions import (
    AtomicGroup,
    Borrow,
    FlashBorrow,
    FlashRepay,
    PerpTrade,
    Repay,
    SpotTrade,
    Stake,
    Supply,
    Swap,
    Transfer,
    Unstake,
    Withdraw,
    Wrap,
)
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.wording import word_instruction

USDT, WETH, WEETH = (Instrument.parse(f"wallet:token:{x}") for x in ("USDT", "WETH", "weETH"))
THERE = Instrument.parse("okx:token:USDT")
COIN = Instrument.parse("binance:token:ETH")
MONEY = Instrument.parse("binance:token:USDT")
PERP = Instrument.parse("okx:perp:ETHUSDT")
AWETH = Instrument.parse("aave_v3:atoken:weETH")
DEBT = Instrument.parse("aave_v3:debt:WETH")
FLASH = Instrument.parse("morpho:flash:WETH")
BORROW = Borrow(venue="aave_v3", token=WETH, debt=DEBT, quantity=2.0)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Supply(venue="aave_v3", token=WEETH, atoken=AWETH, quantity=0.01), "supply 0.01 weETH"),
        (Withdraw(venue="aave_v3", token=WEETH, atoken=AWETH, quantity=3.0), "withdraw 3 weETH"),
        (BORROW, "borrow 2 WETH"),
        (Repay(venue="aave_v3", token=WETH, debt=DEBT, quantity=2.0), "repay 2 WETH"),
        (Stake(venue="etherfi", token=WETH, lst=WEETH, quantity=1.5), "stake 1.5 WETH"),
        (
            Unstake(venue="etherfi", lst=WEETH, claim=WETH, quantity=1.5),
            "take 1.5 weETH out of staking",
        ),
        (Wrap(venue="wallet", source=USDT, destination=WETH, quantity=1.0), "turn 1 USDT to WETH"),
        (
            Swap(venue="u", source=WEETH, destination=WETH, quantity=1.0, max_slippage=0.01),
            "swap 1 weETH to WETH",
        ),
        (
            FlashBorrow(venue="morpho", token=WETH, owed=FLASH, quantity=9.0),
            "lend in a flash 9 WETH",
        ),
        (
            FlashRepay(venue="morpho", token=WETH, owed=FLASH, quantity=9.0),
            "take back the flash loan of 9 WETH",
        ),
        (
            Transfer(source=USDT, destination=THERE, quantity=100.0),
            "send 100 USDT from wallet to okx",
        ),
        (
            SpotTrade(venue="binance", base=COIN, quote=MONEY, quantity=-0.5, max_slippage=0.01),
            "sell 0.5 ETH for USDT",
        ),
        (
            PerpTrade(venue="okx", perp=PERP, quantity=0.123456789, max_slippage=0.01),
            "buy 0.123457 of the perpetual ETHUSDT",
        ),
        (
            AtomicGroup(venue="wallet", purpose="entry", steps=(BORROW,)),
            "carry out 1 step at once (entry)",
        ),
    ],
)
def test_an_instruction_is_told_as_a_request(asked, words):
    assert word_instruction(asked) == words
