"""Deposits and withdrawals on dates, as configurations give them."""

import numpy as np
import pytest

from basis_lab.config import load_config
from basis_lab.domain.flows import FlowParameters
from basis_lab.errors import ConfigError


def flow(at="2024-06-15", amount=0.5, unit="capital"):
    return {"at": at, "amount": amount, "unit": unit}


@pytest.mark.parametrize("mode", ["btc_basis", "eth_basis", "pure_lending"])
def test_modes_ship_without_flows(mode):
    assert load_config(mode).flows == ()


def test_the_shipped_example_has_two_deposits_and_two_withdrawals():
    flows = load_config("btc_basis", scenarios=["flows_example"]).flows

    assert [x.amount for x in flows] == [0.5, -0.05, -0.4, 0.25]
    assert {x.unit for x in flows} == {"capital"}
    moments = [x.moment() for x in flows]
    assert moments == sorted(moments)
    assert np.datetime64("2024-05-12") < moments[0]
    assert moments[-1] < np.datetime64("2025-03-31")


@pytest.mark.parametrize(
    ("at", "moment"),
    [
        ("2024-06-15", "2024-06-15T00:00:00"),
        ("2024-06-15T08:00", "2024-06-15T08:00:00"),
        ("2024-06-15 08:00:00", "2024-06-15T08:00:00"),
        ("2024-06-15T08:00:00+02:00", "2024-06-15T06:00:00"),
        ("2024-06-15T08:00:00Z", "2024-06-15T08:00:00"),
    ],
)
def test_a_flow_is_asked_for_at_a_moment_in_utc(at, moment):
    (given,) = load_config("btc_basis", overrides={"flows": [flow(at)]}).flows

    assert given.moment() == np.datetime64(moment)


def test_a_date_in_a_file_needs_no_quotes(write):
    text = "flows: [{at: 2024-06-15 08:00:00, amount: 1000, unit: currency}]"
    path = write("s.yaml", f"scenario: s\nmeaning: m\n{text}\n")

    (given,) = load_config("pure_lending", scenarios=[path]).flows

    assert given.moment() == np.datetime64("2024-06-15T08:00:00")


def test_an_amount_is_in_currency_or_in_parts_of_the_capital():
    given = [FlowParameters(**flow(amount=-0.4, unit=unit)) for unit in ("currency", "capital")]

    assert [x.currency_amount(100_000.0) for x in given] == [-0.4, -40_000.0]


def test_flows_that_are_given_replace_the_ones_before():
    config = load_config(
        "btc_basis", scenarios=["flows_example"], overrides={"flows": [flow(amount=1)]}
    )

    assert [x.amount for x in config.flows] == [1.0]
    assert config.plain()["flows"] == [{"at": "2024-06-15", "amount": 1.0, "unit": "capital"}]


@pytest.mark.parametrize(
    ("bad", "key"),
    [
        (flow(at="15/06/2024"), "flows[0].at"),
        (flow(at=20240615), "flows[0].at"),
        (flow(amount=0), "flows[0].amount"),
        (flow(amount=float("nan")), "flows[0].amount"),
        (flow(amount=1e13), "flows[0].amount"),
        (flow(amount="all"), "flows[0].amount"),
        (flow(unit="shares"), "flows[0].unit"),
        ({"at": "2024-06-15", "amount": 1}, "flows[0].unit"),
        ({**flow(), "currency": "USDT"}, "flows[0].currency"),
        ("2024-06-15", "flows[0]"),
    ],
)
def test_a_flow_that_cannot_be_is_refused(bad, key):
    with pytest.raises(ConfigError) as refused:
        load_config("btc_basis", overrides={"flows": [bad]})

    assert [x.key for x in refused.value.problems] == [key]
