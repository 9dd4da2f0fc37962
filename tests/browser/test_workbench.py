"""The workbench in a real JupyterLab: opened, moved, broken, saved, and looked at."""

import pytest

from .conftest import shot

pytestmark = [
    pytest.mark.slow,
    # The libraries that start kernels and browsers are not ours to mend.
    pytest.mark.filterwarnings("default"),
]


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


@pytest.mark.parametrize("view", ["risk", "rates", "events", "runs", "overview"])
def test_each_view_is_drawn_in_the_same_figure(bench, view):
    bench.show(view)
    shot(bench.page, f"view_{view}")

    assert bench.page.locator(".bl-plot .main-svg").count() > 0
    assert bench.page.get_attribute(f"[data-focus=tab-{view}]", "aria-selected") == "true"
    assert bench.page.errors == []


def test_the_moment_is_one_everywhere(bench):
    page = bench.page
    bench.show("risk")
    page.locator("[data-key=moment]").focus()

    page.keyboard.press("[")
    page.wait_for_function("() => document.querySelector('[data-slot=moment]').innerText !== ''")
    page.wait_for_function(
        """() => document.querySelector('.bl-right h4').innerText
                 .includes(document.querySelector('[data-slot=moment]').innerText.slice(0, 16))"""
    )

    told = page.inner_text("[data-slot=moment]")[:16]
    assert told in page.inner_text(".bl-foot caption")
    shot(page, "moment")


def test_a_row_of_the_invoice_leads_to_its_days_and_their_events(bench):
    page = bench.page
    bench.show("overview")

    page.click('[data-do=category][data-of="funding"]')
    page.click("tr.acts [data-do=day] >> nth=0")
    page.wait_for_selector('[data-focus=tab-events][aria-selected="true"]')

    assert page.locator(".bl-foot tbody tr").count() > 0
    shot(page, "drill_down")
    page.click('.bl-chips [data-do=day][data-of=""]')
    bench.show("overview")


def test_a_pinned_run_stays_beside_the_next_one(bench):
    page = bench.page
    bench.live(on=True)
    page.click("[data-focus=Pin]")
    page.wait_for_selector(".bl-six .pinned")
    drawing = bench.drawing

    bench.slider("strategy.spot_allocation").focus()
    page.keyboard.press("Shift+ArrowLeft")
    bench.wait_drawn(drawing)

    assert page.locator(".bl-six .pinned").count() == 6
    assert "drawn \N{MINUS SIGN} pin 1" in page.inner_text(".bl-invoice")
    shot(page, "pinned")
    bench.show("runs")
    shot(page, "runs_pinned")
    page.click("[data-do=unpin]")
    page.wait_for_selector(".bl-six .pinned", state="detached")
    bench.show("overview")


@pytest.mark.parametrize("width", [1430, 820, 560])
def test_invoice_and_runs_keep_their_columns_apart_and_inside_at_every_width(bench, width):
    page = bench.page
    bench.live(on=True)
    bench.pin()
    page.wait_for_selector(".bl-six .pinned")
    bench.choose("mode", "usdt_market_neutral")
    bench.pin()
    bench.size(width, 1800)

    seen = page.evaluate(WITHIN)
    shot(page, f"pinned_{width}", whole=True)
    bench.show("runs")
    runs = page.evaluate(RUNS_WITHIN)
    shot(page, f"runs_two_pins_{width}", whole=True)

    assert seen["invoice"] <= seen["panel"] + 1
    assert seen["left"] == pytest.approx(seen["panel_left"], abs=1)
    assert seen["bars_end"] <= seen["panel"] + 1
    assert runs["spilled"] == []
    assert runs["scrolls"] == "auto"
    assert width < 1430 or runs["hidden"] <= 1
    for name in ("pin 1", "pin 2"):
        page.click(f"text=Unpin {name}")
        page.wait_for_selector(f"text=Unpin {name}", state="detached")
    page.wait_for_selector(".bl-six .pinned", state="detached")
    bench.size(1430)
    bench.show("overview")
    bench.choose("mode", "btc_basis")
    assert page.errors == []


@pytest.mark.parametrize("width", [1600, 1430, 1300, 1180, 1000, 820, 560])
def test_the_line_of_views_ends_inside_and_the_output_never_scrolls(bench, width):
    bench.size(width)

    seen = bench.page.evaluate(INSIDE)

    assert seen["last"] <= seen["bar"] + 1
    assert seen["spare"] <= 0
    bench.size(1430)
    assert bench.page.errors == []


def test_the_opened_advanced_keys_scroll_in_themselves_and_leave_no_blank_below(bench):
    bench.page.locator("details[data-fold=advanced]").evaluate("(x) => { x.open = true; }")

    seen = bench.page.evaluate(INSIDE)
    folded = bench.page.evaluate(
        "(x => x.scrollHeight - x.clientHeight)(document.querySelector('.bl-side .inside'))"
    )

    bench.page.locator("details[data-fold=advanced]").evaluate("(x) => { x.open = false; }")
    assert folded > 500  # the keys are there, behind the scroll bar of their own
    assert seen["spare"] <= 0


