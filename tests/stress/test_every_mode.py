"""Every shipped stress on every mode: a row, the same bytes at any stride, a sum that adds up."""

import numpy as np
import pytest

from basis_lab.config.loader import list_modes, load_config
from basis_lab.engine.clock import Clock
from basis_lab.services.requests import BacktestRequest, make_provider
from basis_lab.services.stress import run_stresses, shipped_stresses
from tests.identities.worlds import HOUR, World, files_of

pytestmark = pytest.mark.slow
FIRST = np.datetime64("2024-06-01T00:00:00", "s")
ROWS = 24 * 8
PAIRS = [(x.header.mode, c) for x in list_modes() for c in x.header.share_classes]
CAPITALS = {"USDT": 100_000.0, "ETH": 100.0}


def sample_world(mode, share_class, scenario):
    """A week of the embedded data under a stress."""
    config = load_config(mode, share_class=share_class, scenarios=[scenario])
    provider = make_provider(config, BacktestRequest(mode=mode))
    frame = provider.frame(FIRST, FIRST + (ROWS - 1) * HOUR)
    return World(config=config, frame=frame, capital=CAPITALS[share_class])


@pytest.mark.parametrize("scenario", shipped_stresses())
@pytest.mark.parametrize(("mode", "share_class"), PAIRS)
def test_a_stress_writes_the_same_bytes_at_any_stride(mode, share_class, scenario):
    world = sample_world(mode, share_class, scenario)

    record = world.run(Clock("auto"))

    assert files_of(record) == files_of(world.run(Clock(1)))
    assert np.abs(record.residual).max() < 1e-9 * world.capital


@pytest.mark.parametrize(("mode", "share_class"), PAIRS)
def test_every_stress_is_a_row_of_every_mode(mode, share_class):
    request = BacktestRequest(
        mode=mode, share_class=share_class, start="2024-06-01", end="2024-06-15", plots=False
    )

    rows = run_stresses(request)

    assert [x.scenario for x in rows[1:]] == list(shipped_stresses())
    assert {(x.status, x.net_pnl is None) for x in rows} == {("completed", False)}
