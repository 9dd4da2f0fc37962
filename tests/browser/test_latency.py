"""What a slider move costs, measured and written down, never asserted."""

import re
import statistics

import pytest

from .conftest import note

pytestmark = [
    pytest.mark.slow,
    # The libraries that start kernels and browsers are not ours to mend.
    pytest.mark.filterwarnings("default"),
]
MOVES = 20
FULLEST = "usdt_market_neutral"  # three exchanges and the chain


@pytest.mark.parametrize(
    ("mode", "key"),
    [("btc_basis", "strategy.spot_allocation"), (FULLEST, "strategy.stake_allocation")],
)
def test_twenty_moves_of_a_years_run_are_measured(bench, mode, key):
    if bench.page.input_value("[data-key=mode]") != mode:
        bench.live(on=True)
        bench.choose("mode", mode)
    received = []
    session = bench.page.context.new_cdp_session(bench.page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameReceived", lambda e: received.append(_size(e["response"])))
    bench.live(on=True)

    told = bench.time_moves(key, MOVES)

    session.detach()
    total, browser = ([x[i] for x in told] for i in (0, 1))
    run_s, kernel_ms = zip(*(_parts(x[2]) for x in told), strict=True)
    parts = ([1000.0 * x for x in run_s], kernel_ms, browser)
    rests = [whole - sum(x) for whole, *x in zip(total, *parts, strict=True)]
    run, kernel, drawn, rest = (statistics.median(x) for x in (*parts, rests))
    note(
        f"{MOVES} slider moves, {mode}, a year: median {statistics.median(total):.0f} ms"
        f" (least {min(total):.0f}, most {max(total):.0f}): run {run:.0f}, kernel draws"
        f" {kernel:.0f}, browser draws {drawn:.0f}, messages and waiting {rest:.0f};"
        f" {sum(received) / MOVES / 1024:.0f} KiB a move"
    )
    assert len(total) == MOVES
    assert sum(received) / MOVES < 300 * 1024


def _parts(status):
    """Seconds of the run and milliseconds of the kernel's drawing, as the workbench tells them."""
    run_s, kernel_ms = re.search(r" in ([0-9.]+) s.* drawn in ([0-9]+) ms", status).groups()
    return float(run_s), float(kernel_ms)


def _size(response):
    size = len(response["payloadData"])
    return size * 3 // 4 if response["opcode"] == 2 else size
