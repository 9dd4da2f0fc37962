"""The table of stresses: the service, the command and the notebook's function."""

import json
import math
import threading
from dataclasses import replace

import numpy as np
import pytest

import basis_lab as bl
from basis_lab.cli import main
from basis_lab.errors import DataRangeError, UsageError
from basis_lab.results.stressing import BASE, StressRow, days_to_recover, word_stresses
from basis_lab.services.requests import BacktestRequest, check_request
from basis_lab.services.stress import run_stresses, shipped_stresses
from tests.identities.worlds import HOUR, START

DATES = {"start": "2024-06-01", "end": "2024-06-15"}
REQUEST = BacktestRequest(mode="eth_basis", plots=False, **DATES)
TIMES = START + np.arange(6) * 24 * HOUR


def written(tmp_path, name, text):
    path = tmp_path / f"{name}.yaml"
    path.write_text(f"scenario: {name}\nmeaning: a scenario of one's own\n{text}", encoding="utf-8")
    return str(path)


# --- the rows ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nav", "days"),
    [
        ([1.0, 1.1, 1.1, 1.2, 1.3, 1.4], 0.0),
        ([1.0, 1.1, 0.9, 1.0, 1.1, 1.2], 2.0),
        ([1.0, 1.1, 1.1, 0.9, 1.0, 1.1], 3.0),
        ([1.0, 1.1, 0.9, 1.0, 1.0, 1.0], None),
    ],
)
def test_recovery_is_counted_from_the_stress_to_the_level_before_it(nav, days):
    assert days_to_recover(TIMES, np.array(nav), np.full(6, 1.1), 2) == days


@pytest.mark.parametrize(
    ("nav", "days"),
    [
        ([1.0, 1.1, 0.9, 1.1, 0.9, 1.1], 3.0),
        ([1.0, 1.1, 0.9, 1.1, 0.9, 0.6], None),
        ([1.0, 1.1, 0.9, 1.1, 1.1, 0.6], None),
    ],
)
def test_a_level_that_is_touched_once_and_lost_again_is_no_recovery(nav, days):
    assert days_to_recover(TIMES, np.array(nav), np.full(6, 1.1), 2) == days


def test_a_fall_that_the_run_without_the_stress_has_too_is_no_loss_of_the_stress():
    calm = np.array([1.0, 1.1, 1.1, 1.1, 0.8, 0.8])

    assert days_to_recover(TIMES, np.array([1.0, 1.1, 0.9, 1.1, 0.8, 0.8]), calm, 2) == 1.0
    assert days_to_recover(TIMES, np.array([1.0, 1.1, 1.1, 1.1, 0.8, 0.7]), calm, 2) is None


def test_a_hedge_that_a_default_took_is_told_as_never_made_good():
    # The leg that is left without its hedge passes the old level in November, and ends at 0.6.
    request = BacktestRequest(mode="usdt_market_neutral", plots=False)

    _, lost = run_stresses(request, ["venue_default_binance"])

    assert lost.net_pnl < -30_000.0
    assert lost.days_to_recover is None


def test_every_shipped_stress_is_a_row_and_the_base_run_is_the_first():
    rows = run_stresses(REQUEST)

    assert [x.scenario for x in rows] == [BASE, *shipped_stresses()]
    assert {x.status for x in rows} == {"completed"}
    assert len({x.run_id for x in rows}) == len(rows)
    for row in rows:
        assert row.net_pnl_to_base == pytest.approx(row.net_pnl - rows[0].net_pnl, abs=1e-9)


def test_a_stress_that_changes_nothing_is_told_so_and_costs_nothing():
    base, idle = run_stresses(REQUEST, ["lst_depeg_8"])

    assert idle.net_pnl == base.net_pnl
    assert idle.days_to_recover is None
    assert idle.note == "a shock of lst_market/*/*.* at 50% changes nothing in this run"


def test_a_depeg_of_the_market_is_read_from_what_leaving_costs():
    # The loop's marks and health factor are of the protocol's rate: only a sale meets the market.
    loop = BacktestRequest(mode="eth_leveraged", share_class="ETH", plots=False, **DATES)

    base, depeg, crash = run_stresses(loop, ["lst_depeg_8", "eth_crash_30"])

    assert depeg.net_pnl == base.net_pnl
    assert depeg.days_to_recover == 0.0
    assert depeg.worst_exit < base.worst_exit < 0.0
    # Ten times the equity is staked; the market pays 8 % less for it.
    assert depeg.worst_exit - base.worst_exit == pytest.approx(-0.08 * 11.0, rel=0.15)
    assert depeg.worst_exit_to_base == pytest.approx(
        (depeg.worst_exit - base.worst_exit) * 100.0, rel=0.05
    )
    assert depeg.note == ""
    assert crash.note == (
        "of the data of this run it moves spot/binance/ETHUSDT.open, on which no figure here "
        "rests: every figure here is that of the base run"
    )


def test_a_closure_while_nothing_is_due_says_so():
    _, closed = run_stresses(REQUEST, ["cex_outage_24h"])

    assert closed.net_pnl_to_base == 0.0
    assert closed.note == (
        "a closure of binance, bybit, okx at 50% is waited for by no decision and "
        "changes nothing in this run"
    )


def test_a_default_never_recovers_and_its_fall_is_the_drawdown():
    base, lost = run_stresses(REQUEST, ["venue_default_binance"])

    assert lost.days_to_recover is None
    assert lost.net_pnl < base.net_pnl - 80_000.0
    assert lost.max_drawdown < -0.80


