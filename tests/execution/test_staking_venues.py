"""Staking pool, decentralised exchange and flash lender: what they give, and what they refuse.

A weETH is worth 1.25 ETH, then 1.30; the market quotes 1.20; 10 gwei of gas. A request waits a
day, which are 24 rows.
"""

import numpy as np
import pytest

from basis_lab.domain import series
from basis_lab.domain.instructions import (
    Cause,
    FlashBorrow,
    FlashRepay,
    Repay,
    Stake,
    Status,
    Supply,
    Swap,
    Unstake,
    Wrap,
)
from basis_lab.domain.instruments import Listing, Universe
from basis_lab.domain.market import MarketFrame, Payout
from basis_lab.errors import (
    InsufficientBalanceError,
    SlippageBoundError,
    UnsupportedInstructionError,
)
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.dex import DexMarket, SimulatedDex
from basis_lab.execution.venues.simulated.flash import FlashDesk, SimulatedFlashLender
from basis_lab.execution.venues.simulated.staking import (
    SimulatedStakingPool,
    StakeLine,
    StakingTerms,
)
from tests.builders import balances, hours, key, lending_pool, lines, reserve, terms

ETH, WETH, LST, KING = (
    key(x)
    for x in ("wallet:token:ETH", "wallet:token:WETH", "wallet:token:weETH", "wallet:king:EIGEN")
)
CLAIM, OWED = key("etherfi:exit_queue:ETH"), key("morpho:flash:WETH")
RATE, QUOTE, PRICE = series.lst_rate("weETH"), series.lst_market("weETH"), "dex/x/EIGENWETH.open"
EIGEN = series.rewards("etherfi", "EIGEN")
ROWS = 60
UNIVERSE = Universe(
    tuple(Listing(instrument=x, asset="ETH") for x in (ETH, WETH, LST, KING, CLAIM, OWED)), "ETH"
)


def market(*payouts, gas_gwei=10.0):
    columns = {
        RATE: np.where(np.arange(ROWS) < 30, 1.25, 1.30),
        QUOTE: np.full(ROWS, 1.20),
        PRICE: np.full(ROWS, 0.001),
        series.GAS_PRICE: np.full(ROWS, gas_gwei),
        series.liquidity_index("weETH"): np.full(ROWS, 2.0),
        series.borrow_index("weETH"): np.ones(ROWS),
    }
    return MarketFrame(times=hours(ROWS), series=columns, universe=UNIVERSE, payouts=payouts)


def wallet(text=""):
    made = SimulatedWallet(
        "wallet",
        tokens=(ETH, WETH, LST, KING),
        gas_units={"wrap": 0.0},
        gas_price=series.GAS_PRICE,
    )
    for name, units in lines(text).items():
        made.credit(key(name), units)
    return made


def staking_pool(owner, *, rewards=False):
    made = SimulatedStakingPool(
        "etherfi",
        wallet=owner,
        terms=StakingTerms(
            token=ETH,
            lst=LST,
            claim=CLAIM,
            rate=RATE,
            delay_s=86_400.0,
            gas_units={"stake": 100_000.0, "unstake": 200_000.0},
            programmes={EIGEN: KING} if rewards else {},
        ),
    )
    made.watch((StakeLine(venue=owner, line=LST, index=None),))
    return made


def stake(quantity):
    return Stake(venue="etherfi", token=ETH, lst=LST, quantity=quantity)


def unstake(quantity):
    return Unstake(venue="etherfi", lst=LST, claim=CLAIM, quantity=quantity)


def refused(venue, order, at, error):
    """Submit an order that must be refused, and leave the wallet as it was."""
    result = venue.submit(order, at)
    assert result.status is Status.REJECTED
    assert type(result.error) is error
    return result.error


# --- staking ----------------------------------------------------------------------------------


