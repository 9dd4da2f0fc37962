"""What stands in narrow columns is whole: bars of the balance, heads, dates of saved runs."""

import pytest

from .conftest import ARTIFACTS, shot

pytestmark = [
    pytest.mark.slow,
    # The libraries that start kernels and browsers are not ours to mend.
    pytest.mark.filterwarnings("default"),
]


@pytest.mark.parametrize("width", [1430, 1100, 560])
@pytest.mark.parametrize("mode", ["eth_leveraged", "usdt_market_neutral"])
def test_texts_of_the_balance_stay_inside_their_parts(bench, mode, width):
    bench.size(1430)
    if f"{mode} " not in bench.page.inner_text(".bl-case").replace("\N{MIDDLE DOT}", " "):
        bench.choose("mode", mode)
    bench.size(width, 1600)

    told = bench.page.evaluate(PARTS)
    ARTIFACTS.mkdir(exist_ok=True)
    place = ARTIFACTS / f"balance_{mode}_{width}.png"
    bench.page.locator(".bl-books").screenshot(path=str(place))

    assert len(told) >= 3
    assert [x["text"] for x in told if x["beside"] < 3 or x["above"] < -0.5] == []
    bench.size(1430)


# The texts that are seen, and what is left beside them and above or below them in their part.
PARTS = """() => [...document.querySelectorAll(".bl-book .told > span")].map((span) => {
  const text = span.getBoundingClientRect(), line = span.parentNode.getBoundingClientRect();
  const part = span.parentNode.parentNode.getBoundingClientRect();
  return {
    text: span.textContent,
    seen: text.top < line.bottom - 1,
    beside: Math.min(text.left - part.left, part.right - text.right),
    above: Math.min(text.top - part.top, part.bottom - text.bottom),
  };
}).filter((x) => x.seen)"""


@pytest.mark.parametrize("width", [1430, 1180, 820, 560])
def test_the_head_of_differences_takes_two_lines_at_most(bench, width):
    bench.size(1430)
    if not bench.page.locator(".bl-six .pinned").count():
        bench.pin()
    bench.size(width, 1600)

    lines = bench.page.evaluate(LINES, ".bl-invoice th.against")

    assert 0 < max(lines) <= 2
    bench.size(1430)


def test_dates_of_saved_runs_keep_to_a_line_in_a_narrow_window(bench):
    page = bench.page
    page.click("[data-focus=Save]")
    page.wait_for_function(
        "document.querySelector('[data-slot=status]').innerText.includes('saved')"
    )
    bench.show("runs")
    bench.size(560, 1600)
    page.locator(".bl-saved").scroll_into_view_if_needed()
    shot(page, "saved_560")

    lines = page.evaluate(LINES, ".bl-saved tbody td:not(:has(.refused, button))")

    assert len(lines) >= 6
    assert max(lines) == 1
    bench.size(1430)


# How many lines the text of each element has.
LINES = """(chosen) => [...document.querySelectorAll(chosen)].map((x) => {
  const inner = document.createRange();
  inner.selectNodeContents(x);
  return new Set([...inner.getClientRects()].map((rect) => Math.round(rect.bottom))).size;
})"""
