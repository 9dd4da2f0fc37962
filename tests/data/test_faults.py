"""Faults at random places of clean files are found, and clean files raise no alarm."""

import numpy as np
import pytest

from basis_lab.data.findings import Severity
from benchmarks.detection import CleanWorld, detected, false_alarms
from benchmarks.faults import FAULTS

DAYS = 300
TRIES = 4


@pytest.fixture(scope="module")
def world():
    """Ten months: labels of funding are told by some nine hundred settlements."""
    return CleanWorld(seed=99, first=3000, hours=24 * DAYS)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda x: x.name)
def test_a_fault_is_found_wherever_it_lies(world, fault):
    rng = np.random.default_rng(FAULTS.index(fault))

    found = [detected(world, fault, rng) for _ in range(TRIES)]

    assert all(found)


def test_clean_files_raise_no_alarm(world):
    counts, years = false_alarms((world,))

    assert years > 8.0
    assert counts[Severity.ERROR] == 0
    assert counts[Severity.WARNING] == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault", [x for x in FAULTS if x.files[0].startswith("spot")], ids=lambda x: x.name
)
def test_a_fault_of_one_venue_is_blamed_on_nobody_else(world, fault):
    rng = np.random.default_rng(1000 + FAULTS.index(fault))
    name = str(rng.choice([x for x in fault.files if x.startswith(("spot", "perp", "mark"))]))

    found = world.findings(fault.spoil(rng, world.tables[name]))

    blamed = {
        other
        for other, findings in found.items()
        if any(x.severity is not Severity.NOTE for x in findings)
    }
    assert blamed <= {name}
