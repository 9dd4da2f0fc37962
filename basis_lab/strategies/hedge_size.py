"""What is said of a capital that is too small for a hedge."""

import numpy as np

from basis_lab.errors import StrategyError
from basis_lab.strategies.hedge_book import Goal, HedgeBook

HEADROOM = 1.05  # for the fees of an entry, and a price that moves before it trades


def too_small(
    book: HedgeBook, goal: Goal, asked: tuple[str, float] | None, names: tuple[str, str]
) -> StrategyError:
    """Return the error of a hedge that not every venue with a weight takes its share of.

    Parameters
    ----------
    book : HedgeBook
    goal : Goal
    asked : tuple of (str, float) or None
        The venue that asks for most, and the base units that would have to be hedged for it; None
        where the goal is to hedge nothing.
    names : tuple of str
        Share currency and hedged asset.

    Returns
    -------
    StrategyError
        With about what capital would do: what is hedged grows with it.
    """
    currency, asset = names
    value, least = f"{book.equity:,.2f} {currency}", ""
    if asked is not None:
        venue, units = asked
        value += (
            f", of which {goal.spot:.3g} {asset} would be hedged; the lots and least orders of "
            f"{venue} need {units:.3g} {asset}"
        )
        enough = _rounded_up(HEADROOM * book.equity * units / goal.spot)
        least = f" (about {enough} {currency} do)"
    return StrategyError(
        "the capital is too small for the lot sizes: not every venue takes its share of the hedge",
        where="capital, strategy.hedge_allocation",
        value=value,
        remedy=f"use more capital{least}, a larger share, or fewer venues in hedge_allocation",
    )


def _rounded_up(amount: float) -> str:
    """Return an amount with two significant digits, never less than it is."""
    step = 10.0 ** (np.floor(np.log10(amount)) - 1.0)
    return f"{np.ceil(amount / step) * step:,.6g}"