def test_staking_gives_tokens_at_the_rate_and_takes_gas():
    owner = wallet("wallet:token:ETH 10")
    pool = staking_pool(owner)

    result = pool.submit(stake(5.0), market().at(0))

    assert (result.status, result.price) == (Status.FILLED, 1.25)
    assert balances(owner) == pytest.approx({str(LST): 4.0, str(ETH): 5.0 - 0.001})


def test_a_request_fixes_its_rate_and_is_paid_after_the_delay():
    # 4 tokens at 1.25 are 5 ETH, though the rate is 1.30 when they are paid in row 34.
    owner = wallet("wallet:token:weETH 4\nwallet:token:ETH 1")
    pool, prices = staking_pool(owner), market()

    pool.submit(unstake(4.0), prices.at(10))

    assert balances(pool) == {str(CLAIM): 5.0}
    assert pool.preview(prices.window(11, 40)).work_row == 34
    assert pool.settle(prices.window(11, 34)) == ()
    (paid,) = pool.settle(prices.at(34))
    assert (paid.quantity, paid.destination) == (5.0, ETH)
    assert balances(pool) == {}
    assert balances(owner)[str(ETH)] == pytest.approx(1.0 - 0.002 + 5.0)


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (stake(0.0), InsufficientBalanceError),
        (stake(2.0), InsufficientBalanceError),
        (unstake(5.0), InsufficientBalanceError),
        (unstake(-1.0), InsufficientBalanceError),
        (Stake(venue="etherfi", token=WETH, lst=LST, quantity=1.0), UnsupportedInstructionError),
        (
            Unstake(venue="etherfi", lst=WETH, claim=CLAIM, quantity=1.0),
            UnsupportedInstructionError,
        ),
        (
            Wrap(venue="wallet", source=ETH, destination=WETH, quantity=1.0),
            UnsupportedInstructionError,
        ),
    ],
)
def test_what_the_protocol_cannot_do_is_refused_and_moves_nothing(order, error):
    owner = wallet("wallet:token:weETH 4\nwallet:token:ETH 1")
    pool = staking_pool(owner)
    before = balances(owner)

    refused(pool, order, market().at(0), error)

    assert balances(owner) == before
    assert balances(pool) == {}
    assert pool.health() == ""


def test_a_queue_is_no_part_of_a_transaction():
    owner = wallet("wallet:token:weETH 4\nwallet:token:ETH 1")
    pool = staking_pool(owner)
    owner.begin_group()

    refused(pool, unstake(1.0), market().at(0), UnsupportedInstructionError)


# --- rewards by time held ---------------------------------------------------------------------


def payout(row, first, last, units=0.5):
    start = hours(1)[0]
    hour = np.timedelta64(3600, "s")
    return Payout(
        key=EIGEN,
        row=row,
        period_start=start + first * hour,
        period_end=start + last * hour,
        units_per_staked=units,
    )


def rewarded(prices, *windows, text="wallet:token:weETH 8"):
    owner = wallet(text)
    pool = staking_pool(owner, rewards=True)
    return [x for start, stop in windows for x in pool.settle(prices.window(start, stop))]


def test_a_period_pays_on_the_staked_eth_held_over_all_of_it():
    # 8 tokens at 1.25 are 10 ETH over rows 4 to 24: 5 units in row 26.
    prices = market(payout(26, 4, 24))

    (paid,) = rewarded(prices, (0, 26), (26, 27))

    assert (paid.quantity, paid.average_units) == (pytest.approx(5.0), pytest.approx(10.0))


def test_a_rate_that_rises_within_a_period_counts_from_then_on():
    # Half of it at 1.25, half at 1.30: the rate of row 30 is held from row 30 to row 31.
    prices = market(payout(50, 20, 40, units=1.0))

    (paid,) = rewarded(prices, (0, 50), (50, 51))

    assert paid.quantity == pytest.approx(8.0 * 1.275)


