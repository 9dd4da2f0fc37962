"""EIGEN paid on staked ETH in October 2024, each payment worked out from the raw files."""

import csv
import json

import numpy as np
import pytest

from basis_lab.services.backtest import BacktestService
from basis_lab.services.requests import BacktestRequest
from tests.identities.test_known_figures import at
from tests.identities.test_known_staking import rates

START, END = "2024-10-01", "2024-11-10"
DAY = np.timedelta64(1, "D")
# First and last day of the earning period, and midnight of the payment: a week after its end.
PERIODS = [
    ("2024-08-15", "2024-10-05", "2024-10-12"),
    ("2024-10-06", "2024-10-12", "2024-10-19"),
    ("2024-10-13", "2024-10-19", "2024-10-26"),
]


@pytest.fixture(scope="module")
def runs(real_data, tmp_path_factory):
    """A staked and a looped book of 100 ETH that counts EIGEN, each with its events."""
    found = {}
    for mode in ("eth_staking_only", "eth_leveraged"):
        out = tmp_path_factory.mktemp(mode)
        result = BacktestService().run(
            BacktestRequest(
                mode=mode,
                share_class="ETH",
                start=START,
                end=END,
                capital=100.0,
                overrides={"rewards.mode": "base_eigen", "costs.enabled": False},
                scenarios=("hold",),
                data_dir=real_data,
                plots=False,
                out=out,
            )
        )
        (log,) = out.rglob("events.jsonl")
        events = [json.loads(x) for x in log.read_text().splitlines()]
        paid = [x for x in events if x["event_type"] == "REWARD_PAYMENT"]
        found[mode] = (result.summary, paid)
    return found


def units_per_eeth(real_data, first):
    """EIGEN of a period over all eETH, from the totals of the table and not its printed rate."""
    (file,) = (real_data / "staking").glob("etherfi_eigen_distributions_weekly_*.csv")
    with file.open() as lines:
        (row,) = [x for x in csv.DictReader(lines) if x["staking_period_start"] == first]
    total = float(row["eth_restaked"]) + float(row["eth_not_restaked"])
    return float(row["eigen_earned"]) / total


def rate(real_data, day):
    return rates(real_data, "weETH", str(day), "price") / rates(
        real_data, "WETH", str(day), "price"
    )


def average_eeth(real_data, tokens, first, last):
    """Tokens times the rate of each day of a period on which they were held, over its days."""
    days = np.arange(np.datetime64(first), np.datetime64(last) + DAY)
    held = [tokens(day) * rate(real_data, day) for day in days if day >= np.datetime64(START)]
    return sum(held) / len(days)


@pytest.mark.parametrize(("place", "period"), list(enumerate(PERIODS)))
def test_a_payment_is_units_per_eeth_times_the_average_held(real_data, runs, place, period):
    first, last, due = period
    bought = 100.0 / rate(real_data, START)
    average = average_eeth(real_data, lambda _day: bought, first, last)

    _, paid = runs["eth_staking_only"]

    event = paid[place]
    assert event["timestamp"] == f"{due}T00:00:00Z"
    assert event["details"]["average_staked"] == pytest.approx(average, rel=1e-9)
    assert event["quantity"] == pytest.approx(average * units_per_eeth(real_data, first), rel=1e-9)


def test_collateral_earns_like_the_wallet(real_data, runs):
    # L auto 0.909075: the collateral is 1 / (1 - L) of equity, and grows with its supply index.
    first, last, _ = PERIODS[1]
    start = rates(real_data, "weETH", START, "liquidityIndex")
    supplied = 100.0 / (1.0 - 0.909075) / rate(real_data, START)

    def tokens(day):
        return supplied * rates(real_data, "weETH", str(day), "liquidityIndex") / start

    _, paid = runs["eth_leveraged"]

    average = average_eeth(real_data, tokens, first, last)
    assert paid[1]["details"]["average_staked"] == pytest.approx(average, rel=1e-6)


def test_nothing_is_paid_before_its_date_or_twice(runs):
    for _, paid in runs.values():
        stamps = [x["timestamp"] for x in paid]
        periods = [x["details"]["period_start"] for x in paid]
        assert stamps == sorted(stamps)
        assert len(set(periods)) == len(periods)
        assert all(x["timestamp"] >= x["details"]["period_end"] for x in paid)


def test_what_was_not_sold_is_worth_its_units_times_the_last_price(real_data, runs):
    price = at(
        real_data / "spot" / "uniswapv3_EIGENWETH_1h_2024-10-05_2025-03-31.csv.gz",
        END,
        "date_utc",
        "open",
    )
    for summary, paid in runs.values():
        units = sum(x["quantity"] for x in paid)
        assert summary["attribution"]["reward"] == pytest.approx(units * price, rel=1e-9)


def test_counting_a_reward_leaves_the_growth_of_the_rate_alone(real_data, runs):
    # Before 2026 EIGEN is paid beside the rate: the yield is that of the rate, to the last cent.
    grown = rate(real_data, END) / rate(real_data, START) - 1.0

    summary, _ = runs["eth_staking_only"]

    assert summary["attribution"]["staking_yield"] == pytest.approx(100.0 * grown, rel=1e-9)
