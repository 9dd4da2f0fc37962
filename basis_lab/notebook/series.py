"""What the workbench draws of a run, computed once with the run and cut into bins."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from basis_lab.calc.performance import calculate_drawdown
from basis_lab.domain.events import Event, EventType
from basis_lab.domain.instruments import Instrument, IntArray, Kind, Listing
from basis_lab.domain.market import FloatArray
from basis_lab.domain.series import borrow_index, liquidity_index
from basis_lab.notebook.sides import SideRisk, sides_of
from basis_lab.results.record import RunRecord
from basis_lab.results.stages import later_stages
from basis_lab.results.style import TRADING_COSTS
from basis_lab.results.tables import BalanceLines, balance_lines, lent_equity, pnl_of

SMALL_SHARE = 0.02  # of gross; what stays below all the time is drawn as "other"
DISTANCE = "liquidation_distance_"
MARGIN = "margin_ratio_"
INDEX_OF = {Kind.ATOKEN: liquidity_index, Kind.DEBT: borrow_index}
STOCK_ROLES: Mapping[Kind, str] = {
    Kind.TOKEN: "collateral",
    Kind.ATOKEN: "collateral",
    Kind.MARGIN: "margin",
    Kind.PERP: "perp",
    Kind.CONTRACTS: "perp",
    Kind.DEBT: "debt",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bucket:
    """Lines of the balance sheet that are drawn as one.

    Parameters
    ----------
    label : str
        What it is.
    role : str
        The colour's name in the palette.
    values : ndarray of shape (T,)
        Share-class currency; debts below zero.
    """

    label: str
    role: str
    values: FloatArray


class RunSeries:
    """The columns of one finished run, ready to be drawn.

    Parameters
    ----------
    record : RunRecord
        The run.
    summary : mapping
        As summary.json.
    """

    def __init__(self, record: RunRecord, summary: Mapping[str, Any]) -> None:
        self.record = record
        self.summary = summary
        self.currency = str(summary["currency"])
        self.rows = record.rows
        self.step_s = record.frame.step_s

    @cached_property
    def stamps(self) -> np.ndarray:
        """Timesteps, datetime64[s], shape (T,)."""
        return np.asarray(self.record.frame.times[: self.rows]).astype("datetime64[s]")

    @cached_property
    def days(self) -> np.ndarray:
        """The day that each timestep closes or lies in, datetime64[D], shape (T,).

        What a timestep at midnight brought was made the day before, as in the reports; the first
        counts to its own day.
        """
        days = (self.stamps - np.timedelta64(1, "s")).astype("datetime64[D]")
        days[0] = self.stamps[0].astype("datetime64[D]")
        return np.asarray(days)

    @cached_property
    def times_ms(self) -> FloatArray:
        """Timesteps in milliseconds since 1970, as charts take them, shape (T,)."""
        return self.stamps.astype("datetime64[ms]").astype(np.int64).astype(np.float64)

    @cached_property
    def net(self) -> FloatArray:
        """Cumulative P&L, share-class currency, shape (T,)."""
        return np.asarray(np.add.accumulate(pnl_of(self.record)))

    @cached_property
    def lending(self) -> FloatArray | None:
        """What the same money, flows included, would be in plain lending; None without data."""
        lent = lent_equity(self.record)
        return lent if np.isfinite(lent).any() else None

    @cached_property
    def drawdown(self) -> FloatArray:
        """Fraction below the highest NAV so far, that of the issue counted, shape (T,)."""
        return calculate_drawdown(self.record.nav_per_share)

    @cached_property
    def exit_discount(self) -> FloatArray:
        """What leaving would cost, as a fraction of equity (negative), shape (T,)."""
        equity = self.record.equity
        nothing = np.full(self.rows, np.nan)
        left = np.divide(self.record.exit_equity, equity, out=nothing, where=equity > 0.0)
        return np.asarray(left - 1.0)

    @cached_property
    def attribution(self) -> dict[str, FloatArray]:
        """Cumulative amounts of the categories that are drawn; small ones as "other"."""
        parts = {
            name: np.add.accumulate(step)
            for name, step in self.record.attribution.items()
            if name not in TRADING_COSTS and step.any()
        }
        costs = sum((self.record.attribution[x] for x in TRADING_COSTS), np.zeros(self.rows))
        if costs.any():
            parts["trading costs"] = np.add.accumulate(costs)
        gross = sum((max(0.0, float(x[-1])) for x in parts.values()), 0.0)
        small = {x for x, y in parts.items() if np.max(np.abs(y)) < SMALL_SHARE * gross}
        if len(small) > 1:
            parts["other"] = sum((parts.pop(x) for x in sorted(small)), np.zeros(self.rows))
        return parts

    @cached_property
    def lines(self) -> BalanceLines:
        """The lines of the balance sheet at every timestep."""
        return balance_lines(self.record)

    def index_of(self, instrument: Instrument, at: int) -> float:
        """Return the tokens that one unit of a line stands for.

        Parameters
        ----------
        instrument : Instrument
            The line.
        at : int
            The timestep.

        Returns
        -------
        float
            The index of a scaled balance of a lending pool; 1 of anything else.
        """
        if instrument.kind not in INDEX_OF:
            return 1.0
        return float(self.record.frame.values(INDEX_OF[instrument.kind](instrument.symbol))[at])

    @cached_property
    def buckets(self) -> tuple[Bucket, ...]:
        """Lines of one kind and symbol together, assets first, largest first."""
        found: dict[tuple[str, str], FloatArray] = {}
        listings = {x.instrument: x for x in self.record.frame.universe.listings}
        for i, key in enumerate(self.lines.keys):
            if self.lines.held[:, i].any():
                named = bucket_of(listings[key])
                before = found[named] if named in found else np.zeros(self.rows)
                found[named] = before + self.lines.values[:, i]
        made = [Bucket(label=x, role=role, values=y) for (x, role), y in found.items()]
        return tuple(sorted(made, key=lambda x: -float(np.mean(x.values))))

    @cached_property
    def distances(self) -> dict[str, FloatArray]:
        """Price move to liquidation by side, only sides that ever had a position."""
        return self._risk(DISTANCE)

    @cached_property
    def margin_ratios(self) -> dict[str, FloatArray]:
        """(cash + unrealised) / notional by venue."""
        return self._risk(MARGIN)

    def measure(self, name: str) -> FloatArray | None:
        """Return a column of risk.csv; None where it never applied.

        Parameters
        ----------
        name : str
            For instance "health_factor".

        Returns
        -------
        ndarray of shape (T,) or None
            As risk.csv.
        """
        if name not in self.record.risk:
            return None
        values = self.record.risk[name][: self.rows]
        return values if np.isfinite(values).any() else None

    def _risk(self, prefix: str) -> dict[str, FloatArray]:
        named = {x.removeprefix(prefix): x for x in self.record.risk if x.startswith(prefix)}
        found = {side: self.measure(name) for side, name in named.items()}
        return {side: values for side, values in found.items() if values is not None}

    @cached_property
    def sides(self) -> tuple[SideRisk, ...]:
        """Every side's worst distance, as the summary tells it, and its last; nearest first."""
        return sides_of(self.record, self.summary, self.distances)

    def events_of(self, *kinds: EventType) -> list[Event]:
        """Return the events of some types in the order of the log.

        Parameters
        ----------
        *kinds : EventType
            Which.

        Returns
        -------
        list of Event
            Without scheduled flows.
        """
        return [x for x in self.record.log if isinstance(x, Event) and x.event_type in kinds]

    @cached_property
    def liquidation_rows(self) -> IntArray:
        """Rows at which something was liquidated, ascending, each once."""
        rows = [x.row for x in self.events_of(EventType.LIQUIDATION)]
        return np.unique(np.array(rows, dtype=np.intp))

    @cached_property
    def later_stages(self) -> dict[int, int]:
        """Places in the log at which a decision goes on, each with that of the decision."""
        log = self.record.log
        return later_stages(
            (place, x.group_id)
            for place, x in enumerate(log)
            if isinstance(x, Event) and x.event_type is EventType.DECISION
        )

    def stages_of(self, place: int) -> tuple[int, ...]:
        """Return where in the log a decision goes on.

        Parameters
        ----------
        place : int
            Of the decision.

        Returns
        -------
        tuple of int
            Empty for one that was carried out at once, and for any other event.
        """
        return tuple(x for x, of in self.later_stages.items() if of == place)

    @cached_property
    def decision_rows(self) -> IntArray:
        """Rows at which the strategy decided something, ascending, each once."""
        log, later = self.record.log, self.later_stages
        rows = [
            x.row
            for place, x in enumerate(log)
            if isinstance(x, Event) and x.event_type is EventType.DECISION and place not in later
        ]
        return np.unique(np.array(rows, dtype=np.intp))


