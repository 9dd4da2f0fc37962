"""Every defect that the README of the real files names is found without being told.

One row a defect: a part of the file's name, the check that has to find it, and words of the
finding. The README is the answer sheet; the checks do not know it.
"""

import pytest

from basis_lab.data.catalogue import open_store
from basis_lab.data.check import check_store
from basis_lab.data.findings import Severity
from basis_lab.data.importer import import_directory
from basis_lab.services.catalogue import collateral_rules

DAILY, HOURLY = "rates_daily_", "rates_hourly_interpolated"
OKX_ARCHIVES = ("okx_BTC-USDT-SWAP_funding", "okx_ETH-USDT-SWAP_funding")
OKX_RATES = ("okx_BTCUSDT_funding", "okx_ETHUSDT_funding")
BYBIT = tuple(f"bybit_{x}USDT_{y}_1h" for x in ("BTC", "ETH") for y in ("spot", "perp"))
GAPPY = ("BTCUSDT_spot_1h_gappy", "BTCUSDT_perp_1h_gappy", "ETHUSDT_perp_1h_gappy")
DEX = tuple(f"uniswapv3_{x}" for x in ("EIGENWETH", "ETHFIWETH", "WETHUSDT"))
PEGS = ("weETH_peg", "wstETH_peg")
MARGINS = ("binance_margin", "bybit_margin", "okx_margin")
DEFECTS = (
    # aave
    ("USDT_rates_daily", "stated-rate", "1770 bp on 2024-12-09"),
    ("USDT_rates_daily", "column-stops", "currentStableBorrowRate is 0 from row 90 on"),
    *((f"{x}_{HOURLY}", "interpolated", "96% of the second") for x in ("weETH", "wstETH")),
    *((f"{x}_{HOURLY}", "interpolated", "the last 23 rows lean") for x in ("weETH", "wstETH")),
    # costs
    ("execution_cost_summary", "table-note", "model constants, not measured"),
    ("execution_costs_lookup", "table-note", "33 of 33 columns hold one number on every date"),
    # funding
    *((x, "relabelled", "UTC+8") for x in OKX_ARCHIVES),
    *((x, "lagging-column", "funding_rate is real_funding_rate of the row") for x in OKX_ARCHIVES),
    *((x, "assumed", "put in the order of time") for x in OKX_ARCHIVES),
    *((x, "gap", "the longest 93 from 2024-07-31T16:00:00Z") for x in OKX_ARCHIVES),
    *((x, "equal-rows", "agree in what is read") for x in OKX_ARCHIVES),
    *((x, "conflicting-rows", "2025-03-29") for x in OKX_RATES),
    *((x, "label-shift", "+16 h") for x in OKX_RATES),  # the zone's 8 and a settlement's 8
    *((x, "gap", "9 holes, the longest 93 from 2024-08-01") for x in OKX_RATES),
    *((f"binance_{x}USDT_funding_8h", "constant-column", "high = 0") for x in ("BTC", "ETH")),
    # gas
    ("ethereum_gas", "late-samples", "4020 of 8040 rows"),
    ("ethereum_gas", "large-moves", "13 rows"),
    # oracle
    *(
        (f"aave_{x}_oracle_hourly", "interpolated", "straight lines")
        for x in ("WETH_USD", "weETH_ETH", "weETH_USD", "wstETH_ETH", "wstETH_USD")
    ),
    *(
        (f"aave_{x}_oracle_hourly", "interpolated", "the last 23 rows lean on a value after")
        for x in ("WETH_USD", "weETH_ETH", "weETH_USD", "wstETH_ETH", "wstETH_USD")
    ),
    # 16.66 % of the market is 14 % of the file's own price.
    ("aave_WETH_USD_oracle_hourly", "wrong-outlier", "at most 16.66%"),
    ("feed_wstETH", "column-stops", "empty in 1435 rows"),
    ("feed_wstETH", "oracle-flag", "by -1.33% at most (2024-08-05T02:32:35Z)"),
    ("feed_wstETH", "starts-late", "1435 rows have no USD_price yet"),
    *((x, "smoothed", "own median of 24 h") for x in PEGS),
    *((x, "equal-columns", "market_rate equals market_rate_median_24h") for x in PEGS),
    *((x, "straight-column", "protocol_rate") for x in PEGS),
    *((x, "constant-column", "dex_execution_cost_bps = ") for x in PEGS),
    # perp and spot
    *((x, "gap", "207 rows are missing in 9 holes, the longest 23") for x in GAPPY),
    *((x, "equal-rows", "8 rows repeat") for x in BYBIT),
    ("okx_ETHUSDT_perp", "gap", "720 rows are missing in 1 hole, the longest 720 from 2024-08-31"),
    # Two thirds of the busiest in coins; ten times that in contracts of a tenth of a coin.
    ("okx_ETHUSDT_perp", "volume-unit", "6.73 times that of perp/binance/ETHUSDT"),
    *((f"binance_{x}USDT_perp_mark", "constant-column", "volume = 0") for x in ("BTC", "ETH")),
    ("binance_ETHUSDT_perp_1h_2024", "outlier-flag", "at most 0.99% (2024-10-28T21:00:00Z)"),
    *((x, "two-zone-marks", "date_utc ends in +00:00Z") for x in DEX),
    *((x, "opens-repeat", "the close of the bar before") for x in DEX),
    *((x, "flat-bars", "filled forward") for x in DEX),
    ("uniswapv3_WETHUSDT", "outlier-alert", "at most 3.24% (2025-02-03T01:00:00Z)"),
    ("uniswapv3_ETHFIWETH", "large-moves", "by 11%"),
    # risk parameters
    *((x, "table-refused", "maintenance margin 0.1 is above initial margin") for x in MARGINS),
    *((x, "same-file", "the same bytes as") for x in MARGINS),
    *(
        ("aave_v3_risk_parameters", "table-differs", x)
        for x in (
            "ltv of weETH is 0.8 here",
            "liquidation_threshold of wstETH is 0.85 here, 0.81",
            "reserve factor of WETH is 0.1 here, its last rates imply 0.15",
            "reserve factor of weETH is 0.1 here, its last rates imply 0.45",
            "reserve factor of wstETH is 0.1 here, its last rates imply 0.05",
        )
    ),
    # staking
    ("eeth_supply_apy", "column-stops", "Reward is empty in 170 rows"),
    ("eeth_supply_apy", "odd-rows", "Base is 0 in 3 rows"),
    ("etherfi_eigen", "printed-units", "row 2, 0.205 printed"),
    ("etherfi_eigen", "lump-period", "52"),
    ("etherfi_eigen", "dated-by-period", "end of their period"),
    ("etherfi_ethfi", "few-rows", "7 rows only"),
    ("etherfi_ethfi", "printed-units", "row 8"),
    ("etherfi_seasonal", "unreadable", "eigen_price_usd is one constant"),
    ("etherfi_seasonal", "unreadable", "ethfi_price_usd is one constant"),
    ("etherfi_seasonal", "estimates", "3 rows"),
    ("etherfi_seasonal", "paid-at-end", "payout_date is period_end in 26 rows"),
    ("weeth_oracle_yields", "odd-rows", "hours_aggregated is 24 in all but 1 row"),
    ("weeth_oracle_yields", "two-zone-marks", "timestamp ends in +00:00Z"),
)

