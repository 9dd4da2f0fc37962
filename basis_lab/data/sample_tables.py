"""What the synthetic sample is calibrated to: public levels and summary statistics.

Monthly rows run from January 2024 to December 2025. Prices are the rounded opens of the months,
and of the month after the last. Where a month has no published figure (from October 2025) the
value continues the months before it.
"""

import numpy as np

MONTHS = np.arange("2024-01", "2026-01", dtype="datetime64[M]")

BTC_OPEN_USDT = (
    42_300, 42_600, 61_200, 71_300, 60_700, 67_500, 62_800, 64_600, 59_000, 63_300, 70_300, 96_400,
    93_600, 102_400, 84_300, 82_500, 94_200, 104_600, 107_100, 115_700, 108_200, 114_000, 109_600,
    90_400, 87_600,
)  # fmt: skip
ETH_OPEN_USDT = (
    2_280, 2_280, 3_340, 3_650, 3_010, 3_760, 3_440, 3_230, 2_510, 2_600, 2_520, 3_700,
    3_340, 3_300, 2_240, 1_820, 1_790, 2_530, 2_490, 3_700, 4_390, 4_150, 3_850, 2_990, 2_970,
)  # fmt: skip

# Realised funding at Binance, percent a year by month (DOMAIN 3.6).
BTC_FUNDING_PERCENT = (
    13.2, 16.5, 37.0, 10.2, 7.5, 10.3, 6.9, 1.4, 1.9, 8.0, 15.9, 14.2,
    8.5, 5.1, 2.1, 2.6, 5.1, 2.9, 8.6, 7.1, 5.4, 5.0, 4.2, 4.6,
)  # fmt: skip
ETH_FUNDING_PERCENT = (
    13.6, 16.6, 37.9, 10.2, 9.7, 11.0, 8.1, 1.7, 4.6, 9.5, 18.5, 14.1,
    9.5, 3.1, 2.4, 1.9, 6.1, 4.8, 8.3, 6.3, 3.3, 4.6, 3.9, 4.2,
)  # fmt: skip

# Aave v3 Core, percent a year by month (DOMAIN 1.4).
USDT_BORROW_PERCENT = (
    7.6, 8.9, 12.7, 10.1, 7.9, 8.4, 7.4, 5.6, 4.8, 5.1, 6.8, 14.7,
    10.5, 7.7, 5.3, 4.0, 4.7, 4.9, 4.8, 5.8, 6.2, 6.0, 5.5, 5.2,
)  # fmt: skip
USDT_SUPPLY_PERCENT = (
    6.1, 7.2, 10.4, 7.6, 5.5, 6.4, 5.3, 4.0, 3.2, 4.0, 5.6, 11.9,
    7.4, 4.7, 2.9, 2.2, 3.3, 3.7, 3.5, 4.5, 4.8, 4.6, 4.2, 3.9,
)  # fmt: skip
WETH_BORROW_PERCENT = (
    2.3, 2.4, 2.8, 2.7, 2.6, 2.6, 3.2, 2.7, 2.6, 2.6, 2.6, 2.7,
    2.7, 2.6, 2.5, 2.4, 2.6, 2.8, 3.3, 3.1, 2.8, 2.7, 2.6, 2.5,
)  # fmt: skip
# Supply yield over borrow rate: utilisation x (1 - reserve factor).
WETH_SUPPLY_SHARE = (*[0.72] * 12, *[0.744] * 12)
USDT_RESERVE_FACTOR = 0.10
WETH_RESERVE_FACTOR = 0.15
USDT_SUPPLIED_FIRST, USDT_SUPPLIED_LAST = 1.0e9, 6.6e9
WETH_SUPPLIED_FIRST, WETH_SUPPLIED_LAST = 0.9e6, 2.7e6
# Days on which the pool was nearly drained: day, borrow rate in percent a year.
USDT_SPIKE = ("2024-12-06", 40.3)
WETH_SPIKE = ("2024-07-05", 22.6)

# Collateral that is hardly borrowed: supply yields 0.15 % and 0.003 % (weETH, by year) and 0.03 %
# and 0.09 % (wstETH).
WEETH_BORROW_PERCENT = (*[1.2] * 12, *[1.05] * 12)
WEETH_SUPPLY_SHARE = (*[0.125] * 12, *[0.003] * 12)
WSTETH_BORROW_PERCENT = (*[0.3] * 12, *[0.5] * 12)
WSTETH_SUPPLY_SHARE = (*[0.10] * 12, *[0.18] * 12)
WEETH_RESERVE_FACTOR, WSTETH_RESERVE_FACTOR = 0.45, 0.05
WEETH_SUPPLIED_FIRST, WEETH_SUPPLIED_LAST = 0.05e6, 1.9e6
WSTETH_SUPPLIED_FIRST, WSTETH_SUPPLIED_LAST = 0.7e6, 1.3e6
WEETH_SPIKE, WSTETH_SPIKE = ("2024-08-05", 3.0), ("2025-07-23", 1.5)

# Gas in gwei by quarter: mean and median (DOMAIN 5.2; the last quarter continues).
GAS_MEAN_GWEI = (37.2, 12.8, 6.8, 15.0, 5.5, 2.5, 1.8, 1.6)
GAS_MEDIAN_GWEI = (30.0, 8.7, 3.7, 11.8, 1.9, 1.3, 0.6, 0.6)

# Set so that the finished paths, with shocks and bent to the levels, show 50 % and 68 %.
BTC_VOLATILITY, ETH_VOLATILITY = 0.516, 0.707
CORRELATION = 0.82
# Fast hours: bar, log move of the open that follows for BTC and ETH, and how far the low of that
# bar ran beyond both opens for ETH, three tenths of it for BTC (DOMAIN 7.2).
SHOCKS = (
    ("2024-03-19T18", -0.035, -0.041, 0.006),
    ("2024-04-13T20", -0.048, -0.062, 0.030),
    ("2024-08-05T01", -0.062, -0.101, 0.075),
    ("2024-08-05T02", 0.028, 0.036, 0.004),
    ("2024-12-05T22", -0.031, -0.036, 0.052),
    ("2025-02-03T01", -0.042, -0.108, 0.058),
    ("2025-02-03T03", 0.021, 0.043, 0.004),
    ("2025-03-02T15", 0.061, 0.092, 0.001),
    ("2025-10-10T21", -0.075, -0.112, 0.055),
    ("2025-10-10T22", 0.024, 0.038, 0.004),
)

# Perp open over spot, basis points (DOMAIN 3.5).
BASIS_MEAN_BPS, BASIS_SD_BPS = -1.96, 4.5