def bucket_of(listing: Listing) -> tuple[str, str]:
    """Return label and colour role of a line of the balance sheet.

    Parameters
    ----------
    listing : Listing
        The line.

    Returns
    -------
    tuple of str
        For instance ("spot BTC", "collateral").
    """
    instrument = listing.instrument
    kind, symbol = instrument.kind, instrument.symbol
    if kind is Kind.TOKEN and listing.rate is None:
        plain_wallet = listing.asset == "USDT" or instrument.venue == "wallet"
        return (f"{symbol} in hand", "wallet") if plain_wallet else (f"spot {symbol}", "collateral")
    words = {
        Kind.TOKEN: symbol,
        Kind.ATOKEN: f"supplied {symbol}",
        Kind.MARGIN: "perp margin",
        Kind.PERP: "perp P&L",
        Kind.CONTRACTS: "perp P&L",
        Kind.DEBT: f"{symbol} debt",
    }
    named = words[kind] if kind in words else f"{kind.value.replace('_', ' ')} {symbol}"
    return named, STOCK_ROLES[kind] if kind in STOCK_ROLES else "wallet"


def line_name(instrument: Instrument) -> str:
    """Return a line of the balance sheet as people call it.

    Parameters
    ----------
    instrument : Instrument
        The line.

    Returns
    -------
    str
        For instance "margin USDT".
    """
    kind = "" if instrument.kind is Kind.TOKEN else f"{instrument.kind.value.replace('_', ' ')} "
    return f"{kind}{instrument.symbol}"