# Files that the README calls complete and primary.
CLEAN = (
    *(f"binance_{x}USDT_{y}_1h_20" for x in ("BTC", "ETH") for y in ("spot", "perp", "perp_mark")),
    *(f"binance_{x}USDT_funding" for x in ("BTC", "ETH")),
    *(f"bybit_{x}USDT_funding" for x in ("BTC", "ETH")),
    *(f"{x}_{DAILY}" for x in ("USDT", "WETH", "weETH", "wstETH")),
    "aave_USDT_USD_oracle_daily",
    "feed_WETH_usd",
)
# Notes on them, each explained by the README or by what the market did.
EXPLAINED = {
    "constant-column",  # the volume of a mark, columns of the storing tool, stable debt
    "stated-rate",  # the stated rate is one instant a day
    "column-stops",  # stable rates ended on 2024-07-27
    "large-moves",  # ETH on 2025-02-03, the feed on 2024-08-05
    "outlier-flag",  # the true outlier to keep, ETH perp on 2024-10-28
}


@pytest.fixture(scope="module")
def findings(real_data):
    return check_store(open_store(real_data), collateral_rules()).findings


@pytest.mark.parametrize(("file", "check", "words"), DEFECTS)
def test_a_defect_of_the_readme_is_found(findings, file, check, words):
    found = [x.what for x in findings if file in x.file and x.check == check]

    assert any(words in x for x in found), found


@pytest.mark.parametrize("file", CLEAN)
def test_a_clean_file_raises_no_alarm(findings, file):
    found = [x for x in findings if file in x.file and "gappy" not in x.file]

    assert {x.severity for x in found} <= {Severity.NOTE}
    assert {x.check for x in found} <= EXPLAINED


def test_what_an_import_found_is_found_again_in_what_it_wrote(real_data, tmp_path, findings):
    import_directory(real_data, tmp_path / "imported", rules=collateral_rules())

    again = check_store(open_store(tmp_path / "imported"), collateral_rules()).findings

    # Files that are passed over and tables are not written.
    found = {(x.check, x.what) for x in again if x.check not in {"unreadable", "wrong-outlier"}}
    assert found <= {(x.check, x.what) for x in findings}
    assert {"gap", "smoothed", "interpolated", "flat-bars", "equal-rows"} <= {x[0] for x in found}
