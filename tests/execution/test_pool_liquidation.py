"""A loan in one asset at a simulated pool: what liquidators leave of it, worked out by hand.

1000 tokens at a rate of 1 stand against 900 WETH; the threshold is 0.95, the bonus 1 %. The rate
then falls in row 1: health factor 0.95 x 1000 x rate / 900.
"""

from dataclasses import replace

import pytest

from basis_lab.domain import series
from basis_lab.domain.instruments import Listing, Universe
from basis_lab.execution.venues.simulated.aave import SimulatedAave
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.flash import FlashDesk
from basis_lab.execution.venues.simulated.reserves import CollateralTerms, Lines
from tests.builders import always, frame, key, reserve
from tests.identities.staked import Staking, load_staked
from tests.identities.worlds import Market, World, make_frame

LST, WETH = key("aave_v3:atoken:weETH"), key("aave_v3:debt:WETH")
RATE, DOLLARS = series.lst_rate("weETH"), series.spot("binance", "ETH")


def pool(*, version, rate):
    """A pool with the loan, and the two rows: before the fall of the rate, and after."""
    universe = Universe(
        (Listing(instrument=LST, asset="ETH"), Listing(instrument=WETH, asset="ETH")), "ETH"
    )
    columns = {
        RATE: [1.0, rate],
        DOLLARS: [3000.0, 3000.0],
        **{
            index(token): [1.0, 1.0]
            for token in ("weETH", "WETH")
            for index in (series.liquidity_index, series.borrow_index)
        },
    }
    owner = SimulatedWallet(
        "wallet", tokens=(key("wallet:token:ETH"),), gas_units={}, gas_price=None
    )
    terms = CollateralTerms(ltv=always(0.93), threshold=always(0.95), bonus=always(0.01))
    made = SimulatedAave(
        "aave_v3",
        wallet=owner,
        lines=Lines(
            collateral={LST: replace(reserve("weETH"), rate=RATE, terms=terms)},
            debt={WETH: reserve("WETH")},
            usd=(DOLLARS,),
        ),
        gas_units={},
        versions=always(version),
        flash=FlashDesk("aave_v3", wallet=owner, lines=(), premium=0.0, gas_units=0.0),
    )
    made.restore({LST: 1000.0, WETH: 900.0})
    return made, frame(universe, columns)


def liquidated(version, rate):
    made, market = pool(version=version, rate=rate)
    assert made.settle(market.at(0)) == ()
    assert made.preview(market.window(0, 2)).work_row == 1
    (done,) = made.settle(market.at(1))
    left = made.balances()
    return done, left[LST] * rate, left[WETH]


@pytest.mark.parametrize("version", [3.0, 3.3])
def test_above_a_health_factor_of_95_percent_half_the_debt_is_repaid(version):
    # 940 against 900: HF 0.9922. 450 are repaid with 454.5: 485.5 against 450, HF 1.0249.
    done, collateral, debt = liquidated(version, 0.94)

    assert (done.calls, done.repaid) == (1, pytest.approx(450.0))
    assert (collateral, debt) == (pytest.approx(485.5), pytest.approx(450.0))
    assert done.bonus_scaled * 0.94 == pytest.approx(4.5)
    assert done.health_factor_before == pytest.approx(0.992222, abs=1e-6)
    assert done.health_factor_after == pytest.approx(1.024944, abs=1e-6)


@pytest.mark.parametrize("version", [3.0, 3.3])
def test_what_makes_a_loan_sicker_is_done_again_until_it_is_closed(version):
    # HF 0.957: 906.63 against 900. Halves of the debt, until below 0.95 the rest goes whole:
    # 450 for 454.5 (HF 0.9545), 225 for 227.25 (0.9495), then all collateral for 222.65.
    done, collateral, debt = liquidated(version, 900.0 * 0.957 / 950.0)

    assert done.calls == 3
    assert collateral == 0.0
    burnt = 0.0 if version == 3.0 else done.burnt_scaled
    assert debt + burnt + done.repaid == pytest.approx(900.0)
    assert done.repaid == pytest.approx((900.0 * 0.957 / 0.95) / 1.01)


def test_debt_that_nothing_stands_behind_stays_until_3_3_and_is_written_off_since():
    # 850 against 900: all collateral repays 850 / 1.01 = 841.584; 58.416 are left over.
    old, collateral, owed = liquidated(3.0, 0.85)
    new, _, nothing = liquidated(3.3, 0.85)

    assert collateral == 0.0
    assert (owed, old.burnt_scaled) == (pytest.approx(58.415842), 0.0)
    assert (nothing, new.burnt_scaled) == (0.0, pytest.approx(58.415842))


def test_a_healthy_loan_is_left_alone_and_one_without_debt_is_not_looked_at():
    made, market = pool(version=3.3, rate=0.95)

    assert made.preview(market.window(0, 2)).work_row is None
    assert made.settle(market.at(1)) == ()
    made.restore({LST: 1000.0, WETH: 0.0})
    assert made.preview(market.window(0, 2)).work_row is None


@pytest.mark.parametrize("mode", ["eth_leveraged", "usdt_market_neutral"])
def test_a_run_goes_on_with_what_a_liquidation_left(mode):
    # 100 ETH at L 0.9; the rate falls by 6 %: the loss beside the rate is 450 x 1 %.
    still = Market(seed=0, rows=6, span=0.0, noise=0.0, jumps=0, basis=0.0, funding=0.0, growth=0.0)
    market = replace(still, staking=Staking(growth=0.0, discount=0.0, fall=0.06))
    config = load_staked(
        mode,
        hold=True,
        target_ltv=0.9,
        stake_allocation=0.5,
        hedge_allocation={"binance": 1.0},
    )
    eth = mode == "eth_leveraged"
    worth = 1.0 if eth else 3000.0
    capital = 100.0 if eth else 200.0 * worth

    record = World(config=config, frame=make_frame(config, market), capital=capital).run()

    lost = record.attribution
    assert record.liquidations == 1
    assert lost["staking_yield"].sum() == pytest.approx(-60.0 * worth)
    assert lost["liquidation_penalty"].sum() == pytest.approx(-4.5 * worth)
    assert record.equity[-1] == pytest.approx(capital - 64.5 * worth)
    column = record.frame.universe.column(WETH)
    index = record.frame.values(series.borrow_index("WETH"))[-1]
    assert record.quantities[-1, column] * index == pytest.approx(450.0)
