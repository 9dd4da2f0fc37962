"""Rates a run lived on, whatever its interval."""

import numpy as np
import pytest

from basis_lab.notebook.bench import Workbench
from basis_lab.notebook.case import Case
from basis_lab.notebook.drawing import Canvas
from basis_lab.notebook.rates import funding_lines, yield_lines
from basis_lab.notebook.rates_view import rates_view
from basis_lab.notebook.scene import Pen
from basis_lab.notebook.words import word_progress
from basis_lab.results.themes import LIGHT

DATES = {"start": "2025-01-01", "end": "2025-03-01"}


def drawn(mode, share_class, interval):
    given = {"data.bar_interval": interval}
    bench = Workbench(Case(mode=mode, share_class=share_class, overrides=given, **DATES))
    return bench.board.series


@pytest.fixture(scope="module")
def hourly():
    return drawn("btc_basis", "USDT", "1h")


@pytest.mark.parametrize("interval", ["4h", "1d"])
def test_funding_is_the_same_apr_at_every_interval(hourly, interval):
    coarse = funding_lines(drawn("btc_basis", "USDT", interval))

    for venue, line in funding_lines(hourly).items():
        assert coarse[venue].mean_apr[-1] == pytest.approx(line.mean_apr[-1], rel=0.02)
        assert np.mean(coarse[venue].apr) == pytest.approx(np.mean(line.apr), rel=0.02)


@pytest.mark.parametrize("interval", ["4h", "1d"])
def test_yields_are_the_same_apr_at_every_interval(interval):
    fine = yield_lines(drawn("eth_leveraged", "ETH", "1h"))
    coarse = yield_lines(drawn("eth_leveraged", "ETH", interval))

    for name, (_, values) in fine.items():
        assert coarse[name][1][-1] == pytest.approx(values[-1], rel=1e-9)


def test_the_spread_of_a_loop_is_shaded_between_its_two_rates():
    series = drawn("eth_leveraged", "ETH", "1h")

    scene = rates_view(Canvas(series=series, palette=LIGHT))

    yields = next(x for x in scene.strips if "Staking less borrowing" in x.title)
    base, upper, again, lower = (x for x in yields.traces if x.name == "spread")
    assert (upper.fill, lower.fill) == ("tonexty", "tonexty")
    assert np.array_equal(base.y, again.y)
    assert (upper.y >= base.y).all()
    assert (lower.y <= base.y).all()
    assert all(x.width == 0.0 and x.pen is Pen.LINE for x in (base, upper, again, lower))


def test_a_mode_without_a_loan_has_no_spread(hourly):
    scene = rates_view(Canvas(series=hourly, palette=LIGHT))

    assert not any(x.name == "spread" for strip in scene.strips for x in strip.traces)


def test_progress_tells_the_date_that_was_reached():
    told = word_progress(49, 97, 2.0, "2025-01-01", 3_600)

    assert told.split(" \N{MIDDLE DOT} ") == [
        "3 Jan 2025",
        "49 of 97 hours",
        "24 a second",
        "2 s left",
    ]


def test_progress_without_a_date_counts_alone():
    assert word_progress(10, 20, 1.0, "", 60).startswith("10 of 20 minutes")
    assert word_progress(0, 0, 1.0, "", 60) == "reading the data"
