"""From a venue's statement to postings, each derived by hand.

A book short 4 at 100 holds ``contracts`` of 400 and 1000 of margin.
"""

import pytest

from basis_lab.domain.instructions import (
    Cause,
    ExecutionResult,
    Movement,
    PerpTrade,
    SpotTrade,
    Status,
    Supply,
    Transfer,
)
from basis_lab.domain.statements import Arrival, Liquidation
from basis_lab.errors import PositionUpdateError
from basis_lab.execution.updates import PositionUpdateHandler
from tests.builders import (
    basis_universe,
    exchange,
    held,
    key,
    lending_universe,
    perp_frame,
    positions,
    postings,
    terms,
)

UNIVERSE = basis_universe("binance", "bybit")
PERP, CONTRACTS, MARGIN = (
    key("binance:perp:BTCUSDT"),
    key("binance:contracts:BTCUSDT"),
    key("binance:margin:USDT"),
)
SHORT = """
    binance:perp:BTCUSDT       -4
    binance:contracts:BTCUSDT 400
    binance:margin:USDT      1000
"""


def booked(text, result):
    """Book a result on a book; return the transaction and what is held after it."""
    monitor = positions(UNIVERSE, text)
    transaction = PositionUpdateHandler(monitor).handle_position_update(result, 7)
    assert transaction.row == 7
    return transaction, held(monitor)


def traded(quantity, *, price, quote, fee=0.0):
    """What an exchange states of a perp trade."""
    order = PerpTrade(venue="binance", perp=PERP, quantity=quantity, max_slippage=1.0)
    return ExecutionResult(
        status=Status.FILLED,
        instruction=order,
        movements=(Movement(MARGIN, -fee, Cause.FEE),),
        quantity=quantity,
        price=price,
        quote_price=quote,
    )


def test_an_opened_short_stands_against_its_quote_and_its_slippage():
    # Sold 4 at 99 where the quote was 100.
    transaction, after = booked(
        "binance:margin:USDT 1000", traded(-4.0, price=99.0, quote=100.0, fee=2.0)
    )

    assert transaction.opens_at == "basis"
    assert transaction.postings == postings("""
        binance:perp:BTCUSDT       -4  trade
        binance:contracts:BTCUSDT 400  trade
        binance:contracts:BTCUSDT  -4  slippage
        binance:margin:USDT        -2  fee
    """)
    assert after == {
        "binance:perp:BTCUSDT": -4.0,
        "binance:contracts:BTCUSDT": 396.0,
        "binance:margin:USDT": 998.0,
    }


def test_an_increase_adds_to_what_it_was_opened_against():
    transaction, after = booked(SHORT, traded(-1.0, price=120.0, quote=120.0))

    assert transaction.postings == postings("""
        binance:perp:BTCUSDT       -1  trade
        binance:contracts:BTCUSDT 120  trade
        binance:contracts:BTCUSDT   0  slippage
        binance:margin:USDT         0  fee
    """)
    assert after["binance:contracts:BTCUSDT"] == 520.0


def test_a_partial_close_moves_its_fraction_of_contracts_to_cash():
    # A quarter bought back at 121 with a quote of 120: 100 come back, 120 are paid, 1 slipped.
    transaction, after = booked(SHORT, traded(1.0, price=121.0, quote=120.0, fee=2.0))

    assert transaction.postings == postings("""
        binance:perp:BTCUSDT         1  trade
        binance:contracts:BTCUSDT -100  trade
        binance:margin:USDT        -20  trade
        binance:margin:USDT         -1  slippage
        binance:margin:USDT         -2  fee
    """)
    assert after == {
        "binance:perp:BTCUSDT": -3.0,
        "binance:contracts:BTCUSDT": 300.0,
        "binance:margin:USDT": 977.0,
    }


def test_a_full_close_posts_exactly_what_was_held():
    transaction, after = booked(SHORT, traded(4.0, price=80.0, quote=80.0))

    assert transaction.postings[:3] == postings("""
        binance:perp:BTCUSDT         4  trade
        binance:contracts:BTCUSDT -400  trade
        binance:margin:USDT         80  trade
    """)
    assert after == {"binance:margin:USDT": 1080.0}


