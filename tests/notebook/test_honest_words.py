"""What the workbench says of a run is true of that run: costs, scenario, units, moments, pins."""

import re

import numpy as np
import pytest

import basis_lab as bl
from basis_lab.domain.series import borrow_index
from basis_lab.notebook import workbench
from basis_lab.notebook.layout import TICKS
from basis_lab.notebook.panels.invoice import daily_sums
from basis_lab.results.formats import MINUS, NONE
from basis_lab.results.report_data import ReportData

SHORT = {"start": "2025-01-01", "end": "2025-02-15"}
SPOT = "strategy.spot_allocation"


def words_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def cells(html, name):
    found = re.search(rf'<th scope="row">{re.escape(name)}</th>(.*?)</tr>', html)
    return [words_of(x).strip() for x in re.findall(r"<td[^>]*>(.*?)</td>", found[1])]


def test_the_case_says_that_costs_are_off_and_names_the_scenario(bench):
    assert "after all fees, slippage, gas and transfers" in bench.board.head.slots["case"]
    assert "scenario" not in bench.board.head.slots["case"]

    bench.act("case", "scenario", "frictionless")
    bench.run(wait=True)

    told = words_of(bench.board.head.slots["case"])
    assert "before all costs" in told
    assert "after all" not in told
    assert "scenario frictionless" in told
    assert "costs are off" in told
    assert "transfers, queues and payouts take no time" in told
    assert "before all costs" in bench.board.stage.caption["case"]


def test_a_held_book_is_told_as_held(bench):
    bench.act("case", "scenario", "hold")
    bench.run(wait=True)

    assert "held from the entry on: no trigger acts" in bench.board.head.slots["case"]


def test_a_hedge_that_stays_off_its_target_is_a_warning():
    # A perpetual's lot of 0.001 BTC is a tenth of 900 USDT of coins.
    bench = workbench("btc_basis", capital=1_300, **SHORT)

    told = [x for x in bench.result.summary["warnings"] if "further from neutral" in x]
    drift = np.abs(bench.result.record.risk["delta_drift"])
    beyond = np.count_nonzero(drift > 0.02)
    assert len(told) == 1
    assert f"than 2 % of equity in {beyond:,} of {len(drift):,} timesteps" in told[0]
    assert not any(
        "further from neutral" in x for x in workbench(**SHORT).result.summary["warnings"]
    )


def test_runs_that_are_pinned_say_what_tells_them_apart(bench):
    bench.act("pin")
    bench.act("pin")
    assert [x.name for x in bench.board.pins] == ["pin 1"]
    assert "pinned already, as pin 1" in bench.editor.panel.slots["status"]

    for share in (0.6, 0.61, 0.62, 0.63):
        bench.act("set", SPOT, str(share))
        bench.run(wait=True)
        bench.act("pin")
    assert [x.name for x in bench.board.pins] == ["pin 2", "pin 3", "pin 4", "pin 5"]
    assert "pin 1 made way, 4 are kept" in bench.editor.panel.slots["status"]

    bench.act("view", "runs")
    changed = cells(bench.board.foot.slots["tables"], "changed")
    assert changed[1] == "btc_basis, spot allocation 0.6"
    assert changed[-1] == "btc_basis, spot allocation 0.63"


def test_a_pin_in_another_currency_keeps_its_unit(bench):
    bench.act("pin")
    bench.act("case", "mode", "eth_leveraged")
    bench.run(wait=True)
    bench.act("view", "runs")

    usdt = bench.board.pins[0].summary
    six = words_of(bench.board.head.slots["six"])
    assert re.search(r"pin 1: [\d,]+ USDT", six)
    row = cells(bench.board.foot.slots["tables"], "final equity")
    assert row[0].endswith(" ETH")
    assert row[1] == f"{usdt['final_equity']:,.0f} USDT"
    assert row[2] == ""


def test_the_moment_of_a_liquidation_goes_with_it():
    bench = workbench("btc_basis", scenario="venue_default_binance", **SHORT)
    assert bench.board.sight.moment < bench.board.series.rows - 1

    bench.act("case", "scenario", "none")
    bench.run(wait=True)

    assert bench.board.sight.moment == bench.board.series.rows - 1
    assert bench.board.sight.events.page == 0


