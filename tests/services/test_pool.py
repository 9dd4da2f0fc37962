"""Processes that work, fail and die: every item gets its answer."""

import functools
import gc
import math
import operator
import os
import threading
import time

import pytest

from basis_lab.errors import UsageError, WorkerLostError
from basis_lab.services.pool import run_in_processes

pytestmark = pytest.mark.slow  # processes are spawned


def answers(items, *, workers=2, stop=None):
    never = threading.Event() if stop is None else stop
    return dict(run_in_processes(operator.call, items, workers=workers, stop=never))


def test_every_item_is_answered_and_an_error_is_an_answer():
    items = [functools.partial(math.sqrt, x) for x in (4.0, 9.0, -1.0, 16.0)]

    found = answers(items)

    assert [found[i] for i in (0, 1, 3)] == [2.0, 3.0, 4.0]
    assert isinstance(found[2], ValueError)


def test_an_item_that_kills_its_process_is_given_up_alone():
    items = [functools.partial(math.sqrt, float(x)) for x in range(8)]
    items[3] = functools.partial(os._exit, 1)

    found = answers(items)

    assert sorted(found) == list(range(8))
    assert isinstance(found.pop(3), WorkerLostError)
    assert all(found[i] == math.sqrt(i) for i in found)


def test_a_stop_begins_nothing_more_but_keeps_what_is_under_way():
    stop = threading.Event()
    items = [functools.partial(math.sqrt, float(x)) for x in range(50)]
    found = {}

    for place, answer in run_in_processes(operator.call, items, workers=2, stop=stop):
        found[place] = answer
        stop.set()

    assert 1 <= len(found) <= 8
    assert all(found[i] == math.sqrt(i) for i in found)


def test_no_process_is_no_pool():
    with pytest.raises(UsageError):
        answers([functools.partial(math.sqrt, 1.0)], workers=0)


def test_with_none_ahead_a_stop_leaves_what_only_waits():
    stop = threading.Event()
    items = [functools.partial(math.sqrt, float(x)) for x in range(5)]
    found = {}

    for place, answer in run_in_processes(operator.call, items, workers=1, stop=stop, ahead=1):
        found[place] = answer
        stop.set()

    assert found == {0: 0.0}


def test_a_caller_that_ends_early_waits_for_nothing():
    items = [functools.partial(math.sqrt, 4.0), *[functools.partial(time.sleep, 120.0)] * 3]
    never = threading.Event()
    began_s = time.monotonic()

    def interrupted():
        for _ in run_in_processes(operator.call, items, workers=2, stop=never):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    gc.collect()  # the frames of the traceback held the generator

    assert time.monotonic() - began_s < 60.0
