"""History read from real Aave contracts on a local chain, at the block of each hour."""

import datetime as dt
import json
import signal
import subprocess
import sys

import numpy as np
import pytest
import yaml

from basis_lab.data.catalogue import open_store
from tests.data.fetch.reading import HOUR_S, files_of

HOURS = 30
RAY, WAD, USD = 10**27, 10**18, 10**8
UNITS = {"USDT": 10**6, "WETH": 10**18, "weETH": 10**18}


def chain_file(chain, folder, **changes):
    """A --chain file for the local market, under the name of the chain whose data it stands for."""
    deployed = chain.market
    content = {
        "title": "Local",
        "chain_id": 31_337,
        "confirmations": 0,
        "pool_addresses_provider": deployed.addresses_provider.address,
        "assets": {
            symbol: {"address": deployed.tokens[symbol].address, "decimals": 18} for symbol in UNITS
        },
        "lst": ["weETH"],
        "tip_blocks": 20,
    }
    content["assets"]["USDT"]["decimals"] = 6
    content |= changes
    path = folder / "ethereum.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def live_through(chain, hours):
    """Let rates, prices and indices move; the hour that it begins with, and the newest block."""
    user, second = chain.users[:2]
    chain.supply(user, "weETH", chain.units("weETH", 3000))
    chain.borrow(user, "WETH", chain.units("WETH", 2000))
    chain.supply(second, "WETH", chain.units("WETH", 50_000))
    start = chain.now() - chain.now() % HOUR_S + HOUR_S
    for hour in range(hours + 1):
        chain.at(start + hour * HOUR_S - 1700)
        chain.borrow(second, "USDT", chain.units("USDT", 1_000_000))
        chain.set_price("WETH", 3000.0 + hour)
        if hour % 6 == 0:
            chain.set_rate(1.05 + hour * 1e-5)
            chain.set_price("USDT", 1.0 - hour * 1e-5)
        if hour % 2:  # a block of exactly that second belongs to the hour
            chain.at(start + hour * HOUR_S)
            chain.borrow(user, "WETH", chain.units("WETH", 5))
    chain.wait(HOUR_S)
    return start


def text(second):
    return dt.datetime.fromtimestamp(second, dt.UTC).isoformat()


def words_for(chain, path, start, hours=HOURS):
    dates = ["--start", text(start), "--end", text(start + hours * HOUR_S)]
    return [*dates, "--kind", "aave,lst,oracle,gas", "--rpc", chain.url, "--chain", str(path)]


@pytest.fixture
def command():
    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "basis_lab.cli", "data", *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run


@pytest.mark.slow
def test_every_row_is_what_the_contracts_say_at_the_last_block_by_its_time(
    aave_chain, command, tmp_path
):
    start = live_through(aave_chain, HOURS)
    path = chain_file(aave_chain, tmp_path)

    done = command("fetch", *words_for(aave_chain, path, start), "--out", tmp_path / "data")

    assert not done.returncode, done.stderr
    store = open_store(tmp_path / "data")
    reserves = {x: store.read(f"aave/ethereum/{x}").fields for x in UNITS}
    rate = store.read("lst/aave/weETH").fields["rate"]
    times = store.read("aave/ethereum/WETH").times.astype(np.int64)
    assert times.tolist() == [start + HOUR_S * i for i in range(HOURS + 1)]
    for row, time in enumerate(times):
        block = int(reserves["WETH"]["block"][row])
        seconds = [aave_chain.anvil.web3.eth.get_block(x)["timestamp"] for x in (block, block + 1)]
        assert seconds[0] <= time < seconds[1]
        state = aave_chain.look(aave_chain.users[0], block)
        for symbol, fields in reserves.items():
            reserve = state.reserves[symbol]
            assert fields["liquidity_index"][row] == reserve.liquidity_index / RAY
            assert fields["borrow_index"][row] == reserve.borrow_index / RAY
            assert fields["supply_rate"][row] == reserve.liquidity_rate / RAY
            assert fields["borrow_rate"][row] == reserve.borrow_rate / RAY
            assert fields["price_usd"][row] == reserve.price / USD
            supplied = reserve.scaled_supply * reserve.liquidity_index / RAY / UNITS[symbol]
            assert fields["total_supplied"][row] == pytest.approx(supplied, rel=1e-12)
            borrowed = reserve.scaled_debt * reserve.borrow_index / RAY / UNITS[symbol]
            assert fields["total_borrowed"][row] == pytest.approx(borrowed, rel=1e-12, abs=1e-6)
            usd = store.read(f"oracle/aave/{symbol}USD").fields["price"]
            assert usd[row] == reserve.price / USD
        prices = [state.reserves[x].price for x in ("weETH", "WETH")]
        assert rate[row] == prices[0] / prices[1]
    assert len(set(rate)) > 4, "the rate moved"
    for symbol in ("USDT", "WETH"):
        assert (np.diff(reserves[symbol]["borrow_index"]) > 0).all(), "the index moved each hour"


