"""Files as researchers have them: what is recognised, what is refused, what is chosen."""

import gzip

import numpy as np
import pytest

from basis_lab.data.catalogue import open_store
from basis_lab.data.csv import read_table
from basis_lab.data.importer import Verdict, import_directory
from basis_lab.data.parquet import write_columns
from basis_lab.data.recognise import recognise
from basis_lab.data.static import is_static
from basis_lab.domain.requirements import Alignment
from basis_lab.errors import BadDataError, DataError, MissingDataError, UsageError

SPOT = "binance_BTCUSDT_spot_1h.csv"
HEADER = "date,open,high,low,close,volume\n"
GOOD = (
    "2024-06-01T00:00:00Z,100,103,99,101,5\n"
    "2024-06-01T01:00:00Z,101,104,100,102,5\n"
    "2024-06-01T02:00:00Z,102,105,101,103,5\n"
)


@pytest.fixture
def raw(tmp_path):
    """Write raw files and import them: ``raw({name: text})`` returns the report."""

    def write_and_import(files, **options):
        source = tmp_path / "raw"
        source.mkdir(exist_ok=True)
        for name, text in files.items():
            (source / name).write_text(text)
        return import_directory(source, tmp_path / "canonical", **options)

    return write_and_import


def report_of(report, name):
    return next(x for x in report.files if x.file == name)


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        ("binance_BTCUSDT_spot_1h_2024.csv.gz", "spot/binance/BTCUSDT"),
        ("okx_ETHUSDT_perp_1h.csv", "perp/okx/ETHUSDT"),
        ("bybit_ETHUSDT_futures_1h.csv", "perp/bybit/ETHUSDT"),
        ("binance_BTCUSDT_perp_mark_1h_x.csv.gz", "mark/binance/BTCUSDT"),
        ("binance_BTCUSDT_funding_8h.csv", "funding/binance/BTCUSDT"),
        ("okx_BTC-USDT-SWAP_funding_daily_archive_x.csv", "funding/okx/BTCUSDT"),
        ("aave_v3_ethereum_USDT_rates_daily.csv", "aave/ethereum/USDT"),
        ("aave_v3_aave-v3-ethereum_WETH_rates_x.csv", "aave/ethereum/WETH"),
        ("aave_USDT_USD_oracle_daily.csv", "oracle/aave/USDTUSD"),
        ("ethereum_gas_prices_1h.csv.gz", "gas/ethereum/gas"),
        ("USDT_USD_oracle_2024.csv", "oracle/aave/USDTUSD"),
        ("aave_weETH_ETH_oracle_hourly.csv.gz", "oracle/aave/weETHETH"),
        ("compoundv3_feed_WETH_usd_1h.csv", "oracle/compoundv3/WETHUSD"),
        ("aave_v3_ethereum_weETH_rates_daily.csv", "aave/ethereum/weETH"),
        ("weETH_peg_market_vs_oracle_1h.csv.gz", "lst_market/curve/weETH"),
        ("wstETH_peg_market_vs_oracle_1h.csv.gz", "lst_market/uniswap/wstETH"),
        ("uniswapv3_EIGENWETH_1h.csv.gz", "dex/uniswapv3/EIGENWETH"),
        ("uniswapv3_WETHUSDT_1h.csv", "dex/uniswapv3/WETHUSDT"),
        ("etherfi_eigen_distributions_weekly.csv", "rewards/etherfi/EIGEN"),
        ("etherfi_ethfi_topups_2024.csv", "rewards/etherfi/ETHFI"),
        ("etherfi_seasonal_rewards_derived.csv", "rewards/etherfi/SEASONAL"),
    ],
)
def test_a_name_says_which_dataset(name, dataset):
    assert str(recognise(name).dataset) == dataset


@pytest.mark.parametrize(
    "name",
    [
        "binance_margin_requirements.json",
        "aave_v3_risk_parameters.json",
        "execution_costs_lookup.json.gz",
        "execution_cost_summary.json",
    ],
)
def test_static_tables_are_known_and_are_no_dataset(name):
    assert is_static(name)
    assert recognise(name) is None


@pytest.mark.parametrize("name", ["binance_BTCUSDT_1h.csv", "notes.csv", "x_oracle.json"])
def test_a_name_that_could_be_two_things_is_no_dataset(name):
    assert recognise(name) is None
    assert not is_static(name)


