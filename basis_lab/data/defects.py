"""What cannot be true of a series, whatever file or directory it came from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from basis_lab.data.series import (
    BAR_KINDS,
    NON_NEGATIVE_FIELDS,
    SIGNED_FIELDS,
    DatasetKind,
    IntArray,
)
from basis_lab.domain.market import BoolArray, FloatArray

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One thing that cannot be true.

    Parameters
    ----------
    what : str
        In words.
    field : str
        The column.
    places : ndarray of int
        Rows that show it; empty where the whole column does.
    value : float
        What stands there first, or what is typical of the column.
    """

    what: str
    field: str
    places: IntArray
    value: float


def row_defects(kind: DatasetKind, fields: Mapping[str, FloatArray]) -> tuple[Defect, ...]:
    """Return the rows that cannot be true.

    Parameters
    ----------
    kind : DatasetKind
        What the series is.
    fields : mapping of str to ndarray of shape (n,)
        Its columns, in the order of time.

    Returns
    -------
    tuple of Defect
        NaN, infinities, values that are not positive (or negative, for amounts), bars whose high
        or low contradicts the other prices, indices that fall or stand in ray, prices and
        funding that are out of all proportion.
    """
    found = [_false_values(kind, name, values) for name, values in fields.items()]
    if any(len(x.places) for x in found):  # nothing else can be told from such rows
        return tuple(x for x in found if len(x.places))
    if kind in BAR_KINDS:
        found += _bar_defects(fields)
    for name, values in fields.items():
        if name.endswith("_index"):
            found += _index_defects(name, values)
        elif kind is DatasetKind.FUNDING and name == "rate":
            far = np.abs(values) >= FUNDING_BELOW
            found.append(_defect(f"{name} is no fraction per interval", name, far, values))
        elif kind is DatasetKind.GAS and name == "price_gwei":
            far = values >= GAS_BELOW_GWEI
            found.append(_defect(f"{name} does not look like gwei", name, far, values))
        elif kind in _PRICED and name in _PRICES:
            found.append(_step_defect(name, values, LARGEST_STEP))
    return tuple(x for x in found if len(x.places))


def unit_defects(kind: DatasetKind, fields: Mapping[str, FloatArray]) -> tuple[Defect, ...]:
    """Return the columns that are typically percent where a fraction is meant.

    Parameters
    ----------
    kind : DatasetKind
        What the series is.
    fields : mapping of str to ndarray of shape (n,)
        Its whole columns.

    Returns
    -------
    tuple of Defect
        Without places.
    """
    bounds = {
        (DatasetKind.FUNDING, "rate"): TYPICAL_FUNDING_BELOW,
        (DatasetKind.AAVE, "supply_rate"): TYPICAL_RATE_BELOW,
        (DatasetKind.AAVE, "borrow_rate"): TYPICAL_RATE_BELOW,
    }
    found = []
    for name, values in fields.items():
        bound = bounds.get((kind, name))
        if bound is None or not len(values):
            continue
        if kind is DatasetKind.FUNDING and len(values) < FEW_RATES:
            bound = STRESSED_FUNDING_BELOW
        typical = float(np.median(np.abs(values)))
        if typical >= bound:
            what = f"{name} does not look like a fraction (median magnitude {typical:g})"
            found.append(Defect(what=what, field=name, places=np.arange(0), value=typical))
    return tuple(found)


def _defect(what: str, field: str, bad: BoolArray, values: FloatArray) -> Defect:
    places = np.flatnonzero(bad)
    value = float(values[places[0]]) if len(places) else 0.0
    return Defect(what=what, field=field, places=places, value=value)


def _false_values(kind: DatasetKind, name: str, values: FloatArray) -> Defect:
    good = np.isfinite(values)
    if name in NON_NEGATIVE_FIELDS:
        good &= values >= 0.0
    elif (kind, name) not in SIGNED_FIELDS:
        good &= values > 0.0
    return _defect(f"{name} cannot be true", name, ~good, values)


def _bar_defects(fields: Mapping[str, FloatArray]) -> list[Defect]:
    ends = [fields[x] for x in ("open", "close") if x in fields]
    if not ends:
        return []
    found = []
    if "high" in fields:
        broken = np.maximum.reduce(ends) > fields["high"]
        what = "the high of a bar contradicts its open or close"
        found.append(_defect(what, "high", broken, fields["high"]))
    if "low" in fields:
        broken = np.minimum.reduce(ends) < fields["low"]
        what = "the low of a bar contradicts its open or close"
        found.append(_defect(what, "low", broken, fields["low"]))
    return found


def _index_defects(name: str, values: FloatArray) -> list[Defect]:
    far = _defect(f"{name} is neither a ray nor a ratio", name, values >= INDEX_BELOW, values)
    if len(far.places):
        return [far]
    fall = np.concatenate([[False], values[1:] < values[:-1] * (1.0 - FALL_TOLERANCE)])
    return [
        _step_defect(name, values, LARGEST_INDEX_STEP),
        _defect(f"{name} falls, which an index never does", name, fall, values),
    ]


def _step_defect(name: str, values: FloatArray, largest: float) -> Defect:
    before, after = values[:-1], values[1:]
    apart = np.maximum(before, after) > largest * np.minimum(before, after)
    bad = np.concatenate([[False], apart])
    return _defect(f"{name} moves more than {largest:g}-fold in one row", name, bad, values)
