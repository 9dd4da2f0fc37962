"""The independent accountings agree with the engine, and with each other; nothing is timed."""

import numpy as np
import pytest

from basis_lab.domain.events import Event, EventType
from benchmarks.accounting import Fill, Market, by_numpy, by_plain_python, fills_of, market_of
from benchmarks.measure import Measure
from benchmarks.measures import disagreement
from benchmarks.workload import ASSET, CAPITAL, ROWS, VENUE, make_workload


@pytest.fixture(scope="module")
def record():
    return make_workload().run()


def test_the_workload_is_a_year_of_hours_with_about_four_rebalances(record):
    assert record.rows == ROWS
    assert 3 <= record.rebalances <= 5
    assert record.liquidations == 0
    assert sum(x.any() for x in record.attribution.values()) == 5


def test_the_accountings_by_hand_agree_with_the_engine(record):
    assert disagreement(record) <= 1e-9


@pytest.mark.slow
def test_the_accountings_agree_at_a_stride_of_one():
    record = make_workload().run(stride=1)

    assert disagreement(record) <= 1e-9


@pytest.mark.parametrize(
    "changes",
    [
        {"strategy.spot_allocation": 0.7},
        {"strategy.position_deviation_threshold": 0.03},
        {"costs.enabled": False, "costs.delays_enabled": False},
    ],
    ids=["more spot", "a narrow band", "no costs"],
)
def test_the_accountings_agree_with_variants_of_the_workload(changes):
    record = make_workload(changes).run()

    assert record.rebalances > 4 or not changes.get("costs.enabled", True)
    assert disagreement(record) <= 1e-9


def test_a_fill_that_is_left_out_is_noticed(record):
    fills, market = fills_of(record), market_of(record, VENUE, ASSET)

    equity, _ = by_numpy(CAPITAL, fills[:-1], market)

    assert np.abs(equity - record.equity).max() > 1.0


def test_every_fill_of_the_log_is_replayed(record):
    trades = [x for x in record.log if isinstance(x, Event) and x.event_type is EventType.TRADE]

    assert len(fills_of(record)) == len(trades) == record.trades


@pytest.mark.parametrize("account", [by_numpy, by_plain_python])
def test_a_hedge_of_three_hours_by_hand(account):
    fills = (
        Fill(row=0, is_perp=False, quantity=2.0, price=101.0, fee_base=0.002, fee_quote=0.0),
        Fill(row=0, is_perp=True, quantity=-2.0, price=99.0, fee_base=0.0, fee_quote=0.1),
    )
    market = Market(
        spot=np.array([100.0, 110.0, 120.0]),
        mark=np.array([100.0, 111.0, 120.0]),
        rate=np.array([0.5, 0.0, 0.01]),
    )

    equity, pnl = account(1_000.0, fills, market)

    # 1000 - 202 + 198 - 0.1 = 995.9 in cash; 1.998 coins; 2 short. At the first hour the rate is
    # stamped before the fills; at the third the short receives 2 x 120 x 0.01 = 2.4.
    expected = [995.9 + 199.8 - 200.0, 995.9 + 219.78 - 222.0, 998.3 + 239.76 - 240.0]
    np.testing.assert_allclose(equity, expected, rtol=1e-14)
    np.testing.assert_allclose(pnl, np.diff(expected, prepend=1_000.0), rtol=0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("figure", "target", "verdict"), [(1.0, 2.0, "met"), (2.0, 1.0, "MISSED"), (1.0, None, "-")]
)
def test_a_figure_is_judged_by_its_target(figure, target, verdict):
    assert Measure(name="x", figure=figure, unit="s", target=target).verdict == verdict
