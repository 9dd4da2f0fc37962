"""Reward tables of a staking protocol: what each earning period paid, and on how much stake."""

from collections.abc import Mapping

import numpy as np

from basis_lab.data.columns import find_column
from basis_lab.data.csv import RawTable, bad_row
from basis_lab.data.series import SECONDS_PER_DAY, IntArray
from basis_lab.data.stamps import read_stamps
from basis_lab.domain.market import BoolArray, FloatArray, TimeArray
from basis_lab.domain.wording import agree

STARTS = ("staking_period_start", "period_start")
ENDS = ("staking_period_end", "period_end")
AMOUNTS = ("eigen_earned", "ethfi_amount", "token_amount")
PRINTED = ("eigen_per_eeth_weekly", "ethfi_per_eeth_distributed", "printed_per_eeth")
PAID = "top_up_date"
TOTAL = "eeth_total"
TOTAL_PARTS = ("eth_restaked", "eth_not_restaked")
COLUMNS = (*STARTS, *ENDS, *AMOUNTS, *PRINTED, PAID, TOTAL, *TOTAL_PARTS)
INVENTED = ("eigen_price_usd", "ethfi_price_usd")
NO_AMOUNTS = (
    f"give a table of what was paid ({AMOUNTS[-1]}) and on how much stake ({TOTAL}), or count "
    "fewer rewards (rewards.mode=base_eigen); data.allow_derived lets no invented price in"
)
WEEK_DAYS = 7.0
# The printed units per eETH have three decimals.
PRINTED_STEP, PRINTED_TOLERANCE = 0.001, 0.03


def read_rewards(table: RawTable) -> tuple[TimeArray, dict[str, FloatArray]]:
    """Return the earning periods of a table.

    Parameters
    ----------
    table : RawTable
        The file.

    Returns
    -------
    times : ndarray of datetime64[s], shape (n,)
        The last day of each period.
    fields : dict of str to ndarray of shape (n,)
        ``period_start`` and ``period_end`` (epoch seconds of the first and the last day, both
        included), ``token_amount``, ``printed_per_eeth``; ``paid_at`` and ``eeth_total`` (units
        of eETH that the amount was for) where the file has them.

    Raises
    ------
    BadDataError
        If a column is missing, or prices that a yield was made from are invented.
    """
    _check_prices(table)
    starts, _ = read_stamps(table, find_column(table, STARTS))
    ends, _ = read_stamps(table, find_column(table, ENDS))
    backwards = np.flatnonzero(ends < starts)
    if len(backwards):
        place = int(backwards[0])
        raise bad_row(table, place, "a period ends before it starts", str(ends[place]))
    fields = {
        "period_start": _epoch(starts),
        "period_end": _epoch(ends),
        "token_amount": table.numbers(find_column(table, AMOUNTS)),
        "printed_per_eeth": table.numbers(find_column(table, PRINTED)),
    }
    if PAID in table.header:
        fields["paid_at"] = _epoch(read_stamps(table, PAID)[0])
    if TOTAL in table.header:
        fields[TOTAL] = table.numbers(TOTAL)
    elif TOTAL_PARTS[0] in table.header:
        parts = [table.numbers(find_column(table, (x,))) for x in TOTAL_PARTS]
        fields[TOTAL] = parts[0] + parts[1]
    return ends, fields


def printed_warnings(fields: Mapping[str, FloatArray], lines: IntArray) -> tuple[str, ...]:
    """Say where the printed units per eETH are not the amount over the total.

    Parameters
    ----------
    fields : mapping of str to ndarray of shape (n,)
        As ``read_rewards`` returns them, with totals.
    lines : ndarray of int, shape (n,)
        The line of each row.

    Returns
    -------
    tuple of str
        One warning, or none.
    """
    units = fields["token_amount"] / fields[TOTAL]
    days = (fields["period_end"] - fields["period_start"]) / SECONDS_PER_DAY + 1.0
    weekly = units * WEEK_DAYS / days
    printed = fields["printed_per_eeth"]
    # A table prints units of a week, or of the whole period: it is off where it is neither.
    wrong = np.flatnonzero(_apart(printed, units) & _apart(printed, weekly))
    if not len(wrong):
        return ()
    first = int(wrong[0])
    text = (
        f"{len(wrong)} {agree(len(wrong), 'row prints', 'rows print')} units per eETH that are "
        f"not amount over total (first: row {lines[first]}, {printed[first]:g} printed, "
        f"{units[first]:.4g} for the period or {weekly[first]:.4g} a week by "
        "the totals); the totals are used"
    )
    return (text,)


def _apart(printed: FloatArray, units: FloatArray) -> BoolArray:
    return np.abs(printed - units) > np.maximum(PRINTED_STEP, PRINTED_TOLERANCE * units)


def _epoch(times: TimeArray) -> FloatArray:
    return times.astype("datetime64[s]").astype(np.float64)


def _check_prices(table: RawTable) -> None:
    """Refuse yields made from a token price that is the same on every date."""
    known = {x: [cell for cell in table.column(x) if cell] for x in INVENTED if x in table.header}
    constant = {x: cells[0] for x, cells in known.items() if len(cells) > 1 == len(set(cells))}
    if constant:
        first, price = next(iter(constant.items()))
        named = " and ".join(f"{x} is one constant" for x in constant)
        raise bad_row(
            table,
            table.column(first).index(price),
            f"derived: {named}, so yields made of it are invented",
            " and ".join(constant.values()),
            NO_AMOUNTS,
        )
