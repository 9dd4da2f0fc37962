"""Runs on the same prices at two intervals agree where they must.

Minutes are made from the sample's hours, and the hours beside them from those minutes, so that
every interval sees the same prices.
"""

import filecmp
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import basis_lab as bl
from basis_lab.cli import main
from basis_lab.data.catalogue import CATALOGUE, file_sha256, open_store, render_catalogue
from basis_lab.data.parquet import write_columns
from basis_lab.domain.intervals import INTERVALS, SECONDS
from benchmarks.minutes import write_directory

START, END = "2024-06-02", "2024-06-09"
SPAN = ("2024-06-01", "2024-06-10")
HELD = ("frictionless", "hold")
COARSER = [x for x in INTERVALS if x != "1m"]


@pytest.fixture(scope="module")
def minutes(tmp_path_factory):
    return write_directory(tmp_path_factory.mktemp("minutes"), ("BTCUSDT",), SPAN, "1m")


@pytest.fixture(scope="module")
def held(minutes):
    """Runs that hold one position from the start, by interval."""
    return {
        interval: bl.backtest(
            "btc_basis",
            start=START,
            end=END,
            scenarios=HELD,
            data_dir=minutes,
            interval=interval,
            overrides={"data.output_every": interval},
        )
        for interval in INTERVALS
    }


@pytest.mark.parametrize("interval", COARSER)
def test_equity_of_a_held_position_is_the_same_at_common_timesteps(held, interval):
    coarse, fine = held[interval].pnl, held["1m"].pnl

    common = fine.loc[coarse.index]

    assert len(fine) == 7 * 1440 + 1
    assert len(coarse) == 7 * 86_400 // SECONDS[interval] + 1
    for name in ("equity", "exit_equity", "nav_per_share", "equity_usd"):
        np.testing.assert_allclose(coarse[name], common[name], rtol=1e-12)


@pytest.mark.parametrize("interval", COARSER)
def test_every_category_of_a_held_position_comes_to_the_same(held, interval):
    coarse, fine = (held[x].summary["attribution"] for x in (interval, "1m"))

    assert fine["funding"] != 0.0
    for name, amount in fine.items():
        assert coarse[name] == pytest.approx(amount, rel=1e-10, abs=1e-7), name


@pytest.mark.parametrize("interval", COARSER)
def test_measures_by_day_and_year_do_not_depend_on_the_interval(held, interval):
    coarse, fine = held[interval].summary, held["1m"].summary

    for name in ("total_return", "annualized_return", "apr", "hurdle_apr", "break_even_days"):
        assert coarse[name] == pytest.approx(fine[name], rel=1e-11), name
    assert coarse["max_drawdown"] >= fine["max_drawdown"]


@pytest.mark.parametrize("interval", INTERVALS)
def test_the_residual_stays_rounding_noise(held, interval):
    summary = held[interval].summary

    assert summary["attribution_residual"] <= 1e-9 * summary["initial_capital"]


def test_daily_returns_and_their_volatility_agree_over_a_month(tmp_path):
    directory = write_directory(tmp_path, ("BTCUSDT",), ("2024-06-01", "2024-07-10"), "1h")
    dates = {"start": "2024-06-01", "end": "2024-07-08", "data_dir": directory}

    hours, days = (
        bl.backtest("btc_basis", **dates, scenarios=HELD, interval=x).summary for x in ("1h", "1d")
    )

    for name in ("volatility", "sharpe", "sortino"):
        assert hours[name] is not None
        assert days[name] == pytest.approx(hours[name], rel=1e-9)


def test_hours_made_of_minutes_give_the_same_run_as_hours(minutes, tmp_path):
    hours = write_directory(tmp_path / "hours", ("BTCUSDT",), SPAN, "1h")
    words = ["backtest", "btc_basis", "--start", START, "--end", END, "--quiet", "--no-plots"]

    for place, name in ((minutes, "a"), (hours, "b")):
        assert main([*words, "--data-dir", str(place), "--out", str(tmp_path / name)]) == 0

    (ours,) = (tmp_path / "a").iterdir()
    names = sorted(x.name for x in ours.iterdir() if x.name != "manifest.json")
    theirs = tmp_path / "b" / ours.name
    assert filecmp.cmpfiles(ours, theirs, names, shallow=False) == (names, [], [])


