"""A year of minutes in a process of its own; prints its figures as JSON."""

import argparse
import json
from time import perf_counter

import numpy as np

from basis_lab.data.places import place_of
from basis_lab.results.record import RunRecord
from benchmarks.measure import peak_kib
from benchmarks.workload import END, START, make_workload

HELD = ("frictionless", "hold")
WARM_RUNS = 3


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", type=place_of)
    place = parser.parse_args().place
    work = make_workload({"data.bar_interval": "1m"}, place)
    loop = work.prepare()
    began = perf_counter()
    rows = sum(len(window) for window in loop.steps())
    first_s = perf_counter() - began
    rebalances = loop.rebalances
    memory_kib = peak_kib()
    del loop
    warm = []
    for _ in range(WARM_RUNS):
        again = work.prepare()
        began = perf_counter()
        for _window in again.steps():
            pass
        warm.append(perf_counter() - began)
        del again
    held = {x: make_workload({"data.bar_interval": x}, place, HELD).engine() for x in ("1m", "1h")}
    fine, coarse = (held[x].run_backtest(START, END) for x in ("1m", "1h"))
    figures = {
        "rows": rows,
        "rebalances": rebalances,
        "first_s": first_s,
        "warm_s": min(warm),
        "memory_kib": memory_kib,
        "disagreement": disagreement(fine, coarse),
    }
    print(json.dumps(figures))


def disagreement(fine: RunRecord, coarse: RunRecord) -> float:
    """Return how far two runs of one position are apart where both have a timestep.

    Parameters
    ----------
    fine, coarse : RunRecord
        On the same prices.

    Returns
    -------
    float
        Largest difference of equity over equity.
    """
    rows = np.searchsorted(fine.frame.times, coarse.frame.times)
    return float(np.max(np.abs(fine.equity[rows] - coarse.equity) / coarse.equity))


if __name__ == "__main__":
    main()
