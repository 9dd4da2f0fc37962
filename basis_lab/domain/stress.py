"""Stresses: what a scenario does to the data of a run, and what it orders.

A shock changes series from a moment on, a closure closes venues, an order tells the strategy to
leave. Moments are dates, offsets from the first timestep (``+30d``, ``+12h``), or a share of the
run (``50%``); each takes hold at the first timestep at or after it.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from basis_lab.domain.market import TimeArray
from basis_lab.domain.parameters import Bounds, Choices, Doc, Unit, parameters

OPERATIONS = ("multiply", "divide", "add", "set", "grow")
ACTIONS = ("exit_full",)
ROUTES = ("swap", "queue", "auto")
OFFSET = re.compile(r"\+(?P<count>\d+(?:\.\d+)?)(?P<unit>[dh])")
SHARE = re.compile(r"(?P<percent>\d+(?:\.\d+)?)%")
UNIT_S = {"d": 86_400.0, "h": 3_600.0}

Moment = Annotated[
    str, Doc("ISO date or time in UTC; +30d or +12h after the start; 50% of the way to the end")
]
Hours = Annotated[float | None, Unit("hours"), Bounds(0.0, 1e6)]


@parameters()
class ShockParameters:
    """One change of a set of series."""

    series: Annotated[
        tuple[str, ...],
        Doc("names kind/venue/SYMBOL.field, * for any: mark/*/ETHUSDT.* has its bar extremes"),
    ]
    operation: Annotated[
        str,
        Choices(OPERATIONS),
        Doc("what is done with value; grow: an index grows at that APR in place of its own"),
    ]
    value: Annotated[
        float, Unit("of the series; a factor; or an APR"), Bounds(-1e9, 1e9), Doc("by how much")
    ]
    at: Moment
    duration: Annotated[Hours, Doc("how long it lasts; null: for good")]
    ramp: Annotated[
        float, Unit("hours"), Bounds(0.0, 1e6), Doc("time from nothing to all of it; 0: one step")
    ]


@parameters()
class ClosureParameters:
    """Venues that close: no orders, no transfers in or out, nothing supplied or taken.

    What happens by itself goes on: interest, funding, liquidation. A debt may be repaid.
    """

    venues: Annotated[tuple[str, ...], Doc("venues, by name; those that a run lacks are left out")]
    at: Moment
    duration: Annotated[Hours, Doc("how long they stay closed; null: for good")]
    lost: Annotated[bool, Doc("the venue defaults: what is there is lost, and it never opens")]


@parameters()
class OrderParameters:
    """An order to the strategy, given once and above every trigger of its own."""

    at: Moment
    action: Annotated[str, Choices(ACTIONS), Doc("what is ordered; the strategy then stays out")]
    route: Annotated[
        str, Choices(ROUTES), Doc("how staked coins are left: swap, queue, or what is cheaper")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stress:
    """What a scenario does to the data of a run.

    Parameters
    ----------
    shocks : tuple of ShockParameters
        In the order in which they are applied.
    closures : tuple of ClosureParameters
        In any order.
    """

    shocks: tuple[ShockParameters, ...] = ()
    closures: tuple[ClosureParameters, ...] = ()

    def __bool__(self) -> bool:
        """Tell if anything is done."""
        return bool(self.shocks or self.closures)


CALM = Stress()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitOrder:
    """An ordered exit: from which timestep on, and by which route."""

    row: int
    route: str


def check_moment(at: str) -> None:
    """Refuse a text that names no moment.

    Parameters
    ----------
    at : str
        As in a scenario.

    Raises
    ------
    ValueError
        If it is neither a date, nor an offset, nor a share of at most 100 %.
    """
    found = SHARE.fullmatch(at)
    if found is not None and float(found["percent"]) > 100.0:  # noqa: PLR2004 - the whole run
        raise ValueError(at)
    if found is None and OFFSET.fullmatch(at) is None:
        dt.datetime.fromisoformat(at)


def moment_row(at: str, times: TimeArray) -> int | None:
    """Return the first timestep at or after a moment.

    Parameters
    ----------
    at : str
        As ``check_moment`` allows it.
    times : ndarray of datetime64[s], shape (T,)
        The run's timesteps, T > 0.

    Returns
    -------
    int or None
        None where the moment lies outside the run.
    """
    offset, share = OFFSET.fullmatch(at), SHARE.fullmatch(at)
    if offset is not None:
        moment = times[0] + _seconds(float(offset["count"]) * UNIT_S[offset["unit"]])
    elif share is not None:
        whole = float((times[-1] - times[0]) / np.timedelta64(1, "s"))
        moment = times[0] + _seconds(whole * float(share["percent"]) / 100.0)
    else:
        given = dt.datetime.fromisoformat(at)
        if given.tzinfo is not None:
            given = given.astimezone(dt.UTC).replace(tzinfo=None)
        moment = np.datetime64(given, "s")
    if not times[0] <= moment <= times[-1]:
        return None
    return int(np.searchsorted(times, moment, side="left"))


def exit_order(orders: tuple[OrderParameters, ...], times: TimeArray) -> ExitOrder | None:
    """Return the first order to leave that falls into a run.

    Parameters
    ----------
    orders : tuple of OrderParameters
        Of a scenario.
    times : ndarray of datetime64[s], shape (T,)
        The run's timesteps.

    Returns
    -------
    ExitOrder or None
        None where there is none.
    """
    placed = [(moment_row(x.at, times), x.route) for x in orders]
    inside = [ExitOrder(row=row, route=route) for row, route in placed if row is not None]
    return min(inside, key=lambda x: x.row, default=None)


def _seconds(count: float) -> np.timedelta64:
    return np.timedelta64(round(count), "s")
