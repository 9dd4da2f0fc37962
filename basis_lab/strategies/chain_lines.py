"""The lines of a mode on chain: where each stands in the book, what it is, what acting costs."""

from collections.abc import Mapping

import numpy as np

from basis_lab.calc.costs import gas_cost_native
from basis_lab.domain import series
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.domain.market import BoolArray, FloatArray
from basis_lab.strategies.base import ChainTerms, View
from basis_lab.strategies.chain_book import ChainBook
from basis_lab.strategies.parameters import StakingParameters
from basis_lab.strategies.staking_holdings import CHAIN, NATIVE, PROTOCOLS, TOKENS, WRAPPED

WORTH_OF_GAS = 10.0  # what is not urgent is done once it is worth this many times its gas


class ChainLines:
    """Names and reads the lines on chain.

    Parameters
    ----------
    parameters : StakingParameters
        The ``strategy`` block.
    universe : Universe
        The run's columns.
    terms : ChainTerms
        What acting on chain costs.
    gas_units : mapping of str to float
        Gas by operation; zeros where a run pays none.
    """

    def __init__(
        self,
        parameters: StakingParameters,
        universe: Universe,
        terms: ChainTerms,
        gas_units: Mapping[str, float],
    ) -> None:
        token = TOKENS[parameters.lst_type]
        self.token = token
        self.universe = universe
        self.terms = terms
        self.gas_units = dict(gas_units)
        self.native = Instrument(CHAIN, Kind.TOKEN, NATIVE)
        self.wrapped = Instrument(CHAIN, Kind.TOKEN, WRAPPED)
        self.lst = Instrument(CHAIN, Kind.TOKEN, token)
        self.protocol = PROTOCOLS[parameters.lst_type]
        self.claim = Instrument(self.protocol, Kind.EXIT_QUEUE, NATIVE)
        self.dex = parameters.dex
        self.exit_route = parameters.exit_route
        self.rewards = tuple(
            universe.instruments[int(x)] for x in universe.where(kind=Kind.KING, venue=CHAIN)
        )
        self._rate = series.lst_rate(token)

    def read(self, view: View) -> ChainBook:
        """Return the lines on chain at a view's last row.

        Parameters
        ----------
        view : View
            Book, prices and what is on its way.

        Returns
        -------
        ChainBook
            In ETH at the protocol's rate.
        """
        return ChainBook(
            native=self._held(view, self.native),
            wrapped=self._held(view, self.wrapped),
            arriving=sum(x.quantity for x in view.pending if x.destination == self.native),
            tokens=self._held(view, self.lst),
            supplied_tokens=0.0,
            debt=0.0,
            claims=self._held(view, self.claim),
            rewards={x: self._held(view, x) for x in self.rewards},
            rate=self.rate(view),
        )

    def rate(self, view: View) -> float:
        """Return ETH per staking token at a view's last row.

        Parameters
        ----------
        view : View
            Any number of rows.

        Returns
        -------
        float
            The protocol's rate.
        """
        return float(view.window.values(self._rate)[-1])

    def long(self, view: View) -> FloatArray:
        """Return ETH on chain at each row, what is on its way there included, shape (W,).

        Parameters
        ----------
        view : View
            Any number of rows.

        Returns
        -------
        ndarray of shape (W,)
            Units of ETH, debts deducted, rewards left out.
        """
        total = np.zeros(len(view.window))
        for venue in dict.fromkeys(x.venue for x in self.lines()):
            total = total + view.exposure.venue_delta[venue, NATIVE]
        return total

    def lines(self) -> tuple[Instrument, ...]:
        """Name the lines on chain whose ETH counts.

        Returns
        -------
        tuple of Instrument
            At least one of each venue.
        """
        return (self.native, self.claim)

    def invested(self, view: View) -> FloatArray:
        """Return what could be freed, ETH at each row.

        Parameters
        ----------
        view : View
            Any number of rows.

        Returns
        -------
        ndarray of shape (W,)
            ETH at the protocol's rate, debts deducted.
        """
        return view.exposure.quantities[:, self.universe.column(self.lst)] * view.window.values(
            self._rate
        )

    def gas(self, view: View, *operations: str) -> float:
        """Return the gas of some operations now, ETH.

        Parameters
        ----------
        view : View
            Whose last row has the gas price.
        *operations : str
            By name, as in the venue files.

        Returns
        -------
        float
            ETH, 0.0 where the run pays none.
        """
        units = sum(self.gas_units[x] for x in operations)
        if units == 0.0:
            return 0.0
        return float(gas_cost_native(units, view.window.values(series.GAS_PRICE)[-1:])[0])

    def worth_its_gas(self, view: View, value: FloatArray, *operations: str) -> BoolArray:
        """Tell where something is worth ten times the gas of some operations, shape (W,).

        Parameters
        ----------
        view : View
            Any number of rows.
        value : ndarray of shape (W,)
            Share-class currency.
        *operations : str
            By name, as in the venue files.

        Returns
        -------
        ndarray of bool, shape (W,)
            True everywhere where the run pays no gas.
        """
        units = WORTH_OF_GAS * sum(self.gas_units[x] for x in operations)
        if units == 0.0:
            return np.full(len(value), fill_value=True)
        gas = gas_cost_native(units, view.window.values(series.GAS_PRICE))
        native = view.window.unit_prices[:, self.universe.column(self.native)]
        worth: BoolArray = value > gas * native
        return worth

    def _held(self, view: View, line: Instrument) -> float:
        return float(view.exposure.quantities[-1, self.universe.column(line)])

    def dust_value(self, view: View) -> FloatArray:
        """Return what the rewards held are worth.

        Parameters
        ----------
        view : View
            Any number of rows.

        Returns
        -------
        ndarray of shape (W,)
            Share-class currency.
        """
        columns = [self.universe.column(x) for x in self.rewards]
        held = view.exposure.quantities
        total = np.zeros(len(view.window))
        for i in columns:
            if held[:, i].any():
                total = total + view.exposure.values[:, i]
        return total
