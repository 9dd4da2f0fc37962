"""When a basis strategy acts, and each repair worked out by hand.

The price is 100 and a book's equity 1000 wherever nothing else is said: the target is 5 coins of
spot, 5 short, and 500 of margin, without costs.
"""

from dataclasses import replace

import numpy as np
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
from basis_lab.errors import StrategyError
from basis_lab.strategies.hedge_desk import HedgeDesk
from basis_lab.strategies.parameters import FundingFilter
from tests.builders import (
    basis_parameters,
    basis_strategy,
    frame,
    key,
    perp_frame,
    perp_series,
    strategy_terms,
    view,
)

ONE = perp_frame([100.0])
columns = {**perp_series([100.0]), **perp_series([100.0], venue="bybit")}
columns[series.spot("binance", "BTC")] = [100.0]
ON_TARGET = """
    binance:token:BTC           5
    binance:perp:BTCUSDT       -5
    binance:contracts:BTCUSDT 500
    binance:margin:USDT       500
"""


def two_venues():
    return frame(basis_strategy("binance", "bybit").universe, columns)


def reason(trigger):
    return Reason(trigger=trigger, value=0.0, limit=0.0)


def fired(strategy, seen):
    """The triggers that fire at each row, by name and side."""
    return [
        [
            (x.name, x.side)
            for x in (*strategy.risk_triggers(seen), *strategy.triggers(seen))
            if x.fires[row]
        ]
        for row in range(len(seen.window))
    ]


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


# --- targets and triggers ---------------------------------------------------------------------


def test_the_target_is_spot_by_allocation_shorts_by_weight_and_margin_with_the_rest():
    strategy = basis_strategy("binance", "bybit", spot_allocation=0.6)

    target = strategy.target(view(two_venues(), "binance:token:USDT 1000"))

    held = {str(x): float(q) for x, q in zip(strategy.universe.instruments, target[0], strict=True)}
    assert {name: q for name, q in held.items() if q} == pytest.approx(
        {
            "binance:token:BTC": 6.0,
            "binance:perp:BTCUSDT": -3.0,
            "bybit:perp:BTCUSDT": -3.0,
            "binance:margin:USDT": 200.0,
            "bybit:margin:USDT": 200.0,
        }
    )


def test_a_funded_strategy_that_has_not_entered_enters():
    strategy = basis_strategy()

    assert fired(strategy, view(ONE, "binance:token:USDT 1000", entered=False)) == [[("entry", "")]]
    assert fired(strategy, view(ONE, "", entered=False)) == [[]]


def test_a_book_on_its_target_is_quiet():
    assert fired(basis_strategy(), view(ONE, ON_TARGET)) == [[]]


def test_the_spot_share_fires_beyond_its_band_on_either_side():
    # Hedged, equity stays 1000: the share of 5 coins leaves 0.40 to 0.60 below 80 and above 120.
    market = perp_frame([80.0, 79.5, 120.0, 120.5])

    found = fired(basis_strategy(), view(market, ON_TARGET))

    assert found == [[], [("spot_share_below", "")], [], [("spot_share_above", "")]]


def test_the_hedge_weight_fires_at_the_venue_that_left_its_band():
    # 3.05 and 1.95 of 5 short are 61 % and 39 %.
    text = """
        binance:token:BTC           5
        binance:perp:BTCUSDT    -3.05
        binance:contracts:BTCUSDT 305
        binance:margin:USDT       250
        bybit:perp:BTCUSDT      -1.95
        bybit:contracts:BTCUSDT   195
        bybit:margin:USDT         250
    """

    found = fired(basis_strategy("binance", "bybit"), view(two_venues(), text))

    assert found == [[("hedge_weight_above", "binance"), ("hedge_weight_below", "bybit")]]


@pytest.mark.parametrize(
    ("short", "names"),
    [
        (4.81, []),
        (4.79, [("delta_drift_above", "")]),
        (5.19, []),
        (5.21, [("delta_drift_below", "")]),
    ],
)
def test_delta_drift_fires_beyond_two_percent_of_equity(short, names):
    text = f"""
        binance:token:BTC                  5
        binance:perp:BTCUSDT        -{short}
        binance:contracts:BTCUSDT {short * 100}
        binance:margin:USDT              500
    """

    assert fired(basis_strategy(), view(ONE, text)) == [names]


