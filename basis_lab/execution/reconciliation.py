"""Our book against what the venues report."""

from collections.abc import Sequence

from basis_lab.domain.instruments import Universe
from basis_lab.domain.reports import Reconciliation
from basis_lab.errors import ReconciliationError
from basis_lab.execution.venues.protocol import Venue
from basis_lab.monitors.position import PositionMonitor

RELATIVE = 1e-9
ROUNDING = 4e-15  # of what went through an account, which may now be nearly empty
SMALLEST_UNIT = 1e-9  # below a lot, a satoshi or a cent of any line, above float rounding


class ReconciliationComponent:
    """Compares two independent records, line by line.

    Parameters
    ----------
    universe : Universe
        The columns.
    positions : PositionMonitor
        Our book.
    venues : sequence of Venue
        Every venue of the run.
    """

    def __init__(
        self, universe: Universe, positions: PositionMonitor, venues: Sequence[Venue]
    ) -> None:
        self._universe = universe
        self._positions = positions
        self._venues = tuple(venues)
        self.last: Reconciliation | None = None
        self.failures = 0

    def reconcile(self, comparison: str) -> None:
        """Compare every line of every venue with our book.

        Parameters
        ----------
        comparison : str
            What is compared ("instruction 12", "window 2024-05-12T00 to ..."), for the message.

        Raises
        ------
        ReconciliationError
            At the first line that differs by more than the tolerance, 1e-9 relative, plus the
            rounding of what went through the line, plus the smallest unit.
        """
        held = self._positions.book.quantities.tolist()
        known = dict(zip(self._universe.instruments, held, strict=True))
        compared, worst = 0, 0.0
        for venue in self._venues:
            balances = venue.balances()
            compared += len(balances)
            for instrument, actual in balances.items():
                if known.get(instrument) == actual:
                    continue
                column = self._universe.column(instrument)
                difference = abs(actual - held[column])
                if not difference <= SMALLEST_UNIT:
                    self._require_near(venue.name, column, actual, comparison)
                worst = max(worst, difference)
        self.last = Reconciliation(
            venue="all", comparison=comparison, compared=compared, worst_difference=worst
        )

    def _require_near(self, venue: str, column: int, actual: float, comparison: str) -> None:
        """Refuse a line that differs by more than the tolerance."""
        book = self._positions.book
        expected = float(book.quantities[column])
        tolerance = (
            RELATIVE * max(abs(expected), abs(actual))
            + ROUNDING * float(book.turnover[column])
            + SMALLEST_UNIT
        )
        if not abs(actual - expected) <= tolerance:
            self.failures += 1
            raise ReconciliationError(
                venue=venue,
                instrument=str(self._universe.instruments[column]),
                expected=expected,
                actual=actual,
                tolerance=tolerance,
                comparison=comparison,
            )

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return f"{self.failures} failed comparisons" if self.failures else ""
