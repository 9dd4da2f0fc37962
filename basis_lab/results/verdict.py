"""Is it worth it, by how much, against what: one sentence made from a summary."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from basis_lab.calc.performance import DAYS_PER_YEAR
from basis_lab.domain.wording import defaulted
from basis_lab.results.formats import format_amount, format_points, format_share, format_span

WORTH = "Worth it here"
SHORT_DAYS = 30.0
LEAST_DIFFERENCE = 0.0002  # a year; less is gas or rounding, no reason to do one or the other
EXACT = 1e-9  # of the capital; less is rounding
NO_POINTS = (
    "Money came or went during the run: amounts are not told in points, since a year's rate on the "
    "initial capital would not add up to the net APR, which is that of a share."
)
CLOSE = 0.01  # a year; a run that leaving moves by more is not undecided, but not to be left
LENDING = {"USDT": "plain USDT lending (Aave)", "ETH": "plain WETH lending (Aave)"}
SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A run against lending its capital, held and left at the end.

    Parameters
    ----------
    days : float
        Length of the run.
    held, left : float or None
        APR less the hurdle, as the run stands and if everything were closed at its end; None
        without a hurdle or without a length.
    """

    days: float
    held: float | None
    left: float | None

    @property
    def short(self) -> bool:
        """True of a run that is too short for a rate."""
        return self.days < SHORT_DAYS

    @classmethod
    def of(cls, summary: Mapping[str, Any]) -> Self:
        """Compare a run with its hurdle.

        Parameters
        ----------
        summary : mapping
            As summary.json.

        Returns
        -------
        Comparison
            The two differences.
        """
        days = days_between(summary["start"], summary["end"])
        apr, hurdle = summary["apr"], summary["hurdle_apr"]
        if apr is None or hurdle is None:
            return cls(days=days, held=None, left=None)
        left = apr + _leaving(summary) * DAYS_PER_YEAR / days - hurdle
        return cls(days=days, held=apr - hurdle, left=left)


def direction(against: Comparison) -> str:
    """Return on which side of lending a run ended.

    Parameters
    ----------
    against : Comparison
        Held and left.

    Returns
    -------
    str
        "up" or "down" where both agree, "even" where they do not; empty where there is nothing
        to compare with, and where the difference is none to speak of.
    """
    if against.held is None or against.left is None:
        return ""
    small = max(abs(against.held), abs(against.left)) < LEAST_DIFFERENCE
    if small or format_points(against.held) == format_points(0.0):
        return ""
    if against.held > 0.0 and against.left > 0.0:
        return "up"
    return "down" if against.held <= 0.0 and against.left <= 0.0 else "even"


def _leaving(summary: Mapping[str, Any]) -> float:
    """Return what closing everything at the end does to a share, of its issue price."""
    nav, equity = summary["nav_per_share"], summary["final_equity"]
    if nav is None or equity == 0.0:
        return 0.0
    return float(nav * (summary["final_exit_equity"] / equity - 1.0))


def on_initial_capital(summary: Mapping[str, Any]) -> bool:
    """Tell if the net APR, that of a share, is the P&L as a rate of the initial capital.

    Parameters
    ----------
    summary : mapping
        As summary.json.

    Returns
    -------
    bool
        False where deposits or withdrawals, or the loss of everything, parted the two.
    """
    capital, days = summary["initial_capital"], Comparison.of(summary).days
    if summary["apr"] is None:
        return days <= 0.0
    of_share = summary["apr"] * days / DAYS_PER_YEAR
    return math.isclose(summary["net_pnl"] / capital, of_share, rel_tol=0.0, abs_tol=EXACT)


def yearly(summary: Mapping[str, Any], amount: float) -> float | None:
    """Return an amount as a simple rate of the initial capital; the net P&L gives the net APR.

    Parameters
    ----------
    summary : mapping
        As summary.json.
    amount : float
        Share-class currency.

    Returns
    -------
    float or None
        Fraction a year; None for a run too short for a rate, and where money came or went.
    """
    against = Comparison.of(summary)
    if against.short or not on_initial_capital(summary):
        return None
    return float(amount / summary["initial_capital"] * DAYS_PER_YEAR / against.days)


def excess_amount(summary: Mapping[str, Any]) -> float | None:
    """Return what a run earned more than lending its initial capital would have.

    Parameters
    ----------
    summary : mapping
        As summary.json.

    Returns
    -------
    float or None
        Share-class currency; None without a hurdle, and where money came or went.
    """
    against = Comparison.of(summary)
    if against.held is None or not on_initial_capital(summary):
        return None
    return float(against.held * summary["initial_capital"] * against.days / DAYS_PER_YEAR)


def days_between(start: str, end: str) -> float:
    """Return the days between two stamps.

    Parameters
    ----------
    start, end : str
        ISO, as in summary.json.

    Returns
    -------
    float
        Days.
    """
    span = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return span.total_seconds() / SECONDS_PER_DAY


def word_verdict(summary: Mapping[str, Any]) -> str:
    """Return the first line of everything that shows a run.

    Parameters
    ----------
    summary : mapping
        As summary.json.

    Returns
    -------
    str
        A sentence without a full stop.
    """
    verdict = _word_comparison(summary, Comparison.of(summary))
    count = summary["liquidations"]
    lost = defaulted(summary["warnings"])
    if lost:
        verdict = f"{' and '.join(lost)} defaulted; {verdict[0].lower()}{verdict[1:]}"
    if count > 0:
        times = "once" if count == 1 else f"{count} times"
        # A book that lost a leg is another trade: what it gained since is no answer about carry.
        verdict = verdict.replace(WORTH, "not by carry alone")
        return f"Liquidated {times}; {verdict[0].lower()}{verdict[1:]}"
    return verdict


def _word_comparison(summary: Mapping[str, Any], against: Comparison) -> str:
    if against.short:
        return _word_short(summary, against)
    if against.held is None or against.left is None:
        return f"Net {format_share(summary['apr'])} a year; no lending series to compare with"
    lending = LENDING[summary["share_class"]]
    if max(abs(against.held), abs(against.left)) < LEAST_DIFFERENCE:
        return f"As good as {lending}"
    points = format_points(abs(against.held)).lstrip("+")
    if against.held > 0.0 and against.left > 0.0:
        return f"{WORTH}: {points} points a year above {lending}"
    if against.held <= 0.0 and against.left <= 0.0:
        return f"Not worth it here: {points} points a year below {lending}"
    far = abs(against.held - against.left) > CLOSE
    opening = "Better held, worse left" if far and against.held > 0.0 else "Too close to call"
    return (
        f"{opening}: {format_points(against.held)} points a year if held, "
        f"{format_points(against.left)} if left at the end, against {lending}"
    )


def _word_short(summary: Mapping[str, Any], against: Comparison) -> str:
    currency = summary["currency"]
    earned = format_amount(summary["net_pnl"], currency, signed=True)
    span = format_span(against.days, digits=1)
    opening = f"{earned} {currency} in {span}, too short for a rate"
    excess = excess_amount(summary)
    if excess is None:
        return opening
    side = "more" if excess > 0.0 else "less"
    amount = format_amount(abs(excess), currency)
    return f"{opening}; {amount} {currency} {side} than {LENDING[summary['share_class']]}"
