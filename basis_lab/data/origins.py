"""Where files came from, as a directory says in its ``sources.json``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path

from basis_lab.errors import BadDataError

SOURCES = "sources.json"
_EXAMPLE = (
    '[{"files": "spot/binance_*", "source": "...", "fetched": "2025-10-01", "licence": "..."}]'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where some files of a directory came from.

    Parameters
    ----------
    files : str
        Pattern of their paths inside the directory.
    source : str
        Who published them.
    fetched : str
        When they were fetched, ISO 8601.
    licence : str
        What their use is subject to.
    """

    files: str
    source: str = ""
    fetched: str = ""
    licence: str = ""


def read_origins(root: Path) -> tuple[Origin, ...]:
    """Read what a directory says of the origin of its files.

    Parameters
    ----------
    root : Path
        The directory.

    Returns
    -------
    tuple of Origin
        In the order of the file; empty where there is none.

    Raises
    ------
    BadDataError
        If the file is not what it should be.
    """
    path = root / SOURCES
    if not path.is_file():
        return ()
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise _bad(path, str(error)) from error
    if not isinstance(content, list):
        raise _bad(path, type(content).__name__)
    return tuple(_origin(path, x) for x in content)


def origin_of(name: str, origins: Sequence[Origin]) -> Origin:
    """Return the origin of one file.

    Parameters
    ----------
    name : str
        Its path inside the directory.
    origins : sequence of Origin
        What the directory says.

    Returns
    -------
    Origin
        The first whose pattern fits; one that says nothing where none does.
    """
    return next((x for x in origins if fnmatchcase(name, x.files)), Origin(files=name))


def _origin(path: Path, entry: object) -> Origin:
    known = {x.name for x in fields(Origin)}
    if not isinstance(entry, Mapping) or "files" not in entry or not set(entry) <= known:
        raise _bad(path, entry)
    if not all(isinstance(x, str) for x in entry.values()):
        raise _bad(path, entry)
    return Origin(**{str(key): value for key, value in entry.items()})


def _bad(path: Path, value: object) -> BadDataError:
    return BadDataError(
        "the origins of the files cannot be read",
        where=str(path),
        value=value,
        remedy=f"write a list, for instance {_EXAMPLE}",
    )
