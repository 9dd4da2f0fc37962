"""Business rules of a venue file: tables in order, fees and gas that can be true."""

from collections.abc import Iterator, Sequence

from basis_lab.calc.costs import SlippageTable
from basis_lab.config.pool_rules import pool_faults, programme_faults
from basis_lab.config.salvage import attempted
from basis_lab.config.schema import Path
from basis_lab.config.validation import Fault, nearest
from basis_lab.execution.venues.parameters import (
    ChainParameters,
    DexParameters,
    ExchangeParameters,
    FlashLenderParameters,
    LendingPoolParameters,
    MarginTier,
    StakingPoolParameters,
    VenueParameters,
)

OnChainParameters = (
    LendingPoolParameters
    | ChainParameters
    | StakingPoolParameters
    | DexParameters
    | FlashLenderParameters
)

POOL_OPERATIONS = ("supply", "withdraw", "borrow", "repay", "flash")
STAKING_OPERATIONS = ("stake", "unstake")
DEX_OPERATIONS = ("swap", "unwrap_reward")
FLASH_OPERATIONS = ("flash",)
CHAIN_OPERATIONS = ("transfer", "native_transfer", "wrap")


def venue_faults(venue: VenueParameters) -> Iterator[Fault]:
    """Yield every rule that a venue's parameters break.

    Parameters
    ----------
    venue : VenueParameters
        One venue.

    Yields
    ------
    Fault
        Paths start at the top of the venue's file.
    """
    match venue:
        case ExchangeParameters():
            yield from attempted(_spot(venue))
            yield from attempted(_perp(venue))
        case LendingPoolParameters():
            yield from attempted(_gas(venue, POOL_OPERATIONS))
            yield from attempted(pool_faults(venue))
        case ChainParameters():
            yield from attempted(_gas(venue, CHAIN_OPERATIONS))
        case StakingPoolParameters():
            yield from attempted(_gas(venue, STAKING_OPERATIONS))
            yield from attempted(programme_faults(venue))
        case DexParameters():
            yield from attempted(_gas(venue, DEX_OPERATIONS))
            for token, table in venue.slippage.items():
                yield from attempted(_slippage(table, ("slippage", token)))
        case FlashLenderParameters():
            yield from attempted(_gas(venue, FLASH_OPERATIONS))
    if isinstance(venue, ExchangeParameters | ChainParameters):
        yield from attempted(_transfer(venue))


def _spot(venue: ExchangeParameters) -> Iterator[Fault]:
    if venue.spot is not None:
        yield from _slippage(venue.spot.slippage, ("spot", "slippage"))


def _slippage(table: SlippageTable, path: Path) -> Iterator[Fault]:
    """Yield a table that is empty, uneven, unordered or negative."""
    sizes = (*path, "sizes")
    if len(table.sizes) != len(table.bps):
        yield Fault(
            path=(*path, "bps"),
            value=list(table.bps),
            what=f"{len(table.bps)} costs stand against {len(table.sizes)} sizes",
            remedy="give one cost in bps to each size",
        )
    if not table.sizes:
        yield Fault(path=sizes, value=[], what="the table is empty", remedy="give one size or more")
    yield from _ascending(table.sizes, sizes, "sizes", strictly=True)
    for i, size in enumerate(table.sizes):
        if size <= 0.0:
            yield _not_positive((*sizes, i), size, "the size of an order")
    for i, cost in enumerate(table.bps):
        if cost < 0.0:
            yield _negative((*path, "bps", i), cost, "slippage is a loss")


def _perp(venue: ExchangeParameters) -> Iterator[Fault]:
    """Yield perpetuals whose tables are out of order or contradict each other."""
    perp = venue.perp
    if perp is None:
        return
    yield from _slippage(perp.slippage, ("perp", "slippage"))
    for symbol, tiers in perp.tiers.items():
        yield from _tiers(tiers, ("perp", "tiers", symbol))
        if symbol not in perp.markets:
            yield Fault(
                path=("perp", "markets", symbol),
                value=None,
                what=f"{symbol} has margin tiers and no market rules",
                remedy="add its lot and minimum, or remove its tiers",
            )


def _tiers(tiers: Sequence[MarginTier], path: Path) -> Iterator[Fault]:
    """Yield a tier table that is empty, unordered, or asks more to keep than to enter."""
    if not tiers:
        yield Fault(path=path, value=[], what="the table is empty", remedy="give one tier or more")
    limits = [x.max_notional for x in tiers]
    rates = [x.maintenance_rate for x in tiers]
    yield from _ascending(limits, path, "the notionals of the tiers", strictly=True)
    yield from _ascending(rates, path, "the maintenance rates of the tiers", strictly=False)
    for i, tier in enumerate(tiers):
        if tier.maintenance_rate * tier.max_leverage > 1.0:
            yield Fault(
                path=(*path, i, "max_leverage"),
                value=tier.max_leverage,
                what="initial margin (1 / leverage) is below the maintenance margin "
                f"{tier.maintenance_rate!r}: an entry would be liquidated at once",
                remedy=f"give a leverage of at most {1.0 / tier.maintenance_rate:.12g}",
            )


def _ascending(
    numbers: Sequence[float], path: Path, name: str, *, strictly: bool
) -> Iterator[Fault]:
    for i in range(1, len(numbers)):
        low, high = numbers[i - 1], numbers[i]
        if high < low or (strictly and high == low):
            yield Fault(
                path=path,
                value=list(numbers),
                what=f"{name} do not ascend: {high!r} comes after {low!r}",
                remedy="order the table from small to large",
            )
            return


def _transfer(venue: ExchangeParameters | ChainParameters) -> Iterator[Fault]:
    """Yield negative fees and minimums, and coins that have only one of both."""
    rules = venue.transfer
    tables = (("fees", rules.fees, rules.minimums), ("minimums", rules.minimums, rules.fees))
    for key, table, other in tables:
        for coin, units in table.items():
            if units < 0.0:
                yield _negative(("transfer", key, coin), units, f"{key} of a transfer are costs")
        for coin in other:
            if coin not in table:
                yield Fault(
                    path=("transfer", key, coin),
                    value=None,
                    what=f"{coin} stands in one of fees and minimums and not in the other",
                    remedy=f"add {coin} to {key} (0 where there is none)",
                )


def _gas(venue: OnChainParameters, operations: tuple[str, ...]) -> Iterator[Fault]:
    """Yield operations that are missing, unknown, or free."""
    units = venue.gas_units
    for name in operations:
        if name not in units:
            yield Fault(
                path=("gas_units", name),
                value=None,
                what=f"the gas of {name} is not stated",
                remedy=f"add `{name}` in units of gas",
            )
    for name, gas in units.items():
        if name not in operations:
            yield Fault(
                path=("gas_units", name),
                value=gas,
                what="there is no such operation",
                remedy=nearest(name, operations),
            )
        elif gas <= 0.0:
            yield _not_positive(("gas_units", name), gas, "the gas of an operation")


def _not_positive(path: Path, value: float, name: str) -> Fault:
    return Fault(
        path=path, value=value, what=f"{name} must be positive", remedy="give a number above 0"
    )


def _negative(path: Path, value: float, why: str) -> Fault:
    return Fault(
        path=path, value=value, what=f"{why} and cannot be negative", remedy="give 0 or more"
    )
