// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {TestStakedToken} from "./TestStakedToken.sol";

/// A price in USD with 8 decimals, set by hand.
contract TestFeed {
  uint8 public constant decimals = 8;
  int256 public latestAnswer;
  uint256 public latestTimestamp;

  constructor(int256 answer) {
    setAnswer(answer);
  }

  function setAnswer(int256 answer) public {
    latestAnswer = answer;
    latestTimestamp = block.timestamp;
  }

  function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
    return (1, latestAnswer, latestTimestamp, latestTimestamp, 1);
  }
}

/// The price of a staked token: the underlying's price x min(rate, cap), where the cap grows
/// linearly from a snapshot (the formula of Aave's correlated-assets price oracle, in integers).
contract CappedRateFeed {
  uint8 public constant decimals = 8;
  TestFeed public immutable base;
  TestStakedToken public immutable token;
  uint256 public snapshotRatio;
  uint256 public snapshotTimestamp;
  uint256 public growthPerSecond;

  constructor(TestFeed base_, TestStakedToken token_, uint256 ratio, uint256 growthBps) {
    base = base_;
    token = token_;
    setCap(ratio, block.timestamp, growthBps);
  }

  function setCap(uint256 ratio, uint256 timestamp, uint256 growthBps) public {
    snapshotRatio = ratio;
    snapshotTimestamp = timestamp;
    growthPerSecond = (ratio * growthBps) / 1e4 / 365 days;
  }

  function cappedRate() public view returns (uint256) {
    uint256 cap = snapshotRatio + growthPerSecond * (block.timestamp - snapshotTimestamp);
    uint256 rate = token.getRate();
    return rate < cap ? rate : cap;
  }

  function latestAnswer() external view returns (int256) {
    return (base.latestAnswer() * int256(cappedRate())) / 1e18;
  }
}
