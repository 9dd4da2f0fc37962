"""The hourly tables of a run: P&L, balance sheet, exposure, risk (SURFACES section 4)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from basis_lab.domain.instruments import Instrument, IntArray, Kind
from basis_lab.domain.market import FloatArray
from basis_lab.domain.reports import CATEGORIES, Level
from basis_lab.results.columns import numbers_of, stamp_times, text_of, words_of
from basis_lab.results.record import RunRecord

USDT_USD = "oracle/aave/USDTUSD.price"
ETH_USDT = "spot/binance/ETHUSDT.open"
SUFFIXES = {"USDT": "usd", "ETH": "eth"}
SIDES = ("asset", "liability")
HURDLE_SERIES = {
    "USDT": "aave/ethereum/USDT.liquidity_index",
    "ETH": "aave/ethereum/WETH.liquidity_index",
}
LENT = "lending_equity"  # the column of hourly_pnl.csv


def pnl_of(record: RunRecord) -> FloatArray:
    """Return the P&L of each step from the balance.

    Parameters
    ----------
    record : RunRecord
        The run.

    Returns
    -------
    ndarray of shape (T,)
        Share-class currency; the first step starts from the initial capital.
    """
    before = np.concatenate([[record.identity.initial_capital], record.equity[:-1]])
    return np.asarray(record.equity - before - record.flows)


def usd_per_unit(record: RunRecord) -> FloatArray:
    """Return the price of the share-class currency in true USD.

    Parameters
    ----------
    record : RunRecord
        The run.

    Returns
    -------
    ndarray of shape (T,)
        NaN throughout where the frame does not hold the prices.
    """
    needed = (USDT_USD,) if record.identity.currency == "USDT" else (USDT_USD, ETH_USDT)
    price = np.ones(record.rows)
    for key in needed:
        if not record.frame.has(key):
            return np.full(record.rows, np.nan)
        price = price * record.frame.values(key)[: record.rows]
    return price


def lent_equity(record: RunRecord) -> FloatArray:
    """Return what the same money would be in plain lending, by the index that is the hurdle.

    Parameters
    ----------
    record : RunRecord
        The run.

    Returns
    -------
    ndarray of shape (T,)
        Share-class currency, deposits and withdrawals made there as well; NaN throughout where
        the frame does not hold the index.

    Notes
    -----
    index * (capital / index[0] + sum(flows / index)).
    """
    key = HURDLE_SERIES[record.identity.share_class]
    if not record.frame.has(key):
        return np.full(record.rows, np.nan)
    index = record.frame.values(key)[: record.rows]
    units = record.identity.initial_capital / index[0]
    return np.asarray(index * (units + np.add.accumulate(record.flows / index)))


def pnl_table(record: RunRecord) -> pa.Table:
    """Return ``hourly_pnl.csv``.

    Parameters
    ----------
    record : RunRecord
        The run.

    Returns
    -------
    pyarrow.Table
        One row a timestep; share-class currency but for ``equity_usd``.
    """
    suffix = SUFFIXES[record.identity.currency]
    pnl = pnl_of(record)
    columns = {
        "equity": record.equity,
        "equity_usd": record.equity * usd_per_unit(record),
        "exit_equity": record.exit_equity,
        f"net_pnl_{suffix}": pnl,
        f"cumulative_pnl_{suffix}": np.add.accumulate(pnl),
        "nav_per_share": record.nav_per_share,
        "flows": record.flows,
        **{name: record.attribution[name] for name in CATEGORIES},
        "residual": record.residual,
        LENT: lent_equity(record),
    }
    return _stamped(record, {name: numbers_of(values) for name, values in columns.items()})


def exposure_table(record: RunRecord) -> pa.Table:
    """Return ``exposure.csv``.

    Parameters
    ----------
    record : RunRecord
        The run.

    Returns
    -------
    pyarrow.Table
        One row a timestep.
    """
    return _stamped(record, {name: numbers_of(x) for name, x in record.exposure.items()})


def risk_table(record: RunRecord) -> pa.Table:
    """Return ``risk.csv``.

    Parameters
    ----------
    record : RunRecord
        The run.

    Returns
    -------
    pyarrow.Table
        One row a timestep; ``level`` is OK, WARNING or CRITICAL.
    """
    columns = {name: numbers_of(values) for name, values in record.risk.items()}
    names = tuple(level.name for level in Level)
    columns["level"] = words_of(names, np.asarray(record.level).astype(np.intp))
    return _stamped(record, columns)


@dataclass(frozen=True, kw_only=True)
class BalanceLines:
    """The lines of a balance sheet over a run; a perp and its contracts are one.

    Parameters
    ----------
    keys : tuple of Instrument
        The lines, in column order.
    quantities, unit_prices, values : ndarray of shape (T, m)
        Units, share-class currency per unit, share-class currency.
    """

    keys: tuple[Instrument, ...]
    quantities: FloatArray
    unit_prices: FloatArray
    values: FloatArray

    @cached_property
    def held(self) -> np.ndarray:
        """Where a line has a quantity or a value, shape (T, m)."""
        return np.asarray((self.quantities != 0.0) | (self.values != 0.0))

    @cached_property
    def liabilities(self) -> np.ndarray:
        """Where a line is owed: a debt, or anything of negative value, shape (T, m)."""
        debts = np.array([key.kind is Kind.DEBT for key in self.keys], dtype=bool)
        return np.asarray((self.values < 0.0) | debts)


def balance_lines(record: RunRecord, *, since: int = 0) -> BalanceLines:
    """Return the lines of the balance sheet at every timestep from one on.

    Parameters
    ----------
    record : RunRecord
        The run.
    since : int
        The first timestep, from 0.

    Returns
    -------
    BalanceLines
        A perp's unit price is mark less average entry, its value the unrealised P&L.
    """
    instruments = record.frame.universe.instruments
    contracts = {_perp_of(x): i for i, x in enumerate(instruments) if x.kind is Kind.CONTRACTS}
    perps = {x for x in instruments if x.kind is Kind.PERP}
    columns = [
        i
        for i, x in enumerate(instruments)
        if x.kind is not Kind.CONTRACTS or _perp_of(x) not in perps
    ]
    quantities = record.quantities[since:, columns]
    values = record.values[since:, columns]
    prices = np.array(record.frame.unit_prices[since : record.rows, columns])
    for line, column in enumerate(columns):
        if instruments[column] in contracts:
            opened = record.values[since:, contracts[instruments[column]]]
            values[:, line] += opened
            prices[:, line] += _per_unit(opened, quantities[:, line])
    return BalanceLines(
        keys=tuple(instruments[i] for i in columns),
        quantities=quantities,
        unit_prices=prices,
        values=values,
    )


def balance_sheet_table(record: RunRecord) -> pa.Table:
    """Return ``balance_sheet.csv``.

    Parameters
    ----------
    record : RunRecord
        The run.

    Returns
    -------
    pyarrow.Table
        One row a timestep and non-zero line; values sum to equity at each timestep.
    """
    lines = balance_lines(record)
    rows, picks = np.nonzero(lines.held)
    stamps = stamp_times(record.frame.times[: record.rows])
    venues = tuple(dict.fromkeys(key.venue for key in lines.keys))
    venue_picks: IntArray = np.array([venues.index(key.venue) for key in lines.keys], dtype=np.intp)
    columns = {
        "timestamp": text_of(stamps[rows]),
        "line": words_of(tuple(str(key) for key in lines.keys), picks),
        "venue": words_of(venues, venue_picks[picks]),
        "quantity": numbers_of(lines.quantities[rows, picks]),
        "unit_price": numbers_of(lines.unit_prices[rows, picks]),
        "value": numbers_of(lines.values[rows, picks]),
        "side": words_of(SIDES, lines.liabilities[rows, picks].astype(np.intp)),
    }
    return pa.Table.from_arrays(list(columns.values()), names=list(columns))


def _perp_of(contracts: Instrument) -> Instrument:
    return Instrument(contracts.venue, Kind.PERP, contracts.symbol)


def _per_unit(values: FloatArray, quantities: FloatArray) -> FloatArray:
    held = quantities != 0.0
    empty = np.full(len(values), np.nan)
    return np.asarray(np.divide(values, quantities, out=empty, where=held))


def _stamped(record: RunRecord, columns: dict[str, pa.Array]) -> pa.Table:
    stamps = text_of(stamp_times(record.frame.times[: record.rows]))
    return pa.Table.from_arrays([stamps, *columns.values()], names=["timestamp", *columns])
