"""One run of a year of hours; prints the largest resident size of its process in KiB."""

from benchmarks.measure import peak_kib
from benchmarks.workload import make_workload

make_workload().run()
print(peak_kib())