def test_a_stress_of_ones_own_is_a_file(tmp_path):
    own = written(
        tmp_path,
        "crash",
        "shocks:\n  - {series: ['*/*/ETHUSDT.*'], operation: multiply, value: 0.5, "
        "at: 2024-06-08T06:00, duration: null, ramp: 12.0}\n",
    )

    _, row = run_stresses(REQUEST, [own])

    assert row.scenario == own
    assert row.status == "completed"


def test_a_stress_that_cannot_be_run_is_a_row_with_its_error(tmp_path):
    wrong = written(
        tmp_path,
        "wrong",
        "shocks:\n  - {series: ['spot/*/ETHUSDT.*'], operation: add, value: -1.0e+6, at: 50%, "
        "duration: null, ramp: 0.0}\n",
    )

    base, failed, after = run_stresses(REQUEST, [wrong, "eth_crash_30"])

    assert failed.status == "failed"
    assert failed.net_pnl is None
    assert failed.note.startswith("CFG-002: a shock leaves a value that cannot be")
    assert {base.status, after.status} == {"completed"}


def test_a_scenario_that_does_not_exist_is_refused_before_anything_runs():
    with pytest.raises(UsageError, match="no scenario of that name"):
        run_stresses(replace(REQUEST, start="1999-01-01"), ["eth_crash_31"])


def test_a_base_run_that_cannot_be_run_is_an_error():
    with pytest.raises(DataRangeError):
        run_stresses(replace(REQUEST, start="1999-01-01", end="1999-02-01"))


def test_runs_of_other_stresses_share_the_data_that_was_loaded():
    calm = check_request(REQUEST).frame

    stressed = check_request(replace(REQUEST, scenarios=("funding_negative_3d",))).frame

    for key, values in calm.series.items():
        shared = stressed.series[key] is values
        assert shared != key.startswith("funding/")


def test_a_stress_changes_the_name_of_a_run_and_its_manifest_and_warnings_say_so():
    run = bl.backtest("eth_basis", scenarios=["eth_crash_30"], **DATES)
    calm = bl.backtest("eth_basis", **DATES)

    said = "stressed: multiply 0.7 from 2024-06-08T00:00:00Z for good"
    assert run.summary["run_id"] != calm.summary["run_id"]
    assert said in run.summary["warnings"]
    noted = {x["key"] for x in run.manifest["series"] if said in x["notes"]}
    assert "mark/okx/ETHUSDT.high" in noted
    assert "spot/binance/ETHUSDT.open" in noted
    assert not any("rate" in key for key in noted)


def test_a_stopped_table_keeps_what_was_finished():
    stop = threading.Event()

    def after_two(done, _total):
        if done == 2:
            stop.set()

    rows = run_stresses(REQUEST, ["eth_crash_30", "gas_500"], stop=stop, progress=after_two)

    assert [x.scenario for x in rows] == [BASE, "eth_crash_30"]


# --- how people see them ----------------------------------------------------------------------


def test_a_notebook_gets_a_table_by_stress():
    table = bl.stress("btc_basis", ["funding_negative_3d"], under=["hold"], **DATES)

    assert list(table.index) == [BASE, "funding_negative_3d"]
    assert table.loc["funding_negative_3d", "net_pnl_to_base"] < -1_000.0
    assert math.isnan(table.loc[BASE, "min_health_factor"])
    assert table["currency"].unique().tolist() == ["USDT"]


def test_the_command_prints_a_table_and_progress_beside_it(capsys):
    code = main(["stress", "btc_basis", "--scenarios", "gas_500,funding_negative_3d", *words()])

    said = capsys.readouterr()
    assert code == 0
    lines = said.out.splitlines()
    assert lines[0].split()[0] == "stress"
    assert [x.split()[0] for x in lines[1:4]] == [BASE, "gas_500", "funding_negative_3d"]
    assert "changes nothing in this run" in lines[-1]
    assert "(3 of 3 runs)" in said.err


def test_the_command_prints_rows_as_json(capsys):
    code = main(["stress", "btc_basis", "--scenarios", "eth_crash_30", "--json", *words()])

    rows = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [x["scenario"] for x in rows] == [BASE, "eth_crash_30"]
    assert rows[0]["min_health_factor"] is None


def test_the_command_writes_run_folders_where_it_is_told(tmp_path, capsys):
    out = tmp_path / "runs"

    main(
        [
            "stress",
            "btc_basis",
            "--scenarios",
            "funding_negative_3d",
            "--json",
            "--no-plots",
            "--out",
            str(out),
            *words(),
        ]
    )

    rows = json.loads(capsys.readouterr().out)
    assert {x.name for x in out.iterdir()} == {x["run_id"] for x in rows}


def test_the_command_refuses_a_stress_that_does_not_exist(capsys):
    code = main(["stress", "btc_basis", "--scenarios", "eth_crash_31", *words()])

    assert code == 2
    assert "eth_crash_30" in capsys.readouterr().err


def test_a_failed_row_is_printed_without_figures():
    base = StressRow(
        scenario=BASE,
        net_pnl=1.0,
        net_pnl_to_base=0.0,
        status="completed",
        currency="USDT",
        synthetic_data=True,
    )

    text = word_stresses([base, StressRow(scenario="x", note="EXE-001: refused")])

    assert text.splitlines()[2].split() == ["x", "failed"]
    assert "synthetic data, amounts in USDT" in text
    assert text.endswith("x: EXE-001: refused")


def words():
    return ["--start", DATES["start"], "--end", DATES["end"]]
