"""Folders that runs, sweeps and batches write to, made before anything runs."""

import os
from pathlib import Path

from basis_lab.errors import UnwrittenError, UsageError


def make_folder(folder: Path) -> Path:
    """Make a folder with those above it.

    Parameters
    ----------
    folder : Path
        Below the directory of results.

    Returns
    -------
    Path
        The same.

    Raises
    ------
    UsageError
        If a file stands there, or where a folder above it shall be.
    UnwrittenError
        If the system does not let it be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        above = (folder, *folder.parents)
        raise UsageError(
            "a file stands where a folder of results shall be",
            where="--out, BASIS_RESULTS_DIR",
            value=str(next(x for x in above if x.exists())),
            remedy="give a directory, or move the file away",
        ) from error
    except OSError as error:
        raise UnwrittenError(
            "a folder of results cannot be made",
            where="--out, BASIS_RESULTS_DIR",
            value=f"{folder}: {error.strerror}",
            remedy="give a directory that can be written to",
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UnwrittenError(
            "a folder of results cannot be written to",
            where="--out, BASIS_RESULTS_DIR",
            value=str(folder),
            remedy="give a directory that can be written to",
        )
    return folder
