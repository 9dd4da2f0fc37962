"""The double-entry book: what is posted balances, and what cannot be true is refused whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_lab.domain.instructions import Cause
from basis_lab.errors import PositionError, UnknownInstrumentError
from basis_lab.ledger.book import CAUSES, Book, Posting, Transaction
from tests.builders import basis_universe, key, postings, quantities

few = settings(max_examples=40, derandomize=True)
UNIVERSE = basis_universe("binance", "bybit")
units = st.floats(-1e9, 1e9, allow_nan=False)
posting = st.builds(
    Posting, st.sampled_from(UNIVERSE.instruments), units, st.sampled_from(list(Cause))
)
NOT_NUMBERS = [float("nan"), float("inf"), float("-inf")]


def transaction(text):
    return Transaction(row=0, postings=postings(text))


def everything(book):
    """Held units and every cause account, as bytes."""
    return b"".join([book.quantities.tobytes(), *(book.account(x).tobytes() for x in CAUSES)])


@given(quantity=units, instrument=st.sampled_from(UNIVERSE.instruments))
@few
def test_a_posting_and_its_counter_posting_sum_to_exactly_zero(quantity, instrument):
    book = Book(UNIVERSE)

    book.post(Transaction(row=0, postings=(Posting(instrument, quantity, Cause.FEE),)))

    assert (book.quantities + book.account(Cause.FEE)).tolist() == [0.0] * len(UNIVERSE)
    assert book.quantities[UNIVERSE.column(instrument)] == quantity


@given(written=st.lists(st.lists(posting, min_size=1, max_size=5), max_size=12))
@few
def test_the_trial_balance_stays_within_rounding_of_turnover(written):
    book = Book(UNIVERSE)

    for group in written:
        book.post(Transaction(row=0, postings=tuple(group)))

    assert book.trial_balance() <= 1e-12


@given(written=st.lists(posting, min_size=1, max_size=8))
@few
def test_transactions_of_whole_units_sum_to_exactly_zero_in_every_instrument(written):
    book = Book(UNIVERSE)
    whole = tuple(Posting(x.instrument, float(round(x.quantity)), x.cause) for x in written)

    book.post(Transaction(row=0, postings=whole))

    total = book.quantities + sum(book.account(cause) for cause in CAUSES)
    assert total.tolist() == [0.0] * len(UNIVERSE)
    assert book.trial_balance() == 0.0


def test_a_purchase_moves_both_coins_and_leaves_its_cause():
    book = Book(UNIVERSE)
    book.post(transaction("binance:token:USDT 1000 capital"))

    book.post(
        transaction("""
            binance:token:BTC     2  trade
            binance:token:USDT -200  trade
            binance:token:USDT   -1  fee
        """)
    )

    assert book.quantities.tolist() == (
        quantities(UNIVERSE, "binance:token:USDT 799\nbinance:token:BTC 2").tolist()
    )
    assert book.account(Cause.TRADE)[UNIVERSE.column(key("binance:token:USDT"))] == 200.0
    assert book.account(Cause.FEE)[UNIVERSE.column(key("binance:token:USDT"))] == 1.0


@pytest.mark.parametrize("quantity", NOT_NUMBERS)
def test_a_posting_that_is_no_finite_number_is_refused_and_nothing_is_booked(quantity):
    book = Book(UNIVERSE)
    book.post(transaction("binance:token:USDT 1000 capital"))
    before = everything(book)
    good = Posting(key("binance:token:BTC"), 1.0, Cause.TRADE)
    bad = Posting(key("binance:token:USDT"), quantity, Cause.TRADE)

    with pytest.raises(PositionError) as refused:
        book.post(Transaction(row=0, postings=(good, bad)))

    assert refused.value.where == "binance:token:USDT, trade"
    assert everything(book) == before


def test_a_transaction_with_a_foreign_instrument_is_refused_and_nothing_is_booked():
    book = Book(UNIVERSE)
    good = Posting(key("binance:token:BTC"), 1.0, Cause.TRADE)
    foreign = Posting(key("okx:token:BTC"), -1.0, Cause.TRADE)

    with pytest.raises(UnknownInstrumentError):
        book.post(Transaction(row=0, postings=(good, foreign)))

    assert not book.quantities.any()


@pytest.mark.parametrize("cause", [None, "", "gift"])
def test_a_change_without_a_known_cause_is_refused_and_nothing_is_booked(cause):
    book = Book(UNIVERSE)
    good = Posting(key("binance:token:BTC"), 1.0, Cause.TRADE)
    bad = Posting(key("binance:token:USDT"), 1.0, cause)

    with pytest.raises(PositionError) as refused:
        book.post(Transaction(row=0, postings=(good, bad)))

    assert refused.value.where == "binance:token:USDT"
    assert not book.quantities.any()


def test_a_restored_book_has_no_trace_of_what_was_booked_since():
    book = Book(UNIVERSE)
    book.post(transaction("binance:token:USDT 1000 capital"))
    state, before = book.snapshot(), everything(book)

    for _ in range(2):
        book.post(transaction("binance:token:USDT -200 trade\nbinance:token:BTC 2 trade"))
        assert everything(book) != before
        book.restore(state)

        assert everything(book) == before
        assert book.turnover.sum() == 1000.0


@pytest.mark.parametrize("quantity", NOT_NUMBERS)
def test_a_series_with_one_number_that_is_not_finite_is_refused_whole(quantity):
    book = Book(UNIVERSE)
    before = everything(book)

    with pytest.raises(PositionError):
        book.post_series(key("binance:margin:USDT"), np.array([1.0, quantity]), Cause.FUNDING)

    assert everything(book) == before


@given(
    opening=units,
    paid=st.lists(st.floats(-1e4, 1e4, allow_nan=False), max_size=40),
    cut=st.integers(0, 40),
)
@few
def test_a_series_is_the_same_bits_as_posting_one_by_one(opening, paid, cut):
    margin = key("binance:margin:USDT")
    first = Transaction(row=0, postings=(Posting(margin, opening, Cause.CAPITAL),))
    together, apart, in_two = Book(UNIVERSE), Book(UNIVERSE), Book(UNIVERSE)
    for book in (together, apart, in_two):
        book.post(first)

    together.post_series(margin, np.array(paid), Cause.FUNDING)
    for quantity in paid:
        apart.post(Transaction(row=0, postings=(Posting(margin, quantity, Cause.FUNDING),)))
    in_two.post_series(margin, np.array(paid[:cut]), Cause.FUNDING)
    in_two.post_series(margin, np.array(paid[cut:]), Cause.FUNDING)

    assert everything(together) == everything(apart) == everything(in_two)
    assert together.trial_balance() <= 1e-12


def test_what_a_book_hands_out_is_a_copy():
    book = Book(UNIVERSE)
    book.post(transaction("binance:token:USDT 1000 capital"))

    book.quantities[:] = 0.0
    book.account(Cause.CAPITAL)[:] = 0.0

    assert book.quantities.sum() == 1000.0
    assert book.account(Cause.CAPITAL).sum() == -1000.0


def test_an_empty_book_is_in_balance():
    assert Book(UNIVERSE).trial_balance() == 0.0
