"""Reports and batch indices as a browser lays them out, at the widths of screens and halves."""

import pytest

import basis_lab as bl
from basis_lab.results.batch_page import write_index
from basis_lab.services.reports import render_report
from tests.browser.conftest import ARTIFACTS

DATES = {"start": "2025-04-01", "end": "2025-05-20"}  # one deleverage falls in between
ABOVE_PX = 12  # free room over the title of a chart
LAYOUT = """() => {
  const box = x => { const b = x.getBoundingClientRect();
    return {left: b.left, right: b.right, top: b.top, bottom: b.bottom}; };
  const cells = [...document.querySelectorAll('.cell')].map(cell => ({
    box: box(cell),
    titles: [...cell.querySelectorAll('.gtitle')].map(x => [box(x), x.textContent]),
    tables: [...cell.querySelectorAll('table')].map(box),
    plots: [...cell.querySelectorAll('.plotly-graph-div')].map(box),
    ticks: [...cell.querySelectorAll('.ytick text')].map(box)}));
  const root = document.documentElement;
  return {wide: root.scrollWidth - root.clientWidth, cells,
    head: document.querySelector('h1').textContent}; }"""

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    run = bl.backtest("usdt_market_neutral", **DATES)
    return render_report(run.save(tmp_path_factory.mktemp("runs") / "run"))


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    root = tmp_path_factory.mktemp("batch")
    name = "usdt_market_neutral_no_leverage"
    cases = []
    for number in range(2):
        folder = root / "cases" / f"{name}_{number}"
        bl.backtest(name, **DATES).save(folder / "run" / "run")
        cases.append((folder.name, folder, ""))
    told = f"CFG-001: entry is not quiet; where: {'a/very/long/place/' * 20}; remedy: mend it"
    cases.append(("bad_share", root / "cases" / "bad_share", told))
    return write_index(root / "index.html", title="batch", cases=cases, open_=0)


def laid_out(chromium, path, width):
    page = chromium.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"file://{path}")
    page.wait_for_load_state()
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{path.stem}-{width}.png", full_page=True)
    found = page.evaluate(LAYOUT)
    page.close()
    return found


@pytest.mark.parametrize("width", [560, 800, 1280])
def test_a_report_keeps_to_its_window_and_its_columns(chromium, report, width):
    found = laid_out(chromium, report, width)

    titles = [(cell, *title) for cell in found["cells"] for title in cell["titles"]]
    assert found["wide"] == 0
    assert len(titles) == 6
    for cell, title, text in titles:
        assert title["right"] <= cell["box"]["right"], text
        assert title["top"] >= cell["box"]["top"], text
        assert abs(title["left"] - cell["box"]["left"]) <= 3, text
        assert found["head"] not in text
        assert all(x["left"] >= cell["box"]["left"] - 1 for x in cell["ticks"])
    halves = [cell for cell in found["cells"] if cell["tables"]][:2]
    if width > 560:  # where a long table would have to be scrolled within its cell
        for cell in halves:
            assert all(x["right"] <= cell["box"]["right"] + 1 for x in cell["tables"])


@pytest.mark.parametrize("width", [800, 1280])
def test_a_chart_stands_clear_of_what_is_above_it(chromium, report, width):
    cells = laid_out(chromium, report, width)["cells"]

    plots = [x for x in cells if x["plots"]]
    for cell in plots:
        above = [
            bottom
            for other in cells
            if other["box"]["left"] < cell["box"]["right"]
            and other["box"]["right"] > cell["box"]["left"]
            and (bottom := other["box"]["bottom"]) <= cell["plots"][0]["top"]
        ]
        assert above
        assert cell["titles"][0][0]["top"] - max(above) >= ABOVE_PX


@pytest.mark.parametrize("copied", [False, True])
def test_a_report_without_its_folder_says_what_its_charts_need(chromium, report, tmp_path, copied):
    path = tmp_path / "report.html" if copied else report
    if copied:
        path.write_bytes(report.read_bytes())
    page = chromium.new_page()
    page.goto(f"file://{path}")

    told = page.locator("p.lacking")
    assert told.is_visible() == copied
    assert (page.locator(".main-svg").count() > 0) != copied
    assert "they need plots/plotly.min.js beside this page" in told.inner_text()
    page.close()


@pytest.mark.parametrize("width", [560, 800, 1280])
def test_a_batch_index_never_scrolls_sideways_as_a_whole(chromium, index, width):
    page = chromium.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"file://{index}")
    root = "document.documentElement"

    assert page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") == 0
    inner = page.evaluate("(x => x.scrollWidth - x.clientWidth)(document.querySelector('.scroll'))")
    assert (inner > 0) == (width == 560)
    page.evaluate("document.querySelector('.scroll').scrollLeft = 400")
    name, table = (
        page.evaluate(f"document.querySelector('{x}').getBoundingClientRect().left")
        for x in (".index tbody a", ".scroll")
    )
    assert 0 <= name - table < 60
    page.close()
