"""The wallet and the lending pool: gas, gas debt, scaled units and liquidity."""

import pytest

from basis_lab.domain import series
from basis_lab.domain.instructions import (
    Borrow,
    Cause,
    Repay,
    Status,
    Supply,
    Transfer,
    Withdraw,
    Wrap,
)
from basis_lab.domain.statements import Preview
from basis_lab.errors import (
    GasDebtLimitError,
    HealthFactorError,
    InsufficientBalanceError,
    InsufficientLiquidityError,
    UnsupportedInstructionError,
)
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from tests.builders import (
    balances,
    frame,
    key,
    lending_frame,
    lending_pool,
    lending_universe,
    lines,
    reserve,
)

ETH, WETH = key("wallet:token:ETH"), key("wallet:token:WETH")
USDT, AUSDT = key("wallet:token:USDT"), key("aave_v3:atoken:USDT")
# At 10 gwei, 100,000 gas cost 0.001 ETH.
GAS = {"wrap": 100_000.0, "transfer": 50_000.0}
MARKET = lending_frame([1.0, 1.25])


def wallet(text, *, gas_price=series.GAS_PRICE):
    made = SimulatedWallet("wallet", tokens=(ETH, WETH, USDT), gas_units=GAS, gas_price=gas_price)
    for name, units in lines(text).items():
        made.credit(key(name), units)
    return made


def pool(owner):
    return lending_pool(owner, reserve("USDT"))


def supply(quantity, *, token=USDT, atoken=AUSDT):
    return Supply(venue="aave_v3", token=token, atoken=atoken, quantity=quantity)


def withdraw(quantity):
    return Withdraw(venue="aave_v3", token=USDT, atoken=AUSDT, quantity=quantity)


def wrap(quantity):
    return Wrap(venue="wallet", source=ETH, destination=WETH, quantity=quantity)


# --- the wallet -------------------------------------------------------------------------------


def test_wrapping_moves_one_to_one_and_pays_gas():
    owner = wallet("wallet:token:ETH 2")

    result = owner.submit(wrap(1.5), MARKET.at(0))

    assert [(x.instrument, x.cause) for x in result.movements] == [
        (ETH, Cause.TRADE),
        (WETH, Cause.TRADE),
        (ETH, Cause.GAS),
    ]
    assert [x.quantity for x in result.movements] == pytest.approx([-1.5, 1.5, -0.001])
    assert balances(owner) == pytest.approx({"wallet:token:ETH": 0.499, "wallet:token:WETH": 1.5})


def test_wrapping_more_than_is_held_is_refused():
    owner = wallet("wallet:token:ETH 2")

    result = owner.submit(wrap(2.1), MARKET.at(0))

    assert result.status is Status.REJECTED
    assert isinstance(result.error, InsufficientBalanceError)
    assert balances(owner) == {"wallet:token:ETH": 2.0}


@pytest.mark.parametrize("quantity", [0.0, -1.0])
def test_wrapping_nothing_or_less_is_refused(quantity):
    owner = wallet("wallet:token:ETH 2")

    result = owner.submit(wrap(quantity), MARKET.at(0))

    assert result.status is Status.REJECTED
    assert balances(owner) == {"wallet:token:ETH": 2.0}


def test_wrapping_everything_leaves_gas_debt_within_its_limit():
    owner = wallet("wallet:token:ETH 2")
    owner.allow_gas_debt(0.0011)

    result = owner.submit(wrap(2.0), MARKET.at(0))

    assert result.status is Status.FILLED
    assert balances(owner) == pytest.approx({"wallet:token:ETH": -0.001, "wallet:token:WETH": 2.0})
    assert owner.health() == ""


@pytest.mark.parametrize("limit", [0.0, 0.00099])
def test_gas_debt_beyond_its_limit_is_refused(limit):
    owner = wallet("wallet:token:ETH 2")
    owner.allow_gas_debt(limit)

    result = owner.submit(wrap(2.0), MARKET.at(0))

    assert isinstance(result.error, GasDebtLimitError)
    assert balances(owner) == {"wallet:token:ETH": 2.0}


def test_a_run_that_pays_no_gas_needs_no_eth():
    owner = wallet("wallet:token:ETH 2", gas_price=None)

    result = owner.submit(wrap(2.0), MARKET.at(0))

    assert len(result.movements) == 2
    assert balances(owner) == {"wallet:token:WETH": 2.0}
    assert owner.pay_gas(1e6, MARKET.at(0)) == ()


def test_the_wallet_takes_no_other_instruction():
    owner = wallet("wallet:token:USDT 2")

    result = owner.submit(Transfer(source=USDT, destination=ETH, quantity=1.0), MARKET.at(0))

    assert isinstance(result.error, UnsupportedInstructionError)
    assert balances(owner) == {"wallet:token:USDT": 2.0}