@pytest.mark.slow
def test_gas_is_what_the_chain_charged(aave_36, command, tmp_path):
    start = live_through(aave_36, 4)
    path = chain_file(aave_36, tmp_path, tip_blocks=1)

    done = command(
        "fetch", *words_for(aave_36, path, start, 4), "--kind", "gas", "--out", tmp_path / "data"
    )

    assert not done.returncode, done.stderr
    series = open_store(tmp_path / "data").read("gas/ethereum/gas")
    for row, number in enumerate(series.fields["block"]):
        block = aave_36.anvil.web3.eth.get_block(int(number), full_transactions=True)
        base_fee = block["baseFeePerGas"]
        tips = [x["gasPrice"] - base_fee for x in block["transactions"]]
        assert series.fields["base_fee_gwei"][row] == base_fee / 1e9
        assert series.fields["price_gwei"][row] == (base_fee + sum(tips)) / 1e9


@pytest.mark.slow
def test_a_killed_download_of_the_chain_goes_on_to_the_same_bytes(aave_36, command, tmp_path):
    start = live_through(aave_36, HOURS)
    path = chain_file(aave_36, tmp_path)
    words = words_for(aave_36, path, start)
    assert not command("fetch", *words, "--out", tmp_path / "whole").returncode

    killed = tmp_path / "killed"
    for lines in (1, 3, 5, 7):
        process = subprocess.Popen(
            [sys.executable, "-m", "basis_lab.cli", "data", "fetch", *words, "--out", str(killed)],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(lines):
            process.stderr.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    done = command("fetch", *words, "--out", killed)

    assert not done.returncode, done.stderr
    assert files_of(killed) == files_of(tmp_path / "whole")


@pytest.mark.slow
def test_a_lending_backtest_runs_on_what_was_fetched_and_earns_what_the_pool_paid(
    aave_36, exchanges, command, tmp_path
):
    start = live_through(aave_36, HOURS)
    exchanges.market.now_ms = (start + 3 * 86_400) * 1000
    path = chain_file(aave_36, tmp_path)
    data = tmp_path / "data"
    words = words_for(aave_36, path, start)
    dates = words[:4]
    assert not command("fetch", *words, "--out", data).returncode
    spot = ["--venue", "binance", "--symbol", "ETHUSDT,BTCUSDT", "--kind", "spot"]
    assert not command("fetch", *dates, *spot, "--out", data).returncode

    words = ["backtest", "pure_lending", *dates, "--scenario", "frictionless", "--json"]
    places = ["--data-dir", str(data), "--out", str(tmp_path / "runs"), "--no-plots"]
    done = subprocess.run(
        [sys.executable, "-m", "basis_lab.cli", *words, *places, "--capital", "100000"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert not done.returncode, done.stderr
    summary = json.loads(done.stdout)
    index = open_store(data).read("aave/ethereum/USDT").fields["liquidity_index"]
    earned = 100_000 * (index[-1] / index[0] - 1)
    assert earned > 0.01
    assert summary["attribution"]["supply_yield"] == pytest.approx(earned, rel=1e-9)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"chain_id": 1}, "the node serves another chain"),
        ({"pool_addresses_provider": "0x" + "99" * 20}, "there is no contract"),
        ({"swap": True}, "a token has another symbol"),
    ],
)
def test_an_address_that_is_not_what_the_file_says_is_refused(
    changes, what, aave_36, command, tmp_path
):
    if "swap" in changes:
        tokens = aave_36.market.tokens
        named = {"WETH": tokens["weETH"].address, "weETH": tokens["WETH"].address}
        changes = {"assets": {x: {"address": y, "decimals": 18} for x, y in named.items()}}
    path = chain_file(aave_36, tmp_path, **changes)

    done = command("fetch", *words_for(aave_36, path, aave_36.now(), 1), "--out", tmp_path / "x")

    assert done.returncode == 3
    assert what in done.stderr
    assert aave_36.url not in done.stderr + done.stdout
