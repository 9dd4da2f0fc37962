"""Plain lending: everything idle is supplied, and exactly what is missing comes back."""

from dataclasses import replace

import numpy as np
import pytest

from basis_lab.domain.instructions import (
    Action,
    OpenPlan,
    Reason,
    Supply,
    Transfer,
    Withdraw,
    Wrap,
)
from basis_lab.errors import StrategyError
from basis_lab.strategies import make_strategy
from tests.builders import (
    RISK,
    basis_strategy,
    lending_frame,
    lending_parameters,
    lending_universe,
    strategy_terms,
    view,
)


def lender(currency="USDT", **changes):
    parameters = lending_parameters(**changes)
    return make_strategy(
        parameters, lending_universe(currency), currency, strategy_terms("binance"), RISK
    )


def reason(trigger):
    return Reason(trigger=trigger, value=0.0, limit=0.0)


def test_an_entry_supplies_all_that_is_idle():
    seen = view(lending_frame([1.25]), "wallet:token:USDT 1000", entered=False)

    decision = lender().decide(seen, reason("entry"))

    (order,) = decision.instructions
    assert isinstance(order, Supply)
    assert order.quantity == 1000.0
    assert (decision.action, decision.then) == (Action.ENTRY_FULL, None)


def test_an_eth_class_wraps_before_it_supplies():
    seen = view(lending_frame([1.25], currency="ETH"), "wallet:token:ETH 10", entered=False)

    wrap, supply = lender("ETH").decide(seen, reason("entry")).instructions

    assert isinstance(wrap, Wrap)
    assert (str(wrap.source), str(wrap.destination)) == ("wallet:token:ETH", "wallet:token:WETH")
    assert isinstance(supply, Supply)
    assert wrap.quantity == supply.quantity == 10.0


def test_a_reserve_is_put_aside_before_the_supply():
    seen = view(lending_frame([1.0]), "wallet:token:USDT 1000", entered=False)

    keep, supply = lender(reserve_ratio=0.1).decide(seen, reason("entry")).instructions

    assert isinstance(keep, Transfer)
    assert (str(keep.destination), keep.quantity) == ("wallet:reserve:USDT", 100.0)
    assert supply.quantity == 900.0


def test_the_target_is_a_supply_worth_equity_less_the_reserve():
    # 80 scaled units at 1.25 are 100; nine tenths of it are 72 units at that index.
    strategy = lender(reserve_ratio=0.1)

    target = strategy.target(view(lending_frame([1.25]), "aave_v3:atoken:USDT 80"))

    held = {str(x): q for x, q in zip(strategy.universe.instruments, target[0], strict=True)}
    assert {name: q for name, q in held.items() if q} == pytest.approx(
        {"aave_v3:atoken:USDT": 72.0, "wallet:reserve:USDT": 10.0}
    )


def test_the_entry_needs_funds_and_comes_once():
    market = lending_frame([1.0, 1.1])

    def fires(text, *, entered):
        triggers = lender().triggers(view(market, text, entered=entered))
        return {x.name: x.fires.tolist() for x in triggers}

    assert fires("wallet:token:USDT 5", entered=False) == {"entry": [True, True]}
    assert fires("wallet:token:USDT 5", entered=True)["entry"] == [False, False]
    assert fires("", entered=False) == {"entry": [False, False]}
    assert lender().risk_triggers(view(market, "")) == ()


def test_gas_debt_fires_beyond_half_of_its_limit():
    # The limit is 0.005 of 998 USDT less the debt; an ETH is worth 2000, so half are 0.00125 ETH.
    market = lending_frame([1.0])

    def fires(debt):
        held = f"aave_v3:atoken:USDT 1000\nwallet:token:ETH -{debt}"
        found = {x.name: x for x in lender().triggers(view(market, held))}
        return found["gas_debt"].fires.tolist()

    assert fires(0.00124) == [False]
    assert fires(0.00126) == [True]


def test_interest_compounds_in_the_index_and_needs_no_action():
    market = lending_frame(list(np.linspace(1.0, 2.0, 5)))

    triggers = lender().triggers(view(market, "aave_v3:atoken:USDT 80"))

    assert not any(x.fires.any() for x in triggers)


def test_a_withdrawal_takes_exactly_what_the_treasury_lacks():
    seen = view(lending_frame([1.25]), "aave_v3:atoken:USDT 800\nwallet:token:USDT 30")

    decision = lender().decide(replace(seen, queue=130.0), reason("withdrawal"))

    (order,) = decision.instructions
    assert isinstance(order, Withdraw)
    assert order.quantity == 100.0
    assert decision.action is Action.EXIT_PARTIAL


def test_a_withdrawal_takes_no_more_than_the_pool_can_pay():
    market = lending_frame([1.0], supplied=1000.0, borrowed=960.0)
    seen = replace(view(market, "aave_v3:atoken:USDT 800"), queue=130.0)

    (order,) = lender().decide(seen, reason("withdrawal")).instructions

    assert order.quantity == pytest.approx(40.0)
    assert lender().can_unwind(seen).tolist() == [True]
    dry = lending_frame([1.0], supplied=1000.0, borrowed=1000.0)
    assert lender().can_unwind(view(dry, "aave_v3:atoken:USDT 800")).tolist() == [False]


def test_a_withdrawal_of_everything_closes_the_supply():
    seen = replace(view(lending_frame([1.25]), "aave_v3:atoken:USDT 80"), queue=500.0)

    decision = lender().decide(seen, reason("withdrawal"))

    assert decision.instructions[0].quantity == 100.0
    assert decision.action is Action.EXIT_FULL


def test_nothing_supplied_and_nothing_idle_is_nothing_to_decide():
    seen = replace(view(lending_frame([1.0]), ""), queue=5.0)

    assert lender().decide(seen, reason("withdrawal")) is None
    assert lender().decide(seen, reason("deposit")) is None
    assert lender().can_unwind(seen).tolist() == [False]


def test_an_eth_class_unwraps_what_it_withdraws():
    seen = view(lending_frame([1.25], currency="ETH"), "aave_v3:atoken:WETH 80")

    out, unwrap = lender("ETH").decide(replace(seen, queue=10.0), reason("withdrawal")).instructions

    assert isinstance(out, Withdraw)
    assert (str(unwrap.source), str(unwrap.destination)) == (
        "wallet:token:WETH",
        "wallet:token:ETH",
    )
    assert out.quantity == unwrap.quantity == 10.0


def test_a_low_reserve_is_refilled_from_the_pool():
    seen = view(lending_frame([1.0]), "aave_v3:atoken:USDT 960\nwallet:reserve:USDT 40")

    out, keep = lender(reserve_ratio=0.1).decide(seen, reason("reserve_low")).instructions

    assert (out.quantity, keep.quantity) == (pytest.approx(60.0), pytest.approx(60.0))
    assert str(keep.destination) == "wallet:reserve:USDT"


def test_lending_opens_no_plans():
    plan = OpenPlan(
        action=Action.ENTRY_FULL,
        reason=reason("entry"),
        stage="x",
        opened_row=0,
        deadline_row=1,
    )

    assert lender().proceed(view(lending_frame([1.0]), ""), plan) is None


def test_a_treasury_that_the_mode_does_not_hold_is_refused():
    with pytest.raises(StrategyError):
        make_strategy(
            lending_parameters(treasury="okx"),
            basis_strategy().universe,
            "USDT",
            strategy_terms("binance"),
            RISK,
        )
