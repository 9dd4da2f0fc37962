"""What an exchange does by itself: funding at its stamps, liquidation inside a bar."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_lab.domain.instructions import PerpTrade, Status
from basis_lab.domain.statements import Liquidation
from tests.builders import balances, exchange, flat_tiers, key, perp_frame

few = settings(max_examples=40, derandomize=True)
PERP, MARGIN = key("binance:perp:BTCUSDT"), key("binance:margin:USDT")


def holding(quantity, market, cash=1000.0, **perp):
    """Return an exchange that traded ``quantity`` at row 0 of a market, with that cash."""
    venue = exchange(f"binance:margin:USDT {cash!r}", checks_margin=False, **perp)
    trade = PerpTrade(venue="binance", perp=PERP, quantity=quantity, max_slippage=1.0)
    assert venue.submit(trade, market.at(0)).status is Status.FILLED
    return venue


def forced(statements):
    (done,) = statements
    assert isinstance(done, Liquidation)
    return done


# --- funding ----------------------------------------------------------------------------------


def test_funding_is_previewed_at_its_stamps_with_marks_and_rates():
    market = perp_frame([100.0, 110.0, 120.0, 130.0], rate={1: 0.25, 3: -0.5})
    venue = holding(-2.0, market)

    (flow,) = venue.preview(market.window(1, 4)).flows

    assert flow.rows.tolist() == [1, 3]
    assert flow.quantity.tolist() == [55.0, -130.0]
    assert flow.price.tolist() == [110.0, 130.0]
    assert flow.rate.tolist() == [0.25, -0.5]
    assert (flow.instrument, flow.about) == (MARGIN, PERP)


def test_settling_a_window_pays_what_was_previewed():
    market = perp_frame([100.0, 110.0, 120.0, 130.0], rate={1: 0.25, 3: -0.5})
    venue = holding(-2.0, market)

    assert venue.settle(market.window(1, 4)) == ()

    assert balances(venue)["binance:margin:USDT"] == 1000.0 + 55.0 - 130.0


def test_a_window_without_a_stamp_pays_nothing():
    market = perp_frame([100.0, 110.0])
    venue = holding(-2.0, market)

    (flow,) = venue.preview(market.window(0, 2)).flows
    venue.settle(market.window(0, 2))

    assert len(flow.rows) == 0
    assert balances(venue)["binance:margin:USDT"] == 1000.0


def test_without_a_position_there_is_nothing_to_preview_or_settle():
    market = perp_frame([100.0, 110.0], rate={1: 0.25})
    venue = exchange("binance:margin:USDT 1000")

    preview = venue.preview(market.window(0, 2))

    assert preview.flows == ()
    assert preview.work_row is None
    assert venue.settle(market.at(1)) == ()
    assert balances(venue) == {"binance:margin:USDT": 1000.0}


def test_a_preview_changes_nothing_and_answers_the_same_twice():
    market = perp_frame([100.0, 110.0, 120.0], rate={1: 0.25}, high={2: 900.0})
    venue = holding(-2.0, market)
    before = venue.balances()

    first, second = venue.preview(market.window(1, 3)), venue.preview(market.window(1, 3))

    assert first.work_row == second.work_row == 2
    assert first.flows[0].quantity.tolist() == second.flows[0].quantity.tolist()
    assert venue.balances() == before


@given(
    rates=st.lists(st.floats(-0.01, 0.01), min_size=1, max_size=12),
    cut=st.integers(1, 12),
)
@few
def test_funding_does_not_depend_on_where_windows_are_cut(rates, cut):
    rows = len(rates)
    market = perp_frame([100.0 + i for i in range(rows + 1)], rate=dict(enumerate(rates, 1)))
    whole, parts = holding(-2.0, market), holding(-2.0, market)

    whole.settle(market.window(1, rows + 1))
    middle = min(cut, rows) + 1
    parts.settle(market.window(1, middle))
    for row in range(middle, rows + 1):
        parts.settle(market.at(row))

    assert whole.balances() == parts.balances()


# --- liquidation ------------------------------------------------------------------------------

RATE = 0.25


def short(market, **perp):
    """Short 2 at 100 with 75 of margin: 75 + 200 - 2 P = 0.5 P at P = 110."""
    return holding(-2.0, market, 75.0, tiers=flat_tiers(RATE), **perp)


def long(market, **perp):
    """Long 2 at 100 with 65 of margin: 65 - 200 + 2 P = 0.5 P at P = 90."""
    return holding(2.0, market, 65.0, tiers=flat_tiers(RATE), **perp)


def test_a_short_is_closed_at_its_liquidation_price_when_the_bars_high_crosses_it():
    market = perp_frame([100.0, 104.0], high={1: 115.0})
    venue = short(market)

    done = forced(venue.settle(market.at(1)))

    # 75 - 2 x (110 - 100) are left.
    assert (done.quantity, done.price) == (-2.0, 110.0)
    assert (done.clearance_fee, done.absorbed) == (0.0, 0.0)
    assert balances(venue) == {"binance:margin:USDT": 55.0}


def test_a_long_is_closed_at_its_liquidation_price_when_the_bars_low_crosses_it():
    market = perp_frame([100.0, 96.0], low={1: 85.0})
    venue = long(market)

    done = forced(venue.settle(market.at(1)))

    assert (done.quantity, done.price) == (2.0, 90.0)
    assert balances(venue) == {"binance:margin:USDT": 45.0}


@pytest.mark.parametrize(
    ("make", "extreme"), [(short, {"high": {1: 110.0}}), (long, {"low": {1: 90.0}})]
)
def test_a_bar_that_touches_the_price_liquidates(make, extreme):
    market = perp_frame([100.0, 100.0], **extreme)

    assert forced(make(market).settle(market.at(1))).price in (110.0, 90.0)


@pytest.mark.parametrize(
    ("make", "extreme"), [(short, {"high": {1: 109.999}}), (long, {"low": {1: 90.001}})]
)
def test_a_bar_that_stays_away_from_the_price_does_not(make, extreme):
    market = perp_frame([100.0, 100.0], **extreme)
    venue = make(market)

    assert venue.settle(market.at(1)) == ()
    assert venue.preview(market.at(1)).work_row is None


def test_a_bar_that_opens_beyond_the_price_closes_at_its_open():
    # The mark is already at 120 when bar 1 opens: 75 - 2 x 20 are left.
    market = perp_frame([100.0, 120.0, 121.0])
    venue = short(market)

    done = forced(venue.settle(market.at(2)))

    assert done.price == 120.0
    assert balances(venue) == {"binance:margin:USDT": 35.0}


def test_a_long_whose_bar_opens_beyond_the_price_closes_at_its_open():
    market = perp_frame([100.0, 80.0, 79.0])
    venue = long(market)

    done = forced(venue.settle(market.at(2)))

    assert done.price == 80.0
    assert balances(venue) == {"binance:margin:USDT": 25.0}


def test_the_clearance_fee_is_taken_on_the_notional_of_the_fill():
    market = perp_frame([100.0, 104.0], high={1: 115.0})
    venue = short(market, liquidation_fee=0.05)

    done = forced(venue.settle(market.at(1)))

    assert done.clearance_fee == pytest.approx(0.05 * 220.0)
    assert balances(venue)["binance:margin:USDT"] == pytest.approx(55.0 - 11.0)


def test_the_clearance_fee_is_capped_by_what_is_left():
    market = perp_frame([100.0, 104.0], high={1: 115.0})
    venue = short(market, liquidation_fee=0.5)

    done = forced(venue.settle(market.at(1)))

    assert (done.clearance_fee, done.absorbed) == (55.0, 0.0)
    assert balances(venue) == {}


def test_a_deficit_is_absorbed_by_the_fund_and_pays_no_fee():
    # Opening at 150 the loss is 100 of 75.
    market = perp_frame([100.0, 150.0, 150.0])
    venue = short(market, liquidation_fee=0.5)

    done = forced(venue.settle(market.at(2)))

    assert (done.clearance_fee, done.absorbed) == (0.0, 25.0)
    assert balances(venue) == {}


def test_a_preview_names_the_first_row_that_liquidates():
    market = perp_frame([100.0, 101.0, 102.0, 103.0], high={2: 115.0, 3: 130.0})

    assert short(market).preview(market.window(1, 4)).work_row == 2


def test_funding_before_the_bar_counts_and_funding_at_its_end_does_not():
    # One stamp of +5 % on a mark of 100 brings 10: the price is 114 from the next bar on.
    market = perp_frame([100.0, 100.0, 100.0], rate={1: 0.05}, high={1: 105.0, 2: 112.0})
    assert short(market).preview(market.window(1, 3)).work_row is None

    late = perp_frame([100.0, 100.0, 100.0], rate={2: 0.05}, high={1: 105.0, 2: 112.0})

    assert short(late).preview(late.window(1, 3)).work_row == 2


def test_a_liquidated_position_is_paid_no_funding_at_the_end_of_its_bar():
    market = perp_frame([100.0, 100.0], rate={1: 0.05}, high={1: 115.0})
    venue = short(market)

    venue.settle(market.at(1))

    assert balances(venue) == {"binance:margin:USDT": 55.0}


@given(highs=st.lists(st.floats(100.0, 125.0), min_size=1, max_size=10))
@few
def test_a_preview_finds_what_settling_row_by_row_finds(highs):
    market = perp_frame([100.0] * (len(highs) + 1), high=dict(enumerate(highs, 1)))

    seen = short(market).preview(market.window(1, market.rows)).work_row

    venue = short(market)
    rows = [row for row in range(1, market.rows) if venue.settle(market.at(row))]
    assert rows == ([] if seen is None else [seen])
    assert (seen is None) == bool(np.all(np.array(highs) < 110.0))
