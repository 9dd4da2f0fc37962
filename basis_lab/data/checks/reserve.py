"""Lending reserves whose rates contradict their indices, or each other."""

from collections.abc import Iterator

import numpy as np

from basis_lab.data.checks.rows import NOWHERE, Defect, Rows, defects_at
from basis_lab.data.series import DatasetKind, time_text
from basis_lab.domain.market import FloatArray
from basis_lab.domain.wording import agree

SECONDS_PER_YEAR = 31_536_000.0
# Rates are of one instant and growth is of a day: days differ, the median day does not.
RATE_FACTOR = 1.5
_ENOUGH_ROWS = 10
# The reserve factor that rates and use imply moves only by a vote.
RESERVE_FACTOR_APART = 0.02
_NEIGHBOURS = 5
# An index gains this much, relatively, beyond its rates; fees of flash loans gave 0.03 % a day.
INDEX_STEP = 0.002
# Stretches of rows whose rates are not what the index grows by; true ones reach 1.45.
_STRETCH, STRETCH_FACTOR = 5, 2.0
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
    for index, rate, grown, stated in _pairs(rows):
        typical = float(np.median(stated[grown > 0.0] / grown[grown > 0.0]))
        if not 1.0 / RATE_FACTOR < typical < RATE_FACTOR:
            what = f"{rate} is typically {typical:.3g} times what {index} grows by"
            yield Defect(what=what, field=rate, places=NOWHERE, value=typical)


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
        years = np.diff(rows.times).astype("timedelta64[s]").astype(np.float64) / SECONDS_PER_YEAR
        highest = np.maximum(rows.fields[rate][1:], rows.fields[rate][:-1])
        beyond = np.concatenate([[0.0], (grown - highest) * years])
        most = f"{beyond.max():.2%} at most"
        what = f"{index} steps beyond what {rate} gives from the row before, by {most}"
        yield from defects_at(what, index, beyond >= INDEX_STEP, rows.fields[index])


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
            yield Defect(what=what, field=rate, places=NOWHERE, value=float(apart.mean()))


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
    padded = np.pad(factors, _NEIGHBOURS, mode="reflect")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEIGHBOURS + 1)
    apart = np.abs(factors - np.median(around, axis=1)) > RESERVE_FACTOR_APART
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
    seconds = np.diff(rows.times).astype("timedelta64[s]").astype(np.float64)
    for index, rate in _PAIRS:
        if {index, rate} <= rows.fields.keys():
            levels, stated = rows.fields[index], rows.fields[rate]
            grown = np.log(levels[1:] / levels[:-1]) * SECONDS_PER_YEAR / seconds
            if (grown > 0.0).any():
                yield index, rate, grown, (stated[1:] + stated[:-1]) / 2.0
