"""The event log of a run: one row an event, in global order, with balances after it."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from basis_lab.domain.events import Event, EventType
from basis_lab.domain.instructions import ScheduledFlows
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.domain.market import FloatArray
from basis_lab.errors import EventLogError
from basis_lab.results.columns import stamp_times
from basis_lab.results.plain import plain
from basis_lab.results.record import RunRecord

Cell = str | int | float | None

COLUMNS: tuple[str, ...] = (
    "order",
    "timestamp",
    "real_time",
    "run_id",
    "event_type",
    "component",
    "venue",
    "instrument",
    "quantity",
    "price",
    "amount",
    "currency",
    "cause",
    "status",
    "group_id",
    "step_in_group",
    "instruction_id",
    "trigger",
    "details",
    "wallet_balance_after",
    "cex_balance_after",
    "aave_position_after",
    "ltv_after",
    "margin_ratio_after",
    "duration_ms",
    "code",
)
JSON_COLUMNS = frozenset(
    {"details", "wallet_balance_after", "cex_balance_after", "aave_position_after"}
) | {"margin_ratio_after"}
NUMBER_COLUMNS = frozenset(
    {"order", "quantity", "price", "amount", "group_id", "step_in_group", "instruction_id"}
) | {"ltv_after", "duration_ms"}
POOL_KINDS = frozenset({Kind.ATOKEN, Kind.DEBT})
MARGIN_RATIO = "margin_ratio_"


class Place(Enum):
    """Where a line of the book is told in the log; in the order of the columns."""

    WALLET = "wallet_balance_after"
    EXCHANGE = "cex_balance_after"
    POOL = "aave_position_after"


@dataclass(frozen=True, slots=True)
class Flow:
    """One cash flow of a block: the block and the place in it."""

    block: ScheduledFlows
    at: int


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the log before it is worded: the timestep and what happened."""

    row: int
    what: Event | Flow


def order_log(record: RunRecord) -> list[Line]:
    """Return every event in global order, blocks of flows taken apart.

    Parameters
    ----------
    record : RunRecord
        The run.

    Returns
    -------
    list of Line
        By timestep; within one, scheduled flows first, then events, each in order of logging.
    """
    flows: list[Line] = []
    events: list[Line] = []
    for entry in record.log:
        if isinstance(entry, Event):
            events.append(Line(entry.row, entry))
        else:
            rows = entry.rows.tolist()
            flows.extend(Line(row, Flow(entry, at)) for at, row in enumerate(rows))
    return sorted(flows + events, key=lambda line: line.row)


def render_events(record: RunRecord) -> dict[str, list[Cell]]:
    """Return the columns of ``event_log.csv``.

    Parameters
    ----------
    record : RunRecord
        The run.

    Returns
    -------
    dict of str to list
        Every column of ``COLUMNS``; None where a cell is empty, JSON columns as text.
    """
    lines = order_log(record)
    stamps = stamp_times(record.frame.times[: record.rows]).astype(str).tolist()
    words = _Words(record)
    rows = list(map(words.cells, lines, _positions(record, lines)))
    constant: dict[str, list[Cell]] = {
        "order": list(range(len(lines))),
        "timestamp": [stamps[line.row] for line in lines],
        "real_time": [None] * len(lines),
        "run_id": [record.identity.run_id] * len(lines),
        "duration_ms": [None] * len(lines),
    }
    told = {name: [row[i] for row in rows] for i, name in enumerate(_TOLD)}
    return {name: constant[name] if name in constant else told[name] for name in COLUMNS}


def events_csv(columns: Mapping[str, list[Cell]]) -> bytes:
    """Return ``event_log.csv``.

    Parameters
    ----------
    columns : mapping of str to list
        As made by ``render_events``.

    Returns
    -------
    bytes
        UTF-8; quotes only where a cell needs them, nothing in an empty cell.
    """
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(zip(*(columns[name] for name in COLUMNS), strict=True))
    return sink.getvalue().encode()


def events_jsonl(columns: Mapping[str, list[Cell]]) -> bytes:
    """Return ``events.jsonl``: the same rows, one JSON object a line, balances as objects.

    Parameters
    ----------
    columns : mapping of str to list
        As made by ``render_events``.

    Returns
    -------
    bytes
        UTF-8; null in an empty cell.
    """
    encoded = [_json_cells(name, columns[name]) for name in COLUMNS]
    template = "{" + ",".join(f'"{name}":%s' for name in COLUMNS) + "}\n"
    return "".join([template % row for row in zip(*encoded, strict=True)]).encode()


_TOLD = tuple(
    name
    for name in COLUMNS
    if name not in {"order", "timestamp", "real_time", "run_id", "duration_ms"}
)


def _json_cells(name: str, cells: list[Cell]) -> list[str]:
    if name in JSON_COLUMNS:
        return ["null" if cell is None else str(cell) for cell in cells]
    if name in NUMBER_COLUMNS:
        return ["null" if cell is None else repr(cell) for cell in cells]
    known = {cell: json.dumps(cell) for cell in dict.fromkeys(cells)}
    return [known[cell] for cell in cells]