def test_a_good_file_is_used_and_written(raw, tmp_path):
    report = raw({SPOT: HEADER + GOOD})

    assert report_of(report, SPOT).verdict is Verdict.USED
    series = open_store(tmp_path / "canonical").read("spot/binance/BTCUSDT")
    assert series.fields["open"].tolist() == [100.0, 101.0, 102.0]
    assert series.info.source == SPOT
    assert not series.info.synthetic


def test_a_raw_directory_serves_a_run_without_import(tmp_path, kit):
    with gzip.open(tmp_path / f"{SPOT}.gz", "wt") as file:
        file.write(HEADER + GOOD)
    lab = kit.provider(
        open_store(tmp_path), kit.need("spot/binance/BTCUSDT.high", Alignment.BAR_EXTREME)
    )

    frame = lab.frame(*lab.coverage())

    np.testing.assert_array_equal(
        frame.values("spot/binance/BTCUSDT.high"), [np.nan, 103.0, 104.0, 105.0]
    )
    assert frame.sources[0].file == f"{SPOT}.gz"


@pytest.mark.parametrize(
    ("row", "what", "line"),
    [
        ("2024-06-01T03:00:00Z,nan,105,101,103,5", "open cannot be true", 5),
        ("2024-06-01T03:00:00Z,0,105,101,103,5", "open cannot be true", 5),
        ("2024-06-01T03:00:00Z,-3,105,101,103,5", "open cannot be true", 5),
        ("2024-06-01T03:00:00Z,,105,101,103,5", "open is no number", 5),
        ("2024-06-01T03:00:00Z,100,99,98,99,5", "high of a bar contradicts", 5),
        ("2024-06-01T03:00:00Z,100,105,101,103,5", "low of a bar contradicts", 5),
        ("2024-06-01T03:00:00Z,102,105", "3 cells", 5),
        ("2024-06-01T02:00:00Z,110,115,101,103,5", "contradict", 5),
        ("2024-05-31T03:00:00Z,102,105,101,103,5", "not in order of time", 5),
        ("2024-06-01T03:00:00+00:00Z,102,105,101,103,5", "not a time", 5),
        ("2024-06-01T03:00:00+08:00,102,105,101,103,5", "mixed zones", 5),
        ("2024-06-01T03:00:00,102,105,101,103,5", "mixed zones", 5),
    ],
)
def test_a_file_with_a_bad_row_is_refused_with_its_line(raw, row, what, line):
    report = raw({SPOT: HEADER + GOOD + row + "\n", "binance_ETHUSDT_spot_1h.csv": HEADER + GOOD})

    refused = report_of(report, SPOT)
    assert refused.verdict is Verdict.REFUSED
    assert what in str(refused.findings[-1])
    assert f"{SPOT}, row {line}" in str(refused.findings[-1])
    assert report_of(report, "binance_ETHUSDT_spot_1h.csv").verdict is Verdict.USED


def test_rows_equal_in_every_column_are_dropped_with_a_warning(raw):
    report = raw({SPOT: HEADER + GOOD + GOOD.splitlines()[1] + "\n"})

    used = report_of(report, SPOT)
    assert used.verdict is Verdict.USED
    assert used.rows == 3
    assert str(used.findings[0]).startswith("WARNING: 1 row repeats")
    assert "row 5" in str(used.findings[0])


@pytest.mark.parametrize(
    "stamps", [("1717200000", "1717203600"), ("1717200000000", "1717203600000"),
               ("2024-06-01 02:00:00+02:00", "2024-06-01 03:00:00+02:00")],
)  # fmt: skip
def test_epochs_and_zones_are_read_as_utc(raw, tmp_path, stamps):
    rows = "".join(f"{stamp},100,103,99,101,5\n" for stamp in stamps)

    raw({SPOT: HEADER.replace("date", "timestamp") + rows})

    times = open_store(tmp_path / "canonical").read("spot/binance/BTCUSDT").times
    assert times.tolist() == np.array(["2024-06-01T00", "2024-06-01T01"], "datetime64[s]").tolist()


def test_seconds_among_milliseconds_are_refused(raw):
    rows = "1717200000000,100,103,99,101,5\n1717203600,100,103,99,101,5\n"

    with pytest.raises(BadDataError, match="neither epoch seconds nor milliseconds"):
        raw({SPOT: HEADER + rows})


