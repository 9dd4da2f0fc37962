"""How near the book is to its limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from basis_lab.calc import aave, perps
from basis_lab.domain.arrays import anywhere, ratio, sum_columns
from basis_lab.domain.dated import DatedRows
from basis_lab.domain.instruments import IntArray
from basis_lab.domain.market import BoolArray, FloatArray, Window
from basis_lab.domain.reports import ExposureReport, LiquidationReport, RiskReport
from basis_lab.monitors.limits import CeilingLimits, FloorLimits, RiskParameters

DIVERGENCE = "price_divergence"

Values = Callable[[str], FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpAccount:
    """The columns and rules of one venue's derivatives account.

    Parameters
    ----------
    venue : str
        The venue.
    margin, perp, contracts : int
        Columns of the universe.
    mark, spot : str
        The mark series, and that of the underlying.
    tiers : TierTable
        Maintenance margin tiers.
    """

    venue: str
    margin: int
    perp: int
    contracts: int
    mark: str
    spot: str
    tiers: perps.TierTable


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolAccount:
    """The columns of the loan at a lending pool.

    Parameters
    ----------
    collateral : mapping of column to DatedRows
        Liquidation threshold of each line of supply, by date.
    debt : tuple of int
        Columns of debt.
    """

    collateral: Mapping[int, DatedRows]
    debt: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationCase:
    """One account after each of several moves of its mark.

    Parameters
    ----------
    mark, margin_ratio, maintenance_usage : ndarray of shape (k,)
        After the move; NaN without a position.
    liquidated : ndarray of bool, shape (k,)
        True where the move reaches the liquidation price.
    equity_left : ndarray of shape (k,)
        Cash and unrealised P&L after the move, or at the liquidation price where it is reached
        (before the clearance fee), quote currency.
    """

    mark: FloatArray
    margin_ratio: FloatArray
    maintenance_usage: FloatArray
    liquidated: BoolArray
    equity_left: FloatArray


class RiskMonitor:
    """Margin ratios, liquidation distances, delta drift and their levels.

    Parameters
    ----------
    parameters : RiskParameters
        Limits and which risks are watched.
    accounts : sequence of PerpAccount
        The derivatives accounts of the run.
    pool : PoolAccount
        The loan, if any.
    asset_prices : mapping of asset to series name or None
        Price of each asset whose delta counts, in share-class currency; None where it is that
        currency.
    """

    def __init__(
        self,
        parameters: RiskParameters,
        accounts: Sequence[PerpAccount],
        pool: PoolAccount,
        asset_prices: Mapping[str, str | None],
    ) -> None:
        self._pool = pool
        self.parameters = parameters
        self.accounts = tuple(accounts)
        self._asset_prices = dict(asset_prices)

    def assess_risk(self, window: Window, exposure: ExposureReport) -> RiskReport:
        """Measure the risks of a window.

        Parameters
        ----------
        window : Window
            The rows.
        exposure : ExposureReport
            The book's values over them.

        Returns
        -------
        RiskReport
            NaN where a measure does not apply.
        """
        rows = len(window)
        margin: dict[str, FloatArray] = {}
        ltv, factor = self._loan(window, exposure)
        apart: dict[str, FloatArray] = {}
        levels: dict[tuple[str, str], IntArray] = {}
        if "health_factor" in self.parameters.enabled_risk_types:
            levels["health_factor", "aave"] = _floor_level(factor, self.parameters.health_factor)
        if "ltv" in self.parameters.enabled_risk_types:
            levels["ltv", "aave"] = _ceiling_level(ltv, self.parameters.ltv)
        for account in self.accounts:
            venue = account.venue
            margin[venue] = _margin_ratio(window.values, account, exposure.quantities)
            if "margin_ratio" in self.parameters.enabled_risk_types:
                levels["margin_ratio", venue] = _floor_level(
                    margin[venue], self.parameters.margin_ratio
                )
            if "price_divergence" in self.parameters.enabled_risk_types:
                apart[venue] = np.abs(window.values(account.mark) / window.values(account.spot) - 1)
                levels[DIVERGENCE, venue] = _ceiling_level(
                    apart[venue], self.parameters.price_divergence
                )
        return RiskReport(
            ltv=ltv,
            health_factor=factor,
            margin_ratio=margin,
            delta_drift=self._delta_drift(window, exposure),
            divergence=apart,
            level=_worst(levels, rows),
            levels=levels,
            liquidation=lambda: self.assess_liquidation(window.values, exposure.quantities, factor),
        )

    def assess_liquidation(
        self, values: Values, quantities: FloatArray, factor: FloatArray
    ) -> LiquidationReport:
        """Measure how near liquidation is, at any rows.

        Parameters
        ----------
        values : callable
            Returns a series at these rows, by its name.
        quantities : ndarray of shape (W, n)
            Units held at each.
        factor : ndarray of shape (W,)
            The loan's health factor, NaN without one.

        Returns
        -------
        LiquidationReport
            NaN where there is nothing to liquidate.
        """
        usage: dict[str, FloatArray] = {}
        distance: dict[str, FloatArray] = {"aave": ratio(np.ones(len(factor)), factor) - 1.0}
        for x in self.accounts:
            usage[x.venue], distance[x.venue] = _liquidation(values, x, quantities)
        return LiquidationReport(maintenance_usage=usage, liquidation_distance=distance)

    def _loan(self, window: Window, exposure: ExposureReport) -> tuple[FloatArray, FloatArray]:
        """LTV and health factor; NaN without debt."""
        owed = [i for i in self._pool.debt if anywhere(exposure.quantities[:, i])]
        if not owed:
            nothing = np.full(len(window), np.nan)
            return nothing, nothing.copy()
        values = exposure.values
        debt = sum_columns([-values[:, i] for i in owed], len(window))
        lines = self._pool.collateral
        supply = sum_columns([values[:, i] for i in lines], len(window))
        weighted = sum_columns(
            [values[:, i] * rows.at(window.times) for i, rows in lines.items()], len(window)
        )
        factor = aave.health_factor(weighted, debt)
        ltv = aave.loan_to_value(debt, supply)
        ltv[debt == 0.0] = np.nan
        factor[debt == 0.0] = np.nan
        return ltv, factor

    def simulate_liquidation(
        self, window: Window, exposure: ExposureReport, move: FloatArray
    ) -> dict[str, LiquidationCase]:
        """Tell what a move of every mark would do to each derivatives account.

        Parameters
        ----------
        window : Window
            One row.
        exposure : ExposureReport
            The book there.
        move : ndarray of shape (k,)
            Moves of the mark as fractions (0.5 is +50 %), tried one by one.

        Returns
        -------
        dict of venue to LiquidationCase
            Arrays of shape (k,): the same formulas that the venue liquidates by.
        """
        return {x.venue: _what_if(window, x, exposure, move) for x in self.accounts}

    def _delta_drift(self, window: Window, exposure: ExposureReport) -> FloatArray:
        parts = []
        target = np.zeros(len(window))
        for asset, units in exposure.net_delta.items():
            if asset not in self._asset_prices:  # rewards: dust, sold and never hedged
                continue
            price = self._asset_prices[asset]
            if price is None:
                parts.append(units)
                target = exposure.equity
            else:
                parts.append(units * window.values(price))
        return ratio(sum_columns(parts, len(window)) - target, exposure.equity)

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        if "margin_ratio" in self.parameters.enabled_risk_types and not self.accounts:
            return "margin_ratio is watched but the run has no derivatives account"
        return ""


def _margin_ratio(values: Values, account: PerpAccount, quantities: FloatArray) -> FloatArray:
    quantity = quantities[:, account.perp]
    if not anywhere(quantity):
        return np.full(len(quantity), np.nan)
    mark = values(account.mark)
    unrealised = perps.unrealised_pnl(quantity, mark, quantities[:, account.contracts])
    return perps.margin_ratio(quantities[:, account.margin], unrealised, np.abs(quantity) * mark)


def _liquidation(
    values: Values, account: PerpAccount, quantities: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Maintenance usage and liquidation distance of one account."""
    quantity = quantities[:, account.perp]
    if not anywhere(quantity):
        nothing = np.full(len(quantity), np.nan)
        return nothing, nothing
    mark = values(account.mark)
    cash = quantities[:, account.margin]
    contracts = quantities[:, account.contracts]
    maintenance = perps.maintenance_margin(np.abs(quantity) * mark, account.tiers)
    unrealised = perps.unrealised_pnl(quantity, mark, contracts)
    price = perps.liquidation_price(quantity, contracts, cash, account.tiers)
    return (
        perps.maintenance_usage(maintenance, cash + unrealised),
        perps.liquidation_distance(price, mark),
    )


