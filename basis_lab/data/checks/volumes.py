"""What volumes count: coins, as prices are of, or contracts of some size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from basis_lab.data.checks.cells import Cells
from basis_lab.data.checks.peers import common_places
from basis_lab.data.checks.rows import NOWHERE, Defect
from basis_lab.data.series import DatasetId, DatasetKind
from basis_lab.domain.market import FloatArray, TimeArray

COUNTED_KINDS = (DatasetKind.SPOT, DatasetKind.PERP)
VOLUME = "volume"
QUOTE_VOLUMES = ("quote_volume", "turnover")
# Within one file money over price is the volume in coins, whatever the bar's average price was.
OF_ITSELF = 1.2
# The busiest venue of a coin trades two or three times what the next one does.
OF_THE_BUSIEST = 5.0
_ENOUGH = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traded:
    """The volumes of one series.

    Parameters
    ----------
    dataset : DatasetId
        What it is.
    file : str
        Where it comes from, for messages.
    times : ndarray of datetime64[s], shape (n,)
        UTC, strictly ascending.
    volume : ndarray of shape (n,)
        As the file has it, in a unit that nothing states; NaN where a cell is empty.
    """

    dataset: DatasetId
    file: str
    times: TimeArray
    volume: FloatArray


def find_volumes_against_quotes(cells: Cells) -> Iterator[Defect]:
    """Find files whose volume is not the money that changed hands over the price.

    Parameters
    ----------
    cells : Cells
        One file.

    Yields
    ------
    Defect
        One or none.
    """
    quotes = next((x for x in QUOTE_VOLUMES if x in cells.numbers), None)
    if quotes is None or not {VOLUME, "close"} <= cells.numbers.keys():
        return
    close = cells.numbers["close"]
    coins = cells.numbers[quotes] / np.where(close > 0.0, close, np.nan)
    ratio = _typical_ratio(cells.numbers[VOLUME], coins)
    if ratio is not None and not 1.0 / OF_ITSELF < ratio < OF_ITSELF:
        what = f"{VOLUME} is typically {ratio:.4g} times {quotes} over close: it counts no coins"
        yield Defect(what=what, field=VOLUME, places=NOWHERE, value=ratio)


def find_volume_units(traded: Sequence[Traded]) -> Iterator[tuple[Traded, Defect]]:
    """Find series that trade far more than the busiest of the others of their instrument.

    Parameters
    ----------
    traded : sequence of Traded
        Of any instruments.

    Yields
    ------
    (Traded, Defect)
        The series, and how far it is off. A venue that trades far less may just be small.
    """
    for one in traded:
        others = [x for x in traded if x is not one and _instrument(x) == _instrument(one)]
        ratios = [(_ratio(one, x), x) for x in others]
        known = [(ratio, x) for ratio, x in ratios if ratio is not None]
        if not known:
            continue
        ratio, busiest = min(known, key=lambda x: x[0])
        if ratio >= OF_THE_BUSIEST:
            what = (
                f"{VOLUME} is typically {ratio:.3g} times that of {busiest.dataset}, the busiest "
                "of the others: it seems to count contracts, not coins"
            )
            yield one, Defect(what=what, field=VOLUME, places=NOWHERE, value=ratio)


def _instrument(one: Traded) -> tuple[DatasetKind, str, str]:
    return one.dataset.kind, one.dataset.symbol, one.dataset.interval


def _ratio(one: Traded, other: Traded) -> float | None:
    ours, theirs = common_places(one.times, other.times)
    return _typical_ratio(one.volume[ours], other.volume[theirs])


def _typical_ratio(left: FloatArray, right: FloatArray) -> float | None:
    """Return the median ratio of rows in which both trade; None where too few do."""
    both = (left > 0.0) & (right > 0.0)
    if both.sum() < _ENOUGH:
        return None
    return float(np.median(left[both] / right[both]))
