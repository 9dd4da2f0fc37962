"""A run belongs to the case that it was asked for, whatever is chosen while it is under way."""

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from basis_lab.errors import ConfigError, DataRangeError
from basis_lab.notebook import loops
from basis_lab.notebook.bench import Workbench
from basis_lab.notebook.case import Case
from basis_lab.notebook.runner import Outcome, Runner

from .conftest import SHORT


def under_way(bench, meanwhile, *, cancel=False):
    """Run, do something once the progress is told, and wait for the end."""

    async def do():
        bench.act("run")
        await until(lambda: re.search(r"[0-9] of ", bench.editor.panel.slots["progress"]))
        meanwhile()
        told = bench.editor.panel.slots["progress"]
        await until(lambda: bench.editor.panel.slots["progress"] != told)
        told = bench.editor.panel.slots["progress"]
        if cancel:
            bench.act("cancel")
        await until(lambda: "disabled" in cancel_button(bench))
        return told

    with ThreadPoolExecutor(1) as apart:  # a browser's test may have a loop in this thread
        return apart.submit(asyncio.run, do()).result()


async def until(true):
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(true)


def cancel_button(bench):
    return re.search(r'<button[^>]*data-do="cancel"[^>]*>', bench.editor.panel.slots["acts"])[0]


@pytest.fixture
def ends(monkeypatch):
    """What tells a workbench that a run of its own has ended."""
    found = []

    class Known(Runner):
        def __init__(self, on_end, on_progress):
            super().__init__(on_end, on_progress)
            found.append(on_end)

    monkeypatch.setattr("basis_lab.notebook.bench.Runner", Known)
    return found


@pytest.fixture
def slow(monkeypatch):
    """Every timestep a window of its own, and a pause after each: so Live is off."""
    monkeypatch.setattr("basis_lab.notebook.bench.LIVE_BELOW_S", 0.0)
    request = Case.request
    paused = {"stride": 1, "progress": lambda *_: time.sleep(0.001)}
    monkeypatch.setattr(Case, "request", lambda case: replace(request(case), **paused))


@pytest.mark.usefixtures("slow")
def test_the_capital_of_a_run_stays_with_its_case():
    bench = Workbench(Case(mode="usdt_market_neutral", share_class="USDT", **SHORT))
    bench.act("case", "capital", "123456")
    bench.act("case", "start", "2024-12-01")

    under_way(bench, lambda: bench.act("case", "mode", "eth_staking_only"))

    assert bench.drawn.mode == "usdt_market_neutral"
    assert bench.result.summary["initial_capital"] == 123_456.0
    assert bench.editor.case.capital == 100.0
    assert bench.editor.panel.values["capital"] == "100"
    assert "Run \N{BULLET}" in bench.editor.panel.slots["acts"]
    bench.act("run")
    assert bench.result.summary["mode"] == "eth_staking_only"
    assert bench.result.summary["initial_capital"] == 100.0


def test_the_default_capital_stands_in_its_field_before_any_run():
    bench = Workbench(Case(mode="btc_basis", share_class="USDT", **SHORT))
    bench.act("live")

    bench.act("case", "mode", "eth_leveraged")

    assert bench.result.summary["mode"] == "btc_basis"
    assert bench.editor.panel.values["capital"] == "100"
    bench.act("case", "mode", "usdt_market_neutral")
    assert bench.editor.panel.values["capital"] == "100000"


@pytest.mark.usefixtures("slow")
def test_the_progress_is_told_in_the_steps_and_dates_of_the_run():
    bars = {"data.bar_interval": "5m"}
    short = {"start": "2025-01-01", "end": "2025-01-15"}
    bench = Workbench(Case(mode="eth_leveraged", share_class="ETH", overrides=bars, **short))
    bench.act("set", "strategy.target_ltv", "0.8")

    told = under_way(bench, lambda: bench.act("case", "mode", "btc_basis"), cancel=True)

    assert re.search(r"Jan 2025 \N{MIDDLE DOT} [0-9,]+ of 4,033 bars of 5 min", told)


