"""What volumes count is told by money over price, and by the other venues of an instrument."""

import numpy as np
import pytest

from basis_lab.data.catalogue import open_store
from basis_lab.data.check import check_store
from basis_lab.data.findings import Severity
from basis_lab.data.importer import import_directory

HOURS = 200
# What the market trades in an hour, in coins; venues take shares of it.
COINS = np.exp(np.random.default_rng(8).normal(9.0, 0.5, HOURS))
PRICE = 3000.0
PERP = "{}_ETHUSDT_perp_1h.csv"


def venue(share, contracts_per_coin=1.0, *, money=False, part=slice(None)):
    """Return a file of one venue: its share of the market, in contracts or coins, maybe money."""
    counted = np.ones(HOURS)
    counted[part] = contracts_per_coin
    noise = np.exp(np.random.default_rng(round(1000 * share)).normal(0.0, 0.2, HOURS))
    coins = COINS * share * noise
    header = "timestamp,open,high,low,close,volume" + (",turnover" if money else "")
    lines = [header]
    for hour in range(HOURS):
        opened = PRICE + hour % 7  # a price that moves
        cells = [1717200000 + 3600 * hour, opened, opened + 3, opened - 3, opened + 1]
        cells.append(float(coins[hour] * counted[hour]))
        if money:
            cells.append(float(coins[hour] * PRICE))
        lines.append(",".join(map(str, cells)))
    return "\n".join(lines) + "\n"


@pytest.fixture
def told(tmp_path):
    """Write files, check them as they are and as they are imported: both say the same."""

    def check(files):
        source = tmp_path / "raw"
        source.mkdir(exist_ok=True)
        for name, text in files.items():
            (source / name).write_text(text)
        import_directory(source, tmp_path / "canonical")
        raw, stored = (
            [x for x in check_store(open_store(place)).findings if x.check.startswith("volume-")]
            for place in (source, tmp_path / "canonical")
        )
        assert [x.what for x in raw] == [x.what for x in stored]
        return raw

    return check


def test_contracts_of_a_tenth_of_a_coin_are_told_by_the_other_venues(told):
    found = told({PERP.format("one"): venue(0.6), PERP.format("two"): venue(0.3),
                  PERP.format("okx"): venue(0.4, contracts_per_coin=10.0)})  # fmt: skip

    assert [x.file for x in found] == [PERP.format("okx")]
    # 10 x 0.4 / 0.6 is 6.7; the noise of two venues moves the median by a few per cent.
    words = found[0].what
    assert float(words.split()[3]) == pytest.approx(10 * 0.4 / 0.6, rel=0.06)
    assert "times that of perp/one/ETHUSDT, the busiest of the others" in words
    assert found[0].severity is Severity.NOTE
    assert found[0].effect.startswith("none: runs do not use volume")


def test_a_small_venue_counts_coins_like_the_others(told):
    files = {PERP.format("one"): venue(0.6), PERP.format("two"): venue(0.2),
             PERP.format("three"): venue(0.005)}  # fmt: skip

    assert told(files) == []


def test_the_spot_market_may_trade_far_less_than_the_perp(told):
    assert told({PERP.format("one"): venue(0.9), "one_ETHUSDT_spot_1h.csv": venue(0.05)}) == []


def test_a_series_alone_is_compared_with_nobody(told):
    assert told({PERP.format("one"): venue(0.6, contracts_per_coin=1000.0)}) == []


@pytest.mark.parametrize(("contracts", "words"), [(1.0, None), (10.0, "10"), (0.01, "0.01")])
def test_money_over_price_tells_what_a_file_counts(told, contracts, words):
    found = told({PERP.format("one"): venue(0.6, contracts_per_coin=contracts, money=True)})

    assert len(found) == (0 if words is None else 1)
    if words is not None:
        assert float(found[0].what.split()[3]) == pytest.approx(contracts, rel=0.003)
        assert found[0].what.endswith("times turnover over close: it counts no coins")


def test_a_venue_that_trades_a_hundredth_of_every_other_is_told_as_a_note(told):
    files = {PERP.format("one"): venue(0.6), PERP.format("two"): venue(0.2),
             PERP.format("three"): venue(0.3, contracts_per_coin=0.005)}  # fmt: skip

    found = told(files)

    assert [(x.file, x.check, x.severity) for x in found] == [
        (PERP.format("three"), "volume-unit", Severity.NOTE)
    ]
    assert float(found[0].what.split()[3]) == pytest.approx(0.005 * 0.3 / 0.2, rel=0.06)
    assert "the smallest of the others: a small venue, or another unit" in found[0].what


@pytest.mark.parametrize("factor", [100.0, 0.01])
@pytest.mark.parametrize("part", [slice(80, 110), slice(90, None)])
def test_volume_that_steps_by_a_hundred_is_told_by_its_own_days(told, factor, part):
    found = told({PERP.format("one"): venue(0.6, contracts_per_coin=factor, part=part)})

    assert [(x.check, x.severity) for x in found] == [("volume-step", Severity.NOTE)]
    told_at = int(found[0].rows.split()[1]) - 2
    assert min(abs(told_at - part.start), abs(told_at - (part.stop or part.start))) <= 6


def test_one_bar_whose_volume_is_not_its_money_over_its_price_is_told(told):
    found = told({PERP.format("one"): venue(0.6, 0.01, money=True, part=slice(50, 51))})

    assert [x.check for x in found] == ["volume-unit"]
    assert found[0].rows.startswith("row 52")
    assert found[0].what == "volume of 1 row is not turnover over close, as it is elsewhere"


def test_a_run_carries_no_warning_of_volumes_that_it_does_not_use(told, tmp_path, kit):
    told({PERP.format("one"): venue(0.6), PERP.format("two"): venue(0.4, contracts_per_coin=50.0)})
    lab = kit.provider(open_store(tmp_path / "canonical"), kit.need("perp/two/ETHUSDT.open"))

    assert lab.frame(*lab.coverage()).sources[0].warnings == ()
