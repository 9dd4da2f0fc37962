"""Facts that are known of real files; skipped where they are not at hand."""

import numpy as np
import pytest

from basis_lab.data.catalogue import open_store
from basis_lab.data.findings import Severity
from basis_lab.data.importer import Verdict, import_directory
from basis_lab.domain.requirements import Alignment
from basis_lab.errors import DataRangeError, MissingDataError

HOUR = np.timedelta64(1, "h")


@pytest.fixture(scope="module")
def imported(real_data, tmp_path_factory):
    return import_directory(real_data, tmp_path_factory.mktemp("imported"))


def choice(report, dataset):
    return next(x for x in report.choices if x.dataset == dataset)


def files(report, part):
    return [x for x in report.files if part in x.file]


@pytest.mark.parametrize(
    "dataset",
    ["spot/binance/BTCUSDT", "perp/binance/BTCUSDT", "perp/binance/ETHUSDT"],
)
def test_the_complete_file_is_chosen_before_the_gappy_one(imported, dataset):
    chosen = choice(imported, dataset)

    assert "gappy" not in chosen.file
    assert "gappy" in chosen.others[0]
    assert "8040 rows" in chosen.reason


@pytest.mark.parametrize("kind", ["spot", "perp", "mark"])
def test_binance_has_every_hour(imported, kind):
    info = next(x for x in imported.datasets if x.id == f"{kind}/binance/BTCUSDT")

    assert info.rows == 8040


@pytest.mark.parametrize("name", ["spot", "perp"])
@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_the_page_overlaps_of_bybit_are_dropped_with_a_warning(imported, name, coin):
    found = files(imported, f"bybit_{coin}USDT_{name}_1h")[0]

    assert (found.verdict, found.rows) == (Verdict.USED, 8040)
    assert str(found.findings[0]).startswith("WARNING: 8 rows repeat")


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_the_okx_funding_that_contradicts_itself_is_refused(imported, coin):
    found = files(imported, f"okx_{coin}USDT_funding_rates")[0]

    assert found.verdict is Verdict.REFUSED
    assert "2025-03-29T00:00:00Z" in " ".join(str(x) for x in found.findings)


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_the_okx_archive_is_read_at_utc_plus_8(imported, coin):
    found = files(imported, f"okx_{coin}-USDT-SWAP_funding_daily_archive")[0]

    text = " ".join(str(x) for x in found.findings)
    assert (found.verdict, found.rows) == (Verdict.USED, 888)
    assert "UTC+8: 8 h were subtracted" in text
    assert "real_funding_rate by funding_time" in text


def test_the_month_that_okx_lacks_is_a_hole(real_data, kit):
    lab = kit.provider(open_store(real_data), kit.need("funding/okx/BTCUSDT.rate", Alignment.STAMP))

    with pytest.raises(MissingDataError, match="first hole 2024-07-31T16:00:00Z"):
        lab.frame(np.datetime64("2024-07-01"), np.datetime64("2024-08-20"))


def test_no_derived_file_is_used(imported):
    for found in files(imported, "interpolated"):
        assert found.verdict is Verdict.NOT_CHOSEN
        assert "derived" in str(found.findings[0])


# The README's table "Which file to use"; None where nothing may serve unasked.
USE = {
    "spot/binance/BTCUSDT": "spot/binance_BTCUSDT_spot_1h_20",
    "spot/binance/ETHUSDT": "spot/binance_ETHUSDT_spot_1h_20",
    "perp/binance/BTCUSDT": "perp/binance_BTCUSDT_perp_1h_20",
    "perp/binance/ETHUSDT": "perp/binance_ETHUSDT_perp_1h_20",
    "mark/binance/BTCUSDT": "perp/binance_BTCUSDT_perp_mark_1h_",
    "mark/binance/ETHUSDT": "perp/binance_ETHUSDT_perp_mark_1h_",
    "funding/binance/BTCUSDT": "funding/binance_BTCUSDT_",
    "funding/binance/ETHUSDT": "funding/binance_ETHUSDT_",
    "funding/bybit/BTCUSDT": "funding/bybit_BTCUSDT_funding_rates_",
    "funding/bybit/ETHUSDT": "funding/bybit_ETHUSDT_funding_rates_",
    "funding/okx/BTCUSDT": "funding/okx_BTC-USDT-SWAP_funding_daily_archive",
    "funding/okx/ETHUSDT": "funding/okx_ETH-USDT-SWAP_funding_daily_archive",
    "aave/ethereum/USDT": "aave/aave_v3_ethereum_USDT_rates_daily_",
    "aave/ethereum/WETH": "aave/aave_v3_ethereum_WETH_rates_daily_",
    "aave/ethereum/weETH": "aave/aave_v3_ethereum_weETH_rates_daily_",
    "aave/ethereum/wstETH": "aave/aave_v3_ethereum_wstETH_rates_daily_",
    "lst/aave/weETH": "aave/aave_v3_ethereum_weETH_rates_daily_",
    "lst/aave/wstETH": "aave/aave_v3_ethereum_wstETH_rates_daily_",
    "lst_market/curve/weETH": "oracle/weETH_peg_market_vs_oracle_1h_",
    "lst_market/uniswap/wstETH": "oracle/wstETH_peg_market_vs_oracle_1h_",
    "oracle/aave/USDTUSD": "oracle/aave_USDT_USD_oracle_daily_",
    "oracle/aave/WETHUSD": None,
    "oracle/aave/weETHUSD": None,
    "oracle/aave/weETHETH": None,
    "oracle/aave/wstETHUSD": None,
    "oracle/aave/wstETHETH": None,
    "rewards/etherfi/SEASONAL": None,
    "rewards/etherfi/EIGEN": "staking/etherfi_eigen_distributions_weekly_",
    "rewards/etherfi/ETHFI": "staking/etherfi_ethfi_topups_",
    "dex/uniswapv3/EIGENWETH": "spot/uniswapv3_EIGENWETH_1h_",
    "dex/uniswapv3/ETHFIWETH": "spot/uniswapv3_ETHFIWETH_1h_",
}


