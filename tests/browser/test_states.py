"""What is seen when something is wrong, takes long, was liquidated, or was saved before."""

import re

import pytest

from .conftest import shot

pytestmark = [
    pytest.mark.slow,
    # The libraries that start kernels and browsers are not ours to mend.
    pytest.mark.filterwarnings("default"),
]
SLOW = """
import dataclasses
from basis_lab.notebook.case import Case
_as_it_was = Case.request
Case.request = lambda case: dataclasses.replace(_as_it_was(case), stride=1)
"""
TARDY = """
import time
from basis_lab.notebook.editor import Editor
_other = Editor.other
_resolve = Editor._resolve
Editor.other = lambda self, written: (time.sleep(1.0), _other(self, written))[1]
Editor._resolve = lambda self: (time.sleep(1.0), _resolve(self))[1]
"""
AS_IT_WAS = "Case.request = _as_it_was"


def test_an_error_stands_over_the_dimmed_result_and_is_mended_by_its_button(bench):
    page = bench.page
    bench.live(on=False)  # else Enter runs as well, and two runs say the same
    page.fill("[data-key=data_dir]", "/nowhere/at/all")
    page.press("[data-key=data_dir]", "Enter")
    page.click("[data-focus=run]")
    page.wait_for_selector("[role=alert] h2")
    page.wait_for_selector(".bl-dimmed")

    alert = page.inner_text(".bl-alert")
    assert "/nowhere/at/all" in alert
    assert "Traceback" not in alert
    assert "DAT-" in alert
    assert not re.search(r"--[a-z]", alert)
    page.wait_for_function(
        "document.activeElement.getAttribute('role') === 'alert'", timeout=20_000
    )
    shot(page, "error")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_selector(".bl-dimmed", state="detached")
    assert page.locator(".bl-alert").count() == 0
    assert page.input_value("[data-key=data_dir]") == ""


def test_a_slider_keeps_the_focus_when_a_step_ends_in_an_error(bench):
    page = bench.page
    bench.live(on=True)
    drawing = bench.drawing
    page.fill("[data-key=capital]", "800")
    page.press("[data-key=capital]", "Enter")
    bench.wait_drawn(drawing)
    bench.slider("strategy.spot_allocation").focus()

    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_selector(".bl-alert")

    assert "too small for the lot sizes" in page.inner_text(".bl-alert")
    assert page.evaluate("document.activeElement.type") == "range"
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.wait_for_selector(".bl-alert", state="detached")
    drawing = bench.drawing
    page.fill("[data-key=capital]", "100000")
    page.press("[data-key=capital]", "Enter")
    bench.wait_drawn(drawing)


def test_steps_that_follow_fast_are_all_taken_while_runs_are_under_way(bench):
    page = bench.page
    bench.live(on=True)
    slider = bench.slider("strategy.spot_allocation")
    slider.focus()
    before = float(slider.input_value())

    for _ in range(12):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(40)  # runs end, and tell values, between two presses
    moved = float(slider.input_value())
    page.wait_for_timeout(1_500)  # the last run has ended, and its values are drawn

    assert moved == pytest.approx(before - 12 * float(slider.get_attribute("step")))
    assert float(slider.input_value()) == moved
    page.click('[data-do=reset][data-of=""]')
    bench.run()


def test_dates_outside_the_data_are_mended_by_their_button(bench):
    page = bench.page
    bench.dates("2025-01-01", "2026-06-01")
    page.wait_for_selector('[data-slot="note:start"] .refused')
    assert page.is_disabled("[data-focus=run]")
    assert "Run waits for From, to" in page.inner_text("[data-slot=waits]")
    shot(page, "refused_dates")

    page.click('[data-slot="note:start"] [data-do=remedy]')

    page.wait_for_selector(".bl-side .refused", state="detached")
    assert page.input_value("[data-key=end]") == "2025-12-31"


def test_a_refusal_under_the_closed_fold_is_read_beside_run(bench):
    page = bench.page
    bench.live(on=False)
    page.locator("details[data-fold=advanced]").evaluate("(x) => { x.open = false; }")
    page.fill("[data-key=capital]", "1000000000")
    page.press("[data-key=capital]", "Enter")

    page.wait_for_selector("[data-slot=waits] .refused")

    assert "Margin ratio, critical, under Advanced" in page.inner_text("[data-slot=waits]")
    shot(page, "refused_under_the_fold")
    page.fill("[data-key=capital]", "100000")
    page.press("[data-key=capital]", "Enter")
    page.wait_for_selector("[data-slot=waits] .refused", state="detached")
    page.wait_for_selector("[data-focus=run]:not([disabled])")


def test_a_number_beyond_its_bound_is_mended_at_its_control(bench):
    page = bench.page
    bench.live(on=True)
    readout = page.locator('.bl-side input.readout[data-key="strategy.spot_allocation"]')
    readout.fill("0.9")
    readout.press("Enter")
    page.wait_for_selector(".bl-side .refused [data-do=remedy]")
    shot(page, "refused_with_remedy")
    before = bench.drawing

    page.click(".bl-side .refused [data-do=remedy]")

    bench.wait_drawn(before)
    page.wait_for_function(
        """() => Number(document.querySelector(
             '.bl-side input.readout[data-key="strategy.spot_allocation"]').value) < 0.9"""
    )
    before = bench.drawing
    page.click('[data-do=reset][data-of="strategy.spot_allocation"]')
    bench.wait_drawn(before)


