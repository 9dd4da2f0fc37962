"""Reserves of a simulated lending pool, and what an account at it is worth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from basis_lab.calc import aave
from basis_lab.domain.arrays import sum_columns
from basis_lab.domain.dated import DatedRows
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.market import FloatArray, Window
from basis_lab.errors import InsufficientLiquidityError


@dataclass(frozen=True, slots=True, kw_only=True)
class CollateralTerms:
    """What counts against collateral, by date: fractions of its value."""

    ltv: DatedRows
    threshold: DatedRows
    bonus: DatedRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """One asset of the pool.

    Parameters
    ----------
    token : Instrument
        The wallet's token.
    supply_index, borrow_index : str
        Index series.
    rate, price : str or None
        Series whose product is the oracle price in share-class currency; None stands for one.
    terms : CollateralTerms
        Of the token as collateral, by date.
    supplied, borrowed : str
        Series of the reserve's totals in token units; where a run's data has none, liquidity is
        not tested.
    """

    token: Instrument
    supply_index: str
    borrow_index: str
    rate: str | None
    price: str | None
    terms: CollateralTerms
    supplied: str
    borrowed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The lines of a run at a pool.

    Parameters
    ----------
    collateral, debt : mapping of Instrument to Reserve
        Lines of supply and of debt.
    usd : tuple of str
        Series whose product is USD per unit of share currency; rules in USD are not applied
        where the run's data lack one.
    """

    collateral: Mapping[Instrument, Reserve]
    debt: Mapping[Instrument, Reserve]
    usd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """An account over the rows of a window, each ndarray of shape (W,), share currency.

    ``weighted`` is collateral by liquidation threshold, ``borrowable`` by LTV.
    """

    weighted: FloatArray
    borrowable: FloatArray
    debt: FloatArray

    @property
    def health_factor(self) -> FloatArray:
        """Weighted collateral over debt; inf without debt."""
        return aave.health_factor(self.weighted, self.debt)


def account(scaled: Mapping[Instrument, float], lines: Lines, window: Window) -> Account:
    """Value what is held and owed.

    Parameters
    ----------
    scaled : mapping of Instrument to float
        Scaled balances, of supply and of debt.
    lines : Lines
        Their reserves.
    window : Window
        The rows.

    Returns
    -------
    Account
        At the oracle prices of each row. Without debt only debt is worked out.
    """
    rows = len(window)
    owed = [
        underlying(scaled[line], reserve.borrow_index, window) * oracle_price(reserve, window)
        for line, reserve in lines.debt.items()
        if scaled[line]
    ]
    weighted: list[FloatArray] = []
    borrowable: list[FloatArray] = []
    for line, reserve in lines.collateral.items() if owed else ():
        if scaled[line]:
            units = underlying(scaled[line], reserve.supply_index, window)
            value = units * oracle_price(reserve, window)
            weighted.append(value * reserve.terms.threshold.at(window.times))
            borrowable.append(value * reserve.terms.ltv.at(window.times))
    return Account(
        sum_columns(weighted, rows), sum_columns(borrowable, rows), sum_columns(owed, rows)
    )


def underlying(scaled: float, index: str, window: Window) -> FloatArray:
    """Return the token units of a scaled balance at each row, shape (W,).

    Parameters
    ----------
    scaled : float
        Scaled units.
    index : str
        Index series.
    window : Window
        The rows.

    Returns
    -------
    ndarray of shape (W,)
        Token units.
    """
    return aave.underlying_from_scaled(np.full(len(window), scaled), window.values(index))


def scale(units: float, index: str, market: Window) -> float:
    """Return the scaled balance of token units at a window's last row.

    Parameters
    ----------
    units : float
        Token units.
    index : str
        Index series.
    market : Window
        Whose last row is now.

    Returns
    -------
    float
        Scaled units.
    """
    at = market.values(index)[-1:]
    return float(aave.scaled_from_underlying(np.array([units]), at)[0])


def oracle_price(reserve: Reserve, window: Window) -> FloatArray:
    """Return the oracle price of a reserve's token in share currency, shape (W,).

    Parameters
    ----------
    reserve : Reserve
        With its rate and price series.
    window : Window
        The rows.

    Returns
    -------
    ndarray of shape (W,)
        Rate times price; no market quote of a staking token enters.
    """
    price = np.ones(len(window))
    for name in (reserve.rate, reserve.price):
        if name is not None:
            price = price * window.values(name)
    return price


def check_liquidity(reserve: Reserve, quantity: float, market: Window) -> None:
    """Refuse what a reserve cannot pay out now; not tested where the data has no totals.

    Parameters
    ----------
    reserve : Reserve
        Which.
    quantity : float
        Token units asked for.
    market : Window
        Whose last row is now.

    Raises
    ------
    InsufficientLiquidityError
        With what is available.
    """
    if not (market.has(reserve.supplied) and market.has(reserve.borrowed)):
        return
    supplied = float(market.values(reserve.supplied)[-1])
    borrowed = float(market.values(reserve.borrowed)[-1])
    if quantity > supplied - borrowed:
        raise InsufficientLiquidityError(
            "the pool cannot pay that much out now",
            where=str(reserve.token),
            value=f"asked {quantity:.6f}, available {supplied - borrowed:.6f}",
            remedy="take it in parts, or wait until borrowers repay",
        )
