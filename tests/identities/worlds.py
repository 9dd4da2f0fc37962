"""Random small worlds: a configuration, hours of an invented market, a capital.

A market is drawn from a seed: jumps, wicks, bases that wander, funding of both signs. The price
stays within a span of its start, so that a test can say how much margin is always enough.
"""

import csv
import io
import json
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from basis_lab.config.loader import load_config
from basis_lab.config.models import RunConfig
from basis_lab.domain import series
from basis_lab.domain.flows import FlowParameters
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.market import MarketFrame
from basis_lab.domain.requirements import Alignment
from basis_lab.engine.capital import CapitalAccount, flow_requests
from basis_lab.engine.clock import Clock
from basis_lab.engine.compose import blueprint_of, universe_of
from basis_lab.engine.engine import EventDrivenStrategyEngine
from basis_lab.engine.loop import FullLoop
from basis_lab.results.files import RecordFiles
from basis_lab.results.record import RunRecord
from tests.identities.staked import (
    USUAL,
    Staking,
    invented_payouts,
    quoted,
    spiked,
    staked_column,
    staked_configs,
    stakings,
)

START = np.datetime64("2024-06-01T00:00:00", "s")
HOUR = np.timedelta64(3600, "s")
VENUES = ("binance", "bybit", "okx")
LEVELS = {"BTC": 60_000.0, "ETH": 3_000.0}
FUNDING_HOURS = 8


def examples(count: int) -> settings:
    """Return the settings of a property over worlds: few examples, the same ones every time."""
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.too_slow],
    )


@dataclass(frozen=True, kw_only=True)
class Market:
    """How an invented market behaves; everything is drawn from ``seed``.

    Parameters
    ----------
    seed, rows, first_hour : int
        The draw, how many hours, and the hour of the day of the first.
    span : float
        The logarithm of the price stays within this of where it began.
    noise : float
        Standard deviation of an hour's logarithmic return.
    jumps : int
        How many hours jump.
    basis, funding, growth : float
        Sizes of perp against spot, of a funding rate, of an index's growth in an hour; zeros make
        a market that pays nothing.
    wick : float
        How far a bar reaches beyond its two ends, as a fraction.
    flat_after : int or None
        From this row on prices stand still and funding is zero.
    staking : Staking
        Rates, quotes, borrow spikes and rewards.
    """

    seed: int
    rows: int
    first_hour: int = 0
    span: float = 0.3
    noise: float = 0.01
    jumps: int = 2
    basis: float = 1e-3
    funding: float = 5e-4
    growth: float = 1e-5
    wick: float = 1e-3
    flat_after: int | None = None
    staking: Staking = USUAL


@dataclass(frozen=True, kw_only=True, repr=False)
class World:
    """One run that can be made again and again: configuration, frame, capital.

    ``market`` says how the frame was drawn, so that a failure names what to look at.
    """

    config: RunConfig
    frame: MarketFrame
    capital: float
    market: Market | None = None

    def __repr__(self) -> str:
        said = (self.config.strategy, self.config.costs, self.config.flows, self.config.hold)
        return f"{said}, {self.capital!r}, {self.market}"

    def _repr_pretty_(self, printer, _cycle) -> None:
        printer.text(repr(self))

    def engine(self, clock: Clock | None = None) -> "ClockedEngine":
        """Return a new engine over this world's frame."""
        return ClockedEngine(self, Clock("auto") if clock is None else clock)

    def run(self, clock: Clock | None = None) -> RunRecord:
        """Run from the first row to the last."""
        times = self.frame.times
        return self.engine(clock).run_backtest(times[0], times[-1], run_id="world")


@dataclass(frozen=True)
class FrameProvider:
    """The data provider's port over a frame that is already made."""

    made: MarketFrame
    unused_proxies: tuple[str, ...] = ()

    def frame(self, start, end) -> MarketFrame:  # noqa: ARG002 - the port's signature
        return self.made


