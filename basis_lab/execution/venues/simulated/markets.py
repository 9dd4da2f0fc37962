"""Markets of a simulated exchange and the arithmetic of its orders."""

from dataclasses import dataclass

import numpy as np

from basis_lab.calc import perps
from basis_lab.calc.costs import MarketTerms
from basis_lab.domain.instructions import (
    Cause,
    ExecutionResult,
    Movement,
    PerpTrade,
    SpotTrade,
    Status,
)
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.market import BoolArray, FloatArray, Window
from basis_lab.domain.statements import ScheduledFlows
from basis_lab.errors import (
    BelowMinimumError,
    InsufficientMarginError,
    SlippageBoundError,
    UnsupportedInstructionError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotMarket:
    """One spot market: its coins, its last-trade series, its terms."""

    base: Instrument
    quote: Instrument
    last: str
    terms: MarketTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpMarket:
    """One perp market: its lines, its series, its terms and tiers.

    ``low`` and ``high`` are the mark's extremes of the bar that ended at each timestep, ``mark``
    its open; ``rate`` is the funding stamped at each timestep, NaN where none is.
    """

    perp: Instrument
    contracts: Instrument
    margin: Instrument
    last: str
    mark: str
    high: str
    low: str
    rate: str
    terms: MarketTerms
    tiers: perps.TierTable
    liquidation_fee: float
    checks_margin: bool


@dataclass(slots=True)
class Position:
    """What an exchange remembers of a position: signed size and average entry price."""

    size: float = 0.0
    entry: float = 0.0


@dataclass(frozen=True, slots=True)
class Traded:
    """A position after a trade, and the P&L that the trade realised (quote currency)."""

    position: Position
    realised: float


def traded(position: Position, quantity: float, price: float) -> Traded:
    """Average the entry on increases, keep it on decreases; a flip closes and opens.

    Parameters
    ----------
    position : Position
        Before the trade.
    quantity : float
        Signed base units, a sale negative.
    price : float
        Of the fill, quote per base.

    Returns
    -------
    Traded
        The position after it, and the P&L of what it closed (quote currency).
    """
    size, after = position.size, position.size + quantity
    if size * quantity >= 0.0:
        notional = size * position.entry + quantity * price
        return Traded(Position(after, notional / after), 0.0)
    closed = -size if abs(quantity) >= abs(size) else quantity
    realised = -closed * (price - position.entry)
    if after == 0.0:
        return Traded(Position(), realised)
    entry = position.entry if after * size > 0.0 else price
    return Traded(Position(after, entry), realised)


def funding_flows(venue: str, market: PerpMarket, size: float, window: Window) -> ScheduledFlows:
    """Return the funding of a position inside a window; it would be paid at each stamp.

    Parameters
    ----------
    venue : str
        Who books them.
    market : PerpMarket
        The lines and the series of marks and rates.
    size : float
        Signed base units held through the window.
    window : Window
        The rows.

    Returns
    -------
    ScheduledFlows
        Quote currency by stamp, positive received; see ``perps.funding_payment``.
    """
    rates = window.values(market.rate)
    (at,) = (rates == rates).nonzero()  # noqa: PLR0124 - not NaN
    mark = window.values(market.mark)[at]
    return ScheduledFlows(
        venue=venue,
        instrument=market.margin,
        about=market.perp,
        cause=Cause.FUNDING,
        rows=window.start + at,
        quantity=perps.funding_payment(np.array([size]), mark, rates[at]),
        price=mark,
        rate=rates[at],
    )


def liquidation_price(market: PerpMarket, position: Position, cash: FloatArray) -> FloatArray:
    """Return the mark that liquidates a position, by the cash before each row, shape (W,).

    Parameters
    ----------
    market : PerpMarket
        Whose tiers apply.
    position : Position
        Size and entry.
    cash : ndarray of shape (W,)
        Margin cash, quote currency.

    Returns
    -------
    ndarray of shape (W,)
        Quote per base; see ``perps.liquidation_price``.
    """
    size = np.array([position.size])
    contracts = np.array([-(position.size * position.entry)])
    return perps.liquidation_price(size, contracts, cash, market.tiers)


def crosses(market: PerpMarket, position: Position, window: Window, price: FloatArray) -> BoolArray:
    """Tell where the bar that ended reached a price on the side that hurts, shape (W,).

    Parameters
    ----------
    market : PerpMarket
        Whose mark extremes count.
    position : Position
        A short is hurt by the high, a long by the low.
    window : Window
        The rows.
    price : ndarray of shape (W,) or (1,)
        Quote per base.

    Returns
    -------
    ndarray of bool, shape (W,)
        A touch counts; False at a price of NaN.
    """
    if position.size < 0.0:
        return window.values(market.high) >= price
    return window.values(market.low) <= price


def fill_price(
    quantity: float, quote: float, terms: MarketTerms, bound: float, venue: str
) -> float:
    """Return the price of a fill: the quote moved against us by the slippage of its size.

    Parameters
    ----------
    quantity : float
        Signed base units, a sale negative.
    quote : float
        Last price, quote per base.
    terms : MarketTerms
        With the slippage table.
    bound : float
        Largest slippage that the decision allows (fraction).
    venue : str
        For the message.

    Returns
    -------
    float
        Quote per base.

    Raises
    ------
    SlippageBoundError
        If the slippage is above ``bound`` (fraction).
    """
    slippage = float(terms.slippage(np.array([abs(quantity) * quote]))[0])
    if slippage > bound:
        raise SlippageBoundError(
            "the fill would be worse than the decision allows",
            where=venue,
            value=f"slippage {slippage:.6f}, allowed {bound:.6f}",
            remedy="split the order, or allow more",
        )
    return quote * (1.0 + slippage) if quantity > 0.0 else quote * (1.0 - slippage)


def check_size(quantity: float, quote: float, terms: MarketTerms, what: str) -> None:
    """Refuse a quantity that is no whole number of lots, or under the minimum value.

    Parameters
    ----------
    quantity : float
        Signed base units.
    quote : float
        Last price, quote per base.
    terms : MarketTerms
        Lot and minimum.
    what : str
        For the message.

    Raises
    ------
    BelowMinimumError
        With the size and what the venue takes.
    """
    if not np.isfinite(quantity):
        raise BelowMinimumError(
            "the quantity is not a number",
            where=what,
            value=quantity,
            remedy="give a finite quantity",
        )
    lots = abs(quantity) / terms.lot if terms.lot else 0.0
    if abs(lots - round(lots)) > 1e-6 * max(1.0, lots):
        raise BelowMinimumError(
            "the quantity is not a whole number of lots",
            where=what,
            value=f"{abs(quantity)!r} at lots of {terms.lot!r}",
            remedy="round the quantity down to the lot",
        )
    if quantity == 0.0 or abs(quantity) * quote < terms.min_notional:
        raise BelowMinimumError(
            "the order is under the venue's minimum",
            where=what,
            value=f"{abs(quantity) * quote:.2f} of at least {terms.min_notional:.2f}",
            remedy="use more capital, or fewer venues in hedge_allocation",
        )


def check_initial_margin(market: PerpMarket, position: Position, cash: float, mark: float) -> None:
    """Refuse a position whose equity would be under its initial margin.

    Parameters
    ----------
    market : PerpMarket
        Whose tiers apply.
    position : Position
        As it would be.
    cash : float
        Margin cash as it would be, quote currency.
    mark : float
        Mark price, quote per base.

    Raises
    ------
    InsufficientMarginError
        With equity and the margin needed.
    """
    notional = np.array([abs(position.size) * mark])
    equity = cash + position.size * (mark - position.entry)
    needed = float(perps.initial_margin(notional, market.tiers)[0])
    if equity < needed:
        raise InsufficientMarginError(
            "the margin account cannot carry the position",
            where=str(market.margin),
            value=f"equity {equity:.2f}, initial margin {needed:.2f}",
            remedy="move margin there first, or trade less",
        )


def no_market(venue: str, what: str) -> UnsupportedInstructionError:
    """Return the refusal of a market that the run does not have.

    Parameters
    ----------
    venue : str
        Who refuses.
    what : str
        The market that was asked for.

    Returns
    -------
    UnsupportedInstructionError
        To be raised by the caller.
    """
    return UnsupportedInstructionError(
        f"{venue} has no such market in this run",
        where=venue,
        value=what,
        remedy="name a market of the venue file",
    )


def filled(
    order: SpotTrade | PerpTrade, quantity: float, price: float, quote: float, fee: Movement
) -> ExecutionResult:
    """Return the result of a filled order.

    Parameters
    ----------
    order : SpotTrade or PerpTrade
        What was asked for.
    quantity : float
        Signed base units.
    price, quote : float
        Of the fill, and the last price before slippage; quote per base.
    fee : Movement
        Taken in the coin received, or from margin.

    Returns
    -------
    ExecutionResult
        Its one movement is the fee.
    """
    return ExecutionResult(
        status=Status.FILLED,
        instruction=order,
        movements=(fee,),
        quantity=quantity,
        price=price,
        quote_price=quote,
    )
