// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IPool} from "./IPool.sol";
import {TestStakedToken} from "./TestStakedToken.sol";
import {TestToken} from "./TestToken.sol";

/// Opens and closes a levered staking position of its caller in one transaction, by a flash loan
/// of the pool. Needs, from the caller: an allowance of the asset and of the aToken, and delegated
/// credit of the variable debt token.
contract Looper {
  uint256 private constant VARIABLE = 2;

  IPool public immutable pool;
  TestToken public immutable asset;
  TestStakedToken public immutable staked;

  constructor(IPool pool_, TestToken asset_, TestStakedToken staked_) {
    pool = pool_;
    asset = asset_;
    staked = staked_;
    asset_.approve(address(pool_), type(uint256).max);
    asset_.approve(address(staked_), type(uint256).max);
    staked_.approve(address(pool_), type(uint256).max);
  }

  /// Take `equity` from the caller and `flash` from the pool, stake both, supply the shares, and
  /// borrow what the flash loan costs.
  function open(uint256 equity, uint256 flash) external {
    asset.transferFrom(msg.sender, address(this), equity);
    pool.flashLoanSimple(
      address(this), address(asset), flash, abi.encode(true, msg.sender, equity, 0), 0
    );
  }

  /// Repay `flash` of the caller's debt (all of it at most), withdraw `shares`, unstake them, and
  /// hand over what the flash loan leaves.
  function close(uint256 flash, uint256 shares) external {
    pool.flashLoanSimple(
      address(this), address(asset), flash, abi.encode(false, msg.sender, 0, shares), 0
    );
    asset.transfer(msg.sender, asset.balanceOf(address(this)));
  }

  function executeOperation(
    address,
    uint256 amount,
    uint256 premium,
    address initiator,
    bytes calldata params
  ) external returns (bool) {
    require(msg.sender == address(pool) && initiator == address(this), "not by this contract");
    (bool opens, address owner, uint256 equity, uint256 shares) =
      abi.decode(params, (bool, address, uint256, uint256));
    if (opens) {
      pool.supply(address(staked), staked.stake(equity + amount), owner, 0);
      pool.borrow(address(asset), amount + premium, VARIABLE, 0, owner);
    } else {
      pool.repay(address(asset), amount, VARIABLE, owner);
      TestToken aToken = TestToken(pool.getReserveData(address(staked)).aToken);
      aToken.transferFrom(owner, address(this), shares);
      staked.unstake(pool.withdraw(address(staked), shares, address(this)));
    }
    return true;
  }
}
