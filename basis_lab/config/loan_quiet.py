"""Level 5 for loops: the loan is quiet at its target and at the edges of its band."""

from collections.abc import Iterator, Mapping

import numpy as np

from basis_lab.calc.leverage import automatic_target
from basis_lab.config.models import ModeHeader, ModeIdentity, RunConfig
from basis_lab.config.validation import Fault
from basis_lab.errors import ConfigError, ConfigProblem, DataRangeError
from basis_lab.execution.venues.parameters import (
    LendingPoolParameters,
    LendingRow,
    VenueParameters,
)
from basis_lab.monitors.limits import RiskParameters
from basis_lab.strategies.parameters import (
    LeveragedParameters,
    LoopParameters,
    NeutralLeveragedParameters,
)
from basis_lab.strategies.staking_holdings import TOKENS, WRAPPED

TOLERANCE = 1e-9  # of a limit: rounding of the algebra is no alarm
REMEDY_DIGITS = 4


def loan_faults(
    header: ModeHeader | ModeIdentity,
    strategy: LoopParameters,
    risk: RiskParameters,
    venues: Mapping[str, VenueParameters],
    day: str | None = None,
) -> Iterator[Fault]:
    """Yield every measure of a loan that is not OK at entry, or at the edge of its band.

    Parameters
    ----------
    header : ModeHeader or ModeIdentity
        With ``hold`` the band does not act, so the target alone must be quiet.
    strategy : LoopParameters
        The ``strategy`` block.
    risk : RiskParameters
        Limits, in order.
    venues : mapping of str to VenueParameters
        By name.
    day : str or None
        ISO date whose row of the pool's tables counts; None takes the last.

    Yields
    ------
    Fault
        Names the measure, its value, where it has it, and the limit.

    Notes
    -----
    With collateral and debt in one asset, ``health factor = threshold / LTV``.
    """
    pool = venues.get(strategy.lending_venue)
    limits = risk.health_factor
    if not isinstance(pool, LendingPoolParameters) or limits is None:
        return
    row = row_in_force(pool, TOKENS[strategy.lst_type], day)
    if row is None:
        return
    target = _target(strategy, row, limits.warning)
    told = target if isinstance(strategy.target_ltv, float) else f"auto, which is {target:.6g}"
    if target > row.ltv * (1.0 + TOLERANCE):
        yield _fault(
            told,
            f"the pool lends at most {row.ltv:g} of the collateral (row of {row.since})",
            row.ltv,
        )
        return
    edge, where = _edge(strategy, target, hold=header.hold)
    factor = row.liquidation_threshold / edge if edge > 0.0 else np.inf
    if "health_factor" in risk.enabled_risk_types and factor < limits.warning * (1.0 - TOLERANCE):
        most = row.liquidation_threshold / limits.warning - (edge - target)
        yield _fault(
            told,
            f"entry is not quiet: health_factor would be {factor:.6g} {where}, below its warning "
            f"limit {limits.warning:g}",
            most,
        )
        return
    ceiling = risk.ltv
    watched = ceiling is not None and "ltv" in risk.enabled_risk_types
    if ceiling is not None and watched and edge > ceiling.warning * (1.0 + TOLERANCE):
        yield _fault(
            told,
            f"entry is not quiet: ltv would be {edge:.6g} {where}, above its warning limit "
            f"{ceiling.warning:g}",
            ceiling.warning - (edge - target),
        )


def check_loan(config: RunConfig, start: np.datetime64, end: np.datetime64) -> None:
    """Refuse a loop whose pool's tables do not reach over a run's dates, or are loud there.

    Parameters
    ----------
    config : RunConfig
        Validated configuration.
    start, end : datetime64[s]
        First and last timestep.

    Raises
    ------
    DataRangeError
        If the tables do not say what was in force.
    ConfigError
        If the target was not quiet under the rows in force.
    """
    strategy = config.strategy
    if not isinstance(strategy, LeveragedParameters | NeutralLeveragedParameters):
        return
    pool = config.venues[strategy.lending_venue]
    days = [str(x.astype("datetime64[D]")) for x in (start, end)]
    token = TOKENS[strategy.lst_type]
    if not isinstance(pool, LendingPoolParameters):
        return
    early = row_in_force(pool, token, days[0]) is None
    if early or days[1] > pool.known_until:
        raise DataRangeError(
            f"what {strategy.lending_venue} allows against {token} is not known for these dates",
            where=f"{days[0]} to {days[1]}",
            value=f"its tables {'begin later' if early else f'reach to {pool.known_until}'}",
            remedy="choose dates inside, or add rows with their sources to the venue file",
        )
    problems = [
        ConfigProblem(
            file=f"{config.mode} on {day}",
            key=".".join(str(x) for x in fault.path),
            value=fault.value,
            what=fault.what,
            remedy=fault.remedy,
        )
        for day in dict.fromkeys(days)
        for fault in loan_faults(config, strategy, config.risk, config.venues, day)
    ]
    if problems:
        raise ConfigError(problems)


def target_in_force(config: RunConfig, day: str) -> float | None:
    """Return the loan to value that a run aims at on a day.

    Parameters
    ----------
    config : RunConfig
        Validated configuration.
    day : str
        ISO date.

    Returns
    -------
    float or None
        A fraction, that of ``auto`` where this is chosen; None for a mode without a loop, and
        where the pool's tables do not say what was in force.
    """
    strategy, limits = config.strategy, config.risk.health_factor
    if not isinstance(strategy, LeveragedParameters | NeutralLeveragedParameters):
        return None
    pool = config.venues[strategy.lending_venue]
    if not isinstance(pool, LendingPoolParameters) or limits is None:
        return None
    row = row_in_force(pool, TOKENS[strategy.lst_type], day)
    return None if row is None else _target(strategy, row, limits.warning)


def row_in_force(pool: LendingPoolParameters, token: str, day: str | None) -> LendingRow | None:
    """Return the pool's terms for a staking token against WETH.

    Parameters
    ----------
    pool : LendingPoolParameters
        The pool.
    token : str
        The staking token.
    day : str or None
        ISO date; None takes the last row.

    Returns
    -------
    LendingRow or None
        None where the pool does not list it, or the tables begin later.
    """
    mode = pool.emode
    rows = pool.assets.get(token)
    if mode is not None and token in mode.collateral and WRAPPED in mode.borrowable:
        rows = mode.rows
    if rows is None:
        return None
    known = [x for x in rows if day is None or x.since <= day]
    return known[-1] if known else None


def _target(strategy: LoopParameters, row: LendingRow, warning: float) -> float:
    chosen = strategy.target_ltv
    if isinstance(chosen, float):
        return chosen
    ltv, threshold = np.array([row.ltv]), np.array([row.liquidation_threshold])
    return float(automatic_target(ltv, threshold, strategy.max_stake_spread_move, warning)[0])


def _edge(strategy: LoopParameters, target: float, *, hold: bool) -> tuple[float, str]:
    """Return the largest LTV that nothing acts on, and where that is, in words."""
    if hold:
        return target, "at entry"
    band = strategy.ltv_band
    return target + band, f"at the edge of its band ({target:.6g} + ltv_band {band:g})"


def _fault(target: float | str, what: str, most: float) -> Fault:
    scale = 10.0**REMEDY_DIGITS
    largest = np.floor(max(most, 0.0) * scale) / scale
    return Fault(
        path=("strategy", "target_ltv"),
        value=target,
        what=what,
        remedy=f"give strategy.target_ltv of at most {largest:g}, a smaller ltv_band, or other "
        "limits in risk",
    )
