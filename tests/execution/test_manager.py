"""The tight loop: in order, each verified, stopped at the first refusal."""

from dataclasses import replace

import pytest

from basis_lab.domain import series
from basis_lab.domain.events import EventType
from basis_lab.domain.instructions import (
    Action,
    AtomicGroup,
    Borrow,
    Cause,
    Decision,
    ExecutionResult,
    PerpTrade,
    Reason,
    Repay,
    SpotTrade,
    Status,
    Supply,
    Transfer,
    Withdraw,
    Wrap,
)
from basis_lab.domain.instruments import Kind, Listing, Universe
from basis_lab.domain.statements import Liquidation, Preview
from basis_lab.errors import ExecutionError, InsufficientBalanceError, ReconciliationError
from basis_lab.events import EventLogger
from basis_lab.execution.interfaces import (
    CEXExecutionInterface,
    ExecutionInterfaceManager,
    OnChainExecutionInterface,
    TransferExecutionInterface,
)
from basis_lab.execution.manager import ExecutionManager
from basis_lab.execution.reconciliation import ReconciliationComponent
from basis_lab.execution.updates import PositionUpdateHandler
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.transfers import (
    SendingRules,
    SimulatedTransfers,
    transit_line,
)
from tests.builders import (
    balances,
    basis_universe,
    exchange,
    frame,
    held,
    key,
    lending_frame,
    lending_pool,
    lines,
    perp_frame,
    perp_series,
    positions,
    reserve,
)

BTC, USDT, MARGIN = (
    key("binance:token:BTC"),
    key("binance:token:USDT"),
    key("binance:margin:USDT"),
)
PERP = key("binance:perp:BTCUSDT")
REASON = Reason(trigger="entry", value=1.0, limit=0.0)
CASH = "binance:token:USDT 1000"


class World:
    """Our side of the tight loop around given venues."""

    def __init__(self, market, text, *, exchanges=None, chain=None, delay_s=0.0):
        self.market = market
        self.chain = chain
        self.positions = positions(market.universe, text)
        self.events = EventLogger()
        exchanges = exchanges if exchanges is not None else {}
        pool, wallet = chain if chain is not None else (None, None)
        onchain = () if chain is None else (pool, wallet)
        pools = {} if pool is None else {pool.name: pool}
        free = {"USDT": 0.0}
        rules = SendingRules(delay_s=delay_s, fees=free, minimums=free, gas_units=0.0)
        network = SimulatedTransfers(
            venues=exchanges,
            rules=dict.fromkeys(exchanges, rules),
            gas_payer=None,
            lines=tuple(
                transit_line(x)
                for x in market.universe.instruments
                if x.kind is Kind.MARGIN and x.venue in exchanges
            ),
        )
        venues = (*exchanges.values(), *onchain, network)
        self.manager = ExecutionManager(
            interfaces=ExecutionInterfaceManager(
                cex=CEXExecutionInterface(exchanges),
                onchain=OnChainExecutionInterface(pools, {}, wallet),
                transfers=TransferExecutionInterface(network),
            ),
            updates=PositionUpdateHandler(self.positions),
            reconciliation=ReconciliationComponent(market.universe, self.positions, venues),
            positions=self.positions,
            events=self.events,
        )

    def process(self, *instructions, row=0):
        decision = Decision(action=Action.ENTRY_FULL, reason=REASON, instructions=instructions)
        return self.manager.process_orders(decision, self.market.at(row), 9)

    @property
    def logged(self):
        return [x.event_type for x in self.events.entries]


def with_exchange(text=CASH, venue=None):
    """A world of one exchange whose book is ours."""
    place = exchange(text) if venue is None else venue
    return World(perp_frame([100.0, 100.0]), text, exchanges={"binance": place})


def buy(quantity):
    return SpotTrade(venue="binance", base=BTC, quote=USDT, quantity=quantity, max_slippage=0.0)


def short(quantity):
    return PerpTrade(venue="binance", perp=PERP, quantity=-quantity, max_slippage=0.0)


