"""The synthetic sample's exchanges: spot paths, perps and marks around them, funding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from basis_lab.data import sample_tables as tables
from basis_lab.domain.market import FloatArray, TimeArray

BPS = 1e-4
INTEREST_BPS = 1.0
CLAMP_BPS = 5.0
# Largest hourly step of a path outside the listed shocks, in standard deviations.
WIDEST_STEP = 9.0
VENUES = ("binance", "bybit", "okx")
ASSETS = ("BTC", "ETH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Hourly bars: opens, highs and lows, shape (T,)."""

    open: FloatArray
    high: FloatArray
    low: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanges:
    """Everything that the exchanges publish in the sample."""

    spot: Mapping[str, Bars]
    perp: Mapping[tuple[str, str], Bars]
    mark: Mapping[tuple[str, str], Bars]
    funding: Mapping[tuple[str, str], FloatArray]


def persistent(rng: np.random.Generator, rows: int, memory: float) -> FloatArray:
    """Return a first-order autoregression of unit variance.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of chance.
    rows : int
        Its length.
    memory : float
        Correlation of neighbours, in [0, 1).

    Returns
    -------
    ndarray of shape (rows,)
        Mean 0 and standard deviation 1 in expectation.
    """
    shocks = rng.standard_normal(rows) * np.sqrt(1.0 - memory**2)
    values = np.empty(rows)
    level = rng.standard_normal()
    for i, shock in enumerate(shocks):
        level = memory * level + shock
        values[i] = level
    return values


def standardised(values: FloatArray) -> FloatArray:
    """Return values shifted and scaled to mean 0 and standard deviation 1.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Not constant.

    Returns
    -------
    ndarray of shape (n,)
        The same shape of curve.
    """
    result: FloatArray = (values - values.mean()) / values.std()
    return result


def make_exchanges(rng: np.random.Generator, hours: TimeArray) -> Exchanges:
    """Make the exchanges of the sample.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of chance.
    hours : ndarray of datetime64[s], shape (T,)
        Opens of the bars; whole months.

    Returns
    -------
    Exchanges
        Unrounded prices in USDT and funding rates as fractions per 8 h.
    """
    opens = spot_opens(rng, hours)
    wicks = {"BTC": 0.3 * _shocks(hours)[2], "ETH": _shocks(hours)[2]}
    spot = {asset: spot_bars(rng, opens[asset], wicks[asset]) for asset in ASSETS}
    perp: dict[tuple[str, str], Bars] = {}
    mark: dict[tuple[str, str], Bars] = {}
    funding: dict[tuple[str, str], FloatArray] = {}
    months = hours[::8].astype("datetime64[M]")
    for asset, percents in zip(
        ASSETS, (tables.BTC_FUNDING_PERCENT, tables.ETH_FUNDING_PERCENT), strict=True
    ):
        mood = standardised(persistent(rng, len(months), 0.86))
        premium = calibrated_premium(rng, months, mood, np.asarray(percents))
        shared = _basis(rng, premium, len(hours))
        for venue in VENUES:
            own = 1.1 * BPS * persistent(rng, len(hours), 0.7)
            basis = shared + own
            perp[venue, asset] = _perp_bars(rng, spot[asset], opens[asset], basis, 2.0 * BPS)
            mark[venue, asset] = _perp_bars(
                rng, spot[asset], opens[asset], _smooth(basis), 0.3 * BPS
            )
            funding[venue, asset] = _venue_funding(rng, venue, months, mood, np.asarray(percents))
        funding["binance", asset] = clamped_rate(premium) * BPS
    return Exchanges(spot=spot, perp=perp, mark=mark, funding=funding)


