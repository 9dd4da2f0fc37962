"""Costs and rules in force in a run: those of the venue files, as far as they are switched on."""

from collections.abc import Mapping

import numpy as np

from basis_lab.calc.costs import MarketTerms
from basis_lab.calc.perps import TierTable, maintenance_amounts
from basis_lab.config.models import RunConfig
from basis_lab.domain.instruments import Universe
from basis_lab.execution.venues.parameters import (
    ChainParameters,
    LendingPoolParameters,
    PerpParameters,
    SpotParameters,
    VenueParameters,
)
from basis_lab.execution.venues.simulated.transfers import SendingRules


class Rates:
    """Reads the venue files of a run through its ``costs`` block.

    Parameters
    ----------
    config : RunConfig
        Validated configuration.
    """

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._costs = config.costs
        self.paid = 1.0 if config.costs.enabled else 0.0

    def venues(self, universe: Universe) -> Mapping[str, VenueParameters]:
        """Return the parameters of the venues that a run's lines stand at.

        Parameters
        ----------
        universe : Universe
            The run's columns.

        Returns
        -------
        mapping of str to VenueParameters
            By name, in column order.
        """
        names = dict.fromkeys(x.venue for x in universe.instruments)
        return {name: self._config.venues[name] for name in names}

    def market(self, place: SpotParameters | PerpParameters, symbol: str) -> MarketTerms:
        """Return what trading a market costs and which sizes it takes.

        Parameters
        ----------
        place : SpotParameters or PerpParameters
            Of the venue.
        symbol : str
            The market.

        Returns
        -------
        MarketTerms
            Zeros where the run pays no costs or has no size rules.
        """
        rules = place.markets[symbol]
        sized = 1.0 if self._costs.venue_rules_enabled else 0.0
        return MarketTerms(
            fee=place.taker_fee * self.paid,
            sizes=np.array(place.slippage.sizes),
            bps=np.array(place.slippage.bps) * self.paid,
            lot=rules.lot * sized,
            min_notional=rules.min_notional * sized,
        )

    def sending(self, name: str) -> SendingRules:
        """Return what sending from a venue costs and how long it takes.

        Parameters
        ----------
        name : str
            The venue.

        Returns
        -------
        SendingRules
            Zeros where the run has no costs, delays or size rules.
        """
        venue = self._config.venues[name]
        if isinstance(venue, LendingPoolParameters):
            return SendingRules(delay_s=0.0, fees={}, minimums={}, gas_units=0.0)
        rules = venue.transfer
        sized = 1.0 if self._costs.venue_rules_enabled else 0.0
        return SendingRules(
            delay_s=rules.delay_s if self._costs.delays_enabled else 0.0,
            fees={coin: fee * self.paid for coin, fee in rules.fees.items()},
            minimums={coin: least * sized for coin, least in rules.minimums.items()},
            gas_units=venue.gas_units["transfer"] if isinstance(venue, ChainParameters) else 0.0,
        )


def tier_table(perp: PerpParameters, symbol: str) -> TierTable:
    """Return a venue's margin tiers as arrays, with maintenance amounts where it has them.

    Parameters
    ----------
    perp : PerpParameters
        The perp block of the venue file.
    symbol : str
        The market ("BTCUSDT").

    Returns
    -------
    TierTable
        Amounts are zero where the venue deducts none.
    """
    tiers = perp.tiers[symbol]
    upper = np.array([x.max_notional for x in tiers])
    rate = np.array([x.maintenance_rate for x in tiers])
    amount = maintenance_amounts(upper, rate) if perp.tier_deduction else np.zeros(len(tiers))
    return TierTable(
        upper=upper,
        rate=rate,
        amount=amount,
        max_leverage=np.array([x.max_leverage for x in tiers]),
    )
