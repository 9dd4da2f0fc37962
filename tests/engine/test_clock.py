"""How many rows the next window tries."""

import pytest

from basis_lab.engine.clock import SHORTEST_WINDOW, Clock
from basis_lab.errors import EngineError


def test_the_first_window_tries_512_rows():
    assert Clock().length() == 512


def test_a_quiet_window_doubles_the_next():
    clock = Clock()

    clock.quiet()
    clock.quiet()

    assert clock.length() == 2048


def test_a_window_never_grows_beyond_what_gains_time():
    clock = Clock()

    for _ in range(40):
        clock.quiet()

    assert clock.length() == 2**16


def test_after_a_fire_the_next_window_is_twice_as_long_as_it_took():
    clock = Clock()

    clock.fired(700)

    assert clock.length() == 1400


@pytest.mark.parametrize("rows", [1, 30, 256])
def test_after_a_fire_no_window_is_shorter_than_what_a_single_row_costs(rows):
    clock = Clock()

    clock.fired(rows)

    assert clock.length() == SHORTEST_WINDOW


def test_three_immediate_fires_leave_single_rows():
    clock = Clock()

    for _ in range(3):
        clock.fired(1)

    assert clock.length() == 1


def test_a_fire_after_some_rows_ends_a_series_of_immediate_ones():
    clock = Clock()

    for rows in (1, 1, 5, 1):
        clock.fired(rows)

    assert clock.length() == SHORTEST_WINDOW


def test_a_quiet_row_ends_a_series_of_immediate_fires():
    clock = Clock()
    for _ in range(3):
        clock.fired(1)

    clock.quiet()
    clock.fired(1)

    assert clock.length() == SHORTEST_WINDOW


@pytest.mark.parametrize("stride", [1, 24, 10_000])
def test_a_fixed_stride_takes_no_notice_of_what_happens(stride):
    clock = Clock(stride)

    clock.quiet()
    clock.fired(1)

    assert clock.length() == stride


@pytest.mark.parametrize("stride", [0, -5, True, False])
def test_a_stride_that_is_no_number_of_rows_is_refused(stride):
    with pytest.raises(EngineError) as refused:
        Clock(stride)

    assert refused.value.where == "stride"