def test_instructions_run_in_order_and_each_is_booked_and_logged():
    world = with_exchange()

    booked = world.process(
        Transfer(source=USDT, destination=MARGIN, quantity=400.0), buy(2.0), short(2.0)
    )

    assert len(booked) == 4  # the transfer and its arrival, and two trades
    assert world.logged == [
        EventType.TRANSFER_START,
        EventType.TRANSFER_ARRIVED,
        EventType.TRADE,
        EventType.TRADE,
    ]
    assert world.manager.fills == 2
    assert held(world.positions) == {
        "binance:token:USDT": 400.0,
        "binance:token:BTC": 2.0,
        "binance:margin:USDT": 400.0,
        "binance:perp:BTCUSDT": -2.0,
        "binance:contracts:BTCUSDT": 200.0,
    }


def test_an_event_says_what_was_done_for_which_decision():
    world = with_exchange()
    world.process(buy(1.0))

    world.process(buy(2.0))

    event = world.events.entries[-1]
    assert (event.venue, event.instrument) == ("binance", "binance:token:BTC")
    assert (event.quantity, event.price, event.amount, event.currency) == (
        2.0,
        100.0,
        -200.0,
        "USDT",
    )
    assert (event.group_id, event.step_in_group, event.instruction_id) == (9, 0, 2)
    assert (event.trigger, event.status) == ("entry", "FILLED")
    assert event.details["movements"] == [
        ("binance:token:BTC", 2.0, "trade"),
        ("binance:token:USDT", -200.0, "trade"),
        ("binance:token:USDT", 0.0, "slippage"),
        ("binance:token:BTC", 0.0, "fee"),
    ]
    assert event.positions[world.market.universe.column(BTC)] == 3.0


def test_the_first_refusal_stops_the_sequence_and_is_written():
    world = with_exchange()

    with pytest.raises(ExecutionError) as stopped:
        world.process(buy(2.0), buy(50.0), buy(1.0))

    assert world.logged == [EventType.TRADE, EventType.REJECTED]
    event = world.events.entries[-1]
    assert (event.code, event.status) == (InsufficientBalanceError.code, "REJECTED")
    assert (event.step_in_group, event.instruction_id) == (1, 2)
    assert isinstance(stopped.value.__cause__, InsufficientBalanceError)
    assert stopped.value.details["positions"]["binance:token:BTC"] == 2.0
    assert held(world.positions) == {"binance:token:USDT": 800.0, "binance:token:BTC": 2.0}


class Unsure:
    """A venue that does not know what became of an order."""

    name = "binance"

    def submit(self, instruction, market):
        del market
        return ExecutionResult(status=Status.UNKNOWN, instruction=instruction)

    def preview(self, window):
        del window
        return Preview(flows=(), work_row=None)

    def settle(self, window):
        del window
        return ()

    def balances(self):
        return {USDT: 1000.0}

    def health(self):
        return ""


def test_an_unknown_outcome_is_an_error_and_books_nothing():
    world = with_exchange(venue=Unsure())

    with pytest.raises(ExecutionError, match="UNKNOWN"):
        world.process(buy(2.0))

    event = world.events.entries[-1]
    assert event.event_type is EventType.REJECTED
    assert held(world.positions) == {"binance:token:USDT": 1000.0}


class Careless:
    """An exchange that fills and then loses a hair of the coins it reports."""

    name = "binance"

    def __init__(self):
        self._place = exchange(CASH)

    def submit(self, instruction, market):
        result = self._place.submit(instruction, market)
        self._place.credit(BTC, -4e-9)
        return result

    def preview(self, window):
        return self._place.preview(window)

    def settle(self, window):
        return self._place.settle(window)

    def balances(self):
        return self._place.balances()

    def health(self):
        return self._place.health()


def test_the_event_of_an_instruction_is_written_before_its_comparison_fails():
    world = with_exchange(venue=Careless())

    with pytest.raises(ReconciliationError) as found:
        world.process(buy(1.0), buy(2.0))

    assert world.logged == [EventType.TRADE]
    assert found.value.instrument == "binance:token:BTC"
    assert found.value.comparison == ("instruction 1 (SpotTrade at binance), 2024-05-12T00:00:00Z")


