"""Series that do not look like a market: standing still, straight, smoothed, filled."""

from collections.abc import Iterator

import numpy as np

from basis_lab.data.checks.rows import Defect, Rows, runs_of
from basis_lab.data.series import BAR_KINDS, DatasetKind
from basis_lab.domain.market import BoolArray, FloatArray
from basis_lab.domain.wording import agree

# A series is interpolated when at least this share of its second differences is zero.
INTERPOLATED_SHARE = 0.90
_FLAT = 1e-12
_TESTED_ROWS = 48
# Prices put two rows in a line by chance, at most; lines between midnights are 22 long.
STRAIGHT_ROWS = 6
# The ratio of two straight lines bends a little.
_BEND_OF_RATIOS = 0.01
# A series is smoothed when at least this share of its moves lands on its own median of a day:
# prices show a tenth, their rolling medians six tenths and more.
SMOOTHED_SHARE = 0.40
_DAY_ROWS = 25
_SMOOTHED_ROWS = 168
_SMOOTHED_SAMPLE = 4000
# Rows in a line that repeat the one before; real markets repeat once, quotes of pools sometimes.
STALE_ROWS = {
    DatasetKind.SPOT: 3,
    DatasetKind.PERP: 3,
    DatasetKind.MARK: 3,
    DatasetKind.DEX: 3,
    DatasetKind.FUNDING: 4,
    DatasetKind.AAVE: 3,
    DatasetKind.ORACLE: 4,
    DatasetKind.GAS: 4,
    DatasetKind.LST: 4,
    DatasetKind.LST_MARKET: 12,
}
STALE_S = 1800  # minutes of a thin market may repeat for less
LARGE_MOVE, LARGE_GAS_MOVE = 0.10, 9.0
OPENS_REPEAT_SHARE = 0.98
_NEVER_STRAIGHT = frozenset({DatasetKind.FUNDING, DatasetKind.GAS, DatasetKind.REWARDS})


