"""The events behind one category of one day, for a report's drill-down."""

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from basis_lab.domain.events import EventType
from basis_lab.domain.instruments import Instrument
from basis_lab.results.bookings import BOOKED
from basis_lab.results.formats import MINUS, NONE, format_amount, format_units
from basis_lab.results.html import Cell, Content
from basis_lab.results.labels import event_label
from basis_lab.results.report_data import ReportData

HEAD = ("time", "event", "venue", "instrument", ">amount", "unit", ">worth", "why")
SHOWN = 12  # rows of a day; more of them are one row with their sum
ROUNDING = 1e-9  # of capital
MIDNIGHT = "what ends at 00:00 UTC counts to the day before"
NO_EVENT = "what no event tells"


class DayTable:
    """One category on one day: what was booked, and what no event tells.

    Parameters
    ----------
    data : ReportData
        The run.
    events : pandas.DataFrame
        As event_log.csv.
    currency : str
        Of the share class.
    capital : float
        At the start, in it.
    """

    def __init__(
        self, data: ReportData, events: pd.DataFrame, currency: str, capital: float
    ) -> None:
        self._data = data
        self._events = events
        self._currency = currency
        self._capital = capital

    def head(self) -> tuple[str, ...]:
        """Return the names of the columns.

        Returns
        -------
        tuple of str
            What is worth stands under the currency.
        """
        return tuple(f">{self._currency}" if x == ">worth" else x for x in HEAD)

    def rows(self, category: str, day: pd.Timestamp) -> list[list[Content]]:
        """Return the rows of a category and day; their worth adds up to the last.

        Parameters
        ----------
        category : str
            Of the attribution.
        day : pandas.Timestamp
            Midnight UTC at its beginning.

        Returns
        -------
        list of list
            Amounts are positive where the book received; a worth is share-class currency. None
            where no event had to do with it.
        """
        figure = float(self._data.daily[category][day])
        found = list(self._lines(category, day))
        if not found:
            return []
        shown = [cells for cells, _ in found[:SHOWN]]
        later = found[SHOWN:]
        if later:
            worth = [x for _, x in later if x is not None]
            more = f"and {len(later)} more in event_log.csv"
            shown.append(self._row(more, sum(worth) if worth else None))
        rest = figure - sum(x for _, x in found if x is not None)
        if abs(rest) > ROUNDING * self._capital:
            booked = category in BOOKED.values()
            what = NO_EVENT if booked else "prices, rates and indices moved what is held"
            shown.append(self._row(what, rest))
        told = format_amount(figure, self._currency, signed=True)
        return [
            *shown,
            ["", Cell(html="<b>the day</b>"), *[""] * 4, Cell(html=f"<b>{told}</b>"), ""],
        ]

    def _row(self, what: str, worth: float | None) -> list[Content]:
        return ["", what, *[""] * 4, format_amount(worth, self._currency, signed=True), ""]

    def _lines(
        self, category: str, day: pd.Timestamp
    ) -> Iterator[tuple[list[Content], float | None]]:
        booked = self._data.booked(category, day)
        for x in booked:
            amount = format_units(x.units, x.unit)
            yield self._cells(x.place, x.venue, amount, x.unit, x.value), x.value
        if category not in BOOKED.values():
            for place in self._data.changes(day):
                event = self._events.iloc[place]
                filled = event["event_type"] == EventType.TRADE.value
                units = float(event["quantity"]) if filled else None
                unit = Instrument.parse(event["instrument"]).symbol if filled else ""
                amount = NONE if units is None else f"{units:+,.6g}".replace("-", MINUS)
                yield self._cells(place, _text(event["venue"]), amount, unit, None), None

    def _cells(
        self, place: int, venue: str, amount: str, unit: str, worth: float | None
    ) -> list[Content]:
        event = self._events.iloc[place]
        stamp: Any = self._events.index[place]
        stages = self._data.decisions[place] if place in self._data.decisions else 1
        kind = event_label(str(event["event_type"]), _details(event))
        return [
            f"{stamp:%H:%M}" if stamp != stamp.floor("D") else f"{stamp:%Y-%m-%d %H:%M}",
            f"{kind}, in {stages} stages" if stages > 1 else kind,
            venue,
            _text(event["instrument"]),
            amount,
            unit,
            format_amount(worth, self._currency, signed=True),
            _why(event),
        ]


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else ""


def _details(event: "pd.Series[Any]") -> dict[str, Any]:
    return dict(json.loads(event["details"])) if isinstance(event["details"], str) else {}


def _why(event: "pd.Series[Any]") -> str:
    """Return what triggered an event, else the rate that it was paid at, or its note."""
    told = _details(event)
    if isinstance(event["trigger"], str):
        return event["trigger"].replace("_", " ")
    if "rate" in told:
        return f"rate {100.0 * told['rate']:.4f} %".replace("-", MINUS)
    return str(told["note"] if "note" in told else told["why"] if "why" in told else "")