def test_what_a_run_says_of_auto_is_not_told_of_another_mode():
    bench = Workbench(Case(mode="eth_leveraged", share_class="ETH", **SHORT))
    bench.act("live")
    assert re.fullmatch(r"auto \(0\.\d+\)", bench.editor.panel.values["strategy.target_ltv"])

    bench.act("case", "mode", "usdt_market_neutral")

    assert bench.editor.panel.values["strategy.target_ltv"] == "auto"


def test_the_error_of_a_run_offers_nothing_to_another_case(ends, bench):
    bench.act("live")
    error = DataRangeError(
        "dates lie outside the data",
        where="start, end",
        value="2025-01-01 to 2025-02-15; the tables reach to 2025-02-01",
        remedy="choose dates",
    )
    ends[0](Outcome(None, error, 1.0))
    assert 'data-do="remedy"' in bench.board.head.slots["alert"]
    bench.act("dismiss")

    bench.act("set", "strategy.spot_allocation", "0.6")
    ends[0](Outcome(None, error, 1.0))

    alert = bench.board.head.slots["alert"]
    assert 'data-do="remedy"' not in alert
    assert "It ran btc_basis, as shipped; another case is chosen by now." in alert


def test_a_run_that_was_refused_blames_no_field_of_another_case(ends, bench):
    with pytest.raises(ConfigError) as refused:
        replace(bench.drawn, capital=1e18).config()
    bench.act("live")
    bench.act("set", "strategy.spot_allocation", "0.6")

    ends[0](Outcome(None, refused.value, 1.0))

    assert bench.editor.refused == {}
    assert "another case is chosen by now" in bench.board.head.slots["alert"]


def test_an_error_goes_once_its_case_is_no_longer_chosen(bench):
    bench.act("live")
    bench.act("case", "data_dir", "/nowhere/at/all")
    bench.act("run")
    assert "/nowhere/at/all" in bench.board.head.slots["alert"]

    bench.act("case", "mode", "pure_lending")

    assert bench.board.head.slots["alert"] == ""
    assert bench.board.head.kind == "head"
    assert bench.editor.panel.slots["status"] == ""
    assert "Run \N{BULLET}" in bench.editor.panel.slots["acts"]


@pytest.mark.parametrize("next_act", ["", "run"])
def test_a_directory_is_looked_at_after_it_is_said_and_before_anything_that_follows(
    bench, monkeypatch, next_act
):
    bench.act("live")
    bench.act("case", "data_dir", "/nowhere/at/all")
    bench.act("run")
    later = []
    monkeypatch.setattr(loops, "soon", later.append)

    bench.act("case", "data_dir", "")

    assert bench.editor.panel.slots["status"] == "looking at the data in the default directory"
    assert bench.board.head.slots["alert"] == ""
    assert bench.editor.case.data_dir == "/nowhere/at/all"
    if next_act:
        bench.act(next_act)
    (do,) = later
    do()
    assert bench.editor.case.data_dir == ""
    assert "looking at" not in bench.editor.panel.slots["status"]
    assert bench.failure is None or next_act == ""


def test_the_table_below_is_dimmed_with_the_result_above(bench):
    bench.act("live")
    bench.act("case", "data_dir", "/nowhere/at/all")
    bench.act("run")
    assert bench.board.foot.kind == "foot dimmed"

    bench.act("dismiss")

    assert bench.board.foot.kind == "foot"


@pytest.mark.usefixtures("slow")
def test_a_run_that_is_cancelled_says_so_before_it_has_ended():
    bench = Workbench(Case(mode="btc_basis", share_class="USDT", **SHORT))
    bench.act("set", "strategy.spot_allocation", "0.6")
    told = []

    def cancel():
        bench.act("cancel")
        told.append(bench.editor.panel.slots["status"])

    async def do():
        bench.act("run")
        await until(lambda: re.search(r"[0-9] of ", bench.editor.panel.slots["progress"]))
        cancel()
        await until(lambda: "disabled" in cancel_button(bench))

    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, do()).result()

    assert told == ["cancelling: the run ends after the timesteps under way"]
    assert "cancelled when it had reached" in bench.editor.panel.slots["status"]
