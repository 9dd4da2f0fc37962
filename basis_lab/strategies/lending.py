"""pure_lending: the share class's own asset, supplied to a lending pool."""

import numpy as np

from basis_lab.domain import series
from basis_lab.domain.instructions import (
    Action,
    Decision,
    Instruction,
    OpenPlan,
    Reason,
    Supply,
    Wrap,
)
from basis_lab.domain.instruments import Instrument, Kind, Listing, Universe
from basis_lab.domain.market import FloatArray, Requirement
from basis_lab.strategies.base import Blueprint, Trigger, View
from basis_lab.strategies.needs import gas_needs, lending_needs, spot_needs, usd_needs
from basis_lab.strategies.parameters import LendingParameters

NATIVE = "ETH"
WRAPPED = "WETH"


def lending_blueprint(parameters: LendingParameters, asset: str, currency: str) -> Blueprint:
    """Say what a lending mode holds and needs.

    Parameters
    ----------
    parameters : LendingParameters
        The ``strategy`` block.
    asset : str
        What is lent: the share class's own asset.
    currency : str
        The share class's currency ("USDT" or "ETH").

    Returns
    -------
    Blueprint
        Listings and requirements.
    """
    chain, pool = parameters.treasury, parameters.lending_venue
    eth_price = None if currency == NATIVE else series.spot("binance", NATIVE)
    token = WRAPPED if asset == NATIVE else asset
    index = series.liquidity_index(token)
    listings = [
        Listing(instrument=Instrument(chain, Kind.TOKEN, NATIVE), asset=NATIVE, price=eth_price),
        Listing(instrument=Instrument(chain, Kind.TOKEN, token), asset=asset),
        Listing(instrument=Instrument(pool, Kind.ATOKEN, token), asset=asset, index=index),
    ]
    requirements: tuple[Requirement, ...] = (
        *lending_needs(token),
        *gas_needs(),
        *usd_needs(currency),
    )
    if eth_price is not None:
        requirements = (*requirements, *spot_needs("binance", NATIVE, "price of gas"))
    return Blueprint(listings=tuple(listings), requirements=requirements)


class LendingStrategy:
    """Supply everything at entry; interest compounds in the index and needs no action.

    Parameters
    ----------
    parameters : LendingParameters
        The ``strategy`` block.
    universe : Universe
        The run's columns.
    asset : str
        What is lent.
    """

    def __init__(self, parameters: LendingParameters, universe: Universe, asset: str) -> None:
        token = WRAPPED if asset == NATIVE else asset
        self.parameters = parameters
        self.universe = universe
        self.treasury = Instrument(parameters.treasury, Kind.TOKEN, asset)
        self._token = Instrument(parameters.treasury, Kind.TOKEN, token)
        self._atoken = Instrument(parameters.lending_venue, Kind.ATOKEN, token)

    def target(self, view: View) -> FloatArray:
        """Return targets, shape (W, n): the supply is worth equity less the reserve."""
        wanted = view.exposure.equity * (1.0 - self.parameters.reserve_ratio)
        quantities = np.zeros_like(view.exposure.quantities)
        column = self.universe.column(self._atoken)
        quantities[:, column] = wanted / view.window.unit_prices[:, column]
        return quantities

    def triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return the entry, the only thing that lending has to decide by itself."""
        idle = view.exposure.quantities[:, self.universe.column(self.treasury)]
        fires = np.full(len(view.window), not view.entered) & (idle > 0.0)
        return (Trigger(name="entry", side="", fires=fires, value=idle, limit=0.0),)

    def decide(self, view: View, reason: Reason) -> Decision | None:
        """Supply what is idle beyond the reserve."""
        idle = float(view.exposure.quantities[-1, self.universe.column(self.treasury)])
        reserve = float(view.exposure.equity[-1]) * self.parameters.reserve_ratio
        supplied = idle - reserve
        instructions: list[Instruction] = []
        if self._token != self.treasury:
            instructions.append(
                Wrap(
                    venue=self.parameters.treasury,
                    source=self.treasury,
                    destination=self._token,
                    quantity=supplied,
                )
            )
        instructions.append(
            Supply(
                venue=self.parameters.lending_venue,
                token=self._token,
                atoken=self._atoken,
                quantity=supplied,
            )
        )
        return Decision(action=Action.ENTRY_FULL, reason=reason, instructions=tuple(instructions))

    def proceed(self, view: View, plan: OpenPlan) -> Decision | None:  # noqa: ARG002 - the protocol's signature
        """Lending opens no plans."""
        return None