def spot_opens(rng: np.random.Generator, hours: TimeArray) -> dict[str, FloatArray]:
    """Return the opens of both assets, one more than there are bars.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of chance.
    hours : ndarray of datetime64[s], shape (T,)
        Opens of the bars; whole months.

    Returns
    -------
    dict of str to ndarray of shape (T + 1,)
        In USDT; the monthly levels are met exactly, the volatility in between by scaling.
    """
    rows = len(hours)
    pace = np.exp(0.55 * persistent(rng, rows, 0.995) + 0.25 * persistent(rng, rows, 0.8))
    fat = np.sqrt(5.0 / rng.chisquare(5.0, rows))
    first, second = rng.standard_normal((2, rows)) * pace * fat
    mixed = tables.CORRELATION * first + np.sqrt(1.0 - tables.CORRELATION**2) * second
    shocks = _shocks(hours)
    btc = bridge(hours, first, shocks[0], tables.BTC_OPEN_USDT, tables.BTC_VOLATILITY)
    eth = bridge(hours, mixed, shocks[1], tables.ETH_OPEN_USDT, tables.ETH_VOLATILITY)
    return {"BTC": btc, "ETH": eth}


def _shocks(hours: TimeArray) -> FloatArray:
    moves = np.zeros((3, len(hours)))
    for at, btc, eth, wick in tables.SHOCKS:
        row = int(np.searchsorted(hours, np.datetime64(at)))
        moves[:, row] = btc, eth, wick
    return moves


def bridge(
    hours: TimeArray,
    noise: FloatArray,
    shocks: FloatArray,
    levels: Sequence[float],
    volatility: float,
) -> FloatArray:
    """Bend scaled noise so that the path meets each month's open.

    Parameters
    ----------
    hours : ndarray of datetime64[s], shape (T,)
        Opens of the bars; whole months.
    noise : ndarray of shape (T,)
        Moves of any scale.
    shocks : ndarray of shape (T,)
        Log moves that stand in the place of noise where they are not zero.
    levels : sequence of float
        The open of each month and of the month after the last.
    volatility : float
        A year's, as a fraction, before bending.

    Returns
    -------
    ndarray of shape (T + 1,)
        Prices in the unit of the levels.
    """
    steps = noise * (volatility / np.sqrt(8760.0) / noise.std())
    widest = WIDEST_STEP * steps.std()
    calm = np.where(shocks == 0.0, np.clip(steps, -widest, widest), 0.0)
    path = np.concatenate([[0.0], np.cumsum(calm + shocks)])
    starts = np.searchsorted(hours, tables.MONTHS.astype("datetime64[s]"))
    knots = np.append(starts, len(hours))
    gaps = np.log(np.asarray(levels, dtype=float)) - path[knots]
    return np.asarray(np.exp(path + np.interp(np.arange(len(path)), knots, gaps)))


def spot_bars(rng: np.random.Generator, opens: FloatArray, wicks: FloatArray) -> Bars:
    """Put bars around a path: each ends where the next one opens.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of chance.
    opens : ndarray of shape (T + 1,)
        The path.
    wicks : ndarray of shape (T,)
        How far each low runs further down, as a log move.

    Returns
    -------
    Bars
        Of shape (T,).
    """
    before, after = opens[:-1], opens[1:]
    move = np.abs(np.log(after / before))
    reach = 0.35 * np.minimum(move, 0.01) + 0.0016
    up, down = rng.exponential(1.0, (2, len(before))) * reach
    down += wicks
    return Bars(
        open=before,
        high=np.maximum(before, after) * np.exp(up),
        low=np.minimum(before, after) * np.exp(-down),
    )


def _perp_bars(
    rng: np.random.Generator, spot: Bars, opens: FloatArray, basis: FloatArray, wick: float
) -> Bars:
    """Put bars around spot's: the basis at the open, and a little more at the extremes."""
    at_open = opens * (1.0 + np.append(basis, basis[-1]))
    before, after = at_open[:-1], at_open[1:]
    up, down = rng.exponential(wick, (2, len(basis)))
    return Bars(
        open=before,
        high=np.maximum(np.maximum(before, after), spot.high * (1.0 + basis + up)),
        low=np.minimum(np.minimum(before, after), spot.low * (1.0 + basis - down)),
    )


def _smooth(basis: FloatArray) -> FloatArray:
    before = np.concatenate([basis[:1], basis[:-1]])
    return 0.6 * basis + 0.4 * before


