"""Perps at a simulated exchange: entry price, realised P&L, margin, and what is refused."""

import pytest

from basis_lab.domain.instructions import Cause, PerpTrade, Status
from basis_lab.errors import (
    BelowMinimumError,
    InsufficientBalanceError,
    InsufficientMarginError,
    SlippageBoundError,
    UnsupportedInstructionError,
)
from tests.builders import balances, exchange, flat_tiers, key, perp_frame, terms

# One row a price: trades are made at the row whose last price and mark they need.
MARKET = perp_frame([100.0, 120.0, 80.0])
PERP, MARGIN = key("binance:perp:BTCUSDT"), key("binance:margin:USDT")


def order(quantity, *, max_slippage=1.0, reduce_only=False, perp=PERP):
    return PerpTrade(
        venue="binance",
        perp=perp,
        quantity=quantity,
        max_slippage=max_slippage,
        reduce_only=reduce_only,
    )


def traded(venue, *steps):
    """Trade ``(row, quantity)`` one after the other; all must fill."""
    for row, quantity in steps:
        assert venue.submit(order(quantity), MARKET.at(row)).status is Status.FILLED
    return balances(venue)


def refusal(venue, instruction, row=0):
    """Submit what is refused, and return the error once the book is seen to be unchanged."""
    before = venue.balances()

    result = venue.submit(instruction, MARKET.at(row))

    assert venue.balances() == before
    assert result.status is Status.REJECTED
    assert result.movements == ()
    return result.error


def funded(**perp):
    return exchange("binance:margin:USDT 1000", **perp)


def test_an_opened_short_is_held_against_what_it_was_sold_for():
    found = traded(funded(), (0, -2.0))

    assert found == {
        "binance:margin:USDT": 1000.0,
        "binance:perp:BTCUSDT": -2.0,
        "binance:contracts:BTCUSDT": 200.0,
    }


def test_the_fee_is_paid_from_margin_on_the_notional_of_the_fill():
    # Slippage of 100 bps against a seller: the fill is 99, the fee a quarter of 198.
    venue = funded(terms=terms(fee=0.25, bps=100.0))

    result = venue.submit(order(-2.0), MARKET.at(0))

    (fee,) = result.movements
    assert (result.price, result.quote_price) == (99.0, 100.0)
    assert (fee.instrument, fee.quantity, fee.cause) == (MARGIN, -49.5, Cause.FEE)
    assert balances(venue)["binance:margin:USDT"] == 950.5
    assert balances(venue)["binance:contracts:BTCUSDT"] == 198.0


def test_an_increase_averages_the_entry_by_size():
    # 3 at 100 and 1 at 120: 420 for 4.
    found = traded(funded(), (0, 3.0), (1, 1.0))

    assert found["binance:contracts:BTCUSDT"] == -420.0
    assert found["binance:margin:USDT"] == 1000.0


@pytest.mark.parametrize(
    ("opened", "row", "closed", "cash", "contracts"),
    [
        (-4.0, 1, 1.0, 980.0, 300.0),  # a short bought back 20 higher loses 20 a unit
        (-4.0, 2, 1.0, 1020.0, 300.0),
        (4.0, 1, -1.0, 1020.0, -300.0),
        (4.0, 2, -1.0, 980.0, -300.0),
    ],
)
def test_a_decrease_realises_its_part_and_keeps_the_entry(opened, row, closed, cash, contracts):
    found = traded(funded(), (0, opened), (row, closed))

    assert found["binance:margin:USDT"] == cash
    assert found["binance:contracts:BTCUSDT"] == contracts


def test_a_full_close_leaves_cash_alone():
    assert traded(funded(), (0, -2.0), (2, 2.0)) == {"binance:margin:USDT": 1040.0}


def test_a_flip_realises_what_it_closes_and_opens_the_rest_at_its_price():
    # Short 2 at 100, bought 5 at 80: 40 earned, 3 long at 80.
    found = traded(funded(), (0, -2.0), (2, 5.0))

    assert found == {
        "binance:margin:USDT": 1040.0,
        "binance:perp:BTCUSDT": 3.0,
        "binance:contracts:BTCUSDT": -240.0,
    }


def test_a_position_beyond_its_initial_margin_is_refused():
    # Tenfold leverage carries 1000 x 10 at 100.
    error = refusal(funded(), order(-100.1))

    assert isinstance(error, InsufficientMarginError)
    assert error.where == "binance:margin:USDT"


def test_a_position_of_exactly_its_initial_margin_is_taken():
    assert traded(funded(), (0, -100.0))["binance:perp:BTCUSDT"] == -100.0


