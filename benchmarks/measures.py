"""How each figure of the table is taken."""

import gc
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import product
from time import perf_counter

import numpy as np

from basis_lab.domain.market import FloatArray
from basis_lab.engine.clock import Stride
from basis_lab.results.record import RunRecord
from basis_lab.services.plans import make_plan
from basis_lab.services.sweep import SweepRequest, run_sweep
from benchmarks import workload as fixed
from benchmarks.accounting import by_numpy, by_plain_python, fills_of, market_of
from benchmarks.long_runs import measure_long_runs
from benchmarks.measure import KIB_IN_MB, ROOT, Measure
from benchmarks.workload import CAPITAL, Workload, make_fullest, make_workload

SWEPT_SHARES = tuple(np.linspace(0.40, 0.595, 20).tolist())
SWEPT_BANDS = tuple(np.linspace(0.08, 0.125, 10).tolist())
FULLEST_REBALANCES = 30  # what the target of the fullest mode holds for
SWEPT_PLAN = {
    "mode": fixed.MODE,
    "start": str(fixed.START),
    "end": str(fixed.END),
    "capital": CAPITAL,
    "overrides": {"strategy.hedge_allocation": {fixed.VENUE: 1.0}},
    "grid": {
        "strategy.spot_allocation": list(SWEPT_SHARES),
        "strategy.position_deviation_threshold": list(SWEPT_BANDS),
    },
}


def measure_all() -> Iterator[Measure]:
    """Take every figure, the quick ones first.

    Yields
    ------
    Measure
        In the order of the table.
    """
    work = make_workload()
    record = work.run()
    yield from _loops(work, record)
    yield _fullest()
    yield from _sweep()
    yield from _processes()
    yield from _agreement(record)
    yield from measure_long_runs()


def _loops(work: Workload, record: RunRecord) -> Iterator[Measure]:
    fills, market = fills_of(record), market_of(record, fixed.VENUE, fixed.ASSET)
    arrays_s = best_of(20, lambda: _timed(lambda: by_numpy(CAPITAL, fills, market)))
    plain_s = best_of(5, lambda: _timed(lambda: by_plain_python(CAPITAL, fills, market)))
    strides: tuple[tuple[Stride, float | None], ...] = (("auto", 3.0), (1, None))
    for stride, target_ms in strides:
        loop_s = best_of(5, lambda stride=stride: loop_seconds(work, stride))
        yield Measure(
            name=f"loop of the workload, stride {stride}",
            figure=1e3 * loop_s,
            unit="ms",
            target=target_ms,
            by_numpy=loop_s / arrays_s,
            by_plain_python=loop_s / plain_s,
            note=f"best of 5; {record.rebalances} rebalances, {record.rows:,} hours, 1 venue",
        )
    yield Measure(
        name="the same accounting by hand, numpy",
        figure=1e3 * arrays_s,
        unit="ms",
        note="equity, P&L",
    )
    yield Measure(
        name="the same accounting by hand, plain Python",
        figure=1e3 * plain_s,
        unit="ms",
        note="equity, P&L",
    )


def _fullest() -> Measure:
    work = make_fullest()
    record = work.run()
    extra = max(record.rebalances - FULLEST_REBALANCES, 0)
    return Measure(
        name=f"loop of {fixed.FULLEST}, stride auto",
        figure=1e3 * best_of(5, lambda: loop_seconds(work, "auto")),
        unit="ms",
        target=20.0 + 0.3 * extra,
        note=f"best of 5; {record.rebalances} rebalances, {record.rows:,} hours, "
        f"{len(record.frame.universe.instruments)} lines, 3 exchanges and the chain",
    )


