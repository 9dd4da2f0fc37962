"""Two independent records are compared line by line, and a hair of difference is found."""

import pytest

from basis_lab.errors import ReconciliationError
from basis_lab.execution.reconciliation import ReconciliationComponent
from tests.builders import basis_universe, exchange, key, positions

UNIVERSE = basis_universe()
BOOK = """
    binance:token:USDT     500
    binance:token:BTC        2
    binance:margin:USDT      0
"""


def compared(venue):
    monitor = positions(UNIVERSE, BOOK)
    return ReconciliationComponent(UNIVERSE, monitor, [venue])


def test_equal_books_are_reported_as_compared():
    component = compared(exchange(BOOK))

    component.reconcile("instruction 1")

    assert component.last.comparison == "instruction 1"
    assert component.last.compared == 5
    assert component.last.worst_difference == 0.0
    assert component.health() == ""


@pytest.mark.parametrize(
    ("line", "ours"), [("binance:token:USDT", 500.0), ("binance:token:BTC", 2.0)]
)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_hair_on_any_line_is_found_and_named(line, ours, sign):
    venue = exchange(BOOK)
    venue.credit(key(line), sign * ours * 2e-9)
    component = compared(venue)

    with pytest.raises(ReconciliationError) as found:
        component.reconcile("window x to y")

    error = found.value
    assert (error.venue, error.instrument, error.comparison) == ("binance", line, "window x to y")
    assert error.expected == ours
    assert error.actual == venue.balances()[key(line)]
    assert component.health() == "1 failed comparisons"
    assert component.last is None


def test_a_position_that_our_book_does_not_have_is_found():
    venue = exchange(BOOK)
    venue.credit(key("binance:margin:USDT"), 0.5)

    with pytest.raises(ReconciliationError) as found:
        compared(venue).reconcile("end of the run")

    assert found.value.instrument == "binance:margin:USDT"


def test_rounding_is_no_difference():
    venue = exchange(BOOK)
    venue.credit(key("binance:token:USDT"), 500.0 * 1e-10)
    component = compared(venue)

    component.reconcile("instruction 1")

    assert 0.0 < component.last.worst_difference < 1e-7


def test_a_balance_that_is_not_a_number_is_found():
    venue = exchange(BOOK)
    venue.credit(key("binance:token:BTC"), float("nan"))

    with pytest.raises(ReconciliationError) as found:
        compared(venue).reconcile("instruction 1")

    assert found.value.instrument == "binance:token:BTC"
