"""The contracts and the float pool, given the same actions at the same seconds, and compared.

Tolerance: 1e-9 relative, which the contracts cannot meet by themselves where an amount is small in
native units, as they round each action to a whole one (half-up in v3.0, in the protocol's favour
in v3.6); so each action may also cost `SLACK_UNITS` of them.
"""

import numpy as np

from tests.evm.anvil import TransactionReverted
from tests.evm.chain import MAX, SYMBOLS, AaveChain
from tests.evm.market import FIRST_PRICES_USD, FIRST_RATE, PRICE_UNIT, RAY, WAD, Curve
from tests.parity.pool import ASSET, FloatPool, RefusedError

RELATIVE = 1e-9
SLACK_UNITS = 2
LEAST_LEFT_USD = 1000.0
REASONS = {
    "health": {"HealthFactorLowerThanLiquidationThreshold"},
    "ltv": {"CollateralCannotCoverNewBorrow", "CollateralBalanceIsZero", "LtvValidationFailed"},
    "liquidity": {"Panic", "InvalidAmount"},
    "funds": {"Panic"},
    "balance": {"NotEnoughAvailableUserBalance"},
    "emode": {"NotBorrowableInEMode", "InconsistentEmodeCategory", "InvalidDebtInEmode"},
    "no debt": {"NoDebtOfSelectedType"},
}