class ClockedEngine(EventDrivenStrategyEngine):
    """The engine with a clock that a test chose."""

    def __init__(self, world: World, clock: Clock) -> None:
        share_class = world.config.share_class.name
        provider = FrameProvider(world.frame)
        super().__init__(world.config, "backtest", provider, world.capital, share_class)
        self._clock = clock

    def prepare(self, start, end, stride="auto") -> FullLoop:  # noqa: ARG002 - the clock is chosen
        frame = self.data_provider.frame(start, end)
        requests = flow_requests(self.config.flows, frame.times, self.initial_capital)
        capital = CapitalAccount(requests, self.initial_capital)
        self._loop = FullLoop(self.config, self.components, frame, self._clock, capital)
        self._loop.open(self.initial_capital)
        return self._loop

    def told_so_far(self) -> None:
        """Attribute what was committed up to now, as a live loop does after every row."""
        self._loop.earnings.tell()

    def loop(self) -> FullLoop:
        """Return the loop, ready to be stepped through."""
        return self.prepare(START, START)


class RandomClock(Clock):
    """Windows of any length, drawn from a seed."""

    def __init__(self, seed: int, longest: int) -> None:
        super().__init__()
        self._generator = np.random.default_rng(seed)
        self._longest = longest

    def length(self) -> int:
        return int(self._generator.integers(1, self._longest + 1))


# --- markets ----------------------------------------------------------------------------------


def make_frame(config: RunConfig, market: Market) -> MarketFrame:
    """Return every series that a configuration needs, invented."""
    generator = np.random.default_rng(market.seed)
    times = START + (market.first_hour + np.arange(market.rows)) * HOUR
    stamped = (times - times.astype("datetime64[D]")) / HOUR % FUNDING_HOURS == 0
    moves = {asset: _path(generator, market) for asset in LEVELS}
    needs = blueprint_of(config).requirements
    columns: dict[str, np.ndarray] = {}
    for need in needs:
        asset = next((x for x in LEVELS if x in need.key), "ETH")
        made = staked_column(generator, market.staking, market.rows, need)
        if made is None:
            made = _column(generator, market, need, LEVELS[asset] * moves[asset])
        columns[need.frame_key] = made
        if need.alignment is Alignment.STAMP:
            columns[need.frame_key][~stamped] = np.nan
    for venue, asset in ((v, a) for v in VENUES for a in LEVELS):
        if series.mark(venue, asset) in columns:
            _add_bars(columns, venue, asset, generator.exponential(market.wick, market.rows))
    quoted(generator, market.staking, columns)
    return MarketFrame(
        times=times,
        series=columns,
        universe=universe_of(config),
        payouts=invented_payouts(generator, market.staking, times, needs),
    )


def _path(generator, market: Market) -> np.ndarray:
    steps = generator.normal(0.0, market.noise, market.rows)
    at = generator.integers(0, market.rows, market.jumps)
    steps[at] += generator.normal(0.0, 0.5 * market.span, market.jumps)
    walk = np.cumsum(steps) if market.span else np.zeros(market.rows)
    level = market.span * np.tanh(walk / market.span) if market.span else walk
    return np.exp(_stilled(level - level[0], market))


def _stilled(values: np.ndarray, market: Market, at: float | None = None) -> np.ndarray:
    """Let a series stand still in the end: at its value of that hour, or at another."""
    if market.flat_after is not None:
        values[market.flat_after :] = values[market.flat_after] if at is None else at
    return values


def _column(generator, market: Market, need, price: np.ndarray) -> np.ndarray:
    kind, rows = need.key.partition("/")[0], market.rows
    match need.alignment, kind:
        case Alignment.STAMP, _:
            made = _stilled(generator.normal(0.2, 1.0, rows) * market.funding, market, 0.0)
        case Alignment.INDEX, _:
            growth = generator.uniform(0.0, 2.0, rows) * market.growth
            if need.key.endswith("borrow_index"):
                growth = spiked(generator, market.staking, growth)
            made = 1.1 * np.cumprod(1.0 + growth)
        case _, "gas":
            made = generator.uniform(1.0, 60.0, rows)
        case _, "oracle":
            made = 1.0 + generator.normal(0.0, 1e-3, rows)
        case _, "aave":
            made = np.full(rows, 1e9 if need.key.endswith("supplied") else 8e8)
        case _, "spot":
            made = price.copy()
        case _:
            made = price * _stilled(1.0 + generator.normal(0.0, 1.0, rows) * market.basis, market)
    return made


