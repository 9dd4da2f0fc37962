"""Which pin is meant, and what of two runs over other dates can be subtracted."""

import re

import pytest

from basis_lab.notebook.bench import Workbench
from basis_lab.notebook.case import Case
from basis_lab.results.formats import MINUS, format_points
from basis_lab.results.verdict import Comparison

SPOT = "strategy.spot_allocation"


def cells(html, name):
    row = re.search(
        rf'<th scope="row">(?:<button[^>]*>)?{name}(?:</button>)?</th>(.*?)</tr>', html
    ).group(1)
    return [re.sub("<.*?>", "", x) for x in re.findall(r"<td[^>]*>(.*?)</td>", row)]


@pytest.fixture
def bench():
    made = Workbench(
        Case(mode="btc_basis", share_class="USDT", start="2025-01-01", end="2025-03-31")
    )
    made.act("pin")
    return made


def points(summary, name):
    amount = summary["net_pnl"] if name == "net" else summary["attribution"][name]
    return amount / summary["initial_capital"] * 365.0 / Comparison.of(summary).days


def test_of_several_pins_head_strip_and_invoice_name_the_one_that_is_meant(bench):
    bench.act("set", SPOT, "0.6")
    bench.act("pin")
    bench.act("set", SPOT, "0.65")

    six = bench.board.head.slots["six"]
    assert "pin 2: btc_basis, spot allocation 0.6.</p>" in six
    lines = re.findall(r'<dd class="pinned">(.*?)</dd>', six)
    assert len(lines) == 6
    assert all(re.match(r"pin 2: \S+ (%|points|USDT)$", x) for x in lines)
    assert "pin 2" in [x["name"] for x in bench.board.stage.traces if "name" in x]
    assert f"drawn {MINUS} pin 2" in bench.board.right.slots["invoice"]
    assert "other dates" not in six


def test_a_pin_over_other_dates_is_told_with_them_and_its_amounts_are_not_subtracted(bench):
    pinned = bench.board.series.summary
    bench.act("case", "end", "2025-06-30")
    drawn = bench.board.series.summary

    six, invoice = bench.board.head.slots["six"], bench.board.right.slots["invoice"]
    assert "pin 1: btc_basis, as shipped, 1 Jan 2025 to 31 Mar 2025" in six
    assert "amounts cannot" in six
    assert f"drawn {MINUS} pin 1, points" in invoice
    for name in ("net", "funding"):
        differs = points(drawn, name) - points(pinned, name)
        assert cells(invoice, name)[-1] == format_points(differs)
    assert "pin 1 ran 1 Jan 2025 to 31 Mar 2025" in invoice

    bench.act("view", "runs")
    runs = bench.board.foot.slots["tables"]
    for name in ("net pnl, USDT", "final equity, USDT", "funding, USDT", "trades"):
        assert cells(runs, name)[-2:] != ["", ""]
        assert cells(runs, name)[-1] == ""
    assert cells(runs, "apr")[-1].endswith(" pp")
    assert "pin 1 ran over other dates than the drawn run" in runs


def test_a_pin_over_the_same_dates_is_subtracted_in_money(bench):
    before = bench.board.series.summary["net_pnl"]
    bench.act("set", SPOT, "0.5")

    differs = bench.board.series.summary["net_pnl"] - before
    told = cells(bench.board.right.slots["invoice"], "net")[-1]
    assert float(told.replace(MINUS, "-").replace(",", "")) == pytest.approx(differs, abs=0.51)
