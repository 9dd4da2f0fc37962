"""Formulas one by one against the contracts, where a random sequence would blur them."""

import numpy as np
import pytest

from basis_lab.calc import aave
from tests.evm.market import CAP_GROWTH_APR, FIRST_RATE, RAY, Curve
from tests.parity.pool import ASSET
from tests.parity.twins import Twins

YEAR_S = 31_536_000


def units(symbol: str, tokens: float) -> int:
    return round(tokens * ASSET[symbol].unit)


def test_each_version_compounds_debt_by_its_own_series(aave_chain):
    # At 1000 % over a year without an update the two series differ by 8e-8; v3.0's integers cut
    # n^3 / 6e27 of the index, 2.3e-8 here.
    user = aave_chain.users[0]
    aave_chain.supply(user, "USDT", units("USDT", 1e9))
    steep = Curve(optimal=0.01, base_apr=0.0, slope1_apr=5.0, slope2_apr=5.0)
    aave_chain.set_curve("WETH", steep)
    aave_chain.borrow(user, "WETH", units("WETH", 99_900))
    stored = aave_chain.look(user).reserves["WETH"]

    aave_chain.wait(YEAR_S)

    grown = aave_chain.look(user).reserves["WETH"].borrow_index / stored.stored_borrow_index
    rate, elapsed = np.array([stored.borrow_rate / RAY]), np.array([float(YEAR_S)])
    taylor = aave.compounded_interest(rate, elapsed)[0]
    binomial = aave.compounded_interest_binomial(rate, elapsed)[0]
    own, other = (taylor, binomial) if aave_chain.version == "3.6" else (binomial, taylor)
    tolerance = {"3.6": 1e-12, "3.0": 2.4e-8}[aave_chain.version]
    assert own == pytest.approx(grown, rel=tolerance)
    assert other != pytest.approx(grown, rel=tolerance)


@pytest.mark.parametrize("usage", [0.0, 0.3, 0.9199, 0.9201, 0.999])
def test_the_curve_is_the_contracts_on_both_sides_of_its_kink(aave_chain, usage):
    user = aave_chain.users[0]
    aave_chain.supply(user, "USDT", units("USDT", 1e9))

    if usage > 0.0:
        aave_chain.borrow(user, "WETH", units("WETH", 100_000 * usage))

    reserve, curve = aave_chain.look(user).reserves["WETH"], ASSET["WETH"].curve
    debt, cash = np.array([100_000 * usage]), np.array([100_000 * (1.0 - usage)])
    computed = aave.borrow_rate(
        aave.utilisation(debt, cash),
        optimal=curve.optimal,
        base_apr=curve.base_apr,
        slope1_apr=curve.slope1_apr,
        slope2_apr=curve.slope2_apr,
    )
    assert reserve.borrow_rate / RAY == pytest.approx(computed[0], rel=1e-9)
    supplied = aave.supply_rate(computed, aave.utilisation(debt, cash), 0.15)
    assert reserve.liquidity_rate / RAY == pytest.approx(supplied[0], rel=1e-9)


@pytest.mark.parametrize(("rate", "capped"), [(1.02, False), (1.09, False), (1.12, True)])
def test_the_oracle_caps_a_rate_that_runs_away_and_follows_one_that_falls(aave_chain, rate, capped):
    snapshot_s = aave_chain.market.feeds["weETH"].call("snapshotTimestamp")
    aave_chain.set_rate(rate)

    aave_chain.wait(YEAR_S // 2)

    age = np.array([float(aave_chain.now() - snapshot_s)])
    seen = aave.capped_rate(
        np.array([rate]), np.array([FIRST_RATE]), np.array([CAP_GROWTH_APR]), age
    )[0]
    price = aave_chain.look(aave_chain.users[0]).reserves["weETH"].price
    assert price == pytest.approx(seen * 3000.0 * 1e8, rel=1e-9)
    assert (seen < rate) == capped


def test_every_kind_of_refusal_is_foreseen(aave_chain):
    twins, (user, other) = Twins(aave_chain), aave_chain.users[:2]
    done = [
        twins.borrow(user, "WETH", units("WETH", 1)),  # no collateral
        twins.repay(user, "WETH", units("WETH", 1)),  # no debt
        twins.supply(user, "weETH", units("weETH", 1000)),
        twins.withdraw(user, "weETH", units("weETH", 1001)),  # more than there is
        twins.borrow(user, "WETH", units("WETH", 1000)),  # beyond the LTV
        twins.borrow(user, "USDT", units("USDT", 1e6)),
        twins.set_emode(user, inside=True),  # with a debt outside the category
        twins.repay(user, "USDT", units("USDT", 2e6)),
        twins.set_emode(user, inside=True),
        twins.borrow(user, "USDT", units("USDT", 1e5)),  # outside the category
        twins.borrow(user, "WETH", units("WETH", 950)),
        twins.set_emode(user, inside=False),  # too much debt for the base threshold
        twins.withdraw(user, "weETH", units("weETH", 100)),  # health factor
        twins.supply(other, "USDT", units("USDT", 2e9)),
        twins.borrow(other, "WETH", units("WETH", 100_000)),  # more than the pool has
        twins.borrow(other, "WETH", units("WETH", 98_000)),
        twins.withdraw(aave_chain.whale, "WETH", units("WETH", 10_000)),  # lent out
        twins.loop_open(user, units("WETH", 5000), units("WETH", 1000)),  # twice the flash loan
        twins.loop_close(user, units("WETH", 900), units("weETH", 100)),  # does not pay it back
    ]

    refused = [index for index, went in enumerate(done) if went is False]
    assert refused == [0, 1, 3, 4, 6, 9, 11, 12, 14, 16, 17, 18]
    assert len(twins.refusals) == len(refused)
