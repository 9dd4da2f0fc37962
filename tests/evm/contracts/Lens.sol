// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IPool, Reserve} from "./IPool.sol";
import {TestToken} from "./TestToken.sol";

interface IScaled {
  function scaledBalanceOf(address user) external view returns (uint256);

  function scaledTotalSupply() external view returns (uint256);
}

interface IOracle {
  function getAssetPrice(address asset) external view returns (uint256);
}

/// Reads the whole of a pool and of one account in a single call, so that a test which compares
/// after every step stays fast.
contract Lens {
  struct ReserveView {
    uint256 storedLiquidityIndex;
    uint256 storedBorrowIndex;
    uint256 liquidityRate;
    uint256 borrowRate;
    uint256 lastUpdate;
    uint256 liquidityIndex;
    uint256 borrowIndex;
    uint256 scaledSupply;
    uint256 scaledDebt;
    uint256 available;
    uint256 accruedToTreasury;
    uint256 deficit;
    uint256 price;
  }

  struct LineView {
    uint256 scaledSupply;
    uint256 scaledDebt;
    uint256 supplied;
    uint256 borrowed;
    uint256 wallet;
  }

  struct AccountView {
    uint256 collateral;
    uint256 debt;
    uint256 borrowable;
    uint256 liquidationThreshold;
    uint256 ltv;
    uint256 healthFactor;
    uint256 eMode;
  }

  IPool public immutable pool;
  IOracle public immutable oracle;

  constructor(IPool pool_, IOracle oracle_) {
    pool = pool_;
    oracle = oracle_;
  }

  function look(
    address[] calldata assets,
    address user
  )
    external
    view
    returns (
      uint256 timestamp,
      ReserveView[] memory reserves,
      LineView[] memory lines,
      AccountView memory account
    )
  {
    timestamp = block.timestamp;
    reserves = new ReserveView[](assets.length);
    lines = new LineView[](assets.length);
    for (uint256 i = 0; i < assets.length; i++) {
      Reserve memory data = pool.getReserveData(assets[i]);
      reserves[i] = _reserve(assets[i], data);
      lines[i] = _line(assets[i], data, user);
    }
    (
      account.collateral,
      account.debt,
      account.borrowable,
      account.liquidationThreshold,
      account.ltv,
      account.healthFactor
    ) = pool.getUserAccountData(user);
    account.eMode = pool.getUserEMode(user);
  }

  function _reserve(
    address asset,
    Reserve memory data
  ) private view returns (ReserveView memory v) {
    v.storedLiquidityIndex = data.liquidityIndex;
    v.storedBorrowIndex = data.variableBorrowIndex;
    v.liquidityRate = data.currentLiquidityRate;
    v.borrowRate = data.currentVariableBorrowRate;
    v.lastUpdate = data.lastUpdateTimestamp;
    v.liquidityIndex = pool.getReserveNormalizedIncome(asset);
    v.borrowIndex = pool.getReserveNormalizedVariableDebt(asset);
    v.scaledSupply = IScaled(data.aToken).scaledTotalSupply();
    v.scaledDebt = IScaled(data.variableDebtToken).scaledTotalSupply();
    v.available = TestToken(asset).balanceOf(data.aToken);
    v.accruedToTreasury = data.accruedToTreasury;
    v.price = oracle.getAssetPrice(asset);
    try pool.getReserveDeficit(asset) returns (uint256 deficit) {
      v.deficit = deficit;
    } catch {
      v.deficit = 0; // v3.0 books none
    }
  }

  function _line(
    address asset,
    Reserve memory data,
    address user
  ) private view returns (LineView memory v) {
    v.scaledSupply = IScaled(data.aToken).scaledBalanceOf(user);
    v.scaledDebt = IScaled(data.variableDebtToken).scaledBalanceOf(user);
    v.supplied = TestToken(data.aToken).balanceOf(user);
    v.borrowed = TestToken(data.variableDebtToken).balanceOf(user);
    v.wallet = TestToken(asset).balanceOf(user);
  }
}
