"""Signals: the first asks to stop, the second does what it always did."""

import os
import signal
import threading

import pytest

from basis_lab.services.interrupts import SIGNALS, interruptible, stop_on_signals


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

    with interruptible(), stop_on_signals():
        pass

    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_termination_is_an_interrupt_in_a_command(number):
    with interruptible() as asked, pytest.raises(KeyboardInterrupt):
        send(number)

    assert asked.is_set()


def test_a_signal_that_a_shell_ignores_for_its_background_job_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible() as asked:
            send(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)

    assert not asked.is_set()


def test_outside_the_main_thread_nothing_is_changed():
    seen = []

    def look():
        with interruptible() as asked, stop_on_signals() as stop:
            seen.append((asked.is_set(), stop.is_set(), signal.getsignal(signal.SIGTERM)))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert seen == [(False, False, before)]
