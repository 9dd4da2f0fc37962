"""The workbench in a real JupyterLab: opened, moved, broken, saved, and looked at."""

import statistics
import time

import pytest

from .bench import Bench
from .conftest import note, run_all, shot

pytestmark = [
    pytest.mark.slow,
    # The libraries that start kernels and browsers are not ours to mend.
    pytest.mark.filterwarnings("default"),
]
NOTEBOOK = "01_workbench.ipynb"
MOVES = 20


@pytest.fixture(scope="module")
def bench(lab, chromium):
    page = lab.open(chromium, NOTEBOOK)
    page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    began = time.perf_counter()
    run_all(page)
    bench = Bench(page)
    page.wait_for_selector(".bl-head h2", timeout=60_000)
    bench.wait_drawn()
    note(f"from run-all to the first result: {time.perf_counter() - began:.2f} s")
    yield bench
    page.close()


def test_the_default_case_is_answered_when_the_notebook_has_run(bench):
    shot(bench.page, "overview_light")

    assert "lending" in bench.verdict
    assert bench.page.locator(".bl-six > div").count() == 6
    assert bench.page.errors == []


def test_a_moved_slider_changes_the_plot_in_place(bench):
    bench.live(on=True)
    before, drawing, verdict = bench.line(), bench.drawing, bench.verdict

    bench.slider("strategy.spot_allocation").focus()
    bench.page.keyboard.press("ArrowRight")
    bench.wait_drawn(drawing)

    assert bench.line() != before
    assert bench.verdict != verdict
    assert bench.page.locator(".bl-root").count() == 1


def test_twenty_moves_of_a_years_run_are_measured(bench):
    received = []
    session = bench.page.context.new_cdp_session(bench.page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameReceived", lambda e: received.append(_size(e["response"])))
    bench.live(on=True)

    told = bench.time_moves("strategy.spot_allocation", MOVES)

    total, browser = ([x[i] for x in told] for i in (0, 1))
    note(
        f"{MOVES} slider moves, btc_basis, a year: median {statistics.median(total):.0f} ms"
        f" (least {min(total):.0f}, most {max(total):.0f}), of which the browser draws"
        f" {statistics.median(browser):.0f} ms; {sum(received) / MOVES / 1024:.0f} KiB a move"
    )
    assert len(total) == MOVES
    assert sum(received) / MOVES < 300 * 1024
    session.detach()


def _size(response):
    size = len(response["payloadData"])
    return size * 3 // 4 if response["opcode"] == 2 else size


@pytest.mark.parametrize("view", ["risk", "rates", "events", "runs", "overview"])
def test_each_view_is_drawn_in_the_same_figure(bench, view):
    bench.show(view)
    shot(bench.page, f"view_{view}")

    assert bench.page.locator(".bl-plot .main-svg").count() > 0
    assert bench.page.get_attribute(f"[data-focus=tab-{view}]", "aria-selected") == "true"
    assert bench.page.errors == []