def test_times_without_a_zone_are_taken_for_utc_with_a_warning(raw):
    report = raw({SPOT: HEADER + GOOD.replace("Z,", ",")})

    assert "no zone" in str(report_of(report, SPOT).findings[0])


AAVE = "aave_v3_ethereum_USDT_rates_daily.csv"
AAVE_HEADER = (
    "timestamp,liquidityIndex,variableBorrowIndex,currentLiquidityRate,currentVariableBorrowRate,"
    "totalAToken,totalVariableDebt,price\n"
)


@pytest.mark.parametrize("unit", ["1", "1000000000000000000000000000"])
def test_indices_may_be_ratios_or_ray(raw, tmp_path, unit):
    zeros = unit[1:]
    text = f"1717200000,1{zeros},1{zeros},0,0,9,5,1\n1717286400,2{zeros},2{zeros},0,0,9,5,1\n"

    raw({AAVE: AAVE_HEADER + text})

    series = open_store(tmp_path / "canonical").read("aave/ethereum/USDT")
    assert series.fields["liquidity_index"].tolist() == [1.0, 2.0]
    assert series.fields["borrow_index"].tolist() == [1.0, 2.0]


def test_an_index_in_two_units_is_refused(raw):
    text = f"1717200000,1,1,0,0,9,5,1\n1717286400,2{'0' * 27},1,0,0,9,5,1\n"

    with pytest.raises(BadDataError, match="mixes ray and ratios"):
        raw({AAVE: AAVE_HEADER + text})


def test_a_rate_in_percent_is_refused(raw):
    rows = "2024-06-01T00:00:00Z,0.01\n2024-06-01T08:00:00Z,0.02\n"

    with pytest.raises(BadDataError, match="does not look like a fraction"):
        raw({"okx_BTCUSDT_funding_rates.csv": "funding_timestamp,funding_rate\n" + rows})


def test_a_missing_column_is_named(raw):
    with pytest.raises(BadDataError, match="a column is missing: one of low"):
        raw({SPOT: HEADER.replace("low", "bottom") + GOOD})


def test_the_most_complete_of_two_files_is_chosen_and_the_other_compared(raw):
    gappy = "binance_BTCUSDT_spot_1h_gappy.csv"
    short = "".join(GOOD.splitlines(keepends=True)[:2]).replace(",101,104,", ",101.5,104,")

    report = raw({SPOT: HEADER + GOOD, gappy: HEADER + short})

    assert report.choices[0].file == SPOT
    assert report.choices[0].others == (gappy,)
    assert report_of(report, gappy).verdict is Verdict.NOT_CHOSEN
    assert "in 2 common rows: open in 1 (" in str(report_of(report, gappy).findings[-1])


def oracle(prices):
    rows = "".join(f"{1717200000 + 3600 * i},{price!r}\n" for i, price in enumerate(prices))
    return "timestamp,oracle_price_usd\n" + rows


def test_straight_lines_are_derived_and_serve_only_where_allowed(raw, tmp_path, kit):
    knots = np.interp(np.arange(240), np.arange(0, 241, 24), 3e3 + 10.0 * np.arange(11) ** 2)

    report = raw({"aave_WETH_USD_oracle_hourly.csv": oracle(knots.tolist()), SPOT: HEADER + GOOD})

    assert report.choices[0].file is None
    store = open_store(tmp_path / "canonical")
    price = kit.need("oracle/aave/WETHUSD.price", Alignment.STEP)
    with pytest.raises(MissingDataError, match="derived"):
        kit.provider(store, price)
    kit.provider(store, price, allow_derived=["oracle/aave/WETHUSD"])


def test_a_value_that_is_published_daily_and_repeated_is_no_interpolation(raw):
    prices = np.repeat(1.0 + 1e-4 * np.sin(np.arange(60)), 24)

    report = raw({"aave_USDT_USD_oracle_hourly.csv": oracle(prices.tolist())})

    assert report_of(report, "aave_USDT_USD_oracle_hourly.csv").verdict is Verdict.USED


MARGINS = '{"initial_margin_requirement": 0.05, "maintenance_margin_requirement": %s}'


