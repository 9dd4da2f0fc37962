"""Two workbenches in one notebook: what is done in the one stays in the one."""

import json

import pytest

from .conftest import run_all

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
