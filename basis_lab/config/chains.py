"""The files of ``configs/chains``: where the protocols of a chain are."""

from pathlib import Path

from basis_lab.config.draft import thaw
from basis_lab.config.files import Document, default_folder
from basis_lab.config.validation import examine
from basis_lab.data.download_chain import ChainParameters
from basis_lab.errors import ConfigError, ConfigProblem

FOLDER = "chains"


def read_chain(given: str | Path) -> tuple[str, ChainParameters]:
    """Read where the protocols of a chain are.

    Parameters
    ----------
    given : str or Path
        A name in ``configs/chains``, or the path of a YAML file.

    Returns
    -------
    name : str
        The file's name without its ending: what the chain's datasets are called.
    parameters : ChainParameters
        What it says.

    Raises
    ------
    ConfigError
        If the file has faults; names all of them.
    """
    document = default_folder().choose(FOLDER, given)
    made, problems = check_chain(document)
    if made is None or problems:
        raise ConfigError(problems)
    return document.path.stem, made


def check_chain(document: Document) -> tuple[ChainParameters | None, list[ConfigProblem]]:
    """Make the parameters of a chain, or say everything that is wrong with its file.

    Parameters
    ----------
    document : Document
        The file.

    Returns
    -------
    parameters : ChainParameters or None
        None where it cannot be read at all.
    problems : list of ConfigProblem
        Every fault.
    """
    made, faults = examine(ChainParameters, thaw(document.values))
    problems = [
        ConfigProblem(
            file=document.name,
            key=".".join(map(str, x.path)),
            value=x.value,
            what=x.what,
            remedy=x.remedy,
        )
        for x in faults
    ]
    return made, problems
