"""Reward periods: unequal lengths, and dates that are not those of payment."""

from collections.abc import Iterator

import numpy as np

from basis_lab.data.checks.rows import Defect, Rows, defects_at
from basis_lab.data.series import SECONDS_PER_DAY, DatasetKind
from basis_lab.domain.wording import agree

LUMP = 2.0
FEW = 10


def find_lump_periods(rows: Rows) -> Iterator[Defect]:
    """Find earning periods of another length than most.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One or none.
    """
    if rows.kind is not DatasetKind.REWARDS:
        return
    days = (rows.fields["period_end"] - rows.fields["period_start"]) / SECONDS_PER_DAY + 1.0
    usual = float(np.median(days))
    odd = (days >= LUMP * usual) | (days <= usual - 1.0)
    words = agree(int(odd.sum()), "earning period is", "earning periods are")
    what = (
        f"{int(odd.sum())} {words} not {usual:g} days long "
        f"({', '.join(f'{x:g}' for x in days[odd][:3])})"
    )
    yield from defects_at(what, "period_end", odd, days)


def find_dates_of_periods(rows: Rows) -> Iterator[Defect]:
    """Find rewards that are dated by the end of their period, without a day of payment.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One or none.
    """
    if rows.kind is DatasetKind.REWARDS and "paid_at" not in rows.fields:
        what = "rows are dated by the end of their period; the day of payment is not given"
        yield Defect(what=what, field="period_end", value="")


def find_few_rows(rows: Rows) -> Iterator[Defect]:
    """Find series of a few rows only.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One or none.
    """
    if rows.kind is DatasetKind.REWARDS and len(rows.times) < FEW:
        count = len(rows.times)
        yield Defect(what=f"{count} {agree(count, 'row')} only", field="", value=count)
