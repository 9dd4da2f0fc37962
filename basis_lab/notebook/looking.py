"""The acts that run nothing: which view, which moment, which events are in sight."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from basis_lab.notebook.board import Board
from basis_lab.notebook.panels.event_list import SHOWN_FIRST

STEADY = frozenset({"funding", "interest", "rewards", "gas"})  # shown of a day that is looked at


class Looking:
    """Changes what is looked at.

    Parameters
    ----------
    board : Board
        What shows it.
    """

    def __init__(self, board: Board) -> None:
        self._board = board

    def acts(self) -> Mapping[str, Callable[[str, str], Any]]:
        """Return what a user can do, by the name of the act.

        Returns
        -------
        mapping of str to callable
            Each takes (key, value).
        """
        look, events, board = self.look, self._events, self._board
        return {
            "weekly": lambda *_: look(weekly=not board.sight.weekly),
            "moment": lambda _, value: look(moment=int(value)),
            "step": lambda key, _: board.step(key == "]"),
            "unzoom": lambda *_: self._unzoom(),
            "category": lambda key, _: look(category="" if key == board.sight.category else key),
            "day": lambda key, _: self._show_day(key),
            "event": self._choose_event,
            "family": lambda key, _: self._toggle_family(key),
            "words": lambda _, value: events(words=value, page=0),
            "page": lambda key, _: events(page=max(0, int(key))),
        }

    def look(self, **changes: Any) -> None:
        """Change what is looked at.

        Parameters
        ----------
        **changes : object
            Fields of ``Sight``.
        """
        self._board.look(replace(self._board.sight, **changes))

    def _events(self, **changes: Any) -> None:
        self.look(events=replace(self._board.sight.events, **changes))

    def _show_day(self, day: str) -> None:
        sight, series = self._board.sight, self._board.series
        families = sight.events.families | STEADY if day else SHOWN_FIRST
        events = replace(sight.events, day=day, page=0, families=families)
        if day and series is not None:
            rows = np.flatnonzero(series.days == np.datetime64(day))
            sight = replace(sight, view="events", moment=int(rows[-1]))
        self._board.look(replace(sight, events=events))

    def _choose_event(self, key: str, value: str) -> None:
        place, sight = int(key), self._board.sight
        chosen = -1 if place == sight.events.chosen else place
        self.look(moment=int(value), events=replace(sight.events, chosen=chosen))

    def _toggle_family(self, name: str) -> None:
        families = self._board.sight.events.families ^ {name}
        self._events(families=families, page=0)

    def _unzoom(self) -> None:
        self._board.stage.unzoom()
        self.look(zoom=None)
