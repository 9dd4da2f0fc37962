"""Scheduled flows are cut by row; reports are cut by length."""

from dataclasses import fields

import numpy as np

from basis_lab.domain.instructions import Cause
from basis_lab.domain.statements import ScheduledFlows
from tests.builders import key, perp_frame, view

FLOWS = ScheduledFlows(
    venue="binance",
    instrument=key("binance:margin:USDT"),
    about=key("binance:perp:BTCUSDT"),
    cause=Cause.FUNDING,
    rows=np.array([8, 16, 24]),
    quantity=np.array([1.0, 2.0, 3.0]),
    price=np.array([10.0, 20.0, 30.0]),
    rate=np.array([0.1, 0.2, 0.3]),
)


def test_flows_before_and_since_a_row_are_all_flows_once():
    before, since = FLOWS.until(16), FLOWS.since(16)

    assert before.rows.tolist() == [8]
    assert since.rows.tolist() == [16, 24]
    assert [*before.quantity, *since.quantity] == FLOWS.quantity.tolist()
    assert [*before.price, *since.price] == FLOWS.price.tolist()
    assert [*before.rate, *since.rate] == FLOWS.rate.tolist()


def test_a_part_of_a_report_has_its_rows_in_every_column():
    seen = view(
        perp_frame([100.0, 101.0, 102.0]),
        "binance:margin:USDT 50\nbinance:perp:BTCUSDT -1\nbinance:contracts:BTCUSDT 100",
    )

    near = seen.risk.liquidation()
    assert columns_of(near.part(slice(2))) == head_of(near)
    for report in (seen.exposure, seen.risk):
        assert columns_of(report.part(slice(2))) == head_of(report)
    assert columns_of(seen.risk.part(slice(2)).liquidation()) == head_of(near)


def columns_of(report, keep=slice(None)):
    """The bytes of every column of a report, by its name and the place in it."""
    found = {}
    for field in fields(report):
        column = getattr(report, field.name)
        if isinstance(column, dict):
            found |= {(field.name, name): x[keep].tobytes() for name, x in column.items()}
        elif isinstance(column, np.ndarray):
            found[field.name] = column[keep].tobytes()
    return found


def head_of(report):
    return columns_of(report, slice(2))