def test_a_token_below_zero_is_named_by_health_and_native_eth_is_not():
    owner = wallet("wallet:token:ETH -1")
    assert owner.health() == ""

    owner.credit(USDT, -1.0)

    assert owner.health() == "negative balance on wallet:token:USDT"


def test_a_wallet_and_a_pool_do_nothing_by_themselves():
    owner = wallet("wallet:token:USDT 100")

    for venue in (owner, pool(owner)):
        assert venue.preview(MARKET.window(0, 2)) == Preview(flows=(), work_row=None)
        assert venue.settle(MARKET.window(0, 2)) == ()
    assert balances(owner) == {"wallet:token:USDT": 100.0}


# --- the pool ---------------------------------------------------------------------------------


def test_a_supply_mints_scaled_units_at_the_index():
    # At an index of 1.25, 100 underlying units are 80 scaled ones.
    owner = wallet("wallet:token:USDT 100\nwallet:token:ETH 1")
    place = pool(owner)

    result = place.submit(supply(100.0), MARKET.at(1))

    assert [(x.instrument, x.cause) for x in result.movements] == [
        (USDT, Cause.TRADE),
        (AUSDT, Cause.TRADE),
        (ETH, Cause.GAS),
    ]
    assert [x.quantity for x in result.movements] == pytest.approx([-100.0, 80.0, -0.001])
    assert balances(place) == {"aave_v3:atoken:USDT": 80.0}
    assert balances(owner) == {"wallet:token:ETH": pytest.approx(0.999)}


def test_a_withdrawal_burns_scaled_units_and_pays_out_the_interest():
    # 100 supplied at an index of 1 are worth 125 at 1.25; 50 of it are 40 scaled units.
    owner = wallet("wallet:token:USDT 100\nwallet:token:ETH 1")
    place = pool(owner)
    place.submit(supply(100.0), MARKET.at(0))

    result = place.submit(withdraw(50.0), MARKET.at(1))

    assert result.quantity == 50.0
    assert balances(place) == {"aave_v3:atoken:USDT": 60.0}
    assert balances(owner)["wallet:token:USDT"] == 50.0


def test_all_of_a_supply_can_be_withdrawn_and_a_unit_more_cannot():
    owner = wallet("wallet:token:USDT 100\nwallet:token:ETH 1")
    place = pool(owner)
    place.submit(supply(100.0), MARKET.at(0))

    more = place.submit(withdraw(125.1), MARKET.at(1))
    assert isinstance(more.error, InsufficientBalanceError)
    assert balances(place) == {"aave_v3:atoken:USDT": 100.0}
    place.submit(withdraw(125.0), MARKET.at(1))

    assert balances(place) == {}
    assert balances(owner)["wallet:token:USDT"] == 125.0


@pytest.mark.parametrize(
    ("instruction", "error"),
    [
        (supply(100.1), InsufficientBalanceError),
        (supply(0.0), InsufficientBalanceError),
        (supply(-1.0), InsufficientBalanceError),
        (supply(1.0, atoken=key("aave_v3:atoken:WETH")), UnsupportedInstructionError),
        (supply(1.0, token=WETH), UnsupportedInstructionError),
        (withdraw(1.0), InsufficientBalanceError),
        (wrap(1.0), UnsupportedInstructionError),
    ],
)
def test_what_the_pool_refuses_leaves_wallet_and_pool_as_they_were(instruction, error):
    owner = wallet("wallet:token:USDT 100\nwallet:token:ETH 1")
    place = pool(owner)

    result = place.submit(instruction, MARKET.at(0))

    assert result.status is Status.REJECTED
    assert isinstance(result.error, error)
    assert balances(owner) == {"wallet:token:USDT": 100.0, "wallet:token:ETH": 1.0}
    assert balances(place) == {}


def test_a_supply_without_eth_for_gas_is_refused_and_keeps_the_coins():
    owner = wallet("wallet:token:USDT 100")
    place = pool(owner)

    result = place.submit(supply(100.0), MARKET.at(0))

    assert isinstance(result.error, GasDebtLimitError)
    assert balances(owner) == {"wallet:token:USDT": 100.0}


def test_a_pool_pays_out_no_more_than_borrowers_left():
    owner = wallet("wallet:token:USDT 100\nwallet:token:ETH 1")
    place = pool(owner)
    tight = lending_frame([1.0], supplied=1000.0, borrowed=960.0)
    place.submit(supply(100.0), tight.at(0))

    refused = place.submit(withdraw(40.1), tight.at(0))
    paid = place.submit(withdraw(40.0), tight.at(0))

    assert isinstance(refused.error, InsufficientLiquidityError)
    assert paid.status is Status.FILLED
    assert balances(place) == {"aave_v3:atoken:USDT": 60.0}
    assert place.health() == ""


