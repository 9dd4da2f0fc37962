"""The embedded synthetic data set: two years of hours, the same numbers every time.

No row of it was ever traded. It is shaped like 2024 and 2025 (levels, volatility, basis, funding,
lending yields, gas) so that runs without fetched data behave plausibly; every dataset says
synthetic.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from basis_lab.data.catalogue import CATALOGUE, file_sha256, render_catalogue
from basis_lab.data.parquet import Column, write_columns
from basis_lab.data.sample_market import ASSETS, VENUES, Bars, make_exchanges
from basis_lab.data.sample_protocol import (
    USDT_POOL,
    WEETH_POOL,
    WETH_POOL,
    WSTETH_POOL,
    make_gas,
    make_pool,
    make_usdt_usd,
)
from basis_lab.data.sample_staking import (
    LISTED,
    TOKENS,
    Periods,
    make_dex_bars,
    make_market_rate,
    make_rate,
    make_rewards,
)
from basis_lab.data.series import DatasetInfo, nominal_interval_s
from basis_lab.data.writing import whole_files
from basis_lab.domain.market import FloatArray, TimeArray

SEED = 20240101
START, END = np.datetime64("2024-01-01T00", "s"), np.datetime64("2026-01-01T00", "s")
SOURCE = "basis_lab.data.sample"
NOTE = "synthetic: made by a generator with a fixed seed, never traded"
LICENCE = "MIT, as basis_lab itself"

# Stored integers per unit of the field.
SPOT_TICKS = {"BTC": 100, "ETH": 100}
PERP_TICKS = {"BTC": 10, "ETH": 100}
RATE_TICKS = 10**8
INDEX_TICKS = 10**12
ORACLE_TICKS = 10**6
GAS_TICKS = 10**4
LST_TICKS = 10**9
QUOTE_TICKS = 10**6
DEX_TICKS = 10**9
LST_MARKETS = {"weETH": "curve", "wstETH": "uniswap"}
LST_POOLS = {"weETH": WEETH_POOL, "wstETH": WSTETH_POOL}
POOL_TICKS = {
    "liquidity_index": INDEX_TICKS,
    "borrow_index": INDEX_TICKS,
    "supply_rate": 10**12,
    "borrow_rate": 10**12,
    "total_supplied": 100,
    "total_borrowed": 100,
    "price_usd": ORACLE_TICKS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDataset:
    """One dataset of the sample before it is written.

    Parameters
    ----------
    id : str
        ``kind/venue/SYMBOL``.
    times : ndarray of datetime64[s], shape (n,)
        UTC.
    ticks : mapping of str to ndarray of int, shape (n,)
        Stored integers by field.
    ticks_per_unit : mapping of str to int
        Their scale.
    """

    id: str
    times: TimeArray
    ticks: Mapping[str, Column]
    ticks_per_unit: Mapping[str, int]


def write_sample(destination: Path | str) -> tuple[DatasetInfo, ...]:
    """Write the sample as a canonical directory.

    Parameters
    ----------
    destination : Path or str
        The directory; made where needed, files of the same names are replaced.

    Returns
    -------
    tuple of DatasetInfo
        What was written, by id.
    """
    root = Path(destination)
    with whole_files(root, CATALOGUE) as aside:
        infos = tuple(_write(aside, dataset) for dataset in make_sample())
        (aside / CATALOGUE).write_text(render_catalogue(infos, {}), encoding="utf-8")
    return tuple(sorted(infos, key=lambda x: x.id))


def make_sample(seed: int = SEED) -> tuple[SampleDataset, ...]:
    """Make every dataset of the sample.

    Parameters
    ----------
    seed : int
        Of the numbers; another one makes another world of the same shape.

    Returns
    -------
    tuple of SampleDataset
        The same numbers at every call with the same seed.
    """
    markets, chain, staking = (
        np.random.Generator(np.random.PCG64(x)) for x in np.random.SeedSequence(seed).spawn(3)
    )
    hours = np.arange(START, END, np.timedelta64(3600, "s"))
    days = hours[::24]
    exchanges = make_exchanges(markets, hours)
    usdt_usd = make_usdt_usd(chain, days)
    eth_usd = exchanges.spot["ETH"].open[::24] * usdt_usd
    usdt = make_pool(chain, days, USDT_POOL, usdt_usd)
    weth = make_pool(chain, days, WETH_POOL, eth_usd)
    gas = make_gas(chain, hours)
    made = [_bars(f"spot/binance/{x}USDT", hours, exchanges.spot[x], SPOT_TICKS[x]) for x in ASSETS]
    for venue in VENUES:
        for asset in ASSETS:
            ticks, pair = PERP_TICKS[asset], (venue, asset)
            name = f"{venue}/{asset}USDT"
            made.append(_bars(f"perp/{name}", hours, exchanges.perp[pair], ticks))
            made.append(_bars(f"mark/{name}", hours, exchanges.mark[pair], ticks))
            rates = {"rate": exchanges.funding[pair]}
            made.append(_dataset(f"funding/{name}", hours[::8], rates, {"rate": RATE_TICKS}))
    made.append(_dataset("aave/ethereum/USDT", days, usdt, POOL_TICKS))
    made.append(_dataset("aave/ethereum/WETH", days, weth, POOL_TICKS))
    made.append(_dataset("oracle/aave/USDTUSD", days, {"price": usdt_usd}, {"price": ORACLE_TICKS}))
    made.append(_dataset("gas/ethereum/gas", hours, {"price_gwei": gas}, {"price_gwei": GAS_TICKS}))
    return (*made, *_staking(staking, hours, eth_usd))


def _staking(
    rng: np.random.Generator, hours: TimeArray, eth_usd: FloatArray
) -> tuple[SampleDataset, ...]:
    """Make the staking tokens: reserves, rates, market quotes, reward tokens and rewards."""
    days = hours[::24]
    made = []
    for token, venue in LST_MARKETS.items():
        rate = make_rate(rng, days, token)
        pool = make_pool(rng, days, LST_POOLS[token], eth_usd * rate)
        quote = {"rate": make_market_rate(rng, hours, token, np.repeat(rate, 24))}
        made += [
            _dataset(f"aave/ethereum/{token}", days, pool, POOL_TICKS),
            _dataset(f"lst/aave/{token}", days, {"rate": rate}, {"rate": LST_TICKS}),
            _dataset(f"lst_market/{venue}/{token}", hours, quote, {"rate": QUOTE_TICKS}),
        ]
    for token in TOKENS:
        bars = make_dex_bars(rng, hours, token)
        scales = dict.fromkeys(bars, DEX_TICKS)
        made.append(_dataset(f"dex/uniswapv3/{token}WETH", hours, bars, scales))
    made = [_since(x, LISTED[x.id.rpartition("/")[2].removesuffix("WETH")]) for x in made]
    made += [_periods(name, x) for name, x in make_rewards(rng).items()]
    return tuple(made)


def _since(dataset: SampleDataset, start: np.datetime64) -> SampleDataset:
    """Cut what lies before a token was listed."""
    kept = dataset.times >= start
    return replace(
        dataset,
        times=dataset.times[kept],
        ticks={name: values[kept] for name, values in dataset.ticks.items()},
    )


def _periods(name: str, periods: Periods) -> SampleDataset:
    scales = {field: 1000 if field == "printed_per_eeth" else 1 for field in periods.fields}
    return _dataset(f"rewards/etherfi/{name}", periods.times, periods.fields, scales)


def _bars(name: str, times: TimeArray, bars: Bars, ticks: int) -> SampleDataset:
    columns = {"open": bars.open, "high": bars.high, "low": bars.low}
    return _dataset(name, times, columns, dict.fromkeys(columns, ticks))


def _dataset(
    name: str, times: TimeArray, columns: Mapping[str, FloatArray], scales: Mapping[str, int]
) -> SampleDataset:
    ticks = {field: _ticks(values * scales[field]) for field, values in columns.items()}
    return SampleDataset(id=name, times=times, ticks=ticks, ticks_per_unit=scales)


def _ticks(values: FloatArray) -> Column:
    rounded = np.rint(values).astype(np.int64)
    fits = np.abs(rounded).max() <= np.iinfo(np.int32).max
    return rounded.astype(np.int32) if fits else rounded


def _write(root: Path, dataset: SampleDataset) -> DatasetInfo:
    file = f"{dataset.id}.parquet"
    write_columns(root / file, dataset.times, dataset.ticks)
    return DatasetInfo(
        id=dataset.id,
        file=file,
        fields=tuple(dataset.ticks),
        ticks_per_unit=tuple(dataset.ticks_per_unit[x] for x in dataset.ticks),
        interval_s=nominal_interval_s(dataset.times),
        first=dataset.times[0],
        last=dataset.times[-1],
        rows=len(dataset.times),
        sha256=file_sha256(root / file),
        source=SOURCE,
        synthetic=True,
        derived=False,
        notes=(NOTE,),
        licence=LICENCE,
    )
