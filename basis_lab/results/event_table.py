"""The event log of a run: one row an event, in global order, with balances after it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from basis_lab.domain.events import Event, EventType
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.domain.statements import ScheduledFlows
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
QUOTE = '"'


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
        By timestep; within one liquidations, then scheduled flows, then the other events, each in
        order of logging.
    """
    lines: list[Line] = []
    for entry in record.log:
        if isinstance(entry, Event):
            lines.append(Line(entry.row, entry))
        else:
            rows = entry.rows.tolist()
            lines.extend(Line(row, Flow(entry, at)) for at, row in enumerate(rows))
    return sorted(lines, key=lambda line: (line.row, _phase(line.what)))


def _phase(what: Event | Flow) -> int:
    """Return the place within a timestep: what is left of a position is paid or pays."""
    if isinstance(what, Flow):
        return 1
    return 0 if what.event_type is EventType.LIQUIDATION else 2


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
    encoded = [_csv_cells(name, columns[name]) for name in COLUMNS]
    rows = map(",".join, zip(*encoded, strict=True))
    return "".join(f"{row}\n" for row in (",".join(COLUMNS), *rows)).encode()


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


def _csv_cells(name: str, cells: list[Cell]) -> list[str]:
    if name in NUMBER_COLUMNS:
        return ["" if cell is None else repr(cell) for cell in cells]
    if name in JSON_COLUMNS:
        return ["" if cell is None else _quoted(str(cell)) for cell in cells]
    known = {cell: "" if cell is None else _quoted(str(cell)) for cell in dict.fromkeys(cells)}
    return [known[cell] for cell in cells]


def _quoted(text: str) -> str:
    if text.isprintable() and '"' not in text and "," not in text:
        return text
    return f'"{text.replace(QUOTE, 2 * QUOTE)}"'


def _json_cells(name: str, cells: list[Cell]) -> list[str]:
    if name in JSON_COLUMNS:
        return ["null" if cell is None else str(cell) for cell in cells]
    if name in NUMBER_COLUMNS:
        return ["null" if cell is None else repr(cell) for cell in cells]
    known = {cell: json.dumps(cell) for cell in dict.fromkeys(cells)}
    return [known[cell] for cell in cells]


def _positions(record: RunRecord, lines: list[Line]) -> Iterator[list[float]]:
    """Yield the book after each line; a flow adds to the line before it in its timestep."""
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
            book, book_row = line.what.positions.copy(), line.row
            yield book.tolist()
        else:
            yield record.quantities[line.row].tolist()


class _Words:
    """Words the cells of one run's events."""

    def __init__(self, record: RunRecord) -> None:
        self._ratios = _Ratios(record)
        instruments = record.frame.universe.instruments
        exchanges = _exchange_venues(record)
        places = [_place(x, exchanges) for x in instruments]
        self._balances = tuple(
            _Balances({i: str(x) for i, x in enumerate(instruments) if places[i] is place})
            for place in Place
        )

    def cells(self, line: Line, positions: list[float]) -> list[Cell]:
        """Return the cells of one line, those of ``_TOLD`` in order."""
        told = self._flow(line.what) if isinstance(line.what, Flow) else self._event(line.what)
        code = told.pop()
        after = [balances.word(positions) for balances in self._balances]
        return [*told, *after, *self._ratios.at(line.row), code]

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


class _Balances:
    """Words the lines of one place; what has not changed since the last event is not reworded."""

    def __init__(self, keys: Mapping[int, str]) -> None:
        self._keys = [(i, f"{json.dumps(key)}:") for i, key in keys.items()]
        self._known = dict.fromkeys(keys, (0.0, ""))

    def word(self, positions: list[float]) -> str:
        for i, key in self._keys:
            quantity = positions[i]
            if quantity != self._known[i][0]:
                self._known[i] = (quantity, f"{key}{quantity!r}" if quantity != 0.0 else "")
        return "{" + ",".join([text for _, text in self._known.values() if text]) + "}"


class _Ratios:
    """LTV and margin ratios at a timestep, worded once a row."""

    def __init__(self, record: RunRecord) -> None:
        self._ltv = record.risk["ltv"] if "ltv" in record.risk else np.full(record.rows, np.nan)
        self._margins = {
            f"{json.dumps(name.removeprefix(MARGIN_RATIO))}:": values
            for name, values in record.risk.items()
            if name.startswith(MARGIN_RATIO)
        }
        self._known: dict[int, tuple[float | None, str | None]] = {}

    def at(self, row: int) -> tuple[float | None, str | None]:
        """Return the two cells of a row."""
        if row not in self._known:
            self._known[row] = (_cell(self._ltv[row]), self._word_margins(row))
        return self._known[row]

    def _word_margins(self, row: int) -> str | None:
        if not self._margins:
            return None
        told = [(key, _cell(values[row])) for key, values in self._margins.items()]
        return "{" + ",".join(f"{key}{x!r}" for key, x in told if x is not None) + "}"


def _text(text: str) -> str | None:
    return None if text == "" else text


def _cell(value: float) -> float | None:
    number = float(value)
    return number + 0.0 if np.isfinite(number) else None
