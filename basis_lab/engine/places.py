"""Factories of venues, and of what monitors and strategies must know of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from basis_lab.config.models import RunConfig
from basis_lab.domain import series
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.engine.onchain import OnChain, make_onchain
from basis_lab.engine.rates import Rates, tier_table
from basis_lab.execution.venues.parameters import (
    ExchangeParameters,
    PerpParameters,
    SpotParameters,
)
from basis_lab.execution.venues.protocol import Venue
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.exchange import SimulatedExchange
from basis_lab.execution.venues.simulated.markets import PerpMarket, SpotMarket
from basis_lab.execution.venues.simulated.transfers import SimulatedTransfers


@dataclass(frozen=True, slots=True, kw_only=True)
class Venues:
    """The venues of a run, one instance each.

    Parameters
    ----------
    exchanges : mapping of str to SimulatedExchange
        By name.
    onchain : OnChain
        The wallet, and where it can go.
    network : SimulatedTransfers
        Carries transfers between them.
    """

    exchanges: Mapping[str, SimulatedExchange]
    onchain: OnChain
    network: SimulatedTransfers

    @property
    def wallet(self) -> SimulatedWallet | None:
        """The wallet; None where the run has nothing on chain."""
        return self.onchain.wallet

    @property
    def all(self) -> tuple[Venue, ...]:
        """Every venue, in the order of settling: exchanges, chain, then arrivals."""
        return (*self.exchanges.values(), *self.onchain.all, self.network)


class Places:
    """Makes the venues of a run, and tells others what they cost and allow.

    Parameters
    ----------
    config : RunConfig
        Validated configuration.
    universe : Universe
        The run's columns.
    rates : Rates
        Costs and rules in force.
    """

    def __init__(self, config: RunConfig, universe: Universe, rates: Rates) -> None:
        self._config = config
        self._universe = universe
        self._rates = rates
        self._costs = config.costs
        self._venues = rates.venues()

    def venues(self) -> Venues:
        """Make every venue.

        Returns
        -------
        Venues
            Fresh instances.
        """
        exchanges = self.exchanges()
        onchain = make_onchain(self._config, self._universe, self._rates)
        return Venues(
            exchanges=exchanges,
            onchain=onchain,
            network=self.network(exchanges, onchain.wallet),
        )

    def exchanges(self) -> dict[str, SimulatedExchange]:
        """Make the exchanges, by name.

        Returns
        -------
        dict of str to SimulatedExchange
            Empty where the run has none.
        """
        return {
            name: self._exchange(name, venue)
            for name, venue in self._venues.items()
            if isinstance(venue, ExchangeParameters)
        }

    def _exchange(self, name: str, venue: ExchangeParameters) -> SimulatedExchange:
        cash = [
            x
            for x in self._universe.instruments
            if x.venue == name and x.kind in (Kind.TOKEN, Kind.MARGIN, Kind.RESERVE)
        ]
        spot, perp = {}, {}
        for listing in self._universe.listings:
            key = listing.instrument
            if key.venue != name:
                continue
            if key.kind is Kind.TOKEN and key.symbol != series.QUOTE and venue.spot is not None:
                spot[key] = self._spot_market(key, venue.spot)
            if key.kind is Kind.PERP and venue.perp is not None:
                perp[key] = self._perp_market(key, listing.asset, venue.perp)
        return SimulatedExchange(name, spot=spot, perp=perp, accounts=tuple(cash))

    def _spot_market(self, base: Instrument, spot: SpotParameters) -> SpotMarket:
        return SpotMarket(
            base=base,
            quote=Instrument(base.venue, Kind.TOKEN, series.QUOTE),
            last=series.spot(base.venue, base.symbol),
            terms=self._rates.market(spot, series.symbol_of(base.symbol)),
        )

    def _perp_market(self, perp: Instrument, asset: str, p: PerpParameters) -> PerpMarket:
        venue = perp.venue
        return PerpMarket(
            perp=perp,
            contracts=Instrument(venue, Kind.CONTRACTS, perp.symbol),
            margin=Instrument(venue, Kind.MARGIN, series.QUOTE),
            last=series.perp_last(venue, asset),
            mark=series.mark(venue, asset),
            high=series.mark(venue, asset, "high"),
            low=series.mark(venue, asset, "low"),
            rate=series.funding(venue, asset),
            terms=self._rates.market(p, perp.symbol),
            tiers=tier_table(p, perp.symbol),
            liquidation_fee=p.liquidation_fee if self._costs.enabled else 0.0,
            checks_margin=self._costs.venue_rules_enabled,
        )

    def network(
        self, exchanges: Mapping[str, SimulatedExchange], wallet: SimulatedWallet | None
    ) -> SimulatedTransfers:
        """Make the network that carries transfers between them.

        Parameters
        ----------
        exchanges : mapping of str to SimulatedExchange
            By name.
        wallet : SimulatedWallet or None
            Who else sends and receives, and pays gas.

        Returns
        -------
        SimulatedTransfers
            With the fees, minimums and delays that the run has switched on.
        """
        accounts: dict[str, SimulatedExchange | SimulatedWallet] = dict(exchanges)
        if wallet is not None:
            accounts[wallet.name] = wallet
        return SimulatedTransfers(
            venues=accounts,
            rules={name: self._rates.sending(name) for name in accounts},
            gas_payer=wallet,
            lines=tuple(x for x in self._universe.instruments if x.kind is Kind.IN_TRANSIT),
        )
