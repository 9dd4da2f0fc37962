"""Runs one request at a time beside the kernel's own work; a newer one takes its place."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from basis_lab.errors import BasisLabError
from basis_lab.notebook import loops
from basis_lab.results.result import RunResult
from basis_lab.services.backtest import BacktestService, BacktestStatus, State
from basis_lab.services.requests import BacktestRequest

QUIET_S = 0.3  # a run that is shorter shows no progress
POLL_S = 0.02  # a run of half a second should not wait a tenth for somebody to look
TOLD_S = 0.1  # how often its progress is told
UNDER_WAY = frozenset({State.QUEUED, State.RUNNING})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Parameters
    ----------
    result : RunResult or None
        None where it failed or was withdrawn before its first timestep.
    error : BasisLabError or None
        Why it failed.
    seconds : float
        From the request to the end.
    """

    result: RunResult | None
    error: BasisLabError | None
    seconds: float


class Runner:
    """One run at a time, watched from the event loop of the kernel.

    Parameters
    ----------
    on_end : callable
        Called with the outcome of every run that was not replaced.
    on_progress : callable
        Called with the status of a run that takes longer, and the seconds so far.
    """

    def __init__(
        self,
        on_end: Callable[[Outcome], None],
        on_progress: Callable[[BacktestStatus, float], None],
    ) -> None:
        self._on_end = on_end
        self._on_progress = on_progress
        self._service: BacktestService | None = None
        self._request_id = ""
        self._began_s = 0.0
        self._told_s = 0.0

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._service is not None

    def start(self, request: BacktestRequest, *, wait: bool = False) -> None:
        """Run a request; one that is under way is stopped and forgotten.

        Returns at once where an event loop will watch it, else when the run has ended.

        Parameters
        ----------
        request : BacktestRequest
            What is asked.
        wait : bool
            True to return when the run has ended, whatever it takes.
        """
        self._forget()
        self._began_s, self._told_s = perf_counter(), 0.0
        # A service of its own: its results are dropped with it.
        service = BacktestService(workers=1)
        try:
            self._request_id = service.submit(request)
        except BasisLabError as error:
            service.close()
            self._on_end(Outcome(None, error, self._seconds()))
            return
        self._service = service
        loop = None if wait else loops.running_loop()
        if not self._ended(QUIET_S if loop is not None else None) and loop is not None:
            self._watch(loop, service)

    def cancel(self) -> None:
        """Stop the run under way after its window; its end is told as always."""
        if self._service is not None:
            self._service.cancel(self._request_id)

    def _forget(self) -> None:
        if self._service is not None:
            self._service.close()
            self._service = None

    def _watch(self, loop: asyncio.AbstractEventLoop, service: BacktestService) -> None:
        """Look again and again until the run has ended, or another took its place."""
        if service is not self._service:
            return
        if not self._ended(0.0):
            now_s = self._seconds()
            if now_s - self._told_s >= TOLD_S:
                self._told_s = now_s
                self._on_progress(service.status(self._request_id), now_s)
            loop.call_later(POLL_S, self._watch, loop, service)

    def _ended(self, timeout_s: float | None) -> bool:
        """Tell the end of the run, if it has one in time."""
        service = self._service
        if service is None:
            return True
        result, error = None, None
        try:
            result = service.result(self._request_id, timeout_s=timeout_s)
        except BasisLabError as problem:
            state = service.status(self._request_id).state
            if state in UNDER_WAY:
                return False
            error = problem if state is State.FAILED else None
        self._service = None
        service.close()
        self._on_end(Outcome(result, error, self._seconds()))
        return True

    def _seconds(self) -> float:
        return perf_counter() - self._began_s
