"""What figures draw, taken from the tables of a run."""

import json
from collections.abc import Mapping

import pandas as pd

from basis_lab.calc.performance import calculate_drawdown
from basis_lab.domain.events import EventType
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.domain.reports import CATEGORIES
from basis_lab.results import style
from basis_lab.results.tables import LENT

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


def stack_middles(finals: pd.Series, colours: Mapping[str, str]) -> dict[str, tuple[float, str]]:
    """Return where the label of each stacked area stands at the right end.

    Parameters
    ----------
    finals : pandas.Series
        Last amount by name.
    colours : mapping of str to str
        Colour by name.

    Returns
    -------
    dict of str to (float, str)
        Name -> height of its middle, and its colour.
    """
    middles: dict[str, tuple[float, str]] = {}
    for side in (finals[finals > 0.0], finals[finals < 0.0]):
        base = 0.0
        for name, amount in zip(side.index.astype(str), side.tolist(), strict=True):
            middles[name] = (base + amount / 2.0, colours[name])
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


def moments(
    events: pd.DataFrame, kind: EventType, venues: tuple[str, ...], measure: str
) -> pd.DatetimeIndex:
    """Return when something happened at a venue, whatever it is called.

    Parameters
    ----------
    events : pandas.DataFrame
        As event_log.csv.
    kind : EventType
        What.
    venues : tuple of str
        Where, every name of the place.
    measure : str
        The risk measure that told it; a liquidation needs none.

    Returns
    -------
    pandas.DatetimeIndex
        Each timestep once.
    """
    found = events[(events["event_type"] == kind.value) & events["venue"].isin(venues)]
    if kind is not EventType.LIQUIDATION:
        found = found[found["trigger"] == measure]
    return pd.DatetimeIndex(found.index.unique())


def line_label(instrument: Instrument) -> str:
    """Return the name of a line of the balance sheet, short enough for a margin.

    Parameters
    ----------
    instrument : Instrument
        The line.

    Returns
    -------
    str
        For instance ``binance margin USDT``.
    """
    kind = "" if instrument.kind is Kind.TOKEN else f"{instrument.kind.value.replace('_', ' ')} "
    return f"{instrument.venue} {kind}{instrument.symbol}"


def lent(pnl: pd.DataFrame) -> pd.Series | None:
    """Return what the same money would be in plain lending.

    Parameters
    ----------
    pnl : pandas.DataFrame
        As hourly_pnl.csv.

    Returns
    -------
    pandas.Series or None
        Share-class currency, by timestep; None where the data have no lending index, and in
        folders of older versions, which did not write it.
    """
    return None if LENT not in pnl or pnl[LENT].isna().all() else pnl[LENT]


def lending_level(pnl: pd.DataFrame) -> pd.Series | None:
    """Return what one unit lent at the start is worth, as a share is of a run.

    Parameters
    ----------
    pnl : pandas.DataFrame
        As hourly_pnl.csv.

    Returns
    -------
    pandas.Series or None
        By timestep, 1 at the first; NaN once nothing is lent any more; None as ``lent``.
    """
    level = lent(pnl)
    if level is None:
        return None
    before = level.shift().where(level.shift() > 0.0)
    growth = ((level - pnl["flows"]) / before).fillna({level.index[0]: 1.0})
    return growth.cumprod(skipna=False)


def lending_gain(pnl: pd.DataFrame, capital: float) -> float | None:
    """Return what the same money would have earned in plain lending.

    Parameters
    ----------
    pnl : pandas.DataFrame
        As hourly_pnl.csv.
    capital : float
        The initial capital, share-class currency.

    Returns
    -------
    float or None
        Share-class currency, deposits and withdrawals taken off; None as ``lent``.
    """
    level = lent(pnl)
    return None if level is None else float(level.iloc[-1] - capital - pnl["flows"].sum())


def drawdown(pnl: pd.DataFrame) -> pd.Series:
    """Return the distance below the highest NAV so far, that of the issue counted.

    Parameters
    ----------
    pnl : pandas.DataFrame
        As hourly_pnl.csv.

    Returns
    -------
    pandas.Series
        Fractions, 0 or below, by timestep.
    """
    nav = pnl["nav_per_share"]
    return pd.Series(calculate_drawdown(nav.to_numpy(dtype=float)), index=nav.index)


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
