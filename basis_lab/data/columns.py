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

BLOCK = "blockNumber"

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
            fields={"price": ("oracle_price_usd", "oracle_price_eth", "price", "USD_price")},
        ),
        DatasetKind.LST_MARKET: Layout(times=("timestamp",), fields={"rate": ("market_rate",)}),
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
        if BLOCK in table.header:
            fields["block"] = table.numbers(BLOCK)
        return {name: _aave_units(table, name, values) for name, values in fields.items()}
    return fields


def _aave_units(table: RawTable, name: str, values: FloatArray) -> FloatArray:
    if name in {"supply_rate", "borrow_rate"}:
        return values / RAY if values.max(initial=0.0) >= _RAY_FROM else values
    if not name.endswith("_index"):
        return values
    in_ray = values >= _RAY_FROM
    if in_ray.any() and not in_ray.all():
        place = int(np.flatnonzero(in_ray != in_ray[0])[0])
        raise bad_row(table, place, f"{name} mixes ray and ratios", float(values[place]))
    return values / RAY if in_ray.all() else values
