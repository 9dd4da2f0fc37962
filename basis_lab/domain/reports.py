"""What the monitors report: frozen, arrays with named columns, one row a timestep."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from basis_lab.domain.instruments import IntArray
from basis_lab.domain.market import FloatArray

Key = TypeVar("Key")


def _cut(columns: Mapping[Key, FloatArray], keep: slice) -> dict[Key, FloatArray]:
    return {name: column[keep] for name, column in columns.items()}


class Level(IntEnum):
    """How a risk measure stands."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


# Attribution categories in the order of SURFACES section 4.
CATEGORIES: tuple[str, ...] = (
    "supply_yield",
    "borrow_cost",
    "staking_yield",
    "reward",
    "funding",
    "basis",
    "delta",
    "peg",
    "fee",
    "slippage",
    "gas",
    "flash_premium",
    "transfer_fee",
    "liquidation_penalty",
    "fx",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureReport:
    """Values and deltas of a window: what is decided by.

    Parameters
    ----------
    quantities : ndarray of shape (W, n)
        Units held by column of the universe.
    values : ndarray of shape (W, n)
        Quantity x unit price, share-class currency.
    equity : ndarray of shape (W,)
        Sum over columns, share-class currency.
    net_delta : mapping of asset to ndarray of shape (W,)
        Units of the asset, total.
    venue_delta : mapping of (venue, asset) to ndarray of shape (W,)
        Units by venue; transit counts at its destination.
    """

    quantities: FloatArray
    values: FloatArray
    equity: FloatArray
    net_delta: Mapping[str, FloatArray]
    venue_delta: Mapping[tuple[str, str], FloatArray]

    def part(self, keep: slice) -> "ExposureReport":
        """Return some rows of the report, as views.

        Parameters
        ----------
        keep : slice
            Which, counted from the report's first row.

        Returns
        -------
        ExposureReport
            With as many rows as ``keep`` takes.
        """
        return ExposureReport(
            quantities=self.quantities[keep],
            values=self.values[keep],
            equity=self.equity[keep],
            net_delta=_cut(self.net_delta, keep),
            venue_delta=_cut(self.venue_delta, keep),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureBreakdown:
    """Where values and deltas are, and what an exit would leave: what is reported besides.

    Parameters
    ----------
    chain_delta, cex_delta : mapping of asset to ndarray of shape (W,)
        The two parts of ``ExposureReport.net_delta``, units of the asset.
    venue_value : mapping of venue to ndarray of shape (W,)
        Share-class currency; transit counts at its destination.
    notional : mapping of perp key to ndarray of shape (W,)
        Signed units x mark, share-class currency.
    exit_equity : ndarray of shape (W,)
        Equity less slippage, taker fees, gas, and what quotes differ from marks; share-class
        currency.
    """

    chain_delta: Mapping[str, FloatArray]
    cex_delta: Mapping[str, FloatArray]
    venue_value: Mapping[str, FloatArray]
    notional: Mapping[str, FloatArray]
    exit_equity: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationReport:
    """How near liquidation is; NaN where there is nothing to liquidate.

    Parameters
    ----------
    maintenance_usage : mapping of venue to ndarray of shape (W,)
        Maintenance margin / equity; a venue liquidates at 1.
    liquidation_distance : mapping of side to ndarray of shape (W,)
        Price move to liquidation as a fraction; sides are ``aave`` and each perp venue.
    """

    maintenance_usage: Mapping[str, FloatArray]
    liquidation_distance: Mapping[str, FloatArray]

    def part(self, keep: slice) -> "LiquidationReport":
        """Return some rows of the report, as views.

        Parameters
        ----------
        keep : slice
            Which, counted from the report's first row.

        Returns
        -------
        LiquidationReport
            With as many rows as ``keep`` takes.
        """
        return LiquidationReport(
            maintenance_usage=_cut(self.maintenance_usage, keep),
            liquidation_distance=_cut(self.liquidation_distance, keep),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskReport:
    """Risk measures of a window; NaN where a measure does not apply.

    Parameters
    ----------
    ltv, health_factor : ndarray of shape (W,)
        Of the lending pool (fractions).
    margin_ratio : mapping of venue to ndarray of shape (W,)
        (cash + unrealised) / notional.
    delta_drift : ndarray of shape (W,)
        (Net delta - its target) in share-class currency over equity.
    divergence : mapping of venue to ndarray of shape (W,)
        Of mark and spot, |mark / spot - 1|; of no venue where it is not watched.
    level : ndarray of int, shape (W,)
        The worst level of any enabled measure (``Level``).
    levels : mapping of (measure, venue) to ndarray of int, shape (W,)
        The level of each measure.
    liquidation : callable
        Returns the ``LiquidationReport`` of the same rows; worked out when it is asked for, as
        only risks that fire together are told apart by it.
    """

    ltv: FloatArray
    health_factor: FloatArray
    margin_ratio: Mapping[str, FloatArray]
    delta_drift: FloatArray
    divergence: Mapping[str, FloatArray]
    level: IntArray
    levels: Mapping[tuple[str, str], IntArray]
    liquidation: Callable[[], LiquidationReport]

    def part(self, keep: slice) -> "RiskReport":
        """Return some rows of the report, as views.

        Parameters
        ----------
        keep : slice
            Which, counted from the report's first row.

        Returns
        -------
        RiskReport
            With as many rows as ``keep`` takes.
        """
        return RiskReport(
            ltv=self.ltv[keep],
            health_factor=self.health_factor[keep],
            margin_ratio=_cut(self.margin_ratio, keep),
            delta_drift=self.delta_drift[keep],
            divergence=_cut(self.divergence, keep),
            level=self.level[keep],
            levels={name: level[keep] for name, level in self.levels.items()},
            liquidation=lambda: self.liquidation().part(keep),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PnLReport:
    """Balance-based P&L and its attribution over a window.

    Parameters
    ----------
    equity : ndarray of shape (W,)
        Share-class currency.
    flows : ndarray of shape (W,)
        Deposits less withdrawals at each step.
    attribution : mapping of category to ndarray of shape (W,)
        By step; exactly 0 where the run cannot have the category.
    residual : ndarray of shape (W,)
        Equity change - flows - sum of the categories.
    nav_per_share : ndarray of shape (W,)
        Equity per share.
    """

    equity: FloatArray
    flows: FloatArray
    attribution: Mapping[str, FloatArray]
    residual: FloatArray
    nav_per_share: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The outcome of one comparison of our book with a venue's."""

    venue: str
    comparison: str
    compared: int
    worst_difference: float
