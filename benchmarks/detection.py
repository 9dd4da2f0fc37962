"""How many faults the checks of data find, and how often they cry wolf.

`python -m benchmarks.detection [SEED [TRIES]]` prints it. A clean world is the synthetic sample,
of any seed, cut to a window and written as raw files. A fault spoils one file of it at a random
place; the file is read and checked as an import would, against the clean files of its market.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from basis_lab.data.checks.meanings import MEANINGS
from basis_lab.data.checks.table import check_markets
from basis_lab.data.findings import Finding, Severity
from basis_lab.data.quality import words_of
from basis_lab.data.raw import peer_of
from basis_lab.data.raw_file import RawFile, RefusedFile, read_raw_file
from basis_lab.data.recognise import recognise
from basis_lab.data.sample import make_sample
from benchmarks.faults import AAVE, FAULTS, FILES, Fault, Table

HOURS_A_YEAR = 8760


def make_world(seed: int, first: int, hours: int) -> dict[str, Table]:
    """Return clean raw files over a window of a synthetic world."""
    found = {x.id: x for x in make_sample(seed)}
    start = found["spot/binance/ETHUSDT"].times[0] + np.timedelta64(first, "h")
    end = start + np.timedelta64(hours, "h")
    world = {}
    for name in FILES:
        data = found[name]
        inside = (data.times >= start) & (data.times < end)
        fields = {x: data.ticks[x][inside] / data.ticks_per_unit[x] for x in data.ticks}
        if "low" in fields:  # the sample keeps no close: it is the next open, within the bar
            after = np.append(fields["open"][1:], fields["open"][-1])
            fields["close"] = np.clip(after, fields["low"], fields["high"])
        columns = np.array(list(fields.values()), dtype=float)
        world[name] = Table(dataset=name, times=data.times[inside], columns=columns)
    return world


class CleanWorld:
    """Clean files of a window, read once, beside which a spoilt one is read."""

    def __init__(self, seed: int, first: int, hours: int) -> None:
        self.tables = make_world(seed, first, hours)
        self._files = {name: read_table_file(table) for name, table in self.tables.items()}

    def findings(self, table: Table | None = None) -> Mapping[str, tuple[Finding, ...]]:
        """Return what is found by dataset, one of the files spoilt or none."""
        files = dict(self._files)
        if table is not None:
            files[table.dataset] = read_table_file(table)
        found = {name: list(file.findings) for name, file in files.items()}
        known = [x for x in files.values() if isinstance(x, RawFile)]
        peers = [peer_of(x) for x in known]
        for meaning, peer, defect in check_markets(peers):
            lines = np.arange(len(peer.rows.times)) + 2
            words = words_of([(meaning, defect)], peer.file, peer.rows.times, lines)
            found[str(peer.dataset)].extend(words)
        return {name: tuple(x) for name, x in found.items()}


def read_table_file(table: Table) -> RawFile | RefusedFile:
    """Write a table as a raw file and read it as an import would."""
    name = FILES[table.dataset]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(table.text())
        return read_raw_file(path, name, recognise(name))


def detected(world: CleanWorld, fault: Fault, rng: np.random.Generator) -> bool:
    """Spoil one file of a clean world and tell if the expected check finds it there."""
    name = str(rng.choice(fault.files))
    found = world.findings(fault.spoil(rng, world.tables[name]))
    # A spoilt index may also be unreadable: its unit cannot be told.
    known = {fault.expected, "unreadable"} if name == AAVE else {fault.expected}
    # Percent of a dear settlement is refused alone, before its stretch is compared with others.
    known |= {"funding-unit"} if fault.expected == "funding-level" else set()
    return any(x.meaning.name in known for x in found[name])


def detection_rates(
    worlds: tuple[CleanWorld, ...], rng: np.random.Generator, tries: int
) -> Iterator[tuple[Fault, Severity, int, int]]:
    """Yield for every fault its severity, how often it was found, and out of how many."""
    for fault in FAULTS:
        found = sum(detected(worlds[i % len(worlds)], fault, rng) for i in range(tries))
        yield fault, MEANINGS[fault.expected].severity, found, tries


def false_alarms(worlds: tuple[CleanWorld, ...]) -> tuple[dict[Severity, int], float]:
    """Return findings on clean files by severity, and the series-years that they came from."""
    counts = dict.fromkeys(Severity, 0)
    years = 0.0
    for world in worlds:
        for findings in world.findings().values():
            for finding in findings:
                counts[finding.severity] += 1
        hours = world.tables["spot/binance/ETHUSDT"].rows
        years += len(FILES) * hours / HOURS_A_YEAR
    return counts, years


def main() -> None:
    """Print both tables."""
    seed, tries = (int(x) for x in (*sys.argv[1:], *("1", "100")[len(sys.argv) - 1 :]))
    rng = np.random.default_rng(seed)
    worlds = tuple(
        CleanWorld(int(rng.integers(1, 10**6)), int(rng.integers(2200, 8000)), HOURS_A_YEAR)
        for _ in range(4)
    )
    print(f"{'fault':34}{'check':20}{'severity':10}found")
    for fault, severity, found, of in detection_rates(worlds, rng, tries):
        print(f"{fault.name:34}{fault.expected:20}{severity.value:10}{found} of {of}")
    counts, years = false_alarms(worlds)
    print(f"clean: {years:.0f} series-years; per series-year:")
    for severity, count in counts.items():
        print(f"  {severity.value:8}{count / years:.3f} ({count})")


if __name__ == "__main__":
    main()