@pytest.mark.parametrize(("dataset", "file"), USE.items())
def test_the_file_to_use_is_the_one_that_is_chosen(imported, dataset, file):
    chosen = choice(imported, dataset)

    if file is None:
        assert chosen.file is None
    else:
        assert chosen.file.startswith(file)


def test_every_file_has_its_fate_in_the_report(real_data, imported):
    names = {x.relative_to(real_data).as_posix() for x in real_data.rglob("*.*")} - {"README.md"}

    assert {x.file for x in imported.files} == names
    refused = {x.file.partition("_20")[0] for x in imported.with_verdict(Verdict.REFUSED)}
    assert refused == {
        "funding/okx_BTCUSDT_funding_rates",
        "funding/okx_ETHUSDT_funding_rates",
        "risk_params/binance_margin_requirements.json",
        "risk_params/bybit_margin_requirements.json",
        "risk_params/okx_margin_requirements.json",
        "staking/etherfi_seasonal_rewards_derived",
    }
    for found in imported.with_verdict(Verdict.REFUSED):
        assert any(x.severity is Severity.ERROR for x in found.findings)


@pytest.mark.parametrize(
    ("token", "first", "last"), [("weETH", 1.0382, 1.0637), ("wstETH", 1.1663, 1.1982)]
)
def test_the_rates_of_the_staking_tokens_are_the_known_ones(imported, token, first, last):
    rate = open_store(imported.destination).read(f"lst/aave/{token}").fields["rate"]

    assert rate[[0, -1]].tolist() == pytest.approx([first, last], abs=1e-4)
    assert len(rate) == 324


def test_the_smoothed_quotes_serve_and_say_so(real_data, kit):
    key = "lst_market/curve/weETH.rate"
    lab = kit.provider(open_store(real_data), kit.need(key, Alignment.STEP))

    frame = lab.frame(np.datetime64("2024-08-04"), np.datetime64("2024-08-06"))

    assert "smoothed" in " ".join(frame.sources[0].notes)


def test_a_raw_directory_and_its_import_give_the_same_frame(real_data, imported, kit):
    requirements = (
        kit.need("spot/binance/BTCUSDT.open"),
        kit.need("mark/binance/BTCUSDT.high", Alignment.BAR_EXTREME),
        kit.need("funding/okx/BTCUSDT.rate", Alignment.STAMP),
        kit.need("aave/ethereum/USDT.liquidity_index", Alignment.INDEX),
        kit.need("gas/ethereum/gas.price_gwei", Alignment.STEP),
    )
    start, end = np.datetime64("2024-06-01"), np.datetime64("2024-06-20")

    raw = kit.provider(open_store(real_data), *requirements).frame(start, end)
    canonical = kit.provider(open_store(imported.destination), *requirements).frame(start, end)

    assert raw.fingerprint == canonical.fingerprint


def test_the_usdt_index_is_exact_at_midnight_and_grows_as_known(real_data, kit):
    store = open_store(real_data)
    key = "aave/ethereum/USDT.liquidity_index"
    lab = kit.provider(store, kit.need(key, Alignment.INDEX))

    index = lab.frame(np.datetime64("2024-05-12"), np.datetime64("2025-03-31")).values(key)

    snapshots = store.read("aave/ethereum/USDT")
    since = np.searchsorted(snapshots.times, np.datetime64("2024-05-12"))
    assert index[::24].tolist() == snapshots.fields["liquidity_index"][since:].tolist()
    assert 100_000 * (index[-1] / index[0] - 1.0) == pytest.approx(4925.44, abs=0.005)


def test_gas_is_not_known_before_its_block(real_data, kit):
    key = "gas/ethereum/gas.price_gwei"
    lab = kit.provider(open_store(real_data), kit.need(key, Alignment.STEP))

    gas = lab.frame(np.datetime64("2024-05-01"), np.datetime64("2024-05-01") + 3 * HOUR).values(key)

    # Blocks at 23:01:11 the evening before, 01:00:23 and 01:00:35.
    assert gas.tolist() == [6.28, 6.28, 6.61, 6.61]


def test_dates_before_the_files_are_out_of_range(real_data, kit):
    lab = kit.provider(open_store(real_data), kit.need("spot/binance/BTCUSDT.open"))

    with pytest.raises(DataRangeError, match="2024-05-01T00:00:00Z to 2025-03-31T23:00:00Z"):
        lab.frame(np.datetime64("2024-01-01"), np.datetime64("2024-06-01"))


def test_known_days_are_in_the_bars(imported):
    bars = open_store(imported.destination).read("spot/binance/BTCUSDT")
    day = bars.times.astype("datetime64[D]")

    assert bars.fields["low"][day == np.datetime64("2024-08-05")].min() == 49_000.0
    assert bars.fields["high"][day == np.datetime64("2025-01-20")].max() == 109_588.0
