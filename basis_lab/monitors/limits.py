"""The limits that risk is measured against."""

from typing import Annotated

from basis_lab.domain.parameters import Bounds, Doc, Primary, Unit, parameters
from basis_lab.domain.reports import Level


@parameters()
class FloorLimits:
    """Limits of a measure that is bad when small; warning above critical."""

    warning: Annotated[float, Unit("ratio"), Bounds(0.0, 100.0), Doc("WARNING below this")]
    critical: Annotated[float, Unit("ratio"), Bounds(0.0, 100.0), Doc("CRITICAL below this")]


@parameters()
class CeilingLimits:
    """Limits of a measure that is bad when large; warning below critical."""

    warning: Annotated[float, Unit("fraction"), Bounds(0.0, 1.0), Doc("WARNING above this")]
    critical: Annotated[float, Unit("fraction"), Bounds(0.0, 1.0), Doc("CRITICAL above this")]


@parameters()
class RiskParameters:
    """Which risks a mode watches, and their limits."""

    enabled_risk_types: Annotated[
        tuple[str, ...], Doc("of: margin_ratio, health_factor, ltv, price_divergence")
    ]
    margin_ratio: Annotated[
        FloorLimits | None,
        Doc("(cash + unrealised P&L) / notional at each perp venue"),
        Primary("Margin warning", 0.12, 0.60, 0.01, key="warning"),
    ] = None
    health_factor: Annotated[
        FloorLimits | None,
        Doc("health factor at the lending pool"),
        Primary("Health factor warning", 1.01, 1.20, 0.005, key="warning"),
    ] = None
    ltv: Annotated[CeilingLimits | None, Doc("loan to value at the lending pool")] = None
    price_divergence: Annotated[
        CeilingLimits | None, Doc("|mark / spot - 1| at each perp venue; logged, never acted on")
    ] = None


def limit_passed(parameters: RiskParameters, measure: str, level: Level) -> float | None:
    """Return the limit that a measure passes where it reaches a level.

    Parameters
    ----------
    parameters : RiskParameters
        The limits.
    measure : str
        "margin_ratio", "health_factor", "ltv" or "price_divergence".
    level : Level
        The level that it reaches.

    Returns
    -------
    float or None
        In the unit of the measure; None where it has no limits, or the level is none.
    """
    limits = {
        "margin_ratio": parameters.margin_ratio,
        "health_factor": parameters.health_factor,
        "ltv": parameters.ltv,
        "price_divergence": parameters.price_divergence,
    }[measure]
    if limits is None or level is Level.OK:
        return None
    return limits.critical if level is Level.CRITICAL else limits.warning
