import threading

import pytest

from basis_lab.config.loader import list_modes
from basis_lab.notebook import loops
from basis_lab.notebook.bench import Workbench
from basis_lab.notebook.case import Case

SHORT = {"start": "2025-01-01", "end": "2025-02-15"}


def pytest_generate_tests(metafunc):
    if "pair" in metafunc.fixturenames:
        pairs = [(x.header.mode, y) for x in list_modes() for y in x.header.share_classes]
        metafunc.parametrize("pair", pairs, ids=["-".join(x) for x in pairs])


@pytest.fixture(autouse=True)
def no_loop_but_ones_own(monkeypatch):
    """A browser's test before these leaves a loop in the main thread, which watches nothing."""
    real = loops.running_loop

    def running_loop():
        return None if threading.current_thread() is threading.main_thread() else real()

    monkeypatch.setattr(loops, "running_loop", running_loop)


@pytest.fixture
def bench():
    return Workbench(Case(mode="btc_basis", share_class="USDT", **SHORT))


@pytest.fixture(scope="session")
def series():
    made = Workbench(
        Case(mode="btc_basis", share_class="USDT", start="2025-01-01", end="2025-03-01")
    )
    return made.board.series
