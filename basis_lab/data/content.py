"""The content of a dataset's file, held against what the catalogue names."""

from hashlib import sha256

from basis_lab.data.places import Place
from basis_lab.data.series import DatasetInfo
from basis_lab.errors import ChangedDataError, GoneDataError


def checked_bytes(path: Place, info: DatasetInfo) -> bytes:
    """Return the content of a dataset's file.

    Parameters
    ----------
    path : Place
        The file.
    info : DatasetInfo
        What the catalogue says of it.

    Returns
    -------
    bytes
        All of it, with the SHA-256 that the catalogue names.

    Raises
    ------
    GoneDataError
        If there is no such file.
    ChangedDataError
        If it is another one.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise GoneDataError(
            "a file that the catalogue names is gone",
            missing=[info.id],
            where=str(path),
            remedy="write the directory again with `basis-lab data import`",
        ) from error
    found = sha256(content).hexdigest()
    if found != info.sha256:
        raise ChangedDataError(
            "a file is not the one that the catalogue names",
            where=str(path),
            value=f"SHA-256 {found[:12]}..., catalogue {info.sha256[:12]}...",
            remedy="write the directory again with `basis-lab data import`",
        )
    return content
