"""Indices and rates of a lending reserve are held against each other, row by row."""

import dataclasses

import numpy as np
import pytest

from basis_lab.data.checks import reserve as reserve_checks
from basis_lab.data.checks.rows import Rows
from basis_lab.data.checks.table import check_series
from basis_lab.data.series import DatasetKind
from basis_lab.domain.requirements import Alignment

DAYS, PLACE = 200, 90


@pytest.fixture
def reserve(kit):
    """A reserve whose stated rates are of one instant and whose index grows by the true ones."""
    rng = np.random.default_rng(3)
    true = 0.05 * np.exp(rng.normal(0.0, 0.15, DAYS))
    fields = {
        "liquidity_index": 1.1 * np.exp(np.concatenate([[0.0], true[:-1].cumsum() / 365.0])),
        "supply_rate": true * np.exp(rng.normal(0.0, 0.1, DAYS)),
    }
    return Rows(kind=DatasetKind.AAVE, times=kit.days(DAYS), fields=fields, interval_s=86400)


def told(rows, column=None, factor=1.0, part=slice(None)):
    fields = {name: values.copy() for name, values in rows.fields.items()}
    if column is not None:
        fields[column][part] *= factor
    found = check_series(dataclasses.replace(rows, fields=fields))
    return [(x.name, y.places.tolist()) for x, y in found if x.name != "stated-rate"]


def test_a_reserve_whose_days_differ_raises_no_alarm(reserve):
    assert told(reserve) == []


@pytest.mark.parametrize("factor", [1.003, 1.05, 1.5])
def test_an_index_that_steps_beyond_its_rates_is_refused_at_its_row(reserve, factor):
    assert told(reserve, "liquidity_index", factor, slice(PLACE, None)) == [("index-step", [PLACE])]


@pytest.mark.parametrize("factor", [3.0, 100.0, 0.01])
def test_rates_of_another_unit_in_a_part_are_told(reserve, factor):
    found = told(reserve, "supply_rate", factor, slice(PLACE, PLACE + 40))

    assert [x[0] for x in found] == ["rates-in-part"]
    assert abs(found[0][1][0] - PLACE) <= 3
    assert abs(found[0][1][-1] + 5 - PLACE - 40) <= 3


@pytest.fixture
def used(reserve):
    """The reserve with what was lent and borrowed: rates rise with use, one day's by a spike."""
    rate = reserve.fields["supply_rate"]
    true = np.diff(np.log(reserve.fields["liquidity_index"])) * 365.0
    fields = {
        **reserve.fields,
        "borrow_index": np.exp(np.concatenate([[0.0], true.cumsum() / 365.0])),
        "borrow_rate": rate.copy(),
        "total_supplied": np.full(DAYS, 1000.0),
        "total_borrowed": 10_000.0 * rate,  # 5 % where half is borrowed
    }
    for name in ("supply_rate", "borrow_rate", "total_borrowed"):
        fields[name][30] *= 1.9  # what the pool's use explains
    fields["total_supplied"] *= 2.0
    return dataclasses.replace(reserve, fields=fields)


def against_use(rows, factor=1.0, place=PLACE):
    fields = {name: values.copy() for name, values in rows.fields.items()}
    for name in ("supply_rate", "borrow_rate"):
        fields[name][place] *= factor
    found = reserve_checks.find_rates_against_use(dataclasses.replace(rows, fields=fields))
    return [x.places.tolist() for x in found]


def test_a_spike_of_rates_that_the_use_of_the_pool_explains_raises_no_alarm(used):
    assert against_use(used) == []


@pytest.mark.parametrize("factor", [3.0, 100.0, 1.0 / 3.0, 0.01])
def test_both_rates_of_one_row_in_another_unit_are_told_at_their_row(used, factor):
    assert against_use(used, factor) == [[PLACE]]


def test_a_rate_below_what_its_index_grew_by_is_told_without_the_totals(used):
    kept = {x: y for x, y in used.fields.items() if not x.startswith("total_")}
    alone = dataclasses.replace(used, fields=kept)

    assert against_use(alone) == []
    assert against_use(alone, 0.25) == [[PLACE]]
    assert against_use(alone, 4.0) == []  # it may be a true spike: nothing tells


@pytest.fixture
def pool(used):
    """A pool whose lenders are paid what three quarters of its borrowers pay."""
    fields = {x: y.copy() for x, y in used.fields.items()}
    fields["liquidity_index"] = fields["borrow_index"] ** 0.75
    fields["supply_rate"] = fields["borrow_rate"] * 0.75
    fields["total_supplied"] = fields["total_borrowed"] / 0.9
    return dataclasses.replace(used, fields=fields)


def exchanged(rows, one, other):
    fields = {**rows.fields, one: rows.fields[other], other: rows.fields[one]}
    return dataclasses.replace(rows, fields=fields)


def names_told(rows):
    return {x.name for x, _ in check_series(rows)} - {"stated-rate"}


def test_a_pool_that_shares_what_borrowers_pay_raises_no_alarm(pool):
    assert names_told(pool) == set()


def test_index_columns_that_are_exchanged_are_an_error(pool):
    assert "index-order" in names_told(exchanged(pool, "liquidity_index", "borrow_index"))


def test_rate_columns_that_are_exchanged_are_an_error(pool):
    assert "rate-order" in names_told(exchanged(pool, "supply_rate", "borrow_rate"))


@pytest.mark.parametrize("column", ["supply_rate", "borrow_rate"])
def test_a_negative_lending_rate_is_a_false_value_however_small(pool, column):
    ((check, places),) = told(pool, column, -1e-9, slice(PLACE, PLACE + 1))

    assert (check, places) == ("false-value", [PLACE])


@pytest.mark.parametrize("factor", [0.77, 1.3])
def test_rates_a_third_off_throughout_are_an_error(pool, factor):
    assert told(pool, "borrow_rate", factor)[0] == ("rate-against-index", [])


def test_a_supply_rate_beyond_all_that_is_paid_is_told_in_every_row(pool):
    found = told(pool, "supply_rate", 1.28, slice(PLACE, PLACE + 30))

    assert ("rates-disagree", list(range(PLACE, PLACE + 30))) in found


def test_a_run_that_reads_an_index_carries_what_is_told_of_its_rates(kit, pool):
    part = slice(PLACE, PLACE + 40)
    fields = {x: y.copy() for x, y in pool.fields.items()}
    fields["supply_rate"][part] *= 3.0
    fields["borrow_rate"][part] *= 3.0
    times = kit.days(DAYS)
    store = kit.Store().put("aave/ethereum/WETH", times, **fields)
    lab = kit.provider(store, kit.need("aave/ethereum/WETH.liquidity_index", Alignment.STEP))

    told = lab.frame(times[1], times[-1]).sources[0].warnings

    assert any("over rows in which liquidity_index grows" in x for x in told)
    assert lab.frame(times[1], times[PLACE - 10]).sources[0].warnings == ()
