"""Spot at a simulated exchange: fills, fees in the coin received, and what is refused."""

import pytest

from basis_lab.domain.instructions import (
    Cause,
    SpotTrade,
    Status,
    Supply,
)
from basis_lab.errors import (
    BelowMinimumError,
    InsufficientBalanceError,
    SlippageBoundError,
    UnsupportedInstructionError,
)
from tests.builders import balances, exchange, key, perp_frame, terms

MARKET = perp_frame([100.0]).at(0)
BTC, USDT = key("binance:token:BTC"), key("binance:token:USDT")
FUNDED = "binance:token:USDT 1000\nbinance:token:BTC 4"


def order(quantity, *, max_slippage=1.0, base=BTC, quote=USDT):
    return SpotTrade(
        venue="binance", base=base, quote=quote, quantity=quantity, max_slippage=max_slippage
    )


def refusal(venue, instruction):
    """Submit what is refused, and return the error once the book is seen to be unchanged."""
    before = venue.balances()

    result = venue.submit(instruction, MARKET)

    assert venue.balances() == before
    assert result.status is Status.REJECTED
    assert result.movements == ()
    return result.error


def test_a_purchase_pays_its_fee_in_the_coin_received():
    # Quote 100, slippage 100 bps: 2 cost 202; a fee of 25 % leaves 1.5 of 2.
    venue = exchange("binance:token:USDT 1000", spot=terms(fee=0.25, bps=100.0))

    result = venue.submit(order(2.0), MARKET)

    assert result.status is Status.FILLED
    assert (result.quantity, result.price, result.quote_price) == (2.0, 101.0, 100.0)
    (fee,) = result.movements
    assert (fee.instrument, fee.quantity, fee.cause) == (BTC, -0.5, Cause.FEE)
    assert balances(venue) == {"binance:token:USDT": 798.0, "binance:token:BTC": 1.5}


def test_a_sale_pays_its_fee_in_quote():
    # Quote 100, slippage 100 bps: 2 bring 198, of which 25 % are the fee.
    venue = exchange("binance:token:BTC 4", spot=terms(fee=0.25, bps=100.0))

    result = venue.submit(order(-2.0), MARKET)

    (fee,) = result.movements
    assert (result.price, fee.instrument, fee.quantity) == (99.0, USDT, -49.5)
    assert balances(venue) == {"binance:token:USDT": 148.5, "binance:token:BTC": 2.0}


def test_a_purchase_with_all_cash_may_be_a_rounding_short():
    venue = exchange("binance:token:USDT 100")

    result = venue.submit(order(1.0 + 1e-12), MARKET)

    assert result.status is Status.FILLED
    assert venue.balances()[USDT] == 0.0


def test_a_purchase_beyond_the_cash_is_refused():
    error = refusal(exchange(FUNDED), order(10.1))

    assert isinstance(error, InsufficientBalanceError)
    assert error.where == "binance:token:USDT"


def test_a_sale_of_more_than_is_held_is_refused():
    error = refusal(exchange(FUNDED), order(-4.1))

    assert isinstance(error, InsufficientBalanceError)
    assert error.where == "binance:token:BTC"


def test_a_fill_worse_than_the_decision_allows_is_refused():
    venue = exchange(FUNDED, spot=terms(bps=100.0))

    assert isinstance(refusal(venue, order(1.0, max_slippage=0.0099)), SlippageBoundError)


def test_a_fill_exactly_as_bad_as_allowed_is_taken():
    venue = exchange(FUNDED, spot=terms(bps=100.0))

    assert venue.submit(order(1.0, max_slippage=0.01), MARKET).status is Status.FILLED


@pytest.mark.parametrize("quantity", [0.09, -0.09, 0.0])
def test_an_order_under_the_minimum_value_is_refused(quantity):
    venue = exchange(FUNDED, spot=terms(min_notional=10.0))

    assert isinstance(refusal(venue, order(quantity)), BelowMinimumError)


def test_an_order_of_the_minimum_value_is_taken():
    venue = exchange(FUNDED, spot=terms(min_notional=10.0))

    assert venue.submit(order(0.1), MARKET).status is Status.FILLED


def test_an_order_that_is_not_a_number_is_refused():
    assert isinstance(refusal(exchange(FUNDED), order(float("nan"))), BelowMinimumError)


@pytest.mark.parametrize("quantity", [0.0015, -1.0005])
def test_a_quantity_between_two_lots_is_refused(quantity):
    venue = exchange(FUNDED, spot=terms(lot=0.001))

    assert isinstance(refusal(venue, order(quantity)), BelowMinimumError)


def test_a_whole_number_of_lots_is_taken_in_spite_of_rounding():
    # 0.3 / 0.1 is 2.9999999999999996 in floating point.
    venue = exchange(FUNDED, spot=terms(lot=0.1))

    assert venue.submit(order(0.3), MARKET).status is Status.FILLED


@pytest.mark.parametrize(
    "instruction",
    [
        order(1.0, base=key("binance:token:ETH")),
        order(1.0, quote=key("binance:margin:USDT")),
        Supply(
            venue="binance",
            token=key("wallet:token:USDT"),
            atoken=key("aave_v3:atoken:USDT"),
            quantity=1.0,
        ),
    ],
)
def test_what_the_exchange_does_not_know_is_refused(instruction):
    assert isinstance(refusal(exchange(FUNDED), instruction), UnsupportedInstructionError)


def test_a_balance_below_zero_is_named_by_health():
    venue = exchange(FUNDED)
    assert venue.health() == ""

    venue.credit(BTC, -5.0)

    assert venue.health() == "negative balance on binance:token:BTC"
