"""Rules of what is staked and borrowed: venues that can serve it, and a target in reach."""

from collections.abc import Iterator

from basis_lab.config.parts import Parts
from basis_lab.config.salvage import attempted
from basis_lab.config.validation import Fault
from basis_lab.config.venue_names import absent, listed_faults, place_faults
from basis_lab.execution.venues.parameters import (
    DexParameters,
    FlashLenderParameters,
    LendingPoolParameters,
    StakingPoolParameters,
)
from basis_lab.strategies.parameters import (
    LeveragedParameters,
    LoopParameters,
    NeutralLeveragedParameters,
    StakingParameters,
)
from basis_lab.strategies.staking_holdings import PROTOCOLS, TOKENS, WRAPPED


def chain_faults(parts: Parts, strategy: StakingParameters) -> Iterator[Fault]:
    """Yield what is wrong with the venues of a mode that stakes.

    Parameters
    ----------
    parts : Parts
        The blocks.
    strategy : StakingParameters
        The strategy block; one with a loop is looked at as such.

    Yields
    ------
    Fault
        Paths are those of the whole configuration.
    """
    yield from attempted(_protocol(parts, strategy))
    yield from attempted(_exchange(parts, strategy))
    if isinstance(strategy, LeveragedParameters | NeutralLeveragedParameters):
        yield from attempted(_pool(parts, strategy))
        yield from attempted(_lender(parts, strategy))


def _protocol(parts: Parts, strategy: StakingParameters) -> Iterator[Fault]:
    name, token = PROTOCOLS[strategy.lst_type], TOKENS[strategy.lst_type]
    yield from listed_faults(parts, ("strategy", "lst_type"), name, StakingPoolParameters)
    venue = parts.venues.get(name)
    if isinstance(venue, StakingPoolParameters) and venue.token != token:
        yield Fault(
            path=("venues", name, "token"),
            value=venue.token,
            what=f"{name} is to give {token}",
            remedy=f"write {token}, or choose another lst_type",
        )


def _exchange(parts: Parts, strategy: StakingParameters) -> Iterator[Fault]:
    yield from place_faults(parts, "dex", strategy.dex, DexParameters)
    venue = parts.venues.get(strategy.dex)
    token = TOKENS[strategy.lst_type]
    if isinstance(venue, DexParameters) and token not in venue.slippage:
        path = ("venues", strategy.dex, "slippage", token)
        yield absent(path, f"{token} is sold there and has no slippage")


def _pool(parts: Parts, strategy: LoopParameters) -> Iterator[Fault]:
    name, token = strategy.lending_venue, TOKENS[strategy.lst_type]
    yield from place_faults(parts, "lending_venue", name, LendingPoolParameters)
    venue = parts.venues.get(name)
    if isinstance(venue, LendingPoolParameters):
        for needed in (token, WRAPPED):
            if needed not in venue.assets:
                path = ("venues", name, "assets", needed)
                yield absent(path, f"the loop needs {needed}, which is not listed")


def _lender(parts: Parts, strategy: LoopParameters) -> Iterator[Fault]:
    kinds = (FlashLenderParameters, LendingPoolParameters)
    yield from place_faults(parts, "flash_lender", strategy.flash_lender, *kinds)
