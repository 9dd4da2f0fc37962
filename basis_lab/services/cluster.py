"""Work on a Dask cluster that is reached by its scheduler's address."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any, TypeVar

from basis_lab.errors import SchedulerLostError, SweepError, UsageError, WorkerLostError

Item = TypeVar("Item")
Answer = TypeVar("Answer")

CONNECT_S = 10
ENCRYPTED = ("tls://", "wss://")
IN_PROCESS = "inproc://"  # a cluster of this process; no host and port
LOOK_S = 0.02


def require_scheduler(address: str) -> None:
    """Refuse an address at which no scheduler answers, before anything is begun.

    Parameters
    ----------
    address : str
        Of the scheduler, as tcp://host:8786.

    Raises
    ------
    UsageError
        If dask and distributed are not installed.
    SweepError
        If no scheduler answers, or the address is encrypted and Dask has no certificates.
    """
    _connect(_distributed(), address).close()


def run_on_cluster(
    work: Callable[[Item], Answer],
    items: Sequence[Item],
    *,
    address: str,
    stop: threading.Event,
) -> Iterator[tuple[int, Answer | BaseException]]:
    """Yield the answer to each item as it comes, with the item's place.

    What a dying worker had under way is given to another by the scheduler.

    Parameters
    ----------
    work : callable
        Takes an item; a function of a module that every worker has.
    items : sequence
        What to work on.
    address : str
        Of the scheduler, as tcp://host:8786.
    stop : threading.Event
        Set to begin nothing more.

    Yields
    ------
    tuple of (int, object)
        Place of the item, and its answer or the exception that it ended with.

    Raises
    ------
    UsageError
        If dask and distributed are not installed.
    SweepError
        If no scheduler answers at the address, or it is encrypted and Dask has no certificates.
    SchedulerLostError
        If it answered, and then went away: the client gives up what it waits for.
    """
    distributed = _distributed()
    client = _connect(distributed, address)
    try:
        with _quiet(), client:
            yield from _coming(distributed, client, work, items, stop)
    except (CancelledError, OSError, TimeoutError) as error:
        raise SchedulerLostError(
            "the scheduler was lost", where="scheduler", value=address, remedy="start it again"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the client logs of a lost connection off the terminal: it is told by the error."""
    logger = logging.getLogger("distributed.client")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _coming(
    distributed: Any,
    client: Any,
    work: Callable[[Item], Answer],
    items: Sequence[Item],
    stop: threading.Event,
) -> Iterator[tuple[int, Answer | BaseException]]:
    """Yield answers as they come; raise CancelledError where the client gave one up."""
    futures = client.map(work, items, pure=False)
    places = {future.key: i for i, future in enumerate(futures)}
    open_ = dict(zip(places, futures, strict=True))
    with client.as_current():
        coming = distributed.as_completed(futures, raise_errors=False)
    while coming.count() and not stop.is_set():
        found = coming.next_batch(block=False)
        for future in found:
            answer = _answer(distributed, future)
            # An answer that is kept would be computed again if its worker died later.
            open_.pop(future.key).release()
            yield places[future.key], answer
        if not found:
            stop.wait(LOOK_S)
    client.cancel(list(open_.values()))


def _answer(distributed: Any, future: Any) -> Any:
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, CancelledError):
        raise error
    if isinstance(error, distributed.KilledWorker):
        return WorkerLostError(
            "the workers that tried this item died", where=str(future.key), remedy="look at memory"
        )
    return error


def _require_certificates(distributed: Any, address: str) -> None:
    """Refuse an encrypted address where Dask has no certificates: a client would half be made."""
    sealed = address.startswith(ENCRYPTED)
    if sealed and distributed.Security().get_connection_args("client")["ssl_context"] is None:
        raise SweepError(
            "the scheduler's address is encrypted, and Dask has no certificates here",
            where="scheduler",
            value=address,
            remedy="name them under distributed.comm.tls in Dask's configuration (every worker "
            "needs its own), or give an address as tcp://host:8786",
        )


def _connect(distributed: Any, address: str) -> Any:
    from distributed.comm.addressing import get_address_host_port

    _require_certificates(distributed, address)
    try:
        # A client that cannot read its address is left half made: it can no longer be closed.
        if not address.startswith(IN_PROCESS):
            get_address_host_port(address, strict=False)
        return distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise SweepError(
            "no Dask scheduler answers",
            where="scheduler",
            value=address,
            remedy="start one with `dask scheduler`, and give its address as tcp://host:8786",
        ) from error


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise UsageError(
            "a sweep on a cluster needs dask, which is not installed",
            where="scheduler",
            remedy="install it with: pip install -e .[cluster]",
        ) from error
    return distributed
