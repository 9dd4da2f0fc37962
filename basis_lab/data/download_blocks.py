"""Which block a moment belongs to: the last one mined by then, searched once and remembered."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from basis_lab.data.download_rpc import Call, Rpc
from basis_lab.data.download_state import FOLDER, write_aside
from basis_lab.data.series import IntArray
from basis_lab.data.spans import second_text
from basis_lab.errors import BadDataError, SourceError

BISECT_EVERY = 4  # rounds; the others interpolate, which is exact where blocks are regular


class BlockClock:
    """Times and numbers of the blocks of one chain.

    Parameters
    ----------
    rpc : Rpc
        A node.
    root : Path
        The data directory; what was found is kept beside the data.
    chain_id : int
        Of the chain, so that two chains never share what was found.
    confirmations : int
        Blocks at the head that are not final yet.
    """

    def __init__(self, rpc: Rpc, root: Path, chain_id: int, confirmations: int) -> None:
        self._rpc = rpc
        self._path = root / FOLDER / f"blocks-{chain_id}.jsonl"
        self._confirmations = confirmations
        self._seconds: dict[int, int] = {}  # of a block
        self._numbers: list[int] = []  # the same blocks, ascending
        self._stamps: list[int] = []  # their times
        self._blocks: dict[int, int] = {}  # at a moment
        self._head: tuple[int, int] | None = None

    def head(self) -> tuple[int, int]:
        """Return the newest final block.

        Returns
        -------
        number, second : int
            Asked once.
        """
        if self._head is None:
            (latest,) = self._rpc.ask([Call(method="eth_blockNumber", params=())])
            number = max(int(latest, 16) - self._confirmations, 0)
            self._learn([0, number])
            self._head = number, self._seconds[number]
            self._load()
        return self._head

    def at(self, times: Sequence[int]) -> IntArray:
        """Return the last block mined by each moment.

        Parameters
        ----------
        times : sequence of int
            Epoch seconds, not after the head; -1 stands for a moment before the chain began.

        Returns
        -------
        ndarray of int, shape (n,)
            Block numbers.
        """
        self.head()
        unknown = [x for x in dict.fromkeys(times) if x not in self._blocks]
        first = self._seconds[0]
        found = dict.fromkeys((x for x in unknown if x < first), -1)
        found |= self._search([x for x in unknown if x >= first])
        if found:
            self._blocks |= found
            self._save(found)
        return np.array([self._blocks[x] for x in times], dtype=np.int64)

    def second(self, block: int) -> int:
        """Return when a block was mined.

        Parameters
        ----------
        block : int
            A block that ``at`` returned.

        Returns
        -------
        int
            Epoch seconds.
        """
        if block not in self._seconds:
            self._learn([block])
        return self._seconds[block]

    def _search(self, times: Sequence[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        for attempt in range(64 * BISECT_EVERY):
            brackets = {x: self._bracket(x) for x in times if x not in found}
            found |= {x: low for x, (low, high) in brackets.items() if low + 1 == high}
            open_ = {x: y for x, y in brackets.items() if x not in found}
            if not open_:
                return found
            bisect = attempt % BISECT_EVERY == BISECT_EVERY - 1
            self._learn(self._probe(x, y, bisect=bisect) for x, y in open_.items())
        raise SourceError(
            "the times of the blocks are not in order",
            where="the RPC endpoint",
            value=second_text(times[0]),
            remedy="ask another node",
        )

    def _bracket(self, time: int) -> tuple[int, int]:
        """Return a block mined by a moment, and one that was not, as near as is known."""
        place = bisect_right(self._stamps, time)
        after = self._numbers[place] if place < len(self._numbers) else self.head()[0] + 1
        return self._numbers[place - 1], after

    def _probe(self, time: int, bracket: tuple[int, int], *, bisect: bool) -> int:
        low, high = bracket
        if bisect or high not in self._seconds:
            return (low + high) // 2
        start, end = self._seconds[low], self._seconds[high]
        guess = low + (time - start) * (high - low) // (end - start)
        return min(max(guess, low + 1), high - 1)

    def _learn(self, blocks: Iterable[int]) -> None:
        wanted = sorted({x for x in blocks if x not in self._seconds})
        calls = [Call(method="eth_getBlockByNumber", params=(hex(x), False)) for x in wanted]
        for number, block in zip(wanted, self._rpc.ask(calls), strict=True):
            if block is None:
                raise SourceError(
                    "the node does not have a block",
                    where="the RPC endpoint",
                    value=number,
                    remedy="history needs an archive node",
                )
            self._seconds[number] = int(block["timestamp"], 16)
            place = bisect_left(self._numbers, number)
            self._numbers.insert(place, number)
            self._stamps.insert(place, self._seconds[number])

    def _load(self) -> None:
        if not self._path.is_file():
            return
        content = self._path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):  # the process was killed while it wrote this line
            write_aside(self._path, whole)
        kept = [json.loads(x) for x in whole.splitlines()]
        if not kept:
            return
        time, block, second = kept[-1]
        if block > self._head_number() or (block >= 0 and self.second(block) != second):
            raise BadDataError(
                "the directory remembers the blocks of another chain",
                where=str(self._path),
                value=f"block {block} at {second_text(time)}",
                remedy="name another directory with --out",
            )
        self._blocks |= {x[0]: x[1] for x in kept}

    def _head_number(self) -> int:
        return -1 if self._head is None else self._head[0]

    def _save(self, found: dict[int, int]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            for time, block in sorted(found.items()):
                second = self._seconds[block] if block >= 0 else time
                file.write(json.dumps([time, block, second]).encode() + b"\n")
