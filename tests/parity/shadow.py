"""The simulated pool beside the contracts: the same orders, on the contracts' own indices.

Every order goes to the chain first, at a second that is set; the chain's indices, prices and cash
at that block become one row of market data, on which the simulated venues then act.
"""

import numpy as np

from basis_lab.calc.costs import MarketTerms
from basis_lab.domain import series
from basis_lab.domain.dated import DatedRows, dated_rows
from basis_lab.domain.instructions import (
    Borrow,
    FlashBorrow,
    FlashRepay,
    Instruction,
    Repay,
    Stake,
    Status,
    Supply,
    Swap,
    Withdraw,
    Wrap,
)
from basis_lab.domain.instruments import Instrument, Kind, Universe
from basis_lab.domain.market import MarketFrame, Window
from basis_lab.domain.statements import PoolLiquidation
from basis_lab.errors import (
    HealthFactorError,
    InsufficientBalanceError,
    InsufficientLiquidityError,
    VenueRefusalError,
)
from basis_lab.execution.interfaces import OnChainExecutionInterface
from basis_lab.execution.venues.simulated.aave import SimulatedAave
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.dex import DexMarket, SimulatedDex
from basis_lab.execution.venues.simulated.flash import FlashDesk
from basis_lab.execution.venues.simulated.reserves import CollateralTerms, Lines, Reserve
from basis_lab.execution.venues.simulated.staking import SimulatedStakingPool, StakingTerms
from tests.evm.anvil import TransactionReverted
from tests.evm.chain import PURSE_TOKENS, SYMBOLS, AaveChain, PoolState
from tests.evm.market import EMODE, FLASH_PREMIUM_BPS, PRICE_UNIT, RAY, WAD
from tests.parity.pool import ASSET

RELATIVE = 1e-9
FLOAT_ROUNDING = 1e-14  # of the largest balance so far: what a float sum may leave of nothing
SLACK_UNITS = 2  # each action rounds to whole native units on chain, and not in the simulation
POOL, STAKING, DEX = "aave_v3", "etherfi", "uniswap"
GAS = dict.fromkeys(
    ("wrap", "transfer", "supply", "withdraw", "borrow", "repay", "stake", "swap", "flash"), 0.0
)
REASONS = {
    "HealthFactorLowerThanLiquidationThreshold": HealthFactorError,
    "CollateralCannotCoverNewBorrow": HealthFactorError,
    "CollateralBalanceIsZero": HealthFactorError,
    "NotEnoughAvailableUserBalance": InsufficientBalanceError,
    "Panic": InsufficientLiquidityError,
    "InvalidAmount": InsufficientLiquidityError,
}


def token(symbol: str) -> Instrument:
    return Instrument("wallet", Kind.TOKEN, symbol)


def line(kind: Kind, symbol: str) -> Instrument:
    return Instrument(POOL, kind, symbol)


def always(value: float) -> DatedRows:
    return dated_rows("a test's terms", ["2020-01-01"], [value], "2040-01-01")