def _what_if(
    window: Window, account: PerpAccount, exposure: ExposureReport, move: FloatArray
) -> LiquidationCase:
    quantity = np.full(move.shape, exposure.quantities[-1, account.perp])
    contracts = np.full(move.shape, exposure.quantities[-1, account.contracts])
    cash = np.full(move.shape, exposure.quantities[-1, account.margin])
    mark = window.values(account.mark)[-1] * (1.0 + move)
    price = perps.liquidation_price(quantity, contracts, cash, account.tiers)
    liquidated = np.where(quantity < 0.0, mark >= price, mark <= price)
    notional = np.abs(quantity) * mark
    unrealised = perps.unrealised_pnl(quantity, mark, contracts)
    closed = np.where(liquidated, price, mark)
    return LiquidationCase(
        mark=mark,
        margin_ratio=perps.margin_ratio(cash, unrealised, notional),
        maintenance_usage=perps.maintenance_usage(
            perps.maintenance_margin(notional, account.tiers), cash + unrealised
        ),
        liquidated=liquidated,
        equity_left=cash + perps.unrealised_pnl(quantity, closed, contracts),
    )


# A level counts the limits that are passed: none is OK, the warning's, the critical one's too.


def _floor_level(measure: FloatArray, limits: FloorLimits | None) -> IntArray:
    if limits is None:
        return np.zeros(measure.shape, dtype=np.intp)
    return np.add(measure < limits.warning, measure < limits.critical, dtype=np.intp)


def _ceiling_level(measure: FloatArray, limits: CeilingLimits | None) -> IntArray:
    if limits is None:
        return np.zeros(measure.shape, dtype=np.intp)
    return np.add(measure > limits.warning, measure > limits.critical, dtype=np.intp)


def _worst(levels: Mapping[tuple[str, str], IntArray], rows: int) -> IntArray:
    """Return the worst level; data that diverge are a flag, not a risk of the book."""
    worst = np.zeros(rows, dtype=np.intp)
    for (measure, _), level in levels.items():
        if measure != DIVERGENCE:
            np.maximum(worst, level, out=worst)
    return worst
