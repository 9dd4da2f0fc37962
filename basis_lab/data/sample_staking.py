"""The synthetic sample's staking tokens: rates, market quotes, reward tokens, rewards.

Rates pass through published levels, quotes trade a little under them with the discounts of known
days, and rewards pay units per eETH as the protocol's weekly table did (DOMAIN 4.1 to 4.3, 7.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from basis_lab.data import sample_tables as tables
from basis_lab.data.sample_market import BPS, bridge, persistent, spot_bars
from basis_lab.domain.market import FloatArray, TimeArray

DAY = np.timedelta64(86_400, "s")
WEEK = 7 * DAY

# First day of each series: a pool's listing, a token's first trade.
LISTED = {
    "weETH": np.datetime64("2024-04-01"),
    "wstETH": np.datetime64("2024-01-01"),
    "EIGEN": np.datetime64("2024-10-01"),
    "ETHFI": np.datetime64("2024-04-01"),
}
# Day and ETH per token; outside of them the last slope goes on.
RATES = {
    "weETH": (("2024-01-01", 1.0279), ("2024-05-13", 1.03817), ("2025-01-01", 1.05643),
              ("2025-09-29", 1.07787), ("2026-01-01", 1.08525)),
    "wstETH": (("2024-01-01", 1.15350), ("2024-05-13", 1.16639), ("2025-01-01", 1.18914),
               ("2025-09-29", 1.21494), ("2026-01-01", 1.22360)),
}  # fmt: skip
# What a sale lost against the rate on ordinary days, basis points: mean and standard deviation.
DISCOUNT_BPS = {"weETH": (6.0, 3.0), "wstETH": (4.0, 2.0)}
# Discounts of known days: from when, basis points for weETH and wstETH, hours of half-life.
DEPEGS = (
    ("2024-04-24T02", 45.0, 12.0, 6.0),
    ("2024-08-05T01", 140.0, 133.0, 5.0),
    ("2025-07-16T06", 22.0, 34.0, 150.0),
    ("2025-10-10T21", 105.0, 80.0, 4.0),
)
TOKENS = ("EIGEN", "ETHFI")
# USD at the opens of the months, rounded; before a token's first trade its first level stands.
TOKEN_OPEN_USD = {
    "EIGEN": (
        3.6, 3.6, 3.6, 3.6, 3.6, 3.6, 3.6, 3.6, 3.6, 3.6, 2.6, 3.5,
        3.6, 2.0, 1.5, 0.9, 1.1, 1.4, 1.15, 1.2, 1.3, 1.75, 1.0, 0.55, 0.4,
    ),
    "ETHFI": (
        5.5, 5.5, 5.5, 5.5, 3.6, 4.5, 2.5, 2.0, 1.3, 1.7, 1.5, 2.6,
        2.3, 1.5, 0.85, 0.6, 0.6, 1.1, 0.95, 1.0, 1.1, 1.6, 0.95, 0.8, 0.7,
    ),
}  # fmt: skip
TOKEN_VOLATILITY = {"EIGEN": 0.95, "ETHFI": 0.90}

# Weekly EIGEN: the first period was a lump of 52 days; then units per eETH and week by quarter.
LUMP = ("2024-08-15", "2024-10-05", 2_478_088.0, 2_012_794.0)
LAST_WEEK = np.datetime64("2025-12-27", "s")
EIGEN_PER_WEEK = (0.178, 0.191, 0.190, 0.195, 0.190)
EETH_FIRST, EETH_LAST = 2.006e6, 2.75e6
# Paid day, first and last day of the period, ETHFI, eETH.
TOP_UPS = (
    ("2024-10-18", "2024-08-15", "2024-10-05", 500_000.0, 2_012_794.0),
    ("2024-10-28", "2024-10-06", "2024-10-12", 41_000.0, 2_005_754.0),
    ("2024-10-31", "2024-10-13", "2024-10-19", 27_533.0, 2_017_108.0),
    ("2024-11-28", "2024-11-10", "2024-11-16", 530_000.0, 2_137_280.0),
    ("2024-12-05", "2024-11-17", "2024-11-23", 400_000.0, 2_119_166.0),
    ("2024-12-12", "2024-11-24", "2024-11-30", 350_000.0, 2_194_726.0),
    ("2024-12-19", "2024-12-01", "2024-12-07", 300_000.0, 2_222_686.0),
)
# Seasons of ETHFI: first and last day, ETHFI, eETH.
SEASONS = (
    ("2024-03-15", "2024-06-30", 58_000_000.0, 1_400_000.0),
    ("2024-07-01", "2024-09-14", 25_000_000.0, 1_900_000.0),
    ("2024-09-15", "2025-01-31", 13_000_000.0, 2_150_000.0),
    ("2025-02-01", "2025-05-31", 10_000_000.0, 2_450_000.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """Earning periods: the last day of each, and columns as ``read_rewards`` names them."""

    times: TimeArray
    fields: Mapping[str, FloatArray]


def make_rate(rng: np.random.Generator, days: TimeArray, token: str) -> FloatArray:
    """Make the daily rate of an LST.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of chance.
    days : ndarray of datetime64[s], shape (d,)
        Midnights.
    token : str
        weETH or wstETH.

    Returns
    -------
    ndarray of shape (d,)
        ETH per token; rises every day, exact at the known ones.
    """
    at = np.array([x for x, _ in RATES[token]], dtype="datetime64[s]")
    known = np.log([x for _, x in RATES[token]])
    seconds = np.timedelta64(1, "s")
    place = (days - days[0]) / seconds
    knots = (at - days[0]) / seconds
    # Daily rewards vary by a tenth; what they add between known days is taken off again.
    pace = np.exp(0.1 * persistent(rng, len(days) + 1, 0.8))
    clock = np.concatenate([[0.0], np.cumsum(pace)])
    grid = np.arange(len(days) + 2) * (DAY / seconds)
    passed, marks = np.interp(place, grid, clock), np.interp(knots, grid, clock)
    return np.asarray(np.exp(np.interp(passed, marks, known)))


def make_market_rate(
    rng: np.random.Generator, hours: TimeArray, token: str, rate: FloatArray
) -> FloatArray:
    """Make the hourly market quotes of an LST.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of chance.
    hours : ndarray of datetime64[s], shape (T,)
        When each was quoted.
    token : str
        weETH or wstETH.
    rate : ndarray of shape (T,)
        The protocol's rate, ETH per token.

    Returns
    -------
    ndarray of shape (T,)
        ETH per token.
    """
    mean, deviation = DISCOUNT_BPS[token]
    discount = mean + deviation * persistent(rng, len(hours), 0.97)
    for at, weeth, wsteth, half_life in DEPEGS:
        since = (hours - np.datetime64(at)) / np.timedelta64(1, "h")
        deepest = weeth if token == "weETH" else wsteth  # noqa: S105 - a coin, no secret
        # Fast down, slowly back.
        fallen = np.where(since >= 0.0, np.exp2(-np.maximum(since, 0.0) / half_life), 0.0)
        discount += (deepest - mean) * fallen
    return np.asarray(rate * (1.0 - BPS * discount))


def make_dex_bars(rng: np.random.Generator, hours: TimeArray, token: str) -> dict[str, FloatArray]:
    """Make the hourly bars of a reward token in a pool with WETH.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of chance.
    hours : ndarray of datetime64[s], shape (T,)
        Opens of the bars; whole months.
    token : str
        EIGEN or ETHFI.

    Returns
    -------
    dict of str to ndarray of shape (T,)
        open, high, low and close in WETH per token.
    """
    ether = np.asarray(tables.ETH_OPEN_USDT, dtype=float)
    levels = (np.asarray(TOKEN_OPEN_USD[token]) / ether).tolist()
    noise = rng.standard_normal(len(hours)) * np.exp(0.5 * persistent(rng, len(hours), 0.98))
    path = bridge(hours, noise, np.zeros(len(hours)), levels, TOKEN_VOLATILITY[token])
    bars = spot_bars(rng, path, np.zeros(len(hours)))
    return {"open": bars.open, "high": bars.high, "low": bars.low, "close": path[1:]}


def make_rewards(rng: np.random.Generator) -> dict[str, Periods]:
    """Make the reward tables.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of chance.

    Returns
    -------
    dict of str to Periods
        Weekly EIGEN, top-ups and seasons of ETHFI.
    """
    ends = np.arange(np.datetime64(LUMP[1], "s"), LAST_WEEK + DAY, WEEK)
    starts = ends - 6 * DAY
    starts[0] = np.datetime64(LUMP[0])
    stake = np.linspace(EETH_FIRST, EETH_LAST, len(ends)) * (
        1.0 + 0.01 * persistent(rng, len(ends), 0.7)
    )
    quarter = (
        ends.astype("datetime64[M]").astype(int) - int(np.datetime64("2024-10", "M").astype(int))
    ) // 3
    units = np.asarray(EIGEN_PER_WEEK)[quarter] * (1.0 + 0.015 * rng.standard_normal(len(ends)))
    amounts, stake = np.rint(units * stake), np.rint(stake)
    amounts[0], stake[0] = LUMP[2:]
    top_ups = _periods([x[1:] for x in TOP_UPS])
    paid = np.array([x[0] for x in TOP_UPS], dtype="datetime64[s]")
    return {
        "EIGEN": _table(starts, ends, amounts, stake),
        "ETHFI": Periods(
            times=top_ups.times,
            fields={**top_ups.fields, "paid_at": paid.astype(np.float64)},
        ),
        "SEASONAL": _periods(SEASONS),
    }


def _periods(
    rows: list[tuple[str, str, float, float]] | tuple[tuple[str, str, float, float], ...],
) -> Periods:
    starts, ends = (np.array([x[i] for x in rows], dtype="datetime64[s]") for i in (0, 1))
    amounts, stake = (np.array([float(x[i]) for x in rows]) for i in (2, 3))
    return _table(starts, ends, amounts, stake)


def _table(starts: TimeArray, ends: TimeArray, amounts: FloatArray, stake: FloatArray) -> Periods:
    weeks = (ends - starts + DAY) / WEEK
    return Periods(
        times=ends,
        fields={
            "period_start": starts.astype(np.float64),
            "period_end": ends.astype(np.float64),
            "token_amount": amounts,
            "printed_per_eeth": np.round(amounts / stake / weeks, 3),
            "eeth_total": stake,
        },
    )
