"""Quality gates: a good run passes each, and each fails on a run that was tampered with."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from basis_lab.domain.events import Event, EventType
from basis_lab.domain.requirements import Alignment, Requirement
from basis_lab.engine.health import Health
from basis_lab.services.requests import BacktestRequest
from gates import identities, ran, written
from gates.__main__ import GATES, main, try_case
from gates.trial import make_trial

SHORT = BacktestRequest(mode="btc_basis", share_class="USDT", start="2024-06-01", end="2024-06-15")


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    return make_trial(SHORT, tmp_path_factory.mktemp("gates"))


@pytest.fixture
def copied(trial, tmp_path):
    """The same trial with a folder that may be tampered with."""
    return replace(trial, folder=shutil.copytree(trial.folder, tmp_path / "run"))


def with_record(trial, **changes):
    return replace(trial, record=replace(trial.record, **changes))


def nudged(column, row=-1, by=1.0):
    changed = column.copy()
    changed[row] += by
    return changed


def test_a_good_run_passes_every_gate(trial):
    outcomes = [gate(trial) for gate in GATES]

    assert [x.gate for x in outcomes if not x.passed] == []
    assert len({x.gate for x in outcomes}) == len(GATES) == 13
    assert all(x.figure for x in outcomes)


def test_a_series_that_is_missing_fails_data(trial):
    more = Requirement(key="mark/kraken/BTCUSDT.open", alignment=Alignment.STEP, purpose="none")

    outcome = ran.data_is_there(replace(trial, requirements=(*trial.requirements, more)))

    assert not outcome.passed
    assert "kraken" in outcome.figure


def test_an_optional_series_may_be_missing(trial):
    more = Requirement(
        key="mark/kraken/BTCUSDT.open", alignment=Alignment.STEP, purpose="none", optional=True
    )

    assert ran.data_is_there(replace(trial, requirements=(more,))).passed


def test_a_warning_at_the_entry_fails_config(trial):
    warning = Event(
        row=0, event_type=EventType.RISK_WARNING, component="risk_monitor", trigger="margin_ratio"
    )

    outcome = ran.entry_is_quiet(with_record(trial, log=(*trial.record.log, warning)))

    assert not outcome.passed
    assert "margin_ratio" in outcome.figure


def test_an_ill_component_fails_health(trial):
    ill = Health(overall_status="unhealthy", timestamp="", components={"pnl_monitor": "adrift"})

    outcome = ran.components_are_healthy(replace(trial, health=ill))

    assert not outcome.passed
    assert "pnl_monitor: adrift" in outcome.figure


def test_a_first_loop_without_decision_fails(trial):
    later = tuple(
        replace(x, row=1) if isinstance(x, Event) and x.event_type is EventType.DECISION else x
        for x in trial.record.log
    )

    assert not ran.first_loop_acts(with_record(trial, log=later)).passed


def test_a_component_that_was_replaced_fails_state(trial):
    swapped = {**trial.parts[-1], "risk_monitor": object()}

    outcome = ran.state_is_kept(replace(trial, parts=(*trial.parts, swapped)))

    assert not outcome.passed
    assert "risk_monitor" in outcome.figure


def test_a_run_without_a_window_fails_state(trial):
    assert not ran.state_is_kept(replace(trial, parts=trial.parts[:1])).passed


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("summary.json", None),
        ("summary.json", "{"),
        ("config.yaml", "a: [1"),
        ("config.yaml", ""),
        ("events.jsonl", "{}\n{\n"),
        ("risk.csv", "timestamp,ltv\n"),
        ("risk.csv", "timestamp,ltv\n1\n"),
    ],
)
def test_a_file_that_is_missing_or_broken_fails_files(copied, name, content):
    path = copied.folder / name
    path.unlink()
    if content is not None:
        path.write_text(content)

    outcome = written.files_are_made(copied)

    assert not outcome.passed
    assert name in outcome.figure


def test_details_that_are_no_json_fail_files(copied):
    path = copied.folder / "event_log.csv"
    path.write_text(path.read_text().replace('"{""', '"{"'))

    assert not written.files_are_made(copied).passed


@pytest.mark.parametrize("name", ["nav.html", "plotly.min.js"])
def test_a_missing_picture_fails_plots(copied, name):
    (copied.folder / "plots" / name).unlink()

    outcome = written.plots_are_drawn(copied)

    assert not outcome.passed
    assert name in outcome.figure


def test_an_empty_picture_fails_plots(copied):
    said = copied.folder / "plots" / "health_factor.html"
    drawn = copied.folder / "plots" / "nav.html"
    drawn.write_text(said.read_text())

    outcome = written.plots_are_drawn(copied)

    assert "nav.html is empty" in outcome.figure


def test_a_page_without_a_figure_fails_plots(copied):
    (copied.folder / "plots" / "health_factor.html").write_text("<html></html>")

    assert not written.plots_are_drawn(copied).passed


def change_events(trial, change):
    path = trial.folder / "event_log.csv"
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([head, *change(rows)]) + "\n")


def test_events_that_changed_places_fail_the_clock(copied):
    change_events(copied, lambda rows: [*rows[:5], rows[-1], *rows[5:-1]])

    assert "order" in written.one_clock(copied).figure
    assert not written.one_clock(copied).passed


def test_time_that_runs_back_fails_the_clock(copied):
    change_events(copied, lambda rows: [*rows[:-1], rows[-1].replace("2024-06-15", "2024-06-02")])

    assert "stands after" in written.one_clock(copied).figure


def test_a_payment_after_the_other_events_of_its_time_fails_the_clock(copied):
    last = copied.folder / "event_log.csv"
    end = last.read_text().splitlines()[-1].replace("RUN_END", "FUNDING_PAYMENT")
    number = int(end.split(",")[0])
    change_events(copied, lambda rows: [*rows, end.replace(f"{number},", f"{number + 1},", 1)])

    assert "stands after" in written.one_clock(copied).figure


def test_a_time_that_is_no_timestep_fails_the_clock(copied):
    change_events(copied, lambda rows: [*rows[:-1], rows[-1].replace("T00:00:00Z", "T00:30:00Z")])

    assert "no timestep" in written.one_clock(copied).figure


def test_an_instruction_at_another_time_than_its_decision_fails_the_clock(copied):
    def delay(rows):
        """Let the last instruction come an hour later, just before the end of the run."""
        number = max(i for i, row in enumerate(rows) if ",execution_manager," in row)
        hour = rows[number].split(",")[1]
        rows[number] = rows[number].replace(hour, "2024-06-15T00:00:00Z", 1)
        return rows[: number + 1]

    change_events(copied, delay)

    assert "decided at" in written.one_clock(copied).figure


def test_a_residual_fails(trial):
    outcome = identities.attribution_adds_up(
        with_record(trial, residual=nudged(trial.record.residual, 3, 1e-3))
    )

    assert not outcome.passed
    assert outcome.figure == "1.0e-08 of the capital"


def test_an_equity_that_is_not_explained_fails(trial):
    doctored = with_record(trial, equity=nudged(trial.record.equity))

    assert not identities.attribution_adds_up(doctored).passed
    assert not identities.balance_is_equity(doctored).passed
    assert not identities.costs_are_attributed(doctored).passed


def test_a_figure_that_is_not_a_number_never_passes(trial):
    assert not identities.balance_is_equity(
        with_record(trial, equity=nudged(trial.record.equity, by=np.nan))
    ).passed


def test_a_venue_that_holds_something_else_fails(trial):
    class Other:
        def __init__(self, venue):
            self.venue = venue

        def balances(self):
            held = dict(self.venue.balances())
            first = next(iter(held))
            return {**held, first: held[first] + 1.0}

    doctored = replace(trial, venues=(Other(trial.venues[0]), *trial.venues[1:]))

    assert not identities.venues_agree(doctored).passed


@pytest.mark.parametrize("by", [1e-6, np.nan])
def test_a_delta_that_is_not_the_sum_of_its_parts_fails(trial, by):
    exposure = dict(trial.record.exposure)
    exposure["cex_wallet_net_delta_BTC"] = nudged(exposure["cex_wallet_net_delta_BTC"], by=by)

    assert not identities.exposure_adds_up(with_record(trial, exposure=exposure)).passed


def test_a_cost_that_earns_fails(trial):
    attribution = dict(trial.record.attribution)
    paid = float(attribution["fee"].sum())
    attribution["fee"] = nudged(attribution["fee"], by=1.0 - paid)
    attribution["delta"] = nudged(attribution["delta"], by=paid - 1.0)

    outcome = identities.costs_are_attributed(with_record(trial, attribution=attribution))

    assert outcome.figure == "fee is a gain"


@pytest.mark.parametrize(
    ("change", "gate"),
    [
        ({"overrides": {"strategy.nonsense": 1}}, "config"),
        ({"start": "2031-01-01", "end": "2031-02-01"}, "data"),
        ({"share_class": "ETH"}, "run"),
    ],
)
def test_what_cannot_run_fails_the_gate_that_it_fails_at(tmp_path, change, gate):
    (outcome,) = try_case(replace(SHORT, **change), tmp_path)

    assert (outcome.gate, outcome.passed) == (gate, False)


def test_the_gates_tell_each_figure_and_write_it_down(capsys, tmp_path):
    words = ["--mode", "pure_lending", "--start", "2024-06-01", "--end", "2024-06-08"]

    assert main([*words, "--out", str(tmp_path)]) == 0

    report = json.loads((tmp_path / "gates.json").read_text())
    assert report["passed"]
    assert [case["share_class"] for case in report["cases"]] == ["USDT", "ETH"]
    assert capsys.readouterr().out.count("PASS  pure_lending") == 26


def test_a_gate_that_fails_fails_all(capsys, tmp_path):
    words = ["--mode", "pure_lending", "--start", "2031-06-01", "--end", "2031-06-08"]

    assert main([*words, "--out", str(tmp_path)]) == 1

    assert not json.loads((tmp_path / "gates.json").read_text())["passed"]
    assert "FAIL  pure_lending USDT  data" in capsys.readouterr().out


@pytest.mark.slow
def test_a_story_with_liquidations_on_real_data_passes_every_gate(real_data, tmp_path):
    """Held through November 2024 with thin margin, every hedge is liquidated."""
    request = BacktestRequest(
        mode="btc_basis",
        start="2024-05-12",
        end="2025-03-30",
        overrides={"strategy.spot_allocation": 0.78, "data.proxies": {"okx": "binance"}},
        scenarios=("hold",),
        data_dir=real_data,
    )

    liquidated = make_trial(request, tmp_path)

    assert liquidated.record.liquidations == 3
    assert [x.gate for x in (gate(liquidated) for gate in GATES) if not x.passed] == []
    page = (liquidated.folder / "plots" / "margin_ratios.html").read_text()
    assert '"symbol":"x"' in page
    assert '"symbol":"triangle-down"' in page


@pytest.mark.slow
def test_money_that_comes_and_goes_passes_every_gate(tmp_path):
    request = replace(
        SHORT, scenarios=("flows_example",), start="2024-06-10", end="2024-08-01", mode="eth_basis"
    )

    flowing = make_trial(request, tmp_path)

    assert np.count_nonzero(flowing.record.flows) >= 2
    assert [x.gate for x in (gate(flowing) for gate in GATES) if not x.passed] == []
