// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

struct Reserve {
  uint256 configuration;
  uint128 liquidityIndex;
  uint128 currentLiquidityRate;
  uint128 variableBorrowIndex;
  uint128 currentVariableBorrowRate;
  uint128 currentStableBorrowRate;
  uint40 lastUpdateTimestamp;
  uint16 id;
  address aToken;
  address stableDebtToken;
  address variableDebtToken;
  address strategy;
  uint128 accruedToTreasury;
  uint128 unbacked;
  uint128 isolationModeTotalDebt;
}

/// What the pools of v3.0 and v3.6 have in common, as far as our contracts call it.
interface IPool {
  function supply(address asset, uint256 amount, address onBehalfOf, uint16 code) external;

  function withdraw(address asset, uint256 amount, address to) external returns (uint256);

  function borrow(
    address asset,
    uint256 amount,
    uint256 mode,
    uint16 code,
    address onBehalfOf
  ) external;

  function repay(
    address asset,
    uint256 amount,
    uint256 mode,
    address onBehalfOf
  ) external returns (uint256);

  function flashLoanSimple(
    address receiver,
    address asset,
    uint256 amount,
    bytes calldata params,
    uint16 code
  ) external;

  function getReserveData(address asset) external view returns (Reserve memory);

  function getReserveNormalizedIncome(address asset) external view returns (uint256);

  function getReserveNormalizedVariableDebt(address asset) external view returns (uint256);

  function getReserveDeficit(address asset) external view returns (uint256);

  function getUserEMode(address user) external view returns (uint256);

  function getUserAccountData(
    address user
  ) external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
}
