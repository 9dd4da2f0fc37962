"""The event log: order, cells, balances after each event."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from basis_lab.domain.events import Event, EventType
from basis_lab.errors import EventLogError
from basis_lab.results.event_table import (
    COLUMNS,
    events_csv,
    events_jsonl,
    order_log,
    render_events,
)
from tests.results.records import make_flows, make_record


@pytest.fixture(scope="module")
def columns(record):
    return render_events(record)


def test_the_event_log_is_written_as_it_was_reviewed(columns, golden):
    golden("event_log.csv", events_csv(columns).decode())
    golden("events.jsonl", events_jsonl(columns).decode())


def test_order_numbers_are_contiguous_and_time_never_runs_back(columns):
    assert columns["order"] == list(range(10))
    assert columns["timestamp"] == sorted(columns["timestamp"])


def test_scheduled_flows_stand_before_the_events_of_their_row(columns):
    at_eight = [
        kind
        for kind, stamp in zip(columns["event_type"], columns["timestamp"], strict=True)
        if stamp == "2024-05-12T08:00:00Z"
    ]

    assert at_eight == ["FUNDING_PAYMENT", "RISK_WARNING"]


def test_the_order_does_not_depend_on_how_flows_were_cut_into_blocks():
    rows = 49
    whole = make_flows(rows)
    later = replace(
        whole,
        rows=whole.rows[3:],
        quantity=whole.quantity[3:],
        price=whole.price[3:],
        rate=whole.rate[3:],
    )
    bybit = replace(whole, venue="bybit")
    later_bybit = replace(later, venue="bybit")
    in_one = make_record(log=(whole, bybit))
    cut = (whole.until(32), bybit.until(32), later, later_bybit)

    one, two = (render_events(x) for x in (in_one, make_record(log=cut)))

    assert one == two
    assert one["venue"][:4] == ["binance", "bybit", "binance", "bybit"]


def test_a_payment_tells_rate_mark_and_cash(columns):
    row = {name: columns[name][2] for name in COLUMNS}

    assert row["instrument"] == "binance:perp:BTCUSDT"
    assert (row["quantity"], row["price"], row["amount"]) == (None, 60_110.0, 7.0)
    assert (row["currency"], row["cause"], row["component"]) == ("USDT", "funding", "venue")
    assert json.loads(row["details"]) == {
        "rate": 1e-4,
        "movements": [["binance:margin:USDT", 7.0, "funding"]],
    }


def test_balances_after_a_payment_are_those_before_it_and_the_cash(columns):
    after = json.loads(columns["cex_balance_after"][4])

    assert after["binance:margin:USDT"] == 30_014.0
    assert json.loads(columns["wallet_balance_after"][4]) == {"wallet:token:USDT": 12_990.0}
    assert json.loads(columns["aave_position_after"][4]) == {"aave_v3:debt:USDT": 3_000.0}


def test_a_payment_at_the_first_timestep_starts_from_an_empty_book():
    flows = replace(make_flows(9), rows=np.array([0]))
    record = make_record(log=(flows,))

    after = render_events(record)["cex_balance_after"][0]

    assert json.loads(after) == {"binance:margin:USDT": 7.0}


def test_an_event_with_its_own_book_shows_that_one():
    book = np.array([0.25, 0.0, 0.0, 0.0, 0.0, 0.0])
    event = Event(row=3, event_type=EventType.SWAP, component="x", positions=book)

    columns = render_events(make_record(log=(event,)))

    assert columns["cex_balance_after"] == ['{"binance:token:BTC":0.25}']
    assert columns["wallet_balance_after"] == ["{}"]


def test_ratios_after_an_event_are_those_of_its_row(record, columns):
    told = json.loads(columns["margin_ratio_after"][2])

    assert told == {"binance": record.risk["margin_ratio_binance"][8]}
    assert columns["ltv_after"][2] is None


def test_a_run_without_margin_and_loans_has_empty_ratio_cells():
    columns = render_events(make_record(risk={"delta_drift": np.zeros(49)}))

    assert set(columns["margin_ratio_after"]) == {None}
    assert set(columns["ltv_after"]) == {None}


def test_both_files_say_the_same(columns):
    lines = [json.loads(line) for line in events_jsonl(columns).decode().splitlines()]
    rows = list(csv.DictReader(io.StringIO(events_csv(columns).decode())))

    assert [list(line) for line in lines] == [list(COLUMNS)] * 10
    for line, row in zip(lines, rows, strict=True):
        for name, cell in line.items():
            if isinstance(cell, dict):
                assert json.loads(row[name]) == cell
            else:
                assert row[name] == ("" if cell is None else str(cell))


def test_details_that_are_not_finite_are_null_and_arrays_are_lists():
    details = {"worst": np.nan, "prices": np.array([1.0, 2.0]), "row": np.int64(3)}
    event = Event(row=0, event_type=EventType.TRIGGER, component="x", details=details)

    columns = render_events(make_record(log=(event,)))

    assert columns["details"] == ['{"worst":null,"prices":[1.0,2.0],"row":3}']


def test_a_configuration_without_venues_cannot_tell_wallets_from_accounts(record):
    identity = replace(record.identity, config={"venues": None})

    with pytest.raises(EventLogError, match="map of venues"):
        render_events(replace(record, identity=identity))


def test_nothing_logged_is_a_log_without_rows():
    columns = render_events(make_record(log=()))

    assert order_log(make_record(log=())) == []
    assert events_csv(columns).decode() == ",".join(COLUMNS) + "\n"
    assert events_jsonl(columns) == b""


def liquidated(row=8):
    """The hedge is gone before the funding of its row is paid on what survived."""
    rows = 49
    quantities = make_record().quantities.copy()
    book = quantities[row - 1].copy()
    book[1:4] = [29_000.0, 0.0, 0.0]
    liquidation = Event(
        row=row,
        event_type=EventType.LIQUIDATION,
        component="venue",
        venue="binance",
        positions=book,
    )
    later = book.copy()
    later[1] += 7.0
    arrival = Event(
        row=row, event_type=EventType.TRANSFER_ARRIVED, component="venue", positions=later
    )
    flows = make_flows(rows).until(row + 1)
    return make_record(log=(flows, liquidation, arrival), quantities=quantities)


def test_a_liquidation_stands_before_the_funding_of_its_row():
    columns = render_events(liquidated())

    assert columns["event_type"] == ["LIQUIDATION", "FUNDING_PAYMENT", "TRANSFER_ARRIVED"]


def test_funding_after_a_liquidation_adds_to_what_it_left():
    columns = render_events(liquidated())

    cash = [json.loads(after)["binance:margin:USDT"] for after in columns["cex_balance_after"]]
    assert cash == [29_000.0, 29_007.0, 29_007.0]
    assert "binance:perp:BTCUSDT" not in json.loads(columns["cex_balance_after"][1])


def test_the_other_events_of_a_row_keep_the_order_of_their_logging():
    kinds = (
        EventType.TRANSFER_ARRIVED,
        EventType.DEPOSIT,
        EventType.RISK_WARNING,
        EventType.TRIGGER,
        EventType.DECISION,
        EventType.TRANSFER_START,
        EventType.TRANSFER_ARRIVED,  # of a transfer without delay: right after its start
        EventType.TRADE,
    )
    events = tuple(Event(row=8, event_type=kind, component="x") for kind in kinds)
    earlier = Event(row=7, event_type=EventType.RISK_WARNING, component="x")

    columns = render_events(make_record(log=(*events, earlier, make_flows(49).until(9))))

    assert columns["event_type"] == [
        "RISK_WARNING",
        "FUNDING_PAYMENT",
        *(kind.value for kind in kinds),
    ]


def test_a_withdrawal_tells_what_was_asked_paid_and_queued():
    details = {"requested": 50_000.0, "paid": 30_000.0, "queued": 20_000.0}
    event = Event(
        row=3,
        event_type=EventType.WITHDRAWAL,
        component="engine",
        amount=-30_000.0,
        details=details,
    )

    columns = render_events(make_record(log=(event,)))

    assert json.loads(columns["details"][0]) == details
    assert columns["amount"] == [-30_000.0]