def test_margins_that_would_liquidate_at_the_opening_are_refused(raw):
    report = raw(
        {
            SPOT: HEADER + GOOD,
            "okx_margin_requirements.json": MARGINS % 0.1,
            "bybit_margin_requirements.json": MARGINS % 0.004,
            "binance_margin_requirements.json": MARGINS.replace("}", ""),
            "x.csv": "a\n",
        }
    )

    refused = [x.file for x in report.with_verdict(Verdict.REFUSED)]
    unused = [x.file for x in report.with_verdict(Verdict.NOT_USED)]
    assert refused == ["binance_margin_requirements.json", "okx_margin_requirements.json"]
    assert unused == ["bybit_margin_requirements.json", "x.csv"]
    text = str(report_of(report, "okx_margin_requirements.json").findings[0])
    assert "maintenance margin 0.1 is above initial margin 0.05" in text


def test_a_risk_table_that_differs_from_the_rules_of_runs_is_reported(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / SPOT).write_text(HEADER + GOOD)
    table = '{"standard": {"ltv_limits": {"weETH_WETH": 0.80, "WETH_WETH": 0.805}}}'
    (tmp_path / "raw" / "aave_v3_risk_parameters.json").write_text(table)
    rules = {"weETH": {"ltv": 0.725}, "WETH": {"ltv": 0.805}}

    report = import_directory(tmp_path / "raw", tmp_path / "canonical", rules=rules)

    found = report_of(report, "aave_v3_risk_parameters.json")
    assert found.verdict is Verdict.NOT_USED
    assert [str(x) for x in found.findings[1:]] == [
        "WARNING: ltv of weETH is 0.8 here, 0.725 in configs/venues"
    ]


def test_cost_tables_are_listed_as_constants(raw):
    table = '{"ETH_USDT": {"10k": {"2024-05-01": 5, "2024-05-02": 5}}}'

    report = raw({SPOT: HEADER + GOOD, "execution_costs_lookup.json": table})

    found = report_of(report, "execution_costs_lookup.json")
    assert found.verdict is Verdict.NOT_USED
    assert "1 of 1 column holds one number on every date" in str(found.findings[0])


AAVE_DAILY = (
    "timestamp,blockNumber,liquidityIndex,variableBorrowIndex,currentLiquidityRate,"
    "currentVariableBorrowRate,totalAToken,totalVariableDebt,price\n"
)


def reserve(prices, first_block=100):
    return AAVE_DAILY + "".join(
        f"{1717200000 + 86400 * i},{first_block + i},1.0{i},1.1{i},0.01,0.02,90,50,{price}\n"
        for i, price in enumerate(prices)
    )


def test_the_rate_of_an_lst_is_its_oracle_price_over_that_of_weth(raw, tmp_path):
    report = raw(
        {
            "aave_v3_ethereum_weETH_rates_daily.csv": reserve([3120.0, 3163.0]),
            "aave_v3_ethereum_WETH_rates_daily.csv": reserve([3000.0, 3040.0]),
        }
    )

    rate = open_store(tmp_path / "canonical").read("lst/aave/weETH").fields["rate"]
    assert rate.tolist() == [1.04, 3163.0 / 3040.0]
    chosen = next(x for x in report.choices if x.dataset == "lst/aave/weETH")
    assert chosen.reason == "the oracle prices of two reserves at the same block"
    assert [x.verdict for x in report.files] == [Verdict.USED, Verdict.USED]


def test_oracle_prices_of_different_blocks_make_no_rate(raw):
    report = raw(
        {
            "aave_v3_ethereum_weETH_rates_daily.csv": reserve([3120.0, 3163.0]),
            "aave_v3_ethereum_WETH_rates_daily.csv": reserve([3000.0, 3040.0], first_block=7),
        }
    )

    chosen = next(x for x in report.choices if x.dataset == "lst/aave/weETH")
    assert (chosen.file, chosen.reason) == (None, "every file was refused")


def quotes(rates, dex="curve"):
    rows = "".join(f"{1717200000 + 3600 * i},{rate!r},{dex}\n" for i, rate in enumerate(rates))
    return "timestamp,market_rate,dex\n" + rows


@pytest.fixture
def smoothed():
    walk = 1.04 + np.cumsum(np.random.default_rng(5).normal(0.0, 1e-4, 1000))
    return np.median(np.lib.stride_tricks.sliding_window_view(walk, 24), axis=1).tolist(), walk


