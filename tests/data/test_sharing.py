"""What many series have alike is kept once, and nobody can write to it."""

import numpy as np
import pytest

from basis_lab.data.catalogue import CATALOGUE, file_sha256, open_store, render_catalogue
from basis_lab.data.parquet import write_columns
from basis_lab.data.series import DatasetInfo
from basis_lab.data.sharing import row_numbers, shared_times


def test_even_times_are_one_array_and_stay_what_they_were(kit):
    first, again = kit.hours(50), kit.hours(50)

    shared = shared_times(first)

    assert shared.tolist() == first.tolist()
    assert shared.dtype == first.dtype
    assert shared_times(again) is shared
    assert shared_times(kit.hours(49)) is not shared
    with pytest.raises(ValueError, match="read-only"):
        shared[0] = again[1]


@pytest.mark.parametrize("count", [0, 1, 50])
def test_times_with_a_hole_and_those_that_are_too_few_to_be_even_are_left_alone(kit, count):
    times = np.delete(kit.hours(count), [3] if count > 3 else [])

    assert shared_times(times) is times


def test_numbers_of_rows_begin_at_one():
    assert row_numbers(3).tolist() == [1, 2, 3]
    assert row_numbers(3) is row_numbers(3)


def test_two_series_of_one_grid_share_their_times_and_keep_their_own_values(tmp_path, kit):
    times, infos = kit.hours(48), []
    for i, name in enumerate(("spot/binance/BTCUSDT", "perp/binance/BTCUSDT")):
        file = f"{name}.parquet"
        write_columns(tmp_path / file, times, {"open": np.arange(48.0) + i})
        infos.append(
            DatasetInfo(
                id=name, file=file, fields=("open",), ticks_per_unit=(0,), interval_s=3600,
                first=times[0], last=times[-1], rows=48, sha256=file_sha256(tmp_path / file),
                source="test", synthetic=False, derived=False,
            )
        )  # fmt: skip
    (tmp_path / CATALOGUE).write_text(render_catalogue(infos, {}))
    store = open_store(tmp_path)

    spot, perp = (store.read(x.id) for x in infos)

    assert np.shares_memory(spot.times, perp.times)
    assert np.shares_memory(spot.lines, perp.lines)
    assert (perp.fields["open"] - spot.fields["open"]).tolist() == [1.0] * 48
    assert spot.times.tolist() == times.tolist()