def _add_bars(columns, venue: str, asset: str, wick: np.ndarray) -> None:
    """Let every bar reach beyond its two ends: the high and low of the bar that ended at t."""
    opens = columns[series.mark(venue, asset)]
    before = np.concatenate([opens[:1], opens[:-1]])
    columns[series.mark(venue, asset, "high")] = np.maximum(before, opens) * (1.0 + wick)
    columns[series.mark(venue, asset, "low")] = np.minimum(before, opens) * (1.0 - wick)


def later_changed(frame: MarketFrame, row: int, seed: int) -> MarketFrame:
    """Return the frame with every datum after a row changed, those of the row and before kept."""
    generator = np.random.default_rng(seed)
    steps = generator.normal(0.002, 0.02, frame.rows - row - 1)
    together = np.ones(frame.rows)
    together[row + 1 :] = np.exp(np.clip(np.cumsum(steps), -0.3, 0.3))
    after = np.arange(frame.rows) > row
    changed = {}
    for key, values in frame.series.items():
        kind = key.partition("/")[0]
        if kind == "funding":
            changed[key] = np.where(after & ~np.isnan(values), 2e-3 - values, values)
        elif kind == "aave":
            changed[key] = values * np.where(after, np.linspace(1.0, 1.001, frame.rows), 1.0)
        else:
            own = 1.0 + generator.normal(0.0, 5e-4, frame.rows)
            changed[key] = values * together * np.where(after, own, 1.0)
    payouts = tuple(
        x if x.row <= row else replace(x, units_per_staked=2.0 * x.units_per_staked)
        for x in frame.payouts
    )
    return MarketFrame(
        times=frame.times.copy(), series=changed, universe=frame.universe, payouts=payouts
    )


# --- configurations ---------------------------------------------------------------------------


def load_lending(currency: str, *, costs: bool) -> RunConfig:
    """Return plain lending of a share class."""
    scenarios = () if costs else ("frictionless",)
    return load_config("pure_lending", share_class=currency, scenarios=scenarios)


def load_basis(
    asset: str = "BTC",
    *,
    costs: bool = False,
    hold: bool = False,
    weights: dict[str, float] | None = None,
    **strategy: float,
) -> RunConfig:
    """Return a basis mode; ``strategy`` names keys of its block."""
    overrides: dict[str, object] = {f"strategy.{key}": value for key, value in strategy.items()}
    overrides["strategy.hedge_allocation"] = {"binance": 1.0} if weights is None else weights
    names = (("frictionless", not costs), ("hold", hold))
    return load_config(
        f"{asset.lower()}_basis",
        overrides=overrides,
        scenarios=tuple(name for name, wanted in names if wanted),
    )


def with_little_margin(config: RunConfig, allocation: float) -> RunConfig:
    """Return a basis mode that no check would allow: nearly all is spot, and margin is unwatched.

    It is changed after it was loaded, because a book that can be liquidated soon is refused.
    """
    risk = replace(config.risk, enabled_risk_types=())
    return replace(config, risk=risk, strategy=replace(config.strategy, spot_allocation=allocation))


# --- draws ------------------------------------------------------------------------------------


@st.composite
def weights(draw) -> dict[str, float]:
    """Shares of the hedge at one to three venues."""
    names = draw(st.sampled_from([VENUES[:1], VENUES[1:2], VENUES[:2], VENUES]))
    parts = [draw(st.integers(1, 4)) for _ in names]
    return {name: part / sum(parts) for name, part in zip(names, parts, strict=True)}


@st.composite
def markets(draw, rows: tuple[int, int] = (30, 200), **given) -> Market:
    """A market of a length between two; ``given`` fixes what is not to be drawn."""
    drawn = {
        "seed": draw(st.integers(0, 2**32 - 1)),
        "rows": draw(st.integers(*rows)),
        "first_hour": draw(st.integers(0, 23)),
        "span": draw(st.sampled_from([0.05, 0.2, 0.4])),
        "noise": draw(st.sampled_from([0.002, 0.01, 0.03])),
        "jumps": draw(st.integers(0, 3)),
        "basis": draw(st.sampled_from([0.0, 5e-4, 3e-3])),
        "funding": draw(st.sampled_from([1e-4, 1e-3])),
    }
    return Market(**{**drawn, **given})


