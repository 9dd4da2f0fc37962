"""Work in processes of its own: one item a task, and a process that dies loses nothing."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from typing import Generic, TypeVar

from basis_lab.errors import SweepError, UsageError, WorkerLostError

Item = TypeVar("Item")
Answer = TypeVar("Answer")

AHEAD = 2  # items that are with the pool for each process: one in work, one waiting
LOOK_S = 0.2  # between two looks at the request to stop


def run_in_processes(
    work: Callable[[Item], Answer],
    items: Sequence[Item],
    *,
    workers: int,
    stop: threading.Event,
    ahead: int = AHEAD,
) -> Iterator[tuple[int, Answer | BaseException]]:
    """Yield the answer to each item as it comes, with the item's place.

    Processes are spawned, so nothing of this one is shared. When one dies, the pool is made
    anew and what was under way is repeated, one item at a time: only the item that kills its
    process again, alone, is given up. Where the caller ends early, by an interrupt above all, the
    processes end at once, in the middle of what they do.

    Parameters
    ----------
    work : callable
        Takes an item; a function of a module, since it travels by name.
    items : sequence
        What to work on.
    workers : int
        Processes, from 1.
    stop : threading.Event
        Set to begin nothing more; what is with the pool is finished and yielded.
    ahead : int
        Items that are with the pool for each process: 1 keeps none waiting there, which suits long
        ones; more save short ones the way.

    Yields
    ------
    tuple of (int, object)
        Place of the item, and its answer or the exception that it ended with.

    Raises
    ------
    UsageError
        If there would be no process.
    SweepError
        If no process can be started.
    """
    if workers < 1:
        raise UsageError(
            "work needs a process", where="workers", value=workers, remedy="give 1 or more"
        )
    waiting = deque(range(len(items)))
    suspects: deque[int] = deque()
    while (waiting or suspects) and not stop.is_set():
        turn = _Turn(work, items, min(workers, len(items)), stop)
        alone = bool(suspects)
        yield from turn.run(suspects if alone else waiting, ahead=1 if alone else ahead * workers)
        if turn.lost and not turn.answered:
            _require_processes()
        if alone and turn.lost:
            yield turn.lost[0], _lost(turn.lost[0])
        else:
            suspects.extend(turn.lost)


class _Turn(Generic[Item, Answer]):
    """One life of a pool: until its queue is empty, it is stopped, or a process dies."""

    def __init__(
        self,
        work: Callable[[Item], Answer],
        items: Sequence[Item],
        workers: int,
        stop: threading.Event,
    ) -> None:
        self._work = work
        self._items = items
        self._workers = workers
        self._stop = stop
        self.lost: list[int] = []
        self.answered = False

    def run(self, queue: deque[int], *, ahead: int) -> Iterator[tuple[int, Answer | BaseException]]:
        context = multiprocessing.get_context("spawn")
        under_way: dict[Future[Answer], int] = {}
        leaving, leave = context.Pipe(duplex=False)
        with (
            leaving,
            ProcessPoolExecutor(
                self._workers, mp_context=context, initializer=_begin, initargs=(leaving,)
            ) as pool,
            leave,  # closed before the pool waits for its processes
        ):
            while (queue and not self._stop.is_set() and not self.lost) or under_way:
                try:
                    self._fill(pool, queue, under_way, ahead)
                except BrokenProcessPool:
                    self.lost.extend(under_way.values())
                    return
                done, _ = wait(under_way, timeout=LOOK_S, return_when=FIRST_COMPLETED)
                yield from self._answers(done, under_way)

    def _fill(
        self,
        pool: ProcessPoolExecutor,
        queue: deque[int],
        under_way: dict[Future[Answer], int],
        ahead: int,
    ) -> None:
        while queue and len(under_way) < ahead and not self._stop.is_set() and not self.lost:
            future = pool.submit(self._work, self._items[queue[0]])
            under_way[future] = queue.popleft()

    def _answers(
        self, done: set[Future[Answer]], under_way: dict[Future[Answer], int]
    ) -> Iterator[tuple[int, Answer | BaseException]]:
        for future in done:
            place = under_way.pop(future)
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                self.lost.append(place)
            else:
                self.answered = True
                yield place, future.result() if error is None else error


def _lost(place: int) -> WorkerLostError:
    return WorkerLostError(
        "the process that worked on this item died, twice",
        where=f"item {place}",
        remedy="look for a lack of memory; run this case alone with basis-lab backtest",
    )


def _require_processes() -> None:
    """Refuse to go on where no process can be started at all.

    Raises
    ------
    SweepError
        If even one that does nothing dies.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        error = pool.submit(os.getpid).exception()
    if error is not None:
        raise SweepError(
            "no process can be started",
            where="workers",
            value=str(error),
            remedy="call it from a notebook, the command line, or a file whose own calls stand "
            'under `if __name__ == "__main__":`',
        ) from error


def _begin(leaving: Connection) -> None:
    """Leave interrupts to the parent, and leave when it says so or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_after, args=(leaving,), daemon=True).start()


def _leave_after(leaving: Connection) -> None:
    wait_for([leaving])  # its other end is with the parent alone
    os._exit(1)


def count_workers(given: int | None) -> int:
    """Return how many processes work.

    Parameters
    ----------
    given : int or None
        As asked; None takes the cores that there are.

    Returns
    -------
    int
        From 1.
    """
    return multiprocessing.cpu_count() if given is None else given