def test_a_full_close_leaves_no_crumbs_of_a_position_that_has_no_exact_fraction():
    text = "binance:perp:BTCUSDT -0.3\nbinance:contracts:BTCUSDT 0.7\nbinance:margin:USDT 9"

    _, after = booked(text, traded(0.3, price=2.0, quote=2.0))

    assert set(after) == {"binance:margin:USDT"}


def test_a_flip_closes_the_whole_and_opens_the_rest():
    # 5 bought at 91 with a quote of 90: 4 close for 400 - 360, 1 opens long.
    transaction, after = booked(SHORT, traded(5.0, price=91.0, quote=90.0, fee=3.0))

    assert transaction.postings == postings("""
        binance:perp:BTCUSDT         4  trade
        binance:contracts:BTCUSDT -400  trade
        binance:margin:USDT         40  trade
        binance:margin:USDT         -4  slippage
        binance:perp:BTCUSDT         1  trade
        binance:contracts:BTCUSDT  -90  trade
        binance:contracts:BTCUSDT   -1  slippage
        binance:margin:USDT         -3  fee
    """)
    assert after == {
        "binance:perp:BTCUSDT": 1.0,
        "binance:contracts:BTCUSDT": -91.0,
        "binance:margin:USDT": 1033.0,
    }


def test_a_purchase_pays_its_quote_and_its_slippage_apart():
    base, quote = key("binance:token:BTC"), key("binance:token:USDT")
    order = SpotTrade(venue="binance", base=base, quote=quote, quantity=2.0, max_slippage=1.0)
    result = ExecutionResult(
        status=Status.FILLED,
        instruction=order,
        movements=(Movement(base, -0.5, Cause.FEE),),
        quantity=2.0,
        price=101.0,
        quote_price=100.0,
    )

    transaction, after = booked("binance:token:USDT 1000", result)

    assert transaction.opens_at == "delta"
    assert transaction.postings == postings("""
        binance:token:BTC     2    trade
        binance:token:USDT -200    trade
        binance:token:USDT   -2    slippage
        binance:token:BTC    -0.5  fee
    """)
    assert after == {"binance:token:BTC": 1.5, "binance:token:USDT": 798.0}


def test_a_supply_is_booked_as_the_pool_states_it():
    token, atoken = key("wallet:token:USDT"), key("aave_v3:atoken:USDT")
    monitor = positions(lending_universe(), "wallet:token:USDT 100")
    result = ExecutionResult(
        status=Status.FILLED,
        instruction=Supply(venue="aave_v3", token=token, atoken=atoken, quantity=100.0),
        movements=(
            Movement(token, -100.0, Cause.TRADE),
            Movement(atoken, 80.0, Cause.TRADE),
            Movement(key("wallet:token:ETH"), -0.25, Cause.GAS),
        ),
        quantity=100.0,
    )

    handler = PositionUpdateHandler(monitor)
    transaction = handler.handle_position_update(result, 0)
    gas = handler.handle_gas(result.movements, 0)

    assert transaction.opens_at == ""
    assert [x.cause for x in transaction.postings] == [Cause.TRADE, Cause.TRADE]
    assert [x.cause for tx in gas for x in tx.postings] == [Cause.GAS]
    assert held(monitor) == {"aave_v3:atoken:USDT": 80.0, "wallet:token:ETH": -0.25}


@pytest.mark.parametrize("cause", [Cause.FUNDING, Cause.CAPITAL, Cause.REWARD, Cause.TRANSFER])
def test_a_statement_with_a_cause_its_instruction_may_not_use_is_refused_and_not_booked(cause):
    monitor = positions(UNIVERSE, SHORT)
    before = held(monitor)
    order = PerpTrade(venue="binance", perp=PERP, quantity=-1.0, max_slippage=1.0)
    result = ExecutionResult(
        status=Status.FILLED,
        instruction=order,
        movements=(Movement(MARGIN, 5.0, cause),),
        quantity=-1.0,
        price=100.0,
        quote_price=100.0,
    )

    with pytest.raises(PositionUpdateError) as refused:
        PositionUpdateHandler(monitor).handle_position_update(result, 0)

    assert refused.value.value == cause.value
    assert held(monitor) == before