def test_smoothed_quotes_of_an_lst_serve_with_a_warning(raw, tmp_path, kit, smoothed):
    report = raw({"weETH_peg_market_vs_oracle_1h.csv": quotes(smoothed[0])})

    assert report.choices[0].reason == "smoothed: it values exits alone"
    key = "lst_market/curve/weETH.rate"
    lab = kit.provider(open_store(tmp_path / "canonical"), kit.need(key, Alignment.STEP))
    assert "smoothed" in " ".join(lab.frame(*lab.coverage()).sources[0].notes)


def test_quotes_that_move_by_the_hour_are_not_smoothed(raw):
    walk = 1.04 + np.cumsum(np.random.default_rng(5).normal(0.0, 1e-4, 1000))

    report = raw({"weETH_peg_market_vs_oracle_1h.csv": quotes(walk.tolist())})

    assert report.choices[0].reason == "the only good file"
    assert report.datasets[0].derived is False


def test_a_smoothed_price_is_derived_and_does_not_serve(raw, smoothed):
    rows = "".join(f"{1717200000 + 3600 * i},{x},{x},{x},{x}\n" for i, x in enumerate(smoothed[0]))

    report = raw({"uniswapv3_weETHWETH_1h.csv": "timestamp,open,high,low,close\n" + rows})

    assert report.choices[0].file is None
    assert report.datasets[0].smoothed


def test_quotes_of_another_market_are_refused(raw):
    with pytest.raises(BadDataError, match=r"not of curve.*row 2"):
        raw({"weETH_peg_market_vs_oracle_1h.csv": quotes([1.04, 1.05], dex="balancer")})


WEEKLY = (
    "staking_period_start,staking_period_end,eigen_earned,eth_restaked,eth_not_restaked,"
    "eigen_per_eeth_weekly\n"
    "2024-08-15,2024-10-05,2478088,1480684,532110,0.205\n"
    "2024-10-06,2024-10-12,358681,1531605,474149,0.179\n"
)
TOP_UPS = (
    "top_up_date,staking_period_start,staking_period_end,ethfi_amount,ethfi_per_eeth_distributed\n"
    "2024-10-18,2024-08-15,2024-10-05,500000,0.248\n"
    "2024-10-28,2024-10-06,2024-10-12,41000,0.020\n"
)


def test_rewards_keep_what_was_printed_and_the_totals_to_recompute_it(raw, tmp_path):
    report = raw({"etherfi_eigen_distributions_weekly.csv": WEEKLY,
                  "etherfi_ethfi_topups.csv": TOP_UPS})  # fmt: skip

    store = open_store(tmp_path / "canonical")
    eigen, ethfi = (store.read(f"rewards/etherfi/{x}").fields for x in ("EIGEN", "ETHFI"))
    assert eigen["eeth_total"].tolist() == [2_012_794.0, 2_005_754.0]
    assert eigen["printed_per_eeth"].tolist() == [0.205, 0.179]
    assert ethfi["eeth_total"].tolist() == [2_012_794.0, 2_005_754.0]
    assert ethfi["token_amount"].tolist() == [500_000.0, 41_000.0]
    # 2,478,088 EIGEN over 2,012,794 eETH and 52 days are 0.166 a week, not 0.205.
    text = str(report_of(report, "etherfi_eigen_distributions_weekly.csv").findings[0])
    assert "row 2, 0.205 printed, 1.231 for the period or 0.1657 a week" in text


def test_top_ups_without_the_stake_of_their_period_are_refused(raw):
    with pytest.raises(BadDataError, match="without the stake"):
        raw({"etherfi_ethfi_topups.csv": TOP_UPS})


def test_yields_made_of_a_constant_price_are_refused(raw):
    table = "period_start,period_end,eigen_price_usd\n2024-08-15,2024-10-05,3.5\n" * 1
    table += "2024-10-06,2024-10-12,3.5\n"

    with pytest.raises(BadDataError, match="eigen_price_usd is one constant"):
        raw({"etherfi_seasonal_rewards_derived.csv": table})


