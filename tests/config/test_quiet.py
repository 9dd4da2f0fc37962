"""Entry is quiet: nothing is in alarm at the target, nor at the edge of any band alone."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from basis_lab.config import load_config
from basis_lab.errors import ConfigError

WARNING = 0.20
SINGLE = {"strategy.hedge_allocation": {"binance": 1.0}}


def refusals(overrides, *scenarios, capital=None):
    """The problems of a configuration; none where it loads."""
    try:
        load_config("btc_basis", overrides=overrides, scenarios=scenarios, capital=capital)
    except ConfigError as error:
        return error.problems
    return ()


def strategy(**keys):
    return {f"strategy.{key}": value for key, value in keys.items()}


@pytest.mark.parametrize("mode", ["btc_basis", "eth_basis"])
@pytest.mark.parametrize("capital", [None, 1_000.0, 100_000_000.0])
def test_what_ships_is_quiet(mode, capital):
    assert load_config(mode, capital=capital).mode == mode


@pytest.mark.parametrize("spot", [0.01, 0.5, 0.7, 0.8])
def test_a_held_run_needs_a_quiet_target_alone(spot):
    assert refusals(strategy(spot_allocation=spot), "hold") == ()


def test_a_held_run_whose_target_is_loud_is_refused():
    (problem,) = refusals(strategy(spot_allocation=0.9), "hold")

    assert problem.key == "strategy.spot_allocation"
    assert "margin_ratio at binance would be 0.1111 at entry" in problem.what
    assert "below its warning limit 0.2" in problem.what


def test_the_edge_of_the_spot_band_is_named_with_its_price_move_and_the_limit():
    # From 0.75 of equity the price must rise by 2/15 to bring the share to 0.85: 0.15 / 0.85.
    (problem,) = refusals({**SINGLE, **strategy(spot_allocation=0.75)})

    assert (problem.file, problem.key) == ("override (--set)", "strategy.spot_allocation")
    assert "margin_ratio at binance would be 0.1765" in problem.what
    assert "(0.75 + 0.1 = 0.85 of equity, +13.3% in price), below its warning" in problem.what


def test_every_loud_band_is_named():
    found = refusals(strategy(spot_allocation=0.8))

    # 0.1 / 0.9 at the spot edge; 0.25 x 0.3 / 0.4 at the edge of a hedge share of 0.3.
    assert [x.key for x in found] == ["strategy.spot_allocation", "strategy.hedge_weight_band"]
    assert "0.1111" in found[0].what
    assert "0.1875" in found[1].what


def test_the_edge_of_a_hedge_share_is_named():
    # (0.3 / 0.7) x 0.3 / 0.8 at the venues whose weight is 0.3.
    (problem,) = refusals(strategy(hedge_weight_band=0.5))

    assert problem.key == "strategy.hedge_weight_band"
    assert "margin_ratio at bybit would be 0.1607" in problem.what


def test_a_single_venue_has_no_share_to_leave():
    assert refusals({**SINGLE, **strategy(hedge_weight_band=1.0)}) == ()


def test_the_drift_that_is_tolerated_is_quiet():
    (problem,) = refusals(strategy(max_delta_drift=1.0))

    assert problem.key == "strategy.max_delta_drift"
    assert "0.1765" in problem.what  # 0.3 / 1.7


@given(
    spot=st.floats(0.3, 0.95),
    band=st.floats(0.0, 0.3),
    warning=st.floats(0.11, 0.5),
)
def test_a_spot_share_is_refused_exactly_where_an_edge_is_below_the_warning(spot, band, warning):
    edge = spot + band
    floor = (1.0 - edge) / edge
    assume(abs(floor - warning) > 1e-6)

    found = refusals(
        {
            **SINGLE,
            **strategy(spot_allocation=spot, position_deviation_threshold=band),
            "strategy.max_delta_drift": 0.0,
            "risk.margin_ratio.warning": warning,
        }
    )

    assert bool(found) == (floor < warning)


@pytest.mark.parametrize(
    "overrides",
    [
        {**SINGLE, **strategy(spot_allocation=0.75)},
        {**SINGLE, **strategy(spot_allocation=0.9)},
        {**SINGLE, **strategy(position_deviation_threshold=0.3)},
        {**SINGLE, **strategy(spot_allocation=0.9), "hold": True},
        strategy(hedge_weight_band=0.5),
        strategy(max_delta_drift=1.0),
        {**strategy(spot_allocation=0.95), "risk.enabled_risk_types": []},
    ],
)
def test_what_a_remedy_advises_mends_what_it_names(overrides):
    (problem,) = refusals(overrides)
    advice = re.findall(r"(strategy\.\w+) of at most ([\d.]+)", problem.remedy)

    assert advice
    for key, most in advice:
        again = refusals({**overrides, key: float(most)})
        assert not any(x.what == problem.what or x.key == key for x in again)


def test_a_margin_that_is_not_watched_must_still_outlast_its_band():
    overrides = {"risk.enabled_risk_types": [], **strategy(spot_allocation=0.95)}

    (problem,) = refusals(overrides)

    assert "maintenance_usage at bybit would be without bound" in problem.what


def test_a_position_beyond_what_its_tier_maintains_is_refused():
    # 0.4 x 0.7 x 5e9 reaches the last tier of binance, 50 %, against a margin ratio of 3 / 7.
    found = refusals({}, capital=5e9)

    assert "maintenance_usage at binance would be 1.167 at entry" in found[-1].what


@pytest.mark.parametrize(
    ("overrides", "capital", "rate"),
    [
        (
            {"risk.margin_ratio.critical": 0.005},
            None,
            "bybit liquidates at a margin ratio of 0.005",
        ),
        ({}, 1e9, "binance liquidates at a margin ratio of 0.1"),
    ],
)
def test_a_critical_limit_that_liquidation_comes_before_is_refused(overrides, capital, rate):
    (problem,) = refusals(overrides, capital=capital)

    assert problem.key == "risk.margin_ratio.critical"
    assert rate in problem.what


def test_entry_is_looked_at_once_what_it_depends_on_is_right():
    found = refusals({**strategy(spot_allocation=0.9), "risk.margin_ratio.warning": "x"})

    assert [x.key for x in found] == ["risk.margin_ratio.warning"]


def test_entry_is_looked_at_beside_problems_that_do_not_touch_it():
    found = refusals({**strategy(spot_allocation=0.9), "costs.enabled": "x", "target_apy": "x"})

    assert {x.key for x in found} == {"strategy.spot_allocation", "costs.enabled", "target_apy"}
