"""The trailing mean: causal, NaN without history, and the same bits wherever a run starts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.domain.requirements import Alignment
from basis_lab.errors import MissingDataError, UsageError

KEY = "funding/binance/BTCUSDT.rate"
NAME = "funding/binance/BTCUSDT.mean_1d"
DAY_S = 86_400
EIGHT_HOURS = np.timedelta64(8, "h")


def mean_need(kit, window_s=DAY_S, **extra):
    return kit.need(KEY, Alignment.TRAILING_MEAN, name=NAME, window_s=window_s, **extra)


def funding(kit, rates):
    stamps = kit.start + np.arange(len(rates)) * EIGHT_HOURS
    return kit.Store().put("funding/binance/BTCUSDT", stamps, rate=rates)


def test_a_row_holds_the_mean_of_the_stamps_in_the_window_that_ends_with_it(kit):
    store = funding(kit, [0.001, 0.002, 0.003, 0.007])

    frame = kit.provider(store, mean_need(kit)).frame(kit.start, kit.start + 3 * EIGHT_HOURS)

    means = frame.values(NAME)
    assert np.isnan(means[:16]).all()
    assert means[16:24] == pytest.approx(np.full(8, 0.002))
    assert means[24] == pytest.approx(0.004)


def test_the_mean_and_the_rate_itself_stand_side_by_side(kit):
    store = funding(kit, [0.001, 0.002, 0.003, 0.007])
    run = kit.provider(store, kit.need(KEY, Alignment.STAMP), mean_need(kit))

    frame = run.frame(kit.start, kit.start + 3 * EIGHT_HOURS)

    assert frame.values(KEY)[24] == 0.007
    assert frame.values(NAME)[24] == pytest.approx(0.004)
    assert [x.key for x in frame.sources] == [KEY, NAME]
    assert "the mean of what was published in the 1 days up to t" in frame.sources[1].notes


@given(
    rates=st.lists(st.floats(-0.003, 0.003), min_size=12, max_size=40),
    late=st.integers(0, 60),
    window=st.integers(1, 8),
)
def test_the_bits_do_not_depend_on_where_the_run_starts(kit, rates, late, window):
    store = funding(kit, rates)
    run = kit.provider(store, mean_need(kit, window_s=window * 8 * 3600))
    end = kit.start + (len(rates) - 1) * EIGHT_HOURS

    whole = run.frame(kit.start, end).values(NAME)
    part = run.frame(kit.start + np.timedelta64(late, "h"), end).values(NAME)

    np.testing.assert_array_equal(part, whole[late:])


def test_history_before_the_run_counts(kit):
    store = funding(kit, [0.001, 0.002, 0.003, 0.007])
    start = kit.start + 3 * EIGHT_HOURS

    frame = kit.provider(store, mean_need(kit)).frame(start, start)

    assert frame.values(NAME)[0] == pytest.approx(0.004)


def test_a_hole_in_the_window_before_the_run_is_an_error(kit):
    stamps = kit.start + np.array([0, 1, 3, 4, 5, 6]) * EIGHT_HOURS
    store = kit.Store().put("funding/binance/BTCUSDT", stamps, rate=np.full(6, 0.001))
    run = kit.provider(store, mean_need(kit))

    with pytest.raises(MissingDataError) as refused:
        run.frame(kit.start + 4 * EIGHT_HOURS, kit.start + 6 * EIGHT_HOURS)

    assert refused.value.missing == (NAME,)
    assert "2024-06-01T16:00:00Z" in refused.value.where
    later = run.frame(kit.start + 5 * EIGHT_HOURS, kit.start + 6 * EIGHT_HOURS)
    assert later.values(NAME)[0] == pytest.approx(0.001)


@pytest.mark.parametrize("window_s", [None, 0, -3600])
def test_a_trailing_mean_without_a_window_is_refused(kit, window_s):
    run = kit.provider(funding(kit, [0.001, 0.002]), mean_need(kit, window_s=window_s))

    with pytest.raises(UsageError, match="without a window"):
        run.frame(kit.start, kit.start + EIGHT_HOURS)
