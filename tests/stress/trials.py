"""Worlds under a stress."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from basis_lab.config.models import RunConfig
from basis_lab.data.shocks import stressed
from basis_lab.domain.stress import ClosureParameters, OrderParameters, ShockParameters
from tests.identities.worlds import Market, World, make_frame

STILL = {"span": 0.0, "noise": 0.0, "jumps": 0, "basis": 0.0, "funding": 0.0, "wick": 0.0}
PRICES = ("spot/*/*USDT.*", "perp/*/*USDT.*", "mark/*/*USDT.*")


def shock(
    series: Sequence[str] = PRICES,
    operation: str = "multiply",
    value: float = 1.0,
    **keys: object,
) -> ShockParameters:
    """One shock, in one step and for good if nothing else is said."""
    given: Mapping[str, object] = {"at": "50%", "duration": None, "ramp": 0.0, **keys}
    return ShockParameters(series=tuple(series), operation=operation, value=value, **given)


def closure(*venues: str, at: str = "50%", duration: float | None = None, lost: bool = False):
    """One closure, for good if nothing else is said."""
    return ClosureParameters(venues=venues, at=at, duration=duration, lost=lost)


def order(at: str = "50%", route: str = "swap") -> OrderParameters:
    """An order to leave."""
    return OrderParameters(at=at, action="exit_full", route=route)


def stressed_world(
    config: RunConfig,
    market: Market,
    capital: float,
    *,
    shocks: Sequence[ShockParameters] = (),
    closures: Sequence[ClosureParameters] = (),
    actions: Sequence[OrderParameters] = (),
) -> World:
    """Return a world whose data is under a stress, and whose strategy has its orders."""
    config = replace(config, shocks=tuple(shocks), closures=tuple(closures), actions=tuple(actions))
    frame = stressed(make_frame(config, market), config.stress)
    return World(config=config, frame=frame, capital=capital, market=market)
