"""One run of a year of hours; prints the largest resident size of its process in KiB."""

import resource

from benchmarks.workload import make_workload

make_workload().run()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
