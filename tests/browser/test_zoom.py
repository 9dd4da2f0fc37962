"""Looking closer at the figure: zoom, the whole run again, what lies over what."""

import pytest

from .conftest import shot

pytestmark = [
    pytest.mark.slow,
    # The libraries that start kernels and browsers are not ours to mend.
    pytest.mark.filterwarnings("default"),
]

APART_MS = 400  # what is pressed sooner counts as a further click
RANGES = """() => {
  const plot = document.querySelector(".bl-plot [data-drawn]");
  const axes = Object.entries(plot._fullLayout).filter(([key]) => /^xaxis\\d*$/.test(key));
  return axes.map(([, axis]) => axis.range.map((x) => axis.r2l(x)));
}"""
GROUND = """(strip) => {
  const plot = document.querySelector(".bl-plot [data-drawn]");
  plot.scrollIntoView({ block: "start" });
  const frame = plot.getBoundingClientRect();
  const x = plot._fullLayout.xaxis, y = plot._fullLayout[strip ? `yaxis${strip + 1}` : "yaxis"];
  return { left: frame.left + x._offset, top: frame.top + y._offset,
           width: x._length, height: y._length };
}"""


def look(bench, view):
    if bench.page.get_attribute(f"[data-focus=tab-{view}]", "aria-selected") != "true":
        bench.show(view)


def spot(bench, share, strip=0, height=0.5):
    """A place on a strip, by shares of its width and of its height."""
    ground = bench.page.evaluate(GROUND, strip)
    across = ground["left"] + share * ground["width"]
    return across, ground["top"] + height * ground["height"]


def zoom(bench, low, high):
    """Drag over a part of the width, and wait until the kernel has drawn it anew."""
    before = bench.drawing
    bench.page.mouse.move(*spot(bench, low))
    bench.page.mouse.down()
    bench.page.mouse.move(*spot(bench, 0.5 * (low + high)), steps=3)
    bench.page.mouse.move(*spot(bench, high), steps=3)
    bench.page.mouse.up()
    bench.wait_drawn(before)
    bench.page.wait_for_timeout(APART_MS)


def whole(bench):
    """Click twice, and wait likewise."""
    before = bench.drawing
    bench.page.mouse.dblclick(*spot(bench, 0.5))
    bench.wait_drawn(before)
    bench.page.wait_for_timeout(APART_MS)


def said_moment(bench):
    return bench.page.inner_text(".bl-moment output")


def test_a_double_click_shows_the_whole_run_in_each_view_and_moves_no_moment(bench):
    look(bench, "overview")
    span = bench.page.evaluate(RANGES)[0]
    moment = said_moment(bench)
    for view in ("risk", "rates", "overview"):
        zoom(bench, 0.3, 0.5)
        look(bench, view)

        assert all(x[0] > span[0] and x[1] < span[1] for x in bench.page.evaluate(RANGES))
        whole(bench)

        assert bench.page.evaluate(RANGES) == [span] * len(bench.page.evaluate(RANGES))
    bench.page.wait_for_timeout(600)
    assert said_moment(bench) == moment
    assert bench.page.evaluate(HAIRLINE) == [span[1]]
    assert bench.page.errors == []


HAIRLINE = """() => {
  const { shapes } = document.querySelector(".bl-plot [data-drawn]").layout;
  return [...new Set(shapes.filter((x) => x.line.dash === "dot").map((x) => x.x0))];
}"""


def test_one_click_moves_the_moment(bench):
    look(bench, "overview")
    before = said_moment(bench)

    bench.page.mouse.click(*spot(bench, 0.25))

    bench.page.wait_for_function(
        "(before) => document.querySelector('.bl-moment output').innerText !== before", arg=before
    )
    moved = said_moment(bench)
    whole_was_shown = bench.page.evaluate(RANGES)
    bench.page.wait_for_timeout(500)
    bench.page.mouse.dblclick(*spot(bench, 0.75))
    bench.page.wait_for_timeout(900)
    assert said_moment(bench) == moved
    assert bench.page.evaluate(RANGES) == whole_was_shown


