"""Market data of a run as read-only arrays, and windows of it.

Every series is aligned to the run's timesteps and holds at row t only what was published by t:
prices are the open of the bar that opens at t, bar extremes are those of the bar that ended at t.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from basis_lab.domain.instruments import Listing, Universe
from basis_lab.errors import MissingDataError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
TimeArray = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSource:
    """Where a series of a frame came from, for the manifest.

    ``notes`` says what was carried, proxied or substituted, ``warnings`` what checks found.
    """

    key: str
    dataset: str
    file: str
    file_sha256: str
    first: str
    last: str
    synthetic: bool
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def _factor(series: Mapping[str, FloatArray], name: str | None) -> FloatArray | None:
    return None if name is None else series[name]


def unit_price(listing: Listing, series: Mapping[str, FloatArray], rows: int) -> FloatArray:
    """Return the unit price of one listing in share-class currency.

    Parameters
    ----------
    listing : Listing
        The instrument and the names of its factors.
    series : mapping of str to ndarray of shape (T,)
        The frame's series.
    rows : int
        T, used where no factor is given.

    Returns
    -------
    ndarray of shape (T,)
        ``sign x index x rate x price``, or the mark for a perp.
    """
    if listing.mark is not None:
        return series[listing.mark]
    price = np.full(rows, listing.sign)
    for name in (listing.index, listing.rate, listing.price):
        factor = _factor(series, name)
        if factor is not None:
            price = price * factor
    return price


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """What a reward programme paid for one earning period, known at its payment and not before.

    Parameters
    ----------
    key : str
        The programme's table, as ``series.rewards`` names it.
    row : int
        The timestep of the payment.
    period_start, period_end : datetime64[s]
        The first moment of the earning period, and the first after it.
    units_per_staked : float
        Units of the token for each unit of the staked asset held over the whole period.
    """

    key: str
    row: int
    period_start: np.datetime64
    period_end: np.datetime64
    units_per_staked: float


@dataclass(frozen=True)
class MarketFrame:
    """All market data of a run.

    Parameters
    ----------
    times : ndarray of datetime64[s], shape (T,)
        The timesteps, UTC, evenly spaced.
    series : mapping of str to ndarray of shape (T,)
        Aligned series by ``kind/venue/SYMBOL.field``; optional ones may be absent.
    universe : Universe
        The columns of ``unit_prices``.
    sources : tuple of SeriesSource
        Provenance of every series.
    payouts : tuple of Payout
        By row, ascending.
    """

    times: TimeArray
    series: Mapping[str, FloatArray]
    universe: Universe
    sources: tuple[SeriesSource, ...] = ()
    payouts: tuple[Payout, ...] = ()

    def __post_init__(self) -> None:
        self.times.setflags(write=False)
        for values in self.series.values():
            values.setflags(write=False)

    @property
    def rows(self) -> int:
        """The number of timesteps."""
        return len(self.times)

    @property
    def step_s(self) -> int:
        """The bar interval in seconds."""
        spacing = np.diff(self.times[:2]) / np.timedelta64(1, "s")
        return int(spacing[0]) if len(spacing) else 3600

    @property
    def synthetic(self) -> bool:
        """True if any series is synthetic."""
        return any(x.synthetic for x in self.sources)

    @cached_property
    def unit_prices(self) -> FloatArray:
        """Unit prices in share-class currency, shape (T, n), each column contiguous."""
        columns = np.empty((len(self.universe), self.rows))
        for i, listing in enumerate(self.universe.listings):
            columns[i] = unit_price(listing, self.series, self.rows)
        columns.setflags(write=False)
        return columns.T

    def values(self, key: str) -> FloatArray:
        """Return one series, shape (T,).

        Parameters
        ----------
        key : str
            ``kind/venue/SYMBOL.field``.

        Returns
        -------
        ndarray of shape (T,)
            In the unit of the series; read-only.

        Raises
        ------
        MissingDataError
            If the frame does not hold it.
        """
        found = self.series.get(key)
        if found is None:
            raise MissingDataError(
                "a series that is needed is not in the frame",
                missing=[key],
                where="MarketFrame",
                value=key,
                remedy="declare it in the requirements of the run",
            )
        return found

    def has(self, key: str) -> bool:
        """Tell if the frame holds a series.

        Parameters
        ----------
        key : str
            ``kind/venue/SYMBOL.field``.

        Returns
        -------
        bool
            False for an optional series that the data do not have.
        """
        return key in self.series

    def at(self, row: int) -> "Window":
        """Return the window of one row.

        Parameters
        ----------
        row : int
            The timestep, from 0.

        Returns
        -------
        Window
            Of length one.
        """
        return Window(self, row, row + 1)

    def window(self, start: int, stop: int) -> "Window":
        """Return the window of rows [start, stop).

        Parameters
        ----------
        start, stop : int
            The first row, and the first row left out.

        Returns
        -------
        Window
            Of length ``stop - start``.
        """
        return Window(self, start, stop)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the times and the values of every series, by name."""
        digest = sha256(self.times.astype("datetime64[s]").tobytes())
        for name in sorted(self.series):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(self.series[name]).tobytes())
        for payout in self.payouts:
            digest.update(repr(payout).encode())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Window:
    """Rows [start, stop) of a frame; nothing after stop can be reached through it.

    Parameters
    ----------
    frame : MarketFrame
        The whole frame.
    start, stop : int
        The rows.
    """

    frame: MarketFrame
    start: int
    stop: int

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.stop - self.start

    @property
    def times(self) -> TimeArray:
        """Timesteps of the window, shape (W,)."""
        return self.frame.times[self.start : self.stop]

    @property
    def universe(self) -> Universe:
        """The columns."""
        return self.frame.universe

    @property
    def unit_prices(self) -> FloatArray:
        """Unit prices, shape (W, n)."""
        return self.frame.unit_prices[self.start : self.stop]

    def values(self, key: str) -> FloatArray:
        """Return one series over the window, shape (W,).

        Parameters
        ----------
        key : str
            ``kind/venue/SYMBOL.field``.

        Returns
        -------
        ndarray of shape (W,)
            In the unit of the series; read-only.

        Raises
        ------
        MissingDataError
            If the frame does not hold it.
        """
        found = self.frame.series.get(key)
        if found is None:
            found = self.frame.values(key)  # which says what is missing
        return found[self.start : self.stop]

    def previous(self, key: str) -> FloatArray:
        """Return one series one row earlier, shape (W,); the first row of a run repeats itself.

        Parameters
        ----------
        key : str
            ``kind/venue/SYMBOL.field``.

        Returns
        -------
        ndarray of shape (W,)
            In the unit of the series.

        Raises
        ------
        MissingDataError
            If the frame does not hold it.
        """
        return _lagged(self.frame.values(key), self.start, self.stop)

    @property
    def payouts(self) -> tuple[Payout, ...]:
        """What reward programmes pay at the window's rows."""
        return tuple(x for x in self.frame.payouts if self.start <= x.row < self.stop)

    def has(self, key: str) -> bool:
        """Tell if the frame holds a series.

        Parameters
        ----------
        key : str
            ``kind/venue/SYMBOL.field``.

        Returns
        -------
        bool
            False for an optional series that the data do not have.
        """
        return self.frame.has(key)

    def until(self, stop: int) -> "Window":
        """Return the same window cut at ``stop``.

        Parameters
        ----------
        stop : int
            The first row left out, at most the window's own.

        Returns
        -------
        Window
            From the same start.
        """
        return Window(self.frame, self.start, stop)

    @property
    def last(self) -> "Window":
        """The window's last row alone."""
        return Window(self.frame, self.stop - 1, self.stop)


def _lagged(values: FloatArray, start: int, stop: int) -> FloatArray:
    if start > 0:
        return values[start - 1 : stop - 1]
    return np.concatenate([values[:1], values[: stop - 1]])
