"""The one protocol of every venue: simulated, ccxt and on-chain."""

from collections.abc import Mapping
from typing import Protocol

from basis_lab.domain.instructions import ExecutionResult, Instruction
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.market import Window
from basis_lab.domain.statements import Preview, Statement


class Venue(Protocol):
    """A counterparty with a book of its own."""

    name: str

    def submit(self, instruction: Instruction, market: Window) -> ExecutionResult:
        """Carry out an instruction at the window's last row, or refuse it.

        Parameters
        ----------
        instruction : Instruction
            What to do.
        market : Window
            Whose last row is now.
        """

    def preview(self, window: Window) -> Preview:
        """Tell what the venue would do by itself on its present book; changes nothing.

        Parameters
        ----------
        window : Window
            The rows ahead.
        """

    def settle(self, window: Window) -> tuple[Statement, ...]:
        """Book what happened by itself up to the window's last row, and state the work done.

        Liquidations come before funding, arrivals after it. Work happens only in windows of one
        row; a longer window has been cut before the first row with work.

        Parameters
        ----------
        window : Window
            The rows.
        """

    def balances(self) -> Mapping[Instrument, float]:
        """Report the venue's own book, units by instrument."""

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
