"""Transfers between accounts: through ``in_transit``, with fees, minimums, gas and delay."""

import pytest

from basis_lab.domain.instructions import (
    Cause,
    PerpTrade,
    Status,
    Transfer,
    Wrap,
)
from basis_lab.errors import (
    BelowMinimumError,
    GasDebtLimitError,
    InsufficientBalanceError,
    InsufficientMarginError,
    UnsupportedInstructionError,
)
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.transfers import (
    SendingRules,
    SimulatedTransfers,
    transit_line,
)
from tests.builders import balances, exchange, key, lending_frame, perp_frame

MARKET = perp_frame([100.0] * 6)
HOME, MARGIN, AWAY = (
    key("binance:token:USDT"),
    key("binance:margin:USDT"),
    key("bybit:margin:USDT"),
)
FREE = SendingRules(delay_s=0.0, fees={"USDT": 0.0}, minimums={"USDT": 0.0}, gas_units=0.0)
SLOW = SendingRules(delay_s=5400.0, fees={"USDT": 3.5}, minimums={"USDT": 10.0}, gas_units=0.0)


def network(rules, text="binance:token:USDT 1000"):
    """Two exchanges and the network between them; ``rules`` are those of the first."""
    home, away = exchange(text), exchange(venue="bybit")
    lines = tuple(transit_line(x) for x in (HOME, AWAY))
    return (
        home,
        away,
        SimulatedTransfers(
            venues={"binance": home, "bybit": away},
            rules={"binance": rules, "bybit": FREE},
            gas_payer=None,
            lines=lines,
        ),
    )


def send(quantity, source=HOME, destination=AWAY):
    return Transfer(source=source, destination=destination, quantity=quantity)


def moved(result):
    return [(str(x.instrument), x.quantity, x.cause) for x in result.movements]


def test_what_was_sent_leaves_its_account_and_is_in_transit():
    home, _, transfers = network(SLOW)

    result = transfers.submit(send(100.0), MARKET.at(0))

    assert result.status is Status.FILLED
    assert moved(result) == [
        ("binance:token:USDT", -100.0, Cause.TRANSFER),
        ("bybit:in_transit:USDT", 100.0, Cause.TRANSFER),
        ("binance:token:USDT", -3.5, Cause.TRANSFER_FEE),
    ]
    assert balances(home) == {"binance:token:USDT": 896.5}
    assert balances(transfers) == {"bybit:in_transit:USDT": 100.0}


def test_a_delay_is_rounded_up_to_the_next_timestep():
    # An hour and a half is two bars of an hour.
    _, away, transfers = network(SLOW)

    result = transfers.submit(send(100.0), MARKET.at(1))

    assert result.arrives_row == 3
    assert [x.arrives_row for x in transfers.pending] == [3]
    assert transfers.preview(MARKET.window(2, 6)).work_row == 3
    assert transfers.preview(MARKET.window(2, 3)).work_row is None
    assert transfers.settle(MARKET.at(2)) == ()
    assert balances(away) == {}


def test_an_arrival_reaches_its_account_and_leaves_transit():
    _, away, transfers = network(SLOW)
    transfers.submit(send(100.0), MARKET.at(0))

    (arrived,) = transfers.settle(MARKET.at(2))

    assert (str(arrived.transit), str(arrived.destination)) == (
        "bybit:in_transit:USDT",
        "bybit:margin:USDT",
    )
    assert arrived.quantity == 100.0
    assert transfers.pending == ()
    assert balances(transfers) == {}
    assert balances(away) == {"bybit:margin:USDT": 100.0}


def test_a_delay_of_whole_bars_is_not_rounded_further():
    _, _, transfers = network(
        SendingRules(delay_s=3600.0, fees={"USDT": 0.0}, minimums={"USDT": 0.0}, gas_units=0.0)
    )

    assert transfers.submit(send(5.0), MARKET.at(0)).arrives_row == 1


def test_a_transfer_without_delay_passes_through_transit_at_one_timestep():
    _, away, transfers = network(FREE)

    result = transfers.submit(send(100.0), MARKET.at(0))
    assert balances(transfers) == {"bybit:in_transit:USDT": 100.0}
    assert result.arrives_row == 0
    transfers.settle(MARKET.at(0))

    assert balances(away) == {"bybit:margin:USDT": 100.0}


def test_two_transfers_to_one_place_arrive_each_at_its_time():
    _, away, transfers = network(SLOW)
    transfers.submit(send(100.0), MARKET.at(0))
    transfers.submit(send(50.0), MARKET.at(1))

    transfers.settle(MARKET.at(2))

    assert balances(away) == {"bybit:margin:USDT": 100.0}
    assert balances(transfers) == {"bybit:in_transit:USDT": 50.0}


def test_an_arrival_that_is_overdue_is_work_at_the_first_row():
    _, _, transfers = network(FREE)
    transfers.submit(send(100.0), MARKET.at(0))

    assert transfers.preview(MARKET.window(2, 4)).work_row == 2