# --- debt -------------------------------------------------------------------------------------

DEBT = key("aave_v3:debt:USDT")


def market_of_a_loan(borrow_index):
    """One WETH is worth 1000 USDT, and the borrow index of USDT is as given."""
    rows = len(borrow_index)
    return frame(
        lending_universe(),
        {
            series.liquidity_index("WETH"): [1.0] * rows,
            series.borrow_index("USDT"): borrow_index,
            series.spot("binance", "ETH"): [1000.0] * rows,
            series.GAS_PRICE: [10.0] * rows,
        },
    )


def borrower(market):
    """A wallet and a pool with 2 WETH supplied: 1500 USDT can be borrowed, 1600 liquidate."""
    owner = wallet("wallet:token:WETH 2\nwallet:token:ETH 1")
    collateral = reserve("WETH", price=series.spot("binance", "ETH"))
    place = lending_pool(owner, collateral, debt=[reserve("USDT")])
    aweth = key("aave_v3:atoken:WETH")
    place.submit(supply(2.0, token=WETH, atoken=aweth), market.at(0))
    return owner, place


def borrow(quantity):
    return Borrow(venue="aave_v3", token=USDT, debt=DEBT, quantity=quantity)


def repay(quantity):
    return Repay(venue="aave_v3", token=USDT, debt=DEBT, quantity=quantity)


def test_a_loan_mints_scaled_debt_and_pays_the_wallet():
    market = market_of_a_loan([1.25])
    owner, place = borrower(market)

    result = place.submit(borrow(1000.0), market.at(0))

    assert result.status is Status.FILLED
    assert balances(place)["aave_v3:debt:USDT"] == 800.0
    assert balances(owner)["wallet:token:USDT"] == 1000.0
    assert place.health_factor(market.at(0)) == 1.6


def test_without_debt_health_is_infinite():
    market = market_of_a_loan([1.0])
    _, place = borrower(market)

    assert place.health_factor(market.at(0)) == float("inf")


def test_a_loan_up_to_the_ltv_is_given_and_one_beyond_it_is_not():
    market = market_of_a_loan([1.0])
    owner, place = borrower(market)

    refused = place.submit(borrow(1500.5), market.at(0))
    assert isinstance(refused.error, HealthFactorError)
    assert "wallet:token:USDT" not in balances(owner)
    assert "aave_v3:debt:USDT" not in balances(place)

    assert place.submit(borrow(1500.0), market.at(0)).status is Status.FILLED


def test_collateral_that_a_debt_needs_cannot_be_withdrawn():
    # 1000 of debt need 1250 of collateral at a threshold of 80 %.
    market = market_of_a_loan([1.0])
    owner, place = borrower(market)
    place.submit(borrow(1000.0), market.at(0))
    before = balances(place), balances(owner)
    aweth = key("aave_v3:atoken:WETH")
    out = {"venue": "aave_v3", "token": WETH, "atoken": aweth}

    refused = place.submit(Withdraw(quantity=0.7501, **out), market.at(0))
    assert isinstance(refused.error, HealthFactorError)
    assert (balances(place), balances(owner)) == before

    assert place.submit(Withdraw(quantity=0.75, **out), market.at(0)).status is Status.FILLED


def test_a_debt_grows_with_its_index_and_a_repayment_burns_scaled_units():
    # 1000 borrowed at an index of 1 are 1250 owed at 1.25; 500 repaid are 400 scaled ones.
    market = market_of_a_loan([1.0, 1.25])
    owner, place = borrower(market)
    place.submit(borrow(1000.0), market.at(0))

    place.submit(repay(500.0), market.at(1))

    assert balances(place)["aave_v3:debt:USDT"] == 600.0
    assert balances(owner)["wallet:token:USDT"] == 500.0


def test_repaying_more_than_is_owed_repays_exactly_all_of_it():
    market = market_of_a_loan([1.0, 1.25])
    owner, place = borrower(market)
    place.submit(borrow(1000.0), market.at(0))
    owner.credit(USDT, 500.0)

    result = place.submit(repay(9999.0), market.at(1))

    assert result.quantity == 1250.0
    assert "aave_v3:debt:USDT" not in balances(place)
    assert balances(owner)["wallet:token:USDT"] == 250.0


def test_a_repayment_beyond_the_wallet_is_refused():
    market = market_of_a_loan([1.0])
    owner, place = borrower(market)
    place.submit(borrow(1000.0), market.at(0))
    owner.credit(USDT, -600.0)

    result = place.submit(repay(500.0), market.at(0))

    assert isinstance(result.error, InsufficientBalanceError)
    assert balances(place)["aave_v3:debt:USDT"] == 1000.0
    assert balances(owner)["wallet:token:USDT"] == 400.0
