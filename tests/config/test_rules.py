"""Business rules and what families require: each broken alone, each naming its key."""

import pytest

from basis_lab.config import check_paths, load_config
from basis_lab.errors import ConfigError, UsageError


def keys(mode, overrides, share_class=None):
    with pytest.raises(ConfigError) as refused:
        load_config(mode, share_class, overrides=overrides)
    return {x.key for x in refused.value.problems}


BROKEN = [
    ({"strategy.spot_allocation": 0.0}, "strategy.spot_allocation"),
    ({"strategy.basis_trade_enabled": False}, "strategy.basis_trade_enabled"),
    ({"strategy.lending_enabled": True}, "strategy.lending_enabled"),
    ({"strategy.staking_enabled": True}, "strategy.staking_enabled"),
    ({"strategy.borrowing_enabled": True}, "strategy.borrowing_enabled"),
    ({"strategy.hedge_allocation": {}}, "strategy.hedge_allocation"),
    ({"strategy.hedge_allocation": {"okx": 0.999999}}, "strategy.hedge_allocation"),
    ({"strategy.hedge_allocation": {"okx": 1.0, "bybit": 0}}, "strategy.hedge_allocation.bybit"),
    ({"strategy.hedge_allocation": {"okx": 1.5, "bybit": -0.5}}, "strategy.hedge_allocation.bybit"),
    ({"strategy.hedge_allocation": {"kraken": 1}}, "strategy.hedge_allocation.kraken"),
    ({"strategy.spot_venue": "wallet"}, "strategy.spot_venue"),
    ({"strategy.treasury": "bank"}, "strategy.treasury"),
    ({"strategy.reserve_ratio": 0.049}, "strategy.reserve_ratio"),
    ({"strategy.reserve_ratio": 0.21}, "strategy.reserve_ratio"),
    ({"risk.margin_ratio.warning": 0.1}, "risk.margin_ratio.warning"),
    ({"risk.margin_ratio": None}, "risk.margin_ratio"),
    ({"risk.health_factor": {"warning": 1.03, "critical": 1.02}}, "risk.health_factor"),
    ({"risk.ltv": {"warning": 0.93, "critical": 0.92}}, "risk.ltv.warning"),
    ({"risk.ltv": {"warning": 0.92, "critical": 0.93}}, "risk.ltv"),
    ({"risk.enabled_risk_types": ["margin"]}, "risk.enabled_risk_types[0]"),
    ({"risk.enabled_risk_types": ["ltv"]}, "risk.enabled_risk_types[0]"),
    ({"risk.enabled_risk_types": ["delta_drift"]}, "risk.enabled_risk_types[0]"),
    ({"risk.price_divergence": None}, "risk.price_divergence"),
    ({"risk.price_divergence.warning": 0.01}, "risk.price_divergence.warning"),
    ({"strategy.treasury": "bybit"}, "strategy.treasury"),
    ({"strategy.spot_venue": "bybit"}, "strategy.treasury"),
    (
        {"strategy.funding_filter": {"days": 7, "exit_below": 1e-4, "enter_above": 0}},
        "strategy.funding_filter.enter_above",
    ),
    (
        {"strategy.funding_filter": {"days": 0, "exit_below": 0, "enter_above": 0}},
        "strategy.funding_filter.days",
    ),
    ({"strategy.funding_filter.days": 7}, "strategy.funding_filter.exit_below"),
    ({"rewards.mode": "base_eigen"}, "rewards.mode"),
    ({"data.proxies": {"okx": "okx"}}, "data.proxies.okx"),
    ({"venues": []}, "venues"),
    ({"venues": ["binance", "bybit", "okx", "okx"]}, "venues"),
    ({"venues": ["binance", "bybit", "okx", "kraken"]}, "venues[3]"),
    ({"venues.binance.spot": None}, "venues.binance.spot"),
    ({"venues.okx.perp": None}, "venues.okx.perp"),
    ({"venues.okx.perp.markets": {}}, "venues.okx.perp.markets.BTCUSDT"),
    ({"venues.okx.perp.tiers": {}}, "venues.okx.perp.tiers.BTCUSDT"),
    ({"venues.okx.perp.tiers.BTCUSDT": []}, "venues.okx.perp.tiers.BTCUSDT"),
    ({"venues.okx.perp.slippage.sizes": [1, 3, 2]}, "venues.okx.perp.slippage.sizes"),
    ({"venues.okx.perp.slippage.sizes": [1, 2, 2]}, "venues.okx.perp.slippage.sizes"),
    ({"venues.okx.perp.slippage.sizes": [0, 1, 2]}, "venues.okx.perp.slippage.sizes[0]"),
    ({"venues.okx.perp.slippage.bps": [1, 2]}, "venues.okx.perp.slippage.bps"),
    ({"venues.okx.perp.slippage.bps": [-1, 1, 2]}, "venues.okx.perp.slippage.bps[0]"),
    ({"venues.okx.perp.slippage": {"sizes": [], "bps": []}}, "venues.okx.perp.slippage.sizes"),
    ({"venues.okx.transfer.fees": {"ETH": 0.001}}, "venues.okx.transfer.fees.USDT"),
    ({"venues.okx.transfer.fees.USDT": -1}, "venues.okx.transfer.fees.USDT"),
    ({"data.allow_derived": ["WETHUSD"]}, "data.allow_derived[0]"),
    ({"data.allow_derived": ["oracle/aave/WETHUSD", "x/aave/Y"]}, "data.allow_derived[1]"),
]


