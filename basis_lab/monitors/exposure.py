"""What the book is worth and what it is exposed to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from basis_lab.calc.costs import MarketTerms, gas_cost_native
from basis_lab.domain.arrays import anywhere, held_columns, sum_columns, where_held
from basis_lab.domain.instruments import Kind, Listing, Universe
from basis_lab.domain.market import FloatArray, Window
from basis_lab.domain.reports import ExposureBreakdown, ExposureReport

STABLE = "USDT"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketExit:
    """How a line is sold: at the venue's last price ``quote``, less slippage and taker fee."""

    column: int
    quote: str
    terms: MarketTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class GasExit:
    """How a line is withdrawn: for ``gas_units`` at ``gas_price`` gwei.

    ``coin_price`` names the series of native coin in share-class currency; None where it is it.
    """

    column: int
    gas_units: float
    gas_price: str
    coin_price: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedExit:
    """How a token on chain is sold: at its quote in a coin, less slippage by size in that coin.

    ``index`` names the series that brings scaled units to tokens, ``coin_price`` that of the coin
    in share-class currency; None stands for one.
    """

    column: int
    index: str | None
    quote: str
    coin_price: str | None
    terms: MarketTerms


ExitRoute = MarketExit | GasExit | QuotedExit


class ExposureMonitor:
    """Values, equity, deltas and what an exit now would leave.

    Parameters
    ----------
    universe : Universe
        The columns.
    chain_venues : frozenset of str
        Venues on chain; every other one is an exchange.
    exits : sequence of ExitRoute
        What leaving costs, by column.
    """

    def __init__(
        self, universe: Universe, chain_venues: frozenset[str], exits: Sequence[ExitRoute]
    ) -> None:
        self.universe = universe
        self._exits = tuple(exits)
        self._venues = tuple(dict.fromkeys(x.venue for x in universe.instruments))
        self._assets = tuple(dict.fromkeys(x.asset for x in universe.listings if x.asset != STABLE))
        self._on_chain = tuple(x for x in self._venues if x in chain_venues)
        self._off_chain = tuple(x for x in self._venues if x not in chain_venues)
        self._places = tuple((v, a) for v in self._venues for a in self._assets)
        perps = [int(i) for i in universe.where(kind=Kind.PERP)]
        self._perps = {str(universe.instruments[i]): i for i in perps}

    def calculate_exposure(self, window: Window, quantities: FloatArray) -> ExposureReport:
        """Value the book over a window.

        Parameters
        ----------
        window : Window
            The rows.
        quantities : ndarray of shape (W, n)
            Units held at each.

        Returns
        -------
        ExposureReport
            Values in share-class currency, deltas in units of each asset.
        """
        prices = window.unit_prices
        columns = np.zeros((len(self.universe), len(window)))
        held = held_columns(quantities)
        for i in held:
            np.multiply(quantities[:, i], prices[:, i], out=columns[i])
        equity = sum_columns([columns[i] for i in held], len(window))
        deltas = self._deltas(window, quantities, held)
        if anywhere(equity != equity):  # noqa: PLR0124 - NaN: a price that is not known yet
            for i in held:
                columns[i] = where_held(quantities[:, i], columns[i])
            equity = sum_columns([columns[i] for i in held], len(window))
            deltas = self._deltas(window, quantities, held, begun_later=True)
        nothing = np.zeros(len(window))
        return ExposureReport(
            quantities=quantities,
            values=columns.T,
            equity=equity,
            net_delta=self._by_asset(deltas, self._venues, nothing),
            venue_delta=dict.fromkeys(self._places, nothing) | deltas,
        )

    def break_down(self, window: Window, exposure: ExposureReport) -> ExposureBreakdown:
        """Tell where values and deltas are, and what leaving everything now would leave.

        Nothing is decided by it, so that a backtest asks once, for all its rows.

        Parameters
        ----------
        window : Window
            The rows.
        exposure : ExposureReport
            The book's values over them.

        Returns
        -------
        ExposureBreakdown
            Of the same rows.
        """
        columns = exposure.values.T
        held = held_columns(exposure.quantities)
        nothing = np.zeros(len(window))
        places = exposure.venue_delta
        return ExposureBreakdown(
            chain_delta=self._by_asset(places, self._on_chain, nothing),
            cex_delta=self._by_asset(places, self._off_chain, nothing),
            venue_value=dict.fromkeys(self._venues, nothing) | self._venue_values(columns, held),
            notional={name: columns[i] for name, i in self._perps.items()},
            exit_equity=self._exit_equity(window, exposure, held),
        )

    def _exit_equity(
        self, window: Window, exposure: ExposureReport, held: Sequence[int]
    ) -> FloatArray:
        """Return what would be left after leaving everything now at market."""
        left = exposure.equity
        for route in self._exits:
            if route.column in held:
                units = exposure.quantities[:, route.column]
                left = left - where_held(units, self._exit_cost(window, route, units))
        return left

    def _venue_values(self, columns: FloatArray, held: Sequence[int]) -> dict[str, FloatArray]:
        parts: dict[str, list[FloatArray]] = {}
        for i in held:
            parts.setdefault(self.universe.listings[i].instrument.venue, []).append(columns[i])
        return {venue: sum_columns(group, columns.shape[1]) for venue, group in parts.items()}

    def _deltas(
        self,
        window: Window,
        quantities: FloatArray,
        held: Sequence[int],
        *,
        begun_later: bool = False,
    ) -> dict[tuple[str, str], FloatArray]:
        parts: dict[tuple[str, str], list[FloatArray]] = {}
        for i in held:
            listing = self.universe.listings[i]
            if listing.asset != STABLE:
                units = _delta_units(window, listing, quantities[:, i])
                units = where_held(quantities[:, i], units) if begun_later else units
                parts.setdefault((listing.instrument.venue, listing.asset), []).append(units)
        return {key: sum_columns(group, len(window)) for key, group in parts.items()}

    def _by_asset(
        self,
        deltas: Mapping[tuple[str, str], FloatArray],
        venues: Sequence[str],
        nothing: FloatArray,
    ) -> dict[str, FloatArray]:
        """Add up the units of each asset at some venues, in their order."""
        total = dict.fromkeys(self._assets, nothing)
        for asset in self._assets:
            found = [deltas[venue, asset] for venue in venues if (venue, asset) in deltas]
            if found:
                total[asset] = found[0] if len(found) == 1 else sum_columns(found, len(nothing))
        return total

    def _exit_cost(self, window: Window, route: ExitRoute, held: FloatArray) -> FloatArray:
        if isinstance(route, GasExit):
            gas = gas_cost_native(route.gas_units, window.values(route.gas_price))
            if route.coin_price is not None:
                gas = gas * window.values(route.coin_price)
            cost: FloatArray = np.where(held != 0.0, gas, 0.0)
            return cost
        if isinstance(route, QuotedExit):
            return held * window.unit_prices[:, route.column] - _proceeds(window, route, held)
        quote = window.values(route.quote)
        notional = np.abs(held) * quote
        lost = notional * (route.terms.slippage(notional) + route.terms.fee)
        against_mark: FloatArray = held * (window.unit_prices[:, route.column] - quote)
        return lost + against_mark


def _proceeds(window: Window, route: QuotedExit, held: FloatArray) -> FloatArray:
    """Return what a sale of a line would bring, share-class currency."""
    tokens = held if route.index is None else held * window.values(route.index)
    coins = tokens * window.values(route.quote)
    coins = coins * (1.0 - route.terms.slippage(coins))
    return coins if route.coin_price is None else coins * window.values(route.coin_price)


def _delta_units(window: Window, listing: Listing, held: FloatArray) -> FloatArray:
    """Units of the asset that a line stands for: scaled balances times index and rate."""
    units = held * listing.sign
    if listing.instrument.kind is Kind.KING:
        return units  # in units of the token itself, whose price moves by itself
    for name in (listing.index, listing.rate):
        if name is not None:
            units = units * window.values(name)
    return units
