"""Deploys Aave v3.6 or v3.0 with three reserves, as governance would set them up.

Source: the deployment procedures of aave-v3-origin (AaveV3SetupBatch, ListingEngine) and of
aave-v3-core, reduced to what a pool of three assets needs.
"""

from dataclasses import dataclass

from tests.evm import market
from tests.evm.anvil import Anvil
from tests.evm.market import ASSETS, BPS, EMODE, RAY, Asset, Curve, bps
from tests.evm.toolchain import contract_30, contracts_36

ZERO = "0x" + "0" * 40
TREASURY = "0x" + "77" * 20
WHOLE_RAY_BPS = RAY // BPS


class Contract:
    """An address with an ABI: `call` reads, `send` writes in a block of its own.

    web3 checks the whole ABI at each call, which a test of many steps would feel; so calls are
    encoded here, by entries that are looked up once.
    """

    def __init__(self, chain: Anvil, address: str, abi: list) -> None:
        from web3 import Web3

        self.address = Web3.to_checksum_address(address)
        self._chain = chain
        self._entries = [entry for entry in abi if entry["type"] == "function"]
        self._known: dict[str, tuple[str, list, list]] = {}
        self.web3 = chain.web3.eth.contract(address=self.address, abi=abi)

    def data(self, function: str, *arguments) -> str:
        selector, inputs, _ = self._entry(function)
        return selector + self._chain.web3.codec.encode(inputs, arguments).hex()

    def call(self, function: str, *arguments, block: int | str = "latest"):
        at = hex(block) if isinstance(block, int) else block
        question = {"to": self.address, "data": self.data(function, *arguments)}
        answer = bytes.fromhex(self._chain.rpc("eth_call", question, at).removeprefix("0x"))
        values = self._chain.web3.codec.decode(self._entry(function)[2], answer)
        return values[0] if len(values) == 1 else values

    def _entry(self, function: str) -> tuple[str, list, list]:
        """Selector, input types and output types of a function that is not overloaded."""
        from eth_utils import abi

        if function not in self._known:
            (entry,) = (x for x in self._entries if x["name"] == function)
            self._known[function] = (
                "0x" + abi.function_abi_to_4byte_selector(entry).hex(),
                abi.get_abi_input_types(entry),
                abi.get_abi_output_types(entry),
            )
        return self._known[function]

    def send(self, sender: str, function: str, *arguments):
        return self._chain.send(sender, self.address, self.data(function, *arguments))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Where everything is. Keys are symbols."""

    version: str
    pool: Contract
    configurator: Contract
    oracle: Contract
    data_provider: Contract
    addresses_provider: Contract
    lens: Contract
    looper: Contract
    tokens: dict[str, Contract]
    atokens: dict[str, Contract]
    debts: dict[str, Contract]
    feeds: dict[str, Contract]
    curve_deployer: "Deployer"


class Deployer:
    """Sends what sets a market up, from the chain's first account."""

    def __init__(self, chain: Anvil, version: str) -> None:
        self.chain = chain
        self.version = version
        self.admin = chain.accounts[0]
        self._libraries: dict[str, str] = {}

    def artifact(self, name: str, path_30: str | None) -> dict:
        """A contract of ours (no path), or Aave's of this version."""
        if path_30 is None or self.version == "3.6":
            return contracts_36()[name]
        return contract_30(path_30)

    def deploy(self, artifact: dict, *arguments) -> Contract:
        """Create a contract, its libraries first."""
        code = artifact["bytecode"]
        for library, places in artifact["linkReferences"].items():
            address = self._library(library)
            for start in places:
                code = code[: 2 * start] + address + code[2 * start + 40 :]
        factory = self.chain.web3.eth.contract(abi=artifact["abi"], bytecode="0x" + code)
        data = factory.constructor(*arguments).data_in_transaction
        receipt = self.chain.send(self.admin, None, data)
        return Contract(self.chain, receipt["contractAddress"], artifact["abi"])

    def own(self, name: str, *arguments) -> Contract:
        return self.deploy(contracts_36()[name], *arguments)

    def at(self, address: str, abi: list) -> Contract:
        return Contract(self.chain, address, abi)

    def _library(self, name: str) -> str:
        if name not in self._libraries:
            path = f"protocol/libraries/logic/{name}"
            created = self.deploy(self.artifact(name, path))
            self._libraries[name] = created.address.removeprefix("0x").lower()
        return self._libraries[name]

    def curve_30(self, provider: str, curve: Curve) -> Contract:
        """A rate strategy of v3.0, which is one contract a curve (its stable rates are unused)."""
        ray = [
            bps(value) * WHOLE_RAY_BPS
            for value in (curve.optimal, curve.base_apr, curve.slope1_apr, curve.slope2_apr)
        ]
        artifact = contract_30("protocol/pool/DefaultReserveInterestRateStrategy")
        return self.deploy(artifact, provider, *ray, 0, 0, 0, 0, 0)


