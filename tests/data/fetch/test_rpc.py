"""Asking a node: many questions at once, whatever order the answers come in; secrets stay so."""

import bisect
import logging
import statistics

import numpy as np
import pytest

from basis_lab.data.catalogue import open_store
from basis_lab.data.download import download
from basis_lab.data.download_blocks import BlockClock
from basis_lab.data.download_chain import AssetParameters, Chain, ChainParameters
from basis_lab.data.download_protocol import GasSource
from basis_lab.data.download_rpc import Call, Rpc, RpcAddress
from basis_lab.data.download_state import FOLDER
from basis_lab.data.series import DatasetId, DatasetKind
from basis_lab.errors import BadDataError, SourceError, UsageError
from tests.data.fetch.node_server import GENESIS_S, KEY, NodeServer, base_fee_wei, tip_wei
from tests.data.fetch.reading import HOUR_S, Clock, files_of

BLOCKS = [Call(method="eth_getBlockByNumber", params=(hex(x), False)) for x in range(120)]


@pytest.fixture(scope="module")
def _node():
    server = NodeServer()
    yield server
    server.close()


@pytest.fixture
def node(_node):
    _node.requests.clear()
    _node.faults.clear()
    _node.largest = 10_000
    return _node


def make_rpc(node, clock=None, batch=50):
    patience = (Clock() if clock is None else clock).patience
    return Rpc(RpcAddress(node.url), patience, batch)


def stamps(results):
    return [int(x["timestamp"], 16) for x in results]


def error_for(batch, place, code, message):
    error = {"jsonrpc": "2.0", "id": batch[place]["id"], "error": {"code": code}}
    error["error"]["message"] = message
    return error


def test_answers_come_back_in_the_order_of_the_questions(node):
    assert stamps(make_rpc(node).ask(BLOCKS)) == node.seconds[:120]
    assert [len(x) for x in node.requests] == [50, 50, 20]


def test_no_question_needs_no_request(node):
    assert make_rpc(node).ask([]) == []
    assert node.requests == []


def test_only_what_a_busy_node_left_out_is_asked_again(node):
    def busy(batch):
        answers = [node.result(x) for x in batch]
        answers[3] = error_for(batch, 3, -32005, "compute units per second exceeded")
        return 200, {}, answers

    clock = Clock()
    node.faults = [busy]

    assert stamps(make_rpc(node, clock).ask(BLOCKS[:10])) == node.seconds[:10]
    assert [[x["id"] for x in y] for y in node.requests] == [list(range(10)), [3]]
    assert clock.waits == [1.0]


def test_answers_that_are_missing_from_a_batch_are_asked_for_again(node):
    node.faults = [lambda batch: (200, {}, [node.result(x) for x in batch[4:]])]

    assert stamps(make_rpc(node).ask(BLOCKS[:10])) == node.seconds[:10]
    assert [len(x) for x in node.requests] == [10, 4]


@pytest.mark.parametrize(
    ("fault", "wait_s"),
    [
        ((429, {"Retry-After": "17"}, b"slow down"), 17.0),
        ((503, {}, b"down"), 1.0),
        ((200, {}, b"<html>"), 1.0),
        ((200, {}, {"jsonrpc": "2.0", "id": None, "error": {"code": 429, "message": "x"}}), 1.0),
    ],
)
def test_a_node_that_is_not_ready_is_waited_for(fault, wait_s, node):
    clock = Clock()
    node.faults = [lambda _: fault] * 3

    assert stamps(make_rpc(node, clock).ask(BLOCKS[:10])) == node.seconds[:10]
    assert clock.waits[0] == wait_s
    assert len(clock.waits) == 3


def test_a_batch_that_is_too_large_for_the_node_is_halved(node):
    node.largest = 15

    assert stamps(make_rpc(node).ask(BLOCKS[:60])) == node.seconds[:60]
    assert [len(x) for x in node.requests] == [50, 25, 12, 12, 12, 12, 12]


