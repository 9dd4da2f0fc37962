"""The sweep notebook in a real JupyterLab: choices made with the mouse, a point opened."""

import pytest

from .conftest import ARTIFACTS, run_all, shot

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
VIEW = ".bl-sweep"
WAIT_MS = 180_000


@pytest.fixture(scope="module")
def page(lab, chromium):
    page = lab.open(chromium, "02_sweep.ipynb")
    ARTIFACTS.mkdir(exist_ok=True)
    page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    run_all(page)
    page.wait_for_selector(f"{VIEW} table.map button", timeout=WAIT_MS)
    page.locator(VIEW).scroll_into_view_if_needed()
    yield page
    page.close()


def test_a_click_on_a_cell_opens_its_point_everywhere(page):
    cell = page.locator(f"{VIEW} table.map button").nth(3)
    point = cell.get_attribute("data-of")

    cell.click()

    page.wait_for_selector(f"{VIEW} .card")
    assert page.inner_text(f"{VIEW} .card h3").startswith(f"Point {point}:")
    assert "basis-lab backtest btc_basis" in page.inner_text(f"{VIEW} .card pre")
    assert page.get_attribute(f"{VIEW} circle.chosen", "data-of") == point
    page.locator(VIEW).screenshot(path=ARTIFACTS / "sweep_point.png")
    assert page.errors == []


def test_a_dot_and_another_axis_turn_the_map(page):
    dot = page.locator(f"{VIEW} circle").last  # nothing lies over it
    point = dot.get_attribute("data-of")

    dot.click()
    page.wait_for_selector(f"{VIEW} table.map button.chosen[data-of='{point}']")
    page.select_option(f"{VIEW} [data-key=up]", "risk.margin_ratio.warning")
    page.wait_for_function(
        "document.querySelector('.bl-sweep table.map caption').textContent"
        ".includes('up margin ratio warning')"
    )

    assert page.locator(f"{VIEW} table.map tbody tr").count() == 2
    assert page.input_value(f"{VIEW} [data-key=up]") == "risk.margin_ratio.warning"
    shot(page, "sweep_axes")


def test_a_point_opens_in_the_workbench_below_and_another_is_pinned_beside_it(page):
    page.locator(f"{VIEW} table.map button").nth(0).click()
    page.wait_for_selector(f"{VIEW} .card [data-do=open]")
    page.click(f"{VIEW} .card [data-do=open]")
    page.wait_for_selector(".bl-head h2", timeout=WAIT_MS)
    page.wait_for_function("document.querySelector('.bl-head h2').textContent.length > 20")
    page.locator(f"{VIEW} table.map button").nth(1).click()
    page.click(f"{VIEW} .card [data-do=pin]")
    page.wait_for_selector(".bl-six .pinned", timeout=WAIT_MS)

    assert "btc_basis" in page.inner_text(".bl-case")
    page.set_viewport_size({"width": 1430, "height": 2400})
    shot(page, "sweep_with_workbench", whole=True)
    assert page.errors == []


def test_the_sweep_is_read_in_the_dark_theme(page):
    page.evaluate(
        "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    page.wait_for_selector(f"{VIEW}[data-theme=dark]")

    colours = page.evaluate(
        """() => ['.bl-sweep h2', '.bl-sweep .fields label', '.bl-sweep table.map th']
             .map((x) => getComputedStyle(document.querySelector(x)).color)"""
    )

    page.locator(VIEW).screenshot(path=ARTIFACTS / "sweep_dark.png")
    for colour in colours:
        assert sum(int(x) for x in colour.strip("rgb()").split(",")[:3]) > 3 * 110
    page.evaluate(
        "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})"
    )


def test_a_limit_is_taken_from_the_field(page):
    page.fill(f"{VIEW} [data-key=limit]", "50")
    page.keyboard.press("Enter")

    page.wait_for_function(
        "document.querySelector('.bl-sweep h2').textContent.startsWith('Best within your limits')"
    )
    page.wait_for_selector(f"{VIEW} table.map button.past")
    assert page.errors == []