INSIDE = """() => {
  const right = (x) => document.querySelector(x).getBoundingClientRect().right;
  const output = document.querySelector(".bl-root").closest(".jp-OutputArea-output");
  return { bar: right(".bl-bar"), last: right(".bl-bar [data-focus=later]"),
           spare: output.scrollHeight - output.clientHeight };
}"""
WITHIN = """() => {
  const box = (x) => document.querySelector(x).getBoundingClientRect();
  const bars = [...document.querySelectorAll(".bl-book")].map((x) => x.getBoundingClientRect());
  return { invoice: box(".bl-invoice").right, left: box(".bl-invoice").left,
           panel: box(".bl-right").right, panel_left: box(".bl-right").left,
           bars_end: Math.max(...bars.map((x) => x.right)) };
}"""
RUNS_WITHIN = """() => {
  const table = document.querySelector(".bl-runs");
  const spilled = [...table.querySelectorAll("td, th")].filter((x) => {
    const inner = document.createRange();
    inner.selectNodeContents(x);
    const cell = x.getBoundingClientRect(), told = inner.getBoundingClientRect();
    return told.left < cell.left - 1 || told.right > cell.right + 1;
  });
  const holder = table.parentElement;
  return { spilled: spilled.map((x) => x.innerText), scrolls: getComputedStyle(holder).overflowX,
           hidden: holder.scrollWidth - holder.clientWidth };
}"""


def test_a_refused_value_says_why_at_its_control(bench):
    page = bench.page
    bench.live(on=True)
    verdict = bench.verdict
    readout = page.locator('.bl-side input.readout[data-key="risk.margin_ratio.warning"]')

    readout.fill("0.05")
    readout.press("Enter")
    page.wait_for_selector(".bl-side .refused")

    assert page.is_disabled("[data-focus=run]")
    assert bench.verdict == verdict
    assert page.locator(".bl-dimmed").count() == 0
    shot(page, "refused")
    page.click('[data-do=reset][data-of="risk.margin_ratio.warning"]')
    page.wait_for_selector(".bl-side .refused", state="detached")


def test_a_mode_is_chosen_by_its_name_and_every_one_is_drawn(bench):
    modes = bench.page.locator("[data-key=mode] option").all_inner_texts()

    for mode in modes:
        if bench.page.input_value("[data-key=mode]") != mode:
            bench.live(on=True)
            bench.choose("mode", mode)
        for view in ("overview", "risk", "rates"):
            if bench.page.get_attribute(f"[data-focus=tab-{view}]", "aria-selected") != "true":
                bench.show(view)
            shot(bench.page, f"mode_{mode}_{view}")
        bench.show("overview")

    assert len(modes) >= 7
    assert bench.page.errors == []
    bench.choose("mode", modes[0])


def test_a_saved_run_is_a_whole_folder(bench, lab):
    bench.page.click("[data-focus=Save]")
    bench.page.wait_for_function(
        "() => document.querySelector('[data-slot=status]').innerText.includes('saved to')",
        timeout=180_000,
    )

    folders = [x.parent for x in (lab.folder / "outputs").glob("*/summary.json")]
    assert len(folders) == 1
    assert folders[0].name in bench.status()
    assert (folders[0] / "plots" / "nav.html").exists()


def test_the_theme_changes_in_place(bench):
    bench.page.evaluate(
        "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    bench.page.wait_for_selector('.bl-head[data-theme="dark"]')
    bench.page.wait_for_function(
        """() => document.querySelector(".bl-plot .js-plotly-plot, .bl-plot [data-drawn]")
                 ._fullLayout.font.color.toLowerCase() === "#e6e9ed" """
    )

    shot(bench.page, "overview_dark")
    assert bench.page.errors == []


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_text_has_enough_contrast(bench, theme):
    bench.page.evaluate(
        "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
    )
    bench.page.wait_for_selector(f'.bl-head[data-theme="{theme.split()[1].lower()}"]')

    faint = bench.page.evaluate(CONTRAST)

    assert faint == []


CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (el) => {
    for (let at = el; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.9) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const el of document.querySelectorAll(".bl *")) {
    const words = [...el.childNodes].filter((x) => x.nodeType === 3 && x.data.trim());
    const off = !el.offsetParent || el.closest("button:disabled, .hidden, datalist, [aria-hidden]");
    if (!words.length || off) continue;
    const ink = light(parse(getComputedStyle(el).color));
    const [a, b] = [ink, light(ground(el))].sort((x, y) => y - x);
    const ratio = ((a + 0.05) / (b + 0.05)).toFixed(2);
    if (ratio < 4.5) found.push([el.className, words[0].data.trim().slice(0, 30), ratio]);
  }
  return found;
}"""


@pytest.mark.parametrize("width", [1100, 820, 560])
def test_less_room_rearranges_and_loses_nothing(bench, width):
    bench.page.click("[data-focus=Pin]")  # the invoice is widest with its differences
    bench.page.wait_for_selector(".bl-six .pinned")
    bench.page.set_viewport_size({"width": width, "height": 980})
    bench.page.wait_for_function(
        """() => { const plot = document.querySelector(".bl-plot");
                   const drawn = plot.querySelector("[data-drawn]");
                   return Math.abs(plot.clientWidth - drawn._fullLayout.width) <= 2; }"""
    )

    bench.page.evaluate("document.querySelector('.bl-root').scrollIntoView()")
    shot(bench.page, f"width_{width}")
    over = bench.page.evaluate(
        "() => document.querySelector('.bl-root').scrollWidth - "
        "document.querySelector('.bl-root').clientWidth"
    )
    assert over <= 2
    bench.page.set_viewport_size({"width": 1430, "height": 980})
