"""Figures of real history, each computed again from the raw files by numpy alone."""

import csv
import gzip
import io

import numpy as np
import pytest

from basis_lab.services.backtest import BacktestService
from basis_lab.services.requests import BacktestRequest

START, END = "2024-05-12", "2025-03-31"
YEAR = "2024-05-01_2025-03-31"
FREE_HOLD = ("frictionless", "hold")


def read(path, time, value):
    """Times and one column of a raw file, gzipped or not."""
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    stamps = [row[time].replace("+00:00", "").replace("Z", "") for row in rows]
    return np.array(stamps, dtype="datetime64[s]"), np.array([float(row[value]) for row in rows])


def at(path, moment, time="date", value="open"):
    times, values = read(path, time, value)
    (found,) = values[times == np.datetime64(moment, "s")]
    return float(found)


def run(real_data, mode, share_class, capital, **overrides):
    return (
        BacktestService()
        .run(
            BacktestRequest(
                mode=mode,
                share_class=share_class,
                start=START,
                end=END,
                capital=capital,
                overrides={f"strategy.{key}": value for key, value in overrides.items()},
                scenarios=FREE_HOLD,
                data_dir=real_data,
                plots=False,
            )
        )
        .summary
    )


@pytest.mark.parametrize(
    ("share_class", "token", "capital", "known", "within"),
    [("USDT", "USDT", 100_000.0, 4925.44, 0.005), ("ETH", "WETH", 100.0, 1.80088, 5e-6)],
)
def test_lending_earns_what_the_index_of_the_pool_grew(
    real_data, share_class, token, capital, known, within
):
    file = real_data / "aave" / f"aave_v3_ethereum_{token}_rates_daily_{YEAR}.csv"
    first, last = (at(file, day, "date", "liquidityIndex") for day in (START, END))

    summary = run(real_data, "pure_lending", share_class, capital)

    earned = capital * (last / first - 1.0)
    assert earned == pytest.approx(known, abs=within)
    assert summary["net_pnl"] == pytest.approx(earned, abs=1e-9 * capital)
    assert summary["attribution"]["supply_yield"] == pytest.approx(earned, abs=1e-9 * capital)


@pytest.mark.parametrize(
    ("coin", "known", "known_funding", "known_basis"),
    [("BTC", 4504.28, 4481.34, 22.94), ("ETH", 4122.65, 4130.20, -7.55)],
)
def test_a_held_hedge_earns_its_funding_and_the_change_of_its_basis(
    real_data, coin, known, known_funding, known_basis
):
    spot = real_data / "spot" / f"binance_{coin}USDT_spot_1h_{YEAR}.csv.gz"
    last = real_data / "perp" / f"binance_{coin}USDT_perp_1h_{YEAR}.csv.gz"
    mark = real_data / "perp" / f"binance_{coin}USDT_perp_mark_1h_{YEAR}.csv.gz"
    units = 50_000.0 / at(spot, START)
    funding = funding_of(real_data, coin, mark, units)
    basis = -units * (at(mark, END) - at(spot, END) - (at(last, START) - at(spot, START)))

    summary = run(
        real_data,
        f"{coin.lower()}_basis",
        "USDT",
        100_000.0,
        spot_allocation=0.5,
        hedge_allocation={"binance": 1.0},
    )

    assert funding == pytest.approx(known_funding, abs=0.005)
    assert basis == pytest.approx(known_basis, abs=0.005)
    assert funding + basis == pytest.approx(known, abs=0.005)
    assert summary["attribution"]["funding"] == pytest.approx(funding, abs=1e-4)
    assert summary["attribution"]["basis"] == pytest.approx(basis, abs=1e-4)
    assert summary["net_pnl"] == pytest.approx(funding + basis, abs=1e-4)


def funding_of(real_data, coin, mark, units):
    """Rate times mark at every stamp after the entry, received by the short."""
    stamps, rates = read(
        real_data / "funding" / f"binance_{coin}USDT_funding_8h_{YEAR}.csv", "date", "open"
    )
    hours, marks = read(mark, "date", "open")
    held = (stamps > np.datetime64(START)) & (stamps <= np.datetime64(END))
    return float(sum(units * marks[np.searchsorted(hours, stamps[held])] * rates[held]))
