"""Measure and print a table: ``python -m benchmarks``, or ``--profile`` for where time goes."""

import argparse
import cProfile
import os
import platform
import pstats

from benchmarks.measure import Measure
from benchmarks.measures import measure_all
from benchmarks.workload import make_workload

HEADER = ("measure", "figure", "target", "verdict", "x numpy", "x plain", "note")
SHOWN = 25


def main() -> None:
    """Print the table, or the profile."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--profile", action="store_true", help="print where the loop's time goes")
    if parser.parse_args().profile:
        _profile()
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    rows = [HEADER, *(_cells(x) for x in measure_all())]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def _cells(measure: Measure) -> tuple[str, ...]:
    ratios = (measure.by_numpy, measure.by_plain_python)
    return (
        measure.name,
        f"{measure.figure:.3g} {measure.unit}",
        "-" if measure.target is None else f"{measure.target:g} {measure.unit}",
        measure.verdict,
        *("-" if ratio is None else f"{ratio:.3g}" for ratio in ratios),
        measure.note,
    )


def _profile() -> None:
    loop = make_workload().prepare()
    profile = cProfile.Profile()
    profile.enable()
    for _ in loop.steps():
        pass
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(SHOWN)


if __name__ == "__main__":
    main()