def _sweep() -> Iterator[Measure]:
    """Yield what 200 runs take: engines alone in this process, and the service on two cores."""
    cases = [
        {"strategy.spot_allocation": share, "strategy.position_deviation_threshold": band}
        for share, band in product(SWEPT_SHARES, SWEPT_BANDS)
    ]
    began = perf_counter()
    rebalances = sum(make_workload(case).run().rebalances for case in cases)
    yield Measure(
        name=f"sweep of {len(cases)} runs, one process",
        figure=perf_counter() - began,
        unit="s",
        note=f"{rebalances} rebalances in all, configurations loaded, no summaries",
    )
    plan = make_plan({"name": "bench", **SWEPT_PLAN}, where="benchmarks")
    began = perf_counter()
    table = run_sweep(SweepRequest(plan=plan, workers=2)).table
    wall_s = perf_counter() - began
    yield Measure(
        name=f"the same {len(table)} points as a sweep on two cores",
        figure=wall_s,
        unit="s",
        target=0.5,
        note=f"{len(table) / wall_s:.1f} points/s with the start of two processes and summaries",
    )


def _processes() -> Iterator[Measure]:
    yield Measure(
        name="cold process to a finished run folder",
        figure=best_of(3, cold_run_seconds),
        unit="s",
        target=0.7,
        note="best of 3, without plots",
    )
    code = "from time import perf_counter as t; a = t(); import basis_lab; print(t() - a)"
    yield Measure(
        name="import basis_lab",
        figure=best_of(5, lambda: float(_python("-c", code))),
        unit="s",
        target=0.15,
        note="best of 5, inside a new interpreter; what it needs is imported later, where used",
    )
    yield Measure(
        name="memory of a process with one run of a year of hours",
        figure=float(_python("-m", "benchmarks.one_run")) / KIB_IN_MB,
        unit="MB",
        target=180.0,
        note="largest resident size",
    )


def _agreement(record: RunRecord) -> Iterator[Measure]:
    yield Measure(
        name="agreement with the accountings by hand",
        figure=disagreement(record),
        unit="relative",
        target=1e-9,
        note="largest difference of equity and P&L over equity",
    )
    residual = np.abs(record.residual) / record.equity
    yield Measure(
        name="residual of the attribution",
        figure=float(residual.max()),
        unit="of NAV",
        target=1e-9,
    )


def disagreement(record: RunRecord) -> float:
    """Return how far the engine is from the accountings by hand.

    Parameters
    ----------
    record : RunRecord
        A run of the workload.

    Returns
    -------
    float
        The largest difference of equity and of hourly P&L, over equity.
    """
    fills, market = fills_of(record), market_of(record, fixed.VENUE, fixed.ASSET)
    ours = (record.equity, np.diff(record.equity, prepend=CAPITAL))
    arrays = by_numpy(CAPITAL, fills, market)
    plain = [np.array(column) for column in by_plain_python(CAPITAL, fills, market)]
    theirs: list[FloatArray] = [*arrays, *plain]
    apart = [np.abs(x - y) / record.equity for x, y in zip((*ours, *ours), theirs, strict=True)]
    return float(max(x.max() for x in apart))


def best_of(times: int, measure: Callable[[], float]) -> float:
    """Return the least of several measurements.

    Parameters
    ----------
    times : int
        How many.
    measure : callable
        Takes one.

    Returns
    -------
    float
        The least.
    """
    return min(measure() for _ in range(times))


def loop_seconds(work: Workload, stride: Stride) -> float:
    """Return the seconds from the first window to the last, everything else done before.

    Parameters
    ----------
    work : Workload
        What to run.
    stride : int or "auto"
        Rows of a window.

    Returns
    -------
    float
        Seconds.
    """
    loop = work.prepare(stride)
    gc.collect()
    return _timed(lambda: sum(len(window) for window in loop.steps()))


def cold_run_seconds() -> float:
    """Return the seconds of a new process from its start to a finished folder without plots.

    Returns
    -------
    float
        Seconds.
    """
    with tempfile.TemporaryDirectory() as out:
        began = perf_counter()
        _python(
            *("-m", "basis_lab.cli", "backtest", fixed.MODE, "--quiet", "--no-plots"),
            *("--out", out, "--start", str(fixed.START), "--end", str(fixed.END)),
            *("--capital", str(CAPITAL)),
            *("--set", f'strategy.hedge_allocation={{"{fixed.VENUE}": 1.0}}'),
            *("--set", "strategy.spot_allocation=0.5"),
        )
        return perf_counter() - began


def _timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _python(*words: str) -> str:
    """Run our own interpreter and return what it printed."""
    done = subprocess.run(  # noqa: S603 - our own interpreter on our own code
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout
