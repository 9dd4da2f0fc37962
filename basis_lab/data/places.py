"""Where data lies: a directory on a disk, or a prefix of an object store (s3://, gs://).

An object store is reached through fsspec with the credentials that its own tools use; nothing of
it is kept on a disk. Every worker of a cluster that names the same prefix reads the same bytes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from basis_lab.errors import MissingDataError, UsageError

SCHEMES = ("s3", "gs")
MARK = "://"
# What changes when an object does, by the names that the stores give it.
STAMPS = ("ETag", "etag", "generation", "LastModified", "updated")


@dataclass(frozen=True, slots=True, order=True)
class RemotePath:
    """A place in an object store; it has those parts of ``pathlib.Path`` that reading needs.

    Parameters
    ----------
    url : str
        ``s3://bucket/prefix``, without a slash at the end.
    """

    url: str

    def __str__(self) -> str:
        """Print the address."""
        return self.url

    def __truediv__(self, name: str) -> "RemotePath":
        """Return a place below."""
        return RemotePath(f"{self.url}/{name}")

    @property
    def name(self) -> str:
        """The last part."""
        return PurePosixPath(self.url).name

    @property
    def suffix(self) -> str:
        """The ending of the name, with its dot."""
        return PurePosixPath(self.url).suffix

    def resolve(self) -> "RemotePath":
        """Return the place itself: an address is always whole.

        Returns
        -------
        RemotePath
            The same.
        """
        return self

    def is_file(self) -> bool:
        """Tell if an object stands here.

        Returns
        -------
        bool
            False for a prefix.
        """
        with _reached(self) as (store, path):
            found: bool = store.isfile(path)
        return found

    def read_bytes(self) -> bytes:
        """Return the content of an object.

        Returns
        -------
        bytes
            All of it.

        Raises
        ------
        FileNotFoundError
            If there is none.
        """
        with _reached(self) as (store, path):
            content: bytes = store.cat_file(path)
        return content


Place = Path | RemotePath


def place_of(place: str | Path | RemotePath) -> Place:
    """Return a place from what a user wrote.

    Parameters
    ----------
    place : str, Path or RemotePath
        A directory, or ``s3://bucket/prefix``.

    Returns
    -------
    Place
        Nothing is looked up.

    Raises
    ------
    UsageError
        If it is an address that nothing reads.
    """
    if not isinstance(place, str):
        return place
    scheme, marked, rest = place.partition(MARK)
    if not marked:
        return Path(place).expanduser()
    if scheme not in SCHEMES or not rest.strip("/"):
        raise UsageError(
            "data is read from directories and from the object stores s3:// and gs://",
            where="data directory",
            value=f"{scheme}{MARK}...",
            remedy="give a directory, or s3://bucket/prefix",
        )
    return RemotePath(f"{scheme}{MARK}{rest.rstrip('/')}")


def list_files(root: Place, suffixes: tuple[str, ...]) -> tuple[tuple[str, int, str], ...]:
    """Return the files of a place and of everything below it.

    Parameters
    ----------
    root : Place
        The directory or prefix.
    suffixes : tuple of str
        Endings of the names that count.

    Returns
    -------
    tuple of (str, int, str)
        By name: name below the root, size, and what changes when the content does.

    Raises
    ------
    MissingDataError
        If there is no such bucket, or it cannot be reached.
    """
    if isinstance(root, Path):
        paths = sorted(x for x in root.rglob("*") if x.name.endswith(suffixes) and x.is_file())
        stats = [(x.relative_to(root).as_posix(), x.stat()) for x in paths]
        return tuple((name, stat.st_size, str(stat.st_mtime_ns)) for name, stat in stats)
    try:
        with _reached(root) as (store, path):
            found = store.find(path, detail=True)
    except FileNotFoundError as error:
        raise MissingDataError(
            "no such place in the object store",
            where=root.url,
            value=str(error),
            remedy="check the name of the bucket",
        ) from error
    return tuple(
        (name.removeprefix(f"{path}/"), int(detail["size"]), _stamp(detail))
        for name, detail in sorted(found.items())
        if name.endswith(suffixes)
    )


def _stamp(detail: dict[str, Any]) -> str:
    return " ".join(str(detail[name]) for name in STAMPS if name in detail)


@contextmanager
def _reached(place: RemotePath) -> Iterator[tuple[Any, str]]:
    """Open the store of a place; what it refuses is worded, an object that is absent is not."""
    scheme = place.url.partition(MARK)[0]
    try:
        import fsspec

        faults = _faults(scheme)
    except ImportError as error:
        raise UsageError(
            "object stores need libraries that are not installed",
            where=place.url,
            value=error.name,
            remedy="pip install 'basis-lab[cloud]'",
        ) from error
    try:
        # Listings are asked for anew: an object may have changed since the last run.
        store, path = fsspec.core.url_to_fs(place.url, use_listings_cache=False)
        yield store, path
    except FileNotFoundError:
        raise
    except faults as error:
        raise MissingDataError(
            "the object store does not give its data",
            where=place.url,
            value=f"{type(error).__name__}: {error}",
            remedy="check bucket, network and credentials with the store's own tool",
        ) from error


def _faults(scheme: str) -> tuple[type[Exception], ...]:
    """Return what the library of a store raises where the store refuses or is not reached."""
    from aiohttp import ClientError

    if scheme == "s3":
        import s3fs  # noqa: F401 - asked for by name, so that its absence is told
        from botocore.exceptions import BotoCoreError
        from botocore.exceptions import ClientError as Refusal

        return (OSError, ClientError, BotoCoreError, Refusal)
    from gcsfs.retry import HttpError
    from google.auth.exceptions import GoogleAuthError

    return (OSError, ClientError, HttpError, GoogleAuthError)
