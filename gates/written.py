"""Gates on what was written: files and pictures, and the clock of the event log."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import yaml

from basis_lab.domain.events import EventType
from basis_lab.results.columns import stamp_times
from basis_lab.results.event_table import COLUMNS, JSON_COLUMNS
from basis_lab.results.folder import FILES
from gates.outcome import Outcome
from gates.trial import Trial

PLOTS = (
    "cumulative_pnl",
    "pnl_components",
    "balance_sheet",
    "delta_neutrality",
    "margin_ratios",
    "health_factor",
    "funding",
    "drawdown",
    "nav",
)
ALWAYS_DRAWN = frozenset({"cumulative_pnl", "pnl_components", "balance_sheet", "drawdown", "nav"})
FIRST_AT_A_TIMESTEP = {EventType.LIQUIDATION.value: 0, EventType.FUNDING_PAYMENT.value: 1}
OTHERS = 2

Row = dict[str, str]


def files_are_made(trial: Trial) -> Outcome:
    """Every file of a run's folder is there and can be read."""
    wrong = [why for name in FILES for why in _unreadable(trial.folder / name)]
    return Outcome(
        gate="files",
        passed=not wrong,
        figure=wrong[0] if wrong else f"{len(FILES)} files read back",
    )


def plots_are_drawn(trial: Trial) -> Outcome:
    """Every picture is there; it shows something, or says why there is nothing to show."""
    drawn, wrong = 0, []
    for name in PLOTS:
        path = trial.folder / "plots" / f"{name}.html"
        if not path.is_file():
            wrong.append(f"{name}.html is missing")
            continue
        points, notes = _figure_in(path.read_text())
        drawn += points > 0
        if points == 0 and (name in ALWAYS_DRAWN or notes == 0):
            wrong.append(f"{name}.html is empty")
    if not (trial.folder / "plots" / "plotly.min.js").is_file():
        wrong.append("plotly.min.js is missing")
    return Outcome(
        gate="plots",
        passed=not wrong,
        figure=wrong[0] if wrong else f"{drawn} of {len(PLOTS)} drawn, the rest say why not",
    )


def one_clock(trial: Trial) -> Outcome:
    """Events are in order, at timesteps of the run, and a loop's events share its timestamp."""
    events = _rows(trial.folder / "event_log.csv")
    times = trial.record.frame.times[: trial.record.rows]
    steps = set(stamp_times(times).astype(str).tolist())
    wrong = [*_disorder(events), *_strangers(events, steps), *_other_times(events)]
    return Outcome(
        gate="one clock",
        passed=not wrong,
        figure=wrong[0] if wrong else f"{len(events):,} events in order",
    )


def _unreadable(path: Path) -> Iterator[str]:
    if not path.is_file() or path.stat().st_size == 0:
        yield f"{path.name} is missing or empty"
        return
    text = path.read_text()
    try:
        match path.suffix:
            case ".json":
                json.loads(text)
            case ".jsonl":
                [json.loads(line) for line in text.splitlines()]
            case ".yaml":
                yaml.safe_load(text)
            case _:
                yield from _ragged(path.name, text)
    except (ValueError, yaml.YAMLError) as error:
        yield f"{path.name}: {error}"


def _ragged(name: str, text: str) -> Iterator[str]:
    """Find rows of another length than the header, and JSON cells that are none."""
    rows = list(csv.reader(io.StringIO(text)))
    if len(rows) == 1:
        yield f"{name} has no rows"
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            yield f"{name}:{number}: {len(row)} cells under {len(rows[0])} names"
    if rows[0] == list(COLUMNS):
        for row in rows[1:]:
            for column, cell in zip(COLUMNS, row, strict=True):
                if column in JSON_COLUMNS and cell:
                    json.loads(cell)


def _figure_in(page: str) -> tuple[int, int]:
    """Return how many points and how many notes a page's figure has."""
    decoder = json.JSONDecoder()
    _, _, call = page.partition("Plotly.newPlot(")
    start = call.find("[")
    if start < 0:
        return 0, 0
    traces, stop = decoder.raw_decode(call, start)
    layout, _ = decoder.raw_decode(call, call.index("{", stop))
    points = sum(len(trace["x"]) for trace in traces if "x" in trace)
    return points, len(layout["annotations"]) if "annotations" in layout else 0


def _rows(path: Path) -> list[Row]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def _disorder(events: list[Row]) -> Iterator[str]:
    before = ("", 0)
    for number, event in enumerate(events):
        kind = event["event_type"]
        phase = FIRST_AT_A_TIMESTEP[kind] if kind in FIRST_AT_A_TIMESTEP else OTHERS
        now = (event["timestamp"], phase)
        if event["order"] != str(number):
            yield f"order {event['order']} stands at place {number}"
        if now < before:
            yield f"event {number}: {kind} at {now[0]} stands after {before[0]}"
        before = now


def _strangers(events: list[Row], steps: set[str]) -> Iterator[str]:
    for event in events:
        if event["timestamp"] not in steps:
            yield f"event {event['order']}: {event['timestamp']} is no timestep of the run"


def _other_times(events: list[Row]) -> Iterator[str]:
    """Find instructions that bear another time than their decision."""
    decided = ""
    for event in events:
        if event["event_type"] == EventType.DECISION.value:
            decided = event["timestamp"]
        if event["instruction_id"] and event["timestamp"] != decided:
            yield f"event {event['order']}: {event['timestamp']}, decided at {decided}"
