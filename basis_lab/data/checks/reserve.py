"""Lending reserves whose rates contradict their indices, or each other."""

from collections.abc import Iterator

import numpy as np

from basis_lab.data.checks.rows import Defect, Rows, defects_at, medians_around, runs_of
from basis_lab.data.series import DatasetKind, time_text
from basis_lab.domain.market import BoolArray, FloatArray
from basis_lab.domain.wording import agree

SECONDS_PER_YEAR = 31_536_000.0
# Rates are of one instant and growth is of a day: days differ, the median day does not.
RATE_FACTOR = 1.5
# Over many days the median is within 1.03; 1.2 is beyond what compounding makes of a rate.
MANY_ROWS, RATE_FACTOR_OF_MANY = 100, 1.2
_ENOUGH_ROWS = 10
# The reserve factor that rates and use imply moves only by a vote.
RESERVE_FACTOR_APART = 0.02
_NEIGHBOURS = 5
# An index gains this much, relatively, beyond its rates; fees of flash loans gave 0.03 % a day.
INDEX_STEP = 0.002
# Stretches of rows whose rates are not what the index grows by; true ones reach 1.45.
_STRETCH, STRETCH_FACTOR = 5, 2.0
# Factors between a row's rate and those of its use, and of its index; true rows were 1.6 off in
# use, or 1.6 below their index. One of two has to be far off, the other a little.
OFF_USE_AND_INDEX = ((2.5, 1.2), (1.1, 2.0))
OFF_INDEX_ALONE = 2.5
# Lenders share what borrowers pay. Stretches, and by what factor the lenders' part of a pool was
# beyond the borrowers' in all that was seen: 0.90 of the growth over 20 rows, fees of flash loans
# and all, and 0.86 of the rate over one.
_GROWTH_STRETCH, _RATE_STRETCH, BEYOND = 20, 5, 1.02
INDEX_ROUNDING = 1e-5  # of a logarithm: indices that stand still
_NOTICED = 0.005  # a year: rates near nothing may be many times each other
_PAIRS = (("liquidity_index", "supply_rate"), ("borrow_index", "borrow_rate"))


def find_rates_against_index(rows: Rows) -> Iterator[Defect]:
    """Find rates that are not what their index grows by, on the median day.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One a pair.
    """
    factor = RATE_FACTOR_OF_MANY if len(rows.times) >= MANY_ROWS else RATE_FACTOR
    for index, rate, grown, stated in _pairs(rows):
        typical = float(np.median(stated[grown > 0.0] / grown[grown > 0.0]))
        if not 1.0 / factor < typical < factor:
            what = f"{rate} is typically {typical:.3g} times what {index} grows by"
            yield Defect(what=what, field=rate, value=typical)


def find_index_steps(rows: Rows) -> Iterator[Defect]:
    """Find steps of an index that the rates stated at both of their ends cannot give.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One an index.
    """
    for index, rate, grown, _ in _pairs(rows):
        years = rows.gaps_s / SECONDS_PER_YEAR
        highest = np.maximum(rows.fields[rate][1:], rows.fields[rate][:-1])
        beyond = np.concatenate([[0.0], (grown - highest) * years])
        most = f"{beyond.max():.2%} at most"
        what = f"{index} steps beyond what {rate} gives from the row before, by {most}"
        yield from defects_at(what, index, beyond >= INDEX_STEP, rows.fields[index])


def find_index_order(rows: Rows) -> Iterator[Defect]:
    """Find a stretch in which lenders gain beyond what borrowers owe: no pool can pay that.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One or none.
    """
    names = ("liquidity_index", "borrow_index")
    if rows.kind is not DatasetKind.AAVE or not set(names) <= rows.fields.keys():
        return
    length = _GROWTH_STRETCH
    if len(rows.times) <= length:
        return
    lent, owed = (np.log(rows.fields[x][length:] / rows.fields[x][:-length]) for x in names)
    beyond = lent - BEYOND * owed
    starts = np.flatnonzero(beyond > INDEX_ROUNDING)
    if len(starts):
        worst = int(starts[np.argmax(beyond[starts])])
        what = (
            f"liquidity_index grows by {lent[worst]:.3%} while borrow_index grows by "
            f"{owed[worst]:.3%}, over {length} rows from {time_text(rows.times[worst])}: no pool "
            "pays lenders more than borrowers owe; are the two exchanged?"
        )
        yield Defect(what=what, field=names[0], places=starts, value=float(lent[worst]))