def test_a_margin_below_its_limits_fires_before_any_band():
    # 90 and 40 of margin under a notional of 500: ratios of 0.18 and 0.08.
    warned = ON_TARGET.replace("margin:USDT       500", "margin:USDT 90")
    critical = ON_TARGET.replace("margin:USDT       500", "margin:USDT 40")
    strategy = basis_strategy(position_deviation_threshold=0.01)

    assert fired(strategy, view(ONE, warned))[0] == [
        ("risk_margin_ratio_warning", "binance"),
        ("spot_share_above", ""),
    ]
    assert fired(strategy, view(ONE, critical))[0] == [
        ("risk_margin_ratio_critical", "binance"),
        ("risk_margin_ratio_warning", "binance"),
        ("spot_share_above", ""),
    ]


def test_a_trigger_carries_its_measure_and_its_limit():
    market = perp_frame([120.5])

    above = next(
        x
        for x in basis_strategy().triggers(view(market, ON_TARGET))
        if x.name == "spot_share_above"
    )

    assert above.value[0] == pytest.approx(5.0 * 120.5 / 1000.0)
    assert above.limit == pytest.approx(0.6)


# --- repairs ----------------------------------------------------------------------------------


def test_an_entry_moves_margin_first_and_then_trades_both_legs():
    strategy = basis_strategy()

    first = strategy.decide(view(ONE, "binance:token:USDT 1000", entered=False), reason("entry"))
    then = proceed(strategy, view(ONE, "binance:token:USDT 500\nbinance:margin:USDT 500"), first)

    assert first.action is Action.ENTRY_FULL
    assert orders(first) == [("binance:token:USDT", "binance:margin:USDT", 500.0)]
    assert orders(then) == [("spot", "binance", 5.0), ("perp", "binance", -5.0)]
    assert then.then is None


def test_a_capital_under_the_lot_sizes_is_refused_with_one_that_is_not():
    # Of 10 USDT half is 0.05 coins at 100, half of it for each venue; a lot is 0.1: 0.2 coins of
    # spot are needed, four times as many, and 5 % for what the entry costs: 42 USDT.
    costs = strategy_terms("binance", "bybit", lot=0.1)
    strategy = basis_strategy("binance", "bybit", costs=costs)

    with pytest.raises(StrategyError, match="too small for the lot sizes") as caught:
        strategy.decide(view(two_venues(), "binance:token:USDT 10", entered=False), reason("entry"))

    assert "0.05 BTC would be hedged" in caught.value.value
    assert "of binance need 0.2 BTC" in caught.value.value
    assert "about 42 USDT do" in caught.value.remedy
    enough = view(two_venues(), "binance:token:USDT 42", entered=False)
    assert strategy.decide(enough, reason("entry")) is not None


def test_an_entry_counts_what_is_on_its_way():
    strategy = basis_strategy("binance", "bybit")
    arriving = PendingTransfer(destination=key("bybit:margin:USDT"), quantity=250.0, arrives_row=1)
    text = "binance:token:USDT 500\nbinance:margin:USDT 250\nbybit:in_transit:USDT 250"

    decision = strategy.decide(view(two_venues(), text, pending=(arriving,)), reason("entry"))

    # All margin is there or on its way: what is left to do is the trade.
    assert [x[0] for x in orders(decision)] == ["spot", "perp", "perp"]


def test_shorts_follow_what_is_held_net_of_the_fee_in_base_rounded_down_to_lots():
    # A fee of a tenth: 5 net need 5.5556 gross; with lots of 0.5, 5.5 are bought and 4.95 held.
    strategy = basis_strategy(costs=strategy_terms("binance", fee=0.1, lot=0.5))
    seen = view(ONE, "binance:token:USDT 555.6\nbinance:margin:USDT 444.4")

    decision = proceed(
        strategy, seen, strategy.decide(view(ONE, "binance:token:USDT 1000"), reason("entry"))
    )

    assert orders(decision) == [("spot", "binance", 5.5), ("perp", "binance", -4.5)]


def test_an_increase_takes_cash_from_margin_and_then_buys():
    # 3 coins held: 2 more cost 200, and 500 of margin are enough.
    text = """
        binance:token:BTC           3
        binance:perp:BTCUSDT       -3
        binance:contracts:BTCUSDT 300
        binance:margin:USDT       700
    """
    strategy = basis_strategy()

    first = strategy.decide(view(ONE, text), reason("spot_share_below"))
    moved = text.replace("margin:USDT       700", "margin:USDT 500") + "binance:token:USDT 200"
    then = proceed(strategy, view(ONE, moved), first)

    assert first.action is Action.ENTRY_PARTIAL
    assert orders(first) == [("binance:margin:USDT", "binance:token:USDT", 200.0)]
    assert orders(then) == [("spot", "binance", 2.0), ("perp", "binance", -2.0)]


