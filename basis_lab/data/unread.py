"""The files that no dataset is made of: static tables, and names that follow no pattern."""

from collections.abc import Iterator
from pathlib import Path

from basis_lab.data.checks.meanings import NO_DATASET
from basis_lab.data.csv import read_table
from basis_lab.data.findings import Finding
from basis_lab.data.raw import RawStore
from basis_lab.data.raw_file import cell_findings
from basis_lab.data.recognise import SUFFIX, recognise
from basis_lab.data.static import Rules, is_static, judge_static
from basis_lab.errors import BadDataError


def unread_files(store: RawStore, rules: Rules) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    """Look through the files that runs do not use.

    Parameters
    ----------
    store : RawStore
        The directory.
    rules : mapping
        Collateral rules that runs use, by asset.

    Yields
    ------
    (str, tuple of Finding)
        The file inside the directory, and what is to be said of it.
    """
    for name, _, _ in store.content:
        bare = Path(name).name
        if recognise(bare) is not None:
            continue
        if is_static(bare):
            yield name, judge_static(store.root / name, rules)
        else:
            yield name, _judge_unknown(store.root / name, name)


def _judge_unknown(path: Path, name: str) -> tuple[Finding, ...]:
    note = Finding(NO_DATASET, "the name follows no pattern of a dataset")
    if SUFFIX.search(path.name) is None:
        return (note,)
    try:
        return (note, *cell_findings(read_table(path, name), None))
    except BadDataError as error:
        return (note, Finding(NO_DATASET, str(error)))