def test_a_venue_without_margin_checks_takes_any_size():
    assert traded(funded(checks_margin=False), (0, -500.0))["binance:perp:BTCUSDT"] == -500.0


def test_an_increase_beyond_initial_margin_after_a_loss_is_refused():
    venue = funded()
    traded(venue, (0, -40.0))

    # At 120 the equity is 200 and 40.1 x 120 need 481.2.
    assert isinstance(refusal(venue, order(-0.1), row=1), InsufficientMarginError)


def test_a_decrease_is_taken_when_margin_no_longer_carries_the_whole():
    venue = funded()
    traded(venue, (0, -40.0))

    assert traded(venue, (1, 10.0))["binance:margin:USDT"] == 800.0


def test_a_close_whose_loss_is_more_than_the_cash_is_refused():
    venue = exchange("binance:margin:USDT 30", checks_margin=False)
    traded(venue, (0, -2.0))

    assert isinstance(refusal(venue, order(2.0), row=1), InsufficientBalanceError)


def test_a_fee_that_cash_does_not_cover_is_refused():
    venue = exchange("binance:margin:USDT 10", checks_margin=False, terms=terms(fee=0.25))

    assert isinstance(refusal(venue, order(-1.0)), InsufficientBalanceError)


@pytest.mark.parametrize("quantity", [-0.1, 2.5, 2.000001])
def test_a_reduce_only_order_that_would_open_or_flip_is_refused(quantity):
    venue = funded()
    traded(venue, (0, -2.0))

    error = refusal(venue, order(quantity, reduce_only=True))

    assert isinstance(error, InsufficientBalanceError)


def test_a_reduce_only_order_without_a_position_is_refused():
    assert isinstance(refusal(funded(), order(1.0, reduce_only=True)), InsufficientBalanceError)


@pytest.mark.parametrize("quantity", [0.5, 2.0])
def test_a_reduce_only_order_up_to_what_is_held_is_taken(quantity):
    venue = funded()
    traded(venue, (0, -2.0))

    result = venue.submit(order(quantity, reduce_only=True), MARKET.at(0))

    assert result.status is Status.FILLED


def test_an_opening_under_the_minimum_value_is_refused_and_a_reduction_is_not():
    venue = funded(terms=terms(min_notional=50.0))
    assert isinstance(refusal(venue, order(-0.4)), BelowMinimumError)
    traded(venue, (0, -0.5))

    result = venue.submit(order(0.4, reduce_only=True), MARKET.at(0))

    assert result.status is Status.FILLED


def test_an_opening_between_two_lots_is_refused():
    assert isinstance(refusal(funded(terms=terms(lot=0.1)), order(-0.25)), BelowMinimumError)


def test_an_order_that_is_not_a_number_is_refused():
    assert isinstance(refusal(funded(), order(float("nan"))), BelowMinimumError)


def test_a_fill_worse_than_the_decision_allows_is_refused():
    venue = funded(terms=terms(bps=100.0))

    assert isinstance(refusal(venue, order(-1.0, max_slippage=0.005)), SlippageBoundError)


def test_a_perp_that_the_run_does_not_have_is_refused():
    unknown = order(-1.0, perp=key("binance:perp:ETHUSDT"))

    assert isinstance(refusal(funded(), unknown), UnsupportedInstructionError)


def test_margin_that_a_position_needs_cannot_be_withdrawn():
    venue = funded()
    traded(venue, (0, -50.0))
    before = venue.balances()

    with pytest.raises(InsufficientMarginError):
        venue.debit(MARGIN, 500.1, MARKET.at(0))

    assert venue.balances() == before


def test_free_margin_can_be_withdrawn_to_the_last_unit():
    venue = funded()
    traded(venue, (0, -50.0))

    assert venue.debit(MARGIN, 500.0, MARKET.at(0)) == 500.0
    assert balances(venue)["binance:margin:USDT"] == 500.0


def test_without_a_position_all_margin_can_be_withdrawn():
    assert funded().debit(MARGIN, 1000.0, MARKET.at(0)) == 1000.0


def test_coins_are_withdrawn_without_a_margin_check():
    venue = exchange("binance:margin:USDT 1000\nbinance:token:USDT 70")
    traded(venue, (0, -100.0))

    assert venue.debit(key("binance:token:USDT"), 70.0, MARKET.at(0)) == 70.0


def test_a_higher_tier_allows_less_leverage():
    tiers = flat_tiers(leverage=2.0)

    assert isinstance(refusal(funded(tiers=tiers), order(-20.1)), InsufficientMarginError)
