"""Small markets, books and venues, so that a test reads like the example it checks.

A book is written as text, one line an instrument: ``binance:perp:BTCUSDT -2``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydantic
import yaml

from basis_lab.calc.costs import MarketTerms
from basis_lab.calc.perps import TierTable
from basis_lab.domain import series
from basis_lab.domain.dated import DatedRows, dated_rows
from basis_lab.domain.instructions import Cause
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.domain.market import MarketFrame
from basis_lab.domain.statements import PendingTransfer
from basis_lab.execution.venues.parameters import ExchangeParameters
from basis_lab.execution.venues.simulated.aave import SimulatedAave
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.exchange import SimulatedExchange
from basis_lab.execution.venues.simulated.flash import FlashDesk
from basis_lab.execution.venues.simulated.markets import PerpMarket, SpotMarket
from basis_lab.execution.venues.simulated.reserves import CollateralTerms, Lines, Reserve
from basis_lab.ledger.book import Posting, Transaction
from basis_lab.monitors.exposure import ExposureMonitor
from basis_lab.monitors.limits import FloorLimits, RiskParameters
from basis_lab.monitors.position import PositionMonitor
from basis_lab.monitors.risk import PerpAccount, PoolAccount, RiskMonitor
from basis_lab.strategies import blueprint, make_strategy
from basis_lab.strategies.base import Sending, Setting, Strategy, Terms, View
from basis_lab.strategies.parameters import BasisParameters, LendingParameters

ROOT = Path(__file__).parents[1]
START = np.datetime64("2024-05-12T00:00:00", "s")
CHAIN_VENUES = frozenset({"wallet", "aave_v3"})
RISK = RiskParameters(
    enabled_risk_types=("margin_ratio",),
    margin_ratio=FloorLimits(warning=0.20, critical=0.10),
)

key = Instrument.parse


# --- books ------------------------------------------------------------------------------------


def lines(text: str) -> dict[str, float]:
    """Read a book: ``venue:kind:SYMBOL units`` on each line."""
    rows = [line.split() for line in text.splitlines() if line.strip()]
    return {name: float(units) for name, units in rows}


def quantities(universe: Universe, text: str) -> np.ndarray:
    """Return a book as units by column of a universe, shape (n,)."""
    held = np.zeros(len(universe))
    for name, units in lines(text).items():
        held[universe.column(key(name))] = units
    return held


def postings(text: str) -> tuple[Posting, ...]:
    """Read postings: ``venue:kind:SYMBOL units cause`` on each line, in order."""
    rows = [line.split() for line in text.splitlines() if line.strip()]
    return tuple(Posting(key(name), float(units), Cause(cause)) for name, units, cause in rows)


def positions(universe: Universe, text: str = "", rows: int = 1) -> PositionMonitor:
    """Return a position monitor that opened with a book as its capital."""
    monitor = PositionMonitor(universe)
    capital = tuple(Posting(key(name), units, Cause.CAPITAL) for name, units in lines(text).items())
    monitor.open_with(Transaction(row=0, postings=capital), rows)
    return monitor


def held(monitor: PositionMonitor) -> dict[str, float]:
    """Return what a book holds, without its empty lines."""
    units = zip(monitor.universe.instruments, monitor.book.quantities, strict=True)
    return {str(name): float(quantity) for name, quantity in units if quantity != 0.0}


def balances(venue) -> dict[str, float]:
    """Return what a venue reports, without its empty lines."""
    return {str(name): units for name, units in venue.balances().items() if units != 0.0}


# --- parameters -------------------------------------------------------------------------------


def basis_parameters(**changes) -> BasisParameters:
    """Return half spot and half margin at one venue, with the shipped bands."""
    made = BasisParameters(
        spot_allocation=0.5,
        hedge_allocation={"binance": 1.0},
        spot_venue="binance",
        treasury="binance",
        reserve_ratio=0.0,
        position_deviation_threshold=0.10,
        hedge_weight_band=0.10,
        max_delta_drift=0.02,
        plan_timeout=24.0,
    )
    return replace(made, **changes)


def lending_parameters(**changes) -> LendingParameters:
    """Return plain lending from the wallet."""
    made = LendingParameters(
        treasury="wallet", lending_venue="aave_v3", reserve_ratio=0.0, plan_timeout=24.0
    )
    return replace(made, **changes)


def terms(
    fee: float = 0.0, bps: float = 0.0, lot: float = 0.0, min_notional: float = 0.0
) -> MarketTerms:
    """Return what a market takes; free, and open to any size, if nothing else is said.

    Slippage is ``bps`` up to a notional of a million.
    """
    return MarketTerms(
        fee=fee, sizes=np.array([1e6]), bps=np.array([bps]), lot=lot, min_notional=min_notional
    )


def flat_tiers(rate: float = 0.01, leverage: float = 10.0) -> TierTable:
    """Return a table of one tier."""
    return TierTable(
        upper=np.array([1e12]),
        rate=np.array([rate]),
        amount=np.array([0.0]),
        max_leverage=np.array([leverage]),
    )


def venue_file(name: str) -> ExchangeParameters:
    """Return the shipped file of an exchange."""
    plain = yaml.safe_load((ROOT / "configs" / "venues" / f"{name}.yaml").read_text())
    return pydantic.TypeAdapter(ExchangeParameters).validate_python(plain, strict=False)


def venue_tiers(name: str, symbol: str) -> TierTable:
    """Return the margin tiers of the shipped file of an exchange."""
    from basis_lab.engine.rates import tier_table

    perp = venue_file(name).perp
    assert perp is not None
    return tier_table(perp, symbol)


# --- universes and frames ---------------------------------------------------------------------


def basis_universe(*venues: str, asset: str = "BTC") -> Universe:
    """Return the columns of a basis mode; spot is at binance, where no venue is named all is."""
    named = venues if venues else ("binance",)
    parameters = basis_parameters(hedge_allocation=dict.fromkeys(named, 1.0 / len(named)))
    return Universe(blueprint(parameters, Setting(asset=asset, currency="USDT")).listings, "USDT")


def lending_universe(currency: str = "USDT") -> Universe:
    """Return the columns of plain lending."""
    return Universe(
        blueprint(lending_parameters(), Setting(asset=currency, currency=currency)).listings,
        currency,
    )


def hours(count: int) -> np.ndarray:
    """Return hourly timesteps."""
    return START + np.arange(count) * np.timedelta64(3600, "s")


def frame(universe: Universe, columns: Mapping[str, Sequence[float]]) -> MarketFrame:
    """Return market data from short lists, all of one length."""
    arrays = {name: np.array(values, dtype=float) for name, values in columns.items()}
    (rows,) = {len(values) for values in arrays.values()}
    return MarketFrame(times=hours(rows), series=arrays, universe=universe)


def perp_series(
    mark: Sequence[float],
    *,
    venue: str = "binance",
    asset: str = "BTC",
    last: Sequence[float] | None = None,
    rate: Mapping[int, float] | None = None,
    **extremes: Mapping[int, float],
) -> dict[str, Sequence[float]]:
    """Return the series of one perp.

    ``last`` is the mark where it is not given; ``rate`` has the funding by row; ``high`` and
    ``low`` have extremes by row, elsewhere the larger and smaller of a bar's two ends.
    """
    opens = np.array(mark, dtype=float)
    before = np.concatenate([opens[:1], opens[:-1]])
    bars = {"high": np.maximum(before, opens), "low": np.minimum(before, opens)}
    for name, rows in extremes.items():
        for row, extreme in rows.items():
            bars[name][row] = extreme
    rates = np.full(len(opens), np.nan)
    for row, paid in (rate if rate is not None else {}).items():
        rates[row] = paid
    return {
        series.perp_last(venue, asset): opens if last is None else last,
        series.mark(venue, asset): opens,
        series.mark(venue, asset, "high"): bars["high"],
        series.mark(venue, asset, "low"): bars["low"],
        series.funding(venue, asset): rates,
    }


def perp_frame(
    mark: Sequence[float], *, spot: Sequence[float] | None = None, **others
) -> MarketFrame:
    """Return a market of spot and perp at binance; spot is at the mark where it is not given."""
    columns = perp_series(mark, **others)
    columns[series.spot("binance", "BTC")] = mark if spot is None else spot
    return frame(basis_universe(), columns)


def lending_frame(
    index: Sequence[float],
    *,
    currency: str = "USDT",
    gas_gwei: float = 10.0,
    borrow_index: Sequence[float] | None = None,
    **totals: float,
) -> MarketFrame:
    """Return a market of one reserve; ETH costs 2000 USDT in a USDT class.

    The borrow index stays at one where it is not given. ``supplied`` and ``borrowed`` are the
    reserve's totals, absent where they are not given.
    """
    token = "WETH" if currency == "ETH" else currency
    rows = len(index)
    columns: dict[str, Sequence[float]] = {
        series.liquidity_index(token): index,
        series.borrow_index(token): [1.0] * rows if borrow_index is None else borrow_index,
        series.GAS_PRICE: [gas_gwei] * rows,
        series.spot("binance", "ETH"): [2000.0] * rows,
    }
    if totals:
        columns[series.total_supplied(token)] = [totals["supplied"]] * rows
        columns[series.total_borrowed(token)] = [totals["borrowed"]] * rows
    return frame(lending_universe(currency), columns)


# --- venues -----------------------------------------------------------------------------------


def perp_market(venue: str = "binance", asset: str = "BTC", **changes) -> PerpMarket:
    """Return a perp that is free to trade, with one tier of 1 % and tenfold leverage."""
    symbol = series.symbol_of(asset)
    made = PerpMarket(
        perp=Instrument(venue, Kind.PERP, symbol),
        contracts=Instrument(venue, Kind.CONTRACTS, symbol),
        margin=Instrument(venue, Kind.MARGIN, "USDT"),
        last=series.perp_last(venue, asset),
        mark=series.mark(venue, asset),
        high=series.mark(venue, asset, "high"),
        low=series.mark(venue, asset, "low"),
        rate=series.funding(venue, asset),
        terms=terms(),
        tiers=flat_tiers(),
        liquidation_fee=0.0,
        checks_margin=True,
    )
    return replace(made, **changes)


def exchange(
    text: str = "", *, venue: str = "binance", spot: MarketTerms | None = None, **perp
) -> SimulatedExchange:
    """Return an exchange with one BTC perp, at binance with BTC spot too; it holds ``text``.

    ``spot`` are the terms of its spot market; ``perp`` changes its perp market.
    """
    quote, base = Instrument(venue, Kind.TOKEN, "USDT"), Instrument(venue, Kind.TOKEN, "BTC")
    market = perp_market(venue, **perp)
    sells_coins = venue == "binance"
    made = SimulatedExchange(
        venue,
        spot={
            base: SpotMarket(
                base=base,
                quote=quote,
                last=series.spot(venue, "BTC"),
                terms=terms() if spot is None else spot,
            )
        }
        if sells_coins
        else {},
        perp={market.perp: market},
        accounts=(quote, base, market.margin) if sells_coins else (market.margin,),
    )
    for name, units in lines(text).items():
        made.credit(key(name), units)
    return made


def always(value: float) -> DatedRows:
    """Return a table with one row that is in force whenever a test looks."""
    return dated_rows("a table", ["2000-01-01"], [value], "2100-01-01")


def reserve(token: str, *, price: str | None = None) -> Reserve:
    """Return a reserve that lends 75 % of its value and liquidates at 80 %."""
    return Reserve(
        token=key(f"wallet:token:{token}"),
        supply_index=series.liquidity_index(token),
        borrow_index=series.borrow_index(token),
        rate=None,
        price=price,
        terms=CollateralTerms(ltv=always(0.75), threshold=always(0.80), bonus=always(0.05)),
        supplied=series.total_supplied(token),
        borrowed=series.total_borrowed(token),
    )


def lending_pool(
    owner: SimulatedWallet, *collateral: Reserve, debt: Sequence[Reserve] = ()
) -> SimulatedAave:
    """Return a pool with lines for some reserves; each operation takes 100,000 gas."""

    def by_line(kind: Kind, reserves: Sequence[Reserve]) -> dict[Instrument, Reserve]:
        return {Instrument("aave_v3", kind, x.token.symbol): x for x in reserves}

    return SimulatedAave(
        "aave_v3",
        wallet=owner,
        lines=Lines(
            collateral=by_line(Kind.ATOKEN, collateral), debt=by_line(Kind.DEBT, debt), usd=()
        ),
        gas_units=dict.fromkeys(("supply", "withdraw", "borrow", "repay", "flash"), 100_000.0),
        versions=always(3.3),
        flash=FlashDesk("aave_v3", wallet=owner, lines=(), premium=0.0005, gas_units=0.0),
    )


# --- what a strategy sees ---------------------------------------------------------------------


def perp_accounts(universe: Universe, tiers: TierTable | None = None) -> list[PerpAccount]:
    """Return the derivatives accounts of a universe."""
    return [
        PerpAccount(
            venue=x.instrument.venue,
            margin=universe.column(Instrument(x.instrument.venue, Kind.MARGIN, "USDT")),
            perp=universe.column(x.instrument),
            contracts=universe.column(replace(x.instrument, kind=Kind.CONTRACTS)),
            mark=x.mark,
            spot=x.price,
            tiers=flat_tiers() if tiers is None else tiers,
        )
        for x in universe.listings
        if x.mark is not None and x.price is not None
    ]


def pool_account(universe: Universe) -> PoolAccount:
    """Return the loan of a universe; every collateral is liquidated at 80 %."""
    return PoolAccount(
        collateral={int(i): always(0.80) for i in universe.where(kind=Kind.ATOKEN)},
        debt=tuple(int(i) for i in universe.where(kind=Kind.DEBT)),
    )


def risk_monitor(universe: Universe, risk: RiskParameters = RISK) -> RiskMonitor:
    """Return the monitor of a universe's risks."""
    prices = {x.asset: x.price for x in universe.listings}
    return RiskMonitor(risk, perp_accounts(universe), pool_account(universe), prices)


