"""Repairs of a basis book whose cash is short or asked for, each worked out by hand.

The price is 100. On its target a book of 1000 holds 5 coins, 5 short and 500 of margin; with a
reserve of a tenth, 100 are kept, and 4.5 coins, 4.5 short and 450 of margin are the rest.
"""

from dataclasses import replace

import pytest

from basis_lab.domain import series
from basis_lab.domain.instructions import (
    Action,
    OpenPlan,
    PerpTrade,
    Reason,
    SpotTrade,
    Transfer,
)
from basis_lab.domain.statements import PendingTransfer
from basis_lab.strategies.base import Sending
from tests.builders import (
    basis_strategy,
    frame,
    key,
    perp_frame,
    perp_series,
    strategy_terms,
    view,
)

ONE = perp_frame([100.0])
TREASURY, RESERVE, MARGIN = "binance:token:USDT", "binance:reserve:USDT", "binance:margin:USDT"
ABROAD = "bybit:margin:USDT"


def both():
    """One timestep of two venues."""
    columns = {**perp_series([100.0]), **perp_series([100.0], venue="bybit")}
    columns[series.spot("binance", "BTC")] = [100.0]
    return frame(basis_strategy("binance", "bybit").universe, columns)


def book(spot=5.0, short=5.0, entry=100.0, margin=500.0, **cash):
    """A book at binance; ``cash`` are its treasury and its reserve."""
    return f"""
        binance:token:BTC          {spot}
        binance:perp:BTCUSDT      -{short}
        binance:contracts:BTCUSDT  {short * entry}
        {MARGIN}                   {margin}
        {TREASURY}                 {cash.get("cash", 0.0)}
        {RESERVE}                  {cash.get("reserve", 0.0)}
    """


def abroad(home, away, shorts=(2.5, 2.5), **cash):
    """Five coins, shorts and margins at two venues."""
    return f"""
        binance:token:BTC          {sum(shorts)}
        binance:perp:BTCUSDT      -{shorts[0]}
        binance:contracts:BTCUSDT  {shorts[0] * 100.0}
        {MARGIN}                   {home}
        bybit:perp:BTCUSDT        -{shorts[1]}
        bybit:contracts:BTCUSDT    {shorts[1] * 100.0}
        {ABROAD}                   {away}
        {TREASURY}                 {cash.get("cash", 0.0)}
        {RESERVE}                  {cash.get("reserve", 0.0)}
    """


def reason(trigger):
    return Reason(trigger=trigger, value=0.0, limit=0.0)


def orders(decision):
    """Instructions as short tuples: what, where, how much."""
    found = []
    for x in decision.instructions:
        match x:
            case Transfer():
                found.append((str(x.source), str(x.destination), pytest.approx(x.quantity)))
            case SpotTrade():
                found.append(("spot", x.venue, pytest.approx(x.quantity)))
            case PerpTrade():
                found.append(("perp", x.venue, pytest.approx(x.quantity)))
    return found


def proceed(strategy, seen, decision):
    """Carry on with the stage that a decision left open."""
    plan = OpenPlan(
        action=decision.action,
        reason=decision.reason,
        stage=decision.then,
        opened_row=0,
        deadline_row=24,
    )
    return strategy.proceed(seen, plan)


# --- refill -----------------------------------------------------------------------------------


def test_a_refill_sells_what_the_reserve_lacks_by_its_share_frees_margin_and_keeps_both():
    # 40 of 100 are left, equity 1000: 60 are missing; the rest goes from 480 to 450 in each half.
    strategy = basis_strategy(reserve_ratio=0.1)
    first = strategy.decide(
        view(ONE, book(4.8, 4.8, margin=480.0, reserve=40.0)), reason("reserve_low")
    )
    sold = view(ONE, book(4.5, 4.5, margin=480.0, cash=30.0, reserve=40.0))

    then = proceed(strategy, sold, first)
    freed = view(ONE, book(4.5, 4.5, margin=450.0, cash=60.0, reserve=40.0))
    last = proceed(strategy, freed, then)

    assert orders(first) == [("spot", "binance", -0.3), ("perp", "binance", 0.3)]
    assert orders(then) == [(MARGIN, TREASURY, 30.0)]
    assert orders(last) == [(TREASURY, RESERVE, 60.0)]
    assert last.then is None
    assert {x.action for x in (first, then, last)} == {Action.EXIT_PARTIAL}