def test_a_new_import_removes_what_an_earlier_one_wrote_and_nothing_else(raw, tmp_path):
    raw({SPOT: HEADER + GOOD, "bybit_BTCUSDT_spot_1h.csv": HEADER + GOOD})
    own = tmp_path / "canonical" / "spot" / "mine.parquet"
    own.write_text("kept")
    (tmp_path / "raw" / SPOT).unlink()

    raw({}, replace_earlier=True)

    left = {x.relative_to(tmp_path / "canonical").as_posix()
            for x in (tmp_path / "canonical").rglob("*.*")}  # fmt: skip
    assert left == {"catalogue.json", "spot/bybit/BTCUSDT.parquet", "spot/mine.parquet"}


def test_nothing_usable_is_an_error_that_exits_with_3(raw):
    with pytest.raises(DataError) as caught:
        raw({SPOT: HEADER})

    assert caught.value.exit_code == 3
    assert SPOT in str(caught.value.value)


def test_a_destination_inside_the_source_is_refused(tmp_path):
    with pytest.raises(UsageError):
        import_directory(tmp_path, tmp_path / "canonical")


def funding(venue_rates, labels):
    rows = "".join(
        f"{t}Z,{rate:.10f},{real:.10f}\n"
        for t, rate, real in zip(labels, *venue_rates, strict=True)
    )
    return "funding_time,funding_rate,real_funding_rate\n" + rows


@pytest.fixture
def rates():
    return np.cumsum(np.random.default_rng(7).normal(0.0, 2e-5, 300))


def archive(rates, hours_ahead):
    """Return a reference file, and an archive whose labels run ahead; its first column lags."""
    times = np.datetime64("2024-06-01", "s") + 8 * np.arange(300) * np.timedelta64(1, "h")
    return {
        "binance_BTCUSDT_funding_rates.csv": funding((rates, rates), times),
        "okx_BTC-USDT-SWAP_funding_daily_archive.csv": funding(
            (np.zeros(300), rates), times + np.timedelta64(hours_ahead, "h")
        ),
    }


def test_labels_ahead_of_utc_are_moved_with_a_note(raw, tmp_path, rates):
    steps = np.diff(rates, prepend=0.0)

    report = raw(archive(steps, 8))

    store = open_store(tmp_path / "canonical")
    okx, binance = store.read("funding/okx/BTCUSDT"), store.read("funding/binance/BTCUSDT")
    assert okx.times.tolist() == binance.times.tolist()
    assert okx.fields["rate"].tolist() == pytest.approx(steps.tolist(), abs=1e-10)
    assert "UTC+8" in " ".join(okx.info.notes)
    assert all(x.verdict is Verdict.USED for x in report.files)


def test_labels_that_are_right_stay(raw, tmp_path, rates):
    raw(archive(np.diff(rates, prepend=0.0), 0))

    okx = open_store(tmp_path / "canonical").read("funding/okx/BTCUSDT")
    assert okx.times[0] == np.datetime64("2024-06-01")


def test_labels_that_cannot_be_told_refuse_the_file(raw):
    noise = np.random.default_rng(3).normal(0.0, 1e-5, 300)
    files = archive(noise, 0)
    other = archive(np.random.default_rng(4).normal(0.0, 1e-5, 300), 0)
    name = "okx_BTC-USDT-SWAP_funding_daily_archive.csv"

    report = raw({**files, name: other[name]})

    assert report_of(report, name).verdict is Verdict.REFUSED
    assert "cannot be told" in str(report_of(report, name).findings[-1])


def test_an_archive_without_another_venue_is_refused(raw, rates):
    name = "okx_BTC-USDT-SWAP_funding_daily_archive.csv"
    files = {name: archive(rates, 8)[name], SPOT: HEADER + GOOD}

    report = raw(files)

    assert "without another venue's funding" in str(report_of(report, name).findings[-1])


def test_an_archive_may_be_unordered_and_repeat_what_agrees(raw, rates):
    files = archive(np.diff(rates, prepend=0.0), 0)
    name = "okx_BTC-USDT-SWAP_funding_daily_archive.csv"
    lines = files[name].splitlines(keepends=True)
    repeat = lines[1].replace("0.0000000000", "0.5000000000", 1)

    report = raw({**files, name: "".join([lines[0], lines[2], lines[1], *lines[3:], repeat])})

    found = report_of(report, name)
    assert (found.verdict, found.rows) == (Verdict.USED, 300)
    assert "order of time" in str(found.findings[0])
    assert "1 row repeats a time" in str(found.findings[1])


