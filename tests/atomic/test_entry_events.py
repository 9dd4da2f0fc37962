"""What the log says of an atomic entry: each step in units of its own line."""

import json

import pytest

import basis_lab as bl


def test_staking_is_told_as_a_purchase_of_the_staking_token_paid_in_eth():
    run = bl.backtest("eth_leveraged", share_class="ETH", start="2025-01-01", end="2025-01-05")

    staked = run.events[run.events["event_type"] == "STAKE"].iloc[0]
    moved = {key: units for key, units, _ in json.loads(staked["details"])["movements"]}
    assert staked["instrument"] == "wallet:token:weETH"
    assert staked["quantity"] == pytest.approx(moved["wallet:token:weETH"], rel=1e-12)
    assert (staked["currency"], staked["amount"]) == ("ETH", moved["wallet:token:ETH"])
    assert staked["amount"] == pytest.approx(-staked["quantity"] * staked["price"], rel=1e-12)
    assert staked["amount"] < 0.0