def curve_36(curve: Curve) -> tuple[int, int, int, int]:
    """The curve as v3.6 stores it, in basis points."""
    return (bps(curve.optimal), bps(curve.base_apr), bps(curve.slope1_apr), bps(curve.slope2_apr))


def deploy(chain: Anvil, version: str) -> Deployment:
    """Deploy the market of `tests.evm.market`; nothing is supplied yet."""
    assert version in {"3.6", "3.0"}, version
    work = Deployer(chain, version)
    tokens, feeds = _tokens(work)
    provider = _provider(work)
    strategy = None
    if version == "3.6":
        artifact = contracts_36()["DefaultReserveInterestRateStrategyV2"]
        strategy = work.deploy(artifact, provider.address)
    pool, configurator = _pool(work, provider, strategy)
    oracle = work.deploy(
        work.artifact("AaveOracle", "misc/AaveOracle"),
        provider.address,
        [tokens[asset.symbol].address for asset in ASSETS],
        [feeds[asset.symbol].address for asset in ASSETS],
        ZERO,
        ZERO,
        market.PRICE_UNIT,
    )
    provider.send(work.admin, "setPriceOracle", oracle.address)
    data_provider = work.deploy(
        work.artifact("AaveProtocolDataProvider", "misc/AaveProtocolDataProvider"), provider.address
    )
    provider.send(work.admin, "setPoolDataProvider", data_provider.address)
    _list_reserves(work, provider, pool, configurator, tokens)
    _configure(work, configurator, tokens)
    atokens, debts = _receipts(work, pool, tokens)
    return Deployment(
        version=version,
        pool=pool,
        configurator=configurator,
        oracle=oracle,
        data_provider=data_provider,
        addresses_provider=provider,
        lens=work.own("Lens", pool.address, oracle.address),
        looper=work.own("Looper", pool.address, tokens["WETH"].address, tokens["weETH"].address),
        tokens=tokens,
        atokens=atokens,
        debts=debts,
        feeds=feeds,
        curve_deployer=work,
    )


def _tokens(work: Deployer) -> tuple[dict[str, Contract], dict[str, Contract]]:
    weth = work.own("TestToken", "Wrapped Ether", "WETH", 18)
    usdt = work.own("TestToken", "Tether USD", "USDT", 6)
    staked = work.own("TestStakedToken", "Wrapped eETH", "weETH", weth.address)
    staked.send(work.admin, "setRate", round(market.FIRST_RATE * market.WAD))
    feeds = {
        symbol: work.own("TestFeed", round(price * market.PRICE_UNIT))
        for symbol, price in market.FIRST_PRICES_USD.items()
    }
    feeds["weETH"] = work.own(
        "CappedRateFeed",
        feeds["WETH"].address,
        staked.address,
        round(market.FIRST_RATE * market.WAD),
        bps(market.CAP_GROWTH_APR),
    )
    return {"WETH": weth, "weETH": staked, "USDT": usdt}, feeds


def _provider(work: Deployer) -> Contract:
    """The registry, and the roles, all held by the first account."""
    artifact = work.artifact(
        "PoolAddressesProvider", "protocol/configuration/PoolAddressesProvider"
    )
    provider = work.deploy(artifact, "Test market", work.admin)
    provider.send(work.admin, "setACLAdmin", work.admin)
    roles = work.deploy(
        work.artifact("ACLManager", "protocol/configuration/ACLManager"), provider.address
    )
    provider.send(work.admin, "setACLManager", roles.address)
    roles.send(work.admin, "addPoolAdmin", work.admin)
    return provider


def _pool(
    work: Deployer, provider: Contract, strategy: Contract | None
) -> tuple[Contract, Contract]:
    """Pool and configurator behind the provider's proxies."""
    pool = work.artifact("PoolInstance", "protocol/pool/Pool")
    built = work.deploy(pool, provider.address, *([] if strategy is None else [strategy.address]))
    if strategy is None:
        built.send(work.admin, "initialize", provider.address)
    provider.send(work.admin, "setPoolImpl", built.address)
    configurator = work.artifact("PoolConfiguratorInstance", "protocol/pool/PoolConfigurator")
    implementation = work.deploy(configurator)
    provider.send(work.admin, "setPoolConfiguratorImpl", implementation.address)
    return (
        work.at(provider.call("getPool"), pool["abi"]),
        work.at(provider.call("getPoolConfigurator"), configurator["abi"]),
    )


