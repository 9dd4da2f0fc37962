"""Costs and rules in force in a run: those of the venue files, as far as they are switched on."""

from collections.abc import Mapping

import numpy as np

from basis_lab.calc.costs import MarketTerms
from basis_lab.calc.perps import TierTable, maintenance_amounts
from basis_lab.config.models import RunConfig
from basis_lab.domain import series
from basis_lab.domain.dated import dated_rows
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.errors import EngineError
from basis_lab.execution.venues.parameters import (
    ChainParameters,
    DexParameters,
    ExchangeParameters,
    LendingPoolParameters,
    PerpParameters,
    SpotParameters,
    VenueParameters,
)
from basis_lab.execution.venues.simulated.reserves import CollateralTerms
from basis_lab.execution.venues.simulated.transfers import SendingRules


class Rates:
    """Reads the venue files of a run through its ``costs`` block.

    Parameters
    ----------
    config : RunConfig
        Validated configuration.
    universe : Universe
        The run's columns.
    """

    def __init__(self, config: RunConfig, universe: Universe) -> None:
        self._config = config
        self._costs = config.costs
        self._owed = frozenset(
            x.instrument.symbol for x in universe.listings if x.instrument.kind is Kind.DEBT
        )
        self._universe = universe
        self.paid = 1.0 if config.costs.enabled else 0.0

    def venues(self) -> Mapping[str, VenueParameters]:
        """Return the parameters of the venues that a run uses.

        Returns
        -------
        mapping of str to VenueParameters
            By name: those that lines stand at in column order, then exchanges without lines.
        """
        names = dict.fromkeys(x.venue for x in self._universe.instruments)
        names |= {
            name: None
            for name, venue in self._config.venues.items()
            if isinstance(venue, DexParameters)
        }
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
        if not isinstance(venue, ExchangeParameters | ChainParameters):
            return SendingRules(delay_s=0.0, fees={}, minimums={}, gas_units=0.0)
        rules = venue.transfer
        sized = 1.0 if self._costs.venue_rules_enabled else 0.0
        return SendingRules(
            delay_s=rules.delay_s if self._costs.delays_enabled else 0.0,
            fees={coin: fee * self.paid for coin, fee in rules.fees.items()},
            minimums={coin: least * sized for coin, least in rules.minimums.items()},
            gas_units=venue.gas_units["transfer"] if isinstance(venue, ChainParameters) else 0.0,
        )

    def collateral(self, line: Instrument) -> CollateralTerms:
        """Return what a line of supply counts for at its pool, by date.

        Parameters
        ----------
        line : Instrument
            An ``atoken`` line.

        Returns
        -------
        CollateralTerms
            Those of the pool's e-mode where it takes the token and every debt of the run.

        Raises
        ------
        EngineError
            If the line stands at no lending pool.
        """
        pool = self._config.venues[line.venue]
        if not isinstance(pool, LendingPoolParameters):
            raise EngineError(
                "a line of supply stands at no lending pool",
                where=str(line),
                value=pool.kind,
                remedy="name a lending pool as its venue",
            )
        mode = pool.emode
        efficient = (
            mode is not None
            and line.symbol in mode.collateral
            and bool(self._owed)
            and self._owed <= frozenset(mode.borrowable)
        )
        rows = mode.rows if efficient and mode is not None else pool.assets[line.symbol]
        starts = [x.since for x in rows]
        return CollateralTerms(
            ltv=dated_rows(f"LTV of {line}", starts, [x.ltv for x in rows], pool.known_until),
            threshold=dated_rows(
                f"liquidation threshold of {line}",
                starts,
                [x.liquidation_threshold for x in rows],
                pool.known_until,
            ),
            bonus=dated_rows(
                f"liquidation bonus of {line}",
                starts,
                [x.liquidation_bonus for x in rows],
                pool.known_until,
            ),
        )

    def dex_terms(self, venue: DexParameters, token: str) -> MarketTerms:
        """Return what selling a token on a decentralised exchange costs.

        Parameters
        ----------
        venue : DexParameters
            The exchange.
        token : str
            What is sold.

        Returns
        -------
        MarketTerms
            Slippage by size; zeros where the run pays no costs.
        """
        table = venue.slippage[token]
        return MarketTerms(
            fee=0.0,
            sizes=np.array(table.sizes),
            bps=np.array(table.bps) * self.paid,
            lot=0.0,
            min_notional=0.0,
        )

    def lst_quote(self, token: str) -> str:
        """Name the series at which a staking token is sold.

        Parameters
        ----------
        token : str
            The staking token.

        Returns
        -------
        str
            Its market quote; its protocol's rate where the run pays no costs.
        """
        return series.lst_market(token) if self._costs.enabled else series.lst_rate(token)


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