def test_a_transfer_may_not_trade():
    monitor = positions(UNIVERSE, "binance:token:USDT 100")
    order = Transfer(source=key("binance:token:USDT"), destination=MARGIN, quantity=10.0)
    result = ExecutionResult(
        status=Status.FILLED, instruction=order, movements=(Movement(MARGIN, 10.0, Cause.TRADE),)
    )

    with pytest.raises(PositionUpdateError):
        PositionUpdateHandler(monitor).handle_position_update(result, 0)

    assert held(monitor) == {"binance:token:USDT": 100.0}


def test_an_arrival_empties_transit_into_its_destination():
    monitor = positions(UNIVERSE, "bybit:in_transit:USDT 30")
    arrival = Arrival(
        venue="bybit",
        transit=key("bybit:in_transit:USDT"),
        destination=key("bybit:margin:USDT"),
        quantity=30.0,
    )

    transaction = PositionUpdateHandler(monitor).handle_statement(arrival, 3)

    assert transaction.postings == postings("""
        bybit:in_transit:USDT -30  transfer
        bybit:margin:USDT      30  transfer
    """)
    assert held(monitor) == {"bybit:margin:USDT": 30.0}


def liquidation(*, price, fee=0.0, absorbed=0.0):
    return Liquidation(
        venue="binance",
        perp=PERP,
        contracts=CONTRACTS,
        margin=MARGIN,
        quantity=-4.0,
        price=price,
        clearance_fee=fee,
        absorbed=absorbed,
    )


def test_a_liquidation_closes_at_its_price_and_pays_the_clearance_fee():
    # 400 come back, 4 x 300 are paid, the fee is 50: 150 of 1000 are left.
    monitor = positions(UNIVERSE, SHORT)

    transaction = PositionUpdateHandler(monitor).handle_statement(
        liquidation(price=300.0, fee=50.0), 5
    )

    assert transaction.postings == postings("""
        binance:perp:BTCUSDT         4  trade
        binance:contracts:BTCUSDT -400  trade
        binance:margin:USDT       -800  trade
        binance:margin:USDT        -50  liquidation
    """)
    assert (transaction.forced.perp, transaction.forced.quantity) == (PERP, -4.0)
    assert transaction.forced.price == 300.0
    assert held(monitor) == {"binance:margin:USDT": 150.0}


def test_a_deficit_that_the_fund_absorbs_leaves_nothing():
    # 400 come back, 4 x 400 are paid: 200 more than there were.
    monitor = positions(UNIVERSE, SHORT)

    transaction = PositionUpdateHandler(monitor).handle_statement(
        liquidation(price=400.0, absorbed=200.0), 5
    )

    assert transaction.postings[-1:] == postings("binance:margin:USDT 200 liquidation")
    assert held(monitor) == {}


@pytest.mark.parametrize(
    "steps",
    [
        [(0, -2.0), (1, -1.0)],
        [(0, -4.0), (1, 1.0), (2, 1.0)],
        [(0, -4.0), (2, 4.0)],
        [(0, -2.0), (1, 5.0), (2, -1.0)],
        [(0, 3.0), (2, 1.0), (1, -6.0)],
    ],
)
def test_our_book_and_the_exchanges_own_agree_after_every_trade(steps):
    market = perp_frame([100.0, 120.0, 80.0])
    venue = exchange("binance:margin:USDT 1000", terms=terms(fee=0.01, bps=50.0))
    monitor = positions(UNIVERSE, "binance:margin:USDT 1000")
    handler = PositionUpdateHandler(monitor)

    for row, quantity in steps:
        order = PerpTrade(venue="binance", perp=PERP, quantity=quantity, max_slippage=1.0)
        handler.handle_position_update(venue.submit(order, market.at(row)), row)

        ours = monitor.book.quantities
        for instrument, units in venue.balances().items():
            assert ours[UNIVERSE.column(instrument)] == pytest.approx(units, rel=1e-12, abs=1e-12)