class Twins:
    """One market twice. Every action is done on both and everything is compared after it."""

    def __init__(self, chain: AaveChain) -> None:
        self.chain = chain
        self.actions = 0
        self.refusals: list[str] = []
        self.now_s = chain.now()
        state = chain.look(chain.whale)
        self.pool = FloatPool(chain.version, self.now_s, FIRST_PRICES_USD, FIRST_RATE)
        for symbol in SYMBOLS:
            tokens = state.reserves[symbol].available / ASSET[symbol].unit
            self.pool.supply(chain.whale, symbol, tokens)
            self.pool.reserves[symbol].updated_s = state.reserves[symbol].last_update_s
        self._cap_from_s = chain.market.feeds["weETH"].call("snapshotTimestamp")
        self.pool.cap_age_s = float(self.now_s - self._cap_from_s)
        self.compare(chain.whale)

    def wait(self, seconds: int) -> None:
        """Let time pass; the next action happens then."""
        self.now_s += seconds - 1

    # The users' actions, in native units.

    def supply(self, user: str, symbol: str, amount: int) -> bool:
        return self._both(
            user,
            lambda: self.chain.supply(user, symbol, amount),
            lambda: self.pool.supply(user, symbol, self.tokens(symbol, amount)),
        )

    def withdraw(self, user: str, symbol: str, amount: int | None) -> bool:
        return self._both(
            user,
            lambda: self.chain.withdraw(user, symbol, MAX if amount is None else amount),
            lambda: self.pool.withdraw(
                user, symbol, None if amount is None else self.tokens(symbol, amount)
            ),
        )

    def borrow(self, user: str, symbol: str, amount: int) -> bool:
        return self._both(
            user,
            lambda: self.chain.borrow(user, symbol, amount),
            lambda: self.pool.borrow(user, symbol, self.tokens(symbol, amount)),
        )

    def repay(self, user: str, symbol: str, amount: int) -> bool:
        return self._both(
            user,
            lambda: self.chain.repay(user, symbol, amount),
            lambda: self.pool.repay(user, symbol, self.tokens(symbol, amount)),
        )

    def set_emode(self, user: str, *, inside: bool) -> bool:
        return self._both(
            user,
            lambda: self.chain.set_emode(user, int(inside)),
            lambda: self.pool.set_emode(user, inside=inside),
        )

    def loop_open(self, user: str, equity: int, flash: int) -> bool:
        return self._both(
            user,
            lambda: self.chain.loop_open(user, equity, flash),
            lambda: self.pool.loop_open(
                user, self.tokens("WETH", equity), self.tokens("WETH", flash)
            ),
        )

    def loop_close(self, user: str, flash: int, shares: int | None) -> bool:
        """Close; None for all shares, which must not be earning interest."""
        held = self.chain.look(user).lines["weETH"].supplied
        return self._both(
            user,
            lambda: self.chain.loop_close(user, flash, held if shares is None else shares),
            lambda: self.pool.loop_close(
                user,
                self.tokens("WETH", flash),
                None if shares is None else self.tokens("weETH", shares),
            ),
        )

    def liquidate(self, user: str, collateral: str, debt: str) -> dict[str, float]:
        """Liquidate the most that the calculator says is allowed; return its amounts in tokens."""
        self._tick()
        planned = self.pool.preview_liquidation(user, collateral, debt)
        repaid, seized = planned.repaid_units[0], planned.seized_units[0]
        debt_left = (self.pool.owed(user, debt) - repaid) * self.pool.price(debt)
        held_left = (self.pool.supplied(user, collateral) - seized) * self.pool.price(collateral)
        # Where the least that must be left decides, the contract cuts it to 8 decimals of a USD.
        limited = LEAST_LEFT_USD in (round(debt_left, 6), round(held_left, 6))
        shy = int(repaid * (1.0 - 1e-10) * ASSET[debt].unit)
        receipt = self.chain.liquidate(user, collateral, debt, shy if limited else MAX)
        result = self.pool.liquidate(user, collateral, debt)
        event = self.chain.liquidation_event(receipt)
        self.actions += 1
        amounts = {
            "repaid": result.repaid_units[0],
            "seized": result.seized_units[0] - result.protocol_fee_units[0],
            "fee": result.protocol_fee_units[0],
            "bad_debt": result.bad_debt_units[0],
            "health_after": result.health_factor_after[0],
        }
        self._close("repaid", event["debtToCover"], amounts["repaid"] * ASSET[debt].unit)
        unit = ASSET[collateral].unit
        self._close("seized", event["liquidatedCollateralAmount"], amounts["seized"] * unit)
        self.compare(user)
        self.compare(self.chain.keeper)
        return amounts

    # The world.

    def set_price(self, symbol: str, price_usd: float) -> None:
        self._tick()
        self.chain.set_price(symbol, price_usd)
        self.pool.prices[symbol] = round(price_usd * PRICE_UNIT) / PRICE_UNIT

    def set_rate(self, rate: float) -> None:
        self._tick()
        self.chain.set_rate(rate)
        self.pool.rate = round(rate * WAD) / WAD

    def set_curve(self, symbol: str, curve: Curve) -> None:
        if self.chain.version == "3.0":
            self._tick()  # its curve is a contract, created in a block of its own
            self.chain.at(self.now_s + 1)
            self.now_s += 1
            self.pool.now_s = self.now_s
            self.chain.set_curve(symbol, curve)
        else:
            self._tick()
            self.chain.set_curve(symbol, curve)
        self.pool.set_curve(symbol, curve)

    def tokens(self, symbol: str, amount: int) -> float:
        return amount / ASSET[symbol].unit

    # Comparing.

    def compare(self, user: str) -> None:
        """Hold every reserve and the account against the contracts, at this block."""
        state = self.chain.look(user)
        assert state.timestamp_s == self.now_s
        for symbol, asset in ASSET.items():
            reserve, model = state.reserves[symbol], self.pool.reserves[symbol]
            liquidity_index, borrow_index = self.pool.indices(symbol)
            self._close(f"{symbol} LI", reserve.liquidity_index, liquidity_index * RAY, slack=0)
            self._close(f"{symbol} BI", reserve.borrow_index, borrow_index * RAY, slack=0)
            self._close(f"{symbol} supply apr", reserve.liquidity_rate, model.supply_apr * RAY)
            self._close(f"{symbol} borrow apr", reserve.borrow_rate, model.borrow_apr * RAY)
            self._close(f"{symbol} supply", reserve.scaled_supply, model.scaled_supply * asset.unit)
            self._close(f"{symbol} debt", reserve.scaled_debt, model.scaled_debt * asset.unit)
            self._close(f"{symbol} cash", reserve.available, model.available * asset.unit)
            self._close(f"{symbol} deficit", reserve.deficit, model.deficit * asset.unit)
            # The treasury's share is a sum of differences of indices, so it is held to 1e-9 of the
            # supply, which the debt that they grew on cannot exceed.
            treasury = model.treasury_scaled * asset.unit
            slack = round(RELATIVE * reserve.scaled_supply) + SLACK_UNITS * (self.actions + 1)
            self._close(f"{symbol} treasury", reserve.accrued_to_treasury, treasury, slack)
            line = state.lines[symbol]
            self._close("supplied", line.supplied, self.pool.supplied(user, symbol) * asset.unit)
            self._close("borrowed", line.borrowed, self.pool.owed(user, symbol) * asset.unit)
            price = self.pool.price(symbol) * PRICE_UNIT
            self._close(f"{symbol} price", reserve.price, price, slack=1)
        self._compare_account(user, state.account)

    def _compare_account(self, user: str, account) -> None:
        health = self.pool.health(user)
        self._close("collateral", account.collateral, health.collateral * PRICE_UNIT, slack=3)
        self._close("debt", account.debt, health.debt * PRICE_UNIT, slack=3)
        if account.collateral > PRICE_UNIT:
            assert account.ltv_bps == round(health.average_ltv * 10_000)
        if account.debt > PRICE_UNIT:
            self._close("health factor", account.health_factor, health.factor * WAD, slack=0)
        elif account.debt == 0:
            assert health.factor == np.inf
            assert account.health_factor == MAX

    def _close(self, what: str, on_chain: int, computed: float, slack: int | None = None) -> None:
        allowed = SLACK_UNITS * (self.actions + 1) if slack is None else slack
        tolerance = RELATIVE * abs(on_chain) + allowed
        assert abs(on_chain - computed) <= tolerance, (
            f"{what} after {self.actions} actions: {on_chain} on chain, {computed} computed"
        )

    def _tick(self) -> None:
        self.now_s += 1
        self.chain.at(self.now_s)
        self.pool.now_s = self.now_s
        self.pool.cap_age_s = float(self.now_s - self._cap_from_s)

    def _both(self, user: str, on_chain, computed) -> bool:
        """Do it twice; True if both did it, False if both refused for a reason they share."""
        self._tick()
        self.actions += 1
        try:
            computed()
            expected = None
        except RefusedError as refusal:
            expected = refusal.reasons
        try:
            on_chain()
            refused = None
        except TransactionReverted as refusal:
            refused = refusal.reason
        assert (refused is None) == (expected is None), f"chain: {refused}, computed: {expected}"
        if refused is not None:
            named = set().union(*(REASONS[reason] for reason in expected))
            assert refused in named, f"chain: {refused}, computed: {expected}"
            self.refusals.append(refused)
        self.compare(user)
        return refused is None
