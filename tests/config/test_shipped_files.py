"""The files that ship: valid, and saying what their sources say."""

import itertools
from pathlib import Path

import pytest

from basis_lab.config import check_paths, list_modes, load_config
from basis_lab.config.check import PLANS
from basis_lab.config.environment import VARIABLES
from basis_lab.errors import ConfigError, UsageError

SHIPPED = Path(__file__).parents[2] / "configs"


def test_every_shipped_file_passes_the_check():
    files = [x for x in SHIPPED.rglob("*.yaml") if x.parent.name not in PLANS]

    checked = check_paths([SHIPPED])

    assert len(checked) == len(files)
    assert [problems for _, problems in checked if problems] == []


@pytest.mark.parametrize(
    ("mode", "share_class", "asset"),
    [
        ("pure_lending", "USDT", "USDT"),
        ("pure_lending", "ETH", "ETH"),
        ("btc_basis", "USDT", "BTC"),
        ("eth_basis", "USDT", "ETH"),
    ],
)
def test_every_pair_of_mode_and_share_class_loads(mode, share_class, asset):
    config = load_config(mode, share_class)

    assert (config.mode, config.share_class.name, config.asset) == (mode, share_class, asset)


def maintenance_amounts(tiers):
    amounts = [0.0]
    for below, tier in itertools.pairwise(tiers):
        step = tier.maintenance_rate - below.maintenance_rate
        amounts.append(amounts[-1] + below.max_notional * step)
    return amounts


@pytest.mark.parametrize(
    ("symbol", "published"),
    [
        (
            "BTCUSDT",
            [
                *(0, 50, 950, 11_450, 131_450, 481_450, 2_981_450, 14_481_450),
                *(26_481_450, 41_481_450, 121_481_450, 421_481_450),
            ],
        ),
        (
            "ETHUSDT",
            [
                *(0, 50, 950, 11_450, 131_450, 381_450, 2_006_450, 9_506_450),
                *(17_506_450, 27_506_450, 80_506_450, 280_506_450),
            ],
        ),
    ],
)
def test_the_tiers_of_binance_give_its_published_maintenance_amounts(symbol, published):
    perp = load_config("btc_basis").venues["binance"].perp

    assert maintenance_amounts(perp.tiers[symbol]) == pytest.approx(published)


def test_the_tiers_of_bybit_give_its_published_deductions():
    perp = load_config("btc_basis").venues["bybit"].perp
    published = [0, 1_200, 3_020, 4_300, 5_820, 8_460, 15_460, 20_500, 46_000, 66_000, 80_000]

    deductions = maintenance_amounts(perp.tiers["BTCUSDT"])

    assert deductions[:14] == pytest.approx([*published, 160_000, 300_000, 452_000])


def test_the_environment_example_explains_every_variable():
    lines = (SHIPPED / "env" / "basis.env.example").read_text(encoding="utf-8").splitlines()

    named = {x.removeprefix("# ").split("=")[0] for x in lines if "=" in x}

    assert named == set(VARIABLES)


def test_the_pool_lists_the_collateral_rules_that_are_known():
    pool = load_config("pure_lending").venues["aave_v3"]

    assert {token: terms(rows) for token, rows in pool.assets.items()} == {
        "USDT": {"2023-10-31": (0.74, 0.76, 0.045), "2024-04-25": (0.75, 0.78, 0.045)},
        "WETH": {"2023-10-31": (0.805, 0.83, 0.05)},
        "wstETH": {"2023-10-31": (0.785, 0.81, 0.06)},
        "weETH": {"2024-04-01": (0.725, 0.75, 0.075), "2024-12-10": (0.775, 0.80, 0.07)},
    }
    assert terms(pool.emode.rows) == {
        "2023-10-31": (0.90, 0.93, 0.01),
        "2024-02-01": (0.93, 0.95, 0.01),
    }
    assert {x.since: x.version for x in pool.versions} == {"2023-01-27": "3.0", "2025-02-27": "3.3"}


def terms(rows):
    return {x.since: (x.ltv, x.liquidation_threshold, x.liquidation_bonus) for x in rows}


def test_modes_are_listed_by_share_class_and_by_risk():
    everything = [x.header.mode for x in list_modes()]
    in_eth = [x.header.mode for x in list_modes(share_class="ETH")]
    at_medium_risk = [x.header.mode for x in list_modes("USDT", "medium")]

    assert everything == [
        "btc_basis",
        "eth_basis",
        "eth_leveraged",
        "eth_staking_only",
        "pure_lending",
        "usdt_market_neutral",
        "usdt_market_neutral_no_leverage",
    ]
    assert in_eth == ["eth_leveraged", "eth_staking_only", "pure_lending"]
    assert at_medium_risk == ["btc_basis", "eth_basis", "usdt_market_neutral_no_leverage"]


@pytest.mark.parametrize("wanted", [{"share_class": "EUR"}, {"risk_level": "none"}])
def test_a_filter_that_cannot_be_is_refused(wanted):
    with pytest.raises(UsageError) as refused:
        list_modes(**wanted)

    assert refused.value.value in wanted.values()


def test_a_mode_file_with_a_bad_head_is_not_listed(configs):
    path = configs / "modes" / "btc_basis.yaml"
    path.write_text(path.read_text().replace("risk_level: medium", "risk_level: wild"))

    with pytest.raises(ConfigError) as refused:
        list_modes(configs_dir=configs)

    assert [x.key for x in refused.value.problems] == ["risk_level"]