def test_a_reduction_sells_first_and_then_fills_margin():
    text = """
        binance:token:BTC           7
        binance:perp:BTCUSDT       -7
        binance:contracts:BTCUSDT 700
        binance:margin:USDT       300
    """
    strategy = basis_strategy()

    first = strategy.decide(view(ONE, text), reason("spot_share_above"))
    sold = ON_TARGET.replace("margin:USDT       500", "margin:USDT 300") + "binance:token:USDT 200"
    then = proceed(strategy, view(ONE, sold), first)

    assert first.action is Action.EXIT_PARTIAL
    assert orders(first) == [("spot", "binance", -2.0), ("perp", "binance", 2.0)]
    assert orders(then) == [("binance:token:USDT", "binance:margin:USDT", 200.0)]


def test_buying_back_a_short_is_reduce_only_and_selling_more_is_not():
    strategy = basis_strategy()
    text = ON_TARGET.replace("token:BTC           5", "token:BTC 4")

    back = strategy.decide(view(ONE, text), reason("delta_drift_below")).instructions
    more = strategy.decide(
        view(ONE, ON_TARGET.replace("token:BTC           5", "token:BTC 6")),
        reason("delta_drift_above"),
    ).instructions

    assert [(x.quantity, x.reduce_only) for x in back] == [(pytest.approx(1.0), True)]
    assert [(x.quantity, x.reduce_only) for x in more] == [(pytest.approx(-1.0), False)]


def test_a_rehedge_keeps_the_shares_of_the_venues():
    # 3 and 1 short of 5 held: the missing unit is split 3 to 1.
    text = """
        binance:token:BTC           5
        binance:perp:BTCUSDT       -3
        binance:contracts:BTCUSDT 300
        binance:margin:USDT       250
        bybit:perp:BTCUSDT         -1
        bybit:contracts:BTCUSDT   100
        bybit:margin:USDT         250
    """
    strategy = basis_strategy("binance", "bybit")

    decision = strategy.decide(view(two_venues(), text), reason("delta_drift_above"))

    assert orders(decision) == [("perp", "binance", -0.75), ("perp", "bybit", -0.25)]
    assert decision.then is None


def test_a_reweight_moves_margin_first_and_then_the_hedge():
    text = """
        binance:token:BTC           5
        binance:perp:BTCUSDT       -4
        binance:contracts:BTCUSDT 400
        binance:margin:USDT       400
        bybit:perp:BTCUSDT         -1
        bybit:contracts:BTCUSDT   100
        bybit:margin:USDT         100
    """
    strategy = basis_strategy("binance", "bybit")

    first = strategy.decide(view(two_venues(), text), reason("hedge_weight_above"))
    moved = text.replace("USDT       400", "USDT 250").replace("USDT         100", "USDT 250")
    then = proceed(strategy, view(two_venues(), moved), first)

    assert orders(first) == [("binance:margin:USDT", "bybit:margin:USDT", 150.0)]
    assert orders(then) == [("perp", "binance", 1.5), ("perp", "bybit", -1.5)]


LOPSIDED = """
    binance:token:BTC            5
    binance:perp:BTCUSDT      -2.5
    binance:contracts:BTCUSDT  250
    binance:margin:USDT         20
    bybit:perp:BTCUSDT        -2.5
    bybit:contracts:BTCUSDT    250
    bybit:margin:USDT          480
"""


def test_margin_that_lies_idle_elsewhere_is_moved_before_anything_is_sold():
    strategy = basis_strategy("binance", "bybit")

    decision = strategy.decide(view(two_venues(), LOPSIDED), reason("risk_margin_ratio_critical"))

    assert orders(decision) == [("bybit:margin:USDT", "binance:margin:USDT", 230.0)]
    assert decision.action is Action.ENTRY_PARTIAL


def test_what_margin_in_all_cannot_mend_is_reduced():
    # 40 and 40 under 500 of hedge: 21 % of it are 105. The target of 580 is 2.9 coins.
    poor = LOPSIDED.replace("USDT         20", "USDT 40").replace("USDT          480", "USDT 40")
    strategy = basis_strategy("binance", "bybit")

    decision = strategy.decide(view(two_venues(), poor), reason("risk_margin_ratio_critical"))

    assert orders(decision) == [
        ("spot", "binance", -2.1),
        ("perp", "binance", 1.05),
        ("perp", "bybit", 1.05),
    ]
    assert decision.action is Action.EXIT_PARTIAL