def test_a_refill_realises_profit_where_margin_has_no_cash_to_give():
    # 4.5 short have 480 of profit and no cash, 106.67 a unit. The treasury has 30 of the 60 that
    # the reserve lacks: for the other 30, 0.28125 units are closed and opened again.
    strategy = basis_strategy(reserve_ratio=0.1)
    entry = 100.0 + 480.0 / 4.5
    sold = view(ONE, book(4.5, 4.5, entry=entry, margin=0.0, cash=30.0, reserve=40.0))
    plan = OpenPlan(
        action=Action.EXIT_PARTIAL,
        reason=reason("reserve_low"),
        stage="refill/realise",
        opened_row=0,
        deadline_row=24,
    )

    decision = strategy.proceed(sold, plan)

    assert orders(decision) == [("perp", "binance", 0.28125), ("perp", "binance", -0.28125)]
    assert decision.then == "refill/move"


def test_a_reserve_at_its_target_has_nothing_to_refill():
    strategy = basis_strategy(reserve_ratio=0.1)

    decision = strategy.decide(
        view(ONE, book(4.5, 4.5, margin=450.0, reserve=100.0)), reason("reserve_low")
    )

    assert decision is None


# --- withdraw ---------------------------------------------------------------------------------


def test_a_withdrawal_from_two_venues_frees_margin_from_each_by_its_weight():
    # 200 of 1000: a coin is sold, half a coin bought back at each; 50 come from each margin.
    strategy = basis_strategy("binance", "bybit")
    first = strategy.decide(
        replace(view(both(), abroad(250.0, 250.0)), queue=200.0), reason("withdrawal")
    )
    sold = view(both(), abroad(250.0, 250.0, shorts=(2.0, 2.0), cash=100.0))

    then = proceed(strategy, replace(sold, queue=200.0), first)

    assert orders(first) == [
        ("spot", "binance", -1.0),
        ("perp", "binance", 0.5),
        ("perp", "bybit", 0.5),
    ]
    assert orders(then) == [(MARGIN, TREASURY, 50.0), (ABROAD, TREASURY, 50.0)]
    assert then.then == "withdraw/settle"


def test_a_withdrawal_counts_what_is_on_its_way_to_the_treasury():
    strategy = basis_strategy("binance", "bybit")
    coming = PendingTransfer(destination=key(TREASURY), quantity=50.0, arrives_row=1)
    text = abroad(200.0, 200.0, shorts=(2.0, 2.0), cash=150.0) + "binance:in_transit:USDT 50"

    decision = strategy.decide(
        replace(view(both(), text, pending=(coming,)), queue=200.0), reason("withdrawal")
    )

    assert decision is None


def test_a_withdrawal_of_a_profit_realises_it_first():
    # 5 short from 200: 500 of profit, no cash. For 200 a coin is sold, and 100 of the 500 must
    # come out of margin: one unit brings 100.
    strategy = basis_strategy()
    text = book(5.0, 5.0, entry=200.0, margin=0.0)
    first = strategy.decide(replace(view(ONE, text), queue=200.0), reason("withdrawal"))

    # Buying one of five back has turned 100 of profit into cash already.
    sold = book(4.0, 4.0, entry=200.0, margin=100.0, cash=100.0)
    then = proceed(strategy, replace(view(ONE, sold), queue=200.0), first)

    assert orders(first) == [("spot", "binance", -1.0), ("perp", "binance", 1.0)]
    assert orders(then) == [(MARGIN, TREASURY, 100.0)]


def test_a_withdrawal_bears_the_costs_of_its_sale_in_margin_not_in_spot():
    # A tenth of slippage: the coin brings 90, so 110 come from margin.
    strategy = basis_strategy(costs=strategy_terms("binance", bps=1000.0))
    first = strategy.decide(replace(view(ONE, book()), queue=200.0), reason("withdrawal"))
    sold = book(4.0, 4.0, margin=500.0, cash=90.0)

    then = proceed(strategy, replace(view(ONE, sold), queue=200.0), first)

    assert orders(first)[0] == ("spot", "binance", -1.0)
    assert orders(then) == [(MARGIN, TREASURY, 110.0)]


def test_a_withdrawal_does_not_touch_the_reserve():
    # What the reserve could pay was paid before anything is decided.
    strategy = basis_strategy(reserve_ratio=0.1)
    text = book(4.5, 4.5, margin=450.0, reserve=100.0)

    decision = strategy.decide(replace(view(ONE, text), queue=90.0), reason("withdrawal"))

    assert orders(decision) == [("spot", "binance", -0.45), ("perp", "binance", 0.45)]


