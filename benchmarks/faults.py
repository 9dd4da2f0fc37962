"""Faults of raw files, each at a random place, and the check that has to find it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from basis_lab.data.series import BAR_KINDS, DatasetId, DatasetKind

FILES = {
    "spot/binance/ETHUSDT": "binance_ETHUSDT_spot_1h.csv",
    "perp/binance/ETHUSDT": "binance_ETHUSDT_perp_1h.csv",
    "mark/binance/ETHUSDT": "binance_ETHUSDT_perp_mark_1h.csv",
    "perp/bybit/ETHUSDT": "bybit_ETHUSDT_perp_1h.csv",
    "funding/binance/ETHUSDT": "binance_ETHUSDT_funding_rates.csv",
    "funding/bybit/ETHUSDT": "bybit_ETHUSDT_funding_rates.csv",
    "aave/ethereum/WETH": "aave_v3_ethereum_WETH_rates_daily.csv",
    "gas/ethereum/gas": "ethereum_gas_prices_1h.csv",
    "lst_market/curve/weETH": "weETH_peg_market_vs_oracle_1h.csv",
    "oracle/aave/USDTUSD": "aave_USDT_USD_oracle_daily.csv",
}
HEADERS = {
    DatasetKind.FUNDING: ("funding_timestamp", "funding_rate"),
    DatasetKind.GAS: ("timestamp", "gas_price_gwei"),
    DatasetKind.LST_MARKET: ("timestamp", "market_rate"),
    DatasetKind.ORACLE: ("timestamp", "oracle_price_usd"),
    DatasetKind.AAVE: (
        *("timestamp", "liquidityIndex", "variableBorrowIndex", "currentLiquidityRate"),
        *("currentVariableBorrowRate", "totalAToken", "totalVariableDebt", "price"),
    ),
}
BARS = ("open", "high", "low", "close")
PRICES = tuple(x for x in FILES if x.startswith(("spot", "perp", "mark")))
FUNDING = tuple(x for x in FILES if x.startswith("funding"))
AAVE, GAS, QUOTE = "aave/ethereum/WETH", "gas/ethereum/gas", "lst_market/curve/weETH"
ORACLE = "oracle/aave/USDTUSD"
EVERY = tuple(FILES)
USUAL_FUNDING = 5e-5


@dataclass(frozen=True, kw_only=True)
class Table:
    """A raw file before it is written: times, and its columns as numbers."""

    dataset: str
    times: np.ndarray
    columns: np.ndarray
    zone: str = "Z"

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.times)

    def taken(self, places: np.ndarray) -> "Table":
        """Return some of the rows, in the order given."""
        return replace(self, times=self.times[places], columns=self.columns[:, places])

    def text(self) -> str:
        """Return the file."""
        kind = DatasetId.parse(self.dataset).kind
        header = ("timestamp", *BARS) if kind in BAR_KINDS else HEADERS[kind]
        stamps = [f"{x}{self.zone}" for x in self.times]
        cells = [[repr(x) for x in column.tolist()] for column in self.columns]
        lines = [",".join(row) for row in zip(stamps, *cells, strict=True)]
        return "\n".join([",".join(header), *lines]) + "\n"


Spoil = Callable[[np.random.Generator, Table], Table]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One kind of fault, the files that it can spoil, and the check that has to find it."""

    name: str
    expected: str
    files: tuple[str, ...]
    spoil: Spoil


def _place(rng: np.random.Generator, rows: int, room: int = 2) -> int:
    return int(rng.integers(room, rows - room))


