"""What a caller in Python gives of a case, refused by the name of the argument."""

import datetime as dt
import os
import sys
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from basis_lab.data.places import Place, RemotePath, place_of
from basis_lab.errors import UsageError

if TYPE_CHECKING:
    from basis_lab.engine.clock import Stride
    from basis_lab.results.result import RunResult


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
    text = str(moment) if isinstance(moment, np.datetime64) else moment
    if isinstance(moment, dt.date | dt.datetime):
        text = moment.isoformat()  # of a NaT, which is a datetime too, the text is NaT
    try:
        if isinstance(text, str):
            dt.datetime.fromisoformat(text)
            return text
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
        A finite number above zero, share-class currency, or None.

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
    number = isinstance(capital, Real) and not isinstance(capital, bool)
    if not number or not 0.0 < capital <= sys.float_info.max:  # type: ignore[operator] # a number
        raise UsageError(
            "the capital is not a finite number above zero",
            where="capital",
            value=capital,
            remedy="give an amount in share-class currency",
        )
    return float(capital)  # type: ignore[arg-type] # a number


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
        If it is no mapping, or has a key that is no text.
    """
    if overrides is None:
        return {}
    if not isinstance(overrides, Mapping) or not all(isinstance(x, str) for x in overrides):
        raise UsageError(
            "overrides are a mapping of dotted keys, as text, to values",
            where="overrides",
            value=overrides,
            remedy='write {"strategy.spot_allocation": 0.6}',
        )
    return dict(overrides)


def read_text(text: object, name: str, example: str) -> str | None:
    """Return a word.

    Parameters
    ----------
    text : object
        A text, or None.
    name : str
        Of the argument.
    example : str
        What would do.

    Returns
    -------
    str or None
        As it was given; what it may be is told by who reads it.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if text is None or isinstance(text, str):
        return text
    raise UsageError("this is no text", where=name, value=text, remedy=f"write {example}")


def read_path(path: object, name: str, remedy: str) -> str:
    """Return a name or path that has to be given.

    Parameters
    ----------
    path : object
        A text or a path.
    name : str
        Of the argument.
    remedy : str
        What would do.

    Returns
    -------
    str
        As text; what lies there is not looked at.

    Raises
    ------
    UsageError
        If it is neither, or empty.
    """
    if isinstance(path, str | PathLike) and (text := os.fspath(path)) and isinstance(text, str):
        return text
    what = "nothing is named" if path is None or path == "" else "this is neither a text nor a path"
    raise UsageError(what, where=name, value=repr(path), remedy=remedy)


def read_mode(mode: object) -> str:
    """Return the name or path of a mode.

    Parameters
    ----------
    mode : object
        A text or a path.

    Returns
    -------
    str
        Whether there is such a mode is told by who reads it.

    Raises
    ------
    UsageError
        If it is neither.
    """
    return read_path(mode, "mode", "name one of bl.modes(), or the path of a mode file")


def read_names(names: object, name: str) -> tuple[str, ...]:
    """Return the names or paths of scenarios.

    Parameters
    ----------
    names : object
        A sequence of texts or paths, or a single one.
    name : str
        Of the argument.

    Returns
    -------
    tuple of str
        In their order.

    Raises
    ------
    UsageError
        If it is none, or something in it is none.
    """
    remedy = 'give names or paths of scenarios, for instance ("frictionless",)'
    if isinstance(names, str | PathLike):
        return (read_path(names, name, remedy),)
    if not isinstance(names, Iterable) or isinstance(names, Mapping | bytes):
        raise UsageError(
            "this is no sequence of names", where=name, value=repr(names), remedy=remedy
        )
    return tuple(read_path(x, name, remedy) for x in names)


def read_stride(stride: object) -> "Stride":
    """Return a longest window.

    Parameters
    ----------
    stride : object
        Timesteps, or "auto".

    Returns
    -------
    int or "auto"
        From 1.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if stride == "auto":
        return "auto"
    return read_count(stride, "stride", 'give a number of timesteps from 1, or "auto"')


def read_count(count: object, name: str, remedy: str) -> int:
    """Return a whole number from 1.

    Parameters
    ----------
    count : object
        The number.
    name : str
        Of the argument.
    remedy : str
        What would do.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    UsageError
        If it is none.
    """
    told = not isinstance(count, bool) and isinstance(count, Integral)
    whole = int(count) if told else 0  # type: ignore[call-overload] # a number
    if whole >= 1:
        return whole
    raise UsageError("this is no whole number from 1", where=name, value=repr(count), remedy=remedy)


def read_data_mode(data_mode: object) -> Literal["csv", "db"] | None:
    """Return what is read of a data directory.

    Parameters
    ----------
    data_mode : object
        "csv", "db" or None.

    Returns
    -------
    "csv", "db" or None
        None takes the environment's.

    Raises
    ------
    UsageError
        If it is none of them.
    """
    match data_mode:
        case None | "csv" | "db":
            return data_mode
        case _:
            raise UsageError(
                "data is read from files or from a database",
                where="data_mode",
                value=repr(data_mode),
                remedy='give "csv", "db", or None for what BASIS_DATA_MODE says',
            )


def read_place(data_dir: object) -> Place | None:
    """Return where data lies.

    Parameters
    ----------
    data_dir : object
        A text, a path, a place of an object store, or None.

    Returns
    -------
    Place or None
        Nothing is looked up.

    Raises
    ------
    UsageError
        If it is none of them, or an address that nothing reads.
    """
    if data_dir is None or isinstance(data_dir, RemotePath):
        return data_dir
    return place_of(read_path(data_dir, "data_dir", "give a directory, or s3://bucket/prefix"))


def read_runs(runs: object) -> "tuple[RunResult, ...]":
    """Return runs.

    Parameters
    ----------
    runs : object
        RunResults, in a sequence.

    Returns
    -------
    tuple of RunResult
        In their order; how many there are is told by who reads them.

    Raises
    ------
    UsageError
        If it is none, or something in it is none.
    """
    from basis_lab.results.result import RunResult

    found = tuple(runs) if isinstance(runs, Iterable) else (runs,)
    strange = [x for x in found if not isinstance(x, RunResult)]
    if strange:
        raise UsageError(
            "this is no run",
            where="runs",
            value=repr(strange[0]),
            remedy="give what bl.backtest or bl.open_result returned, two or more in a list",
        )
    return found


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