def _basis(rng: np.random.Generator, premium: FloatArray, rows: int) -> FloatArray:
    """Return the shared basis: half of it follows the premium that funding is made of."""
    slow = standardised(np.repeat(premium, 8)[:rows])
    fast = standardised(persistent(rng, rows, 0.75))
    mixed = standardised(0.8 * slow + 0.6 * fast)
    return np.asarray((tables.BASIS_MEAN_BPS + tables.BASIS_SD_BPS * mixed) * BPS)


def clamped_rate(premium_bps: FloatArray) -> FloatArray:
    """Return the funding rate of an averaged premium.

    Parameters
    ----------
    premium_bps : ndarray
        Basis points.

    Returns
    -------
    ndarray
        ``P + clamp(I - P, -5, 5)`` in basis points per 8 h; exactly I on a wide plateau.
        Source: Binance FAQ 360033525031.
    """
    return premium_bps + np.clip(INTEREST_BPS - premium_bps, -CLAMP_BPS, CLAMP_BPS)


def calibrated_premium(
    rng: np.random.Generator, months: TimeArray, mood: FloatArray, percents: FloatArray
) -> FloatArray:
    """Return premiums whose clamped rates average to each month's funding.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of chance.
    months : ndarray of datetime64[M], shape (m,)
        The month of each settlement.
    mood : ndarray of shape (m,)
        What persists from settlement to settlement, unit variance.
    percents : ndarray of shape (24,)
        Percent a year by month.

    Returns
    -------
    ndarray of shape (m,)
        Basis points.
    """
    noise = mood + 0.3 * rng.standard_normal(len(mood))
    premium = np.empty(len(mood))
    for month, percent in zip(tables.MONTHS, percents, strict=True):
        inside = months == month
        target = percent / 1095.0 * 100.0
        premium[inside] = _solved(noise[inside], target)
    return premium


def _spread_bps(target_bps: float) -> float:
    """Return how far premiums scatter: widely in bull markets, narrowly in quiet ones."""
    return 6.5 if target_bps > INTEREST_BPS else 0.5


def _solved(noise: FloatArray, target_bps: float) -> FloatArray:
    """Shift noise until its clamped mean is the target; bisection over the centre."""
    bull = target_bps > INTEREST_BPS
    room = 7.8 if bull else 0.0
    scatter = np.where(noise < 0.0, 0.7, 1.0) * noise * _spread_bps(target_bps)
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if clamped_rate(_tamed(middle + scatter, room)).mean() < target_bps:
            low = middle
        else:
            high = middle
    return _tamed(0.5 * (low + high) + scatter, room)


def _tamed(premium_bps: FloatArray, room_bps: float) -> FloatArray:
    """Let the tails beyond the plateau run out: 1.2 bps below it, ``room_bps`` above."""
    floor, ceiling, depth = INTEREST_BPS - CLAMP_BPS - 1.0, INTEREST_BPS + CLAMP_BPS, 1.2
    below = np.maximum(floor - premium_bps, 0.0)
    above = np.maximum(premium_bps - ceiling, 0.0)
    inside = np.clip(premium_bps, floor, ceiling)
    rise = room_bps * -np.expm1(-above / room_bps) if room_bps else 0.0
    return np.asarray(inside - depth * -np.expm1(-below / depth) + rise)


def _venue_funding(
    rng: np.random.Generator,
    venue: str,
    months: TimeArray,
    mood: FloatArray,
    percents: FloatArray,
) -> FloatArray:
    """Return one venue's rates; OKX paid the bare premium until April 2025."""
    shared = np.sqrt(0.8) * mood + np.sqrt(0.2) * rng.standard_normal(len(mood))
    scale = {"binance": 1.0, "bybit": 1.0, "okx": 0.8}[venue]
    anchored = clamped_rate(calibrated_premium(rng, months, shared, percents * scale))
    if venue != "okx":
        return anchored * BPS
    bare = np.empty(len(mood))
    for month, percent in zip(tables.MONTHS, percents * scale, strict=True):
        inside = months == month
        target = percent / 1095.0 * 100.0
        bare[inside] = target + 0.6 * standardised(shared[inside])
    return np.where(months < np.datetime64("2025-04"), bare, anchored) * BPS