def find_rate_order(rows: Rows) -> Iterator[Defect]:
    """Find a stretch in which lenders are paid more than borrowers pay.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One or none.
    """
    names = ("supply_rate", "borrow_rate")
    if rows.kind is not DatasetKind.AAVE or not set(names) <= rows.fields.keys():
        return
    supply, borrow = (rows.fields[x] for x in names)
    runs = runs_of(supply > BEYOND * borrow, _RATE_STRETCH)
    if runs:
        first, after = runs[0]
        places = np.concatenate([np.arange(*x) for x in runs])
        what = (
            f"supply_rate is above borrow_rate, {supply[first]:.4g} and {borrow[first]:.4g}, in "
            f"{len(places)} rows, first from {time_text(rows.times[first])} to "
            f"{time_text(rows.times[after - 1])}: no pool pays lenders more than borrowers pay; "
            "are the two exchanged?"
        )
        yield Defect(what=what, field=names[0], places=places, value=float(supply[first]))


def find_rates_against_index_in_part(rows: Rows) -> Iterator[Defect]:
    """Find stretches whose rates are not what their index grows by, where the rest is.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One a pair.
    """
    whole = {x.field for x in find_rates_against_index(rows)}
    for index, rate, grown, stated in _pairs(rows):
        if rate in whole:
            continue
        windows = np.lib.stride_tricks.sliding_window_view
        typical = np.median(windows(stated, _STRETCH), axis=1)
        growth = np.median(windows(grown, _STRETCH), axis=1)
        apart = (typical >= STRETCH_FACTOR * growth) | (growth >= STRETCH_FACTOR * typical)
        starts = np.flatnonzero(apart & (np.abs(typical - growth) >= _NOTICED))
        if len(starts):
            worst = int(starts[np.argmax(np.abs(typical - growth)[starts])])
            what = (
                f"{rate} is {typical[worst]:.4g} over rows in which {index} grows by "
                f"{growth[worst]:.4g} a year, from {time_text(rows.times[worst])}"
            )
            yield Defect(what=what, field=rate, places=starts, value=float(typical[worst]))


def find_rates_against_use(rows: Rows) -> Iterator[Defect]:
    """Find rows whose borrow rate is not what the use of the pool gives, or the index grew by.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One or none.

    Notes
    -----
    A borrow rate rises with the share of the pool that is borrowed. Among neighbours none is far
    above one of more use, nor far below one of less; a true spike has its own use. What the index
    grew by before and after a row has to agree that the row is odd, and tells alone where the rate
    is far below both: no moment is so cheap between two dear days.
    """
    growth = {rate: grown for _, rate, grown, _ in _pairs(rows)}
    if "borrow_rate" not in growth:
        return
    rate, grown = rows.fields["borrow_rate"], growth["borrow_rate"]
    before, after = np.append(grown[0], grown), np.append(grown, grown[-1])
    most, least = _rates_beside(rows)
    highest, lowest = np.maximum(before, after), np.minimum(before, after)
    above, below = (
        np.logical_or.reduce([_beyond(a, b, x) & _beyond(c, d, y) for x, y in OFF_USE_AND_INDEX])
        for a, b, c, d in ((rate, most, rate, highest), (least, rate, lowest, rate))
    )
    below |= _beyond(lowest, rate, OFF_INDEX_ALONE)
    count = int((above | below).sum())
    yield from defects_at(
        f"the borrow rate of {count} {agree(count, 'row')} is neither what the use of the pool "
        "gives in rows beside, nor what borrow_index grows by",
        "borrow_rate",
        above | below,
        rate,
    )


def _beyond(high: FloatArray, low: FloatArray, factor: float) -> BoolArray:
    """Tell where one rate is so many times another, and noticeably so."""
    known = np.isfinite(high) & np.isfinite(low)
    apart = np.zeros(len(high), dtype=bool)
    apart[known] = (high >= factor * low)[known] & (high - low >= _NOTICED)[known]
    return apart


