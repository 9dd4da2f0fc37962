"""The run folders below a directory, newest first, those that cannot be read with their reason."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from basis_lab.errors import ResultError
from basis_lab.results.result import open_result

MOST = 50
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRun:
    """One folder below the directory.

    Parameters
    ----------
    path : Path
        The folder.
    written : datetime
        When it was last changed, UTC.
    summary : mapping or None
        As summary.json; None where the folder cannot be read.
    why : str
        Why it cannot be read; empty where it can.
    """

    path: Path
    written: dt.datetime
    summary: Mapping[str, Any] | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRuns:
    """What a directory of runs holds.

    Parameters
    ----------
    directory : Path
        Where it was looked.
    runs : tuple of SavedRun
        Newest first, no more than asked for.
    older : int
        Folders beyond those, which were not opened.
    """

    directory: Path
    runs: tuple[SavedRun, ...]
    older: int


def list_runs(directory: Path, most: int = MOST) -> SavedRuns:
    """Return the newest run folders of a directory; no table of theirs is read.

    Parameters
    ----------
    directory : Path
        For instance ``outputs``; one that does not exist holds nothing.
    most : int
        Folders that are opened, from 1.

    Returns
    -------
    SavedRuns
        Hidden folders and files beside them are not counted.
    """
    dated = sorted(((_written(x), x) for x in _folders(directory)), reverse=True)
    runs = tuple(_saved(path, written) for written, path in dated[:most])
    return SavedRuns(directory=directory, runs=runs, older=max(len(dated) - most, 0))


def _folders(directory: Path) -> list[Path]:
    if not directory.is_dir():
        return []
    return [x for x in directory.iterdir() if x.is_dir() and not x.name.startswith(".")]


def _written(folder: Path) -> dt.datetime:
    return dt.datetime.fromtimestamp(folder.stat().st_mtime, dt.UTC)


def _saved(path: Path, written: dt.datetime) -> SavedRun:
    if not (path / MANIFEST).is_file():
        return SavedRun(path=path, written=written, summary=None, why=f"it has no {MANIFEST}")
    try:
        summary = open_result(path).summary
    except ResultError as error:
        why = error.what if error.value is None else f"{error.what}, {error.value}"
        return SavedRun(path=path, written=written, summary=None, why=why)
    return SavedRun(path=path, written=written, summary=summary, why="")