def test_a_moment_that_was_chosen_stays(bench):
    bench.act("moment", "", "100")
    bench.act("set", SPOT, "0.6")
    bench.run(wait=True)

    assert bench.board.sight.moment == 100


def test_debts_are_told_in_tokens_at_the_price_of_one():
    bench = workbench("eth_leveraged", share_class="ETH", **SHORT)
    bench.act("view", "risk")

    series, at = bench.board.series, bench.board.sight.moment
    table = bench.board.foot.slots["tables"]
    _, units, price, *_ = cells(table, "debt WETH")
    index = series.record.frame.values(borrow_index("WETH"))[at]
    place = next(i for i, x in enumerate(series.lines.keys) if str(x).endswith("debt:WETH"))
    scaled = series.lines.quantities[at, place]
    assert index > 1.0
    owed = float(units.replace(MINUS, "-").replace(",", ""))
    assert owed == pytest.approx(-scaled * index, abs=1e-6)
    assert price == "1.000000"  # in ETH: the quantity is owed, the price is a price


def test_a_side_that_is_closed_has_no_last_distance():
    bench = workbench(
        "btc_basis",
        start="2024-01-01",
        end="2024-12-31",
        scenario="hold",
        overrides={SPOT: 0.85, "risk.margin_ratio.warning": 0.12},
    )

    assert bench.result.summary["liquidations"] > 0
    gone = [x for x in bench.board.series.sides if x.last is None]
    assert gone
    told = words_of(bench.board.right.slots["sigmas"])
    assert "closed" in told
    if bench.board.series.sides[0].last is None:
        assert "closed at the end" in words_of(bench.board.head.slots["six"])


def test_with_flows_the_invoice_tells_amounts_without_points_and_why(bench):
    assert "not told in points" not in bench.board.right.slots["invoice"]

    bench.act("case", "scenario", "flows_example")
    bench.act("case", "end", "2025-12-31")
    bench.run(wait=True)

    invoice = bench.board.right.slots["invoice"]
    assert "amounts are not told in points" in invoice
    points = re.findall(r'class="num points">([^<]*)<', invoice)
    assert points
    assert set(points) == {NONE}


def test_an_axis_of_weeks_tells_days_and_one_of_months_tells_months():
    def first_that_fits(dtick_ms):
        for stop in TICKS:
            low, high = (30 * 86_400_000 if x == "M1" else x for x in stop["dtickrange"])
            if (low is None or dtick_ms >= low) and (high is None or dtick_ms <= high):
                return stop["value"]
        return None

    assert first_that_fits(14 * 86_400_000) == "%d %b"
    assert first_that_fits(90 * 86_400_000) == "%b '%y"
    assert first_that_fits(3_600_000) == "%d %b %H:%M"


def test_a_day_of_the_workbench_is_a_day_of_the_report(bench):
    series = bench.board.series
    of_report = ReportData(bench.result.tables).daily["funding"]

    days, sums = daily_sums(series, series.record.attribution["funding"])

    told = dict(zip(days.astype(str).tolist(), sums.tolist(), strict=True))
    expected = {str(day.date()): amount for day, amount in of_report.items()}
    assert told == pytest.approx(expected, abs=1e-9)
    bench.act("day", "2025-01-10")
    assert str(series.stamps[bench.board.sight.moment]) == "2025-01-11T00:00:00"


def test_an_emptied_end_runs_what_the_fields_and_the_command_say(bench):
    bench.act("case", "end", "")
    bench.run(wait=True)

    assert bench.result.summary["end"] == "2025-12-31T00:00:00Z"
    assert bench.editor.panel.values["end"] == "2025-12-31"
    assert "--end 2025-12-31" in bench.drawn.command()
    again = bl.backtest("btc_basis", share_class="USDT", start="2025-01-01", end="2025-12-31")
    assert bench.result.summary["run_id"] == again.summary["run_id"]

    bench.act("case", "start", "")
    bench.run(wait=True)
    assert bench.result.summary["start"] == "2024-12-31T00:00:00Z"
