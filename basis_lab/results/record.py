"""The finished columns of a run: what the engine hands over to be written and drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from basis_lab.domain.events import Event
from basis_lab.domain.instruments import IntArray
from basis_lab.domain.intervals import HOUR_S
from basis_lab.domain.market import FloatArray, MarketFrame
from basis_lab.domain.statements import ScheduledFlows

LogEntry = Event | ScheduledFlows


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIdentity:
    """What the run was: names, dates and money.

    Parameters
    ----------
    run_id, mode, share_class, currency : str
        Names; ``currency`` is the share class's ("USDT", "ETH").
    status : str
        completed, stopped or failed.
    initial_capital : float
        In ``currency``.
    config : mapping
        The fully resolved configuration, plain values, as written to config.yaml.
    target_apy, max_drawdown : float or None
        What the mode promises, reported against.
    """

    run_id: str
    mode: str
    share_class: str
    currency: str
    status: str
    initial_capital: float
    config: Mapping[str, object]
    target_apy: float | None
    max_drawdown: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """Every column of a run, T finished rows, state after the tight loops of each row.

    Parameters
    ----------
    identity : RunIdentity
        Names, dates and money.
    frame : MarketFrame
        The market data; may have more rows than were finished.
    rows : int
        T, the finished rows.
    quantities, values : ndarray of shape (T, n)
        By column of the universe; share-class currency for values.
    equity, exit_equity, flows, nav_per_share, residual : ndarray of shape (T,)
        Share-class currency (``nav_per_share`` per share).
    attribution : mapping of category to ndarray of shape (T,)
        By step, every category of ``CATEGORIES``.
    exposure : mapping of column name to ndarray of shape (T,)
        In the order of exposure.csv, without timestamp.
    risk : mapping of column name to ndarray of shape (T,)
        In the order of risk.csv, without timestamp and level.
    level : ndarray of int, shape (T,)
        ``Level`` at each row.
    log : tuple of Event or ScheduledFlows
        In global order; a block of flows stands for one FUNDING_PAYMENT a row.
    extremes : mapping of measure to float
        Worst values seen anywhere, also before an action within a row: ``margin_ratio:binance``
        (least), ``health_factor`` (least), ``ltv`` (most), ``liquidation_distance:<side>`` (the
        one nearest to 0), ``delta_drift`` (largest absolute). Absent where it never applied.
    trades, rebalances, rewards, liquidations : int
        Counts of fills, of decisions after the entry, of payouts, of liquidations.
    warnings : tuple of str
        Sentences for people.
    timing : mapping of str to float
        Seconds by phase: ``load_s``, ``run_s``; ``write_s`` is added when written.
    output_s : int
        Seconds from one row of the written tables to the next, at least.
    """

    identity: RunIdentity
    frame: MarketFrame
    rows: int
    quantities: FloatArray
    values: FloatArray
    equity: FloatArray
    exit_equity: FloatArray
    flows: FloatArray
    nav_per_share: FloatArray
    residual: FloatArray
    attribution: Mapping[str, FloatArray]
    exposure: Mapping[str, FloatArray]
    risk: Mapping[str, FloatArray]
    level: IntArray
    log: tuple[LogEntry, ...]
    extremes: Mapping[str, float]
    trades: int
    rebalances: int
    rewards: int
    liquidations: int
    warnings: tuple[str, ...]
    timing: Mapping[str, float] = field(default_factory=dict)
    output_s: int = HOUR_S
