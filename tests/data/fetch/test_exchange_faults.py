"""What exchanges do on a bad day: rate limits, bans, broken answers. No row is lost or made up."""

import pytest

from basis_lab.data.download import download
from basis_lab.data.download_venue import VENUES
from basis_lab.errors import MissingDataError, SourceError
from tests.data.fetch.exchange_server import Fault
from tests.data.fetch.reading import DAY_S, START, Clock, fetch, files_of, make_source

CEXES = tuple(VENUES)
BARS = {"binance": "klines", "bybit": "market/kline", "okx": "candles"}
TOO_MANY = {
    "binance": (429, '{"code":-1003,"msg":"Too many requests; current limit is 6000."}'),
    "bybit": (403, '{"retCode":10006,"retMsg":"Too many visits!","result":{}}'),
    "okx": (429, '{"code":"50011","msg":"Too Many Requests","data":[]}'),
}
FAULTS = {
    "a server fault": Fault(path="", times=1, status=502, body="<html>Bad Gateway</html>"),
    "no JSON": Fault(path="", times=1, body="<html>maintenance</html>"),
    "half a JSON": Fault(path="", times=1, body='{"code":"0","retCode":0,"data":[["17'),
    "a body that is cut off": Fault(path="", times=1, cut=True),
    "nothing": Fault(path="", times=1, body=""),
}


@pytest.mark.parametrize("venue", CEXES)
@pytest.mark.parametrize("kind", ["spot", "funding"])
def test_a_storm_of_rate_limits_is_waited_out_within_the_limits(venue, kind, exchanges, tmp_path):
    clock = Clock()
    exchanges.clock = clock
    status, body = TOO_MANY[venue]
    word = BARS[venue] if kind == "spot" else "unding"
    retry = {"Retry-After": "30"}
    exchanges.faults = [Fault(path=word, times=6, status=status, headers=retry, body=body)]

    fetch(tmp_path / "stormy", venue, kind, patience=clock.patience)

    assert clock.waits == [30.0] * 6
    assert exchanges.violations == 0
    fetch(tmp_path / "calm", venue, kind)
    assert files_of(tmp_path / "stormy") == files_of(tmp_path / "calm")


@pytest.mark.parametrize("venue", CEXES)
def test_the_wait_doubles_where_the_exchange_does_not_say_how_long(venue, exchanges, tmp_path):
    clock = Clock()
    status, body = TOO_MANY[venue]
    exchanges.faults = [Fault(path=BARS[venue], times=5, status=status, body=body)]

    fetch(tmp_path, venue, "spot", patience=clock.patience)

    assert clock.waits == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_a_ban_longer_than_patience_ends_the_exchange_and_nothing_else(exchanges, tmp_path):
    clock = Clock()
    ban = {"Retry-After": "7200"}
    body = '{"code":-1003,"msg":"Way too many requests; IP banned until 1727748000000."}'
    exchanges.faults = [Fault(path="v3/klines", times=99, status=418, headers=ban, body=body)]
    sources = [
        make_source("binance", "spot", patience=clock.patience),
        make_source("binance", "perp", patience=clock.patience),
        make_source("bybit", "perp", patience=clock.patience),
    ]

    banned, skipped, other = download(sources, tmp_path, (START, START + DAY_S), lambda *_: None)

    assert isinstance(banned.problem, SourceError)
    assert "banned" in str(banned.problem)
    assert "7200" in str(banned.problem)
    assert skipped.problem is banned.problem
    assert other.info.rows == 25
    assert clock.waits == []
    assert exchanges.count("v3/klines") == 1
    assert exchanges.count("v1/klines") == 0


@pytest.mark.parametrize("venue", CEXES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_answer_is_asked_for_again_and_never_taken_for_a_hole(
    venue, fault, exchanges, tmp_path
):
    clock = Clock()
    for word in (BARS[venue], "unding"):
        given = FAULTS[fault]
        exchanges.faults.append(
            Fault(path=word, times=1, status=given.status, body=given.body, cut=given.cut)
        )

    bars, _ = fetch(tmp_path / "faulty", venue, "spot", patience=clock.patience)
    funding, _ = fetch(tmp_path / "faulty", venue, "funding", patience=clock.patience)

    assert clock.waits == [1.0, 1.0]
    assert (bars.info.rows, funding.info.rows) == (241, 31)
    assert bars.info.notes == funding.info.notes == ("fetched 2024-10-01T00:20:34Z",)


@pytest.mark.parametrize("venue", CEXES)
def test_an_exchange_that_stays_down_is_given_up_after_eight_questions(venue, exchanges, tmp_path):
    clock = Clock()
    exchanges.faults = [Fault(path=BARS[venue], times=99, status=503, body="down")]

    with pytest.raises(SourceError, match="asked 8 times"):
        fetch(tmp_path, venue, "spot", patience=clock.patience)

    assert exchanges.count(BARS[venue]) == 8
    assert clock.waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]


@pytest.mark.parametrize("venue", CEXES)
def test_pages_before_a_failure_are_kept(venue, exchanges, tmp_path):
    clock = Clock()
    days = 200 if venue != "okx" else 30
    fetch(tmp_path / "whole", venue, "spot", days=days, start=START - 150 * DAY_S)
    pages = exchanges.count(BARS[venue])
    assert pages >= 5
    exchanges.asked.clear()

    source = make_source(venue, "spot", patience=clock.patience)
    down = Fault(path=BARS[venue], times=0, status=503, body="down")
    exchanges.faults = [down]

    def fail_after_two(_dataset, done, _total):
        if done and exchanges.count(BARS[venue]) == 2:
            down.times = 8

    dates = (START - 150 * DAY_S, START + (days - 150) * DAY_S)
    (first,) = download([source], tmp_path / "parts", dates, fail_after_two)
    assert isinstance(first.problem, SourceError)
    exchanges.asked.clear()
    fetch(tmp_path / "parts", venue, "spot", days=days, start=START - 150 * DAY_S)

    assert exchanges.count(BARS[venue]) == pages - 2
    assert files_of(tmp_path / "parts") == files_of(tmp_path / "whole")


@pytest.mark.parametrize("venue", CEXES)
def test_a_symbol_that_the_exchange_does_not_have_is_named(venue, exchanges, tmp_path):
    source = make_source(venue, "perp", symbol="DOGEUSDT")

    (fetched,) = download([source], tmp_path, (START, START + DAY_S), lambda *_: None)

    assert isinstance(fetched.problem, MissingDataError)
    assert fetched.problem.missing == (f"perp/{venue}/DOGEUSDT",)
    assert exchanges.count(BARS[venue]) == 0
