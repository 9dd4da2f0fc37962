"""What waits for venues that are closed, whatever the mode."""

import numpy as np

from basis_lab.domain.closings import is_open, open_rows
from basis_lab.domain.instructions import (
    TAKEN_WHILE_CLOSED,
    AtomicGroup,
    Decision,
    Instruction,
    Transfer,
)
from basis_lab.domain.market import BoolArray, Window

Key = tuple[str, str]
PLAN: Key = ("plan", "")  # the due stage of the open plan


class Waits:
    """Decisions that were not sent because a venue that they touch is closed."""

    def __init__(self) -> None:
        self._venues: dict[Key, tuple[str, ...]] = {}

    def hold_back(self, key: Key, decision: Decision, window: Window) -> tuple[str, ...]:
        """Note what a decision has to wait for.

        Parameters
        ----------
        key : tuple of str
            The trigger that it answers, or ``PLAN``.
        decision : Decision
            What would be done.
        window : Window
            Whose last row is now.

        Returns
        -------
        tuple of str
            The closed venues among those that it touches; empty where it can be sent.
        """
        closed = tuple(x for x in venues_of(decision) if not is_open(window, x))
        self.forget(key)
        if closed:
            self._venues[key] = closed
        return closed

    def forget(self, key: Key) -> None:
        """Let go of what a trigger or the plan waits for.

        Parameters
        ----------
        key : tuple of str
            As given to ``hold_back``.
        """
        self._venues.pop(key, None)

    def ready(self, key: Key, window: Window) -> BoolArray:
        """Tell where everything is open that a trigger or the plan waits for.

        Parameters
        ----------
        key : tuple of str
            As given to ``hold_back``.
        window : Window
            The rows.

        Returns
        -------
        ndarray of bool, shape (W,)
            True everywhere where nothing waits.
        """
        ready = np.full(len(window), fill_value=True)
        for venue in self._venues[key] if key in self._venues else ():
            ready &= open_rows(window, venue)
        return ready

    def waits(self, key: Key) -> bool:
        """Tell if a trigger or the plan waits for a venue.

        Parameters
        ----------
        key : tuple of str
            As given to ``hold_back``.

        Returns
        -------
        bool
            False where ``ready`` is True everywhere.
        """
        return key in self._venues


def venues_of(decision: Decision) -> tuple[str, ...]:
    """Return the venues that must be open for a decision to be carried out.

    Parameters
    ----------
    decision : Decision
        What would be done.

    Returns
    -------
    tuple of str
        In the order of its instructions, each once.
    """
    found: list[str] = []
    for asked in decision.instructions:
        for step in asked.steps if isinstance(asked, AtomicGroup) else (asked,):
            found += _touched(step)
    return tuple(dict.fromkeys(found))


def _touched(step: Instruction) -> tuple[str, ...]:
    if isinstance(step, TAKEN_WHILE_CLOSED):
        return ()
    return (step.venue, step.destination.venue) if isinstance(step, Transfer) else (step.venue,)
