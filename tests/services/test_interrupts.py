"""Signals: the first asks to stop, the second does what it always did."""

import os
import signal
import threading

import pytest

from basis_lab.services.interrupts import SIGNALS, stop_on_signals, terminate_as_interrupt


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_only_asks(number):
    with stop_on_signals() as stop:
        assert not stop.is_set()

        send(number)

        assert stop.is_set()


def test_the_second_signal_interrupts():
    with stop_on_signals() as stop:
        send(signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)

    assert stop.is_set()


def test_handlers_are_put_back():
    before = [signal.getsignal(number) for number in SIGNALS]

    with stop_on_signals(), terminate_as_interrupt():
        pass

    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_termination_is_an_interrupt_in_a_command():
    with terminate_as_interrupt(), pytest.raises(KeyboardInterrupt):
        send(signal.SIGTERM)


def test_outside_the_main_thread_nothing_is_changed():
    seen = []

    def look():
        with terminate_as_interrupt(), stop_on_signals() as stop:
            seen.append((stop.is_set(), signal.getsignal(signal.SIGTERM)))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert seen == [(False, before)]