def test_a_transfer_that_takes_time_is_in_transit_when_its_decision_is_done():
    columns = {**perp_series([100.0]), **perp_series([100.0], venue="bybit")}
    columns[series.spot("binance", "BTC")] = [100.0]
    market = frame(basis_universe("binance", "bybit"), columns)
    places = {"binance": exchange(CASH), "bybit": exchange(venue="bybit")}
    world = World(market, CASH, exchanges=places, delay_s=60.0)

    world.process(Transfer(source=USDT, destination=key("bybit:margin:USDT"), quantity=400.0))

    assert world.logged == [EventType.TRANSFER_START]
    assert world.events.entries[0].details["arrives_row"] == 1
    assert held(world.positions) == {
        "binance:token:USDT": 600.0,
        "bybit:in_transit:USDT": 400.0,
    }


def test_a_liquidation_is_booked_and_logged_with_its_fee_and_what_the_fund_absorbed():
    text = "binance:perp:BTCUSDT -2\nbinance:contracts:BTCUSDT 200\nbinance:margin:USDT 75"
    world = World(perp_frame([100.0, 100.0]), text)
    done = Liquidation(
        venue="binance",
        perp=PERP,
        contracts=key("binance:contracts:BTCUSDT"),
        margin=MARGIN,
        quantity=-2.0,
        price=110.0,
        clearance_fee=11.0,
        absorbed=1.0,
    )

    (booked,) = world.manager.book_statements((done,), 1)

    # 75 + 200 - 2 x 110 - 11 + 1.
    (event,) = world.events.entries
    assert event.event_type is EventType.LIQUIDATION
    assert (event.row, event.quantity, event.price, event.amount) == (1, 2.0, 110.0, -10.0)
    assert (event.details["clearance_fee"], event.details["absorbed_by_fund"]) == (11.0, 1.0)
    assert len(event.details["movements"]) == len(booked.postings)
    assert held(world.positions) == {"binance:margin:USDT": 45.0}


def on_chain(gas_price=series.GAS_PRICE):
    """A wallet with 2 ETH and a pool for WETH; every operation takes 0.001 ETH of gas."""
    market = lending_frame([1.0, 1.25], currency="ETH")
    eth, weth = key("wallet:token:ETH"), key("wallet:token:WETH")
    wallet = SimulatedWallet(
        "wallet",
        tokens=(eth, weth),
        gas_units={"wrap": 100_000.0},
        gas_price=gas_price,
    )
    text = "wallet:token:ETH 2"
    for name, units in lines(text).items():
        wallet.credit(key(name), units)
    pool = lending_pool(wallet, reserve("WETH"))
    return World(market, text, chain=(pool, wallet))


def test_gas_is_an_event_of_its_own_behind_its_instruction():
    world = on_chain()
    eth, weth = key("wallet:token:ETH"), key("wallet:token:WETH")
    place = {"venue": "aave_v3", "token": weth, "atoken": key("aave_v3:atoken:WETH")}

    world.process(
        Wrap(venue="wallet", source=eth, destination=weth, quantity=1.0),
        Supply(quantity=1.0, **place),
        Withdraw(quantity=0.5, **place),
    )

    assert world.logged == [
        EventType.SWAP,
        EventType.GAS,
        EventType.SUPPLY,
        EventType.GAS,
        EventType.WITHDRAW,
        EventType.GAS,
    ]
    gas = [x for x in world.events.entries if x.event_type is EventType.GAS]
    assert [x.amount for x in gas] == pytest.approx([-0.001] * 3)
    assert {x.cause for x in gas} == {Cause.GAS}
    wrapped = world.events.entries[0]
    assert (wrapped.instrument, wrapped.amount, wrapped.currency) == (str(eth), 1.0, "ETH")
    assert world.manager.fills == 0
    assert world.manager.health() == ""
    assert held(world.positions) == pytest.approx(
        {"wallet:token:ETH": 0.997, "wallet:token:WETH": 0.5, "aave_v3:atoken:WETH": 0.5}
    )


# --- atomic groups ----------------------------------------------------------------------------


def loop(supplied):
    """Wrap one ETH and supply some WETH, as one transaction."""
    eth, weth = key("wallet:token:ETH"), key("wallet:token:WETH")
    return AtomicGroup(
        venue="wallet",
        purpose="entry",
        steps=(
            Wrap(venue="wallet", source=eth, destination=weth, quantity=1.0),
            Supply(
                venue="aave_v3",
                token=weth,
                atoken=key("aave_v3:atoken:WETH"),
                quantity=supplied,
            ),
        ),
    )


