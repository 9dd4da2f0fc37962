"""Words and units of a report's tables, from runs of their own."""

import re

import numpy as np
import pytest

import basis_lab as bl
from basis_lab.cli import main
from basis_lab.results import formats
from basis_lab.results.report import TearSheet
from basis_lab.results.report_data import Background
from basis_lab.services import reports


@pytest.fixture(scope="module")
def paying():
    flows = [{"at": "2025-01-20", "amount": -0.4, "unit": "capital"}]
    dates = {"start": "2025-01-10", "end": "2025-02-01"}
    return bl.backtest("usdt_market_neutral", **dates, overrides={"flows": flows})


def test_a_withdrawal_is_an_amount_in_its_currency_without_a_limit(paying):
    text = TearSheet(paying, Background()).sections.rebalances().text

    row = next(x for x in text.split("</tr>") if ">withdrawal<" in x)
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", row)
    assert cells[cells.index("withdrawal") :][:4] == [
        *("withdrawal", "exit partial", "40,000 USDT", formats.NONE)
    ]


def test_gas_that_is_owed_is_said_to_be(paying):
    sheet = TearSheet(paying, Background())
    owed = paying.balance_sheet.query("line == 'wallet:token:ETH'")["value"]

    assert owed.iloc[0] < 0.0
    assert ">wallet ETH, below 0: gas owed<" in sheet.sections.balance_moments().text


def test_a_run_that_paid_gas_alone_is_not_told_of_trading_costs():
    run = bl.backtest("pure_lending", start="2024-06-01", end="2024-06-01T02:00")
    costs = {name for name, x in run.summary["costs"].items() if x != 0.0}

    assert costs == {"gas"}
    assert "<b>Gas counts most" in TearSheet(run, Background()).attribution().layout.title.text


def test_a_stand_in_is_named_once_however_many_of_its_series_serve(paying):
    for series in paying.manifest["series"][:3]:
        field = series["key"].rpartition(".")[2]
        series["key"] = f"mark/bybit/BTCUSDT.{field}"
        series["notes"] = ["the directory has no mark/bybit/BTCUSDT; perp/bybit stands for it"]

    head = TearSheet(paying, Background()).headline().text

    assert head.count("stands for it") == 1
    assert "mark/bybit/BTCUSDT: the directory" in head


@pytest.mark.parametrize(
    ("units", "unit", "text"),
    [
        (-0.000051634, "BTC", "\N{MINUS SIGN}0.0000516"),
        (-1.25, "ETH", "\N{MINUS SIGN}1.2500"),
        (0.004, "USDT", "0.00"),
        (0.0, "BTC", "0.0000"),
        (None, "BTC", formats.NONE),
    ],
)
def test_a_small_part_of_a_coin_has_three_digits(units, unit, text):
    assert formats.format_units(units, unit) == text


def test_report_png_says_where_the_pictures_are(paying, tmp_path, monkeypatch, capsys):
    folder = paying.save(tmp_path / "run")
    monkeypatch.setattr(reports, "render_report", lambda x, **_: x / "report.html")

    assert main(["report", "--png", str(folder)]) == 0
    with_pictures = capsys.readouterr().out
    assert main(["report", str(folder)]) == 0

    assert f"pictures: {folder}/plots/report-*.png" in with_pictures
    assert "pictures" not in capsys.readouterr().out


def test_distances_of_a_narrow_range_have_labels_on_their_axis():
    run = bl.backtest("eth_leveraged", start="2025-01-01", end="2025-02-15")

    figure = TearSheet(run, Background()).distances()

    drawn = np.concatenate([np.asarray(line.y, dtype=float) for line in figure.data])
    low, high = np.nanmin(drawn) - 0.01, np.nanmax(drawn) + 0.01
    assert high / low < 1.5
    assert len([x for x in figure.layout.yaxis.tickvals if low <= x <= high]) >= 2
