"""What users wrote is text in the figure, whatever is in it: on the screen and in its picture."""

import re
from html import unescape

import pytest

from .conftest import shot

pytestmark = [
    pytest.mark.slow,
    # The libraries that start kernels and browsers are not ours to mend.
    pytest.mark.filterwarnings("default"),
]

NAMES = ("a<b>x", "x</b>y", "R&D &amp; <i>it</i>")
CALLED = """
from dataclasses import replace
board = bench.board
if not board.pins:
    bench.pin()
board.pins = [replace(board.pins[0], name=%r)]
board.series.summary["mode"] = %r
board.redraw()
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_name_with_tags_and_entities_is_drawn_and_saved_as_it_is_written(bench, name, tmp_path):
    page = bench.page

    bench.in_kernel(CALLED % (name, name))

    page.wait_for_function(
        "(name) => document.querySelector('.bl-over').textContent.includes(name)", arg=name
    )
    shot(page, "names")
    ends = page.locator(".bl-over > span").all_inner_texts()
    assert [x.split(" ", 1)[1] for x in ends if name in x] == [name]
    assert page.locator(".bl-over b", has_text=name).count() == 0
    with page.expect_download() as caught:
        page.click('.bl-tools button[aria-label$="SVG"]')
    place = tmp_path / "figure.svg"
    caught.value.save_as(place)
    texts = re.findall(r"<text[^>]*>(.*?)</text>", place.read_text(), re.DOTALL)
    told = [unescape(re.sub(r"<[^>]*>", "", x)) for x in texts]
    assert any(x.endswith(name) for x in told)
    assert any(f"data \N{MIDDLE DOT} {name} \N{MIDDLE DOT}" in x for x in told)
    assert page.errors == []
