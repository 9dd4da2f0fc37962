"""What monitors and strategies must know of a run's venues."""

from basis_lab.config.models import RunConfig
from basis_lab.domain import series
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.engine.rates import Rates, tier_table
from basis_lab.execution.venues.parameters import ExchangeParameters, LendingPoolParameters
from basis_lab.monitors.exposure import ExitRoute, GasExit, MarketExit
from basis_lab.monitors.risk import PerpAccount, PoolAccount
from basis_lab.strategies.base import Sending, Terms


class Knowledge:
    """Tells what acting costs, how lines are left, and which accounts carry risk.

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
        self._venues = rates.venues(universe)

    def terms(self) -> Terms:
        """Tell the strategy what acting costs, by venue.

        Returns
        -------
        Terms
            Zeros where the run has switched a cost or rule off.
        """
        symbol = series.symbol_of(self._config.asset)
        spot, perp, sending = {}, {}, {}
        gas: dict[str, float] = {}
        for name, venue in self._venues.items():
            if isinstance(venue, ExchangeParameters):
                rules = self._rates.sending(name)
                sending[name] = Sending(
                    fee=rules.fees[series.QUOTE], minimum=rules.minimums[series.QUOTE]
                )
                if venue.spot is not None:
                    spot[name] = self._rates.market(venue.spot, symbol)
                if venue.perp is not None:
                    perp[name] = self._rates.market(venue.perp, symbol)
            else:
                gas |= venue.gas_units
        paid = self._rates.paid
        return Terms(
            spot=spot,
            perp=perp,
            sending=sending,
            gas_units={operation: units * paid for operation, units in gas.items()},
            gas_debt_limit=self._config.costs.gas_debt_limit,
        )

    def exits(self) -> list[ExitRoute]:
        """Say how each line would be left.

        Returns
        -------
        list of ExitRoute
            For lines whose exit costs something or has a market.
        """
        routes: list[ExitRoute] = []
        for column, listing in enumerate(self._universe.listings):
            key = listing.instrument
            venue = self._venues[key.venue]
            if isinstance(venue, LendingPoolParameters) and self._rates.paid:
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
            terms = self._rates.market(venue.perp, key.symbol)
        elif key.kind is Kind.TOKEN and key.symbol != series.QUOTE and venue.spot is not None:
            quote = series.spot(key.venue, key.symbol)
            terms = self._rates.market(venue.spot, series.symbol_of(key.symbol))
        else:
            return []
        return [MarketExit(column=column, quote=quote, terms=terms)]

    def accounts(self) -> list[PerpAccount]:
        """Name the derivatives accounts that risk watches.

        Returns
        -------
        list of PerpAccount
            One a perp, in column order.
        """
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
        """Name the lines of supply and debt at the lending pool.

        Returns
        -------
        PoolAccount
            Without lines where the run lends nothing.
        """
        collateral = {}
        for column in self._universe.where(kind=Kind.ATOKEN):
            line = self._universe.instruments[int(column)]
            venue = self._venues[line.venue]
            if isinstance(venue, LendingPoolParameters):
                collateral[int(column)] = venue.assets[line.symbol].liquidation_threshold
        debt = tuple(int(x) for x in self._universe.where(kind=Kind.DEBT))
        return PoolAccount(collateral=collateral, debt=debt)

    def asset_prices(self) -> dict[str, str | None]:
        """Name the price series of every asset.

        Returns
        -------
        dict of str to str or None
            By asset; None where it is the share-class currency.
        """
        return {x.asset: x.price for x in self._universe.listings}