def test_a_long_run_tells_how_far_it_is_and_can_be_cancelled(bench):
    page = bench.page
    bench.live(on=False)
    verdict, drawing = bench.verdict, bench.drawing
    bench.in_kernel(SLOW)

    page.click("[data-focus=run]")
    page.wait_for_selector(".bl-side [role=progressbar]")
    page.wait_for_function(
        "() => document.querySelector('[data-slot=progress]').innerText.includes('s left')"
    )

    told = page.inner_text("[data-slot=progress]")
    assert re.search(r"\d+ \w{3} 2025 . [\d,]+ of [\d,]+ hours", told)
    assert page.is_enabled("[data-focus=cancel]")
    assert (bench.verdict, bench.drawing) == (verdict, drawing)
    assert page.locator(".bl-dimmed").count() == 0
    shot(page, "running")

    page.click("[data-focus=cancel]")

    page.wait_for_selector(".bl-side [role=progressbar]", state="detached")
    page.wait_for_function("() => document.querySelector('[data-focus=cancel]').disabled")
    assert "cancelled when it had reached 2025-" in bench.status()
    assert (bench.verdict, bench.drawing) == (verdict, drawing)
    assert page.locator(".bl-dimmed").count() == 0
    shot(page, "cancelled")
    bench.in_kernel(AS_IT_WAS)
    bench.run()
    assert bench.verdict == verdict


def test_keys_that_are_written_faster_than_they_are_answered_are_all_kept(bench):
    bench.live(on=False)
    bench.in_kernel(TARDY)

    for written in (
        "risk.margin_ratio.warning=0.19",
        "strategy.reserve_ratio=0.01",
        "strategy.plan_timeout=23",
    ):
        bench.other(written)

    bench.page.wait_for_selector("text=reset all 3 changes")
    bench.in_kernel("Editor.other, Editor._resolve = _other, _resolve")
    bench.page.click('[data-do=reset][data-of=""]')
    bench.page.wait_for_selector("text=reset all 3 changes", state="detached")


def test_what_is_being_written_outlives_a_redraw_and_is_told(bench):
    page = bench.page
    bench.live(on=False)
    bench.in_kernel(TARDY)
    page.select_option("[data-key=mode]", "usdt_market_neutral")  # a second later all is drawn anew
    page.locator("details[data-fold=advanced]").evaluate("(x) => { x.open = true; }")
    page.fill("[data-key=other]", "strategy.plan_timeout=23")
    page.wait_for_selector('[data-key="strategy.target_ltv"]', state="attached")

    assert page.input_value("[data-key=other]") == "strategy.plan_timeout=23"
    page.press("[data-key=other]", "Enter")

    page.wait_for_selector("text=reset the change")
    bench.in_kernel("Editor.other, Editor._resolve = _other, _resolve")
    page.select_option("[data-key=mode]", "btc_basis")
    page.wait_for_selector('[data-key="strategy.target_ltv"]', state="detached")


def test_a_liquidation_is_in_the_verdict_the_charts_and_the_events(bench):
    page = bench.page
    bench.dates("2024-01-01", "2024-12-31")
    page.select_option("[data-key=scenario]", "hold")
    bench.other('strategy.hedge_allocation={"binance": 1.0}')
    bench.other("risk.margin_ratio.warning=0.12")

    bench.run()

    assert bench.verdict.startswith("Liquidated once; ")
    marked = page.evaluate(LIQUIDATIONS)
    assert marked["strips"] == marked["lines"] == 4
    assert "2024-02-29" in page.inner_text("[data-slot=moment]")
    row = page.inner_text(".bl-foot tr.here")
    assert "liquidation" in row
    assert "2024-02-29" in row
    page.set_viewport_size({"width": 1430, "height": 1500})
    page.evaluate("document.querySelector('.bl-head').scrollIntoView()")
    shot(page, "liquidated")
    bench.show("risk")
    shot(page, "liquidated_risk")
    page.set_viewport_size({"width": 1430, "height": 980})
    bench.show("overview")
    page.select_option("[data-key=scenario]", "none")
    bench.dates("2025-01-01", "2025-12-31")
    page.click('[data-do=reset][data-of=""]')
    bench.run()


LIQUIDATIONS = """() => {
  const layout = document.querySelector(".bl-plot [data-drawn]").layout;
  const upright = layout.shapes.filter((x) => x.x0 === x.x1 && x.line.dash !== "dot");
  return {
    strips: Object.keys(layout).filter((x) => x.startsWith("yaxis")).length,
    lines: new Set(upright.map((x) => x.xref)).size,
  };
}"""


def test_a_saved_run_is_listed_and_compared_with(bench, lab):
    page = bench.page
    page.click("[data-focus=Save]")
    page.wait_for_function(
        "() => document.querySelector('[data-slot=status]').innerText.includes('saved to')",
        timeout=180_000,
    )
    (lab.folder / "outputs" / "notes").mkdir(exist_ok=True)
    bench.show("runs")
    page.wait_for_selector(".bl-saved")
    assert "it has no manifest.json" in page.inner_text(".bl-saved")
    before = bench.drawing

    page.click(".bl-saved [data-do=open] >> nth=0")

    bench.wait_drawn(before)
    page.wait_for_selector(".bl-six .pinned")
    assert page.locator(".bl-saved tr.here").count() == 1
    assert "saved run" in bench.status()
    page.locator(".bl-saved").scroll_into_view_if_needed()
    shot(page, "runs_saved")
    page.click("[data-do=unpin]")
    page.wait_for_selector(".bl-six .pinned", state="detached")
    bench.show("overview")
    assert page.errors == []
