"""What a check is: of one series, of a market, of published prices, or of cells."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from basis_lab.data.checks.cells import Cells
from basis_lab.data.checks.peers import Market, Peer
from basis_lab.data.checks.rows import Defect, Rows
from basis_lab.data.findings import Meaning


class Stage(IntEnum):
    """When a check can be made: a later stage rests on the earlier ones."""

    ORDER = 1  # of rows as they stand in the file
    VALUES = 2  # of rows in the order of time
    SHAPE = 3  # of rows whose values can be true


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCheck:
    """One check of one series.

    Parameters
    ----------
    meaning : Meaning
        What it means where it finds something.
    stage : Stage
        When it can be made.
    find : callable
        Finds defects in the rows of a series.
    every_run : bool
        True where it is made before every run, on the rows that the run uses; the others are
        about a whole file, and a run carries what its import found.
    """

    meaning: Meaning
    stage: Stage
    find: Callable[[Rows], Iterable[Defect]]
    every_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketCheck:
    """One check of the series of one market against each other.

    Parameters
    ----------
    meaning : Meaning
        What it means where it finds something.
    find : callable
        Finds defects among the series of a market.
    """

    meaning: Meaning
    find: Callable[[Market], Iterable[tuple[Peer, Defect]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorthCheck:
    """One check of published prices against all that shows what their assets are worth.

    Parameters
    ----------
    meaning : Meaning
        What it means where it finds something.
    find : callable
        Finds defects among series of any markets.
    """

    meaning: Meaning
    find: Callable[[Sequence[Peer]], Iterable[tuple[Peer, Defect]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCheck:
    """One check of the cells of a file.

    Parameters
    ----------
    meaning : Meaning
        What it means where it finds something.
    find : callable
        Finds defects in the columns of a file.
    """

    meaning: Meaning
    find: Callable[[Cells], Iterable[Defect]]
