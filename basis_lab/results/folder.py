"""A run's folder: it appears whole or not at all, and only ours is read or replaced."""

import errno
import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from basis_lab.errors import ResultError, UnwrittenError
from basis_lab.results.whole import damaged

PRODUCT = "basis_lab"
FILES = (
    "summary.json",
    "config.yaml",
    "manifest.json",
    "hourly_pnl.csv",
    "balance_sheet.csv",
    "exposure.csv",
    "risk.csv",
    "event_log.csv",
    "events.jsonl",
)
PARTIAL = ".partial-"
REPLACED = ".replaced-"
LEFTOVER = re.compile(r"\.(?P<name>.+)(?P<mark>\.partial-|\.replaced-)[0-9]+-[0-9a-f]+")
ATTEMPTS = 5  # two processes may finish the same run at once
OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST)


def write_folder(target: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write a run's folder aside, then put it in its place.

    Parameters
    ----------
    target : Path
        Where the folder shall stand; an older folder of a run is replaced.
    files : iterable of (name, bytes)
        Names are relative and may have one folder in front.

    Raises
    ------
    ResultError
        If something else stands there, or the folder cannot be written.
    """
    check_replaceable(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _own_folder(_beside(target, PARTIAL)) as aside:
            for name, content in files:
                path = aside / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
            _put_in_place(aside, target)
    except OSError as error:
        raise UnwrittenError(
            "the folder of a run cannot be written",
            where=str(target),
            value=error.strerror,
            remedy="make room, or choose another directory (--out, save(...))",
        ) from error


def sweep_leftovers(directory: Path) -> None:
    """Delete what killed processes left of folders that they wrote; put back what they moved.

    A folder that is being written is locked by its writer, and the system lets go of the lock
    when the writer dies: only what nobody holds is touched.

    Parameters
    ----------
    directory : Path
        Where the folders of runs stand.
    """
    if not directory.is_dir():
        return
    for left in sorted(directory.iterdir()):
        found = LEFTOVER.fullmatch(left.name)
        held = None if found is None else _lock(left)
        if found is not None and held is not None:
            if found["mark"] == REPLACED:
                _give_back(left, directory / found["name"])
            shutil.rmtree(left, ignore_errors=True)
            os.close(held)


def _give_back(replaced: Path, target: Path) -> None:
    """Return an older run to its place where nothing has taken it."""
    if not target.exists():
        _moved(replaced, target)


@contextmanager
def _own_folder(place: Path) -> Iterator[Path]:
    """Make a folder that is locked while it is written, and gone in the end if not renamed."""
    held = None
    try:
        for _ in range(ATTEMPTS):  # one sweep may fall between the folder and its lock
            place.mkdir(exist_ok=True)
            held = _lock(place)
            if held is not None:
                break
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if held is not None:
            os.close(held)


def _lock(folder: Path) -> int | None:
    """Return a handle that holds a folder; None if it is gone, held, or cannot be held here."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        same = os.path.samestat(os.fstat(handle), folder.stat())
    except OSError:
        same = False
    if same:
        return handle
    os.close(handle)
    return None


def check_replaceable(target: Path) -> None:
    """Refuse a place where something other than a run's folder stands.

    Parameters
    ----------
    target : Path
        Where a run's folder shall stand.

    Raises
    ------
    ResultError
        If a file or a foreign folder with content is there.
    """
    if not target.exists() or (target.is_dir() and next(target.iterdir(), None) is None):
        return
    try:
        check_run_folder(target)
    except ResultError as error:
        raise ResultError(
            "something that is not a run's folder stands where the run would be written",
            where=str(target),
            value=error.what,
            remedy="move it away, or choose another place (--out, --run-id, save(...))",
        ) from error


def check_run_folder(path: Path) -> None:
    """Refuse what is not the whole folder of a run.

    Parameters
    ----------
    path : Path
        The folder.

    Raises
    ------
    ResultError
        If it is missing, half-written or not ours.
    """
    if not path.is_dir():
        raise ResultError(
            "there is no run's folder",
            where=str(path),
            remedy="give the folder that a backtest named, for instance outputs/RUN_ID",
        )
    if path.name.startswith(".") and (PARTIAL in path.name or REPLACED in path.name):
        raise ResultError(
            "the folder was left by a run that did not finish writing",
            where=str(path),
            remedy="repeat the run, then delete this folder",
        )
    missing = [name for name in FILES if not (path / name).is_file()]
    if missing:
        raise ResultError(
            "the folder is not a whole run",
            where=str(path),
            value="missing: " + ", ".join(missing),
            remedy="give a folder that a backtest wrote, or repeat the run",
        )
    _check_manifest(path / "manifest.json")


def _check_manifest(path: Path) -> None:
    try:
        manifest = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise damaged(str(path), str(error)) from error
    if not isinstance(manifest, dict) or manifest.get("product") != PRODUCT:
        raise ResultError(
            "the folder was not written by basis_lab",
            where=str(path),
            remedy="give a folder that a backtest wrote",
        )


def _beside(target: Path, mark: str) -> Path:
    return target.parent / f".{target.name}{mark}{os.getpid()}-{secrets.token_hex(4)}"


def _put_in_place(aside: Path, target: Path) -> None:
    replaced = _beside(target, REPLACED)
    try:
        for _ in range(ATTEMPTS):
            if _moved(aside, target):
                return
            if _moved(target, replaced):
                continue
            shutil.rmtree(replaced, ignore_errors=True)
        aside.rename(target)
    finally:
        _give_back(replaced, target)
        shutil.rmtree(replaced, ignore_errors=True)


def _moved(source: Path, target: Path) -> bool:
    """Rename a folder, or tell that the place is taken or the source is gone."""
    try:
        source.rename(target)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno in OCCUPIED:
            return False
        raise
    return True