def test_a_withdrawal_of_everything_brings_all_margin_home():
    strategy = basis_strategy("binance", "bybit")
    first = strategy.decide(
        replace(view(both(), abroad(250.0, 250.0)), queue=1000.0), reason("withdrawal")
    )
    closed = f"{TREASURY} 500\n{MARGIN} 250\n{ABROAD} 250"

    then = proceed(strategy, replace(view(both(), closed), queue=1000.0), first)

    assert orders(first)[0] == ("spot", "binance", -5.0)
    assert orders(then) == [(MARGIN, TREASURY, 250.0), (ABROAD, TREASURY, 250.0)]


# --- remargin ---------------------------------------------------------------------------------


def test_a_remargin_brings_margins_to_their_weights_and_sells_nothing():
    strategy = basis_strategy("binance", "bybit")

    decision = strategy.decide(
        view(both(), abroad(400.0, 40.0)), reason("risk_margin_ratio_warning")
    )

    assert orders(decision) == [(MARGIN, ABROAD, 180.0)]
    assert (decision.then, decision.missing) == ("remargin/settle", 0.0)


def test_a_remargin_pays_the_fee_of_its_transfer_from_what_it_could_send():
    # Of the 180 that binance has beyond its half, 5 are the fee.
    costs = strategy_terms("binance", "bybit", sending=Sending(fee=5.0, minimum=10.0))
    strategy = basis_strategy("binance", "bybit", costs=costs)

    decision = strategy.decide(
        view(both(), abroad(400.0, 40.0)), reason("risk_margin_ratio_warning")
    )

    assert orders(decision) == [(MARGIN, ABROAD, 175.0)]


def test_a_remargin_realises_profit_where_the_idle_margin_is_not_cash():
    # binance: 2.5 short from 200, 250 of profit, 50 of cash; bybit has 40. Half of the 340 are
    # 170: 130 must leave binance, which has 50 in cash. 0.8 units bring the missing 80.
    text = f"""
        binance:token:BTC            5
        binance:perp:BTCUSDT      -2.5
        binance:contracts:BTCUSDT  500
        {MARGIN}                    50
        bybit:perp:BTCUSDT        -2.5
        bybit:contracts:BTCUSDT    250
        {ABROAD}                    40
    """
    strategy = basis_strategy("binance", "bybit")

    decision = strategy.decide(view(both(), text), reason("risk_margin_ratio_warning"))

    assert orders(decision) == [("perp", "binance", 0.8), ("perp", "binance", -0.8)]
    assert decision.then == "remargin/move"


def test_margin_on_its_way_is_not_sent_twice():
    strategy = basis_strategy("binance", "bybit")
    coming = PendingTransfer(destination=key(ABROAD), quantity=180.0, arrives_row=1)
    text = abroad(220.0, 40.0) + "bybit:in_transit:USDT 180"

    decision = strategy.decide(
        view(both(), text, pending=(coming,)), reason("risk_margin_ratio_warning")
    )

    assert decision is None


# --- rescue -----------------------------------------------------------------------------------


def test_a_rescue_sends_the_reserve_where_it_is_missing():
    # 21 % of 500 are 105, 52.5 each: 60 and 20 lie there, 25 come from the reserve, 32.5 in all
    # reach bybit.
    strategy = basis_strategy("binance", "bybit", reserve_ratio=0.1)

    decision = strategy.decide(
        view(both(), abroad(60.0, 20.0, reserve=90.0)), reason("risk_margin_ratio_critical")
    )

    assert orders(decision) == [(MARGIN, ABROAD, 7.5), (RESERVE, ABROAD, 25.0)]
    assert decision.missing == pytest.approx(0.0, abs=1e-9)
    assert decision.then == "rescue/settle"


def test_a_reserve_that_is_not_enough_is_kept_and_both_legs_are_reduced():
    # 105 are needed, 40 and 50 are there. 540 are invested: half of it is 2.7 coins.
    strategy = basis_strategy(reserve_ratio=0.1)

    decision = strategy.decide(
        view(ONE, book(margin=40.0, reserve=50.0)), reason("risk_margin_ratio_critical")
    )

    assert orders(decision) == [("spot", "binance", -2.3), ("perp", "binance", 2.3)]
    assert decision.action is Action.EXIT_PARTIAL


def test_what_even_a_reduction_lacks_is_said():
    # 470 of equity against a target of 95 % in spot: 5 % of margin where 21 % are needed.
    strategy = basis_strategy(spot_allocation=0.95)

    decision = strategy.decide(view(ONE, book(margin=-30.0)), reason("risk_margin_ratio_critical"))

    # 446.5 of spot and short: 21 %, a twentieth above the warning, are wanted, 23.5 are there.
    assert orders(decision)[0] == ("spot", "binance", -0.535)
    assert decision.missing == pytest.approx(0.21 * 446.5 - 23.5)
