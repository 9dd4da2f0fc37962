"""What lies on chain at one moment, in ETH at the protocol's rate."""

from collections.abc import Mapping
from dataclasses import dataclass

from basis_lab.domain.instructions import AtomicGroup, Instruction
from basis_lab.domain.instruments import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainBook:
    """One row of the lines on chain.

    Parameters
    ----------
    native, wrapped : float
        ETH and WETH in the wallet; native below zero is gas debt.
    arriving : float
        ETH on its way to the wallet.
    tokens : float
        Staking tokens in the wallet, units.
    supplied_tokens, debt : float
        Staking tokens supplied and WETH owed, units.
    claims : float
        ETH in the withdrawal queue.
    rewards : mapping of Instrument to float
        Units of reward tokens that are not sold yet.
    rate : float
        ETH per staking token.
    """

    native: float
    wrapped: float
    arriving: float
    tokens: float
    supplied_tokens: float
    debt: float
    claims: float
    rewards: Mapping[Instrument, float]
    rate: float

    @property
    def idle(self) -> float:
        """ETH that nothing is done with; below zero by gas debt."""
        return self.native + self.wrapped

    @property
    def staked(self) -> float:
        """ETH that the staking tokens of the wallet stand for."""
        return self.tokens * self.rate

    @property
    def collateral(self) -> float:
        """ETH that the supplied tokens stand for."""
        return self.supplied_tokens * self.rate

    @property
    def invested(self) -> float:
        """ETH that could be freed: staked, and collateral less debt."""
        return self.staked + self.collateral - self.debt

    @property
    def long(self) -> float:
        """ETH in all, on chain and on its way there."""
        return self.idle + self.arriving + self.invested + self.claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Freed:
    """How ETH is freed.

    Parameters
    ----------
    instructions : tuple of Instruction or AtomicGroup
        In order.
    whole : bool
        True if nothing stays invested.
    note : str
        Why less is done than was asked for; empty where all is.
    lacking : float
        ETH that the reduction would need from outside to be possible.
    """

    instructions: tuple[Instruction | AtomicGroup, ...] = ()
    whole: bool = False
    note: str = ""
    lacking: float = 0.0
