"""What no run would accept: said at its field and beside Run, and found anew by every change."""

import re

import pytest

from basis_lab.errors import ConfigProblem
from basis_lab.notebook.refusals import place_of

SPOT = "strategy.spot_allocation"
RUN_DISABLED = re.compile(r'data-do="run"[^>]* disabled')


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize(
    ("dates", "told", "button", "remedy"),
    [
        (
            ("2025-01-01", "2026-06-01"),
            "the end 2026-06-01 lies beyond the data",
            "Use the covered dates, 2025-01-01 to 2025-12-31",
            "2025-01-01/2025-12-31",
        ),
        (
            ("2020-06-01", "2025-02-15"),
            "the start 2020-06-01 lies before the data",
            "Use the covered dates, 2024-01-01 to 2025-02-15",
            "2024-01-01/2025-02-15",
        ),
        (
            ("2025-02-01", "2025-01-01"),
            "the end 2025-01-01 lies before the start 2025-02-01",
            "Swap them: 2025-01-01 to 2025-02-01",
            "2025-01-01/2025-02-01",
        ),
        (
            ("2026-03-01", "2025-12-31"),
            "the end 2025-12-31 lies before the start 2026-03-01",
            "Use the covered dates, 2024-01-01 to 2025-12-31",
            "2024-01-01/2025-12-31",
        ),
        (
            ("2029-01-01", "2025-03-01"),
            "the end 2025-03-01 lies before the start 2029-01-01",
            "Use the covered dates, 2025-03-01 to 2025-12-31",
            "2025-03-01/2025-12-31",
        ),
        (
            ("2025-02-15", "2025-02-15"),
            "at least two timesteps",
            "Run one day, 2025-02-15 to 2025-02-16",
            "2025-02-15/2025-02-16",
        ),
    ],
)
def test_dates_that_no_run_accepts_are_refused_at_their_fields(
    bench, live, dates, told, button, remedy
):
    if not live:
        bench.act("live")
    bench.act("case", "start", dates[0])
    bench.act("case", "end", dates[1])
    result = bench.result

    note = bench.editor.panel.slots["note:start"]
    assert told in note
    assert f'data-value="{remedy}">{button}<' in note
    assert RUN_DISABLED.search(bench.editor.panel.slots["acts"])
    assert "Run waits for From, to" in bench.editor.panel.slots["waits"]
    bench.act("run")
    assert bench.result is result

    bench.act("remedy", "dates", remedy)

    assert bench.editor.refused == {}
    assert bench.editor.panel.slots["note:start"] == ""
    assert bench.result.summary["end"].startswith(remedy.partition("/")[2])


@pytest.mark.parametrize("live", [True, False])
def test_what_only_a_run_refuses_is_said_beside_run_and_forgotten_with_the_next_change(bench, live):
    if not live:
        bench.act("live")
    bench.act("case", "capital", "1e18")
    bench.act("run")

    waits = bench.editor.panel.slots["waits"]
    assert "Margin ratio, critical, under Advanced: binance liquidates" in waits
    assert "Run waits for Spot share" in waits
    assert RUN_DISABLED.search(bench.editor.panel.slots["acts"])

    bench.act("case", "capital", "100000")
    bench.act("run")

    assert bench.editor.refused == {}
    assert bench.editor.panel.slots["waits"] == ""
    assert bench.editor.panel.slots[f"note:{SPOT}"] == ""
    assert not RUN_DISABLED.search(bench.editor.panel.slots["acts"])
    assert bench.result.summary["initial_capital"] == 100_000.0


def test_what_cannot_be_read_blocks_run_until_its_own_field_changes(bench):
    bench.act("set", SPOT, "plenty")
    bench.act("case", "capital", "5000")

    assert "number" in bench.editor.panel.slots[f"note:{SPOT}"]
    assert RUN_DISABLED.search(bench.editor.panel.slots["acts"])

    bench.act("set", SPOT, "0.6")

    assert not RUN_DISABLED.search(bench.editor.panel.slots["acts"])
    assert bench.result.summary["initial_capital"] == 5_000.0


RISKS = "risk.enabled_risk_types"


@pytest.mark.parametrize(
    ("key", "written"),
    [("risk.margin_ratio.critical", "0.12"), ("data.proxies", '{"okx": "binance"}')],
)
def test_a_part_of_a_list_is_refused_at_its_own_field_whatever_changes_next(bench, key, written):
    told = "there is no such risk"
    bench.act("set", RISKS, '["foo"]')
    assert told in bench.editor.panel.slots[f"note:{RISKS}"]

    bench.act("set", key, written)

    assert told in bench.editor.panel.slots[f"note:{RISKS}"]
    assert told not in bench.editor.panel.slots[f"note:{key}"]
    assert "Run waits for Enabled risk types" in bench.editor.panel.slots["waits"]
    assert set(bench.editor.refused) == {RISKS}


def test_what_is_about_no_changed_key_is_blamed_on_none_of_several():
    problem = ConfigProblem(
        key="flows[0].amount",
        file="scenarios/one.yaml",
        value=0.0,
        what="nothing flows",
        remedy="give an amount",
    )
    known = {SPOT, RISKS}

    assert place_of(problem, {SPOT: 0.6, RISKS: []}, known) == ""
    assert place_of(problem, {SPOT: 0.6}, known) == SPOT


def test_an_alert_goes_when_the_value_it_is_about_gives_way_to_one_that_is_refused(bench):
    bench.act("case", "capital", "5")
    bench.act("run")
    assert "5.00" in bench.board.head.slots["alert"]

    bench.act("case", "capital", "-100")

    assert bench.board.head.slots["alert"] == ""
    assert "above zero" in bench.editor.refused["capital"]
    assert bench.editor.panel.values["capital"] == "-100"
