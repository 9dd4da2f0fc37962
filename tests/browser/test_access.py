"""The workbench for those who see colours differently, hear it, or have no mouse."""

import pytest

from .conftest import shot

pytestmark = [
    pytest.mark.slow,
    # The libraries that start kernels and browsers are not ours to mend.
    pytest.mark.filterwarnings("default"),
]
NAMED = frozenset(
    {
        *("button", "slider", "textbox", "combobox", "checkbox", "spinbutton", "Date", "tab"),
        *("image", "table", "progressbar", "tablist", "DisclosureTriangle"),
    }
)
VALUED = frozenset({"slider", "combobox", "Date"})
MAY_BE_EMPTY = "Any other key"


@pytest.fixture(scope="module")
def fullest(bench):
    bench.live(on=True)
    bench.choose("mode", "usdt_market_neutral")
    return bench


def heard(bench):
    """Every node of the workbench that a screen reader is told of."""
    page = bench.page
    page.evaluate(
        "document.querySelectorAll('.bl-root details').forEach((x) => { x.open = true; })"
    )
    session = page.context.new_cdp_session(page)
    session.send("Accessibility.enable")
    nodes = {x["nodeId"]: x for x in session.send("Accessibility.getFullAXTree")["nodes"]}
    document = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    root = session.send("DOM.querySelector", {"nodeId": document, "selector": ".bl-root"})
    place = session.send("DOM.describeNode", {"nodeId": root["nodeId"]})["node"]["backendNodeId"]
    session.detach()
    todo = [x for x in nodes.values() if x.get("backendDOMNodeId") == place]
    found = []
    while todo:
        node = todo.pop()
        found.append(node)
        todo += [nodes[x] for x in node.get("childIds", ()) if x in nodes]
    return [x for x in found if not x["ignored"]]


def told(node, what):
    return node[what]["value"] if what in node and "value" in node[what] else ""


@pytest.mark.parametrize("view", ["overview", "risk", "rates", "events", "runs"])
def test_every_control_and_chart_has_a_name_and_its_value(fullest, view):
    if fullest.page.get_attribute(f"[data-focus=tab-{view}]", "aria-selected") != "true":
        fullest.show(view)

    nodes = heard(fullest)

    roles = [told(x, "role") for x in nodes]
    assert {"slider", "combobox", "tab", "image", "table", "row"} <= set(roles)
    nameless = [x for x in nodes if told(x, "role") in NAMED and not told(x, "name")]
    assert nameless == []
    empty = [x for x in nodes if told(x, "role") in VALUED and told(x, "value") == ""]
    assert {told(x, "name") for x in empty} <= {MAY_BE_EMPTY}
    charts = [told(x, "name") for x in nodes if told(x, "role") == "image"]
    assert any(x.startswith("Charts over time: ") and len(x) > 60 for x in charts)


def test_sliders_are_read_as_what_they_stand_for(fullest):
    page = fullest.page

    said = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".bl-root input[type=range]")]
             .map((x) => [x.dataset.key, [x.value, x.getAttribute("aria-valuetext")]]))"""
    )
    shown = {
        x: page.input_value(f'.bl-side input.readout[data-key="{x}"]')
        for x in said
        if x != "moment"
    }

    for key, text in shown.items():
        value, words = said[key]
        assert (words == text) if words else (float(value) == float(text)), key
    value, words = said["strategy.target_ltv"]
    assert words == shown["strategy.target_ltv"]
    assert words == f"auto ({float(words[6:-1]):.3f})"
    assert float(value) == pytest.approx(float(words[6:-1]), abs=0.0025)
    assert said["moment"][1].endswith(" UTC")
    shot(page, "auto")


def test_the_verdict_is_a_live_region_and_status_says_what_was_done(fullest):
    page = fullest.page

    assert page.locator('[aria-live="polite"] h2').count() == 1
    assert page.locator('.bl-status[role="status"]').count() == 1


@pytest.mark.parametrize("kind", ["deuteranopia", "protanopia", "tritanopia"])
def test_the_main_view_is_pictured_as_others_see_it(fullest, kind):
    page = fullest.page
    session = page.context.new_cdp_session(page)
    page.set_viewport_size({"width": 1430, "height": 1250})
    for view in ("overview", "rates"):
        if page.get_attribute(f"[data-focus=tab-{view}]", "aria-selected") != "true":
            fullest.show(view)
        session.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})
        shot(page, f"sight_{kind}_{view}")
        session.send("Emulation.setEmulatedVisionDeficiency", {"type": "none"})
    session.detach()
    page.set_viewport_size({"width": 1430, "height": 980})

    # Lines that share a strip differ in more than hue: dash, width, or the fill below them.
    assert page.evaluate(ALIKE) == []


ALIKE = """() => {
  const traces = document.querySelector(".bl-plot [data-drawn]").data;
  const lines = traces.filter((x) => x.mode === "lines" && x.line.width >= 1 && !x.stackgroup);
  const looks = lines.map((x) => [x.yaxis, x.line.dash, x.line.width, x.fill].join(" "));
  return looks.filter((x, i) => looks.indexOf(x) !== i);
}"""


def test_tab_reaches_every_control_that_is_in_sight(fullest):
    page = fullest.page
    if page.get_attribute("[data-focus=tab-overview]", "aria-selected") != "true":
        fullest.show("overview")
    page.evaluate(
        "document.querySelectorAll('.bl-root details[data-fold=advanced], "
        ".bl-root details[data-fold=figures]').forEach((x) => { x.open = false; })"
    )
    page.focus("[data-key=mode]")
    reached = set()
    for _ in range(150):
        name = page.evaluate(NAME_OF_FOCUSED)
        if name is None:
            break
        reached.add(name)
        page.keyboard.press("Tab")

    wanted = {
        *("key mode", "key start", "key end", "key capital", "key scenario", "key data_dir"),
        *("live", "Pin", "Save", "Report", "tab-overview", "weekly", "earlier", "later"),
        *("key moment", "save the figure as PNG", "save the figure as SVG", "category funding"),
        *("key words", "event"),
    }
    assert wanted - reached == set()


NAME_OF_FOCUSED = """() => {
  const at = document.activeElement;
  if (!at.closest(".bl-root")) return null;
  if (at.dataset.do === "category") return `category ${at.dataset.of}`;
  if (at.dataset.do === "event") return "event";
  if (at.dataset.key) return `key ${at.dataset.key}`;
  return at.dataset.focus || at.getAttribute("aria-label") || at.tagName;
}"""


def test_a_row_of_the_invoice_is_unfolded_by_the_keyboard(fullest):
    page = fullest.page
    page.focus('[data-do=category][data-of="funding"]')

    page.keyboard.press("Enter")

    page.wait_for_selector('[data-do=category][data-of="funding"][aria-expanded=true]')
    assert page.locator("[data-do=day]").count() > 0
    assert page.evaluate("document.activeElement.dataset.of") == "funding"
    page.keyboard.press("Enter")
    page.wait_for_selector('[data-do=category][data-of="funding"][aria-expanded=false]')
