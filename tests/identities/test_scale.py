"""What size does not change, and markets in which nothing can be earned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.domain.reports import CATEGORIES
from tests.identities.worlds import (
    World,
    basis_configs,
    examples,
    load_lending,
    make_frame,
    markets,
)

ROOMY = {"costs": False, "weights": {"binance": 0.6, "bybit": 0.4}}  # no tier, no lot, no fee


@examples(40)
@given(
    config=basis_configs(**ROOMY),
    market=markets((30, 200), span=0.2),
    times=st.floats(0.01, 100.0),
)
def test_without_frictions_a_hedge_of_any_size_earns_in_proportion(config, market, times):
    frame = make_frame(config, market)

    small = World(config=config, frame=frame, capital=1e5).run()
    large = World(config=config, frame=frame, capital=1e5 * times).run()

    assert (small.liquidations, large.liquidations) == (0, 0)
    assert small.rebalances == large.rebalances
    assert_proportional(small, large, times, 1e-9 * 1e5)


@examples(25)
@given(
    currency=st.sampled_from(["USDT", "ETH"]),
    market=markets((30, 200)),
    times=st.floats(0.01, 100.0),
)
def test_without_frictions_lending_of_any_size_earns_in_proportion(currency, market, times):
    config = load_lending(currency, costs=False)
    frame = make_frame(config, market)

    small = World(config=config, frame=frame, capital=100.0).run()
    large = World(config=config, frame=frame, capital=100.0 * times).run()

    assert_proportional(small, large, times, 1e-9 * 100.0)


def assert_proportional(small, large, times, within):
    np.testing.assert_allclose(large.equity / times, small.equity, rtol=0.0, atol=within)
    for name in CATEGORIES:
        each = large.attribution[name] / times
        np.testing.assert_allclose(each, small.attribution[name], rtol=0.0, atol=within)


@examples(40)
@given(
    config=basis_configs(costs=False),
    market=markets((30, 200), basis=0.0, funding=0.0, growth=0.0, span=0.3),
)
def test_a_hedge_that_is_paid_nothing_earns_nothing_whatever_the_price_does(config, market):
    record = World(config=config, frame=make_frame(config, market), capital=1e5).run()

    assert record.liquidations == 0
    assert np.abs(record.equity - 1e5).max() <= 1e-9 * 1e5


@pytest.mark.parametrize("currency", ["USDT", "ETH"])
@examples(20)
@given(market=markets((30, 200), growth=0.0))
def test_lending_at_a_rate_of_zero_earns_nothing(currency, market):
    config = load_lending(currency, costs=False)

    record = World(config=config, frame=make_frame(config, market), capital=1e5).run()

    assert np.abs(record.equity - 1e5).max() <= 1e-9 * 1e5