def test_a_call_that_reverts_is_no_answer_and_no_error(node):
    node.faults = [lambda batch: (200, {}, [error_for(batch, 0, 3, "execution reverted")])]

    assert make_rpc(node).ask(BLOCKS[:1]) == [None]


def test_a_node_without_history_is_told_apart(node):
    node.faults = [lambda batch: (200, {}, [error_for(batch, 0, -32000, "missing trie node 0x12")])]

    with pytest.raises(SourceError, match="archive node"):
        make_rpc(node).ask(BLOCKS[:1])


def test_the_address_is_in_no_error_and_no_log(node, caplog):
    caplog.set_level(logging.DEBUG)
    told = []
    for fault in (
        (401, {}, f"the key {KEY} of {node.url} is not known".encode()),
        (200, {}, [{"id": 0, "error": {"code": 1, "message": f"no such app {KEY}"}}]),
        (503, {}, KEY.encode()),
    ):
        node.faults = [lambda _, fault=fault: fault] * 8
        with pytest.raises(SourceError) as caught:
            make_rpc(node).ask(BLOCKS[:1])
        told += [str(caught.value), caught.value.block(), repr(caught.value.__cause__)]
        assert caught.value.__cause__ is None or KEY not in str(caught.value.__cause__)
    gone = RpcAddress(f"http://127.0.0.1:9/v2/{KEY}")
    with pytest.raises(SourceError) as caught:
        Rpc(gone, Clock().patience).ask(BLOCKS[:1])
    told += [str(caught.value), repr(gone), str(gone)]

    assert not [x for x in told if KEY in x or "127.0.0.1" in x]
    assert KEY not in caplog.text
    assert "/v2/" not in caplog.text


def test_whatever_an_address_holds_is_scrubbed_from_what_a_node_says():
    address = RpcAddress("https://user:pass99@node.example/rpc/abc123?apikey=xyz789&net=1")

    said = address.scrub("user pass99 at node.example: abc123, apikey=xyz789&net=1, xyz789, v2")

    assert said == "*** *** at node.example: ***, ***, ***, v2"


def test_a_redirect_is_not_followed(node):
    elsewhere = {"Location": f"{node.url}/elsewhere"}
    node.faults = [lambda _: (307, elsewhere, b"")]

    with pytest.raises(SourceError, match="HTTP status 307"):
        make_rpc(node).ask(BLOCKS[:1])
    assert len(node.requests) == 1


def test_an_address_that_is_none_is_refused_without_being_repeated():
    with pytest.raises(UsageError) as caught:
        RpcAddress(KEY)

    assert KEY not in caught.value.block()


def test_each_hour_belongs_to_the_last_block_mined_by_then(node, tmp_path):
    clock = BlockClock(make_rpc(node), tmp_path, 1, 64)
    times = [GENESIS_S + HOUR_S * i for i in range(100)]

    blocks = clock.at(times).tolist()

    assert blocks == [bisect.bisect_right(node.seconds, x) - 1 for x in times]
    assert clock.head() == (39_936, node.seconds[39_936])


def test_a_moment_before_the_chain_has_no_block(node, tmp_path):
    clock = BlockClock(make_rpc(node), tmp_path, 1, 64)

    assert clock.at([GENESIS_S - 1, GENESIS_S]).tolist() == [-1, 0]


def test_blocks_are_searched_once(node, tmp_path):
    times = [GENESIS_S + HOUR_S * i for i in range(100)]
    found = BlockClock(make_rpc(node), tmp_path, 1, 64).at(times)
    asked = sum(len(x) for x in node.requests)
    node.requests.clear()

    again = BlockClock(make_rpc(node), tmp_path, 1, 64).at(times)

    assert np.array_equal(again, found)
    assert asked < 100 * 8, "an interpolation takes a few questions a moment"
    assert sum(len(x) for x in node.requests) <= 4  # the head, and one block to compare


