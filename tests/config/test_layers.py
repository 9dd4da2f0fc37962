"""Layers: who wins, what replaces what, and how own files and overrides come in."""

import pickle

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.config import load_config, parse_set
from basis_lab.config.draft import run_schema
from basis_lab.config.schema import dotted, key_paths
from basis_lab.errors import ConfigError, UsageError

BASIS_KINDS = dict.fromkeys(("binance", "bybit", "okx"), "exchange")
KEYS = [dotted(x) for x in key_paths(run_schema("basis", BASIS_KINDS))]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats()
    | st.sampled_from(["", "okx", "1"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["okx", "warning", "kind"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def problems(**request):
    with pytest.raises(ConfigError) as refused:
        load_config(**request)
    return refused.value.problems


def test_later_layers_win(configs, write):
    venue = configs / "venues" / "okx.yaml"
    venue.write_text(venue.read_text().replace("taker_fee: 0.0005", "taker_fee: 0.0001"))
    first = write("a.yaml", "scenario: a\nmeaning: m\nvenues: {okx: {perp: {taker_fee: 0.0002}}}\n")
    second = write(
        "b.yaml", "scenario: b\nmeaning: m\nvenues: {okx: {perp: {taker_fee: 0.0003}}}\n"
    )
    override = {"venues.okx.perp.taker_fee": 0.0004}

    def fee(**request):
        config = load_config("btc_basis", configs_dir=configs, **request)
        return config.venues["okx"].perp.taker_fee

    assert fee() == 0.0001
    assert fee(scenarios=[first]) == 0.0002
    assert fee(scenarios=[first, second]) == 0.0003
    assert fee(scenarios=[second, first]) == 0.0002
    assert fee(scenarios=[first, second], overrides=override) == 0.0004


def test_a_block_is_merged_and_its_other_keys_stay():
    config = load_config("btc_basis", overrides={"risk": {"margin_ratio": {"warning": 0.25}}})

    assert (config.risk.margin_ratio.warning, config.risk.margin_ratio.critical) == (0.25, 0.1)


def test_a_map_that_is_given_replaces_the_one_before():
    config = load_config("btc_basis", overrides={"strategy.hedge_allocation": {"okx": 1.0}})

    assert config.strategy.hedge_allocation == {"okx": 1.0}


def test_a_single_entry_of_a_map_can_be_set():
    overrides = {"strategy.hedge_allocation.binance": 0.3, "strategy.hedge_allocation.okx": 0.4}

    config = load_config("btc_basis", overrides=overrides)

    assert config.strategy.hedge_allocation == {"binance": 0.3, "bybit": 0.3, "okx": 0.4}


def test_the_list_of_venues_can_be_shortened():
    overrides = {"venues": ["binance"], "strategy.hedge_allocation": {"binance": 1}}

    config = load_config("btc_basis", overrides=overrides)

    assert list(config.venues) == ["binance"]


def test_the_order_in_which_a_map_is_given_does_not_matter():
    one = {"binance": 0.5, "bybit": 0.5}
    other = {"bybit": 0.5, "binance": 0.5}

    texts = [
        yaml.safe_dump(
            load_config("btc_basis", overrides={"strategy.hedge_allocation": x}).plain(),
            sort_keys=False,
        )
        for x in (one, other)
    ]

    assert texts[0] == texts[1]


def test_numbers_of_numpy_and_whole_numbers_are_numbers():
    overrides = {
        "strategy.spot_allocation": np.float64(0.5),
        "strategy.plan_timeout": np.int64(12),
        "target_apy": 0,
        "venues.okx.perp.slippage.bps": np.array([1.0, 2.0, 3.0]),
        "data.allow_derived": ("oracle/aave/WETHUSD",),
    }

    config = load_config("btc_basis", overrides=overrides)

    assert config.strategy.spot_allocation == 0.5
    assert config.strategy.plan_timeout == 12.0
    assert config.target_apy == 0.0
    assert config.venues["okx"].perp.slippage.bps == (1.0, 2.0, 3.0)
    assert config.data.allow_derived == ("oracle/aave/WETHUSD",)


@pytest.mark.parametrize(
    "overrides",
    [
        {"strategy.spot_allocation": 0.5, "strategy": {"spot_allocation": 0.6}},
        {"risk": {"margin_ratio.critical": 0.1}, "risk.margin_ratio": {"critical": 0.1}},
    ],
)
def test_one_key_in_two_spellings_is_refused(overrides):
    with pytest.raises(ConfigError, match="is given twice, here and under"):
        load_config("btc_basis", overrides=overrides)


def test_keys_of_one_block_may_be_given_in_two_ways():
    split = {"risk": {"margin_ratio": {"warning": 0.18}}, "risk.margin_ratio.critical": 0.12}

    limits = load_config("btc_basis", overrides=split).risk.margin_ratio

    assert (limits.warning, limits.critical) == (0.18, 0.12)


def test_overrides_do_not_reach_the_next_run():
    load_config("btc_basis", overrides={"venues.okx.perp.markets.BTCUSDT.lot": 1.0})

    assert load_config("btc_basis").venues["okx"].perp.markets["BTCUSDT"].lot == 0.0001


def test_shipped_scenarios_say_what_they_do():
    config = load_config("btc_basis", scenarios=["frictionless", "hold"])

    costs = config.costs
    assert config.hold
    assert [costs.enabled, costs.delays_enabled, costs.venue_rules_enabled] == [False] * 3


def test_a_plain_configuration_is_complete_and_without_paths():
    config = load_config("pure_lending", "ETH", scenarios=["hold"])

    plain = config.plain()

    assert "origins" not in plain
    assert "configs/" not in yaml.safe_dump(plain)
    assert plain["asset"] == "ETH"
    assert list(plain["venues"]) == ["aave_v3", "uniswap", "wallet"]
    assert plain["risk"]["margin_ratio"] is None


def test_a_mode_file_of_ones_own_is_loaded_by_its_path(configs, write):
    text = (configs / "modes" / "btc_basis.yaml").read_text()
    path = write("mine.yaml", text.replace("mode: btc_basis", "mode: mine"))

    assert load_config(path).mode == "mine"


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("strategy.spot_alocation", "strategy.spot_allocation"),
        ("spot_allocation", "strategy.spot_allocation"),
        ("venues.okx.perp.taker_fees", "venues.okx.perp.taker_fee"),
        ("risk.margin.warning", "risk.margin_ratio.warning"),
        ("cost.enabled", "costs.enabled"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_ones(key, nearest):
    (problem,) = problems(mode="btc_basis", overrides={key: 0.5})

    assert (problem.file, problem.key, problem.value) == ("override (--set)", key, 0.5)
    assert nearest in problem.remedy


def test_a_key_of_another_family_is_unknown():
    (problem,) = problems(mode="pure_lending", overrides={"strategy.spot_allocation": 0.5})

    assert problem.key == "strategy.spot_allocation"


@pytest.mark.parametrize(
    "key", ["mode", "family", "asset", "share_classes", "share_class.currency"]
)
def test_what_only_the_mode_file_decides_cannot_be_overridden(key):
    (problem,) = problems(mode="btc_basis", overrides={key: "ETH"})

    assert problem.key == key
    assert "only the mode file" in problem.what


def test_a_venue_that_the_mode_does_not_list_has_no_keys():
    (problem,) = problems(mode="btc_basis", overrides={"venues.aave_v3.title": "x"})

    assert problem.key == "venues.aave_v3.title"


def test_all_problems_of_all_files_come_at_once(configs, write):
    scenario = write("bad.yaml", "scenario: bad\nmeaning: m\ncosts: {enabled: 3}\nhld: true\n")
    (configs / "venues" / "okx.yaml").write_text("kind: exchange\ntitle: OKX\n")
    overrides = {"strategy.spot_allocation": float("nan"), "nothing.here": 1}

    found = problems(
        mode="btc_basis", scenarios=[scenario], overrides=overrides, configs_dir=configs
    )

    assert {(x.file, x.key) for x in found} >= {
        ("bad.yaml", "costs.enabled"),
        ("bad.yaml", "hld"),
        ("configs/venues/okx.yaml", "spot"),
        ("configs/venues/okx.yaml", "perp"),
        ("configs/venues/okx.yaml", "transfer"),
        ("override (--set)", "strategy.spot_allocation"),
        ("override (--set)", "nothing.here"),
    }


def test_a_key_of_the_wrong_type_does_not_hide_the_rules_that_other_keys_break():
    overrides = {
        "strategy.spot_allocation": "half",
        "strategy.hedge_allocation": {"okx": 0.5},
        "strategy.reserve_ratio": 0.3,
        "risk.margin_ratio.warning": "high",
        "risk.price_divergence.warning": 0.5,
        "venues.okx.title": 3,
        "venues.okx.perp.slippage.sizes": [3, 2, 1],
        "venues.okx.transfer.fees.USDT": -1,
        "venues.bybit.perp.taker_fee": None,
        "venues.bybit.spot.slippage.bps": [-1, 0, 1],
        "hold": 1,
        "flows": [{"at": "soon", "amount": 1, "unit": "capital"}],
    }

    found = problems(mode="btc_basis", overrides=overrides)

    assert {x.key for x in found} >= {
        *(x for x in overrides if x not in {"venues.bybit.spot.slippage.bps", "flows"}),
        "venues.bybit.spot.slippage.bps[0]",
        "flows[0].at",
    }


def test_a_missing_family_does_not_hide_the_other_problems(configs):
    path = configs / "modes" / "btc_basis.yaml"
    text = path.read_text().replace("family: basis\n", "")
    path.write_text(text.replace("share_classes: [USDT]", "share_classes: [USDT, USDT]"))

    found = problems(
        mode="btc_basis", overrides={"data.proxies": {"okx": "okx"}}, configs_dir=configs
    )

    assert {x.key for x in found} >= {"family", "share_classes", "data.proxies.okx"}


@pytest.mark.parametrize(
    ("text", "key", "what"),
    [
        ("scenario: a\nmeaning: [", "line 2, column 11", "not valid YAML"),
        ("hold: true\nhold: false\n", "line 2, column 1", "twice"),
        ("- 1\n", "(file)", "not a map"),
        ("", "(file)", "no keys"),
    ],
)
def test_a_file_that_is_no_yaml_map_is_refused_with_its_place(write, text, key, what):
    path = write("broken.yaml", text)

    (problem,) = problems(mode="btc_basis", scenarios=[path])

    assert problem.file == str(path)
    assert what in problem.what
    assert problem.key == key or key.split(",")[0] in problem.key


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"scenario: \xff\n", "not UTF-8"), (b"scenario: a\x01b\n", "characters")],
)
def test_a_file_that_is_no_text_is_refused(tmp_path, content, what):
    path = tmp_path / "binary.yaml"
    path.write_bytes(content)

    (problem,) = problems(mode="btc_basis", scenarios=[path])

    assert what in problem.what


def test_a_date_in_a_file_is_text(write):
    path = write("s.yaml", "scenario: s\nmeaning: 2024-06-01\nhold: true\n")

    assert load_config("btc_basis", scenarios=[path]).hold


def test_a_number_that_yaml_reads_as_text_is_explained(write):
    path = write("s.yaml", "scenario: s\nmeaning: m\nvenues: {okx: {perp: {taker_fee: 5e-4}}}\n")

    (problem,) = problems(mode="btc_basis", scenarios=[path])

    assert problem.value == "5e-4"
    assert "0.0005" in problem.remedy


@pytest.mark.parametrize(
    ("request_", "value"),
    [
        ({"mode": "btc_bassis"}, "btc_bassis"),
        ({"mode": "no/such.yaml"}, "no/such.yaml"),
        ({"mode": "btc_basis", "scenarios": ["frictionles"]}, "frictionles"),
        ({"mode": "btc_basis", "share_class": "EUR"}, "EUR"),
        ({"mode": "btc_basis", "configs_dir": "no/such"}, None),
    ],
)
def test_a_name_that_does_not_exist_is_refused(request_, value):
    with pytest.raises(UsageError) as refused:
        load_config(**request_)

    assert value is None or refused.value.value == value
    assert refused.value.remedy


@pytest.mark.parametrize("mode", ["btc_basis", "eth_basis"])
def test_an_eth_share_class_never_hedges(mode):
    with pytest.raises(UsageError, match="an ETH share class never hedges") as refused:
        load_config(mode, "ETH")

    assert refused.value.exit_code == 2


def test_a_pair_that_a_mode_does_not_list_is_refused(write, configs):
    text = (configs / "modes" / "pure_lending.yaml").read_text()
    path = write("pure_lending.yaml", text.replace("[USDT, ETH]", "[USDT]"))

    with pytest.raises(UsageError, match="share class ETH") as refused:
        load_config(path, "ETH")

    assert refused.value.value == "ETH"


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("a.b=0.6", ("a.b", 0.6)),
        ("a=true", ("a", True)),
        ("a=null", ("a", None)),
        ('a={"okx": 1}', ("a", {"okx": 1})),
        ("a=bybit", ("a", "bybit")),
        ("a=", ("a", "")),
        ("a=x=y", ("a", "x=y")),
        (" a =1", ("a", 1)),
    ],
)
def test_a_setting_is_json_where_it_can_be(text, pair):
    assert parse_set(text) == pair


@pytest.mark.parametrize("text", ["a.b", "=1", " =1", ""])
def test_a_setting_without_key_or_sign_is_refused(text):
    with pytest.raises(UsageError):
        parse_set(text)


def outcome(key, value):
    """The configuration, or the problems."""
    try:
        return load_config("btc_basis", overrides={key: value}), ()
    except ConfigError as error:
        return None, error.problems


@given(key=st.sampled_from(KEYS), value=ANYTHING)
def test_any_override_gives_a_configuration_or_a_worded_refusal(key, value):
    config, refused = outcome(key, value)

    assert (config is None) == bool(refused)
    assert all(x.file and x.key and x.what and x.remedy for x in refused)
    assert "pydantic" not in "".join(str(x) for x in refused).lower()


@given(part=st.sampled_from([*KEYS, "strategy.lending_venue"]), letter=st.sampled_from("xyz."))
def test_any_misspelt_key_is_refused(part, letter):
    with pytest.raises(ConfigError) as refused:
        load_config("btc_basis", overrides={f"{part}{letter}q": 1})

    assert len(refused.value.problems) >= 1


def test_a_configuration_can_be_sent_to_another_process():
    config = load_config("btc_basis", scenarios=["hold"])

    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 - our own bytes
