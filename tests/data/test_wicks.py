"""A high or low that no other series of its market comes near is no price of that market."""

import numpy as np
import pytest

from basis_lab.data.checks.peers import Peer
from basis_lab.data.checks.rows import Rows
from basis_lab.data.checks.table import check_markets
from basis_lab.data.checks.values import find_jumps
from basis_lab.data.series import DatasetId
from basis_lab.domain.requirements import Alignment
from basis_lab.errors import BadDataError

HOURS, PLACE = 300, 120
OPEN = 3000.0 * np.exp(np.random.default_rng(5).normal(0.0, 0.004, HOURS).cumsum())
DATASETS = ("spot/binance/ETHUSDT", "perp/binance/ETHUSDT", "mark/binance/ETHUSDT")


def bars(kit):
    close = np.append(OPEN[1:], OPEN[-1])
    ends = np.array([OPEN, close])
    fields = {"open": OPEN, "high": ends.max(0) * 1.002, "low": ends.min(0) / 1.002, "close": close}
    return kit.hours(HOURS), {name: values.copy() for name, values in fields.items()}


def market(kit, spoilt, column, factor, *, crash=False):
    """Return three series of one market, one extreme multiplied; of all where the market did."""
    peers = []
    for name in DATASETS:
        times, fields = bars(kit)
        if name == spoilt:
            fields[column][PLACE] *= factor
        elif crash:  # the others went nearly as far, an hour later
            fields[column][PLACE + 1] *= factor * 1.02
        dataset = DatasetId.parse(name)
        rows = Rows(kind=dataset.kind, times=times, fields=fields, interval_s=3600)
        peers.append(Peer(dataset=dataset, file=name, rows=rows, derived=False))
    return peers


@pytest.mark.parametrize("spoilt", DATASETS)
@pytest.mark.parametrize(
    ("column", "factor", "check"),
    [
        *(("low", x, "false-wick") for x in (0.7, 0.85, 1e-6)),
        *(("high", x, "false-wick") for x in (1.4, 3.0, 30.0, 1e9)),
        ("low", 0.94, "wick-alert"),
        ("high", 1.06, "wick-alert"),
    ],
)
def test_a_wick_of_one_series_alone_is_found_at_its_row(kit, spoilt, column, factor, check):
    found = list(check_markets(market(kit, spoilt, column, factor)))

    told = [(meaning.name, peer.file, defect.places.tolist()) for meaning, peer, defect in found]
    assert told == [(check, spoilt, [PLACE])]


@pytest.mark.parametrize(("column", "factor"), [("low", 0.7), ("low", 0.5), ("high", 1.4)])
def test_a_crash_that_all_went_through_is_no_false_wick(kit, column, factor):
    spoilt = "perp/binance/ETHUSDT"

    assert list(check_markets(market(kit, spoilt, column, factor, crash=True))) == []


def test_a_wick_of_another_bar_length_is_not_compared(kit):
    peers = market(kit, "perp/binance/ETHUSDT", "low", 0.7)
    rows = peers[1].rows
    other = Rows(kind=rows.kind, times=rows.times, fields=rows.fields, interval_s=300)
    peers[1] = Peer(dataset=peers[1].dataset, file="five minutes", rows=other, derived=False)

    assert list(check_markets(peers)) == []


@pytest.mark.parametrize(("column", "factor"), [("high", 30.0), ("high", 1e9), ("low", 0.05)])
def test_a_series_alone_cannot_reach_tenfold_from_its_own_open(kit, column, factor):
    found = list(find_jumps(market(kit, DATASETS[0], column, factor)[0].rows))

    assert [(x.field, x.places.tolist()) for x in found] == [(column, [PLACE])]


@pytest.mark.parametrize(("column", "factor"), [("low", 0.7), ("high", 1.4)])
def test_a_run_that_could_be_liquidated_by_a_false_wick_of_the_mark_is_refused(kit, column, factor):
    store = kit.Store()
    for name in DATASETS:
        times, fields = bars(kit)
        if name.startswith("mark"):
            fields[column][PLACE] *= factor
        store.put(name, times, **fields)
    needs = [kit.need("spot/binance/ETHUSDT.open"), kit.need("perp/binance/ETHUSDT.open")]
    mark = kit.need(f"mark/binance/ETHUSDT.{column}", Alignment.BAR_EXTREME)

    lab = kit.provider(store, *needs, mark)

    with pytest.raises(BadDataError, match=f"1 {column} lies .* of all other series") as refused:
        lab.frame(*lab.coverage())

    assert f"row {PLACE + 2}" in str(refused.value)
