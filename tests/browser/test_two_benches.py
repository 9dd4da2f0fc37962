"""Two workbenches in one notebook: what is done in the one stays in the one."""

import json

import pytest

from .conftest import run_all, shot

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
SHOW = 'workbench("btc_basis", start="2025-01-01", end="2025-02-15", capital={capital})'
REPEATED = """() => {
  const ids = [...document.querySelectorAll(".bl [id]")].map((x) => x.id);
  return ids.filter((x, i) => ids.indexOf(x) !== i);
}"""
DANGLING = """() => [...document.querySelectorAll(".bl-root")].flatMap((bench) =>
  ["for", "list", "aria-describedby"].flatMap((name) =>
    [...bench.querySelectorAll(`[${name}]`)]
      .map((x) => x.getAttribute(name))
      .filter((id) => !bench.querySelector(`[id="${CSS.escape(id)}"]`))))"""


@pytest.fixture(scope="module")
def page(lab, chromium):
    shown = [SHOW.format(capital=x) for x in (100_000, 200_000)]
    cells = ["from basis_lab.notebook import workbench", *shown]
    made = {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{i}",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": source,
            }
            for i, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (lab.folder / "notebooks" / "two.ipynb").write_text(json.dumps(made))
    page = lab.open(chromium, "two.ipynb")
    page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    run_all(page)
    page.wait_for_function(
        """() => document.querySelectorAll(".bl-head h2").length === 2
              && document.querySelectorAll(".bl-plot [data-drawn]").length === 2""",
        timeout=180_000,
    )
    yield page
    page.close()


def test_no_id_stands_twice_and_each_reference_stays_in_its_own_workbench(page):
    assert page.locator(".bl [id]").count() > 80
    assert page.evaluate(REPEATED) == []
    assert page.evaluate(DANGLING) == []


def test_a_click_on_a_label_of_the_second_workbench_goes_to_its_own_field(page):
    second = page.locator(".bl-root").nth(1)

    second.get_by_text("Capital", exact=True).click()

    assert page.evaluate("document.activeElement.dataset.key") == "capital"
    assert page.evaluate("document.activeElement.value") == "200000"
    assert second.evaluate("(x) => x.contains(document.activeElement)")
    assert page.errors == []


def test_a_refused_capital_stays_in_its_field_and_the_earlier_one_frees_it(page):
    second = page.locator(".bl-root").nth(1)
    field = second.locator("[data-key=capital]")
    field.fill("-5")
    field.press("Enter")
    second.locator("[data-slot='note:capital'] .refused").wait_for()
    assert field.input_value() == "-5"
    assert second.locator("[data-focus=run]").is_disabled()

    field.fill("200000")
    field.press("Enter")

    second.locator("[data-slot='note:capital'] .refused").wait_for(state="detached")
    second.locator("[data-focus=run]:not([disabled])").wait_for()
    assert page.locator(".bl-root").nth(0).locator("[data-key=capital]").input_value() == "100000"


def test_a_key_that_does_not_exist_stays_in_its_field_and_one_that_does_is_listed(page):
    bench = page.locator(".bl-root").nth(0)
    bench.locator("details[data-fold=advanced]").evaluate("(x) => { x.open = true; }")
    field = bench.locator("[data-key=other]")
    field.fill("foo=1")
    field.press("Enter")
    bench.locator("[data-slot='note:other'] .refused").wait_for()
    assert field.input_value() == "foo=1"

    field.fill("venues.binance.transfer.delay_s=3600")
    field.press("Enter")

    remove = bench.locator("[data-slot=others] [data-of='venues.binance.transfer.delay_s']")
    remove.wait_for()
    page.wait_for_function("() => document.querySelector('[data-key=other]').value === ''")
    remove.click()
    remove.wait_for(state="detached")


def test_a_share_of_a_venue_moves_the_others(page):
    bench = page.locator(".bl-root").nth(0)
    bench.locator("details[data-fold=advanced]").evaluate("(x) => { x.open = true; }")
    okx = bench.locator("[data-key='strategy.hedge_allocation:okx']")
    okx.scroll_into_view_if_needed()
    okx.fill("0.44")
    okx.press("Enter")
    page.wait_for_function(
        """() => document.querySelector("[data-key='strategy.hedge_allocation:binance']")
                   .value === "0.32" """
    )
    shot(page, "shares")

    bench.locator("[data-do=reset][data-of='strategy.hedge_allocation']").click()

    page.wait_for_function(
        """() => document.querySelector("[data-key='strategy.hedge_allocation:okx']")
                   .value === "0.3" """
    )


def test_a_saved_run_and_its_report_are_links_that_the_server_opens(page):
    bench = page.locator(".bl-root").nth(1)
    status = bench.locator("[data-slot=status]")
    bench.locator("[data-focus=Report]").click()
    page.wait_for_function(
        """() => [...document.querySelectorAll("[data-slot=status]")]
                   .some((x) => x.innerText.includes("is being made"))"""
    )
    link = status.locator("a[data-kind=file][href]")
    link.wait_for(timeout=180_000)

    with page.context.expect_page() as opened:
        link.click()

    opened.value.wait_for_load_state("domcontentloaded")
    assert opened.value.url.endswith("/report.html")
    assert "plain USDT lending" in opened.value.inner_text("body")
    opened.value.close()
    bench.locator("[data-focus=Save]").click()
    folder = status.locator("a[data-kind=folder][href]")
    folder.wait_for(timeout=60_000)
    assert "/lab/tree/outputs/" in folder.get_attribute("href")
    assert page.errors == []
