"""What a shock does to series, and to nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from basis_lab.data.shocks import stressed
from basis_lab.data.trailing import trailing_growth, trailing_volatility
from basis_lab.domain import series
from basis_lab.domain.market import MarketFrame, Payout, SeriesSource
from basis_lab.domain.stress import Stress, check_moment, moment_row
from basis_lab.errors import UsageError
from tests.builders import START, basis_universe, hours
from tests.stress.trials import closure, shock

OPEN, HIGH, LOW = (series.mark("binance", "BTC", x) for x in ("open", "high", "low"))
RATE = series.funding("binance", "BTC")
MEAN = series.funding_mean("binance", "BTC", 1.0)
DEBT = series.borrow_index("WETH")


def frame(**columns):
    named = {
        series.spot("binance", "BTC"): [100.0, 102.0, 104.0, 106.0],
        series.USDT_USD: [1.0, 1.0, 1.0, 1.0],
        **columns,
    }
    rows = len(next(iter(named.values())))
    return MarketFrame(
        times=hours(rows),
        series={name: np.array(values) for name, values in named.items()},
        universe=basis_universe("binance"),
    )


def under(data, *shocks):
    return stressed(data, Stress(shocks=shocks))


def test_a_shock_changes_what_it_names_from_its_moment_on_and_nothing_else():
    found = under(frame(), shock(["spot/*/BTCUSDT.*"], "multiply", 0.5, at="+2h"))

    assert found.values(series.spot("binance", "BTC")).tolist() == [100.0, 102.0, 52.0, 53.0]
    assert found.values(series.USDT_USD).tolist() == [1.0] * 4


@pytest.mark.parametrize(
    ("operation", "value", "expected"),
    [
        ("multiply", 0.5, [100.0, 51.0, 52.0, 106.0]),
        ("divide", 0.5, [100.0, 204.0, 208.0, 106.0]),
        ("add", 3.0, [100.0, 105.0, 107.0, 106.0]),
        ("set", 90.0, [100.0, 90.0, 90.0, 106.0]),
    ],
)
def test_each_operation_lasts_as_long_as_it_says(operation, value, expected):
    found = under(frame(), shock(["spot/*/*.*"], operation, value, at="+1h", duration=2.0))

    assert found.values(series.spot("binance", "BTC")) == pytest.approx(expected, rel=1e-15)


def test_a_ramp_goes_in_equal_ratios():
    data = frame(**{series.spot("binance", "BTC"): [100.0] * 5, series.USDT_USD: [1.0] * 5})

    found = under(data, shock(["spot/*/*.*"], "multiply", 0.81, at="+1h", ramp=2.0))

    expected = [100.0, 100.0, 90.0, 81.0, 81.0]
    assert found.values(series.spot("binance", "BTC")) == pytest.approx(expected, rel=1e-14)


def test_a_jump_is_in_the_bar_that_ended_when_it_came_and_in_no_earlier_one():
    bars = {OPEN: [100.0] * 4, HIGH: [101.0] * 4, LOW: [99.0] * 4}

    found = under(frame(**bars), shock(["mark/*/BTCUSDT.*"], "multiply", 1.5, at="+2h"))

    assert found.values(OPEN).tolist() == [100.0, 100.0, 150.0, 150.0]
    assert found.values(HIGH).tolist() == [101.0, 101.0, 150.0, 151.5]
    assert found.values(LOW).tolist() == [99.0, 99.0, 99.0, 148.5]


def test_a_fall_reaches_the_low_of_the_bar_before_it_and_leaves_its_high():
    bars = {OPEN: [100.0] * 4, HIGH: [101.0] * 4, LOW: [99.0] * 4}

    found = under(frame(**bars), shock(["mark/*/BTCUSDT.*"], "multiply", 0.5, at="+2h"))

    assert found.values(LOW).tolist() == [99.0, 99.0, 50.0, 49.5]
    assert found.values(HIGH).tolist() == [101.0, 101.0, 101.0, 50.5]


def test_the_end_of_a_shock_is_a_jump_like_its_beginning():
    bars = {OPEN: [100.0] * 4, HIGH: [101.0] * 4, LOW: [99.0] * 4}

    found = under(
        frame(**bars), shock(["mark/*/BTCUSDT.*"], "multiply", 0.5, at="+1h", duration=1.0)
    )

    assert found.values(OPEN).tolist() == [100.0, 50.0, 100.0, 100.0]
    assert found.values(HIGH).tolist() == [101.0, 101.0, 100.0, 101.0]
    assert found.values(LOW).tolist() == [99.0, 50.0, 49.5, 99.0]


def test_funding_is_replaced_where_it_is_stamped_and_its_trailing_mean_follows():
    rows, stamped = 72, np.arange(72) % 8 == 0
    rate = np.where(stamped, 1e-4, np.nan)
    data = frame(
        **{
            RATE: rate,
            MEAN: np.full(rows, 1e-4),
            series.spot("binance", "BTC"): np.full(rows, 100.0),
            series.USDT_USD: np.ones(rows),
        }
    )

    found = under(data, shock(["funding/*/*.*"], "set", -0.003, at="+32h", duration=16.0))

    rates = found.values(RATE)
    assert rates[stamped].tolist() == [1e-4] * 4 + [-0.003] * 2 + [1e-4] * 3
    assert np.isnan(rates[~stamped]).all()
    means = found.values(MEAN)
    assert means[31] == 1e-4
    assert means[32] == pytest.approx((2 * 1e-4 - 0.003) / 3)
    assert means[40] == pytest.approx((1e-4 - 2 * 0.003) / 3)
    assert means[64] == pytest.approx(1e-4, rel=1e-12)


def test_a_volatility_follows_the_price_that_it_is_of():
    generator = np.random.default_rng(3)
    price = 100.0 * np.exp(np.cumsum(generator.normal(0.0, 0.01, 80)))
    key = series.mark("binance", "BTC")
    day = np.timedelta64(24, "h")
    columns = {
        key: price,
        series.volatility(key): trailing_volatility(hours(80), price, hours(80), day),
        series.spot("binance", "BTC"): price,
        series.USDT_USD: np.ones(80),
    }

    found = under(frame(**columns), shock(["mark/*/*.*"], "multiply", 0.7, at="+30h"))

    stressed_ = found.values(key)
    wanted = trailing_volatility(hours(80), stressed_, hours(80), day)
    assert found.values(series.volatility(key)) == pytest.approx(wanted, rel=1e-9, nan_ok=True)
    assert wanted[30] > 0.35


def test_a_trailing_growth_follows_the_rate_that_it_is_of():
    rate = 1.03 * np.cumprod(np.full(300, 1.0 + 4e-6))
    key = series.lst_rate("weETH")
    week = np.timedelta64(7, "D")
    columns = {
        key: rate,
        series.lst_growth("weETH", 7): trailing_growth(hours(300), rate, hours(300), week),
        series.spot("binance", "BTC"): np.full(300, 100.0),
        series.USDT_USD: np.ones(300),
    }

    found = under(frame(**columns), shock(["lst/*/*.*"], "multiply", 0.99, at="+200h"))

    wanted = trailing_growth(hours(300), found.values(key), hours(300), week)
    told = found.values(series.lst_growth("weETH", 7))
    assert told == pytest.approx(wanted, rel=1e-9, nan_ok=True)
    assert wanted[200] < -0.4


def test_a_stressed_frame_keeps_its_payouts():
    paid = Payout(
        key="rewards/etherfi/EIGEN.token_amount",
        row=2,
        period_start=START,
        period_end=START + np.timedelta64(1, "h"),
        units_per_staked=1.0,
    )
    data = replace(frame(), payouts=(paid,))

    found = under(data, shock(["spot/*/*.*"], "multiply", 0.7, at="+2h"))

    assert found.payouts == (paid,)


def test_an_index_grows_at_the_rate_of_the_shock_in_place_of_its_own():
    own = 1.2 * np.cumprod(np.full(100, 1.0 + 1e-5))
    data = frame(
        **{
            DEBT: own,
            series.spot("binance", "BTC"): np.full(100, 100.0),
            series.USDT_USD: np.ones(100),
        }
    )

    found = under(data, shock([DEBT], "grow", 0.30, at="+10h", duration=72.0)).values(DEBT)

    assert found[:11].tolist() == own[:11].tolist()
    assert found[82] / found[10] == pytest.approx(np.exp(0.30 * 3.0 / 365.0), rel=1e-12)
    assert found[99] / found[82] == pytest.approx(own[99] / own[82], rel=1e-12)


def test_three_days_at_30_percent_cost_a_levered_loop_what_is_known():
    data = frame(
        **{
            DEBT: np.ones(80),
            series.spot("binance", "BTC"): np.full(80, 100.0),
            series.USDT_USD: np.ones(80),
        }
    )

    index = under(data, shock([DEBT], "grow", 0.30, at="+1h", duration=72.0)).values(DEBT)

    for target_ltv, cost in ((0.90, 0.022219), (0.909075, 0.024683)):
        debt = target_ltv / (1.0 - target_ltv)
        assert debt * (index[-1] - 1.0) == pytest.approx(cost, abs=5e-7)


def test_a_market_depeg_leaves_the_rate_of_the_protocol():
    rate, market = "lst/aave/weETH.rate", "lst_market/curve/weETH.rate"
    data = frame(**{rate: [1.05] * 4, market: [1.05] * 4})

    found = under(data, shock(["lst_market/*/*.*"], "multiply", 0.92, at="+2h"))

    assert found.values(rate).tolist() == [1.05] * 4
    assert found.values(market) == pytest.approx([1.05, 1.05, 0.966, 0.966])


def test_shocks_are_applied_one_after_the_other():
    down = shock(["spot/*/*.*"], "multiply", 0.5, at="+1h")
    up = shock(["spot/*/*.*"], "add", 10.0, at="+2h")

    found = under(frame(), down, up).values(series.spot("binance", "BTC"))

    assert found.tolist() == [100.0, 51.0, 62.0, 63.0]


def test_a_stressed_frame_says_so_in_its_sources_and_has_another_fingerprint():
    name = series.spot("binance", "BTC")
    source = SeriesSource(
        key=name, dataset="", file="a", file_sha256="", first="", last="", synthetic=False
    )
    data = replace(frame(), sources=(source,))

    found = under(data, shock(["spot/*/*.*"], "multiply", 0.7, at="+2h"))

    (told,) = found.sources
    assert told.notes == ("stressed: multiply 0.7 from 2024-05-12T02:00:00Z for good",)
    assert found.fingerprint != data.fingerprint


@pytest.mark.parametrize(
    "idle",
    [
        shock(["spot/*/ETHUSDT.*"], "multiply", 0.7),
        shock(["spot/*/*.*"], "multiply", 0.7, at="+9d"),
        shock(["spot/*/*.*"], "multiply", 0.7, at="2020-01-01"),
    ],
)
def test_a_shock_that_touches_nothing_leaves_the_frame_itself(idle):
    data = frame()

    assert under(data, idle) is data


def test_a_shock_that_leaves_no_price_is_refused():
    with pytest.raises(UsageError, match="cannot be"):
        under(frame(), shock(["spot/*/*.*"], "add", -104.0, at="+2h"))


def test_a_closure_is_a_series_of_the_venues_that_the_run_has():
    data = frame()

    found = stressed(data, Stress(closures=(closure("binance", "okx", at="+1h", duration=2.0),)))

    assert found.values(series.venue_open("binance")).tolist() == [1.0, 0.0, 0.0, 1.0]
    assert not found.has(series.venue_open("okx"))
    (told,) = found.sources
    assert told.notes == ("stressed: binance is closed from 2024-05-12T01:00:00Z for 2 h",)


@pytest.mark.parametrize(
    ("at", "row"),
    [
        ("2024-05-12", 0),
        ("2024-05-12T02:30", 3),
        ("2024-05-12T04:00+02:00", 2),
        ("+1d", 24),
        ("+1.5h", 2),
        ("0%", 0),
        ("50%", 24),
        ("100%", 48),
        ("+49h", None),
        ("2024-05-11", None),
    ],
)
def test_a_moment_is_the_first_timestep_at_or_after_it(at, row):
    check_moment(at)

    assert moment_row(at, hours(49)) == row


@pytest.mark.parametrize("at", ["soon", "+1w", "-1d", "150%", "0.5", ""])
def test_what_is_no_moment_is_refused(at):
    with pytest.raises(ValueError, match=r"."):
        check_moment(at)
