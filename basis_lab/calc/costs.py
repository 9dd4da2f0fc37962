"""Costs of acting: slippage by size, fees, gas; pure and broadcasting."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from basis_lab.domain.market import FloatArray
from basis_lab.domain.parameters import Bounds, Doc, Unit, parameters

BPS = 1e-4
GWEI = 1e-9


@parameters()
class CostParameters:
    """Which costs and frictions a run pays, and how much gas debt the wallet may carry."""

    enabled: Annotated[
        bool, Doc("pay fees, slippage, gas, flash premiums and transfer fees (false: all zero)")
    ]
    delays_enabled: Annotated[
        bool, Doc("transfers, queues and payouts take their time (false: they arrive at once)")
    ]
    venue_rules_enabled: Annotated[
        bool, Doc("lot steps, minimum sizes and initial-margin refusals apply (false: off)")
    ]
    gas_debt_limit: Annotated[
        float,
        Unit("fraction"),
        Bounds(0.0, 0.05),
        Doc("how far gas may drive native ETH below zero, as a share of equity"),
    ]


@parameters()
class SlippageTable:
    """Slippage by size: notional sizes, ascending, and the cost of a fill of each size."""

    sizes: Annotated[tuple[float, ...], Unit("quote currency"), Doc("notional of a fill")]
    bps: Annotated[tuple[float, ...], Unit("bps"), Doc("loss against the quote at that size")]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketTerms:
    """What trading one market at one venue costs and which sizes it takes, as in force in a run.

    Parameters
    ----------
    fee : float
        Taker fee, fraction of notional.
    sizes, bps : ndarray of shape (k,)
        Slippage table.
    lot : float
        Quantity step in base units; 0.0 where any size is taken.
    min_notional : float
        Smallest order value, quote currency.
    """

    fee: float
    sizes: FloatArray
    bps: FloatArray
    lot: float
    min_notional: float

    def slippage(self, notional: FloatArray) -> FloatArray:
        """Return the loss of a fill against the quote (fraction) by its notional (>= 0).

        Parameters
        ----------
        notional : ndarray of any shape
            Size of the fill in quote currency.

        Returns
        -------
        ndarray of the shape of ``notional``
            Fraction of the quote, >= 0; see ``slippage_fraction``.
        """
        return slippage_fraction(notional, self.sizes, self.bps)

    def round_down(self, quantity: float) -> float:
        """Return the largest number of whole lots not above a quantity (>= 0).

        Parameters
        ----------
        quantity : float
            Base units.

        Returns
        -------
        float
            Base units; ``quantity`` itself where any size is taken.
        """
        if self.lot == 0.0:
            return quantity
        return float(np.floor(quantity / self.lot * (1.0 + 1e-12)) * self.lot)

    def least_order(self, price: float) -> float:
        """Return the smallest order that is taken.

        Parameters
        ----------
        price : float
            Quote currency per base unit, above 0.

        Returns
        -------
        float
            Base units: whole lots, one at least, worth the least order value; 0 where any size
            is taken.
        """
        units = self.min_notional / price
        if self.lot == 0.0:
            return units
        return max(float(np.ceil(units / self.lot)), 1.0) * self.lot


def slippage_fraction(notional: FloatArray, sizes: FloatArray, bps: FloatArray) -> FloatArray:
    """Return the loss of a fill against the venue's quote.

    Parameters
    ----------
    notional : ndarray of any shape
        Size of the fill in quote currency, >= 0.
    sizes : ndarray of shape (k,)
        Table sizes, strictly ascending, > 0.
    bps : ndarray of shape (k,)
        Basis points at each size.

    Returns
    -------
    ndarray of the shape of ``notional``
        Fraction of the quote, >= 0.

    Notes
    -----
    Flat below the first size, linear in log size between two, and above the last one
    ``bps_k x sqrt(notional / size_k)``. Source: the square-root law of Donier and Bonart,
    arXiv 1412.4503; the tables are model constants of the venue files.
    """
    size = np.maximum(notional, sizes[0])
    within = np.interp(np.log(size), np.log(sizes), bps)
    fraction: FloatArray = within * np.sqrt(np.maximum(size / sizes[-1], 1.0)) * BPS
    return fraction


def gas_cost_native(gas_units: float, gas_price_gwei: FloatArray) -> FloatArray:
    """Return what a transaction costs in native coin.

    Parameters
    ----------
    gas_units : float
        Gas used.
    gas_price_gwei : ndarray
        Price per unit of gas, base fee and tip, in gwei.

    Returns
    -------
    ndarray
        Native coin (ETH), >= 0.
    """
    return gas_units * gas_price_gwei * GWEI