@st.composite
def basis_configs(draw, **given) -> RunConfig:
    """A basis mode with room in its margin; ``given`` fixes what is not to be drawn."""
    drawn = {
        "asset": draw(st.sampled_from(["BTC", "ETH"])),
        "costs": draw(st.booleans()),
        "hold": draw(st.booleans()),
        "weights": draw(weights()),
        "spot_allocation": draw(st.floats(0.3, 0.7)),
        "position_deviation_threshold": draw(st.sampled_from([0.02, 0.05, 0.1])),
        "hedge_weight_band": draw(st.sampled_from([0.05, 0.1])),
        "reserve_ratio": draw(st.sampled_from([0.0, 0.1])),
    }
    return load_basis(**{**drawn, **given})


@st.composite
def flows(draw, market: Market) -> tuple[FlowParameters, ...]:
    """Up to three deposits and withdrawals at any hours after the first, as shares of capital."""
    hours = st.integers(1, market.rows - 1)
    amounts = st.one_of(st.floats(0.01, 0.8), st.floats(-0.2, -0.01))
    drawn = draw(st.lists(st.tuples(hours, amounts), max_size=3))
    first = START + market.first_hour * HOUR
    return tuple(
        FlowParameters(at=str(first + row * HOUR), amount=amount, unit="capital")
        for row, amount in drawn
    )


@st.composite
def worlds(draw, rows: tuple[int, int] = (30, 200), *, basis=None, market=None) -> World:
    """Any world of any mode; ``basis`` fixes keys of a basis mode, ``market`` of the market."""
    fixed = {} if basis is None else basis
    made = draw(markets(rows, **({} if market is None else market)))
    kind = 4 if basis is not None else draw(st.integers(0, 4))
    if kind in {1, 2}:
        return draw(staked_worlds(made))
    if kind == 0:
        currency = draw(st.sampled_from(["USDT", "ETH"]))
        config = load_lending(currency, costs=draw(st.booleans()))
        capital = draw(st.floats(50.0, 5_000.0)) * (1.0 if currency == "ETH" else 2_000.0)
    else:
        config = draw(basis_configs(**fixed))
        capital = draw(st.floats(5e4, 5e6))
    config = replace(config, flows=draw(flows(made)))
    return World(config=config, frame=make_frame(config, made), capital=capital, market=made)


@st.composite
def staked_worlds(draw, made: Market, **given) -> World:
    """A world of any mode that stakes; ``given`` fixes keys of its configuration."""
    market = replace(made, staking=draw(stakings())) if made.staking is USUAL else made
    config = draw(staked_configs(weights(), **given))
    own = config.share_class.currency == "ETH"
    capital = draw(st.floats(50.0, 5_000.0) if own else st.floats(1e5, 5e6))
    config = replace(config, flows=draw(flows(market)))
    frame = make_frame(config, market)
    return World(config=config, frame=frame, capital=capital, market=market)


# --- what a run said --------------------------------------------------------------------------


def files_of(record: RunRecord) -> dict[str, bytes]:
    """Return every reproducible file of a run."""
    return {name: text for name, text in RecordFiles(record, {}).all() if name != "manifest.json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of the rendered event log that moved something: where, what, why."""

    row: int
    event_type: str
    venue: str
    price: float
    movements: tuple[tuple[Instrument, float, str], ...]


def told_movements(record: RunRecord) -> list[Told]:
    """Read event_log.csv as anyone could, and keep the lines that state movements."""
    text = files_of(record)["event_log.csv"].decode()
    rows = {f"{time}Z": row for row, time in enumerate(record.frame.times.astype(str).tolist())}
    told = []
    for line in csv.DictReader(io.StringIO(text)):
        details = json.loads(line["details"]) if line["details"] else {}
        if "movements" in details:
            told.append(
                Told(
                    row=rows[line["timestamp"]],
                    event_type=line["event_type"],
                    venue=line["venue"],
                    price=float(line["price"]) if line["price"] else np.nan,
                    movements=tuple(
                        (Instrument.parse(x), q, why) for x, q, why in details["movements"]
                    ),
                )
            )
    return told
