"""Composition: the one place where a run's components are made and joined."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from basis_lab.config.models import RunConfig
from basis_lab.domain import series
from basis_lab.domain.instruments import Universe
from basis_lab.engine.knowledge import Knowledge
from basis_lab.engine.places import Places
from basis_lab.engine.rates import Rates
from basis_lab.events import EventLogger
from basis_lab.execution.interfaces import (
    CEXExecutionInterface,
    ExecutionInterfaceManager,
    OnChainExecutionInterface,
    TransferExecutionInterface,
)
from basis_lab.execution.manager import ExecutionManager
from basis_lab.execution.reconciliation import ReconciliationComponent
from basis_lab.execution.updates import PositionUpdateHandler
from basis_lab.execution.venues.parameters import StakingPoolParameters
from basis_lab.execution.venues.protocol import Venue
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.exchange import SimulatedExchange
from basis_lab.execution.venues.simulated.transfers import SimulatedTransfers
from basis_lab.monitors.exposure import ExposureMonitor
from basis_lab.monitors.pnl import PnLMonitor
from basis_lab.monitors.position import PositionMonitor
from basis_lab.monitors.risk import RiskMonitor
from basis_lab.strategies import blueprint, make_strategy
from basis_lab.strategies.base import Blueprint, Programme, Setting
from basis_lab.strategies.gas_guard import GasGuard
from basis_lab.strategies.manager import StrategyManager

DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """The components of one run, one instance each, in the order in which they were made."""

    position_monitor: PositionMonitor
    event_logger: EventLogger
    exposure_monitor: ExposureMonitor
    risk_monitor: RiskMonitor
    pnl_monitor: PnLMonitor
    strategy_manager: StrategyManager
    gas_guard: GasGuard
    execution_interface_manager: ExecutionInterfaceManager
    reconciliation_component: ReconciliationComponent
    position_update_handler: PositionUpdateHandler
    execution_manager: ExecutionManager
    venues: tuple[Venue, ...]
    exchanges: Mapping[str, SimulatedExchange]
    wallet: SimulatedWallet | None
    network: SimulatedTransfers
    universe: Universe


def blueprint_of(config: RunConfig) -> Blueprint:
    """Return what a configured run holds and which series it needs.

    Parameters
    ----------
    config : RunConfig
        Validated configuration.

    Returns
    -------
    Blueprint
        Listings and requirements of its mode.
    """
    return blueprint(
        config.strategy,
        Setting(
            asset=config.asset,
            currency=config.share_class.currency,
            programmes=_programmes(config),
        ),
    )


def _programmes(config: RunConfig) -> tuple[Programme, ...]:
    """Return the reward programmes that a run counts, by the venue files of its staking."""
    lag_days = config.rewards.payout_lag if config.costs.delays_enabled else 0.0
    return tuple(
        Programme(
            key=series.rewards(name, key),
            token=programme.token,
            span=(np.datetime64(programme.since, "s"), np.datetime64(programme.until, "s")),
            gaps_allowed=programme.gaps_allowed,
            lag_s=int(lag_days * DAY_S),
        )
        for name, venue in config.venues.items()
        if isinstance(venue, StakingPoolParameters)
        for key, programme in venue.programmes.items()
        if config.rewards.mode in programme.counted_in
    )


def universe_of(config: RunConfig) -> Universe:
    """Return the columns of a configured run.

    Parameters
    ----------
    config : RunConfig
        Validated configuration.

    Returns
    -------
    Universe
        The listings of its mode in the share class's currency.
    """
    return Universe(blueprint_of(config).listings, config.share_class.currency)


def compose(config: RunConfig, initial_capital: float, timeout_rows: int) -> Components:
    """Make the components of a backtest.

    Parameters
    ----------
    config : RunConfig
        Validated configuration.
    initial_capital : float
        Share-class currency.
    timeout_rows : int
        Timesteps that a stage of a plan may wait.

    Returns
    -------
    Components
        Fresh instances with explicit references; nothing is shared with another run.
    """
    universe = universe_of(config)
    rates = Rates(config, universe)
    venues = Places(config, universe, rates).venues()
    known = Knowledge(config, universe, rates)
    positions = PositionMonitor(universe)
    events = EventLogger()
    interfaces = ExecutionInterfaceManager(
        cex=CEXExecutionInterface(venues.exchanges),
        onchain=OnChainExecutionInterface(
            venues.onchain.places, venues.onchain.queues, venues.wallet
        ),
        transfers=TransferExecutionInterface(venues.network),
    )
    strategy = make_strategy(config.strategy, universe, config.asset, known.terms(), config.risk)
    guard = known.gas_guard()
    reconciliation = ReconciliationComponent(universe, positions, venues.all)
    updates = PositionUpdateHandler(positions)
    return Components(
        position_monitor=positions,
        event_logger=events,
        exposure_monitor=ExposureMonitor(universe, venues.onchain.names, known.exits()),
        risk_monitor=RiskMonitor(config.risk, known.accounts(), known.loan(), known.asset_prices()),
        pnl_monitor=PnLMonitor(universe, initial_capital),
        strategy_manager=StrategyManager(
            strategy, hold=config.hold, plan_timeout_rows=timeout_rows, gas=guard
        ),
        gas_guard=guard,
        execution_interface_manager=interfaces,
        reconciliation_component=reconciliation,
        position_update_handler=updates,
        execution_manager=ExecutionManager(
            interfaces=interfaces,
            updates=updates,
            reconciliation=reconciliation,
            positions=positions,
            events=events,
        ),
        venues=venues.all,
        exchanges=venues.exchanges,
        wallet=venues.wallet,
        network=venues.network,
        universe=universe,
    )
