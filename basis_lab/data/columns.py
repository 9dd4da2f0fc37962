"""Which columns of a raw file are which fields, and in which unit."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from basis_lab.data.csv import RawTable, bad_row
from basis_lab.data.series import BAR_KINDS, DatasetKind
from basis_lab.domain.market import FloatArray
from basis_lab.errors import BadDataError

RAY = 1e27
# No index or rate in ratios comes near; the smallest ray number of either kind lies above.
_RAY_FROM = 1e18
_INDEX_BELOW = 1e6
# Above this the typical rate of a column is percent, not a fraction.
_FUNDING_BELOW = 0.005
_RATE_BELOW = 1.5

_BAR_TIMES = ("date", "timestamp", "open_time", "time", "datetime")
_BAR_FIELDS = {name: (name,) for name in ("open", "high", "low", "close")}
_AAVE_FIELDS = {
    "liquidity_index": ("liquidityIndex", "liquidity_index"),
    "borrow_index": ("variableBorrowIndex", "borrow_index"),
    "supply_rate": ("currentLiquidityRate", "supply_rate"),
    "borrow_rate": ("currentVariableBorrowRate", "borrow_rate"),
    "total_supplied": ("totalAToken", "total_supplied"),
    "total_borrowed": ("totalVariableDebt", "total_borrowed"),
    "price_usd": ("price", "oracle_price_usd", "price_usd"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Names that a kind of file may use.

    Parameters
    ----------
    times : tuple of str
        Names of the time column, the best first.
    fields : mapping of str to tuple of str
        Names of each field's column, the best first; all fields are needed.
    """

    times: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]


def layout_of(kind: DatasetKind) -> Layout:
    """Return the names that a kind of file may use.

    Parameters
    ----------
    kind : DatasetKind
        The kind.

    Returns
    -------
    Layout
        Its time and its fields.
    """
    if kind in BAR_KINDS:
        return Layout(times=_BAR_TIMES, fields=_BAR_FIELDS)
    layouts = {
        DatasetKind.FUNDING: Layout(
            times=("funding_timestamp", "funding_time", "date", "timestamp"),
            fields={"rate": ("real_funding_rate", "funding_rate", "open")},
        ),
        DatasetKind.AAVE: Layout(times=("timestamp", "targetDate"), fields=_AAVE_FIELDS),
        DatasetKind.ORACLE: Layout(
            times=("timestamp",),
            fields={"price": ("oracle_price_usd", "oracle_price_eth", "price")},
        ),
        # A sample may repeat an older block: when that block was mined is when it was published.
        DatasetKind.GAS: Layout(
            times=("block_timestamp", "timestamp"),
            fields={"price_gwei": ("gas_price_gwei", "gas_price_avg_gwei")},
        ),
    }
    return layouts[kind]


def find_column(table: RawTable, names: tuple[str, ...]) -> str:
    """Return the column that a field is read from.

    Parameters
    ----------
    table : RawTable
        The file.
    names : tuple of str
        Names that it may have, the best first.

    Returns
    -------
    str
        The first that the file has.

    Raises
    ------
    BadDataError
        If it has none.
    """
    for name in names:
        if name in table.header:
            return name
    raise BadDataError(
        f"a column is missing: one of {', '.join(names)}",
        where=table.file,
        value=", ".join(table.header),
        remedy="rename the column, or remove the file",
    )


def read_fields(table: RawTable, kind: DatasetKind) -> dict[str, FloatArray]:
    """Return the fields of a table in our units.

    Parameters
    ----------
    table : RawTable
        The file.
    kind : DatasetKind
        What it holds.

    Returns
    -------
    dict of str to ndarray of shape (n,)
        Prices, ratios and fractions.

    Raises
    ------
    BadDataError
        If a column is missing, a cell no number, or a unit cannot be told.
    """
    fields = {
        name: table.numbers(find_column(table, names))
        for name, names in layout_of(kind).fields.items()
    }
    if kind is DatasetKind.AAVE:
        return {name: _aave_units(table, name, values) for name, values in fields.items()}
    if kind is DatasetKind.FUNDING:
        _check_fraction(table, "rate", fields["rate"], _FUNDING_BELOW)
    return fields


def _aave_units(table: RawTable, name: str, values: FloatArray) -> FloatArray:
    if name in {"supply_rate", "borrow_rate"}:
        rates = values / RAY if values.max(initial=0.0) >= _RAY_FROM else values
        _check_fraction(table, name, rates, _RATE_BELOW)
        return rates
    if not name.endswith("_index"):
        return values
    in_ray = values >= _RAY_FROM
    if in_ray.any() and not in_ray.all():
        place = int(np.flatnonzero(in_ray != in_ray[0])[0])
        raise bad_row(table, place, f"{name} mixes ray and ratios", float(values[place]))
    ratios = values / RAY if in_ray.all() else values
    if np.nanmax(ratios) >= _INDEX_BELOW:
        place = int(np.nanargmax(ratios))
        raise bad_row(table, place, f"{name} is neither a ray nor a ratio", float(values[place]))
    return ratios


def _check_fraction(table: RawTable, name: str, values: FloatArray, below: float) -> None:
    typical = float(np.nanmedian(np.abs(values))) if len(values) else 0.0
    if typical >= below:
        raise BadDataError(
            f"{name} does not look like a fraction",
            where=table.file,
            value=f"median magnitude {typical:g}",
            remedy="write it as a fraction (0.0001 is one basis point)",
        )
