"""A venue that is closed, and one that has defaulted."""

from collections.abc import Callable, Mapping

from basis_lab.domain.closings import is_open, lost_row
from basis_lab.domain.instructions import TAKEN_WHILE_CLOSED, Instruction
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.market import Window
from basis_lab.domain.statements import Loss
from basis_lab.errors import VenueClosedError

Held = Callable[[], Mapping[Instrument, float]]


def require_open(venue: str, market: Window, asked: Instruction | None = None) -> None:
    """Refuse what is asked of a venue while it is closed.

    Parameters
    ----------
    venue : str
        The venue.
    market : Window
        Whose last row is now.
    asked : Instruction or None
        What is asked; some of it a closed venue still takes.

    Raises
    ------
    VenueClosedError
        If it takes nothing now.
    """
    if not isinstance(asked, TAKEN_WHILE_CLOSED) and not is_open(market, venue):
        raise VenueClosedError(
            f"{venue} is closed",
            where=venue,
            value=f"{market.times[-1]}Z",
            remedy="wait until it opens; strategies do",
        )


def first_loss(venue: str, held: Held, window: Window) -> list[int]:
    """Return the first row at which a venue's default takes what it holds.

    Parameters
    ----------
    venue : str
        The venue.
    held : callable
        Returns its units by line.
    window : Window
        The rows.

    Returns
    -------
    list of int
        One row of the run, or none.
    """
    row = lost_row(window, venue)
    return [] if row is None or not any(held().values()) else [row]


def take_loss(venue: str, held: Held, window: Window) -> list[Loss]:
    """State what a venue's default takes at a row that runs alone.

    Parameters
    ----------
    venue : str
        The venue.
    held : callable
        Returns its units by line.
    window : Window
        The rows; nothing is taken where there are several.

    Returns
    -------
    list of Loss
        One, or none.
    """
    if len(window) != 1 or not first_loss(venue, held, window):
        return []
    return [Loss(venue=venue, lines=tuple(x for x, units in held().items() if units))]
