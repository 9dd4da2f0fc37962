"""The event log alone rebuilds the book."""

import csv
import io
import json

import numpy as np
from hypothesis import given

from basis_lab.domain.instruments import Instrument
from tests.identities.worlds import examples, files_of, told_movements, worlds

BALANCES = ("wallet_balance_after", "cex_balance_after", "aave_position_after")


@examples(25)
@given(worlds())
def test_replaying_the_events_rebuilds_the_positions_of_every_hour(world):
    record = world.run()

    column = world.frame.universe.column
    steps = np.zeros_like(record.quantities)
    for told in told_movements(record):
        for instrument, quantity, _ in told.movements:
            steps[told.row, column(instrument)] += quantity
    rebuilt = np.cumsum(steps, axis=0)
    scale = np.abs(record.quantities).max(axis=0) + world.capital * 1e-3
    assert (np.abs(rebuilt - record.quantities) <= 1e-9 * scale).all()


@examples(25)
@given(worlds())
def test_the_balances_after_the_last_event_of_an_hour_are_those_of_its_end(world):
    record = world.run()

    text = files_of(record)["event_log.csv"].decode()
    last = {line["timestamp"]: line for line in csv.DictReader(io.StringIO(text))}
    rows = {f"{time}Z": row for row, time in enumerate(world.frame.times.astype(str).tolist())}
    for timestamp, line in last.items():
        told = np.zeros(len(world.frame.universe))
        for name in BALANCES:
            for key, quantity in json.loads(line[name]).items():
                told[world.frame.universe.column(Instrument.parse(key))] = quantity
        np.testing.assert_array_equal(told, record.quantities[rows[timestamp]])


@examples(25)
@given(worlds())
def test_each_event_moves_the_balances_by_the_movements_that_it_states(world):
    text = files_of(world.run())["events.jsonl"].decode()

    held: dict[str, float] = {}
    for event in map(json.loads, text.splitlines()):
        if event["event_type"].startswith("ATOMIC_"):
            continue  # it tells the end of its steps, which follow
        after = {key: x for name in BALANCES for key, x in event[name].items()}
        details = event["details"]
        stated = dict(held)
        for key, quantity, _ in details["movements"] if details and "movements" in details else []:
            stated[key] = stated.get(key, 0.0) + quantity
        for key in stated.keys() | after.keys():
            apart = abs(stated.get(key, 0.0) - after.get(key, 0.0))
            assert apart <= 1e-9 * world.capital, (event["event_type"], key)
        held = after


@examples(15)
@given(worlds())
def test_a_transaction_of_several_steps_tells_what_its_last_step_leaves(world):
    text = files_of(world.run())["events.jsonl"].decode()

    events = [json.loads(line) for line in text.splitlines()]
    for place, whole in enumerate(events):
        if whole["event_type"].startswith("ATOMIC_"):
            last = place + len(whole["details"]["steps"])
            if last + 1 < len(events) and events[last + 1]["event_type"] == "GAS":
                last += 1
            assert {x: whole[x] for x in BALANCES} == {x: events[last][x] for x in BALANCES}
