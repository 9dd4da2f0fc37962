"""A file that is wrong is the one that is blamed, with its stretch and what to do about it."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from basis_lab.data.checks.meanings import FALSE_VALUE
from basis_lab.data.checks.peers import Peer, markets_of
from basis_lab.data.checks.rows import Rows
from basis_lab.data.checks.table import check_markets
from basis_lab.data.findings import Finding
from basis_lab.data.named_dates import find_rows_short_of_name
from basis_lab.data.quality import words_of
from basis_lab.data.raw_file import RefusedFile
from basis_lab.data.resolution import choose, refusals
from basis_lab.data.series import DatasetId, DatasetKind

ROWS, FIRST, LAST = 4000, 1700, 3140
NAMES = ("spot/binance/ETHUSDT", "spot/bybit/ETHUSDT", "perp/binance/ETHUSDT")
NOISE = np.random.default_rng(21)
PRICES = 3000.0 * np.exp(NOISE.normal(0.0, 0.004, ROWS).cumsum())


def peer(kit, name, prices, *, moved_h=0):
    rows = Rows(
        kind=DatasetKind.SPOT,
        times=kit.hours(ROWS) + np.timedelta64(moved_h, "h"),
        fields={"open": prices * np.exp(NOISE.normal(0.0, 2e-4, ROWS))},
        interval_s=3600,
    )
    return Peer(dataset=DatasetId.parse(name), file=f"{name}.csv", rows=rows, derived=False)


def found(*peers):
    return [
        (x.name, str(y.dataset), z) for x, y, z in check_markets(peers) if x.severity == "ERROR"
    ]


def late_in_part(hours):
    prices = PRICES.copy()
    prices[FIRST:LAST] = PRICES[FIRST - hours : LAST - hours]
    return prices


@pytest.mark.parametrize("hours", [1, 8])
@pytest.mark.parametrize("spoilt", range(3))
def test_values_late_in_two_months_are_told_with_their_dates(kit, hours, spoilt):
    peers = [peer(kit, x, PRICES) for x in NAMES]
    peers[spoilt] = peer(kit, NAMES[spoilt], late_in_part(hours))

    told = [x for x in found(*peers) if x[0] == "label-shift"]

    assert [x[1] for x in told] == [NAMES[spoilt]]
    defect = told[0][2]
    assert defect.value == hours
    assert abs(defect.places[0] - FIRST) <= 240
    assert abs(defect.places[-1] - LAST) <= 240
    assert f"values run +{hours} h against the market from about" in defect.what
    assert "shift-labels" not in defect.remedy


def test_of_two_of_which_one_is_late_in_part_neither_is_believed(kit):
    told = found(peer(kit, NAMES[0], PRICES), peer(kit, NAMES[1], late_in_part(8)))

    shifts = [(x[1], x[2].value) for x in told if x[0] == "label-shift"]
    assert shifts == [(NAMES[0], -8), (NAMES[1], 8)]
    assert all("nothing tells which" in x[2].what for x in told if x[0] == "label-shift")


def test_labels_that_are_shifted_throughout_come_with_their_own_repair(kit):
    peers = [peer(kit, x, PRICES) for x in NAMES]
    peers[2] = peer(kit, NAMES[2], PRICES, moved_h=8)

    ((check, name, defect),) = found(*peers)
    finding = next(
        words_of([(meaning, defect)], "a.csv", None, np.arange(ROWS), name)
        for meaning, _, _ in check_markets(peers)
    )

    assert (check, name) == ("label-shift", NAMES[2])
    assert next(finding).meaning.remedy.endswith(f"--repair shift-labels=-8h@{NAMES[2]}")


@pytest.mark.parametrize("factor", [0.04, 25.0])
@pytest.mark.parametrize("spoilt", range(3))
def test_a_level_is_blamed_on_the_one_that_leaves_the_others(kit, spoilt, factor):
    peers = [peer(kit, x, PRICES * (factor if i == spoilt else 1.0)) for i, x in enumerate(NAMES)]

    told = found(*peers)

    assert [x[:2] for x in told] == [("level", NAMES[spoilt])]
    assert told[0][2].value == pytest.approx(factor, rel=1e-2)
    assert NAMES[spoilt] not in told[0][2].what  # whoever tells it names the series already


def test_a_level_is_told_without_the_name_that_stands_before_it_already(kit):
    told = found(peer(kit, NAMES[0], PRICES), peer(kit, NAMES[1], 0.04 * PRICES))

    for _, name, defect in told:
        (other,) = set(NAMES[:2]) - {name}
        assert name not in defect.what.partition("(")[0]
        assert f"times those of {other} (" in defect.what


def test_of_two_levels_neither_is_believed(kit):
    told = found(peer(kit, NAMES[0], PRICES), peer(kit, NAMES[1], 0.04 * PRICES))

    assert [x[:2] for x in told] == [("level", x) for x in NAMES[:2]]
    assert all("nothing tells which" in x[2].what for x in told)


def test_a_refused_file_of_another_level_accuses_no_good_one(kit):
    good, bad = peer(kit, NAMES[0], PRICES), peer(kit, NAMES[1], 0.04 * PRICES)
    market = markets_of([good, dataclasses.replace(bad, derived=True)])

    told = found(*market[0].peers)

    assert [x[:2] for x in told] == [("level", NAMES[1])]


def test_a_shift_of_two_settlements_is_said_to_be_no_zone(kit):
    rates = 8e-5 + np.random.default_rng(4).normal(0.0, 4e-5, 900).cumsum() / 12.0
    peers = []
    for venue, late in (("binance", 0), ("bybit", 0), ("okx", 2)):
        rows = Rows(
            kind=DatasetKind.FUNDING,
            times=kit.start + np.arange(898) * np.timedelta64(8, "h"),
            fields={"rate": rates[2 - late : 900 - late]},
            interval_s=28800,
        )
        dataset = DatasetId.parse(f"funding/{venue}/ETHUSDT")
        peers.append(Peer(dataset=dataset, file=venue, rows=rows, derived=False))

    ((check, name, defect),) = found(*peers)

    assert (check, name, defect.value) == ("label-shift", "funding/okx/ETHUSDT", 16)
    assert "no zone is so far from UTC: rates are those of 2 settlements before" in defect.what
    assert "shift-labels" not in defect.remedy


def snapshots(kit, *assets, moved=()):
    peers = []
    for asset in assets:
        late = np.timedelta64(8 if asset in moved else 0, "h")
        rows = Rows(
            kind=DatasetKind.AAVE,
            times=kit.days(60) + late,
            fields={
                "liquidity_index": 1.0 + np.arange(60) * 1e-4,
                "block": 20e6 + 7150.0 * np.arange(60),
            },
            interval_s=86400,
        )
        dataset = DatasetId.parse(f"aave/ethereum/{asset}")
        peers.append(Peer(dataset=dataset, file=asset, rows=rows, derived=False))
    return [(x[1], x[2]) for x in found(*peers) if x[0] == "label-shift"]


def test_a_reserve_of_dollars_in_another_zone_is_told_by_the_blocks_of_the_others(kit):
    assert snapshots(kit, "USDT", "WETH", "weETH") == []

    ((name, defect),) = snapshots(kit, "USDT", "WETH", "weETH", moved={"USDT"})

    assert (name, defect.value) == ("aave/ethereum/USDT", 8)
    assert defect.remedy.endswith("shift-labels=-8h@aave/ethereum/USDT")


def test_of_two_reserves_that_time_a_block_differently_neither_is_believed(kit):
    told = snapshots(kit, "USDT", "WETH", moved={"USDT"})

    assert [(x, y.value) for x, y in told] == [
        ("aave/ethereum/USDT", 8),
        ("aave/ethereum/WETH", -8),
    ]
    assert all("nothing tells which" in y.what for _, y in told)


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (slice(None, 60), "rows end 31 days before the dates in its name"),
        (slice(40, None), "rows begin 40 days after the dates in its name"),
        (slice(None, None), None),
    ],
)
def test_a_file_that_is_short_of_the_dates_in_its_name_says_so(kit, kept, words):
    name = "spot/binance_ETHUSDT_spot_1d_2024-06-01_2024-08-30.csv"

    found = find_rows_short_of_name(name, kit.days(91)[kept])

    assert [x.text.partition(",")[0] for x in found] == ([words] if words else [])
    assert find_rows_short_of_name("binance_ETHUSDT_spot_1d.csv", kit.days(3)) == ()
    late = find_rows_short_of_name(name, kit.days(91)[40:], begun_late=True)
    assert late == ()


def test_a_series_that_ends_before_every_other_is_noted(kit):
    peers = [peer(kit, x, PRICES) for x in NAMES]
    rows = peers[1].rows
    cut = dataclasses.replace(rows, times=rows.times[:2000], fields={"open": PRICES[:2000]})
    peers[1] = dataclasses.replace(peers[1], rows=cut)

    told = [(x.name, str(y.dataset)) for x, y, _ in check_markets(peers)]

    assert told == [("ends-early", NAMES[1])]


def test_a_refusal_tells_two_reasons_and_counts_the_rest():
    dataset = DatasetId.parse(NAMES[0])
    reasons = tuple(Finding(FALSE_VALUE, f"reason {i}") for i in range(4))
    file = RefusedFile(path=Path("a.csv"), name="a.csv", dataset=dataset, findings=reasons)

    told = refusals(choose(dataset, [file]))

    assert told == (
        "a.csv refused: reason 0, reason 1 and 2 more (`basis-lab data check` lists them)"
    )
