"""Business rules of dated tables: a lending pool's terms, a staking protocol's programmes."""

import datetime as dt
from collections.abc import Iterator, Sequence

from basis_lab.config.schema import Path
from basis_lab.config.validation import Fault
from basis_lab.execution.venues.parameters import (
    LendingPoolParameters,
    LendingRow,
    StakingPoolParameters,
)


def pool_faults(venue: LendingPoolParameters) -> Iterator[Fault]:
    """Yield terms that are out of order, cannot be true, or are not dates.

    Parameters
    ----------
    venue : LendingPoolParameters
        The pool.

    Yields
    ------
    Fault
        Paths start at the top of the venue's file.
    """
    for token, rows in venue.assets.items():
        yield from _rows(rows, ("assets", token))
    if venue.emode is not None:
        yield from _rows(venue.emode.rows, ("emode", "rows"))
    yield from _dates([x.since for x in venue.versions], ("versions",))
    yield from _date(venue.known_until, ("known_until",))


def programme_faults(venue: StakingPoolParameters) -> Iterator[Fault]:
    """Yield reward programmes without dates, or that end before they begin.

    Parameters
    ----------
    venue : StakingPoolParameters
        The protocol.

    Yields
    ------
    Fault
        Paths start at the top of the venue's file.
    """
    for name, programme in venue.programmes.items():
        path: Path = ("programmes", name)
        wrong = [
            *_date(programme.since, (*path, "since")),
            *_date(programme.until, (*path, "until")),
        ]
        yield from wrong
        if not wrong and programme.until < programme.since:
            yield Fault(
                path=(*path, "until"),
                value=programme.until,
                what=f"the programme ends before it begins ({programme.since})",
                remedy="give a last day that is not before the first",
            )


def _rows(rows: Sequence[LendingRow], path: Path) -> Iterator[Fault]:
    """Yield terms up to which debt could be liquidated at once, or liquidated at a loss."""
    yield from _dates([x.since for x in rows], path)
    for i, row in enumerate(rows):
        if row.ltv >= row.liquidation_threshold:
            yield Fault(
                path=(*path, i, "ltv"),
                value=row.ltv,
                what="debt up to this limit could be liquidated at once: the threshold is "
                f"{row.liquidation_threshold!r}",
                remedy="give an LTV below the liquidation threshold",
            )
        if row.liquidation_threshold * (1.0 + row.liquidation_bonus) > 1.0:
            yield Fault(
                path=(*path, i, "liquidation_bonus"),
                value=row.liquidation_bonus,
                what="threshold x (1 + bonus) is above 1: the collateral would not pay for its "
                "liquidation",
                remedy="give a smaller bonus or a lower liquidation threshold",
            )


def _dates(dates: Sequence[str], path: Path) -> Iterator[Fault]:
    if not dates:
        yield Fault(path=path, value=[], what="the table is empty", remedy="give one row or more")
    wrong = [fault for i, x in enumerate(dates) for fault in _date(x, (*path, i, "since"))]
    yield from wrong
    if not wrong and any(
        later <= earlier for earlier, later in zip(dates, dates[1:], strict=False)
    ):
        yield Fault(
            path=path,
            value=list(dates),
            what="the dates of the rows do not ascend",
            remedy="order the rows from old to new",
        )


def _date(text: str, path: Path) -> Iterator[Fault]:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        yield Fault(
            path=path,
            value=text,
            what="this is not a date",
            remedy="write 2024-02-01",
        )