def _length(rng: np.random.Generator, rows: int, least: int, most: int) -> tuple[int, int]:
    length = int(rng.integers(least, min(most, rows // 3) + 1))
    return int(rng.integers(2, rows - length - 2)), length


def hole(rng: np.random.Generator, table: Table) -> Table:
    """Take rows away."""
    first, length = _length(rng, table.rows, 1, 48)
    return table.taken(np.delete(np.arange(table.rows), slice(first, first + length)))


def repeated(rng: np.random.Generator, table: Table) -> Table:
    """Write rows twice."""
    first, length = _length(rng, table.rows, 1, 5)
    return table.taken(np.insert(np.arange(table.rows), first, range(first, first + length)))


def contradicted(rng: np.random.Generator, table: Table) -> Table:
    """Write a row twice, the second time with another number."""
    place = _place(rng, table.rows)
    twice = table.taken(np.insert(np.arange(table.rows), place, place))
    columns = twice.columns.copy()
    columns[:, place + 1] *= 1.0001
    columns[0, place + 1] += 1e-6
    return replace(twice, columns=columns)


def swapped(rng: np.random.Generator, table: Table) -> Table:
    """Put a row before an earlier one."""
    order = np.arange(table.rows)
    place = _place(rng, table.rows)
    order[[place - 1, place]] = order[[place, place - 1]]
    return table.taken(order)


def shifted(rng: np.random.Generator, table: Table) -> Table:
    """Label everything in another zone."""
    hours = int(rng.choice([-8, -5, -4, 1, 3, 8, 9]))
    return replace(table, times=table.times + np.timedelta64(hours, "h"))


def half_shifted(rng: np.random.Generator, table: Table) -> Table:
    """Label everything in a zone of half or quarter hours."""
    minutes = int(rng.choice([-570, -210, 210, 270, 330, 345, 390, 570]))
    return replace(table, times=table.times + np.timedelta64(minutes, "m"))


def late_in_part(rng: np.random.Generator, table: Table) -> Table:
    """Write the values of a zone's hour, or of the bar before, for two months; labels stay."""
    first, length = _length(rng, table.rows, 1300, 1500)
    first, hours = max(first, 8), int(rng.choice([1, 8]))
    columns = table.columns.copy()
    late = slice(first - hours, first - hours + length)
    columns[:, first : first + length] = table.columns[:, late]
    return replace(table, columns=columns)


def closing_labels(_: np.random.Generator, table: Table) -> Table:
    """Label bars by their close."""
    return replace(table, times=table.times + np.timedelta64(1, "h"))


def frozen(rng: np.random.Generator, table: Table) -> Table:
    """Repeat one row for a while; of funding, one that is not the rate of a quiet market."""
    first, length = _length(rng, table.rows, 14, 72)
    columns = table.columns.copy()
    if table.dataset in FUNDING:
        columns[0, first] += 3.21e-5
    columns[:, first : first + length] = columns[:, [first]]
    return replace(table, columns=columns)


def off_by(least: float, most: float) -> Spoil:
    """Return a fault that moves one bar away from the market."""

    def spoil(rng: np.random.Generator, table: Table) -> Table:
        place = _place(rng, table.rows)
        columns = table.columns.copy()
        apart = rng.uniform(least, most)
        columns[:, place] *= 1.0 + apart if rng.integers(2) else 1.0 / (1.0 + apart)
        return replace(table, columns=columns)

    return spoil


def not_positive(rng: np.random.Generator, table: Table) -> Table:
    """Write a zero, a negative number or nothing for a price."""
    columns = table.columns.copy()
    columns[0, _place(rng, table.rows)] = rng.choice([0.0, -1.0, np.nan, np.inf])
    return replace(table, columns=columns)


def no_number(rng: np.random.Generator, table: Table) -> Table:
    """Write NaN or an infinity for a rate."""
    columns = table.columns.copy()
    columns[0, _place(rng, table.rows)] = rng.choice([np.nan, np.inf])
    return replace(table, columns=columns)


def broken_bar(rng: np.random.Generator, table: Table) -> Table:
    """Put the high under the open, or the low over it."""
    columns = table.columns.copy()
    place = _place(rng, table.rows)
    row, factor = (1, 0.999) if rng.integers(2) else (2, 1.001)
    columns[row, place] = columns[0, place] * factor
    return replace(table, columns=columns)


def fallen_index(rng: np.random.Generator, table: Table) -> Table:
    """Let an index fall by a little."""
    columns = table.columns.copy()
    place, row = _place(rng, table.rows), int(rng.integers(0, 2))
    columns[row, place] = columns[row, place - 1] * (1.0 - 10.0 ** rng.uniform(-8.5, -3.0))
    return replace(table, columns=columns)


def wick(least: float, most: float) -> Spoil:
    """Return a fault that stretches the high or the low of one bar beyond its market."""

    def spoil(rng: np.random.Generator, table: Table) -> Table:
        columns, place = table.columns.copy(), _place(rng, table.rows)
        row, reach = int(rng.integers(1, 3)), 1.0 + rng.uniform(least, most)
        near = columns[:, max(place - 1, 0) : place + 2]
        columns[row, place] = near.max() * reach if row == 1 else near.min() / reach
        return replace(table, columns=columns)

    return spoil


def scaled(rows: slice, factors: tuple[float, ...]) -> Spoil:
    """Return a fault that writes whole columns in another unit."""

    def spoil(rng: np.random.Generator, table: Table) -> Table:
        columns = table.columns.copy()
        columns[rows] *= rng.choice(factors)
        return replace(table, columns=columns)

    return spoil


def oracle_price(least: float, most: float) -> Spoil:
    """Return a fault that writes one published price so many times too high, or too low."""

    def spoil(rng: np.random.Generator, table: Table) -> Table:
        columns, place = table.columns.copy(), _place(rng, table.rows)
        factor = rng.uniform(least, most)
        columns[-1, place] *= factor if rng.integers(2) else 1.0 / factor
        return replace(table, columns=columns)

    return spoil


def partly_percent(rng: np.random.Generator, table: Table) -> Table:
    """Write some settlements in percent."""
    first, length = _length(rng, table.rows, 20, 90)
    columns = table.columns.copy()
    columns[0, first : first + length] *= 100.0
    return replace(table, columns=columns)


def few_percent(rng: np.random.Generator, table: Table) -> Table:
    """Write a few settlements in percent, the first of them a usual one."""
    columns = table.columns.copy()
    usual = np.flatnonzero(np.abs(columns[0, :-10]) >= USUAL_FUNDING)
    first, length = int(rng.choice(usual)), int(rng.integers(1, 11))
    columns[0, first : first + length] *= 100.0
    return replace(table, columns=columns)


def paid_back(rng: np.random.Generator, table: Table) -> Table:
    """Turn the sign of a quarter's settlements, or of all."""
    first, length = _length(rng, table.rows, 180, 270)
    columns = table.columns.copy()
    columns[0, first : first + length if rng.integers(2) else None] *= -1.0
    return replace(table, columns=columns)


def half_in_ray(rng: np.random.Generator, table: Table) -> Table:
    """Change the unit of an index from one row on."""
    columns = table.columns.copy()
    columns[:2, _place(rng, table.rows) :] *= 1e27
    return replace(table, columns=columns)


def exchanged(first: int, second: int) -> Spoil:
    """Return a fault that writes two columns under each other's names."""

    def spoil(_: np.random.Generator, table: Table) -> Table:
        columns = table.columns.copy()
        columns[[first, second]] = columns[[second, first]]
        return replace(table, columns=columns)

    return spoil


def negative_rates(rng: np.random.Generator, table: Table) -> Table:
    """Turn the sign of one lending rate for a month."""
    columns = table.columns.copy()
    first, length = _length(rng, table.rows, 1, 30)
    columns[2 + int(rng.integers(0, 2)), first : first + length] *= -1.0
    return replace(table, columns=columns)


def one_rate(rng: np.random.Generator, table: Table) -> Table:
    """Write a rate that contradicts the rest of its row."""
    columns = table.columns.copy()
    columns[2 + int(rng.integers(0, 2)), _place(rng, table.rows)] *= rng.uniform(1.5, 5.0)
    return replace(table, columns=columns)


def both_rates(rng: np.random.Generator, table: Table) -> Table:
    """Write both rates of one row of another unit, where the row is not the most used around."""
    columns = table.columns.copy()
    use = columns[5] / columns[4]
    factor = float(rng.choice([0.01, 0.25, 4.0, 100.0]))
    most_used = np.lib.stride_tricks.sliding_window_view(use, 11).max(axis=1)
    columns[2:4, 5 + int(rng.choice(np.flatnonzero(use[5:-5] < most_used)))] *= factor
    return replace(table, columns=columns)


def interpolated(_: np.random.Generator, table: Table) -> Table:
    """Draw straight lines between midnights."""
    return replace(table, columns=_lines(table.columns, 0, table.rows))


def partly_interpolated(rng: np.random.Generator, table: Table) -> Table:
    """Draw straight lines between midnights for some days."""
    days = int(rng.integers(1, 15))
    first = int(rng.integers(0, table.rows // 24 - days)) * 24
    return replace(table, columns=_lines(table.columns, first, first + 24 * days))


def _lines(columns: np.ndarray, first: int, last: int) -> np.ndarray:
    drawn = columns.copy()
    knots = np.arange(first, min(last + 1, columns.shape[1]), 24)
    inside = np.arange(first, knots[-1] + 1)
    for row in drawn:
        row[inside] = np.interp(inside, knots, row[knots])
    if len(drawn) == len(BARS):  # a bar stays one
        drawn[1, inside] = drawn[:, inside].max(axis=0)
        drawn[2, inside] = drawn[:, inside].min(axis=0)
    return drawn


def smoothed(_: np.random.Generator, table: Table) -> Table:
    """Replace every row by the median of the day up to it."""
    windows = np.lib.stride_tricks.sliding_window_view(table.columns, 24, axis=1)
    medians = np.median(windows, axis=2)
    return replace(table, times=table.times[23:], columns=medians)


def faster_settlements(rng: np.random.Generator, table: Table) -> Table:
    """Settle every four hours from one day on."""
    place = _place(rng, table.rows, 12)
    half = table.times[place:-1] + np.timedelta64(4, "h")
    times = np.concatenate([table.times, half])
    columns = np.concatenate([table.columns, table.columns[:, place:-1] / 2.0], axis=1)
    return replace(table, times=times, columns=columns).taken(np.argsort(times))


def other_zone(_: np.random.Generator, table: Table) -> Table:
    """Write two zone marks."""
    return replace(table, zone="+00:00Z")


FAULTS = (
    Fault(name="hole", expected="gap", files=EVERY, spoil=hole),
    Fault(name="equal rows", expected="equal-rows", files=EVERY, spoil=repeated),
    Fault(name="conflicting rows", expected="conflicting-rows", files=EVERY, spoil=contradicted),
    Fault(name="rows out of order", expected="order", files=EVERY, spoil=swapped),
    Fault(name="labels in another zone", expected="label-shift", files=PRICES, spoil=shifted),
    Fault(
        name="funding labels in another zone",
        expected="label-shift",
        files=FUNDING,
        spoil=shifted,
    ),
    Fault(
        name="labels of half hours",
        expected="off-grid",
        files=(*PRICES, *FUNDING),
        spoil=half_shifted,
    ),
    Fault(name="snapshots in another zone", expected="label-shift", files=(AAVE,), spoil=shifted),
    Fault(name="values late in part", expected="label-shift", files=PRICES, spoil=late_in_part),
    Fault(name="labels of the close", expected="label-shift", files=PRICES, spoil=closing_labels),
    Fault(name="frozen rows", expected="stale", files=EVERY, spoil=frozen),
    Fault(
        name="price 0.6 to 0.9 % off",
        expected="outlier-flag",
        files=PRICES,
        spoil=off_by(0.0075, 0.0085),
    ),
    Fault(
        name="price 1.5 to 8 % off",
        expected="outlier-alert",
        files=PRICES,
        spoil=off_by(0.015, 0.08),
    ),
    Fault(
        name="price 15 to 300 % off",
        expected="wrong-outlier",
        files=PRICES,
        spoil=off_by(0.15, 3.0),
    ),
    Fault(name="wick 4 to 9 % beyond", expected="wick-alert", files=PRICES, spoil=wick(0.04, 0.09)),
    Fault(
        name="wick 12 to 300 % beyond", expected="false-wick", files=PRICES, spoil=wick(0.12, 3.0)
    ),
    Fault(name="wick 10 times off and more", expected="jump", files=PRICES, spoil=wick(10.0, 1e9)),
    Fault(name="price 20 times off", expected="jump", files=(*PRICES, QUOTE), spoil=off_by(19, 40)),
    Fault(
        name="zero, negative, NaN",
        expected="false-value",
        files=(*PRICES, GAS, QUOTE, AAVE),
        spoil=not_positive,
    ),
    Fault(name="NaN for a rate", expected="false-value", files=FUNDING, spoil=no_number),
    Fault(name="broken bar", expected="bar-contradiction", files=PRICES, spoil=broken_bar),
    Fault(name="falling index", expected="index-falls", files=(AAVE,), spoil=fallen_index),
    Fault(
        name="rates off their index",
        expected="rate-against-index",
        files=(AAVE,),
        spoil=scaled(slice(2, 4), (0.2, 0.5, 0.75, 1.3, 2.0, 5.0)),
    ),
    Fault(
        name="indices exchanged",
        expected="index-order",
        files=(AAVE,),
        spoil=exchanged(0, 1),
    ),
    Fault(name="rates exchanged", expected="rate-order", files=(AAVE,), spoil=exchanged(2, 3)),
    Fault(name="negative rates", expected="false-value", files=(AAVE,), spoil=negative_rates),
    Fault(name="both rates off", expected="rates-against-use", files=(AAVE,), spoil=both_rates),
    Fault(name="one rate off", expected="rates-disagree", files=(AAVE,), spoil=one_rate),
    Fault(
        name="lines between midnights",
        expected="interpolated",
        files=(*PRICES, QUOTE),
        spoil=interpolated,
    ),
    Fault(
        name="lines for some days",
        expected="straight-lines",
        files=(*PRICES, QUOTE),
        spoil=partly_interpolated,
    ),
    Fault(name="median of a day", expected="smoothed", files=(*PRICES, QUOTE), spoil=smoothed),
    Fault(
        name="funding in percent or bps",
        expected="funding-unit",
        files=FUNDING,
        spoil=scaled(slice(0, 1), (1e2, 1e4)),
    ),
    Fault(
        name="funding partly in percent",
        expected="funding-level",
        files=FUNDING,
        spoil=partly_percent,
    ),
    Fault(
        name="a few settlements in percent",
        expected="funding-level",
        files=FUNDING,
        spoil=few_percent,
    ),
    Fault(
        name="funding of another sign",
        expected="opposite-funding",
        files=FUNDING,
        spoil=paid_back,
    ),
    Fault(
        name="funding twice as large",
        expected="funding-alert",
        files=FUNDING,
        spoil=scaled(slice(0, 1), (2.0,)),
    ),
    Fault(
        name="rates in percent",
        expected="rate-unit",
        files=(AAVE,),
        spoil=scaled(slice(2, 4), (1e2,)),
    ),
    Fault(
        name="index in another unit",
        expected="index-unit",
        files=(AAVE,),
        spoil=scaled(slice(0, 2), (1e9, 1e12, 1e17)),
    ),
    Fault(name="index partly in ray", expected="unreadable", files=(AAVE,), spoil=half_in_ray),
    Fault(name="gas in wei", expected="gas-unit", files=(GAS,), spoil=scaled(slice(0, 1), (1e9,))),
    Fault(
        name="price in another unit",
        expected="level",
        files=PRICES,
        spoil=scaled(slice(0, 4), (0.001, 0.01, 100.0, 1000.0)),
    ),
    Fault(
        name="published price of another unit",
        expected="oracle-price",
        files=(ORACLE, AAVE),
        spoil=scaled(slice(-1, None), (0.01, 100.0, 1e8)),
    ),
    Fault(
        name="published price 40 to 900 % off",
        expected="oracle-price",
        files=(ORACLE, AAVE),
        spoil=oracle_price(1.4, 9.0),
    ),
    Fault(
        name="settlements get faster",
        expected="funding-interval",
        files=FUNDING,
        spoil=faster_settlements,
    ),
    Fault(name="two zone marks", expected="unreadable", files=EVERY, spoil=other_zone),
)
