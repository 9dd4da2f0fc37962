"""Conditions that several strategies watch: a loan's limits and band, dust, gas debt."""

from collections.abc import Callable

import numpy as np

from basis_lab.domain.arrays import ratio
from basis_lab.domain.market import FloatArray
from basis_lab.monitors.limits import RiskParameters
from basis_lab.strategies.base import POOL, RISK, Trigger, View
from basis_lab.strategies.loop_desk import LoopDesk
from basis_lab.strategies.stake_desk import StakeDesk


def loan_triggers(
    view: View, risk: RiskParameters, level: str, nearness: Callable[[], FloatArray] | None
) -> tuple[Trigger, ...]:
    """Return health factor and loan to value beyond the limits of one level.

    Parameters
    ----------
    view : View
        Any number of rows.
    risk : RiskParameters
        Limits, and which risks are watched.
    level : str
        ``critical`` or ``warning``.
    nearness : callable or None
        Returns how near the loan is to liquidation, shape (W,), where other risks compete.

    Returns
    -------
    tuple of Trigger
        Those that are watched.
    """
    found: list[Trigger] = []
    floor, ceiling = risk.health_factor, risk.ltv
    if floor is not None and "health_factor" in risk.enabled_risk_types:
        limit = floor.critical if level == "critical" else floor.warning
        measure = view.risk.health_factor
        found.append(
            Trigger(
                name=f"{RISK}health_factor_{level}",
                side=POOL,
                fires=measure < limit,
                value=measure,
                limit=limit,
                nearness=nearness,
                retried=True,
            )
        )
    if ceiling is not None and "ltv" in risk.enabled_risk_types:
        limit = ceiling.critical if level == "critical" else ceiling.warning
        measure = view.risk.ltv
        found.append(
            Trigger(
                name=f"{RISK}ltv_{level}",
                side=POOL,
                fires=measure > limit,
                value=measure,
                limit=limit,
                nearness=nearness,
                retried=True,
            )
        )
    return tuple(found)


def ltv_bands(view: View, desk: LoopDesk) -> list[Trigger]:
    """Return where a loop's loan to value is outside the band around its target.

    Parameters
    ----------
    view : View
        Any number of rows.
    desk : LoopDesk
        With target and band.

    Returns
    -------
    list of Trigger
        Above and below; without a loan neither.
    """
    ltv = view.risk.ltv
    off = ltv - desk.target_ltv(view.window.times)
    return [
        Trigger(
            name="ltv_above",
            side="",
            fires=off > desk.band,
            value=off,
            limit=desk.band,
            retried=True,
        ),
        Trigger(name="ltv_below", side="", fires=off < -desk.band, value=off, limit=-desk.band),
    ]


def dust_trigger(view: View, desk: StakeDesk) -> list[Trigger]:
    """Return where the rewards held are worth a sale.

    Parameters
    ----------
    view : View
        Any number of rows.
    desk : StakeDesk
        With the rewards and their limit.

    Returns
    -------
    list of Trigger
        Empty where a mode counts no rewards.
    """
    if not desk.rewards:
        return []
    value = desk.dust_value(view)
    share = ratio(value, view.exposure.equity)
    limit = desk.terms.dust_share
    sales = ("swap", "unwrap_reward") * len(desk.rewards)
    fires = (share > limit) & desk.worth_its_gas(view, value, *sales, "wrap")
    return [Trigger(name="dust", side="", fires=fires, value=share, limit=limit)]


def gas_debt_trigger(native_value: FloatArray, equity: FloatArray, limit: float) -> Trigger:
    """Return where gas debt is beyond a share of equity.

    Parameters
    ----------
    native_value : ndarray of shape (W,)
        Native coin held, share-class currency; below zero by gas debt.
    equity : ndarray of shape (W,)
        Share-class currency.
    limit : float
        Share of equity.

    Returns
    -------
    Trigger
        Where the debt is larger.
    """
    share = ratio(np.maximum(-native_value, 0.0), equity)
    return Trigger(
        name="gas_debt", side="", fires=share > limit, value=share, limit=limit, retried=True
    )