def _list_reserves(
    work: Deployer,
    provider: Contract,
    pool: Contract,
    configurator: Contract,
    tokens: dict[str, Contract],
) -> None:
    inputs = _inputs_36 if work.version == "3.6" else _inputs_30
    configurator.send(work.admin, "initReserves", inputs(work, provider, pool, tokens))


def _names(asset: Asset, kind: str) -> tuple[str, str]:
    return f"Test {kind} {asset.symbol}", f"{kind}{asset.symbol}"


def _inputs_36(
    work: Deployer, provider: Contract, pool: Contract, tokens: dict[str, Contract]
) -> list[tuple]:
    del provider  # v3.6 knows the pool alone
    compiled = contracts_36()
    atoken = work.deploy(compiled["ATokenInstance"], pool.address, ZERO, TREASURY)
    debt = work.deploy(compiled["VariableDebtTokenInstance"], pool.address, ZERO)
    codec = work.chain.web3.codec
    return [
        (
            atoken.address,
            debt.address,
            tokens[asset.symbol].address,
            *_names(asset, "a"),
            *_names(asset, "variableDebt"),
            b"",
            codec.encode(["uint16", "uint32", "uint32", "uint32"], curve_36(asset.curve)),
        )
        for asset in ASSETS
    ]


def _inputs_30(
    work: Deployer, provider: Contract, pool: Contract, tokens: dict[str, Contract]
) -> list[tuple]:
    atoken, stable, variable = (
        work.deploy(contract_30(f"protocol/tokenization/{name}"), pool.address)
        for name in ("AToken", "StableDebtToken", "VariableDebtToken")
    )
    return [
        (
            atoken.address,
            stable.address,
            variable.address,
            asset.decimals,
            work.curve_30(provider.address, asset.curve).address,
            tokens[asset.symbol].address,
            TREASURY,
            ZERO,
            *_names(asset, "a"),
            *_names(asset, "variableDebt"),
            *_names(asset, "stableDebt"),
            b"",
        )
        for asset in ASSETS
    ]


def _configure(work: Deployer, configurator: Contract, tokens: dict[str, Contract]) -> None:
    """Collateral terms, borrowing, flash loans and e-mode of every reserve."""

    def tell(function: str, *arguments) -> None:
        configurator.send(work.admin, function, *arguments)

    category = (
        EMODE.number,
        bps(EMODE.ltv),
        bps(EMODE.liquidation_threshold),
        BPS + bps(EMODE.bonus),
    )
    if work.version == "3.6":
        tell("setEModeCategory", *category, EMODE.label)
        tell("updateFlashloanPremium", market.FLASH_PREMIUM_BPS)
    else:
        tell("setEModeCategory", *category, ZERO, EMODE.label)
        tell("updateFlashloanPremiumTotal", market.FLASH_PREMIUM_BPS)
        tell("updateFlashloanPremiumToProtocol", BPS)
    for asset in ASSETS:
        token = tokens[asset.symbol].address
        tell(
            "configureReserveAsCollateral",
            token,
            bps(asset.ltv),
            bps(asset.liquidation_threshold),
            BPS + bps(asset.bonus),
        )
        tell("setLiquidationProtocolFee", token, bps(asset.protocol_fee_share))
        tell("setReserveFactor", token, bps(asset.reserve_factor))
        tell("setReserveBorrowing", token, True)  # noqa: FBT003 - the contract's signature
        tell("setReserveFlashLoaning", token, True)  # noqa: FBT003 - the contract's signature
        if asset.in_emode:
            _join_emode(work, tell, token)


def _join_emode(work: Deployer, tell, token: str) -> None:
    if work.version == "3.6":
        tell("setAssetCollateralInEMode", token, EMODE.number, True)  # noqa: FBT003 - the contract's signature
        tell("setAssetBorrowableInEMode", token, EMODE.number, True)  # noqa: FBT003 - the contract's signature
    else:
        tell("setAssetEModeCategory", token, EMODE.number)


def _receipts(
    work: Deployer, pool: Contract, tokens: dict[str, Contract]
) -> tuple[dict[str, Contract], dict[str, Contract]]:
    """The aToken and the variable debt token of each reserve."""
    atoken = work.artifact("ATokenInstance", "protocol/tokenization/AToken")["abi"]
    debt = work.artifact("VariableDebtTokenInstance", "protocol/tokenization/VariableDebtToken")
    atokens, debts = {}, {}
    for symbol, token in tokens.items():
        _, _, debt_address = _addresses(pool, token)
        atokens[symbol] = work.at(_addresses(pool, token)[0], atoken)
        debts[symbol] = work.at(debt_address, debt["abi"])
    return atokens, debts


def _addresses(pool: Contract, token: Contract) -> tuple[str, str, str]:
    """The aToken, stable debt token and variable debt token of a reserve."""
    data = pool.call("getReserveData", token.address)
    return data[8], data[9], data[10]
