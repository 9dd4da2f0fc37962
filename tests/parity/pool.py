"""A pool in floats, moved by the package's calculators alone, and never told what the chain holds.

Amounts are in tokens. It knows what the contracts do around the formulas (which index is updated
when, what is checked), for v3.0 and v3.6; every number comes from `basis_lab.calc`.
"""

import copy
import math
from dataclasses import dataclass, field

import numpy as np

from basis_lab.calc import aave
from basis_lab.calc.liquidation import (
    RULES_3_0,
    RULES_3_3,
    Collateral,
    Debt,
    Liquidation,
    liquidation,
)
from tests.evm.market import (
    ASSETS,
    CAP_GROWTH_APR,
    EMODE,
    FIRST_RATE,
    FLASH_PREMIUM_BPS,
    Asset,
    Curve,
)

ASSET = {asset.symbol: asset for asset in ASSETS}
PREMIUM = FLASH_PREMIUM_BPS / 10_000
# Averages that are whole basis points must not fall by a rounding error of floats.
FLOOR_SLACK = 1e-6


class RefusedError(Exception):
    """What the pool would not do, with every reason that applies."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = set(reasons)


def one(value: float) -> np.ndarray:
    """A scalar as the calculators take it."""
    return np.array([value])


@dataclass(slots=True)
class Reserve:
    """The state of one reserve; indices are as stored at `updated_s`."""

    curve: Curve
    updated_s: int
    liquidity_index: float = 1.0
    borrow_index: float = 1.0
    supply_apr: float = 0.0
    borrow_apr: float = 0.0
    scaled_supply: float = 0.0
    scaled_debt: float = 0.0
    available: float = 0.0
    treasury_scaled: float = 0.0
    deficit: float = 0.0


@dataclass(slots=True)
class Account:
    """Scaled balances by symbol."""

    supply: dict[str, float] = field(default_factory=lambda: dict.fromkeys(ASSET, 0.0))
    debt: dict[str, float] = field(default_factory=lambda: dict.fromkeys(ASSET, 0.0))
    emode: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """Values in USD of an account, as getUserAccountData reports them."""

    collateral: float
    debt: float
    average_ltv: float
    weighted: float
    factor: float


class FloatPool:
    """The pool; `at` moves its clock, the rest are the users' actions and the world's."""

    def __init__(self, version: str, now_s: int, prices: dict[str, float], rate: float) -> None:
        self.version = version
        self.now_s = now_s
        self.prices = dict(prices)
        self.rate = rate
        self.cap_age_s = 0.0
        self.reserves = {
            symbol: Reserve(curve=asset.curve, updated_s=now_s, borrow_apr=asset.curve.base_apr)
            for symbol, asset in ASSET.items()
        }
        self.accounts: dict[str, Account] = {}

    # What can be read.

    def account(self, user: str) -> Account:
        return self.accounts.setdefault(user, Account())

    def price(self, symbol: str) -> float:
        if symbol == "weETH":
            terms = one(FIRST_RATE), one(CAP_GROWTH_APR), one(self.cap_age_s)
            return self.prices["WETH"] * aave.capped_rate(one(self.rate), *terms)[0]
        return self.prices[symbol]

    def indices(self, symbol: str) -> tuple[float, float]:
        """Liquidity and borrow index, accrued to now."""
        reserve = self.reserves[symbol]
        elapsed = one(float(self.now_s - reserve.updated_s))
        grow = (
            aave.compounded_interest if self.version == "3.6" else aave.compounded_interest_binomial
        )
        supply = aave.linear_interest(one(reserve.supply_apr), elapsed)[0]
        debt = grow(one(reserve.borrow_apr), elapsed)[0]
        return reserve.liquidity_index * supply, reserve.borrow_index * debt

    def supplied(self, user: str, symbol: str) -> float:
        scaled = one(self.account(user).supply[symbol])
        return aave.underlying_from_scaled(scaled, one(self.indices(symbol)[0]))[0]

    def owed(self, user: str, symbol: str) -> float:
        scaled = one(self.account(user).debt[symbol])
        return aave.underlying_from_scaled(scaled, one(self.indices(symbol)[1]))[0]

    def terms(self, user: str, asset: Asset) -> tuple[float, float, float]:
        """LTV, liquidation threshold and bonus that hold for an account's collateral."""
        if self.account(user).emode and asset.in_emode:
            return EMODE.ltv, EMODE.liquidation_threshold, EMODE.bonus
        return asset.ltv, asset.liquidation_threshold, asset.bonus

    def health(self, user: str) -> Health:
        """Account data. Averages are floored to basis points where the contracts do so.

        Both versions floor the average LTV; v3.0 also the threshold within the health factor.
        """
        collateral = weighted = borrowable = debt = 0.0
        for symbol, asset in ASSET.items():
            value = self.supplied(user, symbol) * self.price(symbol)
            ltv, threshold, _ = self.terms(user, asset)
            collateral += value
            weighted += value * threshold
            borrowable += value * ltv
            debt += self.owed(user, symbol) * self.price(symbol)
        if self.version == "3.0" and collateral > 0.0:
            weighted = collateral * _floor_bps(weighted / collateral)
        return Health(
            collateral=collateral,
            debt=debt,
            average_ltv=_floor_bps(borrowable / collateral) if collateral > 0.0 else 0.0,
            weighted=weighted,
            factor=aave.health_factor(one(weighted), one(debt))[0],
        )

    # What users do. Each raises RefusedError and then has changed nothing.

    def supply(self, user: str, symbol: str, tokens: float) -> None:
        reserve = self._accrued(symbol)
        scaled = aave.scaled_from_underlying(one(tokens), one(reserve.liquidity_index))[0]
        self.account(user).supply[symbol] += scaled
        reserve.scaled_supply += scaled
        reserve.available += tokens
        self._set_rates(symbol)

    def withdraw(self, user: str, symbol: str, tokens: float | None) -> None:
        """Take tokens out; None for all there is."""
        before = copy.deepcopy((self.reserves, self.accounts))
        reserve, account = self._accrued(symbol), self.account(user)
        index = one(reserve.liquidity_index)
        scaled = account.supply[symbol]
        if tokens is None:
            tokens = aave.underlying_from_scaled(one(scaled), index)[0]
        else:
            scaled = aave.scaled_from_underlying(one(tokens), index)[0]
        reasons = set()
        if scaled > account.supply[symbol]:
            reasons.add("balance")
        account.supply[symbol] -= scaled
        reserve.scaled_supply -= scaled
        self._pay_out(reserve, tokens, reasons)
        if self.health(user).factor < 1.0:
            reasons.add("health")
        self._settle(reasons, before, symbol)

    def borrow(self, user: str, symbol: str, tokens: float) -> None:
        before = copy.deepcopy((self.reserves, self.accounts))
        reserve, account = self._accrued(symbol), self.account(user)
        scaled = aave.scaled_from_underlying(one(tokens), one(reserve.borrow_index))[0]
        reasons = set()
        if account.emode and not ASSET[symbol].in_emode:
            reasons.add("emode")
        account.debt[symbol] += scaled
        reserve.scaled_debt += scaled
        self._pay_out(reserve, tokens, reasons)
        health = self.health(user)
        if health.factor < 1.0:
            reasons.add("health")
        if health.debt > health.collateral * health.average_ltv:
            reasons.add("ltv")
        self._settle(reasons, before, symbol)

    def repay(self, user: str, symbol: str, tokens: float) -> float:
        """Pay back at most what is owed; return what was taken."""
        before = copy.deepcopy((self.reserves, self.accounts))
        if self.account(user).debt[symbol] == 0.0:
            self._settle({"no debt"}, before)
        self._accrued(symbol)
        paid = min(tokens, self.owed(user, symbol))
        self._burn_debt(user, symbol, paid, whole=paid < tokens)
        self.reserves[symbol].available += paid
        self._set_rates(symbol)
        return paid

    def set_emode(self, user: str, *, inside: bool) -> None:
        before = copy.deepcopy((self.reserves, self.accounts))
        account = self.account(user)
        reasons = set()
        if inside and any(
            account.debt[symbol] > 0.0 for symbol, asset in ASSET.items() if not asset.in_emode
        ):
            reasons.add("emode")
        account.emode = inside
        if self.health(user).factor < 1.0:
            reasons.add("health")
        self._settle(reasons, before)

    def loop_open(self, user: str, equity: float, flash: float) -> None:
        """Stake equity and flash loan, supply, borrow flash and premium, pay the loan back."""
        before = copy.deepcopy((self.reserves, self.accounts))
        weth = self._accrued("WETH")
        if flash > weth.available:
            self._settle({"liquidity"}, before)
        weth.available -= flash
        self.supply(user, "weETH", (equity + flash) / self.rate)
        try:
            self.borrow(user, "WETH", flash * (1.0 + PREMIUM))
        except RefusedError as refusal:
            self._settle(refusal.reasons, before)
        self._return_flash(flash)

    def loop_close(self, user: str, flash: float, shares: float | None) -> None:
        """Repay with a flash loan, withdraw shares (None: all), unstake, pay the loan back."""
        before = copy.deepcopy((self.reserves, self.accounts))
        weth = self._accrued("WETH")
        if flash > weth.available:
            self._settle({"liquidity"}, before)
        weth.available -= flash
        try:
            paid = self.repay(user, "WETH", flash)
            taken = self.supplied(user, "weETH") if shares is None else shares
            self.withdraw(user, "weETH", shares)
        except RefusedError as refusal:
            self._settle(refusal.reasons, before)
        if taken * self.rate < paid + flash * PREMIUM:
            self._settle({"funds"}, before)
        self._return_flash(flash)

    def preview_liquidation(self, user: str, collateral: str, debt: str) -> Liquidation:
        """What the calculator says of a liquidation now."""
        asset = ASSET[collateral]
        _, threshold, bonus = self.terms(user, asset)
        held, owed = self.supplied(user, collateral), self.owed(user, debt)
        price, debt_price = self.price(collateral), self.price(debt)
        others = {symbol for symbol in ASSET if symbol != collateral}
        other_weighted = sum(
            self.supplied(user, symbol) * self.price(symbol) * self.terms(user, ASSET[symbol])[1]
            for symbol in others
        )
        return liquidation(
            Collateral(
                units=one(held),
                price=one(price),
                liquidation_threshold=one(threshold),
                bonus=one(bonus),
                protocol_fee_share=one(asset.protocol_fee_share),
                other_weighted_value=one(other_weighted),
            ),
            Debt(
                units=one(owed),
                price=one(debt_price),
                other_value=one(
                    sum(
                        self.owed(user, symbol) * self.price(symbol)
                        for symbol in ASSET
                        if symbol != debt
                    )
                ),
            ),
            usd_per_currency=np.ones(1),
            rules=RULES_3_3 if self.version == "3.6" else RULES_3_0,
        )

    def liquidate(self, user: str, collateral: str, debt: str) -> Liquidation:
        """Apply what the calculator says."""
        self._accrued(debt)
        self._accrued(collateral)
        result = self.preview_liquidation(user, collateral, debt)
        account, reserve = self.account(user), self.reserves[collateral]
        seized, fee = result.seized_units[0], result.protocol_fee_units[0]
        repaid, lost = result.repaid_units[0], result.bad_debt_units[0]
        if seized == self.supplied(user, collateral):
            scaled = account.supply[collateral]
        else:
            scaled = aave.scaled_from_underlying(one(seized), one(reserve.liquidity_index))[0]
        account.supply[collateral] -= scaled
        reserve.scaled_supply -= scaled
        fee_scaled = aave.scaled_from_underlying(one(fee), one(reserve.liquidity_index))[0]
        reserve.scaled_supply += fee_scaled  # the treasury holds it as aTokens
        reserve.available -= seized - fee
        self._burn_debt(user, debt, repaid, whole=repaid + lost == self.owed(user, debt))
        self.reserves[debt].available += repaid
        self.reserves[debt].deficit += lost
        self._set_rates(debt)
        self._set_rates(collateral)
        if lost > 0.0:
            self._write_off_other_debts(user)
        return result

    # What the world does.

    def set_curve(self, symbol: str, curve: Curve) -> None:
        """Change a curve: v3.6 applies it at once, v3.0 at the next action."""
        if self.version == "3.6":
            self._accrued(symbol)
        self.reserves[symbol].curve = curve
        if self.version == "3.6":
            self._set_rates(symbol)

    # Parts.

    def _accrued(self, symbol: str) -> Reserve:
        """Bring a reserve's indices and the treasury's share up to now, and store them."""
        reserve = self.reserves[symbol]
        supply_index, borrow_index = self.indices(symbol)
        reserve.liquidity_index = supply_index
        if reserve.scaled_debt > 0.0:
            interest = reserve.scaled_debt * (borrow_index - reserve.borrow_index)
            share = interest * ASSET[symbol].reserve_factor
            reserve.treasury_scaled += share / supply_index
            reserve.borrow_index = borrow_index
        reserve.updated_s = self.now_s
        return reserve

    def _set_rates(self, symbol: str) -> None:
        reserve, curve = self.reserves[symbol], self.reserves[symbol].curve
        debt = one(reserve.scaled_debt * reserve.borrow_index)
        if debt[0] == 0.0:
            reserve.supply_apr, reserve.borrow_apr = 0.0, curve.base_apr
            return
        usage = aave.utilisation(debt, one(reserve.available))
        borrow = aave.borrow_rate(
            usage,
            optimal=curve.optimal,
            base_apr=curve.base_apr,
            slope1_apr=curve.slope1_apr,
            slope2_apr=curve.slope2_apr,
        )
        # The supply rate counts a deficit as if it were still lent out.
        usage = aave.utilisation(debt, one(reserve.available + reserve.deficit))
        supply = aave.supply_rate(borrow, usage, ASSET[symbol].reserve_factor)
        reserve.supply_apr, reserve.borrow_apr = supply[0], borrow[0]

    def _pay_out(self, reserve: Reserve, tokens: float, reasons: set[str]) -> None:
        if tokens > reserve.available:
            reasons.add("liquidity")
        reserve.available -= tokens

    def _burn_debt(self, user: str, symbol: str, tokens: float, *, whole: bool) -> None:
        account, reserve = self.account(user), self.reserves[symbol]
        scaled = account.debt[symbol]
        if not whole:
            scaled = aave.scaled_from_underlying(one(tokens), one(reserve.borrow_index))[0]
        account.debt[symbol] -= scaled
        # A sum is exactly zero when the last debt is gone, as it is on chain.
        reserve.scaled_debt = sum(each.debt[symbol] for each in self.accounts.values())

    def _write_off_other_debts(self, user: str) -> None:
        for symbol in ASSET:
            if self.account(user).debt[symbol] > 0.0:
                self._accrued(symbol)
                self.reserves[symbol].deficit += self.owed(user, symbol)
                self._burn_debt(user, symbol, 0.0, whole=True)
                self._set_rates(symbol)

    def _return_flash(self, flash: float) -> None:
        weth = self.reserves["WETH"]
        weth.available += flash * (1.0 + PREMIUM)
        weth.treasury_scaled += flash * PREMIUM / weth.liquidity_index
        self._set_rates("WETH")

    def _settle(self, reasons: set[str], before: tuple, symbol: str | None = None) -> None:
        """Undo and refuse where there is a reason; otherwise set the new rates."""
        if reasons:
            self.reserves, self.accounts = before
            raise RefusedError(*sorted(reasons))
        if symbol is not None:
            self._set_rates(symbol)


def _floor_bps(fraction: float) -> float:
    return math.floor(fraction * 10_000 + FLOOR_SLACK) / 10_000
