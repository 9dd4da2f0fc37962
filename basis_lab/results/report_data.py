"""What a report tells, taken from the tables of a run: months, days, rebalances, costs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pandas as pd

from basis_lab.domain.events import EventType
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.reports import CATEGORIES
from basis_lab.results import extract
from basis_lab.results.bookings import Booking, read_bookings, worth_of_part
from basis_lab.results.frames import RunTables
from basis_lab.results.stages import later_stages
from basis_lab.results.style import TRADING_COSTS
from basis_lab.results.summary import COSTS

DAY = pd.Timedelta(days=1)
# What changes positions: the events that are shown of a category that no event books.
CHANGES = frozenset(
    {
        EventType.DECISION.value,
        EventType.TRADE.value,
        EventType.ATOMIC_LEVERAGE_ENTRY.value,
        EventType.ATOMIC_DELEVERAGE.value,
        EventType.ATOMIC_UNWIND.value,
        EventType.LIQUIDATION.value,
    }
)
# What a unit of each kind of position earns or costs while it is held.
YIELD_OF: Mapping[str, str] = MappingProxyType(
    {"atoken": "supply_yield", "debt": "borrow_cost", "perp": "funding"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One run of fixed length from another start.

    Parameters
    ----------
    start : str
        ISO date.
    apr, hurdle_apr : float or None
        Fractions a year; None where they do not apply.
    failure : str
        Why there is no figure; empty where there is one.
    stressed : bool or None
        True where a stress of the run begins in it; None for a run without one.
    """

    start: str
    apr: float | None
    hurdle_apr: float | None
    failure: str = ""
    stressed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What is known beyond a run's own folder, computed anew from its data.

    Parameters
    ----------
    holds : tuple of Hold
        The same configuration from other starts.
    hold_days : int
        Their length.
    absence : str
        Why nothing could be computed; empty where it was.
    """

    holds: tuple[Hold, ...] = ()
    hold_days: int = 0
    absence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebalance:
    """One decision after the entry with everything that it led to.

    Parameters
    ----------
    start : pandas.Timestamp
        When it was decided.
    trigger, side, action : str
        Why and what; ``side`` is empty where the trigger has none.
    value, limit : float or None
        Of the measure that fired.
    moved : float or None
        Turnover of its trades at exchanges, share-class currency; None without one.
    cost : float or None
        Fees, slippage, gas and transfer fees up to the next decision, 0 or below; None where the
        tables have no price of what was paid.
    distance_before, distance_after : float or None
        Price move to the nearest liquidation, before it and when it was done.
    carry : float or None
        What the units that it added earned until the next decision, less what those that it
        took away would have; None where nothing with a yield changed, and, as the distances,
        where the tables do not have a row for every timestep.
    """

    start: pd.Timestamp
    trigger: str
    side: str
    action: str
    value: float | None
    limit: float | None
    moved: float | None
    cost: float | None
    distance_before: float | None
    distance_after: float | None
    carry: float | None


class ReportData:
    """Tables of a report, computed once.

    Parameters
    ----------
    tables : RunTables
        The run.
    staked : frozenset of str
        Symbols whose units grow in value by staking.
    """

    def __init__(self, tables: RunTables, staked: frozenset[str] = frozenset()) -> None:
        self._tables = tables
        self._staked = staked

    @cached_property
    def daily(self) -> pd.DataFrame:
        """Attribution by UTC day, the hour of midnight counted to the day that it ends."""
        parts = self._tables.pnl[list(CATEGORIES)]
        return parts.groupby(days_of(pd.DatetimeIndex(parts.index))).sum()

    @cached_property
    def months(self) -> pd.DataFrame:
        """Return of a share, and of lending, by calendar month; NaN where there was none."""
        pnl = self._tables.pnl
        levels = {"strategy": pnl["nav_per_share"].dropna()}
        lent = extract.lending_level(pnl)
        levels |= {} if lent is None else {"lending": lent[levels["strategy"].index]}
        found = {}
        for name, level in levels.items():
            stamps = days_of(pd.DatetimeIndex(level.index)).strftime("%Y-%m")
            last = level.groupby(stamps).last()
            found[name] = last / pd.Series([1.0, *last.iloc[:-1]], index=last.index) - 1.0
        return pd.DataFrame(found, columns=["strategy", "lending"], dtype=float)

    def worst_days(self, count: int) -> pd.DataFrame:
        """Return the days that lost most.

        Parameters
        ----------
        count : int
            How many at most.

        Returns
        -------
        pandas.DataFrame
            By day: ``net``, ``cause`` (the category that lost most), ``amount`` of it.
        """
        net = self.daily.sum(axis=1)
        worst = net[net < 0.0].nsmallest(count)
        parts = self.daily.loc[worst.index]
        causes = parts.idxmin(axis=1) if len(parts) > 0 else pd.Series(dtype=str)
        amounts = parts.min(axis=1)
        return pd.DataFrame({"net": worst, "cause": causes, "amount": amounts})

    @cached_property
    def rebalances(self) -> tuple[Rebalance, ...]:
        """Every decision after the entry, in order of time."""
        firsts = self._tables.events.iloc[list(self.decisions)]
        stamps = [*firsts.index, self._tables.pnl.index[-1] + DAY]
        groups = zip(firsts.index, firsts["group_id"], stamps[1:], strict=True)
        return tuple(
            self._rebalance(start, group, following)
            for number, (start, group, following) in enumerate(groups)
            if number > 0
        )

    @cached_property
    def decisions(self) -> dict[int, int]:
        """Place in the log of each decision, and in how many stages it was carried out."""
        events = self._tables.events
        places = np.flatnonzero(events["event_type"] == EventType.DECISION.value).tolist()
        groups = [int(x) for x in events["group_id"].iloc[places]]
        later = later_stages(zip(places, groups, strict=True))
        counts = dict.fromkeys((x for x in places if x not in later), 1)
        for place in later.values():
            counts[place] += 1
        return counts

    def _rebalance(self, start: pd.Timestamp, group: float, following: pd.Timestamp) -> Rebalance:
        events, whole = self._tables.events, not self._tables.thinned
        own = events[events["group_id"] == group]
        decision = own[own["event_type"] == EventType.DECISION.value].iloc[0]
        told = json.loads(decision["details"])
        done = own.index[own["event_type"] != EventType.RUN_END.value][-1]
        trades = own[own["event_type"] == EventType.TRADE.value]
        return Rebalance(
            start=start,
            trigger=str(decision["trigger"]),
            side=str(told["side"]),
            action=str(told["action"]),
            value=told["value"],
            limit=told["limit"],
            moved=float(trades["amount"].abs().sum()) if len(trades) else None,
            cost=self.cost_since(start, following),
            distance_before=self._distance(self._before(start)) if whole else None,
            distance_after=self._distance(self._settled(done, following)) if whole else None,
            carry=self._carry(start, done, following) if whole else None,
        )

    def cost_since(self, start: pd.Timestamp, until: pd.Timestamp | None = None) -> float | None:
        """Return what trading cost in a span.

        Parameters
        ----------
        start : pandas.Timestamp
            Its first moment.
        until : pandas.Timestamp or None
            The first moment after it; None for the end of the run.

        Returns
        -------
        float or None
            Share-class currency, 0 or below; None where the tables have no price of it.
        """
        stamps = self._tables.events.index
        found = [x for x in self.bookings if x.category in TRADING_COSTS]
        within = [
            stamps[x.place] >= start and (until is None or stamps[x.place] < until) for x in found
        ]
        return worth_of_part(found, within, self._tables.pnl)

    def _settled(self, done: pd.Timestamp, following: pd.Timestamp) -> pd.Timestamp:
        """Return when what a decision sent had arrived; its last step where it sent nothing."""
        events = self._tables.events
        arrived = events.index[events["event_type"] == EventType.TRANSFER_ARRIVED.value]
        arrived = arrived[(arrived > done) & (arrived < following)]
        settled: pd.Timestamp = arrived[-1] if len(arrived) else done
        return settled

    def _before(self, stamp: pd.Timestamp) -> pd.Timestamp:
        """Return the timestep before one; the first has none before it."""
        stamps = pd.DatetimeIndex(self._tables.pnl.index)
        return stamps[max(int(stamps.searchsorted(stamp)) - 1, 0)]

    def _distance(self, stamp: pd.Timestamp) -> float | None:
        """Return the nearest liquidation of any side, as the size of a price move."""
        risk = self._tables.risk
        if stamp not in risk.index:
            return None
        row = risk.loc[[stamp]].filter(like="liquidation_distance_")
        sizes = np.abs(row.to_numpy(dtype=float))
        return None if np.isnan(sizes).all() else float(np.nanmin(sizes))

    def _carry(
        self, start: pd.Timestamp, done: pd.Timestamp, following: pd.Timestamp
    ) -> float | None:
        """Return what the change of the positions earned until the next decision.

        A yield goes with the units held: of what was earned, the share of the units that were
        added is theirs. Told where one kind of unit alone earns it, else the shares are not known.
        """
        before, after = self._units(self._before(start)), self._units(done)
        pnl = self._tables.pnl
        span = pnl[(pnl.index > done) & (pnl.index <= following)]
        gains = []
        for category, held in after.items():
            was = before[category] if category in before else {}
            if len(held) == 1 and held.keys() == was.keys() and held != was:
                (units,), (earlier,) = held.values(), was.values()
                gains.append(float(span[category].sum()) * (1.0 - earlier / units))
        return sum(gains) if gains else None

    def _units(self, stamp: pd.Timestamp) -> dict[str, dict[str, float]]:
        """Return the units that earn each yield at a timestep, by their symbol."""
        sheet = self._lines
        units: dict[str, dict[str, float]] = {}
        if stamp not in sheet.index:
            return units
        rows = sheet.loc[[stamp]]
        for line, quantity in zip(rows["line"], rows["quantity"], strict=True):
            instrument = Instrument.parse(str(line))
            for category in self._earned_by(instrument):
                held = units.setdefault(category, {})
                symbol = instrument.symbol
                held[symbol] = abs(float(quantity)) + (held[symbol] if symbol in held else 0.0)
        return units

    def _earned_by(self, instrument: Instrument) -> list[str]:
        """Return what a line earns or costs while it is held."""
        kind = instrument.kind.value
        found = [YIELD_OF[kind]] if kind in YIELD_OF else []
        return [*found, "staking_yield"] if instrument.symbol in self._staked else found

    @cached_property
    def _lines(self) -> pd.DataFrame:
        """The lines of the balance sheet that earn or cost something while they are held."""
        sheet = self._tables.balance_sheet
        lines = [str(x) for x in sheet["line"].unique()]
        kept = [x for x in lines if self._earned_by(Instrument.parse(x))]
        return sheet[sheet["line"].isin(kept)]

    @cached_property
    def bookings(self) -> tuple[Booking, ...]:
        """What events booked in the categories of the attribution."""
        return read_bookings(self._tables)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """Costs by venue and kind, share-class currency, valued at the unit prices of their hour.

        What has no unit price at its hour is left out; the caller sees it as the difference to
        the summary.
        """
        rows = [
            (x.venue, x.category, x.value)
            for x in self.bookings
            if x.category in COSTS and x.value is not None
        ]
        found = pd.DataFrame(rows, columns=["venue", "kind", "amount"])
        return found.pivot_table(
            index="venue", columns="kind", values="amount", aggfunc="sum", fill_value=0.0
        )

    @cached_property
    def day_of_row(self) -> pd.DatetimeIndex:
        """The day that each row of hourly_pnl.csv counts to."""
        return days_of(pd.DatetimeIndex(self._tables.pnl.index))

    def booked(self, category: str, day: pd.Timestamp) -> list[Booking]:
        """Return what was booked in a category on a day.

        Parameters
        ----------
        category : str
            Of the attribution.
        day : pandas.Timestamp
            Midnight UTC at its beginning.

        Returns
        -------
        list of Booking
            In order of the log.
        """
        days = self.day_of_row
        own = (x for x in self.bookings if x.category == category and x.row < len(days))
        return [x for x in own if days[x.row] == day]

    def changes(self, day: pd.Timestamp) -> list[int]:
        """Return what changed the positions on a day.

        Parameters
        ----------
        day : pandas.Timestamp
            Midnight UTC at its beginning.

        Returns
        -------
        list of int
            Places in the log of decisions (a decision in stages once), fills and liquidations.
        """
        days = days_of(pd.DatetimeIndex(self._tables.events.index))
        kinds = self._tables.events["event_type"].isin(CHANGES)
        return [
            place
            for place in np.flatnonzero((days == day) & kinds.to_numpy()).tolist()
            if place in self.decisions or not self._is_decision(place)
        ]

    def _is_decision(self, place: int) -> bool:
        return bool(self._tables.events["event_type"].iloc[place] == EventType.DECISION.value)


def days_of(stamps: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the day that each timestep closes or lies in.

    Parameters
    ----------
    stamps : pandas.DatetimeIndex
        Timesteps; what a step says happened in the hour before it.

    Returns
    -------
    pandas.DatetimeIndex
        Midnights; the very first timestep counts to its own day.
    """
    shifted = (stamps - pd.Timedelta(seconds=1)).floor("D")
    return shifted.where(stamps != stamps[0], stamps[0].floor("D"))
