"""Prices of one market against each other."""

import numpy as np
import pytest

from basis_lab.data.agreement import check_levels
from basis_lab.errors import BadDataError

SPOT = np.array([100.0, 110.0, 90.0])
FILES = {"spot/binance/BTCUSDT": "spot.csv", "perp/binance/BTCUSDT": "perp.csv"}


def levels(perp):
    return {"spot/binance/BTCUSDT": SPOT, "perp/binance/BTCUSDT": perp}


@pytest.mark.parametrize("factor", [100.0, 0.01, 1.3])
def test_a_perp_at_another_level_than_its_spot_is_refused_by_both_files(factor):
    with pytest.raises(BadDataError) as found:
        check_levels(levels(SPOT * factor), FILES)

    assert found.value.where == "perp.csv against spot.csv"


def test_an_hour_far_away_is_a_market_and_not_a_unit():
    check_levels(levels(SPOT * [1.0, 1.6, 1.0]), FILES)


def test_without_a_spot_of_its_symbol_there_is_nothing_to_hold_against():
    check_levels({"perp/binance/ETHUSDT": SPOT * 100.0}, {"perp/binance/ETHUSDT": "eth.csv"})
