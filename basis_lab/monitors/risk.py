"""How near the book is to its limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from basis_lab.calc import perps
from basis_lab.domain.arrays import ratio, sum_columns
from basis_lab.domain.instruments import IntArray
from basis_lab.domain.market import FloatArray, Window
from basis_lab.domain.reports import ExposureReport, Level, RiskReport
from basis_lab.monitors.limits import FloorLimits, RiskParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpAccount:
    """The columns and rules of one venue's derivatives account.

    Parameters
    ----------
    venue : str
        The venue.
    margin, perp, contracts : int
        Columns of the universe.
    mark : str
        The mark series.
    tiers : TierTable
        Maintenance margin tiers.
    """

    venue: str
    margin: int
    perp: int
    contracts: int
    mark: str
    tiers: perps.TierTable


class RiskMonitor:
    """Margin ratios, liquidation distances, delta drift and their levels.

    Parameters
    ----------
    parameters : RiskParameters
        Limits and which risks are watched.
    accounts : sequence of PerpAccount
        The derivatives accounts of the run.
    asset_prices : mapping of asset to series name or None
        Price of each exposed asset in share-class currency; None where it is that currency.
    """

    def __init__(
        self,
        parameters: RiskParameters,
        accounts: Sequence[PerpAccount],
        asset_prices: Mapping[str, str | None],
    ) -> None:
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
        usage: dict[str, FloatArray] = {}
        distance: dict[str, FloatArray] = {"aave": np.full(rows, np.nan)}
        levels: dict[str, IntArray] = {}
        for account in self.accounts:
            venue = account.venue
            margin[venue], usage[venue], distance[venue] = _account(window, account, exposure)
            if "margin_ratio" in self.parameters.enabled_risk_types:
                levels[f"margin_ratio:{venue}"] = _floor_level(
                    margin[venue], self.parameters.margin_ratio
                )
        return RiskReport(
            ltv=np.full(rows, np.nan),
            health_factor=np.full(rows, np.nan),
            margin_ratio=margin,
            maintenance_usage=usage,
            liquidation_distance=distance,
            delta_drift=self._delta_drift(window, exposure),
            level=_worst(levels, rows),
            levels=levels,
        )

    def _delta_drift(self, window: Window, exposure: ExposureReport) -> FloatArray:
        parts = []
        target = np.zeros(len(window))
        for asset, units in exposure.net_delta.items():
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


def _account(
    window: Window, account: PerpAccount, exposure: ExposureReport
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Margin ratio, maintenance usage and liquidation distance of one account."""
    quantity = exposure.quantities[:, account.perp]
    if not quantity.any():
        nothing = np.full(len(window), np.nan)
        return nothing, nothing, nothing
    mark = window.values(account.mark)
    cash = exposure.quantities[:, account.margin]
    contracts = exposure.quantities[:, account.contracts]
    notional = np.abs(quantity) * mark
    unrealised = perps.unrealised_pnl(quantity, mark, contracts)
    maintenance = perps.maintenance_margin(notional, account.tiers)
    price = perps.liquidation_price(quantity, contracts, cash, account.tiers)
    return (
        perps.margin_ratio(cash, unrealised, notional),
        perps.maintenance_usage(maintenance, cash + unrealised),
        perps.liquidation_distance(price, mark),
    )


def _floor_level(measure: FloatArray, limits: FloorLimits | None) -> IntArray:
    level = np.zeros(measure.shape, dtype=np.intp)
    if limits is not None:
        level[measure < limits.warning] = Level.WARNING
        level[measure < limits.critical] = Level.CRITICAL
    return level


def _worst(levels: Mapping[str, IntArray], rows: int) -> IntArray:
    worst = np.zeros(rows, dtype=np.intp)
    for level in levels.values():
        np.maximum(worst, level, out=worst)
    return worst
