"""`basis-lab data fetch` as a user meets it: words, exit codes, progress, what it keeps secret."""

import contextlib
import datetime as dt
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

from basis_lab.cli import main
from basis_lab.data.catalogue import open_store
from tests.data.fetch.exchange_server import Fault
from tests.data.fetch.node_server import KEY

DAY = ("--start", "2024-08-01", "--end", "2024-08-02")
ONE = (*DAY, "--venue", "bybit", "--symbol", "BTCUSDT", "--kind", "perp")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--venue", "kraken"), "--venue takes binance, bybit, okx"),
        (("--kind", "spot,options"), "--kind takes spot, perp, mark, funding, aave"),
        (("--kind", ""), "--kind takes"),
        (("--start", "2024-08-02", "--end", "2024-08-01"), "the end lies before the start"),
        (("--start", "yesterday"), "'yesterday' is not a date"),
        (("--out", "s3://bucket/data"), "'s3://bucket/data' is no directory of this machine"),
        (("--interval", "2h"), "invalid choice: '2h'"),
        (("--kind", "aave"), "protocol history needs an archive node"),
        (("--kind", "gas", "--rpc", KEY), "the address of the RPC endpoint is no URL"),
        (("--kind", "gas", "--rpc", "http://127.0.0.1:9", "--chain", "moon"), "no chain of that"),
        (("--kind", "aave", "--rpc", "http://127.0.0.1:9", "--token", "DOGE"), "no such token"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(words, said, tmp_path, capsys):
    try:
        code = main(["data", "fetch", "--out", str(tmp_path / "data"), *words])
    except SystemExit as left:
        code = left.code

    err = capsys.readouterr().err
    assert code == 2
    assert said in err
    assert KEY not in err
    assert not (tmp_path / "data").exists()


def test_a_directory_that_cannot_be_written_is_named(tmp_path, capsys):
    place = tmp_path / "file"
    place.write_text("")

    code = main(["data", "fetch", *ONE, "--out", str(place)])

    assert code == 2
    assert "the directory cannot be written" in capsys.readouterr().err


def test_what_is_complete_is_printed_and_what_is_not_exits_with_3(exchanges, tmp_path, capsys):
    exchanges.market.holes = {("bybit", "perp", 1_722_470_400_000 + 5 * 3_600_000)}
    words = ["data", "fetch", *ONE, "--out", str(tmp_path), "--quiet"]

    good = main(words)
    told = capsys.readouterr()
    bad = main([*words, "--symbol", "BTCUSDT,DOGEUSDT", "--symbol", "XYZUSDT"])
    failed = capsys.readouterr()

    assert (good, bad) == (0, 3)
    assert told.err == ""
    assert told.out.splitlines()[:3] == [
        "perp/bybit/BTCUSDT: 24 rows, 2024-08-01T00:00:00Z to 2024-08-02T00:00:00Z (24 new)",
        "  fetched 2024-10-01T00:20:34Z",
        "  the source has a hole from 2024-08-01T05:00:00Z to 2024-08-01T06:00:00Z",
    ]
    assert "2 of 3 datasets are not complete" in failed.err
    assert (
        "Bybit has no linear perpetual of that symbol; where: bybit; value: DOGEUSDT" in failed.err
    )
    assert "(0 new)" in failed.out


def test_progress_is_plain_lines_when_piped(fetch_command, tmp_path):
    _, _, err = fetch_command(*ONE, "--kind", "funding", "--end", "2024-09-30", "--out", tmp_path)

    assert err.splitlines() == [
        "fetch: asking Bybit",
        "fetch: perp/bybit/BTCUSDT: 60 %",
        "fetch: perp/bybit/BTCUSDT: 100 %",
        "fetch: funding/bybit/BTCUSDT: 50 %",
        "fetch: funding/bybit/BTCUSDT: 100 %",
    ]


def test_progress_is_a_bar_on_a_terminal(exchanges, tmp_path):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    command = [sys.executable, "-m", "basis_lab.cli", "data", "fetch", *ONE]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path)], stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the other end has closed
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    assert process.wait(timeout=60) == 0

    assert b"perp/bybit/BTCUSDT:" in shown
    assert b"/25" in shown
    assert exchanges.count("kline") == 1


@pytest.mark.parametrize("way", ["option", "variable"])
def test_the_address_of_the_node_is_neither_printed_nor_written(way, tmp_path):
    url = f"http://127.0.0.1:9/v2/{KEY}"
    environment = {**os.environ, "BASIS_LOG_LEVEL": "DEBUG"}
    words = [*DAY, "--kind", "gas", "--out", str(tmp_path / "data"), "--debug"]
    if way == "option":
        words += ["--rpc", url]
    else:
        environment |= {"BASIS_ENVIRONMENT": "staging", "BASIS_STAGING__ALCHEMY__RPC_URL": url}
    script = (
        "import sys, basis_lab.data.download_patience as p\n"
        "p.Patience.__init__.__kwdefaults__['first_wait_s'] = 0.0\n"  # four refusals at once
        "from basis_lab.cli import main\n"
        "sys.exit(main(['data', 'fetch', *sys.argv[1:]]))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )

    assert done.returncode == 3
    assert "the source cannot be reached; asked 4 times" in done.stderr
    assert KEY not in done.stdout + done.stderr
    written = [x for x in tmp_path.rglob("*") if x.is_file() and KEY.encode() in x.read_bytes()]
    assert written == []


@pytest.mark.slow
def test_a_storm_in_real_time_is_survived(exchanges, fetch_command, tmp_path):
    exchanges.faults = [
        Fault(path="kline", times=2, status=403, headers={"Retry-After": "1"}, body="{}"),
    ]

    code, _, err = fetch_command(*ONE, "--out", tmp_path)

    assert not code, err
    assert open_store(tmp_path).read("perp/bybit/BTCUSDT").info.rows == 25
    assert exchanges.count("kline") == 3


def test_recent_bars_of_okx_come_from_its_other_endpoint(exchanges, fetch_command, tmp_path):
    now = dt.datetime.now(dt.UTC)
    exchanges.market.now_ms = int(now.timestamp() * 1000)
    start = (now - dt.timedelta(days=3)).date().isoformat()

    code, _, err = fetch_command(
        *("--start", start, "--venue", "okx", "--symbol", "ETHUSDT", "--kind", "perp,mark"),
        *("--out", tmp_path),
    )

    assert not code, err
    assert exchanges.count("/market/candles") > 0
    assert exchanges.count("/market/mark-price-candles") > 0
    assert open_store(tmp_path).read("mark/okx/ETHUSDT").info.rows >= 72


def test_a_start_in_the_future_is_refused_before_anything_is_asked(tmp_path, capsys):
    code = main(["data", "fetch", "--start", "2130-01-01", "--out", str(tmp_path / "out")])

    told = capsys.readouterr().err
    assert code == 2
    assert "the start lies in the future" in told
    assert "2130-01-01" in told
    assert not (tmp_path / "out").exists()
