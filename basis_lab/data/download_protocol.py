"""Protocol history at the block of each hour: Aave reserves, LST rates, oracle prices, gas.

Source: IPool.getReserveData, getReserveNormalizedIncome, getReserveNormalizedVariableDebt and
IAaveOracle.getAssetPrice, the same in Aave 3.0 to 3.6; eth_feeHistory of the execution API.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from statistics import median

import numpy as np

from basis_lab.data.download_chain import BASE_OF_LST, Chain, Reading, Words, as_address
from basis_lab.data.download_rpc import Call
from basis_lab.data.download_source import Page, Rows, page_of
from basis_lab.data.series import DatasetId, DatasetKind, IntArray
from basis_lab.data.spans import Span, runs
from basis_lab.domain.market import FloatArray
from basis_lab.errors import MissingDataError

RAY = 10**27
GWEI = 10**9
ROWS_A_PAGE = 24
# Places in the words of getReserveData: ReserveDataLegacy of Aave 3.0 to 3.6.
SUPPLY_RATE, BORROW_RATE, A_TOKEN, VARIABLE_DEBT = 2, 4, 8, 10

Row = tuple[float, ...]


class _ChainSource(ABC):
    """Rows at the last block by each step of a grid."""

    fields: tuple[str, ...]

    def __init__(self, chain: Chain, dataset: DatasetId, step_s: int) -> None:
        self.provider = chain.name
        self.dataset = dataset
        self.step_s = step_s
        self.window_s = step_s * ROWS_A_PAGE
        self._chain = chain

    def describe(self) -> str:
        """Say where the rows come from."""
        return f"{self._chain.parameters.title} by JSON-RPC, at the last block by each time"

    def open(self) -> int:
        """Return the time of the newest final block, once the addresses are verified."""
        self._chain.verify()
        return self._chain.clock.head()[1]

    def complete_before(self, now_s: int) -> int:
        """Return the time after the last that the newest final block has reached.

        Parameters
        ----------
        now_s : int
            When that block was mined.

        Returns
        -------
        int
            Epoch seconds.
        """
        return now_s - now_s % self.step_s + self.step_s

    def page(self, window: Span) -> Page:
        """Read the chain at each step of a window.

        Parameters
        ----------
        window : Span
            All of it final.

        Returns
        -------
        Page
            A row where everything it needs was there.
        """
        times = list(range(window.start, window.end, self.step_s))
        blocks = [int(x) for x in self._chain.clock.at(times)]
        found = zip(times, self._rows(blocks), strict=True)
        return page_of(window, self.fields, ((x, *row) for x, row in found if row is not None))

    @abstractmethod
    def _rows(self, blocks: Sequence[int]) -> list[Row | None]:
        """Return a row for each block; None where something was not there yet."""

    def gaps(self, covered: Sequence[Span], times: IntArray) -> tuple[Span, ...]:
        """Return where rows are missing.

        Parameters
        ----------
        covered : sequence of Span
            What was asked for.
        times : ndarray of int, shape (n,)
            Times of the rows that are there.

        Returns
        -------
        tuple of Span
            Ascending.
        """
        grids = [np.arange(x.start, x.end, self.step_s, dtype=np.int64) for x in covered]
        missing = [np.setdiff1d(grid, times) for grid in grids]
        return tuple(y for x in missing for y in runs(x, self.step_s))

    def finish(self, rows: Rows) -> tuple[dict[str, FloatArray], tuple[str, ...]]:
        """Return the rows as they are.

        Parameters
        ----------
        rows : (ndarray, dict of str to ndarray)
            All rows.

        Returns
        -------
        columns : dict of str to ndarray of shape (n,)
            As read.
        notes : tuple of str
            None.
        """
        return rows[1], ()


class AaveSource(_ChainSource):
    """One reserve: indices accrued to the block, rates, totals, and the oracle's price."""

    fields = (
        "liquidity_index",
        "borrow_index",
        "supply_rate",
        "borrow_rate",
        "total_supplied",
        "total_borrowed",
        "price_usd",
        "block",
    )

    def __init__(self, chain: Chain, dataset: DatasetId, step_s: int) -> None:
        super().__init__(chain, dataset, step_s)
        self._read: tuple[Reading, ...] | None = None

    def _rows(self, blocks: Sequence[int]) -> list[Row | None]:
        asset = self._chain.asset(self.dataset.symbol)
        scales = (RAY, RAY, 10**asset.decimals, self._chain.price_unit())
        readings = self._readings()
        prices = _prices(self._chain, (self.dataset.symbol,), blocks)
        found = self._chain.read_many([(x, readings) for x in blocks])
        return [
            None if price is None else _reserve_row(answers, price[0], block, scales)
            for answers, price, block in zip(found, prices, blocks, strict=True)
        ]

    def _readings(self) -> tuple[Reading, ...]:
        """Return what is read at each block; the reserve's tokens are the same for its life."""
        if self._read is None:
            given = (self._chain.asset(self.dataset.symbol).address,)
            reserve = Reading(self._chain.pool(), "getReserveData(address)", given)
            (answer,) = self._chain.read(self._chain.clock.head()[0], reserve)
            if not answer or not answer[A_TOKEN]:
                raise MissingDataError(
                    "Aave lists no such token",
                    missing=[str(self.dataset)],
                    where=self._chain.name,
                    value=self.dataset.symbol,
                    remedy="give another token with --token",
                )
            self._read = (
                reserve,
                Reading(self._chain.pool(), "getReserveNormalizedIncome(address)", given),
                Reading(self._chain.pool(), "getReserveNormalizedVariableDebt(address)", given),
                Reading(as_address(answer[A_TOKEN]), "totalSupply()"),
                Reading(as_address(answer[VARIABLE_DEBT]), "totalSupply()"),
            )
        return self._read


