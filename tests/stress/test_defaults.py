"""After a venue has defaulted: its share of the hedge goes to those that stand."""

import numpy as np
import pytest

from basis_lab.config.loader import load_config
from basis_lab.domain import series
from basis_lab.domain.events import EventType
from tests.flows.money import events, held
from tests.identities.worlds import Market
from tests.stress.trials import STILL, closure, shock, stressed_world

CAPITAL = 100_000.0
VENUES = ("binance", "bybit", "okx")  # with weights 0.4, 0.3, 0.3


def after_default(mode: str, *venues: str, rows: int = 60, shocks=(), **strategy: object):
    """Run a still world in which venues default at hour 20."""
    config = load_config(
        mode,
        scenarios=("frictionless",),
        overrides={f"strategy.{key}": value for key, value in strategy.items()},
    )
    lost = closure(*venues, at="+20h", lost=True)
    market = Market(seed=1, rows=rows, **STILL)
    return stressed_world(config, market, CAPITAL, closures=[lost], shocks=shocks).run()


def shorts(record, row: int) -> dict[str, float]:
    """Units short by venue."""
    return {venue: -float(held(record, f"{venue}:perp:ETHUSDT")[row]) for venue in VENUES}


def decisions(record) -> list[tuple[int, str]]:
    """Row and trigger of what was decided after the default."""
    return [(x.row, x.trigger) for x in events(record, EventType.DECISION) if x.row >= 20]


def test_the_others_take_over_the_hedge_of_a_venue_that_defaulted_in_the_same_hour():
    record = after_default("usdt_market_neutral_no_leverage", "bybit")

    before, then = shorts(record, 19), shorts(record, 20)
    assert before["bybit"] == pytest.approx(0.3 * sum(before.values()), rel=1e-12)
    assert then["bybit"] == 0.0
    assert then["binance"] / then["okx"] == pytest.approx(4 / 3, rel=1e-12)
    # What is hedged is what is long: 20 hours of staking have made it 8e-5 more.
    assert sum(then.values()) == pytest.approx(sum(before.values()), rel=2e-4)
    assert decisions(record) == [(20, "risk_naked_leg")]
    assert np.abs(record.risk["delta_drift"][20:]).max() < 1e-4


def test_what_is_then_too_much_of_the_long_book_is_reduced_and_margin_follows_the_new_shares():
    record = after_default("eth_basis", "bybit", position_deviation_threshold=0.05)

    # Lost: 0.3 of the margin of 0.3. Of the 0.91 that are left 0.7 are spot, 0.3 margin again.
    left = 0.91 * CAPITAL
    price = record.frame.values(series.spot("binance", "ETH"))[-1]
    assert record.equity[-1] == pytest.approx(left, rel=1e-9)
    assert float(held(record, "binance:token:ETH")[-1]) * price == pytest.approx(
        0.7 * left, rel=1e-6
    )
    for venue, share in {"binance": 4 / 7, "okx": 3 / 7}.items():
        margin = float(held(record, f"{venue}:margin:USDT")[-1])
        assert margin == pytest.approx(share * 0.3 * left, rel=1e-6)
        assert shorts(record, -1)[venue] * price == pytest.approx(share * 0.7 * left, rel=1e-6)


def test_without_its_spot_venue_the_staked_leg_keeps_a_hedge_and_nothing_is_unstaked_in_vain():
    record = after_default("usdt_market_neutral", "binance")

    then = shorts(record, -1)
    assert then["binance"] == 0.0
    assert then["bybit"] == pytest.approx(then["okx"], rel=1e-12)
    assert decisions(record) == [(20, "risk_naked_leg")]
    drift = np.abs(record.risk["delta_drift"][20:])
    assert drift[0] == pytest.approx(0.0, abs=1e-12)
    assert drift.max() < 0.02  # staking adds to it, hour by hour, up to max_delta_drift


def test_where_every_venue_has_defaulted_nothing_is_asked_of_any():
    record = after_default("usdt_market_neutral_no_leverage", *VENUES)

    assert record.rows == 60
    assert shorts(record, -1) == dict.fromkeys(VENUES, 0.0)
    assert decisions(record) == []


def test_a_hedge_that_margin_cannot_carry_is_taken_over_as_far_as_it_does():
    # With the default prices rise by 60 %: margin ratios of 1 fall to 1/4, which carry 5/4.
    record = after_default(
        "usdt_market_neutral_no_leverage", "binance", shocks=[shock(value=1.6, at="+20h")]
    )

    before, then = sum(shorts(record, 19).values()), shorts(record, 20)
    assert then["binance"] == 0.0
    assert then["bybit"] + then["okx"] == pytest.approx(0.6 * 1.25 * before, rel=1e-3)
    for venue in ("bybit", "okx"):
        assert record.risk[f"margin_ratio_{venue}"][20] == pytest.approx(0.2, abs=1e-3)


@pytest.mark.parametrize("mode", ["eth_basis", "usdt_market_neutral"])
def test_where_no_venue_is_left_to_hedge_at_the_run_leaves_once_and_stays_in_cash(mode):
    record = after_default(mode, "bybit", hedge_allocation={"bybit": 1.0}, rows=400)

    assert record.exposure["net_delta_ETH"][-1] == pytest.approx(0.0, abs=1e-6)
    assert len(decisions(record)) <= 4
    assert record.equity[-1] == pytest.approx(record.equity[24], rel=1e-2)
