"""The five things that balanced postings alone do not prove, and the book's own promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.domain import series
from basis_lab.domain.instructions import Cause
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.domain.reports import CATEGORIES
from basis_lab.engine.clock import Clock
from basis_lab.errors import PositionError, UnknownInstrumentError
from basis_lab.ledger.book import Book, Posting, Transaction
from tests.builders import basis_universe
from tests.identities.worlds import (
    World,
    examples,
    load_basis,
    load_lending,
    make_frame,
    markets,
    told_movements,
    weights,
    worlds,
)

CASH = Instrument("binance", Kind.TOKEN, "USDT")
COIN = Instrument("binance", Kind.TOKEN, "BTC")
TRADE_CAUSES = {"trade", "slippage"}


@examples(40)
@given(worlds((30, 150)))
def test_transfers_cancel_in_every_asset(world):
    record = world.run()

    for told in told_movements(record):
        moved: dict[str, float] = {}
        for instrument, quantity, why in told.movements:
            if why == "transfer":
                moved[instrument.symbol] = moved.get(instrument.symbol, 0.0) + quantity
        assert all(total == 0.0 for total in moved.values()), told


@examples(40)
@given(worlds((30, 150)))
def test_a_trade_cancels_in_value_at_its_fill_price(world):
    record = world.run()

    for told in told_movements(record):
        traded = [(x, q) for x, q, why in told.movements if why in TRADE_CAUSES]
        values = [q * unit_value(record, told, x) for x, q in traded]
        assert abs(sum(values)) <= 1e-12 * sum(abs(x) for x in values), told


def unit_value(record, told, instrument):
    """What a unit is worth in the currency that the trade is paid in, at the trade's own price."""
    symbol, row = instrument.symbol, told.row
    match instrument.kind:
        case Kind.ATOKEN:
            return record.frame.values(series.liquidity_index(symbol))[row]
        case Kind.DEBT:
            return -record.frame.values(series.borrow_index(symbol))[row]
        case Kind.FLASH:
            return -1.0
        case Kind.PERP | Kind.KING:
            return told.price
        case Kind.TOKEN:
            return told.price if symbol in priced(told) else 1.0
        case _:
            return 1.0


def priced(told):
    """The tokens that an event's price is the price of; the other side is what is paid."""
    match told.event_type:
        case "TRADE":
            return {"BTC", "ETH"}
        case "STAKE" | "UNSTAKE":
            return {"weETH", "wstETH"}
        case "SWAP":
            return {"weETH", "wstETH", "USDT"}
        case _:
            return set()


@pytest.mark.parametrize("stride", [1, "auto"])
@examples(12)
@given(world=worlds((30, 100)))
def test_the_books_of_the_venues_alone_give_our_equity(stride, world):
    engine = world.engine(Clock(stride))
    loop = engine.loop()
    prices = world.frame.unit_prices
    column = world.frame.universe.column

    for window in loop.steps():
        row = window.stop - 1
        reported = [v.balances() for v in engine.components.venues]
        theirs = sum(q * prices[row, column(x)] for book in reported for x, q in book.items())

        loop.earnings.tell()
        assert theirs == pytest.approx(loop.recorder.columns["equity"][row], rel=1e-12)


@examples(40)
@given(worlds((30, 150)))
def test_every_venue_accounts_for_every_line_of_the_book_once(world):
    engine = world.engine()

    lines = [x for venue in engine.components.venues for x in venue.balances()]

    assert sorted(lines) == sorted(world.frame.universe.instruments)


@examples(25)
@given(
    market=markets((30, 150), span=0.2),
    asset=st.sampled_from(["BTC", "ETH"]),
    shares=weights(),
    allocation=st.floats(0.1, 0.6),
)
def test_every_category_of_a_held_hedge_equals_its_closed_form(market, asset, shares, allocation):
    config = load_basis(asset, hold=True, weights=shares, spot_allocation=allocation)
    world = World(config=config, frame=make_frame(config, market), capital=100_000.0)

    record = world.run()

    spot = world.frame.values(series.spot("binance", asset))
    units = allocation * 100_000.0 / spot[0]
    funding, basis = np.zeros(market.rows), np.zeros(market.rows)
    for venue, weight in shares.items():
        short = weight * units
        mark = world.frame.values(series.mark(venue, asset))
        last = world.frame.values(series.perp_last(venue, asset))
        rate = np.nan_to_num(world.frame.values(series.funding(venue, asset)))
        funding[1:] += (short * mark * rate)[1:]
        basis[1:] -= short * np.diff(mark - spot)
        basis[0] -= short * (mark[0] - last[0])
    expected = {"funding": funding, "basis": basis}
    for name in CATEGORIES:
        want = expected[name] if name in expected else np.zeros(market.rows)
        np.testing.assert_allclose(
            record.attribution[name], want, rtol=0.0, atol=1e-9, err_msg=name
        )


@examples(25)
@given(market=markets((30, 150)), currency=st.sampled_from(["USDT", "ETH"]))
def test_every_category_of_held_lending_equals_its_closed_form(market, currency):
    config = load_lending(currency, costs=False)
    world = World(config=config, frame=make_frame(config, market), capital=1_000.0)

    record = world.run()

    token = "WETH" if currency == "ETH" else "USDT"
    index = world.frame.values(series.liquidity_index(token))
    interest = np.concatenate([[0.0], 1_000.0 * np.diff(index) / index[0]])
    for name in CATEGORIES:
        want = interest if name == "supply_yield" else np.zeros(market.rows)
        np.testing.assert_allclose(
            record.attribution[name], want, rtol=0.0, atol=1e-9, err_msg=name
        )


@examples(40)
@given(worlds((30, 150)))
def test_what_is_held_is_what_the_causes_posted(world):
    engine = world.engine()

    for _ in engine.loop().steps():
        book = engine.components.position_monitor.book
        posted = -sum(book.account(cause) for cause in Cause)
        turnover = sum(np.abs(book.account(cause)) for cause in Cause) + np.abs(book.quantities)

        assert (np.abs(book.quantities - posted) <= 1e-12 * turnover).all()


def test_a_posting_without_a_cause_cannot_be_made():
    with pytest.raises(TypeError, match="cause"):
        Posting(CASH, 1.0)


def test_writing_to_what_the_book_hands_out_changes_nothing():
    book = Book(basis_universe())

    book.quantities[:] = 5.0
    book.account(Cause.TRADE)[:] = 5.0

    assert not book.quantities.any()
    assert not book.account(Cause.TRADE).any()


@pytest.mark.parametrize(
    ("second", "error"),
    [
        (Posting(CASH, float("nan"), Cause.TRADE), PositionError),
        (
            Posting(Instrument("kraken", Kind.TOKEN, "USDT"), 1.0, Cause.TRADE),
            UnknownInstrumentError,
        ),
        (Posting(CASH, 1.0, "gift"), PositionError),
    ],
    ids=["no number", "unknown line", "unknown cause"],
)
def test_a_transaction_with_one_bad_posting_writes_none_of_them(second, error):
    book = Book(basis_universe())
    good = Posting(COIN, 1.0, Cause.TRADE)

    with pytest.raises(error):
        book.post(Transaction(row=0, postings=(good, second)))

    assert not book.quantities.any()
    assert not book.account(Cause.TRADE).any()