def test_a_move_inside_one_venue_is_instant_free_and_of_any_size():
    home, _, transfers = network(SLOW)

    result = transfers.submit(send(1.0, destination=MARGIN), MARKET.at(0))
    transfers.settle(MARKET.at(0))

    assert result.arrives_row == 0
    assert [x.cause for x in result.movements] == [Cause.TRANSFER, Cause.TRANSFER]
    assert balances(home) == {"binance:token:USDT": 999.0, "binance:margin:USDT": 1.0}


def test_a_preview_is_pure():
    home, _, transfers = network(SLOW)
    transfers.submit(send(100.0), MARKET.at(0))
    before = (home.balances(), transfers.balances(), transfers.pending)

    first, second = (transfers.preview(MARKET.window(1, 6)) for _ in range(2))

    assert first == second
    assert (home.balances(), transfers.balances(), transfers.pending) == before


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (send(996.6), InsufficientBalanceError),  # with the fee of 3.5 more than 1000
        (send(9.99), BelowMinimumError),
        (send(0.0), BelowMinimumError),
        (send(float("nan")), BelowMinimumError),
        (send(10.0, destination=key("bybit:token:BTC")), UnsupportedInstructionError),
        (
            send(10.0, source=key("binance:token:BTC"), destination=key("bybit:token:BTC")),
            UnsupportedInstructionError,  # no fee is listed for the coin
        ),
        (
            Wrap(venue="wallet", source=HOME, destination=AWAY, quantity=1.0),
            UnsupportedInstructionError,
        ),
    ],
)
def test_a_refused_transfer_leaves_every_book_as_it_was(order, error):
    home, away, transfers = network(SLOW)

    result = transfers.submit(order, MARKET.at(0))

    assert result.status is Status.REJECTED
    assert isinstance(result.error, error)
    assert transfers.pending == ()
    assert balances(home) == {"binance:token:USDT": 1000.0}
    assert balances(away) == balances(transfers) == {}


def test_the_whole_balance_less_the_fee_can_be_sent():
    home, _, transfers = network(SLOW)

    result = transfers.submit(send(996.5), MARKET.at(0))

    assert result.quantity == 996.5
    assert balances(home) == {}


def test_margin_that_a_position_needs_is_not_sent():
    home, _, transfers = network(FREE, "binance:margin:USDT 100")
    trade = PerpTrade(
        venue="binance", perp=key("binance:perp:BTCUSDT"), quantity=-5.0, max_slippage=1.0
    )
    home.submit(trade, MARKET.at(0))

    result = transfers.submit(send(50.1, source=MARGIN), MARKET.at(0))

    assert isinstance(result.error, InsufficientMarginError)
    assert balances(home)["binance:margin:USDT"] == 100.0


def on_chain(eth):
    """A wallet with 100 USDT and some ETH; a transfer takes 50,000 gas at 10 gwei: 0.0005 ETH."""
    native, coin = key("wallet:token:ETH"), key("wallet:token:USDT")
    wallet = SimulatedWallet(
        "wallet", tokens=(native, coin), gas_units={}, gas_price="gas/ethereum/gas.price_gwei"
    )
    wallet.credit(coin, 100.0)
    wallet.credit(native, eth)
    home = exchange()
    return (
        wallet,
        home,
        SimulatedTransfers(
            venues={"wallet": wallet, "binance": home},
            rules={
                "wallet": SendingRules(
                    delay_s=900.0, fees={"USDT": 0.0}, minimums={"USDT": 0.0}, gas_units=50_000.0
                )
            },
            gas_payer=wallet,
            lines=(transit_line(HOME),),
        ),
    )


def test_a_transfer_from_the_wallet_pays_gas():
    wallet, _, transfers = on_chain(eth=0.001)
    order = send(100.0, source=key("wallet:token:USDT"), destination=HOME)

    result = transfers.submit(order, lending_frame([1.0]).at(0))

    assert moved(result)[-1] == ("wallet:token:ETH", pytest.approx(-0.0005), Cause.GAS)
    assert balances(wallet) == {"wallet:token:ETH": pytest.approx(0.0005)}


def test_a_transfer_whose_gas_is_refused_gives_the_funds_back():
    wallet, home, transfers = on_chain(eth=0.0004)
    order = send(100.0, source=key("wallet:token:USDT"), destination=HOME)

    result = transfers.submit(order, lending_frame([1.0]).at(0))

    assert isinstance(result.error, GasDebtLimitError)
    assert balances(wallet) == {"wallet:token:ETH": 0.0004, "wallet:token:USDT": 100.0}
    assert transfers.pending == ()
    assert balances(transfers) == balances(home) == {}


def test_capital_from_outside_reaches_the_account_it_names():
    home, _, transfers = network(FREE, "")

    transfers.credit(MARGIN, 7.0)

    assert balances(home) == {"binance:margin:USDT": 7.0}
    assert transfers.health() == ""


def test_capital_is_paid_out_of_the_account_it_names_and_no_further():
    home, _, transfers = network(FREE)

    assert transfers.pay_out(HOME, 300.0, MARKET.at(0)) == 300.0
    with pytest.raises(InsufficientBalanceError):
        transfers.pay_out(HOME, 701.0, MARKET.at(0))

    assert balances(home) == {"binance:token:USDT": 700.0}