def test_a_block_whose_line_was_cut_off_is_searched_anew(node, tmp_path):
    times = [GENESIS_S + HOUR_S * i for i in range(9)]
    found = BlockClock(make_rpc(node), tmp_path, 1, 64).at(times[:5])
    path = tmp_path / FOLDER / "blocks-1.jsonl"
    path.write_bytes(path.read_bytes()[:-7])

    again = BlockClock(make_rpc(node), tmp_path, 1, 64).at(times)
    last = BlockClock(make_rpc(node), tmp_path, 1, 64).at(times)

    assert np.array_equal(again[:5], found)
    assert np.array_equal(last, again)
    assert len(path.read_text().splitlines()) == 9


def test_blocks_of_another_chain_are_not_believed(node, tmp_path):
    BlockClock(make_rpc(node), tmp_path, 1, 64).at([GENESIS_S + HOUR_S])
    path = tmp_path / FOLDER / "blocks-1.jsonl"
    path.write_text(path.read_text().replace(str(node.seconds[299]), str(GENESIS_S + 7)))

    other = NodeServer(blocks=5000, seed=8)
    try:
        with pytest.raises(BadDataError, match="another chain"):
            BlockClock(make_rpc(other), tmp_path, 1, 64).at([GENESIS_S + 2 * HOUR_S])
    finally:
        other.close()


def make_gas(node, root, clock=None):
    parameters = ChainParameters(
        title="Test",
        chain_id=1,
        confirmations=64,
        pool_addresses_provider="0x" + "11" * 20,
        assets={"WETH": AssetParameters(address="0x" + "22" * 20, decimals=18)},
        lst=(),
        tip_blocks=20,
    )
    chain = Chain("ethereum", parameters, make_rpc(node, clock), root)
    source = GasSource(chain, DatasetId(DatasetKind.GAS, "ethereum", "gas"), HOUR_S)
    source.open = lambda: chain.clock.head()[1]  # this chain has no contracts to verify
    return source


def test_gas_is_the_base_fee_of_the_block_and_the_usual_tip_before_it(node, tmp_path):
    dates = (GENESIS_S, GENESIS_S + 100 * HOUR_S)

    (fetched,) = download([make_gas(node, tmp_path)], tmp_path, dates, lambda *_: None)

    series = open_store(tmp_path).read("gas/ethereum/gas")
    assert fetched.info.rows == 101
    for row in (1, 50, 100):
        block = bisect.bisect_right(node.seconds, GENESIS_S + HOUR_S * row) - 1
        tip = statistics.median(tip_wei(x) for x in range(block - 19, block + 1))
        assert series.fields["block"][row] == block
        assert series.fields["base_fee_gwei"][row] == base_fee_wei(block) / 1e9
        assert series.fields["price_gwei"][row] == (base_fee_wei(block) + tip) / 1e9


def test_a_node_that_fails_in_between_costs_no_page_that_was_finished(node, tmp_path):
    dates = (GENESIS_S, GENESIS_S + 120 * HOUR_S)
    download([make_gas(node, tmp_path / "whole")], tmp_path / "whole", dates, lambda *_: None)
    whole = [x["method"] for y in node.requests for x in y].count("eth_feeHistory")
    node.requests.clear()

    def fail(_dataset, done, _total):
        if done == 72 * HOUR_S:
            node.faults = [lambda _: (503, {}, b"down")] * 8

    (first,) = download([make_gas(node, tmp_path / "two")], tmp_path / "two", dates, fail)
    assert isinstance(first.problem, SourceError)
    (second,) = download(
        [make_gas(node, tmp_path / "two")], tmp_path / "two", dates, lambda *_: None
    )

    assert second.info.rows == 121
    asked = [x["method"] for y in node.requests for x in y].count("eth_feeHistory")
    assert asked <= whole + 24
    assert files_of(tmp_path / "two") == files_of(tmp_path / "whole")
