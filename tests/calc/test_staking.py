"""Staking tokens: conversion, what an exit costs, growth, and holding by time."""

import numpy as np
import pytest

from basis_lab.calc import staking


def array(*values):
    return np.array(values, dtype=float)


def test_tokens_and_eth_are_converted_at_the_rate():
    rate = array(1.25)

    assert staking.tokens_from_eth(array(10.0), rate).tolist() == [8.0]
    assert staking.eth_from_tokens(array(8.0), rate).tolist() == [10.0]


def test_a_sale_loses_discount_and_slippage_together():
    # 1.2 of 1.25 at 1 % slippage: 1.188 of 1.25; a premium of the market is a gain.
    cost = staking.sale_cost(array(1.20, 1.30), array(1.25, 1.25), array(0.01, 0.0))

    assert cost.tolist() == pytest.approx([1.0 - 1.188 / 1.25, -0.04])


def test_a_queue_costs_the_yield_of_its_days():
    assert staking.queue_cost(array(0.0365), 5.0)[0] == pytest.approx(0.0005)


def test_growth_is_simple_and_per_year():
    assert staking.growth_apr(array(1.0), array(1.01), array(36.5))[0] == pytest.approx(0.10)


def test_what_was_held_for_half_a_period_counts_half():
    assert staking.time_weighted(array(5.0 * 3600.0), array(36_000.0))[0] == pytest.approx(0.5)
