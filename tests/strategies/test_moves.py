"""Which transfers bring cash to where it is short."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_lab.strategies.base import Sending
from basis_lab.strategies.moves import Account, plan_moves
from tests.builders import key

FREE = Sending(fee=0.0, minimum=0.0)
HOME, HOME_MARGIN = "binance:token:USDT", "binance:margin:USDT"
BYBIT, OKX = "bybit:margin:USDT", "okx:margin:USDT"
amounts = st.floats(-1e4, 1e4)


def moves(*accounts, sending=FREE, tolerance=0.0):
    """Plan for ``(account, surplus)``, the same terms at every venue."""
    planned = plan_moves(
        [
            Account(instrument=key(name), surplus=surplus, tolerance=tolerance)
            for name, surplus in accounts
        ],
        dict.fromkeys(("binance", "bybit", "okx"), sending),
    )
    return [(str(x.source), str(x.destination), x.quantity) for x in planned]


def test_nothing_is_moved_where_nothing_is_short():
    assert moves((HOME, 100.0), (BYBIT, 0.0)) == []


def test_nothing_is_moved_where_nothing_is_left_over():
    assert moves((HOME, 0.0), (BYBIT, -100.0)) == []


def test_a_surplus_fills_shortages_in_their_order():
    found = moves((HOME, 100.0), (HOME_MARGIN, -40.0), (BYBIT, -70.0))

    assert found == [(HOME, HOME_MARGIN, 40.0), (HOME, BYBIT, 60.0)]


def test_the_next_source_fills_what_the_first_could_not():
    found = moves((HOME, 30.0), (BYBIT, 50.0), (OKX, -60.0))

    assert found == [(HOME, OKX, 30.0), (BYBIT, OKX, 30.0)]


def test_a_fee_is_paid_by_the_source_from_its_surplus():
    sending = Sending(fee=5.0, minimum=0.0)

    assert moves((HOME, 100.0), (BYBIT, -100.0), sending=sending) == [(HOME, BYBIT, 95.0)]
    # Two transfers pay two fees: 60 + 5 leave 35, of which 30 arrive.
    assert moves((HOME, 100.0), (BYBIT, -60.0), (OKX, -60.0), sending=sending) == [
        (HOME, BYBIT, 60.0),
        (HOME, OKX, 30.0),
    ]


def test_a_move_inside_one_venue_has_no_fee_and_no_minimum():
    sending = Sending(fee=5.0, minimum=50.0)

    assert moves((HOME, 20.0), (HOME_MARGIN, -20.0), sending=sending) == [(HOME, HOME_MARGIN, 20.0)]


def test_a_surplus_under_the_minimum_stays_where_it_is():
    sending = Sending(fee=5.0, minimum=50.0)

    assert moves((HOME, 54.0), (BYBIT, -54.0), sending=sending) == []
    assert moves((HOME, 55.0), (BYBIT, -54.0), sending=sending) == [(HOME, BYBIT, 50.0)]


def test_a_shortage_under_the_minimum_is_met_with_the_minimum():
    sending = Sending(fee=0.0, minimum=50.0)

    assert moves((HOME, 100.0), (BYBIT, -10.0), sending=sending) == [(HOME, BYBIT, 50.0)]


@pytest.mark.parametrize(("short", "moved"), [(-10.0, 0), (-10.01, 1)])
def test_a_shortage_within_its_tolerance_is_left_alone(short, moved):
    assert len(moves((HOME, 100.0), (BYBIT, short), tolerance=10.0)) == moved


@given(
    surpluses=st.lists(amounts, min_size=4, max_size=4),
    fee=st.floats(0.0, 10.0),
    minimum=st.floats(0.0, 100.0),
)
@settings(max_examples=60, derandomize=True)
def test_no_source_sends_more_than_its_surplus_and_none_below_the_minimum(surpluses, fee, minimum):
    names = [HOME, HOME_MARGIN, BYBIT, OKX]
    before = dict(zip(names, surpluses, strict=True))

    found = moves(*before.items(), sending=Sending(fee=fee, minimum=minimum))

    spent = dict.fromkeys(names, 0.0)
    for source, destination, quantity in found:
        outside = source.partition(":")[0] != destination.partition(":")[0]
        spent[source] += quantity + (fee if outside else 0.0)
        assert before[destination] < 0.0 < quantity
        assert not outside or quantity >= minimum
    for name in names:
        assert spent[name] <= max(before[name], 0.0) + 1e-9
