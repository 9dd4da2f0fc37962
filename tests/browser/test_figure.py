"""The figure itself: titles at every width, weekly bars, pictures to keep."""

import pytest

from .conftest import shot

pytestmark = [
    pytest.mark.slow,
    # The libraries that start kernels and browsers are not ours to mend.
    pytest.mark.filterwarnings("default"),
]


def fresh(bench, view):
    if bench.page.get_attribute(f"[data-focus=tab-{view}]", "aria-selected") != "true":
        bench.show(view)


def test_labels_at_the_right_are_whole_and_stand_at_the_height_of_their_lines(bench):
    fresh(bench, "overview")

    told = bench.page.evaluate(LABELS)

    assert len(told) > 5
    assert {x["size"] for x in told} == {"11px"}
    assert [x["text"] for x in told if x["over"] > 0.0] == []
    lending = next(x for x in told if x["text"].endswith("lending"))  # no other is near it
    assert lending["middle"] == pytest.approx(bench.page.evaluate(END_OF_LENDING), abs=1.0)


LABELS = """() => {
  const plot = document.querySelector(".bl-plot [data-drawn]");
  const frame = plot.getBoundingClientRect();
  const { titles } = plot.layout.meta;
  return [...document.querySelectorAll(".bl-plot .bl-over > span")]
    .filter((_, place) => !(place in titles))
    .map((span) => {
      const box = span.getBoundingClientRect();
      return {
        text: span.textContent,
        size: getComputedStyle(span).fontSize,
        over: box.right - frame.right,
        middle: (box.top + box.bottom) / 2 - frame.top,
      };
    });
}"""
# Pixels below the top of the figure at which the line of lending ends.
END_OF_LENDING = """() => {
  const plot = document.querySelector(".bl-plot [data-drawn]");
  const { y } = plot.data.find((trace) => trace.name === "lending");
  const { yaxis } = plot._fullLayout;
  return yaxis._offset + yaxis.d2p(y[y.length - 1]);
}"""


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [560, 700, 820, 1200])
def test_titles_are_whole_at_every_width(bench, width, theme):
    bench.theme(theme)
    bench.size(width, 1400)
    for view in ("overview", "risk", "rates"):
        fresh(bench, view)
        bench.page.evaluate("document.querySelector('.bl-head').scrollIntoView()")
        shot(bench.page, f"titles_{view}_{width}_{theme.lower()}")

        assert bench.page.evaluate(CUT) == []
    bench.size(1430)
    bench.theme("Light")
    fresh(bench, "overview")


# Titles that leave the figure, or that lie on the plot of the strip above them.
CUT = """() => {
  const plot = document.querySelector(".bl-plot [data-drawn]");
  const frame = plot.getBoundingClientRect();
  const { titles } = plot.layout.meta;
  const grounds = plot._fullLayout._plots;
  const found = [];
  for (const place of Object.keys(titles)) {
    const title = document.querySelectorAll(".bl-plot .bl-over > span")[Number(place)];
    const text = title.getBoundingClientRect();
    if (text.right > frame.right + 1 || text.top < frame.top - 1) found.push(titles[place][0]);
    for (const { xaxis, yaxis } of Object.values(grounds)) {
      const top = frame.top + yaxis._offset, foot = top + yaxis._length;
      if (text.top < foot - 1 && text.bottom > top + 1) found.push(`${titles[place][0]} on a plot`);
    }
  }
  return found;
}"""


def test_the_weekly_bars_are_switched_in_place(bench):
    page = bench.page
    fresh(bench, "overview")
    before = bench.drawing

    page.click("[data-focus=weekly]")

    bench.wait_drawn(before)
    assert page.get_attribute("[data-focus=weekly]", "aria-pressed") == "true"
    assert page.locator(".bl-plot .bars .point").count() > 50
    shot(page, "weekly")
    before = bench.drawing
    page.click("[data-focus=weekly]")
    bench.wait_drawn(before)
    assert page.locator(".bl-plot .bars .point").count() == 0


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_figure_is_saved_as_a_picture_that_says_what_it_is(bench, kind, tmp_path):
    page = bench.page
    with page.expect_download() as caught:
        page.click(f'.bl-tools button[aria-label$="{kind.upper()}"]')

    place = tmp_path / caught.value.suggested_filename
    caught.value.save_as(place)

    assert place.name.startswith("btc_basis-USDT-")
    assert place.name.endswith(f"-overview.{kind}")
    content = place.read_bytes()
    if kind == "svg":
        text = content.decode()
        assert "synthetic data" in text
        assert "lending (Aave)" in text
    else:
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        assert int.from_bytes(content[16:20], "big") > 1_000


def test_the_spread_of_a_loop_is_shaded(bench):
    bench.live(on=True)
    bench.choose("mode", "eth_leveraged")
    fresh(bench, "rates")

    fills = bench.page.evaluate(
        """() => document.querySelector(".bl-plot [data-drawn]").data
             .filter((x) => x.name === "spread").map((x) => x.fill || "none")"""
    )

    assert fills == ["none", "tonexty", "none", "tonexty"]
    assert bench.page.locator(".bl-plot .js-fill").count() >= 2
    shot(bench.page, "spread")
    assert bench.page.errors == []
