"""Settlements and whole series of funding that neither another venue nor their own past bears out.

What stays unseen: a wrong rate within eight times what other venues paid at the time, what the
series itself pays as a rule, or half a basis point; percent of rates below 0.04 basis points is.
"""

from collections.abc import Iterator

import numpy as np

from basis_lab.data.checks.fundings import compared_funding, hourly_rates, names_of
from basis_lab.data.checks.peers import Market, Peer
from basis_lab.data.checks.rows import Defect, Rows
from basis_lab.data.series import DatasetKind, IntArray, time_text
from basis_lab.domain.market import FloatArray
from basis_lab.domain.wording import agree

SECONDS_PER_HOUR = 3600
# Rates are compared from here on, a fraction an hour: half of what a quiet venue asks for.
QUIET_AN_HOUR = 5e-5 / 8.0
# Times what the others paid just then and what the series itself pays as a rule, both.
# In eleven months of three venues no settlement was 6.8 times both.
FALSE, DOUBTFUL = 20.0, 8.0
# Without others; against their own history alone settlements were 7.8 times it at most.
DOUBTFUL_ALONE = 15.0
HISTORY, USUAL = 91, 0.6
# Whole series: three venues were within 1.2 of each other in the mean.
ENOUGH_FOR_A_SIZE, TIMES_THE_OTHERS = 300, 1.6


def find_settlements_beyond(
    market: Market, least: float, below: float
) -> Iterator[tuple[Peer, Defect]]:
    """Find settlements many times as large as those of every other venue at the time.

    Parameters
    ----------
    market : Market
        Series of one market.
    least, below : float
        Factors to report: from, and up to.

    Yields
    ------
    (Peer, Defect)
        At most one a series.
    """
    for peer, others in compared_funding(market):
        size = np.abs(hourly_rates(peer))
        around = np.full(len(size), np.nan)
        for other in others:
            around = np.fmax(around, _largest_around(peer, other))
        known = np.isfinite(around)
        apart = np.zeros(len(size))
        apart[known] = size[known] / np.maximum(around[known], QUIET_AN_HOUR)
        apart = np.minimum(apart, size / _usual(size))
        places = np.flatnonzero((apart >= least) & (apart < below))
        if len(places):
            yield peer, _defect(peer.rows, places, apart, f"what {names_of(others)} paid then")


def find_settlements_beyond_history(rows: Rows) -> Iterator[Defect]:
    """Find settlements many times as large as the series pays as a rule.

    Parameters
    ----------
    rows : Rows
        One series.

    Yields
    ------
    Defect
        One or none.
    """
    if rows.kind is not DatasetKind.FUNDING or "rate" not in rows.fields or not len(rows.times):
        return
    size = np.abs(rows.fields["rate"]) * (SECONDS_PER_HOUR / rows.interval_s)
    apart = size / _usual(size)
    places = np.flatnonzero(apart >= DOUBTFUL_ALONE)
    if len(places):
        yield _defect(rows, places, apart, "what the series itself pays as a rule around")


def find_funding_sizes(market: Market) -> Iterator[tuple[Peer, Defect]]:
    """Find series whose funding is about twice that of every other venue, in mean and median.

    Parameters
    ----------
    market : Market
        Series of one market.

    Yields
    ------
    (Peer, Defect)
        At most one a series.
    """
    for peer, others in compared_funding(market):
        sizes = [_size(peer, other) for other in others]
        known = [x for x in sizes if x is not None]
        if known and min(known) >= TIMES_THE_OTHERS:
            what = (
                f"|rate| is {min(known):.3g} times that of {names_of(others)} throughout: another "
                "interval or factor, unless the venue pays so much"
            )
            yield peer, Defect(what=what, field="rate", value=min(known))


def _size(peer: Peer, other: Peer) -> float | None:
    """Return how many times as large a series is as another, the lesser of mean and median."""
    common, ours, theirs = np.intersect1d(peer.rows.times, other.rows.times, return_indices=True)
    if len(common) < ENOUGH_FOR_A_SIZE:
        return None
    a, b = np.abs(hourly_rates(peer))[ours], np.abs(hourly_rates(other))[theirs]
    told = b > 0.0
    if not told.any():
        return None
    return float(min(a.mean() / b.mean(), np.median(a[told] / b[told])))


def _largest_around(peer: Peer, other: Peer) -> FloatArray:
    """Return by row the largest |rate| an hour of another within one settlement; NaN if none."""
    reach = max(peer.rows.interval_s, other.rows.interval_s)
    size, seconds = np.abs(hourly_rates(other)), other.rows.seconds
    lows = np.searchsorted(seconds, peer.rows.seconds - reach, side="left")
    highs = np.searchsorted(seconds, peer.rows.seconds + reach, side="right")
    spans = zip(lows.tolist(), highs.tolist(), strict=True)
    return np.array([size[low:high].max() if high > low else np.nan for low, high in spans])


def _usual(size: FloatArray) -> FloatArray:
    """Return by row what three in five settlements of the month around it stay below."""
    length = min(HISTORY, len(size))
    windows = np.lib.stride_tricks.sliding_window_view(size, length)
    usual = np.quantile(windows, USUAL, axis=1)
    first = np.clip(np.arange(len(size)) - length // 2, 0, len(usual) - 1)
    found: FloatArray = np.maximum(usual[first], QUIET_AN_HOUR)
    return found


def _defect(rows: Rows, places: IntArray, apart: FloatArray, against: str) -> Defect:
    rates = rows.fields["rate"]
    worst = int(places[np.argmax(apart[places])])
    words = agree(len(places), "settlement is", "settlements are")
    what = (
        f"{len(places)} {words} up to {apart[worst]:.3g} times {against}: "
        f"{rates[worst]:.4g} at {time_text(rows.times[worst])}"
    )
    return Defect(what=what, field="rate", places=places, value=float(rates[places[0]]))
