"""One transaction of several steps on the simulated chain: all of it happens, or nothing did.

One WETH costs 1000 USDT. The pool lends 75 % of the value of what is supplied and liquidates at
80 %; the supply index of WETH stands at 1.25, the borrow index of USDT at 1.6. Each operation
takes 100,000 gas, 0.001 ETH at 10 gwei.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.domain import series
from basis_lab.domain.events import EventType
from basis_lab.domain.instructions import (
    Action,
    AtomicGroup,
    Borrow,
    Decision,
    Reason,
    Repay,
    Supply,
    Withdraw,
)
from basis_lab.domain.instruments import Listing, Universe
from basis_lab.errors import (
    ExecutionError,
    GasDebtLimitError,
    HealthFactorError,
    InsufficientBalanceError,
    InsufficientLiquidityError,
    UnsupportedInstructionError,
)
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
from basis_lab.execution.venues.simulated.transfers import SimulatedTransfers
from tests.builders import frame, held, key, lending_pool, lines, positions, reserve
from tests.identities.worlds import examples

ETH, WETH, USDT = (key(f"wallet:token:{x}") for x in ("ETH", "WETH", "USDT"))
AWETH, DEBT = key("aave_v3:atoken:WETH"), key("aave_v3:debt:USDT")
PRICE = series.spot("binance", "ETH")
FREE, TAKEN = series.total_supplied("USDT"), series.total_borrowed("USDT")
GAS = 0.001  # of one operation, ETH
START = "wallet:token:WETH 4\nwallet:token:USDT 100\nwallet:token:ETH 1"


def listed(instrument, asset, **factors):
    return Listing(instrument=instrument, asset=asset, **factors)


UNIVERSE = Universe(
    (
        listed(ETH, "ETH", price=PRICE),
        listed(WETH, "ETH", price=PRICE),
        listed(USDT, "USDT"),
        listed(AWETH, "ETH", index=series.liquidity_index("WETH"), price=PRICE),
        listed(DEBT, "USDT", index=series.borrow_index("USDT"), sign=-1.0),
    ),
    "USDT",
)


class Chain:
    """A wallet, a pool, our book of both, and the tight loop between them.

    ``free`` USDT are there to be borrowed; gas may drive ETH ``gas_debt`` below zero.
    """

    def __init__(self, text=START, *, free=1e6, gas_debt=0.0):
        columns = {
            PRICE: [1000.0],
            series.GAS_PRICE: [10.0],
            series.liquidity_index("WETH"): [1.25],
            series.borrow_index("USDT"): [1.6],
            FREE: [free],
            TAKEN: [0.0],
        }
        self.market = frame(UNIVERSE, columns).at(0)
        self.wallet = SimulatedWallet(
            "wallet", tokens=(ETH, WETH, USDT), gas_units={}, gas_price=series.GAS_PRICE
        )
        self.wallet.allow_gas_debt(gas_debt)
        for name, units in lines(text).items():
            self.wallet.credit(key(name), units)
        self.pool = lending_pool(self.wallet, reserve("WETH", price=PRICE), debt=[reserve("USDT")])
        self.positions = positions(UNIVERSE, text)
        self.events = EventLogger()
        network = SimulatedTransfers(venues={}, rules={}, gas_payer=None, lines=())
        venues = (self.pool, self.wallet, network)
        self.manager = ExecutionManager(
            interfaces=ExecutionInterfaceManager(
                cex=CEXExecutionInterface({}),
                onchain=OnChainExecutionInterface({"aave_v3": self.pool}, {}, self.wallet),
                transfers=TransferExecutionInterface(network),
            ),
            updates=PositionUpdateHandler(self.positions),
            reconciliation=ReconciliationComponent(UNIVERSE, self.positions, venues),
            positions=self.positions,
            events=self.events,
        )

    def send(self, *steps, purpose="entry"):
        group = AtomicGroup(venue="wallet", purpose=purpose, steps=steps)
        reason = Reason(trigger="entry", value=1.0, limit=0.0)
        decision = Decision(action=Action.ENTRY_FULL, reason=reason, instructions=(group,))
        return self.manager.process_orders(decision, self.market, 3)

    def state(self):
        """Every number of the two books, as bytes."""
        book = self.positions.book.snapshot()
        ours = [x.tobytes() for x in (book.held, book.accounts, book.turnover)]
        theirs = [np.array(list(x.balances().values())).tobytes() for x in (self.wallet, self.pool)]
        return ours + theirs

    @property
    def logged(self):
        return [x.event_type for x in self.events.entries]


def supply(quantity):
    return Supply(venue="aave_v3", token=WETH, atoken=AWETH, quantity=quantity)


def withdraw(quantity):
    return Withdraw(venue="aave_v3", token=WETH, atoken=AWETH, quantity=quantity)


def borrow(quantity):
    return Borrow(venue="aave_v3", token=USDT, debt=DEBT, quantity=quantity)


def repay(quantity):
    return Repay(venue="aave_v3", token=USDT, debt=DEBT, quantity=quantity)


LOAN = (supply(4.0), borrow(2000.0), repay(400.0), withdraw(1.0))


# --- all of it --------------------------------------------------------------------------------


def test_every_step_of_a_group_is_done_in_scaled_units():
    # 3 WETH at 1.25 are 2.4 scaled; 1600 of debt at 1.6 are 1000.
    chain = Chain()

    chain.send(*LOAN)

    expected = {
        "wallet:token:ETH": 1.0 - 4 * GAS,
        "wallet:token:WETH": 1.0,
        "wallet:token:USDT": 1700.0,
        "aave_v3:atoken:WETH": 2.4,
        "aave_v3:debt:USDT": 1000.0,
    }
    assert held(chain.positions) == pytest.approx(expected)
    assert {str(k): v for k, v in {**chain.wallet.balances(), **chain.pool.balances()}.items()} == (
        pytest.approx(expected)
    )


@pytest.mark.parametrize(
    ("purpose", "wrapper"),
    [
        ("entry", EventType.ATOMIC_LEVERAGE_ENTRY),
        ("deleverage", EventType.ATOMIC_DELEVERAGE),
        ("unwind", EventType.ATOMIC_UNWIND),
    ],
)
def test_a_group_is_told_as_one_event_then_its_steps_then_the_gas_of_the_whole(purpose, wrapper):
    chain = Chain()

    chain.send(*LOAN, purpose=purpose)

    assert chain.logged == [
        wrapper,
        EventType.SUPPLY,
        EventType.BORROW,
        EventType.REPAY,
        EventType.WITHDRAW,
        EventType.GAS,
    ]
    whole, *steps, gas = chain.events.entries
    assert whole.details["steps"] == ["Supply", "Borrow", "Repay", "Withdraw"]
    assert whole.details["movements"] == []
    assert gas.amount == pytest.approx(-4 * GAS)
    assert [x.quantity for x in steps] == [4.0, 2000.0, 400.0, 1.0]
    assert {x.group_id for x in chain.events.entries} == {3}
    assert {x.status for x in chain.events.entries} == {"FILLED"}


def test_the_events_of_a_group_move_all_that_it_moved():
    chain = Chain()
    before = chain.positions.book.quantities

    chain.send(*LOAN)

    moved = np.zeros(len(UNIVERSE))
    for event in chain.events.entries:
        for name, quantity, _ in event.details["movements"]:
            moved[UNIVERSE.column(key(name))] += quantity
    assert before + moved == pytest.approx(chain.positions.book.quantities, rel=1e-12)


def test_a_token_may_be_short_between_steps():
    # The repayment comes first: the wallet owes 1900 USDT until the second loan is there.
    chain = Chain()
    chain.send(supply(4.0), borrow(2000.0))

    chain.send(repay(2000.0), borrow(2500.0), repay(1500.0), borrow(1000.0))

    assert held(chain.positions)["aave_v3:debt:USDT"] * 1.6 == pytest.approx(2000.0)
    assert held(chain.positions)["wallet:token:USDT"] == pytest.approx(2100.0)


def test_collateral_that_is_not_there_yet_can_be_supplied_first():
    # 5 are supplied of 4: the last one comes back before the end.
    chain = Chain()

    chain.send(supply(5.0), borrow(1000.0), withdraw(1.0))

    assert held(chain.positions)["aave_v3:atoken:WETH"] == pytest.approx(4.0 / 1.25)
    assert "wallet:token:WETH" not in held(chain.positions)


# --- nothing of it ----------------------------------------------------------------------------

# What fails, the world it fails in, the steps, and why. The failing step stands at every place.
FAILING = {
    "a loan beyond the LTV": ((supply(2.0), borrow(1501.0)), {}, HealthFactorError),
    "a withdrawal below health": (
        (supply(4.0), borrow(2000.0), withdraw(1.51)),
        {},
        HealthFactorError,
    ),
    "a loan without collateral": ((borrow(1.0), supply(2.0)), {}, HealthFactorError),
    "a loan the pool cannot give": (
        (supply(4.0), borrow(501.0)),
        {"free": 500.0},
        InsufficientLiquidityError,
    ),
    "more withdrawn than supplied": (
        (supply(1.0), withdraw(1.01)),
        {},
        InsufficientBalanceError,
    ),
    "nothing as a quantity": ((supply(1.0), borrow(0.0)), {}, InsufficientBalanceError),
    "a reserve the pool does not have": (
        (supply(1.0), replace(borrow(1.0), debt=AWETH)),
        {},
        UnsupportedInstructionError,
    ),
    "a token short at the end": ((supply(4.01), borrow(100.0)), {}, InsufficientBalanceError),
    "a repayment that nothing brought in": (
        (supply(4.0), borrow(2000.0), repay(1000.0), repay(900.0), supply(0.001)),
        {},
        InsufficientBalanceError,
    ),
    "gas beyond the debt allowed": (
        (supply(2.0), borrow(100.0), repay(100.0)),
        {"text": START.replace("ETH 1", "ETH 0.0015"), "gas_debt": 0.00149},
        GasDebtLimitError,
    ),
}


@pytest.mark.parametrize("what", FAILING)
def test_a_group_that_fails_leaves_both_books_as_they_were_to_the_bit(what):
    steps, world, error = FAILING[what]
    chain = Chain(**world)
    before = chain.state()

    with pytest.raises(ExecutionError) as refused:
        chain.send(*steps)

    assert isinstance(refused.value.__cause__, error)
    assert chain.state() == before
    assert chain.logged == [EventType.ROLLBACK]
    (event,) = chain.events.entries
    assert (event.code, event.status) == (error.code, "REJECTED")
    assert event.details["movements"] == []


@pytest.mark.parametrize("place", range(5))
def test_a_group_fails_whole_wherever_its_bad_step_stands(place):
    chain = Chain()
    steps = list(LOAN)
    steps.insert(place, borrow(1e5))
    before = chain.state()

    with pytest.raises(ExecutionError):
        chain.send(*steps)

    assert chain.state() == before
    assert chain.logged == [EventType.ROLLBACK]


@pytest.mark.parametrize("what", FAILING)
def test_after_a_rollback_the_chain_works_as_if_nothing_had_been_sent(what):
    steps, world, _ = FAILING[what]
    world = {**world, "text": START, "free": 1e6}
    failed, fresh = Chain(**world), Chain(**world)
    with pytest.raises(ExecutionError):
        failed.send(*steps, borrow(1e5))

    for chain in (failed, fresh):
        chain.send(*LOAN)

    assert failed.state() == fresh.state()


@examples(60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([supply, withdraw, borrow, repay]),
            st.floats(0.01, 5.0),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_group_is_done_whole_or_not_at_all(drawn):
    # A quantity of 1 is a WETH, or 600 USDT.
    steps = [make(x if make in (supply, withdraw) else 600.0 * x) for make, x in drawn]
    chain = Chain()
    before = chain.state()

    try:
        chain.send(*steps)
    except ExecutionError:
        assert chain.state() == before
        assert chain.logged == [EventType.ROLLBACK]
        return

    assert len(chain.logged) == len(steps) + 2
    assert min(chain.wallet.balances().values()) >= -1e-9
    assert chain.pool.health_factor(chain.market) >= 1.0
    assert chain.positions.book.trial_balance() <= 1e-12


def test_gas_debt_up_to_its_limit_is_carried():
    # 0.003 of gas with 0.0015 at hand: a debt of 0.0015.
    chain = Chain(START.replace("ETH 1", "ETH 0.0015"), gas_debt=0.00151)

    chain.send(supply(2.0), borrow(100.0), repay(100.0))

    assert held(chain.positions)["wallet:token:ETH"] == pytest.approx(-0.0015)


# --- health factor and LTV, by hand -----------------------------------------------------------


def test_ltv_is_tested_when_borrowing_and_only_health_when_withdrawing():
    # 4 WETH carry a debt of 2000: by LTV 2000 / 0.75 = 2.667 of them are needed to borrow, by
    # health 2000 / 0.80 = 2.5 to stay. Between the two nothing more can be borrowed.
    chain = Chain()

    chain.send(supply(4.0), borrow(2000.0), withdraw(1.5))

    assert chain.pool.health_factor(chain.market) == pytest.approx(1.0)
    with pytest.raises(ExecutionError) as refused:
        chain.send(borrow(0.01), purpose="deleverage")
    assert isinstance(refused.value.__cause__, HealthFactorError)


def test_all_that_the_ltv_allows_can_be_borrowed_and_a_cent_more_cannot():
    chain = Chain()

    chain.send(supply(2.0), borrow(1500.0))

    # 2000 x 0.80 / 1500.
    assert chain.pool.health_factor(chain.market) == pytest.approx(1600.0 / 1500.0)
    with pytest.raises(ExecutionError):
        chain.send(borrow(0.01))
    assert held(chain.positions)["aave_v3:debt:USDT"] * 1.6 == pytest.approx(1500.0)


def test_a_repayment_before_a_withdrawal_frees_the_collateral():
    # 500 of debt need 625 of collateral: 3.375 of 4 WETH can go.
    chain = Chain()
    chain.send(supply(4.0), borrow(2000.0))

    chain.send(repay(1500.0), withdraw(3.375), purpose="unwind")

    assert held(chain.positions)["aave_v3:atoken:WETH"] * 1.25 == pytest.approx(0.625)
    with pytest.raises(ExecutionError):
        chain.send(withdraw(0.001))


def test_a_withdrawal_before_its_repayment_is_refused_though_the_end_would_be_healthy():
    # Aave tests health at each step, not at the end of the transaction.
    chain = Chain()
    chain.send(supply(4.0), borrow(2000.0))
    before = chain.state()

    with pytest.raises(ExecutionError) as refused:
        chain.send(withdraw(3.375), repay(1500.0), purpose="unwind")

    assert isinstance(refused.value.__cause__, HealthFactorError)
    assert chain.state() == before


def test_unwinding_repays_all_that_is_owed_and_brings_all_back():
    chain = Chain()
    chain.send(supply(4.0), borrow(2000.0))

    chain.send(repay(9999.0), withdraw(4.0), purpose="unwind")

    left = held(chain.positions)
    assert left == pytest.approx(
        {"wallet:token:WETH": 4.0, "wallet:token:USDT": 100.0, "wallet:token:ETH": 1.0 - 4 * GAS}
    )
    assert chain.pool.health_factor(chain.market) == np.inf
