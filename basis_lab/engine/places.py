"""Factories of venues, and of what monitors and strategies must know of them."""

from collections.abc import Mapping

import numpy as np

from basis_lab.calc.costs import MarketTerms
from basis_lab.calc.perps import TierTable, maintenance_amounts
from basis_lab.config.models import RunConfig
from basis_lab.domain import series
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.execution.venues.parameters import (
    ChainParameters,
    ExchangeParameters,
    LendingPoolParameters,
    MarketRules,
    PerpParameters,
    SpotParameters,
)
from basis_lab.execution.venues.simulated.aave import Reserve, SimulatedAave
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.exchange import SimulatedExchange
from basis_lab.execution.venues.simulated.markets import PerpMarket, SpotMarket
from basis_lab.execution.venues.simulated.transfers import SendingRules, SimulatedTransfers
from basis_lab.monitors.exposure import ExitRoute, GasExit, MarketExit
from basis_lab.monitors.risk import PerpAccount, PoolAccount
from basis_lab.strategies.base import Sending, Terms

SIZE_FREE = (0.0, 0.0)


class Places:
    """Makes the venues of a run, and tells others what they cost and allow.

    Parameters
    ----------
    config : RunConfig
        Validated configuration.
    universe : Universe
        The run's columns.
    """

    def __init__(self, config: RunConfig, universe: Universe) -> None:
        self._config = config
        self._universe = universe
        self._costs = config.costs
        names = dict.fromkeys(x.venue for x in universe.instruments)
        self._venues = {name: config.venues[name] for name in names}

    def exchanges(self) -> dict[str, SimulatedExchange]:
        """Make the exchanges, by name."""
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
            terms=self._market_terms(spot, series.symbol_of(base.symbol)),
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
            terms=self._market_terms(p, perp.symbol),
            tiers=tier_table(p, perp.symbol),
            liquidation_fee=p.liquidation_fee if self._costs.enabled else 0.0,
            checks_margin=self._costs.venue_rules_enabled,
        )

    def _market_terms(self, place: SpotParameters | PerpParameters, symbol: str) -> MarketTerms:
        rules: MarketRules = place.markets[symbol]
        sized = self._costs.venue_rules_enabled
        lot, least = (rules.lot, rules.min_notional) if sized else SIZE_FREE
        paid = 1.0 if self._costs.enabled else 0.0
        return MarketTerms(
            fee=place.taker_fee * paid,
            sizes=np.array(place.slippage.sizes),
            bps=np.array(place.slippage.bps) * paid,
            lot=lot,
            min_notional=least,
        )

    def wallet(self) -> SimulatedWallet | None:
        """Make the wallet on chain, where the run has one."""
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
        """Make the lending pools, by name."""
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
        """Make the network that carries transfers between them."""
        accounts: dict[str, SimulatedExchange | SimulatedWallet] = dict(exchanges)
        if wallet is not None:
            accounts[wallet.name] = wallet
        return SimulatedTransfers(
            venues=accounts,
            rules={name: self._sending(name) for name in accounts},
            gas_payer=wallet,
            lines=tuple(x for x in self._universe.instruments if x.kind is Kind.IN_TRANSIT),
        )

    def _sending(self, name: str) -> SendingRules:
        venue = self._venues[name]
        if isinstance(venue, LendingPoolParameters):
            return SendingRules(delay_s=0.0, fees={}, minimums={}, gas_units=0.0)
        rules = venue.transfer
        paid = 1.0 if self._costs.enabled else 0.0
        sized = 1.0 if self._costs.venue_rules_enabled else 0.0
        return SendingRules(
            delay_s=rules.delay_s if self._costs.delays_enabled else 0.0,
            fees={coin: fee * paid for coin, fee in rules.fees.items()},
            minimums={coin: least * sized for coin, least in rules.minimums.items()},
            gas_units=venue.gas_units["transfer"] if isinstance(venue, ChainParameters) else 0.0,
        )

    def terms(self) -> Terms:
        """Tell the strategy what acting costs, by venue."""
        symbol = series.symbol_of(self._config.asset)
        spot, perp, sending = {}, {}, {}
        gas: dict[str, float] = {}
        for name, venue in self._venues.items():
            if isinstance(venue, ExchangeParameters):
                rules = self._sending(name)
                sending[name] = Sending(
                    fee=rules.fees[series.QUOTE], minimum=rules.minimums[series.QUOTE]
                )
                if venue.spot is not None:
                    spot[name] = self._market_terms(venue.spot, symbol)
                if venue.perp is not None:
                    perp[name] = self._market_terms(venue.perp, symbol)
            else:
                gas |= venue.gas_units
        paid = 1.0 if self._costs.enabled else 0.0
        return Terms(
            spot=spot,
            perp=perp,
            sending=sending,
            gas_units={operation: units * paid for operation, units in gas.items()},
        )

    def exits(self) -> list[ExitRoute]:
        """Say how each line would be left."""
        routes: list[ExitRoute] = []
        for column, listing in enumerate(self._universe.listings):
            key = listing.instrument
            venue = self._venues[key.venue]
            if isinstance(venue, LendingPoolParameters) and self._costs.enabled:
                routes.append(self._gas_exit(column, venue))
            elif isinstance(venue, ExchangeParameters):
                routes += self._market_exit(column, venue)
        return routes

    def _gas_exit(self, column: int, venue: LendingPoolParameters) -> GasExit:
        own_coin = self._config.share_class.currency == "ETH"
        return GasExit(
            column=column,
            gas_units=venue.gas_units["withdraw"],
            gas_price=series.GAS_PRICE,
            coin_price=None if own_coin else series.spot("binance", "ETH"),
        )

    def _market_exit(self, column: int, venue: ExchangeParameters) -> list[ExitRoute]:
        listing = self._universe.listings[column]
        key = listing.instrument
        if key.kind is Kind.PERP and venue.perp is not None:
            quote = series.perp_last(key.venue, listing.asset)
            terms = self._market_terms(venue.perp, key.symbol)
        elif key.kind is Kind.TOKEN and key.symbol != series.QUOTE and venue.spot is not None:
            quote = series.spot(key.venue, key.symbol)
            terms = self._market_terms(venue.spot, series.symbol_of(key.symbol))
        else:
            return []
        return [MarketExit(column=column, quote=quote, terms=terms)]

    def accounts(self) -> list[PerpAccount]:
        """Name the derivatives accounts that risk watches."""
        found = []
        for column, listing in enumerate(self._universe.listings):
            key = listing.instrument
            venue = self._venues[key.venue]
            if key.kind is Kind.PERP and isinstance(venue, ExchangeParameters) and venue.perp:
                found.append(
                    PerpAccount(
                        venue=key.venue,
                        margin=self._universe.column(
                            Instrument(key.venue, Kind.MARGIN, series.QUOTE)
                        ),
                        perp=column,
                        contracts=self._universe.column(
                            Instrument(key.venue, Kind.CONTRACTS, key.symbol)
                        ),
                        mark=series.mark(key.venue, listing.asset),
                        spot=str(listing.price),
                        tiers=tier_table(venue.perp, key.symbol),
                    )
                )
        return found

    def loan(self) -> PoolAccount:
        """Name the lines of supply and debt at the lending pool."""
        collateral = {}
        for column in self._universe.where(kind=Kind.ATOKEN):
            line = self._universe.instruments[int(column)]
            venue = self._venues[line.venue]
            if isinstance(venue, LendingPoolParameters):
                collateral[int(column)] = venue.assets[line.symbol].liquidation_threshold
        debt = tuple(int(x) for x in self._universe.where(kind=Kind.DEBT))
        return PoolAccount(collateral=collateral, debt=debt)

    def asset_prices(self) -> dict[str, str | None]:
        """Name the price series of every asset."""
        return {x.asset: x.price for x in self._universe.listings}


def tier_table(perp: PerpParameters, symbol: str) -> TierTable:
    """Return a venue's margin tiers as arrays, with maintenance amounts where it has them."""
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
