"""What a chain is asked: its addresses verified, and contracts read at the block of a moment."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

from basis_lab.data.download_blocks import BlockClock
from basis_lab.data.download_rpc import WHERE, Call, Rpc
from basis_lab.domain.parameters import Bounds, Doc, Unit, parameters
from basis_lab.errors import MissingDataError, SourceError, UsageError

WORD = 32
BASE_OF_LST = "WETH"

Words = tuple[int, ...]


class Reading(NamedTuple):
    """One view of a contract.

    Parameters
    ----------
    contract : str
        Its address.
    signature : str
        For instance ``getAssetPrice(address)``.
    given : tuple of str
        The addresses that it takes.
    """

    contract: str
    signature: str
    given: tuple[str, ...] = ()


@parameters()
class AssetParameters:
    """One token."""

    address: Annotated[str, Doc("where its contract is")]
    decimals: Annotated[int, Bounds(0, 36), Doc("digits of its native unit")]


@parameters()
class ChainParameters:
    """Where the protocols of a chain are."""

    title: Annotated[str, Doc("name for people")]
    chain_id: Annotated[int, Bounds(1), Doc("what the node must answer to eth_chainId")]
    confirmations: Annotated[int, Unit("blocks"), Bounds(0, 10_000), Doc("depth of a final block")]
    pool_addresses_provider: Annotated[str, Doc("Aave's PoolAddressesProvider")]
    assets: Annotated[dict[str, AssetParameters], Doc("tokens by symbol")]
    lst: Annotated[tuple[str, ...], Doc("staking tokens; their rate is over WETH")]
    tip_blocks: Annotated[int, Unit("blocks"), Bounds(1, 1024), Doc("blocks of the median tip")]


class Chain:
    """One chain through one node.

    Parameters
    ----------
    name : str
        What its datasets are called, for instance ethereum.
    parameters : ChainParameters
        What is where.
    rpc : Rpc
        The node.
    root : Path
        The data directory.
    """

    def __init__(self, name: str, parameters: ChainParameters, rpc: Rpc, root: Path) -> None:
        self.name = name
        self.parameters = parameters
        self.rpc = rpc
        self.clock = BlockClock(rpc, root, parameters.chain_id, parameters.confirmations)
        self._verified = False
        self._pool: str | None = None
        self._unit: int | None = None

    def verify(self) -> None:
        """Make sure, once, that the node serves this chain and that everything is where it is said.

        Raises
        ------
        SourceError
            If the chain, an address, a symbol or the decimals are not as configured.
        """
        if self._verified:
            return
        (answer,) = self.rpc.ask([Call(method="eth_chainId", params=())])
        if int(answer, 16) != self.parameters.chain_id:
            raise _not_as_said("the node serves another chain", "chain_id", int(answer, 16))
        head, _ = self.clock.head()
        for symbol, asset in self.parameters.assets.items():
            self._verify_token(symbol, asset, head)
        provider = self.parameters.pool_addresses_provider
        (code,) = self.rpc.ask([Call(method="eth_getCode", params=(provider, hex(head)))])
        if code == "0x":
            raise _not_as_said("there is no contract", "pool_addresses_provider", provider)
        self._verified = True

    def _verify_token(self, symbol: str, asset: AssetParameters, head: int) -> None:
        place = f"assets.{symbol}"
        (code,) = self.rpc.ask([Call(method="eth_getCode", params=(asset.address, hex(head)))])
        if code == "0x":
            raise _not_as_said("there is no contract", place, asset.address)
        name, decimals = self.read(
            head, Reading(asset.address, "symbol()"), Reading(asset.address, "decimals()")
        )
        if name is None or _text(name) != symbol:
            found = None if name is None else _text(name)
            raise _not_as_said("a token has another symbol", place, found)
        if decimals != (asset.decimals,):
            raise _not_as_said("a token has other decimals", f"{place}.decimals", decimals)

    def pool(self) -> str:
        """Return the lending pool's address.

        Returns
        -------
        str
            As the addresses provider has it.
        """
        if self._pool is None:
            self._pool = self._provided("getPool()")
        return self._pool

    def price_unit(self) -> int:
        """Return what the oracle calls one US dollar.

        Returns
        -------
        int
            100,000,000 on mainnet.
        """
        if self._unit is None:
            reading = Reading(self._provided("getPriceOracle()"), "BASE_CURRENCY_UNIT()")
            (answer,) = self.read(self.clock.head()[0], reading)
            if answer is None:
                raise _not_as_said("the oracle has no unit", "BASE_CURRENCY_UNIT", None)
            self._unit = answer[0]
        return self._unit

    def asset(self, symbol: str) -> AssetParameters:
        """Return a token.

        Parameters
        ----------
        symbol : str
            Of the configuration.

        Returns
        -------
        AssetParameters
            Where it is.

        Raises
        ------
        MissingDataError
            If the configuration does not have it.
        """
        if symbol not in self.parameters.assets:
            raise MissingDataError(
                f"the configuration of {self.name} has no such token",
                missing=[symbol],
                where=f"configs/chains/{self.name}.yaml: assets",
                value=symbol,
                remedy=f"add its address, or give one of {', '.join(self.parameters.assets)}",
            )
        return self.parameters.assets[symbol]

    def read(self, block: int, *readings: Reading) -> tuple[Words | None, ...]:
        """Read contracts at one block.

        Parameters
        ----------
        block : int
            Its number.
        *readings : Reading
            What is read.

        Returns
        -------
        tuple of (tuple of int) or None
            The words of 32 bytes that each gave; None where the contract was not there, or
            reverted.
        """
        return self.read_many([(block, readings)])[0]

    def read_many(
        self, asked: Sequence[tuple[int, Sequence[Reading]]]
    ) -> list[tuple[Words | None, ...]]:
        """Read contracts at many blocks, in as few requests as the node takes.

        Parameters
        ----------
        asked : sequence of (int, sequence of Reading)
            A block's number, -1 for before the chain began, and what is read there.

        Returns
        -------
        list of tuple
            As ``read``, in the order of the question.
        """
        calls = [
            Call(method="eth_call", params=({"to": x.contract, "data": _data(x)}, hex(block)))
            for block, readings in asked
            if block >= 0
            for x in readings
        ]
        answers = iter(self.rpc.ask(calls))
        return [
            tuple(_words(next(answers)) if block >= 0 else None for _ in readings)
            for block, readings in asked
        ]

    def oracles(self, blocks: Sequence[int]) -> list[str | None]:
        """Return the price oracle in force at each block.

        Parameters
        ----------
        blocks : sequence of int
            Numbers; -1 for before the chain began.

        Returns
        -------
        list of str or None
            None where there was none yet.
        """
        reading = Reading(self.parameters.pool_addresses_provider, "getPriceOracle()")
        found = self.read_many([(x, [reading]) for x in blocks])
        return [None if not x or not x[0] else as_address(x[0]) for (x,) in found]

    def _provided(self, signature: str) -> str:
        """Ask the addresses provider; what it says must hold at the head."""
        reading = Reading(self.parameters.pool_addresses_provider, signature)
        (answer,) = self.read(self.clock.head()[0], reading)
        if not answer or not answer[0]:
            what = f"the addresses provider has no {signature}"
            raise _not_as_said(what, "pool_addresses_provider", None)
        return as_address(answer[0])


def as_address(word: int) -> str:
    """Return a word as the address that it holds.

    Parameters
    ----------
    word : int
        Of a contract's answer.

    Returns
    -------
    str
        20 bytes, hexadecimal.
    """
    return f"0x{word:040x}"


def _words(answer: object) -> Words | None:
    """Return what a call gave; a call to an address without a contract gives nothing."""
    if answer is None or answer == "0x":
        return None
    content = bytes.fromhex(str(answer).removeprefix("0x"))
    return tuple(int.from_bytes(content[i : i + WORD]) for i in range(0, len(content), WORD))


def _text(answer: Words) -> str:
    """Read a string: its offset, its length, its bytes."""
    content = b"".join(x.to_bytes(WORD) for x in answer)
    start = answer[0]
    length = int.from_bytes(content[start : start + WORD])
    return content[start + WORD : start + WORD + length].decode(errors="replace")


def _data(reading: Reading) -> str:
    try:
        from web3 import Web3
    except ImportError as error:
        raise UsageError(
            "web3 is not installed",
            where="basis-lab data fetch",
            remedy="install it with: pip install -e .[live]",
        ) from error
    selector = Web3.keccak(text=reading.signature)[:4].hex().removeprefix("0x")
    given = (x.removeprefix("0x").lower().zfill(2 * WORD) for x in reading.given)
    return f"0x{selector}{''.join(given)}"


def _not_as_said(what: str, key: str, found: object) -> SourceError:
    return SourceError(
        what,
        where=f"{WHERE}; {key} of the chain's file",
        value=found,
        remedy="correct the file of --chain, or ask a node of the chain that it describes",
    )
