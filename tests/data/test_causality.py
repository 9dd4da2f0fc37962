"""Nothing published after t enters a row at or before t."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.data.align import align, carried, grown, trailing_mean
from basis_lab.data.bars import Grid, exact, stamped
from basis_lab.data.trailing import trailing_growth, trailing_volatility
from basis_lab.domain.requirements import Alignment

START = np.datetime64("2024-06-01T00:00:00", "s")
HOUR = np.timedelta64(1, "h")
TIMES = START + np.arange(72) * HOUR
GRID = Grid(times=TIMES, step_s=3600)
QUARTER = np.timedelta64(15, "m")
# When a value is known: a bar's open at its label, its extremes an hour later, the rest as stamped.
KNOWN_AFTER = {
    Alignment.BAR_OPEN: 0 * HOUR,
    Alignment.BAR_EXTREME: HOUR,
    Alignment.STAMP: 0 * HOUR,
    Alignment.INDEX: 0 * HOUR,
    Alignment.STEP: 0 * HOUR,
    Alignment.TRAILING_MEAN: 0 * HOUR,
    Alignment.TRAILING_GROWTH: 0 * HOUR,
    Alignment.TRAILING_VOLATILITY: 0 * HOUR,
}
CARRIER = {
    Alignment.BAR_OPEN: exact,
    Alignment.BAR_EXTREME: lambda stamps, values, times: exact(stamps, values, times - HOUR),
    Alignment.STAMP: lambda stamps, values, _: stamped(stamps, values, GRID, None),
    Alignment.INDEX: grown,
    Alignment.STEP: carried,
    Alignment.TRAILING_MEAN: lambda stamps, values, times: trailing_mean(
        stamps, values, times, 24 * HOUR
    ),
    Alignment.TRAILING_GROWTH: lambda stamps, values, times: trailing_growth(
        stamps, values, times, 24 * HOUR
    ),
    Alignment.TRAILING_VOLATILITY: lambda stamps, values, times: trailing_volatility(
        stamps, values, times, 24 * HOUR
    ),
}
WINDOW = dict.fromkeys(
    (Alignment.TRAILING_MEAN, Alignment.TRAILING_GROWTH, Alignment.TRAILING_VOLATILITY), 86_400
)
POSITIVE = st.floats(0.5, 2.0)


@st.composite
def published(draw):
    """Irregular publications over three days, and which of them changes to what."""
    minutes = draw(
        st.lists(st.integers(0, 72 * 4), min_size=2, max_size=40, unique=True).map(sorted)
    )
    stamps = START + np.array(minutes) * np.timedelta64(15, "m")
    values = np.array(draw(st.lists(POSITIVE, min_size=len(stamps), max_size=len(stamps))))
    return stamps, values, draw(st.integers(0, len(stamps) - 1)), draw(POSITIVE)


@given(data=published(), alignment=st.sampled_from(sorted(CARRIER)))
def test_a_later_publication_changes_no_earlier_row(data, alignment):
    stamps, values, place, other = data
    changed = values.copy()
    changed[place] = other

    before = CARRIER[alignment](stamps, values, TIMES)
    after = CARRIER[alignment](stamps, changed, TIMES)

    known = stamps[place] + KNOWN_AFTER[alignment]
    np.testing.assert_array_equal(before[known > TIMES], after[known > TIMES])


@given(data=published())
def test_a_publication_that_is_taken_away_changes_no_earlier_row(data):
    stamps, values, place, _ = data
    place = max(place, 1)

    before = grown(stamps, values, TIMES)
    after = grown(np.delete(stamps, place), np.delete(values, place), TIMES)

    earlier = stamps[place] > TIMES
    np.testing.assert_array_equal(before[earlier], after[earlier])


@given(data=published())
def test_a_carried_index_is_exact_at_each_snapshot(data):
    stamps, values, _, _ = data

    np.testing.assert_array_equal(grown(stamps, values, stamps), values)


@pytest.mark.parametrize("alignment", sorted(set(CARRIER) - set(WINDOW)))
def test_aligning_a_series_uses_the_carrier_of_its_kind(kit, alignment):
    values = np.linspace(1.0, 2.0, len(TIMES))
    series = kit.Store().put("gas/ethereum/gas", TIMES, price_gwei=values).read("gas/ethereum/gas")

    need = kit.need("gas/ethereum/gas.price_gwei", alignment)
    aligned = align(series, "price_gwei", need, GRID, None)

    np.testing.assert_array_equal(aligned, CARRIER[alignment](TIMES, values, TIMES))


@given(place=st.integers(0, 72 * 4 - 1), factor=POSITIVE, field=st.sampled_from(["high", "low"]))
def test_a_finer_bar_changes_no_extreme_up_to_its_own_open(kit, place, factor, field):
    times = START + np.arange(72 * 4) * QUARTER
    values = 1.0 + np.sin(np.arange(len(times))) / 2.0
    changed = values.copy()
    changed[place] *= factor
    need = kit.need(f"mark/okx/BTCUSDT.{field}", Alignment.BAR_EXTREME)

    before, after = (
        align(
            kit.Store().put("mark/okx/BTCUSDT", times, **{field: x}).read("mark/okx/BTCUSDT"),
            *(field, need, GRID, None),
        )
        for x in (values, changed)
    )

    np.testing.assert_array_equal(before[times[place] >= TIMES], after[times[place] >= TIMES])


SERIES = {
    Alignment.BAR_OPEN: ("spot/binance/BTCUSDT", 1),
    Alignment.BAR_EXTREME: ("mark/binance/BTCUSDT", 1),
    Alignment.STAMP: ("funding/binance/BTCUSDT", 8),
    Alignment.INDEX: ("aave/ethereum/USDT", 24),
    Alignment.STEP: ("gas/ethereum/gas", 1),
    Alignment.TRAILING_MEAN: ("funding/bybit/BTCUSDT", 8),
    Alignment.TRAILING_GROWTH: ("lst/aave/weETH", 24),
    Alignment.TRAILING_VOLATILITY: ("spot/bybit/BTCUSDT", 1),
}


@given(alignment=st.sampled_from(sorted(SERIES)), place=st.integers(0, 71), factor=POSITIVE)
def test_a_frame_knows_nothing_of_what_is_published_later(kit, alignment, place, factor):
    def frame(changed):
        store = kit.Store()
        for kind, (dataset, every) in SERIES.items():
            values = 100.0 + np.sin(np.arange(len(TIMES[::every])))
            if changed and kind is alignment:
                values[place // every] *= factor
            store.put(dataset, TIMES[::every], value=values)
        needs = [
            kit.need(f"{name}.value", kind, window_s=WINDOW.get(kind))
            for kind, (name, _) in SERIES.items()
        ]
        return kit.provider(store, *needs).frame(TIMES[0], TIMES[-1])

    before, after = frame(changed=False), frame(changed=True)

    every = SERIES[alignment][1]
    known = TIMES[::every][place // every] + KNOWN_AFTER[alignment]
    for key in before.series:
        earlier = known > TIMES
        np.testing.assert_array_equal(before.values(key)[earlier], after.values(key)[earlier])
