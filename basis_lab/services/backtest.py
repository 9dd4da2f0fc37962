"""The backtest service: requests in a queue, each run a world of its own.

Runs share worker threads and nothing else. One takes milliseconds to seconds, so threads suffice;
what should use every core is a sweep, which has processes.
"""

import secrets
import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from time import perf_counter
from types import TracebackType
from typing import Self

from basis_lab.errors import UsageError
from basis_lab.results.result import RunResult
from basis_lab.services.requests import BacktestRequest, CheckedRequest, check_request
from basis_lab.services.single import execute

WORKERS = 2  # runs at once, as many as share one interpreter well


class State(StrEnum):
    """Where a request stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"  # to the end
    STOPPED = "stopped"  # by a cancel; the result reaches up to the last finished window
    FAILED = "failed"  # with its error
    CANCELLED = "cancelled"  # before its first timestep; there is no result


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestStatus:
    """What a service knows of a request.

    Parameters
    ----------
    request_id : str
        Opaque.
    state : State
        Where it stands.
    mode, share_class : str
        What runs.
    timesteps_done, timesteps : int
        Finished and all; both 0 before the first window.
    error : BaseException or None
        Why it failed.
    """

    request_id: str
    state: State
    mode: str
    share_class: str
    timesteps_done: int
    timesteps: int
    error: BaseException | None


class BacktestService:
    """Runs backtests: at once for a caller who waits, or from a queue by a few workers.

    Parameters
    ----------
    workers : int
        Threads that run queued requests, from 1; started with the first of them.

    Raises
    ------
    UsageError
        If there would be no worker.
    """

    def __init__(self, *, workers: int = WORKERS) -> None:
        if workers < 1:
            raise UsageError(
                "a service needs a worker",
                where="BacktestService",
                value=workers,
                remedy="give 1 or more",
            )
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="backtest")
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._closed = False

    def run(self, request: BacktestRequest, *, stop: threading.Event | None = None) -> RunResult:
        """Run one request now, in the calling thread.

        Parameters
        ----------
        request : BacktestRequest
            What is asked.
        stop : threading.Event or None
            Set by the caller to stop after the window under way.

        Returns
        -------
        RunResult
            Of the run's folder where one was written, else in memory; its status is
            ``stopped`` after a stop or Ctrl-C, up to the last finished window.

        Raises
        ------
        BasisLabError
            Configuration refused, data missing or bad, or the run failed.
        KeyboardInterrupt
            If it was stopped before the first window had ended.
        """
        began = perf_counter()
        checked = check_request(request)
        return execute(checked, stop if stop is not None else threading.Event(), began)

    def submit(self, request: BacktestRequest) -> str:
        """Check a request and queue it.

        Parameters
        ----------
        request : BacktestRequest
            What is asked.

        Returns
        -------
        str
            An opaque identifier.

        Raises
        ------
        BasisLabError
            If the request could not run; it is then not queued.
        UsageError
            If the service is closed.
        """
        job = _Job(check_request(request))
        request_id = secrets.token_hex(16)
        with self._lock:
            if self._closed:
                raise UsageError(
                    "the service is closed",
                    where="BacktestService",
                    value=request.mode,
                    remedy="submit to a service that is open",
                )
            job.enter(self._pool)
            self._jobs[request_id] = job
        return request_id

    def status(self, request_id: str) -> BacktestStatus:
        """Return where a request stands.

        Parameters
        ----------
        request_id : str
            As returned by ``submit``.

        Returns
        -------
        BacktestStatus
            Of this moment.

        Raises
        ------
        UsageError
            If there is no such request.
        """
        return self._job(request_id).tell(request_id)

    def statuses(self) -> tuple[BacktestStatus, ...]:
        """Return where every request stands.

        Returns
        -------
        tuple of BacktestStatus
            In the order of submission.
        """
        with self._lock:
            jobs = tuple(self._jobs.items())
        return tuple(job.tell(request_id) for request_id, job in jobs)

    def result(self, request_id: str, *, timeout_s: float | None = None) -> RunResult:
        """Return the result of a request, once it has one.

        Parameters
        ----------
        request_id : str
            As returned by ``submit``.
        timeout_s : float or None
            Seconds to wait for it, 0 not to wait; None waits until it has ended.

        Returns
        -------
        RunResult
            Completed or stopped.

        Raises
        ------
        BasisLabError
            What the run failed with.
        UsageError
            If there is no such request, it was cancelled, or has not ended in time.
        """
        job = self._job(request_id)
        result = job.wait(timeout_s)
        if result is None:
            withdrawn = job.state is State.CANCELLED
            raise UsageError(
                "the request has no result",
                where=f"request {request_id}",
                value=job.state.value,
                remedy="submit it again" if withdrawn else "ask again when it has ended",
            )
        return result

    def cancel(self, request_id: str) -> BacktestStatus:
        """Withdraw a request, or stop it after the window under way; an ended one stays.

        Parameters
        ----------
        request_id : str
            As returned by ``submit``.

        Returns
        -------
        BacktestStatus
            Right after; a running request ends a moment later.

        Raises
        ------
        UsageError
            If there is no such request.
        """
        job = self._job(request_id)
        job.cancel()
        return job.tell(request_id)

    def close(self) -> None:
        """Cancel what has not ended and return when the workers have; results stay."""
        with self._lock:
            self._closed = True
            jobs = tuple(self._jobs.values())
        for job in jobs:
            job.cancel()
        self._pool.shutdown(wait=True)

    def __enter__(self) -> Self:
        """Open for a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close at the end of the block."""
        self.close()

    def _job(self, request_id: str) -> "_Job":
        with self._lock:
            found = self._jobs.get(request_id)
        if found is None:
            raise UsageError(
                "there is no such request",
                where="BacktestService",
                value=request_id,
                remedy="use the identifier that submit returned",
            )
        return found


class _Job:
    """One queued request: its own stop, its own progress."""

    def __init__(self, checked: CheckedRequest) -> None:
        self._stop = threading.Event()
        self._future: Future[RunResult] = Future()
        self._begun = False
        self._ended_as: State | None = None
        self._rows = (0, 0)
        self._told = checked.request.progress
        self._checked = replace(checked, request=replace(checked.request, progress=self._note))

    def enter(self, pool: ThreadPoolExecutor) -> None:
        self._future = pool.submit(self._run)

    def _run(self) -> RunResult:
        self._begun = True
        result = execute(self._checked, self._stop, perf_counter())
        self._ended_as = State(result.summary["status"])
        return result

    def _note(self, done: int, total: int) -> None:
        self._rows = (done, total)
        if self._told is not None:
            self._told(done, total)

    @property
    def state(self) -> State:
        if self._future.cancelled():
            return State.CANCELLED
        if not self._future.done():
            return State.RUNNING if self._begun else State.QUEUED
        if self._ended_as is not None:
            return self._ended_as
        before_the_first = isinstance(self._future.exception(), KeyboardInterrupt)
        return State.CANCELLED if before_the_first else State.FAILED

    def tell(self, request_id: str) -> BacktestStatus:
        state = self.state
        done, total = self._rows
        config = self._checked.config
        return BacktestStatus(
            request_id=request_id,
            state=state,
            mode=config.mode,
            share_class=config.share_class.name,
            timesteps_done=done,
            timesteps=total,
            error=self._future.exception() if state is State.FAILED else None,
        )

    def wait(self, timeout_s: float | None) -> RunResult | None:
        """Return the result, or None where there is none, or none in time."""
        try:
            error = self._future.exception(timeout_s)
        except (CancelledError, TimeoutError):
            return None
        return None if isinstance(error, KeyboardInterrupt) else self._future.result()

    def cancel(self) -> None:
        self._stop.set()
        self._future.cancel()
