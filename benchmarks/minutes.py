"""A synthetic year of minutes, made from the embedded hours; generated when needed, never kept.

Between two hourly opens each asset walks a Brownian bridge, the same at every venue. The hours
written beside it are made of the minutes: the same opens, the same extremes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from basis_lab.data.catalogue import CATALOGUE, default_store, file_sha256, render_catalogue
from basis_lab.data.parquet import write_columns
from basis_lab.data.series import BAR_KINDS, DatasetId, DatasetInfo, TimeSeries
from basis_lab.domain.intervals import SECONDS
from basis_lab.domain.market import FloatArray, TimeArray

MINUTES = 60
SEED = 20_240_601
HOURLY_VOLATILITY = 0.0055  # of the walk between two opens, relative
WICK = 0.0002  # how far a minute runs beyond its ends, relative
SOURCE = "benchmarks.minutes: synthetic, made from data/sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Opens, highs and lows of one market, as float prices on the venue's ticks."""

    times: TimeArray
    open: FloatArray
    high: FloatArray
    low: FloatArray

    def columns(self) -> dict[str, FloatArray]:
        """Return the prices by field."""
        return {"open": self.open, "high": self.high, "low": self.low}


def write_directory(
    root: Path, symbols: tuple[str, ...], span: tuple[str, str], interval: str
) -> Path:
    """Write a canonical directory with the sample's rare series and bars of another interval.

    Parameters
    ----------
    root : Path
        The directory, made where needed.
    symbols : tuple of str
        Markets whose bars are written ("BTCUSDT").
    span : tuple of str
        First and last hour, ISO, inside the sample.
    interval : str
        ``1m``, or an interval that is made of the minutes.

    Returns
    -------
    Path
        The directory.
    """
    infos = list(_rare(root))
    infos += [
        _write(root, name, _joined(bars, SECONDS[interval] // MINUTES), interval)
        for name, bars in make_minutes(symbols, span)
    ]
    (root / CATALOGUE).write_text(render_catalogue(infos, {}), encoding="utf-8")
    return root


def make_minutes(
    symbols: tuple[str, ...], span: tuple[str, str]
) -> Iterator[tuple[DatasetId, Bars]]:
    """Make the minutes of every market of some symbols.

    Parameters
    ----------
    symbols : tuple of str
        The markets.
    span : tuple of str
        First and last hour, ISO.

    Yields
    ------
    tuple of (DatasetId, Bars)
        The hourly dataset, and its minutes.
    """
    store = default_store()
    start, end = (np.datetime64(x, "s") for x in span)
    walks: dict[str, FloatArray] = {}
    for name in store.ids():
        dataset = DatasetId.parse(name)
        if dataset is None or dataset.kind not in BAR_KINDS or dataset.symbol not in symbols:
            continue
        series = store.read(name)
        inside = (series.times >= start) & (series.times <= end)
        opens = series.fields["open"][inside]
        if dataset.symbol not in walks:
            seed = SEED + symbols.index(dataset.symbol)
            walks[dataset.symbol] = _bridges(np.random.default_rng(seed), len(opens) - 1)
        ticks = series.info.ticks_per_unit[0]
        yield dataset, _minutes(series.times[inside], opens, walks[dataset.symbol], ticks)


def _bridges(rng: np.random.Generator, hours: int) -> FloatArray:
    """Return walks that begin and end at zero, one row an hour."""
    steps = rng.normal(0.0, HOURLY_VOLATILITY / np.sqrt(MINUTES), (hours, MINUTES))
    walk = np.concatenate([np.zeros((hours, 1)), np.add.accumulate(steps, axis=1)], axis=1)
    share = np.arange(MINUTES + 1) / MINUTES
    bridges: FloatArray = (walk - share * walk[:, -1:])[:, :MINUTES]
    return bridges


def _minutes(hours: TimeArray, opens: FloatArray, bridges: FloatArray, ticks: int) -> Bars:
    share = np.arange(MINUTES) / MINUTES
    straight = opens[:-1, None] * (1.0 - share) + opens[1:, None] * share
    paths = np.append((straight * (1.0 + bridges)).ravel(), opens[-1])
    opened = np.rint(paths * ticks) / ticks
    closed = np.append(opened[1:], opened[-1])
    return Bars(
        times=hours[0] + np.arange(len(opened)) * np.timedelta64(60, "s"),
        open=opened,
        high=np.ceil(np.maximum(opened, closed) * (1.0 + WICK) * ticks) / ticks,
        low=np.floor(np.minimum(opened, closed) * (1.0 - WICK) * ticks) / ticks,
    )


def _joined(bars: Bars, size: int) -> Bars:
    """Join every ``size`` bars into one; a last part stays as it is."""
    if size == 1:
        return bars
    starts = np.arange(0, len(bars.times), size)
    return Bars(
        times=bars.times[starts],
        open=bars.open[starts],
        high=np.maximum.reduceat(bars.high, starts),
        low=np.minimum.reduceat(bars.low, starts),
    )


def _write(root: Path, name: DatasetId, bars: Bars, interval: str) -> DatasetInfo:
    columns = bars.columns()
    return _dataset(root, str(replace(name, interval=interval)), bars.times, columns)


def _rare(root: Path) -> Iterator[DatasetInfo]:
    """Write every series of the sample that is no bar as it is."""
    store = default_store()
    for name in store.ids():
        dataset = DatasetId.parse(name)
        if dataset is not None and dataset.kind not in BAR_KINDS:
            series: TimeSeries = store.read(name)
            made = _dataset(root, name, series.times, series.fields)
            yield replace(made, interval_s=series.info.interval_s)


def _dataset(
    root: Path, name: str, times: TimeArray, columns: Mapping[str, FloatArray]
) -> DatasetInfo:
    file = f"{name}.parquet"
    write_columns(root / file, times, columns)
    return DatasetInfo(
        id=name,
        file=file,
        fields=tuple(columns),
        ticks_per_unit=(0,) * len(columns),
        interval_s=int(np.diff(times[:2]).astype(np.int64)[0]) if len(times) > 1 else MINUTES,
        first=times[0],
        last=times[-1],
        rows=len(times),
        sha256=file_sha256(root / file),
        source=SOURCE,
        synthetic=True,
        derived=False,
    )