def _rates_beside(rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Return the highest borrow rate beside each row at as much use and more, the least at less.

    NaN where no row beside it tells.
    """
    rate = rows.fields["borrow_rate"]
    unknown = np.full(len(rate), np.nan)
    names = ("total_borrowed", "total_supplied")
    if not set(names) <= rows.fields.keys() or not (rows.fields[names[1]] > 0.0).all():
        return unknown, unknown
    use = rows.fields[names[0]] / rows.fields[names[1]]
    most, least = unknown.copy(), unknown.copy()
    for shift in (x for x in range(-_NEIGHBOURS, _NEIGHBOURS + 1) if x):
        mine = slice(max(shift, 0), len(rate) + min(shift, 0))
        other = slice(max(-shift, 0), len(rate) - max(shift, 0))
        more, less = use[other] >= use[mine], use[other] <= use[mine]
        most[mine] = np.fmax(most[mine], np.where(more, rate[other], np.nan))
        least[mine] = np.fmin(least[mine], np.where(less, rate[other], np.nan))
    return most, least


def find_stated_rates(rows: Rows) -> Iterator[Defect]:
    """Find by how much the stated rates miss the growth of the index.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One a pair where the mean is a basis point or more.
    """
    for index, rate, grown, _ in _pairs(rows):
        apart = np.abs(rows.fields[rate][:-1] - grown)
        worst = int(np.argmax(apart))
        if apart.mean() >= 1e-4:  # noqa: PLR2004 - a basis point
            what = (
                f"{rate} is of one instant: {index} grows {1e4 * apart.mean():.0f} bp a year away "
                f"from it on average, {1e4 * apart[worst]:.0f} bp on {time_text(rows.times[worst])}"
            )
            yield Defect(what=what, field=rate, value=float(apart.mean()))


def find_rates_that_disagree(rows: Rows) -> Iterator[Defect]:
    """Find rows whose rates imply another reserve factor than the rows around them.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One or none.

    Notes
    -----
    Aave pays suppliers what borrowers pay, less the reserve factor::

        supply_rate = borrow_rate x borrowed / supplied x (1 - reserve_factor)
    """
    factors = reserve_factors(rows)
    if len(factors) <= 2 * _NEIGHBOURS:
        return
    around = medians_around(factors, _NEIGHBOURS, "even")
    below = factors < -RESERVE_FACTOR_APART
    count = int(below.sum())
    yield from defects_at(
        f"the supply rate of {count} {agree(count, 'row')} is more than all that borrowers pay "
        "for their share of the pool",
        "supply_rate",
        below,
        rows.fields["supply_rate"],
    )
    apart = (np.abs(factors - around) > RESERVE_FACTOR_APART) & ~below
    count = int(apart.sum())
    yield from defects_at(
        f"the rates of {count} {agree(count, 'row')} imply another reserve factor "
        f"than those around {agree(count, 'it', 'them')}",
        "supply_rate",
        apart,
        factors,
    )


def reserve_factors(rows: Rows) -> FloatArray:
    """Return the reserve factor that the rates of each row imply.

    Parameters
    ----------
    rows : Rows
        One series.

    Returns
    -------
    ndarray of shape (n,)
        Fractions; empty where the series has no rates or nothing is borrowed.
    """
    names = ("supply_rate", "borrow_rate", "total_supplied", "total_borrowed")
    if rows.kind is not DatasetKind.AAVE or not set(names) <= rows.fields.keys():
        return np.zeros(0)
    supply, borrow, supplied, borrowed = (rows.fields[x] for x in names)
    paid = borrow * borrowed
    if not (paid > 0.0).all() or not (supplied > 0.0).all():
        return np.zeros(0)
    return 1.0 - supply * supplied / paid


def _pairs(rows: Rows) -> Iterator[tuple[str, str, FloatArray, FloatArray]]:
    """Return growth a year between snapshots, and the mean of the rates stated at both."""
    if rows.kind is not DatasetKind.AAVE or len(rows.times) < _ENOUGH_ROWS:
        return
    for index, rate in _PAIRS:
        if {index, rate} <= rows.fields.keys():
            levels, stated = rows.fields[index], rows.fields[rate]
            grown = np.log(levels[1:] / levels[:-1]) * SECONDS_PER_YEAR / rows.gaps_s
            if (grown > 0.0).any():
                yield index, rate, grown, (stated[1:] + stated[:-1]) / 2.0