def test_what_was_bought_within_a_period_counts_for_the_rest_of_it():
    prices = market(payout(50, 10, 30, units=1.0))
    owner = wallet()
    pool = staking_pool(owner, rewards=True)
    pool.settle(prices.window(0, 26))
    owner.credit(LST, 8.0)  # after row 25: five of twenty hours

    pool.settle(prices.window(26, 50))
    (paid,) = pool.settle(prices.at(50))

    assert paid.average_units == pytest.approx(10.0 * 5.0 / 20.0)


def test_a_period_from_before_the_run_pays_for_the_part_within_it():
    prices = market(payout(20, -10, 10, units=1.0))

    (paid,) = rewarded(prices, (0, 20), (20, 21))

    assert paid.average_units == pytest.approx(5.0)


def test_collateral_counts_at_its_index_beside_the_wallet():
    # 4 scaled at index 2 are 8 tokens, 10 ETH; the wallet holds as many.
    owner = wallet("wallet:token:weETH 16\nwallet:token:ETH 1")
    lender = lending_pool(owner, reserve("weETH"))
    prices = market(payout(20, 5, 15, units=1.0))
    aweeth = key("aave_v3:atoken:weETH")
    lender.submit(Supply(venue="aave_v3", token=LST, atoken=aweeth, quantity=8.0), prices.at(0))
    pool = staking_pool(owner, rewards=True)
    index = series.liquidity_index("weETH")
    pool.watch(
        (
            StakeLine(venue=owner, line=LST, index=None),
            StakeLine(venue=lender, line=aweeth, index=index),
        )
    )

    pool.settle(prices.window(0, 20))
    (paid,) = pool.settle(prices.at(20))

    assert paid.average_units == pytest.approx(20.0)


def test_nothing_held_is_paid_nothing_and_a_programme_that_is_not_counted_neither():
    prices = market(payout(20, 5, 15))

    assert rewarded(prices, (0, 20), (20, 21), text="wallet:token:ETH 1") == []
    assert staking_pool(wallet("wallet:token:weETH 8")).settle(prices.at(20)) == ()


# --- selling ----------------------------------------------------------------------------------


def dex(owner, bps=100.0):
    def pool(source, quote):
        return DexMarket(
            source=source, destination=WETH, quote=quote, inverted=False, terms=terms(bps=bps)
        )

    return SimulatedDex(
        "uniswap",
        wallet=owner,
        markets={(LST, WETH): pool(LST, QUOTE), (KING, WETH): pool(KING, PRICE)},
        gas_units={"swap": 100_000.0, "unwrap_reward": 50_000.0},
    )


def swap(source=LST, quantity=4.0, max_slippage=0.02, destination=WETH):
    return Swap(
        venue="uniswap",
        source=source,
        destination=destination,
        quantity=quantity,
        max_slippage=max_slippage,
    )


def test_a_sale_is_filled_at_the_quote_less_slippage():
    # 4 x 1.20 x 0.99; no rate of the protocol enters.
    owner = wallet("wallet:token:weETH 4\nwallet:token:ETH 1")

    result = dex(owner).submit(swap(), market().at(0))

    assert (result.price, result.quote_price) == (pytest.approx(1.188), 1.20)
    assert balances(owner) == pytest.approx({str(WETH): 4.752, str(ETH): 1.0 - 0.001})
    assert [x.cause for x in result.movements] == [Cause.GAS]


def test_a_reward_pays_its_unwrapping_as_well():
    owner = wallet("wallet:king:EIGEN 1000\nwallet:token:ETH 1")

    dex(owner).submit(swap(KING, 1000.0), market().at(0))

    assert balances(owner) == pytest.approx({str(WETH): 0.99, str(ETH): 1.0 - 0.0015})


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (swap(max_slippage=0.005), SlippageBoundError),
        (swap(quantity=5.0), InsufficientBalanceError),
        (swap(quantity=0.0), UnsupportedInstructionError),
        (swap(source=KING, quantity=1.0), InsufficientBalanceError),
        (swap(destination=ETH), UnsupportedInstructionError),
        (stake(1.0), UnsupportedInstructionError),
    ],
)
def test_what_cannot_be_sold_is_refused_and_moves_nothing(order, error):
    owner = wallet("wallet:token:weETH 4\nwallet:token:ETH 1")
    before = balances(owner)

    refused(dex(owner), order, market().at(0), error)

    assert balances(owner) == before


