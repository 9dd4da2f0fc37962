"""One row of the table."""

import resource
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
STATUS = Path("/proc/self/status")
KIB_IN_MB = 1024.0


def peak_kib() -> int:
    """Return the largest resident size of this process so far, in KiB.

    Returns
    -------
    int
        Of this program alone where Linux tells it; ``getrusage`` counts the process that started
        it as well, as long as that was the larger.
    """
    if STATUS.exists():
        told = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
        return int(told["VmHWM"].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One row of the table.

    Parameters
    ----------
    name : str
        What was measured.
    figure : float
        What came out, in ``unit``.
    unit : str
        Of figure and target.
    target : float or None
        What it is held against; smaller is better. None where nothing is promised.
    by_numpy, by_plain_python : float or None
        Figure over that of the accounting by hand; None where it does not compare.
    note : str
        What a reader must know.
    """

    name: str
    figure: float
    unit: str
    target: float | None = None
    by_numpy: float | None = None
    by_plain_python: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Met, missed, or nothing promised."""
        if self.target is None:
            return "-"
        return "met" if self.figure <= self.target else "MISSED"
