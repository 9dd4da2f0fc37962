"""What volumes count: coins, as prices are of, or contracts of some size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from basis_lab.data.checks.cells import Cells
from basis_lab.data.checks.peers import common_places
from basis_lab.data.checks.rows import Defect, defects_at
from basis_lab.data.series import DatasetId, DatasetKind, time_text
from basis_lab.domain.intervals import SECONDS
from basis_lab.domain.market import FloatArray, TimeArray
from basis_lab.domain.wording import agree

COUNTED_KINDS = (DatasetKind.SPOT, DatasetKind.PERP)
VOLUME = "volume"
QUOTE_VOLUMES = ("quote_volume", "turnover")
# Within one file money over price is the volume in coins, whatever the bar's average price was.
OF_ITSELF = 1.2
# The busiest venue of a coin trades two or three times what the next one does.
OF_THE_BUSIEST = 5.0
# A small venue of eleven months traded a fiftieth of the busiest; what trades less than that of
# every other may count another unit.
OF_THE_SMALLEST = 1.0 / 60.0
# Typical days that follow each other: those of eleven months and five venues were 13 apart at most.
STEP = 30.0
_DAY_S, _LEAST_ROWS = 86_400, 24
# Money over price of one bar is its volume up to the prices inside the bar.
OF_ONE_ROW = 2.0
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
    """Find files, or rows, whose volume is not the money that changed hands over the price.

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
    volume, coins = (
        cells.numbers[VOLUME],
        cells.numbers[quotes] / np.where(close > 0, close, np.nan),
    )
    ratio = _typical_ratio(volume, coins)
    if ratio is None:
        return
    if not 1.0 / OF_ITSELF < ratio < OF_ITSELF:
        what = f"{VOLUME} is typically {ratio:.4g} times {quotes} over close: it counts no coins"
        yield Defect(what=what, field=VOLUME, value=ratio)
        return
    traded = (volume > 0.0) & (coins > 0.0)
    apart = np.maximum(volume, coins) > OF_ONE_ROW * np.minimum(volume, coins)
    count = int((traded & apart).sum())
    what = (
        f"{VOLUME} of {count} {agree(count, 'row')} is not {quotes} over close, as it is elsewhere"
    )
    yield from defects_at(what, VOLUME, traded & apart, volume)


def find_volume_units(traded: Sequence[Traded]) -> Iterator[tuple[Traded, Defect]]:
    """Find series that trade far more, or far less, than all others of their instrument.

    Parameters
    ----------
    traded : sequence of Traded
        Of any instruments.

    Yields
    ------
    (Traded, Defect)
        The series, and how far it is off. A venue that trades less may just be small.
    """
    for one in traded:
        others = [x for x in traded if x is not one and _instrument(x) == _instrument(one)]
        ratios = [(_ratio(one, x), x) for x in others]
        known = [(ratio, x) for ratio, x in ratios if ratio is not None]
        if not known:
            continue
        ratio, busiest = min(known, key=lambda x: x[0])
        highest, smallest = max(known, key=lambda x: x[0])
        if ratio >= OF_THE_BUSIEST:
            what = (
                f"{VOLUME} is typically {ratio:.3g} times that of {busiest.dataset}, the busiest "
                "of the others: it seems to count contracts, not coins"
            )
            yield one, Defect(what=what, field=VOLUME, value=ratio)
        elif highest <= OF_THE_SMALLEST:
            what = (
                f"{VOLUME} is typically {highest:.3g} times that of {smallest.dataset}, the "
                "smallest of the others: a small venue, or another unit than coins"
            )
            yield one, Defect(what=what, field=VOLUME, value=highest)


def find_volume_steps(traded: Sequence[Traded]) -> Iterator[tuple[Traded, Defect]]:
    """Find series whose volume steps, from one day to the next, as no market does.

    Parameters
    ----------
    traded : sequence of Traded
        Of any instruments.

    Yields
    ------
    (Traded, Defect)
        The series, and its largest step; a stretch of another unit has two.
    """
    for one in traded:
        length = max(_DAY_S // SECONDS[one.dataset.interval], _LEAST_ROWS)
        if len(one.volume) < 2 * length:
            continue
        days = np.median(np.lib.stride_tricks.sliding_window_view(one.volume, length), axis=1)
        before, after = days[:-length], days[length:]
        known = (before > 0.0) & (after > 0.0)
        factors = np.ones(len(before))
        factors[known] = after[known] / before[known]
        size = np.maximum(factors, 1.0 / factors)
        if size.max() >= STEP:
            place = int(np.argmax(size))
            start = time_text(one.times[place + length])
            what = f"{VOLUME} is typically {factors[place]:.3g} times that of the day before from "
            what += f"{start} on: another unit, unless the market changed"
            places = np.array([place + length])
            yield one, Defect(what=what, field=VOLUME, places=places, value=float(factors[place]))


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
