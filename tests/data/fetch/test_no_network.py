"""A download without a network says at once what it tries, and gives up soon."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from basis_lab.cli import main
from basis_lab.data import download_rpc
from basis_lab.data.download_patience import Refusal
from basis_lab.data.download_rpc import Call, Rpc, RpcAddress
from basis_lab.data.download_venue import Exchange
from basis_lab.errors import SourceError
from tests.data.fetch.reading import Clock

WORDS = ("data", "fetch", "--start", "2024-08-01", "--end", "2024-08-02", "--venue", "bybit",
         "--symbol", "BTCUSDT", "--kind", "perp")  # fmt: skip
AT_ONCE_S = 6.0  # a process starts and imports ccxt in two


@pytest.fixture
def nowhere(monkeypatch):
    """A proxy on a loopback port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, address)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")


@pytest.fixture
def silence():
    """An address that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.usefixtures("nowhere")
def test_a_host_that_never_answered_is_given_up_after_four_questions_and_seven_seconds():
    clock = Clock()

    with pytest.raises(SourceError, match="cannot be reached; asked 4 times") as caught:
        Exchange("bybit", clock.patience).now_s()

    assert clock.waits == [1.0, 2.0, 4.0]
    assert clock.told[0] == "asking Bybit"
    assert "api.bybit.com" in clock.told[1]
    assert [x.partition("); ")[2].partition(" (")[0] for x in clock.told[1:]] == [
        "asked 1 of 4 times, again in 1 s",
        "asked 2 of 4 times, again in 2 s",
        "asked 3 of 4 times, again in 4 s",
    ]
    assert "check the network" in caught.value.remedy


def test_a_node_that_takes_the_connection_and_says_nothing_is_given_up_as_well(
    silence, monkeypatch
):
    clock = Clock()
    monkeypatch.setattr(download_rpc, "TIMEOUTS_S", (0.2, 0.2))
    rpc = Rpc(RpcAddress(silence), clock.patience)

    with pytest.raises(SourceError, match="cannot be reached; asked 4 times"):
        rpc.ask([Call(method="eth_blockNumber", params=())])

    assert clock.told[0] == "asking the RPC endpoint"
    assert "no connection (ReadTimeout)" in clock.told[1]
    assert silence not in " ".join(clock.told)


@pytest.mark.parametrize(("known", "asked"), [(False, 4), (True, 8)])
def test_a_network_that_breaks_in_between_gets_more_time_than_none_at_all(known, asked):
    questions = []

    def question():
        questions.append(1)
        raise Refusal("no connection", reached=False)

    with pytest.raises(SourceError, match=f"asked {asked} times"):
        Clock().patience.ask(question, "somewhere", known=known)

    assert len(questions) == asked


@pytest.mark.usefixtures("nowhere")
def test_the_command_says_within_seconds_that_it_is_waiting_and_may_be_stopped(tmp_path):
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "basis_lab.cli", *WORDS, "--out", str(tmp_path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    try:
        told = [process.stderr.readline() for _ in range(2)]
        took_s = time.monotonic() - began
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=30)
    finally:
        process.kill()

    assert told[0] == "fetch: asking Bybit\n"
    assert "asked 1 of 4 times, again in 1 s (Ctrl-C stops" in told[1]
    assert took_s < AT_ONCE_S
    assert process.returncode == 130
    assert "what was downloaded is kept" in rest


@pytest.mark.usefixtures("nowhere")
def test_quiet_says_nothing_before_the_end(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("basis_lab.services.fetch.Patience", Clock().patience_with)

    code = main([*WORDS, "--out", str(tmp_path), "--quiet"])

    told = capsys.readouterr()
    assert code == 3
    assert told.err.startswith("DAT-001: 1 of 1 dataset is not complete")


@pytest.mark.usefixtures("nowhere")
def test_what_failed_at_two_venues_alike_is_said_once(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("basis_lab.services.fetch.Patience", Clock().patience_with)

    main([*WORDS, "--venue", "okx", "--out", str(tmp_path), "--quiet"])

    told = capsys.readouterr().err
    assert told.startswith("DAT-001: 2 of 2 datasets are not complete")
    assert told.count("the source cannot be reached; asked 4 times") == 1
    assert told.count("check the network, and HTTPS_PROXY") == 1
