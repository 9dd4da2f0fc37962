"""Lets a market live for some hours, so that there is a past to be read block by block."""

from dataclasses import dataclass

import numpy as np

from tests.evm.chain import SYMBOLS, AaveChain, ReserveState

HOUR_S = 3600
GWEI = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What was so at an hour: the state after the last block that is not later."""

    timestamp_s: int
    block: int
    block_timestamp_s: int
    base_fee_wei: int
    rate_wad: int
    reserves: dict[str, ReserveState]


def live(chain: AaveChain, hours: int, seed: int) -> list[Moment]:
    """Move utilisation, prices, the staking rate and gas for so many hours; return each hour.

    Starts at the next full hour, with two or three transactions at odd seconds in each. The same
    seed gives the same blocks.
    """
    rng = np.random.default_rng(seed)
    user = chain.users[-1]
    chain.supply(user, "weETH", chain.units("weETH", 800_000))
    chain.supply(user, "USDT", chain.units("USDT", 400_000_000))
    start_s = -(-(chain.now() + 1) // HOUR_S) * HOUR_S
    rate = chain.market.tokens["weETH"].call("getRate") / 1e18
    price = chain.market.oracle.call("getAssetPrice", chain.market.tokens["WETH"].address) / 1e8
    moments = [_wait_for(chain, user, start_s)]
    for hour in range(1, hours + 1):
        seconds = sorted(rng.choice(np.arange(10, HOUR_S - 10), size=3, replace=False).tolist())
        _use_pool(chain, user, rng, start_s + (hour - 1) * HOUR_S + seconds[0])
        price *= float(np.exp(rng.normal(0.0, 0.005)))
        chain.at(start_s + (hour - 1) * HOUR_S + seconds[1])
        chain.set_price("WETH", price)
        rate *= 1.0 + rng.uniform(0.0, 8e-6)
        chain.at(start_s + (hour - 1) * HOUR_S + seconds[2])
        _next_base_fee(chain, rng)
        chain.set_rate(rate)
        moments.append(_moment(chain, user, start_s + hour * HOUR_S))
    return moments


def _use_pool(chain: AaveChain, user: str, rng, timestamp_s: int) -> None:
    """Borrow up to a random utilisation of WETH, or repay down to it; now and then USDT."""
    symbol = "WETH" if rng.uniform() < 0.7 else "USDT"
    state = chain.look(user)
    owed, available = state.lines[symbol].borrowed, state.reserves[symbol].available
    target = int((owed + available) * rng.uniform(0.5, 0.96))
    chain.at(timestamp_s)
    if target > owed:
        chain.borrow(user, symbol, target - owed)
    else:
        chain.repay(user, symbol, owed - target)


def _next_base_fee(chain: AaveChain, rng) -> None:
    wei = int(rng.uniform(0.5, 40.0) * GWEI)
    chain.anvil.rpc("anvil_setNextBlockBaseFeePerGas", hex(wei))


def _wait_for(chain: AaveChain, user: str, timestamp_s: int) -> Moment:
    chain.wait(timestamp_s - chain.now())
    return _moment(chain, user, timestamp_s)


def _moment(chain: AaveChain, user: str, timestamp_s: int) -> Moment:
    """What the last block holds, for the hour that nothing comes before any more."""
    block = chain.anvil.web3.eth.get_block("latest")
    reserves = chain.look(user, block["number"]).reserves
    return Moment(
        timestamp_s=timestamp_s,
        block=block["number"],
        block_timestamp_s=block["timestamp"],
        base_fee_wei=block["baseFeePerGas"],
        rate_wad=chain.market.tokens["weETH"].call("getRate", block=block["number"]),
        reserves={symbol: reserves[symbol] for symbol in SYMBOLS},
    )
