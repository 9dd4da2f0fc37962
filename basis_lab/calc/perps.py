"""Linear, USDT-margined perpetuals: P&L, funding, margin, tiers, liquidation price.

Quantities are signed units of base (short negative); ``contracts`` is the quote notional that a
position was opened against, with the opposite sign of quantity x entry.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from basis_lab.domain.arrays import anywhere, everywhere, ratio
from basis_lab.domain.instruments import IntArray
from basis_lab.domain.market import BoolArray, FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class TierTable:
    """A maintenance margin table.

    Parameters
    ----------
    upper : ndarray of shape (k,)
        Notional up to which each tier applies, ascending, quote currency.
    rate : ndarray of shape (k,)
        Maintenance margin rate.
    amount : ndarray of shape (k,)
        Maintenance amount deducted (quote currency); zeros for venues without one.
    max_leverage : ndarray of shape (k,)
        Largest leverage at entry.

    Attributes
    ----------
    tiers : tuple of tuple of float
        Lower and upper notional, rate and amount of each tier, ascending.
    """

    upper: FloatArray
    rate: FloatArray
    amount: FloatArray
    max_leverage: FloatArray

    tiers: tuple[tuple[float, float, float, float], ...] = field(init=False)

    def __post_init__(self) -> None:
        lower = np.concatenate([[0.0], self.upper[:-1]])
        columns = (lower, self.upper, self.rate, self.amount)
        object.__setattr__(self, "tiers", tuple(zip(*(x.tolist() for x in columns), strict=True)))


def maintenance_amounts(upper: FloatArray, rate: FloatArray) -> FloatArray:
    """Return the amounts that make maintenance margin continuous over tiers.

    Parameters
    ----------
    upper, rate : ndarray of shape (k,)
        Upper notional and maintenance rate by tier.

    Returns
    -------
    ndarray of shape (k,)
        ``cum_k = floor_k x (rate_k - rate_(k-1)) + cum_(k-1)``.

    Notes
    -----
    Source: Binance FAQ "How to Calculate Liquidation Price of USD-M Futures Contracts".
    """
    steps = upper[:-1] * np.diff(rate)
    return np.concatenate([[0.0], np.add.accumulate(steps)])


def unrealised_pnl(quantity: FloatArray, mark: FloatArray, contracts: FloatArray) -> FloatArray:
    """Return quantity x mark + contracts, in quote currency.

    Parameters
    ----------
    quantity : ndarray
        Signed base units (short negative).
    mark : ndarray
        Mark price, quote per base.
    contracts : ndarray
        Quote notional account of the position.

    Returns
    -------
    ndarray
        Quote currency; a loss is negative.

    Notes
    -----
    ``quantity x (mark - entry)``, as ``contracts`` is ``-quantity x entry``; valued at the mark.
    Source: Binance FAQ "Liquidation Protocols".
    """
    return quantity * mark + contracts


def funding_payment(quantity: FloatArray, mark: FloatArray, rate: FloatArray) -> FloatArray:
    """Return the cash flow at a funding stamp.

    Parameters
    ----------
    quantity : ndarray
        Signed base units held before the stamp.
    mark : ndarray
        Mark price at the stamp, quote per base.
    rate : ndarray
        Funding rate of the interval (fraction); positive is paid by longs.

    Returns
    -------
    ndarray
        ``-quantity x mark x rate``, positive received.

    Notes
    -----
    Source: Binance FAQ 360033525031, funding of perpetual contracts.
    """
    return -(quantity * mark * rate)


def margin_ratio(cash: FloatArray, unrealised: FloatArray, notional: FloatArray) -> FloatArray:
    """Return (cash + unrealised) / notional, NaN without a position; notional >= 0.

    Parameters
    ----------
    cash : ndarray
        Margin cash, quote currency.
    unrealised : ndarray
        Unrealised P&L, quote currency.
    notional : ndarray
        Absolute quantity x mark, quote currency.

    Returns
    -------
    ndarray
        Fraction; negative where losses exceed the cash.
    """
    return ratio(cash + unrealised, notional)


def tier_of(notional: FloatArray, table: TierTable) -> IntArray:
    """Return the index of the tier of each notional (>= 0).

    Parameters
    ----------
    notional : ndarray
        Quote currency.
    table : TierTable
        The venue's table.

    Returns
    -------
    ndarray of int
        From 0; a tier's upper bound is in it, and the last tier has no end.
    """
    return np.minimum(np.searchsorted(table.upper, notional, side="left"), len(table.upper) - 1)


def maintenance_margin(notional: FloatArray, table: TierTable) -> FloatArray:
    """Return the maintenance margin of a notional.

    Parameters
    ----------
    notional : ndarray
        Quantity x mark, >= 0, quote currency.
    table : TierTable
        The venue's table.

    Returns
    -------
    ndarray
        ``notional x rate - amount`` of its tier, quote currency.

    Notes
    -----
    Source: Binance FAQ "How to Calculate Liquidation Price of USD-M Futures Contracts".
    """
    tier = tier_of(notional, table)
    return notional * table.rate[tier] - table.amount[tier]


def maintenance_usage(maintenance: FloatArray, equity: FloatArray) -> FloatArray:
    """Return maintenance margin / equity; a venue liquidates at 1.

    NaN without a position, inf where equity is used up.

    Parameters
    ----------
    maintenance : ndarray of shape (W,)
        Maintenance margin, quote currency, >= 0.
    equity : ndarray of shape (W,)
        Margin cash and unrealised P&L, quote currency.

    Returns
    -------
    ndarray of shape (W,)
        Fraction, >= 0.

    Notes
    -----
    Source: Binance FAQ "Liquidation Protocols", the margin ratio of cross margin.
    """
    result = ratio(maintenance, equity)
    result[equity <= 0.0] = np.inf
    result[maintenance == 0.0] = np.nan
    return result


def initial_margin(notional: FloatArray, table: TierTable) -> FloatArray:
    """Return notional / largest leverage of its tier, quote currency.

    Parameters
    ----------
    notional : ndarray
        Absolute quantity x mark, quote currency.
    table : TierTable
        The venue's table.

    Returns
    -------
    ndarray
        Quote currency, >= 0.
    """
    return notional / table.max_leverage[tier_of(notional, table)]


def liquidation_price(
    quantity: FloatArray, contracts: FloatArray, cash: FloatArray, table: TierTable
) -> FloatArray:
    """Return the mark at which equity equals maintenance margin.

    Parameters
    ----------
    quantity : ndarray of shape (W,) or (1,)
        Signed base units.
    contracts : ndarray of shape (W,) or (1,)
        Quote notional account of the position.
    cash : ndarray of shape (W,)
        Margin cash.
    table : TierTable
        The venue's tiers; the tier at the liquidation price counts.

    Returns
    -------
    ndarray of shape (W,)
        Quote per base; NaN without a position, 0 for a long that no fall can liquidate. Where a
        table has jumps, the price that is met first coming from a safe one.

    Notes
    -----
    ``cash + q P + contracts = |q| P rate - amount``. Source: Binance FAQ "How to Calculate
    Liquidation Price of USD-M Futures Contracts".
    """
    free = cash + contracts
    if everywhere(quantity < 0.0):
        return _shorts(-quantity, free, table)
    quantity = np.broadcast_to(quantity, free.shape)
    price = np.full(free.shape, np.nan)
    for side, concerned in ((_shorts, quantity < 0.0), (_longs, quantity > 0.0)):
        price[concerned] = side(np.abs(quantity[concerned]), free[concerned], table)
    return price


def _shorts(size: FloatArray, free: FloatArray, table: TierTable) -> FloatArray:
    """Return the prices of shorts of some size, tier by tier from below."""
    tiers = (
        ((free + amount) / (size * (1.0 + rate)), lower / size, upper)
        for lower, upper, rate, amount in table.tiers
    )
    return _first_met(
        (np.maximum(root, least), root * size > upper) for root, least, upper in tiers
    )


def _longs(size: FloatArray, free: FloatArray, table: TierTable) -> FloatArray:
    """Return the prices of longs of some size, tier by tier from above."""
    last = table.tiers[-1][1]
    tiers = (
        (-(free + amount) / (size * (1.0 - rate)), np.inf if upper == last else upper / size, lower)
        for lower, upper, rate, amount in reversed(table.tiers)
    )
    return _first_met(
        (np.maximum(np.minimum(root, most), 0.0), root * size < lower)
        for root, most, lower in tiers
    )


def _first_met(tiers: Iterable[tuple[FloatArray, BoolArray]]) -> FloatArray:
    """Return each row's price by the first tier that it does not lie beyond, else by the last."""
    coming = iter(tiers)
    price, beyond = next(coming)
    while anywhere(beyond):
        following = next(coming, None)
        if following is None:
            break
        price = np.where(beyond, following[0], price)
        beyond &= following[1]
    return price


def liquidation_distance(price: FloatArray, mark: FloatArray) -> FloatArray:
    """Return liquidation price / mark - 1, NaN without a position.

    Parameters
    ----------
    price : ndarray
        Liquidation price, quote per base.
    mark : ndarray
        Mark price, quote per base.

    Returns
    -------
    ndarray
        Fraction; above 0 for a short and below 0 for a long that stands safe.
    """
    return price / mark - 1.0
