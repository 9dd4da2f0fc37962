"""The files of ``configs/chains``: where the protocols of a chain are."""

import re
from collections.abc import Iterator
from pathlib import Path

from basis_lab.config.draft import thaw
from basis_lab.config.files import Document, default_folder
from basis_lab.config.schema import dotted
from basis_lab.config.validation import Fault, examine
from basis_lab.data.download_chain import BASE_OF_LST, ChainParameters
from basis_lab.errors import ConfigError, ConfigProblem

FOLDER = "chains"
ADDRESS = re.compile("0x[0-9a-fA-F]{40}")


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
    if made is not None:
        faults = (*faults, *_faults(made))
    problems = [
        ConfigProblem(
            file=document.name,
            key=dotted(x.path),
            value=x.value,
            what=x.what,
            remedy=x.remedy,
        )
        for x in faults
    ]
    return made, problems


def _faults(chain: ChainParameters) -> Iterator[Fault]:
    """Yield what no single key says: addresses are addresses, staking tokens are assets."""
    addresses: dict[tuple[str, ...], str] = {
        ("pool_addresses_provider",): chain.pool_addresses_provider
    }
    addresses |= {("assets", name, "address"): x.address for name, x in chain.assets.items()}
    for path, address in addresses.items():
        if ADDRESS.fullmatch(address) is None:
            yield Fault(
                path=path,
                value=address,
                what="this is no address of Ethereum",
                remedy="give 0x and forty hexadecimal digits, in quotes",
            )
    for place, token in enumerate(chain.lst):
        if token not in chain.assets:
            yield Fault(
                path=("lst", place),
                value=token,
                what="this staking token is not among the assets",
                remedy=f"take one of {', '.join(chain.assets)}",
            )
    for token in (*chain.lst, BASE_OF_LST) if chain.lst else ():
        if token not in chain.assets:
            yield Fault(
                path=("assets", token),
                value=None,
                what="this asset is missing, and the rates of lst need it",
                remedy="give its address and decimals",
            )
