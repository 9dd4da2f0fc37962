"""Titles and words made from a run; they say what was found."""

import datetime as dt

import numpy as np

from basis_lab.notebook.series import RunSeries
from basis_lab.results.formats import format_amount, format_share
from basis_lab.results.labels import category_label

DOT = " \N{MIDDLE DOT} "
SIDE_NAMES = {"aave": "Aave"}
STEPS = {60: "minutes", 3_600: "hours", 86_400: "days"}
RHYTHMS = {60: "every minute", 3_600: "hourly", 86_400: "daily"}
HOUR_S, MINUTE_S = 3_600, 60


def words(name: str) -> str:
    """Return a key as people read it.

    Parameters
    ----------
    name : str
        For instance "borrow_cost".

    Returns
    -------
    str
        For instance "borrow cost".
    """
    return name.replace("_", " ")


def count_steps(count: int, step_s: int) -> str:
    """Return how many timesteps as people count them.

    Parameters
    ----------
    count : int
        Timesteps.
    step_s : int
        Length of one, seconds.

    Returns
    -------
    str
        For instance ``8,761 hours`` or ``2,191 bars of 4 h``.
    """
    name = STEPS[step_s] if step_s in STEPS else f"bars of {_length(step_s)}"
    return f"{count:,} {name}"


def word_progress(done: int, total: int, seconds: float, start: str, step_s: int) -> str:
    """Return how far a run is.

    Parameters
    ----------
    done, total : int
        Timesteps.
    seconds : float
        Since it began.
    start : str
        ISO date of its first timestep; empty where the data decide.
    step_s : int
        Length of a timestep, seconds.

    Returns
    -------
    str
        The date reached where it is known, timesteps, rate, time left.
    """
    if not done:
        return count_steps(total, step_s) if total else "reading the data"
    parts = [f"{done:,} of {count_steps(total, step_s)}"]
    if start:
        reached = dt.datetime.fromisoformat(start) + dt.timedelta(seconds=(done - 1) * step_s)
        parts.insert(0, day_text(reached))
    left = seconds * (total - done) / done
    return DOT.join([*parts, f"{done / seconds:,.0f} a second", f"{left:.0f} s left"])


def rhythm(step_s: int) -> str:
    """Return how often a run looks.

    Parameters
    ----------
    step_s : int
        Length of a timestep, seconds.

    Returns
    -------
    str
        For instance "hourly" or "every 4 h".
    """
    return RHYTHMS[step_s] if step_s in RHYTHMS else f"every {_length(step_s)}"


def _length(step_s: int) -> str:
    whole_hours = step_s % HOUR_S == 0
    return f"{step_s // HOUR_S} h" if whole_hours else f"{step_s / MINUTE_S:g} min"


def side_name(side: str) -> str:
    """Return the name of a side of risk.

    Parameters
    ----------
    side : str
        "aave" or a venue.

    Returns
    -------
    str
        As its owner writes it.
    """
    return SIDE_NAMES[side] if side in SIDE_NAMES else side


def moment_text(series: RunSeries, row: int) -> str:
    """Return a timestep as text.

    Parameters
    ----------
    series : RunSeries
        The run.
    row : int
        The timestep.

    Returns
    -------
    str
        ``2024-08-05 12:00``.
    """
    return str(np.datetime_as_string(series.stamps[row], unit="m")).replace("T", " ")


def date_text(series: RunSeries, row: int) -> str:
    """Return the day of a timestep as people write it.

    Parameters
    ----------
    series : RunSeries
        The run.
    row : int
        The timestep.

    Returns
    -------
    str
        ``5 Aug 2024``.
    """
    return day_text(series.stamps[row].astype(dt.datetime))


def day_text(day: dt.date) -> str:
    """Return a day as people write it.

    Parameters
    ----------
    day : date
        The day.

    Returns
    -------
    str
        ``5 Aug 2024``.
    """
    return f"{day.day} {day:%b %Y}"


def title_equity(series: RunSeries) -> str:
    """Return what the equity panel found.

    Parameters
    ----------
    series : RunSeries
        The run.

    Returns
    -------
    str
        Equity at the end against lending at the end.
    """
    currency = series.currency
    if series.lending is None:
        earned = format_amount(float(series.net[-1]), currency, signed=True)
        return f"{earned} {currency}; no lending series to compare with"
    excess = float(series.record.equity[-1] - series.lending[-1])
    told = format_amount(abs(excess), currency)
    return f"{told} {currency} {'more' if excess > 0.0 else 'less'} than lending would have left"


def title_attribution(series: RunSeries) -> str:
    """Return what the attribution panel found.

    Parameters
    ----------
    series : RunSeries
        The run.

    Returns
    -------
    str
        The largest source, and the largest cost as a share of gross.
    """
    finals = {name: float(values[-1]) for name, values in series.attribution.items()}
    gains = {name: x for name, x in finals.items() if x > 0.0}
    losses = {name: x for name, x in finals.items() if x < 0.0}
    if not gains:
        return "Nothing was earned"
    source = max(gains, key=lambda name: gains[name])
    gross = sum(gains.values())
    label = category_label(source, series.summary)
    title = f"{label.capitalize()} brought {format_share(gains[source] / gross, digits=0)}"
    title += " of what was earned"
    if losses:
        cost = min(losses, key=lambda name: losses[name])
        share = -losses[cost] / gross
        taken = format_share(share, digits=0) if share <= 1.0 else f"{share:,.1f} times as much"
        title += f"; {category_label(cost, series.summary)} took {taken}"
    return title


def title_distance(series: RunSeries) -> str:
    """Return what the panel of liquidation distances found.

    Parameters
    ----------
    series : RunSeries
        The run.

    Returns
    -------
    str
        The nearest side, how near, when.
    """
    nearest = series.sides[0]
    told = format_share(nearest.worst, signed=True, digits=1)
    row = nearest.worst_row
    when = "" if row is None else f" on {date_text(series, row)}"
    return f"Closest to liquidation: {side_name(nearest.side)}, {told}{when}"
