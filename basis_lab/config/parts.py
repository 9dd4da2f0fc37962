"""The blocks of a configuration on their way to becoming one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from basis_lab.calc.costs import CostParameters
from basis_lab.config.models import (
    DataParameters,
    ModeHeader,
    RewardParameters,
    ShareClassParameters,
)
from basis_lab.execution.venues.parameters import VenueParameters
from basis_lab.monitors.limits import RiskParameters
from basis_lab.strategies.parameters import StrategyParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The blocks that could be made, some of them salvaged; the others are None or absent.

    ``known_venues`` are those that have a file.
    """

    header: ModeHeader | None
    share_class: ShareClassParameters | None
    strategy: StrategyParameters | None
    risk: RiskParameters | None
    costs: CostParameters | None
    data: DataParameters | None
    rewards: RewardParameters | None
    venues: Mapping[str, VenueParameters] = field(default_factory=dict)
    known_venues: tuple[str, ...] = ()
