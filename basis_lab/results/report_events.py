"""The events behind one category of one day, for a report's drill-down."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from basis_lab.domain.events import EventType
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.results.formats import MINUS, NONE, format_amount
from basis_lab.results.html import Content
from basis_lab.results.report_data import movements_of
from basis_lab.results.summary import COSTS

# What of the event log a category is made of; costs are found by the cause of their movements.
TYPES_OF: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "funding": frozenset({EventType.FUNDING_PAYMENT.value}),
        "supply_yield": frozenset({EventType.INTEREST_ACCRUAL.value}),
        "borrow_cost": frozenset({EventType.INTEREST_ACCRUAL.value}),
        "reward": frozenset({EventType.REWARD_PAYMENT.value, EventType.DUST_SALE.value}),
        "liquidation_penalty": frozenset({EventType.LIQUIDATION.value}),
    }
)
PERIODIC = frozenset(
    {
        EventType.FUNDING_PAYMENT.value,
        EventType.INTEREST_ACCRUAL.value,
        EventType.RUN_START.value,
        EventType.RUN_END.value,
    }
)


def rows_of(events: pd.DataFrame, category: str, currency: str) -> Iterator[list[Content]]:
    """Yield what happened in a category: time, event, venue, instrument, amount, why.

    Parameters
    ----------
    events : pandas.DataFrame
        Of one day, as event_log.csv.
    category : str
        Of the attribution.
    currency : str
        Of the share class; contracts are booked in it.

    Yields
    ------
    list of str
        Cells. Of a cost, what was paid; of prices and rates, what was done on that day.
    """
    for stamp, event in events.iterrows():
        if category in COSTS:
            paid = _paid(event, category, currency)
            if paid:
                yield _cells(stamp, event, paid)
        elif category in TYPES_OF:
            if event["event_type"] in TYPES_OF[category]:
                yield _cells(stamp, event, _amount(event))
        elif event["event_type"] not in PERIODIC:
            yield _cells(stamp, event, _amount(event))


def _paid(event: "pd.Series[Any]", category: str, currency: str) -> str:
    """Return what an event paid for a category, by unit; an empty text for nothing."""
    if not isinstance(event["details"], str):
        return ""
    sums: dict[str, float] = {}
    for key, units, cause in movements_of(event["details"]):
        if cause == category:
            instrument = Instrument.parse(key)
            unit = currency if instrument.kind is Kind.CONTRACTS else instrument.symbol
            sums[unit] = sums[unit] + units if unit in sums else units
    told = {unit: format_amount(x, unit, signed=True) for unit, x in sums.items() if x != 0.0}
    return ", ".join(f"{amount} {unit}" for unit, amount in told.items())


def _amount(event: "pd.Series[Any]") -> str:
    if pd.isna(event["amount"]):
        return NONE
    unit = event["currency"] if isinstance(event["currency"], str) else ""
    return f"{format_amount(float(event['amount']), unit)} {unit}".rstrip()


def _cells(stamp: Any, event: "pd.Series[Any]", amount: str) -> list[Content]:
    why = event["trigger"] if isinstance(event["trigger"], str) else ""
    if isinstance(event["details"], str) and not why:
        found = json.loads(event["details"])
        if "rate" in found:
            why = f"rate {100.0 * found['rate']:.4f} %".replace("-", MINUS)
        elif "note" in found:
            why = str(found["note"])
    texts = [event[x] if isinstance(event[x], str) else "" for x in ("venue", "instrument")]
    kind = str(event["event_type"]).replace("_", " ").lower()
    return [f"{stamp:%H:%M}", kind, *texts, amount, why.replace("_", " ")]