def test_profit_that_is_needed_as_cash_is_realised_by_closing_and_reopening():
    # 3 short from 300 have 600 of profit, 200 a unit, and 100 of cash. 200 must leave: half a
    # unit brings the 100 that are missing.
    text = """
        binance:token:BTC           3
        binance:perp:BTCUSDT       -3
        binance:contracts:BTCUSDT 900
        binance:margin:USDT       100
    """
    strategy = basis_strategy()

    first = strategy.decide(view(ONE, text), reason("spot_share_below"))
    realised = """
        binance:token:BTC           3
        binance:perp:BTCUSDT       -3
        binance:contracts:BTCUSDT 800
        binance:margin:USDT       200
    """
    then = proceed(strategy, view(ONE, realised), first)

    assert orders(first) == [("perp", "binance", 0.5), ("perp", "binance", -0.5)]
    assert orders(then) == [("binance:margin:USDT", "binance:token:USDT", 200.0)]


def test_cash_that_lacks_for_the_fee_of_a_larger_short_is_made_of_profit():
    # Selling 2 more costs a fee of 2, with a tenth on top, and there is 1 of cash. 3 short from
    # 300 have 200 of profit a unit: the smallest lot brings what is missing.
    text = """
        binance:token:BTC           5
        binance:perp:BTCUSDT       -3
        binance:contracts:BTCUSDT 900
        binance:margin:USDT         1
    """
    strategy = basis_strategy(costs=strategy_terms("binance", fee=0.01, lot=0.01))

    poor = strategy.decide(view(ONE, text), reason("delta_drift_above"))
    rich = strategy.decide(
        view(ONE, text.replace("USDT         1", "USDT      2.2")), reason("delta_drift_above")
    )

    assert orders(poor) == [("perp", "binance", 0.01), ("perp", "binance", -2.01)]
    assert orders(rich) == [("perp", "binance", -2.0)]


def test_without_profit_a_short_grows_no_further_than_cash_pays_for():
    # 1.1 of cash pays a fee of 1 with a tenth on top: of 2 coins one is sold.
    text = """
        binance:token:BTC           5
        binance:perp:BTCUSDT       -3
        binance:contracts:BTCUSDT 300
        binance:margin:USDT       1.1
    """
    costs = strategy_terms("binance", fee=0.01, lot=0.01)
    universe = basis_strategy().universe
    desk = HedgeDesk(basis_parameters(), universe, "BTC", costs, least_margin=0.0)
    seen = view(ONE, text)
    book = desk.read(seen)

    (order,) = desk.trade(seen, book, desk.goal(book, 5.0, 0.0))

    assert order.quantity == pytest.approx(-1.0)


def test_a_book_on_its_target_has_nothing_to_repair():
    strategy = basis_strategy()

    for trigger in ("spot_share_above", "spot_share_below", "delta_drift_above"):
        assert strategy.decide(view(ONE, ON_TARGET), reason(trigger)) is None


def test_an_order_allows_twice_the_slippage_that_it_expects():
    costs = strategy_terms("binance", bps=10.0)
    strategy = basis_strategy(costs=costs)

    decision = strategy.decide(
        view(ONE, ON_TARGET.replace("token:BTC           5", "token:BTC 6")),
        reason("delta_drift_above"),
    )

    assert decision.instructions[0].max_slippage == pytest.approx(0.002)


def test_a_change_that_the_venue_would_refuse_is_left_alone():
    costs = strategy_terms("binance", min_notional=150.0)
    strategy = basis_strategy(costs=costs)
    text = ON_TARGET.replace("token:BTC           5", "token:BTC 6")

    assert strategy.decide(view(ONE, text), reason("delta_drift_above")) is None


# --- reserve, withdrawals, a lost hedge, the funding filter -----------------------------------


def test_an_entry_fills_the_reserve_and_invests_the_rest():
    strategy = basis_strategy(reserve_ratio=0.1)

    first = strategy.decide(view(ONE, "binance:token:USDT 1000", entered=False), reason("entry"))
    kept = "binance:token:USDT 900\nbinance:reserve:USDT 100"
    then = proceed(strategy, view(ONE, kept), first)

    assert orders(first) == [("binance:token:USDT", "binance:reserve:USDT", 100.0)]
    assert orders(then) == [("binance:token:USDT", "binance:margin:USDT", 450.0)]