def test_the_box_at_the_pointer_lies_over_the_texts_of_the_figure(bench):
    look(bench, "risk")
    strip = bench.page.evaluate(LIMITED)
    bench.page.mouse.move(*spot(bench, 0.02, strip["strip"], strip["height"]))
    bench.page.wait_for_selector(".bl-plot .hoverlayer .legend")
    shot(bench.page, "hover_over_labels")

    found = bench.page.evaluate(ABOVE)

    assert found["label"].startswith(("warning", "critical"))
    assert found["hovered"]
    look(bench, "overview")


# The strip with limits at its left, and the height there of its first line.
LIMITED = """() => {
  const plot = document.querySelector(".bl-plot [data-drawn]");
  const { annotations: _, meta } = plot.layout;
  const spans = [...document.querySelectorAll(".bl-plot .bl-over > span")];
  const place = spans.findIndex((x) => x.textContent.startsWith("warning"));
  const strip = meta.strips[place];
  const n = strip ? strip + 1 : "";
  const y = plot._fullLayout[`yaxis${n}`];
  const box = spans[place].getBoundingClientRect(), frame = plot.getBoundingClientRect();
  return { strip, height: (box.top - frame.top - y._offset) / y._length };
}"""
# What is met first where a text of the figure and the box at the pointer lie over each other.
ABOVE = """() => {
  const boxes = [...document.querySelectorAll(".bl-plot .hoverlayer .legend .bg")];
  const spans = [...document.querySelectorAll(".bl-plot .bl-over > span")];
  for (const part of [...boxes, ...spans]) part.style.pointerEvents = "all";
  for (const path of boxes) {
    const box = path.getBoundingClientRect();
    for (const span of spans) {
      const text = span.getBoundingClientRect();
      const left = Math.max(box.left, text.left), right = Math.min(box.right, text.right);
      const top = Math.max(box.top, text.top), foot = Math.min(box.bottom, text.bottom);
      if (right - left < 4 || foot - top < 4) continue;
      const met = document.elementFromPoint((left + right) / 2, (top + foot) / 2);
      for (const part of spans) part.style.pointerEvents = "";
      return { label: span.textContent, hovered: met.closest(".hoverlayer") !== null };
    }
  }
  return { label: "no text lies under a box", hovered: false };
}"""


def test_labels_of_a_zoomed_figure_stand_at_the_height_at_which_their_lines_leave_it(bench):
    look(bench, "overview")
    zoom(bench, 0.3, 0.5)
    shot(bench.page, "zoomed_overview")

    told = bench.page.evaluate(LEAVES, "lending")

    assert told["label"] == pytest.approx(told["line"], abs=2.0)
    assert told["share"] > 0.1  # of the height: what is in sight fills the strip
    look(bench, "risk")
    shot(bench.page, "zoomed_risk")
    look(bench, "rates")
    shot(bench.page, "zoomed_rates")
    look(bench, "overview")
    whole(bench)


# Of a line of the first strip: where it leaves the picture and where its label stands, pixels
# below the top of the figure, and how much of the height of the strip it takes in sight.
LEAVES = """(name) => {
  const plot = document.querySelector(".bl-plot [data-drawn]");
  const { xaxis, yaxis } = plot._fullLayout;
  const { y, x, x0, dx } = plot.data.find((trace) => trace.name === name);
  const at = (i) => (x ? x[i] : x0 + i * dx);
  const [low, high] = xaxis.range.map((value) => xaxis.r2l(value));
  const seen = [...y.keys()].filter((i) => at(i) >= low && at(i) <= high).map((i) => y[i]);
  const span = [...document.querySelectorAll(".bl-plot .bl-over > span")]
    .find((text) => text.textContent.endsWith(name));
  const box = span.getBoundingClientRect();
  return {
    line: yaxis._offset + yaxis.d2p(seen[seen.length - 1]),
    label: (box.top + box.bottom) / 2 - plot.getBoundingClientRect().top,
    share: (Math.max(...seen) - Math.min(...seen)) / (yaxis.range[1] - yaxis.range[0]),
  };
}"""
