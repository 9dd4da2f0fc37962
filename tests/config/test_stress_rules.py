"""Shocks, closures and actions: how scenarios add up, and what is refused."""

import pytest

from basis_lab.config.loader import load_config
from basis_lab.domain.stress import Stress
from basis_lab.errors import ConfigError

SHOCK = {
    "series": ["spot/*/ETHUSDT.*"],
    "operation": "multiply",
    "value": 0.7,
    "at": "50%",
    "duration": None,
    "ramp": 0.0,
}
CLOSURE = {"venues": ["binance"], "at": "+1d", "duration": 24.0, "lost": False}
ACTION = {"at": "2024-08-05T01:00", "action": "exit_full", "route": "swap"}


def problems(mode="eth_basis", **blocks):
    with pytest.raises(ConfigError) as refused:
        load_config(mode, overrides=blocks)
    return [x.key for x in refused.value.problems]


@pytest.mark.parametrize("mode", ["pure_lending", "btc_basis", "eth_basis"])
def test_modes_ship_without_stress(mode):
    config = load_config(mode)

    assert not config.stress
    assert config.actions == ()


def test_scenarios_add_up_in_their_order():
    config = load_config(
        "eth_basis",
        scenarios=["gas_500", "cex_outage_24h", "eth_crash_30", "venue_default_binance"],
    )

    assert [x.value for x in config.shocks] == [500.0, 0.7]
    assert [x.lost for x in config.closures] == [False, True]


def test_what_is_set_replaces_what_scenarios_say():
    config = load_config("eth_basis", scenarios=["eth_crash_30"], overrides={"shocks": [SHOCK] * 2})

    assert len(config.shocks) == 2


def test_a_stress_is_part_of_the_resolved_configuration():
    config = load_config("eth_basis", scenarios=["cex_outage_24h"])

    (told,) = config.plain()["closures"]
    assert told == {
        "venues": ["binance", "bybit", "okx"],
        "at": "50%",
        "duration": 24.0,
        "lost": False,
    }
    assert config.stress == Stress(closures=config.closures)


def test_a_whole_stress_passes():
    config = load_config(
        "eth_basis", overrides={"shocks": [SHOCK], "closures": [CLOSURE], "actions": [ACTION]}
    )

    assert config.actions[0].route == "swap"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"series": []}, "shocks[0].series"),
        ({"series": ["ETHUSDT"]}, "shocks[0].series[0]"),
        ({"series": ["spots/*/ETHUSDT.*"]}, "shocks[0].series[0]"),
        ({"series": ["spot/binance/ETHUSDT"]}, "shocks[0].series[0]"),
        ({"operation": "halve"}, "shocks[0].operation"),
        ({"value": 0.0}, "shocks[0].value"),
        ({"operation": "divide", "value": -1.0}, "shocks[0].value"),
        ({"at": "soon"}, "shocks[0].at"),
        ({"at": "120%"}, "shocks[0].at"),
        ({"duration": -1.0}, "shocks[0].duration"),
        ({"ramp": float("inf")}, "shocks[0].ramp"),
        ({"operation": "grow"}, "shocks[0].series[0]"),
        (
            {"operation": "grow", "series": ["aave/*/WETH.borrow_index"], "ramp": 1.0},
            "shocks[0].ramp",
        ),
        ({"size": 1.0}, "shocks[0].size"),
    ],
)
def test_a_shock_that_makes_no_sense_is_refused_at_its_key(changes, key):
    assert problems(shocks=[{**SHOCK, **changes}]) == [key]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"venues": []}, "closures[0].venues"),
        ({"venues": ["binnance"]}, "closures[0].venues[0]"),
        ({"at": "12 o'clock"}, "closures[0].at"),
        ({"lost": True}, "closures[0].duration"),
    ],
)
def test_a_closure_that_makes_no_sense_is_refused_at_its_key(changes, key):
    assert problems(closures=[{**CLOSURE, **changes}]) == [key]


@pytest.mark.parametrize(
    ("venue", "lost"), [("wallet", False), ("wallet", True), ("aave_v3", True)]
)
def test_a_wallet_does_not_close_and_a_pool_does_not_default(venue, lost):
    given = {"venues": [venue], "at": "50%", "duration": None, "lost": lost}

    assert problems("pure_lending", closures=[given]) == ["closures[0].venues[0]"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"action": "panic"}, "actions[0].action"),
        ({"route": "bridge"}, "actions[0].route"),
        ({"at": ""}, "actions[0].at"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_at_its_key(changes, key):
    assert problems(actions=[{**ACTION, **changes}]) == [key]


def test_every_fault_is_told_at_once():
    wrong = {**SHOCK, "series": ["spots/*/ETHUSDT.*", "x"], "at": "soon", "value": -1.0}

    told = problems(shocks=[SHOCK, wrong], closures=[{**CLOSURE, "venues": ["x"]}])

    assert sorted(told) == [
        "closures[0].venues[0]",
        "shocks[1].at",
        "shocks[1].series[0]",
        "shocks[1].series[1]",
        "shocks[1].value",
    ]


def test_a_fault_of_the_second_file_is_told_under_its_name(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(
        "scenario: own\nmeaning: wrong\nactions: [{at: soon, action: exit_full, route: swap}]\n",
        encoding="utf-8",
    )

    with pytest.raises(ConfigError) as refused:
        load_config("eth_basis", scenarios=["eth_crash_30", path])

    (problem,) = refused.value.problems
    assert (problem.file, problem.key) == (str(path), "actions[0].at")
