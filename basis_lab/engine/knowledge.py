"""What monitors and strategies must know of a run's venues."""

from basis_lab.calc.costs import MarketTerms
from basis_lab.config.models import RunConfig
from basis_lab.domain import series
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.engine.rates import Rates, tier_table
from basis_lab.execution.venues.parameters import (
    ChainParameters,
    DexParameters,
    ExchangeParameters,
    FlashLenderParameters,
    LendingPoolParameters,
    StakingPoolParameters,
)
from basis_lab.monitors.exposure import ExitRoute, GasExit, MarketExit, QuotedExit
from basis_lab.monitors.risk import PerpAccount, PoolAccount
from basis_lab.strategies.base import ChainTerms, Sending, Terms
from basis_lab.strategies.gas_guard import GasGuard

DAY_S = 86_400


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
        self._venues = rates.venues()

    def terms(self) -> Terms:
        """Tell the strategy what acting costs, by venue.

        Returns
        -------
        Terms
            Zeros where the run has switched a cost or rule off.
        """
        symbol = series.symbol_of(self._config.asset)
        spot, perp = {}, {}
        sending, sending_coin = {}, {}
        gas: dict[str, float] = {}
        for name, venue in self._venues.items():
            if isinstance(venue, ExchangeParameters):
                sending[name] = self._sending(name, series.QUOTE)
                if venue.spot is not None:
                    sending_coin[name] = self._sending(name, self._config.asset)
                    spot[name] = self._rates.market(venue.spot, symbol)
                if venue.perp is not None:
                    perp[name] = self._rates.market(venue.perp, symbol)
            else:
                gas |= venue.gas_units
                if isinstance(venue, ChainParameters):
                    sending[name] = self._sending(name, series.QUOTE)
        paid = self._rates.paid
        return Terms(
            spot=spot,
            perp=perp,
            sending=sending,
            sending_coin=sending_coin,
            gas_units={operation: units * paid for operation, units in gas.items()},
            gas_debt_limit=self._config.costs.gas_debt_limit,
            chain=self._chain_terms(),
            gas_market=self._gas_market(),
        )

    def gas_guard(self) -> GasGuard:
        """Return what tells beforehand if gas can be paid.

        Returns
        -------
        GasGuard
            With the gas of each venue's own operations; zeros where the run pays none.
        """
        on_chain = {
            name: venue.gas_units
            for name, venue in self._venues.items()
            if not isinstance(venue, ExchangeParameters)
        }
        return GasGuard(
            universe=self._universe,
            gas_units={
                name: {operation: units * self._rates.paid for operation, units in listed.items()}
                for name, listed in on_chain.items()
            },
            debt_limit=self._config.costs.gas_debt_limit,
        )

    def _gas_market(self) -> tuple[str, MarketTerms] | None:
        for name, venue in self._venues.items():
            if isinstance(venue, DexParameters) and series.QUOTE in venue.slippage:
                return name, self._rates.dex_terms(venue, series.QUOTE)
        return None

    def _sending(self, venue: str, coin: str) -> Sending:
        rules = self._rates.sending(venue)
        return Sending(fee=rules.fees[coin], minimum=rules.minimums[coin])

    def _chain_terms(self) -> ChainTerms | None:
        """Return the terms of staking and what goes with it; None where nothing is staked."""
        queues = self._universe.where(kind=Kind.EXIT_QUEUE)
        if not len(queues):
            return None
        staking = self._venues[self._universe.instruments[int(queues[0])].venue]
        exchange = self._exchange()
        if not isinstance(staking, StakingPoolParameters) or exchange is None:
            return None
        delayed = self._config.costs.delays_enabled
        supplies = [
            self._rates.collateral(self._universe.instruments[int(x)])
            for x in self._universe.where(kind=Kind.ATOKEN)
        ]
        tokens = {x.symbol for x in self._universe.instruments} & set(exchange.slippage)
        return ChainTerms(
            lst_quote=self._rates.lst_quote(staking.token),
            sales={x: self._rates.dex_terms(exchange, x) for x in sorted(tokens)},
            queue_days=staking.queue_delay_s / DAY_S if delayed else 0.0,
            max_ltv=supplies[0].ltv if supplies else None,
            threshold=supplies[0].threshold if supplies else None,
            flash_premium=self._flash_premium(),
            dust_share=self._config.rewards.dust_delta,
        )

    def _exchange(self) -> DexParameters | None:
        found = (x for x in self._venues.values() if isinstance(x, DexParameters))
        return next(found, None)

    def _flash_premium(self) -> float:
        """Return the premium of the lender that the run's flash line names; 0 without one."""
        for column in self._universe.where(kind=Kind.FLASH):
            lender = self._venues[self._universe.instruments[int(column)].venue]
            if isinstance(lender, FlashLenderParameters):
                return lender.premium * self._rates.paid
            if isinstance(lender, LendingPoolParameters):
                return lender.flash_premium * self._rates.paid
        return 0.0

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
                routes += self._gas_exit(column, venue)
            if isinstance(venue, ExchangeParameters):
                routes += self._market_exit(column, venue)
            routes += self._quoted_exit(column)
        return routes

    def _quoted_exit(self, column: int) -> list[ExitRoute]:
        """Say how staking tokens and rewards are sold; other lines are not."""
        listing = self._universe.listings[column]
        exchange = self._exchange()
        if listing.rate is None or exchange is None:
            return []
        symbol = listing.instrument.symbol
        reward = listing.instrument.kind is Kind.KING
        return [
            QuotedExit(
                column=column,
                index=listing.index,
                quote=series.token_price(symbol) if reward else self._rates.lst_quote(symbol),
                coin_price=listing.price,
                terms=self._rates.dex_terms(exchange, symbol),
            )
        ]

    def _gas_exit(self, column: int, venue: LendingPoolParameters) -> list[ExitRoute]:
        kind = self._universe.instruments[column].kind
        operation = {Kind.ATOKEN: "withdraw", Kind.DEBT: "repay"}
        if kind not in operation:
            return []
        own_coin = self._config.share_class.currency == "ETH"
        return [
            GasExit(
                column=column,
                gas_units=venue.gas_units[operation[kind]],
                gas_price=series.GAS_PRICE,
                coin_price=None if own_coin else series.spot("binance", "ETH"),
            )
        ]

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
        collateral = {
            int(column): self._rates.collateral(self._universe.instruments[int(column)]).threshold
            for column in self._universe.where(kind=Kind.ATOKEN)
        }
        debt = tuple(int(x) for x in self._universe.where(kind=Kind.DEBT))
        return PoolAccount(collateral=collateral, debt=debt)

    def asset_prices(self) -> dict[str, str | None]:
        """Name the price series of every asset.

        Returns
        -------
        dict of str to str or None
            By asset, rewards aside; None where it is the share-class currency.
        """
        held = (x for x in self._universe.listings if x.instrument.kind is not Kind.KING)
        return {x.asset: x.price for x in held}
