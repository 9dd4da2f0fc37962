"""Values that cannot be true, whatever file or directory they came from."""

from collections.abc import Iterator

import numpy as np

from basis_lab.data.checks.rows import Defect, Rows, defects_at
from basis_lab.data.series import BAR_KINDS, NON_NEGATIVE_FIELDS, SIGNED_FIELDS, DatasetKind
from basis_lab.domain.market import FloatArray

# An index may stand still; it falls where it loses more than this, relatively.
FALL_TOLERANCE = 1e-9
# No index in ratios comes near; the smallest ray number lies far above.
INDEX_BELOW = 1e6
# No price moves so far within one bar; a wrong unit or a wrong row does.
LARGEST_STEP, LARGEST_INDEX_STEP = 10.0, 2.0
# No block was ever near; gas in wei is.
GAS_BELOW_GWEI = 1e6
# No settlement was ever near; a rate in percent or basis points is.
FUNDING_BELOW = 0.05
# Above this the typical rate of a series is percent, not a fraction.
TYPICAL_FUNDING_BELOW = 0.002
TYPICAL_RATE_BELOW = 1.5
# A few days of stress may be typical of a short series.
STRESSED_FUNDING_BELOW = 0.005
FEW_RATES = 30

_PRICED = frozenset(
    {*BAR_KINDS, DatasetKind.ORACLE, DatasetKind.LST, DatasetKind.LST_MARKET, DatasetKind.AAVE}
)
_PRICES = frozenset({"open", "close", "price", "price_usd", "rate", "market_rate"})


def find_false_values(rows: Rows) -> Iterator[Defect]:
    """Find NaN, infinities, and values that are not positive (or negative, for amounts).

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One a column.
    """
    for name, values in rows.fields.items():
        good = np.isfinite(values)
        if name in NON_NEGATIVE_FIELDS:
            good &= values >= 0.0
        elif (rows.kind, name) not in SIGNED_FIELDS:
            good &= values > 0.0
        yield from defects_at(f"{name} cannot be true", name, ~good, values)


def find_bar_contradictions(rows: Rows) -> Iterator[Defect]:
    """Find bars whose high or low contradicts their open or close.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One a column.
    """
    ends = [rows.fields[x] for x in ("open", "close") if x in rows.fields]
    if rows.kind not in BAR_KINDS or not ends:
        return
    if "high" in rows.fields:
        high = rows.fields["high"]
        what = "the high of a bar contradicts its open or close"
        yield from defects_at(what, "high", np.maximum.reduce(ends) > high, high)
    if "low" in rows.fields:
        low = rows.fields["low"]
        what = "the low of a bar contradicts its open or close"
        yield from defects_at(what, "low", np.minimum.reduce(ends) < low, low)


def find_index_units(rows: Rows) -> Iterator[Defect]:
    """Find indices that are neither rays nor ratios.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One an index.
    """
    for name, values in _indices(rows):
        what = f"{name} is neither a ray nor a ratio"
        yield from defects_at(what, name, values >= INDEX_BELOW, values)


def find_index_falls(rows: Rows) -> Iterator[Defect]:
    """Find indices that fall, which an index never does.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One an index.
    """
    for name, values in _indices(rows):
        fall = np.concatenate([[False], values[1:] < values[:-1] * (1.0 - FALL_TOLERANCE)])
        yield from defects_at(f"{name} falls, which an index never does", name, fall, values)


def find_jumps(rows: Rows) -> Iterator[Defect]:
    """Find prices and indices that move out of all proportion within one row.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One a column.
    """
    for name, values in _indices(rows):
        yield from _steps(name, values, LARGEST_INDEX_STEP)
    for name, values in rows.fields.items():
        if rows.kind in _PRICED and name in _PRICES:
            yield from _steps(name, values, LARGEST_STEP)
    if rows.kind in BAR_KINDS and "open" in rows.fields:
        for name in sorted({"high", "low"} & rows.fields.keys()):
            reach = np.abs(np.log(rows.fields[name] / rows.fields["open"]))
            what = f"{name} lies more than {LARGEST_STEP:g}-fold away from the open of its bar"
            far = reach > np.log(LARGEST_STEP)
            yield from defects_at(what, name, far, rows.fields[name])


def find_funding_units(rows: Rows) -> Iterator[Defect]:
    """Find funding that is percent or basis points where a fraction is meant.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        Of single rows, and of the whole column.
    """
    if rows.kind is not DatasetKind.FUNDING or "rate" not in rows.fields:
        return
    values = rows.fields["rate"]
    bound = TYPICAL_FUNDING_BELOW if len(values) >= FEW_RATES else STRESSED_FUNDING_BELOW
    yield from _typical("rate", values, bound)
    far = np.abs(values) >= FUNDING_BELOW
    yield from defects_at("rate is no fraction per interval", "rate", far, values)


def find_rate_units(rows: Rows) -> Iterator[Defect]:
    """Find lending rates that are percent where a fraction is meant.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One a column.
    """
    if rows.kind is not DatasetKind.AAVE:
        return
    for name in ("supply_rate", "borrow_rate"):
        if name in rows.fields:
            yield from _typical(name, rows.fields[name], TYPICAL_RATE_BELOW)


def find_gas_units(rows: Rows) -> Iterator[Defect]:
    """Find gas prices that do not look like gwei.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One or none.
    """
    if rows.kind is DatasetKind.GAS and "price_gwei" in rows.fields:
        values = rows.fields["price_gwei"]
        what = "price_gwei does not look like gwei"
        yield from defects_at(what, "price_gwei", values >= GAS_BELOW_GWEI, values)


def _indices(rows: Rows) -> Iterator[tuple[str, FloatArray]]:
    return ((name, values) for name, values in rows.fields.items() if name.endswith("_index"))


def _steps(name: str, values: FloatArray, largest: float) -> tuple[Defect, ...]:
    before, after = values[:-1], values[1:]
    apart = np.maximum(before, after) > largest * np.minimum(before, after)
    bad = np.concatenate([[False], apart])
    return defects_at(f"{name} moves more than {largest:g}-fold in one row", name, bad, values)


def _typical(name: str, values: FloatArray, bound: float) -> Iterator[Defect]:
    typical = float(np.median(np.abs(values))) if len(values) else 0.0
    if typical >= bound:
        what = f"{name} does not look like a fraction (median magnitude {typical:g})"
        yield Defect(what=what, field=name, value=typical)
