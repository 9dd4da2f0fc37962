// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {TestToken} from "./TestToken.sol";

/// A liquid staking token with a settable exchange rate (18 decimals), staked and unstaked at that
/// rate. It answers by the names that weETH and wstETH use.
contract TestStakedToken is TestToken {
  TestToken public immutable underlying;
  uint256 public getRate = 1e18;

  constructor(
    string memory name_,
    string memory symbol_,
    TestToken underlying_
  ) TestToken(name_, symbol_, 18) {
    underlying = underlying_;
  }

  function setRate(uint256 rate) external {
    getRate = rate;
  }

  function stEthPerToken() external view returns (uint256) {
    return getRate;
  }

  function stake(uint256 amount) external returns (uint256 shares) {
    underlying.transferFrom(msg.sender, address(this), amount);
    shares = (amount * 1e18) / getRate;
    mint(msg.sender, shares);
  }

  function unstake(uint256 shares) external returns (uint256 amount) {
    _burn(msg.sender, shares);
    amount = (shares * getRate) / 1e18;
    uint256 held = underlying.balanceOf(address(this));
    if (held < amount) {
      underlying.mint(address(this), amount - held); // what staking earned
    }
    underlying.transfer(msg.sender, amount);
  }
}
