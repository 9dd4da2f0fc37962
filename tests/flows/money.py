"""Worlds in which investors come and go, and what a run says of their money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from basis_lab.config.loader import load_config
from basis_lab.config.models import RunConfig
from basis_lab.domain import series
from basis_lab.domain.events import Event, EventType
from basis_lab.domain.market import MarketFrame
from basis_lab.results.record import RunRecord
from tests.identities.worlds import HOUR, START, VENUES, Market, World, make_frame, markets

LENDING = (("pure_lending", "USDT"), ("pure_lending", "ETH"))
BASIS = (("btc_basis", "USDT"), ("eth_basis", "USDT"))
MODES = LENDING + BASIS
CAPITALS = {"USDT": (3e5, 5e6), "ETH": (100.0, 2_000.0)}  # large enough for the gas of every flow
FREE = ("frictionless",)
AT_HOME = {"binance": 1.0}  # spot and hedge at one venue: no transfer takes time
ABROAD = {"binance": 0.4, "bybit": 0.3, "okx": 0.3}
STILL = {"span": 0.0, "noise": 0.0, "jumps": 0, "basis": 0.0, "funding": 0.0, "wick": 0.0}
COSTS = ("fee", "slippage", "gas", "transfer_fee")

Flow = tuple[int, float]  # the row, and the amount as a fraction of the initial capital


def configured(
    mode: str,
    currency: str,
    flows: Sequence[Flow] = (),
    *,
    scenarios: Sequence[str] = FREE,
    first_hour: int = 0,
    **strategy: object,
) -> RunConfig:
    """Return a mode with flows at rows; ``strategy`` names keys of its block."""
    overrides: dict[str, object] = {f"strategy.{key}": value for key, value in strategy.items()}
    overrides["flows"] = [
        {"at": f"{START + (first_hour + row) * HOUR}", "amount": amount, "unit": "capital"}
        for row, amount in flows
    ]
    return load_config(mode, share_class=currency, overrides=overrides, scenarios=tuple(scenarios))


def still_world(
    mode: str,
    currency: str,
    flows: Sequence[Flow],
    *,
    rows: int = 40,
    capital: float = 100_000.0,
    scenarios: Sequence[str] = FREE,
    **strategy: object,
) -> World:
    """Return a world in which no price moves, so that only money that comes and goes acts."""
    config = configured(mode, currency, flows, scenarios=scenarios, **strategy)
    market = Market(seed=1, rows=rows, growth=0.0, **STILL)
    return World(config=config, frame=make_frame(config, market), capital=capital, market=market)


def with_series(world: World, columns: Mapping[str, np.ndarray]) -> World:
    """Return a world in which some series are those given."""
    frame = world.frame
    series_ = {**frame.series, **columns}
    return replace(
        world, frame=MarketFrame(times=frame.times.copy(), series=series_, universe=frame.universe)
    )


def with_trailing_means(world: World, asset: str, days: float) -> World:
    """Return a world whose trailing funding means are those of its funding.

    The mean at a row is that of the stamps of the last ``days`` days up to it, NaN before any.
    """
    span = int(24 * days)
    means = {}
    for venue in VENUES:
        name = series.funding_mean(venue, asset, days)
        if name in world.frame.series:
            rates = world.frame.values(series.funding(venue, asset))
            parts = [rates[max(i - span + 1, 0) : i + 1] for i in range(world.frame.rows)]
            means[name] = np.array([_mean(x) for x in parts])
    return with_series(world, means)


def _mean(rates: np.ndarray) -> float:
    known = rates[~np.isnan(rates)]
    return float(known.mean()) if len(known) else np.nan


# --- draws ------------------------------------------------------------------------------------


@st.composite
def schedules(draw, rows: int, quiet: int, largest: float) -> list[Flow]:
    """One to three flows of either sign, none in the last ``quiet`` rows."""
    deposits, withdrawals = st.floats(0.01, 2.0), st.floats(-largest, -0.01)
    return [
        (draw(st.integers(1, rows - quiet - 1)), draw(st.one_of(deposits, withdrawals)))
        for _ in range(draw(st.integers(1, 3)))
    ]


@st.composite
def flowing(
    draw,
    rows: tuple[int, int] = (20, 60),
    *,
    quiet: int = 1,
    modes: Sequence[tuple[str, str]] = MODES,
    largest: float = 0.3,
    flows: Sequence[Flow] = (),
    **given,
) -> World:
    """Any mode with flows, none drawn in the last ``quiet`` rows.

    ``flows`` are added at rows counted from the end; ``given`` fixes keys of the strategy block,
    ``scenarios``, or keys of ``market``.
    """
    mode, currency = draw(st.sampled_from(modes))
    fixed = given.pop("market", {})
    made = draw(markets(rows, **fixed))
    scenarios = given.pop("scenarios", None)
    names = draw(st.sampled_from([(), FREE])) if scenarios is None else scenarios
    keys = {"reserve_ratio": draw(st.one_of(st.just(0.0), st.floats(0.05, 0.2)))}
    if mode.endswith("basis"):
        keys["hedge_allocation"] = draw(st.sampled_from([AT_HOME, ABROAD]))
        keys["spot_allocation"] = draw(st.floats(0.4, 0.7))
    else:
        given.pop("hedge_allocation", None)
    drawn = draw(schedules(made.rows, quiet, largest))
    schedule = [*drawn, *((made.rows + row, amount) for row, amount in flows)]
    config = configured(
        mode,
        currency,
        schedule,
        scenarios=names,
        first_hour=made.first_hour,
        **{**keys, **given},
    )
    capital = draw(st.floats(*CAPITALS[currency]))
    return World(config=config, frame=make_frame(config, made), capital=capital, market=made)


# --- what a run said --------------------------------------------------------------------------


def events(record: RunRecord, *kinds: EventType, row: int | None = None) -> list[Event]:
    """Return the events of some types, or all of them, in order; at one row, or at any."""
    return [
        x
        for x in record.log
        if isinstance(x, Event)
        and (not kinds or x.event_type in kinds)
        and (row is None or x.row == row)
    ]


@dataclass(frozen=True, kw_only=True)
class Money:
    """What the events say of withdrawals (share-class currency)."""

    asked: float
    granted: float
    paid: float
    queued: float


def withdrawals(record: RunRecord) -> Money:
    """Add up what was asked for, granted and paid, and what the last event leaves queued."""
    asked = granted = paid = queued = 0.0
    for event in events(record, EventType.WITHDRAWAL):
        if event.status == "REQUESTED":
            asked += event.details["asked"]
            granted += event.details["granted"]
            queued += event.details["granted"]
        else:
            paid -= event.amount
            queued = event.details["queued"]
    return Money(asked=asked, granted=granted, paid=paid, queued=queued)


def payments(record: RunRecord) -> list[tuple[int, float]]:
    """Return every payment as (row, amount)."""
    return [
        (x.row, -x.amount) for x in events(record, EventType.WITHDRAWAL) if x.status == "FILLED"
    ]


def held(record: RunRecord, name: str) -> np.ndarray:
    """Return the units of one line at every row."""
    (column,) = [i for i, x in enumerate(record.frame.universe.instruments) if str(x) == name]
    return record.quantities[:, column]


def line(world: World, kind: str) -> str:
    """Name the treasury (``token``) or the ``reserve`` of a world."""
    return f"{world.config.strategy.treasury}:{kind}:{world.config.share_class.currency}"
