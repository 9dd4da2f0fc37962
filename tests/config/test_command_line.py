"""What is refused on the command line, and before what: configuration, then data."""

import json

import pytest

from basis_lab.cli import main
from basis_lab.config import describe_config, load_config
from basis_lab.config.schema import Shape

PLACES = [(mode, None) for mode in ("btc_basis", "eth_basis")]
RUNS = [*PLACES, ("pure_lending", "USDT"), ("pure_lending", "ETH")]


def backtest(mode, *words, share_class=None):
    """The exit code of a backtest whose data directory does not exist."""
    chosen = [] if share_class is None else ["--share-class", share_class]
    return main(["backtest", mode, *chosen, *words, "--data-dir", "no/such", "--quiet"])


@pytest.mark.parametrize(("mode", "share_class"), RUNS)
def test_data_that_is_not_there_exits_with_3(mode, share_class, capsys):
    assert backtest(mode, share_class=share_class) == 3
    assert capsys.readouterr().err.startswith("DAT-")


@pytest.mark.parametrize(
    "setting",
    [
        "strategy.spot_alocation=0.5",
        "strategy.spot_allocation=2",
        "strategy.basis_trade_enabled=false",
        'strategy.hedge_allocation={"kraken": 1}',
        "strategy.spot_allocation=0.8",
        'flows=[{"at": "soon", "amount": 1, "unit": "capital"}]',
    ],
)
def test_a_configuration_is_refused_before_data_is_looked_for(setting, capsys):
    assert backtest("btc_basis", "--set", setting) == 2
    assert capsys.readouterr().err.startswith("CFG-001")


def test_an_entry_that_is_not_quiet_tells_measure_value_and_limit(capsys):
    assert backtest("btc_basis", "--set", "strategy.spot_allocation=0.8") == 2

    told = capsys.readouterr().err
    assert "strategy.spot_allocation = 0.8" in told
    assert "margin_ratio" in told
    assert "0.1111" in told
    assert "warning limit 0.2" in told


@pytest.mark.parametrize(("mode", "share_class"), RUNS)
def test_every_key_of_a_run_is_refused_with_a_value_of_the_wrong_type(mode, share_class, capsys):
    missed = []
    for row in describe_config(load_config(mode, share_class)):
        is_text = row.node.shape is Shape.VALUE and row.node.kind is str
        wrong = 12.5 if is_text else "nonsense"
        code = backtest(mode, "--set", f"{row.key}={json.dumps(wrong)}", share_class=share_class)
        told = capsys.readouterr().err
        if code != 2 or row.key not in told or repr(wrong)[1:-1] not in told or "Trace" in told:
            missed.append((row.key, code, told))

    assert missed == []


def test_a_misspelt_variable_is_warned_about(monkeypatch, capsys):
    monkeypatch.setenv("BASIS_DATA_DIRR", "x")

    assert backtest("btc_basis") == 3
    assert "did you mean BASIS_DATA_DIR?" in capsys.readouterr().err


def test_a_variable_that_cannot_be_is_refused_before_data_is_looked_for(monkeypatch, capsys):
    monkeypatch.setenv("BASIS_DATA_MODE", "sql")

    assert backtest("btc_basis") == 2
    assert "BASIS_DATA_MODE" in capsys.readouterr().err
