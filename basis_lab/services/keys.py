"""What a result depends on beside its case: code, shipped configuration, own files, data."""

import functools
import importlib.metadata
import json
import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from basis_lab.config.files import default_folder
from basis_lab.data.catalogue import CATALOGUE, open_store, sample_directory
from basis_lab.data.content import checked_bytes
from basis_lab.data.places import Place, list_files
from basis_lab.errors import MissingDataError
from basis_lab.services.cases import digest

CONFIG_PARTS = ("modes", "venues", "share_classes", "scenarios")
NOTEBOOK_SUFFIX = ".ipynb"
YAML_SUFFIX = ".yaml"
PACKAGE = Path(__file__).resolve().parents[1]


@functools.cache
def code_digest() -> str:
    """Return what the package's own code is, and the libraries that compute with it.

    Returns
    -------
    str
        SHA-256; another after any change of a source file.
    """
    versions = {name: importlib.metadata.version(name) for name in ("basis-lab", "numpy")}
    return digest([versions, _tree(PACKAGE.rglob("*.py"), PACKAGE)])


def config_digest(named: Iterable[str]) -> str:
    """Return what the shipped configuration says, and own files that cases name.

    Parameters
    ----------
    named : iterable of str
        Modes and scenarios of cases, which may be paths.

    Returns
    -------
    str
        SHA-256.
    """
    root = default_folder(None).root
    own = {name: file_digest(Path(name)) for name in sorted(set(named)) if Path(name).is_file()}
    return digest([_shipped(root, _states(root)), own])


def _states(root: Path) -> tuple[tuple[str, int, int], ...]:
    """Return path, size and time of change of each file of a configs directory."""
    states = []
    for part in CONFIG_PARTS:
        with os.scandir(root / part) as found:
            files = [(x.name, x.stat()) for x in found if x.name.endswith(YAML_SUFFIX)]
        states += [(f"{part}/{name}", x.st_size, x.st_mtime_ns) for name, x in files]
    return tuple(sorted(states))


@functools.lru_cache(maxsize=8)
def _shipped(root: Path, states: tuple[tuple[str, int, int], ...]) -> list[tuple[str, str]]:
    """Return what the files say; read again only where a state changed: points check it twice."""
    return _tree((root / name for name, _, _ in states), root)


def data_digest(data_dir: Place | None) -> str:
    """Return what a data directory holds, without reading its series.

    Parameters
    ----------
    data_dir : Place or None
        None is the sample.

    Returns
    -------
    str
        SHA-256: of the catalogue, which names that of every file; of names, sizes and times of
        change in a raw directory.

    Raises
    ------
    MissingDataError
        If there is no such directory.
    """
    root = sample_directory() if data_dir is None else data_dir
    if isinstance(root, Path) and not root.is_dir():
        raise MissingDataError(
            "no such data directory",
            where=str(root),
            remedy="give another directory (--data-dir, data_dir=)",
        )
    if (root / CATALOGUE).is_file():
        return file_digest(root / CATALOGUE)
    return digest(list_files(root, ("",)))


def check_files(data_dir: Place | None) -> None:
    """Read the files of a catalogued directory and refuse those that changed under it.

    What was finished on a directory counts for what its catalogue names; a raw directory is
    known by its files anyhow, and an object store is read by the points alone.

    Parameters
    ----------
    data_dir : Place or None
        None is the sample.

    Raises
    ------
    ChangedDataError
        If a file is not the one that the catalogue names.
    GoneDataError
        If it is gone.
    """
    root = sample_directory() if data_dir is None else data_dir
    if not isinstance(root, Path) or not (root / CATALOGUE).is_file():
        return
    for info in open_store(root).datasets():
        checked_bytes(root / info.file, info)


def database_digest(database: Path) -> str:
    """Return what a database holds, without reading its series.

    Parameters
    ----------
    database : Path
        A DuckDB file.

    Returns
    -------
    str
        SHA-256 of the catalogue in it, which names the content of every series.

    Raises
    ------
    MissingDataError
        If there is no such file.
    BadDataError
        If it is no database of ours.
    """
    from basis_lab.data.duckdb import open_database

    return open_database(database).content


def file_digest(path: Place) -> str:
    """Return the SHA-256 of a file.

    Parameters
    ----------
    path : Place
        The file.

    Returns
    -------
    str
        Hexadecimal.
    """
    return sha256(path.read_bytes()).hexdigest()


def content_digest(path: Path) -> str:
    """Return the SHA-256 of what counts of a file that a case wrote.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        Of a notebook its cells' sources, parameters among them: Jupyter writes outputs, metadata
        and white space anew when it is merely saved. Of any other file, and of a notebook that
        cannot be read, its bytes.
    """
    if path.suffix != NOTEBOOK_SUFFIX:
        return file_digest(path)
    try:
        cells = json.loads(path.read_bytes())["cells"]
        return digest([[cell["cell_type"], "".join(cell["source"])] for cell in cells])
    except (ValueError, KeyError, TypeError):
        return file_digest(path)


def _tree(files: Iterable[Path], root: Path) -> list[tuple[str, str]]:
    return [(x.relative_to(root).as_posix(), file_digest(x)) for x in sorted(files)]
