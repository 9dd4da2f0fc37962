"""The event logger: order at the call, nothing dropped, durable where asked."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from basis_lab.domain.events import Event, EventType
from basis_lab.errors import EventLogError
from basis_lab.events import EventLogger
from tests.results.records import make_flows


def event(row, **more):
    return Event(row=row, event_type=EventType.TRADE, component="test", **more)


def test_entries_stand_in_the_order_of_the_calls():
    logger = EventLogger()
    first, flows, last = event(5), make_flows(49), event(1)

    logger.log_event(first)
    logger.log_flows(flows)
    logger.log_event(last)

    assert logger.entries == (first, flows, last)


def test_a_log_in_memory_flushes_and_closes_at_once():
    logger = EventLogger()

    logger.flush()
    logger.close()
    logger.close()

    assert logger.entries == ()


def test_a_closed_log_takes_nothing_more():
    logger = EventLogger()
    logger.close()

    with pytest.raises(EventLogError, match="closed"):
        logger.log_event(event(0))


def test_flush_returns_when_every_line_is_in_the_file(tmp_path):
    logger = EventLogger(tmp_path / "log.jsonl")
    for row in range(200):
        logger.log_event(event(row))

    logger.flush()

    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["order"] for line in lines] == list(range(200))
    assert [line["row"] for line in lines] == list(range(200))
    logger.close()


def test_a_line_holds_everything_and_nan_is_null(tmp_path):
    logger = EventLogger(tmp_path / "log.jsonl")

    logger.log_event(
        event(3, positions=np.array([1.0, np.nan]), details={"worst": [np.float64(2)]})
    )
    logger.log_flows(make_flows(17))
    logger.close()

    told, flows = map(json.loads, (tmp_path / "log.jsonl").read_text().splitlines())
    assert told["event_type"] == "TRADE"
    assert told["quantity"] is None
    assert told["positions"] == [1.0, None]
    assert told["details"] == {"worst": [2.0]}
    assert flows["kind"] == "ScheduledFlows"
    assert flows["about"] == "binance:perp:BTCUSDT"
    assert flows["rows"] == [8, 16]


def test_the_order_is_global_over_threads(tmp_path):
    logger = EventLogger(tmp_path / "log.jsonl")
    threads = [
        threading.Thread(target=lambda: [logger.log_event(event(row)) for row in range(100)])
        for _ in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    logger.close()

    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["order"] for line in lines] == list(range(400))
    assert [line["row"] for line in lines] == [entry.row for entry in logger.entries]


def test_a_path_that_cannot_be_opened_is_refused(tmp_path):
    with pytest.raises(EventLogError, match="cannot be written"):
        EventLogger(tmp_path / "missing" / "log.jsonl")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_disk_that_is_full_is_told_at_the_next_call():
    logger = EventLogger(Path("/dev/full"))
    logger.log_event(event(0))

    with pytest.raises(EventLogError, match="cannot be written"):
        logger.flush()
    with pytest.raises(EventLogError, match="cannot be written"):
        logger.close()
