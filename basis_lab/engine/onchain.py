"""The factory of everything on chain: wallet, pool, staking, exchanges, flash lenders."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from basis_lab.config.models import RunConfig
from basis_lab.domain import series
from basis_lab.domain.dated import dated_rows
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.engine.rates import Rates
from basis_lab.execution.interfaces import ChainVenue
from basis_lab.execution.venues.parameters import (
    ChainParameters,
    DexParameters,
    FlashLenderParameters,
    LendingPoolParameters,
    StakingPoolParameters,
    VenueParameters,
)
from basis_lab.execution.venues.protocol import Venue
from basis_lab.execution.venues.simulated.aave import SimulatedAave
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.dex import DexMarket, SimulatedDex
from basis_lab.execution.venues.simulated.flash import FlashDesk, SimulatedFlashLender
from basis_lab.execution.venues.simulated.reserves import Lines, Reserve
from basis_lab.execution.venues.simulated.staking import (
    SimulatedStakingPool,
    StakeLine,
    StakingTerms,
)

NATIVE, WRAPPED = "ETH", "WETH"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnChain:
    """What a run has on chain.

    Parameters
    ----------
    wallet : SimulatedWallet or None
        None where the run has nothing on chain.
    places : mapping of str to ChainVenue
        Every other venue on chain, by name.
    queues : mapping of str to SimulatedStakingPool
        Those of them that have a withdrawal queue.
    """

    wallet: SimulatedWallet | None
    places: Mapping[str, ChainVenue]
    queues: Mapping[str, SimulatedStakingPool]

    @property
    def names(self) -> frozenset[str]:
        """The names of all of them."""
        return frozenset(x.name for x in self.all)

    @property
    def all(self) -> tuple[Venue, ...]:
        """Every venue on chain, in the order of settling."""
        return (*self.places.values(), *([self.wallet] if self.wallet is not None else []))


def make_onchain(config: RunConfig, universe: Universe, rates: Rates) -> OnChain:
    """Make what a run has on chain.

    Parameters
    ----------
    config : RunConfig
        Validated configuration.
    universe : Universe
        The run's columns.
    rates : Rates
        Costs and rules in force.

    Returns
    -------
    OnChain
        Fresh instances; empty where no line stands in a wallet.
    """
    venues = rates.venues()
    for name, venue in venues.items():
        if isinstance(venue, ChainParameters):
            wallet = SimulatedWallet(
                name,
                tokens=tuple(
                    x
                    for x in universe.instruments
                    if x.venue == name and x.kind in (Kind.TOKEN, Kind.RESERVE, Kind.KING)
                ),
                gas_units=venue.gas_units,
                gas_price=series.GAS_PRICE if config.costs.enabled else None,
            )
            return _Chain(config, universe, rates, wallet).make(venues)
    return OnChain(wallet=None, places={}, queues={})


class _Chain:
    """Makes the venues on chain around one wallet."""

    def __init__(
        self, config: RunConfig, universe: Universe, rates: Rates, wallet: SimulatedWallet
    ) -> None:
        self._config = config
        self._universe = universe
        self._rates = rates
        self._wallet = wallet

    def make(self, venues: Mapping[str, VenueParameters]) -> OnChain:
        places: dict[str, ChainVenue] = {}
        queues: dict[str, SimulatedStakingPool] = {}
        for name, venue in venues.items():
            match venue:
                case LendingPoolParameters():
                    places[name] = self._pool(name, venue)
                case StakingPoolParameters():
                    places[name] = queues[name] = self._staking(name, venue)
                case DexParameters():
                    places[name] = self._dex(name, venue)
                case FlashLenderParameters():
                    desk = self._desk(name, venue.premium, venue.gas_units)
                    places[name] = SimulatedFlashLender(name, desk)
                case _:
                    pass
        for pool in queues.values():
            pool.watch(tuple(self._stakes(pool.lst, places)))
        return OnChain(wallet=self._wallet, places=places, queues=queues)

    def _pool(self, name: str, venue: LendingPoolParameters) -> SimulatedAave:
        usd: tuple[str, ...] = (series.USDT_USD,)
        if self._config.share_class.currency == NATIVE:
            usd = (series.spot("binance", NATIVE), series.USDT_USD)
        return SimulatedAave(
            name,
            wallet=self._wallet,
            lines=Lines(
                collateral=self._reserves(name, Kind.ATOKEN),
                debt=self._reserves(name, Kind.DEBT),
                usd=usd,
            ),
            gas_units=venue.gas_units,
            versions=dated_rows(
                f"rules of {name}",
                [x.since for x in venue.versions],
                [float(x.version) for x in venue.versions],
                venue.known_until,
            ),
            flash=self._desk(name, venue.flash_premium, venue.gas_units),
        )

    def _desk(self, name: str, premium: float, gas_units: Mapping[str, float]) -> FlashDesk:
        lines = self._universe.where(kind=Kind.FLASH, venue=name)
        return FlashDesk(
            name,
            wallet=self._wallet,
            lines=tuple(self._universe.instruments[int(x)] for x in lines),
            premium=premium * self._rates.paid,
            gas_units=gas_units["flash"],
        )

    def _reserves(self, name: str, kind: Kind) -> dict[Instrument, Reserve]:
        reserves = {}
        for column in self._universe.where(kind=kind, venue=name):
            listing = self._universe.listings[int(column)]
            symbol = listing.instrument.symbol
            reserves[listing.instrument] = Reserve(
                token=self._token(symbol),
                supply_index=series.liquidity_index(symbol),
                borrow_index=series.borrow_index(symbol),
                rate=listing.rate,
                price=listing.price,
                terms=self._rates.collateral(listing.instrument),
                supplied=series.total_supplied(symbol),
                borrowed=series.total_borrowed(symbol),
            )
        return reserves

    def _staking(self, name: str, venue: StakingPoolParameters) -> SimulatedStakingPool:
        column = int(self._universe.where(kind=Kind.EXIT_QUEUE, venue=name)[0])
        delayed = self._config.costs.delays_enabled
        mode = self._config.rewards.mode
        return SimulatedStakingPool(
            name,
            wallet=self._wallet,
            terms=StakingTerms(
                token=self._token(NATIVE),
                lst=self._token(venue.token),
                claim=self._universe.instruments[column],
                rate=series.lst_rate(venue.token),
                delay_s=venue.queue_delay_s if delayed else 0.0,
                gas_units=venue.gas_units,
                programmes={
                    series.rewards(name, key): Instrument(
                        self._wallet.name, Kind.KING, programme.token
                    )
                    for key, programme in venue.programmes.items()
                    if mode in programme.counted_in
                },
            ),
        )

    def _stakes(self, lst: Instrument, places: Mapping[str, ChainVenue]) -> Iterator[StakeLine]:
        """Where a staking token earns rewards: in the wallet, and as collateral."""
        yield StakeLine(venue=self._wallet, line=lst, index=None)
        for line in self._universe.instruments:
            if line.kind is Kind.ATOKEN and line.symbol == lst.symbol:
                index = series.liquidity_index(line.symbol)
                yield StakeLine(venue=places[line.venue], line=line, index=index)

    def _dex(self, name: str, venue: DexParameters) -> SimulatedDex:
        markets = [
            market
            for line in self._universe.instruments
            if line.venue == self._wallet.name and line.symbol in venue.slippage
            for market in self._sales(line, venue)
        ]
        return SimulatedDex(
            name,
            wallet=self._wallet,
            markets={(x.source, x.destination): x for x in markets},
            gas_units=venue.gas_units,
        )

    def _sales(self, line: Instrument, venue: DexParameters) -> Iterator[DexMarket]:
        """Name what a line of the wallet can be sold for."""
        terms = self._rates.dex_terms(venue, line.symbol)
        if line.kind is Kind.TOKEN and line.symbol == series.QUOTE:
            yield DexMarket(
                source=line,
                destination=self._token(NATIVE),
                quote=series.spot("binance", NATIVE),
                inverted=True,
                terms=terms,
            )
        elif line.kind in (Kind.TOKEN, Kind.KING):
            reward = line.kind is Kind.KING
            yield DexMarket(
                source=line,
                destination=self._token(WRAPPED),
                quote=series.token_price(line.symbol) if reward else self._lst_quote(line),
                inverted=False,
                terms=terms,
            )

    def _lst_quote(self, line: Instrument) -> str:
        return self._rates.lst_quote(line.symbol)

    def _token(self, symbol: str) -> Instrument:
        return Instrument(self._wallet.name, Kind.TOKEN, symbol)
