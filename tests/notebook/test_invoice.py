"""The invoice adds up in sight, its column of differences as well."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.notebook.panels.invoice import invoice_html
from basis_lab.notebook.pins import Pin
from basis_lab.notebook.series import RunSeries
from basis_lab.results.formats import MINUS

CAUSES = ("funding", "basis", "staking_yield", "borrow_cost", "gas")
# Whole amounts below a hundred are told exactly, in cents.
AMOUNTS = st.lists(st.integers(-9, 9), min_size=len(CAUSES), max_size=len(CAUSES))


def with_amounts(summary, amounts):
    nothing = dict.fromkeys(summary["attribution"], 0.0)
    told = dict(zip(CAUSES, map(float, amounts), strict=True))
    return {**summary, "net_pnl": float(sum(amounts)), "attribution": {**nothing, **told}}


def column(html):
    """Names and differences of the rows, from the top."""
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', html)
    found = []
    for name, told in rows:
        last = re.sub("<.*?>", "", re.findall(r"<td[^>]*>(.*?)</td>", told)[-1])
        found.append((re.sub("<.*?>", "", name), last))
    return found


def difference(series, drawn, pinned):
    """The column of differences of two runs: above gross, gross, below it, and net."""
    run = RunSeries(series.record, with_amounts(series.summary, drawn))
    kept = replace(Pin.of_series("pin 1", run, ""), summary=with_amounts(run.summary, pinned))
    told = column(invoice_html(run, kept, ""))
    names = [name for name, _ in told]
    amounts = [float(x.replace(MINUS, "-")) for name, x in told if name != "residual"]
    gross, net = names.index("gross"), names.index("net")
    return amounts[:gross], amounts[gross], amounts[gross + 1 : net], amounts[net]


@given(drawn=AMOUNTS, pinned=AMOUNTS)
def test_differences_to_a_pin_add_up_in_sight_whatever_the_signs_of_its_causes(
    series, drawn, pinned
):
    above, gross, below, net = difference(series, drawn, pinned)

    assert sum(above) == pytest.approx(gross)
    assert gross + sum(below) == pytest.approx(net)
    assert net == pytest.approx(sum(drawn) - sum(pinned))


def test_a_gain_of_the_pin_that_cost_the_drawn_run_counts_below_gross(series):
    above, gross, below, net = difference(series, [40, -3, 0, 0, 0], [50, 9, 0, 0, 0])

    assert (above, gross) == ([-10.0], -10.0)
    assert (below, net) == ([-12.0], -22.0)