def find_stale(rows: Rows) -> Iterator[Defect]:
    """Find rows that repeat the row before them for longer than a market does.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One or none. The rate that a venue settles when nothing happens (the most frequent one
        of its series) may repeat.
    """
    if rows.kind not in STALE_ROWS:
        return
    least = max(STALE_ROWS[rows.kind], -(-STALE_S // rows.interval_s))
    if len(rows.times) <= least:
        return
    same = np.ones(len(rows.times) - 1, dtype=bool)
    for name, values in rows.fields.items():
        if name != "block":
            same &= values[1:] == values[:-1]
    if rows.kind is DatasetKind.FUNDING and same.any():
        found, counts = np.unique(rows.first_field, return_counts=True)
        same &= rows.first_field[1:] != found[np.argmax(counts)]
    runs = runs_of(same, least)
    if runs:
        places = np.concatenate([np.arange(first, end) + 1 for first, end in runs])
        longest = max(end - first for first, end in runs)
        yield Defect(
            what=f"{len(places)} rows repeat the row before in {len(runs)} "
            f"{agree(len(runs), 'run')}, the longest {longest} rows",
            field="",
            places=places,
            value=float(rows.first_field[places[0]]),
        )


def find_flat_bars(rows: Rows) -> Iterator[Defect]:
    """Find bars without a move, filled where nothing traded.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One or none.
    """
    if rows.kind not in BAR_KINDS or not {"high", "low"} <= rows.fields.keys():
        return
    places = np.flatnonzero(rows.fields["high"] == rows.fields["low"])
    if len(places):
        value = float(rows.fields["high"][places[0]])
        words = agree(len(places), "bar has", "bars have")
        what = f"{len(places)} {words} no move at all: filled forward where nothing traded"
        yield Defect(what=what, field="high", places=places, value=value)


def find_opens_that_repeat(rows: Rows) -> Iterator[Defect]:
    """Find bars that open at the close of the bar before, nearly always.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One or none.
    """
    if not {"open", "close"} <= rows.fields.keys() or len(rows.times) < _TESTED_ROWS:
        return
    share = float(np.mean(rows.fields["open"][1:] == rows.fields["close"][:-1]))
    if share >= OPENS_REPEAT_SHARE:
        what = f"{share:.1%} of the opens are the close of the bar before, not a first trade"
        yield Defect(what=what, field="open", value=share)


def find_large_moves(rows: Rows) -> Iterator[Defect]:
    """Find rows with a large move, which may be true.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One or none.
    """
    priced = rows.kind in {*BAR_KINDS, DatasetKind.ORACLE, DatasetKind.LST_MARKET}
    if not priced and rows.kind is not DatasetKind.GAS:
        return
    least = LARGE_MOVE if priced else LARGE_GAS_MOVE
    values = rows.first_field
    moves = np.abs(values[1:] / values[:-1] - 1.0)
    places = np.flatnonzero(moves > least) + 1
    if len(places):
        largest = places[np.argmax(moves[places - 1])]
        name = next(iter(rows.fields))
        what = (
            f"{name} moves by more than {least:.0%} in {len(places)} {agree(len(places), 'row')}, "
            f"at most by {moves[largest - 1]:.0%} to {values[largest]:g}"
        )
        yield Defect(what=what, field=name, places=places, value=float(values[largest]))


def find_interpolated(rows: Rows) -> Iterator[Defect]:
    """Find a series that was interpolated as a whole.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One or none.
    """
    if rows.kind in _NEVER_STRAIGHT:
        return
    straight, moving = _straight(rows)
    share = _share(straight, moving)
    if share >= INTERPOLATED_SHARE:
        name = next(iter(rows.fields))
        leaning = _leaning(straight)
        words = agree(leaning, "row leans", "rows lean")
        beyond = f"; the last {leaning} {words} on a value after the end" if leaning else ""
        what = (
            f"derived: {share:.0%} of the second differences of {name} are zero (straight lines "
            f"between rarer values, which look ahead{beyond})"
        )
        yield Defect(what=what, field=name, value=share)


def find_straight_lines(rows: Rows) -> Iterator[Defect]:
    """Find stretches of straight lines in a series that is not interpolated as a whole.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One or none.
    """
    if rows.kind in _NEVER_STRAIGHT:
        return
    straight, moving = _straight(rows)
    if _share(straight, moving) >= INTERPOLATED_SHARE:
        return
    runs = runs_of(straight & moving, STRAIGHT_ROWS)
    if runs:
        places = np.concatenate([np.arange(first, end) + 1 for first, end in runs])
        name = next(iter(rows.fields))
        what = (
            f"{len(places)} rows of {name} lie on {len(runs)} straight "
            f"{agree(len(runs), 'line')}, the longest "
            f"{max(end - first for first, end in runs) + 2} rows"
        )
        value = float(rows.first_field[places[0]])
        yield Defect(what=what, field=name, places=places, value=value)


def find_smoothed(rows: Rows) -> Iterator[Defect]:
    """Find a series that is a rolling median.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One or none.
    """
    if rows.kind not in {*BAR_KINDS, DatasetKind.LST_MARKET}:
        return
    share = smoothed_share(rows.first_field)
    if share >= SMOOTHED_SHARE:
        name = next(iter(rows.fields))
        what = (
            f"derived: smoothed, {share:.0%} of the moves of {name} land on its own median of "
            "24 h (short moves do not show)"
        )
        yield Defect(what=what, field=name, value=share)


def smoothed_share(values: FloatArray) -> float:
    """Return the share of moves that land on the median of the day around them.

    Parameters
    ----------
    values : ndarray of shape (n,)
        An hourly price.

    Returns
    -------
    float
        In [0, 1]; 0 for a series that is too short or moves too rarely to tell.

    Notes
    -----
    A rolling median is nearly its own rolling median again (its root signal); a price is not.
    Long series are looked at in evenly spread places.
    """
    if len(values) < _DAY_ROWS:
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(values, _DAY_ROWS)
    half = _DAY_ROWS // 2
    moved = np.flatnonzero(values[half : half + len(windows)] != values[half - 1 : -half - 1])
    if len(moved) < _SMOOTHED_ROWS:
        return 0.0
    places = moved[:: max(len(moved) // _SMOOTHED_SAMPLE, 1)]
    medians = np.partition(windows[places], half, axis=1)[:, half]
    return float(np.mean(medians == values[half + places]))


def _share(straight: BoolArray, moving: BoolArray) -> float:
    """Return how many of the rows that move lie on lines; 0 where too few move to tell."""
    count = int(moving.sum())
    return float((straight & moving).sum()) / count if count >= _TESTED_ROWS else 0.0


def _leaning(straight: BoolArray) -> int:
    """Return how many last rows lie on a line that does not end with its series.

    Lines are of one length; a knot between two that go on alike does not show.
    """
    knots = np.flatnonzero(~straight) + 1
    if len(knots) < 2:  # noqa: PLR2004 - the length of a line
        return 0
    after = len(straight) + 1 - int(knots[-1])
    return after % int(np.median(np.diff(knots)))


def _straight(rows: Rows) -> tuple[BoolArray, BoolArray]:
    """Return by inner row whether it lies on a line between its neighbours, and whether it moves.

    Flat stretches do not count: a value that is published rarely and repeated is no line.
    """
    values = rows.first_field
    bend = _BEND_OF_RATIOS if rows.kind is DatasetKind.ORACLE else 0.0
    steps = np.diff(values)
    bends = np.abs(np.diff(steps))
    zero = np.maximum(_FLAT * np.abs(values[1:-1]), bend * np.abs(steps[:-1]))
    return bends <= zero, steps[:-1] != 0.0
