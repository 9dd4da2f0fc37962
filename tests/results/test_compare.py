"""Runs side by side, where they are told in different currencies."""

from dataclasses import dataclass
from typing import Any

from basis_lab.results.compare import compare, word_currencies


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
