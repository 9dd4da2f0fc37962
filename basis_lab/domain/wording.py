"""Instructions in words, for errors that people read."""

from collections.abc import Mapping
from types import MappingProxyType

from basis_lab.domain.instructions import (
    AtomicGroup,
    Borrow,
    FlashBorrow,
    FlashRepay,
    Instruction,
    PerpTrade,
    Repay,
    SpotTrade,
    Stake,
    Supply,
    Swap,
    Transfer,
    Unstake,
    Withdraw,
    Wrap,
)


def word_instruction(asked: Instruction | AtomicGroup) -> str:  # noqa: C901, PLR0911 - a case each
    """Return what a venue was asked to do.

    Parameters
    ----------
    asked : Instruction or AtomicGroup
        The instruction.

    Returns
    -------
    str
        "supply 0.01 USDT"; quantities in units, six digits.
    """
    match asked:
        case AtomicGroup():
            count = len(asked.steps)
            return f"carry out {count} step{'' if count == 1 else 's'} at once ({asked.purpose})"
        case SpotTrade():
            side = "buy" if asked.quantity > 0.0 else "sell"
            return f"{side} {abs(asked.quantity):.6g} {asked.base.symbol} for {asked.quote.symbol}"
        case PerpTrade():
            side = "buy" if asked.quantity > 0.0 else "sell"
            return f"{side} {abs(asked.quantity):.6g} of the perpetual {asked.perp.symbol}"
        case Transfer():
            way = f"from {asked.source.venue} to {asked.destination.venue}"
            return f"send {asked.quantity:.6g} {asked.source.symbol} {way}"
        case Wrap():
            return f"turn {asked.quantity:.6g} {asked.source.symbol} to {asked.destination.symbol}"
        case Swap():
            return f"swap {asked.quantity:.6g} {asked.source.symbol} to {asked.destination.symbol}"
        case Supply() | Withdraw() | Borrow() | Repay() | Stake() | FlashBorrow() | FlashRepay():
            return f"{VERBS[type(asked)]} {asked.quantity:.6g} {asked.token.symbol}"
        case Unstake():
            return f"take {asked.quantity:.6g} {asked.lst.symbol} out of staking"


VERBS: Mapping[type[object], str] = MappingProxyType(
    {
        Supply: "supply",
        Withdraw: "withdraw",
        Borrow: "borrow",
        Repay: "repay",
        Stake: "stake",
        FlashBorrow: "lend in a flash",
        FlashRepay: "take back the flash loan of",
    }
)
