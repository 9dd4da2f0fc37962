"""The names of the package, as a notebook imports them."""

import subprocess
import sys
from pathlib import Path

import pytest

import basis_lab as bl
from basis_lab.errors import UsageError

ROOT = Path(__file__).parents[2]
DATES = {"start": "2024-06-01", "end": "2024-06-05"}


def test_a_backtest_returns_its_result_and_writes_nothing(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    run = bl.backtest("pure_lending", share_class="USDT", capital=50_000.0, **DATES)

    assert run.summary["initial_capital"] == 50_000.0
    assert run.summary["attribution"]["supply_yield"] > 0.0
    assert len(run.pnl) == 97
    assert run.path is None
    assert list(tmp_path.iterdir()) == []


def test_overrides_and_scenarios_reach_the_run():
    run = bl.backtest(
        "btc_basis",
        overrides={"strategy.spot_allocation": 0.6},
        scenarios=["frictionless"],
        **DATES,
    )

    assert all(amount == 0.0 for amount in run.summary["costs"].values())


def test_the_result_does_not_depend_on_the_stride():
    one, auto = (bl.backtest("btc_basis", stride=stride, **DATES) for stride in (1, "auto"))

    assert one.summary == auto.summary
    for name in ("pnl", "balance_sheet", "exposure", "risk", "events"):
        assert getattr(one, name).equals(getattr(auto, name))


@pytest.mark.parametrize("start", ["2024-05-31T23:00", "2024-06-01", "2024-06-01T05:00"])
def test_volatility_is_told_of_the_days_between_midnights_of_the_table(start):
    run = bl.backtest("btc_basis", start=start, end="2024-07-15")

    midnights = run.pnl["nav_per_share"][run.pnl.index.hour == 0]
    returns = midnights.pct_change().dropna()
    assert run.summary["volatility"] == pytest.approx(returns.std(ddof=1) * 365**0.5, rel=1e-9)
    lasts = run.pnl["nav_per_share"].resample("D").last().pct_change().dropna()
    assert run.summary["volatility"] != pytest.approx(lasts.std(ddof=1) * 365**0.5, rel=1e-3)


def test_progress_is_shown_on_standard_error(capsys):
    bl.backtest("pure_lending", progress=True, **DATES)

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "run: 100 %" in captured.err


def test_a_saved_run_opens_and_compares(tmp_path):
    run = bl.backtest("pure_lending", **DATES)

    opened = bl.open_result(run.save(tmp_path / "kept"))

    table = bl.compare([run, opened])
    assert (table.iloc[:, 2].dropna() == 0).all()


def test_modes_and_configurations_are_at_hand():
    names = [mode.header.mode for mode in bl.modes(share_class="USDT")]

    assert "btc_basis" in names
    assert bl.load_config("btc_basis").mode == "btc_basis"


def test_a_mode_that_does_not_exist_is_refused():
    with pytest.raises(UsageError):
        bl.backtest("no_such_mode")


def test_importing_the_package_is_light():
    code = (
        "import sys, basis_lab\n"
        "heavy = {'pandas', 'plotly', 'duckdb', 'pydantic', 'pyarrow', 'yaml'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_cold_backtest_without_plots_does_not_import_pandas(tmp_path):
    code = (
        "import sys\n"
        "from basis_lab.cli import main\n"
        f"assert main(['backtest', 'btc_basis', '--no-plots', '--out', {str(tmp_path)!r}]) == 0\n"
        "assert not {'pandas', 'plotly', 'duckdb'} & set(sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
