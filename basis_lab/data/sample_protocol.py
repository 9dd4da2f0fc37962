"""The synthetic sample's chain: Aave snapshots, the USDT oracle, gas."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from basis_lab.data import sample_tables as tables
from basis_lab.data.sample_market import persistent, standardised
from basis_lab.domain.market import FloatArray, TimeArray

DAYS_PER_YEAR = 365.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTables:
    """What one Aave reserve is calibrated to.

    Parameters
    ----------
    borrow_percent : tuple of float
        Borrow rate by month, percent a year.
    supply_share : tuple of float
        Supply rate over borrow rate, by month.
    reserve_factor : float
        Fraction of interest kept by the protocol.
    supplied : tuple of float
        Token units supplied on the first and on the last day.
    spike : tuple of (str, float)
        One extreme day and its borrow rate in percent.
    first_indices : tuple of float
        Liquidity and borrow index on the first day.
    """

    borrow_percent: tuple[float, ...]
    supply_share: tuple[float, ...]
    reserve_factor: float
    supplied: tuple[float, float]
    spike: tuple[str, float]
    first_indices: tuple[float, float]


USDT_POOL = PoolTables(
    borrow_percent=tables.USDT_BORROW_PERCENT,
    supply_share=tuple(
        s / b for s, b in zip(tables.USDT_SUPPLY_PERCENT, tables.USDT_BORROW_PERCENT, strict=True)
    ),
    reserve_factor=tables.USDT_RESERVE_FACTOR,
    supplied=(tables.USDT_SUPPLIED_FIRST, tables.USDT_SUPPLIED_LAST),
    spike=tables.USDT_SPIKE,
    first_indices=(1.0410, 1.0560),
)
WETH_POOL = PoolTables(
    borrow_percent=tables.WETH_BORROW_PERCENT,
    supply_share=tables.WETH_SUPPLY_SHARE,
    reserve_factor=tables.WETH_RESERVE_FACTOR,
    supplied=(tables.WETH_SUPPLIED_FIRST, tables.WETH_SUPPLIED_LAST),
    spike=tables.WETH_SPIKE,
    first_indices=(1.0152, 1.0260),
)
WEETH_POOL = PoolTables(
    borrow_percent=tables.WEETH_BORROW_PERCENT,
    supply_share=tables.WEETH_SUPPLY_SHARE,
    reserve_factor=tables.WEETH_RESERVE_FACTOR,
    supplied=(tables.WEETH_SUPPLIED_FIRST, tables.WEETH_SUPPLIED_LAST),
    spike=tables.WEETH_SPIKE,
    first_indices=(1.0, 1.0),
)
WSTETH_POOL = PoolTables(
    borrow_percent=tables.WSTETH_BORROW_PERCENT,
    supply_share=tables.WSTETH_SUPPLY_SHARE,
    reserve_factor=tables.WSTETH_RESERVE_FACTOR,
    supplied=(tables.WSTETH_SUPPLIED_FIRST, tables.WSTETH_SUPPLIED_LAST),
    spike=tables.WSTETH_SPIKE,
    first_indices=(1.0021, 1.0105),
)


def make_pool(
    rng: np.random.Generator, days: TimeArray, pool: PoolTables, price_usd: FloatArray
) -> Mapping[str, FloatArray]:
    """Make the daily snapshots of one reserve.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of chance.
    days : ndarray of datetime64[s], shape (d,)
        Midnights of whole months.
    pool : PoolTables
        What it is calibrated to.
    price_usd : ndarray of shape (d,)
        The oracle's price.

    Returns
    -------
    mapping of str to ndarray of shape (d,)
        Columns of an Aave dataset. The rates of a day hold until the next snapshot, so the
        indices follow from them: linear for supply, exponential for debt.
    """
    month = np.searchsorted(tables.MONTHS, days.astype("datetime64[M]"))
    borrow_rate = _borrow_rates(rng, days, month, pool)
    share = np.asarray(pool.supply_share)[month]
    supply_rate = borrow_rate * share
    used = share / (1.0 - pool.reserve_factor)
    path = np.linspace(
        np.log(pool.supplied[0]), np.log(pool.supplied[1]), len(days)
    ) + 0.03 * persistent(rng, len(days), 0.97)
    supplied = np.exp(path)
    return {
        "liquidity_index": pool.first_indices[0] * _grown(1.0 + supply_rate / DAYS_PER_YEAR),
        "borrow_index": pool.first_indices[1] * _grown(np.exp(borrow_rate / DAYS_PER_YEAR)),
        "supply_rate": supply_rate,
        "borrow_rate": borrow_rate,
        "total_supplied": supplied,
        "total_borrowed": supplied * used,
        "price_usd": price_usd,
    }


def _borrow_rates(
    rng: np.random.Generator, days: TimeArray, month: np.ndarray, pool: PoolTables
) -> FloatArray:
    """Return fractions a year that average to each month's rate, with one extreme day."""
    noise = np.exp(0.16 * persistent(rng, len(days), 0.8))
    spike = int(np.searchsorted(days, np.datetime64(pool.spike[0])))
    rates = np.empty(len(days))
    for i, percent in enumerate(pool.borrow_percent):
        inside = month == i
        mean = noise[inside].mean()
        rates[inside] = percent * noise[inside] / mean
        if inside[spike]:
            others = inside & (np.arange(len(days)) != spike)
            left = (percent * inside.sum() - pool.spike[1]) / others.sum()
            rates[others] = left * noise[others] / noise[others].mean()
            rates[spike] = pool.spike[1]
    return rates / 100.0


def _grown(factors: FloatArray) -> FloatArray:
    return np.concatenate([[1.0], np.cumprod(factors[:-1])])


def make_usdt_usd(rng: np.random.Generator, days: TimeArray) -> FloatArray:
    """Make the daily USDT/USD oracle price.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of chance.
    days : ndarray of datetime64[s], shape (d,)
        Midnights.

    Returns
    -------
    ndarray of shape (d,)
        USD per USDT, within a few basis points of one.
    """
    return 1.0 + 5e-4 * persistent(rng, len(days), 0.9) + 1e-4


def make_gas(rng: np.random.Generator, hours: TimeArray) -> FloatArray:
    """Make hourly gas prices.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of chance.
    hours : ndarray of datetime64[s], shape (T,)
        Whole quarters.

    Returns
    -------
    ndarray of shape (T,)
        gwei; log-normal by quarter with its mean and median, busier in the American day.
    """
    months = hours.astype("datetime64[M]").astype(np.int64)
    quarter = (months - months[0]) // 3
    of_day = (hours.astype(np.int64) // 3600) % 24
    shape = persistent(rng, len(hours), 0.93) + 0.35 * np.cos((of_day - 16) * np.pi / 12)
    gas = np.empty(len(hours))
    for i, (mean, median) in enumerate(
        zip(tables.GAS_MEAN_GWEI, tables.GAS_MEDIAN_GWEI, strict=True)
    ):
        inside = quarter == i
        sigma = np.sqrt(2.0 * np.log(mean / median))
        gas[inside] = median * np.exp(sigma * standardised(shape[inside]))
    return gas
