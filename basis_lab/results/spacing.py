"""The rows that tables show where timesteps are closer together than the tables' own spacing."""

from dataclasses import replace

import numpy as np

from basis_lab.domain.instruments import IntArray
from basis_lab.domain.market import FloatArray, MarketFrame
from basis_lab.results.record import RunRecord


def shown_rows(record: RunRecord) -> RunRecord:
    """Return a run at the spacing of its tables.

    Parameters
    ----------
    record : RunRecord
        Every timestep.

    Returns
    -------
    RunRecord
        The same where every timestep is shown. Else the first, the last, and those that are whole
        multiples of ``output_s``: states as they stood then, flows and attribution summed since
        the row before.
    """
    if record.output_s <= record.frame.step_s:
        return record
    times = record.frame.times[: record.rows]
    whole = times.astype("datetime64[s]").astype(np.int64) % record.output_s == 0
    whole[[0, -1]] = True
    rows = np.flatnonzero(whole)
    return replace(
        record,
        frame=_frame(record.frame, rows),
        rows=len(rows),
        quantities=record.quantities[rows],
        values=record.values[rows],
        equity=record.equity[rows],
        exit_equity=record.exit_equity[rows],
        nav_per_share=record.nav_per_share[rows],
        level=record.level[rows],
        exposure={name: x[rows] for name, x in record.exposure.items()},
        risk={name: x[rows] for name, x in record.risk.items()},
        flows=_sums(record.flows, rows),
        residual=_sums(record.residual, rows),
        attribution={name: _sums(x, rows) for name, x in record.attribution.items()},
    )


def _frame(frame: MarketFrame, rows: IntArray) -> MarketFrame:
    return MarketFrame(
        times=frame.times[rows],
        series={name: values[rows] for name, values in frame.series.items()},
        universe=frame.universe,
        sources=frame.sources,
    )


def _sums(steps: FloatArray, rows: IntArray) -> FloatArray:
    """Return what the steps after each row up to the next come to, the first row alone."""
    starts = np.concatenate([[0], rows[:-1] + 1])
    return np.add.reduceat(steps, starts)