def test_an_archive_that_contradicts_itself_is_refused(raw, rates):
    files = archive(np.diff(rates, prepend=0.0), 0)
    name = "okx_BTC-USDT-SWAP_funding_daily_archive.csv"
    stamp = files[name].splitlines()[1].split(",")[0]

    report = raw({**files, name: files[name] + f"{stamp},0,0.4\n"})

    assert report_of(report, name).verdict is Verdict.REFUSED


def test_a_source_that_is_no_directory_is_named(tmp_path):
    with pytest.raises(MissingDataError, match="no such directory to import"):
        import_directory(tmp_path / "nowhere", tmp_path / "canonical")


def test_progress_counts_datasets(tmp_path):
    source = tmp_path / "raw"
    source.mkdir()
    (source / SPOT).write_text(HEADER + GOOD)
    (source / "bybit_BTCUSDT_spot_1h.csv").write_text(HEADER + GOOD)
    told = []

    import_directory(source, tmp_path / "canonical", progress=lambda *x: told.append(x))

    assert told == [("spot/binance/BTCUSDT", 1, 2), ("spot/bybit/BTCUSDT", 2, 2)]


def test_an_index_beyond_ratios_and_below_ray_is_refused(raw):
    with pytest.raises(BadDataError, match="neither a ray nor a ratio"):
        raw({AAVE: AAVE_HEADER + "1717200000,1000000000,1,0,0,9,5,1\n"})


def test_a_file_that_only_claims_to_be_gzipped_is_refused(raw):
    with pytest.raises(BadDataError, match="cannot be read as CSV"):
        raw({f"{SPOT}.gz": HEADER + GOOD})


def test_parquet_under_the_name_of_csv_is_called_parquet(tmp_path):
    write_columns(
        tmp_path / "bars.parquet", np.arange(3).astype("datetime64[s]"), {"open": np.ones(3)}
    )
    content = (tmp_path / "bars.parquet").read_bytes()
    source = tmp_path / "source"
    source.mkdir()
    (source / SPOT).write_bytes(content)

    with pytest.raises(BadDataError, match="it is Parquet, whatever its name says"):
        import_directory(source, tmp_path / "elsewhere")


def test_a_file_that_cannot_be_opened_is_not_called_bad_csv(tmp_path):
    (tmp_path / "bars.csv").mkdir()

    with pytest.raises(BadDataError, match="a file cannot be opened") as caught:
        read_table(tmp_path / "bars.csv", "bars.csv")

    assert caught.value.value == "Is a directory"


def test_comment_lines_are_left_out_and_lines_still_count(raw):
    report = raw({SPOT: "# from a notebook\n" + HEADER + GOOD + "2024-06-01T03:00:00Z,0,1,1,1,1\n",
                  "bybit_BTCUSDT_spot_1h.csv": "# from a notebook\n" + HEADER + GOOD})  # fmt: skip

    assert f"{SPOT}, row 6" in str(report_of(report, SPOT).findings[-1])
    assert report_of(report, "bybit_BTCUSDT_spot_1h.csv").rows == 3


def test_a_short_archive_cannot_be_told(raw, rates):
    files = archive(np.diff(rates, prepend=0.0), 0)
    name = "okx_BTC-USDT-SWAP_funding_daily_archive.csv"

    report = raw({**files, name: "".join(files[name].splitlines(keepends=True)[:50])})

    assert "cannot be told" in str(report_of(report, name).findings[-1])


def test_a_raw_directory_tells_what_is_refused_and_what_is_not_there(tmp_path):
    (tmp_path / SPOT).write_text(HEADER + GOOD.replace("100,103", "0,103"))
    (tmp_path / "bybit_BTCUSDT_spot_1h.csv").write_text(HEADER + GOOD)
    store = open_store(tmp_path)

    assert [x.id for x in store.datasets()] == ["spot/bybit/BTCUSDT"]
    assert f"{SPOT} refused: open cannot be true" in store.absence("spot/binance/BTCUSDT")
    assert store.absence("spot/okx/BTCUSDT") == ""
    with pytest.raises(MissingDataError, match="no such dataset"):
        store.read("spot/binance/BTCUSDT")
