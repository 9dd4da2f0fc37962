"""The rate of a staking token: it rises by its yield, and by nothing else."""

from collections.abc import Iterator

import numpy as np

from basis_lab.data.checks.rows import Defect, Rows, defects_at, medians_around
from basis_lab.data.series import DatasetKind

# Fractions. Real rates rise by 0.01 % a day (0.03 % at most) and do not fall.
AWAY, FALL, STEP = 0.002, 0.001, 0.005
_AROUND = 5
_ENOUGH_ROWS = 2 * _AROUND + 1
_TYPICAL_STEPS = 5.0


def find_false_rates(rows: Rows) -> Iterator[Defect]:
    """Find rates that leave the rows around them, fall, or step beyond any yield.

    Parameters
    ----------
    rows : Rows
        One series, in the order of time.

    Yields
    ------
    Defect
        One or none.

    Notes
    -----
    A rate that only rises is its own median of the rows around it, whatever holes there are.
    """
    if rows.kind is not DatasetKind.LST or len(rows.times) < _ENOUGH_ROWS:
        return
    rate = rows.fields["rate"]
    level = np.log(rate)
    apart = np.abs(level - medians_around(level, _AROUND, "odd"))
    away = apart >= AWAY
    if away.any():
        what = f"rate leaves the rows around it, by {np.expm1(apart.max()):.2%} at most"
        yield from defects_at(what, "rate", away, rate)
        return
    steps = np.diff(level)
    spans = rows.gaps_s / rows.interval_s
    allowed = STEP + _TYPICAL_STEPS * max(float(np.median(steps / spans)), 0.0) * spans
    false = np.concatenate([[False], (steps <= -FALL) | (steps >= allowed)])
    yield from defects_at("rate moves by what no yield gives", "rate", false, rate)