class Shadow:
    """One user at both pools. Debt and collateral lines: all of the market's assets.

    Parameters
    ----------
    chain : AaveChain
        The real one; the user is its first.
    emode : bool
        Whether the user is in the category of the market, for good.
    """

    def __init__(self, chain: AaveChain, *, emode: bool) -> None:
        self.chain = chain
        self.user = chain.users[0]
        self.emode = emode
        self.actions = 0
        self.refusals: list[str] = []
        self._most = dict.fromkeys(SYMBOLS, 0)
        self.now_s = chain.now()
        if emode:
            chain.set_emode(self.user, EMODE.number)
            self.now_s += 1
        self.wallet = SimulatedWallet(
            "wallet",
            tokens=tuple(token(symbol) for symbol in ("ETH", *SYMBOLS)),
            gas_units=GAS,
            gas_price=None,
        )
        for symbol, tokens in PURSE_TOKENS.items():
            self.wallet.credit(token(symbol), float(tokens))
        self.pool = self._pool()
        self._places = OnChainExecutionInterface(
            {POOL: self.pool, STAKING: self._staking(), DEX: self._dex()}, {}, self.wallet
        )

    # Orders. Each returns whether both pools carried it out.

    def supply(self, symbol: str, amount: int) -> bool:
        order = Supply(
            venue=POOL,
            token=token(symbol),
            atoken=line(Kind.ATOKEN, symbol),
            quantity=self.tokens(symbol, amount),
        )
        return self._both(lambda: self.chain.supply(self.user, symbol, amount), order)

    def withdraw(self, symbol: str, amount: int) -> bool:
        order = Withdraw(
            venue=POOL,
            token=token(symbol),
            atoken=line(Kind.ATOKEN, symbol),
            quantity=self.tokens(symbol, amount),
        )
        return self._both(lambda: self.chain.withdraw(self.user, symbol, amount), order)

    def borrow(self, symbol: str, amount: int) -> bool:
        order = Borrow(
            venue=POOL,
            token=token(symbol),
            debt=line(Kind.DEBT, symbol),
            quantity=self.tokens(symbol, amount),
        )
        return self._both(lambda: self.chain.borrow(self.user, symbol, amount), order)

    def repay(self, symbol: str, amount: int) -> bool:
        order = Repay(
            venue=POOL,
            token=token(symbol),
            debt=line(Kind.DEBT, symbol),
            quantity=self.tokens(symbol, amount),
        )
        return self._both(lambda: self.chain.repay(self.user, symbol, amount), order)

    def loop_open(self, equity: int, flash: int) -> bool:
        """Open by one transaction: flash loan, stake, supply, borrow, flash loan back."""
        lent, staked = self.tokens("WETH", flash), self.tokens("WETH", equity + flash)
        rate = self.chain.market.tokens["weETH"].call("getRate") / WAD
        debt = lent * (1.0 + FLASH_PREMIUM_BPS / 10_000)
        owed, weth, weeth = line(Kind.FLASH, "WETH"), token("WETH"), token("weETH")
        steps = (
            FlashBorrow(venue=POOL, token=weth, owed=owed, quantity=lent),
            Wrap(venue="wallet", source=weth, destination=token("ETH"), quantity=staked),
            Stake(venue=STAKING, token=token("ETH"), lst=weeth, quantity=staked),
            Supply(
                venue=POOL,
                token=weeth,
                atoken=line(Kind.ATOKEN, "weETH"),
                quantity=staked / rate,
            ),
            Borrow(venue=POOL, token=weth, debt=line(Kind.DEBT, "WETH"), quantity=debt),
            FlashRepay(venue=POOL, token=weth, owed=owed, quantity=lent),
        )
        return self._both(lambda: self.chain.loop_open(self.user, equity, flash), *steps)

    def loop_close(self, flash: int, shares: int) -> bool:
        """Close by one transaction; shares are sold at the protocol's rate."""
        lent, sold = self.tokens("WETH", flash), self.tokens("weETH", shares)
        owed, weth, weeth = line(Kind.FLASH, "WETH"), token("WETH"), token("weETH")
        steps = (
            FlashBorrow(venue=POOL, token=weth, owed=owed, quantity=lent),
            Repay(venue=POOL, token=weth, debt=line(Kind.DEBT, "WETH"), quantity=lent),
            Withdraw(venue=POOL, token=weeth, atoken=line(Kind.ATOKEN, "weETH"), quantity=sold),
            Swap(venue=DEX, source=weeth, destination=weth, quantity=sold, max_slippage=0.0),
            FlashRepay(venue=POOL, token=weth, owed=owed, quantity=lent),
        )
        return self._both(lambda: self.chain.loop_close(self.user, flash, shares), *steps)

    def liquidate(self) -> tuple[PoolLiquidation, ...]:
        """Let liquidators act until the account is healthy or bare, on chain in one block."""
        self.now_s += 1
        snapshot = self.chain.anvil.snapshot()
        self.chain.at(self.now_s)
        self.chain.anvil.rpc("evm_mine")
        state = self.chain.look(self.user)
        window = self._row(state, state)
        assert self.pool.preview(window).work_row == 0
        assert state.account.health_factor < WAD
        done = self.pool.settle(window)
        self.chain.anvil.revert(snapshot)
        calls = [(x.atoken.symbol, x.debt.symbol) for x in done for _ in range(x.calls)]
        self.chain.liquidate_in_one_block(self.user, calls, self.now_s)
        self.actions += len(calls)
        self.compare(self.chain.look(self.user), window)
        return done

    # The world, on chain alone: the simulation reads it from the next row.

    def wait(self, seconds: int) -> None:
        self.now_s += seconds - 1

    def world(self, happens) -> None:
        """Let something happen on chain that is not the user's."""
        self.now_s += 1
        self.chain.at(self.now_s)
        happens()

    def tokens(self, symbol: str, amount: int) -> float:
        return amount / ASSET[symbol].unit

    # Comparing.

    def compare(self, state: PoolState, window: Window) -> None:
        """Hold the simulated balances and health factor against the contracts at this block."""
        balances = self.pool.balances()
        for symbol in SYMBOLS:
            held, unit = state.lines[symbol], ASSET[symbol].unit
            supplied = balances[line(Kind.ATOKEN, symbol)] * unit
            borrowed = balances[line(Kind.DEBT, symbol)] * unit
            most = self._most[symbol] = max(
                self._most[symbol], held.scaled_supply, held.scaled_debt
            )
            rounding = FLOAT_ROUNDING * most
            self._close(f"{symbol} supply", held.scaled_supply, supplied, rounding)
            self._close(f"{symbol} debt", held.scaled_debt, borrowed, rounding)
            purse = self.wallet.balances()[token(symbol)] * unit
            self._close(f"{symbol} purse", held.wallet, purse, RELATIVE * PURSE_TOKENS[symbol])
        factor = self.pool.health_factor(window)
        if state.account.debt > PRICE_UNIT:
            self._close("health factor", state.account.health_factor, factor * WAD)
        elif state.account.debt == 0:
            assert factor == np.inf

    def _close(self, what: str, on_chain: int, simulated: float, slack: float = 0.0) -> None:
        allowed = RELATIVE * abs(on_chain) + SLACK_UNITS * (self.actions + 1) + slack
        assert abs(on_chain - simulated) <= allowed, (
            f"{what} after {self.actions} actions: {on_chain} on chain, {simulated} simulated"
        )

    def _both(self, on_chain, *orders: Instruction) -> bool:
        self.now_s += 1
        self.actions += 1
        before = self.chain.look(self.user)
        self.chain.at(self.now_s)
        try:
            on_chain()
            refused = None
        except TransactionReverted as refusal:
            refused = refusal.reason
        state = self.chain.look(self.user)
        assert state.timestamp_s == self.now_s
        window = self._row(state, before)
        error = self._transact(orders, window)
        assert (refused is None) == (error is None), f"chain: {refused}, simulated: {error!r}"
        if refused is not None:
            assert isinstance(error, REASONS[refused]), f"chain: {refused}, simulated: {error!r}"
            self.refusals.append(refused)
        self.compare(state, window)
        return refused is None

    def _transact(self, orders: tuple, window: Window) -> VenueRefusalError | None:
        """One order, or all of several, as the execution manager sends them."""
        if len(orders) == 1:
            return self._places.execute(orders[0], window).error
        before = self._places.begin_group()
        for order in orders:
            result = self._places.execute(order, window)
            if result.status is not Status.FILLED:
                self._places.revert(before)
                return result.error
        try:
            self._places.end_group(window)
        except VenueRefusalError as error:
            self._places.revert(before)
            return error
        return None

    def _row(self, now: PoolState, before: PoolState) -> Window:
        """The contracts' numbers as one row of market data; cash is that before the action."""
        columns = {}
        for symbol, asset in ASSET.items():
            reserve, cash = now.reserves[symbol], before.reserves[symbol].available
            debt = before.reserves[symbol].scaled_debt * reserve.borrow_index / RAY
            columns[series.liquidity_index(symbol)] = reserve.liquidity_index / RAY
            columns[series.borrow_index(symbol)] = reserve.borrow_index / RAY
            columns[series.total_supplied(symbol)] = (cash + debt) / asset.unit
            columns[series.total_borrowed(symbol)] = debt / asset.unit
        columns[series.spot("binance", "ETH")] = now.reserves["WETH"].price / PRICE_UNIT
        columns[series.USDT_USD] = now.reserves["USDT"].price / PRICE_UNIT
        rate = self.chain.market.tokens["weETH"].call("getRate") / WAD
        columns[series.lst_rate("weETH")] = columns[series.lst_market("weETH")] = rate
        frame = MarketFrame(
            times=np.array([now.timestamp_s], dtype="datetime64[s]"),
            series={name: np.array([value]) for name, value in columns.items()},
            universe=Universe([], "USDT"),
        )
        return frame.at(0)

    # Building.

    def _reserve(self, symbol: str) -> Reserve:
        asset = ASSET[symbol]
        ltv, threshold, bonus = asset.ltv, asset.liquidation_threshold, asset.bonus
        if self.emode and asset.in_emode:
            ltv, threshold, bonus = EMODE.ltv, EMODE.liquidation_threshold, EMODE.bonus
        return Reserve(
            token=token(symbol),
            supply_index=series.liquidity_index(symbol),
            borrow_index=series.borrow_index(symbol),
            rate=series.lst_rate("weETH") if symbol == "weETH" else None,
            price=series.USDT_USD if symbol == "USDT" else series.spot("binance", "ETH"),
            terms=CollateralTerms(
                ltv=always(ltv), threshold=always(threshold), bonus=always(bonus)
            ),
            supplied=series.total_supplied(symbol),
            borrowed=series.total_borrowed(symbol),
        )

    def _pool(self) -> SimulatedAave:
        return SimulatedAave(
            POOL,
            wallet=self.wallet,
            lines=Lines(
                collateral={line(Kind.ATOKEN, x): self._reserve(x) for x in SYMBOLS},
                debt={line(Kind.DEBT, x): self._reserve(x) for x in SYMBOLS},
                usd=(),
            ),
            gas_units=GAS,
            versions=always(float(self.chain.version)),
            flash=FlashDesk(
                POOL,
                wallet=self.wallet,
                lines=(line(Kind.FLASH, "WETH"),),
                premium=FLASH_PREMIUM_BPS / 10_000,
                gas_units=0.0,
            ),
        )

    def _staking(self) -> SimulatedStakingPool:
        return SimulatedStakingPool(
            STAKING,
            wallet=self.wallet,
            terms=StakingTerms(
                token=token("ETH"),
                lst=token("weETH"),
                claim=Instrument(STAKING, Kind.EXIT_QUEUE, "ETH"),
                rate=series.lst_rate("weETH"),
                delay_s=0.0,
                gas_units=GAS,
                programmes={},
            ),
        )

    def _dex(self) -> SimulatedDex:
        market = DexMarket(
            source=token("weETH"),
            destination=token("WETH"),
            quote=series.lst_market("weETH"),
            inverted=False,
            terms=MarketTerms(
                fee=0.0, sizes=np.array([1e12]), bps=np.zeros(1), lot=0.0, min_notional=0.0
            ),
        )
        pair = market.source, market.destination
        return SimulatedDex(DEX, wallet=self.wallet, markets={pair: market}, gas_units=GAS)
