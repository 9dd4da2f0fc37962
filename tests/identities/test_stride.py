"""How the timesteps are cut into windows changes nothing, to the byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.engine.clock import Clock
from tests.identities.worlds import (
    RandomClock,
    World,
    examples,
    files_of,
    load_basis,
    make_frame,
    markets,
    with_little_margin,
    worlds,
)


@examples(25)
@given(worlds((30, 80)))
def test_one_row_at_a_time_writes_the_bytes_of_the_longest_windows(world):
    longest = files_of(world.run(Clock("auto")))

    rows = files_of(world.run(Clock(1)))

    assert rows == longest


@examples(25)
@given(
    world=worlds((30, 200)), seed=st.integers(0, 2**32 - 1), longest=st.sampled_from([3, 20, 90])
)
def test_windows_of_any_length_write_the_same_bytes(world, seed, longest):
    auto = files_of(world.run(Clock("auto")))

    cut = files_of(world.run(RandomClock(seed, longest)))

    assert cut == auto


@examples(25)
@given(world=worlds((30, 120)), every=st.integers(1, 4))
def test_earnings_that_are_told_as_they_come_are_those_of_the_end(world, every):
    at_the_end = files_of(world.run())
    engine = world.engine()
    windows = []

    def step(done, _):
        windows.append(done)
        if len(windows) % every == 0:
            engine.told_so_far()

    times = world.frame.times
    told = engine.run_backtest(times[0], times[-1], progress=step, run_id="world")

    assert files_of(told) == at_the_end


@pytest.mark.parametrize("stride", [1, 7])
@examples(12)
@given(
    market=markets((30, 80), span=0.6, noise=0.05),
    allocation=st.floats(0.85, 0.95),
    seed=st.integers(0, 2**32 - 1),
)
def test_liquidations_write_the_same_bytes_at_any_window(stride, market, allocation, seed):
    shares = {"binance": 0.5, "okx": 0.5}
    config = with_little_margin(load_basis(weights=shares, hold=bool(seed % 2)), allocation)
    world = World(config=config, frame=make_frame(config, market), capital=100_000.0)

    fixed = files_of(world.run(Clock(stride)))

    assert fixed == files_of(world.run(RandomClock(seed, 60)))
    assert fixed == files_of(world.run(Clock("auto")))
