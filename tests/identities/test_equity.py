"""Equity changes by what prices did to what was held, by what causes posted, and no more."""

import csv
import io

import numpy as np
from hypothesis import given

from basis_lab.domain.reports import CATEGORIES
from tests.identities.worlds import examples, files_of, told_movements, worlds


@examples(25)
@given(worlds())
def test_equity_changes_by_revaluation_and_postings_alone(world):
    record = world.run()

    prices, held = world.frame.unit_prices, record.quantities
    posted = np.zeros(world.frame.rows)
    for told in told_movements(record):
        for instrument, quantity, _ in told.movements:
            posted[told.row] += quantity * prices[told.row, world.frame.universe.column(instrument)]
    explained = (held[:-1] * np.diff(prices, axis=0)).sum(axis=1) + posted[1:]
    np.testing.assert_allclose(
        np.diff(record.equity), explained, rtol=0.0, atol=1e-9 * world.capital
    )


@examples(25)
@given(worlds())
def test_the_written_categories_explain_the_written_pnl_of_every_step(world):
    text = files_of(world.run())["hourly_pnl.csv"].decode()

    rows = list(csv.DictReader(io.StringIO(text)))
    names = ("equity", "flows", *CATEGORIES)
    column = {name: np.array([float(row[name]) for row in rows]) for name in names}
    pnl = np.diff(column["equity"], prepend=world.capital) - column["flows"]
    residual = pnl - sum(column[name] for name in CATEGORIES)
    assert np.abs(residual).max() <= 1e-9 * world.capital
    written = np.array([float(row["residual"]) for row in rows])
    np.testing.assert_allclose(written, residual, rtol=0.0, atol=1e-12 * world.capital)


@examples(25)
@given(worlds())
def test_the_balance_sheet_of_every_hour_sums_to_its_equity(world):
    files = files_of(world.run())

    total: dict[str, float] = {}
    for line in csv.DictReader(io.StringIO(files["balance_sheet.csv"].decode())):
        total[line["timestamp"]] = total.get(line["timestamp"], 0.0) + float(line["value"])
    for row in csv.DictReader(io.StringIO(files["hourly_pnl.csv"].decode())):
        assert abs(total[row["timestamp"]] - float(row["equity"])) <= 1e-12 * world.capital