def test_strides_write_identical_bytes_on_minutes(minutes, tmp_path):
    words = ["backtest", "btc_basis", "--start", START, "--end", "2024-06-03", "--quiet"]
    words += ["--no-plots", "--interval", "1m", "--data-dir", str(minutes)]

    for stride in ("1", "auto"):
        assert main([*words, "--stride", stride, "--out", str(tmp_path / stride)]) == 0

    (ours,) = (tmp_path / "auto").iterdir()
    names = sorted(x.name for x in ours.iterdir() if x.name != "manifest.json")
    same = tmp_path / "1" / ours.name
    assert filecmp.cmpfiles(ours, same, names, shallow=False) == (names, [], [])


@pytest.mark.parametrize(
    ("interval", "row"),
    [
        ("1m", "2024-06-05T13:38:00Z"),
        ("15m", "2024-06-05T13:45:00Z"),
        ("1h", "2024-06-05T14:00:00Z"),
        ("4h", "2024-06-05T16:00:00Z"),
        ("1d", "2024-06-06T00:00:00Z"),
    ],
)
def test_the_extreme_of_one_minute_liquidates_at_every_interval(minutes, tmp_path, interval, row):
    spiked = with_spike(minutes, tmp_path, "2024-06-05T13:37")

    run = bl.backtest(
        "btc_basis",
        start=START,
        end=END,
        scenarios=HELD,
        data_dir=spiked,
        interval=interval,
        overrides={"strategy.hedge_allocation": {"binance": 1.0}},
    )

    (forced,) = run.events[run.events["event_type"] == "LIQUIDATION"].itertuples()
    assert forced.Index == pd.Timestamp(row)
    assert run.summary["liquidations"] == 1


def with_spike(directory, place, moment):
    """Copy a directory, with one bar in which every market trades at three times its open.

    Were it one market alone, the bar would be refused as a false wick.
    """
    infos = []
    for info in open_store(directory).datasets():
        target = place / info.file
        target.parent.mkdir(parents=True, exist_ok=True)
        if "high" not in info.fields:
            target.write_bytes((directory / info.file).read_bytes())
            infos.append(info)
            continue
        series = open_store(directory).read(info.id)
        high = series.fields["high"].copy()
        high[np.searchsorted(series.times, np.datetime64(moment, "s"))] *= 3.0
        write_columns(target, series.times, {**series.fields, "high": high})
        infos.append(replace(info, sha256=file_sha256(target)))
    (place / CATALOGUE).write_text(render_catalogue(infos, {}))
    return place


def test_tables_of_minutes_are_hourly_and_add_up(minutes, held):
    run = bl.backtest(
        "btc_basis", start=START, end=END, scenarios=HELD, data_dir=minutes, interval="1m"
    )

    assert len(run.pnl) == 7 * 24 + 1
    assert run.summary["timesteps"] == 7 * 1440 + 1
    fine = held["1m"]
    assert run.summary["net_pnl"] == fine.summary["net_pnl"]
    assert run.pnl["equity"].equals(fine.pnl["equity"].loc[run.pnl.index])
    for name, total in run.summary["attribution"].items():
        assert run.pnl[name].sum() == pytest.approx(total, rel=1e-12, abs=1e-9)
    assert run.pnl["residual"].abs().max() < 1e-7
    sheet = run.balance_sheet.groupby(level=0)["value"].sum()
    np.testing.assert_allclose(sheet, run.pnl["equity"], rtol=1e-12)


def test_a_run_that_starts_between_hours_shows_its_first_and_last_minute(minutes):
    run = bl.backtest(
        "btc_basis",
        start=f"{START}T00:17",
        end=f"{START}T02:40",
        data_dir=minutes,
        interval="1m",
    )

    assert run.pnl.index.strftime("%H:%M").tolist() == ["00:17", "01:00", "02:00", "02:40"]
    assert run.pnl["net_pnl_usd"].sum() == pytest.approx(run.summary["net_pnl"], rel=1e-12)


def test_the_interval_is_part_of_the_configuration_and_of_the_run_s_name(held):
    assert len({run.summary["run_id"] for run in held.values()}) == len(INTERVALS)


def test_figures_are_drawn_for_minutes(minutes):
    run = bl.backtest("btc_basis", start=START, end=END, data_dir=minutes, interval="1m")

    figure = run.figures.margin_ratios()

    assert len(figure.data) > 0
    assert json.loads(figure.to_json())["data"]


def test_a_stage_of_a_plan_waits_as_long_at_every_interval(minutes):
    overrides = {"strategy.plan_timeout": 1.0}

    for interval in ("1m", "5m", "1h"):
        run = bl.backtest(
            "btc_basis",
            start=START,
            end="2024-06-04",
            data_dir=minutes,
            interval=interval,
            overrides=overrides,
        )
        assert run.summary["trades"] >= 4
