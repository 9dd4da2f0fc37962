"""Signals as requests to stop: what is under way ends whole."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
STANDARD_ERROR = 2


@contextmanager
def stop_on_signals(told: str = "") -> Iterator[threading.Event]:
    """Turn the first SIGINT or SIGTERM into a request to stop.

    A second signal does what it did before: whoever repeats it does not want to wait. Outside
    the main thread signals do not arrive, and nothing is changed.

    Parameters
    ----------
    told : str
        Said on standard error at the first signal.

    Yields
    ------
    threading.Event
        Set by the first signal.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        restore()
        if told:  # past the buffers: the signal may have come while one of them was written
            os.write(STANDARD_ERROR, f"\n{told}\n".encode())

    for number in SIGNALS:
        signal.signal(number, note)
    try:
        yield stop
    finally:
        restore()


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Let SIGTERM end a command as Ctrl-C does: with its clean-up, and its exit code.

    Python drops an interrupt that reaches it inside a finaliser or a callback; whoever sent it is
    told all the same. A SIGINT that is ignored, as in a background job of a shell, stays so.

    Yields
    ------
    threading.Event
        Set by every signal that was to interrupt.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        asked.set()
        raise KeyboardInterrupt

    heard = [x for x in SIGNALS if signal.getsignal(x) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in heard}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
