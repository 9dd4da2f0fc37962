"""The files that no dataset is made of: static tables, and names that follow no pattern."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from basis_lab.data.checks.meanings import NO_DATASET, SAME_FILE
from basis_lab.data.checks.reserve import reserve_factors
from basis_lab.data.csv import read_table
from basis_lab.data.findings import Finding
from basis_lab.data.origins import SOURCES
from basis_lab.data.places import Place
from basis_lab.data.raw import RawStore
from basis_lab.data.raw_file import cell_findings
from basis_lab.data.recognise import SUFFIX, recognise
from basis_lab.data.series import DatasetId, DatasetKind
from basis_lab.data.static import IMPLIED, Rules, is_static, judge_static
from basis_lab.errors import BadDataError

LAST_ROWS = 10


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
    known: Rules | None = None
    for name, _, _ in store.content:
        bare = Path(name).name
        if recognise(bare) is not None or name == SOURCES:
            continue
        if is_static(bare):
            known = _with_factors(store, rules) if known is None else known
            found = judge_static(store.root / name, known)
            yield name, (*found, *_same_files(store, name))
        else:
            yield name, _judge_unknown(store.root / name, name)


def _same_files(store: RawStore, name: str) -> tuple[Finding, ...]:
    """Tell which other tables of a directory hold the same bytes."""
    content = (store.root / name).read_bytes()
    same = [
        other
        for other, size, _ in store.content
        if other != name
        and size == len(content)
        and is_static(Path(other).name)
        and (store.root / other).read_bytes() == content
    ]
    return (Finding(SAME_FILE, f"the same bytes as {', '.join(same)}"),) if same else ()


def _with_factors(store: RawStore, rules: Rules) -> Rules:
    """Return the rules with the reserve factor that the last rates of each reserve imply."""
    found = {asset: dict(values) for asset, values in rules.items()}
    for name in store.ids():
        dataset = DatasetId.parse(name)
        if dataset is None or dataset.kind is not DatasetKind.AAVE:
            continue
        resolved = store.resolve(name)
        if resolved is not None and resolved.chosen is not None:
            factors = reserve_factors(resolved.chosen.rows)[-LAST_ROWS:]
            if len(factors):
                found.setdefault(dataset.symbol, {})[IMPLIED] = float(np.median(factors))
    return found


def _judge_unknown(path: Place, name: str) -> tuple[Finding, ...]:
    note = Finding(NO_DATASET, "the name follows no pattern of a dataset")
    if SUFFIX.search(path.name) is None:
        return (note,)
    try:
        return (note, *cell_findings(read_table(path, name), None))
    except BadDataError as error:
        return (note, Finding(NO_DATASET, str(error)))
