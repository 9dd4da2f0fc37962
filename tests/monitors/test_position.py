"""What is held: the book, scheduled flows inside a window, and the history of a run."""

import numpy as np
import pytest

from basis_lab.domain.instructions import Cause
from basis_lab.domain.statements import ScheduledFlows
from basis_lab.ledger.book import Posting, Transaction
from tests.builders import basis_universe, held, key, perp_frame, positions

UNIVERSE = basis_universe()
MARGIN, PERP = key("binance:margin:USDT"), key("binance:perp:BTCUSDT")
COLUMN = UNIVERSE.column(MARGIN)
MARKET = perp_frame([100.0] * 5)


def funding(*paid, venue="binance", instrument=MARGIN):
    """Funding as ``(row, quantity)``."""
    return ScheduledFlows(
        venue=venue,
        instrument=instrument,
        about=PERP,
        cause=Cause.FUNDING,
        rows=np.array([row for row, _ in paid], dtype=np.intp),
        quantity=np.array([quantity for _, quantity in paid]),
        price=np.full(len(paid), 100.0),
        rate=np.full(len(paid), 0.001),
    )


def test_positions_are_constant_where_nothing_flows():
    monitor = positions(UNIVERSE, "binance:margin:USDT 10")

    units = monitor.get_current_positions(MARKET.window(1, 4))

    assert units.shape == (3, len(UNIVERSE))
    assert units[:, COLUMN].tolist() == [10.0, 10.0, 10.0]


def test_flows_count_from_the_row_at_which_they_are_paid():
    monitor = positions(UNIVERSE, "binance:margin:USDT 10")

    units = monitor.get_current_positions(MARKET.window(1, 5), (funding((2, 1.0), (4, -3.0)),))

    assert units[:, COLUMN].tolist() == [10.0, 11.0, 11.0, 8.0]
    assert held(monitor) == {"binance:margin:USDT": 10.0}


def test_flows_of_two_sources_on_one_account_are_merged_by_time():
    monitor = positions(UNIVERSE, "binance:margin:USDT 10")
    flows = (funding((1, 1.0), (3, 1.0)), funding((2, 4.0)))

    units = monitor.get_current_positions(MARKET.window(1, 5), flows)
    monitor.post_flows(flows)

    assert units[:, COLUMN].tolist() == [11.0, 15.0, 16.0, 16.0]
    assert held(monitor) == {"binance:margin:USDT": 16.0}


def test_a_block_without_flows_changes_nothing():
    monitor = positions(UNIVERSE, "binance:margin:USDT 10")

    units = monitor.get_current_positions(MARKET.window(1, 3), (funding(),))
    monitor.post_flows((funding(),))

    assert units[:, COLUMN].tolist() == [10.0, 10.0]
    assert held(monitor) == {"binance:margin:USDT": 10.0}


def test_history_is_not_a_number_until_it_is_recorded():
    monitor = positions(UNIVERSE, "binance:margin:USDT 10", rows=3)
    window = MARKET.window(0, 2)

    monitor.record(window, monitor.get_current_positions(window))

    assert monitor.history[:2, COLUMN].tolist() == [10.0, 10.0]
    assert np.isnan(monitor.history[2]).all()


def test_before_the_first_row_stands_the_opening_capital():
    monitor = positions(UNIVERSE, "binance:token:USDT 100", rows=4)
    cash = UNIVERSE.column(key("binance:token:USDT"))
    move = (
        Posting(key("binance:token:USDT"), -60.0, Cause.TRANSFER),
        Posting(MARGIN, 60.0, Cause.TRANSFER),
    )
    monitor.post(Transaction(row=0, postings=move))
    window = MARKET.window(0, 3)
    monitor.record(window, monitor.get_current_positions(window))

    before = monitor.get_positions_before(window)

    assert before[:, cash].tolist() == [100.0, 40.0, 40.0]
    assert monitor.get_positions_before(MARKET.window(2, 3))[:, cash].tolist() == [40.0]


@pytest.mark.parametrize("noise", [0.0, 1e-13])
def test_a_book_in_balance_is_healthy(noise):
    monitor = positions(UNIVERSE, "binance:margin:USDT 10")
    monitor.post(Transaction(row=0, postings=(Posting(MARGIN, noise, Cause.FEE),)))

    assert monitor.health() == ""
