"""Each instruction goes to the venue that it names, by the interface of its kind."""

import pytest

from basis_lab.domain.instructions import (
    PerpTrade,
    SpotTrade,
    Status,
    Transfer,
    Withdraw,
    Wrap,
)
from basis_lab.errors import ExecutionError
from basis_lab.execution.interfaces import (
    CEXExecutionInterface,
    ExecutionInterfaceManager,
    OnChainExecutionInterface,
    TransferExecutionInterface,
)
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.transfers import (
    SendingRules,
    SimulatedTransfers,
    transit_line,
)
from tests.builders import balances, exchange, key, perp_frame

MARKET = perp_frame([100.0, 100.0])
ETH, WETH = key("wallet:token:ETH"), key("wallet:token:WETH")
USDT, MARGIN = key("binance:token:USDT"), key("binance:margin:USDT")


class World:
    """One exchange, one wallet, and the network between their accounts."""

    def __init__(self):
        self.exchange = exchange("binance:token:USDT 1000")
        self.wallet = SimulatedWallet(
            "wallet", tokens=(ETH, WETH), gas_units={"wrap": 0.0}, gas_price=None
        )
        self.wallet.credit(ETH, 5.0)
        rules = SendingRules(delay_s=0.0, fees={}, minimums={}, gas_units=0.0)
        self.network = SimulatedTransfers(
            venues={"binance": self.exchange},
            rules={"binance": rules},
            gas_payer=None,
            lines=(transit_line(MARGIN),),
        )
        self.manager = ExecutionInterfaceManager(
            cex=CEXExecutionInterface({"binance": self.exchange}),
            onchain=OnChainExecutionInterface({}, {}, self.wallet),
            transfers=TransferExecutionInterface(self.network),
        )

    def execute(self, instruction):
        return self.manager.execute(instruction, MARKET.at(0))


def test_trades_go_to_their_exchange():
    world = World()
    buy = SpotTrade(
        venue="binance",
        base=key("binance:token:BTC"),
        quote=USDT,
        quantity=2.0,
        max_slippage=0.0,
    )

    assert world.execute(buy).status is Status.FILLED

    assert balances(world.exchange) == {"binance:token:USDT": 800.0, "binance:token:BTC": 2.0}


def test_transactions_on_chain_go_to_their_venue():
    world = World()

    assert (
        world.execute(Wrap(venue="wallet", source=ETH, destination=WETH, quantity=2.0)).status
        is Status.FILLED
    )

    assert balances(world.wallet) == {"wallet:token:ETH": 3.0, "wallet:token:WETH": 2.0}


def test_transfers_go_to_the_network_and_arrive_when_asked_for():
    world = World()

    world.execute(Transfer(source=USDT, destination=MARGIN, quantity=10.0))
    (pending,) = world.manager.transfers.pending
    (arrived,) = world.manager.transfers.arrivals(MARKET.at(0))

    assert pending.quantity == arrived.quantity == 10.0
    assert world.manager.transfers.pending == ()
    assert balances(world.exchange)["binance:margin:USDT"] == 10.0


@pytest.mark.parametrize(
    ("instruction", "kind"),
    [
        (
            PerpTrade(venue="okx", perp=key("okx:perp:BTCUSDT"), quantity=1.0, max_slippage=0.0),
            "exchange",
        ),
        (
            Withdraw(venue="aave_v3", token=WETH, atoken=key("aave_v3:atoken:WETH"), quantity=1.0),
            "on-chain venue",
        ),
    ],
)
def test_a_venue_that_the_run_does_not_have_is_an_error(instruction, kind):
    with pytest.raises(ExecutionError, match=kind) as refused:
        World().execute(instruction)

    assert refused.value.value == instruction.venue


def test_health_names_every_venue_that_is_not_well():
    world = World()
    assert world.manager.health() == ""

    world.exchange.credit(key("binance:token:BTC"), -1.0)
    world.wallet.credit(WETH, -1.0)

    assert world.manager.health() == (
        "binance: negative balance on binance:token:BTC; "
        "wallet: negative balance on wallet:token:WETH"
    )
