"""One load of a year in a process of its own; prints the seconds from the opening to the frame."""

import argparse
from time import perf_counter

from basis_lab.data.places import place_of
from basis_lab.domain.intervals import SECONDS
from benchmarks.workload import END, START, make_workload

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("place", type=place_of)
parser.add_argument("interval", choices=tuple(SECONDS))
options = parser.parse_args()

began = perf_counter()
make_workload({"data.bar_interval": options.interval}, options.place).provider.frame(START, END)
print(perf_counter() - began)