def test_a_margin_that_the_reserve_can_mend_takes_exactly_what_is_missing():
    # 500 of hedge need 21 % of margin, 105; 40 are there, 65 come from the reserve.
    text = ON_TARGET.replace("margin:USDT       500", "margin:USDT 40") + "binance:reserve:USDT 90"

    decision = basis_strategy(reserve_ratio=0.1).decide(
        view(ONE, text), reason("risk_margin_ratio_critical")
    )

    assert orders(decision) == [("binance:reserve:USDT", "binance:margin:USDT", 65.0)]
    assert decision.missing == pytest.approx(0.0)


def test_a_withdrawal_sells_its_share_of_both_legs_and_frees_its_share_of_margin():
    # 200 of 1000: one coin of five is sold, and 100 of margin come back.
    strategy = basis_strategy()

    first = strategy.decide(replace(view(ONE, ON_TARGET), queue=200.0), reason("withdrawal"))
    sold = """
        binance:token:BTC           4
        binance:token:USDT        100
        binance:perp:BTCUSDT       -4
        binance:contracts:BTCUSDT 400
        binance:margin:USDT       500
    """
    then = proceed(strategy, replace(view(ONE, sold), queue=200.0), first)

    assert orders(first) == [("spot", "binance", -1.0), ("perp", "binance", 1.0)]
    assert orders(then) == [("binance:margin:USDT", "binance:token:USDT", 100.0)]


def test_a_withdrawal_of_everything_closes_both_legs():
    seen = replace(view(ONE, ON_TARGET), queue=1000.0)

    decision = basis_strategy().decide(seen, reason("withdrawal"))

    assert orders(decision) == [("spot", "binance", -5.0), ("perp", "binance", 5.0)]


def test_spot_whose_hedge_was_lost_is_a_risk_and_is_sold():
    # bybit's short is gone: 2.5 coins stand naked.
    text = """
        binance:token:BTC            5
        binance:perp:BTCUSDT      -2.5
        binance:contracts:BTCUSDT  250
        binance:margin:USDT        250
        bybit:margin:USDT           10
    """
    strategy = basis_strategy("binance", "bybit")
    seen = view(two_venues(), text)

    decision = strategy.decide(seen, reason("risk_naked_leg"))

    assert fired(strategy, seen)[0][0] == ("risk_naked_leg", "")
    assert orders(decision) == [("spot", "binance", -2.5)]
    assert decision.action is Action.EXIT_PARTIAL


FILTER = FundingFilter(days=7.0, exit_below=0.0, enter_above=0.0001)


def filtered(*means):
    """A strategy with a funding filter, and a market with these trailing means."""
    strategy = basis_strategy(funding_filter=FILTER)
    values = {
        **perp_series([100.0] * len(means)),
        series.spot("binance", "BTC"): [100.0] * len(means),
        series.funding_mean("binance", "BTC", 7.0): list(means),
    }
    return strategy, frame(strategy.universe, values)


def test_the_funding_filter_leaves_below_one_threshold_and_returns_above_another():
    strategy, market = filtered(-1e-5, 5e-5, 2e-4, float("nan"))

    inside = fired(strategy, view(market, ON_TARGET))
    outside = fired(strategy, view(market, "binance:token:USDT 1000"))

    assert inside == [[("funding_filter_exit", "")], [], [], []]
    assert outside == [[], [], [("funding_filter_enter", "")], []]


def test_leaving_by_the_filter_closes_both_legs():
    strategy, market = filtered(-1e-5)

    decision = strategy.decide(view(market, ON_TARGET), reason("funding_filter_exit"))

    assert orders(decision) == [("spot", "binance", -5.0), ("perp", "binance", 5.0)]
    assert decision.action is Action.EXIT_FULL


@pytest.mark.parametrize("mean", [-1e-5, float("nan")])
def test_a_filter_that_keeps_the_strategy_out_is_a_decision_without_instructions(mean):
    strategy, market = filtered(mean)

    decision = strategy.decide(
        view(market, "binance:token:USDT 1000", entered=False), reason("entry")
    )

    assert decision.instructions == ()
    assert decision.reason.trigger == "funding_filter_wait"


def test_targets_and_triggers_of_a_window_are_those_of_each_row():
    market = perp_frame([80.0, 100.0, 121.0])
    strategy = basis_strategy()

    together = view(market, ON_TARGET)

    for row in range(3):
        alone = view(market, ON_TARGET, rows=(row, row + 1))
        assert strategy.target(together)[row].tolist() == strategy.target(alone)[0].tolist()
        assert fired(strategy, together)[row] == fired(strategy, alone)[0]
    assert np.isfinite(strategy.target(together)).all()
