"""Ten months of history on half, and on less than half, of margin: what is near, and what breaks.

Every figure is computed again from the marks, the funding and the tiers by numpy alone.
"""

import numpy as np
import pytest

from basis_lab.domain import series
from basis_lab.domain.events import EventType
from basis_lab.engine.engine import EventDrivenStrategyEngine
from basis_lab.services.requests import BacktestRequest, check_request
from tests.flows.money import COSTS, events, held

CAPITAL = 100_000.0
HOUR = np.timedelta64(1, "h")
MARK, HIGH = series.mark("binance", "BTC"), series.mark("binance", "BTC", "high")
# Binance's table for BTCUSDT, venue file: above 50,000 a half percent less 50, from zero 0.4 %.
MAINTENANCE, DEDUCTED, SECOND_TIER = 0.005, 50.0, (50_000.0, 600_000.0)
CLEARANCE = 0.0125


class Story:
    """One run over the history, its columns by time."""

    def __init__(self, real_data, allocation, scenarios):
        request = BacktestRequest(
            mode="btc_basis",
            start="2024-05-12",
            end="2025-03-31",
            capital=CAPITAL,
            overrides={
                "strategy.spot_allocation": allocation,
                "strategy.hedge_allocation": {"binance": 1.0},
            },
            scenarios=scenarios,
            data_dir=real_data,
        )
        checked = check_request(request)
        engine = EventDrivenStrategyEngine(
            checked.config, "backtest", checked.provider, CAPITAL, "USDT"
        )
        self.record = engine.run_backtest(checked.start, checked.end)
        self.frame = self.record.frame

    def row(self, moment):
        return int(np.searchsorted(self.frame.times, np.datetime64(moment, "s")))

    def time(self, row):
        return str(self.frame.times[row])[:16]

    @property
    def ratio(self):
        return self.record.risk["margin_ratio_binance"]

    @property
    def before_acting(self):
        """The worst ratio of the run, also before what was done about it."""
        return self.record.extremes["margin_ratio:binance"]

    def margin(self, price, row):
        """Cash and unrealised P&L at a price, on what was held at the end of a row."""
        short = held(self.record, "binance:perp:BTCUSDT")[row]
        opened = held(self.record, "binance:contracts:BTCUSDT")[row]
        return held(self.record, "binance:margin:USDT")[row] + opened + short * price


@pytest.fixture(scope="module")
def half_free(real_data):
    return Story(real_data, 0.5, ("frictionless", "hold"))


@pytest.fixture(scope="module")
def half(real_data):
    return Story(real_data, 0.5, ("hold",))


@pytest.fixture(scope="module")
def thin(real_data):
    return Story(real_data, 0.7, ("hold",))


@pytest.fixture(scope="module")
def watched(real_data):
    return Story(real_data, 0.7, ())


def test_half_of_margin_sinks_to_sixteen_percent_and_lives(half_free):
    # Cash: 50,000 and the funding since the entry. The short opened at the last price.
    frame = half_free.frame
    units = 0.5 * CAPITAL / frame.values(series.spot("binance", "BTC"))[0]
    marks, rates = frame.values(MARK), frame.values(series.funding("binance", "BTC"))
    paid = np.where(np.isnan(rates), 0.0, units * marks * np.nan_to_num(rates))
    paid[0] = 0.0
    opened = frame.values(series.perp_last("binance", "BTC"))[0]
    margin = 0.5 * CAPITAL + np.cumsum(paid) + units * (opened - marks)

    expected = margin / (units * marks)

    np.testing.assert_allclose(half_free.ratio, expected, rtol=1e-9)
    assert half_free.time(int(expected.argmin())) == "2024-12-17T15:00"
    assert expected.min() == pytest.approx(0.159, abs=5e-4)
    assert half_free.record.liquidations == 0


def test_costs_take_a_little_of_that_margin(half):
    worst = int(np.nanargmin(half.ratio))

    assert half.time(worst) == "2024-12-17T15:00"
    assert half.ratio[worst] == pytest.approx(0.158, abs=5e-4)
    assert half.record.liquidations == 0


