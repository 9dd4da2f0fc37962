"""Files that appear whole or not at all; a disk that is full is told, and nothing half is left."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from basis_lab.errors import UnwrittenError, UsageError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
MEGABYTE = 1e6


def full_as_told(text: str) -> OSError | None:
    """Return the error of a full disk that another library told in its own words.

    Parameters
    ----------
    text : str
        What it said.

    Returns
    -------
    OSError or None
        None where it says nothing of a full disk.
    """
    codes = [x for x in sorted(FULL) if os.strerror(x) in text]
    return OSError(codes[0], os.strerror(codes[0])) if codes else None


def is_full(error: OSError) -> bool:
    """Tell if a disk, a quota or a limit has no room left.

    Parameters
    ----------
    error : OSError
        As the system raised it.

    Returns
    -------
    bool
        False for a directory that may not be written, and the like.
    """
    return error.errno in FULL


def unwritten(place: Path, error: OSError, again: str = "call it again") -> UnwrittenError:
    """Return the sentence on a file that the system did not take.

    Parameters
    ----------
    place : Path
        What was to be written.
    error : OSError
        As the system raised it.
    again : str
        What to do once there is room.

    Returns
    -------
    UnwrittenError
        With the room that is left there, in megabytes, where there was too little.
    """
    said = error.strerror if error.strerror else str(error)
    if not is_full(error):
        return UnwrittenError(
            "this cannot be written",
            where=str(place),
            value=said,
            remedy="give a directory that can be written to",
        )
    said = os.strerror(error.errno) if error.errno is not None else said
    there = next(x for x in (place, *place.absolute().parents) if x.exists())
    free_mb = shutil.disk_usage(there).free / MEGABYTE
    return UnwrittenError(
        "no space is left where this is written",
        where=str(place),
        value=f"{said}; {free_mb:,.1f} MB are free there",
        remedy=f"make room there or choose another directory, then {again}",
    )


@contextmanager
def writing(place: Path, again: str = "call it again") -> Iterator[None]:
    """Word what the system refuses while something is written.

    Parameters
    ----------
    place : Path
        What is written.
    again : str
        What to do once there is room.

    Yields
    ------
    None
        Nothing.

    Raises
    ------
    UnwrittenError
        If the system does not take it.
    """
    try:
        yield
    except OSError as error:
        raise unwritten(place, error, again) from error


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Put a file in its place once it is whole.

    Parameters
    ----------
    target : Path
        The file; its folder is there.

    Yields
    ------
    Path
        Where to write it; gone in the end.

    Raises
    ------
    UnwrittenError
        If the system does not take it; an older file stays as it was.
    """
    aside = target.with_name(f".{target.name}.partial")
    try:
        with writing(target):
            yield aside
            aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def check_directory(place: Path) -> None:
    """Refuse a place where no directory of data can be, before anything is read for it.

    Parameters
    ----------
    place : Path
        The directory to be.

    Raises
    ------
    UsageError
        If a file stands there or where a directory above it shall be, or it may not be written.
    """
    there = next(x for x in (place, *place.absolute().parents) if x.exists())
    if not there.is_dir():
        raise UsageError(
            "a file stands where the data directory shall be",
            where="--out, the destination",
            value=str(there),
            remedy="give a directory, or move the file away",
        )
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(
            "the data directory cannot be written to",
            where="--out, the destination",
            value=str(there),
            remedy="give a directory that may be written",
        )


def make_directory(place: Path) -> None:
    """Make a directory of data with those above it.

    Parameters
    ----------
    place : Path
        The directory.

    Raises
    ------
    UnwrittenError
        If no space is left.
    UsageError
        If it cannot stand there.
    """
    check_directory(place)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if is_full(error):
            raise unwritten(place, error) from error
        raise UsageError(
            "the directory cannot be written",
            where=str(place),
            value=error.strerror,
            remedy="choose a directory that may be written",
        ) from error


@contextmanager
def whole_files(target: Path, last: str) -> Iterator[Path]:
    """Put files into a directory once all of them are whole.

    Parameters
    ----------
    target : Path
        The directory; made where needed.
    last : str
        The file that names the others, and goes into its place after them.

    Yields
    ------
    Path
        An empty directory to write them to; gone in the end.

    Raises
    ------
    UnwrittenError
        If the system does not take them; the directory stays as it was.
    """
    fresh = next((x for x in (*reversed(target.parents), target) if not x.exists()), None)
    aside = target / f".{last}.partial"
    kept = False
    try:
        with writing(target):
            make_directory(target)
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir()
            yield aside
            names = sorted(x.relative_to(aside) for x in aside.rglob("*") if x.is_file())
            for name in sorted(names, key=lambda x: x.as_posix() == last):
                make_directory((target / name).parent)
                (aside / name).replace(target / name)
        kept = True
    finally:
        shutil.rmtree(aside if kept or fresh is None else fresh, ignore_errors=True)
