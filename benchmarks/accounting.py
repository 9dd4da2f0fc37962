"""The same accounting written by hand, twice: with numpy, and in plain Python.

Both replay the fills of a run hour by hour from prices and funding alone. They know nothing of
books, venues or attribution, so that their agreement with the engine is a check of its result.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from basis_lab.domain import series
from basis_lab.domain.events import Event, EventType
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.domain.market import FloatArray
from basis_lab.results.record import RunRecord

QUOTE = "USDT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One fill as an exchange's statement tells it.

    Parameters
    ----------
    row : int
        The hour.
    is_perp : bool
        A perp, else spot.
    quantity, price : float
        Signed units and quote per unit.
    fee_base, fee_quote : float
        What was taken in coin and in cash, >= 0.
    """

    row: int
    is_perp: bool
    quantity: float
    price: float
    fee_base: float
    fee_quote: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Hourly prices of one hedge.

    Parameters
    ----------
    spot, mark : ndarray of shape (T,)
        Quote per unit.
    rate : ndarray of shape (T,)
        Funding at its stamps, 0 elsewhere; positive is received by shorts.
    """

    spot: FloatArray
    mark: FloatArray
    rate: FloatArray


def market_of(record: RunRecord, venue: str, asset: str) -> Market:
    """Return the prices that a run saw.

    Parameters
    ----------
    record : RunRecord
        The run.
    venue, asset : str
        Where the hedge is held, and of what.

    Returns
    -------
    Market
        Of every hour of the run.
    """
    frame = record.frame
    return Market(
        spot=frame.values(series.spot(venue, asset)),
        mark=frame.values(series.mark(venue, asset)),
        rate=np.nan_to_num(frame.values(series.funding(venue, asset))),
    )


def fills_of(record: RunRecord) -> tuple[Fill, ...]:
    """Return the fills of a run from its event log.

    Parameters
    ----------
    record : RunRecord
        A run without liquidations and without transfer fees.

    Returns
    -------
    tuple of Fill
        In the order of execution.
    """
    trades = [x for x in record.log if isinstance(x, Event) and x.event_type is EventType.TRADE]
    return tuple(_fill(x) for x in trades)


def _fill(trade: Event) -> Fill:
    fees = {"base": 0.0, "quote": 0.0}
    movements = trade.details["movements"]
    assert isinstance(movements, list)  # noqa: S101 - the log's own form
    for key, quantity, cause in movements:
        if cause == "fee":
            fees["quote" if Instrument.parse(key).symbol == QUOTE else "base"] -= quantity
    return Fill(
        row=trade.row,
        is_perp=Instrument.parse(trade.instrument).kind is Kind.PERP,
        quantity=trade.quantity,
        price=trade.price,
        fee_base=fees["base"],
        fee_quote=fees["quote"],
    )


def by_numpy(
    capital: float, fills: Sequence[Fill], market: Market
) -> tuple[FloatArray, FloatArray]:
    """Account with arrays.

    Parameters
    ----------
    capital : float
        Quote currency at the beginning.
    fills : sequence of Fill
        In order.
    market : Market
        T hours.

    Returns
    -------
    equity, pnl : ndarray of shape (T,)
        After the fills of each hour, and its change; the first hour's from the capital.
    """
    rows = len(market.spot)
    coins, contracts, cash = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    for fill in fills:
        cash[fill.row] -= fill.quantity * fill.price + fill.fee_quote
        target = contracts if fill.is_perp else coins
        target[fill.row] += fill.quantity - fill.fee_base
    held = np.cumsum(contracts)
    before = np.concatenate([[0.0], held[:-1]])
    cash -= before * market.mark * market.rate
    equity = capital + np.cumsum(cash) + np.cumsum(coins) * market.spot + held * market.mark
    return equity, np.diff(equity, prepend=capital)


def by_plain_python(
    capital: float, fills: Sequence[Fill], market: Market
) -> tuple[list[float], list[float]]:
    """Account hour by hour, one number at a time.

    Parameters
    ----------
    capital : float
        Quote currency at the beginning.
    fills : sequence of Fill
        In order.
    market : Market
        T hours.

    Returns
    -------
    equity, pnl : list of float
        After the fills of each hour, and its change; the first hour's from the capital.
    """
    waiting = sorted(fills, key=lambda fill: fill.row, reverse=True)
    prices = zip(market.spot.tolist(), market.mark.tolist(), market.rate.tolist(), strict=True)
    cash, coins, contracts, last = capital, 0.0, 0.0, capital
    equity: list[float] = []
    pnl: list[float] = []
    for row, (spot, mark, rate) in enumerate(prices):
        cash -= contracts * mark * rate
        while waiting and waiting[-1].row == row:
            fill = waiting.pop()
            cash -= fill.quantity * fill.price + fill.fee_quote
            if fill.is_perp:
                contracts += fill.quantity
            else:
                coins += fill.quantity - fill.fee_base
        worth = cash + coins * spot + contracts * mark
        equity.append(worth)
        pnl.append(worth - last)
        last = worth
    return equity, pnl