@pytest.mark.parametrize(("overrides", "key"), BROKEN)
def test_a_basis_mode_that_breaks_a_rule_is_refused(overrides, key):
    assert key in keys("btc_basis", overrides)


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ({"strategy.lending_enabled": False}, "strategy.lending_enabled"),
        ({"strategy.basis_trade_enabled": True}, "strategy.basis_trade_enabled"),
        ({"strategy.lending_venue": "wallet"}, "strategy.lending_venue"),
        ({"strategy.lending_venue": "aave"}, "strategy.lending_venue"),
        ({"strategy.treasury": "aave_v3"}, "strategy.treasury"),
        ({"risk.margin_ratio": {"warning": 0.2, "critical": 0.1}}, "risk.margin_ratio"),
        ({"risk.enabled_risk_types": ["delta_drift"]}, "risk.enabled_risk_types[0]"),
        ({"risk.price_divergence": {"warning": 0.1, "critical": 0.2}}, "risk.price_divergence"),
        ({"venues.aave_v3.assets": {}}, "venues.aave_v3.assets.%"),
        ({"venues.aave_v3.assets.weETH.ltv": 0.75}, "venues.aave_v3.assets.weETH.ltv"),
        (
            {"venues.aave_v3.assets.WETH.liquidation_bonus": 0.21},
            "venues.aave_v3.assets.WETH.liquidation_bonus",
        ),
        ({"venues.aave_v3.gas_units.supply": 0}, "venues.aave_v3.gas_units.supply"),
        ({"venues.wallet.gas_units": {"transfer": 1}}, "venues.wallet.gas_units.wrap"),
        ({"venues.wallet.gas_units.fly": 1}, "venues.wallet.gas_units.fly"),
    ],
)
@pytest.mark.parametrize("share_class", ["USDT", "ETH"])
def test_a_lending_mode_that_breaks_a_rule_is_refused(overrides, key, share_class):
    token = "WETH" if share_class == "ETH" else "USDT"

    assert key.replace("%", token) in keys("pure_lending", overrides, share_class)


@pytest.mark.parametrize("given", [10, -1, 0.3])
def test_a_reserve_out_of_its_bounds_is_refused_once_with_all_that_it_may_be(given):
    with pytest.raises(ConfigError) as caught:
        load_config("btc_basis", overrides={"strategy.reserve_ratio": given})

    (problem,) = caught.value.problems
    assert repr(problem.value) == repr(given)
    assert problem.remedy == "give 0, or 0.05 to 0.2 (fraction of equity)"


@pytest.mark.parametrize(
    "overrides",
    [
        {"strategy.hedge_allocation": {"binance": 1 / 3, "bybit": 1 / 3, "okx": 1 / 3}},
        {"strategy.reserve_ratio": 0.05},
        {"strategy.reserve_ratio": 0.2},
        {"strategy.spot_venue": "bybit", "strategy.treasury": "bybit"},
        {"risk.enabled_risk_types": []},
        {"risk.enabled_risk_types": ["price_divergence"]},
        {"strategy.funding_filter": {"days": 7, "exit_below": 0, "enter_above": 0}},
        {"strategy.funding_filter": {"days": 1, "exit_below": -1e-4, "enter_above": 1e-4}},
        {"data.proxies": {"okx": "binance", "deribit": "binance"}},
        {"target_apy": None, "max_drawdown": None},
    ],
)
def test_what_the_rules_allow_passes(overrides):
    assert load_config("btc_basis", overrides=overrides).mode == "btc_basis"