def view(
    market: MarketFrame,
    text: str,
    *,
    rows: tuple[int, int] | None = None,
    pending: tuple[PendingTransfer, ...] = (),
    entered: bool = True,
    risk: RiskParameters = RISK,
) -> View:
    """Return what a strategy sees of a book that is held over the rows of a frame."""
    start, stop = (0, market.rows) if rows is None else rows
    window = market.window(start, stop)
    units = np.tile(quantities(market.universe, text), (len(window), 1))
    exposure = ExposureMonitor(market.universe, CHAIN_VENUES, ()).calculate_exposure(window, units)
    return View(
        window=window,
        exposure=exposure,
        risk=risk_monitor(market.universe, risk).assess_risk(window, exposure),
        pending=pending,
        entered=entered,
    )


def strategy_terms(*venues: str, sending: Sending | None = None, **market: float) -> Terms:
    """Return what acting costs at some venues: nothing, where nothing else is said.

    ``market`` are the arguments of ``terms``; ``sending`` is the same from every venue.
    """
    free = Sending(fee=0.0, minimum=0.0)
    return Terms(
        spot={"binance": terms(**market)},
        perp={venue: terms(**market) for venue in venues},
        sending=dict.fromkeys(venues, free if sending is None else sending),
        sending_coin={},
        gas_units=dict.fromkeys(("supply", "withdraw", "wrap"), 0.0),
        gas_debt_limit=0.005,
    )


def basis_strategy(
    *venues: str, costs: Terms | None = None, risk: RiskParameters = RISK, **changes
) -> Strategy:
    """Return a basis strategy on BTC with equal weights at some venues, binance if none."""
    named = venues if venues else ("binance",)
    parameters = basis_parameters(
        hedge_allocation=dict.fromkeys(named, 1.0 / len(named)), **changes
    )
    universe = Universe(
        blueprint(parameters, Setting(asset="BTC", currency="USDT")).listings, "USDT"
    )
    costs = strategy_terms(*named) if costs is None else costs
    return make_strategy(parameters, universe, "BTC", costs, risk)
