"""What a caller in Python gives of a case, refused by the name of the argument."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from basis_lab.errors import UsageError


def read_date(moment: object, name: str) -> str | None:
    """Return a date as a request takes it.

    Parameters
    ----------
    moment : object
        ISO text, a date, or None.
    name : str
        Of the argument.

    Returns
    -------
    str or None
        ISO, UTC.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> read_date(dt.date(2024, 6, 1), "start")
    '2024-06-01'
    """
    if moment is None:
        return None
    if isinstance(moment, dt.date | dt.datetime):
        return moment.isoformat()
    try:
        if isinstance(moment, str):
            dt.datetime.fromisoformat(moment)
            return moment
    except ValueError:
        pass
    raise UsageError(
        "not a date or time",
        where=name,
        value=moment,
        remedy="write 2024-06-01 or 2024-06-01T08:00, UTC, or give a date",
    )


def read_amount(capital: object) -> float | None:
    """Return a capital.

    Parameters
    ----------
    capital : object
        A number above zero, share-class currency, or None.

    Returns
    -------
    float or None
        None takes the share class's own.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if capital is None:
        return None
    if isinstance(capital, bool) or not isinstance(capital, int | float) or not capital > 0.0:
        raise UsageError(
            "the capital is not a number above zero",
            where="capital",
            value=capital,
            remedy="give an amount in share-class currency",
        )
    return float(capital)


def read_overrides(overrides: object) -> dict[str, object]:
    """Return changed keys.

    Parameters
    ----------
    overrides : object
        Values by dotted key, or None.

    Returns
    -------
    dict of str to object
        A copy.

    Raises
    ------
    UsageError
        If it is no mapping.
    """
    if overrides is None:
        return {}
    if not isinstance(overrides, Mapping):
        raise UsageError(
            "overrides are a mapping of keys to values",
            where="overrides",
            value=overrides,
            remedy='write {"strategy.spot_allocation": 0.6}',
        )
    return dict(overrides)


def read_directory(data_dir: object) -> str:
    """Return a data directory.

    Parameters
    ----------
    data_dir : object
        A path or a text; empty for the default one.

    Returns
    -------
    str
        As a case keeps it.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if not isinstance(data_dir, str | Path):
        raise UsageError(
            "the data directory is neither a text nor a path",
            where="data_dir",
            value=data_dir,
            remedy="give a directory, or leave it out for the default one",
        )
    return str(data_dir)
