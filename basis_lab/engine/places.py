"""Factories of venues, and of what monitors and strategies must know of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from basis_lab.config.models import RunConfig
from basis_lab.domain import series
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.engine.rates import Rates, tier_table
from basis_lab.execution.venues.parameters import (
    ChainParameters,
    ExchangeParameters,
    LendingPoolParameters,
    PerpParameters,
    SpotParameters,
)
from basis_lab.execution.venues.protocol import Venue
from basis_lab.execution.venues.simulated.aave import Reserve, SimulatedAave
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.exchange import SimulatedExchange
from basis_lab.execution.venues.simulated.markets import PerpMarket, SpotMarket
from basis_lab.execution.venues.simulated.transfers import SimulatedTransfers


@dataclass(frozen=True, slots=True, kw_only=True)
class Venues:
    """The venues of a run, one instance each.

    Parameters
    ----------
    exchanges, pools : mapping of str to venue
        By name.
    wallet : SimulatedWallet or None
        None where the run has nothing on chain.
    network : SimulatedTransfers
        Carries transfers between them.
    """

    exchanges: Mapping[str, SimulatedExchange]
    pools: Mapping[str, SimulatedAave]
    wallet: SimulatedWallet | None
    network: SimulatedTransfers

    @property
    def chain(self) -> frozenset[str]:
        """The names of those on chain."""
        return frozenset([*self.pools, *([self.wallet.name] if self.wallet is not None else [])])

    @property
    def all(self) -> tuple[Venue, ...]:
        """Every venue, in the order of settling: exchanges, chain, then arrivals."""
        wallet = [self.wallet] if self.wallet is not None else []
        return (*self.exchanges.values(), *self.pools.values(), *wallet, self.network)


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
        self._universe = universe
        self._rates = rates
        self._costs = config.costs
        self._venues = rates.venues(universe)

    def venues(self) -> Venues:
        """Make every venue.

        Returns
        -------
        Venues
            Fresh instances.
        """
        wallet = self.wallet()
        exchanges = self.exchanges()
        return Venues(
            exchanges=exchanges,
            pools=self.pools(wallet),
            wallet=wallet,
            network=self.network(exchanges, wallet),
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

    def wallet(self) -> SimulatedWallet | None:
        """Make the wallet on chain, where the run has one.

        Returns
        -------
        SimulatedWallet or None
            None where no line of the universe is in one.
        """
        for name, venue in self._venues.items():
            if isinstance(venue, ChainParameters):
                return SimulatedWallet(
                    name,
                    tokens=tuple(
                        x
                        for x in self._universe.instruments
                        if x.venue == name and x.kind in (Kind.TOKEN, Kind.RESERVE)
                    ),
                    gas_units=venue.gas_units,
                    gas_price=series.GAS_PRICE if self._costs.enabled else None,
                )
        return None

    def pools(self, wallet: SimulatedWallet | None) -> dict[str, SimulatedAave]:
        """Make the lending pools, by name.

        Parameters
        ----------
        wallet : SimulatedWallet or None
            Who pays and receives.

        Returns
        -------
        dict of str to SimulatedAave
            Empty without a wallet.
        """
        if wallet is None:
            return {}
        return {
            name: SimulatedAave(
                name,
                wallet=wallet,
                collateral=self._reserves(name, venue, wallet, Kind.ATOKEN),
                debt=self._reserves(name, venue, wallet, Kind.DEBT),
                gas_units=venue.gas_units,
            )
            for name, venue in self._venues.items()
            if isinstance(venue, LendingPoolParameters)
        }

    def _reserves(
        self, name: str, venue: LendingPoolParameters, wallet: SimulatedWallet, kind: Kind
    ) -> dict[Instrument, Reserve]:
        reserves = {}
        for column in self._universe.where(kind=kind, venue=name):
            listing = self._universe.listings[int(column)]
            symbol = listing.instrument.symbol
            rules = venue.assets[symbol]
            reserves[listing.instrument] = Reserve(
                token=Instrument(wallet.name, Kind.TOKEN, symbol),
                supply_index=series.liquidity_index(symbol),
                borrow_index=series.borrow_index(symbol),
                rate=listing.rate,
                price=listing.price,
                ltv=rules.ltv,
                liquidation_threshold=rules.liquidation_threshold,
                supplied=series.total_supplied(symbol),
                borrowed=series.total_borrowed(symbol),
            )
        return reserves

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
