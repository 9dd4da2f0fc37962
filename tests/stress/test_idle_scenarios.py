"""A scenario that changed nothing says so, in the warnings and at the head of the workbench."""

import numpy as np
import pytest

import basis_lab as bl
from basis_lab.config.loader import list_modes
from basis_lab.notebook.bench import Workbench
from basis_lab.notebook.case import Case

DATES = {"start": "2025-01-01", "end": "2025-02-15"}
PAIRS = [(x.header.mode, y) for x in list_modes() for y in x.header.share_classes]
CLOSING = """scenario: {name}
meaning: nobody takes an order for {hours} hours
closures:
  - venues: [binance, bybit, okx, aave_v3, etherfi]
    at: {at}
    duration: {hours}
    lost: false
"""


def claims(result):
    return [x for x in result.summary["warnings"] if x.endswith("changes nothing in this run")]


@pytest.mark.parametrize(("mode", "share_class"), PAIRS)
def test_a_closure_that_is_said_to_change_nothing_leaves_every_figure_as_it_was(
    mode, share_class, tmp_path
):
    base = bl.backtest(mode, share_class=share_class, **DATES)
    for at, hours in (("2025-01-01", 24), ("10%", 2), ("50%", 24), ("50%", 300)):
        path = tmp_path / f"closing_{at.rstrip('%')}_{hours}.yaml"
        path.write_text(CLOSING.format(name=path.stem, at=at, hours=hours))

        run = bl.backtest(mode, share_class=share_class, scenarios=(str(path),), **DATES)

        same = all(
            np.array_equal(getattr(run.record, x), getattr(base.record, x), equal_nan=True)
            for x in ("equity", "exit_equity", "nav_per_share")
        )
        assert same or not claims(run)
        if at == "2025-01-01":  # the entry itself had to wait
            assert not claims(run)


def test_a_closure_that_keeps_a_transfer_waiting_is_not_said_to_change_nothing(tmp_path):
    base = bl.backtest("btc_basis", **DATES)
    sent = base.events[base.events["event_type"] == "TRANSFER_ARRIVED"]
    arrived = sent[sent["venue"] == "bybit"].index[-1]  # of a rebalance, an hour after it was sent
    path = tmp_path / "closing.yaml"
    closing = CLOSING.format(name=path.stem, at=f"{arrived:%Y-%m-%dT%H:%M}", hours=2)
    path.write_text(closing.replace("binance, bybit, okx, aave_v3, etherfi", "bybit"))

    run = bl.backtest("btc_basis", scenarios=(str(path),), **DATES)

    assert not np.array_equal(run.record.exit_equity, base.record.exit_equity)
    assert not claims(run)


def test_an_outage_during_which_nothing_is_asked_is_told_to_change_nothing():
    run = bl.backtest("btc_basis", start="2025-01-01", end="2025-12-31", scenarios="cex_outage_24h")

    (told,) = claims(run)
    assert told.startswith("a closure of binance, bybit, okx at 50% is waited for by no decision")


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        ("eth_rally_50", "its shocks changed nothing in this run"),
        ("cex_outage_24h", "its closures changed nothing in this run"),
        ("lending_frozen_30d", "its closures changed nothing in this run"),
        ("funding_negative_3d", ""),
        ("usdt_depeg_3", ""),
        ("hold", ""),
        ("", ""),
    ],
)
def test_the_head_says_that_a_scenario_changed_nothing(scenario, told):
    dates = {"start": "2025-01-01", "end": "2025-12-31"}
    bench = Workbench(Case(mode="btc_basis", share_class="USDT", scenario=scenario, **dates))

    head = bench.board.head.slots["case"]
    assert f"scenario {scenario}" in head or not scenario
    assert ("changed nothing in this run" in head) == bool(told)
    assert told in head
