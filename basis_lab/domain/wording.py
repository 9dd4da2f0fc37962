"""Words that people read: of instructions, and those that go with a count."""

from collections.abc import Iterable, Mapping
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

DEFAULT = " defaulted at "
MADE_UP = "made from synthetic sample data: nothing here is market history"
IDLE = "changes nothing in this run"
NEVER_HELD = "the run never held a position"
COSTS_OFF = "costs are off: fees, slippage, gas, premiums and transfer fees are in no figure"


def word_idle(what: str) -> str:
    """Return the warning of a part of a scenario that a run goes on without.

    Parameters
    ----------
    what : str
        For instance "a shock of gas/*/*.price_gwei at 50%".

    Returns
    -------
    str
        A sentence that ``idle_parts`` counts.
    """
    return f"{what} {IDLE}"


def idle_parts(warnings: Iterable[str]) -> int:
    """Return how many parts of a scenario changed nothing, from a run's warnings.

    Parameters
    ----------
    warnings : iterable of str
        As summary.json.

    Returns
    -------
    int
        Shocks, closures and orders.
    """
    return sum(x.endswith(IDLE) for x in warnings)


def agree(count: int, one: str, many: str = "") -> str:
    """Return the words that agree with a count.

    Parameters
    ----------
    count : int
        How many.
    one : str
        What follows a 1: ``row``, or with its verb ``row is``.
    many : str
        What follows any other count; ``one`` with an s where it is not given.

    Returns
    -------
    str
        Without the count, which is written as its place needs it.

    Examples
    --------
    >>> [f"{n} {agree(n, 'row')}" for n in (0, 1, 2)]
    ['0 rows', '1 row', '2 rows']
    >>> f"1 {agree(1, 'row is', 'rows are')} missing"
    '1 row is missing'
    """
    if count == 1:
        return one
    return many if many else f"{one}s"


def word_default(venue: str, time: str) -> str:
    """Return the warning of a run that lost what lay at a venue.

    Parameters
    ----------
    venue : str
        The venue.
    time : str
        When.

    Returns
    -------
    str
        A sentence that ``defaulted`` knows again.
    """
    return f"{venue}{DEFAULT}{time}: what lay there was lost"


def defaulted(warnings: Iterable[str]) -> list[str]:
    """Return the venues that a run lost something at, from its warnings.

    Parameters
    ----------
    warnings : iterable of str
        As summary.json has them.

    Returns
    -------
    list of str
        Names, in order.
    """
    return [x.split(DEFAULT)[0] for x in warnings if DEFAULT in x]


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
            return f"carry out {count} {agree(count, 'step')} at once ({asked.purpose})"
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


def word_costs(warnings: Iterable[str]) -> str:
    """Return what a run's figures are after.

    Parameters
    ----------
    warnings : iterable of str
        Of its summary.

    Returns
    -------
    str
        "after all fees, slippage, gas and transfers", unless it ran without costs.
    """
    off = COSTS_OFF in warnings
    return "before all costs" if off else "after all fees, slippage, gas and transfers"
