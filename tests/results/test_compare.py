"""Runs side by side, where they are told in different currencies."""

from dataclasses import dataclass
from typing import Any

from basis_lab.results.compare import YEARLY, compare, word_currencies
from basis_lab.results.formats import NONE
from basis_lab.results.listing import word_comparison


@dataclass
class Run:
    """A run that has a summary alone."""

    summary: dict[str, Any]
    path: str = "run"


def run(name, currency, size):
    return Run(
        {
            "run_id": name,
            "status": "completed",
            "mode": "m",
            "share_class": currency,
            "currency": currency,
            "start": "a",
            "end": "b",
            "initial_capital": size,
            "final_equity": 2.0 * size,
            "final_exit_equity": 2.0 * size,
            "final_equity_usd": 3.0 * size,
            "net_pnl": size,
            "apr": 0.01 * size,
            "trades": int(size),
            "attribution": {"funding": size},
            "attribution_residual": size,
            "balance": {"venue:token:X": size},
            "costs": {"fees": -size},
        }
    )


def test_amounts_of_another_currency_are_not_subtracted_and_ratios_are():
    table = compare([run("a", "USDT", 10.0), run("b", "ETH", 4.0)])

    told = table["b - first"].dropna().to_dict()
    assert told == {"final_equity_usd": -18.0, "apr": 0.04 - 0.1, "trades": -6}
    assert word_currencies(table).startswith("amounts in ETH and USDT are not subtracted")


def test_a_run_of_the_same_currency_is_subtracted_beside_one_of_another():
    table = compare([run("a", "USDT", 10.0), run("b", "ETH", 4.0), run("c", "USDT", 7.0)])

    assert table["c - first"]["net_pnl"] == -3.0
    assert table["c - first"]["balance.venue:token:X"] == -3.0
    assert table["b - first"]["net_pnl"] is None


def test_runs_of_one_currency_have_no_note():
    assert word_currencies(compare([run("a", "ETH", 1.0), run("b", "ETH", 2.0)])) == ""


def dated(name, end):
    told = run(name, "USDT", 10.0)
    rates = dict.fromkeys(YEARLY, 0.5)
    told.summary.update(rates, start="2025-01-01T00:00:00Z", end=end, target_apy=0.07)
    return told


def cells(table):
    """Return the lines of a printed comparison, cell by cell, by figure."""
    return {x.split()[0]: x.split()[1:] for x in word_comparison(table).splitlines() if x}


def test_yearly_rates_of_runs_too_short_for_one_are_a_dash_for_people_and_numbers_in_the_table():
    table = compare(
        [
            dated("short", "2025-01-30T23:00:00Z"),
            dated("whole", "2025-01-31T00:00:00Z"),
            dated("brief", "2025-01-02T00:00:00Z"),
        ]
    )

    told = cells(table)
    for figure in YEARLY:
        assert told[figure] == [NONE, "0.5", NONE, NONE, NONE]
        assert table.loc[figure].tolist() == [0.5, 0.5, 0.5, 0.0, 0.0]
    assert told["target_apy"] == ["0.07", "0.07", "0.07", "0", "0"]
    assert f"{NONE}: a run under 30 days is too short for yearly rates" in word_comparison(table)


def test_a_difference_of_two_runs_long_enough_is_told_although_a_third_is_short():
    table = compare(
        [
            dated("one", "2025-03-01T00:00:00Z"),
            dated("two", "2025-03-01T00:00:00Z"),
            dated("brief", "2025-01-02T00:00:00Z"),
        ]
    )

    assert cells(table)["calmar"] == ["0.5", "0.5", NONE, "0", NONE]


def test_long_runs_have_no_dash_and_no_line_about_it():
    table = compare([dated(x, "2025-03-01T00:00:00Z") for x in ("one", "two")])

    assert NONE not in word_comparison(table)
