"""The exchanges on a loopback port, and a way to run the command against them."""

import os
import subprocess
import sys

import pytest

from tests.data.fetch.certificates import make_authority
from tests.data.fetch.exchange_server import ExchangeServer
from tests.data.fetch.market import Market
from tests.data.fetch.wire import VENUES

NOW_MS = 1_727_740_800_000 + 1_234_567  # 2024-10-01 00:20:34 UTC


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("certificates"), tuple(VENUES))


@pytest.fixture
def exchanges(authority, monkeypatch):
    """The three exchanges; clients of this process reach them at their own URLs."""
    context, trusted = authority
    server = ExchangeServer(Market(now_ms=NOW_MS), context)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, server.address)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    yield server
    server.close()


@pytest.fixture
def start_fetch(exchanges):  # noqa: ARG001 - it sets the proxy that the process finds
    """Start `basis-lab data fetch` as a process of its own."""
    started = []

    def start(*words):
        process = subprocess.Popen(
            [sys.executable, "-m", "basis_lab.cli", "data", "fetch", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=30)


@pytest.fixture
def fetch_command(start_fetch):
    """Run `basis-lab data fetch` to its end: exit code, stdout, stderr."""

    def run(*words):
        process = start_fetch(*words)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    return run