@pytest.mark.parametrize(
    ("tiers", "key"),
    [
        ([(100, 0.01, 50), (50, 0.02, 25)], "venues.okx.perp.tiers.BTCUSDT"),
        ([(100, 0.01, 50), (100, 0.02, 25)], "venues.okx.perp.tiers.BTCUSDT"),
        ([(100, 0.02, 50), (200, 0.01, 25)], "venues.okx.perp.tiers.BTCUSDT"),
        ([(100, 0.10, 20)], "venues.okx.perp.tiers.BTCUSDT[0].max_leverage"),
    ],
)
def test_margin_tiers_ascend_and_ask_less_to_keep_than_to_enter(tiers, key):
    names = ("max_notional", "maintenance_rate", "max_leverage")
    table = [dict(zip(names, x, strict=True)) for x in tiers]

    assert key in keys("btc_basis", {"venues.okx.perp.tiers.BTCUSDT": table})


@pytest.mark.parametrize(
    ("mode", "old", "new", "key"),
    [
        ("btc_basis", "asset: BTC", "asset: share_class", "asset"),
        ("pure_lending", "asset: share_class", "asset: BTC", "asset"),
        ("btc_basis", "share_classes: [USDT]", "share_classes: [USDT, ETH]", "share_classes"),
        ("btc_basis", "share_classes: [USDT]", "share_classes: []", "share_classes"),
        ("btc_basis", "mode: btc_basis", "mode: btc", "mode"),
        ("btc_basis", "family: basis", "family: bases", "family"),
    ],
)
def test_a_mode_file_that_contradicts_itself_fails_the_check(configs, mode, old, new, key):
    path = configs / "modes" / f"{mode}.yaml"
    path.write_text(path.read_text().replace(old, new))

    ((_, problems),) = check_paths([path], configs)

    assert key in {x.key for x in problems}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("kind: exchanges\n", "kind"),
        ("kind: chain\ntitle: x\n", "gas_units"),
        ("scenario: s\nmeaning: m\nstrategy: {no_such: 1}\n", "strategy.no_such"),
        ("name: USDT\ncurrency: EUR\n", "currency"),
        ("anything: else\n", "(file)"),
        ("a: [", "line 1, column 5"),
    ],
)
def test_the_check_tells_what_is_wrong_with_a_file_by_itself(write, text, key):
    path = write("file.yaml", text)

    ((checked, problems),) = check_paths([path])

    assert checked == path
    assert key in {x.key for x in problems}


@pytest.mark.parametrize(
    ("venue", "old", "new", "key"),
    [
        ("binance", "BTCUSDT: { lot: 0.00001,", "XBTUSDT: { lot: 0.00001,", "spot.markets.BTCUSDT"),
        ("bybit", "fees: { USDT: 3.5,", "fees: { USD: 3.5,", "transfer.fees.USDT"),
        ("aave_v3", "\n  WETH:\n", "\n  ETH:\n", "assets.WETH"),
    ],
)
def test_a_venue_file_is_checked_in_the_modes_of_its_directory(configs, venue, old, new, key):
    path = configs / "venues" / f"{venue}.yaml"
    path.write_text(path.read_text().replace(old, new))

    ((_, problems),) = check_paths([path])

    assert key in {x.key for x in problems}
    assert {x.file for x in problems} == {f"configs/venues/{venue}.yaml"}


def test_a_venue_file_is_not_blamed_for_a_mode_that_cannot_be_read(configs):
    (configs / "modes" / "btc_basis.yaml").write_text("mode: [")

    checked = check_paths([configs / "venues", configs / "modes" / "btc_basis.yaml"])

    assert [path.name for path, problems in checked if problems] == ["btc_basis.yaml"]


def test_a_scenario_of_a_lending_mode_passes_the_check(write):
    path = write("s.yaml", "scenario: s\nmeaning: m\nvenues: {wallet: {title: W}}\n")

    assert check_paths([path]) == [(path, ())]


def test_the_check_of_a_path_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="no such file"):
        check_paths(["no/such.yaml"])


def test_the_two_share_classes_have_a_file_each(configs):
    path = configs / "share_classes" / "eth_directional.yaml"
    path.write_text(path.read_text().replace("name: ETH", "name: USDT"))

    with pytest.raises(ConfigError, match="2 problems") as refused:
        load_config("btc_basis", configs_dir=configs)

    assert {x.key for x in refused.value.problems} == {"name"}
