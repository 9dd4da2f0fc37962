"""The rates a run lived on: funding, lending and staking as APR, basis in basis points."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from basis_lab.domain.instruments import Kind
from basis_lab.domain.market import FloatArray
from basis_lab.domain.statements import ScheduledFlows
from basis_lab.notebook.series import RunSeries

YEAR_S = 365.0 * 86_400.0
WEEK_S = 7 * 86_400
PER_BP = 10_000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FundingLine:
    """Funding at one venue.

    Parameters
    ----------
    times_ms : ndarray of shape (m,)
        When it was paid.
    apr, mean_apr : ndarray of shape (m,)
        The rate as APR, and the mean of the 7 days up to it; positive: shorts receive.
    """

    times_ms: FloatArray
    apr: FloatArray
    mean_apr: FloatArray


def funding_lines(series: RunSeries) -> dict[str, FundingLine]:
    """Return the funding that was paid, by venue.

    Parameters
    ----------
    series : RunSeries
        The run.

    Returns
    -------
    dict of str to FundingLine
        Empty without perps.
    """
    blocks: dict[str, list[ScheduledFlows]] = {}
    for entry in series.record.log:
        if isinstance(entry, ScheduledFlows):
            blocks.setdefault(entry.venue, []).append(entry)
    lines = {}
    for venue, parts in sorted(blocks.items()):
        rows, first = np.unique(np.concatenate([x.rows for x in parts]), return_index=True)
        rate = np.concatenate([x.rate for x in parts])[first]
        spacing = np.median(np.diff(rows)) if len(rows) > 1 else np.nan
        apr = rate * YEAR_S / (spacing * series.step_s)
        week = WEEK_S // series.step_s
        lines[venue] = FundingLine(
            times_ms=series.times_ms[rows], apr=apr, mean_apr=_trailing_mean(rows, apr, week)
        )
    return lines


def _trailing_mean(rows: np.ndarray, values: FloatArray, week: int) -> FloatArray:
    sums = np.concatenate([[0.0], np.add.accumulate(values)])
    first = np.searchsorted(rows, rows - week, side="right")
    here = np.arange(1, len(rows) + 1)
    return np.asarray((sums[here] - sums[first]) / (here - first))


def basis_lines(series: RunSeries) -> dict[str, FloatArray]:
    """Return mark against spot at each perp venue, basis points.

    Parameters
    ----------
    series : RunSeries
        The run.

    Returns
    -------
    dict of str to ndarray of shape (T,)
        By venue.
    """
    frame, rows = series.record.frame, series.rows
    found = {}
    for listing in frame.universe.listings:
        if listing.instrument.kind is Kind.PERP and listing.mark and listing.price:
            mark, spot = frame.values(listing.mark)[:rows], frame.values(listing.price)[:rows]
            found[listing.instrument.venue] = PER_BP * (mark / spot - 1.0)
    return found


def yield_lines(series: RunSeries) -> dict[str, tuple[str, FloatArray]]:
    """Return what indices and staking rates grew by, as APR of the 7 days up to each row.

    Parameters
    ----------
    series : RunSeries
        The run.

    Returns
    -------
    dict of str to (str, ndarray of shape (T,))
        Name -> attribution category, APR as a fraction; costs above zero as well.
    """
    found: dict[str, tuple[str, FloatArray]] = {}
    frame, week = series.record.frame, WEEK_S // series.step_s
    for listing in frame.universe.listings:
        symbol, debt = listing.instrument.symbol, listing.instrument.kind is Kind.DEBT
        if listing.index is not None:
            word = "borrow" if debt else "supply"
            category = "borrow_cost" if debt else "supply_yield"
            growth = _trailing_growth(frame.values(listing.index)[: series.rows], week)
            found.setdefault(f"{word} {symbol}", (category, growth))
        if listing.rate is not None:
            growth = _trailing_growth(frame.values(listing.rate)[: series.rows], week)
            found.setdefault(f"staking {symbol.removeprefix('a')}", ("staking_yield", growth))
    return found


def _trailing_growth(levels: FloatArray, week: int) -> FloatArray:
    growth = np.full(len(levels), np.nan)
    if len(levels) > week:
        ratio = levels[week:] / levels[:-week]
        growth[week:] = (ratio - 1.0) * YEAR_S / WEEK_S
    return growth


def limits_of(config: Mapping[str, object], measure: str) -> tuple[tuple[str, float], ...]:
    """Return the limits of a risk measure that act.

    Parameters
    ----------
    config : mapping
        The resolved configuration of a run.
    measure : str
        For instance "margin_ratio".

    Returns
    -------
    tuple of (str, float)
        Name and level: warning, critical; empty where none are set.
    """
    risk = config["risk"]
    if not isinstance(risk, Mapping) or measure not in risk or risk[measure] is None:
        return ()
    return tuple((name, float(risk[measure][name])) for name in ("warning", "critical"))
