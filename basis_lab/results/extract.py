"""What figures draw, taken from the tables of a run."""

import json

import pandas as pd

from basis_lab.domain.events import EventType
from basis_lab.domain.reports import CATEGORIES
from basis_lab.results import style

YEAR = pd.Timedelta(days=365)


def components(pnl: pd.DataFrame) -> pd.DataFrame:
    """Return the categories that are drawn: costs of trading in one, zeros left out.

    Parameters
    ----------
    pnl : pandas.DataFrame
        As hourly_pnl.csv.

    Returns
    -------
    pandas.DataFrame
        By step, one column at least.
    """
    costs = pnl[list(style.TRADING_COSTS)].sum(axis=1)
    parts = pnl[[name for name in CATEGORIES if name not in style.TRADING_COSTS]]
    parts = parts.assign(**{"trading costs": costs})
    drawn = parts.loc[:, (parts != 0.0).any()]
    return drawn if len(drawn.columns) > 0 else parts[["trading costs"]]


def stack_middles(finals: pd.Series) -> dict[str, tuple[float, str]]:
    """Return where the label of each stacked area stands at the right end.

    Parameters
    ----------
    finals : pandas.Series
        Last cumulative amount by category.

    Returns
    -------
    dict of str to (float, str)
        Category -> height of its middle, and its colour.
    """
    middles: dict[str, tuple[float, str]] = {}
    for side in (finals[finals > 0.0], finals[finals < 0.0]):
        base = 0.0
        for name, amount in zip(side.index.astype(str), side.tolist(), strict=True):
            middles[name] = (base + amount / 2.0, style.CATEGORY_COLOURS[name])
            base += amount
    return middles


def held(frame: pd.DataFrame, prefix: str) -> dict[str, pd.Series]:
    """Return the columns of a prefix that have a value anywhere.

    Parameters
    ----------
    frame : pandas.DataFrame
        As risk.csv or exposure.csv.
    prefix : str
        What their names begin with.

    Returns
    -------
    dict of str to pandas.Series
        By name without the prefix.
    """
    named = {str(name): frame[name] for name in frame if str(name).startswith(prefix)}
    return {
        name.removeprefix(prefix): series for name, series in named.items() if series.notna().any()
    }


def funding_rates(events: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the funding rates that were applied, in percent a year.

    Parameters
    ----------
    events : pandas.DataFrame
        As event_log.csv.

    Returns
    -------
    dict of str to pandas.Series
        By venue; the usual spacing of its payments makes a rate yearly.
    """
    paid = events[events["event_type"] == EventType.FUNDING_PAYMENT.value]
    rates: dict[str, pd.Series] = {}
    for venue, rows in paid.groupby("venue", sort=True):
        applied = [json.loads(details)["rate"] for details in rows["details"]]
        series = pd.Series(applied, index=rows.index, dtype=float)
        series = series[~series.index.duplicated()]
        spacing = pd.Series(series.index).diff().median()
        if pd.notna(spacing):
            rates[str(venue)] = 100.0 * series * (YEAR / spacing)
    return rates