def _reserve_row(
    answers: tuple[Words | None, ...], price: int, block: int, scales: tuple[int, int, int, int]
) -> Row | None:
    """Return one row; None where the reserve was not listed yet."""
    reserve, income, debt, supplied, borrowed = answers
    if not (reserve and income and debt and supplied and borrowed) or not reserve[A_TOKEN]:
        return None
    index, rate, unit, usd = scales
    return (
        income[0] / index,
        debt[0] / index,
        reserve[SUPPLY_RATE] / rate,
        reserve[BORROW_RATE] / rate,
        supplied[0] / unit,
        borrowed[0] / unit,
        price / usd,
        float(block),
    )


class OracleSource(_ChainSource):
    """The USD price of one token at Aave's oracle.

    Parameters
    ----------
    chain : Chain
        Where.
    dataset : DatasetId
        ``oracle/aave/TOKENUSD``.
    step_s : int
        Spacing of the rows.
    token : str
        The token.
    """

    fields = ("price", "block")

    def __init__(self, chain: Chain, dataset: DatasetId, step_s: int, token: str) -> None:
        super().__init__(chain, dataset, step_s)
        self._token = token

    def _rows(self, blocks: Sequence[int]) -> list[Row | None]:
        prices = _prices(self._chain, (self._token,), blocks)
        usd = self._chain.price_unit()
        return [
            None if x is None else (x[0] / usd, float(block))
            for x, block in zip(prices, blocks, strict=True)
        ]


class LstSource(_ChainSource):
    """The rate of a staking token: its oracle price over that of WETH at the same block."""

    fields = ("rate", "block")

    def _rows(self, blocks: Sequence[int]) -> list[Row | None]:
        prices = _prices(self._chain, (self.dataset.symbol, BASE_OF_LST), blocks)
        return [
            None if x is None else (x[0] / x[1], float(block))
            for x, block in zip(prices, blocks, strict=True)
        ]


class GasSource(_ChainSource):
    """The price of gas: base fee of the block, plus the usual tip of the blocks before it."""

    fields = ("price_gwei", "base_fee_gwei", "block")

    def _rows(self, blocks: Sequence[int]) -> list[Row | None]:
        count = self._chain.parameters.tip_blocks
        asked = [x for x in blocks if x >= 0]
        calls = [
            Call(method="eth_feeHistory", params=(hex(min(count, x + 1)), hex(x), [50]))
            for x in asked
        ]
        answers = dict(zip(asked, self._chain.rpc.ask(calls), strict=True))
        return [None if x < 0 else _gas_row(answers[x], x) for x in blocks]


def _gas_row(answer: dict[str, list[str]], block: int) -> Row:
    tips = [int(x[0], 16) for x in answer["reward"]]
    # One entry a block and one for the block after the last.
    base_fee = int(answer["baseFeePerGas"][len(tips) - 1], 16)
    return (base_fee + median(tips)) / GWEI, base_fee / GWEI, float(block)


def _prices(
    chain: Chain, tokens: tuple[str, ...], blocks: Sequence[int]
) -> list[tuple[int, ...] | None]:
    """Return the prices of the oracle in force at each block; None where one of them has none."""
    addresses = [chain.asset(x).address for x in tokens]
    asked = [
        (
            block if oracle is not None else -1,
            [Reading(str(oracle), "getAssetPrice(address)", (x,)) for x in addresses],
        )
        for block, oracle in zip(blocks, chain.oracles(blocks), strict=True)
    ]
    found: list[tuple[int, ...] | None] = []
    for answers in chain.read_many(asked):
        prices = tuple(x[0] for x in answers if x and x[0])
        found.append(prices if len(prices) == len(tokens) else None)
    return found


def protocol_sources(
    chain: Chain, kinds: Sequence[DatasetKind], tokens: Sequence[str], step_s: int
) -> list[_ChainSource]:
    """Return the datasets of a chain.

    Parameters
    ----------
    chain : Chain
        Where.
    kinds : sequence of DatasetKind
        Of aave, lst, oracle, gas.
    tokens : sequence of str
        Symbols of its configuration.
    step_s : int
        Spacing of the rows.

    Returns
    -------
    list of sources
        By kind and token; nothing is asked yet.
    """
    sources: list[_ChainSource] = []
    for kind in kinds:
        if kind is DatasetKind.GAS:
            sources.append(GasSource(chain, DatasetId(kind, chain.name, "gas"), step_s))
        for token in tokens:
            if kind is DatasetKind.AAVE:
                sources.append(AaveSource(chain, DatasetId(kind, chain.name, token), step_s))
            elif kind is DatasetKind.ORACLE:
                dataset = DatasetId(kind, "aave", f"{token}USD")
                sources.append(OracleSource(chain, dataset, step_s, token))
            elif kind is DatasetKind.LST and token in chain.parameters.lst:
                sources.append(LstSource(chain, DatasetId(kind, "aave", token), step_s))
    return sources
