"""What events booked in each category of the attribution, valued in share-class currency."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.monitors.pnl import CATEGORY_OF
from basis_lab.results.frames import RunTables

BOOKED: Mapping[str, str] = MappingProxyType({x.value: name for x, name in CATEGORY_OF.items()})
WRAPPED: Mapping[str, str] = MappingProxyType({"WETH": "ETH"})  # one to one, at any moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What one event booked in one category in one unit.

    Parameters
    ----------
    row : int
        Of hourly_pnl.csv: the step that it counts to.
    place : int
        Of the event in the log.
    category, venue : str
        Of the attribution, and where.
    unit : str
        A token; empty where a position was taken whole.
    units : float or None
        Received is positive, paid negative; None where a position was taken whole.
    value : float or None
        Share-class currency; None where its price is not in the tables.
    """

    row: int
    place: int
    category: str
    venue: str
    unit: str
    units: float | None
    value: float | None


def read_bookings(tables: RunTables) -> tuple[Booking, ...]:
    """Return everything that events booked in a category of the attribution.

    Parameters
    ----------
    tables : RunTables
        The run.

    Returns
    -------
    tuple of Booking
        In order of the log. What alone has no price in its step and category is worth what the
        others leave of the attribution.
    """
    events, pnl = tables.events, tables.pnl
    rows = np.searchsorted(pnl.index.to_numpy(), events.index.to_numpy())
    prices = _Prices(tables)
    found = [
        booking
        for place, (stamp, details) in enumerate(zip(events.index, events["details"], strict=True))
        if isinstance(details, str)
        for booking in _of_event(int(rows[place]), place, details, prices.at(stamp))
    ]
    return tuple(_completed(found, pnl))


def worth_of_part(
    bookings: Sequence[Booking], chosen: Sequence[bool], pnl: pd.DataFrame
) -> float | None:
    """Return what some of a run's bookings are worth together.

    Parameters
    ----------
    bookings : sequence of Booking
        All bookings of their categories.
    chosen : sequence of bool
        Which of them are added up.
    pnl : pandas.DataFrame
        As hourly_pnl.csv.

    Returns
    -------
    float or None
        Share-class currency. What has no price is worth what the others leave of its row and
        category; None where these have none either.
    """
    groups: dict[tuple[int, str], tuple[list[Booking], list[Booking]]] = {}
    for booking, own in zip(bookings, chosen, strict=True):
        group = groups.setdefault((booking.row, booking.category), ([], []))
        group[0 if own else 1].append(booking)
    total = 0.0
    for (row, category), (part, others) in groups.items():
        worth, rest = _sum(part), _sum(others)
        if worth is None and rest is not None:
            worth = float(pnl[category].iloc[row]) - rest
        if worth is None:
            return None
        total += worth
    return total


def _sum(bookings: list[Booking]) -> float | None:
    values = [x.value for x in bookings if x.value is not None]
    return sum(values) if len(values) == len(bookings) else None


class _Prices:
    """Unit prices of the balance sheet, share-class currency."""

    def __init__(self, tables: RunTables) -> None:
        prices = tables.balance_sheet.set_index("line", append=True)["unit_price"]
        self._known: dict[Any, float] = prices[~prices.index.duplicated()].to_dict()
        self.currency = str(tables.summary["currency"])
        self._stamp: Any = None

    def at(self, stamp: pd.Timestamp) -> "_Prices":
        self._stamp = stamp
        return self

    def price(self, instrument: Instrument) -> float | None:
        """Return the price of a unit; None where the book held none at that moment."""
        coin = WRAPPED.get(instrument.symbol, instrument.symbol)
        if self.currency in {instrument.symbol, coin} or instrument.kind is Kind.CONTRACTS:
            return 1.0
        for key in (str(instrument), str(replace(instrument, symbol=coin))):
            if (self._stamp, key) in self._known:
                return self._known[self._stamp, key]
        return None


def _of_event(row: int, place: int, details: str, prices: _Prices) -> Iterator[Booking]:
    told = json.loads(details)
    moved = [
        (BOOKED[cause], Instrument.parse(str(key)), float(units))
        for key, units, cause in (told["movements"] if "movements" in told else ())
        if cause in BOOKED
    ]
    for category in dict.fromkeys(x for x, _, _ in moved):
        own = [(instrument, units) for name, instrument, units in moved if name == category]
        whole = any(instrument.kind is Kind.PERP for instrument, _ in own)
        sums: dict[tuple[str, str], tuple[float, float | None]] = {}
        for instrument, units in own:
            key = (instrument.venue, "" if whole else _unit(instrument, prices.currency))
            price = None if whole else prices.price(instrument)
            before, worth = sums[key] if key in sums else (0.0, 0.0)
            value = None if price is None or worth is None else worth + units * price
            sums[key] = (before + units, value)
        for (venue, unit), (units, value) in sums.items():
            yield Booking(
                row=row,
                place=place,
                category=category,
                venue=venue,
                unit=unit,
                units=None if whole else units,
                value=value,
            )


def _unit(instrument: Instrument, currency: str) -> str:
    return currency if instrument.kind is Kind.CONTRACTS else instrument.symbol


def _completed(found: list[Booking], pnl: pd.DataFrame) -> Iterator[Booking]:
    """Yield bookings; one that alone has no price gets what is left of its step's attribution."""
    groups: dict[tuple[int, str], list[Booking]] = {}
    for booking in found:
        groups.setdefault((booking.row, booking.category), []).append(booking)
    rest = {}
    for (row, category), own in groups.items():
        if sum(x.value is None for x in own) == 1 and row < len(pnl):
            priced = sum(x.value for x in own if x.value is not None)
            rest[row, category] = float(pnl[category].iloc[row]) - priced
    for booking in found:
        key = (booking.row, booking.category)
        missing = booking.value is None and key in rest
        yield replace(booking, value=rest[key]) if missing else booking
