"""The lines of a hedged mode: where each stands in the book, and what the book is now."""

from collections.abc import Mapping

import numpy as np

from basis_lab.domain import series
from basis_lab.domain.arrays import ratio, sum_columns
from basis_lab.domain.closings import solvent_rows
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.domain.market import FloatArray, Window
from basis_lab.strategies.base import View
from basis_lab.strategies.hedge_book import HedgeBook, PerpColumns
from basis_lab.strategies.hedge_holdings import hedge_venues
from basis_lab.strategies.parameters import HedgedParameters
from basis_lab.strategies.stake_desk import StakeDesk


class HedgeLines:
    """Names the lines of a hedged mode, and reads its book.

    Parameters
    ----------
    parameters : HedgedParameters
        The ``strategy`` block.
    universe : Universe
        The run's columns.
    asset : str
        The hedged asset.
    chain : StakeDesk or None
        Reads what of the long book lies on chain; None where all of it is spot.
    """

    def __init__(
        self,
        parameters: HedgedParameters,
        universe: Universe,
        asset: str,
        chain: StakeDesk | None,
    ) -> None:
        currency = universe.share_currency
        symbol = series.symbol_of(asset)
        home = parameters.spot_venue
        self.home = home
        self.universe = universe
        self.chain = chain
        self.trading = Instrument(home, Kind.TOKEN, currency)
        self.treasury = Instrument(parameters.treasury, Kind.TOKEN, currency)
        self.reserve = Instrument(parameters.treasury, Kind.RESERVE, currency)
        self.base = Instrument(home, Kind.TOKEN, asset)
        self.price = series.spot(home, asset)
        self.weights = {v: parameters.hedge_allocation[v] for v in hedge_venues(parameters)}
        self.margins = {v: Instrument(v, Kind.MARGIN, currency) for v in self.weights}
        self.perps = {v: Instrument(v, Kind.PERP, symbol) for v in self.weights}
        self.columns = {
            v: PerpColumns(
                universe.column(self.margins[v]),
                universe.column(self.perps[v]),
                universe.column(Instrument(v, Kind.CONTRACTS, symbol)),
            )
            for v in self.weights
        }
        self.asset = asset
        self._base_column = universe.column(self.base)
        coming = Instrument(home, Kind.IN_TRANSIT, asset)
        self._transit_column = universe.column(coming if chain is not None else self.base)
        self._trading_column = universe.column(self.trading)
        self._treasury_column = universe.column(self.treasury)
        self._reserve_column = universe.column(self.reserve)

    def read(self, view: View) -> HedgeBook:
        """Return the book at a view's last row.

        Parameters
        ----------
        view : View
            Book, prices and transfers under way.

        Returns
        -------
        HedgeBook
            Transit counts at its destination.
        """
        held = view.exposure.quantities[-1]
        prices = view.window.unit_prices[-1]
        arriving: dict[Instrument, float] = {}
        for item in view.pending:
            arriving[item.destination] = self._coming(arriving, item.destination) + item.quantity
        cash = {
            v: float(held[c.margin]) + self._coming(arriving, self.margins[v])
            for v, c in self.columns.items()
        }
        apart = self.treasury != self.trading
        base = float(held[self._base_column]) + self._coming(arriving, self.base)
        stacked = None if self.chain is None else self.chain.read(view)
        return HedgeBook(
            price=float(view.window.values(self.price)[-1]),
            equity=float(view.exposure.equity[-1]),
            reserve=float(held[self._reserve_column]),
            spot=base + (0.0 if stacked is None else stacked.long),
            sellable=base,
            cash=float(held[self._trading_column]) + self._coming(arriving, self.trading),
            treasury_cash=float(held[self._treasury_column]) + self._coming(arriving, self.treasury)
            if apart
            else 0.0,
            weights={v: float(x[-1]) for v, x in self.standing(view.window.last).items()},
            leaving=0.0 if stacked is None else stacked.claims,
            other=0.0 if self.chain is None else float(self.chain.dust_value(view)[-1]),
            shorts={v: -float(held[c.perp]) for v, c in self.columns.items()},
            margin_cash=cash,
            margin_equity={
                v: cash[v] + float(held[c.perp] * prices[c.perp] + held[c.contracts])
                for v, c in self.columns.items()
            },
        )

    @staticmethod
    def _coming(arriving: Mapping[Instrument, float], account: Instrument) -> float:
        return arriving[account] if account in arriving else 0.0

    def standing(self, window: Window) -> dict[str, FloatArray]:
        """Return the share of the hedge that each venue is to carry, by row.

        Parameters
        ----------
        window : Window
            Any number of rows.

        Returns
        -------
        dict of venue to ndarray of shape (W,)
            The weights; once a venue has defaulted, its own is zero and the others' are what they
            are of what stands. Zero everywhere where none stands.
        """
        rows = len(window)
        if not any(window.has(series.venue_solvent(v)) for v in self.weights):
            return {v: np.full(rows, weight) for v, weight in self.weights.items()}
        stands = {v: solvent_rows(window, v) for v in self.weights}
        left = {v: np.where(stands[v], weight, 0.0) for v, weight in self.weights.items()}
        total = sum_columns(list(left.values()), rows)
        whole = np.logical_and.reduce(list(stands.values()))
        return {
            v: np.where(whole, weight, np.nan_to_num(ratio(left[v], total)))
            for v, weight in self.weights.items()
        }

    def long(self, view: View) -> FloatArray:
        """Return the long book at each row, base units, shape (W,).

        Parameters
        ----------
        view : View
            Any number of rows.

        Returns
        -------
        ndarray of shape (W,)
            Spot, and what lies on chain; what is on its way counts.
        """
        spot = view.exposure.quantities[:, self._base_column]
        if self.chain is None:
            return spot
        return spot + self.chain.long(view) + view.exposure.quantities[:, self._transit_column]

    def needs(self, payment: float, purchase: float) -> dict[str, float]:
        """Return what a goal needs in cash at the treasury and where spot is bought.

        Parameters
        ----------
        payment, purchase : float
            Share currency.

        Returns
        -------
        dict of str to float
            ``cash`` and ``payment`` of a ``Goal``; one place needs both where they are one.
        """
        if self.treasury == self.trading:
            return {"cash": payment + purchase, "payment": 0.0}
        return {"cash": purchase, "payment": payment}
