"""Strategies: what each family of modes wants to hold, and when it acts.

The table of families: how to name what a mode holds, and how to make its strategy.
"""

from basis_lab.domain.instruments import Universe
from basis_lab.domain.requirements import Requirement
from basis_lab.errors import StrategyError
from basis_lab.monitors.limits import RiskParameters
from basis_lab.strategies.base import Blueprint, Setting, Strategy, Terms
from basis_lab.strategies.basis import BasisStrategy
from basis_lab.strategies.hedge_holdings import basis_blueprint, neutral_blueprint
from basis_lab.strategies.lending import LendingStrategy, lending_blueprint
from basis_lab.strategies.neutral import NeutralStrategy
from basis_lab.strategies.parameters import (
    BasisParameters,
    LendingParameters,
    NeutralParameters,
    StakingParameters,
    StrategyParameters,
)
from basis_lab.strategies.staking import StakingStrategy
from basis_lab.strategies.staking_holdings import staking_blueprint


def blueprint(parameters: StrategyParameters, setting: Setting) -> Blueprint:
    """Return what a mode holds and needs.

    Parameters
    ----------
    parameters : StrategyParameters
        The ``strategy`` block, whose type names the family.
    setting : Setting
        Asset, currency and rewards.

    Returns
    -------
    Blueprint
        Listings, and each required series once (needed beats optional).
    """
    made = _blueprint(parameters, setting)
    unique: dict[str, Requirement] = {}
    for need in made.requirements:
        if need.frame_key not in unique or unique[need.frame_key].optional:
            unique[need.frame_key] = need
    return Blueprint(listings=made.listings, requirements=tuple(unique.values()))


def _blueprint(parameters: StrategyParameters, setting: Setting) -> Blueprint:
    match parameters:
        case LendingParameters():
            return lending_blueprint(parameters, setting.asset, setting.currency)
        case BasisParameters():
            return basis_blueprint(parameters, setting.asset, setting.currency)
        case NeutralParameters():
            return neutral_blueprint(parameters, setting)
        case StakingParameters():
            return staking_blueprint(parameters, setting)


def make_strategy(
    parameters: StrategyParameters,
    universe: Universe,
    asset: str,
    terms: Terms,
    risk: RiskParameters,
) -> Strategy:
    """Make the strategy of a run.

    Parameters
    ----------
    parameters : StrategyParameters
        The ``strategy`` block, whose type names the family.
    universe : Universe
        The run's columns.
    asset : str
        The mode's asset.
    terms : Terms
        What acting costs.
    risk : RiskParameters
        The limits.

    Returns
    -------
    Strategy
        A new instance.

    Raises
    ------
    StrategyError
        If the universe does not hold the treasury.
    """
    strategy: Strategy
    match parameters:
        case LendingParameters():
            strategy = LendingStrategy(parameters, universe, asset, terms)
        case BasisParameters():
            strategy = BasisStrategy(parameters, universe, asset, terms, risk)
        case NeutralParameters():
            strategy = NeutralStrategy(parameters, universe, terms, risk)
        case StakingParameters():
            strategy = StakingStrategy(parameters, universe, terms, risk)
    if strategy.treasury not in universe:
        raise StrategyError(
            "the treasury is not among what the mode holds",
            where="strategy.treasury",
            value=str(strategy.treasury),
            remedy="name a venue of the mode",
        )
    return strategy