@pytest.mark.parametrize(("story", "known"), [("half_free", 0.151), ("half", 0.150)])
def test_the_highest_mark_inside_a_bar_comes_nearer_than_any_hour(story, known, request):
    # A bar is known by the hour at which it opened; its high stands at the next timestep.
    told = request.getfixturevalue(story)
    highs = told.frame.values(HIGH)[1:]
    rows = np.arange(told.frame.rows - 1)
    short = -held(told.record, "binance:perp:BTCUSDT")[rows]

    ratio = told.margin(highs, rows) / (short * highs)

    worst = int(ratio.argmin())
    assert told.time(worst) == "2025-01-20T06:00"
    assert ratio[worst] == pytest.approx(known, abs=5e-4)
    assert ratio[worst] < np.nanmin(told.ratio)


def test_less_than_a_third_of_margin_is_liquidated_in_the_rally_of_november(thin):
    (event,) = events(thin.record, EventType.LIQUIDATION)

    assert thin.time(event.row) == "2024-11-12T00:00"
    assert thin.record.liquidations == 1


def test_the_liquidation_fills_where_equity_is_the_maintenance_margin(thin):
    (event,) = events(thin.record, EventType.LIQUIDATION)
    before = event.row - 1
    size = -held(thin.record, "binance:perp:BTCUSDT")[before]
    opened = held(thin.record, "binance:contracts:BTCUSDT")[before]
    cash = held(thin.record, "binance:margin:USDT")[before]

    # cash + opened - q P = 0.005 q P - 50.
    price = (cash + opened + DEDUCTED) / (size * (1.0 + MAINTENANCE))

    assert SECOND_TIER[0] < size * price <= SECOND_TIER[1]
    assert thin.frame.values(MARK)[before] < price <= thin.frame.values(HIGH)[event.row]
    earlier = thin.frame.values(HIGH)[1 : event.row]
    assert (thin.margin(earlier, np.arange(before)) > MAINTENANCE * size * earlier - DEDUCTED).all()
    assert event.price == pytest.approx(price, rel=1e-12)
    left = cash + opened - size * price
    fee = min(CLEARANCE * size * price, left)
    assert fee == left  # the maintenance margin is less than what the venue would take
    assert event.details["clearance_fee"] == pytest.approx(fee, rel=1e-9)
    assert event.details["absorbed_by_fund"] == 0.0
    assert held(thin.record, "binance:margin:USDT")[event.row] == pytest.approx(0.0, abs=1e-6)
    assert thin.record.attribution["liquidation_penalty"].sum() == pytest.approx(-fee, rel=1e-9)


def test_a_run_goes_on_after_a_liquidation_with_what_is_left(thin):
    (event,) = events(thin.record, EventType.LIQUIDATION)
    coins = held(thin.record, "binance:token:BTC")
    prices = thin.frame.values(series.spot("binance", "BTC"))
    cash = held(thin.record, "binance:token:USDT")

    assert thin.record.rows == thin.frame.rows
    assert np.ptp(coins[event.row :]) == 0.0
    after = slice(event.row, None)
    np.testing.assert_allclose(
        thin.record.equity[after], coins[after] * prices[after] + cash[after], rtol=1e-9
    )
    # Held, the coins stand naked: the run earns and loses what bitcoin does.
    assert np.isnan(thin.ratio[event.row :]).all()


def test_a_watched_margin_never_becomes_critical(watched):
    assert watched.record.liquidations == 0
    assert watched.before_acting > 0.10
    assert events(watched.record, EventType.RISK_CRITICAL) == []


def test_what_it_takes_to_watch_a_margin_is_visible(watched, thin):
    # The entry costs both runs the same; what is traded to stay alive costs the watched one more.
    costs = {
        name: -sum(x.record.attribution[cost].sum() for cost in COSTS)
        for name, x in (("watched", watched), ("thin", thin))
    }

    assert watched.record.rebalances > 0
    assert costs["watched"] > costs["thin"] > 0.0
    assert costs["watched"] < 0.02 * CAPITAL