def _positions(record: RunRecord, lines: list[Line]) -> Iterator[list[float]]:
    """Yield the book after each line."""
    column = record.frame.universe.column
    opening = np.zeros(record.quantities.shape[1])
    book, book_row = opening, -1
    for line in lines:
        if isinstance(line.what, Flow):
            if line.row != book_row:
                book = (record.quantities[line.row - 1] if line.row > 0 else opening).copy()
                book_row = line.row
            book[column(line.what.block.instrument)] += line.what.block.quantity[line.what.at]
            yield book.tolist()
        elif line.what.positions is not None:
            yield line.what.positions.tolist()
        else:
            yield record.quantities[line.row].tolist()


class _Words:
    """Words the cells of one run's events."""

    def __init__(self, record: RunRecord) -> None:
        self._ltv = _cells(record.risk["ltv"]) if "ltv" in record.risk else [None] * record.rows
        self._margin_ratios = _margin_ratio_cells(record)
        instruments = record.frame.universe.instruments
        exchanges = _exchange_venues(record)
        places = [_place(x, exchanges) for x in instruments]
        self._groups = tuple(
            [(i, f"{json.dumps(str(x))}:") for i, x in enumerate(instruments) if places[i] is place]
            for place in Place
        )

    def cells(self, line: Line, positions: list[float]) -> list[Cell]:
        """Return the cells of one line, those of ``_TOLD`` in order."""
        told = self._flow(line.what) if isinstance(line.what, Flow) else self._event(line.what)
        after = [_balances(group, positions) for group in self._groups]
        code = told.pop()
        return [*told, *after, self._ltv[line.row], self._margin_ratios[line.row], code]

    @staticmethod
    def _event(event: Event) -> list[Cell]:
        return [
            event.event_type.value,
            event.component,
            _text(event.venue),
            _text(event.instrument),
            _cell(event.quantity),
            _cell(event.price),
            _cell(event.amount),
            _text(event.currency),
            None if event.cause is None else event.cause.value,
            _text(event.status),
            event.group_id,
            event.step_in_group,
            event.instruction_id,
            _text(event.trigger),
            _details(event) if event.details else None,
            _text(event.code),
        ]

    @staticmethod
    def _flow(flow: Flow) -> list[Cell]:
        block, at = flow.block, flow.at
        quantity, rate = float(block.quantity[at]), float(block.rate[at])
        cause = block.cause.value
        details = f'{{"rate":{rate!r},"movements":[["{block.instrument}",{quantity!r},"{cause}"]]}}'
        return [
            EventType.FUNDING_PAYMENT.value,
            "venue",
            block.venue,
            str(block.about),
            None,
            _cell(float(block.price[at])),
            quantity,
            block.instrument.symbol,
            cause,
            None,
            None,
            None,
            None,
            None,
            details,
            None,
        ]


def _details(event: Event) -> str:
    return json.dumps(plain(event.details), separators=(",", ":"))


def _exchange_venues(record: RunRecord) -> frozenset[str]:
    """Return the venues that keep accounts: those with margin, or called an exchange."""
    venues = record.identity.config["venues"]
    if not isinstance(venues, Mapping):
        raise EventLogError(
            "the resolved configuration has no map of venues",
            where="RunIdentity.config",
            value=venues,
            remedy="hand over the configuration as written to config.yaml",
        )
    return frozenset(name for name, block in venues.items() if block["kind"] == "exchange")


def _place(instrument: Instrument, exchanges: frozenset[str]) -> Place:
    if instrument.venue in exchanges:
        return Place.EXCHANGE
    return Place.POOL if instrument.kind in POOL_KINDS else Place.WALLET


def _balances(group: list[tuple[int, str]], positions: list[float]) -> str:
    held = [key + repr(positions[i]) for i, key in group if positions[i] != 0.0]
    return "{" + ",".join(held) + "}"


def _margin_ratio_cells(record: RunRecord) -> list[str] | list[None]:
    venues = {
        f'"{name.removeprefix(MARGIN_RATIO)}":': _cells(values)
        for name, values in record.risk.items()
        if name.startswith(MARGIN_RATIO)
    }
    if not venues:
        return [None] * record.rows
    return [
        "{"
        + ",".join(key + repr(x) for key, x in zip(venues, row, strict=True) if x is not None)
        + "}"
        for row in zip(*venues.values(), strict=True)
    ]


def _cells(values: FloatArray) -> list[float | None]:
    return [
        value if ok else None
        for value, ok in zip(values.tolist(), np.isfinite(values), strict=True)
    ]


def _text(text: str) -> str | None:
    return None if text == "" else text


def _cell(value: float) -> float | None:
    number = float(value)
    return number + 0.0 if np.isfinite(number) else None
