"""EventDrivenStrategyEngine: one run from configuration to finished columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, isfinite
from time import perf_counter

import numpy as np

from basis_lab.config.models import RunConfig
from basis_lab.data.provider import DataProvider
from basis_lab.domain.intervals import HOUR_S
from basis_lab.domain.market import MarketFrame
from basis_lab.domain.reports import ExposureBreakdown, ExposureReport
from basis_lab.engine.capital import CapitalAccount, flow_requests
from basis_lab.engine.clock import Clock, Stride
from basis_lab.engine.compose import Components, compose
from basis_lab.engine.health import Checked, Health, examine, require_healthy
from basis_lab.engine.loop import FullLoop, Progress
from basis_lab.engine.recorder import exposure_columns
from basis_lab.engine.warnings import find_warnings
from basis_lab.errors import EngineError
from basis_lab.results.record import RunIdentity, RunRecord

EXECUTION_MODES = ("backtest",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the engine is doing."""

    mode: str
    share_class: str
    execution_mode: str
    health: Health
    current_timestamp: str
    is_running: bool


class EventDrivenStrategyEngine:
    """Runs one mode with one configuration.

    Parameters
    ----------
    config : RunConfig
        Validated configuration.
    execution_mode : str
        ``backtest``.
    data_provider : DataProvider
        Where frames come from.
    initial_capital : float
        Share-class currency, above zero.
    share_class : str
        Must be the configured one.

    Raises
    ------
    EngineError
        For a capital that is not above zero, an unknown share class or execution mode.
    """

    def __init__(
        self,
        config: RunConfig,
        execution_mode: str,
        data_provider: DataProvider,
        initial_capital: float,
        share_class: str,
    ) -> None:
        _check(config, execution_mode, initial_capital, share_class)
        self.config = config
        self.execution_mode = execution_mode
        self.data_provider = data_provider
        self.initial_capital = initial_capital
        self.share_class = share_class
        timeout_rows = ceil(config.strategy.plan_timeout * HOUR_S / config.bar_s)
        self.components: Components = compose(config, initial_capital, timeout_rows)
        self._loop: FullLoop | None = None
        self._running = False
        self._load_s = 0.0
        self._run_s = 0.0

    def prepare(
        self, start: np.datetime64, end: np.datetime64, stride: Stride = "auto"
    ) -> FullLoop:
        """Load the data, check health and book the capital; the loop is then ready to step.

        Parameters
        ----------
        start, end : datetime64
            First and last timestep, both included.
        stride : int or "auto"
            Rows of a window.

        Returns
        -------
        FullLoop
            To be stepped through once.

        Raises
        ------
        EngineError
            If this engine has already run.
        UnhealthyError
            If a component is not ready.
        """
        if self._loop is not None:
            raise EngineError(
                "an engine runs once",
                where="EventDrivenStrategyEngine",
                remedy="make a new engine for another run",
            )
        began = perf_counter()
        frame: MarketFrame = self.data_provider.frame(start, end)
        _ = frame.unit_prices  # computed here, as part of loading
        self._load_s = perf_counter() - began
        require_healthy(examine(self._checked(), ""))
        capital = CapitalAccount(
            flow_requests(self.config.flows, frame.times, self.initial_capital),
            self.initial_capital,
        )
        self._loop = FullLoop(self.config, self.components, frame, Clock(stride), capital)
        self._loop.open(self.initial_capital)
        return self._loop

    def run_backtest(
        self,
        start: np.datetime64,
        end: np.datetime64,
        *,
        stride: Stride = "auto",
        progress: Progress | None = None,
        run_id: str = "",
    ) -> RunRecord:
        """Run from start to end and return every hourly column.

        Parameters
        ----------
        start, end : datetime64
            First and last timestep, both included.
        stride : int or "auto"
            Rows of a window; the result does not depend on it.
        progress : callable or None
            Called with (rows done, rows) after every window.
        run_id : str
            The run's name.

        Returns
        -------
        RunRecord
            Status ``completed``; ``stopped`` if interrupted, up to the last finished window.

        Raises
        ------
        KeyboardInterrupt
            If it was interrupted before the first window had ended.
        """
        loop = self.prepare(start, end, stride)
        self._running = True
        status = "completed"
        began = perf_counter()
        try:
            for window in loop.steps():
                if progress is not None:
                    progress(window.stop, loop.frame.rows)
        except KeyboardInterrupt:
            if loop.row == 0:
                raise
            status = "stopped"
        finally:
            self._running = False
        loop.earnings.tell()
        exposed = self._exposed(loop)
        self._run_s = perf_counter() - began
        return self._record(loop, status, run_id, exposed)

    def get_status(self) -> Status:
        """Return what the engine is doing, with health computed now.

        Returns
        -------
        Status
            Its timestamp is the run's own time, empty before a run is prepared.
        """
        stamp = "" if self._loop is None else _stamp(self._loop)
        return Status(
            mode=self.config.mode,
            share_class=self.share_class,
            execution_mode=self.execution_mode,
            health=examine(self._checked(), stamp),
            current_timestamp=stamp,
            is_running=self._running,
        )

    def _checked(self) -> Mapping[str, Checked]:
        parts = self.components
        return {
            "position_monitor": parts.position_monitor,
            "risk_monitor": parts.risk_monitor,
            "pnl_monitor": parts.pnl_monitor,
            "strategy_manager": parts.strategy_manager,
            "execution_interface_manager": parts.execution_interface_manager,
            "reconciliation_component": parts.reconciliation_component,
            "execution_manager": parts.execution_manager,
        }

    def _exposed(self, loop: FullLoop) -> tuple[ExposureReport, ExposureBreakdown]:
        """Return the exposure of every finished row: one window gives the bits of many."""
        monitor = self.components.exposure_monitor
        whole = loop.frame.window(0, loop.row)
        held = self.components.position_monitor.history[: loop.row]
        exposure = monitor.calculate_exposure(whole, held)
        return exposure, monitor.break_down(whole, exposure)

    def _identity(self, status: str, run_id: str) -> RunIdentity:
        return RunIdentity(
            run_id=run_id,
            mode=self.config.mode,
            share_class=self.share_class,
            currency=self.config.share_class.currency,
            status=status,
            initial_capital=self.initial_capital,
            config=self.config.plain(),
            target_apy=self.config.target_apy,
            max_drawdown=self.config.max_drawdown,
        )

    def _record(
        self,
        loop: FullLoop,
        status: str,
        run_id: str,
        exposed: tuple[ExposureReport, ExposureBreakdown],
    ) -> RunRecord:
        rows = loop.row
        recorder = loop.recorder
        columns = {name: x[:rows] for name, x in recorder.columns.items()}
        parts = self.components
        exposure, breakdown = exposed
        risk, extremes = recorder.risk_columns(rows, exposure.quantities, parts.risk_monitor)
        return RunRecord(
            identity=self._identity(status, run_id),
            frame=loop.frame,
            rows=rows,
            quantities=exposure.quantities,
            values=exposure.values,
            equity=columns["equity"],
            exit_equity=breakdown.exit_equity,
            flows=columns["flows"],
            nav_per_share=columns["nav_per_share"],
            residual=columns["residual"],
            attribution={name: x[:rows] for name, x in recorder.attribution.items()},
            exposure=exposure_columns(exposure, breakdown),
            risk=risk,
            level=recorder.level[:rows],
            log=parts.event_logger.entries,
            extremes=extremes,
            trades=parts.execution_manager.fills,
            rebalances=loop.rebalances,
            rewards=loop.rewards,
            liquidations=loop.liquidations,
            warnings=find_warnings(loop, self.config, self.data_provider),
            timing={"load_s": self._load_s, "run_s": self._run_s},
            output_s=self.config.output_s,
        )


def _check(
    config: RunConfig, execution_mode: str, initial_capital: float, share_class: str
) -> None:
    if execution_mode not in EXECUTION_MODES:
        raise EngineError(
            "this execution mode does not exist yet",
            where="execution_mode",
            value=execution_mode,
            remedy=f"use one of {', '.join(EXECUTION_MODES)}",
        )
    if not (isfinite(initial_capital) and initial_capital > 0.0):
        raise EngineError(
            "the capital is not a number above zero",
            where="initial_capital",
            value=initial_capital,
            remedy="give an amount in share-class currency",
        )
    if share_class != config.share_class.name:
        raise EngineError(
            "the share class is not the configured one",
            where="share_class",
            value=share_class,
            remedy=f"use {config.share_class.name}, or load another configuration",
        )


def _stamp(loop: FullLoop) -> str:
    row = min(loop.row, loop.frame.rows - 1)
    return f"{np.datetime_as_string(loop.frame.times[row])}Z"
