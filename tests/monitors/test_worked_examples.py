"""The worked examples A to G of the domain reference, at the protocol's rate.

A market discount moves what an exit is worth and no mark, so C and G have no peg here.
"""

import numpy as np
import pytest

from basis_lab.domain.instruments import Universe
from basis_lab.ledger.book import Transaction
from tests.builders import frame, postings
from tests.monitors.test_pnl import USDT, categories, listed, one_line, step

PRICE = "spot/binance/ETHUSDT.open"
HOUR = 1.0 / 8760.0


def test_a_supplied_usdt_in_dollars():
    # 4.5 % a year for an hour on a million; USDT falls from 1.0002 to 0.9998 dollars.
    market = one_line(
        listed("aave_v3:atoken:USDT", "USDT", index="i", price="p"),
        i=[1.0, 1.0 + 0.045 * HOUR],
        p=[1.0002, 0.9998],
    )

    report = step(market, "aave_v3:atoken:USDT 1000000")

    told = categories(report)
    assert set(told) == {"supply_yield", "fx"}
    assert told["supply_yield"] == pytest.approx(5.138, abs=5e-4)
    assert told["fx"] == pytest.approx(-400.002, abs=5e-4)
    assert sum(told.values()) == pytest.approx(-394.864, abs=5e-4)


def test_b_debt_of_ether_for_a_day():
    market = one_line(
        listed("aave_v3:debt:WETH", index="i", price="p", sign=-1.0),
        i=[1.0, float(np.exp(0.0225 / 365.0))],
        p=[4000.0, 3900.0],
    )

    told = categories(step(market, "aave_v3:debt:WETH 900"))

    assert told["borrow_cost"] == pytest.approx(-221.925, abs=5e-4)
    assert told["delta"] == pytest.approx(90_005.548, abs=5e-4)
    assert sum(told.values()) == pytest.approx(89_783.623, abs=5e-4)


def test_c_a_staking_token_at_its_rate():
    # 100 x 0.00008 x 4000 = 32; 100 x 1.07788 x -100 = -10778.80.
    market = one_line(
        listed("wallet:token:weETH", rate="r", price="p"), r=[1.0778, 1.07788], p=[4000.0, 3900.0]
    )

    told = categories(step(market, "wallet:token:weETH 100"))

    assert told == pytest.approx({"staking_yield": 32.0, "delta": -10_778.80}, abs=1e-9)


def test_e_and_f_spot_and_its_hedge_earn_basis_and_funding_alone():
    spot = listed("binance:token:ETH", price=PRICE)
    perp = listed("binance:perp:ETHUSDT", price=PRICE, mark="m")
    margin = listed("binance:margin:USDT", "USDT")
    market = frame(
        Universe((spot, perp, margin, USDT), "USDT"),
        {PRICE: [4000.0, 3900.0], "m": [4003.2, 3902.1]},
    )
    # 10 x 3950 x 1 bp.
    paid = Transaction(row=1, postings=postings("binance:margin:USDT 3.95 funding"))

    e = step(market, "binance:token:ETH 10")
    f = step(
        market,
        "binance:perp:ETHUSDT -10",
        "binance:perp:ETHUSDT -10\nbinance:margin:USDT 3.95",
        transactions=(paid,),
    )

    assert categories(e) == {"delta": -1000.0}
    assert categories(f) == pytest.approx({"delta": 1000.0, "basis": 11.0, "funding": 3.95})
    assert sum(categories(e).values()) + sum(categories(f).values()) == pytest.approx(14.95)


def test_g_an_hour_of_a_whole_hedged_loop():
    # 1000 ETH of weETH against 900 WETH, 100 short, 60,000 of margin: 460,000 in all.
    supply = listed("aave_v3:atoken:weETH", index="li", rate="r", price=PRICE)
    debt = listed("aave_v3:debt:WETH", index="bi", price=PRICE, sign=-1.0)
    perp = listed("binance:perp:ETHUSDT", price=PRICE, mark="m")
    market = frame(
        Universe(
            (
                supply,
                debt,
                perp,
                listed("binance:margin:USDT", "USDT"),
                listed("binance:contracts:ETHUSDT", "USDT"),
                listed("wallet:token:ETH", price=PRICE),
                USDT,
            ),
            "USDT",
        ),
        {
            "li": [1.0, 1.0],
            "r": [1.0778, 1.0778030],
            "bi": [1.0, 1.0 + 0.0225 * HOUR],
            "m": [4001.6, 3960.4],
            PRICE: [4000.0, 3960.0],
        },
    )
    book = (
        f"aave_v3:atoken:weETH {1000.0 / 1.0778!r}\naave_v3:debt:WETH 900\n"
        "binance:perp:ETHUSDT -100\nbinance:contracts:ETHUSDT 400160\nbinance:margin:USDT "
    )
    gas = 4.20 / 3960.0
    done = (
        Transaction(row=1, postings=postings("binance:margin:USDT 39.61 funding")),
        Transaction(row=1, postings=postings(f"wallet:token:ETH {-gas!r} gas")),
    )

    report = step(
        market, f"{book} 60000", f"{book} 60039.61\nwallet:token:ETH {-gas!r}", transactions=done
    )

    told = categories(report)
    assert told == pytest.approx(
        {
            "staking_yield": 11.133791,
            "borrow_cost": -9.246575,
            "delta": -0.018872,
            "basis": 120.0,
            "funding": 39.61,
            "gas": -4.20,
        },
        abs=5e-7,
    )
    assert sum(told.values()) == pytest.approx(157.278344, abs=5e-7)
    assert report.equity[0] == pytest.approx(460_157.278344, abs=5e-7)