def test_a_group_is_one_event_before_its_steps_and_pays_gas_once():
    world = on_chain()

    world.process(loop(1.0))

    assert world.logged == [
        EventType.ATOMIC_LEVERAGE_ENTRY,
        EventType.SWAP,
        EventType.SUPPLY,
        EventType.GAS,
    ]
    assert world.events.entries[-1].amount == pytest.approx(-0.002)
    assert held(world.positions) == pytest.approx(
        {"wallet:token:ETH": 0.998, "aave_v3:atoken:WETH": 1.0}
    )


def test_a_group_may_be_short_between_its_steps():
    world = on_chain()
    group = loop(1.0)

    world.process(replace(group, steps=group.steps[::-1]))

    assert held(world.positions)["aave_v3:atoken:WETH"] == 1.0


@pytest.mark.parametrize("supplied", [1.5, -1.0])
def test_a_group_that_fails_leaves_chain_and_book_as_they_were(supplied):
    # More than was wrapped is missing at the end; less than nothing is refused at its step.
    world = on_chain()

    with pytest.raises(ExecutionError) as stopped:
        world.process(loop(supplied))

    assert isinstance(stopped.value.__cause__, InsufficientBalanceError)
    assert world.logged == [EventType.ROLLBACK]
    assert held(world.positions) == {"wallet:token:ETH": 2.0}
    for venue in world.chain:
        assert {k: v for k, v in balances(venue).items() if k != "wallet:token:ETH"} == {}
    world.process(loop(1.0))
    assert held(world.positions)["wallet:token:ETH"] == pytest.approx(0.998)


def test_a_group_without_a_wallet_is_an_error():
    with pytest.raises(ExecutionError, match="no wallet"):
        with_exchange().process(loop(1.0))


def test_a_group_that_pays_no_gas_has_no_event_of_gas():
    world = on_chain(gas_price=None)

    world.process(loop(1.0))

    assert world.logged == [
        EventType.ATOMIC_LEVERAGE_ENTRY,
        EventType.SWAP,
        EventType.SUPPLY,
    ]
    assert held(world.positions)["wallet:token:ETH"] == 1.0


# --- debt -------------------------------------------------------------------------------------


def listed(name, asset, **factors):
    return Listing(instrument=key(name), asset=asset, **factors)


def test_a_loan_is_booked_as_scaled_debt_with_events_of_its_own():
    # 2 WETH at 1000 carry 1000 USDT; at a borrow index of 1.25 they are 800 scaled units.
    price = series.spot("binance", "ETH")
    universe = Universe(
        (
            listed("wallet:token:WETH", "ETH", price=price),
            listed("wallet:token:USDT", "USDT"),
            listed("wallet:token:ETH", "ETH", price=price),
            listed("aave_v3:atoken:WETH", "ETH", index=series.liquidity_index("WETH"), price=price),
            listed("aave_v3:debt:USDT", "USDT", index=series.borrow_index("USDT"), sign=-1.0),
        ),
        "USDT",
    )
    market = frame(
        universe,
        {
            price: [1000.0],
            series.liquidity_index("WETH"): [1.0],
            series.borrow_index("USDT"): [1.25],
        },
    )
    tokens = tuple(x for x in universe.instruments if x.kind is Kind.TOKEN)
    wallet = SimulatedWallet("wallet", tokens=tokens, gas_units={}, gas_price=None)
    wallet.credit(key("wallet:token:WETH"), 2.0)
    pool = lending_pool(wallet, reserve("WETH", price=price), debt=[reserve("USDT")])
    world = World(market, "wallet:token:WETH 2", chain=(pool, wallet))
    weth, usdt = key("wallet:token:WETH"), key("wallet:token:USDT")
    loan = {"venue": "aave_v3", "token": usdt, "debt": key("aave_v3:debt:USDT")}

    world.process(
        Supply(venue="aave_v3", token=weth, atoken=key("aave_v3:atoken:WETH"), quantity=2.0),
        Borrow(quantity=1000.0, **loan),
        Repay(quantity=250.0, **loan),
    )

    assert world.logged == [EventType.SUPPLY, EventType.BORROW, EventType.REPAY]
    assert held(world.positions) == {
        "wallet:token:USDT": 750.0,
        "aave_v3:atoken:WETH": 2.0,
        "aave_v3:debt:USDT": 600.0,
    }
