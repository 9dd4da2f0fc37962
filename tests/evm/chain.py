"""`AaveChain`: a whole Aave market on a local chain, with the levers that tests pull.

Amounts are integers in native units (wei); `units` makes them from tokens. Every action is one
transaction in a block of its own, one second after the last block unless time was moved.
"""

from dataclasses import dataclass

from tests.evm import market
from tests.evm.anvil import Anvil, TransactionReverted
from tests.evm.deploy import Contract, Deployment, curve_36, deploy
from tests.evm.errors import reason_name
from tests.evm.market import ASSETS, PRICE_UNIT, WAD, Curve

MAX = 2**256 - 1
VARIABLE = 2
SYMBOLS = tuple(asset.symbol for asset in ASSETS)
USERS = 6
PURSE_TOKENS = {"WETH": 1_000_000, "weETH": 1_000_000, "USDT": 5_000_000_000}
FIRST_SUPPLY_TOKENS = {"WETH": 100_000, "weETH": 20_000, "USDT": 300_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveState:
    """What a reserve stores and answers at a block; integers as the contracts hold them.

    Indices and rates in ray, amounts in native units, the price in USD with 8 decimals.
    ``liquidity_index`` and ``borrow_index`` are accrued up to the block, the stored ones are not.
    """

    stored_liquidity_index: int
    stored_borrow_index: int
    liquidity_rate: int
    borrow_rate: int
    last_update_s: int
    liquidity_index: int
    borrow_index: int
    scaled_supply: int
    scaled_debt: int
    available: int
    accrued_to_treasury: int
    deficit: int
    price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """One account's part of a reserve, native units."""

    scaled_supply: int
    scaled_debt: int
    supplied: int
    borrowed: int
    wallet: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """getUserAccountData and the e-mode; values in USD with 8 decimals, HF in wad."""

    collateral: int
    debt: int
    borrowable: int
    liquidation_threshold_bps: int
    ltv_bps: int
    health_factor: int
    emode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolState:
    """A look at the pool and one account at a block; mappings by symbol."""

    timestamp_s: int
    reserves: dict[str, ReserveState]
    lines: dict[str, LineState]
    account: AccountState


class AaveChain:
    """A market of WETH, weETH (staked WETH) and USDT on a chain of its own.

    Parameters
    ----------
    version : str
        "3.6" or "3.0".
    """

    def __init__(self, version: str) -> None:
        self.anvil = Anvil()
        try:
            self.market: Deployment = deploy(self.anvil, version)
            self.version = version
            self.admin, self.keeper = self.anvil.accounts[0], self.anvil.accounts[9]
            self.users: list[str] = self.anvil.accounts[2 : 2 + USERS]
            self.whale = self.anvil.accounts[1]
            for account in (self.whale, self.keeper, *self.users):
                self._equip(account)
            for symbol, tokens in FIRST_SUPPLY_TOKENS.items():
                self.supply(self.whale, symbol, self.units(symbol, tokens))
        except BaseException:
            self.anvil.stop()
            raise

    @property
    def url(self) -> str:
        return self.anvil.url

    # What an account does.

    def supply(self, user: str, symbol: str, amount: int) -> dict:
        return self._pool(user, "supply", self._token(symbol), amount, user, 0)

    def withdraw(self, user: str, symbol: str, amount: int) -> dict:
        return self._pool(user, "withdraw", self._token(symbol), amount, user)

    def borrow(self, user: str, symbol: str, amount: int) -> dict:
        return self._pool(user, "borrow", self._token(symbol), amount, VARIABLE, 0, user)

    def repay(self, user: str, symbol: str, amount: int) -> dict:
        return self._pool(user, "repay", self._token(symbol), amount, VARIABLE, user)

    def set_emode(self, user: str, category: int) -> dict:
        return self._pool(user, "setUserEMode", category)

    def liquidate(self, user: str, collateral: str, debt: str, amount: int) -> dict:
        """Let the keeper repay at most ``amount`` of a user's debt and take the collateral."""
        tokens = self._token(collateral), self._token(debt)
        return self._pool(self.keeper, "liquidationCall", *tokens, user, amount, False)  # noqa: FBT003 - the contract's signature

    def liquidate_in_one_block(
        self, user: str, calls: list[tuple[str, str]], timestamp_s: int
    ) -> None:
        """Let the keeper take all it may of each (collateral, debt) in turn, at one second."""
        pool = self.market.pool
        data = []
        for collateral, debt in calls:
            tokens = self._token(collateral), self._token(debt)
            data.append(pool.data("liquidationCall", *tokens, user, MAX, False))  # noqa: FBT003 - the contract's signature
        self.anvil.send_together(self.keeper, pool.address, data, timestamp_s)

    def loop_open(self, user: str, equity: int, flash: int) -> dict:
        """Lever up: stake equity and a flash loan of WETH, supply, borrow to pay the loan back."""
        return self._send(user, self.market.looper, "open", equity, flash)

    def loop_close(self, user: str, flash: int, shares: int) -> dict:
        """Lever down: repay with a flash loan of WETH, withdraw weETH, unstake, pay it back."""
        return self._send(user, self.market.looper, "close", flash, shares)

    # What the world does.

    def set_price(self, symbol: str, price_usd: float) -> None:
        """Set the feed of WETH or USDT; weETH's price follows WETH's and the rate."""
        feed = self.market.feeds[symbol]
        self._send(self.admin, feed, "setAnswer", round(price_usd * PRICE_UNIT))

    def set_rate(self, rate: float) -> None:
        """Set what one weETH redeems for, in WETH."""
        self._send(self.admin, self.market.tokens["weETH"], "setRate", round(rate * WAD))

    def set_cap(self, ratio: float, timestamp_s: int, growth_apr: float) -> None:
        """Set the oracle's cap on the rate: a snapshot and its yearly growth."""
        cap = round(ratio * WAD), timestamp_s, market.bps(growth_apr)
        self._send(self.admin, self.market.feeds["weETH"], "setCap", *cap)

    def set_curve(self, symbol: str, curve: Curve) -> None:
        """Give a reserve another rate curve, as governance would."""
        token, configurator = self._token(symbol), self.market.configurator
        if self.version == "3.6":
            codec = self.anvil.web3.codec
            data = codec.encode(["uint16", "uint32", "uint32", "uint32"], curve_36(curve))
            self._send(self.admin, configurator, "setReserveInterestRateData", token, data)
        else:
            provider = self.market.addresses_provider.address
            created = self.market.curve_deployer.curve_30(provider, curve)
            change = "setReserveInterestRateStrategyAddress", token, created.address
            self._send(self.admin, configurator, *change)

    def mint(self, symbol: str, account: str, amount: int) -> None:
        self._send(self.admin, self.market.tokens[symbol], "mint", account, amount)

    # Time and undoing.

    def now(self) -> int:
        return self.anvil.now()

    def at(self, timestamp_s: int) -> None:
        """Give the next block, so the next action, this time."""
        self.anvil.at(timestamp_s)

    def wait(self, seconds: int) -> None:
        """Mine an empty block that many seconds after the last."""
        self.anvil.wait(seconds)

    # What one can read.

    def units(self, symbol: str, tokens: float) -> int:
        """Native units of so many tokens."""
        unit = next(asset.unit for asset in ASSETS if asset.symbol == symbol)
        return round(tokens * unit)

    def look(self, user: str, block: int | str = "latest") -> PoolState:
        """Read every reserve and one account, in one call, at a block."""
        addresses = [self._token(symbol) for symbol in SYMBOLS]
        timestamp, reserves, lines, account = self.market.lens.call(
            "look", addresses, user, block=block
        )
        return PoolState(
            timestamp_s=timestamp,
            reserves={
                symbol: _named(ReserveState, values)
                for symbol, values in zip(SYMBOLS, reserves, strict=True)
            },
            lines={
                symbol: _named(LineState, values)
                for symbol, values in zip(SYMBOLS, lines, strict=True)
            },
            account=_named(AccountState, account),
        )

    def liquidation_event(self, receipt: dict) -> dict:
        """The arguments of a receipt's LiquidationCall."""
        from web3.logs import DISCARD

        event = self.market.pool.web3.events.LiquidationCall()
        return dict(event.process_receipt(_as_logs(receipt), errors=DISCARD)[0]["args"])

    # Plumbing.

    def _token(self, symbol: str) -> str:
        return self.market.tokens[symbol].address

    def _pool(self, sender: str, function: str, *arguments) -> dict:
        return self._send(sender, self.market.pool, function, *arguments)

    def _send(self, sender: str, contract: Contract, function: str, *arguments) -> dict:
        try:
            return contract.send(sender, function, *arguments)
        except TransactionReverted as refusal:
            raise TransactionReverted(reason_name(refusal.reason)) from refusal

    def _equip(self, account: str) -> None:
        """Fill a purse, and allow pool and looper what they need."""
        pool, looper = self.market.pool.address, self.market.looper.address
        for symbol, tokens in PURSE_TOKENS.items():
            self.mint(symbol, account, self.units(symbol, tokens))
            self._send(account, self.market.tokens[symbol], "approve", pool, MAX)
        self._send(account, self.market.tokens["WETH"], "approve", looper, MAX)
        self._send(account, self.market.atokens["weETH"], "approve", looper, MAX)
        self._send(account, self.market.debts["WETH"], "approveDelegation", looper, MAX)


def _as_logs(receipt: dict) -> dict:
    """The receipt as web3 wants it: bytes where JSON-RPC gives text."""
    from web3._utils.method_formatters import receipt_formatter

    return receipt_formatter(receipt)


def _named(kind: type, values: tuple):
    return kind(**dict(zip(kind.__dataclass_fields__, values, strict=True)))
