"""The event log: a global order at the call, and where asked a durable file behind a queue."""

import json
import os
import queue
import threading
from dataclasses import fields
from io import FileIO
from pathlib import Path

import numpy as np

from basis_lab.domain.events import Event
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.statements import ScheduledFlows
from basis_lab.errors import EventLogError

Entry = Event | ScheduledFlows


class EventLogger:
    """Takes events and blocks of scheduled flows; never drops one.

    Parameters
    ----------
    path : Path or None
        Where each entry is appended as a line of JSON by one writer behind a queue; None keeps
        the log in memory alone, as a backtest does.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()
        self._closed = False
        self._writer = _Writer(path) if path is not None else None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything logged, in the order of the calls."""
        return tuple(self._entries)

    def log_event(self, event: Event) -> None:
        """Take one event; its place in the order is that of this call.

        Parameters
        ----------
        event : Event
            What happened.

        Raises
        ------
        EventLogError
            If the log is closed or its file cannot be written.
        """
        self._take(event)

    def log_flows(self, flows: ScheduledFlows) -> None:
        """Take a block of scheduled flows; it becomes one event a flow when it is rendered.

        Parameters
        ----------
        flows : ScheduledFlows
            In time order.

        Raises
        ------
        EventLogError
            If the log is closed or its file cannot be written.
        """
        self._take(flows)

    def flush(self) -> None:
        """Return when everything taken so far is durable.

        Raises
        ------
        EventLogError
            If the file cannot be written.
        """
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Write what is left and take nothing more; closing again changes nothing.

        Raises
        ------
        EventLogError
            If the file cannot be written.
        """
        with self._lock:
            first, self._closed = not self._closed, True
        if first and self._writer is not None:
            self._writer.close()

    def _take(self, entry: Entry) -> None:
        with self._lock:
            if self._closed:
                raise EventLogError(
                    "the event log is closed",
                    where="EventLogger",
                    value=type(entry).__name__,
                    remedy="log before the run ends",
                )
            if self._writer is not None:
                self._writer.put(_line(len(self._entries), entry))
            self._entries.append(entry)


class _Writer:
    """One thread that appends lines to a file, in the order in which they are put."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: queue.Queue[bytes | None] = queue.Queue()
        self._failure: OSError | None = None
        try:
            self._file: FileIO = path.open("ab", buffering=0)
        except OSError as error:
            raise self._worded(error) from error
        self._thread = threading.Thread(target=self._run, name="event-writer", daemon=True)
        self._thread.start()

    def put(self, line: bytes) -> None:
        self._check()
        self._queue.put(line)

    def flush(self) -> None:
        self._queue.join()
        self._check()

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()
        self._file.close()
        self._check()

    def _run(self) -> None:
        lines = iter(self._queue.get, None)
        for line in lines:
            if self._failure is None:
                self._write(line)
            self._queue.task_done()
        self._queue.task_done()

    def _write(self, line: bytes) -> None:
        try:
            self._file.write(line)
            if self._queue.empty():
                os.fsync(self._file.fileno())
        except OSError as error:
            self._failure = error

    def _check(self) -> None:
        if self._failure is not None:
            raise self._worded(self._failure) from self._failure

    def _worded(self, error: OSError) -> EventLogError:
        return EventLogError(
            "the event log cannot be written",
            where=str(self._path),
            value=error.strerror,
            remedy="make room, or give a path that can be written",
        )


def _line(order: int, entry: Entry) -> bytes:
    content = {
        "order": order,
        "kind": type(entry).__name__,
        **{field.name: _plain(getattr(entry, field.name)) for field in fields(entry)},
    }
    return f"{json.dumps(content, separators=(',', ':'))}\n".encode()


def _plain(value: object) -> object:
    """Return what JSON can hold; NaN is null there."""
    match value:
        case dict():
            return {str(key): _plain(entry) for key, entry in value.items()}
        case list() | tuple():
            return [_plain(entry) for entry in value]
        case np.ndarray() | np.generic():
            return _plain(value.tolist())
        case Instrument():
            return str(value)
        case float() if not np.isfinite(value):
            return None
        case _:
            return value
