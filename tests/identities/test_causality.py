"""Nothing that is published after t changes anything up to t."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.config.loader import load_config
from basis_lab.data.catalogue import CATALOGUE, file_sha256, open_store, render_catalogue
from basis_lab.data.parquet import write_columns
from basis_lab.data.provider import DataProvider
from basis_lab.data.series import DatasetInfo
from basis_lab.engine.clock import Clock
from basis_lab.engine.compose import blueprint_of, universe_of
from basis_lab.engine.engine import EventDrivenStrategyEngine
from tests.identities.worlds import (
    HOUR,
    World,
    examples,
    files_of,
    later_changed,
    load_basis,
    make_frame,
    markets,
    with_little_margin,
    worlds,
)

FIRST = np.datetime64("2024-06-01T00:00:00", "s")
LAST = FIRST + 120 * HOUR
HISTORY = 5 * 24 * HOUR  # before the run: an index needs two snapshots to know how fast it grows
TABLES = ("hourly_pnl.csv", "balance_sheet.csv", "exposure.csv", "risk.csv")


def up_to(record, row):
    """What a run wrote about a row and those before it."""
    files, last = files_of(record), f"{record.frame.times[row]}Z"
    told = {}
    for name in TABLES:
        lines = list(csv.DictReader(io.StringIO(files[name].decode())))
        told[name] = [line for line in lines if line["timestamp"] <= last]
    events = [json.loads(line) for line in files["events.jsonl"].decode().splitlines()]
    told["events"] = [x for x in events if x["timestamp"] <= last]
    return told


@examples(40)
@given(world=worlds((30, 120)), share=st.floats(0.0, 0.98), seed=st.integers(0, 2**32 - 1))
def test_what_is_published_later_changes_no_earlier_row(world, share, seed):
    row = int(share * (world.frame.rows - 1))
    other = World(
        config=world.config,
        frame=later_changed(world.frame, row, seed),
        capital=world.capital,
    )

    assert up_to(other.run(), row) == up_to(world.run(), row)


@examples(25)
@given(
    market=markets((30, 100), noise=0.04, span=0.6),
    hold=st.booleans(),
    share=st.floats(0.0, 0.98),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_later_price_liquidates_nothing_earlier(market, hold, share, seed):
    config = with_little_margin(load_basis(weights={"binance": 0.5, "okx": 0.5}, hold=hold), 0.9)
    frame = make_frame(config, market)
    row = int(share * (frame.rows - 1))

    before = World(config=config, frame=frame, capital=1e5).run()
    after = World(config=config, frame=later_changed(frame, row, seed), capital=1e5).run()

    assert up_to(after, row) == up_to(before, row)


# --- through a data directory -----------------------------------------------------------------

EVERY = {
    "aave": 24,
    "oracle": 24,
    "funding": 8,
    "lst": 24,
}  # hours between publications; the rest hourly
KNOWN_AT_THE_CLOSE = ("high", "low")
WICKS = {"open": 1.0, "high": 1.004, "low": 0.996}


def write_directory(root, needs, later_than, seed):
    """Write a data directory that covers the run; what is published later is drawn by ``seed``."""
    fields: dict[str, set[str]] = {}
    for need in needs:
        dataset, _, name = need.key.rpartition(".")
        fields.setdefault(dataset, set()).add(name)
    infos = [
        write_dataset(root, dataset, sorted(names | bar_fields(dataset)), later_than, seed)
        for dataset, names in sorted(fields.items())
    ]
    (root / CATALOGUE).write_text(render_catalogue(infos, {}))
    return root


def bar_fields(dataset):
    return {"open", "high", "low"} if dataset.startswith(("spot", "perp", "mark")) else set()


def write_dataset(root, dataset, names, later_than, seed):
    kind = dataset.partition("/")[0]
    every = EVERY.get(kind, 1) * HOUR
    times = np.arange(FIRST - HISTORY, LAST + 3 * 24 * HOUR, every)
    columns = {name: column_of(dataset, name, times) for name in names}
    for name in names:
        known = times + HOUR if name in KNOWN_AT_THE_CLOSE else times
        generator = np.random.default_rng([seed, len(name)])
        later = known > later_than
        if kind == "lst":  # a rate that falls or leaps is refused before a run
            drawn = np.where(later, generator.uniform(1.0, 1.0005, len(times)), 1.0)
            columns[name] = columns[name] * np.cumprod(drawn)
        else:
            drawn = generator.uniform(0.8, 1.25, len(times))
            columns[name] = np.where(later, columns[name] * drawn, columns[name])
    if bar_fields(dataset):
        columns["high"] = np.maximum(columns["high"], columns["open"])
        columns["low"] = np.minimum(columns["low"], columns["open"])
    for index in {"liquidity_index", "borrow_index"} & set(columns):
        columns[index] = np.maximum.accumulate(columns[index])
    file = f"{dataset}.parquet"
    write_columns(root / file, times, columns)
    return DatasetInfo(
        id=dataset,
        file=file,
        fields=tuple(names),
        ticks_per_unit=(0,) * len(names),
        interval_s=int(every / np.timedelta64(1, "s")),
        first=times[0],
        last=times[-1],
        rows=len(times),
        sha256=file_sha256(root / file),
        source="invented",
        synthetic=True,
        derived=False,
        notes=(),
    )


def column_of(dataset, name, times):
    """Invented values that move: a price that jumps, rates of both signs, an index that grows."""
    hour = (times - times[0]) / HOUR
    if name in WICKS:
        price = 60_000.0 * np.exp(0.2 * np.sin(hour / 17.0) + 0.15 * (hour % 60.0 > 40.0))
        apart = {"spot": 0.0, "perp": 4e-4, "mark": 5e-4}[dataset.partition("/")[0]]
        return price * WICKS[name] * (1.0 + apart * np.sin(hour / 7.0 + len(dataset)))
    if dataset.startswith("lst"):
        below = 1e-3 * np.sin(hour / 9.0) ** 2 if dataset.startswith("lst_market") else 0.0
        return 1.04 * np.exp(4e-6 * hour) * (1.0 - below)
    invented = {
        "rate": 3e-4 * np.cos(hour / 5.0),
        "borrow_index": 1.2 * np.exp(5e-6 * hour),
        "liquidity_index": 1.1 * np.exp(1e-5 * hour + 1e-4 * np.sin(hour / 40.0)),
        "price": 1.0 + 1e-3 * np.sin(hour / 30.0),
        "price_gwei": 20.0 + 10.0 * np.sin(hour / 3.0),
        "total_supplied": np.full(len(times), 1e9),
        "total_borrowed": np.full(len(times), 8e8),
    }
    return invented[name]


@pytest.mark.parametrize(
    ("mode", "share_class"),
    [
        ("pure_lending", "USDT"),
        ("pure_lending", "ETH"),
        ("btc_basis", "USDT"),
        ("eth_staking_only", "ETH"),
        ("eth_leveraged", "ETH"),
        ("usdt_market_neutral_no_leverage", "USDT"),
        ("usdt_market_neutral", "USDT"),
    ],
)
@pytest.mark.parametrize("row", [0, 41, 61, 100])
def test_what_a_directory_publishes_later_changes_no_earlier_row(mode, share_class, row, tmp_path):
    config = load_config(
        mode, share_class=share_class, overrides=band(mode, "strategy.position_deviation_threshold")
    )
    later_than = FIRST + row * HOUR

    records = [
        run_directory(
            config, write_directory(tmp_path / str(seed), needs_of(config), later_than, seed)
        )
        for seed in (1, 2)
    ]

    assert up_to(records[0], row) == up_to(records[1], row)
    assert records[0].equity[-1] != records[1].equity[-1]


def band(mode, key):
    """Bands so narrow that the invented prices make a hedge act several times."""
    return {key: 0.03} if mode == "btc_basis" else {}


def needs_of(config):
    return blueprint_of(config).requirements


def run_directory(config, root):
    provider = DataProvider(
        open_store(root), needs_of(config), universe_of(config), proxies={}, allow_derived=()
    )
    capital = 1e5 if config.share_class.currency == "ETH" else 1e7
    engine = EventDrivenStrategyEngine(
        config, "backtest", provider, capital, config.share_class.name
    )
    return engine.run_backtest(FIRST, LAST, stride=Clock().length())