# --- flash loans ------------------------------------------------------------------------------


def lender(owner, premium=0.0):
    desk = FlashDesk("morpho", wallet=owner, lines=(OWED,), premium=premium, gas_units=100_000.0)
    return SimulatedFlashLender("morpho", desk)


def borrow(quantity, owed=OWED):
    return FlashBorrow(venue="morpho", token=WETH, owed=owed, quantity=quantity)


def give_back(quantity, owed=OWED):
    return FlashRepay(venue="morpho", token=WETH, owed=owed, quantity=quantity)


def test_a_flash_loan_outside_a_transaction_is_refused():
    owner = wallet("wallet:token:ETH 1")

    refused(lender(owner), borrow(100.0), market().at(0), UnsupportedInstructionError)

    assert balances(owner) == {str(ETH): 1.0}


def test_a_flash_loan_is_given_back_with_its_premium():
    owner, now = wallet("wallet:token:WETH 1\nwallet:token:ETH 1"), market().at(0)
    venue = lender(owner, premium=0.0005)
    owner.begin_group()

    venue.submit(borrow(100.0), now)
    owed = dict(balances(venue))
    result = venue.submit(give_back(100.0), now)
    (gas,) = owner.end_group(now)

    assert owed == {str(OWED): 100.0}
    assert balances(venue) == {}
    assert balances(owner) == pytest.approx({str(WETH): 0.95, str(ETH): 1.0 - 0.001})
    assert [x.quantity for x in result.movements if x.cause is Cause.FLASH_PREMIUM] == [
        pytest.approx(-0.05)
    ]
    assert gas.quantity == pytest.approx(-0.001)


def test_the_movements_of_a_repayment_are_what_the_wallet_gave_to_the_last_digit():
    owner, now = wallet("wallet:token:ETH 1"), market().at(0)
    venue = lender(owner)
    owner.begin_group()
    venue.submit(borrow(1000.0), now)
    owner.credit(WETH, 2e-9)  # what rounding left over

    result = venue.submit(give_back(1000.0), now)

    given = sum(x.quantity for x in result.movements if x.instrument == WETH)
    assert given == -1000.000000002
    assert owner.balances()[WETH] == 0.0


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (borrow(0.0), InsufficientBalanceError),
        (borrow(1.0, owed=CLAIM), UnsupportedInstructionError),
        (give_back(1.0), InsufficientBalanceError),
        (
            Repay(venue="morpho", token=WETH, debt=OWED, quantity=1.0),
            UnsupportedInstructionError,
        ),
    ],
)
def test_what_a_lender_does_not_do_is_refused(order, error):
    owner = wallet("wallet:token:ETH 1")
    owner.begin_group()

    refused(lender(owner), order, market().at(0), error)


def test_a_lender_and_an_exchange_do_nothing_by_themselves():
    owner, prices = wallet(), market()

    for venue in (lender(owner), dex(owner)):
        assert venue.preview(prices.window(0, 5)).work_row is None
        assert venue.settle(prices.window(0, 5)) == ()
        assert venue.health() == ""
        venue.restore(venue.snapshot())


def test_a_transaction_cannot_end_with_ether_short_where_gas_is_free():
    free = SimulatedWallet("wallet", tokens=(ETH, WETH), gas_units={}, gas_price=None)
    free.begin_group()
    free.debit(ETH, 5.0, market().at(0))

    with pytest.raises(InsufficientBalanceError):
        free.end_group(market().at(0))
